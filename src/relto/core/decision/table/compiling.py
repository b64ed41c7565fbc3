"""Compiling: lane by lane, cut at every instant at which an answer on it can change."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from relto.core.agreement import IN_FORCE, Agreement, History
from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.request import ACTS, Act
from relto.core.decision.table import cuts
from relto.core.decision.table.arena import Arena
from relto.core.decision.table.axes import Axes, axes_of
from relto.core.decision.table.block import Frame, fill_plane, frame_of, meets, words_of_acts, words_of_grades
from relto.core.decision.table.governing import Governing, Third
from relto.core.decision.table.lane import FREE, Edge, Lane, Stretch
from relto.core.decision.table.requirement import Requirements
from relto.core.decision.table.word import Layout, Words
from relto.core.dossier import Dossier, Person
from relto.core.errors import InputError
from relto.core.label import is_country
from relto.core.timeline import Instant, bound_instant


@dataclass(frozen=True)
class Window:
    """What a table is compiled for. `reading` None: each sender's own; `persons`: those whose dates cut slices."""

    start: Instant
    end: Instant
    reading: str | None = None
    known_by: Instant | None = None
    persons: tuple[Person, ...] = ()


@dataclass(frozen=True)
class Ground:
    """What no record can change: axes, requirements, addressees, the layout of words, and the memory of blocks."""

    axes: Axes
    requirements: Requirements
    senders: tuple[str, ...]
    addressees: tuple[str, ...]
    layout: Layout
    arena: Arena

    def no_agreement(self) -> int:
        """Where the plane begins that stands for no agreement between the two: what it asks says the rest."""

        def fill(words: Words) -> None:
            words[:] = 0

        return self.arena.place("no agreement", fill)


def authorities_of(dossier: Dossier) -> tuple[str, ...]:
    """Every authority that some record designates, at whatever time."""
    records = dossier.records.values()
    return tuple(sorted({one.authority for record in records for one in record.instruments if one.authority}))


def ground_of(dossier: Dossier, *, bits: int | None = None) -> Ground:
    """Number everything. `bits`: how many bits of a word the fields may share (tests make them share)."""
    axes = axes_of(dossier)
    requirements = Requirements(axes.ranks)
    texts = [text for versions in dossier.agreements.values() for text in versions]
    for text in texts:
        order = dossier.rank_order(text)
        for rank in axes.ranks:
            requirements.number(order, rank)
    members = {party for text in texts for party in text.parties}
    bodies = [firm.id for party in dossier.parties.values() for firm in party.contractors]
    strangers = sorted(party for party in members - set(dossier.parties) if is_country(party))
    addressees = tuple(dict.fromkeys([*sorted(dossier.parties), *strangers, *sorted(bodies), *authorities_of(dossier)]))
    counts = {"addressees": len(addressees), "originators": len(axes.originators), "requirements": len(requirements)}
    layout = Layout.of(**counts) if bits is None else Layout.of(**counts, bits=bits)
    senders = tuple(sorted(members | set(dossier.parties)))
    return Ground(axes, requirements, senders, addressees, layout, Arena(axes.plane))


