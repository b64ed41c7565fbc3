"""What a difference is between, and why: readings, consents, agreements that end, that are joined, or are supposed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Agreement, Entry, Purpose, Record, Scope, ThirdParty
from relto.core.decision import ACTS
from relto.core.decision.difference import (
    Change,
    Difference,
    Requirement,
    as_if_in_force,
    difference,
    governed_by,
)
from relto.core.decision.table import compile_table
from relto.core.dossier import DomesticRule, Dossier
from relto.core.label import Levels, Mark, RankRow
from relto.core.timeline import GENESIS, Instant
from tests.making import (
    JPN,
    KOR,
    MISSILE,
    NOTICE,
    NOTIFIED,
    SIGNED,
    SUSPENSION,
    act,
    at,
    northeast_asia,
    pact,
    term,
    text_2016,
)

PACT, KOREAN, JAPANESE, TISA = "kor-jpn-2016", "usa-kor-1987", "usa-jpn-2007", "tisa-2014"
IN_2018, IN_2020 = at("2018-06-01T00:00Z"), at("2020-06-01T00:00Z")


def compare(
    one: Dossier, two: Dossier, when: Instant = IN_2018, then: Instant | None = None, **more: Any
) -> Difference:
    """The difference of two dossiers at an instant, or two."""
    window = {name: more.pop(name) for name in ("known_by", "reading") if name in more}
    then = then or when
    before, after = compile_table(one, when, when.plus(1), **window), compile_table(two, then, then.plus(1), **window)
    return difference(before, after, when, then, **more)


def changed(dossier: Dossier, name: str, **changes: Any) -> Dossier:
    """`dossier` with another first text of an agreement."""
    (text,) = dossier.agreements[name]
    return replace(dossier, agreements={**dossier.agreements, name: (replace(text, **changes),)})


def alone(*names: str, dossier: Dossier | None = None) -> Dossier:
    """Northeast Asia with these agreements only."""
    whole = dossier or northeast_asia()
    return replace(whole, agreements={name: whole.agreements[name] for name in names})


def articles(changes: Iterable[Change], permitted: bool = False) -> set[str]:
    return {cause.article for one in changes for cause in (one.permitted if permitted else one.refused)}


def lanes(changes: Iterable[Change]) -> set[tuple[str, str]]:
    return {(one.sender, to) for one in changes for to in one.recipients}


def whats(found: Difference, agreement: str) -> list[str]:
    return [one.what for one in found.requirements if one.agreement == agreement]


class TestReadings:
    """The suspension of 2019 taken back in May 2020: at once for one who reads no term, else at the term's end."""

    TAKEN_BACK = act("w2", "withdrawal", ("KOR",), "2020-05-01T00:00+09:00", targets=["n002"])
    DOSSIER = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, SUSPENSION, TAKEN_BACK))

    @pytest.mark.parametrize(
        ("reading", "then", "wanted"),
        [
            (None, "2020-06-01T00:00Z", {"KOR": "2020-05-01 00:00 KST"}),
            ("KOR", "2020-06-01T00:00Z", {"KOR": "2020-05-01 00:00 KST", "JPN": "2020-05-01 00:00 KST"}),
            ("JPN", "2020-06-01T00:00Z", {}),
            (None, "2020-12-01T00:00Z", {"KOR": "2020-05-01 00:00 KST", "JPN": "2020-11-23 00:00 KST"}),
            ("JPN", "2020-12-01T00:00Z", {"KOR": "2020-11-23 00:00 KST", "JPN": "2020-11-23 00:00 KST"}),
        ],
    )
    def test_the_cause_is_told_as_the_table_reads_it(
        self, reading: str | None, then: str, wanted: dict[str, str]
    ) -> None:
        pact = alone(PACT, dossier=self.DOSSIER)
        found = compare(pact, pact, IN_2018, at(then), reading=reading)
        told = {one.sender: cause.says for one in found.ceases for cause in one.refused if cause.check == "standing"}
        assert told == {sender: f"lapsed since {since}: no new release" for sender, since in wanted.items()}

    @pytest.mark.parametrize(
        ("reading", "senders"), [(None, {"KOR", "USA"}), ("KOR", {"KOR", "USA", "JPN"}), ("JPN", set())]
    )
    def test_mediated_routes_close_as_the_table_reads_it(self, reading: str | None, senders: set[str]) -> None:
        (tisa,) = northeast_asia().agreements[TISA]
        (text,) = self.DOSSIER.agreements[PACT]
        mediating = replace(text, parties=("KOR", "JPN"), basis=(KOREAN, JAPANESE), hub="USA")
        assert tisa.mediates
        dossier = replace(self.DOSSIER, agreements={PACT: (mediating,)})
        told = whats(compare(dossier, dossier, IN_2018, IN_2020, reading=reading), PACT)
        assert set(told) == {
            f"mediated routes from {one} to {'JPN' if one == 'KOR' else 'KOR'}" for one in senders - {"USA"}
        }

    def test_what_was_not_known_yet_counts_for_nothing(self) -> None:
        pact = alone(PACT, dossier=self.DOSSIER)
        known = compare(pact, pact, IN_2018, IN_2020, known_by=at("2020-04-01T00:00Z"))
        assert not {cause.check for one in known.changes for cause in one.refused} - {"contractor"}


