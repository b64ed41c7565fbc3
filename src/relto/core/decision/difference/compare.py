"""The comparison itself: lane by lane and agreement by agreement, as sets of cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from relto.core.agreement import IN_FORCE, Agreement, Phase
from relto.core.decision.difference.asking import Witness, causes_of, witness_of
from relto.core.decision.difference.boxes import Mask, boxes_of, ranges_of
from relto.core.decision.difference.change import Cause, Change, Difference, Direction, Requirement
from relto.core.decision.difference.clauses import changed_clauses
from relto.core.decision.difference.common import Common, Failed, common_axes
from relto.core.decision.difference.onward import OnwardEdge, changed_onward
from relto.core.decision.request import ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.lane import Edge
from relto.core.decision.table.word import checks_of
from relto.core.errors import InputError
from relto.core.timeline import Instant


def difference(
    before: Table,
    after: Table,
    at_before: Instant,
    at_after: Instant,
    *,
    agreement: str | None = None,
    texts: tuple[Agreement, Agreement] | None = None,
) -> Difference:
    """Everything that `after` at `at_after` answers otherwise than `before` at `at_before`.

    A combination is a sender, a recipient, an agreement between them, a rank (or a mark of the sender's own), a topic,
    a purpose and an act, before anyone has consented to anything. `agreement` narrows it to what one agreement answers.
    `texts`: the two texts of one agreement whose clauses are held against each other (None: those that govern).
    Raises InputError for an instant outside its table, and for tables of different parties.
    """
    for table, at in ((before, at_before), (after, at_after)):
        if not table.window.start <= at < table.window.end:
            raise InputError(f"{at} is outside the table", remedy="compile one for a window that holds it")
    if dict(before.dossier.parties) != dict(after.dossier.parties):
        raise InputError("the two tables hold different parties", remedy="compare dossiers of the same parties")
    comparison = _Comparison(before, after, at_before, at_after, agreement)
    return comparison.run(texts)


@dataclass(frozen=True, slots=True)
class _Strand:
    """One agreement on one lane, on both sides: its edges, and which combinations fail which checks."""

    sender: str
    recipient: str
    agreement: str
    edges: tuple[Edge | None, Edge | None]
    failed: tuple[Failed, Failed]


@dataclass
class _Comparison:
    before: Table
    after: Table
    at_before: Instant
    at_after: Instant
    agreement: str | None

    def run(self, texts: tuple[Agreement, Agreement] | None) -> Difference:
        compared = other = 0
        changes: dict[Change, list[str]] = {}
        onward: list[OnwardEdge] = []
        for lane in self._lanes():
            for strand in lane:
                edges = strand.edges
                if edges[0] is not None and edges[1] is not None:
                    onward.append(OnwardEdge(strand.sender, strand.recipient, strand.agreement, edges[0], edges[1]))
                if self.agreement not in (None, strand.agreement):
                    continue
                one, two = strand.failed
                compared += one.size
                other += int(np.count_nonzero((one != 0) & (two != 0) & (one != two)))
                for change in self._changes(strand, lane):
                    changes.setdefault(change, []).append(strand.recipient)
        merged = tuple(replace(change, recipients=tuple(to)) for change, to in changes.items())
        requirements = (*self._clauses(texts), *changed_onward(onward, *self._tables, self.witnesses, self.agreement))
        return Difference(merged, requirements, compared, other, self.common.scale)

    @cached_property
    def common(self) -> Common:
        return common_axes(self.before, self.after)

    @property
    def _tables(self) -> tuple[Table, Table]:
        return self.before, self.after

    @cached_property
    def witnesses(self) -> tuple[Witness, Witness]:
        scale = self.common.scale
        return (
            witness_of(self.before, self.at_before, scale.topics, scale.purposes),
            witness_of(self.after, self.at_after, scale.topics, scale.purposes),
        )

    def _lanes(self) -> Iterator[list[_Strand]]:
        """The strands of every lane on which there is any agreement on either side."""
        for sender, recipient in dict.fromkeys((*self.before.lanes, *self.after.lanes)):
            if sender not in self.common.parties:
                continue
            one = _edges(self.before, sender, recipient, self.at_before)
            two = _edges(self.after, sender, recipient, self.at_after)
            strands = []
            for name in sorted({*one, *two}):
                edges = (one.get(name), two.get(name))
                failed = (
                    self.common.failed(self.before, edges[0], sender),
                    self.common.failed(self.after, edges[1], sender),
                )
                strands.append(_Strand(sender, recipient, name, edges, failed))
            yield strands

    def _changes(self, strand: _Strand, lane: list[_Strand]) -> Iterator[Change]:
        one, two = strand.failed
        sides: tuple[tuple[Direction, int, Mask], ...] = (
            ("begins", 0, (one != 0) & (two == 0)),
            ("ceases", 1, (one == 0) & (two != 0)),
        )
        for direction, side, mask in sides:
            for failed in np.unique(strand.failed[side][mask]):
                alike = mask & (strand.failed[side] == failed)
                checks = frozenset(checks_of(int(failed)))
                for otherwise, part in _otherwise(strand, lane, side, alike):
                    for refused, permitted, same in self._by_cause(strand, side, checks, part):
                        for box in self._boxes(strand, direction, same):
                            yield replace(box, refused=refused, permitted=permitted, otherwise=otherwise)

    def _by_cause(
        self, strand: _Strand, side: int, checks: frozenset[str], mask: Mask
    ) -> Iterator[tuple[tuple[Cause, ...], tuple[Cause, ...], Mask]]:
        """Parts of `mask` that the same articles refuse. Without rules of the sender's own that is all of it: every
        check cites one article for all combinations of a strand."""
        places = [tuple(int(n) for n in place) for place in np.argwhere(mask)]
        if not self.common.parties[strand.sender].domestic:
            place = places[0]
            yield self._causes(strand, side, checks, place), self._causes(strand, 1 - side, checks, place), mask
            return
        parts: dict[tuple[tuple[Cause, ...], tuple[Cause, ...]], Mask] = {}
        for place in places:
            key = (self._causes(strand, side, checks, place), self._causes(strand, 1 - side, checks, place))
            parts.setdefault(key, np.zeros_like(mask))[place] = True
        for (refused, permitted), part in parts.items():
            yield refused, permitted, part

    def _causes(self, strand: _Strand, side: int, checks: frozenset[str], place: tuple[int, ...]) -> tuple[Cause, ...]:
        """How the reference evaluator explains `checks` on one side for one combination."""
        bearing, topic, purpose, act = place
        common = self.common
        verdict = self.witnesses[side].verdict(
            strand.sender,
            strand.recipient,
            strand.agreement,
            common.bearings(strand.sender)[bearing],
            common.scale.topics[topic],
            common.purposes[purpose],
            ACTS[act],
        )
        return causes_of(verdict, checks)

    def _boxes(self, strand: _Strand, direction: Direction, mask: Mask) -> Iterator[Change]:
        common = self.common
        bearings = common.bearings(strand.sender)
        for places, topics, purposes, acts in boxes_of(mask):
            borne = [bearings[n] for n in places]
            chosen = tuple(common.scale.topics[n] for n in topics)
            yield Change(
                direction=direction,
                sender=strand.sender,
                recipients=(),
                agreement=strand.agreement,
                ranks=tuple(one.rank for one in borne if not one.mark),
                marks=tuple(one.mark for one in borne if one.mark),
                topics=chosen,
                ranges=ranges_of(chosen, common.scale.topics),
                purposes=tuple(common.purposes[n] for n in purposes),
                acts=tuple(ACTS[n] for n in acts),
                refused=(),
                permitted=(),
            )

    def _clauses(self, texts: tuple[Agreement, Agreement] | None) -> tuple[Requirement, ...]:
        """The clauses that differ between the texts that govern, agreement by agreement."""
        names = {*self.before.dossier.agreements, *self.after.dossier.agreements}
        found: dict[Requirement, None] = {}
        for name in sorted(names) if self.agreement is None else [self.agreement]:
            if texts is not None and texts[0].id == name:
                pairs: list[tuple[Agreement, Agreement]] = [texts]
            else:
                pairs = list(self._governing(name))
            for one, two in pairs:
                found.update(dict.fromkeys(changed_clauses(one, two)))
            found.update(dict.fromkeys(self._mediated(name)))
        return tuple(found)

    def _mediated(self, name: str) -> Iterator[Requirement]:
        """Between whom an arrangement opens mediated routes on one side alone: it has no combinations of its own."""
        known = [table.dossier.agreements.get(name) for table in self._tables]
        if known[0] is None or known[1] is None or not (known[0][0].mediates and known[1][0].mediates):
            return
        parties = [party for party in known[0][0].parties if party in known[1][0].parties]
        for sender in parties:
            for to in parties:
                if sender == to:
                    continue
                one = _phase(self.before, name, self.at_before, (sender, to), sender)
                two = _phase(self.after, name, self.at_after, (sender, to), sender)
                if (one.state in IN_FORCE) != (two.state in IN_FORCE):
                    what = f"mediated routes from {sender} to {to}"
                    yield Requirement(what, name, _article(one), _article(two), one.state, two.state)

    def _governing(self, name: str) -> Iterator[tuple[Agreement, Agreement]]:
        """The texts of an agreement that govern on both sides: for the whole, and between any two where many are."""
        if name not in self.before.dossier.agreements or name not in self.after.dossier.agreements:
            return
        parties = self.before.dossier.agreements[name][0].parties
        others = self.after.dossier.agreements[name][0].parties
        shared = [party for party in parties if party in others]
        pairs: list[tuple[str, str] | None] = [None]
        if len(parties) > 2:
            pairs += [(one, two) for number, one in enumerate(shared) for two in shared[number + 1 :]]
        for pair in pairs:
            yield (
                _phase(self.before, name, self.at_before, pair).text,
                _phase(self.after, name, self.at_after, pair).text,
            )


def _phase(table: Table, name: str, at: Instant, between: tuple[str, str] | None, sender: str | None = None) -> Phase:
    window = table.window
    reading = window.reading or sender
    return table.dossier.history(name, reading=reading, known_by=window.known_by, between=between).phase(at)


def _article(phase: Phase) -> str:
    """Where it stands that the agreement is in force, or no longer."""
    if phase.state != "lapsed":
        return phase.text.entry.article
    return phase.cause.superseded_by[1] if phase.cause.superseded_by else phase.text.term.article


def _edges(table: Table, sender: str, recipient: str, at: Instant) -> Mapping[str, Edge]:
    lane = table.lanes.get((sender, recipient))
    return {} if lane is None else {edge.agreement: edge for edge in lane.stretch(at).edges}


def _otherwise(strand: _Strand, lane: list[_Strand], side: int, mask: Mask) -> Iterator[tuple[tuple[str, ...], Mask]]:
    """Parts of `mask`, each with the other agreements that permit it on the side on which this one refuses."""
    parts: list[tuple[tuple[str, ...], Mask]] = [((), mask)]
    for other in lane:
        if other is strand:
            continue
        permits = other.failed[side] == 0
        parts = [
            (names + ((other.agreement,) if among else ()), part & (permits if among else ~permits))
            for names, part in parts
            for among in (False, True)
        ]
    return ((names, part) for names, part in parts if part.any())
