"""Holdings: what the events of each add up to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.errors import Conflict, InputError, NotFound
from relto.core.register.copies import Copy, Gone, check_copying, check_going, copies_of
from relto.core.register.duty import Owed, start_duties
from relto.core.register.events import (
    Came,
    CompromiseReported,
    Copied,
    Derived,
    Discharged,
    Event,
    FellOverdue,
    Forwarded,
    Investigated,
    Opened,
    PurposeEnded,
    Received,
    Reclassified,
    Shown,
)
from relto.core.timeline import Instant

MARK_ORIGIN = "mark-origin"
"""The one duty that entering the register discharges by itself: the holding bears the originator's name and mark."""
INVESTIGATE: Final = "investigate"
"""The duty that the findings about a compromise discharge."""
CERTIFY: Final = "certify-destruction"
"""The duty that an originator's acknowledgement discharges, once nothing is held any more."""
_LEAVING: Final = frozenset({"return-or-destroy", "return", "destroy"})
"""The duties that are done once nothing is held any more."""


@dataclass(frozen=True, slots=True)
class Holding:
    """One item held: all that happened to it, in order, and the duties that this started. Made only by `apply`."""

    events: tuple[Event, ...]
    duties: tuple[Owed, ...] = ()

    @property
    def received(self) -> Came:
        """How it came, or was made: its first event."""
        first = self.events[0]
        assert isinstance(first, Came)
        return first

    @property
    def id(self) -> str:
        """Its id: that of the transmittal by which it came, or the one it was given when it was made."""
        return self.received.holding

    @property
    def sources(self) -> tuple[str, ...]:
        """The holdings it was made of; none where it came as it is."""
        came = self.received
        return came.sources if isinstance(came, Derived) else ()

    @property
    def originators(self) -> tuple[str, ...]:
        """All whose information it contains."""
        came = self.received
        return came.originators if isinstance(came, Derived) else (came.originator,)

    @property
    def intermediary(self) -> str | None:
        """The ally through which it came; None where it came straight from its originator, or was made here."""
        came = self.received
        return came.sender if isinstance(came, Received) and came.sender != came.originator else None

    @property
    def mark(self) -> str:
        """The holder's mark that it bears now."""
        return self._marks().mark

    @property
    def origin_mark(self) -> str:
        """The mark that its originator gives it now."""
        return self._marks().origin_mark

    def _marks(self) -> Came | Reclassified:
        return next((one for one in reversed(self.events) if isinstance(one, Reclassified)), self.received)

    @property
    def copies(self) -> tuple[Copy, ...]:
        """The original (number 0) and all copies made of it, with what became of each."""
        return copies_of(self.events)

    @property
    def held(self) -> tuple[Copy, ...]:
        """The copies that are still here."""
        return tuple(one for one in self.copies if one.state == "held")

    @property
    def original_held(self) -> bool:
        """Whether the original is here: it alone can be opened, or passed on."""
        return self.copies[0].state == "held"

    @property
    def purpose_ended(self) -> Instant | None:
        """When what it was given for was over; None where it is not."""
        return next((one.at for one in self.events if isinstance(one, PurposeEnded)), None)

    @property
    def overdue(self) -> frozenset[int]:
        """The numbers of the duties that were entered as overdue."""
        return frozenset(one.number for one in self.events if isinstance(one, FellOverdue))

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
        if not onward or any(one.to == onward for one in self.forwards) or not self.original_held:
            return None
        return onward


def apply(holding: Holding | None, event: Event) -> Holding:
    """The holding after `event`. Raises Conflict for a second receipt and for what can no longer happen to it, NotFound
    for an event before the first or about a copy that is none, InputError for an event that lacks what it must say."""
    if isinstance(event, Came):
        if holding is not None:
            raise Conflict(f"holding `{event.holding}` is in the register already", remedy="a transmittal comes once")
        owed = start_duties(event.duties, "receipt", event.at, event.zone)
        return Holding((event,), tuple(_done(one, event.at) if one.do == MARK_ORIGIN else one for one in owed))
    if holding is None or holding.id != event.holding:
        raise NotFound(f"no holding `{event.holding[:60]}` in the register", remedy="list the holdings for their ids")
    _check(holding, event)
    return Holding((*holding.events, event), _duties_after(holding, event))


