"""The clock of a term: boundaries counted from the first day, deadlines before them, each to the nanosecond."""

from __future__ import annotations

import pytest

from relto.core.agreement import NoticeRule
from relto.core.agreement.clock import Clock, end_after_receipt
from relto.core.errors import InputError
from relto.core.timeline import ETERNITY, GENESIS, Day, Instant, Period
from tests.making import SEOUL, at, term

FIRST = Day.parse("2016-11-23")
YEARLY = Clock(term("P1Y", "P1Y", "P90D", "before-term-end"), FIRST, SEOUL)
NO_NOTICE = Clock(term("P1Y", "P1Y"), FIRST, SEOUL)
ON_RECEIPT = Clock(term("P1Y", "P1Y", "P90D", "after-receipt"), FIRST, SEOUL)
INDEFINITE = Clock(term(None, None, "P90D", "after-receipt"), FIRST, SEOUL)
FIXED = Clock(term("P5Y"), FIRST, SEOUL)
DATED = Clock(term("2021-03-01"), FIRST, SEOUL)
DATED_RENEWED = Clock(term("2021-03-01", "P2Y"), FIRST, SEOUL)
LATE = Clock(term("P1Y", "P1Y", "P90D", "before-term-end"), Day.parse("9997-06-01"), "UTC")
LATE_NO_NOTICE = Clock(term("P1Y", "P1Y"), Day.parse("9997-06-01"), "UTC")


def around(moment: str) -> list[Instant]:
    """One nanosecond before, at, and one after."""
    return [at(moment).plus(n) for n in (-1, 0, 1)]


@pytest.mark.parametrize(
    ("clock", "days"),
    [
        (YEARLY, ["2017-11-23", "2018-11-23", "2019-11-23"]),
        (FIXED, ["2021-11-23", "2021-11-23", "2021-11-23"]),
        (DATED, ["2021-03-01", "2021-03-01", "2021-03-01"]),
        (DATED_RENEWED, ["2021-03-01", "2023-03-01", "2025-03-01"]),
        (Clock(term("P6M", "P1M"), Day.parse("2019-08-31"), SEOUL), ["2020-02-29", "2020-03-31", "2020-04-30"]),
    ],
)
def test_boundaries_are_counted_from_the_first_day(clock: Clock, days: list[str]) -> None:
    assert [str(clock.boundary_day(n)) for n in range(3)] == days
    assert [clock.boundary(n) for n in range(3)] == [at(f"{day}T00:00+09:00") for day in days]


def test_an_indefinite_term_has_no_boundary() -> None:
    with pytest.raises(InputError, match="an indefinite term has no boundary") as caught:
        INDEFINITE.boundary_day(0)
    assert caught.value.remedy == "ask only where the term has an end"


def test_the_deadline_is_ninety_days_before_the_boundary() -> None:
    assert [YEARLY.deadline(n) for n in range(2)] == [at(f"{year}-08-25T00:00+09:00") for year in (2017, 2018)]


def test_only_a_term_that_is_not_renewed_ends_by_itself() -> None:
    assert FIXED.fixed_end() == at("2021-11-23T00:00+09:00")
    assert DATED.fixed_end() == at("2021-03-01T00:00+09:00")
    assert [clock.fixed_end() for clock in (YEARLY, NO_NOTICE, DATED_RENEWED, INDEFINITE)] == [None] * 4


def test_a_deadline_is_open_strictly_before_its_instant() -> None:
    first = (at("2017-08-25T00:00+09:00"), at("2017-11-23T00:00+09:00"))
    second = (at("2018-08-25T00:00+09:00"), at("2018-11-23T00:00+09:00"))
    assert [YEARLY.open_deadline(when) for when in around("2017-08-25T00:00+09:00")] == [first, second, second]
    assert YEARLY.open_deadline(GENESIS) == first


def test_no_deadline_is_open_where_the_text_sets_none() -> None:
    fixed_with_notice = Clock(term("P5Y", None, "P90D", "before-term-end"), FIRST, SEOUL)
    clocks = (NO_NOTICE, ON_RECEIPT, INDEFINITE, FIXED, fixed_with_notice)
    assert [clock.open_deadline(at("2017-01-01T00:00Z")) for clock in clocks] == [None] * 5


def test_the_assured_end() -> None:
    ends = [at(f"{year}-11-23T00:00+09:00") for year in (2017, 2018, 2018)]
    assert [YEARLY.assured_end(when) for when in around("2017-08-25T00:00+09:00")] == ends
    assert [NO_NOTICE.assured_end(when) for when in around("2017-11-23T00:00+09:00")] == ends
    assert [ON_RECEIPT.assured_end(when) for when in around("2017-11-23T00:00+09:00")] == ends
    assert NO_NOTICE.assured_end(at("2017-08-25T00:00+09:00")) == ends[0]
    assert FIXED.assured_end(at("2030-01-01T00:00Z")) == at("2021-11-23T00:00+09:00")
    assert INDEFINITE.assured_end(at("2030-01-01T00:00Z")) is None


