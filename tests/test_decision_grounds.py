"""Every ground of a decision in full: the check, the article, the agreement, the words, and whether it is confirmed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Instrument, Purpose, Record, ThirdParty
from relto.core.decision import CHECKS, Addressee, Ground, Request, Verdict, evaluate, resolve
from relto.core.dossier import Accredited, Assurance, DomesticRule, Dossier, Facility, Item
from relto.core.errors import InputError
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Day
from tests.making import (
    ANALYST,
    JPN,
    KOR,
    MISSILE,
    NOTICE,
    NOTIFIED,
    RECORD_2016,
    SIGNED,
    SUSPENSION,
    USA,
    act,
    at,
    northeast_asia,
    text_2016,
)

NOV_18 = at("2019-11-18T09:00+09:00")
LAPSE = at("2019-11-22T15:00:00Z")
ANY = replace(MISSILE, caveats=Caveats())
THIRD_MARK = replace(MISSILE, mark="군사III급비밀")
GIVEN = Assurance("JPN", NOV_18, clearance=True, need_to_know=True, protection=True)
FRENCH = {"KOR": ("군사II급비밀",), "FRA": ("SECRET",)}
SAID = "JPN may not pass an item of KOR on to USA: "


def world(*extra: Instrument, record: tuple[Instrument, ...] = RECORD_2016, parties: Any = (), **text: Any) -> Dossier:
    """Northeast Asia with the text of 2016 changed, and parties' files in the place of theirs."""
    base = northeast_asia(*extra, record=record)
    agreements = {**base.agreements, "kor-jpn-2016": (text_2016(**text),)}
    return replace(base, agreements=agreements, parties={**base.parties, **{one.id: one for one in parties}})


def persons(**changes: Any) -> dict[str, Any]:
    """The text's checks of persons, changed."""
    return {"persons": replace(text_2016().persons, **changes)}


def ask(dossier: Dossier | None = None, item: Item = MISSILE, **changes: Any) -> Verdict:
    """KOR asks to release the missile item to JPN on 18 November 2019, but for `changes`."""
    asked: dict[str, Any] = {"act": "release", "sender": "KOR", "recipient": "JPN", "at": NOV_18, **changes}
    return evaluate(dossier or world(), Request(item=item, **asked))


def ground(check: str, verdict: Verdict) -> tuple[bool, str, str, bool]:
    """How a check came out: passed, article, words, unconfirmed."""
    (one,) = [one for one in verdict.grounds[:12] if one.check == check]
    assert one.agreement == verdict.agreement
    return one.passed, one.article, one.says, one.unconfirmed


def consent(**more: Any) -> Instrument:
    """Korea's, for the missile item."""
    return act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, **more)


def test_a_permit_says_why_each_check_passed() -> None:
    verdict = ask()
    assert [tuple(one) for one in verdict.grounds] == [
        ("standing", True, "21(1)", "kor-jpn-2016", "notice-given, ends 2019-11-23 00:00 KST", False),
        ("scope", True, "2(a)", "kor-jpn-2016", "defence/dprk/missile is within it", False),
        ("level", True, "4", "kor-jpn-2016", "군사II급비밀 is SECRET, for JPN 極秘 or 特定秘密", False),
        ("third-party", True, "6(a)", "kor-jpn-2016", "not passed on to a third party", False),
        ("purpose", True, "6(c)", "kor-jpn-2016", "missile-warning, as provided", False),
        ("caveat", True, "", "kor-jpn-2016", "no caveat stands against it", False),
        ("clearance", True, "7", "kor-jpn-2016", "no person is named", False),
        ("need-to-know", True, "7(2)", "kor-jpn-2016", "no person is named", False),
        ("facility", True, "6(e)", "kor-jpn-2016", "no person is named", False),
        ("assurance", True, "", "kor-jpn-2016", "none is asked", False),
        ("system", True, "", "kor-jpn-2016", "no system is named", False),
        ("contractor", True, "", "kor-jpn-2016", "the recipient is no contractor", False),
    ]
    asked = (verdict.act, verdict.item, verdict.sender, verdict.recipient, verdict.at, verdict.routes)
    assert asked == ("release", MISSILE.id, "KOR", "JPN", NOV_18, ())
    assert [(one.article, one.do, one.on, one.within, one.to) for one in verdict.duties] == [
        ("4(2)", "mark-origin", "receipt", "", ""),
        ("17", "report", "compromise", "at-once", "originator"),
        ("6(h)", "return-or-destroy", "purpose-ended", "", ""),
    ]


def test_what_no_agreement_permits_says_so_under_standing_alone() -> None:
    verdict = ask(recipient="FRA")
    says = "no agreement between KOR and FRA permits direct release"
    assert verdict.grounds[0] == Ground("standing", False, "dossier:agreements", "", says)
    assert verdict.grounds[1:] == tuple(Ground(check, True, "", "", "not reached") for check in CHECKS[1:])
    told = (verdict.verdict, verdict.act, verdict.item, verdict.sender, verdict.recipient, verdict.at)
    assert told == ("refuse", "release", MISSILE.id, "KOR", "FRA", NOV_18)
    assert (verdict.agreement, verdict.marks, verdict.duties) == ("", (), ())


