"""Verifying a node by several processes at once: each looks at a share of it, in a view of the same moment.

Where anything does not hold, or a process ends, it is verified once more by this process alone, which says what: the
shares are quick where all is right, and decide nothing else.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from multiprocessing import get_context, parent_process, resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeAlias

from relto.compose import open_node
from relto.core.errors import ReltoError, VerificationFailed
from relto.node import Node, Verification, verify
from relto.node.ports import Reading
from relto.node.share import share_of
from relto.node.verify import whole
from relto.node.verify_part import Progress, look

WORTH: Final = 20_000
"""So many leaves are verified by one process before others have begun."""
MOST: Final = 16
_BEGIN_SECONDS: Final = 120.0
_LEAF_SECONDS: Final = 0.005  # twenty times what one takes
_TURN_SECONDS: Final = 5.0  # meanwhile the node cannot write, and its own turn to write comes within 30
_COLLECT: Final = (500_000, 20, 100)  # all that is read stays until the end, and hardly any of it refers to itself
_Pipe: TypeAlias = "Connection[Any, Any]"


def processors() -> int:
    """How many processes can work at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def verify_in_shares(folder: Path, node: Node, told: Progress, processes: int | None = None) -> Verification:
    """Verify the node in `folder`, by at most so many `processes` (None: one for each processor; a short ledger is
    verified by this one alone).

    `told` learns how far it is, as in `verify`. Raises as that does.
    """
    gc.set_threshold(*_COLLECT)
    count = min(processors() if processes is None else processes, MOST, _worth(node))
    if count > 1:
        found = _together(folder, node, told, count)
        if found is not None and found.holds:
            return found
    return verify(node, told)


def _worth(node: Node) -> int:
    with node.store.read() as reading:
        return reading.ledger_size() // WORTH


def _together(folder: Path, node: Node, told: Progress, count: int) -> Verification | None:
    """What the shares come to; None where one of them came to nothing."""
    try:
        with _helped(folder, count) as pipes, ExitStack() as held:
            with node.store.write():  # nobody writes until all have their view: it is the same
                reading = held.enter_context(node.store.read())
                seen, size = _seen(node, reading), reading.ledger_size()
                for pipe in pipes:
                    pipe.send(None)
                    if _heard(pipe, _TURN_SECONDS) != seen:
                        raise VerificationFailed("a share is of another moment")
            parts = [look(node, reading, share_of(reading, 0, count), told)]
            parts += [_heard(pipe, _BEGIN_SECONDS + size * _LEAF_SECONDS) for pipe in pipes]
            return whole(node, reading, parts, told)
    except (ReltoError, EOFError, OSError):
        return None


@contextmanager
def _helped(folder: Path, count: int) -> Iterator[list[_Pipe]]:
    """Other processes, `count` with this one, that have opened the node; they end with this."""
    context, pipes = get_context("spawn"), list[_Pipe]()
    with ExitStack() as held:
        resource_tracker.ensure_running()  # begun later, it would let the signal through
        with _uninterrupted():
            for number in range(1, count):
                here, there = context.Pipe()
                process = context.Process(target=_work, args=(folder, number, count, there), daemon=True)
                process.start()
                there.close()
                held.callback(process.join)
                held.callback(process.kill)
                held.callback(here.close)
                pipes.append(here)
        for pipe in pipes:
            _heard(pipe, _BEGIN_SECONDS)
        yield pipes


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Ctrl-C waits, and no process that is begun within ever hears it: who is interrupted is the one that began it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _heard(pipe: _Pipe, seconds: float) -> Any:
    """What another process says. Raises VerificationFailed where it says nothing for so long."""
    if not pipe.poll(seconds):
        raise VerificationFailed("a process that is to help does not answer")
    return pipe.recv()


def _seen(node: Node, reading: Reading) -> object:
    """By what a process sees that it looks at the same as another: the signed head, and the keys in their files."""
    return reading.checkpoint(), {party: chain.to_bytes() for party, chain in node.keys.chains.items()}


def _work(folder: Path, number: int, of: int, pipe: _Pipe) -> None:
    """What another process does: share `number` of the node in `folder`. Where it cannot, it ends."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(*_COLLECT)
    with suppress(ReltoError, EOFError, OSError):
        node = open_node(folder, None)
        pipe.send(None)
        pipe.recv()
        with node.store.read() as reading:
            pipe.send(_seen(node, reading))
            pipe.send(look(node, reading, share_of(reading, number, of), lambda *_: None))


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
