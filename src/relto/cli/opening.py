"""Opening a node for a command: its passphrase, its clock, and the neighbours on this machine that it can reach."""

from __future__ import annotations

import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from relto.adapters.clock import ReplayClock
from relto.adapters.keys import write_private
from relto.adapters.link import InProcessLink
from relto.compose import card_of, console_actor, open_node, open_people
from relto.core.errors import InputError, PeerUnreachable, ReltoError
from relto.core.timeline import Instant
from relto.node import Message, Node, handle, handle_many
from relto.node.pieces import is_quarter
from relto.node.two_persons import TwoPersonsNeeded

UNLOCK: Final = "unlock"
NEIGHBOURS: Final = "neighbours.json"


def passphrase_for(folder: Path, *, ask: bool = True) -> str | None:
    """The passphrase of the node in `folder`: from the environment, a file, or the person at the terminal."""
    given = os.environ.get("RELTO_PASSPHRASE")
    if given:
        return given
    named = os.environ.get("RELTO_PASSPHRASE_FILE")
    if named:
        return read_secret(Path(named), "the file named in RELTO_PASSPHRASE_FILE")
    if (folder / UNLOCK).is_file():
        return read_secret(folder / UNLOCK)
    if ask and sys.stdin.isatty():
        return str(click.prompt(f"Passphrase of the node in {folder}", hide_input=True, err=True))
    return None


def passphrase_of_neighbour(folder: Path) -> str | None:
    """The passphrase of another node on this machine: its own `unlock` first, for what is in the environment may be
    that of the node which speaks to it."""
    if (folder / UNLOCK).is_file():
        return read_secret(folder / UNLOCK)
    return passphrase_for(folder, ask=False)


def read_secret(path: Path, what: str = "the passphrase") -> str:
    """A secret from a file that its owner alone may read; InputError for any other."""
    if not path.is_file():
        raise InputError(f"{what}, `{path}`, is not there", remedy="check its name, or unset the variable")
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InputError(f"others may read `{path}`", remedy=f"run `chmod 600 {path}`")
    try:
        return path.read_text(encoding="utf-8").strip()
    except UnicodeDecodeError:  # what the error says may quote the passphrase
        raise InputError(f"`{path}` is not UTF-8", remedy="name the file with the passphrase") from None


def password_for(account: str, file: Path | None, *, new: bool = False) -> str:
    """The password of an account: from a file (`RELTO_PASSWORD_FILE` names one too), or asked at the terminal, a new
    one twice. Never from an argument or the environment, which others on the machine may see."""
    named = os.environ.get("RELTO_PASSWORD_FILE")
    if file is not None or named:
        return read_secret(file or Path(named or ""), "the password's file")
    if sys.stdin.isatty():
        text = f"{'New password' if new else 'Password'} of {account}"
        return str(click.prompt(text, hide_input=True, confirmation_prompt=new, err=True))
    raise InputError(f"no password for `{account}`", remedy="name a file with it in `--password-file`")


def new_passphrase(folder: Path) -> tuple[str, bool]:
    """A passphrase for a new node, and whether it was made up and must be kept in the folder's `unlock` file."""
    given = passphrase_for(folder, ask=False)
    if given is not None:
        return given, False
    if sys.stdin.isatty():
        chosen = click.prompt("Passphrase for the keys", hide_input=True, confirmation_prompt=True, err=True)
        return str(chosen), False
    return secrets.token_urlsafe(32), True


def keep_passphrase(folder: Path, passphrase: str) -> Path:
    """Write a made-up passphrase beside the node, for its owner alone; without it the keys are lost."""
    return keep_secret(folder / UNLOCK, passphrase)


def keep_secret(path: Path, secret: str) -> Path:
    """Write a secret into a file for its owner alone; the file."""
    write_private(path, f"{secret}\n".encode())
    return path


