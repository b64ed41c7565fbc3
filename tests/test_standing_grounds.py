"""The grounds of a standing: each with its article, its instrument, its words, and whether it is confirmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Agreement, Entry, Instrument, NoticeRule, Record, Standing, Supersession, fold_history
from relto.core.timeline import Day, Period, Stamp
from tests.making import (
    NOTICE,
    NOTIFIED,
    RECORD_2016,
    SEOUL,
    SIGNED,
    SUSPENSION,
    WITHDRAWAL,
    act,
    at,
    term,
    text_2016,
)

Told = list[tuple[str, str, str, bool]]
ENTERED = ("21(1)", "notif", "entered into force 2016-11-23 12:00 KST", False)
GIVEN = ("21(3)", "n001", "notice of termination by KOR, received 2019-08-23 15:30 KST", False)
DUE = ("21(3)", "n001", "in force until it ends at 2019-11-23 00:00 KST", False)
ASSURED = ("21(3)", "", "assured to run until 2019-11-23 00:00 KST", False)
ENDED = ("21(3)", "n001", "ended at 2019-11-23 00:00 KST; no new release", False)
SUSPENDED = "KOR suspended the notice n001 2019-11-22 17:30 KST"
NO_TERM = f"{SUSPENDED}; the text is silent; as read here no date binds and it may end at any time"
TERM_RUNS = f"{SUSPENDED}; the text is silent; as read here the notice counts as not given and the term's clock goes on"
BEFORE = at("2019-08-01T00:00Z")
WHILE = at("2019-09-01T00:00Z")
HELD = at("2019-12-01T00:00Z")


def standing(
    when: Any, *instruments: Instrument, text: Agreement | None = None, reading: str = "KOR", **more: Any
) -> Standing:
    record = Record("kor-jpn-2016", instruments or RECORD_2016)
    return fold_history((text or text_2016(),), record, reading=reading, **more).standing(when)


def told(*asked: Any, **more: Any) -> Told:
    return [(g.article, g.instrument, g.says, g.unconfirmed) for g in standing(*asked, **more).grounds]


@pytest.mark.parametrize(
    ("when", "reading", "grounds"),
    [
        ("2016-11-01T00:00Z", "KOR", [("21(1)", "", "not signed by KOR, JPN", False)]),
        ("2016-11-23T10:00+09:00", "KOR", [("21(1)", "sig", "signed by all parties, not yet in force", False)]),
        ("2019-08-01T00:00Z", "KOR", [ENTERED, ASSURED]),
        ("2019-09-01T00:00Z", "JPN", [ENTERED, GIVEN, DUE]),
        ("2019-12-01T00:00Z", "KOR", [ENTERED, GIVEN, ("21(3)", "n002", NO_TERM, False)]),
        (
            "2019-12-01T00:00Z",
            "JPN",
            [
                ENTERED,
                GIVEN,
                ("21(3)", "n002", TERM_RUNS, False),
                ("21(3)", "", "assured to run until 2020-11-23 00:00 KST", False),
            ],
        ),
    ],
)
def test_the_record_of_2016_in_words(when: str, reading: str, grounds: Told) -> None:
    assert told(at(when), reading=reading) == grounds


def test_the_lapse_in_words() -> None:
    assert told(at("2020-01-01T00:00Z"), SIGNED, NOTIFIED, NOTICE) == [ENTERED, GIVEN, ENDED]


def test_without_an_end_there_is_nothing_to_say_of_one() -> None:
    text = text_2016(term=replace(text_2016().term, initial=None, renewal=None))
    assert told(BEFORE, SIGNED, NOTIFIED, text=text) == [ENTERED]


class TestUnconfirmed:
    """What could not be confirmed is said at the ground that rests on it, and at no other."""

    def doubts(self, *asked: Any, **more: Any) -> list[bool]:
        return [ground.unconfirmed for ground in standing(*asked, **more).grounds]

    def test_the_entry_clause(self) -> None:
        text = text_2016(entry=replace(text_2016().entry, unconfirmed=True))
        assert self.doubts(at("2016-11-01T00:00Z"), text=text) == [True]
        assert self.doubts(SIGNED.at.instant, text=text) == [True]
        assert self.doubts(BEFORE, text=text) == [True, False]

    def test_the_act_of_entry(self) -> None:
        assert self.doubts(SIGNED.at.instant, replace(SIGNED, unconfirmed=True), NOTIFIED) == [True]
        assert self.doubts(BEFORE, SIGNED, replace(NOTIFIED, unconfirmed=True)) == [True, False]
        assert self.doubts(BEFORE, replace(SIGNED, unconfirmed=True), NOTIFIED) == [False, False]

    def test_the_term_clause(self) -> None:
        text = text_2016(term=replace(text_2016().term, unconfirmed=True))
        assert self.doubts(BEFORE, text=text) == [False, True]
        assert self.doubts(WHILE, text=text) == [False, True, True]
        assert self.doubts(HELD, text=text) == [False, True, False]
        assert self.doubts(HELD, SIGNED, NOTIFIED, NOTICE, text=text) == [False, True, True]

    def test_the_notice_and_the_suspension(self) -> None:
        notice, held = replace(NOTICE, unconfirmed=True), replace(SUSPENSION, unconfirmed=True)
        assert self.doubts(WHILE, SIGNED, NOTIFIED, notice) == [False, True, False]
        assert self.doubts(HELD, SIGNED, NOTIFIED, notice, SUSPENSION) == [False, True, False]
        assert self.doubts(HELD, SIGNED, NOTIFIED, NOTICE, held) == [False, False, True]

    def test_a_reading(self) -> None:
        text = text_2016(unconfirmed_readings=("JPN",))
        assert self.doubts(HELD, text=text, reading="KOR") == [False, False, False]
        assert self.doubts(HELD, text=text, reading="JPN") == [False, False, True, False]

    def test_the_amendment(self) -> None:
        amended = text_2016(version=2, digest="sha256:" + "2" * 64)
        one = act("am", "amendment", ("KOR", "JPN"), "2018-01-01T00:00+09:00", text=amended.digest)
        for unconfirmed in (False, True):
            record = Record("x", (SIGNED, NOTIFIED, replace(one, unconfirmed=unconfirmed)))
            grounds = fold_history((text_2016(), amended), record, reading="KOR").standing(BEFORE).grounds
            assert [ground.unconfirmed for ground in grounds] == [False, unconfirmed, False]
            said = ("21(1)", "am", "amended 2018-01-01 00:00 KST: version 2 of the text governs")
            assert (grounds[1].article, grounds[1].instrument, grounds[1].says) == said


def test_a_notice_of_which_receipt_is_contested_says_so() -> None:
    grounds = told(WHILE, SIGNED, NOTIFIED, replace(NOTICE, contested=True))
    assert grounds[1][2] == f"{GIVEN[2]}; its receipt rests on proof of delivery and is contested"


def test_a_notice_that_counts_from_its_sending_says_when_it_was_sent() -> None:
    sent = replace(NOTICE, sent=Stamp(at("2019-08-20T09:00+09:00"), "instant", SEOUL))
    rule = NoticeRule(Period(0, 90), "before-term-end", "sending")
    by_sending = text_2016(term=replace(text_2016().term, notice=rule))
    assert told(WHILE, SIGNED, NOTIFIED, sent)[1] == GIVEN
    assert told(WHILE, SIGNED, NOTIFIED, NOTICE, text=by_sending)[1] == GIVEN
    assert told(WHILE, SIGNED, NOTIFIED, sent, text=by_sending)[1][2] == (
        "notice of termination by KOR, sent 2019-08-20 09:00 KST"
    )
    at_once = text_2016(term=term(None))
    assert told(WHILE, SIGNED, NOTIFIED, sent, text=at_once)[1] == ("T", *GIVEN[1:])


def test_a_notice_of_both_names_both() -> None:
    both = replace(NOTICE, by=("JPN", "KOR"))
    assert told(WHILE, SIGNED, NOTIFIED, both)[1][2].startswith("notice of termination by JPN, KOR, received ")


def test_the_condition_of_a_suspension_is_told() -> None:
    held = replace(SUSPENSION, by=("KOR", "JPN"), targets=("n001", "n005"), condition="talks on export controls")
    other = act("n005", "termination-notice", ("JPN",), "2019-08-24T00:00+09:00")
    grounds = told(HELD, SIGNED, NOTIFIED, NOTICE, other, held)
    assert [instrument for _, instrument, _, _ in grounds] == ["notif", "n001", "n005", "n002"]
    assert grounds[-1][2] == (
        "KOR, JPN suspended the notice n001, n005 2019-11-22 17:30 KST, on condition: talks on export controls; "
        "the text is silent; as read here no date binds and it may end at any time"
    )


def test_the_entry_is_told_no_finer_than_its_source() -> None:
    by_day = replace(NOTIFIED, at=Stamp(at("2016-11-23T00:00+09:00"), "day", SEOUL))
    signed = replace(SIGNED, at=Stamp(at("2016-11-22T00:00+09:00"), "day", SEOUL))
    assert told(BEFORE, signed, by_day)[0][2] == "entered into force 2016-11-23"


def test_an_entry_by_the_calendar_is_told_by_its_own_instant() -> None:
    text = text_2016(entry=Entry("13", "first-of-month", month=2, month_after="signature"))
    assert told(BEFORE, SIGNED, text=text)[0] == ("13", "sig", "entered into force 2017-01-01 00:00 KST", False)


@pytest.mark.parametrize("record", [RECORD_2016, (SIGNED, NOTIFIED)])
def test_a_later_agreement_is_named_as_what_ended_it(record: tuple[Instrument, ...]) -> None:
    later = Supersession(at("2020-05-01T10:00+09:00"), "kor-jpn-2020", "9(1)")
    for reading in ("KOR", "JPN"):
        before, then = (
            told(later.at.plus(n), *record, text=text_2016(), reading=reading, superseded=later) for n in (-1, 0)
        )
        assert "superseded" not in before[-1][2]
        assert then == [ENTERED, ("9(1)", "", "superseded by kor-jpn-2020 at 2020-05-01 10:00 KST", False)]


def test_what_had_ended_before_was_not_superseded() -> None:
    later = Supersession(at("2020-05-01T10:00+09:00"), "kor-jpn-2020", "9(1)")
    for when in (at("2019-11-23T00:00+09:00"), later.at):
        assert told(when, SIGNED, NOTIFIED, NOTICE, superseded=later) == [ENTERED, GIVEN, ENDED]


def test_a_date_that_binds_by_itself_is_told_without_an_instrument() -> None:
    text = text_2016(term=term("2021-03-01", None, "P30D", "after-receipt"))
    due = ("T", "", "in force until it ends at 2021-03-01 00:00 KST", False)
    assert told(BEFORE, SIGNED, NOTIFIED, text=text) == [ENTERED, due]
    past = at("2021-03-01T00:00+09:00")
    ended = ("T", "", "ended at 2021-03-01 00:00 KST; no new release", False)
    assert told(past, SIGNED, NOTIFIED, text=text) == [ENTERED, ended]
    late = act("n", "termination-notice", ("JPN",), "2021-02-20T10:00+09:00")
    assert told(late.at.instant, SIGNED, NOTIFIED, late, text=text)[-1] == (*due[:1], "n", *due[2:])


def test_the_withdrawal_leaves_no_word_of_what_it_took_back() -> None:
    assert told(WITHDRAWAL.at.instant) == [
        ENTERED,
        ("21(3)", "", "assured to run until 2023-11-23 00:00 KST", False),
    ]


def test_who_has_not_signed_is_named_as_each_signature_comes() -> None:
    text = text_2016(parties=("KOR", "JPN", "USA"))
    signatures = [
        act("s3", "signature", ("USA",), "2016-11-03T00:00+09:00"),
        act("s1", "signature", ("KOR",), "2016-11-01T00:00+09:00"),
        act("s2", "accession", ("JPN",), "2016-11-02T00:00+09:00"),
    ]
    said = [told(one.at.instant.plus(n), *signatures, text=text)[0][1:3] for one in signatures for n in (-1, 0)]
    assert said == [
        ("", "not signed by USA"),
        ("s3", "signed by all parties, not yet in force"),
        ("", "not signed by KOR, JPN, USA"),
        ("", "not signed by JPN, USA"),
        ("", "not signed by JPN, USA"),
        ("", "not signed by USA"),
    ]


def test_where_every_party_may_accede_nobody_is_awaited_by_name() -> None:
    three = ("KOR", "JPN", "USA")
    text = text_2016(parties=three, acceding=three, entry=Entry("8", "deposits", deposits=2))
    assert told(BEFORE, act("d", "deposit", ("KOR",), "2016-01-01T00:00Z"), text=text)[0][2] == "not signed"


def test_a_day_alone_is_a_limit_too() -> None:
    record = Record("kor-jpn-2016", RECORD_2016, confirmed_until=Day.parse("2019-09-01"))
    doubts = [
        fold_history((text_2016(),), record, reading="KOR").standing(at("2019-09-01T00:00+09:00").plus(n)).grounds[-1]
        for n in (-1, 0)
    ]
    assert [one.unconfirmed for one in doubts] == [False, True]
