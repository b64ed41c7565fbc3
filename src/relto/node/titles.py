"""Titles of what is held, kept in memory to be searched: a register only grows, and what a title is never changes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from threading import Lock
from typing import Final

from relto.node.ports import Reading, Store

_AT_ONCE: Final = 500


class Titles:
    """An index of one store's holdings by item, name, title and originator, that catches up at each search."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._text = ""
        self._starts: list[int] = []
        self._numbers: list[int] = []

    def search(self, reading: Reading, wanted: str, most: int) -> list[int]:
        """The numbers of the newest `most` holdings in which `wanted` stands, whatever its case, the newest first."""
        with self._lock:
            self._read(reading, None)
            key = " ".join(wanted.casefold().split())
            found, until = list[int](), len(self._text)
            while key and len(found) < most and (at := self._text.rfind(key, 0, until)) >= 0:
                place = bisect_right(self._starts, at) - 1
                found.append(self._numbers[place])
                until = self._starts[place]
            return found

    def catch_up(self, store: Store, ended: Callable[[], bool] = lambda: False) -> None:
        """Read the titles that are not in it yet, part by part, so that nobody waits for the whole; until there are no
        more, or `ended` says so."""
        while not ended():
            with store.read() as reading, self._lock:
                if not self._read(reading, _AT_ONCE):
                    return

    def _read(self, reading: Reading, limit: int | None) -> bool:
        """Read the next titles; whether there were any."""
        parts, length = [], len(self._text)
        for number, *said in reading.titles(self._numbers[-1] if self._numbers else 0, limit):
            line = "\t".join(" ".join(one.casefold().split()) for one in said) + "\n"
            self._starts.append(length)
            self._numbers.append(number)
            length += len(line)
            parts.append(line)
        if parts:
            self._text += "".join(parts)
        return bool(parts)
