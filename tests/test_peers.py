"""The peers that the bench measures answer as the reference evaluator does; nothing is timed here."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from bench.peers import PEERS, Loader
from bench.peers.check import disagreements, expected
from bench.peers.facts import facts_of
from bench.requests import bench_requests

from relto.adapters.folder import load_dossier
from relto.core.decision import Request
from relto.core.dossier import Dossier
from tests.making import act, at, northeast_asia

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"


@cache
def shipped() -> Dossier:
    return load_dossier(SHIPPED)


@cache
def eventful() -> Dossier:
    """The shipped dossier, where the pact lapses, one text is left for good, and consents of every kind stand."""
    since, until = "2015-03-01T00:00+09:00", "2024-06-01T00:00+09:00"
    consents = (
        act("c1", "consent", ("KOR",), since, topic="defence", to=("USA", "JPN")),
        act("c2", "consent", ("JPN",), since, topic="defence/dprk", to=("USA",), until=at(until)),
        act("c3", "consent", ("USA",), since, topic="defence", to=("KOR",), purpose="training", until=at(until)),
        act("c4", "consent", ("KOR", "JPN"), since, item="made-007", to=("JPN", "KOR", "USA"), purpose="press"),
        act("w1", "withdrawal", ("KOR",), "2022-01-01T00:00+09:00", targets=["c1"]),
    )
    dossier = shipped()
    tisa = dossier.record("tisa-2014").instruments
    unsuspended = tuple(one for one in dossier.record("kor-jpn-2016").instruments if one.id not in ("n002", "n003"))
    ended = act("n9", "termination-notice", ("KOR",), "2021-05-05T00:00+09:00")
    return (
        dossier.with_instruments("tisa-2014", (*tisa, *consents))
        .with_instruments("kor-jpn-2016", unsuspended)
        .with_instruments("usa-kor-1987", (*dossier.record("usa-kor-1987").instruments, ended))
    )


@cache
def asked(dossier: str) -> tuple[Dossier, list[Request], list[bool]]:
    found = {"shipped": shipped, "eventful": eventful}[dossier]()
    requests = bench_requests(found)
    return found, requests, expected(found, requests)


@pytest.mark.parametrize("dossier", ["shipped", "eventful"])
@pytest.mark.parametrize("loader", PEERS, ids=lambda loader: loader.name)
def test_a_peer_answers_as_the_reference_does(loader: Loader, dossier: str) -> None:
    found, requests, answers = asked(dossier)
    if loader.name == "cedarpy":  # an export for each instant: `tests/test_cedar.py` asks it far more than this
        requests, answers = requests[:200], answers[:200]
    try:
        peer = loader(found, requests)
    except ModuleNotFoundError as missing:
        pytest.skip(f"{loader.name}: {missing}; `make .venv/.bench` installs what the bench compares with")
    assert peer.name == loader.name
    assert disagreements(peer, requests, answers) == []


@pytest.mark.parametrize("dossier", ["shipped", "eventful"])
def test_the_requests_are_the_mix_they_say(dossier: str) -> None:
    found, requests, answers = asked(dossier)
    count = len(requests)
    onward = [one for one in requests if one.item.originator not in (one.sender, one.recipient)]
    parties = {(one.sender, one.recipient) for one in requests if one.sender != one.recipient}
    assert (count, len(parties)) == (2000, 6)
    assert requests == bench_requests(found)
    assert requests != bench_requests(found, seed=2)
    assert 0.2 < sum(answers) / count < 0.6
    assert 0.12 < sum(one.purpose is not None for one in requests) / count < 0.18
    assert 0.12 < sum(one.sender != one.recipient for one in onward) / count < 0.18
    assert 0.45 < sum(one.person is not None for one in requests) / count < 0.55
    assert {one.act for one in requests} == {"release", "disclose", "forward", "copy", "translate", "use"}


def test_what_the_peers_do_not_encode_is_refused() -> None:
    requests = bench_requests(shipped(), 1)
    with pytest.raises(ValueError, match="not encode"):
        facts_of(northeast_asia(), [Request("release", requests[0].item, "KOR", "FRA", at("2020-01-01T00:00Z"))])
