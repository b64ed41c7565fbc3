"""Each clause of a text held against another's: which articles are told, and in which words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.core.agreement import (
    Agreement,
    Duty,
    Entry,
    NoticeRule,
    Persons,
    Scope,
    Survival,
    Term,
    ThirdParty,
    Witnesses,
)
from relto.core.decision.difference.clauses import changed_clauses
from relto.core.label import Levels, RankRow
from relto.core.timeline import Day, parse_period
from tests.making import northeast_asia, text_2016

PACT, TISA = "kor-jpn-2016", "tisa-2014"
BASE = text_2016()
MEDIATING = northeast_asia().agreements[TISA][0]
MONTH = parse_period("P30D")
Told = tuple[str, str, str, str, str, str]


def told(before: Agreement, after: Agreement) -> list[Told]:
    """What, agreement, articles, before and after of every clause that differs."""
    return [
        (one.what, one.agreement, one.article_before, one.article_after, one.before, one.after)
        for one in changed_clauses(before, after)
    ]


@pytest.mark.parametrize(
    ("change", "what", "before", "after"),
    [
        ({"parties": ("KOR", "JPN", "USA")}, "parties", ("", "KOR, JPN"), ("", "KOR, JPN, USA")),
        ({"zone": "Asia/Tokyo"}, "zone", ("", "Asia/Seoul"), ("", "Asia/Tokyo")),
        (
            {"entry": Entry("22", "last-notification", counted="date")},
            "entry into force",
            ("21(1)", "last notification, by receipt"),
            ("22", "last notification, by date"),
        ),
        (
            {"entry": Entry("22", "deposits", deposits=2, after=MONTH)},
            "entry into force",
            ("21(1)", "last notification, by receipt"),
            ("22", "2 deposits, P30D after"),
        ),
        (
            {"entry": Entry("22", "deposits", deposits=3, per_party=True)},
            "entry into force",
            ("21(1)", "last notification, by receipt"),
            ("22", "3 deposits, each party from its own"),
        ),
        (
            {"entry": Entry("22", "first-of-month", month=2, month_after="last-notification")},
            "entry into force",
            ("21(1)", "last notification, by receipt"),
            ("22", "first day of month 2 after last-notification"),
        ),
        (
            {"term": replace(BASE.term, renewal=parse_period("P2Y"))},
            "term",
            ("21(3)", "P1Y, then by P1Y"),
            ("21(3)", "P1Y, then by P2Y"),
        ),
        (
            {"term": replace(BASE.term, initial=Day.parse("2030-01-01"))},
            "term",
            ("21(3)", "P1Y, then by P1Y"),
            ("21(3)", "until 2030-01-01, then by P1Y"),
        ),
        (
            {"term": replace(BASE.term, notice=NoticeRule(MONTH, "after-receipt", "sending"))},
            "notice",
            ("21(3)", "P90D, before-term-end, from receipt"),
            ("21(3)", "P30D, after-receipt, from sending"),
        ),
        ({"survival": Survival("9", "none")}, "survival", ("21(4)", "all"), ("9", "none")),
        (
            {"survival": Survival("9", "articles", articles=("6", "7"))},
            "survival",
            ("21(4)", "all"),
            ("9", "articles 6, 7"),
        ),
        (
            {"survival": Survival("9", "destroy", certificate=True)},
            "survival",
            ("21(4)", "all"),
            ("9", "destroy, with a certificate"),
        ),
        (
            {"survival": Survival("9", "destroy", destroy_within=MONTH)},
            "survival",
            ("21(4)", "all"),
            ("9", "destroy within P30D"),
        ),
        (
            {"third_party": ThirdParty("6(b)", "nations", ("USA", "AUS"))},
            "third party",
            ("6(a)", "originator-consent"),
            ("6(b)", "nations USA, AUS"),
        ),
        ({"third_party": None}, "third party", ("6(a)", "originator-consent"), ("", "")),
        (
            {"persons": replace(BASE.persons, clearance=None)},
            "clearance of persons",
            ("7", "asked at every rank"),
            ("", ""),
        ),
        (
            {"persons": replace(BASE.persons, nationality="7(6)")},
            "nationals of neither party",
            ("", ""),
            ("7(6)", "the originator's consent is asked at every rank"),
        ),
        ({"persons": replace(BASE.persons, system="12")}, "accredited system", ("", ""), ("12", "asked")),
        ({"persons": replace(BASE.persons, contractor="16")}, "approved contractor", ("", ""), ("16", "asked")),
        ({"persons": replace(BASE.persons, assurance="7(5)")}, "assurance for persons", ("", ""), ("7(5)", "asked")),
        ({"persons": replace(BASE.persons, need_to_know=None)}, "need-to-know of persons", ("7(2)", "asked"), ("", "")),
        (
            {"witnesses": Witnesses("12", 1)},
            "witnesses of a party's ledger",
            ("", ""),
            ("12", "1 of the other parties"),
        ),
        ({"persons": replace(BASE.persons, facility="8")}, "facility of persons", ("6(e)", "asked"), ("8", "asked")),
    ],
)
def test_a_clause_that_changes_is_told_alone(
    change: dict[str, object], what: str, before: tuple[str, str], after: tuple[str, str]
) -> None:
    other = replace(BASE, **change)  # type: ignore[arg-type]
    assert told(BASE, other) == [(what, PACT, before[0], after[0], before[1], after[1])]
    assert told(other, BASE) == [(what, PACT, after[0], before[0], after[1], before[1])]


def test_a_clearance_from_some_rank_upwards() -> None:
    floor = replace(BASE, persons=Persons(clearance="7", nationality="7(6)", clearance_from="SECRET"))
    every = replace(BASE, persons=Persons(clearance="7", nationality="7(6)"))
    assert told(floor, every) == [
        ("clearance of persons", PACT, "7", "7", "asked from SECRET upwards", "asked at every rank"),
        (
            "nationals of neither party",
            PACT,
            "7(6)",
            "7(6)",
            "the originator's consent is asked from SECRET upwards",
            "the originator's consent is asked at every rank",
        ),
    ]


def test_a_term_without_end_is_not_renewed() -> None:
    endless = replace(BASE, term=Term("21(3)", None, None, BASE.term.notice))
    assert told(endless, BASE) == [("term", PACT, "21(3)", "21(3)", "without end", "P1Y, then by P1Y")]


class TestArrangements:
    def test_its_scope_basis_and_hub(self) -> None:
        other = replace(MEDIATING, scope=Scope("2", ("defence",)), basis=("usa-kor-1987",), hub=None)
        assert told(MEDIATING, other) == [
            ("mediated scope", TISA, "1", "2", "defence/dprk/missile, defence/dprk/nuclear", "defence"),
            ("basis", TISA, "1", "2", "usa-kor-1987, usa-jpn-2007, through USA", "usa-kor-1987"),
        ]

    def test_a_text_that_mediates_no_longer(self) -> None:
        assert told(MEDIATING, replace(MEDIATING, basis=())) == [
            ("mediated scope", TISA, "1", "", "defence/dprk/missile, defence/dprk/nuclear", ""),
            ("basis", TISA, "1", "", "usa-kor-1987, usa-jpn-2007, through USA", ""),
        ]

    def test_the_scope_of_a_text_that_does_not_mediate_shows_in_what_may_be_released(self) -> None:
        assert told(BASE, replace(BASE, scope=Scope("3", ("cyber",)))) == []


class TestLevels:
    def test_a_party_without_a_mark_in_a_row(self) -> None:
        rows = (
            RankRow("SECRET", {"KOR": ("군사II급비밀",)}),
            RankRow("CONFIDENTIAL", {"JPN": ("秘",)}, {"KOR": "SECRET"}),
        )
        assert told(BASE, replace(BASE, levels=Levels("5", rows))) == [
            ("marks of JPN at SECRET", PACT, "4", "5", "極秘 or 特定秘密", "none"),
            ("marks of KOR at CONFIDENTIAL", PACT, "4", "5", "군사III급비밀", "treated as SECRET"),
        ]

    def test_a_row_that_goes_hides_no_later_row(self) -> None:
        top = RankRow("TOP SECRET", {"KOR": ("군사I급비밀",), "JPN": ("機密",)})
        levels = BASE.levels
        assert levels is not None
        before = replace(BASE, levels=replace(levels, rows=(top, *levels.rows)))
        other = replace(levels.rows[0], marks={**levels.rows[0].marks, "JPN": ("極秘",)})
        after = replace(BASE, levels=replace(levels, rows=(other, levels.rows[1])))
        assert [one[0] for one in told(before, after)] == ["marks of JPN at SECRET"]

    def test_a_table_that_comes_or_goes_shows_in_what_may_be_released(self) -> None:
        assert told(BASE, replace(BASE, levels=None)) == []
        assert told(replace(BASE, levels=None), BASE) == []


class TestReadings:
    def test_each_party_whose_reading_changes_with_the_articles_of_the_term(self) -> None:
        other = replace(
            BASE,
            term=replace(BASE.term, article="20"),
            readings={"KOR": "term-runs", "JPN": "term-runs", "USA": "no-term"},
        )
        assert told(BASE, other)[2:] == [
            ("a suspended notice as KOR reads it", PACT, "21(3)", "20", "no-term", "term-runs"),
        ]

    def test_a_reading_that_is_gone_is_the_stricter_one(self) -> None:
        assert told(BASE, replace(BASE, readings={})) == [
            ("a suspended notice as JPN reads it", PACT, "21(3)", "21(3)", "term-runs", "no-term")
        ]


class TestDuties:
    def test_how_soon_and_towards_whom(self) -> None:
        before = replace(BASE, duties=(Duty("17", "compromise", "report"),))
        after = replace(BASE, duties=(Duty("18", "compromise", "report", "at-once", "originator"),))
        assert told(before, after) == [
            ("duty on compromise: report", PACT, "17", "18", "owed", "at-once, to originator")
        ]

    def test_within_alone_and_to_whom_alone(self) -> None:
        before = replace(BASE, duties=(Duty("17", "compromise", "report", "P30D"),))
        after = replace(BASE, duties=(Duty("17", "compromise", "report", "", "originator"),))
        assert told(before, after) == [("duty on compromise: report", PACT, "17", "17", "P30D", "to originator")]

    def test_two_clauses_on_one_duty_are_told_together(self) -> None:
        one, two = Duty("17", "compromise", "report", "at-once"), Duty("18", "compromise", "report")
        assert told(replace(BASE, duties=(one,)), replace(BASE, duties=(one, two))) == [
            ("duty on compromise: report", PACT, "17", "17, 18", "at-once", "at-once; owed")
        ]

    def test_one_that_comes_and_one_that_goes(self) -> None:
        one, two, kept = Duty("17", "compromise", "report"), Duty("9", "receipt", "log"), Duty("4", "receipt", "mark")
        assert told(replace(BASE, duties=(one, kept)), replace(BASE, duties=(kept, two))) == [
            ("duty on compromise: report", PACT, "17", "", "owed", ""),
            ("duty on receipt: log", PACT, "", "9", "", "owed"),
        ]
