"""Holdings: what the events of each add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from relto.core.errors import Conflict, NotFound
from relto.core.register.duty import Owed, start_duties
from relto.core.register.events import CompromiseReported, Discharged, Event, Forwarded, Opened, Received
from relto.core.timeline import Instant

MARK_ORIGIN = "mark-origin"
"""The one duty that entering the register discharges by itself: the holding bears the originator's name and mark."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One item held: all that happened to it, in order, and the duties that this started. Made only by `apply`."""

    events: tuple[Event, ...]
    duties: tuple[Owed, ...] = ()

    @property
    def received(self) -> Received:
        """How it came: its first event."""
        first = self.events[0]
        assert isinstance(first, Received)
        return first

    @property
    def id(self) -> str:
        """Its id: that of the transmittal by which it came."""
        return self.received.holding

    @property
    def intermediary(self) -> str | None:
        """The ally through which it came; None where it came straight from its originator."""
        came = self.received
        return came.sender if came.sender != came.originator else None

    @property
    def openings(self) -> tuple[Opened, ...]:
        """To whom it was handed over, in order."""
        return tuple(one for one in self.events if isinstance(one, Opened))

    @property
    def forwards(self) -> tuple[Forwarded, ...]:
        """To whom it was passed on, in order."""
        return tuple(one for one in self.events if isinstance(one, Forwarded))

    @property
    def compromises(self) -> tuple[CompromiseReported, ...]:
        """The losses and compromises reported, in order."""
        return tuple(one for one in self.events if isinstance(one, CompromiseReported))

    @property
    def awaits_relay(self) -> str | None:
        """The party to which it is still to be passed on; None where it stays, or has gone."""
        onward = self.received.onward
        return onward if onward and all(one.to != onward for one in self.forwards) else None


def apply(holding: Holding | None, event: Event) -> Holding:
    """The holding after `event`. Raises Conflict for a second receipt, NotFound for an event before the first."""
    if isinstance(event, Received):
        if holding is not None:
            raise Conflict(f"holding `{event.holding}` is in the register already", remedy="a transmittal comes once")
        owed = start_duties(event.duties, "receipt", event.at, event.zone)
        return Holding((event,), tuple(_done(one, event.at) if one.do == MARK_ORIGIN else one for one in owed))
    if holding is None or holding.id != event.holding:
        raise NotFound(f"no holding `{event.holding[:60]}` in the register", remedy="list the holdings for their ids")
    return Holding((*holding.events, event), _duties_after(holding, event))


def _duties_after(holding: Holding, event: Event) -> tuple[Owed, ...]:
    if isinstance(event, CompromiseReported):
        came = holding.received
        return holding.duties + start_duties(came.duties, "compromise", event.at, came.zone)
    if isinstance(event, Discharged):
        return tuple(_done(one, event.at) if one.done is None and one.do == event.do else one for one in holding.duties)
    return holding.duties


def _done(owed: Owed, at: Instant) -> Owed:
    return replace(owed, done=at)


def fold(events: Iterable[Event]) -> dict[str, Holding]:
    """All holdings, by id, after `events` in their order. Raises as `apply` does."""
    holdings: dict[str, Holding] = {}
    for event in events:
        holdings[event.holding] = apply(holdings.get(event.holding), event)
    return holdings
