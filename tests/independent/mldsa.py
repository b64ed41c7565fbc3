"""Checkpoints signed with ML-DSA-44 by an implementation that shares nothing with ours: `dilithium-py`, in pure Python,
with the messages put together here from the text of tlog-cosignature. Writes tests/fixtures/mldsa/signed.json:

    python -m tests.independent.mldsa
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import json
import struct
from pathlib import Path
from typing import Any, Final

FILE: Final = Path(__file__).parents[1] / "fixtures" / "mldsa" / "signed.json"
CASES: Final = (
    ("relto/ledger/KOR", "relto/ledger/KOR", 0, b"", 0),
    ("relto/ledger/KOR", "relto/ledger/KOR", 1, b"one leaf", 0),
    ("relto/ledger/KOR", "relto/witness/JPN", 20_852_163, b"many leaves", 1_679_315_147),
    ("example.com/behind-the-sofa", "witness.example.com/w1", (1 << 63) - 1, b"as many as there may be", (1 << 63) - 1),
    ("예시.example/" + "ㄱ" * 80, "w" * 255, 7, b"names as long as they may be", 1),
)
"""Origin, signer, size, what the root is the hash of, and the time."""


def message_of(name: str, seconds: int, origin: str, size: int, root: bytes) -> bytes:
    """The structure `cosigned_message` over a whole tree, member by member."""
    signer, log = name.encode(), origin.encode()
    message = b"subtree/v1\n\0" + struct.pack("B", len(signer)) + signer + struct.pack(">Q", seconds)
    return message + struct.pack("B", len(log)) + log + struct.pack(">QQ", 0, size) + root


def made() -> list[dict[str, Any]]:
    """The vectors, the same each time. Raises ImportError without `dilithium-py`."""
    scheme = importlib.import_module("dilithium_py.ml_dsa").ML_DSA_44
    vectors = []
    for number, (origin, name, size, rooted, seconds) in enumerate(CASES):
        seed = hashlib.sha256(f"case {number}".encode()).digest()
        public, private = scheme.key_derive(seed)
        root = hashlib.sha256(rooted).digest()
        signature = scheme.sign(private, message_of(name, seconds, origin, size, root), deterministic=True)
        key_id = hashlib.sha256(name.encode() + b"\n\x06" + public).digest()[:4]
        raw = base64.b64encode(key_id + struct.pack(">Q", seconds) + signature).decode()
        vectors.append(
            {
                "origin": origin,
                "name": name,
                "size": size,
                "root": base64.b64encode(root).decode(),
                "seconds": seconds,
                "seed": seed.hex(),
                "public": base64.b64encode(public).decode(),
                "line": f"— {name} {raw}",
            }
        )
    return vectors


if __name__ == "__main__":
    FILE.write_text(json.dumps(made(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
