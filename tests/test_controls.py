"""Visits, contractors' checklists and facilities as the fold over their events: every rule at its boundary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.canon import canonical, parse_object
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError
from relto.core.register import (
    CONDITIONS,
    INSPECTIONS,
    ChecklistSet,
    ConditionsConfirmed,
    ConditionsWithdrawn,
    Contractor,
    Control,
    ControlEvent,
    Enrolled,
    Inspected,
    InspectionMissed,
    OfficialNamed,
    OfficialRelieved,
    Site,
    Struck,
    Visit,
    VisitApproved,
    VisitAsked,
    VisitCalledOff,
    VisitDeclined,
    VisitHeld,
    VisitOpened,
    VisitShown,
    apply_control,
    as_of,
    control_event_from_json,
    control_event_to_json,
    control_of,
    fold_controls,
)
from relto.core.timeline import Instant, parse_instant

NOW = parse_instant("2019-11-01T10:00+09:00")
STARTS = parse_instant("2019-11-05T09:00+09:00")
ENDS = parse_instant("2019-11-05T17:00+09:00")
HOUR = 3_600_000_000_000
DAY = 24 * HOUR
ASKED = VisitAsked(
    "v-1", NOW, "KOR", "KOR", "JPN", "ichigaya", "kor-jpn-2016", "talks on warning", ("defence/dprk",), "SECRET",
    STARTS, ENDS, ("kor-analyst-2", "a colonel"), True, "kor-desk",
)  # fmt: skip
APPROVED = VisitApproved(
    "v-1", NOW, "JPN", "SECRET", ("SECRET", "CONFIDENTIAL"), STARTS, ENDS, "jpn-security"
)  # fmt: skip
SHOWN = VisitShown(
    "v-1", STARTS, "JPN", "msl", "t-1", "SECRET", "defence/dprk/missile", "kor-analyst-2", "jpn-desk"
)  # fmt: skip
OPENED = VisitOpened("v-1", STARTS, "JPN", "msl", "t-1", "CONFIDENTIAL", "defence/dprk", "jpn-analyst-7")
OFF = VisitCalledOff("v-1", STARTS.plus(HOUR), "KOR", "a storm", "kor-desk")
DECLINED = VisitDeclined("v-1", NOW, "JPN", "closed", "jpn-security")
HELD = VisitHeld("v-1", STARTS, "JPN", ("a colonel",), "jpn-security")
SET = ChecklistSet("maker", NOW, "kor-jpn-2016", "16", "Asia/Tokyo", "P1Y", "jpn-security")
OTHERS = tuple(one for one in CONDITIONS if one != INSPECTIONS)
CONFIRMED = ConditionsConfirmed("maker", NOW, OTHERS, "survey 12", "jpn-security")
INSPECTED = Inspected("maker", NOW, True, "as it should be", "jpn-security")
DUE = parse_instant("2020-11-02T00:00+09:00")
"""A year after 1 November 2019, to the end of that day."""
NAMED = OfficialNamed("ichigaya", NOW, "jpn-security-1", "documents", "chief")
RELIEVED = OfficialRelieved("ichigaya", NOW.plus(HOUR), "jpn-security-1", "chief")
ENROLLED = Enrolled("ichigaya", NOW, "jpn-analyst-7", "jpn-security")
STRUCK = Struck("ichigaya", NOW, "jpn-analyst-7", "transferred", "jpn-security")


def folded(*events: ControlEvent) -> Control:
    (one,) = fold_controls(events).values()
    return one


def visit(*events: ControlEvent) -> Visit:
    one = folded(*events)
    assert isinstance(one, Visit)
    return one


def contractor(*events: ControlEvent) -> Contractor:
    one = folded(*events)
    assert isinstance(one, Contractor)
    return one


def site(*events: ControlEvent) -> Site:
    one = folded(*events)
    assert isinstance(one, Site)
    return one


@pytest.mark.parametrize(
    ("at", "within"),
    [
        (STARTS.plus(-1), False),
        (STARTS, True),
        (STARTS.plus(1), True),
        (ENDS.plus(-1), True),
        (ENDS, False),
        (ENDS.plus(1), False),
    ],
)
def test_nothing_is_shown_or_opened_outside_the_time_box(at: Instant, within: bool) -> None:
    one = visit(ASKED, APPROVED)
    for event in (replace(SHOWN, at=at), replace(OPENED, at=at)):
        if within:
            assert isinstance(apply_control(one, event), Visit)
        else:
            with pytest.raises(Refused, match=r"begins only|ended") as refused:
                apply_control(one, event)
            assert refused.value.article == "8"


def test_where_the_clock_is_uncertain_both_its_ends_must_lie_in_the_time_box() -> None:
    one = visit(ASKED, APPROVED)
    one.check_within("SECRET", "defence/dprk", STARTS, ENDS.plus(-1))
    for box in ((STARTS.plus(-1), STARTS.plus(1)), (ENDS.plus(-2), ENDS)):
        with pytest.raises(Refused, match=r"begins only|ended"):
            one.check_within("SECRET", "defence/dprk", *box)


def test_nothing_is_shown_above_the_ceiling_or_on_another_subject_or_to_another_person() -> None:
    lower = replace(APPROVED, ceiling="CONFIDENTIAL", ranks=("CONFIDENTIAL",))
    for events, shown, why in (
        ((ASKED, lower), SHOWN, "up to CONFIDENTIAL, not SECRET"),
        ((ASKED, APPROVED), replace(SHOWN, rank="TOP SECRET"), "up to SECRET"),
        ((ASKED, APPROVED), replace(SHOWN, rank=""), "not one of no rank"),
        ((ASKED, APPROVED), replace(SHOWN, topic="defence/prc"), "is about defence/dprk"),
        ((ASKED, APPROVED), replace(SHOWN, to="somebody"), "no visitor"),
        ((ASKED,), SHOWN, "was not approved"),
        ((ASKED, DECLINED), SHOWN, "was not approved"),
        ((ASKED, APPROVED, OFF), SHOWN, "called off by KOR"),
    ):
        with pytest.raises(Refused, match=why) as refused:
            fold_controls((*events, shown))
        assert refused.value.article == "8"
    assert visit(ASKED, lower, replace(SHOWN, rank="CONFIDENTIAL")).shown[0].rank == "CONFIDENTIAL"


def test_without_the_visiting_party_s_word_nothing_is_shown() -> None:
    with pytest.raises(Refused, match="has not given its word") as refused:
        fold_controls([replace(ASKED, assured=False), APPROVED, SHOWN])
    assert refused.value.article == "7(5)"


@pytest.mark.parametrize("event", [APPROVED, DECLINED, HELD, SHOWN, OPENED])
def test_only_the_party_on_whose_territory_it_is_decides(event: Any) -> None:
    one = visit(ASKED, APPROVED) if event in (HELD, SHOWN, OPENED) else visit(ASKED)
    for party in ("KOR", "USA"):
        with pytest.raises(Refused, match="cannot decide") as refused:
            apply_control(one, replace(event, party=party))
        assert refused.value.article == "8"
    assert apply_control(one, event) != one


def test_either_side_calls_a_visit_off_and_no_other() -> None:
    for party in ("KOR", "JPN"):
        assert visit(ASKED, replace(OFF, party=party)).state == "called-off"
    with pytest.raises(Refused, match="cannot decide"):
        fold_controls([ASKED, replace(OFF, party="USA")])


def test_an_approval_that_crosses_a_calling_off_changes_nothing() -> None:
    one = visit(ASKED, replace(OFF, at=NOW), APPROVED)
    assert (one.state, one.approved) == ("called-off", APPROVED)
    with pytest.raises(Refused, match="called off"):
        apply_control(one, SHOWN)


def test_how_far_a_visit_has_come() -> None:
    assert [visit(*events).state for events in ((ASKED,), (ASKED, APPROVED), (ASKED, DECLINED))] == [
        "asked",
        "approved",
        "declined",
    ]
    one = visit(ASKED, APPROVED, SHOWN, HELD)
    assert (one.state, one.shown, one.id, one.due, one.kind) == ("held", (SHOWN,), "v-1", None, "visit")
    assert (one.declined, one.called_off, one.held) == (None, None, HELD)


@pytest.mark.parametrize("off", [-1, 0, 1])
def test_by_the_clock_a_visit_begins_and_ends_with_the_instants_of_its_box(off: int) -> None:
    begins, ends, before = STARTS.plus(off), ENDS.plus(off), off < 0
    approved, took = visit(ASKED, APPROVED), visit(ASKED, APPROVED, HELD)
    assert approved.phase(begins) == ("approved" if before else "running")
    assert approved.phase(ends) == ("running" if before else "over")
    assert took.phase(ends) == ("running" if before else "held")
    assert visit(ASKED).phase(begins) == "asked"
    assert visit(ASKED).phase(ends) == ("asked" if before else "unanswered")
    for when in (begins, ends):
        assert visit(ASKED, DECLINED).phase(when) == "declined"
        assert visit(ASKED, APPROVED, OFF).phase(when) == "called-off"
        assert visit(ASKED, APPROVED, HELD, OFF).phase(when) == "held"


def test_a_control_as_of_an_instant_is_what_had_happened_by_then_in_its_order() -> None:
    one = visit(ASKED, APPROVED, OFF)
    assert as_of(one, NOW.plus(-1)) is None
    assert as_of(one, NOW) == visit(ASKED, APPROVED)
    assert as_of(one, STARTS.plus(HOUR - 1)) == visit(ASKED, APPROVED)
    assert as_of(one, STARTS.plus(HOUR)) == one
    late = visit(replace(ASKED, at=NOW.plus(2)), APPROVED)  # the visiting party's clock is ahead of the host's
    assert [as_of(late, NOW.plus(n)) for n in (0, 1, 2)] == [None, None, late]


@pytest.mark.parametrize("second", [APPROVED, DECLINED])
@pytest.mark.parametrize("first", [APPROVED, DECLINED])
def test_it_is_decided_once(first: ControlEvent, second: ControlEvent) -> None:
    with pytest.raises(Conflict, match=r"approved already|declined already"):
        fold_controls([ASKED, first, second])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"visiting": "JPN"}, "a visit of JPN to JPN"),
        ({"party": "USA"}, "asked for by USA"),
        ({"ends": STARTS}, "a visit from"),
        ({"ends": STARTS.plus(-1)}, "a visit from"),
        ({"purpose": " "}, "for nothing"),
        ({"topics": ()}, "for nothing"),
        ({"visitors": ()}, "of nobody"),
        ({"visitors": ("a", " ")}, "without a name"),
        ({"visitors": ("a", "a")}, "named twice"),
    ],
)
def test_a_request_says_what_it_must(change: dict[str, Any], why: str) -> None:
    with pytest.raises(InputError, match=why):
        fold_controls([replace(ASKED, **change)])


def test_the_host_may_enter_a_request_that_came_on_paper_and_a_nanosecond_is_a_visit() -> None:
    short = replace(ASKED, party="JPN", ends=STARTS.plus(1))
    assert visit(short).asked.party == "JPN"
    with pytest.raises(Conflict, match="asked for already"):
        fold_controls([ASKED, ASKED])
    for alone in (APPROVED, SHOWN):
        with pytest.raises(NotFound, match="no visit"):
            fold_controls([alone])


@pytest.mark.parametrize(
    ("starts", "ends", "narrower"),
    [
        (STARTS, ENDS, True),
        (STARTS.plus(1), ENDS.plus(-1), True),
        (STARTS.plus(-1), ENDS, False),
        (STARTS, ENDS.plus(1), False),
        (ENDS, ENDS.plus(1), False),
        (STARTS, STARTS, False),
    ],
)
def test_no_more_time_is_approved_than_was_asked_for(starts: Instant, ends: Instant, narrower: bool) -> None:
    event = replace(APPROVED, starts=starts, ends=ends)
    if narrower:
        assert visit(ASKED, event).approved == event
    else:
        with pytest.raises(InputError, match=r"approved from|a visit from"):
            fold_controls([ASKED, event])
    with pytest.raises(InputError, match="lack its ceiling"):
        fold_controls([ASKED, replace(APPROVED, ranks=("CONFIDENTIAL",))])


def test_a_visit_takes_place_once_after_it_has_begun_with_visitors_who_were_named() -> None:
    for events, why, error in (
        ((ASKED, HELD), "is asked", Conflict),
        ((ASKED, APPROVED, replace(HELD, at=STARTS.plus(-1))), "begins only", Conflict),
        ((ASKED, APPROVED, OFF, HELD), "is called-off", Conflict),
        ((ASKED, APPROVED, HELD, HELD), "is held", Conflict),
        ((ASKED, APPROVED, replace(HELD, came=())), "nobody came", InputError),
        ((ASKED, APPROVED, replace(HELD, came=("somebody",))), "no visitor", Refused),
    ):
        with pytest.raises(error, match=why):
            fold_controls(events)
    assert visit(ASKED, APPROVED, HELD, replace(OFF, party="KOR")).state == "held"


def test_a_contractor_is_ready_when_fourteen_conditions_are_confirmed_and_its_site_was_inspected() -> None:
    assert contractor(SET).unmet(NOW) == tuple(CONDITIONS)
    assert len(CONDITIONS) == 15
    assert contractor(SET, CONFIRMED).unmet(NOW) == ("g",)
    assert contractor(SET, INSPECTED).unmet(NOW) == OTHERS
    one = contractor(SET, CONFIRMED, INSPECTED)
    assert (one.unmet(NOW), one.id, one.kind, one.inspection) == ((), "maker", "contractor", INSPECTED)
    assert one.confirmed["k"].evidence == "survey 12"
    less = contractor(SET, CONFIRMED, INSPECTED, ConditionsWithdrawn("maker", NOW, ("j", "k"), "left", "s"))
    assert less.unmet(NOW) == ("j", "k")
    again = apply_control(less, ConditionsConfirmed("maker", NOW, ("j",), "another", "s"))
    assert isinstance(again, Contractor)
    assert again.unmet(NOW) == ("k",)


@pytest.mark.parametrize(("off", "late"), [(-1, False), (0, False), (1, True)])
def test_an_inspection_is_due_at_the_end_of_the_last_day_of_its_period_and_then_its_condition_is_not_met(
    off: int, late: bool
) -> None:
    one = contractor(SET, CONFIRMED, INSPECTED)
    assert (one.inspection_due, one.due) == (DUE, DUE)
    at = DUE.plus(off)
    assert one.overdue(at) is late
    assert one.unmet(at) == (("g",) if late else ())
    missed = InspectionMissed("maker", at, DUE)
    if not late:
        with pytest.raises(Conflict, match="is overdue"):
            apply_control(one, missed)
        return
    then = apply_control(one, missed)
    assert isinstance(then, Contractor)
    assert (then.due, then.inspection_due, then.overdue(at)) == (None, DUE, True)
    with pytest.raises(Conflict, match="entered as such"):
        apply_control(then, missed)
    inspected = apply_control(then, replace(INSPECTED, at=at))
    assert isinstance(inspected, Contractor)
    assert (inspected.overdue(at), inspected.unmet(at)) == (False, ())
    assert inspected.due == inspected.inspection_due != DUE


def test_a_failed_inspection_meets_nothing_and_sets_no_time() -> None:
    one = contractor(SET, CONFIRMED, INSPECTED, replace(INSPECTED, passed=False))
    assert (one.inspection_due, one.due, one.overdue(DUE.plus(DAY)), one.unmet(NOW)) == (None, None, False, ("g",))
    assert contractor(SET).inspection is None
    with pytest.raises(Conflict):
        apply_control(one, InspectionMissed("maker", DUE.plus(1), DUE))


def test_another_period_counts_from_the_last_inspection_too() -> None:
    one = contractor(SET, CONFIRMED, INSPECTED, replace(SET, every="P6M"))
    assert one.inspection_due == parse_instant("2020-05-02T00:00+09:00")
    assert one.checklist.every == "P6M"


@pytest.mark.parametrize(
    ("events", "why", "error"),
    [
        ((CONFIRMED,), "no checklist", NotFound),
        ((replace(SET, every="a year"),), "not a period", InputError),
        ((SET, replace(CONFIRMED, conditions=("p",))), "no condition", InputError),
        ((SET, replace(CONFIRMED, conditions=("g",))), "inspections alone", InputError),
        ((SET, replace(CONFIRMED, conditions=())), "no conditions", InputError),
        ((SET, replace(CONFIRMED, evidence=" ")), "nothing said", InputError),
        ((SET, ConditionsWithdrawn("maker", NOW, ("a",), "why", "s")), "was not confirmed", Conflict),
        ((SET, CONFIRMED, ConditionsWithdrawn("maker", NOW, ("a",), " ", "s")), "nothing said", InputError),
        ((SET, replace(INSPECTED, says=" ")), "found nothing", InputError),
        ((SET, InspectionMissed("maker", DUE.plus(1), DUE)), "is overdue", Conflict),
    ],
)
def test_what_cannot_be_so_of_a_contractor(events: Sequence[ControlEvent], why: str, error: type[ReltoError]) -> None:
    with pytest.raises(error, match=why):
        fold_controls(events)


def test_who_is_responsible_for_a_facility_and_since_when() -> None:
    one = site(NAMED, RELIEVED)
    until = NOW.plus(HOUR)
    assert [one.officials(at) for at in (NOW.plus(-1), NOW, until.plus(-1), until, until.plus(1))] == [
        (),
        ("jpn-security-1",),
        ("jpn-security-1",),
        (),
        (),
    ]
    again = site(NAMED, RELIEVED, replace(NAMED, at=until), replace(NAMED, official="jpn-security-2"))
    assert again.officials(until) == ("jpn-security-1", "jpn-security-2")
    assert [(one.since, one.until) for one in again.offices] == [(NOW, until), (until, None), (NOW, None)]
    assert (again.id, again.kind, again.due) == ("ichigaya", "facility", None)
    twice = site(NAMED, RELIEVED, NAMED)  # dated back, as a clock that was wrong may have it
    assert twice.officials(NOW) == ("jpn-security-1",)


def test_a_register_that_is_kept_lets_nobody_else_in() -> None:
    assert site(NAMED).admits("jpn-analyst-7")
    one = site(NAMED, ENROLLED)
    assert (one.keeps_register, one.register, one.admits("jpn-analyst-7")) == (True, ("jpn-analyst-7",), True)
    assert not one.admits("jpn-analyst-8")
    assert not site(NAMED, ENROLLED, STRUCK).admits("jpn-analyst-7")
    assert not site(STRUCK).admits("jpn-analyst-7")
    assert site(ENROLLED, STRUCK, ENROLLED).register == ("jpn-analyst-7",)


@pytest.mark.parametrize(
    ("events", "why", "error"),
    [
        ((NAMED, NAMED), "responsible already", Conflict),
        ((RELIEVED,), "not responsible", Conflict),
        ((NAMED, RELIEVED, RELIEVED), "not responsible", Conflict),
        ((replace(NAMED, official=" "),), "nobody is named", InputError),
        ((replace(NAMED, task=" "),), "for nothing", InputError),
        ((ENROLLED, ENROLLED), "stands in the register", Conflict),
        ((replace(ENROLLED, person=" "),), "nobody is named", InputError),
        ((replace(STRUCK, says=" "),), "no reason", InputError),
    ],
)
def test_what_cannot_be_so_of_a_facility(events: Sequence[ControlEvent], why: str, error: type[ReltoError]) -> None:
    with pytest.raises(error, match=why):
        fold_controls(events)


EVERY: tuple[ControlEvent, ...] = (
    ASKED, APPROVED, DECLINED, OFF, HELD, SHOWN, OPENED, SET, CONFIRMED,
    ConditionsWithdrawn("maker", NOW, ("j",), "left", "s"), INSPECTED, InspectionMissed("maker", DUE, DUE), NAMED,
    RELIEVED, ENROLLED, STRUCK,
)  # fmt: skip


@pytest.mark.parametrize("event", EVERY, ids=lambda one: type(one).__name__)
def test_an_event_is_read_back_as_it_was_written_and_in_no_other_form(event: ControlEvent) -> None:
    written = parse_object(canonical(control_event_to_json(event)), name="event")
    assert control_event_from_json(written) == event
    for one in fields(event):
        wrong: dict[str, Any] = {**written, one.name: 1}
        with pytest.raises(InputError):
            control_event_from_json(wrong)
        with pytest.raises(InputError, match="has not the fields"):
            control_event_from_json({name: value for name, value in written.items() if name != one.name})
    with pytest.raises(InputError, match="unknown event"):
        control_event_from_json({**written, "event": "received"})


def test_an_event_is_about_one_thing_and_changes_no_other() -> None:
    assert [control_of(one) for one in (ASKED, SET, NAMED)] == [
        ("visit", "v-1"),
        ("contractor", "maker"),
        ("facility", "ichigaya"),
    ]
    for one, event in ((visit(ASKED), SET), (contractor(SET), NAMED), (site(NAMED), replace(NAMED, facility="x"))):
        with pytest.raises(InputError, match="an event of the"):
            apply_control(one, event)
    both = fold_controls([ASKED, SET, NAMED, replace(ASKED, visit="v-2"), APPROVED])
    assert list(both) == [
        ("visit", "v-1"),
        ("contractor", "maker"),
        ("facility", "ichigaya"),
        ("visit", "v-2"),
    ]
    assert both["visit", "v-1"].events == (ASKED, APPROVED)


@settings(max_examples=300, deadline=None)
@given(
    events=st.lists(st.sampled_from(EVERY), max_size=25),
    hours=st.lists(st.integers(-24 * 400, 24 * 400), min_size=25, max_size=25),
)
def test_whatever_happens_in_whatever_order_the_rules_hold(events: list[Any], hours: list[int]) -> None:
    """Random lives: what is refused changes nothing, what was shown lay within, a condition not met stays so."""
    taken: list[ControlEvent] = []
    state: dict[Any, Control] = {}
    for event, off in zip(events, hours, strict=False):
        moved = replace(event, at=event.at.plus(off * HOUR))
        about = control_of(moved)
        before = dict(state)
        try:
            state[about] = apply_control(state.get(about), moved)
            taken.append(moved)
        except ReltoError:
            assert state == before
    read = [control_event_from_json(parse_object(canonical(control_event_to_json(one)), name="e")) for one in taken]
    assert fold_controls(read) == state
    for one in state.values():
        if isinstance(one, Visit):
            box = one.approved
            for shown in one.shown:
                assert box is not None
                assert box.starts <= shown.at < box.ends
                assert shown.rank in box.ranks
            assert box is None or (one.asked.starts <= box.starts and box.ends <= one.asked.ends)
        elif isinstance(one, Contractor):
            confirmed = {letter for event in one.events if isinstance(event, ConditionsConfirmed) for letter in OTHERS}
            assert set(OTHERS) - confirmed <= set(one.unmet(NOW))
            passed = one.inspection is not None and one.inspection.passed
            assert passed or "g" in one.unmet(NOW)
        else:
            assert len(one.officials(NOW)) == len(set(one.officials(NOW)))