class TestStanding:
    @pytest.mark.parametrize(
        ("when", "told"),
        [
            ("2016-11-23T11:00+09:00", (False, "21(1)", "signed, not in force", False)),
            ("2016-11-01T11:00+09:00", (False, "21(1)", "unsigned, not in force", False)),
            ("2018-11-18T09:00+09:00", (True, "21(1)", "in-force", False)),
            ("2019-12-01T00:00+09:00", (True, "21(1)", "notice-suspended", False)),
        ],
    )
    def test_each_state(self, when: str, told: Any) -> None:
        assert ground("standing", ask(at=at(when))) == told
        doubtful = world(entry=replace(text_2016().entry, unconfirmed=True))
        assert ground("standing", ask(doubtful, at=at(when))) == (*told[:3], True)

    def test_a_lapse(self) -> None:
        lapsed = (SIGNED, NOTIFIED, NOTICE)
        told = (False, "21(3)", "lapsed since 2019-11-23 00:00 KST: no new release", False)
        assert ground("standing", ask(world(record=lapsed), at=LAPSE)) == told
        doubtful = world(record=lapsed, term=replace(text_2016().term, unconfirmed=True))
        assert ground("standing", ask(doubtful, at=LAPSE)) == (*told[:3], True)

    def test_a_survival(self) -> None:
        lapsed = (SIGNED, NOTIFIED, NOTICE)
        says = "lapsed, but what was provided before stays under its provisions"
        use: dict[str, Any] = {"act": "use", "sender": "JPN", "at": LAPSE}
        assert ground("standing", ask(world(record=lapsed), **use)) == (True, "21(4)", says, False)
        doubtful = world(record=lapsed, survival=replace(text_2016().survival, unconfirmed=True))
        assert ground("standing", ask(doubtful, **use)) == (True, "21(4)", says, True)

    @pytest.mark.parametrize(
        ("keep", "lives"),
        [
            ("all", True),
            ("articles", True),
            ("until-released", True),
            ("while-classified", True),
            ("destroy", False),
            ("none", False),
        ],
    )
    def test_what_survives(self, keep: Any, lives: bool) -> None:
        dossier = world(record=(SIGNED, NOTIFIED, NOTICE), survival=replace(text_2016().survival, keep=keep))
        assert ask(dossier, act="use", sender="JPN", at=LAPSE).permits is lives

    def test_a_later_agreement_ends_it_under_its_own_article(self) -> None:
        newer = text_2016(
            id="kor-jpn-2020",
            supersedes=("kor-jpn-2016",),
            entry=replace(text_2016().entry, article="9(1)", when="signature"),
            scope=replace(text_2016().scope, topics=("trade",)),
        )
        signs = act("s", "signature", ("KOR", "JPN"), "2019-11-01T10:00+09:00")
        base = world(purpose=Purpose("6(c)", "only", ("press",)))
        dossier = replace(
            base,
            agreements={**base.agreements, newer.id: (newer,)},
            records={**base.records, newer.id: Record(newer.id, (signs,))},
        )
        verdict = evaluate(dossier, Request("release", MISSILE, "KOR", "JPN", NOV_18), only=("kor-jpn-2016",))
        told = (False, "9(1)", "lapsed since 2019-11-01 10:00 KST: no new release", False)
        assert ground("standing", verdict) == told


def test_scope() -> None:
    outside = (False, "2(a)", "trade is outside defence, space", False)
    for doubtful in (False, True):
        dossier = world(scope=replace(text_2016().scope, topics=("defence", "space"), unconfirmed=doubtful))
        assert ground("scope", ask(dossier, replace(MISSILE, topic="trade"))) == (*outside[:3], doubtful)
        assert ground("scope", ask(dossier))[3] is doubtful


class TestLevel:
    LEVELS = text_2016().levels

    @pytest.mark.parametrize(
        ("item", "asked", "says"),
        [
            (replace(MISSILE, mark="군사I급비밀"), {}, "군사I급비밀 (TOP SECRET) has no row in its table of levels"),
            (replace(MISSILE, mark="none"), {}, "none (no rank) has no row in its table of levels"),
            (
                replace(MISSILE, originator="USA", mark="TOP SECRET"),
                {},
                "TOP SECRET (TOP SECRET) has no row in its table of levels",
            ),
            (replace(MISSILE, originator="FRA", mark="X"), {}, "X (no rank) has no row in its table of levels"),
        ],
    )
    def test_no_row(self, item: Item, asked: Any, says: str) -> None:
        assert ground("level", ask(item=item, **asked)) == (False, "4", says, False)

    def test_no_equivalent(self) -> None:
        assert self.LEVELS is not None
        rows = (replace(self.LEVELS.rows[0], marks={"KOR": ("군사II급비밀",)}),)
        for doubtful in (False, True):
            verdict = ask(world(levels=replace(self.LEVELS, rows=rows, unconfirmed=doubtful)))
            says = "JPN has no equivalent of 군사II급비밀 (SECRET) in its table of levels"
            assert ground("level", verdict) == (False, "4", says, doubtful)

    def test_no_table(self) -> None:
        verdict = ask(world(levels=None))
        assert ground("level", verdict) == (False, "2(a)", "it has no table of levels", False)
        assert ground("clearance", ask(world(levels=None), person=ANALYST))[0] is True

    def test_without_a_table_the_rank_is_still_the_items_own(self) -> None:
        low = replace(ANALYST, clearance="CONFIDENTIAL")
        told = ground("clearance", ask(world(levels=None), person=low))
        assert told == (False, "7", "jpn-analyst-7 is cleared to CONFIDENTIAL, below SECRET", False)

    def test_an_originators_mark_must_stand_in_its_own_column_whatever_its_rank(self) -> None:
        party = replace(KOR, marks=(*KOR.marks, Mark("대외비", "CONFIDENTIAL")))
        dossier, item = world(parties=[party]), replace(MISSILE, mark="대외비")
        told = (False, "4", "대외비 (CONFIDENTIAL) has no row in its table of levels", False)
        assert ground("level", ask(dossier, item)) == told
        assert ask(dossier, item, sender="JPN", recipient="KOR").marks == ("군사III급비밀",)

    def test_where_the_level_is_missing_the_clearance_is_asked_for_the_items_rank(self) -> None:
        low = replace(ANALYST, clearance="CONFIDENTIAL")
        no_row = ask(item=replace(MISSILE, mark="군사I급비밀"), person=low)
        assert ground("clearance", no_row)[2] == "jpn-analyst-7 is cleared to CONFIDENTIAL, below TOP SECRET"
        assert self.LEVELS is not None
        rows = (replace(self.LEVELS.rows[0], marks={"KOR": ("군사II급비밀",)}),)
        no_equivalent = ask(world(levels=replace(self.LEVELS, rows=rows)), person=low)
        assert ground("clearance", no_equivalent)[2] == "jpn-analyst-7 is cleared to CONFIDENTIAL, below SECRET"

    def test_an_unconfirmed_table(self) -> None:
        assert self.LEVELS is not None
        assert ground("level", ask(world(levels=replace(self.LEVELS, unconfirmed=True))))[3] is True

    def test_an_item_of_another_goes_by_its_rank_and_one_that_comes_home_by_its_very_mark(self) -> None:
        american = replace(ANY, originator="USA", mark="SECRET")
        agreed = world(consent(to=("JPN",)))
        assert ground("level", ask(agreed, american))[2] == "SECRET is SECRET, for JPN 極秘 or 特定秘密"
        japanese = replace(ANY, originator="JPN", mark="特定秘密")
        assert ask(item=japanese).marks == ("特定秘密",)
        party = replace(JPN, marks=(*JPN.marks, Mark("部外秘", "CONFIDENTIAL")))
        other = replace(ANY, originator="JPN", mark="部外秘")
        assert ask(world(parties=[party]), other).marks == ("秘",)


