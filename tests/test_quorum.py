"""The quorum of a text: how many of its parties must have cosigned a head before what stands under it is proved."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.agreement import Witnesses
from relto.core.canon import digest
from relto.core.errors import InputError, NotFound, Refused
from relto.core.evidence import Evidence
from relto.core.ledger import cosigned_by, parse_note, read_proof
from relto.core.timeline import parse_instant
from relto.formats.dossier import read_agreement
from relto.node import verify
from relto.node.heads import ask_witness
from relto.node.inclusion import proof_of
from relto.node.node import Node
from relto.node.quorum import Quorum, quorum_of
from relto.node.statements import statement
from tests.trio import BOTH_OTHERS, OUTSIDE, TEXT, sent, trio, trio_dossier

ALPHA = "alpha-lab"


@pytest.fixture
def labs(tmp_path: Path) -> dict[str, Node]:
    """A sample has gone from the first to the second; nobody has cosigned a head over all of it yet."""
    nodes = trio(tmp_path)
    assert sent(nodes).state == "done"
    return nodes


def proved(node: Node, identifier: str) -> set[str]:
    """The witnesses in a leaf's proof. Raises as `proof_of` does."""
    with node.store.read() as reading:
        note = parse_note(read_proof(proof_of(node, reading, identifier).encode()).note)
    keys = {f"relto/witness/{peer}": card.signing for peer, card in node.keys.peers.items()}
    return {name.rpartition("/")[2] for name in cosigned_by(note, keys)}


def newest(node: Node) -> str:
    with node.store.read() as reading:
        return reading.newest_leaves(1)[0].id


def test_a_proof_waits_for_as_many_of_the_parties_as_the_text_asks_for(labs: dict[str, Node]) -> None:
    alpha = labs[ALPHA]
    receipt = newest(alpha)
    with pytest.raises(NotFound, match="no peer has cosigned"):
        proved(alpha, receipt)
    ask_witness(alpha, "beta-lab")
    ask_witness(alpha, OUTSIDE)  # a peer, but no party
    with pytest.raises(Refused, match=r"2 of beta-lab, gamma-lab \(`trio`, Art. 8\) under one head: there are 1"):
        proved(alpha, receipt)
    ask_witness(alpha, "gamma-lab")
    assert proved(alpha, receipt) == {"beta-lab", "gamma-lab", OUTSIDE}


def test_cosignatures_of_two_heads_are_no_proof_under_one(labs: dict[str, Node]) -> None:
    alpha = labs[ALPHA]
    receipt = newest(alpha)
    ask_witness(alpha, "beta-lab")
    assert sent(labs).state == "done"
    ask_witness(alpha, "gamma-lab")
    with pytest.raises(Refused):
        proved(alpha, receipt)
    found = verify(alpha)
    assert found.problems == ()
    assert found.witnessed >= 2  # by beta-lab under the head before, by gamma-lab under this one
    assert "2 of beta-lab, gamma-lab (`trio`, Art. 8)" in found.waiting[0]
    ask_witness(alpha, "beta-lab")
    assert proved(alpha, receipt) == {"beta-lab", "gamma-lab"}
    assert (verify(alpha).witnessed, verify(alpha).waiting) == (found.leaves, ())


def test_a_text_that_says_nothing_is_content_with_any_peer(tmp_path: Path) -> None:
    nodes = trio(tmp_path, witnesses="")
    sent(nodes)
    alpha = nodes[ALPHA]
    with nodes[ALPHA].store.read() as reading:
        assert quorum_of(alpha.dossier(reading), statement(reading.newest_leaves(1)[0].evidence), ALPHA) is None
    assert any("any peer" in one for one in verify(alpha).waiting)
    ask_witness(alpha, OUTSIDE)
    assert proved(alpha, newest(alpha)) == {OUTSIDE}
    assert verify(alpha).waiting == ()


def test_the_witnesses_are_the_others_whosever_ledger_it_is(labs: dict[str, Node]) -> None:
    with labs[ALPHA].store.read() as reading:
        asked = quorum_of(labs[ALPHA].dossier(reading), statement(reading.newest_leaves(1)[0].evidence), "beta-lab")
    assert asked is not None
    assert asked.of == {ALPHA, "gamma-lab"}
    assert asked.met_by([ALPHA, "gamma-lab", OUTSIDE])
    assert not asked.met_by([ALPHA, OUTSIDE, "beta-lab"])


def test_the_text_asks_that_stood_when_the_statement_was_made(tmp_path: Path) -> None:
    dossier = trio_dossier(tmp_path, "")
    amended = TEXT.format(witnesses=BOTH_OTHERS).replace("id: trio", "id: trio\nversion: 2")
    (dossier / "agreements" / "trio@2.yaml").write_text(amended, encoding="utf-8")
    act = "  - {id: a, kind: amendment, by: [alpha-lab, beta-lab, gamma-lab], at: 2025-01-01T00:00:00Z, "
    with (dossier / "records" / "trio.yaml").open("a", encoding="utf-8") as record:
        record.write(f'{act}text: "{digest(amended.encode())}"}}\n')
    found = load_dossier(dossier)

    def asked(when: str) -> Quorum | None:
        says = {"about": "trio/x"}
        one = Evidence(kind="compromise", party=ALPHA, at=parse_instant(when), agreement="trio", says=says)
        return quorum_of(found, one, ALPHA)

    assert asked("2024-12-31T23:59:59.999999999Z") is None
    since = asked("2025-01-01T00:00:00Z")
    assert since is not None
    assert (since.article, since.count) == ("8", 2)


@pytest.mark.parametrize("count", ["0", "3", "two", "-1", ""])
def test_no_more_witnesses_than_there_are_other_parties(count: str) -> None:
    line = f'witnesses: {{article: "8", quorum: {count}}}\n'
    with pytest.raises(InputError, match=r"trio.yaml:14:\d+"):
        read_agreement("trio.yaml", TEXT.format(witnesses=line).encode())
    text, _ = read_agreement("trio.yaml", TEXT.format(witnesses=BOTH_OTHERS).encode())
    assert text.witnesses == Witnesses("8", 2)


def test_the_command_line_says_what_waits_and_refuses_the_proof(
    labs: dict[str, Node], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    receipt = newest(labs[ALPHA])
    ask_witness(labs[ALPHA], "beta-lab")
    for node in labs.values():
        node.close()
    folder = str(tmp_path / ALPHA)
    assert run(["ledger", "prove", receipt, "--witnessed", "--node", folder]) == 3
    assert "Art. 8" in capsys.readouterr().err
    assert run(["ledger", "verify", "--node", folder]) == 0
    assert "wait for cosignatures of 2 of beta-lab, gamma-lab" in capsys.readouterr().out
    assert run(["ledger", "verify", "--node", folder, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["witnessed"], len(told["waiting"])) == (0, 1)
