"""Three processes on the loopback replay the record of 2016 to 2023 through TLS, and end with the same standings and
registers that match."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from relto.cli.rehearsal import PACT, PARTIES, Rehearsal
from relto.cli.scenes import as_it_happened
from relto.core.timeline import parse_instant
from relto.node import Node

INSTANTS = [
    parse_instant(one)
    for one in (
        "2016-11-23T11:00+09:00",  # signed, not yet in force
        "2019-08-23T15:29+09:00",
        "2019-08-23T15:30+09:00",  # the notice
        "2019-11-22T17:29+09:00",
        "2019-11-22T17:30+09:00",  # its suspension
        "2019-11-23T00:00+09:00",  # where it would have lapsed
        "2021-11-23T00:00+09:00",
        "2026-01-01T00:00+09:00",
    )
]


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    made = Rehearsal(tmp_path_factory.mktemp("replay"), parse_instant("2016-11-23T09:00+09:00"), lambda _: None)
    try:
        as_it_happened(made)
        yield made
    finally:
        made.close()


def test_every_agreement_stands_the_same_on_its_parties_nodes_in_each_reading(replayed: Rehearsal) -> None:
    dossiers = {party: replayed.dossier(party) for party in PARTIES}
    compared = 0
    for name in dossiers["KOR"].agreements:
        parties = [one for one in dossiers["KOR"].versions(name)[0].parties if one in PARTIES]
        for reading in parties:
            for at in INSTANTS:
                found = [dossiers[one].standing(name, at, reading=reading) for one in parties]
                assert all(one == found[0] for one in found), (name, reading, at)
                compared += len(found)
    assert compared > 100
    states = [dossiers["JPN"].standing(PACT, at, reading="JPN").state for at in INSTANTS[:5]]
    assert states == ["signed", "in-force", "notice-given", "notice-given", "notice-suspended"]
    records = {party: [one.id for one in dossiers[party].record(PACT).instruments] for party in ("KOR", "JPN")}
    assert records["KOR"] == records["JPN"] == ["sig", "notif", "n001", "n002", "n003"]


def exchanged(node: Node, peer: str) -> dict[str, str]:
    """What a node has sent to a peer and has a receipt for: the receipt of each transmittal."""
    with node.store.read() as reading:
        rows = [one for one in reading.outbox("done") if one.kind == "transmittal" and one.peer == peer]
    return {one.subject: one.answer or "" for one in rows}


def test_the_registers_match_what_the_other_sides_have_receipts_for(replayed: Rehearsal) -> None:
    total = 0
    for party, node in replayed.nodes.items():
        with node.store.read() as reading:
            held = {one.id for one in reading.holdings()}
            signed = {one.id for one in reading.leaves() if one.kind == "receipt" and one.signer == party}
        receipts = {
            name: receipt
            for other, sender in replayed.nodes.items()
            if other != party
            for name, receipt in exchanged(sender, party).items()
        }
        assert held == receipts.keys()
        assert signed == set(receipts.values())
        total += len(held)
    assert total >= 6
    assert [found.problems for found in replayed.verify()] == [(), (), ()]
