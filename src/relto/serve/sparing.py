"""The log of what anybody can bring about: so much of it that it can be seen what goes on, and no more."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import Final

from relto.serve.log import Log

MOST_AT_ONCE: Final = 240
"""Lines that one address may bring about at once; after that one a second."""
MOST_OF_ALL: Final = 2400
"""Lines that all of them may bring about at once; after that four a second, or some 80 MB a day."""
_A_SECOND: Final = 1.0
_OF_ALL_A_SECOND: Final = 4.0
_MOST_ADDRESSES: Final = 1024
_TELL_EVERY: Final = 10.0


class Sparing:
    """A log with a limit for each address, and one for all; how many lines were left out is told by `look`."""

    def __init__(self, log: Log, ticks: Callable[[], float] = time.monotonic) -> None:
        """`ticks`: seconds from any beginning, for a rehearsal's clock may stand still."""
        self._log, self._ticks = log, ticks
        self._lock = Lock()
        self._seen: OrderedDict[str, _Left] = OrderedDict()
        self._of_all = _Left(MOST_OF_ALL, ticks())
        self._left_out = 0
        self._told = ticks()

    def __call__(self, event: str, **fields: object) -> None:
        """Tell an event that nobody known has brought about, from wherever, if that may still be told."""
        self.tell("", event, **fields)

    def tell(self, address: str, event: str, /, **fields: object) -> None:
        """Tell an event that whoever is at this address has brought about, if that may still be told."""
        now = self._ticks()
        with self._lock:
            left = self._seen.pop(address, None) or _Left(MOST_AT_ONCE, now)
            self._seen[address] = left
            if len(self._seen) > _MOST_ADDRESSES:
                self._seen.popitem(last=False)
            tells = left.takes(now, MOST_AT_ONCE, _A_SECOND) and self._of_all.takes(now, MOST_OF_ALL, _OF_ALL_A_SECOND)
            self._left_out += not tells
        if tells:
            self._log(event, **fields)

    def look(self) -> None:
        """Tell how many lines were left out since that was last told, every ten seconds at most."""
        now = self._ticks()
        with self._lock:
            if not self._left_out or now - self._told < _TELL_EVERY:
                return
            left_out, self._left_out, self._told = self._left_out, 0, now
        self._log("lines left out", count=left_out)


class _Left:
    """How many lines are left, and since when that was so."""

    __slots__ = ("_lines", "_since")

    def __init__(self, most: int, now: float) -> None:
        self._lines, self._since = float(most), now

    def takes(self, now: float, most: int, a_second: float) -> bool:
        """Take one, if there is one."""
        self._lines = min(most, self._lines + (now - self._since) * a_second)
        self._since = now
        if self._lines < 1:
            return False
        self._lines -= 1
        return True