class TestThirdParty:
    def onward(self, rule: ThirdParty | None, *extra: Instrument, **more: Any) -> Verdict:
        return ask(world(*extra, third_party=rule), **{"sender": "JPN", "recipient": "USA", **more})

    def refusal(self, verdict: Verdict) -> tuple[Any, ...]:
        (one,) = [one for one in verdict.failed() if one.check == "third-party"]
        assert one.passed is False
        return one.article, one.agreement, one.says, one.unconfirmed

    @pytest.mark.parametrize(
        ("rule", "why"),
        [
            (ThirdParty("6(a)", "forbidden"), "the text forbids it"),
            (ThirdParty("6(a)", "community"), "USA is outside the community"),
            (ThirdParty("6(a)", "nations", ("AUS", "GBR")), "USA is not among AUS, GBR"),
            (ThirdParty("6(a)", "originator-consent"), "KOR has not consented in writing beforehand"),
        ],
    )
    def test_each_rule_refuses_in_its_own_words(self, rule: ThirdParty, why: str) -> None:
        assert self.refusal(self.onward(rule)) == ("6(a)", "kor-jpn-2016", SAID + why, False)
        assert self.refusal(self.onward(replace(rule, unconfirmed=True)))[3] is True
        consented = self.onward(rule, consent(to=("USA",)))
        assert ("third-party" in {one.check for one in consented.failed()}) is (rule.rule != "originator-consent")

    def test_a_nation_that_is_named_may_have_it(self) -> None:
        verdict = self.onward(ThirdParty("6(a)", "nations", ("AUS", "USA")))
        assert verdict.permits
        assert ground("third-party", verdict) == (True, "6(b)", "passed on as its originator allows", False)

    def test_nations_are_nothing_to_another_rule(self) -> None:
        assert not self.onward(ThirdParty("6(a)", "forbidden", ("USA",))).permits

    def test_what_was_received_under_a_text_further_down_is_governed_by_it(self) -> None:
        american = replace(ANY, originator="USA", mark="SECRET")
        says = "KOR may not pass an item of USA on to JPN: USA has not consented in writing beforehand"
        assert self.refusal(ask(item=american)) == ("3", "usa-kor-1987", says, False)

    def test_a_silent_text_asks_for_consent_under_its_scope(self) -> None:
        says = SAID + "KOR has not consented in writing beforehand"
        assert self.refusal(self.onward(None)) == ("2(a)", "kor-jpn-2016", says, False)
        assert self.onward(None, consent(to=("USA",))).permits
        assert ground("third-party", ask(world(third_party=None)))[1] == ""

    def test_where_no_text_ever_bound_the_two_the_one_at_hand_decides(self) -> None:
        verdict = self.onward(ThirdParty("6(a)", "nations", ("USA",)), at=at("2016-11-23T11:59:59.999999999+09:00"))
        says = SAID + "KOR has not consented in writing beforehand"
        assert self.refusal(verdict) == ("6(b)", "usa-jpn-2007", says, False)
        then = self.onward(ThirdParty("6(a)", "nations", ("USA",)), at=NOTIFIED.at.instant)
        assert "third-party" not in {one.check for one in then.failed()}

    def test_a_text_that_lapsed_binds_what_was_received_under_it(self) -> None:
        base = world(record=(SIGNED, NOTIFIED, NOTICE), third_party=ThirdParty("6(a)", "forbidden"))
        verdict = ask(base, sender="JPN", recipient="USA", at=LAPSE)
        assert self.refusal(verdict) == ("6(a)", "kor-jpn-2016", SAID + "the text forbids it", False)

    @pytest.mark.parametrize(
        ("reading", "why"),
        [("KOR", "the text forbids it"), ("JPN", None), (None, None)],
    )
    def test_the_text_that_governs_is_that_of_the_reading(self, reading: str | None, why: str | None) -> None:
        """As Korea reads it the text had lapsed when both amended it; as Japan does it had not."""
        later = text_2016(version=2, digest="sha256:" + "2" * 64, third_party=ThirdParty("6(a)", "nations", ("USA",)))
        back = act("r", "withdrawal", ("KOR",), "2020-03-01T09:00+09:00", targets=["n002"])
        amended = act("am", "amendment", ("KOR", "JPN"), "2020-06-01T00:00Z", text=later.digest)
        base = world(record=(SIGNED, NOTIFIED, NOTICE, SUSPENSION, back, amended))
        first = text_2016(third_party=ThirdParty("6(a)", "forbidden"))
        dossier = replace(base, agreements={**base.agreements, "kor-jpn-2016": (first, later)})
        verdict = ask(dossier, sender="JPN", recipient="USA", at=at("2020-07-01T00:00Z"), reading=reading)
        if why is None:
            assert verdict.permits
        else:
            assert self.refusal(verdict)[2] == SAID + why

    def of_three(self, *record: Instrument, **changes: Any) -> Dossier:
        """A text of all three in the place of the two's; USA joins by `record`."""
        base = northeast_asia()
        text = text_2016(id="of-three", parties=("KOR", "JPN", "USA"), **changes)
        agreements = {"of-three": (text,), "usa-jpn-2007": base.agreements["usa-jpn-2007"]}
        return replace(base, agreements=agreements, records={**base.records, "of-three": Record("of-three", record)})

    def test_a_text_nobody_knew_to_be_in_force_governs_nothing(self) -> None:
        notified = replace(NOTIFIED, recorded=at("2017-01-01T00:00Z"))
        dossier = world(record=(SIGNED, notified), third_party=ThirdParty("6(a)", "forbidden"))
        for known_by, article in ((None, "6(a)"), (notified.recorded, "6(a)"), (notified.recorded.plus(-1), "6(b)")):
            assert self.refusal(ask(dossier, sender="JPN", recipient="USA", known_by=known_by))[0] == article

    def test_a_text_in_force_between_others_does_not_govern(self) -> None:
        """Japan never joined the text of three, so it cannot hold Korea's item under it."""
        entry = replace(text_2016().entry, when="deposits", deposits=2)
        joins = [act(f"d-{p}", "deposit", (p,), "2016-01-01T00:00Z") for p in ("KOR", "USA")]
        refused = self.refusal(ask(self.of_three(*joins, entry=entry), sender="JPN", recipient="USA"))
        assert refused[:2] == ("6(b)", "usa-jpn-2007")

    def test_who_joined_is_taken_as_it_was_known(self) -> None:
        entry = replace(text_2016().entry, when="deposits", deposits=2)
        joins = [act(f"d-{p}", "deposit", (p,), "2016-01-01T00:00Z") for p in ("KOR", "JPN")]
        third = act("d-USA", "deposit", ("USA",), "2018-01-01T00:00Z", recorded="2019-06-01T00:00Z")
        dossier = self.of_three(*joins, third, entry=entry)
        known = third.recorded
        for known_by, bound in ((None, True), (known, True), (known.plus(-1), False)):
            verdict = ask(dossier, sender="JPN", recipient="USA", known_by=known_by)
            assert ("third-party" in {one.check for one in verdict.failed()}) is not bound

    @pytest.mark.parametrize(("reading", "bound"), [("KOR", False), ("JPN", True), (None, True)])
    def test_who_is_still_bound_is_taken_as_it_is_read(self, reading: str | None, bound: bool) -> None:
        """The United States revived a suspended notice: as Korea reads it, it has left; as Japan does, it has not."""
        three = ("KOR", "JPN", "USA")
        signed, notified = (replace(one, by=three) for one in (SIGNED, NOTIFIED))
        notice, held = replace(NOTICE, by=("USA",)), replace(SUSPENSION, by=("USA",))
        back = act("r", "withdrawal", ("USA",), "2020-03-01T09:00+09:00", targets=["n002"])
        dossier = self.of_three(signed, notified, notice, held, back)
        verdict = ask(dossier, sender="JPN", recipient="USA", at=at("2020-04-01T00:00Z"), reading=reading)
        assert ("third-party" in {one.check for one in verdict.failed()}) is not bound

    def test_a_firm_may_be_named_in_a_consent_by_itself(self) -> None:
        firm = replace(USA, contractors=(Accredited("usa-firm", "SECRET"),))
        for to in ("usa-firm", "USA"):
            dossier = world(consent(to=(to,)), parties=[firm])
            assert ask(dossier, ANY, sender="JPN", recipient="usa-firm").permits
        named = world(consent(to=("usa-firm",)), parties=[firm])
        assert not ask(named, ANY, sender="JPN", recipient="USA").permits
        refused = ask(world(parties=[firm]), ANY, sender="JPN", recipient="usa-firm")
        assert self.refusal(refused)[2].startswith("JPN may not pass an item of KOR on to usa-firm: ")


