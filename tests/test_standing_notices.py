"""Notices in their life, and agreements of many parties: who holds what back, who leaves when, who comes back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Agreement, Entry, History, Instrument, Record, fold_history
from relto.core.timeline import parse_period
from tests.making import NOTICE, NOTIFIED, SIGNED, SUSPENSION, act, at, term, text_2016

ENDS = at("2019-11-23T00:00+09:00")
FOUR = ("BEL", "CAN", "DNK", "FRA")


def history(*instruments: Instrument, text: Agreement | None = None, reading: str = "KOR", **more: Any) -> History:
    of = text or text_2016()
    return fold_history((of,), Record(of.id, instruments), reading=reading, **more)


def states(one: History, when: Any) -> list[str]:
    """The states one nanosecond before, at, and one after."""
    return [one.standing(when.plus(n)).state for n in (-1, 0, 1)]


def phases(one: History) -> list[tuple[str, str]]:
    """Each phase by start and state."""
    return [(str(phase.start), phase.state) for phase in one.phases]


class TestTwoSuspensions:
    """A notice held back twice is free only when both suspensions are gone."""

    FIRST = act("h1", "suspension", ("KOR",), "2019-09-01T09:00+09:00", targets=["n001"])
    SECOND = act("h2", "suspension", ("KOR",), "2019-09-02T09:00+09:00", targets=["n001"])
    BACK_1 = act("w1", "withdrawal", ("KOR",), "2019-09-03T09:00+09:00", targets=["h1"])
    BACK_2 = act("w2", "withdrawal", ("KOR",), "2019-09-04T09:00+09:00", targets=["h2"])

    def test_one_withdrawn_holds_it_still(self) -> None:
        one = history(SIGNED, NOTIFIED, NOTICE, self.FIRST, self.SECOND, self.BACK_1)
        assert states(one, self.BACK_1.at.instant) == ["notice-suspended"] * 3
        assert states(one, ENDS) == ["notice-suspended"] * 3

    def test_both_withdrawn_it_is_free(self) -> None:
        one = history(SIGNED, NOTIFIED, NOTICE, self.FIRST, self.SECOND, self.BACK_1, self.BACK_2)
        assert states(one, self.BACK_2.at.instant) == ["notice-suspended", "notice-given", "notice-given"]
        assert states(one, ENDS) == ["notice-given", "lapsed", "lapsed"]

    def test_both_withdrawn_in_one_stroke(self) -> None:
        both = replace(self.BACK_2, targets=("h1", "h2"))
        one = history(SIGNED, NOTIFIED, NOTICE, self.FIRST, self.SECOND, both)
        assert states(one, both.at.instant) == ["notice-suspended", "notice-given", "notice-given"]

    def test_the_last_suspension_is_the_one_that_is_cited(self) -> None:
        one = history(SIGNED, NOTIFIED, NOTICE, self.FIRST, self.SECOND)
        cited = [one.standing(held.at.instant).grounds[-1].instrument for held in (self.FIRST, self.SECOND)]
        assert cited == ["h1", "h2"]


class TestWithdrawal:
    def test_of_the_notice_alone_it_is_as_if_never_given(self) -> None:
        back = act("w", "withdrawal", ("KOR",), "2019-09-03T09:00+09:00", targets=["n001"])
        one = history(SIGNED, NOTIFIED, NOTICE, back)
        assert states(one, back.at.instant) == ["notice-given", "in-force", "in-force"]
        assert one.standing(back.at.instant).term_end == at("2020-11-23T00:00+09:00")
        assert states(one, ENDS) == ["in-force"] * 3

    def test_of_a_suspended_notice_and_later_of_its_suspension_revives_nothing(self) -> None:
        first = act("w1", "withdrawal", ("KOR",), "2020-01-01T09:00+09:00", targets=["n001"])
        second = act("w2", "withdrawal", ("KOR",), "2020-02-01T09:00+09:00", targets=["n002"])
        for reading in ("KOR", "JPN"):
            one = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, first, second, reading=reading)
            assert states(one, first.at.instant) == ["notice-suspended", "in-force", "in-force"]
            assert states(one, second.at.instant) == ["in-force"] * 3

    def test_a_suspension_of_what_is_withdrawn_holds_nothing(self) -> None:
        back = act("w", "withdrawal", ("KOR",), "2019-09-03T09:00+09:00", targets=["n001"])
        held = act("h", "suspension", ("KOR",), "2019-09-04T09:00+09:00", targets=["n001"])
        assert states(history(SIGNED, NOTIFIED, NOTICE, back, held), held.at.instant) == ["in-force"] * 3

    def test_one_may_be_withdrawn_and_another_revived(self) -> None:
        other = act("n005", "termination-notice", ("JPN",), "2019-08-24T00:00+09:00")
        held = act("h", "suspension", ("KOR", "JPN"), "2019-09-01T09:00+09:00", targets=["n001", "n005"])
        back = act("w", "withdrawal", ("KOR", "JPN"), "2019-10-01T09:00+09:00", targets=["n001", "h"])
        one = history(SIGNED, NOTIFIED, NOTICE, other, held, back)
        then = one.standing(back.at.instant)
        assert (then.state, then.ends_at, then.grounds[-1].instrument) == ("notice-given", ENDS, "n005")
        assert states(one, ENDS) == ["notice-given", "lapsed", "lapsed"]

    @pytest.mark.parametrize("order", [1, -1])
    def test_at_one_instant_targets_come_before_what_acts_on_them(self, order: int) -> None:
        when = "2019-08-23T15:30+09:00"
        held = act("a-held", "suspension", ("KOR",), when, targets=["n001"])
        back = act("a-back", "withdrawal", ("KOR",), when, targets=["a-held"])
        assert states(history(*(SIGNED, NOTIFIED, NOTICE, held)[::order]), held.at.instant) == [
            "in-force",
            "notice-suspended",
            "notice-suspended",
        ]
        one = history(*(SIGNED, NOTIFIED, NOTICE, held, back)[::order])
        assert states(one, held.at.instant) == ["in-force", "notice-given", "notice-given"]


class TestNoDate:
    def test_while_one_is_held_a_second_notice_by_either_ends_it_at_once(self) -> None:
        for party in ("KOR", "JPN"):
            again = act("again", "termination-notice", (party,), "2020-01-15T09:00+09:00")
            one = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, again)
            assert states(one, again.at.instant) == ["notice-suspended", "lapsed", "lapsed"]

    def test_but_not_where_a_period_runs_from_receipt(self) -> None:
        text = text_2016(term=term(None, None, "P90D", "after-receipt"))
        again = act("again", "termination-notice", ("JPN",), "2020-01-15T09:00+09:00")
        one = history(SIGNED, NOTIFIED, NOTICE, replace(SUSPENSION, at=replace(NOTICE.at)), again, text=text)
        assert states(one, again.at.instant) == ["notice-suspended", "notice-given", "notice-given"]
        assert one.standing(again.at.instant).ends_at == at("2020-04-15T00:00+09:00")

    def test_a_notice_of_no_effect_stays_so_when_it_is_revived(self) -> None:
        text = text_2016(term=term("P5Y", None, "P90D", "before-term-end"))
        back = act("w", "withdrawal", ("KOR",), "2020-01-01T00:00+09:00", targets=["n002"])
        for reading in ("KOR", "JPN"):
            one = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, back, text=text, reading=reading)
            for given in (NOTICE, SUSPENSION, back):
                assert states(one, given.at.instant) == ["in-force"] * 3
            assert states(one, at("2021-11-23T00:00+09:00")) == ["in-force", "lapsed", "lapsed"]

    def test_where_nobody_says_how_it_reads_no_date_binds(self) -> None:
        one = history(SIGNED, NOTIFIED, NOTICE, SUSPENSION, text=text_2016(readings={}))
        assert one.standing(at("2020-01-01T00:00Z")).term_end is None


class TestBeforeEntry:
    def test_a_notice_before_the_entry_into_force_is_none(self) -> None:
        for offset, state in ((-1, "in-force"), (0, "notice-given")):
            early = act("n", "termination-notice", ("KOR",), str(NOTIFIED.at.instant.plus(offset)))
            assert history(SIGNED, NOTIFIED, early).standing(NOTIFIED.at.instant.plus(1)).state == state

    def test_a_notice_by_one_who_is_no_party_is_none(self) -> None:
        stranger = act("n", "termination-notice", ("USA",), "2019-08-23T15:30+09:00")
        assert history(SIGNED, NOTIFIED, stranger).standing(stranger.at.instant).state == "in-force"

    def test_a_text_amended_by_both_before_the_entry_enters_as_amended(self) -> None:
        longer = text_2016(version=2, digest="sha256:" + "2" * 64, term=term("P2Y", "P2Y"))
        for offset, version in ((-1, 2), (0, 2), (1, 1)):
            amended = act("a", "amendment", ("KOR", "JPN"), str(NOTIFIED.at.instant.plus(offset)), text=longer.digest)
            one = fold_history((text_2016(), longer), Record("x", (SIGNED, NOTIFIED, amended)), reading="KOR")
            assert one.standing(NOTIFIED.at.instant).version == version
            assert one.standing(NOTIFIED.at.instant.plus(1)).version == 2
        one_sided = act("a", "amendment", ("KOR",), "2016-11-23T11:00+09:00", text=longer.digest)
        one = fold_history((text_2016(), longer), Record("x", (SIGNED, NOTIFIED, one_sided)), reading="KOR")
        assert one.standing(NOTIFIED.at.instant).version == 1

    def test_an_amendment_at_the_very_entry_comes_too_late_for_a_date_that_has_passed(self) -> None:
        text = text_2016(term=term("2016-01-01"))
        longer = text_2016(version=2, digest="sha256:" + "2" * 64, term=term("2022-03-01"))
        for offset, state in ((-1, "in-force"), (0, "lapsed"), (1, "lapsed")):
            amended = act("a", "amendment", ("KOR", "JPN"), str(NOTIFIED.at.instant.plus(offset)), text=longer.digest)
            one = fold_history((text, longer), Record("x", (SIGNED, NOTIFIED, amended)), reading="KOR")
            assert one.standing(NOTIFIED.at.instant.plus(2)).state == state

    def test_an_amendment_of_each_on_its_own_day_counts_from_the_second(self) -> None:
        longer = text_2016(version=2, digest="sha256:" + "2" * 64)
        acts = [
            act(p, "amendment", (p,), f"2018-0{n}-01T00:00Z", text=longer.digest) for n, p in ((1, "KOR"), (3, "JPN"))
        ]
        one = fold_history((text_2016(), longer), Record("x", (SIGNED, NOTIFIED, *acts)), reading="KOR")
        second = acts[1].at.instant
        assert [one.standing(second.plus(n)).version for n in (-1, 0, 1)] == [1, 2, 2]
        assert [ground.instrument for ground in one.standing(second).grounds] == ["notif", "JPN", ""]

    def test_each_assents_to_its_own_text_only(self) -> None:
        second, third = (text_2016(version=n, digest=f"sha256:{n}" + "0" * 63) for n in (2, 3))
        korea = act("a", "amendment", ("KOR",), "2018-01-01T00:00Z", text=second.digest)
        japan = act("b", "amendment", ("JPN",), "2018-01-02T00:00Z", text=third.digest)
        for acts, version in (((korea, japan), 1), ((korea, replace(japan, text=second.digest)), 2)):
            one = fold_history((text_2016(), second, third), Record("x", (SIGNED, NOTIFIED, *acts)), reading="KOR")
            assert one.standing(at("2018-02-01T00:00Z")).version == version

    def test_a_text_that_is_not_there_governs_nothing(self) -> None:
        unknown = act("a", "amendment", ("KOR", "JPN"), "2018-01-01T00:00Z", text="sha256:" + "9" * 64)
        one = history(SIGNED, NOTIFIED, unknown)
        assert one.standing(unknown.at.instant).version == 1
        assert len(one.standing(unknown.at.instant).grounds) == 2

    def test_one_that_may_accede_is_awaited_only_between_itself_and_another(self) -> None:
        text = text_2016(parties=("KOR", "JPN", "USA"), acceding=("USA",))
        for pair, state, says in (
            (None, "signed", "signed by all parties, not yet in force"),
            (("KOR", "JPN"), "signed", "signed by all parties, not yet in force"),
            (("KOR", "USA"), "unsigned", "not signed by USA"),
        ):
            told = history(SIGNED, NOTIFIED, text=text, between=pair).standing(SIGNED.at.instant)
            assert (told.state, told.grounds[0].says) == (state, says)

    def test_a_signature_after_the_entry_into_force_changes_nothing(self) -> None:
        joint = act("e", "entry-into-force", ("KOR", "JPN"), "2016-11-20T10:00+09:00")
        one = history(joint, SIGNED, act("k", "signature", ("KOR",), "2016-11-01T10:00+09:00"))
        assert [state for _, state in phases(one)] == ["unsigned", "unsigned", "in-force"]
        assert states(one, SIGNED.at.instant) == ["in-force"] * 3

    def test_a_withdrawal_before_the_entry_lets_a_later_act_complete_it(self) -> None:
        back = act("w", "withdrawal", ("KOR", "JPN"), "2016-11-23T11:00+09:00", targets=["sig"])
        again = act("sig2", "signature", ("KOR", "JPN"), "2016-12-01T10:00+09:00")
        one = history(SIGNED, NOTIFIED, back, again)
        assert one.first_in_force() == again.at.instant
        assert one.standing(again.at.instant).grounds[0].instrument == "sig2"


def alliance(**changes: Any) -> Agreement:
    """An alliance's agreement: in force with two deposits, each party from its own; denounced with a year's notice."""
    base = {
        "id": "alliance",
        "parties": FOUR,
        "zone": "UTC",
        "entry": Entry("8", "deposits", deposits=2, after=parse_period("P30D"), per_party=True),
        "readings": {},
        "term": term(None, None, "P1Y", "after-receipt"),
    }
    return text_2016(**{**base, **changes})


JOINED = tuple(
    act(f"d-{party}", "deposit", (party,), f"2020-0{month}-01T12:00Z")
    for month, party in ((1, "BEL"), (2, "CAN"), (6, "DNK"))
)


class TestAlliance:
    def of(self, *more: Instrument, between: tuple[str, str] | None = None) -> History:
        return history(*JOINED, *more, text=alliance(), reading="BEL", between=between)

    def leaves(self, party: str, when: str, name: str = "") -> Instrument:
        return act(name or f"n-{party}", "termination-notice", (party,), when)

    def test_the_whole_and_each_pair_enter_at_their_own_time(self) -> None:
        assert states(self.of(), at("2020-03-02T00:00Z")) == ["unsigned", "in-force", "in-force"]
        entries = {
            pair: self.of(between=pair).first_in_force() for pair in (("BEL", "CAN"), ("BEL", "DNK"), ("DNK", "CAN"))
        }
        assert {pair: str(when) for pair, when in entries.items()} == {
            ("BEL", "CAN"): "2020-03-02T00:00:00Z",
            ("BEL", "DNK"): "2020-07-01T00:00:00Z",
            ("DNK", "CAN"): "2020-07-01T00:00:00Z",
        }
        assert self.of(between=("FRA", "CAN")).first_in_force() is None

    def test_a_notice_given_before_the_pair_exists_ends_it_still(self) -> None:
        early = self.leaves("BEL", "2020-05-01T08:00Z")
        pair = self.of(early, between=("BEL", "DNK"))
        assert states(pair, at("2020-07-01T00:00Z")) == ["unsigned", "notice-given", "notice-given"]
        assert states(pair, at("2021-05-02T00:00Z")) == ["notice-given", "lapsed", "lapsed"]
        assert pair.standing(at("2021-05-02T00:00Z")).grounds[-1].instrument == "n-BEL"

    def test_one_that_is_not_bound_yet_cannot_give_notice(self) -> None:
        pair = ("BEL", "DNK")
        bound = at("2020-07-01T00:00Z")
        for offset, state in ((-1, "in-force"), (0, "notice-given")):
            early = self.leaves("DNK", str(bound.plus(offset)))
            assert self.of(early, between=pair).standing(bound.plus(1)).state == state

    def test_a_notice_of_one_of_three_leaves_the_whole_as_it_is(self) -> None:
        one = self.of(self.leaves("BEL", "2021-01-15T08:00Z"))
        assert {state for _, state in phases(one)} == {"unsigned", "in-force"}

    def test_the_second_of_three_to_leave_ends_the_whole_and_is_cited(self) -> None:
        first, second = self.leaves("BEL", "2021-03-01T08:00Z"), self.leaves("CAN", "2021-01-15T08:00Z")
        one = self.of(first, second)
        assert states(one, first.at.instant) == ["in-force", "notice-given", "notice-given"]
        standing = one.standing(first.at.instant)
        assert (standing.ends_at, standing.grounds[-1].instrument) == (at("2022-03-02T00:00Z"), "n-BEL")
        assert states(one, at("2022-01-16T00:00Z")) == ["notice-given"] * 3
        assert states(one, at("2022-03-02T00:00Z")) == ["notice-given", "lapsed", "lapsed"]

    def test_of_two_notices_of_one_party_the_earlier_end_counts(self) -> None:
        first, again = self.leaves("BEL", "2021-01-15T08:00Z"), self.leaves("BEL", "2021-02-15T08:00Z", "again")
        pair = self.of(again, first, between=("BEL", "CAN"))
        assert pair.standing(again.at.instant).ends_at == at("2022-01-16T00:00Z")
        assert states(pair, at("2022-01-16T00:00Z")) == ["notice-given", "lapsed", "lapsed"]

    def test_one_that_joins_later_makes_up_for_one_that_leaves(self) -> None:
        first, second = self.leaves("BEL", "2021-01-15T08:00Z"), self.leaves("CAN", "2021-02-15T08:00Z")
        joins = act("d-FRA", "deposit", ("FRA",), "2021-06-01T12:00Z")
        one = self.of(first, second, joins)
        joined = at("2021-07-01T00:00Z")
        assert states(one, joined) == ["notice-given", "in-force", "in-force"]
        assert one.standing(at("2030-01-01T00:00Z")).state == "in-force"

    def test_who_comes_back_is_bound_from_its_own_act(self) -> None:
        leaves, back = self.leaves("BEL", "2021-01-15T08:00Z"), act("again", "deposit", ("BEL",), "2023-05-01T10:00Z")
        pair = self.of(leaves, back, between=("BEL", "CAN"))
        assert phases(pair)[-2:] == [("2022-01-16T00:00:00Z", "lapsed"), ("2023-05-31T00:00:00Z", "in-force")]
        other = self.of(leaves, back, between=("CAN", "DNK"))
        assert other.standing(at("2022-06-01T00:00Z")).state == "in-force"

    def test_who_comes_back_counts_in_the_whole_again(self) -> None:
        leaves, back = self.leaves("BEL", "2021-01-15T08:00Z"), act("again", "deposit", ("BEL",), "2023-05-01T10:00Z")
        second = self.leaves("CAN", "2024-01-15T08:00Z")
        assert self.of(leaves, back, second).standing(at("2026-01-01T00:00Z")).state == "in-force"
        assert self.of(leaves, second).standing(at("2026-01-01T00:00Z")).state == "lapsed"

    def test_who_left_may_leave_again(self) -> None:
        leaves, back = self.leaves("BEL", "2021-01-15T08:00Z"), act("again", "deposit", ("BEL",), "2023-05-01T10:00Z")
        twice = self.leaves("BEL", "2024-01-15T08:00Z", "twice")
        pair = self.of(leaves, back, twice, between=("BEL", "CAN"))
        assert phases(pair)[-2:] == [("2024-01-15T08:00:00Z", "notice-given"), ("2025-01-16T00:00:00Z", "lapsed")]

    def test_a_suspension_of_the_notice_that_would_end_the_pair(self) -> None:
        leaves = self.leaves("BEL", "2021-01-15T08:00Z")
        held = act("h", "suspension", ("BEL",), "2021-02-01T08:00Z", targets=["n-BEL"])
        pair = self.of(leaves, held, between=("BEL", "CAN"))
        assert states(pair, held.at.instant) == ["notice-given", "notice-suspended", "notice-suspended"]
        assert states(self.of(leaves, held), held.at.instant) == ["in-force"] * 3
        assert states(self.of(leaves, held, between=("CAN", "DNK")), held.at.instant) == ["in-force"] * 3

    def test_only_those_still_bound_amend(self) -> None:
        amended = alliance(version=2, digest="sha256:" + "2" * 64)
        leaves = self.leaves("BEL", "2021-01-15T08:00Z")
        one = act("am", "amendment", ("CAN", "DNK"), "2022-01-15T23:59:59.999999999Z", text=amended.digest)
        for offset, version in ((0, 1), (1, 2), (2, 2)):
            moved = act("am", "amendment", one.by, str(one.at.instant.plus(offset)), text=amended.digest)
            record = Record("alliance", (*JOINED, leaves, moved))
            told = fold_history((alliance(), amended), record, reading="BEL").standing(at("2023-01-01T00:00Z"))
            assert told.version == version

    def test_one_bound_at_the_very_instant_must_assent_too(self) -> None:
        amended = alliance(version=2, digest="sha256:" + "2" * 64)
        bound = at("2020-07-01T00:00Z")
        for offset, version in ((-1, 2), (0, 1), (1, 1)):
            one = act("am", "amendment", ("BEL", "CAN"), str(bound.plus(offset)), text=amended.digest)
            record = Record("alliance", (*JOINED, one))
            told = fold_history((alliance(), amended), record, reading="BEL").standing(bound.plus(2))
            assert told.version == version

    def test_a_life_of_no_time_leaves_its_acts_spent(self) -> None:
        text = text_2016(term=term(None))
        at_once = act("n", "termination-notice", ("JPN",), str(NOTIFIED.at.instant))
        again = act("notif2", "notification", ("KOR", "JPN"), "2017-01-01T00:00Z")
        signed = act("sig2", "signature", ("KOR", "JPN"), "2017-01-01T00:00Z")
        assert history(SIGNED, NOTIFIED, at_once, text=text).standing(NOTIFIED.at.instant).state == "lapsed"
        one = history(SIGNED, NOTIFIED, at_once, again, signed, text=text)
        assert states(one, again.at.instant) == ["lapsed", "in-force", "in-force"]


class TestComingBack:
    """Of two parties none comes back alone; of three, one may, while the agreement goes on between the others."""

    @pytest.mark.parametrize("kind", ["accession", "deposit"])
    def test_of_two_none_comes_back_alone(self, kind: Any) -> None:
        back = act("again", kind, ("KOR",), "2020-05-01T10:00+09:00")
        one = history(SIGNED, NOTIFIED, NOTICE, back)
        assert states(one, back.at.instant) == ["lapsed"] * 3

    @pytest.mark.parametrize("pair", [None, ("KOR", "JPN"), ("JPN", "KOR")])
    def test_of_three_one_does(self, pair: tuple[str, str] | None) -> None:
        text = text_2016(parties=("KOR", "JPN", "USA"), term=term(None, None, "P90D", "after-receipt"))
        signed, notified = (replace(one, by=text.parties) for one in (SIGNED, NOTIFIED))
        back = act("again", "accession", ("KOR",), "2020-05-01T10:00+09:00")
        one = history(signed, notified, NOTICE, back, text=text, between=pair)
        left = at("2019-11-22T00:00+09:00")
        assert states(one, left) == (["notice-given", "lapsed", "lapsed"] if pair else ["in-force"] * 3)
        assert states(one, back.at.instant) == (["lapsed", "in-force", "in-force"] if pair else ["in-force"] * 3)

    @pytest.mark.parametrize("pair", [("KOR", "JPN"), ("KOR", "USA"), None])
    def test_one_alone_is_no_agreement_until_all_enter_anew(self, pair: tuple[str, str] | None) -> None:
        text = text_2016(parties=("KOR", "JPN", "USA"), term=term(None, None, "P90D", "after-receipt"))
        signed, notified = (replace(one, by=text.parties) for one in (SIGNED, NOTIFIED))
        both = replace(NOTICE, by=("KOR", "JPN"))
        again = [
            act(f"{kind}-2", kind, text.parties, "2020-05-01T10:00+09:00") for kind in ("signature", "notification")
        ]
        one = history(signed, notified, both, *again, text=text, between=pair)
        assert states(one, again[0].at.instant) == ["lapsed", "in-force", "in-force"]
        assert one.standing(again[0].at.instant).grounds[0].instrument == "signature-2"

    @pytest.mark.parametrize(("pair", "again"), [(("KOR", "USA"), True), (("JPN", "USA"), False), (None, True)])
    def test_two_are_enough_again(self, pair: tuple[str, str] | None, again: bool) -> None:
        text = text_2016(parties=("KOR", "JPN", "USA"), term=term(None, None, "P90D", "after-receipt"))
        signed, notified = (replace(one, by=text.parties) for one in (SIGNED, NOTIFIED))
        both = replace(NOTICE, by=("KOR", "JPN"))
        back = act("again", "accession", ("KOR",), "2020-05-01T10:00+09:00")
        one = history(signed, notified, both, back, text=text, between=pair)
        assert states(one, back.at.instant) == ["lapsed", *["in-force" if again else "lapsed"] * 2]
        if again:
            assert one.standing(back.at.instant).grounds[0].instrument == "notif"


class TestEntryAnew:
    @pytest.mark.parametrize(("offset", "state"), [(-1, "lapsed"), (0, "in-force"), (1, "in-force")])
    def test_acts_at_the_very_lapse_count_for_a_new_entry(self, offset: int, state: str) -> None:
        when = str(ENDS.plus(offset))
        again = [act("s", "signature", ("KOR", "JPN"), when), act("t", "notification", ("KOR", "JPN"), when)]
        one = history(SIGNED, NOTIFIED, NOTICE, *again)
        assert one.standing(ENDS.plus(2)).state == state
        assert one.standing(ENDS.plus(-1)).state == "notice-given"

    @pytest.mark.parametrize(("offset", "state"), [(0, "lapsed"), (1, "in-force"), (2, "in-force")])
    def test_after_a_life_of_no_time_those_a_nanosecond_later(self, offset: int, state: str) -> None:
        text = text_2016(term=term(None))
        at_once = act("n", "termination-notice", ("JPN",), str(NOTIFIED.at.instant))
        when = str(NOTIFIED.at.instant.plus(offset))
        again = [act("s", "signature", ("KOR", "JPN"), when), act("t", "notification", ("KOR", "JPN"), when)]
        one = history(SIGNED, NOTIFIED, at_once, *again, text=text)
        assert one.standing(NOTIFIED.at.instant.plus(3)).state == state


class TestWhatIsNotKnown:
    """Knowledge comes in any order: a suspension may be known before the notice that it holds back."""

    LATE = replace(NOTICE, recorded=at("2020-06-01T00:00Z"))
    BACK = act("w", "withdrawal", ("KOR",), "2020-01-01T00:00Z", targets=["n002"])

    def test_a_suspension_of_a_notice_nobody_knows_of_holds_nothing(self) -> None:
        for record in ((SIGNED, NOTIFIED, self.LATE, SUSPENSION), (SIGNED, NOTIFIED, self.LATE, SUSPENSION, self.BACK)):
            one = history(*record, known_by=at("2020-05-31T00:00Z"))
            assert [state for _, state in phases(one)][2:] == ["in-force"] * (len(record) - 2)
            then = history(*record, known_by=at("2020-06-01T00:00Z"))
            assert then.standing(SUSPENSION.at.instant).state == "notice-suspended"

    def test_acts_that_name_each_other_in_a_circle_hold_nothing(self) -> None:
        """Such a record contradicts itself and is refused when it is read; the fold of it ends all the same."""
        first, second = (replace(SUSPENSION, id=name, targets=(other,)) for name, other in (("a", "b"), ("b", "a")))
        assert history(SIGNED, NOTIFIED, first, second).standing(SUSPENSION.at.instant).state == "in-force"
