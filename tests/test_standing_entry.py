"""Entry into force: whose acts it takes under each rule, which of them completes it, and when each party is bound."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Agreement, Entry, Instrument, InstrumentKind, NoticeRule
from relto.core.agreement.entry import Act, EntryIntoForce, counts_at, entry_into_force, rejoins_at
from relto.core.timeline import Period, parse_period
from tests.making import NOTIFIED, SIGNED, act, at, text_2016

THREE = ("KOR", "JPN", "USA")


def text(when: Any, parties: tuple[str, ...] = THREE, /, **more: Any) -> Agreement:
    """A text of three, which enters into force by `when`."""
    names = {"hub", "depositary", "acceding"} & more.keys()
    whole = {name: more.pop(name) for name in names}
    return text_2016(parties=parties, zone="UTC", entry=Entry("9", when, **more), **whole)


def on(day: int, kind: InstrumentKind, *by: str) -> Instrument:
    """What they do at noon on a day of January 2020, named for its day."""
    return act(f"{day:02}-{kind}", kind, by, f"2020-01-{day:02}T12:00Z")


def entered(of: Agreement, *acts: Instrument) -> tuple[str, str] | None:
    """The day on which it enters into force, and the instrument that completes it; in whichever order they lie."""
    one, other = entry_into_force(of, acts), entry_into_force(of, acts[::-1])
    assert one == other
    return None if one is None else (str(one.at), one.by)


ALL_SIGN = on(1, "signature", *THREE)


class TestSignature:
    def test_the_last_signature_completes_it(self) -> None:
        signed = (on(3, "signature", "KOR"), on(5, "signature", "JPN"), on(4, "signature", "USA"))
        assert entered(text("signature"), *signed) == ("2020-01-05T12:00:00Z", "05-signature")
        assert entered(text("signature"), *signed[:2]) is None
        assert entered(text("signature")) is None

    def test_of_two_signatures_of_one_party_the_first_counts(self) -> None:
        again = (ALL_SIGN, on(9, "signature", "KOR"))
        assert entered(text("signature"), *again) == ("2020-01-01T12:00:00Z", "01-signature")

    def test_of_two_at_one_instant_the_first_by_name_is_a_partys_and_the_last_completes_it(self) -> None:
        a, b = (replace(on(2, "signature", *THREE), id=name) for name in "ab")
        assert entered(text("signature"), a, b) == ("2020-01-02T12:00:00Z", "a")
        a, b = replace(a, by=("KOR", "JPN")), replace(b, by=("USA",))
        assert entered(text("signature"), a, b) == ("2020-01-02T12:00:00Z", "b")

    def test_an_accession_stands_for_a_signature(self) -> None:
        acts = (on(1, "signature", "KOR", "JPN"), on(7, "accession", "USA"))
        assert entered(text("signature"), *acts) == ("2020-01-07T12:00:00Z", "07-accession")

    @pytest.mark.parametrize("kind", ["notification", "deposit", "delivery", "consent", "law-change"])
    def test_nothing_else_does(self, kind: Any) -> None:
        assert entered(text("signature"), on(1, "signature", "KOR", "JPN"), on(7, kind, "USA")) is None

    def test_all_founders_are_bound_from_then_and_one_that_accedes_from_its_own_act(self) -> None:
        of = text("signature", acceding=("USA",))
        signed, joins = on(1, "signature", "KOR", "JPN"), on(7, "accession", "USA")
        founders = dict.fromkeys(("KOR", "JPN"), Act(signed.at.instant, signed.id))
        whole = EntryIntoForce(signed.at.instant, {**founders, "USA": Act(joins.at.instant, joins.id)}, signed.id)
        assert entry_into_force(of, (signed, joins)) == whole

    def test_one_that_accedes_before_the_entry_is_bound_with_it(self) -> None:
        of = text("signature", acceding=("USA",))
        joins, signed = on(1, "accession", "USA"), on(7, "signature", "KOR", "JPN")
        whole = entry_into_force(of, (signed, joins))
        assert whole is not None
        assert whole.bound["USA"] == Act(signed.at.instant, joins.id)


class TestNotification:
    def test_the_last_of_all_notifications_and_signatures(self) -> None:
        of = text("last-notification")
        notes = (on(2, "notification", "KOR", "JPN"), on(6, "notification", "USA"))
        assert entered(of, ALL_SIGN, *notes) == ("2020-01-06T12:00:00Z", "06-notification")
        late = on(9, "signature", *THREE)
        assert entered(of, late, *notes) == ("2020-01-09T12:00:00Z", "09-signature")
        assert entered(of, ALL_SIGN, notes[0]) is None
        assert entered(of, *notes) is None

    def test_an_accession_stands_for_both(self) -> None:
        of = text("last-notification")
        acts = (on(1, "signature", "KOR", "JPN"), on(2, "notification", "KOR", "JPN"), on(4, "accession", "USA"))
        assert entered(of, *acts) == ("2020-01-04T12:00:00Z", "04-accession")

    def test_signature_alone_does_not_do(self) -> None:
        assert entered(text("last-notification"), ALL_SIGN) is None


class TestDelivery:
    @pytest.mark.parametrize("keeper", ["hub", "depositary"])
    def test_all_but_the_keeper_deliver(self, keeper: str) -> None:
        of = text("delivered", **{keeper: "USA"})
        both = on(4, "delivery", "KOR", "JPN")
        assert entered(of, ALL_SIGN, both) == ("2020-01-04T12:00:00Z", "04-delivery")
        assert entered(of, ALL_SIGN, on(4, "delivery", "KOR")) is None
        assert entered(of, both) is None
        late = on(9, "signature", "USA")
        assert entered(of, on(1, "signature", "KOR", "JPN"), both, late) == ("2020-01-09T12:00:00Z", "09-signature")

    def test_without_a_keeper_each_delivers(self) -> None:
        of = text("delivered")
        assert entered(of, ALL_SIGN, on(4, "delivery", "KOR", "JPN")) is None
        assert entered(of, ALL_SIGN, on(4, "delivery", *THREE)) == ("2020-01-04T12:00:00Z", "04-delivery")

    def test_an_accession_stands_for_signature_and_delivery(self) -> None:
        acts = (on(1, "signature", "KOR", "USA"), on(2, "delivery", "KOR"), on(5, "accession", "JPN"))
        assert entered(text("delivered", hub="USA"), *acts) == ("2020-01-05T12:00:00Z", "05-accession")


class TestFirstOfMonth:
    def test_after_the_last_notification(self) -> None:
        of = text("first-of-month", month=1, month_after="last-notification")
        assert entered(of, ALL_SIGN) is None
        assert entered(of, ALL_SIGN, on(31, "notification", *THREE)) == ("2020-02-01T00:00:00Z", "31-notification")

    def test_after_the_signature(self) -> None:
        of = text("first-of-month", month=3, month_after="signature")
        assert entered(of, ALL_SIGN) == ("2020-04-01T00:00:00Z", "01-signature")
        assert entered(of) is None


class TestJointAct:
    """Whatever the rule, the parties together, or the depositary for them, may bring it into force."""

    @pytest.mark.parametrize("keeper", ["depositary", "hub"])
    def test_by_the_keeper_alone(self, keeper: str) -> None:
        of = text("instrument", **{keeper: "USA"})
        assert entered(of, on(3, "entry-into-force", "USA")) == ("2020-01-03T12:00:00Z", "03-entry-into-force")
        assert entered(of, on(3, "entry-into-force", "KOR", "JPN")) is None

    def test_the_depositary_comes_before_the_hub(self) -> None:
        of = text("instrument", depositary="JPN", hub="USA")
        assert entered(of, on(3, "entry-into-force", "USA")) is None
        assert entered(of, on(3, "entry-into-force", "JPN")) == ("2020-01-03T12:00:00Z", "03-entry-into-force")

    def test_the_keepers_act_counts_however_late_the_others_are(self) -> None:
        of = text("instrument", hub="USA")
        declared = (on(3, "entry-into-force", "USA"), on(8, "entry-into-force", "KOR", "JPN"))
        assert entered(of, *declared) == ("2020-01-03T12:00:00Z", "03-entry-into-force")

    def test_of_rule_and_joint_act_the_earlier_counts(self) -> None:
        joint = on(5, "entry-into-force", *THREE)
        assert entered(text("signature"), joint, on(3, "signature", *THREE)) == ("2020-01-03T12:00:00Z", "03-signature")
        late = entered(text("signature"), joint, on(8, "signature", *THREE))
        assert late == ("2020-01-05T12:00:00Z", "05-entry-into-force")
        assert entered(text("instrument"), ALL_SIGN) is None

    def test_all_are_bound_from_then(self) -> None:
        joint = on(5, "entry-into-force", *THREE)
        bound = dict.fromkeys(THREE, Act(joint.at.instant, joint.id))
        assert entry_into_force(text("instrument"), (joint,)) == EntryIntoForce(joint.at.instant, bound, joint.id)


class TestDeposits:
    FIRST, SECOND, THIRD = on(2, "deposit", "KOR"), on(5, "deposit", "USA"), on(9, "accession", "JPN")

    @pytest.mark.parametrize(
        ("needed", "by"), [(0, "02-deposit"), (1, "02-deposit"), (2, "05-deposit"), (3, "09-accession"), (4, None)]
    )
    def test_the_nth_deposit_completes_it(self, needed: int, by: str | None) -> None:
        done = entered(text("deposits", deposits=needed), self.FIRST, self.SECOND, self.THIRD)
        assert (done and done[1]) == by

    @pytest.mark.parametrize(("per_party", "days"), [(False, ("15", "15", "15")), (True, ("15", "15", "19"))])
    def test_each_later_one_from_its_own(self, per_party: bool, days: tuple[str, ...]) -> None:
        of = text("deposits", deposits=2, after=parse_period("P10D"), per_party=per_party)
        whole = entry_into_force(of, (self.THIRD, self.FIRST, self.SECOND))
        assert whole is not None
        bound = {party: (str(one.at), one.instrument) for party, one in whole.bound.items()}
        assert bound == {
            "KOR": (f"2020-01-{days[0]}T00:00:00Z", "05-deposit"),
            "USA": (f"2020-01-{days[1]}T00:00:00Z", "05-deposit"),
            "JPN": (f"2020-01-{days[2]}T00:00:00Z", "09-accession"),
        }
        assert (str(whole.at), whole.by) == ("2020-01-15T00:00:00Z", "05-deposit")

    def test_without_a_period_the_deposit_itself_counts(self) -> None:
        whole = entry_into_force(text("deposits", deposits=2), (self.FIRST, self.SECOND, self.THIRD))
        assert whole is not None
        assert [str(whole.bound[party].at) for party in ("KOR", "USA", "JPN")] == [
            "2020-01-05T12:00:00Z",
            "2020-01-05T12:00:00Z",
            "2020-01-09T12:00:00Z",
        ]

    def test_two_at_one_instant_are_taken_by_party(self) -> None:
        both = (replace(on(2, "deposit", "USA"), id="a"), replace(on(2, "deposit", "JPN"), id="b"))
        assert entered(text("deposits", deposits=1), *both) == ("2020-01-02T12:00:00Z", "b")

    def test_signatures_are_no_deposits(self) -> None:
        assert entered(text("deposits", deposits=1), ALL_SIGN, on(2, "notification", *THREE)) is None


def test_only_a_notice_or_a_notification_can_count_from_its_sending() -> None:
    sent = "2020-01-01T00:00Z"
    by_date = text_2016(
        entry=Entry("9", "last-notification", counted="date"),
        term=replace(text_2016().term, notice=NoticeRule(Period(0, 90), "before-term-end", "sending")),
    )
    by_receipt = text_2016()
    kinds: tuple[InstrumentKind, ...] = ("notification", "termination-notice", "suspension", "signature", "withdrawal")
    for kind in kinds:
        one = act("x", kind, ("KOR",), "2020-01-05T00:00Z", sent=sent)
        early = kind in ("notification", "termination-notice")
        assert counts_at(by_date, one) == (at(sent) if early else one.at.instant)
        assert counts_at(by_receipt, one) == one.at.instant
        assert counts_at(by_date, replace(one, sent=None)) == one.at.instant
    without = replace(by_date, term=replace(by_date.term, notice=None))
    assert counts_at(without, act("x", "termination-notice", ("KOR",), "2020-01-05T00:00Z", sent=sent)) == at(
        "2020-01-05T00:00Z"
    )


@pytest.mark.parametrize(("per_party", "day"), [(False, "2020-01-09T12:00:00Z"), (True, "2020-01-19T00:00:00Z")])
def test_one_that_left_is_bound_again_by_its_own_accession_or_deposit(per_party: bool, day: str) -> None:
    of = text("deposits", deposits=2, after=parse_period("P10D"), per_party=per_party)
    for kind in ("accession", "deposit"):
        back = on(9, kind, "JPN")
        left = back.at.instant
        found = [rejoins_at(of, (SIGNED, NOTIFIED, back), "JPN", left.plus(n)) for n in (-1, 0, 1)]
        assert [one and (str(one.at), one.instrument) for one in found] == [(day, back.id), (day, back.id), None]
        assert rejoins_at(of, (back,), "KOR", left) is None
    assert rejoins_at(of, (on(9, "signature", "JPN"),), "JPN", at("2020-01-01T00:00Z")) is None
