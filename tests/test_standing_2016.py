"""The standing of the ROK-Japan agreement of 2016 over its whole record, at every boundary."""

from __future__ import annotations

import pytest

from relto.core.agreement import History, Instrument, Record, fold_history
from relto.core.timeline import Instant
from tests.making import NOTICE, NOTIFIED, RECORD_2016, SIGNED, SUSPENSION, WITHDRAWAL, act, at, text_2016

ENDS = at("2019-11-22T15:00:00Z")


def history(*instruments: Instrument, reading: str = "KOR", known_by: Instant | None = None) -> History:
    return fold_history(
        (text_2016(),), Record("kor-jpn-2016", instruments or RECORD_2016), reading=reading, known_by=known_by
    )


@pytest.mark.parametrize("reading", ["KOR", "JPN"])
@pytest.mark.parametrize(
    ("when", "state", "term_end", "deadline"),
    [
        ("2016-11-23T09:59+09:00", "unsigned", None, None),
        ("2016-11-23T10:00+09:00", "signed", None, None),
        ("2016-11-23T11:59:59.999999999+09:00", "signed", None, None),
        ("2016-11-23T12:00+09:00", "in-force", "2017-11-23T00:00+09:00", "2017-08-25T00:00+09:00"),
        ("2017-08-24T23:59:59.999999999+09:00", "in-force", "2017-11-23T00:00+09:00", "2017-08-25T00:00+09:00"),
        ("2017-08-25T00:00+09:00", "in-force", "2018-11-23T00:00+09:00", "2018-08-25T00:00+09:00"),
        ("2019-08-22T18:20+09:00", "in-force", "2019-11-23T00:00+09:00", "2019-08-25T00:00+09:00"),
        ("2019-08-23T15:29:59.999999999+09:00", "in-force", "2019-11-23T00:00+09:00", "2019-08-25T00:00+09:00"),
        ("2019-08-23T15:30+09:00", "notice-given", "2019-11-23T00:00+09:00", None),
        ("2019-11-18T09:00+09:00", "notice-given", "2019-11-23T00:00+09:00", None),
        ("2023-03-21T11:00+09:00", "in-force", "2023-11-23T00:00+09:00", "2023-08-25T00:00+09:00"),
        ("2026-11-24T00:00+09:00", "in-force", "2027-11-23T00:00+09:00", "2027-08-25T00:00+09:00"),
    ],
)
def test_both_readings_agree_but_for_the_suspension(
    when: str, state: str, term_end: str | None, deadline: str | None, reading: str
) -> None:
    standing = history(reading=reading).standing(at(when))
    assert standing.state == state
    assert standing.term_end == (at(term_end) if term_end else None)
    assert standing.notice_deadline == (at(deadline) if deadline else None)


@pytest.mark.parametrize("when", ["2019-11-22T18:00+09:00", "2020-08-25T00:00+09:00", "2022-12-31T00:00+09:00"])
def test_while_suspended_korea_reads_no_date(when: str) -> None:
    standing = history(reading="KOR").standing(at(when))
    assert (standing.state, standing.in_force) == ("notice-suspended", True)
    assert (standing.term_end, standing.ends_at, standing.notice_deadline) == (None, None, None)


@pytest.mark.parametrize(
    ("when", "term_end", "deadline"),
    [
        ("2019-11-22T18:00+09:00", "2020-11-23T00:00+09:00", "2020-08-25T00:00+09:00"),
        ("2020-08-24T23:59:59.999999999+09:00", "2020-11-23T00:00+09:00", "2020-08-25T00:00+09:00"),
        ("2020-08-25T00:00+09:00", "2021-11-23T00:00+09:00", "2021-08-25T00:00+09:00"),
        ("2022-12-31T00:00+09:00", "2023-11-23T00:00+09:00", "2023-08-25T00:00+09:00"),
    ],
)
def test_while_suspended_japan_reads_the_yearly_clock(when: str, term_end: str, deadline: str) -> None:
    standing = history(reading="JPN").standing(at(when))
    assert (standing.state, standing.in_force, standing.ends_at) == ("notice-suspended", True, None)
    assert (standing.term_end, standing.notice_deadline) == (at(term_end), at(deadline))


@pytest.mark.parametrize("reading", ["KOR", "JPN"])
@pytest.mark.parametrize("zone_form", ["2019-11-23T00:00+09:00", "2019-11-22T10:00-05:00", "2019-11-22T15:00:00Z"])
def test_without_the_suspension_it_lapses_at_midnight_in_seoul_and_not_a_nanosecond_before(
    zone_form: str, reading: str
) -> None:
    folded = history(SIGNED, NOTIFIED, NOTICE, reading=reading)
    lapse = at(zone_form)
    before, then, after = (folded.standing(lapse.plus(n)) for n in (-1, 0, 1))
    assert (before.state, then.state, after.state) == ("notice-given", "lapsed", "lapsed")
    assert before.in_force
    assert not then.in_force
    assert before.ends_at == then.ends_at == after.ends_at == ENDS
    assert then.term_end == ENDS
    assert then.grounds[-1].article == "21(3)"
    assert then.grounds[-1].instrument == "n001"


def test_known_by_18_november_the_pact_is_lapsed_in_december() -> None:
    folded = history(known_by=at("2019-11-18T00:00Z"))
    assert folded.standing(at("2019-12-01T00:00Z")).state == "lapsed"
    assert history().standing(at("2019-12-01T00:00Z")).state == "notice-suspended"


