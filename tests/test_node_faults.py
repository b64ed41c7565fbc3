"""Crashes at every step, kill -9, and two processes at once: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from relto.node import dispatch_pending, relay_pending, verify
from relto.node.node import Node
from relto.node.ports import Reading, Store, Transaction
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, all_verify, at, cast, pact, standing

__all__ = ["cast", "pact"]

WRITES = frozenset(
    "raise_high_water append_leaf append_leaves add_decision enqueue update_outbox remember add_holding update_holding "
    "put_instrument note".split()
)


class Crash(BaseException):
    """The process is gone; nothing catches this."""


class Countdown:
    """Crashes at the step when it has run down."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def step(self) -> None:
        self.left -= 1
        if self.left == 0:
            raise Crash


class FailingTransaction:
    def __init__(self, inner: Transaction, countdown: Countdown) -> None:
        self._inner, self._countdown = inner, countdown

    def __getattr__(self, name: str) -> Any:
        if name in WRITES:
            self._countdown.step()
        return getattr(self._inner, name)


class FailingStore:
    """A store that crashes before its nth write, or just before or after a commit."""

    def __init__(self, inner: Store, countdown: Countdown) -> None:
        self._inner, self._countdown = inner, countdown

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._inner.write() as tx:
            yield FailingTransaction(tx, self._countdown)
            self._countdown.step()
        self._countdown.step()

    @contextmanager
    def read(self) -> Iterator[Reading]:
        with self._inner.read() as reading:
            yield reading

    @contextmanager
    def turn(self, peers: Iterable[str]) -> Iterator[None]:
        with self._inner.turn(peers):
            yield

    def tidy(self) -> None:
        self._inner.tidy()

    def close(self) -> None:
        self._inner.close()


def crash_everywhere(
    cast: Cast, party: str, act: Callable[[], object], recover: Callable[[], object], *, every: int = 1
) -> int:
    """Let the node of `party` crash at its 1st, 2nd, ... step of `act` (or `every` so many), reopening and recovering
    each time."""
    for steps in range(1, 200, every):
        node = cast.nodes[party]
        node.store = FailingStore(node.store, Countdown(steps))
        try:
            act()
        except Crash:
            for name in cast.nodes:
                cast.reopen(name)
            recover()
            all_verify(cast)
        else:
            cast.reopen(party)
            return steps - 1
    raise AssertionError("it never came to an end")


def transmittals(node: Node) -> list[str]:
    with node.store.read() as reading:
        return [row.state for row in reading.outbox() if row.kind == "transmittal"]


def held(node: Node) -> int:
    with node.store.read() as reading:
        return len(reading.holdings())


@pytest.mark.parametrize("party", ["KOR", "JPN"])
def test_a_crash_at_any_step_of_a_release_loses_and_doubles_nothing(pact: Cast, party: str) -> None:
    def whole() -> None:
        dispatch_pending(pact.kor)
        states = transmittals(pact.kor)
        assert set(states) <= {"done"}
        assert len(states) == held(pact.jpn)

    crashes = crash_everywhere(pact, party, pact.release, whole)
    assert crashes >= {"KOR": 14, "JPN": 7}[party]
    whole()
    assert held(pact.jpn) >= crashes - 6


@pytest.mark.parametrize("party", ["KOR", "JPN"])
def test_a_crash_at_any_step_of_agreeing_leaves_both_with_the_same_record(cast: Cast, party: str) -> None:
    cast.enter_into_force()
    cast.clock.set(at("2019-08-23T15:30+09:00"))
    count = 0

    def give() -> None:
        nonlocal count
        count += 1
        cast.sign(f"n{count:03}", "termination-notice", "KOR", "2019-08-23T15:30+09:00")

    def same() -> None:
        dispatch_pending(cast.kor)
        with cast.kor.store.read() as mine, cast.jpn.store.read() as theirs:
            assert [one.id for one in mine.instruments()] == [one.id for one in theirs.instruments()]
        assert standing(cast.kor).state == standing(cast.jpn).state

    assert crash_everywhere(cast, party, give, same) >= 5
    same()


