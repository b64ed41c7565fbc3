"""The pump of a node that serves: what is queued goes, whatever happens to a try before."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from relto.core.errors import ReltoError
from relto.serve.pump import Pump
from tests.serving import until
from tests.test_batch import holdings, queued
from tests.test_node_setup import Cast, all_verify, cast, pact

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
