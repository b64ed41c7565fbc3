"""The chronicle: who said and did what, each attributed; conflicting claims stand side by side, never merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.timeline import Stamp

EntryKind = Literal["statement", "incident", "measure", "meeting", "exchange"]
ENTRY_KINDS: Final[tuple[EntryKind, ...]] = get_args(EntryKind)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one party says of an incident. `said_in`: the same in other languages, (language, text)."""

    by: str
    says: str
    source: str = ""
    unconfirmed: bool = False
    said_in: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChronicleEntry:
    """One entry. A decision announced is a statement: it changes no standing.

    `needs`: the measures whose end it makes its condition. `ends`: the measures that it ended. `said_in`: what it says
    in other languages, (language, text).
    """

    id: str
    kind: EntryKind
    at: Stamp
    by: tuple[str, ...] = ()
    speaker: str = ""
    about: tuple[str, ...] = ()
    says: str = ""
    claims: tuple[Claim, ...] = ()
    until: Stamp | None = None
    handled: str = ""
    place: str = ""
    count: int | None = None
    source: str = ""
    unconfirmed: bool = False
    note: str = ""
    needs: tuple[str, ...] = ()
    ends: tuple[str, ...] = ()
    said_in: tuple[tuple[str, str], ...] = ()
