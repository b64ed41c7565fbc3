"""What the ledger refuses, and what it says of it: the whole sentence, with what to do about it."""

from __future__ import annotations

import base64
from collections.abc import Callable

import pytest

from relto.core.envelope import SigningKey
from relto.core.errors import InputError, ReltoError, VerificationFailed
from relto.core.ledger import (
    MAX_REQUEST_BYTES,
    Checkpoint,
    LogProof,
    NoteSignature,
    SignedNote,
    Tree,
    bundle,
    bundle_path,
    cosign,
    cosigned_by,
    parse_note,
    read_add_checkpoint,
    read_bundle,
    read_proof,
    sign_checkpoint,
    sign_note,
    tile,
    tile_path,
    tiles_of,
    verify_checkpoint,
    verify_note,
    verify_proof,
    verify_tiles,
)
from relto.core.ledger.cosignature import cosignature_key_id
from relto.core.ledger.note import MAX_NOTE_BYTES
from relto.core.ledger.proof_text import MAX_EXTRA_BYTES

KEY, WITNESS = SigningKey(b"k" * 32), SigningKey(b"w" * 32)
ORIGIN = "kor.example/ledger"
TREE = Tree(f"leaf {number}".encode() for number in range(300))
CHECKPOINT = Checkpoint(ORIGIN, TREE.head())
NOTE = sign_checkpoint(CHECKPOINT, KEY)
MAX_PROOF_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES
HASH = base64.b64encode(bytes(32)).decode()
LINE = f"{HASH}\n"
FILES = {tile_path(*one): tile(TREE, *one) for one in tiles_of(300)} | {
    bundle_path(index, width): bundle(f"leaf {256 * index + number}".encode() for number in range(width))
    for index, width in ((0, 256), (1, 44))
}


def verify(note: str | bytes, origin: str = ORIGIN) -> Checkpoint:
    return verify_checkpoint(note, origin=origin, key=KEY.verify_key)


def signed(text: str) -> str:
    return str(sign_note(text, {ORIGIN: KEY}))


def published(path: str, data: bytes, *, entries: bool = True) -> int:
    return verify_tiles(TREE.head(), (FILES | {path: data}).__getitem__, entries=entries)


def cosigned_at(seconds: int) -> dict[str, int]:
    line = NoteSignature("w", cosignature_key_id("w", WITNESS.verify_key), seconds.to_bytes(8, "big") + bytes(64))
    return cosigned_by(SignedNote(CHECKPOINT.text, (line,)), {"w": WITNESS.verify_key})


def proved(quorum: int) -> object:
    proof = LogProof(3, TREE.inclusion_proof(3), NOTE)
    return verify_proof(proof, b"leaf 3", origin=ORIGIN, key=KEY.verify_key, witnesses={}, quorum=quorum)


NO_NOTE = "not a signed note: a text, an empty line, then signature lines"
NO_LINE = "a signature line with a bad name or base64"
NO_CHECKPOINT = "not a checkpoint: origin, size and root, each on its line"
NO_REQUEST = "not `old SIZE`, a proof of at most 63 lines, an empty line and a checkpoint"
NO_PROOF = "not a proof: `c2sp.org/tlog-proof@v1`, `index N`, hashes, an empty line and a checkpoint"
PROOF = "c2sp.org/tlog-proof@v1\n"
ROOT = base64.b64encode(TREE.head().root).decode()

