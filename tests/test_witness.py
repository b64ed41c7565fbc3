"""Witnessing: each head goes on from those before; a split view, a rollback and a rewritten ledger are refused."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.compose import open_node, wire
from relto.core.envelope import SigningKey
from relto.core.errors import Conflict, InputError, NotFound, Refused, VerificationFailed
from relto.core.ledger import (
    EMPTY,
    AddCheckpoint,
    Checkpoint,
    LogProof,
    Tree,
    cosign,
    cosignature_key_id,
    cosigned_by,
    judge,
    parse_note,
    read_add_checkpoint,
    read_proof,
    sign_checkpoint,
    verify_proof,
    with_cosignatures,
)
from relto.node import handle, verify
from relto.node.behind import behind
from relto.node.heads import AGAIN_AFTER, SOON, ask_if_due, ask_witness, begin_again, cosignatures, mark_restored
from relto.node.log import origin_of
from relto.node.node import Node
from relto.node.recovery import recover_if_due
from relto.node.witness import KIND, forks, last_head, settle_fork
from tests.test_node_setup import PASSPHRASE, Cast, all_verify, at, cast, kinds, pact

__all__ = ["cast", "pact"]

KEY, LOG = SigningKey(b"w" * 32), SigningKey(b"l" * 32)


def tree_of(size: int, salt: str = "") -> Tree:
    return Tree(f"leaf {number}{salt if number >= 3 else ''}".encode() for number in range(size))


def note(tree: Tree, size: int | None = None) -> str:
    return sign_checkpoint(Checkpoint("relto/ledger/KOR", tree.head(size)), LOG)


class TestCore:
    def test_a_cosignature_is_over_the_time_and_the_whole_text_and_has_a_key_id_of_its_own(self) -> None:
        text = parse_note(note(tree_of(5))).text
        line = cosign(text, "relto/witness/JPN", KEY, 1_574_000_000)
        whole = parse_note(with_cosignatures(note(tree_of(5)), f"{line.line()}\n"))
        assert cosigned_by(whole, {"relto/witness/JPN": KEY.verify_key}) == {"relto/witness/JPN": 1_574_000_000}
        assert cosigned_by(whole, {"relto/witness/USA": KEY.verify_key}) == {}
        KEY.verify_key.verify(line.signature[8:], f"cosignature/v1\ntime 1574000000\n{text}".encode())
        assert line.key_id == cosignature_key_id("relto/witness/JPN", KEY.verify_key)

    def test_a_time_that_no_clock_shows_is_refused(self) -> None:
        signed = note(tree_of(5))
        text = parse_note(signed).text
        with pytest.raises(InputError):
            cosign(text, "w", KEY, 1 << 63)
        line = cosign(text, "w", KEY, 1)
        late = type(line)(line.name, line.key_id, b"\xff" * 8 + line.signature[8:])
        with pytest.raises(VerificationFailed, match="no time"):
            cosigned_by(parse_note(with_cosignatures(signed, f"{late.line()}\n")), {"w": KEY.verify_key})

    def test_a_changed_time_or_text_is_refused(self) -> None:
        text = parse_note(note(tree_of(5))).text
        line = cosign(text, "w", KEY, 1_574_000_000)
        late = type(line)(line.name, line.key_id, (1_574_000_001).to_bytes(8, "big") + line.signature[8:])
        for one in (
            with_cosignatures(note(tree_of(5)), f"{late.line()}\n"),
            with_cosignatures(note(tree_of(6)), f"{line.line()}\n"),
        ):
            with pytest.raises(VerificationFailed):
                cosigned_by(parse_note(one), {"w": KEY.verify_key})

    def test_a_proof_where_none_is_needed_is_no_proof(self) -> None:
        head = tree_of(5).head()
        assert judge(head, 5, (bytes(32),), head) == "inconsistent"

    @given(old=st.integers(0, 40), new=st.integers(0, 40), told=st.integers(0, 40))
    def test_a_witness_cosigns_exactly_what_goes_on_from_what_it_cosigned(self, old: int, new: int, told: int) -> None:
        tree = tree_of(40)
        known = tree.head(old) if old else EMPTY
        proof = tree.consistency_proof(told, new) if told <= new else ()
        outcome = judge(known, told, proof, tree.head(new))
        assert (outcome == "cosign") == (told == old <= new)
        if outcome == "cosign" and 0 < old < new:
            assert judge(known, old, proof[:-1], tree.head(new)) == "inconsistent"
        other = tree_of(40, "!")
        if 3 < old == told <= new:
            assert judge(known, old, other.consistency_proof(old, new), other.head(new)) != "cosign"

    def test_requests_are_read_in_their_one_form(self) -> None:
        tree = tree_of(9)
        asked = AddCheckpoint(4, tree.consistency_proof(4, 9), note(tree))
        assert read_add_checkpoint(asked.to_bytes()) == asked
        for bad in (
            b"",
            b"old 04\n\nx",
            b"old 4\nAAAA\n\nx",
            b"old 4",
            b"\xff",
            b"old -1\n\nx",
            b"old 1\n" + b"x" * 44 + b"\n\nnote",
            b"a" * 300_000,
            b"old 1\n" + b"!" * 44 + b"\n\nnote",
            b"old 1\n" + b"AAAA" * 11 + b"\n\nnote",
        ):
            with pytest.raises(InputError):
                read_add_checkpoint(bad)

    def test_a_proof_is_verified_offline_with_a_quorum(self) -> None:
        tree = tree_of(9)
        signed = note(tree)
        line = cosign(parse_note(signed).text, "w", KEY, 7)
        proof = LogProof(3, tree.inclusion_proof(3), with_cosignatures(signed, f"{line.line()}\n"), b"context")
        assert read_proof(str(proof).encode()) == proof
        proved = verify_proof(
            proof, b"leaf 3", origin="relto/ledger/KOR", key=LOG.verify_key, witnesses={"w": KEY.verify_key}, quorum=1
        )
        assert (proved.head, proved.witnesses) == (tree.head(), {"w": 7})
        with pytest.raises(VerificationFailed, match="not 2"):
            verify_proof(
                proof,
                b"leaf 3",
                origin="relto/ledger/KOR",
                key=LOG.verify_key,
                witnesses={"w": KEY.verify_key},
                quorum=2,
            )
        with pytest.raises(VerificationFailed):
            verify_proof(proof, b"leaf 4", origin="relto/ledger/KOR", key=LOG.verify_key, witnesses={}, quorum=0)
        for bad in (
            b"",
            b"c2sp.org/tlog-proof@v1\n\n",
            b"c2sp.org/tlog-proof@v1\nextra \nindex 1\n\nx",
            b"c2sp.org/tlog-proof@v1\nextra !!!!\nindex 1\n\nx",
            b"c2sp.org/tlog-proof@v1\nindex 01\n\nx",
            b"\xff\n\n",
            b"a" * 500_000,
        ):
            with pytest.raises(InputError):
                read_proof(bad)


def copy_of(cast: Cast, party: str) -> Path:
    """A copy of a node's files as they are now: an old backup, or an insider's second book."""
    with sqlite3.connect(cast.folder / party / "node.db") as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    raw.close()
    there = cast.folder / f"copy-{party}-{len(list(cast.folder.iterdir()))}"
    shutil.copytree(cast.folder / party, there)
    return there


def use(cast: Cast, party: str, folder: Path) -> Node:
    """Put the node of `folder` on the link in place of the party's own."""
    cast.nodes[party].store.close()
    cast.nodes[party] = open_node(folder, PASSPHRASE, clock=cast.clock)
    cast.link = wire(cast.nodes.values())
    return cast.nodes[party]


