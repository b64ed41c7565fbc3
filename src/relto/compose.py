"""The only wiring: settings and adapters in, a node out.

A node's folder: `node.toml` (whose it is), `keys/`, `peers/`, `dossier/` (its own copy), `node.db` (the store),
`people.db` (its people), `arriving/` (pieces of large messages that are not there whole), `verified.json` (how its last
verification from the desk came out).
"""

from __future__ import annotations

import os
import shutil
import tomllib
from collections.abc import Collection, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from relto.adapters.arriving import ArrivingFolder
from relto.adapters.clock import FolderClock, ReplayClock, SystemClock
from relto.adapters.folder import copy_dossier, load_dossier, make_private_folder, move_whole, read_limited
from relto.adapters.http import HttpLink
from relto.adapters.keys import (
    FULL_COST,
    LIGHT_COST,
    FileKeys,
    create_keys,
    open_keys,
    pin_card,
)
from relto.adapters.keys import set_address as set_address_of_keys
from relto.adapters.link import InProcessLink
from relto.adapters.people import FULL_COST as FULL_PASSWORD
from relto.adapters.people import LIGHT_COST as LIGHT_PASSWORD
from relto.adapters.people import Passwords, PeopleLineage, SessionLimits, SqlitePeople
from relto.adapters.sqlite import Migrated, SqliteStore, migrate_store
from relto.core.dossier import Dossier, Item
from relto.core.envelope import MAX_PAYLOAD_BYTES
from relto.core.errors import Conflict, InputError, NotFound
from relto.core.label import check_party_id
from relto.core.timeline import Instant
from relto.node import MAX_MESSAGE_BYTES, Node, handle, handle_many
from relto.node.card import Card
from relto.node.people import Account
from relto.node.pieces import Progress
from relto.node.ports import Clock, Link

if TYPE_CHECKING:
    pass

SETTINGS: Final = "node.toml"
"""The file that says whose a node is, and how it serves."""
PEOPLE: Final = "people.db"
ARRIVING: Final = "arriving"
CONSOLE: Final = "console"
"""Who acts where nobody has signed in: whoever has the passphrase at the machine itself."""
CLOCK: Final = "clock"
"""The file, in the folder of a rehearsal node, that says where its clock stands."""
_SCHEMA: Final = "node/1"
_MAX_SETTINGS_BYTES: Final = 4096


def create_node(
    folder: Path | str,
    party: str,
    dossier: Path | str,
    passphrase: str,
    *,
    clock: Clock | None = None,
    link: Link | None = None,
    replay: bool = False,
    without_records: Collection[str] = (),
    address: str = "",
    mldsa: bool = False,
) -> Node:
    """Make the node of `party` in `folder`, with its own copy of the dossier in `dossier`, and open it.

    It is on the disk when this returns; before, there is none. `replay`: a rehearsal node, which takes a ReplayClock
    and whose keys guard nothing. `without_records`: of these agreements the records are left out, to be made live.
    `address`: where it will answer its peers. `mldsa`: as for `create_keys`. Raises Conflict for a folder that is not
    empty, InputError for a party that the dossier does not have, and as `load_dossier` and `create_keys` do.
    """
    check_party_id(party)
    root = Path(folder).absolute()
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise Conflict(f"`{root}` is there already, and not empty", remedy="choose another folder")
    chosen = _clock(clock, replay)
    part = root.with_name(f".{root.name}.{os.getpid()}.part")
    try:
        make_private_folder(part)
        copy_dossier(Path(dossier), part / "dossier", without_records)
        base = load_dossier(part / "dossier")
        _check_party(base, party)
        cost, now = LIGHT_COST if replay else FULL_COST, _today()
        keys = create_keys(part, party, passphrase, now, cost=cost, address=address, today=_today, mldsa=mldsa)
        SqliteStore(part / "node.db", create=True).close()
        settings = f'relto = "{_SCHEMA}"\nparty = "{party}"\nreplay = {str(replay).lower()}\n'
        (part / SETTINGS).write_text(settings, encoding="utf-8")
        move_whole(part, root)
    except FileExistsError as error:
        raise Conflict(
            f"`{part}` is there already", remedy="remove it if no other `relto node init` is at work"
        ) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
    return _node(root, base, keys.moved(root), chosen, link)


