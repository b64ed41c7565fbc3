"""The reference evaluator: every refusal under its own article, every permit with marks and duties."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Entry, Instrument, Record
from relto.core.decision import CHECKS, Request, Verdict, evaluate, resolve
from relto.core.dossier import Accredited, Assurance, DomesticRule, Dossier, Facility, Item
from relto.core.errors import InputError
from relto.core.label import Caveats, Levels, RankRow
from relto.core.route import decide
from relto.core.timeline import Day
from tests.making import (
    ANALYST,
    JPN,
    KOR,
    MISSILE,
    NOTICE,
    NOTIFIED,
    SIGNED,
    act,
    at,
    northeast_asia,
    term,
    text_2016,
)

NOV_18 = at("2019-11-18T09:00+09:00")
LAPSE = at("2019-11-22T15:00:00Z")
DOSSIER = northeast_asia()
ONWARD: dict[str, Any] = {"sender": "JPN", "recipient": "USA"}
SERVES = [(("USA",), ("tisa-2014", "usa-kor-1987", "usa-jpn-2007"), ("極秘", "特定秘密"))]
UNSUSPENDED = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))


def ask(dossier: Dossier = DOSSIER, item: Item = MISSILE, **changes: Any) -> Verdict:
    """KOR asks to release the missile item to JPN on 18 November 2019, but for `changes`."""
    asked: dict[str, Any] = {"act": "release", "sender": "KOR", "recipient": "JPN", "at": NOV_18, **changes}
    return evaluate(dossier, Request(item=item, **asked))


def refusals(verdict: Verdict) -> dict[str, str]:
    """Each failed check with its article."""
    assert verdict.verdict == "refuse"
    assert verdict.marks == ()
    assert verdict.duties == ()
    return {ground.check: ground.article for ground in verdict.failed()}


def test_a_permit_gives_the_marks_and_the_duties() -> None:
    verdict = ask()
    assert verdict.permits
    assert verdict.agreement == "kor-jpn-2016"
    assert verdict.marks == ("極秘", "特定秘密")
    assert [(one.article, one.do, one.on) for one in verdict.duties] == [
        ("4(2)", "mark-origin", "receipt"),
        ("17", "report", "compromise"),
        ("6(h)", "return-or-destroy", "purpose-ended"),
    ]
    assert [ground.check for ground in verdict.grounds] == list(CHECKS)


@pytest.mark.parametrize(("offset", "permit"), [(-1, True), (0, False), (1, False)])
def test_the_pact_stops_at_the_instant_it_lapses(offset: int, permit: bool) -> None:
    verdict = ask(UNSUSPENDED, at=LAPSE.plus(offset))
    assert verdict.permits is permit
    if not permit:
        assert refusals(verdict) == {"standing": "21(3)"}


def test_before_it_enters_into_force_the_entry_clause_refuses() -> None:
    assert refusals(ask(at=at("2016-11-23T11:00+09:00"))) == {"standing": "21(1)"}


def test_every_failed_ground_is_given_not_the_first_alone() -> None:
    item = replace(MISSILE, topic="trade", mark="군사I급비밀", caveats=Caveats(rel_to=("KOR",)))
    person = replace(ANALYST, clearance="CONFIDENTIAL", need_to_know=(), facility="nowhere")
    verdict = ask(UNSUSPENDED, item, at=LAPSE, purpose="press", person=person, system="unknown")
    assert refusals(verdict) == {
        "standing": "21(3)",
        "scope": "2(a)",
        "level": "4",
        "purpose": "6(c)",
        "caveat": "label:rel_to",
        "clearance": "7",
        "need-to-know": "7(2)",
        "facility": "6(e)",
        "system": "party:JPN:systems",
    }


def test_a_level_without_an_equivalent_is_refused() -> None:
    assert refusals(ask(item=replace(MISSILE, mark="군사I급비밀"))) == {"level": "4"}


def test_two_japanese_marks_stand_for_one_korean_one() -> None:
    for mark in ("極秘", "特定秘密"):
        item = replace(MISSILE, originator="JPN", mark=mark)
        assert ask(item=item, sender="JPN", recipient="KOR").marks == ("군사II급비밀",)


def test_an_empty_purpose_is_nobodys_purpose() -> None:
    consent = act("c", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("JPN",))
    request = Request("release", MISSILE, "KOR", "JPN", at("2019-11-18T00:00Z"), purpose="")
    assert [ground.check for ground in evaluate(northeast_asia(consent), request).failed()] == ["purpose"]


def test_of_two_designations_the_first_made_counts_whatever_the_order_of_the_file() -> None:
    acts = [
        act("d2", "designation", ("KOR",), "2017-01-02T00:00+09:00", authority="joint-cell"),
        act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="joint-cell"),
    ]
    for order in (acts, acts[::-1]):
        assert resolve(northeast_asia(*order), "joint-cell", at("2019-01-01T00:00Z"), None).party == "JPN"


def test_another_purpose_needs_the_originators_consent() -> None:
    assert refusals(ask(purpose="training")) == {"purpose": "6(c)"}
    consent = act("c", "consent", ("KOR",), "2019-11-01T00:00+09:00", item=MISSILE.id, to=("JPN",), purpose="training")
    allowed = northeast_asia(consent)
    assert ask(allowed, purpose="training").permits
    assert ask(allowed).permits
    assert refusals(ask(allowed, purpose="press")) == {"purpose": "6(c)"}
    assert refusals(ask(allowed, purpose="training", at=at("2019-10-31T23:59:59.999999999+09:00"))) == {
        "purpose": "6(c)"
    }


class TestThirdCountry:
    """Article 6(a): not to a third country without the originator's prior written approval."""

    def consent(self, **more: Any) -> Dossier:
        given = {"item": MISSILE.id, "to": ("USA",), **more}
        return northeast_asia(act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", **given))

    def of_three(self, *record: Instrument) -> Dossier:
        """A text of all three, which KOR and JPN have joined, in the place of their own; USA joins by `record`."""
        base = northeast_asia()
        text = text_2016(
            id="of-three",
            parties=("KOR", "JPN", "USA"),
            entry=Entry("1", "deposits", deposits=2),
            term=term(None, None, "P90D", "after-receipt"),
        )
        joined = tuple(act(f"of-{p}", "deposit", (p,), "2016-01-01T00:00Z") for p in ("KOR", "JPN"))
        agreements = {**base.agreements, text.id: (text,)}
        del agreements["kor-jpn-2016"], agreements["usa-kor-1987"], agreements["tisa-2014"]
        return replace(base, agreements=agreements, records={**base.records, text.id: Record(text.id, joined + record)})

    def test_a_party_that_has_not_joined_or_has_left_is_a_third_party(self) -> None:
        joins = act("of-USA", "deposit", ("USA",), "2018-01-01T00:00Z")
        leaves = act("out", "termination-notice", ("USA",), "2019-01-01T00:00Z")
        dossier = self.of_three(joins, leaves)
        gone = at("2019-04-02T00:00+09:00")
        assert dossier.standing("of-three", gone, between=("JPN", "USA")).ends_at == gone
        for when in (joins.at.instant.plus(-1), gone, gone.plus(1)):
            assert refusals(ask(dossier, at=when, **ONWARD)) == {"third-party": "6(a)"}
        for when in (joins.at.instant, gone.plus(-1)):
            assert "third-party" not in {ground.check for ground in ask(dossier, at=when, **ONWARD).failed()}

    def test_without_consent_it_is_refused_under_the_text_it_was_received_under(self) -> None:
        verdict = ask(**ONWARD)
        assert refusals(verdict) == {"third-party": "6(a)"}
        assert verdict.failed()[0].agreement == "kor-jpn-2016"
        assert verdict.agreement == "usa-jpn-2007"

    def test_with_consent_it_may_go_as_the_items_rank(self) -> None:
        verdict = ask(self.consent(), **ONWARD)
        assert verdict.permits
        assert verdict.marks == ("SECRET",)

    @pytest.mark.parametrize(("offset", "permit"), [(-1, False), (0, True)])
    def test_consent_counts_from_its_instant(self, offset: int, permit: bool) -> None:
        begins = at("2019-10-02T09:00+09:00")
        assert ask(self.consent(), at=begins.plus(offset), **ONWARD).permits is permit

    @pytest.mark.parametrize(("offset", "permit"), [(-1, True), (0, False)])
    def test_consent_ends_at_the_first_instant_of_its_until(self, offset: int, permit: bool) -> None:
        dossier = self.consent(until=Day.parse("2019-12-31"))
        assert ask(dossier, at=at("2019-12-31T00:00+09:00").plus(offset), **ONWARD).permits is permit

    def test_a_withdrawn_consent_is_gone(self) -> None:
        given = act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",))
        back = act("w", "withdrawal", ("KOR",), "2019-11-01T00:00+09:00", targets=["c1"])
        dossier = northeast_asia(given, back)
        assert ask(dossier, at=back.at.instant.plus(-1), **ONWARD).permits
        assert refusals(ask(dossier, at=back.at.instant, **ONWARD)) == {"third-party": "6(a)"}

    @pytest.mark.parametrize(
        "other",
        [
            {"item": "msl-2019-11-28"},
            {"to": ("AUS",)},
            {"item": "", "topic": "defence/maritime"},
            {"purpose": "training"},
        ],
    )
    def test_a_consent_to_something_else_does_not_serve(self, other: dict[str, Any]) -> None:
        assert not ask(self.consent(**other), **ONWARD).permits

    def test_a_consent_for_a_topic_covers_all_below_it(self) -> None:
        assert ask(self.consent(item="", topic="defence/dprk"), **ONWARD).permits

    def test_a_consent_by_another_than_the_originator_is_none(self) -> None:
        given = act("c1", "consent", ("JPN",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",))
        assert not ask(northeast_asia(given), **ONWARD).permits

    def test_what_is_known_only_later_does_not_count(self) -> None:
        given = act(
            "c1",
            "consent",
            ("KOR",),
            "2019-10-02T09:00+09:00",
            item=MISSILE.id,
            to=("USA",),
            recorded="2019-11-20T00:00+09:00",
        )
        dossier = northeast_asia(given)
        assert ask(dossier, **ONWARD).permits
        assert not ask(dossier, known_by=NOV_18, **ONWARD).permits

    def test_returning_an_item_to_its_originator_is_no_third_party_release(self) -> None:
        verdict = ask(sender="JPN", recipient="KOR")
        assert verdict.permits
        assert verdict.marks == ("군사II급비밀",)

    def test_a_country_without_any_agreement_fails_on_standing_alone(self) -> None:
        verdict = ask(recipient="FRA")
        assert refusals(verdict) == {"standing": "dossier:agreements"}
        assert [ground.check for ground in verdict.grounds] == list(CHECKS)

    def test_a_party_nobody_knows_is_bad_input(self) -> None:
        with pytest.raises(InputError, match="unknown party `XXX`"):
            ask(recipient="XXX")

    def test_a_country_goes_by_two_letters_too_but_not_a_party_by_its_other_code(self) -> None:
        assert refusals(ask(recipient="NO")) == {"standing": "dossier:agreements"}
        with pytest.raises(InputError, match="unknown party `JP`"):
            ask(recipient="JP")


class TestPersons:
    """Articles 6(e) and 7: clearance, need-to-know, the facility's register."""

    def test_a_cleared_analyst_on_the_register_who_needs_it(self) -> None:
        assert ask(person=ANALYST).permits

    @pytest.mark.parametrize(
        ("changes", "failed"),
        [
            ({"clearance": None}, {"clearance": "7"}),
            ({"clearance": "CONFIDENTIAL"}, {"clearance": "7"}),
            ({"clearance": "TOP SECRET"}, {}),
            ({"clearance": "GOLD"}, {"clearance": "7"}),
            ({"clearance_until": Day.parse("2019-11-18")}, {"clearance": "7"}),
            ({"clearance_until": Day.parse("2019-11-19")}, {}),
            ({"clearance_until": NOV_18}, {"clearance": "7"}),
            ({"clearance_until": NOV_18.plus(1)}, {}),
            ({"clearance_until": None}, {}),
            ({"party": "KOR"}, {"clearance": "7"}),
            ({"need_to_know": ("defence/maritime",)}, {"need-to-know": "7(2)"}),
            ({"need_to_know": ("defence/dprk/missile/icbm",)}, {"need-to-know": "7(2)"}),
            ({"id": "jpn-analyst-9"}, {"facility": "6(e)"}),
            ({"facility": ""}, {"facility": "6(e)"}),
            ({"facility": "annex"}, {"facility": "6(e)"}),
        ],
    )
    def test_each_is_refused_under_its_own_article(self, changes: dict[str, Any], failed: dict[str, str]) -> None:
        verdict = ask(person=replace(ANALYST, **changes))
        assert {ground.check: ground.article for ground in verdict.failed()} == failed

    def test_a_clearance_is_asked_only_from_the_rank_the_text_names(self) -> None:
        persons = replace(text_2016().persons, clearance_from="SECRET")
        dossier = with_text(text_2016(persons=persons))
        uncleared = replace(ANALYST, clearance=None)
        assert ask(dossier, replace(MISSILE, mark="군사III급비밀"), person=uncleared).permits
        assert refusals(ask(dossier, person=uncleared)) == {"clearance": "7"}

    def test_a_national_of_neither_party_needs_consent(self) -> None:
        dossier = with_text(text_2016(persons=replace(text_2016().persons, nationality="9(3)")))
        foreigner = replace(ANALYST, nationality="USA")
        assert ask(dossier, person=ANALYST).permits
        assert refusals(ask(dossier, person=foreigner)) == {"third-party": "9(3)"}
        consent = act("c", "consent", ("KOR",), "2019-11-01T00:00+09:00", item=MISSILE.id, to=("USA",))
        assert ask(with_text(dossier.agreements["kor-jpn-2016"][0], consent), person=foreigner).permits

    def test_an_assurance_is_asked_where_the_text_names_one(self) -> None:
        dossier = with_text(text_2016(persons=replace(text_2016().persons, assurance="7(5)")))
        given = Assurance("JPN", NOV_18, clearance=True, need_to_know=True, protection=True)
        assert refusals(ask(dossier, person=ANALYST)) == {"assurance": "7(5)"}
        assert ask(dossier, person=replace(ANALYST, assurance=given)).permits
        assert not ask(dossier, person=replace(ANALYST, assurance=replace(given, protection=False))).permits
        assert not ask(dossier, person=replace(ANALYST, assurance=replace(given, by="KOR"))).permits
        assert not ask(dossier, person=replace(ANALYST, assurance=replace(given, at=NOV_18.plus(1)))).permits


def with_text(text: Any, *record: Any) -> Dossier:
    """The dossier with another text of 2016, and more in its record."""
    base = northeast_asia(*record)
    return replace(base, agreements={**base.agreements, "kor-jpn-2016": (text,)})


def with_party(party: Any) -> Dossier:
    """The dossier with one party's file changed."""
    return replace(DOSSIER, parties={**DOSSIER.parties, party.id: party})


class TestCaveats:
    """What the originator wrote on the item itself."""

    def test_rel_to(self) -> None:
        item = replace(MISSILE, caveats=Caveats(rel_to=("KOR", "USA")))
        assert refusals(ask(item=item)) == {"caveat": "label:rel_to"}

    def test_orcon_binds_all_but_the_originator(self) -> None:
        item = replace(MISSILE, caveats=Caveats(orcon=True))
        assert ask(item=item).permits
        assert refusals(ask(item=item, sender="JPN", recipient="USA")) == {
            "third-party": "6(a)",
            "caveat": "label:orcon",
        }
        assert refusals(ask(item=item, act="copy")) == {"caveat": "label:orcon"}

    def test_no_contractor(self) -> None:
        item = replace(MISSILE, mark="군사III급비밀", caveats=Caveats(no_contractor=True))
        assert refusals(ask(item=item, recipient="jpn-firm-1")) == {"caveat": "label:no_contractor"}

    def test_eyes(self) -> None:
        item = replace(MISSILE, caveats=Caveats(eyes=("jpn-analyst-9",)))
        assert refusals(ask(item=item, person=ANALYST)) == {"caveat": "label:eyes"}
        unnamed = ask(item=item)
        assert unnamed.permits
        assert unnamed.duties[-1].article == "label:eyes"


class TestBodies:
    """Systems, contractors, designated authorities, domestic rules."""

    @pytest.mark.parametrize(
        ("when", "permit"),
        [("2026-12-31T23:59:59.999999999+09:00", True), ("2027-01-01T00:00+09:00", False)],
    )
    def test_a_system_is_accredited_until_its_day(self, when: str, permit: bool) -> None:
        assert ask(system="ichigaya-net", at=at(when)).permits is permit

    def test_a_system_below_the_rank(self) -> None:
        dossier = with_party(replace(JPN, systems=(Accredited("low", "CONFIDENTIAL"),)))
        assert refusals(ask(dossier, system="low")) == {"system": "party:JPN:systems"}

    @pytest.mark.parametrize(
        ("mark", "when", "failed"),
        [
            ("군사III급비밀", "2019-12-31T23:59:59.999999999+09:00", {}),
            ("군사III급비밀", "2020-01-01T00:00+09:00", {"contractor": "party:JPN:contractors"}),
            ("군사II급비밀", "2019-11-18T09:00+09:00", {"contractor": "party:JPN:contractors"}),
        ],
    )
    def test_a_contractor_is_approved_for_its_rank_and_time(self, mark: str, when: str, failed: dict[str, str]) -> None:
        verdict = ask(item=replace(MISSILE, mark=mark, caveats=Caveats()), recipient="jpn-firm-1", at=at(when))
        assert {ground.check: ground.article for ground in verdict.failed()} == failed

    def test_a_designated_authority_stands_for_its_party(self) -> None:
        named = act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod")
        ended = act("w", "withdrawal", ("JPN",), "2019-12-01T00:00+09:00", targets=["d1"])
        dossier = northeast_asia(named, ended)
        item = replace(MISSILE, caveats=Caveats())
        assert ask(dossier, item, recipient="jpn-mod").permits
        with pytest.raises(InputError):
            ask(dossier, item, recipient="jpn-mod", at=ended.at.instant)

    def test_a_party_may_be_stricter_than_the_text_and_says_by_which_law(self) -> None:
        rule = DomesticRule("no-press", "Military Secrets Act art. 8", "not while at sea", topics=("defence/dprk",))
        dossier = with_party(replace(KOR, domestic=(rule,)))
        verdict = ask(dossier)
        assert refusals(verdict) == {"caveat": "domestic:KOR: Military Secrets Act art. 8"}
        assert ask(dossier, replace(MISSILE, topic="defence/maritime")).permits

    def test_the_originators_own_law_holds_however_the_item_travels(self) -> None:
        rule = DomesticRule("not-there", "Military Secrets Act art. 8", "not to the United States", to=("USA",))
        consent = act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",))
        base = northeast_asia(consent)
        dossier = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))})
        cited = {"caveat": "domestic:KOR: Military Secrets Act art. 8"}
        assert refusals(ask(dossier, recipient="USA")) == cited
        assert refusals(ask(dossier, **ONWARD)) == cited

    def test_the_originators_own_law_does_not_keep_an_item_from_coming_home(self) -> None:
        rule = DomesticRule("closed", "Military Secrets Act art. 8", "to nobody")
        dossier = with_party(replace(KOR, domestic=(rule,)))
        assert not ask(dossier).permits
        assert ask(dossier, sender="JPN", recipient="KOR").permits


