"""The pump of a node that serves: what is queued goes, whatever happens to a try before."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from random import Random
from threading import Event
from typing import Any, Final

import pytest

from relto.core.errors import Conflict, ReltoError
from relto.node import Node, delivery_of, relay_pending, report_compromise
from relto.node.ports import Transaction
from relto.serve.pump import Pump
from tests.serving import until
from tests.test_batch import holdings, queued
from tests.test_node_setup import LAPSE, Cast, all_verify, cast, pact
from tests.test_round import Deaf

__all__ = ["cast", "pact"]


class Breaking:
    """A link that breaks once, as no link is to break."""

    def __init__(self, cast: Cast) -> None:
        self._cast, self.broken = cast, False

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        if not self.broken:
            self.broken = True
            raise ValueError("something that nobody thought of")
        return self._cast.link.exchange_many(peer, messages)


class Choosy:
    """A link to a peer that answers one message with what is no answer to it."""

    def __init__(self, cast: Cast, refuses: bytes) -> None:
        self._cast, self.refuses, self.refused = cast, refuses, 0

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if message == self.refuses:
            self.refused += 1
            return b"none"
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return [self.exchange(peer, *one) for one in messages]


def test_what_nobody_thought_of_is_told_and_tried_again(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.serve.pump.FIRST_DELAY", 0.01)
    told: list[tuple[str, str]] = []
    pact.kor.link = link = Breaking(pact)
    pump = Pump(pact.kor, lambda peer, _subject, state: told.append((peer, state)), lambda: None, Random(1))
    names = [row.subject for row in queued(pact, 3)]
    pump.start()
    try:
        pump.wake()
        until(lambda: len(holdings(pact.jpn)) == 3)
        until(lambda: [state for _, state in told].count("done") == 3)
    finally:
        pump.stop()
    assert link.broken
    assert ("JPN", "ValueError: tried again later") in told
    assert holdings(pact.jpn) == names
    all_verify(pact)


@contextmanager
def pumping(
    node: Node, told: list[str], refresh: Callable[[], None] = lambda: None, *, named: bool = False
) -> Iterator[Pump]:
    """A pump at work; `told` has what became of messages, after what each is about where that is `named`."""

    def tell(_peer: str, subject: str, state: str) -> None:
        told.append(f"{subject} {state}" if named else state)

    pump = Pump(node, tell, refresh, Random(1))
    pump.start()
    try:
        yield pump
    finally:
        pump.stop()


def test_what_goes_wrong_at_a_turn_is_told_once_and_ends_nothing(pact: Cast) -> None:
    told, turns = list[str](), list[None]()

    def refresh() -> None:
        turns.append(None)
        if len(turns) <= 3:
            raise OSError("too many open files")

    queued(pact, 1)
    with pumping(pact.kor, told, refresh):
        until(lambda: len(holdings(pact.jpn)) == 1)
    assert told.count("OSError: tried again later") == 1


class Hanging:
    """A link on which no transmittal to one peer is answered until it is let go."""

    def __init__(self, cast: Cast, peer: str, seconds: float = 20) -> None:
        self._link, self._peer, self._seconds = cast.link, peer, seconds
        self.asked, self.go = Event(), Event()

    def close(self) -> None:
        self._link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if (peer, kind) == (self._peer, "transmittal"):
            self.asked.set()
            self.go.wait(self._seconds)
        return self._link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return [self.exchange(peer, kind, message) for kind, message in messages]


def test_who_waits_for_what_is_passed_on_holds_up_nobody_else(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    pact.link.set_down("KOR")
    (report,) = report_compromise(pact.usa, holdings(pact.usa)[0], "Left on a desk.")
    assert report.state == "queued"
    pact.link.set_down("KOR", False)
    pact.usa.link = link = Hanging(pact, "JPN")
    with pumping(pact.usa, list[str]()):
        try:
            assert link.asked.wait(20)
            until(lambda: [one.state for one in delivery_of(pact.usa, report.row.subject)] == ["done"], 10)
            assert holdings(pact.jpn) == []
        finally:
            link.go.set()
        until(lambda: len(holdings(pact.jpn)) == 1)
    all_verify(pact)


_ENDS: Final = """\
import sys
from pathlib import Path
from relto.serve import pump
from tests import test_pump as pumps

pact = pumps.Cast(Path(sys.argv[1]))
pact.enter_into_force()
pumps.queued(pact, 1)
pact.kor.link = link = pumps.Hanging(pact, "JPN", 3600)
with pumps.pumping(pact.kor, []):
    assert link.asked.wait(60)
    pump._PATIENCE = 0.01
