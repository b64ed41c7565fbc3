"""What items, persons and addressees are worth in columns: their codes and masks as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from relto.core.decision.addressee import Addressee
from relto.core.decision.table.axes import Axes
from relto.core.decision.table.compiling import Ground
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.judge import Judge
from relto.core.decision.table.slices import LEAST, MOST, Flags, Ints
from relto.core.decision.table.word import AGAIN, ASSURANCE, FAILED, Words
from relto.core.dossier import Dossier, Party
from relto.core.label import covers
from relto.core.timeline import bound_instant


@dataclass(frozen=True)
class ItemColumns:
    """A row an item. `sender`: the originator's number among the senders, or -1; `by_mark` -1 where regular;
    `strict`: the originator has rules of its own, which go along with what is passed on."""

    by_rank: Ints
    by_mark: Ints
    topic: Ints
    own_purpose: Ints
    purpose: Ints
    sender: Ints
    mask: Words
    consented: Flags
    orcon: Flags
    strict: Flags
    eyes: Flags
    needs: Words


@dataclass(frozen=True)
class PersonColumns:
    """A row a person. `masks`: (persons, parties), what the person does not meet with each party's addressees."""

    masks: Words
    ends_first: Ints
    ends_last: Ints
    needs: Words


def purposes_of(items: Sequence[TableItem], axes: Axes, asked: Sequence[str]) -> tuple[str, ...]:
    """Every purpose that has a number in columns: those asked, the items' own, those the clauses name.

    One that was asked by two at the same moment stands twice; its number is the first.
    """
    others = dict.fromkeys([*(one.item.purpose for one in items), *axes.purposes])
    return (*asked, *(one for one in others if one not in asked))


def needs_of(persons: Sequence[TablePerson]) -> tuple[str, ...]:
    """Every topic that some person needs."""
    return tuple(sorted({topic for one in persons for topic in one.person.need_to_know}))


def item_columns(
    items: Sequence[TableItem],
    ground: Ground,
    parties: Mapping[str, Party],
    to: Sequence[Addressee],
    purposes: Sequence[str],
    needs: Sequence[str],
) -> ItemColumns:
    """The columns of all items interned so far."""
    axes, layout = ground.axes, ground.layout
    senders = {party: number for number, party in enumerate(ground.senders)}
    strict = {name for name, party in parties.items() if party.domestic}
    numbers = {purpose: purposes.index(purpose) for purpose in {one.item.purpose for one in items}}

    def mask(one: TableItem) -> int:
        refused = sum(1 << number for number, addressee in enumerate(to) if one.refuses(addressee))
        return FAILED | layout.addressee.bits(refused) | layout.originator.bit(one.originator)

    return ItemColumns(
        by_rank=np.array([one.by_rank for one in items], np.int64),
        by_mark=np.array([-1 if one.by_mark is None else one.by_mark for one in items], np.int64),
        topic=np.array([one.topic for one in items], np.int64),
        own_purpose=np.array([axes.purpose(one.item.purpose, own=True) for one in items], np.int64),
        purpose=np.array([numbers[one.item.purpose] for one in items], np.int64),
        sender=np.array([senders.get(one.item.originator, -1) for one in items], np.int64),
        mask=np.array([mask(one) for one in items], np.uint64),
        consented=np.array([bool(one.consents) for one in items], np.bool_),
        orcon=np.array([one.item.caveats.orcon for one in items], np.bool_),
        strict=np.array([one.item.originator in strict for one in items], np.bool_),
        eyes=np.array([one.item.caveats.eyes is not None for one in items], np.bool_),
        needs=_needed([[covers(need, one.item.topic) for need in needs] for one in items], len(needs)),
    )


def person_columns(
    persons: Sequence[TablePerson], ground: Ground, judge: Judge, parties: Sequence[str], needs: Sequence[str]
) -> PersonColumns:
    """The columns of all persons interned so far."""
    zones = {text.zone for versions in judge.dossier.agreements.values() for text in versions}
    masks = np.zeros((len(persons), len(parties)), np.uint64)
    ends = np.full((len(persons), 2), MOST, np.int64)
    for row, one in enumerate(persons):
        masks[row] = [_person_mask(one, ground, judge, party) for party in parties]
        until = one.person.clearance_until
        if until is not None and zones:
            instants = [min(max(bound_instant(until, zone).ns, LEAST), MOST) for zone in zones]
            ends[row] = min(instants), max(instants)
    wanted = [[need in one.person.need_to_know for need in needs] for one in persons]
    return PersonColumns(masks, ends[:, 0].copy(), ends[:, 1].copy(), _needed(wanted, len(needs)))


def _person_mask(one: TablePerson, ground: Ground, judge: Judge, party: str) -> int:
    """Clearance and facility bits that are not met, with the bits of what cannot be told from a mask."""
    layout, every = ground.layout, (1 << len(ground.requirements)) - 1
    person = one.person
    cleared = one.cleared if person.party == party else 0
    mask = layout.clearance.bits(every & ~cleared) | layout.facility.bits(every & ~judge.housed(one, party))
    mask |= ASSURANCE if person.assurance is None else AGAIN
    return mask | (AGAIN if _foreign(judge.dossier, person.nationality) else 0)


def _foreign(dossier: Dossier, nationality: str) -> bool:
    """Whether some text asks the originator's consent for persons of this nationality."""
    return any(
        text.persons.nationality is not None and nationality not in text.parties
        for versions in dossier.agreements.values()
        for text in versions
    )


def _needed(rows: list[list[bool]], columns: int) -> Words:
    """Bit sets as uint64 of shape (rows, words): 64 topics a word."""
    words = max(-(-columns // 64), 1)
    packed = np.zeros((len(rows), words * 64), np.bool_)
    if rows and columns:
        packed[:, :columns] = rows
    return np.packbits(packed, axis=1, bitorder="little").view("<u8").astype(np.uint64)
