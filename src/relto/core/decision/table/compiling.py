"""Compiling: lane by lane, cut at every instant at which an answer on it can change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from relto.core.agreement import IN_FORCE, Agreement, History, Phase
from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.table import cuts
from relto.core.decision.table.arena import Arena
from relto.core.decision.table.axes import Axes, axes_of
from relto.core.decision.table.block import Frame, fill_block, frame_of
from relto.core.decision.table.governing import Governing
from relto.core.decision.table.lane import FREE, Edge, Lane, Stretch
from relto.core.decision.table.requirement import Requirements
from relto.core.decision.table.word import AGAIN, BIT, Layout, Words
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
        """Where the block begins that stands for no agreement between the two: nothing but `standing` fails."""

        def fill(words: Words) -> None:
            words[:] = BIT["standing"] | AGAIN

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
    return Ground(axes, requirements, senders, addressees, layout, Arena(axes.size))


@dataclass
class Compiler:
    """Makes lanes for one dossier, window and ground."""

    dossier: Dossier
    window: Window
    ground: Ground
    _frames: dict[tuple[str, int, str, str], Frame] = field(default_factory=dict)
    _third: dict[tuple[str, str], tuple[Instant, ...]] = field(default_factory=dict)

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
        forced = {self.window.start}
        for start in self._cuts(sender, recipient, forced):
            to = self._resolve(recipient, start)
            found = Stretch(start, to, tuple(self._edges(sender, to, addressee, start)) if to else ())
            last = stretches[-1] if stretches else None
            if last is None or start in forced or (last.to, last.edges) != (found.to, found.edges):
                stretches.append(found)
        return Lane(sender, recipient, addressee, tuple(stretches), tuple(one.start.ns for one in stretches))

    def _resolve(self, recipient: str, at: Instant) -> Addressee | None:
        try:
            return resolve(self.dossier, recipient, at, self.window.known_by)
        except InputError:
            return None  # an authority before or after its designation

    def _cuts(self, sender: str, recipient: str, forced: set[Instant]) -> list[Instant]:
        """All cuts of a lane in order; those that items and persons may need are added to `forced` as well."""
        start, end = self.window.start, self.window.end
        identities = {start, *self._within(cuts.designation_cuts(self.dossier, recipient, self.window.known_by))}
        found = set(identities)
        for at in sorted(identities):
            to = self._resolve(recipient, at)
            names = self._names(sender, to)
            if to is None or not names:
                continue
            found.update(self._within(cuts.phase_cuts(self._history(name, sender, to) for name in names)))
            found.update(self._third_cuts(sender, to.party))
            texts = [text for name in names for text in self.dossier.agreements[name]]
            consents = self.dossier.consents(self.window.known_by)
            forced.update(self._within(cuts.consent_cuts(consents, to, texts)))
            forced.update(self._within(cuts.person_cuts(self.window.persons, to, texts)))
            forced.update(self._within(cuts.accreditation_cuts(self.dossier.parties.get(to.party), to, texts)))
        return sorted(one for one in found | forced if start <= one < end)

    def _within(self, instants: Iterable[Instant]) -> Iterator[Instant]:
        return (one for one in instants if self.window.start < one < self.window.end)

    def _third_cuts(self, sender: str, to: str) -> tuple[Instant, ...]:
        found = self._third.get((sender, to))
        if found is None:
            names = self._between.get(frozenset((sender, to)), [])
            cuts_there = self._governing.cuts(sender, to, self.ground.axes.originators, names)
            found = self._third[sender, to] = tuple(dict.fromkeys(self._within(cuts_there)))
        return found

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
            third = tuple(
                self._governing.needs(sender, one, to.party, phase.text, at) for one in self.ground.axes.originators
            )
            frame = self._frame(phase.text, sender, to)
            base = self._block(frame, phase, addressee, third, at)
            yield Edge(name, frame, phase.state in IN_FORCE, base, third)

    def _frame(self, text: Agreement, sender: str, to: Addressee) -> Frame:
        key = (text.id, text.version, sender, to.id + " of " + to.party)
        found = self._frames.get(key)
        if found is None:
            number = self.ground.requirements.number
            found = self._frames[key] = frame_of(self.dossier, self.ground.axes, text, sender, to, number)
        return found

    def _block(self, frame: Frame, phase: Phase, addressee: int, third: tuple[int, ...], at: Instant) -> int:
        bound = sum(1 << number for number, need in enumerate(third) if need != FREE)
        firm, text = frame.to.contractor, frame.text
        expired = firm is not None and firm.until is not None and at >= bound_instant(firm.until, text.zone)
        sender = self.dossier.parties.get(frame.sender)
        life = "in-force" if phase.state in IN_FORCE else "lapsed" if phase.state == "lapsed" else "before"

        def fill(words: Words) -> None:
            axes, layout = self.ground.axes, self.ground.layout
            domestic = sender.domestic if sender else ()
            cells = words.reshape(axes.shape)
            fill_block(
                cells, axes, layout, frame, phase, addressee=addressee, bound=bound, expired=expired, domestic=domestic
            )

        key = (text.id, text.version, frame.sender, frame.to.id, frame.to.party, life, bound, expired)
        return self.ground.arena.place(key, fill)