@pytest.mark.parametrize("party", ["USA", "JPN"])
def test_a_crash_at_any_step_of_a_relay_passes_each_item_on_once(pact: Cast, party: str) -> None:
    pact.clock.set(LAPSE)

    def relay() -> None:
        assert pact.release(via=("USA",)).state == "done"
        relay_pending(pact.usa)

    def whole() -> None:
        for node in (pact.kor, pact.usa):
            dispatch_pending(node)
        relay_pending(pact.usa)
        assert set(transmittals(pact.kor)) | set(transmittals(pact.usa)) <= {"done"}
        assert len(transmittals(pact.kor)) == held(pact.usa) == held(pact.jpn)

    assert crash_everywhere(pact, party, relay, whole) >= 5
    whole()


CHILD = """
    import sys
    from relto.adapters.clock import ReplayClock
    from relto.compose import open_node, wire
    from relto.core.timeline import parse_instant
    from relto.node import dispatch_pending, release

    folder, act = sys.argv[1:]
    clock = ReplayClock(parse_instant("2019-10-31T18:00+09:00"))
    kor, jpn = (open_node(f"{folder}/{party}", %r, clock=clock) for party in ("KOR", "JPN"))
    wire([kor, jpn])
    if act == "dispatch":
        print("ready", flush=True)
        sys.stdin.readline()
        dispatch_pending(kor)
    for _ in range(int(act) if act.isdigit() else 0):
        sent = release(kor, kor.base.item("msl-2019-10-31"), "JPN")
        print(sent.state, sent.row.subject, flush=True)
"""


def child(cast: Cast, act: str) -> subprocess.Popen[str]:
    code = textwrap.dedent(CHILD % PASSPHRASE)
    return subprocess.Popen(
        [sys.executable, "-c", code, str(cast.folder), act], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


def test_kill_9_in_the_middle_of_releases_loses_nothing_that_was_acknowledged(pact: Cast) -> None:
    draw = random.Random(20191123)
    acknowledged: list[str] = []
    for _ in range(3):
        with child(pact, "10000") as process:
            assert process.stdout is not None
            for _ in range(draw.randrange(3, 40)):
                state, subject = process.stdout.readline().split()
                assert state == "done"
                acknowledged.append(subject)
            process.kill()
            rest = process.stdout.read().splitlines(keepends=True)
            acknowledged += [line.split()[1] for line in rest if line.startswith("done ") and line.endswith("\n")]
        for party in ("KOR", "JPN"):
            assert verify(pact.reopen(party)).problems == ()
        dispatch_pending(pact.kor)
        with pact.jpn.store.read() as reading:
            ids = [one.id for one in reading.holdings()]
        assert len(ids) == len(set(ids)) == len(transmittals(pact.kor))
        assert set(acknowledged) <= set(ids)
        assert set(transmittals(pact.kor)) == {"done"}
        all_verify(pact)


def test_two_processes_releasing_at_once_keep_one_ledger(pact: Cast) -> None:
    children = [child(pact, "12") for _ in range(2)]
    said = [process.communicate(timeout=60)[0].splitlines() for process in children]
    assert [len(lines) for lines in said] == [12, 12]
    assert len({line for lines in said for line in lines}) == 24
    for party in ("KOR", "JPN"):
        pact.reopen(party)
    assert transmittals(pact.kor) == ["done"] * 24
    assert held(pact.jpn) == 24
    all_verify(pact)


def test_two_processes_sending_the_same_queue_deliver_each_item_once(pact: Cast) -> None:
    pact.link.set_down("JPN")
    for _ in range(10):
        assert pact.release().state == "queued"
    children = [child(pact, "dispatch") for _ in range(2)]
    for process in children:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in children:
        process.communicate("go\n", timeout=60)
        assert process.returncode == 0
    for party in ("KOR", "JPN"):
        pact.reopen(party)
    assert transmittals(pact.kor) == ["done"] * 10
    assert held(pact.jpn) == 10
    all_verify(pact)
