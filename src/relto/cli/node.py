"""`relto node`: make a party's node, show its card, pin its peers."""

from __future__ import annotations

import os
import secrets
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from relto.cli.node_key import key as node_key
from relto.cli.node_key import key_lines, keys_json, mldsa_option
from relto.cli.opening import (
    add_neighbour,
    keep_passphrase,
    keep_secret,
    new_passphrase,
    passphrase_for,
    password_for,
)
from relto.cli.options import INSTANT, dossier_option, dossier_path, json_option, node_option
from relto.cli.output import print_json
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.node.people import check_account_id, check_password

if TYPE_CHECKING:
    from relto.adapters.sqlite import Migrated
    from relto.node.card import Card
    from relto.serve.settings import ServeSettings

F = TypeVar("F", bound=Callable[..., Any])
_SHAPES = {"address": "HOST:PORT", "address or nothing": "HOST:PORT", "list": "A,B", "text": "TEXT", "number": "N"}


def _serve_options(function: F) -> F:
    """A flag for each setting, as it describes itself."""
    from relto.serve.settings import SETTINGS, ServeSettings, flag_of

    for key in reversed(list(SETTINGS)):
        takes, default = SETTINGS[key], getattr(ServeSettings(), key)
        shown = {True: "yes", (): "none", "": "none"}.get(default, default)
        says = f"{takes.says[:1].upper()}{takes.says[1:]} (default {shown})."
        names, kind = flag_of(key), click.types.convert_type(int if takes.kind == "number" else str)
        if takes.kind == "switch":
            names, kind = f"{names}/--no-{names.removeprefix('--')}", click.BOOL
        elif takes.kind == "word":
            kind = click.Choice(takes.words)
        shape = _SHAPES.get(takes.kind)
        function = click.option(names, type=kind, metavar=shape, default=None, help=says)(function)
    return function


@click.group()
def node() -> None:
    """A party's node: its keys, its copy of the dossier, its store.

    \b
    Example:
      relto node init --party JPN --address jpn.example:7400 jpn
      relto node pin jpn-card.json --node kor
      relto node serve kor
    """


@node.command()
@click.option("--party", required=True, metavar="P", help="Whose node it is.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--address", default="", metavar="HOST:PORT", help="Where it will answer its peers.")
@mldsa_option(False)
@click.option("--rehearsal", is_flag=True, help="For rehearsals: its clock stands where --at puts it.")
@click.option("--at", type=INSTANT, metavar="T", help="Where the clock of a rehearsal node stands.")
@click.option("--operator", default="operator", show_default=True, metavar="ID", help="The first account's id.")
@click.option(
    "--password-file", type=click.Path(path_type=Path), metavar="FILE", help="Its password (default: one is made up)."
)
@dossier_option
@json_option
def init(
    party: str,
    folder: Path,
    address: str,
    mldsa: bool,
    rehearsal: bool,
    at: Instant | None,
    operator: str,
    password_file: Path | None,
    dossier_dir: Path | None,
    as_json: bool,
) -> None:
    """Make the node of a party in DIR, with keys of its own, a copy of the dossier, and its operator's account.

    The keys are encrypted under RELTO_PASSPHRASE, the content of RELTO_PASSPHRASE_FILE, or what is typed. A password
    that is made up is shown once at the terminal; where there is none, it is kept in a file for its owner alone.

    \b
    Example:
      relto node init --party JPN jpn
      relto node init --party KOR kor-rehearsal --rehearsal --at 2019-11-18T09:00+09:00
    """
    from relto.adapters.clock import ReplayClock
    from relto.compose import create_node

    if rehearsal != (at is not None):
        raise InputError("a rehearsal node needs `--at`, any other has the system's clock", remedy="give both or none")
    password = _chosen_password(check_account_id(operator), password_file)
    passphrase, made_up = new_passphrase(folder)
    clock = ReplayClock(at) if at is not None else None
    dossier = dossier_path(dossier_dir)
    made = create_node(folder, party, dossier, passphrase, clock=clock, replay=rehearsal, address=address, mldsa=mldsa)
    card = made.keys.own
    made.store.close()
    if made_up:
        _keep(folder, passphrase)
    _first_account(folder, operator, password)
    if as_json:
        told = {"party": party, **keys_json(card), "operator": operator}
        print_json({"schema": "relto/node/1", "folder": str(folder), "rehearsal": rehearsal, **told})
    else:
        _say_made(folder, card)


