"""The register: holdings as a fold over events, and the duties that events start."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.core.canon import canonical, parse_object
from relto.core.decision import DueDuty
from relto.core.errors import Conflict, InputError, NotFound
from relto.core.register import (
    CompromiseReported,
    Discharged,
    Event,
    Forwarded,
    Opened,
    Received,
    apply,
    due_instant,
    event_from_json,
    event_to_json,
    fold,
    start_duties,
)
from relto.core.timeline import Instant, parse_instant

AT = parse_instant("2019-10-31T18:00+09:00")
DUTIES = (
    DueDuty("4(2)", "mark-origin", "receipt"),
    DueDuty("9", "confirm", "receipt", within="P30D", to="originator"),
    DueDuty("17", "report", "compromise", within="at-once", to="originator"),
    DueDuty("6(h)", "return-or-destroy", "purpose-ended"),
)
RECEIVED = Received(
    holding="t-1",
    at=AT,
    item="msl-2019-10-31",
    title="Two short-range launches",
    originator="KOR",
    sender="USA",
    agreement="usa-jpn-2007",
    zone="Asia/Seoul",
    mark="極秘",
    origin_mark="군사II급비밀",
    topic="defence/dprk/missile",
    purpose="missile-warning",
    duties=DUTIES,
    onward="",
)


def test_receipt_starts_its_duties_and_the_mark_of_origin_is_done_by_entering_it() -> None:
    holding = apply(None, RECEIVED)
    assert holding.intermediary == "USA"
    assert [(one.do, one.started, one.due, one.done) for one in holding.duties] == [
        ("mark-origin", AT, None, AT),
        ("confirm", AT, parse_instant("2019-12-01T00:00+09:00"), None),
    ]
    assert apply(None, replace(RECEIVED, sender="KOR")).intermediary is None


def test_a_period_runs_on_the_calendar_of_the_agreements_zone_and_its_last_day_counts_whole() -> None:
    late_in_seoul = parse_instant("2019-10-31T23:59:59+09:00")
    assert due_instant("P30D", late_in_seoul, "Asia/Seoul") == parse_instant("2019-12-01T00:00+09:00")
    assert due_instant("P30D", late_in_seoul.plus(1_000_000_000), "Asia/Seoul") == parse_instant(
        "2019-12-02T00:00+09:00"
    )
    assert due_instant("P30D", late_in_seoul, "America/New_York") == parse_instant("2019-12-01T00:00-05:00")
    assert due_instant("P1M", parse_instant("2020-01-31T12:00Z"), "UTC") == parse_instant("2020-03-01T00:00Z")


def test_at_once_is_due_at_the_very_instant_and_no_time_is_no_due_time() -> None:
    assert due_instant("at-once", AT, "UTC") == AT
    assert due_instant("PT72H", AT, "UTC") == AT.plus(72 * 3_600_000_000_000)
    assert due_instant("", AT, "UTC") is None
    with pytest.raises(InputError):
        due_instant("soon", AT, "UTC")


def test_a_duty_is_overdue_only_after_its_time_and_only_while_it_is_owed() -> None:
    (owed,) = start_duties(DUTIES, "compromise", AT, "UTC")
    assert [owed.overdue(AT.plus(n)) for n in (-1, 0, 1)] == [False, False, True]
    assert not replace(owed, done=AT.plus(1)).overdue(AT.plus(2))
    assert not replace(owed, due=None).overdue(AT.plus(2))


def test_a_compromise_starts_its_own_duties_each_time_and_discharging_ends_all_that_are_open() -> None:
    first = CompromiseReported("t-1", AT.plus(1), "r-1", False, "perhaps seen")
    second = replace(first, at=AT.plus(2), report="r-2", actual=True)
    holding = fold([RECEIVED, first, second])["t-1"]
    assert [one.report for one in holding.compromises] == ["r-1", "r-2"]
    assert [one.due for one in holding.duties if one.do == "report"] == [AT.plus(1), AT.plus(2)]
    done = apply(holding, Discharged("t-1", AT.plus(3), "report"))
    assert [one.done for one in done.duties if one.do == "report"] == [AT.plus(3)] * 2
    assert [one.done for one in done.duties if one.do == "confirm"] == [None]
    assert apply(done, Discharged("t-1", AT.plus(4), "report")).duties == done.duties


def test_what_passes_through_awaits_its_relay_until_it_has_gone_to_that_very_party() -> None:
    holding = apply(None, replace(RECEIVED, onward="JPN"))
    assert holding.awaits_relay == "JPN"
    holding = apply(holding, Forwarded("t-1", AT, "GBR", "t-2"))
    assert holding.awaits_relay == "JPN"
    holding = apply(holding, Forwarded("t-1", AT, "JPN", "t-3"))
    assert holding.awaits_relay is None
    assert [one.transmittal for one in holding.forwards] == ["t-2", "t-3"]


def test_an_item_comes_once_and_nothing_happens_to_what_never_came() -> None:
    holding = apply(None, RECEIVED)
    with pytest.raises(Conflict):
        apply(holding, RECEIVED)
    with pytest.raises(NotFound):
        apply(None, Opened("t-1", AT, "", "missile-warning"))
    with pytest.raises(NotFound):
        apply(holding, Opened("t-2", AT, "", "missile-warning"))


instants = st.integers(-(10**18), 10**18).map(Instant)
later: st.SearchStrategy[Event] = st.one_of(
    st.builds(Opened, st.just("t-1"), instants, st.text(max_size=5), st.text(max_size=5)),
    st.builds(Forwarded, st.just("t-1"), instants, st.sampled_from(["JPN", "USA"]), st.text(max_size=5)),
    st.builds(CompromiseReported, st.just("t-1"), instants, st.text(max_size=5), st.booleans(), st.text(max_size=5)),
    st.builds(Discharged, st.just("t-1"), instants, st.sampled_from(["report", "confirm"])),
)


@given(st.lists(later, max_size=12))
def test_folding_all_at_once_or_step_by_step_or_from_json_gives_the_same_holding(events: list[Event]) -> None:
    holding = apply(None, RECEIVED)
    for one in events:
        holding = apply(holding, one)
    assert fold([RECEIVED, *events]) == {"t-1": holding}
    read = [event_from_json(parse_object(canonical(event_to_json(one)))) for one in holding.events]
    assert fold(read) == {"t-1": holding}


@given(st.lists(later, max_size=12))
def test_no_duty_is_forgotten_and_none_is_undone(events: list[Event]) -> None:
    holding = apply(None, RECEIVED)
    for one in events:
        after = apply(holding, one)
        assert len(after.duties) >= len(holding.duties)
        for old, new in zip(holding.duties, after.duties, strict=False):
            assert replace(new, done=old.done) == old
            assert old.done in (None, new.done)
        holding = after
    reports = sum(isinstance(one, CompromiseReported) for one in events)
    assert len(holding.duties) == 2 + reports


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"event": "gossip"},
        {"event": 3},
        {**event_to_json(RECEIVED), "more": "x"},
        {**event_to_json(RECEIVED), "at": "2019-10-31T18:00"},
        {**event_to_json(RECEIVED), "item": 3},
        {**event_to_json(RECEIVED), "duties": "none"},
        {**event_to_json(RECEIVED), "duties": [{"article": "4"}]},
        {**event_to_json(CompromiseReported("t-1", AT, "r", True, "")), "actual": "yes"},
    ],
)
def test_what_is_no_event_is_bad_input(broken: dict[str, object]) -> None:
    with pytest.raises(InputError):
        event_from_json(broken)
