"""Events in the life of a holding. Each names the holding it is about and the instant it happened.

A holding may stand for several copies: number 0 is the original, as it came or as it was made; the others are numbered
from 1 on. `by` is who did it, as the holder names its people.
"""

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


@dataclass(frozen=True, slots=True)
class Derived:
    """A translation, an extract or another product was made of holdings; it is a holding too (articles 4(3), 15).

    It has what a `Received` has: `originator` and `origin_mark` are those of the source with the strictest mark,
    `sender` is the party that made it. `sources` are the holdings it was made of, `originators` all whose items they
    are. `note` says in the product's `language` (BCP 47) whose information it contains; `keeper` is where it is.
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
    how: str
    sources: tuple[str, ...]
    originators: tuple[str, ...]
    language: str
    note: str
    keeper: str
    by: str
    duties: tuple[DueDuty, ...] = ()
    onward: str = ""


@dataclass(frozen=True, slots=True)
class Copied:
    """A copy was made, under the same control as the original (article 14). `keeper`: where, or with whom, it is."""

    holding: str
    at: Instant
    number: int
    keeper: str
    by: str


@dataclass(frozen=True, slots=True)
class Shown:
    """It was shown, and nothing was left with who saw it."""

    holding: str
    at: Instant
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A copy went back to the party it came from, or to its originator (article 6(h))."""

    holding: str
    at: Instant
    number: int
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class Destroyed:
    """A copy was destroyed, by a `method` that lets nobody make it again, before a `witness` (article 13)."""

    holding: str
    at: Instant
    number: int
    method: str
    witness: str
    by: str


@dataclass(frozen=True, slots=True)
class WrittenOff:
    """A copy is lost: a compromise was reported, by `report`, and it was not found again (article 17)."""

    holding: str
    at: Instant
    number: int
    report: str
    by: str


@dataclass(frozen=True, slots=True)
class PurposeEnded:
    """What it was given for is over (article 6(h))."""

    holding: str
    at: Instant
    by: str


@dataclass(frozen=True, slots=True)
class Reclassified:
    """Its originator gave it another mark (article 6(g)), or a product followed its sources. `notice`: the digest of
    the evidence that says so."""

    holding: str
    at: Instant
    mark: str
    origin_mark: str
    notice: str


@dataclass(frozen=True, slots=True)
class Investigated:
    """What was found out of a compromise, and what is done so that it does not happen again (article 17)."""

    holding: str
    at: Instant
    report: str
    says: str
    measures: str
    by: str


@dataclass(frozen=True, slots=True)
class FellOverdue:
    """A duty was not done by its time: that of this `number` among the holding's, which says to `do` this."""

    holding: str
    at: Instant
    number: int
    do: str


Came = Received | Derived
"""The first event of a holding: how it came to be there."""
Event = (
    Received
    | Derived
    | Opened
    | Copied
    | Shown
    | Forwarded
    | Returned
    | Destroyed
    | WrittenOff
    | PurposeEnded
    | Reclassified
    | CompromiseReported
    | Investigated
    | Discharged
    | FellOverdue
)
