"""Dossier: everything a decision may ask, held together and asked by id."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from relto.core.agreement import Agreement, History, Instrument, Record, Standing, Supersession, fold_history
from relto.core.dossier.chronicle import ChronicleEntry
from relto.core.dossier.consent import Consent, consents_of
from relto.core.dossier.item import Item
from relto.core.dossier.party import Party, Person
from relto.core.errors import InputError, NotFound, Position
from relto.core.label import RankOrder
from relto.core.timeline import Instant

_MEMO_LIMIT = 4096

HistoryKey = tuple[str, str, Instant | None, tuple[str, str] | None]
_Asked = tuple[str, str | None, Instant | None, tuple[str, str] | None]


@dataclass(frozen=True)
class Dossier:
    """`agreements`: each id with its versions, ascending. `where`: (agreement id, article or instrument id) -> place.
    `ends`: agreement id -> when an analysis assumes that it ends, if it has not before; no file says so.
    `persons`: who is on record with a clearance; a decision asks about the person that its request names.

    A value: what it answers depends on nothing but its fields. The memos only save doing the same twice.
    """

    agreements: Mapping[str, tuple[Agreement, ...]]
    records: Mapping[str, Record]
    parties: Mapping[str, Party]
    items: Mapping[str, Item] = field(default_factory=dict)
    chronicle: tuple[ChronicleEntry, ...] = ()
    persons: Mapping[str, Person] = field(default_factory=dict)
    where: Mapping[tuple[str, str], Position] = field(default_factory=dict, compare=False)
    ends: Mapping[str, Instant] = field(default_factory=dict)
    _asked: dict[_Asked, History] = field(default_factory=dict, init=False, compare=False, repr=False)
    _histories: dict[HistoryKey, History] = field(default_factory=dict, init=False, compare=False, repr=False)
    _consents: dict[Instant | None, tuple[Consent, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    _direct: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    _orders: dict[str, RankOrder] = field(default_factory=dict, init=False, compare=False, repr=False)
    _forgotten: list[None] = field(default_factory=list, init=False, compare=False, repr=False)

    def versions(self, agreement: str) -> tuple[Agreement, ...]:
        """All versions of a text; NotFound with the ids there are."""
        found = self.agreements.get(agreement)
        if found is None:
            known = ", ".join(sorted(self.agreements)) or "none"
            raise NotFound(f"no agreement `{agreement[:60]}` in the dossier", remedy=f"there are: {known}")
        return found

    def record(self, agreement: str) -> Record:
        """The record of an agreement; an empty one where it has none yet."""
        return self.records.get(agreement) or Record(agreement)

    def item(self, item: str) -> Item:
        """An item by id; NotFound otherwise."""
        found = self.items.get(item)
        if found is None:
            raise NotFound(f"no item `{item[:60]}` in the dossier", remedy="give an id under items/, or a file")
        return found

    def direct(self, one: str, other: str) -> tuple[str, ...]:
        """The ids, in order, of the agreements between these two under which a release may be direct."""
        found = self._direct.get((one, other))
        if found is None:
            if len(self._direct) >= _MEMO_LIMIT:
                self._direct.clear()
            texts = [self.agreements[name][0] for name in sorted(self.agreements)]
            both = [text.id for text in texts if not text.mediates and one in text.parties and other in text.parties]
            found = self._direct[one, other] = tuple(both) if one != other else ()
        return found

    def history(
        self,
        agreement: str,
        *,
        reading: str | None = None,
        known_by: Instant | None = None,
        between: tuple[str, str] | None = None,
    ) -> History:
        """The history of an agreement as `reading` (a party; default its first) reads it, folded once."""
        asked = (agreement, reading, known_by, between)
        found = self._asked.get(asked)
        if found is None:
            if len(self._asked) >= _MEMO_LIMIT:
                self._forgotten.append(None)
                self._asked.clear()
                self._histories.clear()
            first = self.versions(agreement)[0]
            key: HistoryKey = (agreement, reading or first.parties[0], known_by, _pair(first, between))
            found = self._histories.get(key)
            if found is None:
                found = self._histories[key] = self._fold(key, frozenset())
            self._asked[asked] = found
        return found

    def folded(self) -> tuple[int, list[History]]:
        """The histories asked for since it last forgot those asked for before, and how often it has done so."""
        return len(self._forgotten), list(self._histories.values())

    def standing(
        self,
        agreement: str,
        at: Instant,
        *,
        reading: str | None = None,
        known_by: Instant | None = None,
        between: tuple[str, str] | None = None,
    ) -> Standing:
        """The standing of an agreement at `at`. Raises InputError for a reading of a party it does not have."""
        parties = self.versions(agreement)[0].parties
        if reading is not None and reading not in parties:
            raise InputError(
                f"`{reading[:60]}` is no party to `{agreement}` and has no reading of it",
                remedy=f"use one of {', '.join(parties)}",
            )
        return self.history(agreement, reading=reading, known_by=known_by, between=between).standing(at)

    def consents(self, known_by: Instant | None) -> tuple[Consent, ...]:
        """All consents on record, known by `known_by`."""
        found = self._consents.get(known_by)
        if found is None:
            if len(self._consents) >= _MEMO_LIMIT:
                self._consents.clear()
            zones = {name: versions[0].zone for name, versions in self.agreements.items()}
            found = self._consents[known_by] = consents_of(self.records.values(), zones, known_by)
        return found

    @cached_property
    def unconsented(self) -> Dossier:
        """This dossier as if no originator had ever consented to anything: what stands on the texts alone."""
        return replace(self, records={name: _without_consents(one) for name, one in self.records.items()})

    def rank_order(self, text: Agreement) -> RankOrder:
        """How ranks compare under a text: its own rows first, then its parties' marks, then the standard order."""
        key = f"{text.id}@{text.version}"
        found = self._orders.get(key)
        if found is None:
            rows = [row.rank for row in text.levels.rows] if text.levels else []
            lists = [rows, *(self.parties[party].ranks() for party in text.parties if party in self.parties)]
            found = self._orders[key] = RankOrder.of(lists)
        return found

    def with_instruments(self, agreement: str, instruments: tuple[Instrument, ...]) -> Dossier:
        """This dossier with another record for one agreement."""
        self.versions(agreement)
        record = replace(self.record(agreement), instruments=instruments)
        return replace(self, records={**self.records, agreement: record})

    def _fold(self, key: HistoryKey, seen: frozenset[str]) -> History:
        agreement, reading, known_by, pair = key
        return fold_history(
            self.versions(agreement),
            self.record(agreement),
            reading=reading,
            known_by=known_by,
            between=pair,
            superseded=self._supersession(key, seen),
        )

    def _supersession(self, key: HistoryKey, seen: frozenset[str]) -> Supersession | None:
        """When a later agreement between the same parties takes this one's place, if one does; or its assumed end."""
        agreement, reading, known_by, pair = key
        first = self.versions(agreement)[0]
        parties = pair or first.parties
        assumed = self.ends.get(agreement)
        found = [Supersession(assumed, "", first.term.article)] if assumed is not None else []
        for name, versions in self.agreements.items():
            later = versions[0]
            if agreement not in later.supersedes or name in seen or not set(parties) <= set(later.parties):
                continue
            starts: list[Instant] = []
            for other in parties[1:]:
                between = _pair(later, (parties[0], other))
                history = self._fold((name, reading, known_by, between), seen | {agreement})
                start = history.first_in_force()
                if start is not None:
                    starts.append(start)
            if len(starts) == len(parties) - 1:
                found.append(Supersession(max(starts), name, later.entry.article))
        return min(found, key=lambda one: (one.at, one.by), default=None)


def _without_consents(record: Record) -> Record:
    """The record without consents, and without what was withdrawn of them."""
    gone = {one.id for one in record.instruments if one.kind == "consent"}
    left = (replace(one, targets=tuple(t for t in one.targets if t not in gone)) for one in record.instruments)
    kept = (one for one in left if one.id not in gone and (one.targets or one.kind != "withdrawal"))
    return replace(record, instruments=tuple(kept)) if gone else record


def _pair(text: Agreement, between: tuple[str, str] | None) -> tuple[str, str] | None:
    """The pair asked for, in order; None where it is the whole agreement."""
    if between is None:
        return None
    for party in between:
        if party not in text.parties:
            raise InputError(
                f"`{party[:60]}` is no party to `{text.id}`", remedy=f"use two of {', '.join(text.parties)}"
            )
    if between[0] == between[1]:
        raise InputError(f"`{between[0]}` twice is no pair", remedy="name two different parties")
    return None if len(text.parties) == 2 else (min(between), max(between))