@pytest.mark.parametrize("offset", [-1, 0])
def test_known_by_is_inclusive(offset: int) -> None:
    folded = history(known_by=SUSPENSION.recorded.plus(offset))
    assert folded.standing(ENDS).state == ("notice-suspended" if offset == 0 else "lapsed")


def test_a_notice_at_the_deadline_counts_for_the_next_term() -> None:
    for offset, end in ((-1, "2019-11-23T00:00+09:00"), (0, "2020-11-23T00:00+09:00"), (1, "2020-11-23T00:00+09:00")):
        given = at("2019-08-25T00:00+09:00").plus(offset)
        notice = act("late", "termination-notice", ("JPN",), str(given))
        standing = history(SIGNED, NOTIFIED, notice).standing(given)
        assert (standing.state, standing.ends_at) == ("notice-given", at(end))


REVIVAL_2020 = act("r", "withdrawal", ("KOR",), "2020-03-01T09:00+09:00", targets=["n002"])


def test_withdrawing_only_the_suspension_revives_the_notice_at_once_where_its_end_has_passed() -> None:
    folded = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, REVIVAL_2020, reading="KOR")
    revived = at("2020-03-01T09:00+09:00")
    assert folded.standing(revived.plus(-1)).state == "notice-suspended"
    assert folded.standing(revived).state == "lapsed"
    assert folded.standing(revived).ends_at == revived


def test_withdrawing_only_the_suspension_counts_as_notice_given_then_where_the_term_runs() -> None:
    folded = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, REVIVAL_2020, reading="JPN")
    revived = folded.standing(at("2020-03-01T09:00+09:00"))
    assert (revived.state, revived.ends_at) == ("notice-given", at("2020-11-23T00:00+09:00"))


def test_a_revival_before_the_notice_s_own_end_leaves_that_end() -> None:
    early = act("early", "suspension", ("KOR",), "2019-09-01T09:00+09:00", targets=["n001"])
    back = act("back", "withdrawal", ("KOR",), "2019-10-01T09:00+09:00", targets=["early"])
    korea = history(SIGNED, NOTIFIED, NOTICE, early, back, reading="KOR").standing(at("2019-10-01T09:00+09:00"))
    japan = history(SIGNED, NOTIFIED, NOTICE, early, back, reading="JPN").standing(at("2019-10-01T09:00+09:00"))
    assert korea.ends_at == ENDS
    assert japan.ends_at == at("2020-11-23T00:00+09:00")


def test_what_comes_at_the_lapse_or_later_comes_too_late() -> None:
    for offset, state in ((-1, "notice-suspended"), (0, "lapsed"), (1, "lapsed")):
        suspension = act("late", "suspension", ("KOR",), str(ENDS.plus(offset)), targets=["n001"])
        folded = history(SIGNED, NOTIFIED, NOTICE, suspension, reading="KOR")
        assert folded.standing(ENDS.plus(2)).state == state


def test_while_suspended_without_a_date_a_new_notice_ends_it_at_once() -> None:
    again = act("again", "termination-notice", ("KOR",), "2020-08-26T09:00+09:00")
    korea = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, again, reading="KOR")
    japan = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, again, reading="JPN")
    when = again.at.instant
    assert korea.standing(when.plus(-1)).state == "notice-suspended"
    assert korea.standing(when).state == "lapsed"
    assert japan.standing(when).ends_at == at("2021-11-23T00:00+09:00")


def test_only_a_new_entry_into_force_brings_it_back_after_a_lapse() -> None:
    signed = act("sig2", "signature", ("KOR", "JPN"), "2021-05-01T10:00+09:00")
    notified = act("notif2", "notification", ("KOR", "JPN"), "2021-06-01T10:00+09:00")
    folded = history(SIGNED, NOTIFIED, NOTICE, signed, notified)
    assert folded.standing(at("2021-05-31T00:00+09:00")).state == "lapsed"
    again = folded.standing(at("2021-06-01T10:00+09:00"))
    assert (again.state, again.term_end) == ("in-force", at("2022-06-01T00:00+09:00"))
    only_signed = history(SIGNED, NOTIFIED, NOTICE, signed)
    assert only_signed.standing(at("2022-01-01T00:00+09:00")).state == "lapsed"


def test_one_signature_is_not_all() -> None:
    korea = act("k", "signature", ("KOR",), "2016-11-20T10:00+09:00")
    japan = act("j", "signature", ("JPN",), "2016-11-23T10:00+09:00")
    folded = history(korea, japan, NOTIFIED)
    assert folded.standing(at("2016-11-21T00:00+09:00")).state == "unsigned"
    assert folded.standing(at("2016-11-21T00:00+09:00")).grounds[0].says == "not signed by JPN"
    assert folded.standing(at("2016-11-23T10:00+09:00")).state == "signed"


def test_the_decision_announced_on_22_august_2019_is_no_instrument() -> None:
    standing = history().standing(at("2019-08-22T18:20+09:00"))
    assert standing.state == "in-force"
    assert standing.ends_at is None


def test_both_notes_withdrawn_the_original_clock_is_back() -> None:
    for reading in ("KOR", "JPN"):
        before, then = (history(reading=reading).standing(WITHDRAWAL.at.instant.plus(n)) for n in (-1, 0))
        assert (before.state, then.state) == ("notice-suspended", "in-force")
        assert then.term_end == at("2023-11-23T00:00+09:00")
