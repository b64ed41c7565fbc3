"""Backups taken while a node serves, and what a restored node may do before its peers have said how far it was."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from pathlib import Path
from random import Random

import pytest

from relto.adapters.link import InProcessLink
from relto.backups import back_up, restore
from relto.cli.main import run
from relto.compose import create_node, open_node, pin, wire
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError
from relto.node import Node, dispatch_pending, open_item, release, verify
from relto.node.behind import behind
from relto.node.heads import ask_witness
from relto.node.recovery import recover, recover_if_due
from tests.test_node_setup import PASSPHRASE, Cast, cast, kinds, make_dossier, pact

__all__ = ["cast", "pact"]


def replaced(cast: Cast, party: str, backup: Path) -> Node:
    """The node of `party` made again from a backup, on the link in place of the old one."""
    folder = cast.folder / f"again-{len(list(cast.folder.iterdir()))}"
    assert restore(backup, folder) == party
    cast.nodes[party].store.close()
    cast.nodes[party] = open_node(folder, PASSPHRASE, clock=cast.clock)
    cast.link = wire(cast.nodes.values())
    return cast.nodes[party]


def test_a_backup_is_the_whole_node_without_its_passphrase_and_nobody_else_may_read_it(pact: Cast) -> None:
    pact.release()
    (pact.folder / "JPN" / "unlock").write_text("secret")
    target = pact.folder / "jpn.backup"
    assert back_up(pact.folder / "JPN", target) == target.stat().st_size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with tarfile.open(target) as tar:
        names = tar.getnames()
    assert {"node.toml", "node.db", "keys/signing.pem", "keys/card.json", "peers/KOR.json"} <= set(names)
    assert "unlock" not in names
    with pytest.raises(Conflict, match="there already"):
        back_up(pact.folder / "JPN", target)
    with pytest.raises(NotFound):
        back_up(pact.folder, pact.folder / "none.backup")
    assert not [path for path in pact.folder.iterdir() if path.name.endswith((".part", ".stores"))]


def test_a_restored_node_reads_and_verifies_and_signs_once_its_peers_have_said_how_far_it_was(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.jpn, "KOR")
    target = pact.folder / "jpn.backup"
    back_up(pact.folder / "JPN", target)
    node = replaced(pact, "JPN", target)
    assert verify(node).problems == ()
    with node.store.read() as reading:
        held = reading.holdings()[0].id
        assert [one.peer for one in behind(reading)] == ["KOR", "USA"]
    with pytest.raises(Refused, match="read-only"):
        open_item(node, held)
    assert pact.release().state == "queued"  # its peers keep for it what it does not take
    for peer in ("KOR", "USA"):
        ask_witness(node, peer)
    with pytest.raises(Refused, match="read-only"):  # what it holds may have been destroyed since
        open_item(node, held)
    recover(node)
    assert open_item(node, held).payload == b"Two launches from Sunchon."
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"]
    assert verify(node).problems == ()


@pytest.mark.parametrize("seed", range(3))
def test_under_traffic_a_backup_at_any_point_never_forks_the_ledger(pact: Cast, seed: int) -> None:
    """A backup somewhere in a run of releases, opened items and cosigned heads: either it is the newest its peers know
    of, and all goes on, or it signs nothing."""
    chance = Random(seed)
    target = pact.folder / "kor.backup"
    when = chance.randrange(6)
    cosigned = 0
    for turn in range(6):
        pact.release()
        if turn == when:
            back_up(pact.folder / "KOR", target)
            saved = len(kinds(pact.kor))
        if chance.random() < 0.5:
            cosigned = ask_witness(pact.kor, "JPN")
    known = max(cosigned, 0)
    node = replaced(pact, "KOR", target)
    before = kinds(node)
    failed = False
    for peer in ("JPN", "USA"):
        try:
            ask_witness(node, peer)
        except Refused:
            failed = True
    recover_if_due(node)
    assert failed == (known > saved)
    if failed:
        with pytest.raises(ReltoError, match="read-only"):
            release(node, pact.item(), "JPN")
        assert kinds(node) == before
    else:
        assert pact.release().state == "done"


def test_a_node_without_peers_goes_on_at_once(tmp_path: Path) -> None:
    create_node(tmp_path / "kor", "KOR", make_dossier(tmp_path / "d"), PASSPHRASE).close()
    back_up(tmp_path / "kor", tmp_path / "b")
    assert restore(tmp_path / "b", tmp_path / "again") == "KOR"
    node = open_node(tmp_path / "again", PASSPHRASE, link=InProcessLink())
    with pytest.raises(ReltoError, match="pin"):
        release(node, node.base.item("msl-2019-10-31"), "JPN")


def test_a_file_that_is_no_backup_makes_no_node(tmp_path: Path, pact: Cast) -> None:
    target = pact.folder / "jpn.backup"
    back_up(pact.folder / "JPN", target)
    with pytest.raises(Conflict, match="not empty"):
        restore(target, pact.folder / "KOR")
    with pytest.raises(NotFound):
        restore(tmp_path / "none", tmp_path / "a")
    for name, data in (("text", b"no tar at all" * 100), ("empty", b""), ("cut", target.read_bytes()[:20_000])):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError):
            restore(tmp_path / name, tmp_path / "a")
    for evil in ("../outside", "/etc/passwd", "keys/../../outside", "other.txt", "keys"):
        with tarfile.open(tmp_path / "evil", "w") as tar:
            member = tarfile.TarInfo(evil)
            member.size = 1
            tar.addfile(member, io.BytesIO(b"x"))
        with pytest.raises(InputError, match="nothing that a node has"):
            restore(tmp_path / "evil", tmp_path / "a")
    with tarfile.open(tmp_path / "link", "w") as tar:
        member = tarfile.TarInfo("node.db")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(InputError, match="nothing that a node has"):
        restore(tmp_path / "link", tmp_path / "a")
    assert not (tmp_path / "a").exists()
    assert not (tmp_path / "outside").exists()


def test_the_commands_tell_and_ask(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELTO_PASSPHRASE", PASSPHRASE)
    dossier = make_dossier(tmp_path / "d")
    kor, jpn = (create_node(tmp_path / party, party, dossier, PASSPHRASE) for party in ("KOR", "JPN"))
    wire([kor, jpn])
    from relto.cli.opening import add_neighbour

    for one, other in (("KOR", "JPN"), ("JPN", "KOR")):
        pin(tmp_path / one, tmp_path / other / "keys" / "card.json")
        add_neighbour(tmp_path / one, tmp_path / other)
    release(kor, kor.base.item("msl-2019-10-31"), "JPN")
    kor.close()
    jpn.close()
    node = ["--node", str(tmp_path / "KOR")]
    assert run(["ledger", "witness", "--ask", *node]) == 0
    assert "cosigned by JPN" in capsys.readouterr().out
    assert run(["ledger", "witness", "--json", *node]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["cosigned"][0]["by"], told["wrong"]) == ("relto/witness/1", "JPN", [])
    assert run(["outbox", "--json", *node]) == 0
    evidence = json.loads(capsys.readouterr().out.splitlines()[0])["evidence"]
    assert run(["ledger", "prove", evidence, "--witnessed", *node]) == 0
    assert capsys.readouterr().out.startswith("c2sp.org/tlog-proof@v1\nindex ")
    assert run(["node", "backup", str(tmp_path / "KOR"), str(tmp_path / "kor.backup")]) == 0
    assert run(["node", "restore", str(tmp_path / "kor.backup"), str(tmp_path / "again")]) == 0
    assert "read-only" in capsys.readouterr().out
    again = ["--node", str(tmp_path / "again")]
    assert run(["ledger", "witness", *again]) == 0
    assert "was restored from a backup" in capsys.readouterr().out
    assert run(["release", "msl-2019-10-31", "--to", "JPN", *again]) == 3
    assert run(["ledger", "witness", "--ask", *again]) == 0
    assert run(["release", "msl-2019-10-31", "--to", "JPN", *again]) == 0
    assert run(["ledger", "settle", "JPN", *again]) == 4
