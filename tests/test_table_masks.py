"""The mask logic, apart from any dossier: every set of up to eight things, and sets of up to sixty-four at random."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import numpy as np
import pytest

from relto.core.decision.table.roster import _needed
from relto.core.decision.table.word import AGAIN, ASSURANCE, BIT, CAVEAT, FAILED, NEED, Field, Layout, checks_of
from relto.core.decision.verdict import CHECKS

PICKS: dict[str, Callable[[Layout], Field]] = {
    "caveat": lambda layout: layout.addressee,
    "third-party": lambda layout: layout.originator,
    "clearance": lambda layout: layout.clearance,
    "facility": lambda layout: layout.facility,
}


def layout(count: int, bits: int = 48) -> Layout:
    return Layout.of(addressees=count, originators=count, requirements=count, bits=bits)


def failed(one: Layout, word: int, mask: int) -> int:
    return int(one.failed(np.array([word & mask], np.uint64))[0])


def subsets(count: int) -> Iterable[int]:
    return range(1 << count)


@pytest.mark.parametrize("check", PICKS)
@pytest.mark.parametrize("count", range(1, 9))
def test_every_set_of_up_to_eight(check: str, count: int) -> None:
    one = layout(count)
    field = PICKS[check](one)
    assert not field.shared
    for unmet in subsets(count):
        mask = FAILED | field.bits(unmet)
        for asked in range(count):
            hit = field.bit(asked) & mask
            assert bool(hit) == bool(unmet >> asked & 1)
            assert failed(one, field.bit(asked), mask) == (BIT[check] if hit else 0)


@pytest.mark.parametrize("count", range(1, 9))
def test_every_pair_of_sets_of_needs_and_topics(count: int) -> None:
    rows = [[bool(one >> n & 1) for n in range(count)] for one in subsets(count)]
    packed = _needed(rows, count)
    met = np.asarray((packed[:, None, :] & packed[None, :, :]).any(axis=2))
    assert all(met[a, b] == bool(a & b) for a in subsets(count) for b in subsets(count))


@pytest.mark.parametrize("count", range(9, 65))
def test_sets_of_up_to_sixty_four_at_random(count: int) -> None:
    chance = random.Random(count)
    one = layout(count)
    for _ in range(40):
        unmet, asked = chance.getrandbits(count), chance.randrange(count)
        for field in (one.addressee, one.originator, one.clearance, one.facility):
            hit = bool(field.bit(asked) & field.bits(unmet))
            really = bool(unmet >> asked & 1)
            assert hit or not really  # what is not met is never missed
            assert hit == really or field.shared  # and only a shared bit may be meant for another
            if hit and not really:
                assert field.mask & one.shared == field.mask  # such a hit is looked at again
        rows = [[bool(chance.getrandbits(count) >> n & 1) for n in range(count)] for _ in range(2)]
        packed = _needed(rows, count)
        assert bool((packed[0] & packed[1]).any()) == any(a and b for a, b in zip(*rows, strict=True))


@pytest.mark.parametrize("bits", [4, 5, 6, 7, 12, 30, 48])
@pytest.mark.parametrize("count", [1, 3, 40, 300])
def test_no_two_fields_overlap_and_none_leaves_the_word(bits: int, count: int) -> None:
    one = layout(count, bits)
    fields = [field.mask for field in (one.addressee, one.originator, one.clearance, one.facility)]
    fixed = [FAILED, CAVEAT, AGAIN, NEED, ASSURANCE]
    assert sum(fields + fixed) == np.bitwise_or.reduce(np.array(fields + fixed, np.uint64))
    assert max(fields) < 1 << 64
    assert sum(fields).bit_count() <= bits


def test_static_failures_and_single_bits_are_told_apart() -> None:
    one = layout(3)
    for check in CHECKS:
        assert failed(one, BIT[check], FAILED) == BIT[check]
        assert checks_of(BIT[check]) == (check,)
    assert checks_of(FAILED) == CHECKS
    assert failed(one, CAVEAT | NEED | ASSURANCE, CAVEAT) == BIT["caveat"]
    assert failed(one, CAVEAT | NEED | ASSURANCE, NEED) == BIT["need-to-know"]
    assert failed(one, CAVEAT | NEED | ASSURANCE, ASSURANCE) == BIT["assurance"]
    assert failed(one, AGAIN, AGAIN) == 0  # says only that the mask does not decide
