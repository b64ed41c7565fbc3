"""Encoding: requests by number (item, person, parties) become the columns that the kernel reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.request import ACTS, HOLDERS_ACTS
from relto.core.decision.table.compiling import Ground, authorities_of
from relto.core.decision.table.given import instants_given, numbers_given, rows_given
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.judge import Judge
from relto.core.decision.table.roster import (
    ItemColumns,
    PersonColumns,
    item_columns,
    needs_of,
    person_columns,
    purposes_of,
)
from relto.core.decision.table.slices import Flags, Ints
from relto.core.decision.table.word import AGAIN, CAVEAT, NEED, Words
from relto.core.timeline import Instant

_FIRST_HOLDERS_ACT = next(number for number, act in enumerate(ACTS) if act in HOLDERS_ACTS)
_COPYING = (ACTS.index("copy"), ACTS.index("translate"))


@dataclass(frozen=True)
class Encoder:
    """The vocabulary of one table at one time: who has which number, and what items and persons are worth.

    `lanes`: (senders, addressees) -> lane. `fluid`: the addressees whose party may change, which authorities are.
    `party_of`: the addressee's party by its number in `parties`.
    """

    ground: Ground
    fluid: Flags
    parties: Sequence[str]
    party_of: Ints
    lanes: Ints
    purposes: Sequence[str]
    items: ItemColumns
    persons: PersonColumns

    def columns(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """See `Table.columns`."""
        rows = rows_given(given)
        act = numbers_given("act", given, rows, ACTS)
        sender = numbers_given("sender", given, rows, self.ground.senders)
        recipient = numbers_given("recipient", given, rows, self.ground.addressees)
        item = numbers_given("item", given, rows, range(len(self.items.topic)))
        person = numbers_given("person", given, rows, range(len(self.persons.masks)), none=True)
        purpose = numbers_given("purpose", given, rows, self.purposes, none=True)
        times = instants_given(given["at"], rows)
        giver = self._giver(act, sender, recipient, item)
        own = (purpose < 0) | (purpose == self.items.purpose.take(item))
        cell = self._cell(giver, item, purpose, own)
        mask = self.items.mask.take(item)
        self._caveats(mask, act, giver, recipient, item)
        self._persons(mask, recipient, item, person, times)
        again = self.fluid.take(recipient) | (self.items.eyes.take(item) & (person >= 0))
        foreign = giver != self.items.sender.take(item)
        again |= self.items.strict.take(item) & foreign
        consented = self.items.consented.take(item)
        again |= consented & (foreign | self.items.orcon.take(item) | ~own)
        mask[again] |= np.uint64(AGAIN)
        return {
            "lane": self.lanes[giver, recipient] * len(ACTS) + act,
            "at": times,
            "cell": cell,
            "mask": mask,
            "again": (mask & np.uint64(AGAIN)) != 0,
            "act": act,
            "sender": sender,
            "recipient": recipient,
            "item": item,
            "person": person,
            "purpose": purpose,
        }

    def _giver(self, act: Ints, sender: Ints, recipient: Ints, item: Ints) -> Ints:
        """Who provides it: for what a holder does with an item it has, the originator (the last row where unknown)."""
        senders = np.array([self.ground.senders.index(p) if p in self.ground.senders else -1 for p in self.parties])
        held = (act >= _FIRST_HOLDERS_ACT) & (senders.take(self.party_of.take(recipient)) == sender)
        return np.where(held, self.items.sender.take(item), sender)

    def _cell(self, giver: Ints, item: Ints, purpose: Ints, own: NDArray[np.bool_]) -> Ints:
        _, topics, purposes, _ = self.ground.axes.shape
        grade = self.items.by_rank.take(item)
        by_mark = self.items.by_mark.take(item)
        grade = np.where((by_mark >= 0) & (giver == self.items.sender.take(item)), by_mark, grade)
        asked = self.items.own_purpose.take(item)
        if not own.all():
            other = np.array([self.ground.axes.purpose(name, own=False) for name in self.purposes], np.int64)
            asked = np.where(own, asked, other.take(purpose))
        found: Ints = (grade * topics + self.items.topic.take(item)) * purposes + asked
        return found

    def _caveats(self, mask: Words, act: Ints, giver: Ints, recipient: Ints, item: Ints) -> None:
        """Originator control: nothing goes on to a third, and no copy or translation is made, without consent."""
        rows = np.flatnonzero(self.items.orcon.take(item))
        if not len(rows):
            return
        senders = np.array([self.ground.senders.index(p) if p in self.ground.senders else -2 for p in self.parties])
        owner = self.items.sender.take(item[rows])
        home = senders.take(self.party_of.take(recipient[rows])) == owner
        onward = (giver[rows] != owner) & ~home
        copied = np.isin(act[rows], _COPYING) & ~home
        mask[rows[onward | copied]] |= np.uint64(CAVEAT)

    def _persons(self, mask: Words, recipient: Ints, item: Ints, person: Ints, at: Ints) -> None:
        """What the person does not meet; a clearance that has ended meets nothing."""
        rows = np.flatnonzero(person >= 0)
        if not len(rows):
            return
        who = person[rows]
        found = self.persons.masks[who, self.party_of.take(recipient[rows])]
        unneeded = ~(self.persons.needs[who] & self.items.needs[item[rows]]).any(axis=1)
        found[unneeded] |= np.uint64(NEED)
        ended = at[rows] >= self.persons.ends_first.take(who)
        found[ended] |= np.uint64(self.ground.layout.clearance.mask)
        found[ended & (at[rows] < self.persons.ends_last.take(who))] |= np.uint64(AGAIN)
        mask[rows] |= found


def encoder_of(
    judge: Judge,
    ground: Ground,
    lanes: Ints,
    items: Sequence[TableItem],
    persons: Sequence[TablePerson],
    asked: Sequence[str],
    since: tuple[Instant, Instant | None],
) -> Encoder:
    """Work out the vocabulary. `asked`: the purposes that have numbers; `since`: the window's start and `known_by`."""
    dossier = judge.dossier
    designated = authorities_of(dossier)
    to, fluid = [], []
    for addressee in ground.addressees:
        is_fluid = addressee in designated
        to.append(Addressee(addressee, addressee) if is_fluid else resolve(dossier, addressee, *since))
        fluid.append(is_fluid)
    parties = tuple(dict.fromkeys(one.party for one in to))
    needs, purposes = needs_of(persons), purposes_of(items, ground.axes, asked)
    return Encoder(
        ground=ground,
        fluid=np.array(fluid, np.bool_),
        parties=parties,
        party_of=np.array([parties.index(one.party) for one in to], np.int64),
        lanes=lanes,
        purposes=purposes,
        items=item_columns(items, ground, dossier.parties, to, purposes, needs),
        persons=person_columns(persons, ground, judge, parties, needs),
    )
