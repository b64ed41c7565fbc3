"""Events in the life of a holding. Each names the holding it is about and the instant it happened."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.decision import DueDuty
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class Received:
    """An item came in and was marked (articles 4(1), 4(2)).

    `sender` gave it, `originator` made it: where they differ, the sender is the intermediary. `mark` is the
    recipient's own, `origin_mark` the originator's. `zone` is that of the agreement it came under: its periods are
    counted there. `onward`: the party for which it is only passing through.
    """

    holding: str
    at: Instant
    item: str
    title: str
    originator: str
    sender: str
    agreement: str
    zone: str
    mark: str
    origin_mark: str
    topic: str
    purpose: str
    duties: tuple[DueDuty, ...] = ()
    onward: str = ""


@dataclass(frozen=True, slots=True)
class Opened:
    """It was handed over to a person, or opened by the holder's competent authority (`person` empty)."""

    holding: str
    at: Instant
    person: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Forwarded:
    """It was passed on to a third, as its originator allows (article 6(a))."""

    holding: str
    at: Instant
    to: str
    transmittal: str


@dataclass(frozen=True, slots=True)
class CompromiseReported:
    """A loss or compromise, actual or possible, was reported (article 17)."""

    holding: str
    at: Instant
    report: str
    actual: bool
    says: str


@dataclass(frozen=True, slots=True)
class Discharged:
    """What was owed was done: every open duty of the holding to `do` this."""

    holding: str
    at: Instant
    do: str


Event = Received | Opened | Forwarded | CompromiseReported | Discharged
