"""Several steps in one transaction, each of which succeeds or fails by itself; what they sign shares one signature."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Generic, TypeAlias, TypeVar

from relto.core.errors import ReltoError
from relto.core.evidence import Evidence
from relto.node.log import Entered, enter_all, sign_all
from relto.node.node import Node
from relto.node.ports import Transaction

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Draft(Generic[T]):
    """A step that has decided what to state and has written nothing yet: `finish` takes the statement as it was entered
    into the ledger, writes all else that the step writes, and gives what it gives. `heard`: what a peer has stated and
    signed, which is entered before it."""

    evidence: Evidence
    finish: Callable[[Entered], T]
    heard: tuple[tuple[Evidence, str], ...] = ()


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
    return finished(node, tx, [step(tx) for step in steps])


def finished(node: Node, tx: Transaction, begun: Sequence[T | Draft[T]]) -> list[T]:
    """What these steps give, in order, their drafts signed at once, entered at once, and finished."""
    drafts = [one for one in begun if isinstance(one, Draft)]
    signed = sign_all(node, [one.evidence for one in drafts])
    stated = [(*one.heard, (one.evidence, own)) for one, own in zip(drafts, signed, strict=True)]
    entered = iter(enter_all(node, tx, [*chain.from_iterable(stated)]))
    own = iter([[*islice(entered, len(one))][-1] for one in stated])
    return [one.finish(next(own)) if isinstance(one, Draft) else one for one in begun]
