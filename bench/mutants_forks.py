"""Runs mutants: pytest collects the tests once, then forks a process a mutant, which runs those that reach it.

The process forked from has run no test, so no memo that a test has filled hides a mutant. What a mutant costs is its
tests alone: no pytest starts, nothing is imported or collected again.
"""

from __future__ import annotations

import gc
import os
import pickle
import resource
import signal
import sys
from collections.abc import Collection
from contextlib import suppress
from time import process_time
from typing import NoReturn

import pytest

_ARGUMENTS = ["--rootdir=.", "-q", "-x", "-p", "no:xdist", "--capture=sys", "--hypothesis-seed=0"]
_LEAST = 10
"""Seconds of work that any mutant has, however fast its tests are."""
_WAITING = 60
"""Seconds it has in all for each of work: for the machine may be busy, and a deadlock does no work."""

Reach = dict[str, list[tuple[float, str]]]
"""For each function the tests that reach it, each with the seconds it takes."""


def run_forked(names: Collection[str], tests: list[str], children: int) -> dict[str, str]:
    """The fate of each mutant: `killed`, `survived`, `timeout`, or `no tests`. In a folder that holds the mutants."""
    forks = _Forks(names, children)
    code = pytest.main([*_ARGUMENTS, *tests], plugins=[forks])
    if code != 0 or set(forks.fates) != set(names):
        raise SystemExit(f"the tests do not pass without a mutant, or cannot be run (pytest ends with {code})")
    return forks.fates


class _Forks:
    """A plugin of pytest that runs mutants where pytest would run the tests."""

    def __init__(self, names: Collection[str], children: int) -> None:
        self.fates: dict[str, str] = {}
        self._names = names
        self._children = children
        self._running: dict[int, str] = {}

    def pytest_collection(self) -> None:
        """No deadline, for the machine may be busy; no memory, for one mutant must not teach the next."""
        from hypothesis import settings

        settings.register_profile("mutants", deadline=None, database=None)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        from mutmut.utils.format_utils import mangled_name_from_mutant_name

        items = {item.nodeid: item for item in session.items}
        reach = _reach(session)
        gc.freeze()
        every = sorted({one for timed in reach.values() for one in timed})
        self._start(session, "", [items[test] for _, test in every], sum(seconds for seconds, _ in every))
        self._wait()
        if self.fates.pop("") != "survived":
            raise SystemExit("the tests do not pass without a mutant")
        for name in sorted(self._names):
            timed = sorted(reach.get(mangled_name_from_mutant_name(name), ()))
            if not timed:
                self.fates[name] = "no tests"
                continue
            if len(self._running) == self._children:
                self._wait()
            self._start(session, name, [items[test] for _, test in timed], sum(seconds for seconds, _ in timed))
        while self._running:
            self._wait()
        return True

    def _start(self, session: pytest.Session, name: str, items: list[pytest.Item], seconds: float) -> None:
        child = os.fork()
        if child == 0:
            _test(session, name, items, seconds)
        self._running[child] = name

    def _wait(self) -> None:
        child, status = os.wait()
        name, code = self._running.pop(child), os.waitstatus_to_exitcode(status)
        late = (-signal.SIGXCPU, -signal.SIGALRM, -signal.SIGKILL)
        self.fates[name] = "survived" if code == 0 else "timeout" if code in late else "killed"
        if name and self.fates[name] != "killed":
            print(f"{self.fates[name]}: {name}", file=sys.stderr, flush=True)
        if len(self.fates) % 100 == 0:
            print(f"{len(self.fates)} of {len(self._names)}", file=sys.stderr, flush=True)


def _reach(session: pytest.Session) -> Reach:
    """Run every test once, in a process of its own, and note which functions it calls and how long it takes."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(_noted(session), pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        found: Reach | None = pickle.load(pipe)
    os.waitpid(child, 0)
    if found is None:
        raise SystemExit("a test fails without a mutant")
    return found


def _noted(session: pytest.Session) -> Reach | None:
    from mutmut.mutation.trampoline import set_mutant_under_test
    from mutmut.state import state

    set_mutant_under_test("stats")
    found: Reach = {}
    for number, item in enumerate(session.items):
        before = process_time()
        _protocol(session, item, session.items[number + 1] if number + 1 < len(session.items) else None)
        if session.testsfailed:
            print(f"{item.nodeid} fails without a mutant", file=sys.stderr)
            return None
        timed = process_time() - before, item.nodeid
        for function in state()._stats:
            found.setdefault(function, []).append(timed)
        state()._stats.clear()
    return found


def _test(session: pytest.Session, name: str, items: list[pytest.Item], seconds: float) -> NoReturn:
    """Run the tests of a mutant, the fastest first, until one fails; end this process with how it went."""
    from mutmut.mutation.trampoline import set_mutant_under_test

    code = 1
    try:
        limit = _LEAST + int(3 * seconds)
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5))
        signal.alarm(limit * _WAITING)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        set_mutant_under_test(name)
        for number, item in enumerate(items):
            _protocol(session, item, items[number + 1] if number + 1 < len(items) else None)
            if session.testsfailed:
                break
        else:
            code = 0
    finally:
        os._exit(code)


def _protocol(session: pytest.Session, item: pytest.Item, following: pytest.Item | None) -> None:
    with suppress(session.Failed, session.Interrupted):
        session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