def open_node(
    folder: Path | str,
    passphrase: str | None,
    *,
    clock: Clock | None = None,
    link: Link | None = None,
    progress: Progress = lambda _peer, _sent, _all: None,
) -> Node:
    """Open the node in `folder`. Without a passphrase it can be read and verified, but signs and opens nothing.

    A rehearsal node takes a ReplayClock; without one it stands where the file `clock` in its folder says, or else at
    the latest instant it has lived through; any other takes the system's clock. Without a link peers are reached over
    HTTP, where their cards say, and `progress` is told of each piece of a large message. Raises NotFound where there is
    no node, InputError for a wrong passphrase, or a clock of the wrong sort.
    """
    root = Path(folder).absolute()
    party, replay = read_settings(root)
    base = load_dossier(root / "dossier")
    _check_party(base, party)
    keys = open_keys(root, passphrase, _today)
    if keys.own.party != party:
        raise InputError(f"the keys in `{root}` are those of `{keys.own.party}`, the node is `{party}`'s")
    if clock is None and replay:
        clock = _where_it_stood(root)
    return _node(root, base, keys, _clock(clock, replay), link or HttpLink(keys, keys.peers_card, progress))


def wire(nodes: Iterable[Node]) -> InProcessLink:
    """Join nodes of one process over one link, and pin to each the cards of the others; the link, to cut and mend.

    Raises Conflict where two are of one party, or another card is pinned.
    """
    joined = list(nodes)
    link = InProcessLink()
    for node in joined:
        link.join(node.party, partial(handle, node), partial(handle_many, node))
        node.link = link
    introduce(joined)
    return link


def introduce(nodes: Iterable[Node]) -> None:
    """Pin to each of these nodes the cards of the others. Raises Conflict where another card is pinned."""
    joined = list(nodes)
    for node in joined:
        for other in joined:
            if other is not node and isinstance(node.keys, FileKeys):
                node.keys.pin(other.keys.own)


def pin(folder: Path | str, card: Path | str) -> Card:
    """Pin the card in a file to the node in `folder`: its operator's act, after comparing thumbprints; the card.

    Raises Conflict where another card of that party is pinned, InputError for a file that is no card.
    """
    path = Path(card)
    pinned = Card.from_bytes(read_limited(path), name=str(path))
    pin_card(Path(folder), pinned)
    return pinned


def open_people(folder: Path | str, limits: SessionLimits | None = None) -> SqlitePeople:
    """The people of the node in `folder`, made empty where there are none. NotFound where there is no node."""
    root = Path(folder).absolute()
    _, replay = read_settings(root)
    return SqlitePeople(root / PEOPLE, Passwords(LIGHT_PASSWORD if replay else FULL_PASSWORD), limits)


def first_account(folder: Path | str, identifier: str, password: str) -> Account:
    """Make the first account of the node in `folder`: its operator's. Raises Conflict where there are accounts."""
    people, at = open_people(folder), clock_of(folder).interval()[1]
    try:
        if people.accounts():
            raise Conflict("the node has accounts already", remedy="add others with `relto account add`")
        return people.add_account(Account(identifier, identifier, ("operator",)), password, by=CONSOLE, at=at)
    finally:
        people.close()


def console_actor(folder: Path | str) -> str:
    """Who acts at the console of the node in `folder`: the account that its operator was made first, if it has one."""
    if not (Path(folder) / PEOPLE).is_file():
        return CONSOLE
    people = open_people(folder)
    try:
        able = [one for one in people.accounts() if "operator" in one.roles and not one.disabled]
    finally:
        people.close()
    first = min(able, key=lambda one: (one.created or Instant(0), one.id), default=None)
    return CONSOLE if first is None else f"{CONSOLE}:{first.id}"


def clock_of(folder: Path | str) -> Clock:
    """The clock by which the people of the node in `folder` go: a rehearsal's stands where its node last did."""
    root = Path(folder).absolute()
    _, replay = read_settings(root)
    return (_where_it_stood(root) if replay else None) or SystemClock()


def migrate(folder: Path | str) -> Migrated:
    """Bring the store of the node in `folder` to this relto's revision, after a backup. No keys are needed.

    Raises NotFound where there is no node, else as `migrate_store` does: then the store is as it was.
    """
    root = Path(folder).absolute()
    read_settings(root)
    return migrate_store(root / "node.db", SystemClock().interval()[0])


