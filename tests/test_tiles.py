"""A ledger as static files: as tlog-tiles has them, read here by hashing alone; published, and held against that."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.adapters.published import fetch_from, publish
from relto.cli.main import run
from relto.compose import open_node
from relto.core.errors import Conflict, InputError, NotFound, VerificationFailed
from relto.core.ledger import (
    Tree,
    TreeHead,
    bundle,
    bundle_path,
    read_bundle,
    tile,
    tile_path,
    tiles_of,
    verify_checkpoint,
    verify_tiles,
)
from relto.node.publishing import published
from tests.test_node_setup import PASSPHRASE, Cast, cast, pact

__all__ = ["cast", "pact"]


def leaf(number: int) -> bytes:
    return f"leaf {number}".encode()


@pytest.fixture(scope="module")
def tree() -> Tree:
    return Tree(leaf(number) for number in range(70_000))


def plain_root(hashes: list[bytes]) -> bytes:
    """MTH of RFC 6962, 2.1, over leaf hashes, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return hashlib.sha256(b"\x01" + plain_root(hashes[:split]) + plain_root(hashes[split:])).digest()


def test_paths_are_those_of_the_specification() -> None:
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"
    assert tile_path(3, 0) == "tile/3/000"
    assert tile_path(1, 1, 17) == "tile/1/001.p/17"
    assert bundle_path(1_000, 255) == "tile/entries/x001/000.p/255"
    for level, index, width in ((-1, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(InputError):
            tile_path(level, index, width)


def test_a_tree_of_70_000_and_one_of_256_have_the_tiles_of_the_specification() -> None:
    found = list(tiles_of(70_000))
    assert [sum(one[0] == level and one[2] == 256 for one in found) for level in range(3)] == [273, 1, 0]
    assert [one for one in found if one[2] < 256] == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert list(tiles_of(256)) == [(0, 0, 256), (1, 0, 1)]
    assert list(tiles_of(0)) == []


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537, 70_000])
def test_every_hash_of_a_tile_is_the_root_of_the_leaves_it_spans(tree: Tree, size: int) -> None:
    hashes = [hashlib.sha256(b"\x00" + leaf(number)).digest() for number in range(size)]
    tiles = list(tiles_of(size))
    for level, index, width in [*tiles[-3:], *(one for one in tiles if one[0])]:
        data = tile(tree, level, index, width)
        span = 256**level
        for place in range(0, width, 16):
            first = (index * 256 + place) * span
            assert data[32 * place : 32 * place + 32] == plain_root(hashes[first : first + span])
    with pytest.raises(InputError):
        tile(tree, 3, 0, 1)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=40))
def test_a_bundle_is_read_back(leaves: list[bytes]) -> None:
    data = bundle(leaves)
    assert read_bundle(data, len(leaves)) == leaves
    assert data == b"".join(len(one).to_bytes(2, "big") + one for one in leaves)
    with pytest.raises(VerificationFailed):
        read_bundle(data, len(leaves) + 1)
    for cut in (data[:-1], data + b"\x00"):
        if data:
            with pytest.raises(VerificationFailed):
                read_bundle(cut, len(leaves))
    with pytest.raises(InputError):
        bundle([bytes(65_536)])


def files_of(size: int) -> tuple[TreeHead, dict[str, bytes]]:
    tree = Tree(leaf(number) for number in range(size))
    files = {tile_path(*one): tile(tree, *one) for one in tiles_of(size)}
    for level, index, width in tiles_of(size):
        if level == 0:
            first = 256 * index
            files[bundle_path(index, width)] = bundle(leaf(number) for number in range(first, first + width))
    return tree.head(), files


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 1000])
def test_the_files_of_a_ledger_verify(size: int) -> None:
    head, files = files_of(size)
    assert verify_tiles(head, files.__getitem__, entries=True) == len(files)


