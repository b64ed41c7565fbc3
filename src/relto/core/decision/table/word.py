"""The 64-bit word of a cell, and the mask that an item and a person bring against it.

A cell's word holds, from below: the checks that fail whoever asks, then what it asks for (a bit each for the addressee,
for every originator it is bound to, for the clearance, facility and need it requires). A mask has a bit wherever the
item or person does not meet that. The request is permitted if and only if `word & mask` is zero.

Where a dossier has more addressees, originators or requirements than bits are left, several share a bit. A hit on a
shared bit may be meant for another, so it is looked at again; no hit can be missed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.verdict import CHECKS

Words = NDArray[np.uint64]

BIT: Final[dict[str, int]] = {check: 1 << number for number, check in enumerate(CHECKS)}
FAILED: Final = (1 << len(CHECKS)) - 1
CAVEAT: Final = 1 << 12
"""Met by every cell: set in a mask whose caveats refuse, whoever is addressed."""
AGAIN: Final = 1 << 13
"""Met by every cell: set in a mask that alone does not decide (consents, assurances, other nationals)."""
NEED: Final = 1 << 14
ASSURANCE: Final = 1 << 15
_FIRST, _BITS = 16, 64 - 16


@dataclass(frozen=True, slots=True)
class Field:
    """`count` things share `width` bits from `start` upwards."""

    start: int
    width: int
    count: int

    def bit(self, number: int) -> int:
        """The bit of thing `number`."""
        return 1 << (self.start + number % self.width)

    def bits(self, numbers: int) -> int:
        """The bits of a set of things, given as a bit set."""
        found, number = 0, 0
        while numbers:
            if numbers & 1:
                found |= self.bit(number)
            numbers >>= 1
            number += 1
        return found

    @property
    def mask(self) -> int:
        """All its bits."""
        return ((1 << self.width) - 1) << self.start

    @property
    def shared(self) -> bool:
        """Whether several things share a bit."""
        return self.count > self.width


@dataclass(frozen=True)
class Layout:
    """Where in a word each field lies."""

    addressee: Field
    originator: Field
    clearance: Field
    facility: Field

    @classmethod
    def of(cls, *, addressees: int, originators: int, requirements: int, bits: int = _BITS) -> Layout:
        """Share out `bits` among the fields; the largest gives way first where they do not suffice."""
        counts = [max(addressees, 1), max(originators, 1), max(requirements, 1), max(requirements, 1)]
        widths = list(counts)
        while sum(widths) > bits:
            widths[widths.index(max(widths))] -= 1
        starts = [_FIRST + sum(widths[:n]) for n in range(4)]
        return cls(*(Field(*one) for one in zip(starts, widths, counts, strict=True)))

    @cached_property
    def shared(self) -> int:
        """The bits that several things share: a hit on one of them is looked at again."""
        fields = (self.addressee, self.originator, self.clearance, self.facility)
        return sum(field.mask for field in fields if field.shared)

    @cached_property
    def _meaning(self) -> tuple[tuple[int, int], ...]:
        return (
            (self.addressee.mask | CAVEAT, BIT["caveat"]),
            (self.originator.mask, BIT["third-party"]),
            (self.clearance.mask, BIT["clearance"]),
            (self.facility.mask, BIT["facility"]),
            (NEED, BIT["need-to-know"]),
            (ASSURANCE, BIT["assurance"]),
        )

    def failed(self, hits: Words) -> NDArray[np.uint16]:
        """The failed checks behind `hits` (uint64, any shape): bit i is CHECKS[i]. Same shape, uint16."""
        found = (hits & np.uint64(FAILED)).astype(np.uint16)
        for bits, check in self._meaning:
            found |= ((hits & np.uint64(bits)) != 0).astype(np.uint16) * np.uint16(check)
        return found


def bits_of(checks: Iterable[str]) -> int:
    """The bit set of some checks."""
    return sum(BIT[check] for check in set(checks))


def checks_of(failed: int) -> tuple[str, ...]:
    """The names of the checks in a bit set, in DESIGN 5's order."""
    return tuple(check for check, bit in BIT.items() if failed & bit)
