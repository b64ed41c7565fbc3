"""The ledger's formats at their limits: the longest, the emptiest, the first and the last that is still taken."""

from __future__ import annotations

import base64
import hashlib

from relto.core.envelope import SigningKey, TermedKey
from relto.core.ledger import (
    EMPTY,
    MAX_LEAF_BYTES,
    MAX_REQUEST_BYTES,
    AddCheckpoint,
    Checkpoint,
    LogProof,
    NoteSignature,
    SignedNote,
    Tree,
    bundle,
    bundle_path,
    cosign,
    cosignature_key_id,
    cosigned_by,
    cosigned_lines,
    judge,
    note_key_id,
    parse_note,
    read_add_checkpoint,
    read_bundle,
    read_proof,
    sign_checkpoint,
    sign_note,
    signed_by_these_alone,
    tile_path,
    verify_checkpoint,
    verify_note,
    verify_proof,
    with_cosignatures,
)
from relto.core.timeline import Instant

KEY, WITNESS, NEXT = (SigningKey(letter * 32) for letter in (b"k", b"w", b"n"))
ORIGIN, NAME = "kor.example/ledger", "jpn.example/zeuge-ü"
LEAVES = [f"leaf {number}".encode() for number in range(9)]
TREE = Tree(LEAVES)
CHECKPOINT = Checkpoint(ORIGIN, TREE.head())
NOTE = sign_checkpoint(CHECKPOINT, KEY)
RING = {NAME: WITNESS.verify_key}
LAST_SECOND = (1 << 63) - 1


def key_id(name: str, kind: bytes, raw: bytes) -> bytes:
    """A key id as signed-note writes it down."""
    return hashlib.sha256(name.encode() + b"\n" + kind + raw).digest()[:4]


def cosigned(*times: int, key: SigningKey = WITNESS) -> SignedNote:
    return SignedNote(CHECKPOINT.text, tuple(cosign(CHECKPOINT.text, NAME, key, seconds) for seconds in times))


def test_key_ids_are_those_of_the_specifications() -> None:
    assert note_key_id(NAME, WITNESS.verify_key) == key_id(NAME, b"\x01", WITNESS.verify_key.raw)
    assert cosignature_key_id(NAME, WITNESS.verify_key) == key_id(NAME, b"\x04", WITNESS.verify_key.raw)


def test_a_text_with_an_empty_line_in_it_is_signed_and_read_back() -> None:
    note = sign_note("one\n\ntwo, with ü\n", {NAME: WITNESS})
    assert parse_note(str(note)) == note
    assert verify_note(str(note).encode(), RING) == (note, frozenset({NAME}))


def test_the_most_signatures_and_the_shortest_are_read() -> None:
    lines = tuple(NoteSignature(f"w{number}", b"abcd", b"x") for number in range(64))
    assert parse_note(str(SignedNote("text\n", lines))).signatures == lines


def test_a_note_of_256_kib_is_read() -> None:
    signed = str(sign_note("x\n", {ORIGIN: KEY}))
    long = sign_note("x" * ((1 << 18) - len(signed) + 1) + "\n", {ORIGIN: KEY})
    assert len(str(long)) == 1 << 18
    assert parse_note(str(long)) == long


def test_further_lines_of_a_checkpoint_are_kept_in_order() -> None:
    extended = Checkpoint(ORIGIN, TREE.head(), ("one", "two"))
    assert verify_checkpoint(sign_checkpoint(extended, KEY), origin=ORIGIN, key=KEY.verify_key) == extended


def test_one_of_several_keys_of_a_ledger_is_enough() -> None:
    for one in (KEY, NEXT):
        ring = (KEY.verify_key, NEXT.verify_key)
        assert verify_checkpoint(sign_checkpoint(CHECKPOINT, one), origin=ORIGIN, key=ring) == CHECKPOINT


