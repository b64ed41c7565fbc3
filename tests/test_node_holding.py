"""What becomes of a holding: opened for a person, reported lost or compromised; and what is then owed."""

from __future__ import annotations

import pytest

from relto.adapters.folder import load_person
from relto.core.dossier import Person
from relto.core.errors import InputError, VerificationFailed
from relto.node import ActRefused, dispatch_pending, handle, open_item, relay_pending, report_compromise
from relto.node.node import Node
from relto.node.statements import statement
from tests.test_node_setup import LAPSE, SHIPPED, Cast, all_verify, cast, kinds, pact

__all__ = ["cast", "pact"]


def person(node: Node, name: str = "jpn-analyst-7") -> Person:
    return load_person(SHIPPED / "persons" / f"{name}.yaml", node.base)


def held(node: Node) -> str:
    with node.store.read() as reading:
        return reading.holdings()[-1].id


def test_a_cleared_person_with_need_to_know_on_the_register_reads_it_and_the_handover_is_evidence(pact: Cast) -> None:
    pact.release()
    opened = open_item(pact.jpn, held(pact.jpn), person(pact.jpn))
    assert opened.payload == b"Two launches from Sunchon."
    assert (opened.item.originator, opened.item.mark, opened.holding.received.mark) == ("KOR", "군사II급비밀", "極秘")
    assert [one.person for one in opened.holding.openings] == ["jpn-analyst-7"]
    with pact.jpn.store.read() as reading:
        leaf = reading.leaf(opened.evidence)
    assert leaf is not None
    assert leaf.kind == "handover"
    all_verify(pact)


def test_opening_twice_at_one_instant_is_two_handovers(pact: Cast) -> None:
    pact.release()
    for _ in range(2):
        opened = open_item(pact.jpn, held(pact.jpn))
    assert len(opened.holding.openings) == 2
    assert kinds(pact.jpn)[-2:] == ["handover", "handover"]
    all_verify(pact)


def test_a_person_who_may_not_read_it_is_refused_under_every_failed_article(pact: Cast) -> None:
    pact.release()
    stranger = Person("jpn-clerk-1", "JPN", "JPN", "CONFIDENTIAL", None, ("trade",), "ichigaya")
    with pytest.raises(ActRefused) as caught:
        open_item(pact.jpn, held(pact.jpn), stranger)
    assert {one.check: one.article for one in caught.value.verdict.failed()} == {
        "clearance": "7",
        "need-to-know": "7(2)",
        "facility": "6(e)",
    }
    assert kinds(pact.jpn)[-1] == "refusal"
    with pact.jpn.store.read() as reading:
        assert reading.holdings()[0].openings == ()
    all_verify(pact)


def test_what_was_provided_before_the_lapse_may_still_be_used_after_it_for_its_purpose_alone(pact: Cast) -> None:
    pact.release()
    pact.clock.set(LAPSE.plus(1))
    assert open_item(pact.jpn, held(pact.jpn), person(pact.jpn)).payload
    with pytest.raises(ActRefused) as caught:
        open_item(pact.jpn, held(pact.jpn), purpose="trade")
    assert [one.article for one in caught.value.verdict.failed()] == ["6(c)"]
    all_verify(pact)


def test_an_item_that_came_through_the_ally_is_read_under_the_agreement_with_the_ally(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    assert open_item(pact.jpn, held(pact.jpn)).payload == b"Two launches from Sunchon."
    all_verify(pact)


@pytest.mark.parametrize("actual", [True, False])
def test_a_compromise_actual_or_possible_is_told_at_once_to_the_originator(pact: Cast, actual: bool) -> None:
    pact.release()
    (told,) = report_compromise(pact.jpn, held(pact.jpn), "a case was left in a train", actual=actual)
    assert (told.row.peer, told.state) == ("KOR", "done")
    assert kinds(pact.kor)[-2:] == kinds(pact.jpn)[-2:] == ["compromise", "compromise"]
    with pact.jpn.store.read() as reading:
        (holding,) = reading.holdings()
    assert [(one.actual, one.says) for one in holding.compromises] == [(actual, "a case was left in a train")]
    report = [one for one in holding.duties if one.do == "report"]
    assert [(one.article, one.to, one.due, one.done) for one in report] == [
        ("17", "originator", pact.clock.at, pact.clock.at)
    ]
    all_verify(pact)


def test_after_a_mediated_route_the_report_goes_to_the_originator_and_the_hub(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    told = report_compromise(pact.jpn, held(pact.jpn), "copied without leave")
    assert [(one.row.peer, one.state) for one in told] == [("KOR", "done"), ("USA", "done")]
    all_verify(pact)


def test_a_report_that_cannot_be_delivered_is_owed_until_it_is(pact: Cast) -> None:
    pact.release()
    pact.link.set_down("KOR")
    report_compromise(pact.jpn, held(pact.jpn), "lost")
    with pact.jpn.store.read() as reading:
        (owed,) = [one for one in reading.holdings()[0].duties if one.do == "report"]
    pact.clock.advance(1)
    assert (owed.done, owed.overdue(pact.clock.at)) == (None, True)
    pact.link.set_down("KOR", False)
    assert [one.state for one in dispatch_pending(pact.jpn)] == ["done"]
    with pact.jpn.store.read() as reading:
        (owed,) = [one for one in reading.holdings()[0].duties if one.do == "report"]
    assert owed.done == pact.clock.at
    all_verify(pact)


def test_a_clock_set_back_does_not_hold_back_a_report(pact: Cast) -> None:
    pact.release()
    pact.clock.advance(-1)
    (told,) = report_compromise(pact.jpn, held(pact.jpn), "lost")
    assert told.state == "done"
    all_verify(pact)


@pytest.mark.parametrize("says", ["", "  \n", "x" * 4001])
def test_a_report_says_something_and_not_too_much(pact: Cast, says: str) -> None:
    pact.release()
    before = kinds(pact.jpn)
    with pytest.raises(InputError):
        report_compromise(pact.jpn, held(pact.jpn), says)
    assert kinds(pact.jpn) == before


def test_the_same_report_again_has_the_same_answer_and_only_its_addressees_take_it(pact: Cast) -> None:
    pact.release()
    (told,) = report_compromise(pact.jpn, held(pact.jpn), "lost")
    size = len(kinds(pact.kor))
    first = handle(pact.kor, "compromise", told.row.message)
    pact.clock.advance(1)
    assert handle(pact.kor, "compromise", told.row.message) == first
    assert statement(first.decode()).kind == "compromise"
    assert len(kinds(pact.kor)) == size
    with pytest.raises(VerificationFailed, match="not for `USA`"):
        handle(pact.usa, "compromise", told.row.message)
    with pytest.raises(VerificationFailed):
        handle(pact.kor, "compromise", first)
