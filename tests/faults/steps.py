"""Steps: every call by which a node can change its store or speak to a peer, counted; the process dies at the nth.

What those calls are comes from the ports themselves, so that one that is added is a step too.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, cast

from relto.node import Node
from relto.node.ports import Link, Reading, Store, Transaction

WRITES: Final = {name for name in vars(Transaction).keys() - vars(Reading).keys() if not name.startswith("_")}
SENDS: Final = {name for name in vars(Link) if not name.startswith("_")}


class Steps:
    """Counts steps, and kills this process with SIGKILL at the one numbered `kill_at`; 0: at none."""

    def __init__(self, kill_at: int = 0) -> None:
        self.count = 0
        self.kill_at = kill_at

    def step(self) -> None:
        """One step more."""
        self.count += 1
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class SteppedTransaction:
    """A step before each write."""

    def __init__(self, inner: Transaction, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        if name in WRITES:
            self._steps.step()
        return getattr(self._inner, name)


class SteppedStore:
    """A step before a transaction begins, before it is committed, and after."""

    def __init__(self, inner: Store, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        self._steps.step()
        with self._inner.write() as tx:
            yield SteppedTransaction(tx, self._steps)
            self._steps.step()
        self._steps.step()


class SteppedLink:
    """A step before a message leaves, and one when its reply is there."""

    def __init__(self, inner: Link, steps: Steps) -> None:
        self._inner, self._steps = inner, steps

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        return self._stepped(found) if name in SENDS else found

    def _stepped(self, send: Callable[..., Any]) -> Callable[..., Any]:
        def stepped(*arguments: Any, **named: Any) -> Any:
            self._steps.step()
            reply = send(*arguments, **named)
            self._steps.step()
            return reply

        return stepped


def count_steps(node: Node, steps: Steps) -> None:
    """Let every step of `node` be counted."""
    node.store = cast(Store, SteppedStore(node.store, steps))
    node.link = cast(Link, SteppedLink(node.link, steps))
