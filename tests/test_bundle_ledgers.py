"""Bundles with what witnesses have cosigned: receipts proved in the ledgers of who gave them, quorums held to."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.folder import dossier_files
from relto.cli.main import run
from relto.cli.opening import add_neighbour
from relto.core.canon import canonical
from relto.core.errors import VerificationFailed
from relto.core.ledger import Checkpoint, Tree, sign_checkpoint
from relto.node import Node
from relto.node.bundle import Bundle, Report, examine, seal_bundle
from relto.node.bundle.ledgers import CosignedHead, SeenLedger
from relto.node.export import export_bundle
from relto.node.heads import ask_witness
from relto.node.log import origin_of
from relto.node.mirroring import mirror
from tests.test_evidence_bundle import changed, places
from tests.test_node_setup import PASSPHRASE, Cast, cast, pact
from tests.trio import OUTSIDE, sent, trio

__all__ = ["cast", "pact"]

ALPHA, BETA, GAMMA = "alpha-lab", "beta-lab", "gamma-lab"


def exported(folder: Path, node: Node, about: str) -> Bundle:
    return Bundle.from_bytes(export_bundle(node, about, dossier_files(folder / node.party / "dossier")).to_bytes())


def of_pact(pact: Cast, party: str) -> Bundle:
    return exported(pact.folder, pact.nodes[party], "msl-2019-10-31")


def report_on(nodes: dict[str, Node], *bundles: Bundle) -> Report:
    return examine(bundles, [node.keys.own for node in nodes.values()])


def untold(report: Report, what: str) -> bool:
    return not any(what in one for one in report.not_shown)


@pytest.fixture
def seen(pact: Cast) -> Cast:
    """A release; each side has cosigned the other's ledger, and mirrored it."""
    pact.release()
    for one, other in (("KOR", "JPN"), ("JPN", "KOR")):
        ask_witness(pact.nodes[one], other)
    for one, other in (("KOR", "JPN"), ("JPN", "KOR")):
        mirror(pact.nodes[one], other)
    return pact


def test_a_receipt_is_proved_in_the_ledger_of_who_gave_it_under_a_cosigned_head(seen: Cast) -> None:
    bundle = of_pact(seen, "KOR")
    report = report_on(seen.nodes, bundle)
    assert report.holds
    (one,) = report.bundles
    assert (one.witnessed, one.placed, one.receipts) == (one.leaves, 1, 1)
    assert untold(report, "shown to everybody alike")
    assert untold(report, "receipts of JPN stand")
    theirs = next(ledger for ledger in bundle.ledgers if ledger.party == "JPN")
    with seen.jpn.store.read() as reading:
        places = {leaf.id: leaf.position for leaf in reading.leaves()}
    assert {place.id: place.index for place in theirs.placed}.items() <= places.items()
    assert theirs.placed


def test_nothing_is_shown_of_it_before_anybody_was_asked(pact: Cast) -> None:
    pact.release()
    report = report_on(pact.nodes, of_pact(pact, "KOR"))
    assert report.holds
    assert report.bundles[0].placed == 0
    assert not untold(report, "that 1 receipts of JPN stand in its own ledger")
    assert not untold(report, "that the ledger of KOR is shown to everybody alike")


def test_the_receipt_stands_at_home_too_where_both_bundles_are_there(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.jpn, "KOR")
    report = report_on(pact.nodes, of_pact(pact, "KOR"), of_pact(pact, "JPN"))
    assert report.holds
    assert [one.placed for one in report.bundles] == [1, 0]
    assert untold(report, "receipts of JPN stand")


def test_a_bundle_without_ledgers_is_read_as_ever(seen: Cast) -> None:
    bundle = of_pact(seen, "KOR")
    assert b'"ledgers"' in bundle.to_bytes()
    older = seal_bundle(replace(bundle, ledgers=()), seen.kor.keys.signing())
    assert b'"ledgers"' not in older.to_bytes()
    report = report_on(seen.nodes, Bundle.from_bytes(older.to_bytes()))
    assert report.holds
    assert (report.bundles[0].witnessed, report.bundles[0].placed) == (0, 0)


@pytest.mark.parametrize("party", ["KOR", "JPN"])
def test_even_its_maker_changes_nothing_that_witnesses_have_signed(seen: Cast, party: str) -> None:
    """Sealed anew after each change; what the maker leaves out is told as not shown."""
    bundle = of_pact(seen, party)
    value = json.loads(bundle.to_bytes())
    tried, unseen = 0, []
    for path in places(value):
        if path[0] != "ledgers":
            continue
        for how in ("gone", "middle"):
            spoilt = changed(value, path, how)
            if spoilt is None:
                continue
            tried += 1
            try:
                forged = Bundle.from_bytes(canonical(spoilt))
            except VerificationFailed:
                continue
            report = report_on(seen.nodes, seal_bundle(forged, seen.nodes[party].keys.signing()))
            if report.holds and how == "middle":
                unseen.append(path)
    assert unseen == []
    assert tried > 30


