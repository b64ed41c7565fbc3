"""Keeping what sends and answers from having to wait for the process's own housekeeping."""

from __future__ import annotations

import gc
import sys
import threading
from contextlib import suppress
from itertools import count
from typing import Final

from relto.core.errors import ReltoError
from relto.node.ports import Store

_EVERY: Final = 0.1
_SWITCH: Final = 0.0001
_COLLECT: Final = (50_000, 20, 50)
"""What a message makes hardly ever refers to itself: the collector looks at what is new on each turn here, a little at
a time, and by itself only where more than so much came between two."""
_COLLECT_ALL_EVERY: Final = 600


class Tidying:
    """A thread that copies the log of a store into its file and has the collector look at what is new, ten times a
    second: commits then need not do the one, nor answers wait for the other, for to look at all that ten thousand
    messages left takes as long as to answer twenty."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relto-tidy", daemon=True)

    def __enter__(self) -> Tidying:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Begin. What stands in memory now stands there to the end: the collector need not look at it again.

        Threads here mostly wait for the disk and for peers: one that comes back is not to wait for one that computes.
        """
        gc.freeze()
        gc.set_threshold(*_COLLECT)
        sys.setswitchinterval(_SWITCH)
        self._thread.start()

    def stop(self) -> None:
        """End."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    def _run(self) -> None:
        for turn in count(1):
            if self._stop.wait(_EVERY):
                return
            gc.collect(0 if turn % _COLLECT_ALL_EVERY else 2)
            with suppress(ReltoError):  # it is told where something is read or written
                self._store.tidy()
