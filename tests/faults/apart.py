"""Processes of their own, two at a time: what is killed, and what recovers.

A job is a generator that yields each process it has started and is given its exit code, negative where a signal ended
it. One thread looks after all of them: multiprocessing's children are not to be waited for by two.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from multiprocessing import connection, get_context
from multiprocessing.context import ForkServerProcess
from typing import TypeVar

WORKERS = 2
KILLED = -9

context = get_context("forkserver")
context.set_forkserver_preload(["tests.faults.kills"])

R = TypeVar("R")
Job = Generator[ForkServerProcess, int, R]


def started(target: Callable[..., None], *arguments: object) -> ForkServerProcess:
    """Start `target` in a process of its own."""
    process = context.Process(target=target, args=arguments)
    process.start()
    return process


def together(jobs: Iterable[Job[R]], workers: int = WORKERS) -> Iterator[R]:
    """Carry jobs out, so many at a time; their results as they come."""
    waiting = iter(jobs)
    running: dict[int, tuple[ForkServerProcess, Job[R]]] = {}
    while True:
        while len(running) < workers and (job := next(waiting, None)) is not None:
            process = next(job)
            running[process.sentinel] = process, job
        if not running:
            return
        for ready in connection.wait(list(running)):
            assert isinstance(ready, int)
            process, job = running.pop(ready)
            process.join()
            assert process.exitcode is not None
            try:
                following = job.send(process.exitcode)
            except StopIteration as end:
                yield end.value
            else:
                running[following.sentinel] = following, job


def alone(target: Callable[..., None], *arguments: object) -> int:
    """Run `target` in a process of its own; its exit code."""

    def job() -> Job[int]:
        return (yield started(target, *arguments))

    return next(together([job()]))
