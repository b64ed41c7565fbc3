"""The copies of a holding, and what became of each: every one is accounted for (articles 13, 14, 17)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from relto.core.errors import Conflict, InputError, NotFound
from relto.core.register.events import (
    CompromiseReported,
    Copied,
    Derived,
    Destroyed,
    Event,
    Received,
    Returned,
    WrittenOff,
)
from relto.core.timeline import Instant

CopyState: TypeAlias = Literal["held", "returned", "destroyed", "lost"]
Gone: TypeAlias = Returned | Destroyed | WrittenOff
"""The events by which a copy is no longer held."""
_STATES: Final[dict[type[Gone], CopyState]] = {Returned: "returned", Destroyed: "destroyed", WrittenOff: "lost"}


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: the original (number 0) or one that was made of it; since when it is in its state, and where."""

    number: int
    keeper: str
    made: Instant
    state: CopyState = "held"
    since: Instant | None = None


def copies_of(events: Iterable[Event]) -> tuple[Copy, ...]:
    """The copies that the events of one holding leave, by number."""
    copies: list[Copy] = []
    for event in events:
        if isinstance(event, Received):
            copies.append(Copy(0, event.onward and f"on its way to {event.onward}", event.at))
        elif isinstance(event, Derived):
            copies.append(Copy(0, event.keeper, event.at))
        elif isinstance(event, Copied):
            copies.append(Copy(event.number, event.keeper, event.at))
        elif isinstance(event, Gone):
            copies[event.number] = replace(copies[event.number], state=_STATES[type(event)], since=event.at)
    return tuple(copies)


def check_copying(copies: tuple[Copy, ...], event: Copied) -> None:
    """Return if a copy of this number is the next, and kept by somebody. Raises Conflict, InputError."""
    if event.number != len(copies):
        raise Conflict(f"the next copy of `{event.holding}` is number {len(copies)}", remedy="number it so")
    if not event.keeper.strip():
        raise InputError("a copy that is with nobody", remedy="say where, or with whom, it is kept")


def check_going(events: tuple[Event, ...], copies: tuple[Copy, ...], event: Gone) -> None:
    """Return if this copy can go now. Raises NotFound where there is none such, Conflict where it has gone, InputError
    for a destruction that nobody else has seen, or without a method."""
    if event.number >= len(copies):
        raise NotFound(f"`{event.holding}` has no copy {event.number}", remedy="look at its copies")
    copy = copies[event.number]
    if copy.state != "held":
        raise Conflict(f"copy {event.number} of `{event.holding}` was {copy.state} on {copy.since}")
    if isinstance(event, Destroyed):
        if not event.method.strip() or not event.witness.strip():
            raise InputError("a destruction without its method or witness", remedy="give both")
        if event.witness == event.by:
            raise InputError(f"`{event.by}` cannot witness what `{event.by}` does", remedy="name another witness")
    if isinstance(event, WrittenOff):
        reports = {one.report for one in events if isinstance(one, CompromiseReported) and one.actual}
        if event.report not in reports:
            raise Conflict(
                f"no actual loss of `{event.holding}` was reported as `{event.report[:60]}`",
                remedy="report the loss first, with `--actual`",
            )