class TestConsents:
    """Of several consents one that serves is enough, whatever stands before it."""

    def test_one_that_does_not_serve_hides_none_that_does(self) -> None:
        serves = consent(to=("USA",))
        others = [
            act("a1", "consent", ("KOR",), "2019-01-01T00:00Z", item="other", to=("USA",)),
            act("a2", "consent", ("JPN",), "2019-01-02T00:00Z", item=MISSILE.id, to=("USA",)),
            act("a3", "consent", ("KOR",), "2019-01-03T00:00Z", item=MISSILE.id, to=("AUS",)),
            act("a4", "consent", ("KOR",), "2019-01-04T00:00Z", item=MISSILE.id, to=("USA",), until=SIGNED.at.instant),
            act("a5", "consent", ("KOR",), "2019-01-05T00:00Z", item=MISSILE.id, to=("USA",), purpose="press"),
        ]
        for other in others:
            assert ask(world(other, serves), sender="JPN", recipient="USA").permits
            assert not ask(world(other), sender="JPN", recipient="USA").permits

    def test_to_one_of_several(self) -> None:
        assert ask(world(consent(to=("AUS", "USA"))), sender="JPN", recipient="USA").permits


def test_the_standing_is_taken_as_it_was_known() -> None:
    december = at("2019-12-01T00:00Z")
    assert ask(at=december).permits
    assert ask(at=december, known_by=SUSPENSION.recorded).permits
    before = ask(at=december, known_by=SUSPENSION.recorded.plus(-1))
    assert [one.check for one in before.failed()] == ["standing"]


class TestNationality:
    TEXT: dict[str, Any] = persons(nationality="9(3)")

    @pytest.mark.parametrize(
        ("nationality", "says"),
        [
            ("USA", "jpn-analyst-7 is a national of neither party (USA) and has no consent"),
            ("", "jpn-analyst-7 is a national of neither party (unknown) and has no consent"),
        ],
    )
    def test_a_third_national_without_consent(self, nationality: str, says: str) -> None:
        foreigner = replace(ANALYST, nationality=nationality)
        verdict = ask(world(**self.TEXT), person=foreigner)
        assert ground("third-party", verdict) == (False, "9(3)", says, False)
        doubtful = ask(world(**persons(nationality="9(3)", unconfirmed=True)), person=foreigner)
        assert ground("third-party", doubtful) == (False, "9(3)", says, True)
        assert ask(person=foreigner).permits

    @pytest.mark.parametrize(("to", "permit"), [("USA", True), ("jpn-analyst-7", True), ("AUS", False)])
    def test_a_consent_names_the_nation_or_the_person(self, to: str, permit: bool) -> None:
        foreigner = replace(ANALYST, nationality="USA")
        assert ask(world(consent(to=(to,)), **self.TEXT), person=foreigner).permits is permit

    def test_of_unknown_nationality_no_consent_serves(self) -> None:
        nobody = replace(ANALYST, nationality="")
        assert not ask(world(consent(to=("jpn-analyst-7", "")), **self.TEXT), person=nobody).permits

    def test_it_is_asked_where_a_clearance_is(self) -> None:
        foreigner = replace(ANALYST, nationality="USA")
        dossier = world(**persons(nationality="9(3)", clearance_from="SECRET"))
        assert not ask(dossier, person=foreigner).permits
        assert ask(dossier, THIRD_MARK, person=foreigner).permits

    def test_only_at_the_last_hop(self) -> None:
        request = Request("release", MISSILE, "KOR", "JPN", NOV_18, person=replace(ANALYST, nationality="USA"))
        assert evaluate(world(**self.TEXT), request, last_hop=False).permits
        assert not evaluate(world(**self.TEXT), request).permits