@dataclass
class Compiler:
    """Makes lanes for one dossier, window and ground."""

    dossier: Dossier
    window: Window
    ground: Ground
    _frames: dict[tuple[str, int, str, str], Frame] = field(default_factory=dict)
    _placed: dict[tuple[int, bool], tuple[int, ...]] = field(default_factory=dict)

    @cached_property
    def _governing(self) -> Governing:
        return Governing(self.dossier, self.window.reading, self.window.known_by)

    @cached_property
    def _between(self) -> dict[frozenset[str], list[str]]:
        """The agreements that allow direct release, by the pair of parties, in order of id."""
        found: dict[frozenset[str], list[str]] = {}
        for name in sorted(self.dossier.agreements):
            first = self.dossier.agreements[name][0]
            if not first.mediates:
                for number, one in enumerate(first.parties):
                    for other in first.parties[number + 1 :]:
                        found.setdefault(frozenset((one, other)), []).append(name)
        return found

    def lane(self, sender: str, addressee: int) -> Lane:
        """The lane from `sender` to an addressee by number."""
        recipient = self.ground.addressees[addressee]
        stretches: list[Stretch] = []
        structural, forced = self._cuts(sender, recipient)
        for start in sorted(structural | forced):
            last = stretches[-1] if stretches else None
            if last is not None and start not in structural:
                stretches.append(Stretch(start, last.to, last.edges))
                continue
            to = self._resolve(recipient, start)
            found = Stretch(start, to, tuple(self._edges(sender, to, addressee, start)) if to else ())
            if last is None or start in forced or (last.to, last.edges) != (found.to, found.edges):
                stretches.append(found)
        return Lane(sender, recipient, addressee, tuple(stretches), tuple(one.start.ns for one in stretches))

    def _resolve(self, recipient: str, at: Instant) -> Addressee | None:
        try:
            return resolve(self.dossier, recipient, at, self.window.known_by)
        except InputError:
            return None  # an authority before or after its designation

    def _cuts(self, sender: str, recipient: str) -> tuple[set[Instant], set[Instant]]:
        """Where a lane itself may change, and where what items, persons and systems bring may."""
        identities, forced = {self.window.start}, {self.window.start}
        if recipient in self._authorities:
            identities.update(cuts.designation_cuts(self.dossier, recipient, self.window.known_by))
        found = set(identities)
        for at in identities:
            to = self._resolve(recipient, at)
            names = self._names(sender, to)
            if to is None or not names:
                continue
            histories = [self._history(name, sender, to) for name in names]
            found.update(cuts.phase_cuts(histories))
            for text in {(p.text.id, p.text.version): p.text for one in histories for p in one.phases}.values():
                found.update(self._third(sender, to, text)[0])
            texts = [text for name in names for text in self.dossier.agreements[name]]
            found.update(cuts.approval_cuts(to, texts))
            forced.update(cuts.consent_cuts(self._consents, to, texts))
            forced.update(cuts.person_cuts(self.window.persons, to, texts))
            forced.update(cuts.system_cuts(self.dossier.parties.get(to.party), texts))
        return self._within(found), self._within(forced)

    def _within(self, instants: Iterable[Instant]) -> set[Instant]:
        return {one for one in instants if self.window.start <= one < self.window.end}

    @cached_property
    def _authorities(self) -> frozenset[str]:
        return frozenset(authorities_of(self.dossier))

    @cached_property
    def _consents(self) -> cuts.Consents:
        return cuts.consents_by_name(self.dossier.consents(self.window.known_by), self.ground.addressees)

    def _third(self, sender: str, to: Addressee, under: Agreement) -> Third:
        return self._governing.third(sender, to.party, under, self.ground.axes.originators)

    def _names(self, sender: str, to: Addressee | None) -> list[str]:
        return self._between.get(frozenset((sender, to.party)), []) if to is not None else []

    def _history(self, name: str, sender: str, to: Addressee) -> History:
        return self.dossier.history(
            name,
            reading=self.window.reading or sender,
            known_by=self.window.known_by,
            between=(sender, to.party),
        )

    def _edges(self, sender: str, to: Addressee, addressee: int, at: Instant) -> Iterator[Edge]:
        for name in self._names(sender, to):
            phase = self._history(name, sender, to).phase(at)
            starts, needs = self._third(sender, to, phase.text)
            third = needs[bisect_right(starts, at) - 1]
            bound = sum(1 << number for number, need in enumerate(third) if need != FREE)
            asks = words_of_acts(self.ground.layout, phase.text, phase, addressee, bound)
            frame = self._frame(phase.text, sender, to)
            yield Edge(name, frame, phase.state in IN_FORCE, self._planes(frame, at), asks, third)

    def _frame(self, text: Agreement, sender: str, to: Addressee) -> Frame:
        key = (text.id, text.version, sender, to.id + " of " + to.party)
        found = self._frames.get(key)
        if found is None:
            number = self.ground.requirements.number
            found = self._frames[key] = frame_of(self.dossier, self.ground.axes, text, sender, to, number)
        return found

    def _planes(self, frame: Frame, at: Instant) -> tuple[int, ...]:
        """Where the plane of each act lies; where the clauses come to the same, one serves."""
        firm, text = frame.to.contractor, frame.text
        expired = firm is not None and firm.until is not None and at >= bound_instant(firm.until, text.zone)
        found = self._placed.get((id(frame), expired))
        if found is None:
            grades = words_of_grades(self.ground.layout, frame, expired=expired)
            found = self._placed[id(frame), expired] = tuple(self._plane(frame, grades, act) for act in ACTS)
        return found

    def _plane(self, frame: Frame, grades: tuple[int, ...], act: Act) -> int:
        axes, text = self.ground.axes, frame.text
        sender = self.dossier.parties.get(frame.sender)
        rules = tuple(rule for rule in sender.domestic if meets(rule, frame.to, act)) if sender else ()

        def fill(words: Words) -> None:
            fill_plane(words.reshape(axes.shape[:3]), axes, frame, grades, rules)

        ruled = (frame.sender, tuple(rule.id for rule in rules), tuple(grade.rank for grade in frame.grades))
        return self.ground.arena.place((text.id, text.version, grades, ruled if rules else ()), fill)