def test_each_release_has_the_sender_s_head_cosigned_before_and_later_ones_go_on(pact: Cast) -> None:
    pact.release()
    assert ask_witness(pact.kor, "JPN") == len(kinds(pact.kor))
    assert ask_witness(pact.kor, "USA") == len(kinds(pact.kor))
    with pact.kor.store.read() as reading:
        found = cosignatures(pact.kor, reading)
        size = len(kinds(pact.kor))
        assert {peer: head.size for peer, (head, _, _) in found.items()} == {"JPN": size, "USA": size}
    with pact.jpn.store.read() as reading:
        assert last_head(pact.jpn, reading, "KOR").size == len(kinds(pact.kor))
    pact.release()
    assert ask_witness(pact.kor, "JPN") == len(kinds(pact.kor))
    all_verify(pact)


def test_a_restored_old_backup_signs_nothing_once_a_peer_shows_what_it_cosigned(pact: Cast) -> None:
    pact.release()
    old = copy_of(pact, "KOR")
    pact.release()
    ask_witness(pact.kor, "JPN")
    node = use(pact, "KOR", old)
    before = kinds(node)
    with pytest.raises(Refused, match="rolled back"):
        ask_witness(node, "JPN")
    with node.store.read() as reading:
        (found,) = behind(reading)
    assert (found.peer, found.why) == ("JPN", "rolled back")
    with pytest.raises(Refused, match="read-only"):
        pact.release()
    assert kinds(node) == before
    assert verify(node).problems == ()


