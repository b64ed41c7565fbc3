"""Worlds: dossiers, persons and requests of chance, in which every rule that a decision can meet occurs often.

They serve to hold two implementations of one meaning against each other. The same seed gives the same world.
`random_dossier(seed)`, `redesignated(seed, dossier)`, `large_dossier(seed)`, `random_persons(seed, dossier)`,
`random_requests(seed, dossier, n, start=..., end=...)`, `undesignated_requests(...)` and `boundaries(dossier)`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from relto.core.agreement import Agreement, Record
from relto.core.dossier import Dossier, Party
from tests.worlds_boundaries import boundaries
from tests.worlds_chance import COUNTRIES, DAY, END, SLUGS, START, TOPICS, Chance, Pools
from tests.worlds_parties import draw_items, draw_parties, random_persons
from tests.worlds_records import ConsentMaker, RecordMaker, redesignated
from tests.worlds_requests import random_requests, undesignated_requests
from tests.worlds_texts import draw_amended, draw_arrangement, draw_text

__all__ = [
    "END",
    "START",
    "boundaries",
    "large_dossier",
    "random_dossier",
    "random_persons",
    "random_requests",
    "redesignated",
    "undesignated_requests",
]

_SIZES: Final[Mapping[str, tuple[int, int, int, int]]] = {
    "tiny": (2, 3, 1, 2),
    "small": (2, 6, 1, 6),
    "medium": (5, 10, 8, 16),
}
_MANY_NAMES: Final = tuple(f"{first}{second}{third}" for first in "QX" for second in "ABCDE" for third in "XYZ")
_MORE_TOPICS: Final = ("space", "space/debris", "energy", "energy/grid", "finance", "finance/fraud")
_MORE_PURPOSES: Final = ("missile-warning", "training", "planning", "analysis", "response", "exercise", "audit", "law")


def random_dossier(seed: int, *, size: str = "small") -> Dossier:
    """A valid dossier: `tiny` (to 3 parties, 2 agreements), `small` (to 6 and 6) or `medium` (to 10 and 16)."""
    fewest, most, least, greatest = _SIZES[size]
    chance = Chance(seed, 1)
    pools = _pools(chance, chance.number(fewest, most))
    parties = draw_parties(chance, pools)
    items = draw_items(chance, pools, parties, chance.number(4, 10))
    texts = _texts(chance, seed, pools, parties, chance.number(least, greatest))
    makers: list[RecordMaker] = []
    for versions in texts.values():
        maker = RecordMaker(chance, versions)
        low = START if chance.often(0.75) else maker.moments.between(START, END)
        maker.live(maker.enter(low, whole=chance.often(0.92)))
        makers.append(maker)
    approvals = ConsentMaker(chance, pools, parties, items)
    for _ in range(chance.number(3, 10)):
        approvals.consent(chance.pick(makers))
    for _ in range(chance.number(0, 3)):
        approvals.designate(chance.pick(makers))
    records = {maker.text.id: maker.record() for maker in makers if maker.made}
    return _dossier(texts, records, parties, items)


def _dossier(
    texts: Mapping[str, tuple[Agreement, ...]],
    records: Mapping[str, Record],
    parties: Mapping[str, Party],
    items: Mapping[str, object],
) -> Dossier:
    """In the order in which a reader of files holds them: by id."""
    return Dossier(
        agreements=dict(sorted(texts.items())),
        records=dict(sorted(records.items())),
        parties=dict(sorted(parties.items())),
        items=dict(sorted(items.items())),  # type: ignore[arg-type]
    )


def _pools(chance: Chance, count: int) -> Pools:
    countries = chance.shuffled(COUNTRIES)
    slugs = chance.shuffled(SLUGS)
    names = tuple((slugs if chance.often(0.3) else countries)[number] for number in range(count - 1))
    others = [one for one in countries if one not in names]
    return Pools((*names, others[0]), tuple(others[1:4]))


def _texts(
    chance: Chance, seed: int, pools: Pools, parties: Mapping[str, Party], count: int
) -> dict[str, tuple[Agreement, ...]]:
    """So many agreements: bilateral, several of them between the same two, of many, and arrangements on others."""
    texts: dict[str, tuple[Agreement, ...]] = {}
    names = chance.shuffled([f"agr-{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"])
    pairs: list[tuple[str, ...]] = []
    for number in range(count):
        members = _members(chance, pools, pairs)
        text = draw_text(chance, seed, names[number], members, pools, parties)
        direct = [name for name, versions in texts.items() if not versions[0].basis]
        if len(members) > 2 and len(direct) > 1 and chance.often(0.4):
            text = draw_arrangement(chance, text, chance.some(direct, 2, len(direct)))
        elif texts and chance.often(0.25):
            older = [name for name, versions in texts.items() if {*versions[0].parties} <= {*text.parties}]
            text = replace(text, supersedes=chance.some(older or [*texts], 1, 1))
        amended = draw_amended(chance, seed, text, pools, parties) if chance.often(0.35) else None
        texts[text.id] = (text,) if amended is None else (text, amended)
    return texts


def _members(chance: Chance, pools: Pools, pairs: list[tuple[str, ...]]) -> tuple[str, ...]:
    if len(pools.names) > 2 and chance.often(0.4):
        return chance.some(pools.names, 3, 6)
    if pairs and chance.often(0.35):
        return chance.shuffled(chance.pick(pairs))
    pairs.append(chance.some(pools.names, 2, 2))
    return pairs[-1]


def large_dossier(
    seed: int, *, parties: int = 30, agreements: int = 200, instruments: int = 1000, items: int = 300
) -> Dossier:
    """The size that issue 3 names: 30 parties, 200 agreements (most bilateral, some of 3 to 6 parties), 20 topics,
    8 purposes, exactly 1,000 instruments, over ten years. Raises ValueError where these do not fit together."""
    chance = Chance(seed, 2)
    pools = _large_pools(parties)
    files = draw_parties(chance, pools)
    labelled = draw_items(chance, pools, files, items)
    texts = _large_texts(chance, seed, pools, files, agreements)
    makers: list[RecordMaker] = []
    for versions in texts.values():
        maker = RecordMaker(chance, versions, plain=True)
        done = maker.enter(maker.moments.between(START, START.plus(900 * DAY)), whole=True)
        if chance.often(0.4) or len(versions) > 1:
            maker.live(done)
        makers.append(maker)
    approvals = ConsentMaker(chance, pools, files, labelled)
    total = sum(len(maker.made) for maker in makers)
    if total > instruments:
        raise ValueError(f"{agreements} agreements need {total} instruments")
    while total < instruments:
        maker = chance.pick(makers)
        before = len(maker.made)
        if instruments - total < 2:
            maker.make("law-change", (maker.text.parties[0],), maker.moments.between(START, END))
        elif chance.often(0.85):
            approvals.consent(maker)
        else:
            approvals.designate(maker)
        total += len(maker.made) - before
    return _dossier(texts, {maker.text.id: maker.record() for maker in makers}, files, labelled)


def _large_pools(parties: int) -> Pools:
    names = (*COUNTRIES[:10], *_MANY_NAMES)[:parties]
    return Pools(
        names,
        COUNTRIES[10:],
        topics=(*TOPICS, *_MORE_TOPICS),
        purposes=_MORE_PURPOSES,
        authorities=tuple(f"auth-{number}" for number in range(6)),
    )


def _large_texts(
    chance: Chance, seed: int, pools: Pools, parties: Mapping[str, Party], count: int
) -> dict[str, tuple[Agreement, ...]]:
    texts: dict[str, tuple[Agreement, ...]] = {}
    for number in range(count):
        members: Sequence[str] = chance.some(pools.names, 3, 6) if number % 10 == 9 else chance.some(pools.names, 2, 2)
        text = draw_text(chance, seed, f"agr-{number:03}", members, pools, parties)
        if number % 50 == 49:
            text = draw_arrangement(chance, text, chance.some([*texts], 2, 4))
        older = [name for name, versions in texts.items() if {*versions[0].parties} <= {*members}]
        if older and chance.often(0.3):
            text = replace(text, supersedes=(chance.pick(older),))
        amended = draw_amended(chance, seed, text, pools, parties) if chance.often(0.1) else None
        texts[text.id] = (text,) if amended is None else (text, amended)
    return texts
