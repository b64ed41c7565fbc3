"""Visits: asked for by one party, approved by the party on whose territory the site lies, up to a rank and within a
time box; and what was shown or opened within each (article 8)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final, Literal, NoReturn, TypeAlias, TypeVar

from relto.core.errors import Conflict, InputError, NotFound, Refused
from relto.core.label import covers_any
from relto.core.timeline import Instant, Interval

VISITS: Final = "8"
"""The article on visits."""
ASSURANCES: Final = "7(5)"
"""The article on assurances before a representative is given anything."""
VisitState: TypeAlias = Literal["asked", "approved", "declined", "called-off", "held"]
VisitPhase: TypeAlias = VisitState | Literal["unanswered", "running", "over"]


@dataclass(frozen=True, slots=True)
class VisitAsked:
    """The competent authority of `visiting` asks that of `host` for a visit to one of its facilities.

    `party` says so: the visiting one, or the host for a request that came on paper. `ceiling`: the highest rank that is
    asked for; `topics`: what it is about. From `starts` on, until `ends`, which does not belong to it. `visitors`: who
    comes, by key or name. `assured`: the visiting party gives its word that each is cleared, needs to know, and
    that what is shown is protected as at home (article 7(5)).
    """

    visit: str
    at: Instant
    party: str
    visiting: str
    host: str
    facility: str
    agreement: str
    purpose: str
    topics: tuple[str, ...]
    ceiling: str
    starts: Instant
    ends: Instant
    visitors: tuple[str, ...]
    assured: bool
    by: str


@dataclass(frozen=True, slots=True)
class VisitApproved:
    """The host approves it, as asked or narrower. `ranks`: the `ceiling` and all below it, as the text orders them."""

    visit: str
    at: Instant
    party: str
    ceiling: str
    ranks: tuple[str, ...]
    starts: Instant
    ends: Instant
    by: str


@dataclass(frozen=True, slots=True)
class VisitDeclined:
    """The host does not approve it, and says why."""

    visit: str
    at: Instant
    party: str
    says: str
    by: str


@dataclass(frozen=True, slots=True)
class VisitCalledOff:
    """Either party ends it: from then on nothing is shown, whatever was approved."""

    visit: str
    at: Instant
    party: str
    says: str
    by: str


@dataclass(frozen=True, slots=True)
class VisitHeld:
    """The host records that it took place, and who came."""

    visit: str
    at: Instant
    party: str
    came: tuple[str, ...]
    by: str


@dataclass(frozen=True, slots=True)
class VisitShown:
    """The host showed an item to a visitor, and nothing was left with them. `holding` empty: an item of the host."""

    visit: str
    at: Instant
    party: str
    item: str
    holding: str
    rank: str
    topic: str
    to: str
    by: str


@dataclass(frozen=True, slots=True)
class VisitOpened:
    """The host opened a holding within the visit, for a `person` of its own or its competent authority (empty)."""

    visit: str
    at: Instant
    party: str
    item: str
    holding: str
    rank: str
    topic: str
    person: str


E = TypeVar("E")
VisitEvent = VisitAsked | VisitApproved | VisitDeclined | VisitCalledOff | VisitHeld | VisitShown | VisitOpened


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: all that happened to it, in order. Made only by `apply_visit`."""

    events: tuple[VisitEvent, ...]
    kind: ClassVar[Literal["visit"]] = "visit"

    @property
    def asked(self) -> VisitAsked:
        """The request: its first event."""
        first = self.events[0]
        assert isinstance(first, VisitAsked)
        return first

    @property
    def id(self) -> str:
        """Its id."""
        return self.asked.visit

    @property
    def approved(self) -> VisitApproved | None:
        """The host's approval; None where there is none."""
        return self._first(VisitApproved)

    @property
    def declined(self) -> VisitDeclined | None:
        """The host's refusal; None where there is none."""
        return self._first(VisitDeclined)

    @property
    def called_off(self) -> VisitCalledOff | None:
        """Who ended it, first; None where nobody has."""
        return self._first(VisitCalledOff)

    @property
    def held(self) -> VisitHeld | None:
        """That it took place; None where that is not recorded."""
        return self._first(VisitHeld)

    @property
    def shown(self) -> tuple[VisitShown | VisitOpened, ...]:
        """What was shown or opened within it, in order."""
        return tuple(one for one in self.events if isinstance(one, VisitShown | VisitOpened))

    def _first(self, kind: type[E]) -> E | None:
        for one in self.events:
            if isinstance(one, kind):
                return one
        return None

    @property
    def due(self) -> None:
        """A visit starts no duty."""

    @property
    def state(self) -> VisitState:
        """How far it has come, whatever the clock says."""
        if self.held is not None:
            return "held"
        if self.called_off is not None:
            return "called-off"
        if self.declined is not None:
            return "declined"
        return "asked" if self.approved is None else "approved"

    def phase(self, at: Instant) -> VisitPhase:
        """How far it has come by the clock: `unanswered` once the time asked for is over, `running` within the box that
        was approved, `over` after it where nobody has recorded that it took place. A boundary belongs to what follows.
        """
        state, approved = self.state, self.approved
        if state == "asked":
            return "asked" if at < self.asked.ends else "unanswered"
        if approved is None or self.called_off is not None:
            return state
        if at >= approved.ends:
            return "over" if self.held is None else "held"
        return "running" if at >= approved.starts else "approved"

    def check_within(self, rank: str, topic: str, earliest: Instant, latest: Instant) -> None:
        """Return if an item of this rank and topic may be shown within it at any instant from `earliest` to `latest`:
        it stands approved, they lie in its time box (its end does not belong to it), the rank is no higher than its
        ceiling, and it is about that topic. Raises Refused, with the article."""
        asked, approved, off = self.asked, self.approved, self.called_off
        if off is not None:
            self._refuse(f"was called off by {off.party}")
        if approved is None:
            self._refuse("was not approved")
        if earliest < approved.starts:
            self._refuse(f"begins only at {approved.starts}")
        if latest >= approved.ends:
            self._refuse(f"ended at {approved.ends}")
        if rank not in approved.ranks:
            self._refuse(f"may be shown items up to {approved.ceiling}, not {rank or 'one of no rank'}")
        if not covers_any(asked.topics, topic):
            self._refuse(f"is about {', '.join(asked.topics)}, not {topic}")
        if not asked.assured:
            raise Refused(
                f"{asked.visiting} has not given its word for the visitors of `{self.id}`",
                article=ASSURANCES,
                remedy="it asks for the visit anew, with its assurance",
            )

    def _refuse(self, says: str) -> NoReturn:
        raise Refused(f"the visit `{self.id}` {says}", article=VISITS, remedy="the host approves another")


