"""The whole record of 2016 as segments of time, and the look-ups in a history, each to the nanosecond."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.core.agreement import History, Record, fold_history
from relto.core.timeline import ETERNITY, GENESIS, Day
from tests.making import NOTICE, NOTIFIED, RECORD_2016, SIGNED, SUSPENSION, WITHDRAWAL, act, at, term, text_2016

WHOLE = Record("kor-jpn-2016", RECORD_2016)


def history(record: Record = WHOLE, reading: str = "KOR") -> History:
    return fold_history((text_2016(),), record, reading=reading)


def told(one: History, start: str, end: str) -> list[tuple[str, str, str]]:
    """Start, state and assured or due end of each segment, in Seoul's days where they are whole."""
    segments = one.timeline(at(start), at(end))
    assert segments[0].start == at(start)
    assert segments[-1].end == at(end)
    assert all(segment.standing.at == segment.start for segment in segments)
    assert [one.end for one in segments[:-1]] == [one.start for one in segments[1:]]
    return [(str(s.start), s.standing.state, str(s.standing.term_end)) for s in segments]


def test_the_record_of_2016_as_korea_reads_it() -> None:
    assert told(history(), "2016-11-01T00:00Z", "2023-12-01T00:00Z") == [
        ("2016-11-01T00:00:00Z", "unsigned", "None"),
        ("2016-11-23T01:00:00Z", "signed", "None"),
        ("2016-11-23T03:00:00Z", "in-force", "2017-11-22T15:00:00Z"),
        ("2017-08-24T15:00:00Z", "in-force", "2018-11-22T15:00:00Z"),
        ("2018-08-24T15:00:00Z", "in-force", "2019-11-22T15:00:00Z"),
        ("2019-08-23T06:30:00Z", "notice-given", "2019-11-22T15:00:00Z"),
        ("2019-11-22T08:30:00Z", "notice-suspended", "None"),
        ("2023-03-21T02:00:00Z", "in-force", "2023-11-22T15:00:00Z"),
        ("2023-08-24T15:00:00Z", "in-force", "2024-11-22T15:00:00Z"),
    ]


def test_while_suspended_the_clock_goes_on_as_japan_reads_it() -> None:
    assert told(history(reading="JPN"), "2019-11-01T00:00Z", "2021-12-01T00:00Z") == [
        ("2019-11-01T00:00:00Z", "notice-given", "2019-11-22T15:00:00Z"),
        ("2019-11-22T08:30:00Z", "notice-suspended", "2020-11-22T15:00:00Z"),
        ("2020-08-24T15:00:00Z", "notice-suspended", "2021-11-22T15:00:00Z"),
        ("2021-08-24T15:00:00Z", "notice-suspended", "2022-11-22T15:00:00Z"),
    ]


@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_a_window_begins_and_ends_where_it_is_asked(offset: int) -> None:
    notice = NOTICE.at.instant
    ends = history().timeline(at("2019-08-01T00:00Z"), notice.plus(offset))
    assert [one.standing.state for one in ends] == ["in-force", "notice-given"][: 1 if offset < 1 else 2]
    begins = history().timeline(notice.plus(offset), at("2019-09-01T00:00Z"))
    assert [one.standing.state for one in begins] == ["in-force", "notice-given"][0 if offset < 0 else 1 :]


def test_a_window_that_ends_where_it_begins_is_empty() -> None:
    when = at("2019-08-01T00:00Z")
    assert history().timeline(when, when) == ()
    assert history().timeline(when, when.plus(-1)) == ()
    assert len(history().timeline(when, when.plus(1))) == 1


def test_what_changes_nothing_is_no_new_segment() -> None:
    late = act("n9", "termination-notice", ("JPN",), "2019-09-01T00:00Z")
    one = history(Record("kor-jpn-2016", (SIGNED, NOTIFIED, NOTICE, late)))
    assert len(one.phases) == 6
    assert [s.standing.state for s in one.timeline(at("2019-08-25T00:00Z"), at("2019-10-01T00:00Z"))] == [
        "notice-given"
    ]
    held = history(Record("kor-jpn-2016", (SIGNED, NOTIFIED, NOTICE, late, SUSPENSION, WITHDRAWAL)))
    ends = [s.standing.ends_at for s in held.timeline(at("2019-08-25T00:00Z"), at("2020-10-01T00:00Z"))]
    assert ends == [at("2019-11-23T00:00+09:00"), at("2020-11-23T00:00+09:00")]


