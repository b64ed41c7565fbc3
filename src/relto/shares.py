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
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Final, TypeAlias

from relto.compose import open_node
from relto.core.errors import ReltoError, VerificationFailed
from relto.node import Node, Verification, verify
from relto.node.ports import Reading
from relto.node.share import share_of
from relto.node.verify import whole
from relto.node.verify_part import Part, Progress, look

WORTH: Final = 20_000
"""So many leaves are verified by one process before others have begun."""
MOST: Final = 16
_PATIENCE: Final = 10.0
"""Seconds for another process to take its view, in which nobody may write."""
_COLLECT: Final = (500_000, 20, 100)  # all that is read stays until the end, and hardly any of it refers to itself
_Pipe: TypeAlias = "Connection[Any, Any]"


def processors() -> int:
    """How many processes can work at once here."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def verify_in_shares(folder: Path, node: Node, told: Progress, processes: int | None = None) -> Verification:
    """Verify the node in `folder`, by so many `processes` (None: one for each processor, and one for a short ledger).

    `told` learns how far it is, as in `verify`. Raises as that does.
    """
    gc.set_threshold(*_COLLECT)
    count = _worth(node) if processes is None else min(processes, MOST)
    if count > 1:
        found = _together(folder, node, told, count)
        if found is not None and found.holds:
            return found
    return verify(node, told)


def _worth(node: Node) -> int:
    with node.store.read() as reading:
        return max(1, min(processors(), MOST, reading.ledger_size() // WORTH))


def _together(folder: Path, node: Node, told: Progress, count: int) -> Verification | None:
    """What the shares come to; None where one of them came to nothing."""
    try:
        with _helped(folder, count) as pipes, ExitStack() as held:
            with node.store.write():  # nobody writes until all have their view: it is the same
                reading = held.enter_context(node.store.read())
                reading.ledger_size()
                for pipe in pipes:
                    _take_turn(pipe)
            parts = [look(node, reading, share_of(reading, 0, count), told)]
            parts += [_part_from(pipe) for pipe in pipes]
            return whole(node, reading, parts, told)
    except (ReltoError, EOFError, OSError):
        return None


@contextmanager
def _helped(folder: Path, count: int) -> Iterator[list[_Pipe]]:
    """Other processes, `count` with this one, that have opened the node; they end with this."""
    context, pipes = get_context("spawn"), list[_Pipe]()
    with ExitStack() as held:
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
            pipe.recv()
        yield pipes


def _take_turn(pipe: _Pipe) -> None:
    """Have another process take its view, now. Raises VerificationFailed where it does not."""
    pipe.send(None)
    if not pipe.poll(_PATIENCE):
        raise VerificationFailed("a process takes no view of the store")
    pipe.recv()


def _part_from(pipe: _Pipe) -> Part:
    found: Part | None = pipe.recv()
    if found is None:
        raise VerificationFailed("a share came to nothing")
    return found


def _work(folder: Path, number: int, of: int, pipe: _Pipe) -> None:
    """What another process does: share `number` of the node in `folder`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the one that began it
    threading.Thread(target=_end_with_parent, daemon=True).start()
    gc.set_threshold(*_COLLECT)
    node = open_node(folder, None)
    pipe.send(None)
    pipe.recv()
    with node.store.read() as reading:
        reading.ledger_size()
        pipe.send(None)
        pipe.send(_looked(node, reading, number, of))


def _looked(node: Node, reading: Reading, number: int, of: int) -> Part | None:
    try:
        return look(node, reading, share_of(reading, number, of), lambda *_: None)
    except ReltoError:
        return None


def _end_with_parent() -> None:
    parent = parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)