@pytest.mark.parametrize("year", [2017, 2018, 2019, 2020, 2021, 2022, 2023, 2024, 2025, 2032, 2033, 2048, 2049, 2500])
def test_the_next_boundary_is_found_however_far(year: int) -> None:
    ends = [at(f"{one}-11-23T00:00+09:00") for one in (year, year + 1, year + 1)]
    assert [NO_NOTICE.assured_end(when) for when in around(f"{year}-11-23T00:00+09:00")] == ends


def test_a_notice_ends_it() -> None:
    given = at("2017-03-01T15:30+09:00")
    assert NO_NOTICE.end_by_notice(given) == given
    assert ON_RECEIPT.end_by_notice(given) == at("2017-05-31T00:00+09:00")
    assert INDEFINITE.end_by_notice(given) == at("2017-05-31T00:00+09:00")
    ends = [at(f"{year}-11-23T00:00+09:00") for year in (2017, 2018, 2018)]
    assert [YEARLY.end_by_notice(when) for when in around("2017-08-25T00:00+09:00")] == ends
    fixed_with_notice = Clock(term("P5Y", None, "P90D", "before-term-end"), FIRST, SEOUL)
    assert fixed_with_notice.end_by_notice(given) is None  # there is no renewal to prevent


def test_the_day_of_receipt_is_that_of_the_zone() -> None:
    rule = NoticeRule(Period(0, 1), "after-receipt")
    ends = [end_after_receipt(rule, when, SEOUL) for when in around("2017-03-02T00:00+09:00")]
    assert ends == [at(f"2017-03-{day}T00:00+09:00") for day in ("03", "04", "04")]


class TestTicks:
    """When the assured end moves on by itself: at each deadline, or at each boundary where no deadline is set."""

    def test_at_each_deadline(self) -> None:
        found = YEARLY.ticks(at("2017-01-01T00:00Z"), at("2020-01-01T00:00Z"))
        assert found == [at(f"{year}-08-25T00:00+09:00") for year in (2017, 2018, 2019)]

    @pytest.mark.parametrize("clock", [NO_NOTICE, ON_RECEIPT])
    def test_else_at_each_boundary(self, clock: Clock) -> None:
        found = clock.ticks(at("2017-01-01T00:00Z"), at("2020-01-01T00:00Z"))
        assert found == [at(f"{year}-11-23T00:00+09:00") for year in (2017, 2018, 2019)]

    @pytest.mark.parametrize("clock", [INDEFINITE, FIXED, DATED])
    def test_never_where_the_term_is_not_renewed(self, clock: Clock) -> None:
        assert clock.ticks(GENESIS, ETERNITY) == []

    def test_strictly_between_the_two(self) -> None:
        first, second = at("2017-08-25T00:00+09:00"), at("2018-08-25T00:00+09:00")
        assert YEARLY.ticks(first.plus(-1), second) == [first]
        assert YEARLY.ticks(first, second) == []
        assert YEARLY.ticks(first, second.plus(1)) == [second]
        assert YEARLY.ticks(first.plus(-1), second.plus(1)) == [first, second]

    @pytest.mark.parametrize(("clock", "day"), [(LATE, "03-03"), (LATE_NO_NOTICE, "06-01")])
    def test_up_to_the_end_of_the_calendar(self, clock: Clock, day: str) -> None:
        assert clock.ticks(GENESIS, ETERNITY) == [at(f"{year}-{day}T00:00Z") for year in (9998, 9999)]
        assert clock.ticks(at(f"9999-{day}T00:00Z"), ETERNITY) == []


def test_past_the_last_boundary_of_the_calendar_nothing_is_assured() -> None:
    last = at("9999-06-01T00:00Z")
    assert [LATE_NO_NOTICE.assured_end(last.plus(n)) for n in (-1, 0)] == [last, None]
    deadline = at("9999-03-03T00:00Z")
    assert [LATE.open_deadline(deadline.plus(n)) for n in (-1, 0)] == [(deadline, last), None]
    assert LATE.end_by_notice(deadline) is None
    assert LATE.assured_end(deadline) == last


def test_the_search_may_reach_beyond_the_calendar_and_still_finds_the_last_boundary() -> None:
    clock = Clock(term("P1Y", "P1Y"), Day.parse("9990-06-01"), "UTC")
    before_last, last = at("9998-06-01T00:00Z"), at("9999-06-01T00:00Z")
    assert [clock.assured_end(before_last.plus(n)) for n in (-1, 0, 1)] == [before_last, last, last]
    assert clock.assured_end(last) is None
