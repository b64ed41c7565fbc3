"""A round of sending that breaks off while a peer has not answered: what the next one finds, and hands over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event, Thread

import pytest

from relto.adapters.sqlite.reading import SqliteReading
from relto.core.errors import Conflict, ReltoError
from relto.node import Sending, dispatch_pending
from relto.node import round as rounds
from relto.node.sending import basis as sending_basis
from tests.test_batch import queued
from tests.test_node_setup import LAPSE, Cast, cast, pact

__all__ = ["cast", "pact"]


class Held:
    """A link that holds back each answer until it is let go, and notes what it was given, and whether too late."""

    def __init__(self, cast: Cast) -> None:
        self._cast, self.held, self.go = cast, Event(), Event()
        self.given: list[tuple[bool, bytes]] = []
        self.busy = False

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind == "transmittal":
            self._hold([message])
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        self._hold([message for _, message in messages])
        return self._cast.link.exchange_many(peer, messages)

    def _hold(self, messages: Sequence[bytes]) -> None:
        self.given += [(self._cast.clock.at >= LAPSE, message) for message in messages]
        self.busy = True
        self.held.set()
        self.go.wait(20)
        self.busy = False


def broken_off(pact: Cast, monkeypatch: pytest.MonkeyPatch, sending: Sending) -> Held:
    """A round in which the store fails once, while the peer has not answered the first message of four."""
    queued(pact, 1)
    assert sending.run(1000) is None  # now the peer has answered once
    pact.kor.link = link = Held(pact)
    whole, asked = sending_basis, list[None]()

    def basis(*given: object) -> object:
        asked.append(None)
        if len(asked) == 2:
            raise Conflict("the store is in use", remedy="try again")
        return whole(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(rounds, "basis", basis)
    queued(pact, 4)
    with monkeypatch.context() as small:
        small.setattr("relto.node.batches.BATCH_MESSAGES", 1)
        with pytest.raises(Conflict):
            sending.run(1000)
    assert link.held.wait(20)
    return link


def sent_by_others(pact: Cast, link: Held) -> None:
    """Another process of the node sends what is queued, and its answers come at once."""
    pact.kor.link = pact.link
    assert {one.state for one in dispatch_pending(pact.kor, "JPN")} == {"done"}
    pact.kor.link = link


def test_the_next_round_ends_where_others_have_sent_what_was_queued(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked, queue = list[None](), SqliteReading.queued

    def counted(*given: object) -> object:
        looked.append(None)
        assert len(looked) < 1000, "the outbox is asked without end, in the turn of this peer"
        return queue(*given)  # type: ignore[arg-type]

    with Sending(pact.kor, "JPN", lambda _: None, Event()) as sending:
        link = broken_off(pact, monkeypatch, sending)
        link.go.set()
        sent_by_others(pact, link)
        monkeypatch.setattr(SqliteReading, "queued", counted)
        assert sending.run(1000) is None


def attempts(pact: Cast, number: int) -> int:
    with pact.kor.store.read() as reading:
        row = reading.outbox_row(number)
    assert row is not None
    return row.attempts


def test_what_the_next_round_made_ready_in_time_is_not_handed_over_after_the_lapse(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The link is still busy with what the round before handed to it; until it is free, the pact has lapsed."""
    pact.clock.set(LAPSE.plus(-2))

    def lapse(link: Held, number: int) -> None:
        end = time.monotonic() + 3
        while time.monotonic() < end and attempts(pact, number) == 0:  # none at all where nothing is made ready
            time.sleep(0.01)
        if link.busy:
            pact.clock.set(LAPSE)
        link.go.set()

    with Sending(pact.kor, "JPN", lambda _: None, Event()) as sending:
        link = broken_off(pact, monkeypatch, sending)
        sent_by_others(pact, link)
        rows = queued(pact, 3)
        waits = Thread(target=lapse, args=(link, rows[0].number))
        waits.start()
        sending.run(1000)
        waits.join()
    assert not any(late for late, _ in link.given)