SAID: list[tuple[Callable[[], object], type[ReltoError], str]] = [
    # names and notes
    (
        lambda: sign_note("text\n", {"a" * 60 + "+b": KEY}),
        InputError,
        f"`{'a' * 60}` cannot name a key; use a name such as `example.org/ledger`",
    ),
    (
        lambda: sign_note("text", {ORIGIN: KEY}),
        InputError,
        "a note's text ends in a newline and has no other control sign; correct the text",
    ),
    (
        lambda: sign_note("te\rxt\n", {ORIGIN: KEY}),
        InputError,
        "a note's text ends in a newline and has no other control sign; correct the text",
    ),
    (lambda: sign_note("text\n", {}), InputError, "a note without a signature; give at least one key"),
    (
        lambda: parse_note("x" * (MAX_NOTE_BYTES + 1)),
        InputError,
        "a note of more than 256 KiB; send a checkpoint with fewer signatures",
    ),
    (lambda: parse_note("x" * MAX_NOTE_BYTES), VerificationFailed, NO_NOTE),
    (lambda: parse_note("text\n— w AAAAAAA=\n"), VerificationFailed, NO_NOTE),
    (lambda: parse_note("text\n\n— w AAAAAAA="), VerificationFailed, NO_NOTE),
    (lambda: parse_note("te\txt\n\n— w AAAAAAA=\n"), VerificationFailed, NO_NOTE),
    (
        lambda: parse_note("text\n\n" + "— w AAAAAAA=\n" * 65),
        VerificationFailed,
        "more than 64 signatures under one note",
    ),
    (lambda: parse_note(b"ab\xff"), VerificationFailed, "the note is not UTF-8 at byte 2"),
    (
        lambda: parse_note("text\n\nw AAAAAAA=\n"),
        VerificationFailed,
        "a line under the note is not a signature; write `— name base64`",
    ),
    (lambda: parse_note("text\n\n— a+b AAAAAAA=\n"), VerificationFailed, NO_LINE),
    (lambda: parse_note("text\n\n— w AAAAé\n"), VerificationFailed, NO_LINE),
    (lambda: parse_note("text\n\n— w AAAAAAA\n"), VerificationFailed, NO_LINE),
    (lambda: parse_note("text\n\n— w AAAA!AAA=\n"), VerificationFailed, NO_LINE),
    (lambda: parse_note("text\n\n— w AAAAAA==\n"), VerificationFailed, NO_LINE),
    (lambda: parse_note("text\n\n— w AAAAAAB=\n"), VerificationFailed, NO_LINE),
    (
        lambda: verify_note(NOTE, {"w": WITNESS.verify_key}),
        VerificationFailed,
        "no key known here has signed the note; import the ledger's key first",
    ),
    # checkpoints
    (
        lambda: Checkpoint(ORIGIN, TREE.head(), ("",)),
        InputError,
        "an extension line that is empty or not one line; leave it out",
    ),
    (lambda: verify(signed(f"{ORIGIN}\n300\n")), VerificationFailed, NO_CHECKPOINT),
    (lambda: verify(signed(f"{ORIGIN}\n0300\n{ROOT}\n")), VerificationFailed, NO_CHECKPOINT),
    (lambda: verify(signed(f"{ORIGIN}\n300\n{ROOT}=\n")), VerificationFailed, NO_CHECKPOINT),
    (lambda: verify(signed(f"{ORIGIN}\n300\n{'é' * 44}\n")), VerificationFailed, NO_CHECKPOINT),
    (lambda: verify(signed(f"{ORIGIN}\n300\n{'!' + ROOT[1:]}\n")), VerificationFailed, NO_CHECKPOINT),
    (lambda: verify(signed(f"{ORIGIN}\n0\n{ROOT}\n")), VerificationFailed, NO_CHECKPOINT),
    (
        lambda: verify(signed(f"{ORIGIN}\n300\n{HASH[:-2]}B=\n")),
        VerificationFailed,
        "the checkpoint is not written in its one form",
    ),
    (
        lambda: verify(str(sign_note(f"{'o' * 61}\n300\n{ROOT}\n", {ORIGIN: KEY}))),
        VerificationFailed,
        f"the checkpoint is of `{'o' * 60}`, not of `{ORIGIN}`",
    ),
    # cosignatures
    (lambda: cosign("text\n", "w", WITNESS, -1), InputError, "a cosignature at -1 seconds; set the clock"),
    (
        lambda: cosign("text\n", "w", WITNESS, 1 << 63),
        InputError,
        "a cosignature at 9223372036854775808 seconds; set the clock",
    ),
    (lambda: cosigned_at(1 << 63), VerificationFailed, "a cosignature of `w` bears no time"),
    (
        lambda: cosigned_at((1 << 63) - 1),
        VerificationFailed,
        f"the signature is not one by key `{WITNESS.verify_key.id}`",
    ),
    # what a witness is asked
    (
        lambda: read_add_checkpoint(b"x" * (MAX_REQUEST_BYTES + 1)),
        InputError,
        f"a checkpoint of {MAX_REQUEST_BYTES + 1} bytes; send at most {MAX_REQUEST_BYTES}",
    ),
    (lambda: read_add_checkpoint(b"x" * MAX_REQUEST_BYTES), InputError, NO_REQUEST),
    (
        lambda: read_add_checkpoint(b"old\xff"),
        InputError,
        "not UTF-8 at byte 3; send what tlog-witness asks for",
    ),
    (lambda: read_add_checkpoint(b"old 4\nnote"), InputError, NO_REQUEST),
    (lambda: read_add_checkpoint(b"old 04\n\nnote"), InputError, NO_REQUEST),
    (lambda: read_add_checkpoint(f"old 4\n{LINE * 64}\nnote".encode()), InputError, NO_REQUEST),
    (lambda: read_add_checkpoint("old 4\né\n\nnote".encode()), InputError, "a line of a proof is not base64"),
    (lambda: read_add_checkpoint(b"old 4\nA\n\nnote"), InputError, "a line of a proof is not base64"),
    (
        lambda: read_add_checkpoint(f"old 4\n!{HASH}\n\nnote".encode()),
        InputError,
        "a line of a proof is not base64",
    ),
    (lambda: read_add_checkpoint(b"old 4\nAAAA\n\nnote"), InputError, "a line of a proof is not a hash of 32 bytes"),
    (
        lambda: read_add_checkpoint(f"old 4\n{HASH[:-2]}B=\n\nnote".encode()),
        InputError,
        "a line of a proof is not a hash of 32 bytes",
    ),
    # proofs
    (
        lambda: read_proof(b"x" * (MAX_PROOF_BYTES + 1)),
        InputError,
        f"a proof of {MAX_PROOF_BYTES + 1} bytes; it has one leaf's place and a checkpoint",
    ),
    (lambda: read_proof(b"x" * MAX_PROOF_BYTES), InputError, NO_PROOF),
    (lambda: read_proof(b"c2sp\xff"), InputError, "not UTF-8 at byte 4"),
    (lambda: read_proof(f"{PROOF}\nnote".encode()), InputError, NO_PROOF),
    (lambda: read_proof(f"{PROOF}index 1\nnote".encode()), InputError, NO_PROOF),
    (lambda: read_proof(b"c2sp.org/tlog-proof@v2\nindex 1\n\nnote"), InputError, NO_PROOF),
    (lambda: read_proof(f"{PROOF}index 01\n\nnote".encode()), InputError, NO_PROOF),
    (lambda: read_proof(f"{PROOF}extra AA==\n\nnote".encode()), InputError, NO_PROOF),
    (lambda: read_proof(f"{PROOF}index 1\n{LINE * 65}\nnote".encode()), InputError, NO_PROOF),
    (lambda: read_proof(f"{PROOF}extra é\n\nnote".encode()), InputError, "the `extra` of a proof is not base64"),
    (
        lambda: read_proof(f"{PROOF}extra !AA==\nindex 1\n\nnote".encode()),
        InputError,
        "the `extra` of a proof is not base64",
    ),
    *(
        (
            lambda extra=extra: read_proof(f"{PROOF}extra {extra}\nindex 1\n\nnote".encode()),
            InputError,
            "the `extra` of a proof is empty, over 65536 bytes, or written in another form",
        )
        for extra in ("", "AB==", base64.b64encode(bytes(65_537)).decode())
    ),
    (
        lambda: proved(1),
        VerificationFailed,
        "0 of the known witnesses cosigned it, not 1; wait until more have, or ask them",
    ),
    # tiles
    (lambda: tile_path(-1, 0), InputError, "a tile of level -1; give a level from 0 to 63"),
    (lambda: tile_path(64, 0), InputError, "a tile of level 64; give a level from 0 to 63"),
    (lambda: tile_path(0, -1), InputError, "a tile -1 of 256 hashes; count from 0, and give 1 to 256"),
    (lambda: bundle_path(7, 0), InputError, "a tile 7 of 0 hashes; count from 0, and give 1 to 256"),
    (lambda: bundle_path(7, 257), InputError, "a tile 7 of 257 hashes; count from 0, and give 1 to 256"),
    (lambda: bundle([bytes(65_536)]), InputError, "a leaf of 65536 bytes; enter at most 65535"),
    *(
        (
            lambda data=data: read_bundle(data, 1),
            VerificationFailed,
            "a bundle of leaves is cut short; fetch it again",
        )
        for data in (b"\x00", b"\x01\x00a", b"\x00\x02a")
    ),
    (lambda: read_bundle(b"", 1), VerificationFailed, "a bundle has 0 leaves, not 1; fetch it again"),
    (lambda: read_bundle(b"\x00\x01a", 2), VerificationFailed, "a bundle has 1 leaves, not 2; fetch it again"),
    (
        lambda: published("tile/0/001.p/44", bytes(44)),
        VerificationFailed,
        "`tile/0/001.p/44` has 44 bytes, not 1408",
    ),
    (
        lambda: published("tile/0/001.p/44", bytes(1408), entries=False),
        VerificationFailed,
        "the tiles of level 0 are those of another tree than the checkpoint's",
    ),
    (
        lambda: published("tile/1/000.p/1", bytes(32)),
        VerificationFailed,
        "`tile/1/000.p/1` does not go with the tiles below it",
    ),
    (
        lambda: published("tile/entries/000", b"\x00"),
        VerificationFailed,
        "`tile/entries/000`: a bundle of leaves is cut short",
    ),
    (
        lambda: published("tile/entries/001.p/44", bundle([b"leaf 256", *[b"another"] * 43])),
        VerificationFailed,
        "`tile/entries/001.p/44`: leaf 1 of it is not the one in the tree",
    ),
]


@pytest.mark.parametrize(
    ("refused", "kind", "says"), SAID, ids=[f"{n}-{says[:50]}" for n, (*_, says) in enumerate(SAID)]
)
def test_what_is_refused_is_said_in_whole(refused: Callable[[], object], kind: type[ReltoError], says: str) -> None:
    with pytest.raises(ReltoError) as caught:
        refused()
    assert (type(caught.value), str(caught.value)) == (kind, says)


def test_a_note_refused_says_at_most_sixty_signs_of_a_name() -> None:
    with pytest.raises(InputError) as caught:
        sign_note("text\n", {"two " + "x" * 100: KEY})
    assert str(caught.value).startswith(f"`two {'x' * 56}` cannot")
