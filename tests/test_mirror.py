"""A peer's ledger mirrored by its hashes: what it leads to, what it does not, and what becomes of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from relto.core.envelope import keys_of
from relto.core.errors import Conflict, InputError, NotFound, ReltoError, VerificationFailed
from relto.core.ledger import TILE_WIDTH, Checkpoint, Tree, read_proof, sign_checkpoint, verify_proof
from relto.node import Node, handle, mirroring, verify
from relto.node.framing import Message, read_batch, write_batch
from relto.node.heads import ask_witness
from relto.node.inclusion import proof_at_signer, proof_of
from relto.node.log import origin_of
from relto.node.mirror import mirrored, places_in
from relto.node.mirroring import KIND, mirror, mirror_if_due
from relto.node.witness import forks, last_head, settle_fork, witness_of
from tests.test_node_setup import Cast, all_verify, cast, kinds, pact
from tests.trio import sent, trio

__all__ = ["cast", "pact"]

Answer = Callable[[list[Message]], list[Message]]


class Between:
    """A link that changes what a peer answers about its hashes."""

    def __init__(self, node: Node, change: Answer) -> None:
        self.link, self.change = node.link, change
        node.link = self

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        answer = self.link.exchange(peer, kind, message)
        return write_batch(self.change(read_batch(answer))) if kind == KIND else answer

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        return self.link.exchange_many(peer, messages)

    def close(self) -> None:
        self.link.close()


def hashes_of(node: Node) -> list[bytes]:
    with node.store.read() as reading:
        return list(reading.leaf_hashes(0))


def held(node: Node, party: str) -> list[bytes]:
    with node.store.read() as reading:
        return list(reading.mirrored(party))


def test_a_mirror_grows_with_the_ledger_and_its_head_is_cosigned(pact: Cast) -> None:
    for _ in range(3):
        pact.release()
        assert mirror(pact.kor, "JPN") == len(kinds(pact.jpn))
        assert held(pact.kor, "JPN") == hashes_of(pact.jpn)
        with pact.kor.store.read() as reading:
            found = mirrored(reading, "JPN")
            assert found is not None
            assert found.head == reading.notes("head")["JPN"]
            assert last_head(pact.kor, reading, "JPN").size == len(kinds(pact.jpn))
    assert mirror(pact.kor, "JPN") == len(kinds(pact.jpn))
    assert ask_witness(pact.jpn, "KOR") == len(kinds(pact.jpn))
    all_verify(pact)


def test_each_receipt_is_found_at_its_place_in_the_ledger_of_who_gave_it(pact: Cast) -> None:
    pact.release()
    pact.release()
    mirror(pact.kor, "JPN")
    with pact.kor.store.read() as reading:
        receipts = [one for one in reading.leaves() if one.kind == "receipt"]
        tree, places = places_in(reading, "JPN", [one.hash for one in receipts])
    with pact.jpn.store.read() as reading:
        there = {one.id: one.position for one in reading.leaves()}
    assert len(receipts) == 2
    assert [places[one.hash] for one in receipts] == [there[one.id] for one in receipts]
    assert tree.size == len(there)


def test_a_receipt_is_proved_in_the_ledger_of_who_gave_it_by_anybody(pact: Cast) -> None:
    pact.release()
    with pact.kor.store.read() as reading:
        (receipt,) = [one for one in reading.leaves() if one.kind == "receipt"]
        with pytest.raises(NotFound, match="not mirrored as far as that evidence"):
            proof_at_signer(pact.kor, reading, receipt.id)
    mirror(pact.kor, "JPN")
    with pact.kor.store.read() as reading:
        own = next(one for one in reading.leaves() if one.signer == "KOR")
        proof = read_proof(proof_at_signer(pact.kor, reading, receipt.id).encode("utf-8"))
        assert proof_at_signer(pact.kor, reading, own.id) == proof_of(pact.kor, reading, own.id)
    keys = pact.usa.all_keys()  # a third party, which has neither node's files
    asked: dict[str, Any] = {"origin": origin_of("JPN"), "key": keys_of(keys, "JPN"), "quorum": 1}
    witnesses = {witness_of("KOR"): keys_of(keys, "KOR")}
    shown = verify_proof(proof, receipt.evidence.encode("ascii"), witnesses=witnesses, **asked)
    assert (shown.head.size, [*shown.witnesses]) == (len(hashes_of(pact.jpn)), [witness_of("KOR")])
    with pytest.raises(VerificationFailed):
        verify_proof(proof, own.evidence.encode("ascii"), witnesses=witnesses, **asked)


@pytest.mark.parametrize("at_once", [1, 3, 1000])
def test_a_long_ledger_comes_in_parts_and_fills_whole_rows(
    pact: Cast, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mirroring, "AT_ONCE", at_once)
    pact.release()
    assert mirror(pact.kor, "JPN") == len(kinds(pact.jpn))
    assert held(pact.kor, "JPN") == hashes_of(pact.jpn)


@pytest.mark.parametrize("parts", [(1, 255, 1, 600), (256, 256), (300, 5, 900), (0, 0, 257)])
def test_rows_hold_256_hashes_each_and_the_last_the_rest(pact: Cast, parts: tuple[int, ...]) -> None:
    every = [number.to_bytes(32, "big") for number in range(sum(parts))]
    done = 0
    for part in parts:
        with pact.kor.store.write() as tx:
            tx.add_mirrored("JPN", every[done : (done := done + part)])
        with pact.kor.store.read() as reading:
            assert reading.mirrored_size("JPN") == done
            assert list(reading.mirrored("JPN")) == every[:done]
    with closing(sqlite3.connect(pact.folder / "KOR" / "node.db")) as raw:
        widths = [size // 32 for (size,) in raw.execute("SELECT length(hashes) FROM mirror ORDER BY number")]
    assert widths == [TILE_WIDTH] * (done // TILE_WIDTH) + [done % TILE_WIDTH] * (done % TILE_WIDTH > 0)


def other_hash(parts: list[Message]) -> list[Message]:
    kind, data = parts[-1]
    return [*parts[:-1], (kind, data[:-1] + bytes([data[-1] ^ 1]))]


@pytest.mark.parametrize(
    "change",
    [
        other_hash,
        lambda parts: parts[:-1],
        lambda parts: parts[1:],
        lambda parts: [parts[0], ("hashes", b"")],
        lambda parts: [parts[0], ("hashes", parts[-1][1][:-1])],
        lambda parts: [parts[0], ("cosigned", b"x" * 9000), ("proof", b""), parts[-1]],
        lambda parts: [parts[0], ("cosigned", b"x"), parts[-1]],
        lambda parts: [parts[0], ("cosigned", b"\xff"), ("proof", b""), parts[-1]],
        lambda parts: [parts[0], *[("cosigned", b"x"), ("proof", b"")] * 65, parts[-1]],
        lambda parts: [("checkpoint", parts[0][1].replace(b"JPN", b"USA")), *parts[1:]],
    ],
)
def test_what_does_not_lead_to_the_signed_head_is_not_kept(pact: Cast, change: Answer) -> None:
    pact.release()
    Between(pact.kor, change)
    with pytest.raises(VerificationFailed):
        mirror(pact.kor, "JPN")
    assert held(pact.kor, "JPN") == []
    mirror_if_due(pact.kor, "JPN")
    assert verify(pact.kor).problems == ()


def test_notes_that_prove_nothing_are_passed_over(pact: Cast) -> None:
    pact.release()
    with pact.usa.store.read() as reading:
        strange = reading.checkpoint().encode()
    Between(pact.kor, lambda parts: [parts[0], ("cosigned", strange), ("proof", b""), parts[-1]])
    mirror(pact.kor, "JPN")
    with pact.kor.store.read() as reading:
        found = mirrored(reading, "JPN")
    assert found is not None
    assert found.others == {}


def test_another_root_of_a_size_that_was_cosigned_is_kept_as_a_fork(pact: Cast) -> None:
    pact.release()
    mirror(pact.kor, "JPN")
    size = len(kinds(pact.jpn))
    other = Tree(str(number).encode() for number in range(size))
    forged = sign_checkpoint(Checkpoint(origin_of("JPN"), other.head()), pact.jpn.keys.signing())
    Between(pact.kor, lambda parts: [("checkpoint", forged.encode()), parts[-1]])
    with pytest.raises(Conflict, match="contradicts"):
        mirror(pact.kor, "JPN")
    with pact.kor.store.read() as reading:
        assert forks(reading)["JPN"].shown == forged
    with pytest.raises(Conflict):
        mirror(pact.kor, "JPN")


def test_a_longer_ledger_that_does_not_go_on_from_the_cosigned_head_is_kept_as_a_fork(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.jpn, "KOR")
    other = Tree(str(number).encode() for number in range(len(kinds(pact.jpn)) + 3))
    forged = sign_checkpoint(Checkpoint(origin_of("JPN"), other.head()), pact.jpn.keys.signing())
    hashes = b"".join(other.node(0, place) for place in range(other.size))
    between = Between(pact.kor, lambda _: [("checkpoint", forged.encode()), ("hashes", hashes)])
    with pytest.raises(Conflict, match="contradicts"):
        mirror(pact.kor, "JPN")
    assert held(pact.kor, "JPN") == []
    pact.kor.link = between.link
    settle_fork(pact.kor, "JPN")
    with pact.kor.store.read() as reading:
        assert mirrored(reading, "JPN") is None


def test_a_mirror_begins_anew_once_a_fork_is_settled(pact: Cast) -> None:
    pact.release()
    mirror(pact.kor, "JPN")
    with pact.jpn.store.read() as reading:
        head = reading.checkpoint()
    settle_fork(pact.kor, "JPN", head)
    assert held(pact.kor, "JPN") == []
    pact.release()
    assert mirror(pact.kor, "JPN") == len(kinds(pact.jpn))
    all_verify(pact)


def test_an_older_head_and_one_too_far_ahead_change_nothing(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    pact.release()
    with pact.jpn.store.read() as reading:
        older = reading.checkpoint().encode()
    pact.release()
    mirror(pact.kor, "JPN")
    size = len(kinds(pact.jpn))
    between = Between(pact.kor, lambda parts: [("checkpoint", older), parts[-1]])
    assert mirror(pact.kor, "JPN") == size
    pact.kor.link = between.link
    monkeypatch.setattr(mirroring, "MAX_AHEAD", 1)
    pact.release()
    with pytest.raises(InputError, match="ahead"):
        mirror(pact.kor, "JPN")
    assert len(held(pact.kor, "JPN")) == size


@pytest.mark.parametrize("message", [b"", b"from", b"from -1", b"from 01", b"from 1\n", b"\xff", b"from " + b"9" * 30])
def test_a_request_is_read_in_its_one_form(pact: Cast, message: bytes) -> None:
    with pytest.raises(InputError, match="from SIZE"):
        handle(pact.jpn, KIND, message, "KOR")
    assert read_batch(handle(pact.jpn, KIND, b"from 9000000", "KOR"))[-1] == ("hashes", b"")


def test_an_empty_ledger_has_nothing_to_mirror(cast: Cast) -> None:
    assert mirror(cast.kor, "JPN") == 0
    assert verify(cast.kor).problems == ()


def test_an_upkeep_asks_after_some_seconds_and_another_process_starts_from_the_store(pact: Cast) -> None:
    pact.release()
    mirror_if_due(pact.kor, "JPN")
    size = len(held(pact.kor, "JPN"))
    pact.release()
    mirror_if_due(pact.kor, "JPN")
    assert len(held(pact.kor, "JPN")) == size
    pact.clock.set(pact.clock.interval()[1].plus(11 * 10**9))
    mirror_if_due(pact.kor, "JPN")
    assert held(pact.kor, "JPN") == hashes_of(pact.jpn)
    pact.release()
    assert mirror(pact.reopen("KOR"), "JPN") == len(kinds(pact.jpn))


def test_cosignatures_of_others_come_with_the_hashes_and_later_too(tmp_path: Path) -> None:
    nodes = trio(tmp_path)
    sent(nodes)
    alpha, beta = nodes["alpha-lab"], nodes["beta-lab"]
    mirror(alpha, "beta-lab")

    def others() -> dict[str, str]:
        with alpha.store.read() as reading:
            found = mirrored(reading, "beta-lab")
        assert found is not None
        return dict(found.others)

    assert others() == {}
    ask_witness(beta, "gamma-lab")
    mirror(alpha, "beta-lab")
    assert list(others()) == ["gamma-lab"]
    first = others()["gamma-lab"]
    sent(nodes)
    mirror(alpha, "beta-lab")
    assert others()["gamma-lab"] == first
    assert verify(alpha).problems == ()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE mirror SET party = 'USA'",
        "UPDATE mirror SET number = 1",
        "UPDATE mirror SET hashes = x''",
        "UPDATE mirror SET hashes = substr(hashes, 1, 32)",
        "UPDATE mirror SET hashes = CAST(hashes || x'00' AS BLOB)",
        "UPDATE mirror SET hashes = 'text'",
        "DELETE FROM mirror",
        "DELETE FROM state WHERE name = 'mirrored:JPN'",
        "UPDATE state SET value = '' WHERE name = 'mirrored:JPN'",
        "UPDATE state SET value = value || ' ' WHERE name = 'mirrored:JPN'",
        "UPDATE state SET name = 'mirrored:FRA' WHERE name = 'mirrored:JPN'",
        "INSERT INTO mirror VALUES ('FRA', 0, zeroblob(32))",
    ],
)
def test_an_insider_who_changes_a_mirror_is_found_out(pact: Cast, change: str) -> None:
    pact.release()
    mirror(pact.kor, "JPN")
    assert verify(pact.kor).problems == ()
    pact.kor.close()
    with closing(sqlite3.connect(pact.folder / "KOR" / "node.db")) as raw, raw:
        assert raw.execute(change).rowcount == 1
    node = pact.reopen("KOR")
    assert any("mirror" in one for one in verify(node).problems)
