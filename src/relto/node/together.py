"""Several steps in one transaction, each of which succeeds or fails by itself; what they sign shares one signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from relto.core.errors import ReltoError
from relto.core.evidence import Evidence
from relto.node.log import sign_all
from relto.node.node import Node
from relto.node.ports import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draft(Generic[T]):
    """A step that has decided what to state and has written nothing yet: `finish` takes the statement as signed, writes
    all that the step writes, and gives what it gives."""

    evidence: Evidence
    finish: Callable[[str], T]


Step: TypeAlias = Callable[[Transaction], T | Draft[T]]

Answering: TypeAlias = Step[bytes]
"""What is left once a message has verified: to answer it within a transaction. What it refuses to answer, it raises
before it writes anything."""


def together(node: Node, steps: Sequence[Step[T]], *, apart: bool = False) -> list[T | ReltoError]:
    """What each step gives, or the error it raises, in order; what they wrote is durable, once for all of them.

    Whatever a step that fails had written is undone, and nothing else. `apart`: a step may rest on what one before it
    wrote; else all decide before any writes, which must not matter to them, and two that write the same count as a
    failure of either. Raises the error of a transaction that fails as a whole: then nothing is written.
    """
    if not steps:
        return []
    if not apart:
        try:
            with node.store.write() as tx:
                return [*_at_once(node, tx, steps)]
        except ReltoError:  # one of them fails, or the store does: each by itself will tell
            pass
    found: list[T | ReltoError] = []
    with node.store.write() as tx:
        for step in steps:
            try:
                with tx.part():
                    only: list[T] = _at_once(node, tx, [step])
                    found.extend(only)
            except ReltoError as error:
                found.append(error)
    return found


def _at_once(node: Node, tx: Transaction, steps: Sequence[Step[T]]) -> list[T]:
    return finished(node, [step(tx) for step in steps])


def finished(node: Node, begun: Sequence[T | Draft[T]]) -> list[T]:
    """What these steps give, in order, their drafts signed at once and finished."""
    signed = iter(sign_all(node, [one.evidence for one in begun if isinstance(one, Draft)]))
    return [one.finish(next(signed)) if isinstance(one, Draft) else one for one in begun]
