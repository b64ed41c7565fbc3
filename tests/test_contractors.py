"""Contractors' checklists and inspections (article 16), officials and registers of facilities (articles 10, 6(e))."""

from __future__ import annotations

from threading import Event

import pytest

from relto.core.dossier import Person
from relto.core.errors import Conflict, InputError, NotFound, Refused
from relto.core.register import CONDITIONS, Contractor, InspectionMissed, Site
from relto.core.timeline import Instant
from relto.node import open_item, release, verify
from relto.node.answers import duty_json
from relto.node.contractors import (
    confirm_conditions,
    enter_inspection,
    enter_missed,
    set_checklist,
    withdraw_conditions,
)
from relto.node.custody import copy_holding, show_holding
from relto.node.deriving import Made, derive
from relto.node.due import Duty, open_duties
from relto.node.facilities import enrol, name_official, relieve_official, strike
from relto.node.node import Node
from relto.node.statements import statement
from relto.serve.duties import DutyWatch
from tests.test_custody import held
from tests.test_node_setup import Cast, all_verify, at, cast, kinds, pact

__all__ = ["cast", "pact"]

FIRM = "jpn-maker-1"
PRODUCT = Made("extract", "t", "en", FIRM, "jpn-clerk")
OTHERS = [one for one in CONDITIONS if one != "g"]
DUE = at("2020-05-01T00:00+09:00")
"""Six months after 31 October 2019, at the end of the last day: April has no 31st."""
ANALYST = Person("jpn-analyst-7", "JPN", "JPN", "SECRET", None, ("defence/dprk",), "ichigaya")


def ready(node: Node) -> Contractor:
    """The contractor's conditions confirmed, its site inspected."""
    set_checklist(node, FIRM, "kor-jpn-2016", "P6M", "jpn-security")
    confirm_conditions(node, FIRM, OTHERS, "survey 12", "jpn-security")
    return enter_inspection(node, FIRM, "as it should be", "jpn-security", passed=True)


def to_inspect(node: Node, when: Instant) -> Duty:
    with node.store.read() as reading:
        (found,) = [one for one in open_duties(node, reading, when) if one.contractor is not None]
    return found


@pytest.fixture
def name(pact: Cast) -> str:
    """The id of what JPN holds of KOR, of rank SECRET."""
    pact.release()
    return held(pact.jpn).id


def test_nothing_is_shown_to_a_contractor_or_kept_by_it_before_all_conditions_are_met(pact: Cast, name: str) -> None:
    for why in ("no checklist", r"not met: \(a\), \(b\)", r"not met: \(g\)"):
        for act in (show_holding, copy_holding):
            with pytest.raises(Refused, match=why) as refused:
                act(pact.jpn, name, FIRM, "jpn-desk")
            assert refused.value.article.startswith("16")
        with pytest.raises(Refused, match=why):
            derive(pact.jpn, [name], PRODUCT)
        if why == "no checklist":
            set_checklist(pact.jpn, FIRM, "kor-jpn-2016", "P6M", "jpn-security")
        else:
            confirm_conditions(pact.jpn, FIRM, OTHERS, "survey 12", "jpn-security")
    assert kinds(pact.jpn).count("contractor") == 9 + 3  # each refusal is in the ledger
    enter_inspection(pact.jpn, FIRM, "as it should be", "jpn-security", passed=True)
    show_holding(pact.jpn, name, FIRM, "jpn-desk")
    assert [one.keeper for one in copy_holding(pact.jpn, name, FIRM, "jpn-desk").copies] == ["", FIRM]
    assert derive(pact.jpn, [name], PRODUCT).copies[0].keeper == FIRM
    all_verify(pact)


