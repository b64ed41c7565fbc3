"""The difference of two tables is exact: it is what the reference evaluator says, combination by combination."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.folder import load_dossier
from relto.core.agreement import (
    Agreement,
    Duty,
    Entry,
    Instrument,
    Persons,
    Purpose,
    Record,
    Scope,
    Survival,
    ThirdParty,
)
from relto.core.decision import ACTS, Request, evaluate
from relto.core.decision.difference import (
    Difference,
    as_if_in_force,
    change_lines,
    change_sentence,
    difference,
    governed_by,
    requirement_sentence,
)
from relto.core.decision.difference.boxes import ranges_of
from relto.core.decision.difference.change import Combination
from relto.core.decision.difference.clauses import changed_clauses
from relto.core.decision.difference.common import common_axes
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.decision.table import Table, compile_table
from relto.core.dossier import DomesticRule, Dossier, Item
from relto.core.errors import InputError, NotFound
from relto.core.label import Levels, RankRow
from relto.core.route.recipients import addressees
from relto.core.timeline import Instant, parse_period
from tests.making import KOR, NOTICE, NOTIFIED, RECORD_2016, SIGNED, act, at, northeast_asia, term, text_2016

ROOT = Path(__file__).parent.parent
VARIANTS = Path(__file__).parent / "fixtures/variants"
SHIPPED = load_dossier(ROOT / "src/relto/dossiers/northeast-asia")
PACT = "kor-jpn-2016"
TEXT = SHIPPED.agreements[PACT][0]
NOV_18 = at("2019-11-18T00:00Z")
LAPSE = at("2019-11-22T15:00:00Z")
ROWS = TEXT.levels.rows if TEXT.levels else ()
TOP = RankRow("TOP SECRET", {"KOR": ("군사I급비밀",), "JPN": ("機密",)})


def tables(one: Dossier, two: Dossier, when: Instant, then: Instant, **window: Any) -> tuple[Table, Table]:
    """Both sides, compiled for their instants."""
    return compile_table(one, when, when.plus(1), **window), compile_table(two, then, then.plus(1), **window)


def compare(one: Dossier, two: Dossier, when: Instant, then: Instant | None = None, **more: Any) -> Difference:
    """The difference of two dossiers at an instant, or two."""
    then = then or when
    window = {name: more.pop(name) for name in ("known_by", "reading") if name in more}
    before, after = tables(one, two, when, then, **window)
    return difference(before, after, when, then, **more)


def amended(when: Instant = NOV_18, dossier: Dossier = SHIPPED, text: Agreement = TEXT, **changes: Any) -> Difference:
    """What a text with these changes would do."""
    other = replace(text, **changes)
    return compare(dossier, governed_by(dossier, other), when, texts=(text, other))


def lines(found: Difference) -> list[str]:
    """All that a difference says."""
    told = change_lines(found.changes, found.scale, PACT)
    return [*told, *(requirement_sentence(one, PACT) for one in found.requirements)]


class TestWords:
    def test_the_lapse_of_23_november_ends_everything_between_the_two(self) -> None:
        found = compare(SHIPPED, SHIPPED, LAPSE.plus(-1), LAPSE, known_by=NOV_18)
        assert lines(found) == [
            "JPN <-> KOR: defence and below, SECRET and CONFIDENTIAL, for its own purpose, to release, disclose or "
            "forward: no longer releasable, article 21(3) (lapsed since 2019-11-23 00:00 KST: no new release)"
        ]
        assert not found.begins

    def test_nothing_lapsed_as_it_really_went(self) -> None:
        assert compare(SHIPPED, SHIPPED, LAPSE.plus(-1), LAPSE).nothing

    def test_a_row_for_top_secret(self) -> None:
        found = amended(levels=Levels("4", (TOP, *ROWS)))
        assert lines(found) == [
            "JPN <-> KOR: defence and below, TOP SECRET, for its own purpose, every act: releasable, article 4 (level)"
        ]
        assert not found.ceases

    def test_a_row_less(self) -> None:
        (line,) = lines(amended(levels=Levels("4", ROWS[1:])))
        assert "SECRET, for its own purpose, every act: no longer releasable, article 4 (level)" in line

    def test_three_ranks_in_a_row_are_a_range(self) -> None:
        without = replace(TEXT, levels=Levels("4", ()))
        dossier = governed_by(SHIPPED, without)
        found = amended(dossier=dossier, text=without, levels=Levels("4", (TOP, *ROWS)))
        assert "TOP SECRET to CONFIDENTIAL" in lines(found)[0]

    def test_a_mark_that_leaves_its_row_stands_by_itself(self) -> None:
        secret = RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘",)})
        assert lines(amended(levels=Levels("4", (secret, ROWS[1])))) == [
            "JPN -> KOR: defence and below, the mark 特定秘密, for its own purpose, every act: no longer releasable, "
            "article 4 (level)",
            "marks of JPN at SECRET: 極秘 or 特定秘密 -> 極秘, article 4",
        ]

    def test_a_narrower_scope_is_said_by_what_it_leaves_out(self) -> None:
        assert lines(amended(scope=Scope("2(a)", ("defence/dprk",)))) == [
            "JPN <-> KOR: defence and below but not defence/dprk and below, SECRET and CONFIDENTIAL, for its own "
            "purpose, every act: no longer releasable, article 2(a) (scope)"
        ]

    def test_any_purpose(self) -> None:
        assert lines(amended(purpose=Purpose("6(c)", "any"))) == [
            "JPN <-> KOR: defence and below, SECRET and CONFIDENTIAL, for another purpose than its own, every act: "
            "releasable, article 6(c) (purpose)"
        ]

    def test_some_purposes_only(self) -> None:
        told = lines(amended(purpose=Purpose("6(c)", "only", only=("missile-warning", "study"))))
        assert any("for missile-warning or study instead of its own purpose, every act: releasable" in x for x in told)
        assert any("for its own purpose where that is any other, every act: no longer releasable" in x for x in told)

    def test_a_third_party_rule_changes_what_may_be_passed_on_under_other_agreements(self) -> None:
        found = amended(third_party=ThirdParty("6(a)", "forbidden"))
        assert (found.changes, found.on_other_grounds) == ((), 0)
        assert lines(found) == [
            "third party: originator-consent -> forbidden, article 6(a)",
            "JPN passing items of KOR on to USA: with the originator's consent -> not at all, article 6(a)",
            "KOR passing items of JPN on to USA: with the originator's consent -> not at all, article 6(a)",
        ]

    def test_a_third_party_rule_that_names_nations_frees_them(self) -> None:
        found = amended(third_party=ThirdParty("6(b)", "nations", nations=("USA",)))
        assert lines(found)[1:] == [
            "JPN passing items of KOR on to USA: with the originator's consent -> free, article 6(a)",
            "KOR passing items of JPN on to USA: with the originator's consent -> free, article 6(a)",
        ]
        assert lines(found)[0] == "third party: originator-consent (article 6(a)) -> nations USA (article 6(b))"

    def test_clauses_that_are_in_no_cell(self) -> None:
        found = amended(
            at("2019-01-01T00:00Z"),
            persons=Persons(clearance="7", clearance_from="SECRET", assurance="7(5)", nationality="7(6)"),
            duties=(*TEXT.duties[1:], Duty("9", "receipt", "log")),
            survival=Survival("21(4)", "articles", articles=("6",)),
            term=replace(TEXT.term, notice=None),
            readings={"KOR": "no-term", "JPN": "no-term"},
            zone="Asia/Tokyo",
        )
        assert found.changes == ()
        assert lines(found) == [
            "zone: Asia/Seoul -> Asia/Tokyo",
            "notice: P90D, before-term-end, from receipt -> ends it at once, article 21(3)",
            "survival: all -> articles 6, article 21(4)",
            "clearance of persons: asked at every rank -> asked from SECRET upwards, article 7",
            "need-to-know of persons: asked -> none, article 7(2)",
            "facility of persons: asked -> none, article 6(e)",
            "assurance for persons: none -> asked, article 7(5)",
            "accredited system: asked -> none, article 12",
            "approved contractor: asked -> none, article 16",
            "nationals of neither party: none -> the originator's consent is asked from SECRET upwards, article 7(6)",
            "a suspended notice as JPN reads it: term-runs -> no-term, article 21(3)",
            "duty on receipt: mark-origin: owed -> none, article 4(2)",
            "duty on receipt: log: none -> owed, article 9",
        ]

    def test_every_kind_of_clause_has_words(self) -> None:
        period = parse_period("P30D")
        entries = [
            Entry("e", "deposits", deposits=2, after=period, per_party=True),
            Entry("e", "deposits", deposits=1),
            Entry("e", "first-of-month", month=2),
            Entry("e", "signature"),
        ]
        keeps = [Survival("s", "destroy", destroy_within=period, certificate=True), Survival("s", "destroy")]
        terms = [term("2030-01-01"), term("P1Y"), term(None)]
        told = [
            requirement_sentence(found)
            for other in (
                *(text_2016(entry=entry) for entry in entries),
                *(text_2016(survival=keep) for keep in keeps),
                *(text_2016(term=one) for one in terms),
            )
            for found in changed_clauses(text_2016(), other)
            if found.what != "notice"
        ]
        assert [one.partition(" -> ")[2].partition(" (")[0] for one in told] == [
            "2 deposits, P30D after, each party from its own",
            "1 deposits",
            "first day of month 2 after signature",
            "signature",
            "destroy within P30D, with a certificate",
            "destroy",
            "until 2030-01-01, not renewed",
            "P1Y, not renewed",
            "without end",
        ]

    def test_marks_that_are_treated_as_another_rank_and_tables_that_are_gone(self) -> None:
        levels = Levels(
            "4", (RankRow("SECRET", {"KOR": ("x",)}, {"JPN": "TOP SECRET"}), RankRow("LOW", {"KOR": ("y",)}))
        )
        told = list(changed_clauses(text_2016(levels=levels), text_2016()))
        assert [(one.what, one.before, one.after) for one in told] == [
            ("marks of KOR at SECRET", "x", "군사II급비밀"),
            ("marks of JPN at SECRET", "treated as TOP SECRET", "極秘 or 特定秘密"),
        ]
        assert not list(changed_clauses(text_2016(levels=None), text_2016()))

    def test_a_clause_that_is_gone_is_cited_from_the_text_that_had_it(self) -> None:
        assert lines(amended(purpose=None)) == [
            "JPN <-> KOR: defence and below, SECRET and CONFIDENTIAL, for another purpose than its own, every act: "
            "releasable, article 6(c) (purpose, unconfirmed)"
        ]

    def test_an_agreement_on_one_side_alone_is_a_difference(self) -> None:
        without = replace(SHIPPED, agreements={name: text for name, text in SHIPPED.agreements.items() if name != PACT})
        told = lines(compare(SHIPPED, without, NOV_18))
        assert len(told) == 2
        assert all("no longer releasable, dossier:agreements (no agreement between" in one for one in told)

    def test_nothing_against_itself(self) -> None:
        found = amended()
        assert (found.nothing, found.compared > 0) == (True, True)

    def test_an_arrangement_opens_and_closes_mediated_routes(self) -> None:
        signed, entered = at("2014-12-01T00:00Z"), at("2014-12-30T00:00+09:00")
        found = compare(SHIPPED, SHIPPED, signed, entered, agreement="tisa-2014")
        assert "mediated routes from KOR to JPN" in {one.what for one in found.requirements}
        narrow = replace(SHIPPED.agreements["tisa-2014"][0], scope=Scope("1", ("defence/dprk/missile",)))
        found = compare(SHIPPED, governed_by(SHIPPED, narrow), NOV_18)
        assert [one.what for one in found.requirements] == ["mediated scope"]


class TestLapsedArrangements:
    """The mediated routes that an arrangement closes as it lapses, and the article that says so."""

    BEFORE = at("2020-01-01T00:00Z")

    def closed(self, dossier: Dossier, then: Instant) -> set[tuple[str, str, str, str]]:
        """What is said of the routes from KOR to JPN: the articles before and after, the states before and after."""
        found = compare(dossier, dossier, then.plus(-1), then, agreement="tisa-2014")
        return {
            (one.article_before, one.article_after, one.before, one.after)
            for one in found.requirements
            if one.what == "mediated routes from KOR to JPN"
        }

    def test_by_a_notice_under_the_article_on_its_term(self) -> None:
        given = act("n", "termination-notice", ("USA", "JPN"), "2020-01-01T00:00Z")
        dossier = northeast_asia(given)
        (lapse,) = [
            phase.start
            for phase in dossier.history("tisa-2014", between=("KOR", "JPN")).phases
            if phase.state == "lapsed"
        ]
        assert self.closed(dossier, lapse) == {("9", "T", "notice-given", "lapsed")}

    def test_by_a_later_one_under_the_article_that_brings_that_into_force(self) -> None:
        base = northeast_asia()
        later = replace(
            base.agreements["tisa-2014"][0], id="tisa-2020", supersedes=("tisa-2014",), entry=Entry("12", "signature")
        )
        signed = act("s", "signature", ("KOR", "JPN", "USA"), "2020-01-01T00:00Z")
        dossier = replace(
            base,
            agreements={**base.agreements, "tisa-2020": (later,)},
            records={**base.records, "tisa-2020": Record("tisa-2020", (signed,))},
        )
        assert self.closed(dossier, self.BEFORE) == {("9", "12", "in-force", "lapsed")}


class TestWithoutConsents:
    """A difference is of what holds before anyone has consented: consents on record change nothing in it.

    These cover the very items, and the very purpose, that the reference evaluator is asked about.
    """

    ONWARD = act("c1", "consent", ("KOR",), "2019-01-01T00:00Z", topic="other", to=("USA",))
    PURPOSE = act("c2", "consent", ("KOR",), "2019-01-01T00:00Z", topic="defence", to=("JPN",), purpose="other")
    BACK = act("w", "withdrawal", ("KOR",), "2020-01-01T00:00Z", targets=["c1"])

    @pytest.mark.parametrize("more", [(), (BACK,)])
    def test_what_is_passed_on_cites_the_text_that_asks_for_one(self, more: tuple[Instrument, ...]) -> None:
        dossier = northeast_asia(record=(*RECORD_2016, self.ONWARD, *more))
        told = lines(amended(dossier=dossier, text=text_2016(), third_party=ThirdParty("6(a)", "forbidden")))
        says = "JPN passing items of KOR on to USA: with the originator's consent -> not at all, article 6(a)"
        assert says in told

    def test_another_purpose_is_refused_beside_what_else_is(self) -> None:
        dossier = northeast_asia(record=(*RECORD_2016, self.PURPOSE))
        wider: dict[str, Any] = {"purpose": Purpose("6(c)", "any"), "levels": Levels("4", (TOP, *ROWS))}
        told = {
            tuple(cause.check for cause in one.refused)
            for one in amended(dossier=dossier, text=text_2016(), **wider).begins
            if one.sender == "KOR" and one.ranks == ("TOP SECRET",)
        }
        assert told == {("level",), ("level", "purpose")}


def test_a_party_that_only_a_text_names_sends_nothing() -> None:
    base = northeast_asia()
    parties = {name: party for name, party in base.parties.items() if name != "JPN"}
    dossier = replace(base, parties=parties, agreements={PACT: base.agreements[PACT]})
    narrower = replace(text_2016(), scope=Scope("2(a)", ("defence/dprk",)))
    found = compare(dossier, governed_by(dossier, narrower), NOV_18)
    assert ("JPN", "KOR") in compile_table(dossier, NOV_18, NOV_18.plus(1)).lanes
    assert {(one.sender, one.recipients) for one in found.changes} == {("KOR", ("JPN",))}


def test_a_name_that_a_clause_uses_never_stands_for_what_none_names() -> None:
    """Where clauses name `other` and `another`, what no clause names is called something else still."""
    rule = DomesticRule("d", "Act 7", "not for another", check="purpose", purposes=("other", "another", "other-one"))
    base = northeast_asia()
    dossier = replace(
        base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))}, agreements={PACT: (text_2016(),)}
    )
    one, two = (
        governed_by(dossier, replace(text_2016(), scope=Scope("2(a)", ("defence", "other")), purpose=clause))
        for clause in (Purpose("6(c)", "any"), Purpose("6(d)", "only", only=("study",)))
    )
    found = compare(one, two, NOV_18)
    told = {
        purpose: tuple(cause.article for cause in change.refused)
        for change in found.ceases
        if (change.sender, change.recipients) == ("KOR", ("JPN",))
        for purpose in change.purposes
    }
    assert told == {("", True): ("6(d)",), ("", False): ("6(d)",)}


def test_the_amended_study_goes_on_for_a_year() -> None:
    dossier = load_dossier(VARIANTS / "health-dua")
    first, second = dossier.agreements["health-dua"]
    when = at("2024-07-15T00:00-04:00")
    found = compare(governed_by(dossier, first), governed_by(dossier, second), when, texts=(first, second))
    assert not found.ceases
    assert {(one.sender, one.recipients) for one in found.begins} == {
        ("data-agency", ("study-group",)),
        ("study-group", ("data-agency",)),
    }
    assert all(one.refused[0].article == "6" for one in found.begins)
    assert [requirement_sentence(one, "health-dua") for one in found.requirements] == [
        "term: until 2024-06-30, not renewed -> until 2025-06-30, not renewed, article 6"
    ]


def test_what_another_agreement_permits_all_the_same_is_said() -> None:
    other = replace(text_2016(), id="kor-jpn-2020", scope=Scope("2", ("defence/dprk",)))
    base = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
    record = Record("kor-jpn-2020", (SIGNED, NOTIFIED))
    dossier = replace(
        base,
        agreements={**base.agreements, other.id: (other,)},
        records={**base.records, other.id: record},
    )
    found = compare(dossier, dossier, LAPSE.plus(-1), LAPSE)
    told = [change_sentence(one, found.scale) for one in found.ceases if one.recipients == ("JPN",)]
    assert [("still releasable under kor-jpn-2020" in one) for one in told] == [False, True]
    assert all("under kor-jpn-2016" in one for one in told)
    pair = replace(dossier, agreements={name: dossier.agreements[name] for name in (PACT, other.id)})
    agree(pair, pair, LAPSE.plus(-1), LAPSE)


def test_a_stricter_rule_of_the_senders_own_is_cited_where_it_bites() -> None:
    rule = DomesticRule("d", "Act 7", "no missiles", check="scope", topics=("defence/dprk/missile",))
    strict = replace(KOR, domestic=(rule,))
    base = northeast_asia()
    parties, agreements = {**base.parties, "KOR": strict}, {PACT: base.agreements[PACT]}
    dossier = replace(base, parties=parties, agreements=agreements)
    wider = replace(text_2016(), scope=Scope("2(a)", ("defence", "cyber")))
    narrow = replace(text_2016(), scope=Scope("2(a)", ("defence/air",)))
    found = compare(dossier, governed_by(dossier, narrow), NOV_18)
    assert {cause.article for one in found.ceases for cause in one.refused} == {"2(a)"}
    for text in (wider, narrow):
        agree(dossier, governed_by(dossier, text), NOV_18, NOV_18)


def test_a_text_takes_the_place_of_every_version_and_keeps_the_entry() -> None:
    dossier = load_dossier(VARIANTS / "health-dua")
    first = dossier.agreements["health-dua"][0]
    other = replace(first, entry=replace(first.entry, when="instrument", article="99"))
    forced = governed_by(dossier, other).agreements["health-dua"]
    assert [(one.version, one.entry) for one in forced] == [(1, first.entry), (2, first.entry)]
    assert (
        governed_by(dossier, replace(first, entry=replace(first.entry, article="99")))
        .agreements["health-dua"][0]
        .entry.article
        == "99"
    )
    with pytest.raises(NotFound):
        governed_by(dossier, replace(first, id="nope"))


@pytest.mark.parametrize("name", ["health-dua", "aus-jpn-2012", "nato-1997", "fixed-no-renewal"])
@pytest.mark.parametrize("when", ["1950-01-01T00:00Z", "2030-01-01T00:00Z"])
def test_as_if_in_force_is_in_force(name: str, when: str) -> None:
    dossier = load_dossier(VARIANTS / name)
    for agreement, versions in dossier.agreements.items():
        parties = versions[0].parties
        supposed = as_if_in_force(dossier, agreement, at(when))
        for one, two in pairwise(parties):
            history = supposed.history(agreement, reading=one, between=(one, two))
            assert history.in_force(at(when)), (agreement, one, two)


def test_as_if_in_force_keeps_designations_and_later_agreements_away() -> None:
    named = act("d", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod")
    base = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, named))
    later = replace(text_2016(), id="later", supersedes=(PACT,))
    dossier = replace(
        base,
        agreements={**base.agreements, "later": (later,)},
        records={**base.records, "later": Record("later", (SIGNED, NOTIFIED))},
    )
    when = at("2020-01-01T00:00Z")
    supposed = as_if_in_force(dossier, PACT, when)
    assert supposed.history(PACT).in_force(when)
    assert "jpn-mod" in addressees(supposed, when, None)


def test_other_parties_and_other_windows_are_refused() -> None:
    one, two = tables(SHIPPED, northeast_asia(), NOV_18, NOV_18)
    with pytest.raises(InputError, match="different parties"):
        difference(one, two, NOV_18, NOV_18)
    with pytest.raises(InputError, match="outside the table"):
        difference(one, one, NOV_18, NOV_18.plus(1))


@pytest.mark.parametrize(
    ("chosen", "said"),
    [
        (("a", "a/b", "a/b/c", "d"), [("a", ()), ("d", ())]),
        (("a", "a/b/c"), [("a", ("a/b",)), ("a/b/c", ())]),
        (("a", "a/b"), [("a", ("a/b/c",))]),
        (("a/b/c",), [("a/b/c", ())]),
        (("", "a"), [("", ()), ("a", ("a/b",))]),
    ],
)
def test_topics_are_said_by_the_broadest(chosen: tuple[str, ...], said: list[tuple[str, tuple[str, ...]]]) -> None:
    topics = ("a", "a/b", "a/b/c", "d", "")
    assert [(one.topic, one.but) for one in ranges_of(chosen, topics)] == said


# -- exactness: every item, purpose and act against the reference evaluator ------------------------------------------


def items(dossier: Dossier, topics: tuple[str, ...], purposes: tuple[str, ...]) -> Iterator[Item]:
    """Every mark of every party, on every topic that is named, below each and beside all, for every purpose."""
    every = [*(topic for topic in topics if topic), *(f"{topic}/below" for topic in topics if topic), "unheard-of"]
    for party in dossier.parties.values():
        for mark, topic, purpose in product(party.marks, every, (*filter(None, purposes), "unheard-of")):
            yield Item("x", "x", party.id, mark.mark, topic, purpose)


def nearest(topic: str, topics: tuple[str, ...]) -> str:
    """The named topic that stands for it."""
    while topic and topic not in topics:
        topic = topic.rpartition("/")[0]
    return topic


def failing(dossier: Dossier, request: Request, agreement: str) -> frozenset[str]:
    """The checks that fail under one agreement, whoever the originator is."""
    failed = evaluate(dossier, request, only=(agreement,)).failed()
    return frozenset(ground.check for ground in failed) - {"third-party"}


def agree(one: Dossier, two: Dossier, when: Instant, then: Instant) -> Difference:
    """Hold the difference against the reference: every combination, every direction, every count."""
    before, after = tables(one, two, when, then)
    found = difference(before, after, when, then)
    common, scale = common_axes(before, after), found.scale
    told: dict[Combination, tuple[frozenset[str], frozenset[str]]] = {}
    lanes = [
        (sender, to, edge.agreement)
        for table, instant in ((before, when), (after, then))
        for (sender, to), lane in table.lanes.items()
        for edge in lane.stretch(instant).edges
    ]
    for item in items(one, scale.topics, scale.purposes):
        originator = one.parties[item.originator]
        mark = originator.mark(item.mark)
        assert mark is not None
        for (sender, to, agreement), what in product(dict.fromkeys(lanes), ACTS):
            own_mark = sender == item.originator and item.mark in common.irregular[sender]
            for asked in (*filter(None, scale.purposes), "unheard-of", "never-asked"):
                request = Request(what, item, sender, to, when, None if asked == item.purpose else asked)
                name = asked if asked in scale.purposes else ""
                combination: Combination = (
                    sender,
                    to,
                    agreement,
                    item.mark if own_mark else mark.rank,
                    nearest(item.topic, scale.topics),
                    (name, asked == item.purpose),
                    what,
                )
                answers = failing(one, request, agreement), failing(two, replace(request, at=then), agreement)
                assert told.setdefault(combination, answers) == answers, combination
    begins = {one for one, (was, now) in told.items() if was and not now}
    ceases = {one for one, (was, now) in told.items() if now and not was}
    assert found.combinations("begins") == begins
    assert found.combinations("ceases") == ceases
    assert sum(change.count for change in found.changes) == len(begins) + len(ceases)
    assert found.compared == len(told)
    assert found.on_other_grounds == sum(1 for was, now in told.values() if was and now and was != now)
    _check_causes(found, one, two, told)
    return found


def _check_causes(found: Difference, one: Dossier, two: Dossier, told: Any) -> None:
    """Every change cites exactly the checks that refuse each of its combinations, each with an article."""
    for change in found.changes:
        side = 0 if change.direction == "begins" else 1
        checks = {cause.check for cause in change.refused} - {"third-party"}
        assert all(cause.article for cause in change.refused)
        for combination in change.combinations():
            assert told[combination][side] == checks, combination


def _some_text(random_: random.Random, text: Agreement) -> Agreement:
    """A text with some clauses changed."""
    scopes = [("defence",), ("defence/dprk",), ("defence/dprk/missile", "cyber"), ("defence/dprk/missile/launch",)]
    rows = [ROWS, (TOP, *ROWS), ROWS[:1], (replace(ROWS[0], marks={"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),)]
    rows.append((RankRow("CONFIDENTIAL", {"KOR": ("군사II급비밀",), "JPN": ("秘", "特定秘密")}),))
    purposes = [None, Purpose("p", "any"), Purpose("p", "as-provided"), Purpose("p", "only", only=("study",))]
    keeps = [Survival("s", "all"), Survival("s", "none")]
    return replace(
        text,
        scope=Scope("2(a)", random_.choice(scopes)),
        levels=Levels("4", random_.choice(rows)),
        purpose=random_.choice(purposes),
        survival=random_.choice(keeps),
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_combination_of_random_texts_as_the_reference_has_it(seed: int) -> None:
    chance = random.Random(seed)
    dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
    if seed:  # the pact alone, with the Americans as third parties
        dossier = replace(dossier, agreements={PACT: dossier.agreements[PACT]})
    if seed % 2:
        rule = DomesticRule("d", "Act 7", "no", check="scope", ranks=("SECRET",), topics=("defence/dprk",), to=("JPN",))
        dossier = replace(dossier, parties={**dossier.parties, "KOR": replace(KOR, domestic=(rule,))})
    one, two = (governed_by(dossier, _some_text(chance, text_2016())) for _ in range(2))
    when, then = (chance.choice((NOV_18, LAPSE.plus(-1), LAPSE)) for _ in range(2))
    agree(one, two, when, then)


@pytest.mark.parametrize(
    ("name", "when"),
    [
        ("eu-usa-2007", "2010-01-01T00:00Z"),
        ("eu-usa-rowless", "2010-01-01T00:00Z"),
        ("aus-jpn-2012", "2015-01-01T00:00Z"),
        ("hole", "2020-01-01T00:00Z"),
    ],
)
def test_every_combination_of_the_variants_as_the_reference_has_it(name: str, when: str) -> None:
    dossier = load_dossier(VARIANTS / name)
    for versions in dossier.agreements.values():
        text = versions[0]
        assert text.levels is not None
        fewer = replace(
            text,
            levels=replace(text.levels, rows=text.levels.rows[:-1]),
            scope=Scope("s", (f"{text.scope.topics[0]}/part",)),
            purpose=Purpose("p", "only", only=("study",)),
        )
        found = agree(dossier, governed_by(dossier, fewer), at(when), at(when))
        assert found.compared


RULES = (
    ThirdParty("6(a)", "forbidden"),
    ThirdParty("6(a)", "originator-consent"),
    ThirdParty("6(a)", "nations", nations=("USA",)),
    ThirdParty("6(a)", "community"),
    None,
)


def _onward(dossier: Dossier, originator: str, sender: str, to: str) -> tuple[bool, bool]:
    """Whether an item may be passed on, as far as third parties go: without the originator's consent, and with it."""
    consent = act("c", "consent", (originator,), "2019-01-01T00:00Z", topic="defence", to=(to,))
    granted = dossier.with_instruments(PACT, (*dossier.record(PACT).instruments, consent))
    mark = dossier.parties[originator].marks[1].mark
    asked = Request("forward", Item("x", "x", originator, mark, "defence", "p"), sender, to, NOV_18)
    free, consented = (
        all(one.check != "third-party" for one in evaluate(side, asked).failed()) for side in (dossier, granted)
    )
    return free, consented


@pytest.mark.parametrize(("one", "two"), list(product(RULES, RULES)))
def test_passing_on_as_the_reference_has_it(one: ThirdParty | None, two: ThirdParty | None) -> None:
    before, after = (governed_by(northeast_asia(), replace(text_2016(), third_party=rule)) for rule in (one, two))
    found = compare(before, after, NOV_18)
    told = {
        (originator, sender, to)
        for sender, _, what in (one.what.partition(" passing items of ") for one in found.requirements)
        for originator, _, listed in [what.partition(" on to ")]
        for to in filter(None, listed.split(", "))
    }
    assert told == {
        (originator, sender, to)
        for originator, sender in product(before.parties, before.parties)
        for to in (*before.parties, "jpn-firm-1")
        if originator != sender != to[:3].upper() != originator
        and _onward(before, originator, sender, to) != _onward(after, originator, sender, to)
    }


def test_holders_acts_survive_the_lapse_or_not() -> None:
    found = compare(SHIPPED, SHIPPED, LAPSE.plus(-1), LAPSE, known_by=NOV_18)
    assert not {what for one in found.ceases for what in one.acts} & HOLDERS_ACTS
