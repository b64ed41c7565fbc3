"""Texts of agreements in the worlds of the tests: every rule of every clause, in every mixture."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, get_args

from relto.core.agreement import (
    Agreement,
    Duty,
    Entry,
    NoticeRule,
    Persons,
    Purpose,
    Scope,
    Survival,
    Term,
    ThirdParty,
)
from relto.core.agreement.text import Binding, EntryWhen, Keep, SuspendedNotice
from relto.core.dossier import Party
from relto.core.label import Levels, RankRow
from relto.core.timeline import Period
from tests.worlds_chance import OWN_RANKS, RANKS, ZONES, Chance, Pools, draw_day

_BINDINGS: tuple[Binding, ...] = get_args(Binding)
_ENTRIES: tuple[EntryWhen, ...] = get_args(EntryWhen)
_KEEPS: tuple[Keep, ...] = get_args(Keep)
_READINGS: tuple[SuspendedNotice, ...] = get_args(SuspendedNotice)
_NOTICES = (Period(0, 30), Period(0, 90), Period(3, 0), Period(6, 0), Period(12, 0))


def draw_text(
    chance: Chance, seed: int, name: str, members: Sequence[str], pools: Pools, parties: Mapping[str, Party]
) -> Agreement:
    """The first version of a text between `members` that allows direct release."""
    levels = draw_levels(chance, members, parties)
    many = len(members) > 2
    return Agreement(
        id=name,
        version=1,
        digest=digest_of(seed, name, 1),
        title=name,
        parties=tuple(members),
        binding=chance.pick(_BINDINGS),
        zone=chance.pick(ZONES),
        entry=draw_entry(chance, len(members)),
        term=draw_term(chance),
        scope=draw_scope(chance, pools),
        survival=draw_survival(chance),
        readings={party: chance.pick(_READINGS) for party in members if chance.often(0.6)},
        levels=levels,
        third_party=draw_third_party(chance, pools),
        purpose=draw_purpose(chance, pools),
        persons=draw_persons(chance, levels),
        duties=_duties(chance),
        depositary=chance.pick(members) if chance.often(0.3) else None,
        acceding=chance.some(members, 1, len(members) - 2) if many and chance.often(0.4) else (),
    )


def digest_of(seed: int, name: str, version: int) -> str:
    """A digest that no other text has."""
    return "sha256:" + hashlib.sha256(f"{seed}/{name}@{version}".encode()).hexdigest()


def draw_arrangement(chance: Chance, text: Agreement, basis: Sequence[str]) -> Agreement:
    """`text` as an arrangement that rests on others and has no levels of its own."""
    bare = chance.often(0.5)
    return replace(
        text,
        levels=None,
        basis=tuple(basis),
        hub=chance.pick(text.parties) if chance.often(0.6) else None,
        third_party=None if bare else text.third_party,
        purpose=None if bare else text.purpose,
        survival=Survival("", "none") if bare else text.survival,
        persons=replace(text.persons, clearance_from=None),
    )


def draw_amended(chance: Chance, seed: int, text: Agreement, pools: Pools, parties: Mapping[str, Party]) -> Agreement:
    """Version 2 of `text`: some of its clauses otherwise."""
    changes: dict[str, Any] = {}
    for clause in chance.some(("scope", "third", "purpose", "persons", "survival", "term", "zone", "readings"), 1, 3):
        if clause == "scope":
            changes["scope"] = draw_scope(chance, pools)
        elif clause == "third":
            changes["third_party"] = draw_third_party(chance, pools)
        elif clause == "purpose":
            changes["purpose"] = draw_purpose(chance, pools)
        elif clause == "persons":
            changes["persons"] = draw_persons(chance, text.levels)
        elif clause == "survival":
            changes["survival"] = draw_survival(chance)
        elif clause == "term":
            changes["term"] = draw_term(chance)
        elif clause == "zone":
            changes["zone"] = chance.pick(ZONES)
        else:
            changes["readings"] = {party: chance.pick(_READINGS) for party in text.parties}
    members = _members_amended(chance, text, pools)
    if members != text.parties:
        changes["parties"] = members
        changes["readings"] = {
            one: how for one, how in changes.get("readings", text.readings).items() if one in members
        }
        changes["acceding"] = tuple(party for party in text.acceding if party in members)
        changes["hub"] = text.hub if text.hub in members else None
        changes["depositary"] = text.depositary if text.depositary in members else None
    if text.levels is not None and (members != text.parties or chance.often(0.4)):
        changes["levels"] = levels = draw_levels(chance, members, parties)
        changes["persons"] = draw_persons(chance, levels)
    return replace(text, version=2, digest=digest_of(seed, text.id, 2), **changes)


def _members_amended(chance: Chance, text: Agreement, pools: Pools) -> tuple[str, ...]:
    """The parties of the amended text: mostly the same, or one more, who enters no scope of the first; or one of them
    is left out, perhaps with another in its place."""
    more = [party for party in pools.names if party not in text.parties]
    if more and chance.often(0.1):
        return (*text.parties, chance.pick(more))
    if len(text.parties) + len(more) > 2 and chance.often(0.2):
        left = chance.some(text.parties, len(text.parties) - 1, len(text.parties) - 1)
        stranger = (chance.pick(more),) if more and (len(left) < 2 or chance.often(0.5)) else ()
        return (*left, *stranger)
    return text.parties


def draw_entry(chance: Chance, members: int) -> Entry:
    """Every rule of entry into force."""
    when = chance.pick(_ENTRIES)
    if when == "last-notification":
        return Entry("E", when, counted=chance.pick(("date", "receipt")))
    if when == "deposits":
        after = chance.pick((None, Period(0, 30), Period(3, 0)))
        return Entry("E", when, deposits=chance.number(1, members), after=after, per_party=chance.often(0.5))
    if when == "first-of-month":
        after_act = chance.pick(("signature", "last-notification"))
        return Entry("E", when, month=chance.number(1, 3), month_after=after_act)  # type: ignore[arg-type]
    return Entry("E", when)


def draw_term(chance: Chance) -> Term:
    """Indefinite, fixed by a period or a date, renewed or not; with every kind of notice, or none."""
    kind = chance.roll()
    counts = "sending" if chance.often(0.25) else "receipt"
    notice = None
    if chance.often(0.85):
        notice = NoticeRule(chance.pick(_NOTICES), "after-receipt", counts)  # type: ignore[arg-type]
    if kind < 0.3:
        return Term("T", None, None, notice)
    initial = Period(chance.pick((12, 36, 60, 6, 120)), 0) if chance.often(0.7) else draw_day(chance, 2018, 2024)
    if kind < 0.5:
        return Term("T", initial, None, notice)
    if notice is not None and chance.often(0.7):
        notice = replace(notice, anchor="before-term-end")
    return Term("T", initial, Period(chance.pick((6, 12, 12, 24)), 0), notice)


def draw_scope(chance: Chance, pools: Pools) -> Scope:
    """One to four topics, the broad ones more often."""
    broad = tuple(topic for topic in pools.topics if "/" not in topic)
    return Scope("S", tuple(dict.fromkeys((*chance.some(broad, 1, 2), *chance.some(pools.topics, 0, 2)))))


def draw_survival(chance: Chance) -> Survival:
    """Every `keep`."""
    keep = chance.pick(_KEEPS)
    if keep == "articles":
        return Survival("V", keep, articles=("6",))
    if keep == "destroy":
        return Survival("V", keep, destroy_within=Period(0, 30), certificate=chance.often(0.5))
    return Survival("V", keep)


def draw_third_party(chance: Chance, pools: Pools) -> ThirdParty | None:
    """All rules; rarely no clause at all, which a file allows to an arrangement only, but a value to any text."""
    kind = chance.roll()
    if kind < 0.5:
        return ThirdParty("3P", "originator-consent")
    if kind < 0.75:
        low = 0 if chance.often(0.1) else 1
        return ThirdParty("3P", "nations", chance.some((*pools.names, *pools.thirds), low, 3))
    if kind < 0.94:
        return ThirdParty("3P", "forbidden" if kind < 0.85 else "community")
    return None


def draw_purpose(chance: Chance, pools: Pools) -> Purpose | None:
    """All rules; rarely no clause at all, as above."""
    kind = chance.roll()
    if kind < 0.5:
        return Purpose("P", "as-provided")
    if kind < 0.75:
        return Purpose("P", "only", chance.some(pools.purposes, 0 if chance.often(0.05) else 2, 4))
    return Purpose("P", "any") if kind < 0.94 else None


def draw_persons(chance: Chance, levels: Levels | None) -> Persons:
    """All, none or some of the clauses on persons, systems and contractors."""
    share = chance.pick((0.0, 0.5, 0.5, 0.5, 1.0))
    on = [chance.often(share) for _ in range(8)]
    floor = chance.pick(levels.rows).rank if levels is not None and on[6] and chance.often(0.7) else None
    return Persons(
        clearance="C" if on[0] else None,
        need_to_know="N" if on[1] else None,
        facility="F" if on[2] else None,
        assurance="A" if on[3] else None,
        system="Y" if on[4] else None,
        contractor="K" if on[5] else None,
        clearance_from=floor,
        nationality="L" if on[7] and chance.often(0.7) else None,
        unconfirmed=chance.often(0.1),
    )


def _duties(chance: Chance) -> tuple[Duty, ...]:
    duties = (
        Duty("4(2)", "receipt", "mark-origin"),
        Duty("17", "compromise", "report", "at-once", "originator"),
        Duty("6(h)", "purpose-ended", "return-or-destroy", "P30D"),
    )
    return chance.some(duties, 0, 2)


def draw_levels(chance: Chance, members: Sequence[str], parties: Mapping[str, Party]) -> Levels:
    """Rows with holes (`treat_as`), marks left out, and marks in a row of another rank than their party says."""
    shared = [
        rank for rank in RANKS[:4] if sum(rank in parties[one].ranks() for one in members) > 1 or len(members) > 6
    ]
    ranks = [rank for rank in shared if chance.often(0.85)] or ["SECRET"]
    own = [rank for one in members for rank in parties[one].ranks() if rank in OWN_RANKS]
    if own and chance.often(0.5):
        ranks.insert(chance.number(0, len(ranks)), chance.pick(own))
    ranks = list(dict.fromkeys(ranks))
    if chance.often(0.06) and len(ranks) > 1:
        ranks[0], ranks[1] = ranks[1], ranks[0]
    columns = {one: _column(chance, parties[one], ranks) for one in members}
    rows = [
        RankRow(
            rank,
            {one: column[rank] for one, column in columns.items() if rank in column},
            {one: _stand_in(chance, column, ranks, rank) for one, column in columns.items() if rank not in column},
            unconfirmed=chance.often(0.05),
        )
        for rank in ranks
    ]
    return Levels("4", tuple(rows), chance.often(0.05))


def _column(chance: Chance, party: Party, ranks: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The marks of one party by row; a rank that is missing is a hole."""
    column: dict[str, tuple[str, ...]] = {}
    spare: list[str] = []
    for rank in ranks:
        marks = [mark.mark for mark in party.marks if mark.rank == rank]
        if len(marks) > 1 and chance.often(0.25):
            spare.append(marks.pop(chance.number(0, len(marks) - 1)))
        if marks and not chance.often(0.08):
            column[rank] = tuple(marks)
    spare.extend(mark.mark for mark in party.marks if mark.rank not in ranks)
    if spare and chance.often(0.2):
        rank = chance.pick(ranks)
        column[rank] = (*column.get(rank, ()), chance.pick(spare))
    if not column:
        column[chance.pick(ranks)] = (chance.pick(party.marks).mark,)
    return column


def _stand_in(chance: Chance, column: Mapping[str, Sequence[str]], ranks: Sequence[str], rank: str) -> str:
    """The rank that a hole is treated as: mostly the next one above, else any other that has a mark."""
    above = [one for one in ranks[: ranks.index(rank)] if one in column]
    return above[-1] if above and chance.often(0.7) else chance.pick(sorted(column))