class TestPurpose:
    @pytest.mark.parametrize(
        ("clause", "asked", "told"),
        [
            (None, "press", (True, "", "the text sets no purpose")),
            (Purpose("5", "any"), "press", (True, "5", "any purpose")),
            (Purpose("5", "only", ("study", "press")), "press", (True, "5", "press is provided for")),
            (Purpose("5", "only", ("study", "audit")), "press", (False, "5", "press is not among study, audit")),
            (
                Purpose("5", "only", ("study",)),
                None,
                (False, "5", "missile-warning is not among study"),
            ),
            (Purpose("5", "as-provided"), None, (True, "5", "missile-warning, as provided")),
            (
                Purpose("5", "as-provided"),
                "press",
                (
                    False,
                    "5",
                    "press is not the purpose it is provided for (missile-warning), and KOR has not consented",
                ),
            ),
        ],
    )
    def test_each_rule(self, clause: Purpose | None, asked: str | None, told: tuple[bool, str, str]) -> None:
        assert ground("purpose", ask(world(purpose=clause), purpose=asked)) == (*told, False)
        if clause is not None:
            doubtful = world(purpose=replace(clause, unconfirmed=True))
            assert ground("purpose", ask(doubtful, purpose=asked)) == (*told, True)

    @pytest.mark.parametrize(("to", "granted"), [("JPN", True), ("USA", False)])
    def test_a_consent_that_names_it(self, to: str, granted: bool) -> None:
        dossier = world(consent(to=(to,), purpose="press"))
        told = ground("purpose", ask(dossier, purpose="press"))
        assert told[0] is granted
        if granted:
            assert told == (True, "6(c)", "KOR consented to press beside missile-warning", False)
            unsure = world(consent(to=(to,), purpose="press"), purpose=Purpose("6(c)", "as-provided", unconfirmed=True))
            assert ground("purpose", ask(unsure, purpose="press"))[3] is True

    def test_a_consent_without_a_purpose_gives_no_other(self) -> None:
        assert not ask(world(consent(to=("JPN",))), purpose="press").permits

    def test_a_consent_may_name_the_firm(self) -> None:
        dossier = world(consent(to=("jpn-firm-1",), purpose="press"))
        item = replace(THIRD_MARK, caveats=Caveats())
        assert ask(dossier, item, recipient="jpn-firm-1", purpose="press").permits
        assert not ask(dossier, item, purpose="press").permits


class TestCaveat:
    @pytest.mark.parametrize(
        ("caveats", "asked", "told"),
        [
            (Caveats(rel_to=("USA", "AUS")), {}, (False, "label:rel_to", "releasable to USA, AUS only, not JPN")),
            (Caveats(orcon=True), {"act": "copy"}, (False, "label:orcon", "KOR controls it and has not consented")),
            (
                Caveats(orcon=True),
                {"act": "translate"},
                (False, "label:orcon", "KOR controls it and has not consented"),
            ),
            (Caveats(orcon=True), {"act": "use"}, (True, "", "no caveat stands against it")),
            (Caveats(no_contractor=True), {}, (True, "", "no caveat stands against it")),
            (
                Caveats(no_contractor=True),
                {"recipient": "jpn-firm-1"},
                (False, "label:no_contractor", "jpn-firm-1 is a contractor"),
            ),
            (
                Caveats(eyes=("a", "b")),
                {"person": ANALYST},
                (False, "label:eyes", "for the eyes of a, b only, not jpn-analyst-7"),
            ),
            (Caveats(eyes=("a", "jpn-analyst-7")), {"person": ANALYST}, (True, "", "no caveat stands against it")),
        ],
    )
    def test_each(self, caveats: Caveats, asked: dict[str, Any], told: tuple[bool, str, str]) -> None:
        assert ground("caveat", ask(item=replace(MISSILE, caveats=caveats), **asked)) == (*told, False)

    def test_rel_to_may_name_the_firm_or_its_party_and_never_keeps_it_from_home(self) -> None:
        for names, permit in ((("jpn-firm-1",), True), (("JPN",), True), (("USA",), False)):
            item = replace(THIRD_MARK, caveats=Caveats(rel_to=names))
            assert ask(item=item, recipient="jpn-firm-1").permits is permit
        assert ask(item=replace(MISSILE, caveats=Caveats(rel_to=())), sender="JPN", recipient="KOR").permits
        assert not ask(item=replace(MISSILE, caveats=Caveats(rel_to=()))).permits

    def test_orcon_yields_to_consent_and_does_not_bind_a_copy_at_home(self) -> None:
        item = replace(MISSILE, caveats=Caveats(orcon=True))
        assert ask(world(consent(to=("JPN",))), item, act="copy").permits
        assert ask(item=item, act="copy", sender="JPN", recipient="KOR").permits

    def test_orcon_yields_to_a_consent_that_names_the_firm(self) -> None:
        item = replace(THIRD_MARK, caveats=Caveats(orcon=True))
        for to, permit in (("jpn-firm-1", True), ("JPN", True), ("USA", False)):
            assert ask(world(consent(to=(to,))), item, act="copy", recipient="jpn-firm-1").permits is permit

    def test_eyes_are_checked_at_the_last_hop_and_become_a_duty(self) -> None:
        item = replace(MISSILE, caveats=Caveats(eyes=("a", "b")))
        request = Request("release", item, "KOR", "JPN", NOV_18, person=ANALYST)
        verdict = evaluate(world(), request, last_hop=False)
        assert verdict.permits
        last = verdict.duties[-1]
        assert (last.article, last.do, last.on, last.within, last.to) == (
            "label:eyes",
            "show only to a, b",
            "receipt",
            "",
            "",
        )


ID = "jpn-analyst-7"


