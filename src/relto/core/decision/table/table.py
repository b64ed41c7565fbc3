"""The compiled table: the answers of the reference evaluator, for one dossier and window, at the speed of memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from relto.core.decision.addressee import resolve
from relto.core.decision.reference import evaluate
from relto.core.decision.request import ACTS, HOLDERS_ACTS, Act, Request
from relto.core.decision.table import chosen
from relto.core.decision.table.batch import ASKED, Columns, Decisions, Kernel
from relto.core.decision.table.compiling import Ground, Window
from relto.core.decision.table.encoding import Encoder, encoder_of
from relto.core.decision.table.given import check_asked, check_ends
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.lane import Edge, Lane, Stretch
from relto.core.decision.table.rows import Rows
from relto.core.decision.table.slices import LEAST, MOST, Ints, check_below, slices_of
from relto.core.decision.table.tracks import Tracks
from relto.core.decision.table.word import BIT, Words, bits_of
from relto.core.decision.verdict import Verdict
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.timeline import Instant


class Table(Tracks):
    """Made by `compile_table`. A value: a new instrument makes another table (`updated`), this one stays as it is."""

    _rows: ClassVar[type[Rows]] = chosen.Rows

    def __init__(self, dossier: Dossier, window: Window, ground: Ground, lanes: Mapping[tuple[str, str], Lane]) -> None:
        self._purposes: list[str] = []
        self._encoder: tuple[tuple[int, int, int], Encoder] | None = None
        super().__init__(dossier, window, ground, lanes)

    @property
    def purposes(self) -> tuple[str, ...]:
        """The purposes that have numbers in columns; their places are the numbers."""
        return tuple(self._purposes)

    def purpose(self, purpose: str) -> int:
        """The number of a purpose in columns."""
        if not isinstance(purpose, str):
            raise InputError(f"`purpose` is {type(purpose).__name__}", remedy="give its name")
        if purpose not in self._purposes:
            self._purposes.append(purpose)
        return self._purposes.index(purpose)

    def columns(self, **given: Any) -> Columns:
        """Encode requests as columns for `decide_many`.

        `act`, `sender`, `recipient`: numbers (n,) in ACTS, `senders` and `addressees`, or one name for all. `item`:
        numbers (n,) of interned items. `person` and `purpose`: likewise; -1, or left out, for none and for the item's
        own. `at`: nanoseconds of UTC, int64 (n,), or one Instant. Returns `lane`, `at`, `cell` (int64), `mask`
        (uint64), `again` (bool: rows that need more than the mask), and the numbers given, all (n,): a row stands for
        itself, so that every column may be cut into chunks alike. Raises InputError, naming the column, for one that
        is unknown, that holds anything but whole numbers, or has a number or name that the table does not know.
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
        """The reference evaluator's verdict on the same request, with a sentence and an article for every ground.

        At any instant, within the window or not. Raises InputError as `decide` does.
        """
        check_ends(act, sender, recipient, at)
        check_asked(item, person, purpose, system)
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
        """All to whom `sender` (default: the originator) may release `item` at `at`: parties, firms, authorities.

        Raises InputError as `decide` does.
        """
        found = item if isinstance(item, TableItem) else self.item(item)
        giver = found.item.originator if sender is None else sender
        check_ends(act, giver, "", at)
        self._check_sender(giver)
        self._check_window(at)
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
        """The ids of all interned items that `sender` may release to `recipient` at `at`.

        An id stands for the dossier's item; where the dossier has none, for the one interned last under it. Raises
        InputError as `decide` does, but for an authority that is not designated then, to which nothing may go.
        """
        items = {one.item.id: one for one in self._items.rows}
        items |= {name: self.item(item) for name, item in self.dossier.items.items()}
        check_ends(act, sender, recipient, at)
        self._check_sender(sender)
        self._check_window(at)
        if recipient not in self.ground.addressees:
            resolve(self.dossier, recipient, at, self.window.known_by)  # InputError unless it is a third country
            return frozenset()
        if not self._named(recipient, at):
            return frozenset()
        if not LEAST <= at.ns < MOST:  # no column holds it
            return frozenset(
                name for name, one in items.items() if self.decide(act, sender, recipient, one, None, at).permits
            )
        numbers = np.array([one.number for one in items.values()], np.int64)
        decisions = self.decide_many(self.columns(act=act, sender=sender, recipient=recipient, item=numbers, at=at))
        return frozenset(name for name, permit in zip(items, decisions.permit, strict=True) if permit)

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
        return Kernel(self._rows(ground.arena.words, slices, ground.axes.plane), ground.layout, self._again)

    def _current_encoder(self) -> Encoder:
        """The encoder, made anew when something was interned since."""
        known = (len(self._items), len(self._persons), len(self._purposes))
        if self._encoder is None or self._encoder[0] != known:
            encoder = encoder_of(
                self._judge,
                self.ground,
                self._lane_numbers[1],
                self._items.rows[: known[0]],
                self._persons.rows[: known[1]],
                self._purposes[: known[2]],
                (self.window.start, self.window.known_by),
            )
            self._encoder = (known, encoder)
        return self._encoder[1]

    def _again(self, columns: Mapping[str, Any], rows: list[int]) -> Iterator[tuple[int, int, int]]:
        """Decide rows of columns as `decide` does: row, failed checks, slice of the agreement chosen."""
        encoder, items, persons = self._current_encoder(), self._items.rows, self._persons.rows
        limits = {"act": len(ACTS), "sender": len(self.senders), "recipient": len(self.addressees), "item": len(items)}
        limits |= {"person": len(persons) + 1, "purpose": len(encoder.purposes) + 1}
        for name, limit in limits.items():
            check_below(name, columns[name][rows] + (name in ("person", "purpose")), limit)
        for row in rows:
            code = {name: int(columns[name][row]) for name in ASKED}
            act, sender, at = ACTS[code["act"]], self.senders[code["sender"]], Instant(code["at"])
            recipient, item = self.addressees[code["recipient"]], items[code["item"]]
            lane = self._lane_number(act, sender, recipient, item, at)
            if not self._named(recipient, at):
                yield row, BIT["standing"], self._kernel.slice_of(lane, at, "")
                continue
            person = None if code["person"] < 0 else persons[code["person"]]
            purpose = None if code["purpose"] < 0 else encoder.purposes[code["purpose"]]
            answer = self.decide(act, sender, recipient, item, person, at, purpose)
            yield row, bits_of(answer.failed_checks), self._kernel.slice_of(lane, at, answer.agreement)

    def _lane_number(self, act: Act, sender: str, recipient: str, item: TableItem, at: Instant) -> int:
        """The number of the lane (times ACTS, plus act) on which it is decided then."""
        to = self.lanes[sender, recipient].stretch(at).to
        held = act in HOLDERS_ACTS and to is not None and to.party == sender
        giver = item.item.originator if held else sender
        numbers = self._lane_numbers[1]
        place = self.senders.index(giver) if giver in self.senders else len(self.senders)
        return int(numbers[place, self.addressees.index(recipient)]) * len(ACTS) + ACTS.index(act)