def test_an_old_backup_is_found_out_by_its_first_release_without_being_asked(pact: Cast) -> None:
    pact.release()
    old = copy_of(pact, "KOR")
    pact.release()
    ask_witness(pact.kor, "JPN")
    node = use(pact, "KOR", old)
    held = len(kinds(pact.jpn))
    sent = pact.release()  # queued, then found out before it is sent
    assert sent.state == "queued"
    assert "read-only" in str(sent.error)
    assert len(kinds(pact.jpn)) == held
    with node.store.read() as reading:
        assert behind(reading)


def test_a_split_view_is_refused_and_both_signed_heads_are_kept(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.kor, "JPN")
    other = copy_of(pact, "KOR")
    pact.release()
    ask_witness(pact.kor, "JPN")
    node = use(pact, "KOR", other)
    for _ in range(4):  # an insider goes on in the second book, past what was cosigned, and asks nobody
        node.compared.shown["JPN"] = ("", at("2999-01-01T00:00Z"))
        pact.release()
    with node.store.read() as reading:
        tree = Tree(one.evidence.encode() for one in reading.leaves())
        signed = reading.checkpoint()
    with pact.jpn.store.read() as reading:
        known = last_head(pact.jpn, reading, "KOR")
    asked = AddCheckpoint(known.size, tree.consistency_proof(known.size), signed)
    answer = handle(pact.jpn, KIND, asked.to_bytes(), "KOR")
    assert answer.startswith(b"422 ")
    with pact.jpn.store.read() as reading:
        fork = forks(reading)["KOR"]
    assert fork.shown == signed
    assert kinds(pact.jpn)[-1] == "ledger"
    with pytest.raises(Conflict, match="contradicts"):
        handle(pact.jpn, "transmittal", b"anything", "KOR")
    assert handle(pact.jpn, KIND, asked.to_bytes(), "KOR").startswith(b"422 ")
    assert settle_fork(pact.jpn, "KOR") == signed
    with pact.jpn.store.read() as reading:
        assert forks(reading) == {}
        assert last_head(pact.jpn, reading, "KOR") == tree.head()


def test_who_lies_about_what_it_cosigned_stops_nobody(pact: Cast) -> None:
    pact.release()

    class Liar:
        answer = b""

        def exchange(self, _peer: str, _kind: str, _message: bytes) -> bytes:
            return self.answer

        def exchange_many(self, *_: object) -> list[bytes]:
            raise AssertionError

        def close(self) -> None: ...

    honest = pact.kor.link
    liar = Liar()
    pact.kor.link = liar  # type: ignore[assignment]
    theirs = sign_checkpoint(Checkpoint(origin_of("KOR"), tree_of(99).head()), LOG)
    for answer in (b"409 99\n", f"409 99\n{theirs}".encode(), b"", b"\xff", b"200 1\n", "— x y\n".encode(), b"409 x\n"):
        liar.answer = answer
        with pytest.raises(VerificationFailed):
            ask_witness(pact.kor, "JPN")
    pact.kor.link = honest
    assert pact.release().state == "done"


def test_strangers_and_other_ledgers_are_not_cosigned(pact: Cast) -> None:
    pact.release()
    with pact.kor.store.read() as reading:
        signed = reading.checkpoint()
    forged = sign_checkpoint(Checkpoint(origin_of("KOR"), tree_of(3).head()), LOG)
    unknown = sign_checkpoint(Checkpoint(origin_of("FRA"), tree_of(3).head()), LOG)
    own = sign_checkpoint(Checkpoint(origin_of("JPN"), tree_of(3).head()), LOG)
    for text, status in ((forged, b"403 "), (unknown, b"404 "), (own, b"404 ")):
        assert handle(pact.jpn, KIND, AddCheckpoint(0, (), text).to_bytes(), "KOR").startswith(status)
    with pytest.raises(InputError):
        handle(pact.jpn, KIND, AddCheckpoint(0, (), signed + "x" * 9000).to_bytes(), "KOR")