@pytest.mark.parametrize(("off", "late"), [(-1, False), (0, False), (1, True)])
def test_an_inspection_falls_due_and_once_overdue_nothing_more_comes_to_the_contractor(
    pact: Cast, name: str, off: int, late: bool
) -> None:
    ready(pact.jpn)
    when = DUE.plus(off)
    one = to_inspect(pact.jpn, when)
    assert (one.article, one.do, one.owner, one.due, one.overdue) == (
        "16(g)", "inspect", "security officer", DUE, late,
    )  # fmt: skip
    pact.clock.set(when)
    if not late:
        show_holding(pact.jpn, name, FIRM, "jpn-desk")
        assert enter_missed(pact.jpn) == []
        return
    with pytest.raises(Refused, match=r"not met: \(g\)") as refused:
        show_holding(pact.jpn, name, FIRM, "jpn-desk")
    assert refused.value.article == "16(g)"
    ((firm, event),) = enter_missed(pact.jpn)
    assert (firm.id, event) == (FIRM, InspectionMissed(FIRM, when, DUE))
    assert enter_missed(pact.jpn) == []
    assert to_inspect(pact.jpn, when).overdue
    enter_inspection(pact.jpn, FIRM, "as it should be", "jpn-security", passed=True)
    show_holding(pact.jpn, name, FIRM, "jpn-desk")
    assert not to_inspect(pact.jpn, when).overdue
    all_verify(pact)


def test_a_serving_node_enters_by_itself_that_an_inspection_was_missed(pact: Cast) -> None:
    ready(pact.jpn)
    pact.clock.set(DUE.plus(1))
    told: list[str] = []
    seen = Event()

    def log(event: str, **fields: object) -> None:
        told.append(f"{event}: {fields.get('subject')}")
        seen.set()

    with DutyWatch(pact.jpn, log, lambda: None):
        assert seen.wait(60)
    assert told == [f"an inspection is overdue: {FIRM}"]
    with pact.jpn.store.read() as reading:
        one = reading.control("contractor", FIRM)
    assert isinstance(one, Contractor)
    assert one.events[-1] == InspectionMissed(FIRM, DUE.plus(1), DUE)


def test_an_item_released_to_a_contractor_comes_only_to_one_that_is_ready(pact: Cast) -> None:
    delivery = release(pact.kor, pact.item(), FIRM)
    assert delivery.state == "refused-by-recipient"
    with pact.kor.store.read() as reading:
        (said,) = [one for one in map(statement, (leaf.evidence for leaf in reading.leaves())) if one.kind == "refusal"]
    assert "no checklist of the contractor `jpn-maker-1`" in str(said.says["says"])
    ready(pact.jpn)
    assert release(pact.kor, pact.item(), FIRM).state == "done"
    withdraw_conditions(pact.jpn, FIRM, ["j"], "the officer left", "jpn-security")
    assert release(pact.kor, pact.item(), FIRM).state == "refused-by-recipient"
    all_verify(pact)


@pytest.mark.parametrize(("off", "ended"), [(-1, False), (0, True), (1, True)])
def test_a_checklist_does_not_outlive_the_approval_nor_raise_its_rank(
    pact: Cast, name: str, off: int, ended: bool
) -> None:
    until = at("2021-01-01T00:00+09:00")
    ready(pact.jpn)
    pact.clock.set(until.plus(-2))
    enter_inspection(pact.jpn, FIRM, "as it should be", "jpn-security", passed=True)
    pact.clock.set(until.plus(off))
    if ended:
        with pytest.raises(Refused, match="ended 2021-01-01"):
            show_holding(pact.jpn, name, FIRM, "jpn-desk")
    else:
        show_holding(pact.jpn, name, FIRM, "jpn-desk")
    with pytest.raises(Refused, match="approved up to CONFIDENTIAL, not SECRET"):
        show_holding(pact.jpn, name, "jpn-maker-2", "jpn-desk")


@pytest.mark.parametrize(
    ("firm", "agreement", "every", "by", "why", "error"),
    [
        ("no-such", "kor-jpn-2016", "P1Y", "s", "has no contractor", NotFound),
        (FIRM, "no-such", "P1Y", "s", "no agreement", NotFound),
        (FIRM, "tisa-2014", "P1Y", "s", "nothing of contractors", InputError),
        (FIRM, "kor-jpn-2016", "yearly", "s", "not a period", InputError),
        (FIRM, "kor-jpn-2016", "P1Y", " ", "no person", InputError),
    ],
)
def test_a_checklist_that_cannot_be_is_refused_and_changes_nothing(
    pact: Cast, firm: str, agreement: str, every: str, by: str, why: str, error: type[Exception]
) -> None:
    before = kinds(pact.jpn)
    with pytest.raises(error, match=why):
        set_checklist(pact.jpn, firm, agreement, every, by)
    with pytest.raises(NotFound, match="no checklist"):
        confirm_conditions(pact.jpn, FIRM, ["a"], "survey", "s")
    with pytest.raises(NotFound, match="no checklist"):
        enter_inspection(pact.jpn, FIRM, "well", "s", passed=True)
    with pytest.raises(NotFound, match="has no contractor"):
        set_checklist(pact.kor, FIRM, "kor-jpn-2016", "P1Y", "s")
    assert kinds(pact.jpn) == before


