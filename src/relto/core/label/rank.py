"""The order of ranks: which level is at least as high as which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

STANDARD_RANKS: Final = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED")
"""The four levels that defence agreements share (variants 1), and what carries none."""


@dataclass(frozen=True, slots=True)
class RankOrder:
    """Several lists, each high to low; the first that knows both ranks decides. What none knows is not comparable."""

    lists: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, lists: Iterable[Sequence[str]]) -> RankOrder:
        """An order from lists high to low, with the standard one last. Repeated ranks count once."""
        return cls(tuple(tuple(dict.fromkeys(ranks)) for ranks in (*lists, STANDARD_RANKS)))

    def at_least(self, rank: str, floor: str) -> bool:
        """Whether `rank` is as high as `floor` or higher. False where they cannot be compared: closed when in doubt."""
        if rank == floor:
            return True
        for ranks in self.lists:
            if rank in ranks and floor in ranks:
                return ranks.index(rank) < ranks.index(floor)
        return False

    def knows(self, rank: str) -> bool:
        """Whether any list names `rank`."""
        return any(rank in ranks for ranks in self.lists)