def ledger_of(bundle: Bundle, party: str) -> SeenLedger:
    return next(one for one in bundle.ledgers if one.party == party)


def test_other_ledgers_places_and_witnesses_are_refused(seen: Cast) -> None:
    bundle = of_pact(seen, "KOR")
    own, theirs = ledger_of(bundle, "KOR"), ledger_of(bundle, "JPN")
    other = Tree(str(number).encode() for number in range(40))
    forked = sign_checkpoint(Checkpoint(origin_of("JPN"), other.head()), seen.jpn.keys.signing())
    for ledgers in (
        (own, theirs, theirs),
        (own, replace(theirs, checkpoint=forked)),
        (own, replace(theirs, cosigned=(CosignedHead(theirs.checkpoint, ()),))),
        (own, replace(theirs, placed=(replace(theirs.placed[0], index=theirs.placed[0].index + 1),))),
        (own, replace(theirs, placed=(theirs.placed[0], theirs.placed[0]))),
        (own, replace(theirs, placed=(replace(theirs.placed[0], id="sha256:0"),))),
        (replace(own, checkpoint=theirs.checkpoint), theirs),
        (own, replace(theirs, party="USA")),
        (own, replace(theirs, party="KOR")),
    ):
        forged = seal_bundle(replace(bundle, ledgers=ledgers), seen.kor.keys.signing())
        assert any("ledger of" in one for one in report_on(seen.nodes, forged).problems)


def cosigned(node: Node, *witnesses: str) -> None:
    for witness in witnesses:
        ask_witness(node, witness)


def test_the_quorum_of_the_text_binds_the_bundle(tmp_path: Path) -> None:
    nodes = trio(tmp_path)
    sent(nodes)

    def problems() -> tuple[str, ...]:
        return report_on(nodes, exported(tmp_path, nodes[ALPHA], "sample")).problems

    cosigned(nodes[ALPHA], BETA, OUTSIDE)
    assert any("lack cosignatures of 2 of beta-lab, gamma-lab (`trio`, Art. 8)" in one for one in problems())
    cosigned(nodes[ALPHA], GAMMA)
    (left,) = problems()
    assert "1 places in ledgers lack cosignatures of 2 of alpha-lab, gamma-lab (`trio`, Art. 8)" in left
    mirror(nodes[ALPHA], BETA)
    assert "2 of alpha-lab, gamma-lab" in problems()[0]  # by alpha-lab itself alone
    cosigned(nodes[BETA], GAMMA)
    mirror(nodes[ALPHA], BETA)
    report = report_on(nodes, exported(tmp_path, nodes[ALPHA], "sample"))
    assert report.problems == ()
    assert report.bundles[0].placed == 1
    assert report.bundles[0].witnessed == report.bundles[0].leaves


def test_a_bundle_does_not_say_which_other_peers_there_are(tmp_path: Path) -> None:
    nodes = trio(tmp_path)
    sent(nodes)
    cosigned(nodes[ALPHA], BETA, GAMMA, OUTSIDE)
    data = exported(tmp_path, nodes[ALPHA], "sample").to_bytes()
    assert GAMMA.encode() in data
    assert b"witness/" + OUTSIDE.encode() not in data
    assert {card.party for card in Bundle.from_bytes(data).cards} == {ALPHA, BETA, GAMMA}


def test_the_command_line_asks_first_and_tells_who_does_not_answer(
    pact: Cast, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pact.release()
    for node in pact.nodes.values():
        node.close()
    monkeypatch.setenv("RELTO_PASSPHRASE", PASSPHRASE)
    folder, output = pact.folder / "KOR", pact.folder / "kor.bundle"
    add_neighbour(folder, pact.folder / "JPN")
    arguments = ["evidence", "export", "msl-2019-10-31", "--node", str(folder), "-o", str(output)]
    assert run([*arguments, "--offline"]) == 0
    assert capsys.readouterr().err == ""
    assert ledgers_in(output) == ["KOR"]  # as it was cosigned before it was sent
    output.unlink()
    assert run(arguments) == 0
    assert "`USA`" in capsys.readouterr().err
    assert ledgers_in(output) == ["KOR", "JPN"]
    assert run(["evidence", "verify", str(output)]) == 0
    assert "1 receipts proved in the ledgers of who gave them" in capsys.readouterr().out


def ledgers_in(bundle: Path) -> list[str]:
    return [one.party for one in Bundle.from_bytes(bundle.read_bytes()).ledgers]