class TestWhatIsCompared:
    def test_one_agreement_alone(self) -> None:
        one = northeast_asia()
        two = changed(one, JAPANESE, scope=Scope("9", ("cyber",)))
        two = changed(two, KOREAN, scope=Scope("9", ("defence/dprk",)))
        two = changed(two, PACT, scope=Scope("9", ("defence/dprk",)))
        found = compare(one, two, agreement=KOREAN)
        assert {change.agreement for change in found.changes} == {KOREAN}
        assert lanes(found.changes) == {("USA", "KOR"), ("KOR", "USA")}
        every = compare(one, two)
        assert {change.agreement for change in every.changes} == {PACT, KOREAN, JAPANESE}
        assert (
            every.compared
            > found.compared
            == len({(a, b) for a, b in (("KOR", "USA"), ("USA", "KOR"))}) * _combinations(one, two)
        )

    def test_one_of_two_agreements_between_the_same_parties(self) -> None:
        one = pact(text_2016(id="a-first"))
        two = changed(one, PACT, scope=Scope("9", ("cyber",)))
        assert {change.agreement for change in compare(one, two, agreement=PACT).ceases} == {PACT}
        assert compare(one, two, agreement="a-first").nothing

    def test_the_texts_that_are_given_rather_than_those_that_govern(self) -> None:
        dossier = alone(PACT)
        (text,) = dossier.agreements[PACT]
        other = replace(text, zone="Asia/Tokyo")
        assert whats(compare(dossier, dossier, texts=(text, other)), PACT) == ["zone"]
        assert whats(compare(dossier, dossier, texts=(text, other), agreement=PACT), PACT) == ["zone"]
        assert compare(dossier, dossier, texts=(replace(text, id="x"), replace(other, id="x"))).nothing

    def test_an_agreement_that_only_one_side_has_has_no_clauses_to_compare(self) -> None:
        one, two = alone(PACT, KOREAN), alone(PACT)
        assert whats(compare(one, two), KOREAN) == whats(compare(two, one), KOREAN) == []
        assert {change.direction for change in compare(one, two).changes} == {"ceases"}
        assert {change.direction for change in compare(two, one).changes} == {"begins"}

    def test_consents_are_left_out_of_both_sides(self) -> None:
        given = act("c1", "consent", ("KOR",), "2017-01-01T00:00Z", item=MISSILE.id, to=("USA",))
        dossier = alone(PACT, dossier=northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
        consented = dossier.with_instruments(PACT, (*dossier.record(PACT).instruments, given))
        plain, other = compare(dossier, dossier, IN_2018, IN_2020), compare(consented, consented, IN_2018, IN_2020)
        assert plain == other
        assert "21(3)" in articles(plain.ceases)

    def test_a_party_that_only_a_text_names_is_nobody_to_ask_as(self) -> None:
        whole = alone(PACT)
        dossier = replace(whole, parties={name: one for name, one in whole.parties.items() if name != "JPN"})
        found = compare(dossier, changed(dossier, PACT, scope=Scope("9", ("cyber",))))
        assert lanes(found.changes) == {("KOR", "JPN")}


def _combinations(one: Dossier, two: Dossier) -> int:
    """Ranks, topics, purposes and acts: those that clauses name on either side, with all others as one."""
    topics = {topic for side in (one, two) for (text,) in side.agreements.values() for topic in text.scope.topics}
    return 3 * (len(topics) + 1) * 2 * len(ACTS)


class TestClauses:
    def test_a_text_that_governs_between_two_of_many_is_compared_as_well(self) -> None:
        """The third joins after the amendment: for the whole nothing changes, between the third and others the text."""
        first = text_2016(id="three", parties=("KOR", "JPN", "USA"), acceding=("USA",), readings={})
        second = replace(first, version=2, digest="sha256:" + "1" * 64, zone="Asia/Tokyo")
        amended = act("am", "amendment", ("KOR", "JPN"), "2018-01-01T00:00Z", text=second.digest)
        joined = act("acc", "accession", ("USA",), "2019-01-01T00:00Z")
        dossier = replace(
            northeast_asia(),
            agreements={"three": (first, second)},
            records={"three": Record("three", (SIGNED, NOTIFIED, amended, joined))},
        )
        found = compare(dossier, dossier, IN_2018, at("2019-06-01T00:00Z"))
        assert [one for one in found.requirements if one.what == "zone"] == [
            Requirement("zone", "three", "", "", "Asia/Seoul", "Asia/Tokyo")
        ]

    def test_routes_that_close_cite_what_closes_them(self) -> None:
        ended = act("t1", "termination-notice", ("KOR", "JPN", "USA"), "2019-01-01T00:00Z")
        dossier = northeast_asia(ended)
        found = compare(dossier, dossier, IN_2018, IN_2020, agreement=TISA)
        routes = [one for one in found.requirements if one.what.startswith("mediated")]
        assert routes[0] == Requirement("mediated routes from KOR to JPN", TISA, "9", "T", "in-force", "lapsed")
        assert len(routes) == 6

    def test_routes_open_between_those_alone_for_whom_the_arrangement_stands_again(self) -> None:
        dossier = northeast_asia(act("t1", "termination-notice", ("JPN",), "2019-01-01T00:00Z"))
        found = compare(dossier, dossier, IN_2020, IN_2018, agreement=TISA)
        assert {one.what.removeprefix("mediated routes from ") for one in found.requirements} == {
            "KOR to JPN",
            "JPN to KOR",
            "JPN to USA",
            "USA to JPN",
        }

    def test_routes_that_a_later_arrangement_takes_over_cite_its_article(self) -> None:
        base = northeast_asia()
        (tisa,) = base.agreements[TISA]
        newer = replace(tisa, id="tisa-2020", supersedes=(TISA,), entry=Entry("9(1)", "signature"))
        signed = act("s", "signature", ("KOR", "JPN", "USA"), "2020-01-01T00:00Z")
        dossier = replace(
            base,
            agreements={**base.agreements, newer.id: (newer,)},
            records={**base.records, newer.id: Record(newer.id, (signed,))},
        )
        found = compare(dossier, dossier, IN_2018, IN_2020)
        told = [one for one in found.requirements if one.what == "mediated routes from KOR to JPN"]
        assert told == [
            Requirement("mediated routes from KOR to JPN", TISA, "9", "9(1)", "in-force", "lapsed"),
            Requirement("mediated routes from KOR to JPN", "tisa-2020", "9(1)", "9(1)", "unsigned", "in-force"),
        ]

    def test_only_parties_on_both_sides_have_routes_to_compare(self) -> None:
        base = northeast_asia()
        narrow = changed(base, TISA, parties=("KOR", "USA"), entry=Entry("9", "instrument"))
        told = [one for one in whats(compare(base, narrow), TISA) if one.startswith("mediated routes")]
        assert told == ["mediated routes from KOR to USA", "mediated routes from USA to KOR"]
        assert whats(compare(base, changed(base, TISA, basis=())), TISA) == ["mediated scope", "basis"]


class TestCauses:
    def test_the_senders_own_items_are_asked_about_first(self) -> None:
        rule = DomesticRule("d", "Act 9", "no", check="scope")
        base = alone(KOREAN)
        base = replace(base, parties={**base.parties, "JPN": replace(JPN, domestic=(rule,))})
        found = compare(base, changed(base, KOREAN, scope=Scope("9", ("defence/dprk",))))
        assert articles(found.ceases) == {"9"}
        assert articles(found.ceases, permitted=True) == {"2(a)"}

    def test_a_mark_that_stands_by_itself_is_asked_about_by_that_mark(self) -> None:
        base = alone(PACT)
        rows = (
            RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),
            RankRow("CONFIDENTIAL", {"KOR": ("군사III급비밀",), "JPN": ("秘", "特定秘密")}),
        )
        found = compare(base, changed(base, PACT, levels=Levels("5", (rows[0],))))
        assert {(one.ranks, one.marks) for one in found.ceases if one.sender == "JPN"} == {
            (("CONFIDENTIAL",), ("特定秘密",))
        }
        moved = changed(base, PACT, levels=Levels("5", rows))
        rule = DomesticRule("d", "Act 9", "no", check="scope", ranks=("CONFIDENTIAL",))
        strict = {**base.parties, "JPN": replace(JPN, domestic=(rule,))}
        found = compare(replace(base, parties=strict), replace(moved, parties=strict))
        assert [(one.ranks, one.marks, articles([one])) for one in found.ceases] == [
            ((), ("特定秘密",), {"domestic:JPN: Act 9"})
        ]

    def test_a_rank_that_a_sender_bears_only_irregularly_is_asked_about_by_an_item_of_others(self) -> None:
        odd = replace(JPN, marks=(Mark("機密", "TOP SECRET"), Mark("極秘", "SECRET")))
        rows = (
            RankRow("TOP SECRET", {"JPN": ("極秘",), "KOR": ("군사I급비밀",)}),
            RankRow("SECRET", {"JPN": ("機密",), "KOR": ("군사II급비밀",)}),
        )
        base = changed(alone(PACT), PACT, levels=Levels("4", rows))
        base = replace(base, parties={**base.parties, "JPN": odd})
        found = compare(base, changed(base, PACT, scope=Scope("9", ("defence/dprk",))))
        (one,) = (change for change in found.ceases if change.sender == "JPN")
        assert (one.ranks, one.marks) == (("TOP SECRET", "SECRET"), ("機密", "極秘"))
        assert articles([one]) == {"9"}

    @pytest.mark.parametrize(
        ("rule", "acts", "purposes"),
        [
            ({"acts": ("copy",)}, {"copy"}, {"planning", ""}),
            ({"purposes": ("planning",)}, set(ACTS), {"planning"}),
        ],
    )
    def test_a_rule_of_the_senders_own_is_cited_for_just_what_it_names(
        self, rule: dict[str, Any], acts: set[str], purposes: set[str]
    ) -> None:
        own = DomesticRule("d", "Act 9", "no", check="scope", **rule)
        base = changed(alone(PACT), PACT, scope=Scope("2", ("defence",)))
        base = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(own,))})
        found = compare(changed(base, PACT, scope=Scope("2", ("cyber",))), base)
        back = compare(base, changed(base, PACT, scope=Scope("2", ("cyber",))))
        kept = {
            (what, name) for one in found.begins for what in one.acts for name, _ in one.purposes if one.sender == "KOR"
        }
        names = {"planning", ""} if rule.get("purposes") else {""}
        assert kept == {
            (what, name)
            for what in ACTS
            for name in names
            if not ((what in acts) and (not rule.get("purposes") or name in purposes))
        }
        assert articles(found.begins) == articles(back.ceases) == {"2"}

    def test_both_of_two_reasons_are_cited_each_once(self) -> None:
        base = alone(PACT)
        both = changed(base, PACT, scope=Scope("8", ("cyber",)), purpose=Purpose("9", "only", ("planning",)))
        found = compare(base, both)
        assert {tuple((cause.check, cause.article) for cause in one.refused) for one in found.ceases} == {
            (("scope", "8"), ("purpose", "9")),
            (("scope", "8"),),
        }

    def test_what_refuses_on_other_grounds_is_counted(self) -> None:
        base = alone(PACT)
        bare = changed(base, PACT, levels=None)
        found = compare(bare, changed(bare, PACT, scope=Scope("8", ("cyber",))))
        assert found.changes == ()
        assert found.on_other_grounds > 0
        assert not found.nothing


