"""Tracks: decisions one by one. Each is looked up in the cells once, and then found again by where and when.

A track holds an item's answers on a lane over time, for one person or none; it is laid at the first question and filled
as questions come.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from threading import Lock
from typing import Final

from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.request import ACTS, HOLDERS_ACTS, Act
from relto.core.decision.table import cuts
from relto.core.decision.table.answer import TableVerdict
from relto.core.decision.table.compiling import Ground, Window
from relto.core.decision.table.interned import TableItem, TablePerson, Track
from relto.core.decision.table.judge import Asked, Judge
from relto.core.decision.table.lane import Lane, Stretch
from relto.core.decision.table.word import BIT, checks_of
from relto.core.decision.verdict import DueDuty
from relto.core.dossier import Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.timeline import Instant

_TRACKS = 1_000_000
"""Tracks kept before all are forgotten: some 200 bytes each."""
_COUNTRIES = 1_000
"""More than ISO 3166-1 knows: any of them may be asked about as a recipient."""
INTERNING: Final = Lock()
"""Numbers are given to one item or person at a time, in whichever table: `decide` may meet those of another."""


class Tracks:
    """The items and persons of one table, and the answers about them.

    Any number of threads may decide and intern at once.
    """

    def __init__(self, dossier: Dossier, window: Window, ground: Ground, lanes: Mapping[tuple[str, str], Lane]) -> None:
        self.dossier = dossier
        self.window = window
        self.ground = ground
        self.lanes = lanes
        ground.no_agreement()
        self._judge = Judge(dossier, ground.axes, ground.arena.words, ground.requirements)
        self._items: dict[Item, TableItem] = {}
        self._persons: dict[Person, TablePerson] = {}
        self._verdicts: dict[tuple[str, tuple[str, ...], tuple[DueDuty, ...], int], TableVerdict] = {}
        self._laid = 0
        self._keys: dict[str, dict[str, dict[str, int]]] = {}
        self._recipients = {name: number for number, name in enumerate(ground.addressees)}
        self._numbers = count(len(ground.addressees))
        self._most_keys = len(ACTS) * len(ground.senders) * (len(ground.addressees) + _COUNTRIES)
        self._known_starts: dict[tuple[int, ...], list[int]] = {}
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
        with INTERNING:
            found = self._items.get(item)
            if found is None:
                found = self._items[item] = self._new_item(item)
        return found

    def _new_item(self, item: Item) -> TableItem:
        axes = self.ground.axes
        originator = self.dossier.parties.get(item.originator)
        mark = originator.mark(item.mark) if originator else None
        return TableItem(
            number=len(self._items),
            owner=self,
            item=item,
            purpose=item.purpose,
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

    def person(self, person: Person) -> TablePerson:
        """Intern a person once."""
        found = self._persons.get(person)
        return found if found is not None else self._intern_person(person)

    def _intern_person(self, person: Person) -> TablePerson:
        with INTERNING:
            found = self._persons.get(person)
            if found is None:
                cleared = self.ground.requirements.met_by(person.clearance)
                number = len(self._persons)
                offset = (number + 1) * self._most_keys
                found = self._persons[person] = TablePerson(number, offset, self, person, cleared)
        return found

    @property
    def items(self) -> tuple[Item, ...]:
        """The items interned so far; their places are the numbers in columns."""
        return tuple(self._items)

    @property
    def persons(self) -> tuple[Person, ...]:
        """The persons interned so far; their places are the numbers in columns."""
        return tuple(self._persons)

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
        if item.owner is not self or system is not None:
            return self._decide_anew(act, sender, recipient, item, person, at, purpose, system)
        try:
            if purpose is not None:
                item = item.asked_for[purpose]
            key = self._keys[act][sender][recipient]
            if person is not None:
                key += person.offset if person.owner is self else self._not_mine()
            starts, answers = item.tracks[key]
        except KeyError:
            return self._first(act, sender, recipient, item, person, at, purpose)
        answer = answers[bisect_right(starts, at.ns)]
        return answer if answer is not None else self._look_up(act, sender, recipient, item, person, at)

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
        mine = item if item.owner is self else self.item(item.item)
        if system is None:
            return self.decide(act, sender, recipient, mine, person, at, purpose)
        self._check_window(at)
        named = self._mine(person)
        mine = mine if purpose is None else self._asked_for(mine, purpose)
        return self._answered(Asked(act, mine, named, system), sender, recipient, at, at)

    def _first(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None,
    ) -> TableVerdict:
        """The first decision on a lane, about an item as asked for a purpose: its track is laid."""
        asked = item if purpose is None or purpose == item.purpose else self._asked_for(item, purpose)
        return self._look_up(act, sender, recipient, asked, self._mine(person), at)

    def _mine(self, person: TablePerson | None) -> TablePerson | None:
        return person if person is None or person.owner is self else self.person(person.person)

    def _asked_for(self, item: TableItem, purpose: str) -> TableItem:
        """The item as asked for another purpose than its own."""
        if purpose == item.item.purpose:
            item.asked_for[purpose] = item
        found = item.asked_for.get(purpose)
        if found is None:
            found = item.asked_for[purpose] = replace(item, purpose=purpose, asked_for={}, tracks={})
        return found

    def _check_window(self, at: Instant) -> None:
        if not self.window.start <= at < self.window.end:
            raise InputError(
                f"{at} is outside the table, which runs from {self.window.start} to {self.window.end}",
                remedy="compile one for a window that holds it",
            )

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

    def _not_mine(self) -> int:
        raise KeyError

    def _track(self, act: Act, sender: str, recipient: str, item: TableItem, person: TablePerson | None) -> Track:
        """The track of an item and person on a lane, laid where it is new: where its answers may change."""
        lane = self._lane(sender, recipient, self.window.start)
        key = self._key(act, sender, recipient)
        key += person.offset if person is not None else 0
        found = item.tracks.get(key)
        if found is None:
            starts = (*self._starts(Asked(act, item, person), lane), self.window.end.ns)
            shared = self._known_starts.setdefault(starts, list(starts))
            found = item.tracks[key] = (shared, [None] * (len(shared) + 1))
            self._laid += 1
        return found

    def _key(self, act: Act, sender: str, recipient: str) -> int:
        """The key of a lane and act; the same for whoever asks first, for several may at once."""
        if act not in ACTS:
            raise InputError(f"unknown act `{act[:60]}`", remedy=f"use one of {', '.join(ACTS)}")
        number = self._recipients.get(recipient)
        if number is None:  # a country that the dossier does not describe
            number = self._recipients.setdefault(recipient, next(self._numbers))
        place = ACTS.index(act) * len(self.ground.senders) + self.ground.senders.index(sender)
        key = place * (len(self.ground.addressees) + _COUNTRIES) + number
        return self._keys.setdefault(act, {}).setdefault(sender, {}).setdefault(recipient, key)

    def _look_up(
        self, act: Act, sender: str, recipient: str, item: TableItem, person: TablePerson | None, at: Instant
    ) -> TableVerdict:
        """Look up the answer that holds at `at`, and keep it on its track."""
        self._check_window(at)
        if self._laid >= _TRACKS:
            self._forget()
        starts, answers = self._track(act, sender, recipient, item, person)
        place = bisect_right(starts, at.ns)
        answer = self._answered(Asked(act, item, person), sender, recipient, Instant(starts[place - 1]), at)
        answers[place] = answer
        return answer

    def _forget(self) -> None:
        """Forget all tracks: they are looked up again."""
        self._laid = 0
        for one in self._items.values():
            one.tracks, one.asked_for = {}, {}

    def _answered(self, asked: Asked, sender: str, recipient: str, since: Instant, at: Instant) -> TableVerdict:
        """The answer at `since`, which still holds at `at`; InputError where nobody goes by the recipient's name."""
        return self._answer(asked, sender, self._lane(sender, recipient, at), since)

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

    def _answer(self, asked: Asked, sender: str, lane: Lane, at: Instant) -> TableVerdict:
        """The answer at one instant; InputError, as the reference has it, where nobody goes by that name then."""
        stretch = lane.stretch(at)
        to = stretch.to or resolve(self.dossier, lane.recipient, at, self.window.known_by)
        if asked.act in HOLDERS_ACTS and to.party == sender:
            own = self.lanes.get((asked.item.item.originator, lane.recipient))
            stretch = own.stretch(at) if own is not None else Stretch(stretch.start, to, ())
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
