"""A slice of `python -m tests.insider`, and an insider who holds the keys too."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.compose import open_node
from relto.core.errors import Refused
from relto.node import verify
from relto.node.behind import behind
from relto.node.heads import ask_witness
from tests.insider import populate, tampered, tiles_tampered
from tests.test_node_setup import PASSPHRASE, Cast, at, cast, pact
from tests.test_witness import copy_of, use

__all__ = ["cast", "pact"]


def test_whatever_is_changed_in_the_tables_is_found_and_named(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    for node in cast.nodes.values():
        assert verify(node).problems == ()
    found = tampered(cast, 250, seed=7)
    assert found["unseen"] == []
    assert found["seen"] > 200
    node = open_node(cast.folder / "JPN", PASSPHRASE, clock=cast.clock)
    assert tiles_tampered(node, tmp_path / "tiles", 40, seed=7) == 0


def test_who_holds_the_keys_and_rewrites_history_is_caught_by_what_the_peers_have_cosigned(pact: Cast) -> None:
    pact.release()
    before = copy_of(pact, "KOR")
    pact.release()
    ask_witness(pact.kor, "JPN")
    node = use(pact, "KOR", before)  # the second release never was; something else was, signed by the true keys
    for _ in range(3):
        node.compared.shown["JPN"] = ("", at("2999-01-01T00:00Z"))
        pact.release()
    assert verify(node).problems == ()  # by itself it is consistent
    with pytest.raises(Refused, match="rewritten"):
        ask_witness(node, "JPN")
    with node.store.read() as reading:
        (found,) = behind(reading)
    assert found.why == "rewritten"
    with pytest.raises(Refused, match="read-only"):
        pact.release()