class TestPersons:
    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({}, (True, f"{ID} is cleared to SECRET")),
            ({"party": "KOR"}, (False, f"{ID} is a person of KOR, not of JPN")),
            ({"clearance": None}, (False, f"{ID} has no clearance")),
            ({"clearance": "CONFIDENTIAL"}, (False, f"{ID} is cleared to CONFIDENTIAL, below SECRET")),
            ({"clearance_until": Day.parse("2019-11-18")}, (False, f"the clearance of {ID} ended 2019-11-18")),
            ({"clearance_until": None}, (True, f"{ID} is cleared to SECRET")),
        ],
    )
    @pytest.mark.parametrize("doubtful", [False, True])
    def test_clearance(self, changes: dict[str, Any], told: tuple[bool, str], doubtful: bool) -> None:
        verdict = ask(world(**persons(unconfirmed=doubtful)), person=replace(ANALYST, **changes))
        assert ground("clearance", verdict) == (told[0], "7", told[1], doubtful)

    @pytest.mark.parametrize("doubtful", [False, True])
    def test_where_no_clearance_is_needed(self, doubtful: bool) -> None:
        dossier = world(**persons(clearance_from="SECRET", unconfirmed=doubtful))
        told = ground("clearance", ask(dossier, THIRD_MARK, person=replace(ANALYST, clearance=None)))
        assert told == (True, "7", "none is needed for CONFIDENTIAL", doubtful)

    @pytest.mark.parametrize("doubtful", [False, True])
    def test_need_to_know(self, doubtful: bool) -> None:
        dossier = world(**persons(unconfirmed=doubtful))
        needs = ground("need-to-know", ask(dossier, person=ANALYST))
        assert needs == (True, "7(2)", f"{ID} needs defence/dprk/missile", doubtful)
        none = ground("need-to-know", ask(dossier, person=replace(ANALYST, need_to_know=())))
        assert none == (False, "7(2)", f"{ID} has no need to know defence/dprk/missile", doubtful)

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({}, (True, f"{ID} is on the register of ichigaya")),
            ({"facility": ""}, (False, "no facility is named")),
            ({"facility": "nowhere"}, (False, "JPN has no facility `nowhere`")),
            ({"facility": "annex"}, (False, "annex may hold items up to CONFIDENTIAL, not SECRET")),
            ({"id": "other"}, (False, "other is not on the register of ichigaya")),
        ],
    )
    @pytest.mark.parametrize("doubtful", [False, True])
    def test_facility(self, changes: dict[str, Any], told: tuple[bool, str], doubtful: bool) -> None:
        verdict = ask(world(**persons(unconfirmed=doubtful)), person=replace(ANALYST, **changes))
        assert ground("facility", verdict) == (told[0], "6(e)", told[1], doubtful)

    def test_an_unconfirmed_site(self) -> None:
        party = replace(JPN, facilities=(Facility("ichigaya", "SECRET", (ID,), unconfirmed=True),))
        assert ground("facility", ask(world(parties=[party]), person=ANALYST))[3] is True

    def test_what_the_text_does_not_ask(self) -> None:
        nothing = world(**persons(clearance=None, need_to_know=None, facility=None))
        stranger = replace(ANALYST, clearance=None, need_to_know=(), facility="")
        for person in (None, stranger):
            verdict = ask(nothing, person=person)
            for check in ("clearance", "need-to-know", "facility"):
                assert ground(check, verdict) == (True, "", "the text asks for none", False)

    def test_persons_are_checked_at_the_last_hop(self) -> None:
        stranger = replace(ANALYST, clearance=None, need_to_know=(), facility="", assurance=replace(GIVEN, by="KOR"))
        request = Request("release", MISSILE, "KOR", "JPN", NOV_18, person=stranger, system="none")
        assert evaluate(world(), request, last_hop=False).permits
        failed = {one.check for one in evaluate(world(), request).failed()}
        assert failed == {"clearance", "need-to-know", "facility", "assurance", "system"}

    @pytest.mark.parametrize(
        ("given", "told"),
        [
            (GIVEN, (True, f"JPN has given its assurance for {ID}")),
            (None, (False, f"JPN has given no assurance for {ID}")),
            (replace(GIVEN, by="KOR"), (False, f"the assurance for {ID} is by KOR, not by JPN")),
            (replace(GIVEN, at=NOV_18.plus(1)), (False, f"the assurance for {ID} is given only later")),
            (replace(GIVEN, at=NOV_18.plus(-1)), (True, f"JPN has given its assurance for {ID}")),
            *(
                (
                    lacking,
                    (False, f"the assurance for {ID} does not cover clearance, need and protection"),
                )
                for lacking in (
                    replace(GIVEN, clearance=False),
                    replace(GIVEN, need_to_know=False),
                    replace(GIVEN, protection=False),
                )
            ),
        ],
    )
    def test_assurance(self, given: Assurance | None, told: tuple[bool, str]) -> None:
        person = replace(ANALYST, assurance=given)
        assert ground("assurance", ask(world(**persons(assurance="7(5)")), person=person)) == (
            told[0],
            "7(5)",
            told[1],
            False,
        )
        doubtful = ask(world(**persons(assurance="7(5)", unconfirmed=True)), person=person)
        assert ground("assurance", doubtful)[3] is not told[0]
        silent = ground("assurance", ask(person=person))
        asked = given is not None
        assert silent == (told[0] if asked else True, "party:JPN:assurance" if asked else "", silent[2], False)
        assert silent[2] == (told[1] if asked else "none is asked")

    def test_without_a_person_no_assurance_is_asked(self) -> None:
        told = ground("assurance", ask(world(**persons(assurance="7(5)"))))
        assert told == (True, "7(5)", "none is asked", False)