def _say_made(folder: Path, card: Card) -> None:
    click.echo(f"the node of {card.party} is in {folder}")
    click.echo(key_lines(card))
    click.echo(f"next: hand {folder / 'keys' / 'card.json'} to the other parties, and pin theirs with `relto node pin`")


def _keep(folder: Path, passphrase: str) -> None:
    kept = keep_passphrase(folder, passphrase)
    click.echo(f"relto: no passphrase was given; one was made and kept in {kept}: move it to a safe place", err=True)


def _chosen_password(operator: str, file: Path | None) -> str | None:
    """The password in the file, checked before anything is made; None where none was named."""
    if file is None:
        return None
    password = password_for(operator, file, new=True)
    check_password(password)
    return password


def _first_account(folder: Path, operator: str, password: str | None) -> None:
    """Make the account of the node's operator, and tell its password where that was made up."""
    from relto.compose import first_account

    made = password or secrets.token_urlsafe(16)
    first_account(folder, operator, made)
    if password is not None:
        return
    if sys.stderr.isatty():
        click.echo(f"relto: the first account is `{operator}`, its password {made} : it is not shown again", err=True)
        return
    kept = keep_secret(folder / "operator-password", made)
    click.echo(
        f"relto: the first account is `{operator}`; its password is in {kept}: move it to a safe place", err=True
    )


@node.command()
@click.argument("card", metavar="CARD", type=click.Path(path_type=Path))
@node_option
@json_option
def pin(card: Path, node_dir: Path, as_json: bool) -> None:
    """Pin a peer's public keys: CARD is its card, or the folder of its node on this machine.

    An act of the operator, after comparing the thumbprints with the peer by another way. A node named by its folder
    is also reached there.

    \b
    Example:
      relto node pin jpn --node kor
      relto node pin card-of-usa.json --node kor
    """
    from relto.compose import pin as pin_card

    pinned = pin_card(node_dir, card / "keys" / "card.json" if card.is_dir() else card)
    if card.is_dir():
        add_neighbour(node_dir, card)
    if as_json:
        print_json({"schema": "relto/card/1", "party": pinned.party, **keys_json(pinned)})
        return
    click.echo(f"pinned {pinned.party}\n{key_lines(pinned)}")


@node.command()
@click.option("--address", metavar="HOST:PORT", help="Say in the card where this node answers its peers.")
@node_option
@json_option
def card(address: str | None, node_dir: Path, as_json: bool) -> None:
    """Show this node's card: what the other parties pin. --address changes it; hand it to them again then.

    \b
    Example:
      relto node card --node kor
      relto node card --address kor.example:7400 --node kor
    """
    from relto.compose import card_of, set_address

    own = card_of(node_dir) if address is None else set_address(node_dir, _needed_passphrase(node_dir), address)
    value = {"party": own.party, **keys_json(own), "address": own.address, "tls_pin": own.pin}
    if as_json:
        print_json({"schema": "relto/card/1", **value})
        return
    click.echo(f"{own.party}  {node_dir / 'keys' / 'card.json'}")
    click.echo(key_lines(own))
    click.echo(f"  certificate   {own.pin or 'none'}\n  address       {own.address or 'none'}")


node.add_command(node_key)


