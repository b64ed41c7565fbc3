"""The compiled table: the answers of the reference evaluator, for one dossier and window, at the speed of memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.reference import evaluate
from relto.core.decision.request import ACTS, HOLDERS_ACTS, Act, Request
from relto.core.decision.table import cuts
from relto.core.decision.table.answer import Answers, TableVerdict
from relto.core.decision.table.batch import Columns, Decisions, Kernel
from relto.core.decision.table.compiling import Ground, Window
from relto.core.decision.table.encoding import Encoder, encoder_of
from relto.core.decision.table.interned import TableItem, TablePerson, Track
from relto.core.decision.table.judge import Asked, Judge
from relto.core.decision.table.lane import Edge, Lane, Stretch
from relto.core.decision.table.slices import Ints, slices_of
from relto.core.decision.table.word import BIT, Words, bits_of, checks_of
from relto.core.decision.verdict import DueDuty, Verdict
from relto.core.dossier import Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.timeline import Instant

_TRACKS = 1_000_000
"""Tracks kept before all are forgotten: some 500 bytes each."""


class Table:
    """Made by `compile_table`. A value: a new instrument makes another table (`updated`), this one stays as it is."""

    def __init__(self, dossier: Dossier, window: Window, ground: Ground, lanes: Mapping[tuple[str, str], Lane]) -> None:
        self.dossier = dossier
        self.window = window
        self.ground = ground
        self.lanes = lanes
        ground.no_agreement()
        self._judge = Judge(dossier, ground.axes, ground.arena.words, ground.requirements)
        self._items: dict[Item, TableItem] = {}
        self._persons: dict[Person, TablePerson] = {}
        self._purposes: list[str] = []
        self._encoder: tuple[tuple[int, int, int], Encoder] | None = None
        self._verdicts: dict[tuple[str, tuple[str, ...], tuple[DueDuty, ...], int], TableVerdict] = {}
        self._tracked = 0
        for item in dossier.items.values():
            self.item(item)
        for person in window.persons:
            self.person(person)

    def item(self, item: Item | str) -> TableItem:
        """Intern an item, or the dossier's item of that id, once. Raises NotFound for an id that is not there."""
        item = self.dossier.item(item) if isinstance(item, str) else item
        found = self._items.get(item)
        return found if found is not None else self._intern(item)

    def _intern(self, item: Item) -> TableItem:
        axes = self.ground.axes
        originator = self.dossier.parties.get(item.originator)
        mark = originator.mark(item.mark) if originator else None
        found = self._items[item] = TableItem(
            number=len(self._items),
            owner=self,
            item=item,
            originator=axes.originator(item.originator),
            by_rank=axes.rank(mark.rank if mark else ""),
            by_mark=axes.slot(item.originator, item.mark),
            topic=axes.topic(item.topic),
            consents=tuple(
                consent
                for consent in self.dossier.consents(self.window.known_by)
                if item.originator in consent.by and consent.covers_item(item.id, item.topic)
            ),
        )
        return found

    def person(self, person: Person) -> TablePerson:
        """Intern a person once."""
        found = self._persons.get(person)
        if found is None:
            cleared = self.ground.requirements.met_by(person.clearance)
            found = self._persons[person] = TablePerson(len(self._persons), self, person, cleared)
        return found

    def decide(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None = None,
        system: str | None = None,
    ) -> TableVerdict:
        """May `item` go from `sender` to `recipient` at `at`, for `person` to see?

        `item` and `person` come from `table.item()` and `table.person()`; those of another table are interned anew.
        `purpose` None is the item's own. Raises InputError for a sender or recipient that is unknown, and for an
        instant outside the table's window.
        """
        if item.owner is not self or purpose is not None or system is not None:
            return self._decide_anew(act, sender, recipient, item, person, at, purpose, system)
        try:
            tracks = item.tracks if person is None else item.beside[person]
            starts, answers = tracks[act][sender][recipient]
        except KeyError:
            starts, answers = self._track(act, sender, recipient, item, person)
        answer = answers[bisect_right(starts, at.ns) - 1]
        return answer if answer is not None else self._unanswered(recipient, at)

    @property
    def items(self) -> tuple[Item, ...]:
        """The items interned so far; their places are the numbers in columns."""
        return tuple(self._items)

    @property
    def persons(self) -> tuple[Person, ...]:
        """The persons interned so far; their places are the numbers in columns."""
        return tuple(self._persons)

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes that have numbers in columns; their places are the numbers."""
        return tuple(self._purposes)

    def purpose(self, purpose: str) -> int:
        """The number of a purpose in columns."""
        if purpose not in self._purposes:
            self._purposes.append(purpose)
        return self._purposes.index(purpose)

    def columns(self, **given: Any) -> Columns:
        """Encode requests as columns for `decide_many`.

        `act`, `sender`, `recipient`: numbers (n,) in ACTS, `senders` and `addressees`, or one name for all. `item`:
        numbers (n,) of interned items. `person` and `purpose`: likewise; -1, or left out, for none and for the item's
        own. `at`: nanoseconds of UTC, int64 (n,), or one Instant. Returns `lane`, `at`, `cell` (int64) and `mask`
        (uint64), `again` (the rows that need more than the mask), and the numbers given, all (n,). Raises InputError
        for numbers and names that the table does not know.
        """
        return self._current_encoder().columns(given)

    def decide_many(self, columns: Mapping[str, Any]) -> Decisions:
        """Decide a request a row: arrays in, arrays out.

        `columns`: those of `columns()`. Where `slice` (int64, from `slices()`) is among them, no instant is looked up.
        Returns `permit` bool, `hits` uint64, `slice` int64, and on request `failed` uint16 and `agreement`, all (n,).
        Raises InputError for columns that are missing, of other types or lengths, or leave the table.
        """
        return self._kernel.decide_many(columns)

    def slices(self, columns: Mapping[str, Any]) -> Ints:
        """The slice of each row by its `lane` and `at`, int64 (n,): given as `slice`, nothing is looked up."""
        return self._kernel.slices_of(columns)

    def stretches(self) -> Iterator[tuple[Lane, Stretch, Instant]]:
        """Every stretch of every lane, with the instant at which it ends."""
        for lane in self.lanes.values():
            ends = (*(one.start for one in lane.stretches[1:]), self.window.end)
            for stretch, end in zip(lane.stretches, ends, strict=True):
                yield lane, stretch, end

    def cells(self, edge: Edge) -> Words:
        """The cells of an edge: uint64 (grades, topics, purposes, acts), numbered as `ground.axes` does, copied."""
        axes, words = self.ground.axes, self._judge.words
        planes = [
            (words[base : base + axes.plane] | np.uint64(asked)).reshape(axes.shape[:3])
            for base, asked in zip(edge.base, edge.asks, strict=True)
        ]
        return np.stack(planes, axis=-1)

    @property
    def senders(self) -> tuple[str, ...]:
        """The parties that may be asked as senders; their places are the numbers in columns."""
        return self.ground.senders

    @property
    def addressees(self) -> tuple[str, ...]:
        """The parties, firms and authorities that may be asked as recipients; their places are their numbers."""
        return self.ground.addressees

    def explain(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None = None,
        system: str | None = None,
    ) -> Verdict:
        """The reference evaluator's verdict on the same request, with a sentence and an article for every ground."""
        return evaluate(
            self.dossier,
            Request(
                act,
                item.item,
                sender,
                recipient,
                at,
                purpose,
                person.person if person else None,
                system,
                self.window.reading,
                self.window.known_by,
            ),
        )

    def recipients(
        self, item: TableItem | Item | str, at: Instant, *, sender: str | None = None, act: Act = "release"
    ) -> frozenset[str]:
        """All to whom `sender` (default: the originator) may release `item` at `at`: parties, firms, authorities."""
        found = item if isinstance(item, TableItem) else self.item(item)
        giver = found.item.originator if sender is None else sender
        return frozenset(
            one
            for one in self.ground.addressees
            if self._named(one, at) and self.decide(act, giver, one, found, None, at).permits
        )

    def _named(self, addressee: str, at: Instant) -> bool:
        """Whether somebody goes by that name then (an authority only while it is designated)."""
        lane = self.lanes[self.ground.senders[0], addressee]
        return lane.stretch(at).to is not None

    def releasable(self, sender: str, recipient: str, at: Instant, *, act: Act = "release") -> frozenset[str]:
        """The ids of all interned items that `sender` may release to `recipient` at `at`."""
        items = list(self._items.values())
        decisions = self.decide_many(
            self.columns(act=act, sender=sender, recipient=recipient, item=np.arange(len(items)), at=at)
        )
        return frozenset(one.item.id for one, permit in zip(items, decisions.permit, strict=True) if permit)

    @cached_property
    def _lane_numbers(self) -> tuple[list[Lane], Ints]:
        """The lanes that differ, and the number of each by sender and addressee; all without agreements are one."""
        empty = Lane("", "", -1, (Stretch(self.window.start, None, ()),), (self.window.start.ns,))
        lanes, numbers = [empty], np.zeros((len(self.senders) + 1, len(self.addressees)), np.int64)
        for (sender, recipient), lane in self.lanes.items():
            if any(stretch.edges for stretch in lane.stretches):
                numbers[self.senders.index(sender), self.addressees.index(recipient)] = len(lanes)
                lanes.append(lane)
        return lanes, numbers

    @cached_property
    def _kernel(self) -> Kernel:
        lanes, _ = self._lane_numbers
        slices = slices_of(lanes, self.ground, self.window.end)
        ground = self.ground
        return Kernel(ground.arena.words, slices, ground.layout, ground.axes.plane, self._again)

    def _current_encoder(self) -> Encoder:
        """The encoder, made anew when something was interned since."""
        known = (len(self._items), len(self._persons), len(self._purposes))
        if self._encoder is None or self._encoder[0] != known:
            encoder = encoder_of(
                self._judge,
                self.ground,
                self._lane_numbers[1],
                list(self._items.values()),
                list(self._persons.values()),
                self._purposes,
                (self.window.start, self.window.known_by),
            )
            self._encoder = (known, encoder)
        return self._encoder[1]

    def _again(self, columns: Mapping[str, Any], row: int) -> tuple[int, int]:
        """Decide one row of columns as `decide` does: its failed checks, and the slice of the agreement chosen."""
        to, at = int(columns["recipient"][row]), Instant(int(columns["at"][row]))
        act = int(columns["act"][row])
        recipient, item = self.addressees[to], list(self._items.values())[int(columns["item"][row])]
        lanes = [int(columns["lane"][row])]
        if item.item.originator in self.senders:  # a holder that is an authority has it from the originator
            number = int(self._lane_numbers[1][self.senders.index(item.item.originator), to])
            lanes.append(number * len(ACTS) + act)
        if not self._named(recipient, at):
            return BIT["standing"], self._kernel.slice_of(lanes[0], at, "")
        person, purpose = int(columns["person"][row]), int(columns["purpose"][row])
        answer = self.decide(
            ACTS[act],
            self.senders[int(columns["sender"][row])],
            recipient,
            item,
            None if person < 0 else list(self._persons.values())[person],
            at,
            None if purpose < 0 else self._current_encoder().purposes[purpose],
        )
        numbers = [self._kernel.slice_of(lane, at, answer.agreement) for lane in lanes]
        return bits_of(answer.failed_checks), max(numbers)

    def _decide_anew(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None,
        system: str | None,
    ) -> TableVerdict:
        mine = self.item(item.item)
        named = self.person(person.person) if person is not None else None
        if purpose is None and system is None:
            return self.decide(act, sender, recipient, mine, named, at)
        self._check_window(at)
        answer = self._answer(Asked(act, mine, named, purpose, system), sender, self._lane(sender, recipient, at), at)
        return answer if answer is not None else self._unanswered(recipient, at)

    def _check_window(self, at: Instant) -> None:
        if not self.window.start <= at < self.window.end:
            raise InputError(
                f"{at} is outside the table, which runs from {self.window.start} to {self.window.end}",
                remedy="compile one for a window that holds it",
            )

    def _unanswered(self, recipient: str, at: Instant) -> TableVerdict:
        """Why there is no answer: the instant lies outside the window, or nobody went by that name then."""
        self._check_window(at)
        resolve(self.dossier, recipient, at, self.window.known_by)
        raise AssertionError(f"no answer for {recipient} at {at}")

    def _lane(self, sender: str, recipient: str, at: Instant) -> Lane:
        """The lane between the two; one without agreements to a country that the dossier does not describe."""
        found = self.lanes.get((sender, recipient))
        if found is None or sender not in self.dossier.parties:
            if sender not in self.dossier.parties:
                known = ", ".join(sorted(self.dossier.parties))
                raise InputError(f"unknown party `{sender[:60]}`", remedy=f"use one of {known}")
            return self._empty(sender, resolve(self.dossier, recipient, at, self.window.known_by))
        return found

    def _empty(self, sender: str, to: Addressee) -> Lane:
        start = self.window.start
        return Lane(sender, to.id, -1, (Stretch(start, to, ()),), (start.ns,))

    def _track(self, act: Act, sender: str, recipient: str, item: TableItem, person: TablePerson | None) -> Track:
        """Look up an item's answers on a lane over the whole window, and keep them."""
        if person is not None and person.owner is not self:
            person = self.person(person.person)
        asked, lane = Asked(act, item, person), self._lane(sender, recipient, self.window.start)
        starts: list[int] = []
        answers: Answers = []
        for start in self._starts(asked, lane):
            answer = self._answer(asked, sender, lane, Instant(start))
            if not answers or answer is not answers[-1]:
                starts.append(start)
                answers.append(answer)
        track = ([*starts, self.window.end.ns], [*answers, None])
        self._keep(act, sender, recipient, item, person, track)
        return track

    def _keep(
        self, act: Act, sender: str, recipient: str, item: TableItem, person: TablePerson | None, track: Track
    ) -> None:
        if self._tracked >= _TRACKS:
            self._tracked = 0
            for one in self._items.values():
                one.tracks, one.beside = {}, {}
        self._tracked += 1
        tracks = item.tracks if person is None else item.beside.setdefault(person, {})
        tracks.setdefault(act, {}).setdefault(sender, {})[recipient] = track

    def _starts(self, asked: Asked, lane: Lane) -> list[int]:
        """Every instant at which an answer for this item and person on this lane may change."""
        lanes = [lane]
        own = self.lanes.get((asked.item.item.originator, lane.recipient))
        if asked.act in HOLDERS_ACTS and own is not None:
            lanes.append(own)
        found = {start for one in lanes for start in one.starts}
        found.update(one.ns for consent in asked.item.consents for one in (consent.valid.start, consent.valid.end))
        if asked.person is not None:
            texts = {edge.frame.text.id: edge.frame.text for one in lanes for s in one.stretches for edge in s.edges}
            every = [text for name in texts for text in self.dossier.agreements[name]]
            who = asked.person.person
            parties = {s.to for one in lanes for s in one.stretches if s.to is not None}
            found.update(one.ns for to in parties for one in cuts.person_cuts((who,), to, every))
        start, end = self.window.start.ns, self.window.end.ns
        return sorted(one for one in found | {start} if start <= one < end)

    def _answer(self, asked: Asked, sender: str, lane: Lane, at: Instant) -> TableVerdict | None:
        """The answer at one instant; None where nobody goes by the recipient's name then."""
        stretch = lane.stretch(at)
        if stretch.to is None:
            return None
        if asked.act in HOLDERS_ACTS and stretch.to.party == sender:
            own = self.lanes.get((asked.item.item.originator, lane.recipient))
            stretch = own.stretch(at) if own is not None else Stretch(stretch.start, stretch.to, ())
        best: tuple[bool, bool, int, int, int] | None = None
        for number, edge in enumerate(stretch.edges):
            failed = self._judge.failed(edge, asked, at)
            weight = (failed != 0, not edge.in_force, failed.bit_count(), number, failed)
            best = weight if best is None else min(best, weight)
        if best is None:
            return self._verdict("", (), (), BIT["standing"])
        return self._verdict_under(stretch, asked, best[3], best[4])

    def _verdict_under(self, stretch: Stretch, asked: Asked, number: int, failed: int) -> TableVerdict:
        edge, item = stretch.edges[number], asked.item.item
        if failed:
            return self._verdict(edge.agreement, (), (), failed)
        marks = edge.frame.grades[asked.item.grade(edge.frame.sender)].marks
        if edge.frame.to.party == item.originator and item.mark in marks:
            marks = (item.mark,)
        duties = tuple(DueDuty(one.article, one.do, one.on, one.within, one.to) for one in edge.frame.text.duties)
        if item.caveats.eyes is not None:
            duties += (DueDuty("label:eyes", f"show only to {', '.join(item.caveats.eyes)}", "receipt"),)
        return self._verdict(edge.agreement, marks, duties, 0)

    def _verdict(
        self, agreement: str, marks: tuple[str, ...], duties: tuple[DueDuty, ...], failed: int
    ) -> TableVerdict:
        key = (agreement, marks, duties, failed)
        found = self._verdicts.get(key)
        if found is None:
            verdict = TableVerdict("refuse" if failed else "permit", agreement, marks, duties, checks_of(failed))
            found = self._verdicts[key] = verdict
        return found