class TestBodies:
    @pytest.mark.parametrize(
        ("system", "when", "told"),
        [
            ("ichigaya-net", "2019-11-18T09:00+09:00", (True, "ichigaya-net is accredited up to SECRET")),
            ("ichigaya-net", "2027-01-01T00:00+09:00", (False, "the accreditation of ichigaya-net ended 2027-01-01")),
            ("other", "2019-11-18T09:00+09:00", (False, "JPN has no accredited system `other`")),
            ("low", "2019-11-18T09:00+09:00", (False, "low is accredited up to CONFIDENTIAL, not SECRET")),
            ("for-ever", "2050-01-01T00:00+09:00", (True, "for-ever is accredited up to SECRET")),
            ("x" * 61, "2019-11-18T09:00+09:00", (False, f"JPN has no accredited system `{'x' * 60}`")),
        ],
    )
    def test_system(self, system: str, when: str, told: tuple[bool, str]) -> None:
        more = (*JPN.systems, Accredited("low", "CONFIDENTIAL"), Accredited("for-ever", "SECRET"))
        party = replace(JPN, systems=more)
        silent = ground("system", ask(world(parties=[party]), system=system, at=at(when)))
        assert silent == (told[0], "party:JPN:systems", told[1], False)
        asks = world(parties=[party], **persons(system="12", unconfirmed=True))
        assert ground("system", ask(asks, system=system, at=at(when))) == (told[0], "12", told[1], not told[0])
        assert ground("system", ask(asks)) == (True, "12", "no system is named", False)

    @pytest.mark.parametrize(
        ("firm", "when", "told"),
        [
            ("jpn-firm-1", "2019-12-31T23:59:59.999999999+09:00", (True, "jpn-firm-1 is approved up to CONFIDENTIAL")),
            ("jpn-firm-1", "2020-01-01T00:00+09:00", (False, "the approval of jpn-firm-1 ended 2020-01-01")),
            ("low", "2019-12-01T00:00+09:00", (False, "low is approved up to RESTRICTED, not CONFIDENTIAL")),
            ("for-ever", "2050-01-01T00:00+09:00", (True, "for-ever is approved up to SECRET")),
        ],
    )
    def test_contractor(self, firm: str, when: str, told: tuple[bool, str]) -> None:
        more = (*JPN.contractors, Accredited("low", "RESTRICTED"), Accredited("for-ever", "SECRET"))
        party = replace(JPN, marks=(*JPN.marks, Mark("取扱注意", "RESTRICTED")), contractors=more)
        item = replace(THIRD_MARK, caveats=Caveats())
        silent = ground("contractor", ask(world(parties=[party]), item, recipient=firm, at=at(when)))
        assert silent == (told[0], "party:JPN:contractors", told[1], False)
        asks = world(parties=[party], **persons(contractor="16", unconfirmed=True))
        assert ground("contractor", ask(asks, item, recipient=firm, at=at(when))) == (
            told[0],
            "16",
            told[1],
            not told[0],
        )
        assert ground("contractor", ask(asks)) == (True, "16", "the recipient is no contractor", False)

    def test_a_party_that_only_the_text_names_has_neither_sites_nor_systems(self) -> None:
        dossier = world(levels=Levels("4", (RankRow("SECRET", FRENCH),)))
        text = replace(dossier.agreements["kor-jpn-2016"][0], parties=("KOR", "FRA"))
        record = Record("kor-jpn-2016", tuple(replace(one, by=("KOR", "FRA")) for one in (SIGNED, NOTIFIED)))
        named = replace(dossier, agreements={text.id: (text,)}, records={text.id: record})
        person = replace(ANALYST, party="FRA")
        verdict = ask(named, ANY, recipient="FRA", person=person, system="net")
        assert [(one.check, one.says) for one in verdict.failed()] == [
            ("facility", "FRA has no facility `ichigaya`"),
            ("system", "FRA has no accredited system `net`"),
        ]

    def test_of_two_systems_the_one_that_is_named(self) -> None:
        party = replace(JPN, systems=(Accredited("a", "CONFIDENTIAL"), Accredited("b", "SECRET")))
        assert [ask(world(parties=[party]), system=name).permits for name in ("a", "b")] == [False, True]


class TestDomestic:
    RULE = DomesticRule("r", "Secrets Act art. 8", "not so")

    def refused(self, rule: DomesticRule, item: Item = MISSILE, **asked: Any) -> bool:
        verdict = ask(world(parties=[replace(KOR, domestic=(rule,))]), item, **asked)
        if verdict.permits:
            return False
        (one,) = verdict.failed()
        assert (one.article, one.agreement, one.says, one.unconfirmed) == (
            "domestic:KOR: Secrets Act art. 8",
            "kor-jpn-2016",
            "not so",
            False,
        )
        assert one.check == rule.check
        return True

    @pytest.mark.parametrize(
        ("limits", "meets"),
        [
            ({}, True),
            ({"check": "purpose"}, True),
            ({"to": ("JPN",)}, True),
            ({"to": ("USA",)}, False),
            ({"topics": ("trade", "defence/dprk")}, True),
            ({"topics": ("trade",)}, False),
            ({"ranks": ("SECRET",)}, True),
            ({"ranks": ("CONFIDENTIAL",)}, False),
            ({"purposes": ("missile-warning",)}, True),
            ({"purposes": ("press",)}, False),
            ({"acts": ("release",)}, True),
            ({"acts": ("disclose",)}, False),
            ({"to": ("JPN",), "topics": ("trade",), "ranks": ("SECRET",)}, False),
        ],
    )
    def test_what_matches_all_its_limits_is_refused(self, limits: dict[str, Any], meets: bool) -> None:
        assert self.refused(replace(self.RULE, **limits)) is meets

    def test_it_may_name_the_firm(self) -> None:
        item = replace(THIRD_MARK, caveats=Caveats())
        assert self.refused(replace(self.RULE, to=("jpn-firm-1",)), item, recipient="jpn-firm-1")
        assert not self.refused(replace(self.RULE, to=("jpn-firm-1",)), item)

    def test_each_rule_of_each_that_is_bound_leaves_a_ground(self) -> None:
        parties = [
            replace(KOR, domestic=(self.RULE, replace(self.RULE, citation="art. 9"))),
            replace(JPN, domestic=(replace(self.RULE, citation="art. 1"),)),
        ]
        dossier = world(consent(to=("USA",)), parties=parties)
        cited = [one.article for one in ask(dossier, sender="JPN", recipient="USA").failed()]
        own, first, second = "domestic:JPN: art. 1", "domestic:KOR: Secrets Act art. 8", "domestic:KOR: art. 9"
        assert cited == [own, first, second]
        assert [one.article for one in ask(dossier).failed()] == [first, second]


