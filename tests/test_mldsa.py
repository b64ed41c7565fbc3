"""ML-DSA-44 beside Ed25519 under the heads of ledgers: both or nothing, held against an independent implementation."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.exceptions import UnsupportedAlgorithm

from relto.core.canon import base64url
from relto.core.envelope import MlDsaSigningKey, MlDsaVerifyKey, SigningKey, TermedKey, last_used_on, mldsa
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger import (
    Checkpoint,
    NoteSignature,
    SignedNote,
    Tree,
    TreeHead,
    cosigned_by,
    cosigned_lines,
    parse_note,
    sign_checkpoint,
    sign_note,
    sign_subtree,
    signed_by_these_alone,
    subtree_key_id,
    verify_checkpoint,
    with_cosignatures,
)
from relto.core.ledger.subtree import subtree_times
from relto.core.timeline import Instant
from tests.independent.mldsa import FILE, made, message_of
from tests.making_mldsa import both, lacking

if lacking():
    pytest.skip(lacking(), allow_module_level=True)

VECTORS: list[dict[str, Any]] = json.loads(FILE.read_text("utf-8"))
ORIGIN, WITNESS = "relto/ledger/KOR", "relto/witness/JPN"
LOG, OTHER, JPN = both(1), both(2), both(3)
HEAD = Tree([b"one", b"two", b"three"]).head()
CHECKPOINT = Checkpoint(ORIGIN, HEAD)
NOTE = sign_checkpoint(CHECKPOINT, LOG)
ED, BESIDE = parse_note(NOTE).signatures
AT = 1_574_000_000
COSIGNED = with_cosignatures(NOTE, cosigned_lines(CHECKPOINT.text, WITNESS, JPN, AT))
RING = {WITNESS: JPN.verify_key}


def alone(key: SigningKey) -> SigningKey:
    """The same Ed25519 key with nothing beside it."""
    return SigningKey(key.raw)


def under(*lines: NoteSignature, text: str = CHECKPOINT.text) -> str:
    return str(SignedNote(text, lines))


def accepted(note: str, key: Any = LOG.verify_key) -> bool:
    try:
        return verify_checkpoint(note, origin=ORIGIN, key=key) == CHECKPOINT
    except VerificationFailed:
        return False


@pytest.mark.parametrize("one", VECTORS, ids=lambda one: f"{one['name'][:20]}-{one['size']}")
def test_what_an_independent_implementation_signed_verifies(one: dict[str, Any]) -> None:
    seed, head = bytes.fromhex(one["seed"]), TreeHead(one["size"], base64.b64decode(one["root"]))
    key = MlDsaSigningKey(seed)
    assert key.verify_key == MlDsaVerifyKey(base64.b64decode(one["public"]))
    note = parse_note(f"{Checkpoint(one['origin'], head).text}\n{one['line']}\n")
    (line,) = note.signatures
    assert line.key_id == subtree_key_id(one["name"], key.verify_key)
    assert subtree_times(note, one["name"], key.verify_key, one["origin"], head) == {one["seconds"]}
    own = sign_subtree(one["name"], key, one["origin"], head, one["seconds"])
    assert (own.key_id, own.signature[:8]) == (line.key_id, line.signature[:8])
    for origin, other in ((one["origin"][:-1], head), (one["origin"], TreeHead(8, head.root))):
        with pytest.raises(VerificationFailed, match="not one by ML-DSA-44 key"):
            subtree_times(note, one["name"], key.verify_key, origin, other)


def test_the_independent_implementation_makes_the_vectors_and_verifies_what_is_signed_here() -> None:
    scheme = pytest.importorskip("dilithium_py.ml_dsa", reason="dilithium-py is not installed here").ML_DSA_44
    assert made() == VECTORS
    key = MlDsaSigningKey(b"\x05" * 32)
    message = b"subtree/v1\n\x00" + b"any"
    assert scheme.verify(key.verify_key.raw, message, key.sign(message))
    assert not scheme.verify(key.verify_key.raw, message, key.sign(message), ctx=b"subtree/v1")


def test_a_head_bears_both_signatures_and_both_are_demanded() -> None:
    assert [len(one.signature) for one in (ED, BESIDE)] == [64, 8 + 2420]
    assert BESIDE.signature[:8] == bytes(8)
    assert accepted(NOTE)
    assert accepted(under(BESIDE, ED))
    assert accepted(NOTE, alone(LOG).verify_key)  # who has not pinned the second passes over it
    assert accepted(under(ED), alone(LOG).verify_key)
    assert LOG.verify_key.mldsa is not None
    LOG.verify_key.mldsa.verify(BESIDE.signature[8:], MESSAGE)


MESSAGE = message_of(ORIGIN, 0, ORIGIN, HEAD.size, HEAD.root)
SWAPPED = NoteSignature(ORIGIN, BESIDE.key_id, ED.signature)
REFUSED = {
    "Ed25519 alone": under(ED),
    "ML-DSA-44 alone": under(BESIDE),
    "each under the other's key id": under(
        NoteSignature(ORIGIN, ED.key_id, BESIDE.signature), NoteSignature(ORIGIN, BESIDE.key_id, ED.signature)
    ),
    "an Ed25519 signature under the ML-DSA-44 key id": under(ED, SWAPPED),
    "the same after a good one": under(ED, BESIDE, SWAPPED),
    "an unknown key id": under(ED, NoteSignature(ORIGIN, b"abcd", BESIDE.signature)),
    "another name": under(ED, NoteSignature(WITNESS, BESIDE.key_id, BESIDE.signature)),
    "another's ML-DSA-44 key": under(ED, sign_subtree(ORIGIN, OTHER.mldsa, ORIGIN, HEAD, 0)),  # type: ignore[arg-type]
    "signed as a witness": under(
        ED,
        NoteSignature(ORIGIN, BESIDE.key_id, sign_subtree(WITNESS, LOG.mldsa, ORIGIN, HEAD, 0).signature),  # type: ignore[arg-type]
    ),
    "of another ledger": under(ED, sign_subtree(ORIGIN, LOG.mldsa, "relto/ledger/USA", HEAD, 0)),  # type: ignore[arg-type]
    "of another head": under(ED, sign_subtree(ORIGIN, LOG.mldsa, ORIGIN, TreeHead(4, HEAD.root), 0)),  # type: ignore[arg-type]
    "another time than was signed": under(
        ED, NoteSignature(ORIGIN, BESIDE.key_id, b"\x00" * 7 + b"\x01" + BESIDE.signature[8:])
    ),
    "a time that no clock shows": under(ED, NoteSignature(ORIGIN, BESIDE.key_id, b"\xff" * 8 + BESIDE.signature[8:])),
    "over the text, as Ed25519 signs it": under(
        ED,
        NoteSignature(ORIGIN, BESIDE.key_id, bytes(8) + LOG.mldsa.sign(CHECKPOINT.text.encode())),  # type: ignore[union-attr]
    ),
    "with a context": under(
        ED,
        NoteSignature(
            ORIGIN,
            BESIDE.key_id,
            bytes(8) + LOG.mldsa.private.sign(MESSAGE, context=b"subtree/v1"),  # type: ignore[union-attr]
        ),
    ),
    "cut short": under(ED, NoteSignature(ORIGIN, BESIDE.key_id, BESIDE.signature[:-1])),
    "the time alone": under(ED, NoteSignature(ORIGIN, BESIDE.key_id, BESIDE.signature[:8])),
}


@pytest.mark.parametrize("note", REFUSED.values(), ids=REFUSED)
def test_anything_else_is_no_head_of_that_ledger(note: str) -> None:
    assert not accepted(note)


def test_a_ledger_signs_its_head_under_its_own_name_and_at_no_time() -> None:
    note = sign_checkpoint(CHECKPOINT, LOG)
    ed, beside = parse_note(note).signatures
    assert note == f"{CHECKPOINT.text}\n{ed.line()}\n{beside.line()}\n"
    assert ed == ED
    assert (beside.name, beside.key_id, beside.signature[:8]) == (ORIGIN, BESIDE.key_id, bytes(8))
    assert LOG.verify_key.mldsa is not None
    LOG.verify_key.mldsa.verify(beside.signature[8:], MESSAGE)


def test_a_bit_changed_in_either_signature_fails() -> None:
    for line in (ED, BESIDE):
        rest = BESIDE if line is ED else ED
        for place in range(0, len(line.signature), 1 if line is ED else 97):
            spoilt = bytearray(line.signature)
            spoilt[place] ^= 1
            assert not accepted(under(rest, NoteSignature(ORIGIN, line.key_id, bytes(spoilt))))


def test_an_older_key_without_one_counts_by_itself_and_the_newer_never_does() -> None:
    older, ring = alone(OTHER), (alone(OTHER).verify_key, LOG.verify_key)
    assert accepted(sign_checkpoint(CHECKPOINT, older), ring)
    assert accepted(NOTE, ring)
    assert not accepted(under(ED), ring)
    by_older = parse_note(sign_checkpoint(CHECKPOINT, older)).signatures[0]
    assert not accepted(under(by_older, ED), ring)
    assert not accepted(under(by_older, SWAPPED), ring)


def test_lines_of_text_that_mldsa_does_not_sign_are_neither_signed_nor_taken() -> None:
    extended = Checkpoint(ORIGIN, HEAD, ("an extension line",))
    with pytest.raises(InputError) as unsigned:
        sign_checkpoint(extended, LOG)
    assert str(unsigned.value) == "extension lines, which ML-DSA-44 does not sign; leave them out"
    ed = sign_note(extended.text, {ORIGIN: LOG}).signatures
    with pytest.raises(VerificationFailed) as untaken:
        verify_checkpoint(under(*ed, BESIDE, text=extended.text), origin=ORIGIN, key=LOG.verify_key)
    said = f"the checkpoint of `{ORIGIN}` has extension lines, which ML-DSA-44 does not sign"
    assert str(untaken.value) == said


def test_names_and_times_that_cannot_be_signed_are_refused() -> None:
    assert LOG.mldsa is not None
    for name, origin in (("w" * 256, ORIGIN), ("w", "w" * 256)):
        with pytest.raises(InputError) as caught:
            sign_subtree(name, LOG.mldsa, origin, HEAD, 0)
        assert str(caught.value) == "a name of 256 bytes; ML-DSA-44 signs names of 255 bytes at most"
    for seconds in (-1, 1 << 63):
        with pytest.raises(InputError) as caught:
            sign_subtree("w", LOG.mldsa, ORIGIN, HEAD, seconds)
        assert str(caught.value) == f"a cosignature at {seconds} seconds; set the clock"


def test_the_longest_names_and_the_last_second_are_signed() -> None:
    assert LOG.mldsa is not None
    name, origin, last = "ü" * 127 + "w", "w" * 255, (1 << 63) - 1
    line = sign_subtree(name, LOG.mldsa, origin, HEAD, last)
    key = LOG.mldsa.verify_key
    key.verify(line.signature[8:], message_of(name, last, origin, HEAD.size, HEAD.root))
    assert line.key_id == hashlib.sha256(name.encode() + b"\n\x06" + key.raw).digest()[:4]
    assert subtree_times(SignedNote("", (line,)), name, key, origin, HEAD) == {last}


class TestWitness:
    def test_a_cosignature_is_two_lines_of_one_time(self) -> None:
        lines = parse_note(COSIGNED).signatures[2:]
        assert [len(one.signature) for one in lines] == [8 + 64, 8 + 2420]
        assert cosigned_by(parse_note(COSIGNED), RING) == {WITNESS: AT}
        assert cosigned_by(parse_note(COSIGNED), {WITNESS: alone(JPN).verify_key}) == {WITNESS: AT}
        assert cosigned_by(parse_note(COSIGNED), {"relto/witness/USA": JPN.verify_key}) == {}
        assert cosigned_by(parse_note(NOTE), RING) == {}
        assert accepted(COSIGNED)
        older = cosigned_lines(CHECKPOINT.text, WITNESS, alone(JPN), AT)
        assert len(older.splitlines()) == 1

    @pytest.mark.parametrize("kept", [0, 1])
    def test_one_of_the_two_alone_is_a_failure_not_half_a_cosignature(self, kept: int) -> None:
        one = parse_note(COSIGNED).signatures[2 + kept]
        with pytest.raises(VerificationFailed, match="alike"):
            cosigned_by(parse_note(under(ED, BESIDE, one)), RING)

    def test_both_say_the_same_time(self) -> None:
        ed, _ = parse_note(COSIGNED).signatures[2:]
        assert JPN.mldsa is not None
        later = sign_subtree(WITNESS, JPN.mldsa, ORIGIN, HEAD, AT + 1)
        with pytest.raises(VerificationFailed, match="alike"):
            cosigned_by(parse_note(under(ED, ed, later)), RING)
        twice = with_cosignatures(COSIGNED, cosigned_lines(CHECKPOINT.text, WITNESS, JPN, AT + 5))
        assert cosigned_by(parse_note(twice), RING) == {WITNESS: AT + 5}

    def test_what_the_ledger_signed_is_no_cosignature_and_the_other_way_round(self) -> None:
        ed, _ = parse_note(COSIGNED).signatures[2:]
        assert JPN.mldsa is not None
        as_ledger = sign_subtree(ORIGIN, JPN.mldsa, ORIGIN, HEAD, AT)
        forged = NoteSignature(WITNESS, subtree_key_id(WITNESS, JPN.mldsa.verify_key), as_ledger.signature)
        with pytest.raises(VerificationFailed, match="not one by ML-DSA-44 key"):
            cosigned_by(parse_note(under(ED, ed, forged)), RING)

    def test_its_two_lines_count_where_no_other_stands_beside_them(self) -> None:
        lines = parse_note(COSIGNED).signatures[2:]
        assert cosigned_by(SignedNote(CHECKPOINT.text, lines), RING) == {WITNESS: AT}

    def test_under_a_text_that_is_no_checkpoint_who_has_not_signed_is_not_looked_for(self) -> None:
        assert cosigned_by(sign_note("a text\n", {ORIGIN: LOG}), RING) == {}

    def test_what_is_no_checkpoint_has_no_mldsa_cosignature(self) -> None:
        with pytest.raises(VerificationFailed, match="not a checkpoint"):
            cosigned_lines("a text\n", WITNESS, JPN, AT)

    @pytest.mark.parametrize(
        ("since", "until", "good"),
        [
            (None, None, True),
            (AT * 10**9 + 999_999_999, None, True),
            ((AT + 1) * 10**9, None, False),
            (None, AT * 10**9, True),
            (None, AT * 10**9 - 1, False),
        ],
    )
    def test_a_key_cosigns_within_its_term_to_the_second_that_is_signed(
        self, since: int | None, until: int | None, good: bool
    ) -> None:
        start, end = (None if ns is None else Instant(ns) for ns in (since, until))
        ring = {WITNESS: TermedKey(JPN.verify_key.raw, JPN.verify_key.mldsa, start, end)}
        if good:
            assert cosigned_by(parse_note(COSIGNED), ring) == {WITNESS: AT}
        else:
            with pytest.raises(VerificationFailed, match="not good then"):
                cosigned_by(parse_note(COSIGNED), ring)

    def test_lines_of_others_under_a_note_are_found(self) -> None:
        ledger = {ORIGIN: LOG.verify_key}
        assert signed_by_these_alone(parse_note(COSIGNED), ledger, RING)
        assert not signed_by_these_alone(parse_note(COSIGNED), ledger, {})
        assert not signed_by_these_alone(parse_note(COSIGNED), ledger, {WITNESS: alone(JPN).verify_key})
        assert not signed_by_these_alone(parse_note(under(ED, BESIDE, ED)), ledger, RING)
        assert signed_by_these_alone(parse_note(under(ED)), {ORIGIN: alone(LOG).verify_key}, {})


def test_what_comes_after_all_is_by_the_last_key_that_was_used_or_a_later_one() -> None:
    keys = (OTHER.verify_key, LOG.verify_key, JPN.verify_key)
    for used, first in (((), 0), ((keys[0].id,), 0), ((keys[1].id, keys[0].id), 1), ((keys[2].id,), 2), (("x",), 0)):
        assert last_used_on(keys, used) == keys[first:]
    assert last_used_on((), ("x",)) == ()


def test_keys_of_other_lengths_are_refused_and_the_private_one_never_shows() -> None:
    for raw in (b"", bytes(1311), bytes(1313)):
        with pytest.raises(InputError, match="1312"):
            MlDsaVerifyKey(raw)
    with pytest.raises(InputError, match="32 bytes"):
        MlDsaSigningKey(bytes(31))
    key = SigningKey(b"s3cret!!" * 4, MlDsaSigningKey(b"hidden!!" * 4))
    assert "hidden" not in repr(key) + repr(key.mldsa) + repr(key.verify_key)


def test_the_thumbprint_is_over_the_members_of_rfc_9964() -> None:
    key = MlDsaSigningKey(b"\x01" * 32).verify_key
    members = f'{{"alg":"ML-DSA-44","kty":"AKP","pub":"{base64url(key.raw)}"}}'
    assert key.id == base64url(hashlib.sha256(members.encode()).digest())


def test_where_the_library_has_none_it_is_said_and_nothing_is_taken_for_verified(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Lacking:
        """What the library answers on an OpenSSL before 3.5."""

        @staticmethod
        def refuse(_raw: bytes) -> None:
            raise UnsupportedAlgorithm("ML-DSA-44 is not supported by this backend.")

        from_seed_bytes = from_public_bytes = refuse

    monkeypatch.setattr(mldsa, "MLDSA44PrivateKey", Lacking)
    monkeypatch.setattr(mldsa, "MLDSA44PublicKey", Lacking)
    with pytest.raises(InputError, match="has no ML-DSA-44"):
        _ = MlDsaSigningKey(b"\x09" * 32).verify_key
    assert LOG.verify_key.mldsa is not None
    ring = replace(LOG.verify_key, mldsa=MlDsaVerifyKey(LOG.verify_key.mldsa.raw))  # one that has not been used yet
    with pytest.raises(VerificationFailed, match="has no ML-DSA-44"):
        verify_checkpoint(NOTE, origin=ORIGIN, key=ring)
