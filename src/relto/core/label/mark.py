"""A national classification mark, in its own script."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark as its party writes it, the common rank it stands for, and how to read it aloud."""

    mark: str
    rank: str
    roman: str = ""
    english: str = ""
    abbreviation: str = ""
    unconfirmed: bool = False