class TestOnward:
    def test_who_gives_whose_to_whom_is_told_once_for_all_recipients(self) -> None:
        base = northeast_asia()
        found = compare(base, changed(base, JAPANESE, third_party=ThirdParty("7", "nations", ("KOR",))))
        told = [one for one in found.requirements if "passing" in one.what]
        assert told == [
            Requirement(
                "JPN passing items of USA on to KOR", JAPANESE, "6(b)", "", "with the originator's consent", "free"
            ),
            Requirement(
                "USA passing items of JPN on to KOR", JAPANESE, "6(b)", "", "with the originator's consent", "free"
            ),
        ]

    def test_one_agreement_alone_is_told_where_it_binds_the_sender_to_the_originator(self) -> None:
        base = northeast_asia()
        strict = changed(base, JAPANESE, third_party=ThirdParty("7", "forbidden"))
        wanted = {"JPN passing items of USA on to KOR", "USA passing items of JPN on to KOR"}
        for name, told in ((JAPANESE, wanted), (PACT, {"JPN passing items of USA on to KOR"}), (TISA, wanted)):
            found = compare(base, strict, agreement=name)
            assert {one.what for one in found.requirements if "passing" in one.what} == told

    def test_an_originator_without_marks_is_asked_about_all_the_same(self) -> None:
        base = alone(PACT)
        bare = replace(base, parties={**base.parties, "USA": replace(base.parties["USA"], marks=())})
        found = compare(bare, changed(bare, PACT, third_party=ThirdParty("7", "forbidden")))
        told = [one for one in found.requirements if "items of USA" in one.what]
        assert [(one.article_before, one.article_after, one.after) for one in told] == [("6(a)", "7", "not at all")] * 2


