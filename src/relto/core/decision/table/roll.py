"""Rolls: every item and every person once, by number."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

K = TypeVar("K", bound=Hashable)


class Numbered(Protocol):
    """What has a place on a roll."""

    def take(self, number: int) -> None:
        """Take the number for its own, before anybody else sees it."""
        ...


V = TypeVar("V", bound=Numbered)


class Roll(Generic[K, V]):
    """What `make` makes of each key, by key and by number.

    Any number of threads may enter at once. There is no lock, only steps that nothing comes between: a row is taken,
    then one of those who entered the same key is chosen for all. A key that two entered in the same moment has two
    rows, and whoever reads by number finds the same under both.
    """

    def __init__(self, make: Callable[[K], V]) -> None:
        self._make = make
        self._found: dict[K, V] = {}
        self.rows: list[V] = []

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, key: K) -> V:
        found = self._found.get(key)
        return found if found is not None else self._enter(key)

    def _enter(self, key: K) -> V:
        made = self._make(key)
        self.rows.append(made)
        number = len(self.rows) - 1
        while self.rows[number] is not made:  # others have entered since
            number -= 1
        made.take(number)
        return self._found.setdefault(key, made)
