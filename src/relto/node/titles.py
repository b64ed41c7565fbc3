"""Titles of what is held, kept in memory to be searched: a register only grows, and what a title is never changes."""

from __future__ import annotations

from bisect import bisect_right
from threading import Lock

from relto.node.ports import Reading


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
            self._catch_up(reading)
            key = " ".join(wanted.casefold().split())
            found, until = list[int](), len(self._text)
            while key and len(found) < most and (at := self._text.rfind(key, 0, until)) >= 0:
                place = bisect_right(self._starts, at) - 1
                found.append(self._numbers[place])
                until = self._starts[place]
            return found

    def _catch_up(self, reading: Reading) -> None:
        parts, length = [], len(self._text)
        for number, *said in reading.titles(self._numbers[-1] if self._numbers else 0):
            line = "\t".join(" ".join(one.casefold().split()) for one in said) + "\n"
            self._starts.append(length)
            self._numbers.append(number)
            length += len(line)
            parts.append(line)
        if parts:
            self._text += "".join(parts)