def test_a_restored_node_waits_for_all_its_peers_and_then_goes_on(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.kor, "JPN")
    ask_witness(pact.kor, "USA")
    node = use(pact, "KOR", copy_of(pact, "KOR"))
    mark_restored(node)
    with pytest.raises(Refused, match="read-only"):
        pact.release()
    ask_witness(node, "JPN")
    with pytest.raises(Refused, match="read-only"):
        pact.release()
    ask_witness(node, "USA")
    with pytest.raises(Refused, match="read-only"):  # they may have what it has lost
        pact.release()
    recover_if_due(node)
    assert pact.release().state == "done"
    all_verify(pact)


@pytest.mark.parametrize("seed", range(4))
def test_forks_and_rollbacks_are_refused_and_honest_heads_never(seed: int) -> None:
    """250 ledgers a seed, each with a head that was cosigned: what does not go on from it is refused, what does not."""
    chance = Random(seed)
    for _ in range(250):
        size = chance.randint(1, 60)
        honest = Tree(chance.randbytes(8) for _ in range(size))
        known = honest.head(chance.randint(1, size))
        for _ in range(10):
            honest.append(chance.randbytes(8))
            new = honest.head(chance.randint(known.size, honest.size))
            assert judge(known, known.size, honest.consistency_proof(known.size, new.size), new) == "cosign"
            known = new
        at_leaf = chance.randrange(known.size)
        forked = Tree()
        for number in range(known.size + chance.randint(0, 20)):
            forked.append_hash(honest.node(0, number) if number < min(at_leaf, honest.size) else chance.randbytes(32))
        head = forked.head()
        assert judge(known, known.size, forked.consistency_proof(known.size), head) in ("another-root", "inconsistent")
        if at_leaf:
            rolled = honest.head(at_leaf)
            assert judge(known, at_leaf, (), rolled) == "another-old-size"
            assert judge(known, known.size, (), rolled) == "old-size-beyond"


def test_a_ledger_of_which_a_part_is_lost_begins_again_once_both_sides_have_said_so(pact: Cast) -> None:
    pact.release()
    old = copy_of(pact, "KOR")
    for _ in range(3):
        pact.release()
    ask_witness(pact.kor, "JPN")
    node = use(pact, "KOR", old)
    with pytest.raises(NotFound):
        begin_again(node)
    with pytest.raises(Refused, match="rolled back"):
        ask_witness(node, "JPN")
    assert [one.peer for one in begin_again(node)] == ["JPN"]
    with pytest.raises(Conflict, match="has not settled"):
        ask_witness(node, "JPN")
    with node.store.read() as reading:
        head = reading.checkpoint()
    with pytest.raises(NotFound, match="has not contradicted"):
        settle_fork(pact.jpn, "KOR")
    with pytest.raises(VerificationFailed):
        settle_fork(pact.jpn, "KOR", sign_checkpoint(Checkpoint(origin_of("KOR"), tree_of(3).head()), LOG))
    assert settle_fork(pact.jpn, "KOR", head) == head
    assert ask_witness(node, "JPN") == len(kinds(node))
    recover_if_due(node)
    with node.store.read() as reading:
        assert behind(reading) == []
    assert pact.release().state == "done"
    all_verify(pact)


def test_a_head_is_shown_again_once_it_has_grown_and_some_time_has_passed(pact: Cast) -> None:
    def cosigned(*after: int) -> int:
        ask_if_due(pact.kor, "JPN", *after)
        with pact.kor.store.read() as reading:
            return cosignatures(pact.kor, reading)["JPN"][0].size

    def size() -> int:
        return len(kinds(pact.kor))

    first = cosigned(0)
    pact.release()
    pact.clock.advance(SOON + 1)
    assert cosigned() == first < size()
    assert cosigned(SOON) == size()
    pact.release()
    first = cosigned(SOON)
    assert first < size()
    pact.clock.advance(AGAIN_AFTER + 1)
    assert cosigned() == size()
    all_verify(pact)
