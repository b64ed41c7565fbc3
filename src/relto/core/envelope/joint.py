"""One signature over many messages: over the root of the Merkle tree (RFC 6962, 2.1) whose leaves they are.

Each message carries a joint signature of its own: its place, how many there are, the one Ed25519 signature, and the
path from it to the root. It verifies alone, without its neighbours, of which it shows nothing but hashes.

    u16 index | u16 size | Ed25519 signature (64) | path, 32 bytes each, the message's sibling first

What is signed begins with `relto/joint/1` and the purpose, and ends with size and root: it is no label, no evidence and
no checkpoint, and a leaf (after a zero byte) is no node (after a one). One size and one place have one length of path.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relto.core.envelope.keys import SIGNATURE_BYTES, SigningKey, VerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.memo import Memo
from relto.core.merkle import HASH_BYTES, Climbed, Tree, root_of

MAX_JOINT: Final = 1024
"""How many messages one signature is over at most."""
MAX_JOINT_BYTES: Final = 4 + SIGNATURE_BYTES + 10 * HASH_BYTES
_DOMAIN: Final = b"relto/joint/1 "
_HEAD: Final = 4 + SIGNATURE_BYTES
_VERIFIED: Final[Memo[tuple[bytes, bytes, bytes], bool]] = Memo(512)
_CLIMBED: Final[Climbed] = Memo(4 * MAX_JOINT)


def is_joint(signature: bytes) -> bool:
    """Whether it is as long as a joint signature may be, and so no single one."""
    return len(signature) > _HEAD


def sign_jointly(messages: Sequence[bytes], signer: SigningKey, purpose: bytes) -> list[bytes]:
    """The joint signature of each message, in order; `purpose` says in a word what kind of messages they are.

    Raises InputError for fewer than two or more than 1,024 messages, or one of more than 65,535 bytes.
    """
    if not 2 <= len(messages) <= MAX_JOINT:
        raise InputError(f"{len(messages)} messages under one signature", remedy=f"sign 2 to {MAX_JOINT} at once")
    tree, size = Tree(messages), len(messages).to_bytes(2, "big")
    text = _text(purpose, size, tree.head().root)
    signature = signer.sign(text)
    _VERIFIED.put((signer.verify_key.raw, signature, text), True)
    return [
        b"".join((index.to_bytes(2, "big"), size, signature, *tree.inclusion_proof(index)))
        for index in range(len(messages))
    ]


def verify_jointly(message: bytes, joint: bytes, key: VerifyKey, purpose: bytes) -> None:
    """Return if `joint` is a joint signature of `key` for `message` and this purpose; else raise VerificationFailed."""
    if not _HEAD < len(joint) <= MAX_JOINT_BYTES or (len(joint) - _HEAD) % HASH_BYTES:
        raise VerificationFailed(f"a joint signature of {len(joint)} bytes")
    size, signature = joint[2:4], joint[4:_HEAD]
    if int.from_bytes(size, "big") > MAX_JOINT:
        raise VerificationFailed(f"a joint signature over more than {MAX_JOINT} messages")
    path = tuple([joint[at : at + HASH_BYTES] for at in range(_HEAD, len(joint), HASH_BYTES)])
    try:
        root = root_of(message, int.from_bytes(joint[:2], "big"), path, int.from_bytes(size, "big"), _CLIMBED)
    except InputError as error:
        raise VerificationFailed(f"no message of a joint signature: {error.message}") from error
    text = _text(purpose, size, root)
    if _VERIFIED.get((key.raw, signature, text)) is None:
        key.verify(signature, text)
        _VERIFIED.put((key.raw, signature, text), True)


def _text(purpose: bytes, size: bytes, root: bytes) -> bytes:
    return b"".join((_DOMAIN, purpose, b"\x00", size, root))
