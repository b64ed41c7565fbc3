"""Verifying a node from its own files: every table of a populated node, changed one place at a time, is found out."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from relto.core.errors import VerificationFailed
from relto.node import open_item, relay_pending, report_compromise, verify
from tests.sharing import in_shares
from tests.test_node_setup import LAPSE, Cast, at, cast, pact

__all__ = ["cast", "pact"]


def keep_busy(pact: Cast) -> None:
    """Everything in the tables of all three nodes: a release, a lapse, a route through the ally, a report."""
    pact.release()
    pact.clock.set(LAPSE)
    with pytest.raises(Exception, match="lapsed"):
        pact.release()
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    with pact.jpn.store.read() as reading:
        holding = reading.holdings()[0].id
    open_item(pact.jpn, holding)
    report_compromise(pact.jpn, holding, "left in a train")


def test_three_busy_nodes_verify_from_their_own_files_alone(pact: Cast) -> None:
    keep_busy(pact)
    for party in pact.nodes:
        found = verify(pact.reopen(party))
        assert found.problems == ()
        assert found.holds
        assert found.proofs == found.leaves > 0
        assert found.receipts >= 2
        assert found.checkpoint.startswith(f"relto/ledger/{party}\n{found.leaves}\n")


CHANGES = [
    ("KOR", "UPDATE decision SET verdict = replace(verdict, 'refuse', 'permit') WHERE verdict LIKE '%lapsed%'"),
    ("KOR", "UPDATE decision SET stage = 'sending' WHERE number = 1"),
    ("KOR", "UPDATE decision SET subject = 't-other' WHERE number = 1"),
    ("KOR", "DELETE FROM decision WHERE number = 2"),
    ("KOR", "UPDATE outbox SET state = 'queued' WHERE kind = 'transmittal'"),
    ("KOR", "UPDATE outbox SET state = 'queued', answer = NULL WHERE kind = 'transmittal'"),
    ("KOR", "UPDATE outbox SET state = 'refused' WHERE kind = 'transmittal'"),
    ("KOR", "UPDATE outbox SET peer = 'USA' WHERE kind = 'transmittal' AND peer = 'JPN'"),
    ("KOR", "UPDATE outbox SET message = substr(message, 1, length(message) - 1) WHERE kind = 'transmittal'"),
    ("KOR", "UPDATE outbox SET message = x'00' WHERE kind = 'instrument'"),
    ("KOR", "PRAGMA ignore_check_constraints = ON; UPDATE outbox SET state = 'lost' WHERE answer IS NOT NULL"),
    ("KOR", "UPDATE outbox SET waits_for = '' WHERE waits_for <> ''"),
    ("KOR", "UPDATE outbox SET queued_at = '2019-01-01T00:00:00Z' WHERE kind = 'transmittal'"),
    ("KOR", "DELETE FROM outbox WHERE kind = 'transmittal'"),
    ("KOR", "UPDATE instrument SET content = replace(content, '2019-08-23', '2019-08-26') WHERE id = 'n001'"),
    ("KOR", "UPDATE instrument SET recorded = '2019-08-25T00:00:00Z' WHERE id = 'n001'"),
    ("KOR", "UPDATE instrument SET recorded = NULL WHERE id = 'n001'"),
    ("KOR", "UPDATE instrument SET by = '[\"JPN\"]' WHERE id = 'n001'"),
    ("KOR", "UPDATE instrument SET id = 'n002' WHERE id = 'n001'"),
    ("KOR", "DELETE FROM signature WHERE instrument = 3; DELETE FROM instrument WHERE number = 3"),
    (
        "KOR",
        "INSERT INTO instrument SELECT 9, agreement, 'n009', content, by, recorded FROM instrument WHERE id = 'n001'",
    ),
    ("KOR", "INSERT INTO decision SELECT 99, subject, stage, verdict || ' ', 'sha256:0' FROM decision LIMIT 1"),
    (
        "JPN",
        "CREATE TABLE h AS SELECT * FROM holding LIMIT 1; UPDATE h SET id = 't-9', number = 9; "
        "INSERT INTO holding SELECT * FROM h; DROP TABLE h",
    ),
    ("JPN", "DELETE FROM signature WHERE party = 'KOR'"),
    ("JPN", "UPDATE signature SET party = 'USA' WHERE party = 'JPN'"),
    ("JPN", "UPDATE holding SET mark = '秘'"),
    ("JPN", "UPDATE holding SET originator = 'USA'"),
    ("JPN", "UPDATE holding SET events = replace(events, '極秘', '秘')"),
    ("JPN", "UPDATE holding SET events = replace(events, 'opened', 'forgotten')"),
    ("JPN", "UPDATE holding SET sealed = x'00'"),
    ("JPN", "UPDATE holding SET received_at = '2019-01-01T00:00:00Z'"),
    ("JPN", "UPDATE duty SET due_at = NULL"),
    ("JPN", "UPDATE duty SET done_at = NULL WHERE do = 'mark-origin'"),
    ("JPN", "DELETE FROM duty"),
    (
        "JPN",
        "CREATE TABLE d AS SELECT * FROM duty LIMIT 1; UPDATE d SET holding = 't-9'; "
        "INSERT INTO duty SELECT * FROM d; DROP TABLE d",
    ),
    ("JPN", "DELETE FROM duty; DELETE FROM holding"),
    ("JPN", "UPDATE inbox SET reply = x'00' WHERE kind = 'transmittal'"),
    ("JPN", "UPDATE inbox SET digest = 'sha256:0' WHERE kind = 'transmittal'"),
    ("JPN", "UPDATE inbox SET sender = 'USA' WHERE sender = 'KOR'"),
    ("JPN", "UPDATE inbox SET accepted = 0"),
    ("JPN", "UPDATE inbox SET received_at = '2019-01-01T00:00:00Z'"),
    ("JPN", "DELETE FROM inbox WHERE kind = 'transmittal'"),
    ("USA", "UPDATE leaf SET evidence = evidence || 'A' WHERE position = 2"),
    ("USA", "UPDATE leaf SET evidence = (SELECT evidence FROM leaf WHERE position = 0) WHERE position = 1"),
    ("USA", "UPDATE leaf SET hash = x'00' WHERE position = 2"),
    ("USA", "UPDATE leaf SET kind = 'relay' WHERE kind = 'submission'"),
    ("USA", "UPDATE leaf SET signer = 'JPN' WHERE signer = 'KOR'"),
    ("USA", "UPDATE leaf SET subject = 't-other' WHERE position = 2"),
    ("USA", "DELETE FROM leaf WHERE position = (SELECT max(position) FROM leaf)"),
    ("USA", "DELETE FROM leaf WHERE position = 1"),
    ("USA", "UPDATE leaf SET position = position + 1000"),
    ("USA", "UPDATE state SET value = '2010-01-01T00:00:00Z' WHERE name = 'high_water'"),
    ("USA", "UPDATE state SET value = replace(value, 'USA', 'KOR') WHERE name = 'checkpoint'"),
    ("USA", "UPDATE state SET value = '' WHERE name = 'checkpoint'"),
    ("USA", "DELETE FROM state WHERE name = 'high_water'"),
    ("USA", "UPDATE state SET value = 'yesterday' WHERE name = 'high_water'"),
    ("USA", "UPDATE leaf SET evidence = x'00' WHERE position = 2"),
    ("USA", "UPDATE leaf SET evidence = 'é' WHERE position = 2"),
    ("USA", "UPDATE leaf SET hash = 'text'"),
    ("KOR", "UPDATE outbox SET queued_at = 'yesterday'"),
    ("KOR", "UPDATE outbox SET message = 'text'"),
    ("KOR", "UPDATE instrument SET by = 'KOR'"),
    ("KOR", "UPDATE instrument SET recorded = 'yesterday'"),
    ("KOR", "UPDATE instrument SET content = '{}'"),
    ("KOR", "UPDATE decision SET verdict = x'00'"),
    ("JPN", "UPDATE inbox SET reply = 'text'"),
    ("JPN", "UPDATE inbox SET received_at = 'yesterday'"),
    ("JPN", "UPDATE holding SET events = '[]'"),
    ("JPN", "UPDATE holding SET events = x'00'"),
    ("JPN", "UPDATE holding SET sealed = 'text'"),
    ("USA", "UPDATE state SET value = '{\"peaks\":[],\"size\":0}' WHERE name = 'frontier'"),
]


@pytest.fixture(scope="module")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Cast, Path]]:
    """The busy cast made once; its files are put back before each change."""
    made = Cast(tmp_path_factory.mktemp("busy"))
    made.enter_into_force()
    made.give_notice()
    made.clock.set(at("2019-10-31T18:00+09:00"))
    keep_busy(made)
    saved = {}
    for party, node in made.nodes.items():
        node.store.close()
        saved[party] = (made.folder / party / "node.db").read_bytes()

    def fresh(party: str) -> tuple[Cast, Path]:
        path = made.folder / party / "node.db"
        made.nodes[party].store.close()
        for left in path.parent.glob("node.db-*"):
            left.unlink()
        path.write_bytes(saved[party])
        return made, path

    return fresh


@pytest.mark.parametrize(("party", "change"), CHANGES)
def test_a_change_behind_the_nodes_back_is_found_and_named(
    populated: Callable[[str], tuple[Cast, Path]], party: str, change: str
) -> None:
    cast, path = populated(party)
    connection = sqlite3.connect(path)
    with connection:
        before = list(connection.iterdump())
        connection.executescript(change)
    changed = list(connection.iterdump()) != before
    connection.close()
    assert changed, "the change must touch something"
    node = cast.reopen(party)
    found = verify(node)
    assert found.problems, change
    assert not found.holds
    with suppress(VerificationFailed):  # what its name is cannot be read: then the whole says so
        assert not in_shares(node, 3).holds


def test_a_long_verification_tells_how_far_it_is(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.node.verify_part._TELL_EVERY", 2)
    pact.release()
    told: list[tuple[str, int, int]] = []
    found = verify(pact.kor, lambda *what: told.append(what))
    assert [what for what, _, _ in dict.fromkeys((one[0], 0, 0) for one in told)] == [
        "signatures", "tables", "hashes",
    ]  # fmt: skip
    assert {total for _, _, total in told} == {found.leaves}
