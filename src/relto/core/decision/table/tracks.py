"""Tracks: decisions one by one. Each is looked up in the cells once, and then found again by where and when.

A track holds an item's answers on a lane over time, for one person or none; it is laid at the first question and filled
as questions come: with each answer from when until when it holds.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from relto.core.decision.addressee import resolve
from relto.core.decision.request import ACTS, HOLDERS_ACTS, Act
from relto.core.decision.table.answer import TableVerdict
from relto.core.decision.table.block import Frame
from relto.core.decision.table.chosen import Lookup
from relto.core.decision.table.compiling import Ground, Window
from relto.core.decision.table.given import check_asked, check_ends
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.judge import ACT_NUMBER, Asked, Judge
from relto.core.decision.table.lane import Lane, Stretch
from relto.core.decision.table.lookup import Key
from relto.core.decision.table.roll import Roll
from relto.core.decision.table.word import BIT, checks_of
from relto.core.decision.verdict import DueDuty
from relto.core.dossier import Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.timeline import Instant

_TRACKS = 1_000_000
"""Tracks kept before all are forgotten: some 300 bytes each."""

Span = tuple[int, int]
"""Since when and until when, in nanoseconds."""


class Tracks(Lookup):
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
        self._consents = dossier.consents(window.known_by)
        self._items: Roll[Item, TableItem] = Roll(self._new_item)
        self._persons: Roll[Person, TablePerson] = Roll(self._new_person)
        self._verdicts: dict[tuple[str, tuple[str, ...], tuple[DueDuty, ...], int], TableVerdict] = {}
        self._permits: dict[tuple[int, int, str, tuple[str, ...] | None], TableVerdict] = {}
        self._refusals: dict[tuple[str, int], TableVerdict] = {}
        self._forget_tracks()
        for item in dossier.items.values():
            self.item(item)
        for person in window.persons:
            self.person(person)

    def item(self, item: Item | str) -> TableItem:
        """Intern an item, or the dossier's item of that id, once. Raises NotFound for an id that is not there."""
        if isinstance(item, str):
            item = self.dossier.item(item)
        elif not isinstance(item, Item):
            raise InputError(f"`item` is {type(item).__name__}, not an item", remedy="give an Item, or the id of one")
        return self._items[item]

    def _new_item(self, item: Item) -> TableItem:
        axes = self.ground.axes
        originator = self.dossier.parties.get(item.originator)
        mark = originator.mark(item.mark) if originator else None
        place = axes.purpose(item.purpose, own=True)
        named = item.caveats.rel_to
        return TableItem(
            owner=self,
            item=item,
            purpose=item.purpose,
            originator=axes.originator(item.originator),
            by_rank=axes.rank(mark.rank if mark else ""),
            by_mark=axes.slot(item.originator, item.mark),
            topic=axes.topic(item.topic),
            place=place,
            own_place=place,
            named=None if named is None else frozenset(named),
            consents=tuple(
                consent
                for consent in self._consents
                if item.originator in consent.by and consent.covers_item(item.id, item.topic)
            ),
        )

    def person(self, person: Person) -> TablePerson:
        """Intern a person once."""
        if not isinstance(person, Person):
            raise InputError(f"`person` is {type(person).__name__}, not a person", remedy="give a Person")
        return self._persons[person]

    def _new_person(self, person: Person) -> TablePerson:
        return TablePerson(self, person, self.ground.requirements.met_by(person.clearance))

    @property
    def items(self) -> tuple[Item, ...]:
        """The items interned so far; their places are the numbers in columns."""
        return tuple(one.item for one in self._items.rows)

    @property
    def persons(self) -> tuple[Person, ...]:
        """The persons interned so far; their places are the numbers in columns."""
        return tuple(one.person for one in self._persons.rows)

    def _first(
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
        """The first decision of its kind: it is looked up, and kept on its track unless a system is named."""
        check_ends(act, sender, recipient, at)
        check_asked(item, person, purpose, system)
        if not type(act) is type(sender) is type(recipient) is str:  # an enumeration of texts has hashes of its own
            act, sender, recipient = cast(Act, _text(act)), _text(sender), _text(recipient)
        purpose = purpose if purpose is None else _text(purpose)
        mine = item if item.owner is self else self._items[item.item]
        named = person if person is None or person.owner is self else self._persons[person.person]
        self._check_window(at)
        lane = self._lane(sender, recipient, at)
        for_purpose = mine if purpose is None else self._asked_for(mine, purpose)
        asked = Asked(ACT_NUMBER[act], for_purpose, named, system)
        answer, span = self._look_up(asked, lane, at)
        if system is None:
            self._keep((act, sender, recipient, mine, named, purpose), span, answer)
        return answer

    def _asked_for(self, item: TableItem, purpose: str) -> TableItem:
        """The item as asked for a purpose, its own or another."""
        found = item.asked_for.get(purpose)
        if found is None:
            place = self.ground.axes.purpose
            own = purpose == item.item.purpose
            asked = item if own else item.asked(purpose, place(purpose, own=False), place(purpose, own=True))
            found = item.asked_for.setdefault(purpose, asked)
        return found

    def _check_window(self, at: Instant) -> None:
        if not self.window.start.ns <= at.ns < self.window.end.ns:
            raise InputError(
                f"{at} is outside the table, which runs from {self.window.start} to {self.window.end}",
                remedy="compile one for a window that holds it",
            )

    def _lane(self, sender: str, recipient: str, at: Instant) -> Lane:
        """The lane between the two; one without agreements to a country that the dossier does not describe."""
        found = self.lanes.get((sender, recipient))
        if found is None or sender not in self.dossier.parties:
            self._check_sender(sender)
            to = resolve(self.dossier, recipient, at, self.window.known_by)
            start = self.window.start
            return Lane(sender, to.id, -1, (Stretch(start, to, ()),), (start.ns,))
        return found

    def _check_sender(self, sender: str) -> None:
        if sender not in self.dossier.parties:
            known = ", ".join(sorted(self.dossier.parties))
            raise InputError(f"unknown party `{sender[:60]}`", remedy=f"use one of {known}")

    def _keep(self, key: Key, span: Span, answer: TableVerdict) -> None:
        """Put an answer on its track. What somebody may be reading is never changed: another takes its place."""
        found = self._track(key)
        if found is None:
            if self._laid() >= _TRACKS:
                self._forget()
            self._lay(key, (span, (None, answer, None)))
            return
        starts, answers = found
        place = bisect_right(starts, span[0])
        since: tuple[int, ...] = () if place and starts[place - 1] == span[0] else (span[0],)
        until: tuple[int, ...] = () if place < len(starts) and starts[place] == span[1] else (span[1],)
        if answers[place] is None:
            before = (*answers[:place], *((None,) * len(since)))
            after = (*((None,) * len(until)), *answers[place + 1 :])
            self._lay(key, ((*starts[:place], *since, *until, *starts[place:]), (*before, answer, *after)))

    def _forget(self) -> None:
        """Forget all tracks: they are looked up again."""
        self._forget_tracks()
        for one in tuple(self._items.rows):
            one.asked_for = {}

    def _look_up(self, asked: Asked, lane: Lane, at: Instant) -> tuple[TableVerdict, Span]:
        """The answer at `at`, and from when until when it holds; InputError where the recipient is nobody then."""
        stretch, span = self._stretch(lane, at.ns)
        to = stretch.to or resolve(self.dossier, lane.recipient, at, self.window.known_by)
        act, item, person, _ = asked
        if to.party == lane.sender and ACTS[act] in HOLDERS_ACTS:
            own = self.lanes.get((item.item.originator, lane.recipient))
            if own is None:
                stretch = Stretch(stretch.start, to, ())
            else:
                stretch, other = self._stretch(own, at.ns)
                span = max(span[0], other[0]), min(span[1], other[1])
        if item.consents or person is not None:
            span = _narrowed(span, _changes(stretch, item, person), at.ns)
        return self._answer(stretch, asked, at), span

    def _stretch(self, lane: Lane, at: int) -> tuple[Stretch, Span]:
        """The stretch of a lane in which `at` lies, and from when until when it lasts."""
        starts = lane.starts
        place = bisect_right(starts, at)
        end = starts[place] if place < len(starts) else self.window.end.ns
        return lane.stretches[place - 1], (starts[place - 1], end)

    def _answer(self, stretch: Stretch, asked: Asked, at: Instant) -> TableVerdict:
        """The answer at one instant: of several agreements that which permits, else the closest to it."""
        edges = stretch.edges
        if len(edges) == 1:
            failed = self._judge.failed(edges[0], asked, at)
            return self._verdict_under(stretch, asked, 0, failed)
        best: tuple[bool, bool, int, int, int] | None = None
        for number, edge in enumerate(edges):
            failed = self._judge.failed(edge, asked, at)
            weight = (failed != 0, not edge.in_force, failed.bit_count(), number, failed)
            best = weight if best is None else min(best, weight)
        if best is None:
            return self._refusal("", BIT["standing"])
        return self._verdict_under(stretch, asked, best[3], best[4])

    def _verdict_under(self, stretch: Stretch, asked: Asked, number: int, failed: int) -> TableVerdict:
        edge = stretch.edges[number]
        if failed:
            return self._refusal(edge.agreement, failed)
        item, frame = asked.item.item, edge.frame
        grade = asked.item.grade(frame.sender)
        mark = item.mark if frame.to.party == item.originator else ""
        key = (id(frame), grade, mark, item.caveats.eyes)  # a frame lasts as long as the table's lanes, which hold it
        found = self._permits.get(key)
        if found is None:
            found = self._permits[key] = self._permit(edge.agreement, frame, grade, item)
        return found

    def _permit(self, agreement: str, frame: Frame, grade: int, item: Item) -> TableVerdict:
        marks = frame.grades[grade].marks
        if frame.to.party == item.originator and item.mark in marks:
            marks = (item.mark,)
        duties = tuple(DueDuty(one.article, one.do, one.on, one.within, one.to) for one in frame.text.duties)
        if item.caveats.eyes is not None:
            duties += (DueDuty("label:eyes", f"show only to {', '.join(item.caveats.eyes)}", "receipt"),)
        return self._verdict(agreement, marks, duties, 0)

    def _refusal(self, agreement: str, failed: int) -> TableVerdict:
        found = self._refusals.get((agreement, failed))
        if found is None:
            found = self._refusals.setdefault((agreement, failed), self._verdict(agreement, (), (), failed))
        return found

    def _verdict(
        self, agreement: str, marks: tuple[str, ...], duties: tuple[DueDuty, ...], failed: int
    ) -> TableVerdict:
        key = (agreement, marks, duties, failed)
        found = self._verdicts.get(key)
        if found is None:
            verdict = TableVerdict("refuse" if failed else "permit", agreement, marks, duties, checks_of(failed))
            found = self._verdicts.setdefault(key, verdict)
        return found


def _text(text: str) -> str:
    """The text itself, of no other type than str."""
    return text if type(text) is str else str.__str__(text)


def _changes(stretch: Stretch, item: TableItem, person: TablePerson | None) -> Iterator[int]:
    """When, within a stretch, what an item's consents or a person bring may change, in nanoseconds."""
    for consent in item.consents:
        yield consent.valid.start.ns
        yield consent.valid.end.ns
    if person is not None:
        for edge in stretch.edges:
            yield person.cleared_until(edge.frame.text.zone)
        if person.person.assurance is not None:
            yield person.person.assurance.at.ns


def _narrowed(span: Span, changes: Iterable[int], at: int) -> Span:
    """The part of `span` round `at` in which there is none of `changes`."""
    since, until = span
    for change in changes:
        if since < change <= at:
            since = change
        elif at < change < until:
            until = change
    return since, until
