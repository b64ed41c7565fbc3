"""A page before it is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

T = TypeVar("T")
ROWS: Final = 50
"""How many rows of a list stand on one page."""


@dataclass(frozen=True, slots=True)
class Page:
    """A template, the page's title, and what goes into it."""

    template: str
    title: str
    given: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Turn:
    """One leaf of a long list: which, of how many, and of how many rows in all."""

    number: int
    last: int
    total: int

    @classmethod
    def of(cls, asked: str, total: int) -> Turn:
        """The leaf asked for, or the nearest that there is."""
        last = max(1, -(-total // ROWS))
        number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 9 else 1
        return cls(min(max(number, 1), last), last, total)

    @property
    def start(self) -> int:
        """The place of its first row."""
        return (self.number - 1) * ROWS
