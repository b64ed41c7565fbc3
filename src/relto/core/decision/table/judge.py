"""One request against one edge: the cell, then what its item, person and system bring. Bit i stands for CHECKS[i]."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from relto.core.decision.addressee import Addressee
from relto.core.decision.request import ACTS, Act
from relto.core.decision.table.axes import Axes
from relto.core.decision.table.block import Grade
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.lane import CLOSED, CONSENT, Edge
from relto.core.decision.table.requirement import Requirements
from relto.core.decision.table.word import BIT, FAILED, Words
from relto.core.dossier import Dossier
from relto.core.timeline import Bound, Instant, bound_instant

_ACT_CODE = {act: number for number, act in enumerate(ACTS)}
_COPYING = ("copy", "translate")


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, but for the instant and the two parties."""

    act: Act
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

    def cell(self, edge: Edge, asked: Asked, at: Instant, to: Addressee) -> int:
        """The cell within a plane: (grade x topics + topic) x purposes + purpose."""
        item, purpose = asked.item, asked.item.purpose
        own = purpose == item.item.purpose or self._consents(asked, at, (to.party, to.id), other_purpose=True)
        _, topics, purposes, _ = self.axes.shape
        row = item.grade(edge.frame.sender) * topics + item.topic
        return row * purposes + self.axes.purpose(purpose, own=own)

    def failed(self, edge: Edge, asked: Asked, at: Instant) -> int:
        """The checks that fail, as a bit set; zero is a permit."""
        to = edge.frame.to
        act = _ACT_CODE[asked.act]
        failed = (int(self.words[edge.base[act] + self.cell(edge, asked, at, to)]) | edge.asks[act]) & FAILED
        grade = edge.frame.grades[asked.item.grade(edge.frame.sender)]
        if self._third_party(edge, asked, at, grade):
            failed |= BIT["third-party"]
        if self._caveat(edge, asked, at):
            failed |= BIT["caveat"]
        if asked.person is not None:
            for check in self._person(edge, asked.person, asked.item, at, grade):
                failed |= BIT[check]
        if asked.system is not None and self._system(edge, asked.system, at, grade):
            failed |= BIT["system"]
        for check in self._domestic(edge, asked, grade):
            failed |= BIT[check]
        return failed

    def _domestic(self, edge: Edge, asked: Asked, grade: Grade) -> Iterator[str]:
        """The originator's own stricter rules go along with what is passed on; the sender's stand in the cells."""
        item, to = asked.item.item, edge.frame.to
        originator = self.dossier.parties.get(item.originator)
        if originator is None or item.originator in (edge.frame.sender, to.party):
            return
        for rule in originator.domestic:
            if rule.forbids((to.party, to.id), item.topic, grade.rank, asked.item.purpose, asked.act):
                yield rule.check

    def _consents(self, asked: Asked, at: Instant, recipients: tuple[str, ...], *, other_purpose: bool = False) -> bool:
        """Whether a consent on record covers the item, the instant, one of `recipients` and the purpose asked."""
        purpose = asked.item.purpose
        return any(
            consent.valid.contains(at)
            and any(one in consent.to for one in recipients)
            and ((purpose and consent.purpose == purpose) or (not other_purpose and not consent.purpose))
            for consent in asked.item.consents
        )

    def _third_party(self, edge: Edge, asked: Asked, at: Instant, grade: Grade) -> bool:
        to = edge.frame.to
        need = edge.third[asked.item.originator]
        if need == CLOSED or (need == CONSENT and not self._consents(asked, at, (to.party, to.id))):
            return True
        person, persons = asked.person, edge.frame.text.persons
        if person is None or persons.nationality is None or not grade.cleared:
            return False
        nationality = person.person.nationality
        if nationality in edge.frame.text.parties:
            return False
        return not (nationality and self._consents(asked, at, (nationality, person.person.id)))

    def _caveat(self, edge: Edge, asked: Asked, at: Instant) -> bool:
        item, to, caveats = asked.item, edge.frame.to, asked.item.item.caveats
        if item.refuses(to):
            return True
        originator = item.item.originator
        onward = originator not in (edge.frame.sender, to.party)
        controlled = onward or (asked.act in _COPYING and to.party != originator)
        if caveats.orcon and controlled and not self._consents(asked, at, (to.party, to.id)):
            return True
        return caveats.eyes is not None and asked.person is not None and asked.person.person.id not in caveats.eyes

    def _person(self, edge: Edge, person: TablePerson, item: TableItem, at: Instant, grade: Grade) -> Iterator[str]:
        text, party = edge.frame.text, edge.frame.to.party
        who, persons = person.person, text.persons
        if persons.clearance is not None and grade.cleared:
            held = who.party == party and person.cleared >> grade.asks & 1
            if not held or _ended(who.clearance_until, at, text.zone):
                yield "clearance"
        if persons.need_to_know is not None and not person.needs(item.item.topic):
            yield "need-to-know"
        if persons.facility is not None and not self.housed(person, party) >> grade.asks & 1:
            yield "facility"
        given = who.assurance
        if given is None:
            if persons.assurance is not None:
                yield "assurance"
        elif not (given.by == party and given.at <= at and given.clearance and given.need_to_know and given.protection):
            yield "assurance"

    def housed(self, person: TablePerson, party: str) -> int:
        """The requirements met by the facility of `party` on whose register the person stands, as a bit set."""
        host = self.dossier.parties.get(party)
        site = host.facility(person.person.facility) if host else None
        return self.requirements.met_by(site.ceiling) if site and person.person.id in site.register else 0

    def _system(self, edge: Edge, name: str, at: Instant, grade: Grade) -> bool:
        host = self.dossier.parties.get(edge.frame.to.party)
        system = host.system(name) if host else None
        if system is None or _ended(system.until, at, edge.frame.text.zone):
            return True
        return not self.requirements.met_by(system.ceiling) >> grade.asks & 1


def _ended(until: Bound | None, at: Instant, zone: str) -> bool:
    return until is not None and at >= bound_instant(until, zone)