class TestSuppositions:
    def test_what_touches_no_standing_is_kept(self) -> None:
        given = act("c1", "consent", ("KOR",), "2017-01-01T00:00Z", item=MISSILE.id, to=("USA",))
        taken = act("w1", "withdrawal", ("KOR",), "2018-01-01T00:00Z", targets=["c1"])
        named = act("d1", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod")
        law = act("l1", "law-change", ("JPN",), "2017-01-01T00:00Z")
        back = act("w9", "withdrawal", ("KOR",), "2020-01-01T00:00Z", targets=["n001"])
        dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, given, taken, named, law, back))
        (text,) = dossier.agreements[PACT]
        supposed = as_if_in_force(dossier, PACT, IN_2020)
        made = supposed.record(PACT).instruments
        assert [one.id for one in made] == ["c1", "w1", "d1", "l1", "(as if in force)"]
        entered = made[-1]
        assert (entered.kind, entered.by, entered.at.instant) == ("entry-into-force", text.parties, IN_2020)
        assert (entered.at.precision, entered.at.zone, entered.recorded) == ("instant", text.zone, GENESIS)
        (kept,) = supposed.agreements[PACT]
        assert kept.term == replace(text.term, initial=None, renewal=None)
        assert {name: one for name, one in supposed.records.items() if name != PACT} == {
            name: one for name, one in dossier.records.items() if name != PACT
        }

    def test_it_is_known_whenever_the_record_is_looked_at(self) -> None:
        supposed = as_if_in_force(northeast_asia(), PACT, IN_2020)
        assert supposed.history(PACT, known_by=at("1990-01-01T00:00Z")).in_force(IN_2020)

    def test_those_that_would_join_are_in_it(self) -> None:
        dossier = changed(northeast_asia(), TISA, acceding=("JPN",))
        supposed = as_if_in_force(dossier, TISA, IN_2018)
        assert supposed.agreements[TISA][0].acceding == ()
        assert supposed.history(TISA, between=("KOR", "JPN")).in_force(IN_2018)

    def test_only_what_would_take_its_place_is_changed_beside_it(self) -> None:
        base = northeast_asia()
        newer = text_2016(id="kor-jpn-2020", supersedes=(KOREAN, PACT))
        dossier = replace(
            base, agreements={**base.agreements, newer.id: (newer, replace(newer, version=2, supersedes=()))}
        )
        supposed = as_if_in_force(dossier, PACT, IN_2020)
        assert [one.supersedes for one in supposed.agreements["kor-jpn-2020"]] == [(KOREAN,), ()]
        for name in (KOREAN, JAPANESE, TISA):
            assert supposed.agreements[name] == base.agreements[name]

    def test_the_first_version_is_supposed(self) -> None:
        base = northeast_asia()
        (text,) = base.agreements[PACT]
        later = replace(text, version=2, zone="Asia/Tokyo")
        dossier = replace(base, agreements={**base.agreements, PACT: (text, later)})
        assert [one.version for one in as_if_in_force(dossier, PACT, IN_2020).agreements[PACT]] == [1]

    def test_a_text_that_is_supposed_to_govern_keeps_versions_and_digests(self) -> None:
        base = northeast_asia()
        (text,) = base.agreements[PACT]
        versions = (text, replace(text, version=2, digest="sha256:" + "1" * 64))
        dossier = replace(base, agreements={**base.agreements, PACT: versions})
        other: Agreement = replace(text, version=9, digest="x", zone="Asia/Tokyo", term=term(None))
        forced = governed_by(dossier, other)
        assert [(one.version, one.digest, one.zone) for one in forced.agreements[PACT]] == [
            (1, versions[0].digest, "Asia/Tokyo"),
            (2, versions[1].digest, "Asia/Tokyo"),
        ]
        assert {name: one for name, one in forced.agreements.items() if name != PACT} == {
            name: one for name, one in base.agreements.items() if name != PACT
        }
        assert forced.records == base.records

    def test_an_entry_that_differs_only_in_its_article_or_in_what_is_confirmed_is_the_texts(self) -> None:
        base = northeast_asia()
        (text,) = base.agreements[PACT]
        renumbered = replace(text, entry=replace(text.entry, article="22", unconfirmed=True))
        assert governed_by(base, renumbered).agreements[PACT][0].entry == renumbered.entry
        other = replace(text, entry=replace(text.entry, article="22", counted="date"))
        assert governed_by(base, other).agreements[PACT][0].entry == text.entry