class TestSeveralAgreements:
    """Several in force: one that permits suffices; else the closest speaks."""

    def two(self, **changes: Any) -> Dossier:
        base = northeast_asia()
        other = text_2016(id="a-second", **changes)
        records = {**base.records, "a-second": replace(base.records["kor-jpn-2016"], agreement="a-second")}
        return replace(base, agreements={**base.agreements, "a-second": (other,)}, records=records)

    def test_one_that_permits_suffices(self) -> None:
        dossier = self.two(scope=replace(text_2016().scope, topics=("trade",)))
        assert ask(dossier).agreement == "kor-jpn-2016"
        assert ask(dossier, replace(MISSILE, topic="trade/chips")).agreement == "a-second"

    def test_else_the_closest_speaks_then_the_first_by_id(self) -> None:
        dossier = self.two(scope=replace(text_2016().scope, topics=("trade",)))
        item = replace(MISSILE, mark="군사I급비밀")
        assert ask(dossier, item).agreement == "kor-jpn-2016"
        assert ask(self.two(), item).agreement == "a-second"

    def test_a_survival_that_permits_suffices_beside_a_text_in_force_that_does_not(self) -> None:
        other = self.two(scope=replace(text_2016().scope, topics=("trade",)))
        lapsed = replace(other.records["kor-jpn-2016"], instruments=(SIGNED, NOTIFIED, NOTICE))
        dossier = replace(other, records={**other.records, "kor-jpn-2016": lapsed})
        verdict = ask(dossier, act="use", sender="JPN", at=LAPSE)
        assert verdict.permits
        assert (verdict.agreement, verdict.grounds[0].article) == ("kor-jpn-2016", "21(4)")
        assert refusals(ask(dossier, at=LAPSE)) == {"scope": "2(a)"}

    def test_equal_treatment_fills_a_hole(self) -> None:
        levels = Levels(
            "5",
            (
                RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),
                RankRow("CONFIDENTIAL", {"KOR": ("군사III급비밀",)}, {"JPN": "SECRET"}),
            ),
        )
        assert ask(with_text(text_2016(levels=levels)), replace(MISSILE, mark="군사III급비밀")).marks == ("極秘",)


