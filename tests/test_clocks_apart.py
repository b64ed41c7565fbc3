"""Peers' clocks beside the own: noticed by what they sign, to the nanosecond; told; forgotten when they agree again."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.adapters.clock import FolderClock, ReplayClock
from relto.compose import CLOCK
from relto.core.timeline import Instant, parse_instant
from relto.node import Moment, Node, release
from relto.node.clocks import clocks_apart, disagreement
from tests.office import office
from tests.serving import NOON, network, until
from tests.test_node_setup import Cast

NOW = parse_instant("2019-11-18T12:00+09:00")


def noted(node: Node) -> list[str]:
    with node.store.read() as reading:
        return [one.peer for one in clocks_apart(node, reading)]


@pytest.fixture
def pact(tmp_path: Path) -> Cast:
    cast = Cast(tmp_path)
    cast.enter_into_force()
    cast.clock.set(NOW)
    return cast


def put(cast: Cast, party: str, offset: int) -> None:
    """Put one node's clock so many nanoseconds ahead of the others."""
    cast.nodes[party].clock = ReplayClock(cast.clock.at.plus(offset))


@pytest.mark.parametrize("uncertainty", [0, 250_000_000])
def test_what_a_peer_states_lies_between_asking_and_now_or_the_clocks_disagree(uncertainty: int) -> None:
    asked, width = NOW.plus(-5), 2 * uncertainty
    moment = Moment(NOW.plus(-width), NOW)
    for offset, apart in ((-1, True), (0, False), (1, False)):
        stated = asked.plus(offset - width)
        assert (disagreement("JPN", stated, moment, asked) is not None) is apart
        assert disagreement("JPN", stated, moment) is None
    for offset, apart in ((-1, False), (0, False), (1, True)):
        stated = NOW.plus(width + offset)
        assert (disagreement("JPN", stated, moment, asked) is not None) is apart
        assert (disagreement("JPN", stated, moment) is not None) is apart


def test_both_ends_notice_a_clock_that_runs_behind_and_the_sender_one_that_runs_ahead(pact: Cast) -> None:
    put(pact, "JPN", 1)
    assert pact.release().state == "done"
    assert (noted(pact.kor), noted(pact.jpn)) == (["JPN"], [])
    put(pact, "JPN", 3)
    pact.clock.advance(10)
    put(pact, "JPN", -2)
    pact.release()
    assert (noted(pact.kor), noted(pact.jpn)) == (["JPN"], ["KOR"])
    with pact.kor.store.read() as reading:
        (one,) = clocks_apart(pact.kor, reading)
    assert (one.stated, one.earliest) == (pact.clock.at.plus(-2), pact.clock.at)
    assert "before the" in str(one)


def test_it_is_forgotten_once_they_agree_again_in_any_process(pact: Cast) -> None:
    put(pact, "JPN", 1)
    pact.release()
    kor = pact.reopen("KOR")
    assert noted(kor) == ["JPN"]
    pact.clock.advance(5)
    put(pact, "JPN", 0)
    pact.release()
    assert noted(kor) == []
    assert noted(pact.reopen("KOR")) == []


def test_clocks_that_may_both_be_right_are_no_alarm(pact: Cast) -> None:
    for node, offset in ((pact.kor, 0), (pact.jpn, 400_000_000)):
        node.clock = ReplayClock(NOW.plus(offset), 250_000_000)
    assert pact.release().state == "done"
    assert (noted(pact.kor), noted(pact.jpn)) == ([], [])


def test_a_message_that_waited_and_a_recall_answered_by_an_older_receipt_are_no_alarm(pact: Cast) -> None:
    pact.link.set_down("JPN")
    assert pact.release().state == "queued"
    pact.clock.advance(3_600 * 10**9)
    pact.link.set_down("JPN", False)
    assert pact.release().state == "done"
    assert (noted(pact.kor), noted(pact.jpn)) == ([], [])


def test_it_is_shown_and_does_not_make_the_node_unready(tmp_path: Path) -> None:
    with office(tmp_path) as kor:
        put(kor.cast, "JPN", 10**9)
        kor.cast.release()
        told = kor.ask("GET", "/readyz")
        assert (told.status_code, told.json()["ready"], told.json()["clocks_apart"]) == (200, True, ["JPN"])
        assert "relto_clocks_apart 1.0" in kor.ask("GET", "/metrics").text


def test_the_process_that_serves_says_so_and_when_it_is_over() -> None:
    with network("KOR", "JPN") as net:
        node = net.nodes["KOR"]

        def sent(ahead: int, at: Instant) -> None:
            for party, offset in (("KOR", 0), ("JPN", ahead)):
                FolderClock(net.folder / party.lower() / CLOCK).at = at.plus(offset)
            assert release(node, node.base.item("msl-2019-10-31"), "JPN").state == "done"

        sent(10**9, NOON)
        until(lambda: "clocks disagree" in net.log("KOR"))
        assert "JPN states" in net.log("KOR")
        sent(0, NOON.plus(10**10))
        until(lambda: "clocks agree again" in net.log("KOR"))
