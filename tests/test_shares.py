"""Verifying in shares: they come to what one process finds, and where they do not hold, one process says why."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from multiprocessing import Pipe
from pathlib import Path
from typing import Any

import pytest

from relto import shares
from relto.compose import open_node
from relto.core.errors import VerificationFailed
from relto.core.evidence import Evidence, EvidenceKind
from relto.node import Verification, verify
from relto.node.deriving import Made, derive
from relto.node.log import sign_and_enter
from relto.node.node import Node
from relto.node.share import Share, share_of
from relto.node.statements import statement
from relto.node.verify import whole
from relto.node.verify_part import look
from relto.shares import verify_in_shares
from tests.insider import populate
from tests.sharing import in_shares
from tests.test_node_setup import Cast, cast, pact
from tests.test_witness import copy_of

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


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a ledger of a few leaves be worth several processes."""
    monkeypatch.setattr(shares, "WORTH", 1)


@pytest.mark.usefixtures("never_alone", "short")
def test_several_processes_verify_a_node(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    told: list[tuple[str, int, int]] = []
    for party in ("JPN", "USA"):
        node = cast.nodes[party]
        expected = verify(node)
        assert verify_in_shares(cast.folder / party, node, lambda *what: told.append(what), 3) == expected
    assert list(dict.fromkeys(what for what, _, _ in told)) == ["signatures", "tables", "hashes"]


@pytest.mark.usefixtures("short")
def test_what_does_not_hold_is_named_by_one_process(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    node = cast.nodes["JPN"]
    with sqlite3.connect(cast.folder / "JPN" / "node.db") as raw:
        raw.execute("UPDATE duty SET done_at = NULL WHERE done_at IS NOT NULL")
    assert not in_shares(node, 2).holds
    found = verify_in_shares(cast.folder / "JPN", node, lambda *_: None, 2)
    assert found == verify(node)
    assert any("its `duties`" in one for one in found.problems)


@pytest.mark.usefixtures("short")
def test_a_helper_that_ends_leaves_the_work_to_this_process(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    node = open_node(cast.folder / "USA", None, clock=cast.clock)
    assert verify_in_shares(tmp_path / "nowhere", node, lambda *_: None, 2) == verify(node)
    node.close()


def test_a_leaf_in_no_share_or_in_two_does_not_hold(pact: Cast) -> None:
    while True:  # until a life falls to the second share: which one it does is chance
        life = pact.release().row.subject
        if Share(1, 2).takes(life):
            break
    with pact.kor.store.read() as reading:
        first, second = [look(pact.kor, reading, share_of(reading, one, 2), lambda *_: None) for one in (0, 1)]
        for parts in ([first], [second], [first, second, second]):
            assert not whole(pact.kor, reading, parts, lambda *_: None).holds


def everywhere(node: Node) -> None:
    """However many share the work, they must not say that it holds."""
    assert not verify(node).holds
    assert [of for of in range(2, 17) if in_shares(node, of).holds] == []


def test_a_holding_that_bears_another_name_than_its_events_is_in_a_share_too(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    with closing(sqlite3.connect(cast.folder / "JPN" / "node.db")) as raw, raw:
        raw.executescript(
            "CREATE TABLE h AS SELECT * FROM holding WHERE number = 1;"
            "UPDATE h SET id = 't-9', number = (SELECT max(number) + 1 FROM holding);"
            "INSERT INTO holding SELECT * FROM h; DROP TABLE h"
        )
    everywhere(cast.jpn)


def by_who_holds_the_keys(node: Node, life: str, kind: EvidenceKind = "handover", **more: Any) -> None:
    """Enter a statement about a life that the node itself would not make, signed and under a signed head."""
    with node.store.write() as tx:
        at = node.now(tx).latest
        sign_and_enter(node, tx, Evidence(kind, node.party, at, transmittal=life, item="x", **more))


def test_what_was_made_cannot_be_stated_again_in_another_life(pact: Cast) -> None:
    source, other = (pact.release().row.subject for _ in range(2))
    derive(pact.jpn, [source], Made("extract", "t", "en", "safe", "jpn-clerk"))
    with pact.jpn.store.read() as reading:
        (stated,) = [
            one
            for one in (statement(each.evidence) for each in reading.leaves())
            if "derived" in str(one.says.get("event"))
        ]
    by_who_holds_the_keys(pact.jpn, other, says={"event": stated.says["event"]})
    everywhere(pact.jpn)


@pytest.mark.parametrize("kind", ["handover", "consignment", "refusal"])
def test_what_waits_cannot_be_answered_in_another_life(pact: Cast, kind: EvidenceKind) -> None:
    other = pact.release().row.subject
    pact.link.set_down("JPN")
    waits = pact.release().row
    assert waits.state == "queued"
    before = verify(pact.kor)
    assert before.holds
    by_who_holds_the_keys(pact.kor, other, kind, digests={"evidence": waits.evidence})
    if kind == "consignment":  # which is no answer: the whole holds, and shares may leave it to the whole
        assert verify(pact.kor).holds
    else:
        everywhere(pact.kor)


def test_an_index_that_lies_does_not_part_an_answer_from_what_it_answers(pact: Cast) -> None:
    other = pact.release().row.subject
    pact.link.set_down("JPN")
    waits = pact.release().row
    by_who_holds_the_keys(pact.kor, other, "refusal", digests={"evidence": waits.evidence})
    pact.kor.store.close()
    _hide_from_index(pact.folder / "KOR" / "node.db", waits.evidence)
    node = open_node(pact.folder / "KOR", None, clock=pact.clock)
    with node.store.read() as reading:
        assert reading.leaf(waits.evidence) is None
    everywhere(node)
    node.close()


def _hide_from_index(store: Path, name: str) -> None:
    """Take a leaf out of the index, and leave it in the table."""
    index = "FROM sqlite_master WHERE name = 'leaf_about'"
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("UPDATE leaf SET id = 'x' WHERE id = ?", [name])
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("PRAGMA writable_schema = ON")
        kept = raw.execute(f"SELECT * {index}").fetchone()
        raw.execute(f"DELETE {index}")
    with closing(sqlite3.connect(store)) as raw, raw:
        raw.execute("UPDATE leaf SET id = ? WHERE id = 'x'", [name])
        raw.execute("PRAGMA writable_schema = ON")
        raw.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", kept)


def test_an_instrument_cannot_be_acknowledged_in_the_life_of_an_item(pact: Cast) -> None:
    life = pact.release().row.subject
    with pact.jpn.store.read() as reading:
        (*_, notice) = [one.id for one in reading.leaves() if (one.kind, one.signer) == ("instrument", "KOR")]
    pact.clock.advance(10**9)
    by_who_holds_the_keys(pact.jpn, life, digests={"evidence": notice}, says={"step": "acknowledgement"})
    everywhere(pact.jpn)


def test_a_leaf_without_subject_is_named(pact: Cast) -> None:
    pact.release()
    with closing(sqlite3.connect(pact.folder / "KOR" / "node.db")) as raw, raw:
        raw.executescript(
            "PRAGMA foreign_keys = OFF; CREATE TABLE l AS SELECT * FROM leaf; DROP TABLE leaf;"
            "ALTER TABLE l RENAME TO leaf; UPDATE leaf SET subject = NULL WHERE position = 0"
        )
    for found in (verify(pact.kor), verify_in_shares(pact.folder / "KOR", pact.kor, lambda *_: None, 2)):
        assert any("`leaf` was changed: `subject`" in one for one in found.problems)


def test_a_visit_that_stands_twice_is_named(tmp_path: Path) -> None:
    cast = populate(tmp_path)
    with closing(sqlite3.connect(cast.folder / "JPN" / "node.db")) as raw, raw:
        raw.executescript(
            "CREATE TABLE c AS SELECT * FROM control; INSERT INTO c SELECT * FROM control WHERE number = 1;"
            "UPDATE c SET number = rowid; DROP TABLE control; ALTER TABLE c RENAME TO control"
        )
    assert any("stands in it twice" in one for one in verify(cast.jpn).problems)
    everywhere(cast.jpn)


def test_who_does_not_answer_is_not_waited_for() -> None:
    here, there = Pipe()
    with here, there, pytest.raises(VerificationFailed, match="does not answer"):
        shares._heard(here, 0.0)


def test_who_sees_other_keys_cannot_help(pact: Cast) -> None:
    """Between the start of one process and of the next, an insider could change the files of the keys."""
    pact.release()
    there = copy_of(pact, "KOR")
    found = shares._together(there, pact.kor, lambda *_: None, 2)
    assert found == verify(pact.kor)
    (there / "peers" / "USA.json").unlink()
    assert shares._together(there, pact.kor, lambda *_: None, 2) is None


INTERRUPTED = """
import os, signal, subprocess, sys
from relto import shares
signal.signal(signal.SIGINT, signal.default_int_handler)  # what begins a test in the background lets it ignore this
asked = "import signal; print(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))"
try:
    with shares._uninterrupted():
        os.kill(os.getpid(), signal.SIGINT)
        done = subprocess.run([sys.executable, "-c", asked], stdout=-1, text=True, check=True)
        print(done.stdout.strip(), flush=True)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interruption_waits_until_all_have_begun_and_they_never_hear_it() -> None:
    """In a process of its own: a signal to this one may be heard by another of its threads."""
    done = subprocess.run([sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["True", "interrupted"]
