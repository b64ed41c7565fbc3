"""What a survey says of one agreement, case by case: ranks and marks, reasons, and what passing on takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.core.agreement import Purpose, Scope, ThirdParty
from relto.core.decision import ACTS
from relto.core.decision.survey import Cited, Edgewise, Onward, Protected, Refusal, survey
from relto.core.decision.table import compile_table
from relto.core.dossier import Accredited, DomesticRule, Dossier
from relto.core.label import Levels, Mark, RankRow
from tests.making import JPN, KOR, NOTIFIED, USA, act, at, pact, text_2016

PACT, IN_2018 = "kor-jpn-2016", at("2018-01-01T00:00Z")
SECRET = RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘", "特定秘密")})
CONFIDENTIAL = RankRow("CONFIDENTIAL", {"KOR": ("군사III급비밀",), "JPN": ("秘",)})


def edges(dossier: Dossier, sender: str = "KOR", recipient: str = "JPN", when: str = "") -> tuple[Edgewise, ...]:
    """What the survey says between the two at an instant."""
    start = at(when) if when else IN_2018
    table = compile_table(dossier, start, start.plus(1))
    (span,) = survey(table, sender=sender, recipient=recipient, at=start)
    return span.edges


def edge(dossier: Dossier, sender: str = "KOR", recipient: str = "JPN", when: str = "") -> Edgewise:
    """The same of the pact."""
    return next(one for one in edges(dossier, sender, recipient, when) if one.agreement == PACT)


def reasons(one: Edgewise, check: str) -> list[tuple[str, str]]:
    """Article and sentence of each refusal by a check."""
    return [(refusal.cited.article, refusal.says) for refusal in one.refusals if refusal.check == check]


def refused(one: Edgewise, check: str) -> Refusal:
    """The only refusal by a check."""
    (found,) = (refusal for refusal in one.refusals if refusal.check == check)
    return found


class TestRanks:
    def test_a_mark_in_another_row_than_its_rank_stands_by_itself(self) -> None:
        rows = (
            replace(SECRET, marks={"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),
            replace(CONFIDENTIAL, marks={"KOR": ("군사III급비밀",), "JPN": ("秘", "特定秘密")}),
        )
        found = edge(pact(levels=Levels("4", rows)), "JPN", "KOR")
        assert [one.ranks for one in found.permits] == [
            (
                Protected("SECRET", ("極秘",), ("군사II급비밀",)),
                Protected("CONFIDENTIAL", ("秘",), ("군사III급비밀",)),
                Protected("SECRET", ("特定秘密",), ("군사III급비밀",)),
            )
        ]

    def test_of_two_such_marks_each_is_shown_with_its_own_rank(self) -> None:
        japan = replace(JPN, marks=(*JPN.marks, Mark("取扱注意", "RESTRICTED")))
        rows = (replace(SECRET, marks={"KOR": ("군사II급비밀",), "JPN": ("極秘", "取扱注意")}),)
        found = edge(pact(levels=Levels("4", rows), parties=(KOR, japan, USA)), "JPN", "KOR")
        assert set(found.permits[0].ranks) == {
            Protected("SECRET", ("極秘",), ("군사II급비밀",)),
            Protected("RESTRICTED", ("取扱注意",), ("군사II급비밀",)),
        }
        level = refused(found, "level")
        assert Protected("SECRET", ("特定秘密",), ()) in level.what[0].ranks

    def test_a_mark_in_the_table_that_its_party_does_not_know_has_no_rank(self) -> None:
        rows = (replace(SECRET, marks={"KOR": ("군사II급비밀",), "JPN": ("極秘", "特定秘密", "古い印")}),)
        found = edge(pact(levels=Levels("4", rows)), "JPN", "KOR")
        assert Protected("", ("古い印",), ("군사II급비밀",)) in found.permits[0].ranks

    def test_a_rank_that_only_items_of_others_bear_has_no_marks_of_the_senders(self) -> None:
        korea = replace(KOR, marks=KOR.marks[1:])
        japan = replace(JPN, marks=JPN.marks[1:])
        rows = (RankRow("TOP SECRET", {}, {"JPN": "SECRET", "KOR": "SECRET"}), SECRET, CONFIDENTIAL)
        found = edge(
            pact(levels=Levels("4", rows), parties=(korea, japan, USA), third_party=ThirdParty("6(a)", "forbidden"))
        )
        assert [one.ranks[0] for one in found.permits] == [Protected("TOP SECRET", (), ("極秘", "特定秘密"))]
        assert reasons(found, "third-party") == []
        assert found.onward == (Onward("USA", "closed", (Cited(PACT, "6(a)"),)),)

    def test_a_rank_for_which_nobody_has_a_mark_is_not_shown(self) -> None:
        rows = (RankRow("TOP SECRET", {"KOR": ("x",), "JPN": ("y",)}), SECRET)
        parties = (replace(KOR, marks=KOR.marks[1:]), replace(JPN, marks=JPN.marks[1:]), replace(USA, marks=()))
        found = edge(pact(levels=Levels("4", rows), parties=parties))
        shown = [one.ranks for one in found.permits] + [what.ranks for one in found.refusals for what in one.what]
        assert "TOP SECRET" not in {one.rank for ranks in shown for one in ranks if not one.marks}


class TestPermits:
    def test_purposes_are_told_with_whether_they_are_the_items_own(self) -> None:
        found = edge(pact(purpose=Purpose("6(c)", "only", ("planning", "study"))))
        (permit,) = found.permits
        assert permit.purposes == (("planning", True), ("planning", False), ("study", True), ("study", False))
        assert refused(found, "purpose").what[0].purposes == (("", True), ("", False))

    def test_an_act_that_alone_is_left_has_its_articles(self) -> None:
        rule = DomesticRule("d", "Act 5", "copies only", acts=tuple(one for one in ACTS if one != "copy"))
        found = edge(pact(parties=(replace(KOR, domestic=(rule,)), JPN, USA)))
        (permit,) = found.permits
        assert permit.acts == (ACTS.index("copy"),)
        assert [one.article for one in permit.articles] == ["21(1)", "2(a)", "4", "6(c)"]

    def test_articles_that_could_not_be_confirmed_say_so(self) -> None:
        found = edge(pact(scope=Scope("2(a)", ("defence",), unconfirmed=True)))
        assert Cited(PACT, "2(a)", unconfirmed=True) in found.permits[0].articles
        assert refused(found, "scope").cited == Cited(PACT, "2(a)", unconfirmed=True)


class TestReasons:
    def test_each_check_has_its_own(self) -> None:
        found = edge(pact())
        assert reasons(found, "scope") == [("2(a)", "outside defence")]
        assert reasons(found, "level") == [("4", "no equivalent for JPN")]
        assert reasons(found, "purpose") == [("6(c)", "not what it is provided for")]

    def test_they_come_in_the_order_of_the_checks(self) -> None:
        found = edge(pact(), recipient="jpn-firm-1", when="2016-01-01T00:00Z")
        assert [one.check for one in found.refusals] == ["standing", "scope", "level", "purpose", "contractor"]

    def test_topics_and_purposes_that_clauses_name_are_listed(self) -> None:
        found = edge(pact(scope=Scope("2", ("cyber", "defence")), purpose=Purpose("6", "only", ("planning", "study"))))
        assert reasons(found, "scope") == [("2", "outside cyber, defence")]
        assert reasons(found, "purpose") == [("6", "not planning, study")]

    def test_a_text_without_a_table_of_levels_says_so(self) -> None:
        assert [says for _, says in reasons(edge(pact(levels=None)), "level")] == ["no table of levels"]

    def test_a_firm_is_told_by_its_approval_and_other_checks_as_for_anyone(self) -> None:
        firms = (Accredited("firm-a", "CONFIDENTIAL"),)
        dossier = pact(parties=(KOR, replace(JPN, contractors=firms), USA))
        found = edge(dossier, recipient="firm-a")
        assert reasons(found, "contractor") == [("party:JPN:contractors", "firm-a is approved up to CONFIDENTIAL")]
        (standing,) = reasons(edge(dossier, recipient="firm-a", when="2016-01-01T00:00Z"), "standing")
        assert standing[1].startswith("unsigned")

    @pytest.mark.parametrize("check", ["scope", "level", "purpose", "contractor", "caveat"])
    def test_a_rule_of_the_senders_own_says_what_it_says_whatever_check_it_tightens(self, check: str) -> None:
        rule = DomesticRule("d", "Act 5", "no missiles", check=check, topics=("defence/missile",))
        found = edge(pact(parties=(replace(KOR, domestic=(rule,)), JPN, USA)), recipient="jpn-firm-1")
        mine = next(one for one in found.refusals if one.cited.article == "domestic:KOR: Act 5")
        assert (mine.check, mine.says) == (check, "no missiles")
        assert {topic for what in mine.what for topic in what.topics} == {"defence/missile"}
        others = [one for one in found.refusals if one is not mine]
        assert [(one.check, one.cited.article) for one in others] == [
            ("scope", "2(a)"),
            ("level", "4"),
            ("purpose", "6(c)"),
            ("contractor", "party:JPN:contractors"),
        ]
        scope = next(one for one in others if one.check == "scope")
        assert {what.topics for what in scope.what} == {("",)}

    def test_a_reason_is_not_lost_because_its_first_rank_is_one_that_nobody_has(self) -> None:
        rows = (RankRow("TOP SECRET", {}), SECRET)
        parties = (replace(KOR, marks=KOR.marks[1:]), replace(JPN, marks=JPN.marks[1:]), replace(USA, marks=()))
        found = edge(pact(levels=Levels("4", rows), parties=parties))
        assert [one.rank for what in refused(found, "level").what for one in what.ranks] == ["CONFIDENTIAL", ""]


class TestOnward:
    def test_each_agreement_cites_its_own_clause(self) -> None:
        other = text_2016(id="kor-jpn-2020", third_party=ThirdParty("9", "originator-consent"))
        found = edges(pact(other))
        assert [one.onward for one in found] == [
            (Onward("USA", "consent", (Cited(PACT, "6(a)"),)),),
            (Onward("USA", "consent", (Cited("kor-jpn-2020", "9"),)),),
        ]

    def test_the_article_is_found_by_whichever_mark_the_originator_has(self) -> None:
        found = edge(pact(parties=(KOR, JPN, replace(USA, marks=USA.marks[2:]))))
        assert found.onward == (Onward("USA", "consent", (Cited(PACT, "6(a)"),)),)

    def test_nations_that_are_named_take_nothing_and_cite_nothing(self) -> None:
        assert edge(pact(third_party=ThirdParty("6(b)", "nations", ("JPN",)))).onward == (Onward("USA", "free", ()),)

    def test_nothing_is_said_where_nothing_is_permitted(self) -> None:
        found = edge(pact(), when="2016-01-01T00:00Z")
        assert (found.permits, found.onward) == ((), ())

    def test_a_party_that_only_a_text_names_is_no_originator_to_ask(self) -> None:
        joint = replace(text_2016(), id="three", parties=("KOR", "JPN", "FRA"))
        assert [one.originator for one in edge(pact(joint)).onward] == ["USA"]


class TestSpans:
    def test_an_authority_is_nobody_before_and_after_its_designation(self) -> None:
        named = act("d", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod")
        ended = act("w", "withdrawal", ("JPN",), "2018-01-01T00:00Z", targets=["d"])
        dossier = pact()
        dossier = dossier.with_instruments(PACT, (*dossier.record(PACT).instruments, named, ended))
        table = compile_table(dossier, at("2016-12-01T00:00Z"), at("2019-01-01T00:00Z"))
        spans = list(survey(table, sender="KOR", recipient="jpn-mod"))
        assert [(span.party, span.start, len(span.edges)) for span in spans] == [
            ("", table.window.start, 0),
            ("JPN", named.at.instant, 1),
            ("", ended.at.instant, 0),
        ]

    def test_at_a_boundary_it_is_what_comes_after_that_holds(self) -> None:
        table = compile_table(pact(), at("2016-01-01T00:00Z"), at("2019-01-01T00:00Z"))
        entry = NOTIFIED.at.instant
        (span,) = survey(table, sender="KOR", recipient="JPN", at=entry)
        assert (span.start, span.edges[0].state) == (entry, "in-force")
        (span,) = survey(table, sender="KOR", recipient="JPN", at=entry.plus(-1))
        assert (span.end, span.edges[0].state) == (entry, "signed")
        assert list(survey(table, sender="KOR", recipient="JPN", at=table.window.end)) == []

    def test_a_party_that_only_a_text_names_gives_nothing(self) -> None:
        table = compile_table(pact(parties=(JPN, USA)), IN_2018, IN_2018.plus(1))
        assert {span.sender for span in survey(table)} == {"JPN", "USA"}
        assert [span.recipient for span in survey(table, sender="JPN")] == ["USA", "KOR"]