class TestHolders:
    """What a holder does with an item it has goes on after the lapse, under the articles that survive."""

    @pytest.mark.parametrize("doing", ["copy", "translate", "use"])
    def test_survival(self, doing: Any) -> None:
        for sender in ("KOR", "JPN"):
            verdict = ask(UNSUSPENDED, act=doing, sender=sender, at=LAPSE)
            assert verdict.permits
            assert verdict.grounds[0].article == "21(4)"
        none = replace(text_2016().survival, keep="none")
        gone = replace(UNSUSPENDED, agreements={"kor-jpn-2016": (text_2016(survival=none),)})
        assert not ask(gone, act=doing, at=LAPSE).permits

    @pytest.mark.parametrize("doing", ["release", "disclose", "forward"])
    def test_nothing_new_is_provided(self, doing: Any) -> None:
        assert ask(UNSUSPENDED, act=doing, at=LAPSE.plus(-1)).permits
        assert not ask(UNSUSPENDED, act=doing, at=LAPSE).permits


class TestMediated:
    """TISA 2014: through the United States, for missile and nuclear items, each hop under its own bilateral."""

    def routes(
        self, item: Item = MISSILE, **changes: Any
    ) -> list[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]]:
        asked: dict[str, Any] = {"act": "release", "sender": "KOR", "recipient": "JPN", "at": LAPSE, **changes}
        verdict = decide(UNSUSPENDED, Request(item=item, **asked))
        assert not verdict.permits
        return [(route.via, route.agreements, route.marks) for route in verdict.routes]

    def test_it_remains_after_the_lapse(self) -> None:
        assert self.routes() == SERVES

    def test_it_does_not_carry_what_the_originators_own_law_keeps_from_the_recipient(self) -> None:
        rule = DomesticRule("not-there", "Military Secrets Act art. 8", "not to Japan", to=("JPN",))
        dossier = replace(UNSUSPENDED, parties={**UNSUSPENDED.parties, "KOR": replace(KOR, domestic=(rule,))})
        assert decide(dossier, Request("release", MISSILE, "KOR", "JPN", LAPSE)).routes == ()

    def test_a_level_absent_from_the_bilateral_exists_there(self) -> None:
        assert self.routes(replace(MISSILE, mark="군사I급비밀"))[0][2] == ("機密",)

    @pytest.mark.parametrize(
        "item",
        [
            replace(MISSILE, topic="defence/maritime"),
            replace(MISSILE, caveats=Caveats(rel_to=("KOR", "JPN"))),
            replace(MISSILE, originator="USA", mark="SECRET"),
        ],
    )
    def test_what_it_cannot_carry(self, item: Item) -> None:
        assert self.routes(item) == []

    def test_the_person_is_checked_at_the_last_hop(self) -> None:
        assert self.routes(person=ANALYST) == SERVES
        assert self.routes(person=replace(ANALYST, clearance=None)) == []

    def test_someone_else_than_the_originator_needs_a_consent_on_record(self) -> None:
        american = replace(MISSILE, originator="USA", mark="SECRET")
        consent = act("c", "consent", ("USA",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("JPN",))
        dossier = northeast_asia(consent, record=(SIGNED, NOTIFIED, NOTICE))
        verdict = decide(dossier, Request("forward", american, "KOR", "JPN", LAPSE))
        assert [route.via for route in verdict.routes] == [("USA",)]

    def test_it_needs_the_arrangement_itself_in_force(self) -> None:
        early = decide(DOSSIER, Request("release", MISSILE, "KOR", "JPN", at("2014-12-28T23:59:59.999999999+09:00")))
        then = decide(DOSSIER, Request("release", MISSILE, "KOR", "JPN", at("2014-12-29T00:00+09:00")))
        assert early.routes == ()
        assert [route.via for route in then.routes] == [("USA",)]

    def test_a_permit_names_its_direct_route(self) -> None:
        verdict = decide(DOSSIER, Request("release", MISSILE, "KOR", "JPN", NOV_18))
        assert [(route.kind, route.agreements) for route in verdict.routes] == [("direct", ("kor-jpn-2016",))]


def test_the_sender_reads_for_itself_unless_told() -> None:
    revived = act("r", "withdrawal", ("KOR",), "2020-03-01T09:00+09:00", targets=["n002"])
    suspended = act("n002", "suspension", ("KOR",), "2019-11-22T17:30+09:00", targets=["n001"])
    dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, suspended, revived))
    when = at("2020-04-01T00:00+09:00")
    assert not ask(dossier, at=when).permits
    assert ask(dossier, at=when, reading="JPN").permits
    japanese = replace(MISSILE, originator="JPN", mark="極秘")
    assert ask(dossier, japanese, sender="JPN", recipient="KOR", at=when).permits


def test_a_facility_unknown_to_the_party_fails_the_facility_alone() -> None:
    dossier = with_party(replace(JPN, facilities=(Facility("other", "SECRET", (ANALYST.id,)),)))
    assert refusals(ask(dossier, person=ANALYST)) == {"facility": "6(e)"}
