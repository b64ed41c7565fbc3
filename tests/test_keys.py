"""Keys in files: encrypted, for their owner's eyes alone, and peers pinned by their operator only."""

from __future__ import annotations

import os
import stat
import time
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from relto.adapters.keys import LIGHT_COST, FileKeys, create_keys, open_keys, pin_card
from relto.core.canon import canonical, parse_object
from relto.core.errors import Conflict, InputError, NotFound, ReltoError, VerificationFailed
from relto.core.timeline import parse_instant
from relto.node.card import Card
from tests.serving import until

PASSPHRASE = "군사 비밀 passphrase"
MADE_AT = parse_instant("2019-11-18T00:00Z")


@pytest.fixture
def kor(tmp_path: Path) -> FileKeys:
    return create_keys(tmp_path / "kor", "KOR", PASSPHRASE, MADE_AT, cost=LIGHT_COST)


@pytest.fixture
def jpn(tmp_path: Path) -> FileKeys:
    return create_keys(tmp_path / "jpn", "JPN", PASSPHRASE, MADE_AT, cost=LIGHT_COST)


def test_keys_come_back_under_their_passphrase(tmp_path: Path, kor: FileKeys) -> None:
    again = open_keys(tmp_path / "kor", PASSPHRASE)
    assert again.own == kor.own
    assert again.signing() == kor.signing()
    assert again.unwraps() == kor.unwraps()
    kor.own.signing.verify(again.signing().sign(b"words"), b"words")


def test_a_passphrase_is_the_same_however_its_hangul_is_typed(tmp_path: Path, kor: FileKeys) -> None:
    typed = unicodedata.normalize("NFD", PASSPHRASE)
    assert typed != PASSPHRASE
    assert open_keys(tmp_path / "kor", typed).signing() == kor.signing()


@pytest.mark.parametrize("wrong", ["wrong", "", PASSPHRASE + " ", "x" * 1025, "\ud800"])
def test_a_wrong_passphrase_opens_nothing_and_is_not_repeated(tmp_path: Path, kor: FileKeys, wrong: str) -> None:
    with pytest.raises(InputError) as caught:
        open_keys(tmp_path / "kor", wrong)
    assert not wrong or wrong not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__ or wrong in ("", "x" * 1025)


def test_private_keys_are_never_on_disk_nor_in_any_text_in_the_clear(tmp_path: Path, kor: FileKeys) -> None:
    raw = [kor.signing().raw, kor.unwraps()[0].raw]
    texts = repr(kor) + repr(kor.signing()) + repr(kor.unwraps()) + repr(kor.own)
    for path in (tmp_path / "kor").rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert all(key not in data and key.hex().encode() not in data for key in raw)
            assert b"BEGIN PRIVATE KEY" not in data
    assert all(key.hex() not in texts and repr(key) not in texts for key in raw)


def test_files_are_for_their_owner_alone_and_nothing_is_left_half_written(tmp_path: Path, kor: FileKeys) -> None:
    folder = tmp_path / "kor" / "keys"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.json",
        "scrypt.json",
        "signing.pem",
        "tls.pem",
        "unwrap.pem",
    ]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


@pytest.mark.parametrize(("name", "mode"), [("signing.pem", 0o640), ("unwrap.pem", 0o604), ("", 0o755)])
def test_keys_that_others_may_read_are_refused(tmp_path: Path, kor: FileKeys, name: str, mode: int) -> None:
    (tmp_path / "kor" / "keys" / name).chmod(mode)
    with pytest.raises(InputError, match="others than its owner") as caught:
        open_keys(tmp_path / "kor", PASSPHRASE)
    assert "chmod" in caught.value.remedy


def test_a_key_is_not_read_through_a_symbolic_link(tmp_path: Path, kor: FileKeys) -> None:
    path = tmp_path / "kor" / "keys" / "signing.pem"
    path.rename(tmp_path / "elsewhere.pem")
    path.symlink_to(tmp_path / "elsewhere.pem")
    with pytest.raises(InputError):
        open_keys(tmp_path / "kor", PASSPHRASE)


def test_keys_of_another_node_under_the_same_passphrase_are_noticed(
    tmp_path: Path, kor: FileKeys, jpn: FileKeys
) -> None:
    for name in ("signing.pem", "unwrap.pem", "scrypt.json"):
        os.replace(tmp_path / "jpn" / "keys" / name, tmp_path / "kor" / "keys" / name)
    with pytest.raises(VerificationFailed, match="not those of its card"):
        open_keys(tmp_path / "kor", PASSPHRASE)


@pytest.mark.parametrize("name", ["signing.pem", "unwrap.pem", "scrypt.json", "card.json"])
@pytest.mark.parametrize("content", [None, b"", b"x" * 100_000, b"{}", b"\x00\xff"])
def test_damaged_or_missing_files_are_errors_of_ours(
    tmp_path: Path, kor: FileKeys, name: str, content: bytes | None
) -> None:
    path = tmp_path / "kor" / "keys" / name
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    with pytest.raises(NotFound if content is None else ReltoError):
        open_keys(tmp_path / "kor", PASSPHRASE)