def test_every_byte_of_every_file_counts() -> None:
    head, files = files_of(300)
    for path, data in files.items():
        for at in range(0, len(data), max(1, len(data) // 40)):
            spoilt = dict(files)
            spoilt[path] = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
            with pytest.raises(VerificationFailed):
                verify_tiles(head, spoilt.__getitem__, entries=True)
        for other in (data[:-1], data + b"x", b""):
            with pytest.raises(VerificationFailed):
                verify_tiles(head, {**files, path: other}.__getitem__, entries=True)


def test_the_tiles_of_another_tree_do_not_verify() -> None:
    head, _ = files_of(300)
    _, files = files_of(299)
    with pytest.raises((VerificationFailed, KeyError)):
        verify_tiles(head, files.__getitem__, entries=False)


def test_one_hash_of_another_tree_is_seen_without_the_leaves_too() -> None:
    head, files = files_of(300)
    path = tile_path(0, 1, 44)
    spoilt = {**files, path: bytes(32) + files[path][32:]}
    with pytest.raises(VerificationFailed, match="another tree"):
        verify_tiles(head, spoilt.__getitem__, entries=False)


def filled(cast: Cast, count: int = 100) -> None:
    for _ in range(count):
        cast.release()


def export(cast: Cast, folder: Path, *, entries: bool = True) -> int:
    place = folder / "checkpoint"
    with cast.kor.store.read() as reading:
        before = place.read_bytes() if place.exists() else b""
        return publish(folder, published(cast.kor, reading, entries=entries, before=before), lambda _: None)


def test_a_nodes_ledger_is_published_goes_on_and_verifies(pact: Cast, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    for _ in range(3):
        filled(pact, 45)
        assert export(pact, folder) > 1
        assert export(pact, folder) == 0
        with pact.kor.store.read() as reading:
            size, leaves = reading.ledger_size(), [one.evidence.encode() for one in reading.leaves()]
        fetch = fetch_from(folder)
        note = fetch("checkpoint").decode()
        assert note.split("\n")[1] == str(size)
        head = Tree(leaves).head()
        assert verify_checkpoint(note, origin="relto/ledger/KOR", key=pact.kor.keys.own.signing).head == head
        assert verify_tiles(head, fetch, entries=True) == sum(1 + (one[0] == 0) for one in tiles_of(size))
    assert size > 256


def test_without_entries_nothing_is_said_of_what_was_exchanged(pact: Cast, tmp_path: Path) -> None:
    filled(pact, 3)
    export(pact, tmp_path / "public", entries=False)
    for path in (tmp_path / "public").rglob("*"):
        assert not path.is_file() or (b"ey" not in path.read_bytes()[:2] and b"msl-" not in path.read_bytes())
    assert not (tmp_path / "public" / "tile" / "entries").exists()


def other_ledger(cast: Cast, folder: Path) -> None:
    with cast.jpn.store.read() as reading:
        (folder / "checkpoint").write_text(reading.checkpoint(), "utf-8")


def other_tile(_: Cast, folder: Path) -> None:
    path = next(one for one in folder.rglob("*.p/*") if one.is_file())
    path.write_bytes(bytes(len(path.read_bytes())))


@pytest.mark.parametrize("change", [other_ledger, other_tile])
def test_what_is_published_is_never_taken_back(
    pact: Cast, tmp_path: Path, change: Callable[[Cast, Path], None]
) -> None:
    filled(pact, 2)
    folder = tmp_path / "public"
    export(pact, folder)
    change(pact, folder)
    with pytest.raises(Conflict):
        export(pact, folder)


def test_a_ledger_that_was_rolled_back_or_rewritten_is_refused(pact: Cast, tmp_path: Path) -> None:
    folder = tmp_path / "public"
    pact.kor.store.close()
    shutil.copytree(pact.folder / "KOR", tmp_path / "old")
    pact.reopen("KOR")
    filled(pact, 2)
    export(pact, folder)
    kept = {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()}
    old = open_node(tmp_path / "old", PASSPHRASE, clock=pact.clock)
    pact.nodes["KOR"] = old
    with pytest.raises(Conflict, match="rolled back"):
        export(pact, folder)
    old.link = pact.link
    pact.link.set_down("JPN")
    filled(pact, 9)
    with pytest.raises(Conflict, match="rewritten"):
        export(pact, folder)
    assert {one: one.read_bytes() for one in folder.rglob("*") if one.is_file()} == kept
    old.close()


def test_an_empty_ledger_and_files_that_are_not_there(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="empty"):
        export(cast, tmp_path / "public")
    with pytest.raises(NotFound):
        fetch_from(tmp_path)("checkpoint")
    (tmp_path / "checkpoint").write_bytes(bytes(256 * 65_537 + 1))
    with pytest.raises(InputError):
        fetch_from(tmp_path)("checkpoint")


def test_the_command_line_publishes_and_verifies(
    pact: Cast, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    filled(pact, 2)
    pact.kor.store.close()
    node, folder = str(pact.folder / "KOR"), str(tmp_path / "public")
    card = f"{node}/keys/card.json"
    assert run(["ledger", "export", folder, "--node", node, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["files"]) == ("relto/ledger-export/1", 2)
    assert run(["ledger", "verify-export", folder, "--card", card]) == 0
    assert "every hash stands" in capsys.readouterr().out
    assert run(["ledger", "export", folder, "--entries", "--node", node]) == 0
    assert run(["ledger", "verify-export", folder, "--card", card, "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["entries"] is True
    assert run(["ledger", "verify-export", folder, "--card", str(pact.folder / "JPN/keys/card.json")]) == 5
    next(Path(folder).glob("tile/0/*/*")).unlink()
    assert run(["ledger", "verify-export", folder, "--card", card]) == 4
    assert "cannot be read" in capsys.readouterr().err
