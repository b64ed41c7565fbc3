"""Exact instants, days, periods, zones: the forms of text and the corners of calendars."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.errors import InputError, ReltoError
from relto.core.timeline import (
    ETERNITY,
    GENESIS,
    Day,
    Instant,
    Interval,
    bound_instant,
    first_instant,
    format_local,
    local_day,
    parse_instant,
    parse_period,
    parse_stamp,
)

LAPSE = 1_574_434_800_000_000_000


@pytest.mark.parametrize(
    "text",
    [
        "2019-11-22T15:00:00Z",
        "2019-11-22T15:00Z",
        "2019-11-22 15:00Z",
        "2019-11-23T00:00+09:00",
        "2019-11-22T24:00+09:00",
        "2019-11-22 24:00 Asia/Seoul",
        "2019-11-23T00:00[Asia/Seoul]",
        "2019-11-23T00:00+09:00[Asia/Seoul]",
        "2019-11-22T10:00-05:00",
        "2019-11-22 10:00 America/New_York",
        "2019-11-22T15:00:00.000000000Z",
        " 2019-11-22T15:00:00Z ",
    ],
)
def test_one_instant_in_many_forms(text: str) -> None:
    assert parse_instant(text) == Instant(LAPSE)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("2019-11-23", "a date alone"),
        ("2019-11-23T00:00", "naive"),
        ("2019-11-23 00:00", "naive"),
        ("2019-11-23T00:00+0900", "not an instant"),
        ("2019-11-23T00:00 KST+", "unknown time zone"),
        ("2019-11-23T00:00 Mars/Base", "unknown time zone"),
        ("2019-11-23T00:00[../etc/passwd]", "not an instant"),
        ("2019-11-23T25:00Z", "not a real date and time"),
        ("2019-11-23T24:01Z", "not a real date and time"),
        ("2019-02-29T00:00Z", "not a real date and time"),
        ("2019-11-23T00:00:60Z", "not a real date and time"),
        ("2019-11-23T00:00+19:00", "no real offset"),
        ("2019-11-23T00:00.5Z", "not an instant"),
        ("2019-11-23T00:00:00.1234567890Z", "not an instant"),
        ("2019-03-10T02:30[America/New_York]", "skipped"),
        ("2019-11-03T01:30[America/New_York]", "repeated"),
        ("2019-11-23T00:00+09:00[America/New_York]", "offset is not the one"),
        ("0001-01-01T00:00+09:00", "outside the years"),
        ("٢٠١٩-11-23T00:00Z", "not an instant"),
        ("now", "not an instant"),
        ("", "not an instant"),
    ],
)
def test_what_is_no_exact_instant_is_refused_in_one_line(text: str, what: str) -> None:
    with pytest.raises(InputError, match=what) as caught:
        parse_instant(text)
    assert "\n" not in str(caught.value)


def test_a_repeated_hour_is_told_apart_by_its_offset() -> None:
    first = parse_instant("2019-11-03T01:30-04:00[America/New_York]")
    second = parse_instant("2019-11-03T01:30-05:00[America/New_York]")
    assert second.ns - first.ns == 3_600_000_000_000


@given(st.text(max_size=60))
@settings(max_examples=300)
def test_any_text_gives_an_instant_or_our_error(text: str) -> None:
    try:
        parse_instant(text)
    except ReltoError:
        return


@given(st.integers(GENESIS.ns, ETERNITY.ns))
def test_what_is_written_is_read_back(ns: int) -> None:
    assert parse_instant(str(Instant(ns))) == Instant(ns)


@pytest.mark.parametrize("ns", [GENESIS.ns - 1, ETERNITY.ns + 1])
def test_beyond_the_calendar_there_is_no_instant(ns: int) -> None:
    with pytest.raises(InputError):
        Instant(ns)


@pytest.mark.parametrize(
    ("day", "zone", "utc"),
    [
        ("2019-11-23", "Asia/Seoul", "2019-11-22T15:00:00Z"),
        ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z"),  # clocks went from 24:00 to 01:00
        ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z"),  # the day that was skipped
        ("2019-10-27", "Atlantic/Azores", "2019-10-27T00:00:00Z"),  # 00:00 to 01:00 happened twice
    ],
)
def test_the_first_instant_of_a_day(day: str, zone: str, utc: str) -> None:
    assert str(first_instant(Day.parse(day), zone)) == utc


@given(st.integers(0, 20_000), st.sampled_from(["Asia/Seoul", "America/New_York", "Pacific/Apia", "Europe/Lisbon"]))
@settings(deadline=None)
def test_an_instant_lies_in_its_local_day(days: int, zone: str) -> None:
    instant = Instant(days * 86_400_000_000_000 + 12_345)
    day = local_day(instant, zone)
    assert first_instant(day, zone) <= instant < first_instant(day.plus(days=1), zone)


@pytest.mark.parametrize(
    ("day", "period", "after"),
    [
        ("2019-08-31", "P6M", "2020-02-29"),
        ("2018-08-31", "P6M", "2019-02-28"),
        ("2020-02-29", "P1Y", "2021-02-28"),
        ("2020-02-29", "P4Y", "2024-02-29"),
        ("2019-11-23", "P90D", "2020-02-21"),
        ("2019-01-31", "P1M1D", "2019-03-01"),
        ("2019-01-01", "P2W", "2019-01-15"),
    ],
)
def test_months_clamp_to_the_months_end_and_days_follow(day: str, period: str, after: str) -> None:
    assert str(parse_period(period).after(Day.parse(day))) == after


@pytest.mark.parametrize("text", ["", "P", "P0D", "PT1H", "1Y", "P1.5Y", "P-1Y", "p1y", "P1D1Y", "P99999Y"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(InputError, match="is not a period"):
        parse_period(text)


@given(st.integers(1, 200), st.integers(0, 500))
def test_a_period_is_written_as_it_is_read(months: int, days: int) -> None:
    period = parse_period(f"P{months}M{days}D")
    assert parse_period(str(period)) == period


@pytest.mark.parametrize(
    ("text", "precision", "shown"),
    [
        ("2019-08-23T15:30:00+09:00", None, "2019-08-23 15:30 KST"),
        ("2019-08-23T15:30:00+09:00", "day", "2019-08-23"),
        ("2019-08-23", None, "2019-08-23"),
        ("2019-11", None, "2019-11"),
        ("2016", None, "2016"),
        ("2019-11-18", "month", "2019-11"),
    ],
)
def test_a_stamp_is_shown_no_finer_than_its_source(text: str, precision: str | None, shown: str) -> None:
    assert str(parse_stamp(text, "Asia/Seoul", precision)) == shown


@pytest.mark.parametrize(("text", "precision"), [("2019-11", "day"), ("2019-11-18", "hour"), ("2019-11-18", "century")])
def test_a_stamp_cannot_claim_more_than_it_says(text: str, precision: str) -> None:
    with pytest.raises(InputError):
        parse_stamp(text, "Asia/Seoul", precision)


def test_a_bound_given_as_a_day_ends_at_its_first_instant() -> None:
    assert bound_instant(Day.parse("2019-11-23"), "Asia/Seoul") == Instant(LAPSE)
    assert bound_instant(Instant(5), "Asia/Seoul") == Instant(5)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    interval = Interval(Instant(10), Instant(12))
    assert [interval.contains(Instant(n)) for n in (9, 10, 11, 12)] == [False, True, True, False]


def test_local_time_shows_seconds_only_where_there_are_some() -> None:
    assert format_local(Instant(LAPSE), "Asia/Seoul") == "2019-11-23 00:00 KST"
    assert format_local(Instant(LAPSE - 1), "Asia/Seoul") == "2019-11-22 23:59:59.999999999 KST"
    assert format_local(Instant(LAPSE), "America/New_York") == "2019-11-22 10:00 EST"