@contextmanager
def opened(folder: Path, *, at: Instant | None = None, unlocked: bool = True) -> Iterator[Node]:
    """The node in `folder`, able to reach its neighbours on this machine.

    `at` puts a rehearsal node's clock; any other node goes by the system's clock alone.
    """
    clock = ReplayClock(at) if at is not None else None
    passphrase = passphrase_for(folder) if unlocked else None
    if unlocked and passphrase is None:
        raise InputError(
            "the keys are locked",
            remedy="give the passphrase in RELTO_PASSPHRASE, or name a file in RELTO_PASSPHRASE_FILE",
        )
    node = open_node(folder, passphrase, clock=clock, progress=tell_progress)
    node.actor = console_actor(folder) if unlocked else ""
    link = InProcessLink(beyond=node.link)
    neighbours = [_Neighbour(party, place, at) for party, place in read_neighbours(folder).items()]
    for neighbour in neighbours:
        link.join(neighbour.party, neighbour.answer, neighbour.answer_many)
    node.link = link
    try:
        yield node
    except TwoPersonsNeeded:
        _note_refusal(folder, node)
        raise
    finally:
        node.close()
        for neighbour in neighbours:
            neighbour.close()


def tell_progress(peer: str, sent: int, total: int) -> None:
    """Tell on stderr how much of a large message a peer has, at each quarter."""
    if is_quarter(sent, total):
        click.echo(f"{peer} has {sent >> 20} of {total >> 20} MiB", err=True)


def _note_refusal(folder: Path, node: Node) -> None:
    """Into the journal of the accounts, where the console has one to act as."""
    _, _, account = node.actor.partition(":")
    if account:
        people = open_people(folder)
        people.note_refusal(account, "release: two-persons-needed", at=node.clock.interval()[1])
        people.close()


class _Neighbour:
    """Another node on this machine, opened when it is first spoken to."""

    def __init__(self, party: str, place: Path, at: Instant | None) -> None:
        self.party = party
        self.place = place
        self.at = at
        self.node: Node | None = None

    def answer(self, kind: str, message: bytes) -> bytes:
        """What the neighbour's node answers. Raises PeerUnreachable where it cannot be opened."""
        return handle(self._opened(), kind, message)

    def answer_many(self, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        """What the neighbour's node answers to a batch. Raises as `answer` does."""
        return handle_many(self._opened(), messages)

    def _opened(self) -> Node:
        if self.node is None:
            try:
                clock = ReplayClock(self.at) if self.at is not None else None
                passphrase = passphrase_of_neighbour(self.place)
                if passphrase is None and self.place.is_dir():
                    raise InputError("its keys are locked", remedy="its operator gives the passphrase")
                self.node = open_node(self.place, passphrase, clock=clock)
            except (ReltoError, OSError) as error:
                raise PeerUnreachable(
                    f"the node of `{self.party}` cannot be opened: {error}", remedy="what is queued is sent once it can"
                ) from error
        return self.node

    def close(self) -> None:
        """Let go of its store, if it was opened."""
        if self.node is not None:
            self.node.close()


def read_neighbours(folder: Path) -> dict[str, Path]:
    """The nodes on this machine that the operator has named, by party."""
    path = folder / NEIGHBOURS
    if not path.is_file():
        return {}
    try:
        named = json.loads(path.read_text(encoding="utf-8"))
        return {str(party): Path(str(place)) for party, place in named.items()}
    except (ValueError, AttributeError) as error:
        raise InputError(f"`{path}` is damaged", remedy="remove it, and pin the neighbours again") from error


def add_neighbour(folder: Path, place: Path) -> str:
    """Remember that the node in `place` can be reached on this machine; its party."""
    party = card_of(place).party
    named = {**{one: str(at) for one, at in read_neighbours(folder).items()}, party: str(place.absolute())}
    path = folder / NEIGHBOURS
    write_private(path, (json.dumps(named, indent=2, sort_keys=True) + "\n").encode())
    return party
