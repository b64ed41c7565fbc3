"""A second opinion on the ledger: what a node writes is read and verified by sigstore's parser and verifier.

They are sigstore's own, unchanged: its signed note, its checkpoint, its inclusion proof of RFC 6962, its keyring.
"""

from __future__ import annotations

import base64
import json
import re

import pytest
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import SignedCheckpoint, verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore._utils import KeyID
from sigstore.errors import VerificationError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common.v1 import PublicKey
from sigstore_models.rekor.v1 import TransparencyLogEntry as Entry

from relto.core.envelope import VerifyKey
from relto.core.errors import ReltoError
from relto.core.ledger import LogProof, note_key_id, parse_note, read_proof
from relto.core.ledger import verify_checkpoint as verify_ours
from relto.node.heads import ask_witness
from relto.node.inclusion import proof_of
from relto.node.key_changes import change_keys
from relto.node.node import Node
from tests.making_mldsa import lacking
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]

ORIGIN = "relto/ledger/KOR"
_SPKI = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what stands before an Ed25519 key's 32 bytes
Found = tuple[LogProof, str]


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def keyring(key: VerifyKey) -> RekorKeyring:
    """The ledger's key as sigstore takes it."""
    told = {"rawBytes": base64_of(_SPKI + key.raw), "keyDetails": "PKIX_ED25519"}
    return RekorKeyring(Keyring([PublicKey.from_json(json.dumps(told))]))


def key_of(cast: Cast) -> VerifyKey:
    return cast.kor.keys.own.signing


def key_id(cast: Cast) -> KeyID:
    return KeyID(note_key_id(ORIGIN, key_of(cast)))


def entry(cast: Cast, leaf: str, proof: LogProof) -> TransparencyLogEntry:
    """A leaf of the ledger, with its proof, as an entry of a log that sigstore verifies."""
    checkpoint = SignedCheckpoint.from_text(proof.note).checkpoint
    told = {
        "logIndex": str(proof.index),
        "logId": {"keyId": base64_of(key_id(cast))},
        "kindVersion": {"kind": "relto", "version": "1"},
        "canonicalizedBody": base64_of(leaf.encode("ascii")),
        "inclusionProof": {
            "logIndex": str(proof.index),
            "rootHash": base64_of(bytes.fromhex(checkpoint.log_hash)),
            "treeSize": str(checkpoint.log_size),
            "hashes": [base64_of(one) for one in proof.proof],
            "checkpoint": {"envelope": proof.note},
        },
    }
    return TransparencyLogEntry(Entry.from_json(json.dumps(told)))


def accepted(cast: Cast, leaf: str, proof: LogProof) -> bool:
    """Whether sigstore verifies the checkpoint's signature, and the leaf's place under it."""
    made = entry(cast, leaf, proof)
    try:
        verify_checkpoint(keyring(key_of(cast)), made)
        verify_merkle_inclusion(made)
    except VerificationError:
        return False
    return True


def checkpoint_of(node: Node) -> str:
    with node.store.read() as reading:
        return reading.checkpoint()


def proved(cast: Cast) -> list[Found]:
    """Every leaf of the sender's ledger that its peers have cosigned, with its proof."""
    for peer in ("JPN", "USA"):
        ask_witness(cast.kor, peer)
    with cast.kor.store.read() as reading:
        leaves = [one.id for one in reading.leaves()]
        return [
            (read_proof(proof_of(cast.kor, reading, one).encode()), leaf.evidence)
            for one in leaves
            if (leaf := reading.leaf(one)) is not None
        ]


def test_sigstore_reads_and_verifies_each_checkpoint_of_a_ledger_that_grows(pact: Cast) -> None:
    seen = set()
    for _ in range(4):
        pact.release()
        note = checkpoint_of(pact.kor)
        read = SignedCheckpoint.from_text(note)
        read.signed_note.verify(keyring(key_of(pact)), key_id(pact))
        ours = verify_ours(note, origin=ORIGIN, key=key_of(pact))
        theirs = read.checkpoint
        assert (theirs.origin, theirs.log_size) == (ORIGIN, ours.head.size)
        assert (bytes.fromhex(theirs.log_hash), theirs.other_content) == (ours.head.root, [])
        seen.add(theirs.log_size)
    assert len(seen) == 4