class TestConfirmed:
    """From some day on nothing confirms that nothing else was done."""

    UNTIL = at("2024-01-01T00:00+09:00")

    def test_it_is_said_from_that_very_instant(self) -> None:
        for limit in (self.UNTIL, Day.parse("2024-01-01")):
            one = history(replace(WHOLE, confirmed_until=limit))
            before, then, after = (one.standing(self.UNTIL.plus(n)) for n in (-1, 0, 1))
            assert not any(ground.unconfirmed for ground in before.grounds)
            for standing in (then, after):
                assert standing.grounds[:-1] == before.grounds
                missing = standing.grounds[-1]
                assert (missing.article, missing.instrument, missing.unconfirmed) == ("21(3)", "", True)
                assert missing.says == (
                    "no act after 2024-01-01 00:00 KST is known; that there was none is not confirmed"
                )

    def test_it_cuts_the_timeline(self) -> None:
        one = history(replace(WHOLE, confirmed_until=self.UNTIL))
        early, late = at("2023-12-01T00:00Z"), at("2024-02-01T00:00Z")
        assert [s.start for s in one.timeline(early, late)] == [early, self.UNTIL]
        for start, end in ((early, self.UNTIL), (self.UNTIL, late), (early, early.plus(1))):
            assert [s.start for s in one.timeline(start, end)] == [start]
        assert [s.start for s in history().timeline(early, late)] == [early]


def test_a_history_tells_when_it_was_in_force() -> None:
    entered = NOTIFIED.at.instant
    one = history(Record("kor-jpn-2016", (SIGNED, NOTIFIED, NOTICE)))
    assert one.first_in_force() == entered
    assert [one.ever_in_force(entered.plus(n)) for n in (-1, 0, 1)] == [False, True, True]
    assert [one.in_force(entered.plus(n)) for n in (-1, 0, 1)] == [False, True, True]
    assert one.ever_in_force(at("2022-01-01T00:00Z"))
    assert not one.in_force(at("2022-01-01T00:00Z"))
    assert [one.phase(entered.plus(n)).state for n in (-1, 0)] == ["signed", "in-force"]
    assert one.phase(GENESIS).state == "unsigned"
    never = history(Record("kor-jpn-2016", (SIGNED,)))
    assert never.first_in_force() is None
    assert not never.ever_in_force(ETERNITY)


def test_the_standing_says_whose_it_is() -> None:
    one = fold_history((text_2016(),), WHOLE, reading="JPN", between=("KOR", "JPN"))
    standing = one.standing(SUSPENSION.at.instant)
    assert (standing.agreement, standing.version, standing.reading) == ("kor-jpn-2016", 1, "JPN")
    assert (standing.at, standing.between) == (SUSPENSION.at.instant, ("KOR", "JPN"))
    assert history().standing(SUSPENSION.at.instant).between is None


def test_a_term_without_a_notice_clause_ticks_at_its_boundaries() -> None:
    text = text_2016(term=term("P1Y", "P1Y"))
    one = fold_history((text,), Record("kor-jpn-2016", (SIGNED, NOTIFIED)), reading="KOR")
    assert told(one, "2017-01-01T00:00Z", "2018-12-01T00:00Z") == [
        ("2017-01-01T00:00:00Z", "in-force", "2017-11-22T15:00:00Z"),
        ("2017-11-22T15:00:00Z", "in-force", "2018-11-22T15:00:00Z"),
        ("2018-11-22T15:00:00Z", "in-force", "2019-11-22T15:00:00Z"),
    ]
    assert one.standing(at("2017-01-01T00:00Z")).notice_deadline is None


def test_after_the_withdrawal_the_old_clock_ticks_on_from_there_alone() -> None:
    ticks = [s.start for s in history().timeline(WITHDRAWAL.at.instant, at("2025-12-01T00:00Z"))]
    assert ticks[1:] == [at(f"{year}-08-25T00:00+09:00") for year in (2023, 2024, 2025)]
