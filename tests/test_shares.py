"""Verifying in shares: they come to what one process finds, and where they do not hold, one process says why."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import nullcontext
from multiprocessing import Pipe
from pathlib import Path

import pytest

from relto import shares
from relto.compose import open_node
from relto.node import Verification, verify
from relto.node.node import Node
from relto.node.share import Share, share_of
from relto.node.verify import whole
from relto.node.verify_part import look
from relto.shares import verify_in_shares
from tests.insider import populate
from tests.sharing import in_shares
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]


@pytest.mark.parametrize("of", [1, 2, 3, 5, 16])
def test_shares_come_to_what_one_process_finds(tmp_path: Path, of: int) -> None:
    for node in populate(tmp_path).nodes.values():
        found = in_shares(node, of)
        assert found == verify(node)
        assert found.problems == ()


def test_each_name_falls_to_one_share_and_what_names_several_lives_ties_them() -> None:
    ties = {"t-2": "t-1", "sha256:0": "t-1", "kor-jpn-2016:n001": "", "v-1": ""}
    every = [Share(number, 7, ties) for number in range(7)]
    taken = Counter[int]()
    for name in ["t-1", "t-2", "sha256:0", "kor-jpn-2016:n001", "v-1", b"\xff", None, 7, "\ud800"]:
        (place,) = [one.number for one in every if one.takes(name)]
        taken[place] += 1
    assert len({place for place in range(7) if any(every[place].takes(one) for one in ("t-1", "t-2", "sha256:0"))}) == 1
    assert every[0].takes("kor-jpn-2016:n001")
    assert every[0].takes("v-1")
    for name in (f"t-{number}" for number in range(7_000)):
        taken[next(one.number for one in every if one.takes(name))] += 1
    assert min(taken.values()) > 800  # about as many to each


def test_what_passes_through_an_ally_is_one_life(pact: Cast) -> None:
    pact.release(via=("USA",))
    with pact.usa.store.read() as reading:
        ties = share_of(reading, 0, 2).ties
        (held,) = [one.id for one in reading.holdings()]
        relayed = {one.subject for one in reading.leaves() if one.kind == "relay"}
    assert {ties.get(one, one) for one in relayed | {held}} == {ties.get(held, held)}


@pytest.fixture
def never_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where one process has to say what is wrong."""

    def alone(node: Node, told: object) -> Verification:
        raise AssertionError("verified by one process")

    monkeypatch.setattr(shares, "verify", alone)


@pytest.mark.usefixtures("never_alone")
def test_several_processes_verify_a_node(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    told: list[tuple[str, int, int]] = []
    for party in ("JPN", "USA"):
        node = cast.nodes[party]
        expected = verify(node)
        assert verify_in_shares(cast.folder / party, node, lambda *what: told.append(what), 3) == expected
    assert list(dict.fromkeys(what for what, _, _ in told)) == ["signatures", "tables", "hashes"]


def test_what_does_not_hold_is_named_by_one_process(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    node = cast.nodes["JPN"]
    with sqlite3.connect(cast.folder / "JPN" / "node.db") as raw:
        raw.execute("UPDATE duty SET done_at = NULL WHERE done_at IS NOT NULL")
    assert not in_shares(node, 2).holds
    found = verify_in_shares(cast.folder / "JPN", node, lambda *_: None, 2)
    assert found == verify(node)
    assert any("its `duties`" in one for one in found.problems)


def test_a_helper_that_ends_leaves_the_work_to_this_process(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    node = open_node(cast.folder / "USA", None, clock=cast.clock)
    assert verify_in_shares(tmp_path / "nowhere", node, lambda *_: None, 2) == verify(node)
    node.close()


def test_a_helper_that_takes_no_view_is_not_waited_for_while_nobody_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, _silent = Pipe()
    monkeypatch.setattr(shares, "_PATIENCE", 0.01)
    monkeypatch.setattr(shares, "_helped", lambda _folder, _count: nullcontext([here]))
    node = populate(tmp_path).jpn
    assert verify_in_shares(tmp_path / "JPN", node, lambda *_: None, 2) == verify(node)
    with node.store.write() as tx:
        tx.note("clock", "KOR", "")


def test_a_leaf_in_no_share_or_in_two_does_not_hold(pact: Cast) -> None:
    for _ in range(16):  # each falls to one of two shares by its name, which chance gives
        pact.release()
    with pact.kor.store.read() as reading:
        first, second = [look(pact.kor, reading, share_of(reading, one, 2), lambda *_: None) for one in (0, 1)]
        assert first.hashes
        assert second.hashes
        for parts in ([first], [second], [first, second, second]):
            assert not whole(pact.kor, reading, parts, lambda *_: None).holds
