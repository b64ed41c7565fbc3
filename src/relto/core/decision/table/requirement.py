"""Requirements: what a rank asks of whoever is to hold or see it, under one text's order of ranks.

Two ranks under two texts ask the same where the same ranks suffice; they then share a number.
"""

from __future__ import annotations

from collections.abc import Iterable

from relto.core.label import STANDARD_RANKS, RankOrder


class Requirements:
    """Numbers for all requirements met so far. `ranks`: every rank that any order knows."""

    def __init__(self, ranks: Iterable[str]) -> None:
        self._ranks = tuple(dict.fromkeys((*ranks, *STANDARD_RANKS)))
        self._suffices: list[frozenset[str]] = []
        self._numbers: dict[frozenset[str], int] = {}
        self._known: dict[tuple[RankOrder, str], int] = {}

    def __len__(self) -> int:
        return len(self._suffices)

    def number(self, order: RankOrder, rank: str) -> int:
        """The number of what `rank` asks under `order`."""
        found = self._known.get((order, rank))
        if found is None:
            suffices = frozenset(one for one in (*self._ranks, rank) if order.at_least(one, rank))
            found = self._numbers.setdefault(suffices, len(self._suffices))
            if found == len(self._suffices):
                self._suffices.append(suffices)
            self._known[order, rank] = found
        return found

    def met_by(self, rank: str | None) -> int:
        """The requirements that a clearance, ceiling or accreditation of `rank` meets, as a bit set."""
        return sum(1 << number for number, ranks in enumerate(self._suffices) if rank in ranks)