def check_usable(holding: Holding) -> None:
    """Return if it can still be used: opened, shown, passed on, or made into something else. Raises Conflict where its
    original has gone, or the purpose it was given for is over (articles 6(c), 6(h))."""
    if not holding.original_held:
        copy = holding.copies[0]
        raise Conflict(f"`{holding.id}` was {copy.state} on {copy.since}", remedy="ask its originator for it anew")
    if holding.purpose_ended is not None:
        raise Conflict(
            f"what `{holding.id}` was given for is over since {holding.purpose_ended}",
            article="6(h)",
            remedy="return or destroy it",
        )


def _check(holding: Holding, event: Event) -> None:
    """Raise where `event` can no longer happen. What others have said of a holding is entered whatever became of it."""
    if isinstance(event, Opened | Shown):
        check_usable(holding)
    elif isinstance(event, Copied):
        check_usable(holding)
        check_copying(holding.copies, event)
    elif isinstance(event, Gone):
        check_going(holding.events, holding.copies, event)
    elif isinstance(event, PurposeEnded) and holding.purpose_ended is not None:
        raise Conflict(f"what `{holding.id}` was given for is over already, since {holding.purpose_ended}")
    elif isinstance(event, Investigated):
        if event.report not in {one.report for one in holding.compromises}:
            raise NotFound(f"no compromise `{event.report[:60]}` of `{holding.id}`", remedy="report it first")
        if not event.says.strip() or not event.measures.strip():
            raise InputError("findings without what was found or what is done", remedy="say both")
    elif isinstance(event, FellOverdue):
        _check_overdue(holding, event)


def _check_overdue(holding: Holding, event: FellOverdue) -> None:
    if event.number >= len(holding.duties) or holding.duties[event.number].do != event.do:
        raise NotFound(f"`{holding.id}` has no duty {event.number} to {event.do}")
    if event.number in holding.overdue or not holding.duties[event.number].overdue(event.at):
        raise Conflict(f"duty {event.number} of `{holding.id}` is not overdue, or was entered as such")


def _duties_after(holding: Holding, event: Event) -> tuple[Owed, ...]:
    came = holding.received
    if isinstance(event, CompromiseReported):
        return holding.duties + start_duties(came.duties, "compromise", event.at, came.zone)
    if isinstance(event, PurposeEnded):
        return _once_left(
            holding, event, holding.duties + start_duties(came.duties, "purpose-ended", event.at, came.zone)
        )
    if isinstance(event, Gone):
        return _once_left(holding, event, holding.duties)
    if isinstance(event, Investigated):
        return _discharged(holding.duties, frozenset({INVESTIGATE}), event.at)
    if isinstance(event, Discharged):
        if event.do == CERTIFY and holding.held:
            return holding.duties
        return _discharged(holding.duties, frozenset({event.do}), event.at)
    return holding.duties


def _once_left(holding: Holding, event: Event, duties: tuple[Owed, ...]) -> tuple[Owed, ...]:
    """`duties`, those of leaving nothing behind done if nothing is held after `event`."""
    if any(one.state == "held" for one in copies_of((*holding.events, event))):
        return duties
    return _discharged(duties, _LEAVING, event.at)


def _discharged(duties: tuple[Owed, ...], do: frozenset[str], at: Instant) -> tuple[Owed, ...]:
    return tuple(_done(one, at) if one.done is None and one.do in do else one for one in duties)


def _done(owed: Owed, at: Instant) -> Owed:
    return Owed(owed.article, owed.do, owed.to, owed.started, owed.due, at)


def strictest(sources: Sequence[Holding], at_least: Callable[[str, str], bool]) -> Holding:
    """The one of `sources` whose mark is at least as high as that of every other: a product of them bears it, or a
    higher one (article 4(3)). `at_least`: whether the first of two marks of the holder is as high as the second.

    Raises InputError for no sources, Conflict where no mark is as high as all: what cannot be compared is kept apart.
    """
    for one in sources:
        if all(at_least(one.mark, other.mark) for other in sources):
            return one
    if not sources:
        raise InputError("a product of nothing", remedy="name the holdings it was made of")
    marks = ", ".join(dict.fromkeys(one.mark for one in sources))
    raise Conflict(f"the marks {marks} cannot be compared", remedy="make a product of each by itself")


def fold(events: Iterable[Event]) -> dict[str, Holding]:
    """All holdings, by id, after `events` in their order. Raises as `apply` does."""
    holdings: dict[str, Holding] = {}
    for event in events:
        holdings[event.holding] = apply(holdings.get(event.holding), event)
    return holdings