def test_a_duty_to_inspect_is_told_with_the_others_and_as_it_stood(pact: Cast) -> None:
    before = pact.clock.interval()[0]
    pact.clock.set(before.plus(1))
    set_checklist(pact.jpn, FIRM, "kor-jpn-2016", "P6M", "jpn-security")
    one = to_inspect(pact.jpn, before.plus(1))
    assert (one.due, one.overdue, one.started, one.about, one.title, one.zone) == (
        None, False, before.plus(1), FIRM, FIRM, "Asia/Seoul",
    )  # fmt: skip
    told = duty_json(one)
    assert (told["holding"], told["item"], told["contractor"], told["agreement"]) == (None, None, FIRM, "kor-jpn-2016")
    with pact.jpn.store.read() as reading:
        assert open_duties(pact.jpn, reading, before) == []


def test_who_is_responsible_for_a_facility_is_recorded_with_its_time(pact: Cast) -> None:
    first = pact.clock.interval()[0]
    name_official(pact.jpn, "ichigaya", "jpn-security-1", "control of documents", "jpn-chief")
    pact.clock.set(first.plus(5))
    one = relieve_official(pact.jpn, "ichigaya", "jpn-security-1", "jpn-chief")
    assert [(office.official, office.since, office.until) for office in one.offices] == [
        ("jpn-security-1", first, first.plus(5))
    ]
    with pytest.raises(Conflict, match="not responsible") as refused:
        relieve_official(pact.jpn, "ichigaya", "jpn-security-1", "jpn-chief")
    assert refused.value.article == "10"
    with pytest.raises(NotFound, match="has no facility `yongsan`"):
        name_official(pact.jpn, "yongsan", "jpn-security-1", "documents", "jpn-chief")
    all_verify(pact)


def test_once_a_register_is_kept_nothing_is_opened_for_anybody_who_is_not_in_it(pact: Cast, name: str) -> None:
    open_item(pact.jpn, name, ANALYST)  # the party's file names them
    enrol(pact.jpn, "ichigaya", "jpn-analyst-9", "jpn-security")
    with pytest.raises(Refused, match="not on the register that is kept") as refused:
        open_item(pact.jpn, name, ANALYST)
    assert refused.value.article == "6(e)"
    assert kinds(pact.jpn)[-1] == "facility"
    enrol(pact.jpn, "ichigaya", "jpn-analyst-7", "jpn-security")
    open_item(pact.jpn, name, ANALYST)
    strike(pact.jpn, "ichigaya", "jpn-analyst-7", "transferred", "jpn-security")
    with pytest.raises(Refused, match="not on the register that is kept"):
        open_item(pact.jpn, name, ANALYST)
    all_verify(pact)


def test_being_enrolled_here_does_not_replace_the_party_s_file(pact: Cast, name: str) -> None:
    other = Person("jpn-analyst-9", "JPN", "JPN", "SECRET", None, ("defence/dprk",), "ichigaya")
    enrol(pact.jpn, "ichigaya", "jpn-analyst-9", "jpn-security")
    with pytest.raises(Refused, match="is not on the register of ichigaya"):
        open_item(pact.jpn, name, other)


def test_the_tables_are_the_fold_of_the_leaves_and_what_is_changed_in_them_is_named(pact: Cast) -> None:
    one = ready(pact.jpn)
    enrol(pact.jpn, "ichigaya", "jpn-analyst-9", "jpn-security")
    assert verify(pact.jpn).problems == ()
    with pact.jpn.store.write() as tx:
        tx.put_control(Contractor(one.events[:-1]))
    assert any(f"contractor {FIRM}: is not what" in problem for problem in verify(pact.jpn).problems)
    with pact.jpn.store.write() as tx:
        tx.put_control(one)
        site = tx.control("facility", "ichigaya")
        assert isinstance(site, Site)
    assert verify(pact.jpn).problems == ()
