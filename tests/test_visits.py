"""Visits between two nodes: asked for, approved, and what the host shows within each (article 8)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.adapters.folder import dossier_files
from relto.adapters.link import InProcessLink
from relto.compose import wire
from relto.core.errors import Conflict, InputError, NotFound, Refused, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.register import Visit, VisitApproved, VisitShown, control_event_to_json
from relto.core.timeline import Instant
from relto.node import ActRefused, dispatch_pending, handle, open_item, verify
from relto.node.bundle.report import examine
from relto.node.custody import destroy_holding
from relto.node.deriving import Made, derive
from relto.node.export import export_bundle
from relto.node.node import Node
from relto.node.statements import statement
from relto.node.visits import (
    Asked,
    approve_visit,
    ask_visit,
    call_off_visit,
    decline_visit,
    hold_visit,
    show_in_visit,
)
from tests.test_custody import held
from tests.test_node_setup import LAPSE, Cast, all_verify, at, cast, pact

__all__ = ["cast", "pact"]

STARTS, ENDS = at("2019-11-05T09:00+09:00"), at("2019-11-05T17:00+09:00")
WANTED = Asked(
    "KOR", "JPN", "ichigaya", "kor-jpn-2016", "talks on warning", ("defence/dprk",), "SECRET", STARTS, ENDS,
    ("kor-analyst-2", "a colonel"), True, "kor-desk",
)  # fmt: skip


def asked(cast: Cast, **change: Any) -> str:
    """The id of a visit that KOR has asked of JPN, and JPN knows of."""
    one = ask_visit(cast.kor, replace(WANTED, **change))
    dispatch_pending(cast.kor)
    return one.id


def approved(cast: Cast, **change: Any) -> str:
    """The id of one that JPN has approved, and KOR knows that."""
    name = asked(cast, **change)
    approve_visit(cast.jpn, name, "jpn-security")
    dispatch_pending(cast.jpn)
    return name


def seen(node: Node, name: str) -> Visit:
    with node.store.read() as reading:
        found = reading.control("visit", name)
    assert isinstance(found, Visit)
    return found


def refusals(node: Node, name: str) -> list[str]:
    with node.store.read() as reading:
        said = [statement(leaf.evidence) for leaf in reading.leaves(name)]
    return [str(one.says.get("says")) for one in said if one.kind == "visit" and one.says.get("step") == "refusal"]


@pytest.fixture
def name(pact: Cast) -> str:
    """The id of what JPN holds of KOR, of rank SECRET."""
    pact.release()
    return held(pact.jpn).id


def test_a_visit_is_asked_of_the_host_which_approves_it_and_both_sides_have_the_same(pact: Cast) -> None:
    visit = asked(pact)
    assert seen(pact.jpn, visit) == seen(pact.kor, visit)
    assert seen(pact.jpn, visit).state == "asked"
    approve_visit(pact.jpn, visit, "jpn-security", "CONFIDENTIAL", STARTS.plus(1))
    dispatch_pending(pact.jpn)
    one = seen(pact.kor, visit)
    assert one == seen(pact.jpn, visit)
    assert one.approved is not None
    assert (one.approved.ceiling, one.approved.ranks, one.approved.starts) == (
        "CONFIDENTIAL",
        ("CONFIDENTIAL",),
        STARTS.plus(1),
    )
    all_verify(pact)


@pytest.mark.parametrize(("when", "within"), [(STARTS.plus(-1), False), (STARTS, True), (STARTS.plus(1), True),
                                              (ENDS.plus(-1), True), (ENDS, False), (ENDS.plus(1), False)])  # fmt: skip
def test_an_item_is_shown_and_opened_within_the_time_box_alone(
    pact: Cast, name: str, when: Instant, within: bool
) -> None:
    visit = approved(pact)
    pact.clock.set(when)
    if within:
        show_in_visit(pact.jpn, visit, name, "kor-analyst-2", "jpn-desk")
        open_item(pact.jpn, name, visit=visit)
        assert [type(one).__name__ for one in seen(pact.jpn, visit).shown] == ["VisitShown", "VisitOpened"]
        assert [type(one).__name__ for one in held(pact.jpn).events] == ["Received", "Shown", "Opened"]
    else:
        for act in (
            lambda: show_in_visit(pact.jpn, visit, name, "kor-analyst-2", "jpn-desk"),
            lambda: open_item(pact.jpn, name, visit=visit),
        ):
            with pytest.raises(Refused, match=r"begins only|ended at") as refused:
                act()
            assert refused.value.article == "8"
        assert len(refusals(pact.jpn, visit)) == 2
        assert seen(pact.jpn, visit).shown == ()
        assert len(held(pact.jpn).events) == 1
    all_verify(pact)


def test_nothing_is_shown_or_opened_above_the_ceiling(pact: Cast, name: str) -> None:
    visit = asked(pact)
    approve_visit(pact.jpn, visit, "jpn-security", "CONFIDENTIAL")
    pact.clock.set(STARTS)
    with pytest.raises(Refused, match="up to CONFIDENTIAL, not SECRET"):
        show_in_visit(pact.jpn, visit, name, "a colonel", "jpn-desk")
    with pytest.raises(Refused, match="up to CONFIDENTIAL, not SECRET"):
        open_item(pact.jpn, name, visit=visit)
    open_item(pact.jpn, name)  # outside a visit it is another matter
    pact.release(name="japan-only")  # of rank CONFIDENTIAL
    show_in_visit(pact.jpn, visit, held(pact.jpn).id, "a colonel", "jpn-desk")
    assert [one.rank for one in seen(pact.jpn, visit).shown] == ["CONFIDENTIAL"]
    all_verify(pact)


def test_the_host_shows_its_own_items_too_and_the_agreement_decides(pact: Cast) -> None:
    visit = approved(pact)
    pact.clock.set(STARTS)
    show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk")
    shown = seen(pact.jpn, visit).shown[0]
    assert isinstance(shown, VisitShown)
    assert (shown.item, shown.holding, shown.to) == ("track", "", "a colonel")
    with pytest.raises(ActRefused, match="purpose"):
        show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk", purpose="training")
    with pytest.raises(NotFound, match="no own item `grade-1`"):
        show_in_visit(pact.jpn, visit, "grade-1", "a colonel", "jpn-desk")
    all_verify(pact)


def test_after_the_lapse_nothing_new_is_shown_though_a_visit_was_approved(pact: Cast) -> None:
    visit = approved(pact, starts=LAPSE.plus(-1), ends=LAPSE.plus(2))
    pact.clock.set(LAPSE.plus(-1))
    show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk")
    pact.clock.set(LAPSE)
    with pytest.raises(ActRefused, match="standing") as refused:
        show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk")
    assert refused.value.article == "21(3)"
    all_verify(pact)


def test_another_s_item_is_shown_to_a_third_only_as_its_originator_allows(pact: Cast, name: str) -> None:
    one = ask_visit(
        pact.jpn, replace(WANTED, visiting="USA", agreement="usa-jpn-2007", visitors=("usa-analyst-4",))
    )  # on paper, entered by the host
    dispatch_pending(pact.jpn)
    assert seen(pact.usa, one.id) == one
    approve_visit(pact.jpn, one.id, "jpn-security")
    pact.clock.set(STARTS)
    with pytest.raises(ActRefused) as refused:
        show_in_visit(pact.jpn, one.id, name, "usa-analyst-4", "jpn-desk")
    assert "third-party" in {ground.check for ground in refused.value.verdict.failed()}
    all_verify(pact)


def test_what_is_not_for_a_visit_is_not_shown_in_it(pact: Cast, name: str) -> None:
    visit = approved(pact)
    product = derive(pact.jpn, [name], Made("extract", "t", "en", "safe", "clerk")).id
    pact.clock.set(STARTS)
    with pytest.raises(Refused, match="no visitor"):
        show_in_visit(pact.jpn, visit, name, "somebody", "jpn-desk")
    with pytest.raises(InputError, match="made here"):
        show_in_visit(pact.jpn, visit, product, "a colonel", "jpn-desk")
    with pytest.raises(Refused, match="not the host"):
        show_in_visit(pact.kor, visit, "msl-2019-10-31", "a colonel", "kor-desk")
    with pytest.raises(NotFound, match="no visit"):
        show_in_visit(pact.jpn, "v-none", name, "a colonel", "jpn-desk")
    with pytest.raises(NotFound, match="no visit"):
        open_item(pact.jpn, name, visit="v-none")
    destroy_holding(pact.jpn, name, "burn", "jpn-witness", "jpn-clerk")
    with pytest.raises(Conflict, match="was destroyed"):
        show_in_visit(pact.jpn, visit, name, "a colonel", "jpn-desk")
    all_verify(pact)


def test_without_an_assurance_of_the_visiting_party_nothing_is_shown(pact: Cast, name: str) -> None:
    visit = approved(pact, assured=False)
    pact.clock.set(STARTS)
    with pytest.raises(Refused, match="has not given its word") as refused:
        show_in_visit(pact.jpn, visit, name, "a colonel", "jpn-desk")
    assert refused.value.article == "7(5)"
    assert len(refusals(pact.jpn, visit)) == 1


def test_a_visit_is_called_off_declined_or_recorded_as_held(pact: Cast, name: str) -> None:
    visit = approved(pact)
    with pytest.raises(Conflict, match="begins only"):
        hold_visit(pact.jpn, visit, (), "jpn-security")
    pact.clock.set(STARTS)
    assert hold_visit(pact.jpn, visit, ("a colonel",), "jpn-security").state == "held"
    call_off_visit(pact.kor, visit, "called home", "kor-desk")
    dispatch_pending(pact.kor)
    with pytest.raises(Refused, match="called off by KOR"):
        show_in_visit(pact.jpn, visit, name, "a colonel", "jpn-desk")
    other = asked(pact)
    decline_visit(pact.jpn, other, "the site is closed", "jpn-security")
    dispatch_pending(pact.jpn)
    assert seen(pact.kor, other).state == "declined"
    with pytest.raises(Conflict, match="declined already"):
        approve_visit(pact.jpn, other, "jpn-security")
    for node, ended, how in ((pact.kor, other, "declined"), (pact.jpn, visit, "called-off")):
        with pytest.raises(Conflict, match=f"was {how} already") as again:
            call_off_visit(node, ended, "for nothing", "a-desk")
        assert again.value.remedy == "ask for another"
    all_verify(pact)


@pytest.mark.parametrize(
    ("change", "why", "error"),
    [
        ({"visiting": "USA"}, "none of KOR", InputError),
        ({"host": "USA"}, "not between KOR and USA", InputError),
        ({"agreement": "no-such"}, "no agreement", NotFound),
        ({"ceiling": "TOP SECRET"}, "no rank of", InputError),
        ({"topics": ("Defence!",)}, "not a topic", InputError),
        ({"visitors": ("x" * 201,)}, "too many visitors", InputError),
        ({"visitors": tuple(f"v{n}" for n in range(65))}, "too many visitors", InputError),
        ({"purpose": " "}, "no purpose", InputError),
        ({"ends": STARTS}, "a visit from", InputError),
    ],
)
def test_a_request_that_cannot_be_is_refused_and_changes_nothing(
    pact: Cast, change: dict[str, Any], why: str, error: type[Exception]
) -> None:
    with pact.kor.store.read() as reading:
        before = reading.ledger_size()
    with pytest.raises(error, match=why):
        ask_visit(pact.kor, replace(WANTED, **change))
    with pact.kor.store.read() as reading:
        assert (reading.ledger_size(), reading.controls()) == (before, [])


def test_the_host_approves_no_more_than_its_facility_may_hold_and_was_asked_for(pact: Cast) -> None:
    visit = asked(pact, ceiling="CONFIDENTIAL")
    with pytest.raises(Refused, match="above what was asked for"):
        approve_visit(pact.jpn, visit, "jpn-security", "SECRET")
    with pytest.raises(InputError, match="approved from"):
        approve_visit(pact.jpn, visit, "jpn-security", ends=ENDS.plus(1))
    with pytest.raises(NotFound, match="has no facility"):
        approve_visit(pact.kor, visit, "kor-desk")
    with pytest.raises(NotFound, match="has no facility `elsewhere`"):
        approve_visit(pact.jpn, asked(pact, facility="elsewhere"), "jpn-security")
    assert seen(pact.jpn, visit).state == "asked"


def test_what_nobody_pinned_says_or_may_say_of_a_visit_is_not_taken(pact: Cast) -> None:
    visit = asked(pact)
    with pact.kor.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "visit"]
    assert handle(pact.jpn, "visit", row.message, "KOR") == handle(pact.jpn, "visit", row.message, "KOR")
    for message in (b"\xff", row.message[:-4] + b"AAAA"):
        with pytest.raises(VerificationFailed):
            handle(pact.jpn, "visit", message, "KOR")
    with pytest.raises(VerificationFailed):
        handle(pact.jpn, "visit", row.message, "USA")
    own = VisitApproved(visit, row.queued_at, "KOR", "SECRET", ("SECRET",), STARTS, ENDS, "kor-desk")
    forged = Evidence(
        "visit", "KOR", row.queued_at, to="JPN", transmittal=visit,
        says={"about": "c-1", "step": "statement", "event": control_event_to_json(own)},
    )  # fmt: skip
    signed = sign_evidence(forged, pact.kor.keys.signing()).encode("ascii")
    answer = statement(handle(pact.jpn, "visit", signed, "KOR").decode("ascii"))  # it cannot approve its own visit
    assert (answer.kind, "cannot decide" in str(answer.says["says"])) == ("refusal", True)
    assert seen(pact.jpn, visit).state == "asked"
    for change in ({"party": "JPN"}, {"visit": "v-other"}, {"at": STARTS}):
        other = replace(forged, says={**forged.says, "event": control_event_to_json(replace(own, **change))})
        with pytest.raises(VerificationFailed, match=r"is of something else|is another party's"):
            handle(pact.jpn, "visit", sign_evidence(other, pact.kor.keys.signing()).encode("ascii"), "KOR")
    shown = VisitShown(visit, row.queued_at, "KOR", "i", "", "SECRET", "defence", "a colonel", "kor-desk")
    other = replace(forged, says={**forged.says, "event": control_event_to_json(shown)})
    message = sign_evidence(other, pact.kor.keys.signing()).encode("ascii")
    with pytest.raises(VerificationFailed, match="something else"):
        handle(pact.jpn, "visit", message, "KOR")
    all_verify(pact)


def test_a_third_learns_of_no_visit_between_two_others(pact: Cast) -> None:
    asked(pact)
    with pact.kor.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "visit"]
    with pytest.raises(VerificationFailed, match="not for `USA`"):
        handle(pact.usa, "visit", row.message, "KOR")
    said = statement(row.message.decode("ascii"))
    forged = sign_evidence(replace(said, to="USA"), pact.kor.keys.signing()).encode("ascii")
    answer = statement(handle(pact.usa, "visit", forged, "KOR").decode("ascii"))
    assert (answer.kind, "is none of USA and KOR" in str(answer.says["says"])) == ("refusal", True)
    with pact.usa.store.read() as reading:
        assert reading.controls() == []
    all_verify(pact)


def test_a_statement_is_sent_once_the_other_side_is_there_again(pact: Cast) -> None:
    link = pact.link
    alone = InProcessLink()
    pact.kor.link = alone
    visit = ask_visit(pact.kor, WANTED).id
    dispatch_pending(pact.kor)
    with pact.jpn.store.read() as reading:
        assert reading.controls() == []
    pact.kor.link = link
    wire(pact.nodes.values())
    dispatch_pending(pact.kor)
    assert seen(pact.jpn, visit).state == "asked"


def test_a_bundle_about_an_item_tells_that_it_was_shown_and_not_what_else_was(pact: Cast, name: str) -> None:
    visit = approved(pact)
    pact.clock.set(STARTS)
    show_in_visit(pact.jpn, visit, name, "a colonel", "jpn-desk")
    show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk")
    files = dossier_files(pact.folder / "JPN" / "dossier")
    bundle = export_bundle(pact.jpn, "msl-2019-10-31", files)
    report = examine([bundle], [pact.jpn.keys.own, pact.kor.keys.own])
    assert report.problems == ()
    told = " ".join(step.says for step in report.account)
    assert f"shows msl-2019-10-31 to a colonel in the visit {visit}" in told
    assert "track" not in told
    report = examine([export_bundle(pact.jpn, visit, files)], [pact.jpn.keys.own, pact.kor.keys.own])
    assert report.problems == ()
    told = " ".join(step.says for step in report.account)
    assert "asks for the visit" in told
    assert "approves the visit" in told


def test_what_an_insider_changes_of_a_visit_is_named(pact: Cast) -> None:
    visit = approved(pact)
    pact.clock.set(STARTS)
    show_in_visit(pact.jpn, visit, "track", "a colonel", "jpn-desk")
    one = seen(pact.jpn, visit)
    with pact.jpn.store.write() as tx:
        tx.put_control(Visit(one.events[:-1]))
    assert any(f"visit {visit}: is not what" in problem for problem in verify(pact.jpn).problems)
