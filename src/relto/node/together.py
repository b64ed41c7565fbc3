"""Several steps in one transaction, each of which succeeds or fails by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from relto.core.errors import ReltoError
from relto.node.node import Node
from relto.node.ports import Transaction

T = TypeVar("T")


def together(node: Node, steps: Sequence[Callable[[Transaction], T]]) -> list[T | ReltoError]:
    """What each step gives, or the error it raises, in order; what they wrote is durable, once for all of them.

    Whatever a step that fails had written is undone, and nothing else. Raises the error of a transaction that fails as
    a whole: then nothing is written.
    """
    found: list[T | ReltoError] = []
    if not steps:
        return found
    with node.store.write() as tx:
        for step in steps:
            try:
                with tx.part():
                    found.append(step(tx))
            except ReltoError as error:
                found.append(error)
    return found
