"""The chronicle: who said and did what, each attributed; conflicting claims stand side by side, never merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.timeline import Stamp

EntryKind = Literal["statement", "incident", "measure", "meeting", "exchange"]
ENTRY_KINDS: Final[tuple[EntryKind, ...]] = get_args(EntryKind)


@dataclass(frozen=True, slots=True)
class Claim:
    """What one party says of an incident."""

    by: str
    says: str
    source: str = ""
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class ChronicleEntry:
    """One entry. A decision announced is a statement: it changes no standing."""

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