@node.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def migrate(folder: Path, as_json: bool) -> None:
    """Bring the store and the accounts of the node in DIR, made by an older relto, to the revisions of this one.

    A backup of each is made and checked first, beside it; then all of it is changed, or nothing. Stop whatever uses
    the node before. No passphrase is needed.

    \b
    Example:
      relto node migrate kor
    """
    from relto.compose import migrate as migrate_node
    from relto.compose import migrate_people

    done, people = migrate_node(folder), migrate_people(folder)
    if as_json:
        told = None if people is None else _migrated_json(people)
        print_json({"schema": "relto/migration/1", **_migrated_json(done), "people": told})
        return
    _say_migrated("store", done)
    if people is not None and people.backup is not None:
        _say_migrated("accounts", people)
    if done.backup is not None:
        click.echo("next: `relto ledger verify`")


def _say_migrated(what: str, done: Migrated) -> None:
    if done.backup is None:
        click.echo(f"the {what} is at revision {done.after} already")
    elif what == "store":
        click.echo(f"migrated from {done.before} to {done.after}; the store as it was is {done.backup}")
    else:
        click.echo(f"{what} migrated from {done.before} to {done.after}; as they were they are in {done.backup}")


def _migrated_json(done: Migrated) -> dict[str, str | None]:
    return {"from": done.before, "to": done.after, "backup": None if done.backup is None else str(done.backup)}


@node.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.argument("target", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def backup(folder: Path, target: Path, as_json: bool) -> None:
    """Back up the node in DIR into FILE, as it is at one instant, while it may go on serving.

    FILE holds the keys too, encrypted as they lie in DIR; the passphrase is not in it.

    \b
    Example:
      relto node backup kor kor-2019-11-18.backup
    """
    from relto.backups import back_up

    size = back_up(folder, target, _copying)
    if as_json:
        print_json({"schema": "relto/backup/1", "folder": str(folder), "file": str(target), "bytes": size})
    else:
        click.echo(f"{target}: {size} bytes; keep it as safe as the node")


@node.command()
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@json_option
def restore(source: Path, folder: Path, as_json: bool) -> None:
    """Make the node in the backup FILE again, in DIR. The old node must not run any more.

    It signs nothing before each of its peers has said how far it has cosigned its ledger: what was signed after the
    backup would else be contradicted.

    \b
    Example:
      relto node restore kor-2019-11-18.backup kor
      relto ledger witness --ask --node kor
    """
    from relto.backups import restore as restore_node

    party = restore_node(source, folder, _copying)
    if as_json:
        print_json({"schema": "relto/restore/1", "party": party, "folder": str(folder)})
    else:
        click.echo(f"the node of {party} is in {folder} again, read-only until its peers have been asked")
        click.echo("next: `relto ledger verify`, then `relto ledger witness --ask`")


def _copying(what: str) -> None:
    click.echo(f"relto: copying {what}", err=True)


@node.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_serve_options
@click.option("--while-stdin", is_flag=True, hidden=True, help="End when standard input does.")
def serve(folder: Path, while_stdin: bool, **flags: Any) -> None:
    """Serve the node in DIR: its peers over TLS 1.3, and its own people. Ends with SIGTERM or Ctrl-C.

    Settings come from the table [serve] of its node.toml, then RELTO_SERVE_PEERS and the like, then flags; the
    later counts. docs/operator.md has them all.

    \b
    Example:
      relto node serve kor
      RELTO_SERVE_PEERS=0.0.0.0:7400 relto node serve kor --log plain
    """
    from relto.serving import serve as serve_node

    def started(settings: ServeSettings) -> None:
        if while_stdin:
            threading.Thread(target=_end_with_stdin, daemon=True).start()
        if settings.log == "none":  # else the log says so, in its own form
            people = f", its people on https://{settings.people}" if settings.people else ""
            click.echo(f"serving {folder}: peers on {settings.peers}{people}", err=True)

    serve_node(folder, _needed_passphrase(folder), os.environ, flags, started)


def _end_with_stdin() -> None:
    """Stop the server when whoever started it is gone."""
    while os.read(sys.stdin.fileno(), 1 << 16):  # not by a reader with a lock, which would stand in the end's way
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _needed_passphrase(folder: Path) -> str:
    passphrase = passphrase_for(folder)
    if passphrase is None:
        raise InputError("the keys are locked", remedy="give the passphrase in RELTO_PASSPHRASE")
    return passphrase
