"""Lanes: from one sender to one addressee, cut where anything about them changes."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

from relto.core.decision.addressee import Addressee
from relto.core.decision.table.block import Frame
from relto.core.timeline import Instant

FREE: Final = 0
CONSENT: Final = 1
CLOSED: Final = 2
"""What an item of a third originator needs to pass: nothing, its consent, or no consent would do."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One agreement between the two over one stretch.

    `base`: for each act where its plane of cells begins in the table's words. `asks`: for each act the bits that all
    its cells have besides: the standing, the addressee, the originators it is bound to. `third`: for each originator
    FREE, CONSENT or CLOSED.
    """

    agreement: str
    frame: Frame
    in_force: bool
    base: tuple[int, ...]
    asks: tuple[int, ...]
    third: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to the next stretch no answer on this lane changes. `to` None: nobody by that name then."""

    start: Instant
    to: Addressee | None
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True)
class Lane:
    """The stretches from `sender` to `recipient` in order of time, over the whole window of the table."""

    sender: str
    recipient: str
    addressee: int
    stretches: tuple[Stretch, ...]
    starts: tuple[int, ...]

    def stretch(self, at: Instant) -> Stretch:
        """The stretch in which `at` lies."""
        return self.stretches[max(bisect_right(self.starts, at.ns) - 1, 0)]