"""


def test_a_process_that_ends_waits_for_no_peer(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", _ENDS, tmp_path], check=True, timeout=120)


def change(node: Node, sealed: bytes) -> bytes:
    """Put something else in the place of the first sealed item; what stood there."""
    with node.store.write() as tx:
        connection = tx._connection  # type: ignore[attr-defined]
        (before,) = connection.exec_driver_sql("SELECT sealed FROM holding WHERE number = 1").one()
        connection.exec_driver_sql("UPDATE holding SET sealed = ? WHERE number = 1", (sealed,))
    return bytes(before)


def test_what_cannot_be_passed_on_holds_up_nothing_and_goes_once_it_can(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    for _ in range(2):
        pact.release(via=("USA",))
    whole, told = change(pact.usa, b"x"), list[str]()
    with pytest.raises(ReltoError, match="sealed"):
        relay_pending(pact.usa)
    assert len(holdings(pact.jpn)) == 1
    with pumping(pact.usa, told):
        until(lambda: told)
        change(pact.usa, whole)
        until(lambda: len(holdings(pact.jpn)) == 2)
    all_verify(pact)


def test_a_store_that_others_use_is_no_reason_to_pass_nothing_on(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    write, tried = pact.usa.store.write, list[None]()

    def busy() -> AbstractContextManager[Transaction]:
        tried.append(None)
        if len(tried) == 1:
            raise Conflict("the store is in use", remedy="try again")
        return write()

    monkeypatch.setattr(pact.usa.store, "write", busy)
    with pumping(pact.usa, list[str]()):
        until(lambda: len(holdings(pact.jpn)) == 1)
    all_verify(pact)


def test_what_cannot_be_passed_on_is_not_tried_at_every_turn(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    change(pact.usa, b"x")
    monkeypatch.setattr("relto.serve.pump.FIRST_DELAY", 3600.0)
    release = sys.modules["relto.node.release"]
    forward, tried, turns = release._forward, list[str](), list[None]()

    def tries(node: Node, holding: str, *more: str) -> Any:
        tried.append(holding)
        return forward(node, holding, *more)

    monkeypatch.setattr(release, "_forward", tries)
    told = list[str]()
    with pumping(pact.usa, told, lambda: turns.append(None)):
        until(lambda: len(turns) >= 8)
        assert len(tried) == 1
        pact.release(via=("USA",))  # what is new goes at once for all that
        until(lambda: len(holdings(pact.jpn)) == 1)
    assert len(tried) == 2
    assert len([one for one in told if one != "done"]) == 1


def test_what_its_peer_does_not_take_in_is_tried_less_and_less_often(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.serve.pump.FIRST_DELAY", 0.05)
    pact.link.set_down("JPN")
    pact.sign("n009", "termination-notice", "KOR", "2019-11-18T10:00+09:00")
    pact.link.set_down("JPN", False)
    pact.kor.link = link = Deaf(pact)
    turns = list[None]()
    with pumping(pact.kor, list[str](), lambda: turns.append(None)):
        until(lambda: link.asked >= 3 and len(turns) >= 20)
        assert link.asked <= len(turns) // 2
    pact.kor.link = pact.link
    with pumping(pact.kor, told := list[str]()):
        until(lambda: told == ["done"])
    all_verify(pact)


def test_what_is_queued_after_it_goes_at_once_and_what_comes_in_has_it_tried_again(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.serve.pump.FIRST_DELAY", 3600.0)
    stuck = queued(pact, 1)[0]
    pact.kor.link = link = Choosy(pact, stuck.message)
    with pumping(pact.kor, told := list[str](), named=True) as pump:
        until(lambda: link.refused == 1)
        later = queued(pact, 1)[0]
        until(lambda: f"{later.subject} done" in told)
        until(lambda: link.refused == 2)  # what was settled may be what it has waited for
        link.refuses = b""
        pump.wake()
        until(lambda: f"{stuck.subject} done" in told)
    all_verify(pact)


def test_a_steady_flow_does_not_keep_what_is_left_from_being_tried(pact: Cast) -> None:
    stuck = queued(pact, 1)[0]
    pact.kor.link = link = Choosy(pact, stuck.message)
    with pumping(pact.kor, told := list[str](), named=True) as pump:
        until(lambda: link.refused == 1)
        link.refuses = b""

        def flows() -> bool:
            queued(pact, 1)  # there is always one more
            pump.wake()
            return f"{stuck.subject} done" in told

        until(flows)
    assert len([one for one in told if not one.endswith(" done")]) == 1  # why it stayed is told once
    all_verify(pact)


def test_however_often_something_comes_in_what_is_left_is_tried_now_and_then(pact: Cast) -> None:
    stuck = queued(pact, 1)[0]
    pact.kor.link = link = Choosy(pact, stuck.message)
    turns = list[None]()
    with pumping(pact.kor, list[str](), lambda: turns.append(None)) as pump:

        def woken() -> bool:
            pump.wake()
            return link.refused >= 3 and len(turns) >= 100

        until(woken)
        assert link.refused <= len(turns) // 4
    all_verify(pact)


def test_a_peer_that_is_first_sent_to_while_it_stops_does_not_stand_in_the_way(pact: Cast) -> None:
    pump = Pump(pact.kor, lambda *_: None, lambda: None, Random(1))

    class Slow(Event):
        def set(self) -> None:  # another thread has its turn meanwhile
            pump._awake.setdefault("USA", Event())
            super().set()

    pump._awake["JPN"] = woken = Slow()
    pump.start()
    pump.stop()
    assert woken.is_set()
