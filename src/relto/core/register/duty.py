"""Duties that an event starts, and when they are due (DESIGN 4, `duties`)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from relto.core.decision import DueDuty
from relto.core.timeline import Instant, first_instant, local_day, parse_hours, parse_period

AT_ONCE: Final = "at-once"
_OWNERS: Final = dict.fromkeys(("report", "investigate", "tell-measures", "inspect"), "security officer")
_OWNER: Final = "desk officer"


@dataclass(frozen=True, slots=True)
class Owed:
    """A duty that an event started. `due` None: the text sets no time. `done` None: still owed."""

    article: str
    do: str
    to: str
    started: Instant
    due: Instant | None = None
    done: Instant | None = None

    def overdue(self, at: Instant) -> bool:
        """Whether it is still owed at `at` although its time has passed."""
        return self.done is None and self.due is not None and at > self.due


def owner_of(do: str) -> str:
    """The role whose duty it is: what follows a compromise, and inspections, are the security officer's, all else is
    the desk's that holds the item."""
    return _OWNERS.get(do, _OWNER)


def due_instant(within: str, started: Instant, zone: str) -> Instant | None:
    """When a duty started at `started` is due: at that very instant for `at-once`; at the end of the last day of a
    period, the day of the event not counted; exactly so many hours later for `PT72H`; None where the text sets no time.
    Raises InputError for other text.
    """
    if not within:
        return None
    if within == AT_ONCE:
        return started
    hours = parse_hours(within)
    if hours is not None:
        return started.plus(hours)
    last = parse_period(within).after(local_day(started, zone))
    return first_instant(last.plus(days=1), zone)


def start_duties(duties: Iterable[DueDuty], on: str, at: Instant, zone: str) -> tuple[Owed, ...]:
    """Those of `duties` that an event of kind `on` starts at `at`."""
    return tuple(
        Owed(one.article, one.do, one.to, at, due_instant(one.within, at, zone)) for one in duties if one.on == on
    )