@pytest.mark.parametrize("name", ["signing.pem", "scrypt.json", "card.json"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_a_key_is_read_from_a_plain_file_only_and_nothing_waits_for_it(
    tmp_path: Path, kor: FileKeys, name: str, make: Callable[[Path], None]
) -> None:
    path = tmp_path / "kor" / "keys" / name
    path.unlink()
    make(path)
    with pytest.raises(InputError, match="is not a plain file"):
        open_keys(tmp_path / "kor", PASSPHRASE)


@pytest.mark.parametrize("cost", [0, 3, 512, 1 << 30, 1025])
def test_a_cost_that_was_never_written_is_not_believed(tmp_path: Path, kor: FileKeys, cost: int) -> None:
    path = tmp_path / "kor" / "keys" / "scrypt.json"
    path.write_bytes(canonical({**parse_object(path.read_bytes()), "cost": cost}))
    with pytest.raises(InputError, match="never written"):
        open_keys(tmp_path / "kor", PASSPHRASE)


def test_keys_are_made_once(tmp_path: Path, kor: FileKeys) -> None:
    with pytest.raises(Conflict):
        create_keys(tmp_path / "kor", "KOR", PASSPHRASE, MADE_AT, cost=LIGHT_COST)
    assert open_keys(tmp_path / "kor", PASSPHRASE).own == kor.own


def test_without_a_passphrase_only_the_public_keys_are_known(tmp_path: Path, kor: FileKeys) -> None:
    locked = open_keys(tmp_path / "kor", None)
    assert locked.own == kor.own
    for ask in (locked.signing, locked.unwraps):
        with pytest.raises(InputError, match="locked"):
            ask()


def test_a_peer_is_pinned_once_and_for_good(tmp_path: Path, kor: FileKeys, jpn: FileKeys) -> None:
    kor.pin(jpn.own)
    kor.pin(jpn.own)
    assert open_keys(tmp_path / "kor", None).peers == kor.peers == {"JPN": jpn.own}
    other = create_keys(tmp_path / "other", "JPN", PASSPHRASE, MADE_AT, cost=LIGHT_COST)
    with pytest.raises(Conflict, match="compare the thumbprints"):
        pin_card(tmp_path / "kor", other.own)
    with pytest.raises(InputError, match="own party"):
        kor.pin(kor.own)
    assert open_keys(tmp_path / "kor", None).peers == {"JPN": jpn.own}


@pytest.mark.parametrize("changed_before", [False, True])
def test_a_card_pinned_by_another_process_at_the_time_of_a_look_is_noticed(
    tmp_path: Path, kor: FileKeys, jpn: FileKeys, changed_before: bool
) -> None:
    """File systems count in steps: the folder may have the same time after a change as before it."""
    usa = create_keys(tmp_path / "usa", "USA", PASSPHRASE, MADE_AT, cost=LIGHT_COST)
    peers, node = tmp_path / "kor" / "peers", open_keys(tmp_path / "kor", PASSPHRASE)
    if changed_before:
        pin_card(tmp_path / "kor", usa.own)
        node.refresh()
        assert sorted(node.peers) == ["USA"]
    before = peers.stat()
    pin_card(tmp_path / "kor", jpn.own)
    os.utime(peers, ns=(before.st_atime_ns, before.st_mtime_ns))
    until(lambda: "JPN" in node.peers, 5)
    chains = node.chains
    time.sleep(0.1)
    assert node.chains is chains  # what rests on them is not made anew


def test_a_card_under_another_partys_name_is_refused(tmp_path: Path, kor: FileKeys, jpn: FileKeys) -> None:
    (tmp_path / "kor" / "peers" / "USA.json").write_bytes(jpn.own.to_bytes())
    with pytest.raises(InputError, match="card of `JPN`"):
        open_keys(tmp_path / "kor", None)


def test_a_card_reads_back_and_bears_its_thumbprints(kor: FileKeys) -> None:
    data = kor.own.to_bytes()
    assert Card.from_bytes(data) == kor.own
    assert kor.own.signing.id.encode() in data
    assert kor.own.wrapping.id.encode() in data


@pytest.mark.parametrize(
    "change",
    [
        {"schema": "relto/card/2"},
        {"party": "no party"},
        {"more": 1},
        {"signing": {}},
        {"signing": {"crv": "X25519", "kty": "OKP", "x": "AA", "kid": "AA"}},
    ],
)
def test_what_is_no_card_is_bad_input(kor: FileKeys, change: dict[str, object]) -> None:
    value = {**parse_object(kor.own.to_bytes()), **change}
    with pytest.raises(InputError):
        Card.from_bytes(canonical(value))  # type: ignore[arg-type]


def test_a_card_with_another_keys_thumbprint_is_refused(kor: FileKeys, jpn: FileKeys) -> None:
    value = parse_object(kor.own.to_bytes())
    signing = value["signing"]
    assert isinstance(signing, dict)
    with pytest.raises(InputError, match="thumbprint"):
        Card.from_bytes(canonical({**value, "signing": {**signing, "kid": jpn.own.signing.id}}))