def test_sigstore_finds_the_ledgers_signature_among_those_of_its_witnesses(pact: Cast) -> None:
    pact.release()
    (proof, _) = proved(pact)[0]
    read = SignedCheckpoint.from_text(proof.note).signed_note
    assert [one.name for one in read.signatures] == [ORIGIN, "relto/witness/JPN", "relto/witness/USA"]
    assert [one.sig_hash for one in read.signatures] == [one.key_id for one in parse_note(proof.note).signatures]
    read.verify(keyring(key_of(pact)), key_id(pact))


@pytest.mark.skipif(bool(lacking()), reason=lacking())
def test_sigstore_passes_over_the_second_signatures_by_mldsa(pact: Cast) -> None:
    pact.clock.advance(1)
    change_keys(pact.kor, "key-replacement", mldsa=True)
    pact.clock.advance(1)
    change_keys(pact.usa, "key-replacement", mldsa=True)
    pact.release()
    (proof, leaf) = proved(pact)[0]
    read = SignedCheckpoint.from_text(proof.note).signed_note
    assert [one.name for one in read.signatures] == [ORIGIN, ORIGIN, "relto/witness/JPN", *["relto/witness/USA"] * 2]
    read.verify(keyring(key_of(pact)), key_id(pact))
    assert accepted(pact, leaf, proof)


def test_sigstore_verifies_the_place_of_every_leaf_under_the_cosigned_head(pact: Cast) -> None:
    for _ in range(3):
        pact.release()
    found = proved(pact)
    assert len(found) > 8
    for proof, leaf in found:
        assert accepted(pact, leaf, proof)
        assert not accepted(pact, found[proof.index - 1][1], proof)


def test_another_keys_checkpoint_is_refused(pact: Cast) -> None:
    pact.release()
    read = SignedCheckpoint.from_text(checkpoint_of(pact.kor)).signed_note
    with pytest.raises(VerificationError, match="invalid signature"):
        read.verify(keyring(pact.jpn.keys.own.signing), key_id(pact))
    with pytest.raises(VerificationError, match="not found"):
        read.verify(keyring(key_of(pact)), KeyID(note_key_id("relto/ledger/JPN", key_of(pact))))


def test_sigstore_and_relto_refuse_a_checkpoint_with_one_sign_changed(pact: Cast) -> None:
    """Every sign of what is signed. (Of a signature's line, sigstore does not look at the name.)"""
    pact.release()
    note = checkpoint_of(pact.kor)
    text = parse_note(note).text
    for at in range(len(text)):
        changed = text[:at] + chr(ord(text[at]) ^ 1) + text[at + 1 :] + note[len(text) :]
        with pytest.raises(ReltoError):
            verify_ours(changed, origin=ORIGIN, key=key_of(pact))
        with pytest.raises(VerificationError):
            SignedCheckpoint.from_text(changed).signed_note.verify(keyring(key_of(pact)), key_id(pact))


def test_sigstore_and_relto_refuse_a_signature_with_one_bit_changed(pact: Cast) -> None:
    """Every byte of the key's id and of the signature."""
    note = checkpoint_of(pact.kor)
    raw = base64.b64decode(note.split(" ")[-1])
    assert len(raw) == 68
    for place in range(len(raw)):
        flipped = raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]
        changed = re.sub(r"\S+\n$", f"{base64_of(flipped)}\n", note)
        with pytest.raises(ReltoError):
            verify_ours(changed, origin=ORIGIN, key=key_of(pact))
        with pytest.raises(VerificationError):
            SignedCheckpoint.from_text(changed).signed_note.verify(keyring(key_of(pact)), key_id(pact))


def test_sigstore_refuses_a_leaf_or_a_proof_with_one_byte_changed(pact: Cast) -> None:
    pact.release()
    for proof, leaf in proved(pact):
        assert not accepted(pact, leaf[:-1] + chr(ord(leaf[-1]) ^ 1), proof)
        for place, node in enumerate(proof.proof):
            path = (*proof.proof[:place], bytes([node[0] ^ 1]) + node[1:], *proof.proof[place + 1 :])
            assert not accepted(pact, leaf, LogProof(proof.index, path, proof.note))
        assert not accepted(pact, leaf, LogProof(proof.index, proof.proof[:-1], proof.note))