class TestCosignatures:
    def test_the_first_and_the_last_second_are_signed(self) -> None:
        for seconds in (0, LAST_SECOND):
            (line,) = cosigned(seconds).signatures
            assert line.signature[:8] == seconds.to_bytes(8, "big")
            message = f"cosignature/v1\ntime {seconds}\n{CHECKPOINT.text}".encode()
            WITNESS.verify_key.verify(line.signature[8:], message)
            assert cosigned_by(cosigned(seconds), RING) == {NAME: seconds}

    def test_of_several_the_latest_counts_whichever_stands_first(self) -> None:
        for times in ((5, 9), (9, 5), (7, 9, 8)):
            assert cosigned_by(cosigned(*times), RING) == {NAME: 9}

    def test_of_two_keys_the_latest_counts_whichever_comes_first(self) -> None:
        both = SignedNote(CHECKPOINT.text, cosigned(9).signatures + cosigned(5, key=NEXT).signatures)
        assert cosigned_by(both, {NAME: (WITNESS.verify_key, NEXT.verify_key)}) == {NAME: 9}
        assert cosigned_by(both, {NAME: (NEXT.verify_key, WITNESS.verify_key)}) == {NAME: 9}

    def test_lines_of_others_among_them_are_passed_over(self) -> None:
        (own,) = cosigned(9).signatures
        other_key = NoteSignature(NAME, b"abcd", own.signature)
        other_name = NoteSignature("w", own.key_id, own.signature)
        for lines in ((other_key, own), (other_name, own), (own, other_key, other_name)):
            assert cosigned_by(SignedNote(CHECKPOINT.text, lines), RING) == {NAME: 9}

    def test_a_key_counts_for_the_very_second_its_term_ends_or_begins_in(self) -> None:
        raw = WITNESS.verify_key.raw
        for term in ((None, 9 * 10**9), (9 * 10**9 + 999_999_999, None)):
            since, until = (None if ns is None else Instant(ns) for ns in term)
            ring = {NAME: TermedKey(raw, None, since, until)}
            assert cosigned_by(cosigned(9), ring) == {NAME: 9}

    def test_the_lines_of_a_witness_without_mldsa_are_one_over_any_text(self) -> None:
        lines = cosigned_lines("any text\n", NAME, WITNESS, 9)
        assert lines == cosign("any text\n", NAME, WITNESS, 9).line() + "\n"

    def test_lines_are_known_by_name_and_key_and_stand_once(self) -> None:
        signed = parse_note(with_cosignatures(NOTE, cosigned_lines(CHECKPOINT.text, NAME, WITNESS, 9)))
        own, line = signed.signatures
        ledger = {ORIGIN: KEY.verify_key}
        assert signed_by_these_alone(signed, ledger, RING)
        assert signed_by_these_alone(SignedNote(signed.text, (own,)), ledger, {})
        for bad in (
            (own, line, line),
            (own, NoteSignature("w", line.key_id, line.signature)),
            (own, NoteSignature(NAME, note_key_id(NAME, WITNESS.verify_key), line.signature)),
        ):
            assert not signed_by_these_alone(SignedNote(signed.text, bad), ledger, RING)
        assert not signed_by_these_alone(signed, {}, RING)
        assert not signed_by_these_alone(signed, ledger, {})


