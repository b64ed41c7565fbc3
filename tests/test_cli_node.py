"""Nodes by the command line: made, pinned, exchanging, refusing, verified; and a rehearsal across the lapse."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from relto.cli.main import run

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run a command in a fresh folder; its exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RELTO_PASSPHRASE", "correct horse battery staple")

    def calling(*arguments: str) -> tuple[int, str, str]:
        code = run(list(arguments))
        told = capsys.readouterr()
        return code, told.out, told.err

    return calling


def rows(out: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in out.splitlines()]


def pair(call: Call, *more: str) -> None:
    """Two nodes that know each other."""
    for party in ("KOR", "JPN"):
        assert call("node", "init", "--party", party, party.lower(), *more)[0] == 0
    assert call("node", "pin", "jpn", "--node", "kor")[0] == 0
    assert call("node", "pin", "kor", "--node", "jpn")[0] == 0


def test_an_item_released_received_opened_and_proved(call: Call) -> None:
    pair(call)
    code, out, _ = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", "--json")
    assert (code, rows(out)[0]["state"]) == (0, "done")
    held = rows(call("inbox", "--node", "jpn", "--json")[1])[0]
    assert (held["item"], held["originator"], held["mark"]) == ("msl-2019-10-31", "KOR", "極秘")
    code, out, err = call("open", held["id"], "--node", "jpn")
    assert code == 0
    assert out.startswith("07:35 UTC")
    assert err.startswith("極秘  |  군사II급비밀, KOR")
    assert rows(call("holdings", "list", "--node", "jpn", "--json")[1])[0]["opened"] == 1
    for node in ("kor", "jpn"):
        assert call("ledger", "verify", "--node", node)[0] == 0
    sent = rows(call("outbox", "--node", "kor", "--json")[1])
    assert [row["state"] for row in sent] == ["done"]
    code, out, _ = call("ledger", "prove", sent[0]["answer"], "--node", "kor", "--json")
    assert (code, rows(out)[0]["schema"]) == (0, "relto/proof/1")
    code, out, _ = call("ledger", "prove", sent[0]["answer"], "--at-signer", "--node", "kor")
    assert (code, "relto/ledger/JPN\n" in out, "— relto/witness/KOR " in out) == (0, True, True)
    assert "relto/ledger/KOR\n" in call("ledger", "checkpoint", "--node", "kor")[1]


def test_a_refusal_is_told_with_its_grounds_and_evidence(call: Call) -> None:
    pair(call)
    code, out, _ = call("release", "msl-2019-10-31-grade-1", "--to", "JPN", "--node", "kor", "--json")
    told = rows(out)[0]
    assert (code, told["verdict"]) == (3, "refuse")
    assert told["evidence"].startswith("sha256:")
    assert call("inbox", "--node", "jpn", "--json")[1] == ""


def test_a_peer_that_cannot_be_reached_leaves_the_item_in_the_outbox(call: Call) -> None:
    pair(call)
    Path("kor/neighbours.json").unlink()
    code, _, err = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")
    assert code == 6
    assert "is queued" in err
    assert call("node", "pin", "jpn", "--node", "kor")[0] == 0
    assert call("outbox", "--send", "--node", "kor")[0] == 0
    assert len(rows(call("inbox", "--node", "jpn", "--json")[1])) == 1


def test_only_the_clock_says_what_time_it_is(call: Call) -> None:
    pair(call)
    code, _, err = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", "--at", "2019-11-18T00:00Z")
    assert code == 2
    assert "`relto node init --rehearsal`" in err


def test_a_rehearsal_crosses_the_lapse(call: Call) -> None:
    before = "2019-11-22T23:59:59.999999999+09:00"
    midnight = "2019-11-23T00:00+09:00"
    dossier = Path("without")
    shipped = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
    for source in shipped.rglob("*.yaml"):
        target = dossier / source.relative_to(shipped)
        target.parent.mkdir(parents=True, exist_ok=True)
        text = source.read_text(encoding="utf-8")
        if source.match("records/kor-jpn-2016.yaml"):
            text = text[: text.index("  - id: n002")]
        target.write_text(text, encoding="utf-8")
    pair(call, "--rehearsal", "--at", "2019-11-18T09:00+09:00", "--dossier", str(dossier))
    assert call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", "--at", before)[0] == 0
    code, out, _ = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", "--at", midnight)
    assert code == 3
    assert "lapsed since 2019-11-23 00:00 KST" in out
    assert "through USA" in out
    code, _, err = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", "--at", before)
    assert code == 3
    assert "has lived through" in err


def test_a_notice_signed_live_changes_the_standing_on_both_sides(call: Call) -> None:
    pair(call)
    Path("notice.yaml").write_text(
        "relto: instrument/1\nagreement: kor-jpn-2016\nid: n009\nkind: termination-notice\nby: [KOR]\n"
        "at: 2099-01-01T00:00:00Z\n",
        encoding="utf-8",
    )
    Path("wrong.yaml").write_text(Path("notice.yaml").read_text("utf-8").replace("[KOR]", "[JPN]"), encoding="utf-8")
    code, _, err = call("instrument", "sign", "wrong.yaml", "--node", "kor")
    assert (code, "a party signs only what it makes itself" in err) == (2, True)
    code, out, err = call("instrument", "sign", "notice.yaml", "--node", "kor", "--json")
    assert rows(out)[0]["complete"] is True
    assert (code, err) == (0, "")
    for node in ("kor", "jpn"):
        known = {row["id"] for row in rows(call("instrument", "list", "kor-jpn-2016", "--node", node, "--json")[1])}
        assert "n009" in known


def test_an_instrument_that_a_peer_refuses_exits_3_and_a_node_has_its_own_dossier(call: Call) -> None:
    pair(call)
    with Path("jpn/dossier/agreements/kor-jpn-2016.yaml").open("a") as text:
        text.write("# another text\n")
    Path("notice.yaml").write_text(
        "relto: instrument/1\nagreement: kor-jpn-2016\nid: n009\nkind: termination-notice\nby: [KOR]\n"
        "at: 2099-01-01T00:00:00Z\n",
        encoding="utf-8",
    )
    code, out, err = call("instrument", "sign", "notice.yaml", "--node", "kor")
    assert (code, "to JPN  refused-by-recipient" in out, "refused by JPN" in err) == (3, True, True)
    code, _, err = call("instrument", "list", "--node", "kor", "--dossier", "kor/dossier")
    assert (code, "a node has its own dossier" in err) == (2, True)


def test_a_made_up_passphrase_is_kept_for_the_owner_alone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELTO_PASSPHRASE")
    code, _, err = call("node", "init", "--party", "KOR", "kor")
    assert code == 0
    assert "move it to a safe place" in err
    unlock = Path("kor/unlock")
    assert stat.S_IMODE(unlock.stat().st_mode) == 0o600
    secret = unlock.read_text("utf-8").strip()
    assert all(secret not in path.read_text("utf-8", errors="ignore") for path in Path("kor/keys").iterdir())
    unlock.chmod(0o644)
    code, _, err = call("outbox", "--send", "--node", "kor")
    assert (code, "others may read" in err) == (2, True)


def test_a_folder_that_is_not_empty_is_left_alone(call: Call) -> None:
    Path("kor").mkdir()
    Path("kor/mine.txt").write_text("mine", encoding="utf-8")
    code, _, err = call("node", "init", "--party", "KOR", "kor")
    assert (code, "not empty" in err) == (7, True)
    assert [path.name for path in Path("kor").iterdir()] == ["mine.txt"]


def test_a_node_is_asked_with_its_own_reading_and_record(call: Call) -> None:
    pair(call)
    told = rows(
        call("agreement", "standing", "kor-jpn-2016", "--at", "2021-01-01T00:00Z", "--node", "jpn", "--json")[1]
    )
    assert (told[0]["reading"], told[0]["term_end"]) == ("JPN", "2021-11-22T15:00:00Z")
    code, _, err = call("agreement", "standing", "kor-jpn-2016", "--node", "jpn", "--dossier", "elsewhere")
    assert (code, "both --dossier and --node" in err) == (2, True)


def test_a_refused_opening_is_json_where_json_is_asked_for(call: Call) -> None:
    pair(call)
    call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")
    held = rows(call("inbox", "--node", "jpn", "--json")[1])[0]["id"]
    analyst = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia/persons/jpn-analyst-9.yaml"
    code, out, err = call("open", held, "--node", "jpn", "--person", str(analyst), "--json")
    told = rows(out)[0]
    assert (code, err, told["schema"], told["verdict"]) == (3, "", "relto/verdict/1", "refuse")
    assert told["evidence"].startswith("sha256:")
    code, out, _ = call("open", held, "--node", "jpn", "--person", str(analyst))
    assert code == 3
    assert "evidence sha256:" in out


@pytest.mark.parametrize("more", [("--purpose", "press"), ("--via", "USA"), ("--act", "disclose")])
def test_what_does_not_apply_to_passing_a_holding_on_is_not_ignored(call: Call, more: tuple[str, str]) -> None:
    pair(call)
    call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")
    held = rows(call("inbox", "--node", "jpn", "--json")[1])[0]["id"]
    code, out, err = call("release", held, "--to", "KOR", "--node", "jpn", *more)
    assert (code, out) == (2, "")
    assert more[0] in err
    assert "does not apply to a holding" in err
    assert call("outbox", "--node", "jpn", "--json")[1] == ""
    assert call("release", held, "--to", "KOR", "--node", "jpn", "--act", "forward")[0] == 0


def test_an_item_from_a_file_brings_the_content_beside_it(call: Call) -> None:
    pair(call)
    Path("kor/dossier/items/report.txt").write_text("of another item", encoding="utf-8")
    Path("desk").mkdir()
    Path("desk/report.txt").write_text("seen at the desk", encoding="utf-8")
    Path("desk/item.yaml").write_text(
        "relto: item/1\nid: desk-1\ntitle: T\noriginator: KOR\nmark: 군사II급비밀\ntopic: defence/dprk\n"
        "purpose: missile-warning\ncaveats: {rel_to: [KOR, JPN]}\npayload: {type: document, file: report.txt}\n",
        encoding="utf-8",
    )
    assert call("release", "desk/item.yaml", "--to", "JPN", "--node", "kor")[0] == 0
    held = rows(call("inbox", "--node", "jpn", "--json")[1])[0]["id"]
    assert call("open", held, "--node", "jpn")[1] == "seen at the desk\n"


def test_an_id_that_is_not_text_is_bad_input(call: Call) -> None:
    pair(call)
    for asked in (("open", "\udcff"), ("ledger", "prove", "\udcff"), ("release", "\udcff", "--to", "JPN")):
        code, out, err = call(*asked, "--node", "kor")
        assert (code, out) == (2, "")
        assert "is not UTF-8" in err


def test_a_passphrase_file_that_is_named_must_be_one(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELTO_PASSPHRASE")
    monkeypatch.setenv("RELTO_PASSPHRASE_FILE", "nowhere")
    code, _, err = call("node", "init", "--party", "KOR", "kor")
    assert (code, "RELTO_PASSPHRASE_FILE" in err) == (2, True)
    assert not Path("kor").exists()
    Path("nowhere").write_bytes(b"\xff\xfe")
    Path("nowhere").chmod(0o600)
    code, _, err = call("node", "init", "--party", "KOR", "kor")
    assert (code, "`nowhere` is not UTF-8" in err) == (2, True)


def test_a_neighbour_is_opened_with_its_own_passphrase(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELTO_PASSPHRASE")
    pair(call)
    monkeypatch.setenv("RELTO_PASSPHRASE", Path("kor/unlock").read_text("utf-8").strip())
    assert call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")[0] == 0


def test_a_neighbour_that_is_gone_is_said_to_be_gone(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RELTO_PASSPHRASE")
    pair(call)
    Path("jpn").rename("moved")
    code, _, err = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")
    assert (code, "there is no node in" in err) == (6, True)


def test_a_store_that_was_emptied_does_not_verify(call: Call) -> None:
    pair(call)
    Path("kor/node.db").write_bytes(b"")
    code, out, err = call("ledger", "verify", "--node", "kor")
    assert (code, out) == (5, "")
    assert "is empty" in err


def test_how_far_a_verification_is_comes_as_lines_of_json(call: Call) -> None:
    pair(call)
    code, out, _ = call("ledger", "verify", "--json", "--progress", "--node", "kor")
    *told, last = [json.loads(line) for line in out.splitlines()]
    assert (code, last["schema"]) == (0, "relto/verification/1")
    assert told[0] == {"schema": "relto/progress/1", "what": "tables", "done": 0, "total": last["leaves"]}
    assert [one["what"] for one in told if one["done"] == 0][-1] == "hashes"
