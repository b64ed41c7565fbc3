"""Three laboratories under one text that asks for the cosignatures of both others; a fourth is a peer, no party."""

from __future__ import annotations

from pathlib import Path

from relto.adapters.clock import ReplayClock
from relto.compose import create_node, wire
from relto.core.timeline import parse_instant
from relto.node import Delivery, Node, release
from tests.test_node_setup import PASSPHRASE

PARTIES = ("alpha-lab", "beta-lab", "gamma-lab")
OUTSIDE = "delta-lab"
MARKS = dict(zip((*PARTIES, OUTSIDE), "ABCD", strict=True))
TEXT = """relto: agreement/1
id: trio
title: Samples of three laboratories
parties: [alpha-lab, beta-lab, gamma-lab]
binding: arrangement
zone: UTC
entry_into_force: {{article: "1", when: signature}}
term: {{article: "2", initial: indefinite}}
survival: {{article: "3", keep: all}}
levels: {{article: "4", ranks: [{{rank: LIMITED, alpha-lab: [A], beta-lab: [B], gamma-lab: [C]}}]}}
scope: {{article: "5", topics: [health]}}
third_party: {{article: "6", rule: forbidden}}
purpose: {{article: "7", rule: any}}
{witnesses}"""
RECORD = """relto: record/1
agreement: trio
instruments:
  - {id: signed, kind: signature, by: [alpha-lab, beta-lab, gamma-lab], at: 2024-01-01T00:00:00Z}
"""
ITEM = """relto: item/1
id: sample
title: A sample
originator: alpha-lab
mark: A
topic: health/samples
purpose: study
payload: {type: document, text: "Sequenced."}
"""
BOTH_OTHERS = 'witnesses: {article: "8", quorum: 2}\n'


def trio_dossier(folder: Path, witnesses: str = BOTH_OTHERS) -> Path:
    """The dossier of all of them; their text has this clause on witnesses."""
    dossier = folder / "dossier"
    files = {"agreements/trio.yaml": TEXT.format(witnesses=witnesses), "records/trio.yaml": RECORD}
    files["items/sample.yaml"] = ITEM
    for party, mark in MARKS.items():
        files[f"parties/{party}.yaml"] = (
            f"relto: party/1\nid: {party}\nname: {{en: {party}}}\nmarks: [{{mark: {mark}, rank: LIMITED}}]\n"
        )
    for name, text in files.items():
        (dossier / name).parent.mkdir(parents=True, exist_ok=True)
        (dossier / name).write_text(text, encoding="utf-8")
    return dossier


def trio(folder: Path, witnesses: str = BOTH_OTHERS) -> dict[str, Node]:
    """The four nodes, wired."""
    dossier = trio_dossier(folder, witnesses)
    clock = ReplayClock(parse_instant("2026-03-01T09:00:00Z"))
    nodes = {
        party: create_node(folder / party, party, dossier, PASSPHRASE, clock=clock, replay=True) for party in MARKS
    }
    wire(nodes.values())
    return nodes


def sent(nodes: dict[str, Node], to: str = "beta-lab") -> Delivery:
    """The sample, released by the first of them."""
    return release(nodes["alpha-lab"], nodes["alpha-lab"].base.item("sample"), to)