class TestWhoIsAsked:
    def test_a_sender_nobody_knows(self) -> None:
        with pytest.raises(InputError) as caught:
            ask(sender="X" * 61)
        assert caught.value.message == f"unknown party `{'X' * 60}`"
        assert caught.value.remedy == "use one of JPN, KOR, USA"

    def test_a_recipient_nobody_knows(self) -> None:
        with pytest.raises(InputError) as caught:
            ask(recipient="X" * 61)
        assert caught.value.message == f"unknown party `{'X' * 60}`"
        assert caught.value.remedy == (
            "use one of JPN, KOR, USA, one of their contractors or authorities, or a country by its ISO 3166-1 code"
        )

    def test_each_kind_of_addressee(self) -> None:
        named = act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod")
        other = act("d0", "designation", ("KOR",), "2017-01-01T00:00+09:00", authority="kor-mnd")
        dossier = world(other, named)
        assert resolve(dossier, "JPN", NOV_18, None) == Addressee("JPN", "JPN")
        firm = resolve(dossier, "jpn-firm-1", NOV_18, None)
        assert firm == Addressee("jpn-firm-1", "JPN", contractor=JPN.contractors[0])
        assert resolve(dossier, "jpn-mod", NOV_18, None) == Addressee("jpn-mod", "JPN")
        assert resolve(dossier, "kor-mnd", NOV_18, None) == Addressee("kor-mnd", "KOR")
        assert resolve(dossier, "FRA", NOV_18, None) == Addressee("FRA", "FRA", known=False)

    @pytest.mark.parametrize(("offset", "stands"), [(-1, False), (0, True), (1, True)])
    def test_a_designation_counts_from_its_instant_and_as_it_was_known(self, offset: int, stands: bool) -> None:
        named = act("d1", "designation", ("JPN",), "2019-11-18T09:00+09:00", authority="jpn-mod")
        for when, known_by in ((NOV_18.plus(offset), None), (NOV_18.plus(5), NOV_18.plus(offset))):
            if stands:
                assert resolve(world(named), "jpn-mod", when, known_by).party == "JPN"
            else:
                with pytest.raises(InputError):
                    resolve(world(named), "jpn-mod", when, known_by)

    def test_a_decision_takes_a_designation_as_it_was_known(self) -> None:
        named = act(
            "d1", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod", recorded="2019-11-01T00:00Z"
        )
        assert ask(world(named), ANY, recipient="jpn-mod", known_by=named.recorded).permits
        with pytest.raises(InputError, match="unknown party `jpn-mod`"):
            ask(world(named), ANY, recipient="jpn-mod", known_by=named.recorded.plus(-1))

    @pytest.mark.parametrize(("offset", "stands"), [(-1, True), (0, False), (1, False)])
    def test_it_ends_with_the_first_withdrawal_and_may_be_made_anew(self, offset: int, stands: bool) -> None:
        named = act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod")
        ended = act("w1", "withdrawal", ("JPN",), "2019-01-01T00:00+09:00", targets=["d1"])
        later = act("w2", "withdrawal", ("JPN",), "2019-06-01T00:00+09:00", targets=["d1"])
        other = act("w0", "withdrawal", ("JPN",), "2018-01-01T00:00+09:00", targets=["d0"])
        when = ended.at.instant.plus(offset)
        for record in ((named, later, ended, other), (named, ended, later), (named, ended)):
            if stands:
                assert resolve(world(*record), "jpn-mod", when, None).party == "JPN"
            else:
                with pytest.raises(InputError):
                    resolve(world(*record), "jpn-mod", when, None)
        again = act("d2", "designation", ("KOR",), "2019-02-01T00:00+09:00", authority="jpn-mod")
        assert resolve(world(named, ended, again), "jpn-mod", at("2019-03-01T00:00Z"), None).party == "KOR"


class TestWhichAgreement:
    """One that permits; else one in force before one that lapsed; of these the closest, then the first by id."""

    def pair(self, first: dict[str, Any], second: dict[str, Any], *, lapsed: str = "") -> Dossier:
        base = northeast_asia()
        texts = {name: text_2016(id=name, **changes) for name, changes in (("a", first), ("b", second))}
        records = {name: Record(name, (SIGNED, NOTIFIED, NOTICE) if name == lapsed else RECORD_2016) for name in texts}
        return replace(base, agreements={name: (text,) for name, text in texts.items()}, records=records)

    NARROW: dict[str, Any] = {"scope": replace(text_2016().scope, topics=("trade",))}  # noqa: RUF012
    NARROWER: dict[str, Any] = {**NARROW, "purpose": Purpose("6(c)", "only", ("press",))}  # noqa: RUF012

    @pytest.mark.parametrize(
        ("first", "second", "lapsed", "chosen"),
        [
            ({}, {}, "", "a"),
            (NARROW, {}, "", "b"),
            ({}, NARROW, "", "a"),
            (NARROW, NARROWER, "", "a"),
            (NARROWER, NARROW, "", "b"),
            (NARROW, NARROW, "", "a"),
            ({}, NARROWER, "a", "b"),
            (NARROWER, {}, "b", "a"),
            ({}, NARROW, "b", "a"),
        ],
    )
    def test_the_choice(self, first: Any, second: Any, lapsed: str, chosen: str) -> None:
        when = at("2020-01-01T00:00Z")
        assert ask(self.pair(first, second, lapsed=lapsed), at=when).agreement == chosen

    def test_only_those_that_are_asked_for(self) -> None:
        dossier = self.pair({}, {})
        request = Request("release", MISSILE, "KOR", "JPN", NOV_18)
        assert [evaluate(dossier, request, only=one).agreement for one in (None, ("b",), ("b", "a"), ())] == [
            "a",
            "b",
            "a",
            "",
        ]

    def test_failed_checks_count_once_each(self) -> None:
        rules = tuple(DomesticRule(f"r{n}", f"art. {n}", "no", topics=("defence",)) for n in range(3))
        dossier = self.pair({}, self.NARROW)
        party = replace(KOR, domestic=(rules[0], replace(rules[1], ranks=("SECRET",))))
        verdict = ask(replace(dossier, parties={**dossier.parties, "KOR": party}))
        assert verdict.agreement == "a"

    def test_a_holder_has_it_from_its_originator(self) -> None:
        for doing in ("copy", "translate", "use"):
            verdict = ask(act=doing, sender="JPN", recipient="JPN")
            assert (verdict.permits, verdict.sender, verdict.agreement) == (True, "JPN", "kor-jpn-2016")
        verdict = ask(act="release", sender="JPN", recipient="JPN")
        assert verdict.failed()[0].says == "no agreement between JPN and JPN permits direct release"

    def test_an_arrangement_permits_nothing_directly(self) -> None:
        base = northeast_asia()
        only = {"tisa-2014": base.agreements["tisa-2014"]}
        assert ask(replace(base, agreements=only)).agreement == ""

    def test_who_reads(self) -> None:
        back = act("r", "withdrawal", ("KOR",), "2020-03-01T09:00+09:00", targets=["n002"])
        dossier = world(record=(SIGNED, NOTIFIED, NOTICE, SUSPENSION, back))
        when = at("2020-04-01T00:00+09:00")
        assert [ask(dossier, at=when, reading=one).permits for one in (None, "KOR", "JPN")] == [False, False, True]

    def test_consent_by_the_choice_of_a_route(self) -> None:
        request = Request("forward", MISSILE, "JPN", "USA", NOV_18)
        assert evaluate(world(), request, consented=True).permits
        assert not evaluate(world(), request).permits
