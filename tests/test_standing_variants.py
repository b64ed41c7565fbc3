"""The same engine over other kinds of agreement: deposits, many parties, months, amendments, supersession."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Agreement, Entry, History, Instrument, NoticeRule, Record, fold_history
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Period, parse_period
from tests.making import KOR, NOTIFIED, RECORD_2016, SIGNED, act, at, term, text_2016

PARTIES = ("BEL", "CAN", "DNK", "FRA")


def treaty(**changes: Any) -> Agreement:
    """An alliance's agreement: in force 30 days after two deposits, per party; denounced with a year's notice."""
    entry = Entry("8", "deposits", deposits=2, after=parse_period("P30D"), per_party=True)
    base = {"id": "alliance", "parties": PARTIES, "zone": "UTC", "entry": entry, "readings": {}, "depositary": "BEL"}
    return text_2016(**{**base, "term": term(None, None, "P1Y", "after-receipt"), **changes})


DEPOSITS = (
    act("d-bel", "deposit", ("BEL",), "2020-01-10T12:00Z"),
    act("d-can", "deposit", ("CAN",), "2020-02-01T12:00Z"),
    act("d-dnk", "deposit", ("DNK",), "2020-06-01T12:00Z"),
)


def of(
    text: Agreement, *instruments: Instrument, between: tuple[str, str] | None = None, reading: str = "BEL"
) -> History:
    return fold_history((text,), Record(text.id, instruments), reading=reading, between=between)


def states(history: History, when: str) -> list[str]:
    """The states one nanosecond before, at, and one after."""
    return [history.standing(at(when).plus(n)).state for n in (-1, 0, 1)]


class TestDeposits:
    def test_the_second_deposit_and_thirty_days(self) -> None:
        assert states(of(treaty(), *DEPOSITS), "2020-03-02T00:00Z") == ["unsigned", "in-force", "in-force"]

    def test_each_other_party_from_its_own_deposit(self) -> None:
        pair = of(treaty(), *DEPOSITS, between=("BEL", "DNK"))
        assert states(pair, "2020-07-01T00:00Z") == ["unsigned", "in-force", "in-force"]
        assert of(treaty(), *DEPOSITS, between=("BEL", "FRA")).first_in_force() is None

    def test_one_deposit_is_not_enough(self) -> None:
        assert of(treaty(), DEPOSITS[0]).first_in_force() is None

    def test_the_first_of_february_and_thirty_days_is_the_third_of_march(self) -> None:
        early = (act("a", "deposit", ("BEL",), "2019-01-01T00:00Z"), act("b", "deposit", ("CAN",), "2019-02-01T09:00Z"))
        assert of(treaty(), *early).first_in_force() == at("2019-03-03T00:00Z")

    def test_a_notice_ends_it_for_its_giver_only(self) -> None:
        notice = act("n", "termination-notice", ("BEL",), "2021-01-15T08:00Z")
        whole = of(treaty(), *DEPOSITS, notice)
        assert whole.standing(at("2021-06-01T00:00Z")).state == "in-force"
        assert whole.standing(at("2023-01-01T00:00Z")).state == "in-force"
        with_belgium = of(treaty(), *DEPOSITS, notice, between=("BEL", "CAN"))
        assert with_belgium.standing(at("2021-06-01T00:00Z")).state == "notice-given"
        assert states(with_belgium, "2022-01-16T00:00Z") == ["notice-given", "lapsed", "lapsed"]
        assert of(treaty(), *DEPOSITS, notice, between=("CAN", "DNK")).standing(at("2023-01-01T00:00Z")).in_force

    def test_the_whole_is_in_force_while_two_remain(self) -> None:
        first = act("n1", "termination-notice", ("BEL",), "2021-01-15T08:00Z")
        second = act("n2", "termination-notice", ("CAN",), "2021-03-01T08:00Z")
        whole = of(treaty(), *DEPOSITS, first, second)
        assert whole.standing(at("2021-02-01T00:00Z")).state == "in-force"
        given = whole.standing(at("2021-03-01T08:00Z"))
        assert (given.state, given.ends_at) == ("notice-given", at("2022-03-02T00:00Z"))
        assert states(whole, "2022-03-02T00:00Z") == ["notice-given", "lapsed", "lapsed"]

    def test_a_party_that_left_may_come_back(self) -> None:
        notice = act("n", "termination-notice", ("BEL",), "2021-01-15T08:00Z")
        back = act("again", "accession", ("BEL",), "2023-05-01T10:00Z")
        pair = of(treaty(), *DEPOSITS, notice, back, between=("BEL", "CAN"))
        assert states(pair, "2023-05-31T00:00Z") == ["lapsed", "in-force", "in-force"]

    def test_an_accession_counts_as_a_deposit(self) -> None:
        joins = act("acc", "accession", ("FRA",), "2021-09-01T10:00Z")
        pair = of(treaty(), *DEPOSITS, joins, between=("FRA", "CAN"))
        assert states(pair, "2021-10-01T00:00Z") == ["unsigned", "in-force", "in-force"]


class TestSignatures:
    def test_a_party_that_may_accede_is_not_awaited(self) -> None:
        text = treaty(entry=Entry("8", "signature"), acceding=("FRA",))
        signed = act("s", "signature", ("BEL", "CAN", "DNK"), "2020-01-10T12:00Z")
        joins = act("acc", "accession", ("FRA",), "2021-09-01T10:00Z")
        assert states(of(text, signed, joins), "2020-01-10T12:00Z") == ["unsigned", "in-force", "in-force"]
        pair = of(text, signed, joins, between=("BEL", "FRA"))
        assert states(pair, "2021-09-01T10:00Z")[1] == "in-force"
        assert not pair.in_force(at("2021-09-01T10:00Z").plus(-1))

    def test_the_first_day_of_the_second_month_after_signature(self) -> None:
        text = text_2016(entry=Entry("13", "first-of-month", month=2, month_after="signature"), zone="Europe/Vienna")
        history = of(text, act("s", "signature", ("KOR", "JPN"), "2007-04-18T11:00+02:00"), reading="KOR")
        assert states(history, "2007-06-01T00:00+02:00") == ["signed", "in-force", "in-force"]

    def test_the_month_is_that_of_the_zone(self) -> None:
        text = text_2016(entry=Entry("13", "first-of-month", month=1, month_after="signature"))
        history = of(text, act("s", "signature", ("KOR", "JPN"), "2020-01-31T15:30Z"), reading="KOR")
        assert history.first_in_force() == at("2020-03-01T00:00+09:00")

    def test_a_notification_counts_from_its_date_where_the_text_says_so(self) -> None:
        late = act("n2", "notification", ("JPN",), "2017-01-20T10:00+09:00", sent="2017-01-10T10:00+09:00")
        early = act("n1", "notification", ("KOR",), "2017-01-05T10:00+09:00")
        by_receipt = of(text_2016(), SIGNED, early, late, reading="KOR")
        by_date = of(text_2016(entry=Entry("21(1)", "last-notification", counted="date")), SIGNED, early, late)
        assert by_receipt.first_in_force() == at("2017-01-20T10:00+09:00")
        assert by_date.first_in_force() == at("2017-01-10T10:00+09:00")

    def test_an_instrument_of_entry_needs_all_parties(self) -> None:
        text = text_2016(entry=Entry("9", "instrument"))
        one = act("e1", "entry-into-force", ("KOR",), "2017-01-05T10:00+09:00")
        other = act("e2", "entry-into-force", ("JPN",), "2017-01-06T10:00+09:00")
        assert of(text, one, reading="KOR").first_in_force() is None
        assert of(text, one, other, reading="KOR").first_in_force() == other.at.instant

    def test_a_signature_withdrawn_before_entry_is_gone(self) -> None:
        back = act("w", "withdrawal", ("KOR", "JPN"), "2016-11-23T11:00+09:00", targets=["sig"])
        assert of(text_2016(), SIGNED, NOTIFIED, back, reading="KOR").first_in_force() is None
        late = replace(back, at=replace(back.at, instant=NOTIFIED.at.instant))
        assert of(text_2016(), SIGNED, NOTIFIED, late, reading="KOR").first_in_force() == NOTIFIED.at.instant


@pytest.mark.parametrize(
    ("received", "period", "ends"),
    [
        ("2020-01-15T10:00+09:00", "P6M", "2020-07-16T00:00+09:00"),
        ("2019-08-31T10:00+09:00", "P6M", "2020-03-01T00:00+09:00"),
        ("2018-08-31T23:59:59.999999999+09:00", "P6M", "2019-03-01T00:00+09:00"),
        ("2018-09-01T00:00+09:00", "P6M", "2019-03-02T00:00+09:00"),
        ("2020-01-15T10:00+09:00", "P30D", "2020-02-15T00:00+09:00"),
    ],
)
def test_the_day_of_receipt_does_not_count(received: str, period: str, ends: str) -> None:
    text = text_2016(term=term(None, None, period, "after-receipt"))
    notice = act("n", "termination-notice", ("JPN",), received)
    assert states(of(text, SIGNED, NOTIFIED, notice, reading="KOR"), ends) == ["notice-given", "lapsed", "lapsed"]


def test_a_term_from_29_february_is_counted_from_its_first_day() -> None:
    text = text_2016(entry=Entry("1", "signature"), term=term("P1Y", "P1Y"))
    history = of(text, act("s", "signature", ("KOR", "JPN"), "2020-02-29T10:00+09:00"), reading="KOR")
    ends = [str(history.standing(at(f"{year}-06-01T00:00Z")).term_end) for year in (2020, 2021, 2022, 2023)]
    assert ends == [f"{day}T15:00:00Z" for day in ("2021-02-27", "2022-02-27", "2023-02-27", "2024-02-28")]


class TestFixedTerms:
    """A retention date binds by itself; nobody has to act."""

    TEXT = text_2016(term=term("2021-03-01", None, "P30D", "after-receipt"))

    def test_its_end_is_known_from_the_start(self) -> None:
        history = of(self.TEXT, SIGNED, NOTIFIED, reading="KOR")
        standing = history.standing(at("2018-01-01T00:00Z"))
        assert (standing.state, standing.ends_at) == ("in-force", at("2021-03-01T00:00+09:00"))
        assert states(history, "2021-03-01T00:00+09:00") == ["in-force", "lapsed", "lapsed"]

    def test_a_notice_ends_it_earlier_but_never_later(self) -> None:
        early = act("n", "termination-notice", ("JPN",), "2020-01-15T10:00+09:00")
        late = act("n", "termination-notice", ("JPN",), "2021-02-20T10:00+09:00")
        assert of(self.TEXT, SIGNED, NOTIFIED, early).standing(early.at.instant).ends_at == at("2020-02-15T00:00+09:00")
        assert of(self.TEXT, SIGNED, NOTIFIED, late).standing(late.at.instant).ends_at == at("2021-03-01T00:00+09:00")

    def test_an_amended_text_moves_it(self) -> None:
        longer = text_2016(version=2, digest="sha256:" + "2" * 64, term=term("2022-03-01"))
        amended = act("a", "amendment", ("KOR", "JPN"), "2020-06-01T00:00+09:00", text=longer.digest)
        record = Record("kor-jpn-2016", (SIGNED, NOTIFIED, amended))
        history = fold_history((self.TEXT, longer), record, reading="KOR")
        before, then = (history.standing(amended.at.instant.plus(n)) for n in (-1, 0))
        assert (before.version, before.ends_at) == (1, at("2021-03-01T00:00+09:00"))
        assert (then.version, then.ends_at) == (2, at("2022-03-01T00:00+09:00"))
        one_sided = replace(amended, by=("KOR",))
        history = fold_history((self.TEXT, longer), Record("x", (SIGNED, NOTIFIED, one_sided)), reading="KOR")
        assert history.standing(at("2020-12-01T00:00Z")).version == 1

    def test_a_suspended_notice_does_not_lengthen_it(self) -> None:
        notice = act("n", "termination-notice", ("JPN",), "2020-01-15T10:00+09:00")
        held = act("s", "suspension", ("JPN",), "2020-01-20T10:00+09:00", targets=["n"])
        standing = of(self.TEXT, SIGNED, NOTIFIED, notice, held, reading="KOR").standing(held.at.instant)
        assert (standing.state, standing.ends_at) == ("notice-suspended", at("2021-03-01T00:00+09:00"))


def test_without_a_notice_clause_a_notice_ends_it_at_once() -> None:
    text = text_2016(term=term(None))
    notice = act("n", "termination-notice", ("JPN",), "2020-01-15T10:00+09:00")
    history = of(text, SIGNED, NOTIFIED, notice, reading="KOR")
    assert states(history, "2020-01-15T10:00+09:00") == ["in-force", "lapsed", "lapsed"]


def test_a_notice_counts_from_sending_where_the_text_says_so() -> None:
    rule = NoticeRule(Period(0, 90), "before-term-end", "sending")
    text = text_2016(term=replace(text_2016().term, notice=rule))
    notice = act("n", "termination-notice", ("KOR",), "2019-08-26T10:00+09:00", sent="2019-08-24T10:00+09:00")
    standing = of(text, SIGNED, NOTIFIED, notice, reading="KOR").standing(at("2019-08-24T10:00+09:00"))
    assert (standing.state, standing.ends_at) == ("notice-given", at("2019-11-23T00:00+09:00"))


def test_a_later_agreement_takes_the_place_of_an_older_one() -> None:
    older = text_2016()
    newer = text_2016(id="kor-jpn-2020", supersedes=("kor-jpn-2016",), entry=Entry("9(1)", "signature"))
    signs = act("s", "signature", ("KOR", "JPN"), "2020-05-01T10:00+09:00")
    dossier = Dossier(
        agreements={older.id: (older,), newer.id: (newer,)},
        records={older.id: Record(older.id, RECORD_2016), newer.id: Record(newer.id, (signs,))},
        parties={"KOR": KOR},
    )
    before, then = (dossier.standing(older.id, signs.at.instant.plus(n)) for n in (-1, 0))
    assert (before.state, then.state) == ("notice-suspended", "lapsed")
    assert (then.grounds[-1].article, then.ends_at) == ("9(1)", signs.at.instant)


def test_standing_between_those_who_are_no_parties_is_bad_input() -> None:
    text = treaty()
    dossier = Dossier(agreements={text.id: (text,)}, records={}, parties={})
    for between in (("BEL", "KOR"), ("BEL", "BEL")):
        with pytest.raises(InputError):
            dossier.standing(text.id, at("2020-01-01T00:00Z"), between=between)
    with pytest.raises(InputError, match="has no reading"):
        dossier.standing(text.id, at("2020-01-01T00:00Z"), reading="KOR")


def test_a_text_whose_date_has_passed_cannot_be_brought_back_by_a_new_entry() -> None:
    text = text_2016(term=term("2018-03-01"), entry=Entry("9", "instrument"))
    first = act("e1", "entry-into-force", ("KOR", "JPN"), "2017-01-05T10:00+09:00")
    again = act("e2", "entry-into-force", ("KOR", "JPN"), "2019-01-05T10:00+09:00")
    assert states(of(text, first, again, reading="KOR"), "2019-01-05T10:00+09:00") == ["lapsed", "lapsed", "lapsed"]