class TestRequests:
    def test_a_request_is_read_with_no_line_of_proof_and_with_63(self) -> None:
        for count in (0, 1, 63):
            asked = AddCheckpoint(0, tuple(bytes([number]) * 32 for number in range(count)), NOTE)
            lines = "".join(f"{base64.b64encode(one).decode()}\n" for one in asked.proof)
            assert asked.to_bytes() == f"old 0\n{lines}\n{NOTE}".encode()
            assert read_add_checkpoint(asked.to_bytes()) == asked

    def test_the_longest_request_is_read(self) -> None:
        shortest = len(AddCheckpoint(10**18, (), "").to_bytes())
        asked = AddCheckpoint(10**18, (), "x" * (MAX_REQUEST_BYTES - shortest))
        assert read_add_checkpoint(asked.to_bytes()) == asked

    def test_what_comes_after_the_first_empty_line_is_the_note(self) -> None:
        assert read_add_checkpoint(b"old 7\n\none\n\ntwo\n").note == "one\n\ntwo\n"

    def test_each_answer_of_a_witness(self) -> None:
        four, nine = TREE.head(4), TREE.head(9)
        proof = TREE.consistency_proof(4, 9)
        other = Tree([b"other", *LEAVES[1:]])
        assert judge(EMPTY, 0, (), nine) == "cosign"
        assert judge(EMPTY, 0, (), EMPTY) == "cosign"
        assert judge(four, 4, proof, nine) == "cosign"
        assert judge(four, 4, (), four) == "cosign"
        assert judge(four, 4, proof, four) == "inconsistent"
        assert judge(four, 4, (), other.head(4)) == "another-root"
        assert judge(four, 4, other.consistency_proof(4), other.head()) == "inconsistent"
        assert judge(four, 4, proof[:-1], nine) == "inconsistent"
        assert judge(four, 3, TREE.consistency_proof(3, 9), nine) == "another-old-size"
        assert judge(four, 5, TREE.consistency_proof(5, 9), nine) == "another-old-size"
        assert judge(four, 9, (), nine) == "another-old-size"
        assert judge(nine, 9, (), four) == "old-size-beyond"
        assert judge(four, 10, (), nine) == "old-size-beyond"


class TestProofs:
    def test_a_proof_is_read_with_no_hash_and_with_64(self) -> None:
        for count in (0, 1, 64):
            for extra in (b"", b"context"):
                proof = LogProof(0, tuple(bytes([number]) * 32 for number in range(count)), NOTE, extra)
                assert read_proof(str(proof).encode()) == proof

    def test_the_longest_extra_and_the_longest_proof_are_read(self) -> None:
        proof = LogProof(10**18, (), "", bytes(1 << 16))
        longest = LogProof(10**18, (), "x" * ((1 << 18) + (1 << 17) - len(str(proof))), bytes(1 << 16))
        assert len(str(longest)) == (1 << 18) + (1 << 17)
        assert read_proof(str(longest).encode()) == longest

    def test_what_comes_after_the_first_empty_line_is_the_note(self) -> None:
        assert read_proof(b"c2sp.org/tlog-proof@v1\nindex 7\n\none\n\ntwo\n") == LogProof(7, (), "one\n\ntwo\n")

    def test_as_many_witnesses_as_are_asked_for_are_enough(self) -> None:
        lines = "".join(cosigned_lines(CHECKPOINT.text, *one, 9) for one in ((NAME, WITNESS), ("w", NEXT)))
        proof = LogProof(8, TREE.inclusion_proof(8), with_cosignatures(NOTE, lines))
        witnesses = {**RING, "w": NEXT.verify_key}
        for quorum in (0, 1, 2):
            proved = verify_proof(
                proof, LEAVES[8], origin=ORIGIN, key=KEY.verify_key, witnesses=witnesses, quorum=quorum
            )
            assert (proved.head, proved.witnesses) == (TREE.head(), {NAME: 9, "w": 9})


class TestTiles:
    def test_the_first_and_the_last_that_a_tile_can_be(self) -> None:
        assert tile_path(0, 0, 1) == "tile/0/000.p/1"
        assert tile_path(63, 999, 256) == "tile/63/999"
        assert tile_path(1, 1_000) == "tile/1/x001/000"
        assert tile_path(1, 999_999, 255) == "tile/1/x999/999.p/255"
        assert bundle_path(0) == "tile/entries/000"

    def test_the_longest_leaf_and_an_empty_one_are_bundled(self) -> None:
        leaves = [bytes(MAX_LEAF_BYTES), b"", b"a" * 258]
        data = bundle(leaves)
        assert (data[:2], data[-262:-258]) == (b"\xff\xff", b"\x00\x00\x01\x02")
        assert read_bundle(data, 3) == leaves
        assert read_bundle(b"", 0) == []
