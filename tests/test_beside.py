"""What goes on beside the serving: an error in one look ends no later one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from threading import Event
from typing import Any

import pytest

from relto.core.errors import Conflict, ReltoError
from relto.node.heads import cosignatures
from relto.serve.duties import DutyWatch
from relto.serve.records import RecordWatch
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]
BUSY = Conflict("the store is in use", remedy="try again")


class Told:
    """A log that keeps what it is told, and says when that came for the second time."""

    def __init__(self) -> None:
        self.events: list[tuple[str, object]] = []
        self.second = Event()

    def __call__(self, event: str, **fields: object) -> None:
        self.events.append((event, fields.get("state")))
        if len(self.events) == 2:
            self.second.set()


def raising(error: Exception) -> Callable[..., Any]:
    def fails(*_: object, **__: object) -> Any:
        raise error

    return fails


@pytest.mark.parametrize(
    ("error", "says"), [(BUSY, str(BUSY)), (OSError("too many open files"), "OSError: looked at again later")]
)
def test_an_error_in_a_look_is_told_and_ends_no_later_one(
    pact: Cast, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    monkeypatch.setattr("relto.serve.records.EVERY_SECONDS", 0.01)
    monkeypatch.setattr("relto.serve.duties.EVERY_SECONDS", 0.01)
    monkeypatch.setattr("relto.serve.records.recover_if_due", raising(error))
    monkeypatch.setattr("relto.serve.duties.enter_overdue", raising(error))
    compared, due = Told(), Told()
    nobody: Callable[[], Iterable[str]] = tuple
    with RecordWatch(pact.kor, compared, nobody), DutyWatch(pact.kor, due, lambda: None):
        assert compared.second.wait(20)
        assert due.second.wait(20)
    assert compared.events[:2] == [("records not compared", says)] * 2
    assert due.events[:2] == [("duties not looked at", says)] * 2


class Breaking:
    """A link that breaks at one peer, as no link is to break."""

    def __init__(self, cast: Cast, peer: str) -> None:
        self._link, self._peer = cast.link, peer

    def close(self) -> None:
        self._link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if peer == self._peer:
            raise ValueError("something that nobody thought of")
        return self._link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return self._link.exchange_many(peer, messages)


def test_a_peer_at_which_something_breaks_keeps_nobody_else_from_being_met(pact: Cast) -> None:
    pact.kor.link, told = Breaking(pact, "JPN"), Told()
    RecordWatch(pact.kor, told, lambda: ("JPN", "USA")).turn()
    assert told.events == [("records not compared", "ValueError: looked at again later")]
    with pact.kor.store.read() as reading:
        assert list(cosignatures(pact.kor, reading)) == ["USA"]
