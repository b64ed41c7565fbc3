"""One request against one edge: the cell, then what its item, person and system bring. Bit i stands for CHECKS[i]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

from relto.core.decision.addressee import Addressee
from relto.core.decision.request import ACTS
from relto.core.decision.table.axes import Axes
from relto.core.decision.table.block import Grade
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.lane import CLOSED, FREE, Edge
from relto.core.decision.table.requirement import Requirements
from relto.core.decision.table.word import BIT, FAILED, Words
from relto.core.dossier import Dossier
from relto.core.timeline import Bound, Instant, bound_instant

ACT_NUMBER: Final = {act: number for number, act in enumerate(ACTS)}
_COPYING = (ACTS.index("copy"), ACTS.index("translate"))
_THIRD_PARTY, _CAVEAT, _SYSTEM = BIT["third-party"], BIT["caveat"], BIT["system"]
_CLEARANCE, _NEED, _FACILITY, _ASSURANCE = (
    BIT[check] for check in ("clearance", "need-to-know", "facility", "assurance")
)


class Asked(NamedTuple):
    """What is asked, but for the instant and the two parties. `act`: its number in ACTS."""

    act: int
    item: TableItem
    person: TablePerson | None = None
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Judge:
    """Answers from the cells of one table; everything is a value but the memory the cells lie in."""

    dossier: Dossier
    axes: Axes
    words: Words
    requirements: Requirements

    def failed(self, edge: Edge, asked: Asked, at: Instant) -> int:
        """The checks that fail, as a bit set; zero is a permit."""
        act, item, person, system = asked
        frame = edge.frame
        number = item.grade(frame.sender)
        cell = (number * len(self.axes.topics) + item.topic) * 2 * len(self.axes.purposes) + self._place(
            item, frame.to, at
        )
        failed = (self.words.item(edge.base[act] + cell) | edge.asks[act]) & FAILED
        grade = frame.grades[number]
        need = edge.third[item.originator]
        if need != FREE and (need == CLOSED or not _consents(item, at, frame.to)):
            failed |= _THIRD_PARTY
        if item.refuses(frame.to) or (item.item.caveats.orcon and self._uncontrolled(edge, item, act, at)):
            failed |= _CAVEAT
        if person is not None:
            failed |= self._person(edge, person, item, at, grade)
        if system is not None and self._system(edge, system, at, grade):
            failed |= _SYSTEM
        if item.item.originator != frame.sender:
            failed |= self._domestic(edge, asked, grade)
        return failed

    def _place(self, item: TableItem, to: Addressee, at: Instant) -> int:
        """The place of the purpose asked: as the item's own where a consent on record says so."""
        if item.place != item.own_place and item.consents and _consents(item, at, to, other_purpose=True):
            return item.own_place
        return item.place

    def _domestic(self, edge: Edge, asked: Asked, grade: Grade) -> int:
        """The originator's own stricter rules go along with what is passed on; the sender's stand in the cells."""
        item, to = asked.item.item, edge.frame.to
        originator = self.dossier.parties.get(item.originator)
        if originator is None or not originator.domestic or item.originator == to.party:
            return 0
        found = 0
        for rule in originator.domestic:
            if rule.forbids((to.party, to.id), item.topic, grade.rank, asked.item.purpose, ACTS[asked.act]):
                found |= BIT[rule.check]
        return found

    def _uncontrolled(self, edge: Edge, item: TableItem, act: int, at: Instant) -> bool:
        """Whether it would leave its originator's control: passed on, copied or translated without consent."""
        to, originator = edge.frame.to, item.item.originator
        if to.party == originator or (originator == edge.frame.sender and act not in _COPYING):
            return False
        return not _consents(item, at, to)

    def _person(self, edge: Edge, person: TablePerson, item: TableItem, at: Instant, grade: Grade) -> int:
        frame, who = edge.frame, person.person
        party, persons, failed = frame.to.party, frame.text.persons, 0
        eyes = item.item.caveats.eyes
        if eyes is not None and who.id not in eyes:
            failed = _CAVEAT
        if persons.nationality is not None and grade.cleared and self._foreign(edge, person, item, at):
            failed |= _THIRD_PARTY
        if persons.clearance is not None and grade.cleared:
            held = who.party == party and person.cleared >> grade.asks & 1
            if not held or at.ns >= person.cleared_until(frame.text.zone):
                failed |= _CLEARANCE
        if persons.need_to_know is not None and not person.needs(item.item.topic):
            failed |= _NEED
        if persons.facility is not None and not self.housed(person, party) >> grade.asks & 1:
            failed |= _FACILITY
        given = who.assurance
        if given is None:
            if persons.assurance is not None:
                failed |= _ASSURANCE
        elif not (given.by == party and given.at <= at and given.clearance and given.need_to_know and given.protection):
            failed |= _ASSURANCE
        return failed

    def _foreign(self, edge: Edge, person: TablePerson, item: TableItem, at: Instant) -> bool:
        """Whether it is a national of neither party, without consent of the originator."""
        nationality = person.person.nationality
        if nationality in edge.frame.text.parties:
            return False
        return not (nationality and _consents(item, at, Addressee(person.person.id, nationality)))

    def housed(self, person: TablePerson, party: str) -> int:
        """The requirements met by the facility of `party` on whose register the person stands, as a bit set."""
        found = person.housed.get(party)
        if found is None:
            host = self.dossier.parties.get(party)
            site = host.facility(person.person.facility) if host else None
            registered = site is not None and person.person.id in site.register
            found = person.housed[party] = self.requirements.met_by(site.ceiling) if site and registered else 0
        return found

    def _system(self, edge: Edge, name: str, at: Instant, grade: Grade) -> bool:
        host = self.dossier.parties.get(edge.frame.to.party)
        system = host.system(name) if host else None
        if system is None or _ended(system.until, at, edge.frame.text.zone):
            return True
        return not self.requirements.met_by(system.ceiling) >> grade.asks & 1


def _consents(item: TableItem, at: Instant, to: Addressee, *, other_purpose: bool = False) -> bool:
    """Whether a consent on record covers the item, the instant, the recipient (or its party) and the purpose asked."""
    purpose = item.purpose
    return any(
        consent.valid.contains(at)
        and (to.party in consent.to or to.id in consent.to)
        and ((purpose and consent.purpose == purpose) or (not other_purpose and not consent.purpose))
        for consent in item.consents
    )


def _ended(until: Bound | None, at: Instant, zone: str) -> bool:
    return until is not None and at >= bound_instant(until, zone)