def apply_visit(visit: Visit | None, event: VisitEvent) -> Visit:
    """The visit after `event`.

    Raises InputError for a request or an approval that says too little or too much, NotFound for a visit that nobody
    asked for, Conflict for what was decided already, Refused for what its party may not do.
    """
    if isinstance(event, VisitAsked):
        if visit is not None:
            raise Conflict(f"the visit `{event.visit}` was asked for already", remedy="each request has its own id")
        _check_asked(event)
        return Visit((event,))
    if visit is None:
        raise NotFound(f"no visit `{event.visit[:60]}`", remedy="list the visits for their ids")
    _check_party(visit, event)
    if isinstance(event, VisitApproved):
        _check_open(visit)
        _check_narrower(visit.asked, event)
    elif isinstance(event, VisitDeclined):
        _check_open(visit)
    elif isinstance(event, VisitHeld):
        _check_held(visit, event)
    elif isinstance(event, VisitShown | VisitOpened):
        visit.check_within(event.rank, event.topic, event.at, event.at)
        if isinstance(event, VisitShown):
            _check_visitors(visit, (event.to,))
    return Visit((*visit.events, event))


def _check_asked(event: VisitAsked) -> None:
    if event.visiting == event.host or event.party not in (event.visiting, event.host):
        raise InputError(
            f"a visit of {event.visiting} to {event.host}, asked for by {event.party}",
            article=VISITS,
            remedy="the visiting party asks the host, or the host enters what came on paper",
        )
    _check_box(event.starts, event.ends)
    if not event.purpose.strip() or not event.topics or not event.visitors:
        raise InputError(
            "a visit for nothing, or of nobody", article=VISITS, remedy="say its purpose, topics, visitors"
        )
    if not all(one.strip() for one in event.visitors) or len(set(event.visitors)) != len(event.visitors):
        raise InputError("a visitor without a name, or named twice", remedy="name each visitor once")


def _check_box(starts: Instant, ends: Instant) -> None:
    if not starts < ends:
        raise InputError(f"a visit from {starts} until {ends}", remedy="let it end after it begins")


def _check_party(visit: Visit, event: VisitEvent) -> None:
    """Only the party on whose territory the site lies approves, and says what was shown; either may call it off."""
    asked = visit.asked
    may = (asked.visiting, asked.host) if isinstance(event, VisitCalledOff) else (asked.host,)
    if event.party not in may:
        raise Refused(
            f"{event.party} cannot decide on the visit `{visit.id}` to {asked.host}",
            article=VISITS,
            remedy=f"{' or '.join(may)} does",
        )


def _check_open(visit: Visit) -> None:
    if visit.approved is not None or visit.declined is not None:
        done = "declined" if visit.approved is None else "approved"
        raise Conflict(f"the visit `{visit.id}` was {done} already", remedy="ask for another")


def _check_narrower(asked: VisitAsked, event: VisitApproved) -> None:
    _check_box(event.starts, event.ends)
    box = Interval(asked.starts, asked.ends)
    if not box.contains(event.starts) or event.ends > asked.ends:
        raise InputError(
            f"approved from {event.starts} until {event.ends}, asked for from {asked.starts} until {asked.ends}",
            remedy="approve no more than was asked for",
        )
    if event.ceiling not in event.ranks:
        raise InputError(f"the ranks of the visit lack its ceiling {event.ceiling}", remedy="list it with those below")


def _check_held(visit: Visit, event: VisitHeld) -> None:
    approved = visit.approved
    if approved is None or visit.called_off is not None or visit.held is not None:
        raise Conflict(
            f"the visit `{visit.id}` is {visit.state}", remedy="only one that was approved takes place, once"
        )
    if event.at < approved.starts:
        raise Conflict(f"the visit `{visit.id}` begins only at {approved.starts}", remedy="record it once it has begun")
    if not event.came:
        raise InputError("a visit to which nobody came", remedy="call it off")
    _check_visitors(visit, event.came)


def _check_visitors(visit: Visit, named: tuple[str, ...]) -> None:
    for one in named:
        if one not in visit.asked.visitors:
            raise Refused(
                f"`{one[:60]}` is no visitor of `{visit.id}`",
                article=VISITS,
                remedy=f"it was asked for {', '.join(visit.asked.visitors)}",
            )