def migrate_people(folder: Path | str) -> Migrated | None:
    """Bring the accounts of the node in `folder` to this relto's version, after a backup; None where there are none.

    Raises as `migrate` does.
    """
    path = Path(folder).absolute() / PEOPLE
    return migrate_store(path, SystemClock().interval()[0], PeopleLineage()) if path.is_file() else None


def card_of(folder: Path | str) -> Card:
    """The public card of the node in `folder`. Raises NotFound where there is none."""
    return open_keys(Path(folder), None).own


def set_address(folder: Path | str, passphrase: str, address: str) -> Card:
    """Say in the card of the node in `folder` where it answers; the card. Raises InputError for what is no address."""
    root = Path(folder).absolute()
    return set_address_of_keys(root, open_keys(root, passphrase), address, _today())


def _today() -> Instant:
    return SystemClock().interval()[0]


def arriving_at(folder: Path | str) -> ArrivingFolder:
    """Where the pieces of large messages for the node in `folder` are kept."""
    return ArrivingFolder(Path(folder) / ARRIVING, MAX_MESSAGE_BYTES)


def _node(root: Path, base: Dossier, keys: FileKeys, clock: Clock, link: Link | None) -> Node:
    return Node(
        party=keys.own.party,
        base=base,
        keys=keys,
        store=SqliteStore(root / "node.db"),
        clock=clock,
        link=link or HttpLink(keys, keys.peers_card),
        entropy=os.urandom,
        read_payload=partial(_read_payload, root / "dossier" / "items"),
    )


def _read_payload(folder: Path, item: Item) -> bytes:
    """An item's content: inline, in a file beside it, or, where it has neither, its title and note."""
    if item.payload is not None and item.payload.file:
        return read_limited(folder / item.payload.file, inside=folder, limit=MAX_PAYLOAD_BYTES)
    if item.payload is not None and item.payload.text:
        return item.payload.text.encode("utf-8")
    return "\n".join(one for one in (item.title, item.note) if one).encode("utf-8")


def _clock(clock: Clock | None, replay: bool) -> Clock:
    """The clock for a node: a replay clock for a rehearsal, the system's for any other."""
    if replay:
        if not isinstance(clock, ReplayClock):
            raise InputError("a rehearsal node takes a replay clock", remedy="say at what instant it stands")
        return clock
    if clock is not None and not isinstance(clock, SystemClock):
        raise InputError(
            "only a rehearsal node takes another clock", remedy="make one with `relto node init --rehearsal`"
        )
    return clock or SystemClock()


def _where_it_stood(root: Path) -> ReplayClock | None:
    if (root / CLOCK).is_file():
        return FolderClock(root / CLOCK)
    store = SqliteStore(root / "node.db")
    try:
        with store.read() as reading:
            lived = reading.high_water()
    finally:
        store.close()
    return None if lived is None else ReplayClock(lived)


def read_toml(root: Path) -> dict[str, Any]:
    """The settings of the node in `root`, as they stand there. Raises NotFound where there is none, InputError."""
    path = root / SETTINGS
    if not path.is_file():
        raise NotFound(f"there is no node in `{root}`", remedy="make one with `relto node init`")
    try:
        return tomllib.loads(read_limited(path).decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"`{path}` is not TOML: {error}", remedy="restore it") from error


def read_settings(root: Path) -> tuple[str, bool]:
    """Whose node it is, and whether it is a rehearsal. Raises as `read_toml` does."""
    path, settings = root / SETTINGS, read_toml(root)
    party, replay = settings.get("party"), settings.get("replay")
    if settings.get("relto") != _SCHEMA or not isinstance(party, str) or not isinstance(replay, bool):
        raise InputError(f"`{path}` is not the settings of a node", remedy=f'it begins with `relto = "{_SCHEMA}"`')
    return check_party_id(party), replay


def _check_party(base: Dossier, party: str) -> None:
    if party not in base.parties:
        known = ", ".join(sorted(base.parties)) or "none"
        raise InputError(f"the dossier has no party `{party}`", remedy=f"use one of {known}")
