"""What a party owes for what it holds, and of those whom it lets hold it: each duty with its article, its time, and
whose it is; and what fell overdue.

Duties that an event started stand in the register. Where an agreement has lapsed and its text asks for what was given
under it to be destroyed, that too is owed, until nothing of it is held (`survival`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relto.core.agreement.text import Survival
from relto.core.dossier import Dossier
from relto.core.register import INSPECT, INSPECTIONS, Contractor, FellOverdue, Holding, as_of, owner_of
from relto.core.timeline import Instant, first_instant, local_day
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.telling import enter_event


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty that is open at an instant, for a `holding`, or to inspect a `contractor`. `number` is its place among
    those of the holding, None where the lapse of the agreement started it; `due` None: the text sets no time. `owner`:
    the role of the holding party whose duty it is."""

    holding: Holding | None
    number: int | None
    article: str
    do: str
    to: str
    owner: str
    started: Instant
    due: Instant | None
    overdue: bool
    contractor: Contractor | None = None

    @property
    def about(self) -> str:
        """The id of the holding or contractor."""
        return self.holding.id if self.holding is not None else self._contractor.id

    @property
    def title(self) -> str:
        """The title of what is held; of a contractor its id."""
        return self.holding.received.title if self.holding is not None else self._contractor.id

    @property
    def agreement(self) -> str:
        """The agreement whose text asks for it."""
        return self.holding.received.agreement if self.holding is not None else self._contractor.checklist.agreement

    @property
    def zone(self) -> str:
        """Where its time is counted."""
        return self.holding.received.zone if self.holding is not None else self._contractor.checklist.zone

    @property
    def _contractor(self) -> Contractor:
        assert self.contractor is not None
        return self.contractor


def open_duties(node: Node, reading: Reading, at: Instant) -> list[Duty]:
    """All duties open at `at`: those with a time first, the earliest before the others, then those without."""
    dossier = node.dossier(reading)
    asked = {held.id: held for held in reading.owing()}
    for name in dossier.agreements:
        if _survival(dossier, node.party, name, at) is not None:
            asked |= {held.id: held for held in reading.holdings_under(name)}
    found = [one for held in asked.values() for one in duties_of(dossier, node.party, held, at)]
    found += inspections(reading, at)
    return sorted(found, key=lambda one: (one.due is None, one.due or one.started, one.about, one.number or 0))


def inspections(reading: Reading, at: Instant) -> Iterator[Duty]:
    """The duty to inspect each contractor with a checklist, as it stands at `at` (article 16, condition (g))."""
    for control in reading.controls("contractor"):
        one = as_of(control, at) if isinstance(control, Contractor) else None
        if one is not None:
            article = f"{one.checklist.article}({INSPECTIONS})"
            started = one.checklist.at if one.inspection is None else one.inspection.at
            due, late = one.inspection_due, one.overdue(at)
            yield Duty(None, None, article, INSPECT, "", owner_of(INSPECT), started, due, late, one)


def duties_of(dossier: Dossier, party: str, held: Holding, at: Instant) -> Iterator[Duty]:
    """The duties of one holding open at `at`, as `party` reads the text."""
    for number, one in enumerate(held.duties):
        if one.done is None and one.started <= at:
            owner = owner_of(one.do)
            yield Duty(held, number, one.article, one.do, one.to, owner, one.started, one.due, one.overdue(at))
    if held.held:
        yield from _after_lapse(dossier, party, held, at)


def _after_lapse(dossier: Dossier, party: str, held: Holding, at: Instant) -> Iterator[Duty]:
    """What is owed because the agreement that it came under has lapsed (its `survival`)."""
    came = held.received
    phase = _survival(dossier, party, came.agreement, at) if came.agreement in dossier.agreements else None
    if phase is None:
        return
    ended, survival = phase
    due = ended
    if survival.destroy_within is not None:
        last = survival.destroy_within.after(local_day(ended, came.zone))
        due = first_instant(last.plus(days=1), came.zone)
    do = "destroy" if survival.keep == "destroy" else "return-or-destroy"
    yield Duty(held, None, survival.article, do, "", owner_of(do), ended, due, at > due)


def _survival(dossier: Dossier, party: str, agreement: str, at: Instant) -> tuple[Instant, Survival] | None:
    """When an agreement ended, and what its text asks of what was given under it: None where it asks for nothing."""
    phase = dossier.history(agreement, reading=party).phase(at)
    survival = phase.text.survival
    if phase.state != "lapsed" or phase.ends_at is None or survival is None or survival.keep not in ("destroy", "none"):
        return None
    return phase.ends_at, survival


def enter_overdue(node: Node) -> list[tuple[Holding, FellOverdue]]:
    """Enter each duty that has fallen overdue, once, as an event of its own; told to the originator where the text says
    that it is owed to it. Those entered just now."""
    entered: list[tuple[Holding, FellOverdue]] = []
    with node.store.read() as reading:
        earliest = node.clock.interval()[0]
        if not any(_fallen(held, earliest) for held in reading.with_due(earliest)):
            return entered
    with node.store.write() as tx:
        moment = node.now_or_later(tx)
        for held in tx.with_due(moment.earliest):
            for number in _fallen(held, moment.earliest):
                event = FellOverdue(held.id, moment.latest, number, held.duties[number].do)
                held = enter_event(node, tx, held, event, moment)
                entered.append((held, event))
    return entered


def _fallen(held: Holding, at: Instant) -> list[int]:
    """The duties that are overdue at `at`, and not entered as such yet."""
    known = held.overdue
    return [number for number, one in enumerate(held.duties) if number not in known and one.overdue(at)]
