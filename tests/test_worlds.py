"""The worlds of chance are valid, the same for the same seed, and rich: whatever a decision can meet, they hold."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import get_args

import pytest

from relto.core.agreement import INSTRUMENT_KINDS, Agreement, Instrument, Purpose, ThirdParty, check_record
from relto.core.agreement.text import EntryWhen, Keep, PurposeRule, ThirdPartyRule
from relto.core.decision import ACTS, CHECKS, Request, evaluate, resolve
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.formats.dossier import read_dossier
from relto.formats.dossier.writing import write_dossier
from tests.worlds import (
    END,
    START,
    boundaries,
    large_dossier,
    random_dossier,
    random_persons,
    random_requests,
    undesignated_requests,
)
from tests.worlds_chance import Chance

SEEDS = range(200)
EACH = 100
ANSWERS = len(SEEDS) * EACH


def world(seed: int) -> Dossier:
    """A dossier whose memos no other test has filled."""
    return random_dossier(seed)


def instruments(dossier: Dossier) -> Iterator[Instrument]:
    """All of all records."""
    return itertools.chain.from_iterable(record.instruments for record in dossier.records.values())


def texts(dossier: Dossier) -> Iterator[Agreement]:
    """All versions of all agreements."""
    return itertools.chain.from_iterable(dossier.agreements.values())


def without_consents(dossier: Dossier) -> Dossier:
    """The same dossier as if nobody had consented to anything."""
    for name, record in dossier.records.items():
        gone = {one.id for one in record.instruments if one.kind == "consent"}
        kept = tuple(one for one in record.instruments if one.id not in gone and gone.isdisjoint(one.targets))
        dossier = dossier.with_instruments(name, kept)
    return dossier


@dataclass
class Mix:
    """What came of all requests to all worlds."""

    permits: int = 0
    onward: int = 0
    by_consent: int = 0
    unanswered: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)
    at_cuts: int = 0

    def add(self, dossier: Dossier, bare: Dossier, request: Request) -> None:
        verdict = evaluate(dossier, request)
        failed = {ground.check for ground in verdict.failed()}
        self.permits += verdict.permits
        self.unanswered += not verdict.agreement
        self.failed.update(failed)
        self.alone.update(failed if len(failed) == 1 else ())
        self.acts[request.act] += 1
        party = resolve(dossier, request.recipient, request.at, None).party
        self.onward += request.item.originator not in (request.sender, party)
        if evaluate(bare, request).verdict != verdict.verdict:
            self.by_consent += 1


@cache
def mix() -> Mix:
    """The answers to all requests, worked out once."""
    found = Mix()
    for seed in SEEDS:
        dossier = world(seed)
        bare = without_consents(dossier)
        cuts = {moved for one in boundaries(dossier) for moved in (one.plus(-1), one, one.plus(1))}
        for request in random_requests(seed, dossier, EACH, start=START, end=END):
            found.add(dossier, bare, request)
            found.at_cuts += request.at in cuts
    return found


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_fails_in_a_hundredth_of_the_requests(check: str) -> None:
    assert mix().failed[check] >= ANSWERS // 100
    assert mix().alone[check] >= ANSWERS // 2000


def test_permits_onward_requests_and_consents_that_decide_are_frequent() -> None:
    assert mix().permits >= ANSWERS // 10
    assert mix().onward >= ANSWERS // 10
    assert mix().by_consent >= ANSWERS // 100
    assert mix().unanswered <= ANSWERS // 4
    assert mix().at_cuts >= ANSWERS // 4
    assert all(mix().acts[act] >= ANSWERS // 50 for act in ACTS)


def test_every_rule_occurs() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        for text in texts(world(seed)):
            seen[f"third-party {text.third_party.rule if text.third_party else None}"] += not text.mediates
            seen[f"purpose {text.purpose.rule if text.purpose else None}"] += not text.mediates
            seen[f"keep {text.survival.keep}"] += 1
            seen[f"entry {text.entry.when}"] += 1
            seen["hub"] += text.hub is not None
            seen["version 2"] += text.version == 2
            seen["supersedes"] += bool(text.supersedes)
            seen["clearance_from"] += text.persons.clearance_from is not None
            seen["nationality"] += text.persons.nationality is not None
            seen["treat_as"] += text.levels is not None and any(row.treat_as for row in text.levels.rows)
    wanted = [f"third-party {rule}" for rule in (*get_args(ThirdPartyRule), None)]
    wanted += [f"purpose {rule}" for rule in (*get_args(PurposeRule), None)]
    wanted += [f"keep {keep}" for keep in get_args(Keep)] + [f"entry {when}" for when in get_args(EntryWhen)]
    wanted += ["hub", "version 2", "supersedes", "clearance_from", "nationality", "treat_as"]
    assert {name: seen[name] for name in wanted if seen[name] < 20} == {}


def test_every_kind_of_instrument_and_every_state_occurs() -> None:
    kinds: Counter[str] = Counter()
    states: Counter[str] = Counter()
    late = 0
    for seed in SEEDS:
        dossier = world(seed)
        boundaries(dossier)
        for one in instruments(dossier):
            kinds[one.kind] += 1
            late += one.recorded > one.at.instant
        for name in dossier.agreements:
            states.update(phase.state for phase in dossier.history(name).phases)
    assert {kind: kinds[kind] for kind in INSTRUMENT_KINDS if kinds[kind] < 20} == {}
    expected = ("unsigned", "signed", "in-force", "notice-given", "notice-suspended", "lapsed")
    assert {state: states[state] for state in expected if states[state] < 20} == {}
    assert late > 100


def test_records_are_valid_and_lie_in_the_window() -> None:
    for seed in SEEDS:
        dossier = world(seed)
        for name, record in dossier.records.items():
            check_record(dossier.agreements[name], record)
        assert all(START <= one.at.instant <= END for one in instruments(dossier))


def test_the_files_of_a_world_are_read_back_as_that_world() -> None:
    for seed in range(40):
        dossier = with_all_clauses(world(seed))
        again = read_dossier(write_dossier(dossier))
        assert again.parties == dossier.parties
        assert again.items == dossier.items
        for mine, read in zip(texts(dossier), texts(again), strict=True):
            assert replace(read, digest="") == replace(mine, digest="")
        for one, other in zip(instruments(dossier), instruments(again), strict=True):
            assert replace(one, text="") == replace(other, text="")


def with_all_clauses(dossier: Dossier) -> Dossier:
    """With the clauses that a value may lack but a file must have."""
    whole = {
        name: tuple(
            text
            if text.mediates
            else replace(
                text,
                third_party=text.third_party or ThirdParty("3P", "forbidden"),
                purpose=text.purpose or Purpose("P", "any"),
            )
            for text in versions
        )
        for name, versions in dossier.agreements.items()
    }
    return replace(dossier, agreements=whole)


def test_the_same_seed_gives_the_same_world_and_another_one_another() -> None:
    for seed in range(10):
        assert world(seed) == world(seed)
        assert world(seed) != world(seed + 1)
        assert random_persons(seed, world(seed)) == random_persons(seed, world(seed))
        asked = random_requests(seed, world(seed), 50, start=START, end=END)
        assert asked == random_requests(seed, world(seed), 50, start=START, end=END)
        assert asked != random_requests(seed + 1, world(seed), 50, start=START, end=END)


def test_between_two_boundaries_no_answer_changes() -> None:
    for seed in range(40):
        dossier, chance = world(seed), Chance(seed, 9)
        cuts = [START, *(one for one in boundaries(dossier) if START < one < END), END]
        for request in random_requests(seed, dossier, 40, start=START, end=END):
            asked = replace(request, person=None)
            number = chance.number(0, len(cuts) - 2)
            low, high = cuts[number], cuts[number + 1]
            inside = low.plus(int(chance.roll() * (high.ns - low.ns)))
            assert answer(dossier, replace(asked, at=low)) == answer(dossier, replace(asked, at=inside))


def answer(dossier: Dossier, request: Request) -> object:
    """What does not name the instant: the verdict, the agreement, and the checks that failed; None for an error."""
    try:
        verdict = evaluate(dossier, request)
    except InputError:
        return None
    return verdict.verdict, verdict.agreement, verdict.marks, [ground.check for ground in verdict.failed()]


def test_requests_lie_in_the_window_and_unknown_ones_stand_apart() -> None:
    for seed in range(10):
        dossier = world(seed)
        start, end = START.plus(10**17), END.plus(-(10**17))
        assert all(start <= one.at < end for one in random_requests(seed, dossier, 50, start=start, end=end))
        for request in undesignated_requests(seed, dossier, 20, start=start, end=end):
            with pytest.raises(InputError, match="unknown party"):
                evaluate(dossier, request)


@pytest.mark.parametrize("size", ["tiny", "medium"])
def test_other_sizes(size: str) -> None:
    for seed in range(5):
        dossier = random_dossier(seed, size=size)
        for request in random_requests(seed, dossier, 20, start=START, end=END):
            assert evaluate(dossier, request).grounds


def test_the_large_world_has_the_size_that_is_named() -> None:
    dossier = large_dossier(1)
    assert dossier == large_dossier(1)
    assert (len(dossier.parties), len(dossier.agreements)) == (30, 200)
    assert sum(1 for _ in instruments(dossier)) == 1000
    sizes = Counter(len(versions[0].parties) for versions in dossier.agreements.values())
    assert sizes[2] == 180
    assert set(sizes) <= {2, 3, 4, 5, 6}
    topics = {topic for text in texts(dossier) for topic in text.scope.topics}
    assert len(topics | {item.topic for item in dossier.items.values()}) == 20
    only = {purpose for text in texts(dossier) if text.purpose for purpose in text.purpose.only}
    assert len(only) == 8
    assert len({purpose for party in dossier.parties.values() for rule in party.domestic for purpose in rule.purposes})
    for name, record in dossier.records.items():
        check_record(dossier.agreements[name], record)
    for request in random_requests(1, dossier, 200, start=START, end=END):
        assert evaluate(dossier, request).grounds
