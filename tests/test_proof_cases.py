"""Proofs in particulars: what is looked at, which cell is shown and in which words, and what the evaluator is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from relto.core.agreement import Purpose, Record, Scope, ThirdParty
from relto.core.decision import ACTS, Request, Verdict, evaluate
from relto.core.decision.proof import (
    Counterexample,
    Pattern,
    Proof,
    Property,
    citing,
    prove_citing,
    prove_lapsed,
    prove_level,
    prove_onward,
    prove_property,
    prove_purpose,
)
from relto.core.decision.proof.view import Row, moments, needed, phases_of, rows_of
from relto.core.decision.proof.wording import mark_of, rank_of, request_of, said, spot_of, unnamed
from relto.core.decision.table import Table, compile_table
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE
from relto.core.decision.table.word import BIT, FAILED, checks_of
from relto.core.dossier import Accredited, DomesticRule, Dossier, Item
from relto.core.label import Caveats, Levels, RankRow
from relto.core.timeline import Day
from tests.breaking import edge_at, with_bit, with_lane, with_third, without_bit, without_cut
from tests.making import JPN, KOR, NOTIFIED, SIGNED, USA, act, at, northeast_asia, pact, text_2016

PACT = "kor-jpn-2016"
START, END = at("2015-01-01T00:00Z"), at("2021-01-01T00:00Z")
IN_2018 = "2018-01-01T00:00Z"
SIGNATURE, ENTRY = SIGNED.at.instant, NOTIFIED.at.instant
RELEASE, COPY = ACTS.index("release"), ACTS.index("copy")
ODD = replace(JPN, marks=(JPN.marks[0], JPN.marks[2], JPN.marks[1], JPN.marks[3]))
"""Japan with 特定秘密, which MOVED puts in another row than its rank's, before the other mark of that rank."""
MOVED = Levels(
    "4",
    (
        RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),
        RankRow("CONFIDENTIAL", {"KOR": ("군사III급비밀",), "JPN": ("秘", "特定秘密")}),
    ),
)


def table_of(dossier: Dossier, **more: Any) -> Table:
    return compile_table(dossier, START, END, **more)


@cache
def plain() -> Table:
    """The pact of 2016 alone: three parties, one of them none to it."""
    return table_of(pact())


@cache
def odd() -> Table:
    """The same with a mark that stands by itself."""
    return table_of(pact(levels=MOVED, parties=(KOR, ODD, USA)))


def row_at(table: Table, sender: str = "KOR", recipient: str = "JPN", when: str = IN_2018) -> Row:
    """The row of the first agreement between the two then."""
    return next(
        row
        for row in rows_of(table)
        if (row.lane.sender, row.lane.recipient) == (sender, recipient) and row.start <= at(when) < row.end
    )


def shown(proof: Proof) -> Counterexample:
    assert proof.counterexample is not None
    return proof.counterexample


class TestWords:
    def test_a_name_that_is_not_taken(self) -> None:
        assert unnamed("a", ()) == "a"
        assert unnamed("a", ("a", "a-x")) == "a-x-x"

    def test_a_mark_for_a_grade(self) -> None:
        axes = odd().ground.axes
        secret, none, slot = axes.rank("SECRET"), axes.rank(""), len(axes.ranks)
        assert mark_of(odd(), "JPN", "JPN", secret) == "極秘"
        assert mark_of(odd(), "JPN", "JPN", slot) == "特定秘密"
        assert mark_of(odd(), "KOR", "JPN", secret) == "特定秘密"
        assert mark_of(odd(), "KOR", "JPN", slot) is None
        assert mark_of(odd(), "JPN", "KOR", slot) is None
        assert mark_of(odd(), "KOR", "KOR", secret) == "군사II급비밀"
        assert mark_of(odd(), "KOR", "KOR", none) == "no-such-mark"
        assert (mark_of(odd(), "KOR", "FRA", secret), mark_of(odd(), "KOR", "FRA", none)) == (None, "no-such-mark")

    def test_a_mark_of_no_rank_is_none_that_the_party_or_a_text_has(self) -> None:
        known = replace(JPN, marks=(replace(JPN.marks[0], mark="no-such-mark"), *JPN.marks[1:]))
        rows = (RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘", "特定秘密", "no-such-mark-x")}),)
        table = table_of(pact(levels=Levels("4", rows), parties=(KOR, known, USA)))
        none = table.ground.axes.rank("")
        assert mark_of(table, "JPN", "JPN", none) == "no-such-mark-x-x"
        assert mark_of(table, "KOR", "JPN", none) == "no-such-mark-x"

    def test_a_rank_for_a_grade(self) -> None:
        axes = odd().ground.axes
        assert rank_of(odd(), "JPN", axes.rank("SECRET")) == "SECRET"
        assert rank_of(odd(), "JPN", len(axes.ranks)) == "SECRET"
        assert rank_of(odd(), "KOR", len(axes.ranks)) == rank_of(odd(), "FRA", len(axes.ranks)) == ""

    def test_a_spot_has_names_where_no_clause_names_any(self) -> None:
        table = table_of(pact(scope=Scope("2", ("defence", "other-topic")), purpose=Purpose("6", "only", ("study",))))
        axes = table.ground.axes
        assert (axes.topics, axes.purposes) == (("defence", "other-topic", ""), ("study", ""))
        spot = spot_of(table, (1, 2, 3, 4))
        assert (spot.grade, spot.topic, spot.purpose, spot.own, spot.act) == (
            1,
            "other-topic-x",
            "other-purpose",
            False,
            4,
        )
        spot = spot_of(table, (0, 0, 0, 0))
        assert (spot.topic, spot.purpose, spot.own) == ("defence", "study", True)
        taken = table_of(pact(purpose=Purpose("6", "only", ("other-purpose",))))
        assert spot_of(taken, (0, 0, 2, 0)).purpose == "other-purpose-x"

    def test_a_request_falls_into_its_cell(self) -> None:
        known_by = at("2019-01-01T00:00Z")
        table = table_of(
            pact(purpose=Purpose("6", "only", ("other-purpose", "study"))), reading="JPN", known_by=known_by
        )
        row = row_at(table)
        secret = table.ground.axes.rank("SECRET")
        for purpose, own in ((0, True), (1, False), (2, True), (3, False), (4, True), (5, False)):
            spot = spot_of(table, (secret, 0, purpose, COPY))
            asked = request_of(table, row, spot, "KOR", at(IN_2018))
            assert asked is not None
            assert (asked.act, asked.sender, asked.recipient, asked.at) == ("copy", "KOR", "JPN", at(IN_2018))
            assert (asked.reading, asked.known_by) == ("JPN", known_by)
            assert (asked.item.originator, asked.item.mark, asked.item.topic) == ("KOR", "군사II급비밀", "defence")
            assert asked.purpose == spot.purpose
            assert (asked.item.purpose == spot.purpose) is own
            assert own or asked.item.purpose not in table.ground.axes.purposes
        slot = spot_of(odd(), (len(odd().ground.axes.ranks), 0, 0, 0))
        assert request_of(odd(), row_at(odd()), slot, "KOR", at(IN_2018)) is None

    def test_a_verdict_in_a_line(self) -> None:
        item = Item("x", "x", "KOR", "군사II급비밀", "defence", "p")
        request = Request("release", item, "KOR", "JPN", at(IN_2018))
        assert said(evaluate(pact(), request)) == (
            "permits: standing (21(1)): in-force; scope (2(a)): defence is within it; level (4): 군사II급비밀 is "
            "SECRET, for JPN 極秘 or 特定秘密; third-party (6(a)): not passed on to a third party; "
            "purpose (6(c)): p, as provided"
        )
        refused = evaluate(pact(scope=Scope("", ("cyber",)), levels=None), request)
        assert said(refused) == (
            "refuses: scope (no article): defence is outside cyber; level (no article): it has no table of levels"
        )


class TestRows:
    def test_each_agreement_over_each_stretch(self) -> None:
        other = text_2016(id="kor-jpn-2020")
        rows = [row for row in rows_of(table_of(pact(other))) if row.lane.recipient == "JPN" != row.lane.sender]
        assert [
            (row.lane.sender, row.edge.agreement, row.start, row.end) for row in rows if row.lane.sender == "KOR"
        ] == [
            ("KOR", PACT, START, ENTRY),
            ("KOR", "kor-jpn-2020", START, ENTRY),
            ("KOR", PACT, ENTRY, END),
            ("KOR", "kor-jpn-2020", ENTRY, END),
        ]
        assert row_at(plain(), recipient="jpn-firm-1").recipient == "JPN"

    def test_phases_begin_with_the_row_and_end_before_it_does(self) -> None:
        row = row_at(plain(), when="2016-01-01T00:00Z")
        assert [(since, phase.state) for since, phase in phases_of(plain(), row)] == [
            (START, "unsigned"),
            (SIGNATURE, "signed"),
        ]
        short = replace(row, start=SIGNATURE, end=SIGNATURE.plus(1))
        assert [(since, phase.state) for since, phase in phases_of(plain(), short)] == [(SIGNATURE, "signed")]

    def test_moments_are_those_of_the_agreements_of_the_two(self) -> None:
        table = table_of(northeast_asia(record=(SIGNED, NOTIFIED)))
        assert moments(table, "KOR", ("JPN",), START, END) == (START, SIGNATURE, ENTRY)
        assert moments(table, "KOR", ("JPN",), SIGNATURE, ENTRY) == (SIGNATURE,)
        assert moments(table, "KOR", ("KOR", "FRA"), START, END) == (START,)
        assert moments(table, "FRA", ("JPN", "KOR"), START, END) == (START,)
        early = at("1980-01-01T00:00Z")
        both = moments(table, "USA", ("KOR", "JPN"), early, END)
        assert both == (early, at("1987-09-24T00:00+09:00"), at("2007-08-10T00:00+09:00"))

    def test_the_weaker_of_the_two_places_counts(self) -> None:
        number = plain().ground.axes.originator("USA")
        edge = edge_at(plain(), "KOR", "JPN", IN_2018)
        assert (needed(plain(), edge, number) == CONSENT).all()
        assert (needed(plain(), edge, plain().ground.axes.originator("KOR")) == FREE).all()
        bit = plain().ground.layout.originator.bit(number)
        broken = without_bit(plain(), "KOR", "JPN", IN_2018, bit, grade=1)
        asked = needed(broken, edge_at(broken, "KOR", "JPN", IN_2018), number)
        assert (asked[1] == FREE).all()
        assert (np.delete(asked, 1, axis=0) == CONSENT).all()
        closed = with_lane(plain(), "KOR", "JPN", with_third(number, CLOSED))
        assert (needed(closed, edge_at(closed, "KOR", "JPN", IN_2018), number) == CLOSED).all()


class TestBounds:
    @pytest.mark.parametrize(
        ("prover", "name", "says"),
        [
            (
                prove_lapsed,
                "lapsed-releases-nothing",
                "while an agreement is not in force, nothing is released, disclosed or forwarded under it",
            ),
            (
                prove_level,
                "no-level-above-ceiling",
                "nothing goes above the table of levels, nor to a contractor above or after its approval",
            ),
            (
                prove_purpose,
                "purpose-bound",
                "an item serves the purpose it was provided for, or one that the text itself names or leaves open",
            ),
        ],
    )
    def test_a_proof_says_what_was_proved_of_how_much(self, prover: Any, name: str, says: str) -> None:
        for table in (plain(), without_bit(plain(), "JPN", "KOR", IN_2018, FAILED)):
            proof = prover(table)
            rows = len(list(rows_of(table)))
            assert (proof.id, proof.says, proof.stretches, proof.requests) == (name, says, rows, 0)
            assert proof.cells == rows * table.ground.axes.size

    def test_onward_is_looked_at_for_every_originator(self) -> None:
        for table in (plain(), with_lane(plain(), "KOR", "JPN", with_third(2, FREE))):
            proof, axes = prove_onward(table), table.ground.axes
            rows = len(list(rows_of(table)))
            assert (proof.id, proof.stretches) == ("no-onward-without-consent", rows)
            assert proof.says.startswith("an item of a third party goes on without a consent on record only where ")
            assert proof.cells == rows * axes.size * len(axes.originators)

    def test_the_first_that_is_found_is_shown(self) -> None:
        broken = without_bit(plain(), "JPN", "KOR", IN_2018, BIT["level"])
        broken = without_bit(broken, "KOR", "JPN", IN_2018, BIT["level"])
        assert shown(prove_level(broken)).sender == "JPN"

    def test_an_agreement_signed_but_not_in_force_releases_nothing(self) -> None:
        broken = without_bit(plain(), "KOR", "JPN", "2016-01-01T00:00Z", BIT["standing"])
        found = shown(prove_lapsed(broken))
        assert (found.start, found.end, found.act) == (START, SIGNATURE, "release")
        assert found.demands == "no new release: kor-jpn-2016 is unsigned then"

    def test_a_mark_that_stands_by_itself_is_held_against_its_own_row(self) -> None:
        assert prove_level(odd()).holds
        rows = (MOVED.rows[0], replace(MOVED.rows[1], marks={"KOR": ("군사III급비밀",), "JPN": ("秘",)}))
        table = table_of(pact(levels=Levels("4", rows), parties=(KOR, ODD, USA)))
        slot = len(table.ground.axes.ranks)
        assert prove_level(table).holds
        found = shown(prove_level(without_bit(table, "JPN", "KOR", IN_2018, BIT["level"], grade=slot)))
        assert (found.mark, found.rank, found.originator) == ("特定秘密", "SECRET", "JPN")
        assert found.demands == "no permit: kor-jpn-2016 has no equivalent for KOR"
        assert found.reference.startswith("refuses: level (4)")
        assert not prove_level(without_bit(table, "KOR", "JPN", IN_2018, BIT["level"], grade=slot)).holds

    def test_where_a_text_has_no_table_nothing_is_permitted(self) -> None:
        table = table_of(pact(levels=None))
        assert prove_level(table).holds
        for grade in range(table.ground.axes.shape[0]):
            assert not prove_level(without_bit(table, "KOR", "JPN", IN_2018, BIT["level"], grade=grade)).holds

    def test_a_cell_of_the_senders_own_items_is_shown_before_one_of_others(self) -> None:
        korea = replace(KOR, marks=KOR.marks[1:])
        table = table_of(pact(parties=(korea, JPN, USA), scope=Scope("2", ("defence",))))
        opened, early = BIT["standing"] | BIT["level"], "2016-01-01T00:00Z"
        found = shown(prove_lapsed(without_bit(table, "KOR", "JPN", early, opened)))
        assert (found.originator, found.rank, found.mark) == ("KOR", "SECRET", "군사II급비밀")
        found = shown(prove_lapsed(without_bit(table, "KOR", "JPN", early, opened, grade=0)))
        assert (found.originator, found.rank, found.mark, found.reference) == ("KOR", "TOP SECRET", "", "")

    @pytest.mark.parametrize(("until", "holds"), [("2018-01-01", False), ("2021-01-01", True), (None, True)])
    def test_a_contractor_after_its_approval(self, until: str | None, holds: bool) -> None:
        firm = Accredited("firm", "CONFIDENTIAL", Day.parse(until) if until else None)
        table = table_of(pact(parties=(KOR, replace(JPN, contractors=(firm,)), USA)))
        assert prove_level(table).holds
        confidential = table.ground.axes.rank("CONFIDENTIAL")
        late = "2018-06-01T00:00Z" if until == "2018-01-01" else IN_2018
        broken = without_bit(table, "KOR", "firm", late, BIT["contractor"], grade=confidential)
        assert prove_level(broken).holds is holds
        if not holds:
            found = shown(prove_level(broken))
            assert found.demands == "no permit: the approval of firm ends 2018-01-01"
            assert found.start == at("2018-01-01T00:00+09:00")

    def test_who_an_authority_is_counts_as_the_table_knows_it(self) -> None:
        named = act("d", "designation", ("JPN",), "2016-12-01T00:00Z", authority="jpn-mod")
        ended = act("w", "withdrawal", ("JPN",), "2017-01-01T00:00Z", targets=["d"], recorded="2020-06-01T00:00Z")
        dossier = northeast_asia(record=(SIGNED, NOTIFIED, named, ended))
        dossier = replace(dossier, agreements={PACT: dossier.agreements[PACT]})
        table = compile_table(dossier, at(IN_2018), END, known_by=at("2019-01-01T00:00Z"))
        assert row_at(table, recipient="jpn-mod").edge.in_force
        assert prove_level(table).holds
        secret = table.ground.axes.rank("TOP SECRET")
        broken = without_bit(table, "KOR", "jpn-mod", IN_2018, BIT["level"], grade=secret)
        assert shown(prove_level(broken)).recipient == "jpn-mod"

    @pytest.mark.parametrize(
        ("clause", "wrong"),
        [
            (Purpose("6", "as-provided"), {("study", False), ("", False)}),
            (Purpose("6", "only", ("study",)), {("", True), ("", False)}),
            (Purpose("6", "any"), set()),
            (None, set()),
        ],
    )
    def test_a_purpose_that_the_text_does_not_allow(self, clause: Purpose | None, wrong: set[tuple[str, bool]]) -> None:
        rule = DomesticRule("d", "Act", "x", purposes=("study",), to=("USA",))  # so that the axes know the purpose
        table = table_of(pact(purpose=clause, parties=(replace(KOR, domestic=(rule,)), JPN, USA)))
        assert table.ground.axes.purposes == ("study", "")
        places = [(name, own) for name in table.ground.axes.purposes for own in (True, False)]
        found = set()
        for number, place in enumerate(places):
            broken = without_bit(table, "KOR", "JPN", IN_2018, BIT["purpose"], purpose=number)
            proof = prove_purpose(broken)
            if not proof.holds:
                found.add(place)
                assert clause is not None
                assert shown(proof).demands == f"no other purpose: article 6 says {clause.rule}"
        assert found == wrong


class TestOnward:
    @pytest.mark.parametrize(
        ("clause", "need", "demands"),
        [
            (None, CONSENT, "consent of USA: kor-jpn-2016 has the rule originator-consent"),
            (
                ThirdParty("6", "originator-consent"),
                CONSENT,
                "consent of USA: kor-jpn-2016 has the rule originator-consent",
            ),
            (ThirdParty("6", "forbidden"), CLOSED, "no permit: kor-jpn-2016 has the rule forbidden"),
            (ThirdParty("6", "community"), CLOSED, "no permit: kor-jpn-2016 has the rule community"),
            (ThirdParty("6", "nations", ("USA",)), CLOSED, "no permit: kor-jpn-2016 has the rule nations"),
            (ThirdParty("6", "nations", ("JPN",)), FREE, ""),
        ],
    )
    def test_what_the_text_itself_asks_where_no_other_binds_the_sender(
        self, clause: ThirdParty | None, need: int, demands: str
    ) -> None:
        table = table_of(pact(third_party=clause))
        number = table.ground.axes.originator("USA")
        assert edge_at(table, "KOR", "JPN", IN_2018).third[number] == need
        assert prove_onward(table).holds
        for asked in (FREE, CONSENT, CLOSED):
            proof = prove_onward(with_lane(table, "KOR", "JPN", with_third(number, asked)))
            assert proof.holds is (asked >= need)
            if asked < need:
                found = shown(proof)
                assert (found.demands, found.originator, found.mark) == (demands, "USA", "SECRET")
                says = "permit" if asked == FREE else "permit with a consent on record"
                assert (found.table_says, found.sender, found.recipient) == (says, "KOR", "JPN")

    def test_the_strictest_of_the_texts_that_bind_counts(self) -> None:
        other = text_2016(id="usa-kor", parties=("USA", "KOR"), third_party=ThirdParty("9", "forbidden"), readings={})
        signed = tuple(
            act(name, kind, ("USA", "KOR"), when)  # type: ignore[arg-type]
            for name, kind, when in (
                ("s", "signature", "2017-01-01T00:00Z"),
                ("n", "notification", "2018-06-01T00:00Z"),
            )
        )
        dossier = pact(other)
        dossier = replace(dossier, records={**dossier.records, "usa-kor": Record("usa-kor", signed)})
        table = table_of(dossier)
        assert prove_onward(table).holds
        number = table.ground.axes.originator("USA")
        assert edge_at(table, "KOR", "JPN", IN_2018).third[number] == CONSENT
        assert edge_at(table, "KOR", "JPN", "2019-01-01T00:00Z").third[number] == CLOSED
        found = shown(prove_onward(with_lane(table, "KOR", "JPN", with_third(number, CONSENT))))
        assert found.demands == "no permit: usa-kor has the rule forbidden"
        assert found.start == at("2018-06-01T00:00Z")
        found = shown(prove_onward(with_lane(table, "KOR", "JPN", without_cut("2018-06-01T00:00Z"))))
        assert (found.originator, found.start) == ("USA", at("2018-06-01T00:00Z"))

    def test_a_cell_that_the_originator_has_a_mark_for_is_shown(self) -> None:
        bare = replace(USA, marks=USA.marks[2:])
        table = table_of(pact(parties=(KOR, JPN, bare)))
        number = table.ground.axes.originator("USA")
        found = shown(prove_onward(with_lane(table, "KOR", "JPN", with_third(number, FREE))))
        assert (found.rank, found.mark) == ("CONFIDENTIAL", "CONFIDENTIAL")
        none = table_of(pact(parties=(KOR, JPN, replace(USA, marks=()))))
        found = shown(prove_onward(with_lane(none, "KOR", "JPN", with_third(number, FREE))))
        assert (found.rank, found.mark, found.act, found.reference) == ("SECRET", "", "release", "")


class TestCiting:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Request, Verdict]]:
        """Every request that is put to the evaluator, with its verdict."""
        found: list[tuple[Request, Verdict]] = []

        def noting(dossier: Dossier, request: Request, **more: Any) -> Verdict:
            verdict = evaluate(dossier, request, **more)
            found.append((request, verdict))
            return verdict

        monkeypatch.setattr(citing, "evaluate", noting)
        return found

    def test_it_says_of_how_much(self) -> None:
        table = plain()
        proof, rows = prove_citing(table), list(rows_of(table))
        assert (proof.id, proof.stretches, proof.cells) == (
            "every-refusal-cites",
            len(rows),
            len(rows) * table.ground.axes.size,
        )
        assert proof.says == (
            "every check on which the table refuses fails in the explanation too, with the article that it rests on"
        )

    def test_every_place_at_which_a_combination_of_checks_fails_is_asked(
        self, asked: list[tuple[Request, Verdict]]
    ) -> None:
        table = table_of(pact(scope=Scope("2", ("cyber", "defence"))))
        proof = prove_citing(table)
        assert proof.holds
        assert proof.requests == len(asked)
        plainly = [one for one, _ in asked if one.person is None and one.system is None]
        for sender, recipient, when in product(("KOR", "JPN"), ("KOR", "JPN"), (START, ENTRY)):
            if sender != recipient:
                here = [one for one in plainly if (one.sender, one.recipient, one.at) == (sender, recipient, when)]
                wanted = set(_places(table, edge_at(table, sender, recipient, str(when))))
                assert wanted <= {place for one in here for place in _placed(table, one)}

    def test_each_is_asked_again_when_the_state_changes(self, asked: list[tuple[Request, Verdict]]) -> None:
        prove_citing(plain())
        states = {
            ground.says.split(",")[0]
            for one, verdict in asked
            if one.at in (START, SIGNATURE)
            for ground in verdict.grounds
            if ground.check == "standing" and ground.agreement
        }
        assert states >= {"unsigned", "signed"}

    def test_persons_labels_and_systems_are_asked_about(self, asked: list[tuple[Request, Verdict]]) -> None:
        prove_citing(plain())
        here = [pair for pair in asked if (pair[0].sender, pair[0].recipient) == ("KOR", "jpn-firm-1")]
        refused = {ground.check for _, verdict in here for ground in verdict.failed()}
        assert refused >= {
            "caveat",
            "clearance",
            "need-to-know",
            "facility",
            "assurance",
            "system",
            "purpose",
            "contractor",
        }
        cited = {ground.article for _, verdict in here for ground in verdict.failed()}
        assert cited >= {
            "label:rel_to",
            "label:no_contractor",
            "label:eyes",
            "party:JPN:systems",
            "party:JPN:assurance",
        }

    def test_items_of_third_parties_are_asked_about(self, asked: list[tuple[Request, Verdict]]) -> None:
        prove_citing(table_of(northeast_asia(record=(SIGNED, NOTIFIED))))
        cited = {
            (one.sender, one.recipient, one.item.originator, ground.agreement, ground.article)
            for one, verdict in asked
            for ground in verdict.failed()
            if ground.check == "third-party"
        }
        assert cited >= {
            ("KOR", "JPN", "USA", "usa-kor-1987", "3"),
            ("JPN", "KOR", "USA", "usa-jpn-2007", "6(b)"),
            ("KOR", "USA", "JPN", PACT, "6(a)"),
            ("USA", "KOR", "JPN", "usa-jpn-2007", "6(b)"),
        }

    def test_what_labels_persons_and_systems_are_asked_about_is_each_asked_once_for_every_mark(
        self, asked: list[tuple[Request, Verdict]]
    ) -> None:
        prove_citing(plain())
        here = [one for one, _ in asked if (one.sender, one.recipient) == ("KOR", "JPN")]
        brought = [one for one in here if one.person or one.system or one.item.caveats != Caveats()]
        labels = {Caveats(rel_to=()), Caveats(orcon=True), Caveats(no_contractor=True), Caveats(eyes=())}
        marks = {"군사I급비밀", "군사II급비밀", "군사III급비밀", "no-such-mark"}
        assert {one.item.mark for one in brought} == marks
        assert len(brought) == len(marks) * (len(labels) + 3)
        assert {one.item.caveats for one in brought if one.act == "copy" and one.person is None} == labels
        named = [one for one in brought if one.person is not None]
        assert {(one.system, one.purpose) for one in named} == {
            ("no-such-system", "other-purpose"),
            (None, "no-such-purpose"),
        }
        assert {one.item.caveats for one in named if one.system is None} == {Caveats(eyes=())}
        assert {one.act for one in named} == {"release"}
        assert {one.person.assurance is None for one in named if one.person} == {True, False}
        assert {one.item.topic for one in brought} == {"defence"}

    def test_an_article_that_is_missing_for_persons_is_shown(self) -> None:
        table = table_of(pact(persons=replace(text_2016().persons, facility="")))
        found = shown(prove_citing(table))
        assert found == Counterexample(
            act="release",
            sender="JPN",
            recipient="KOR",
            agreement=PACT,
            originator="JPN",
            rank="TOP SECRET",
            mark="機密",
            topic="defence",
            purpose="other-purpose",
            provided_for="other-purpose",
            start=START,
            end=SIGNATURE,
            table_says="refuse",
            demands="an article for facility",
            reference=found.reference,
            confirmed=True,
        )
        assert "facility (no article): no facility is named" in found.reference

    @pytest.mark.parametrize("check", ["standing", "scope"])
    def test_where_no_agreement_stands_and_another_reason_is_given_it_is_shown(
        self, check: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def blank(dossier: Dossier, request: Request, **more: Any) -> Verdict:
            verdict = evaluate(dossier, request, **more)
            if verdict.agreement:
                return verdict
            article = "" if check == "standing" else "2"
            return verdict._replace(
                grounds=tuple(one._replace(check=check, article=article) for one in verdict.grounds)
            )

        monkeypatch.setattr(citing, "evaluate", blank)
        found = shown(prove_citing(plain()))
        assert (found.act, found.sender, found.recipient, found.agreement) == ("release", "JPN", "JPN", "")
        assert (found.originator, found.mark, found.rank) == ("JPN", "no-such-mark", "")
        assert (found.topic, found.purpose, found.provided_for) == ("other-topic", "other-purpose", "other-purpose")
        assert (found.start, found.end) == (START, END)
        assert (found.table_says, found.demands) == ("refuse", "an article for standing")
        assert found.reference.startswith(f"refuses: {check} (")

    def test_where_no_agreement_stands_the_reading_and_what_is_known_are_the_tables(
        self, asked: list[tuple[Request, Verdict]]
    ) -> None:
        known_by = at("2019-01-01T00:00Z")
        prove_citing(table_of(pact(), reading="KOR", known_by=known_by))
        assert {(one.reading, one.known_by) for one, _ in asked} == {("KOR", known_by)}

    def test_where_no_agreement_stands_that_is_cited(self, asked: list[tuple[Request, Verdict]]) -> None:
        prove_citing(plain())
        none = [(one.sender, one.recipient, one.at) for one, verdict in asked if verdict.agreement == ""]
        assert {(sender, to) for sender, to, _ in none} == {
            (one, other)
            for one in ("KOR", "JPN", "USA")
            for other in ("KOR", "JPN", "USA", "jpn-firm-1")
            if "USA" in (one, other) or one == other[:3].upper()
        }

    def test_a_party_that_only_a_text_names_cannot_ask(self, asked: list[tuple[Request, Verdict]]) -> None:
        table = table_of(pact(parties=(KOR, USA)))
        proof = prove_citing(table)
        assert proof.stretches < len(list(rows_of(table)))
        assert "JPN" not in {one.sender for one, _ in asked}
        assert "JPN" in {one.recipient for one, _ in asked}

    def test_a_permit_that_the_evaluator_refuses_without_an_article_is_shown(self) -> None:
        table = table_of(pact(scope=Scope("", ("defence",))))
        found = shown(prove_citing(without_bit(table, "JPN", "KOR", "2016-01-01T00:00Z", FAILED)))
        assert (found.table_says, found.demands) == ("permit", "an article for scope")
        assert (found.sender, found.recipient, found.start, found.end) == ("JPN", "KOR", START, SIGNATURE)
        assert not found.confirmed

    def test_every_check_without_an_article_is_named_once(self) -> None:
        table = table_of(pact(scope=Scope("", ("defence",)), levels=Levels("", MOVED.rows)))
        broken = with_bit(table, "JPN", "KOR", "2015-06-01T00:00Z", BIT["contractor"] | BIT["scope"] | BIT["level"])
        found = shown(prove_citing(broken))
        assert found.table_says.startswith("refuse on ")
        assert "contractor" in found.demands
        assert found.demands.count("scope") <= 1


def _places(table: Table, edge: Any) -> Iterator[tuple[str, str, frozenset[str]]]:
    """For each combination of failed checks each rank, topic, purpose and act at which it occurs."""
    axes = table.ground.axes
    low = (table.cells(edge) & np.uint64(FAILED)).astype(np.int64)
    for failed in np.unique(low).tolist():
        for cell in np.argwhere(low == failed).tolist():
            for axis, place in enumerate(cell):
                yield (*_named(axes, axis, place), frozenset(checks_of(failed)))


def _named(axes: Any, axis: int, place: int) -> tuple[str, str]:
    names = (
        lambda: axes.ranks[place],
        lambda: axes.topics[place],
        lambda: f"{axes.purposes[place // 2]}/{place % 2 == 0}",
        lambda: ACTS[place],
    )
    return ("rank", "topic", "purpose", "act")[axis], names[axis]()


def _placed(table: Table, one: Request) -> Iterator[tuple[str, str, frozenset[str]]]:
    """The places that a request stands for."""
    axes, party = table.ground.axes, table.dossier.parties[one.item.originator]
    mark = party.mark(one.item.mark)
    verdict = evaluate(table.dossier, one, only=(PACT,), consented=True)
    failed = frozenset(ground.check for ground in verdict.failed()) - {"third-party"}
    name = one.purpose if one.purpose in axes.purposes else ""
    yield "rank", mark.rank if mark else "", failed
    yield "topic", one.item.topic if one.item.topic in axes.topics else "", failed
    yield "purpose", f"{name}/{one.item.purpose == one.asked_purpose}", failed
    yield "act", one.act, failed


class TestOwn:
    def test_it_is_told_of_how_much(self) -> None:
        axes = plain().ground.axes
        wanted = Property("p", "so", Pattern(topics=("defence/dprk", "cyber"), purposes=("study",), senders=("KOR",)))
        proof = prove_property(plain(), wanted)
        rows = [row for row in rows_of(plain()) if row.lane.sender == "KOR"]
        assert (proof.id, proof.says, proof.stretches) == ("p", "so", len(rows))
        points = (len(axes.topics) + 2) * 2 * (len(axes.purposes) + 1) * axes.shape[0] * len(ACTS)
        assert proof.cells == len(rows) * points
        must = prove_property(plain(), replace(wanted, must=Pattern(topics=("space",), purposes=("x", "y"))))
        assert must.cells == len(rows) * (len(axes.topics) + 3) * 2 * (len(axes.purposes) + 3) * axes.shape[0] * len(
            ACTS
        )

    @pytest.mark.parametrize(
        ("where", "wanted"),
        [
            (Pattern(), ("KOR", "군사II급비밀", "SECRET", "defence", "other-purpose", "release")),
            (
                Pattern(ranks=("CONFIDENTIAL",)),
                ("KOR", "군사III급비밀", "CONFIDENTIAL", "defence", "other-purpose", "release"),
            ),
            (Pattern(acts=("copy",)), ("KOR", "군사II급비밀", "SECRET", "defence", "other-purpose", "copy")),
            (
                Pattern(topics=("defence/x",)),
                ("KOR", "군사II급비밀", "SECRET", "defence/x", "other-purpose", "release"),
            ),
            (Pattern(purposes=("study",)), ("KOR", "군사II급비밀", "SECRET", "defence", "study", "release")),
            (Pattern(originators=("JPN",)), ("JPN", "極秘", "SECRET", "defence", "other-purpose", "release")),
        ],
    )
    def test_the_first_point_that_contradicts_it_is_shown(self, where: Pattern, wanted: tuple[str, ...]) -> None:
        found = shown(
            prove_property(plain(), Property("p", "so", replace(where, senders=("KOR",), recipients=("JPN",))))
        )
        assert (found.originator, found.mark, found.rank, found.topic, found.purpose, found.act) == wanted
        assert (found.table_says, found.demands, found.confirmed) == ("permit", "no permit: so", True)
        assert found.provided_for == found.purpose
        assert (found.agreement, found.start, found.end) == (PACT, ENTRY, END)

    def test_names_that_a_property_uses_do_not_stand_for_all_others(self) -> None:
        table = table_of(pact(purpose=Purpose("6", "any"), scope=Scope("2", ("defence", "other-topic"))))
        wanted = Property("p", "so", Pattern(), Pattern(purposes=("other-purpose",), topics=("defence",)))
        found = shown(prove_property(table, wanted))
        assert (found.topic, found.purpose, found.demands) == ("defence", "other-purpose-x", "so")

    def test_items_of_third_parties_count_where_they_take_no_consent(self) -> None:
        wanted = Property("p", "so", Pattern(originators=("USA",)))
        assert prove_property(plain(), wanted).holds
        free = table_of(pact(third_party=ThirdParty("6", "nations", ("JPN", "KOR"))))
        found = shown(prove_property(free, wanted))
        assert (found.originator, found.mark) == ("USA", "SECRET")

    def test_firms_count_as_the_party_they_fall_under(self) -> None:
        firm = Pattern(recipients=("jpn-firm-1",))
        party = Pattern(recipients=("JPN",))
        assert (
            prove_property(plain(), Property("p", "so", firm)).stretches
            < prove_property(plain(), Property("p", "so", party)).stretches
        )
        assert prove_property(plain(), Property("p", "so", replace(firm, senders=("KOR",)), party)).holds
        assert not prove_property(plain(), Property("p", "so", replace(party, senders=("KOR",)), firm)).holds

    @pytest.mark.parametrize(
        ("where", "must", "start"),
        [
            (Pattern(), Pattern(end=at("2018-01-01T00:00Z")), "2018-01-01T00:00Z"),
            (Pattern(end=at("2018-01-01T00:00Z")), Pattern(end=at("2018-01-01T00:00Z")), None),
            (Pattern(), Pattern(start=ENTRY), None),
            (Pattern(), Pattern(start=ENTRY.plus(1)), str(ENTRY)),
            (Pattern(start=at("2017-01-01T00:00Z")), Pattern(start=at("2017-01-01T00:00Z")), None),
            (Pattern(start=at("2017-01-01T00:00Z")), Pattern(end=at("2016-12-01T00:00Z")), "2017-01-01T00:00Z"),
            (Pattern(), Pattern(senders=("JPN",), end=at("2018-01-01T00:00Z")), str(ENTRY)),
            (Pattern(), Pattern(originators=("USA",)), str(ENTRY)),
        ],
    )
    def test_from_when_it_is_contradicted(self, where: Pattern, must: Pattern, start: str | None) -> None:
        where = replace(where, senders=("KOR",), recipients=("JPN",))
        proof = prove_property(plain(), Property("p", "so", where, must))
        assert proof.holds is (start is None)
        if start is not None:
            assert shown(proof).start == at(start)

    def test_a_span_that_only_touches_a_row_is_not_about_it(self) -> None:
        pattern = Pattern(senders=("KOR",), recipients=("JPN",), agreements=(PACT,))
        rows = [row for row in rows_of(plain()) if (row.lane.sender, row.recipient) == ("KOR", "JPN")]
        assert prove_property(plain(), Property("p", "x", pattern)).stretches == len(rows)
        before = [row for row in rows if row.start < ENTRY]
        assert prove_property(plain(), Property("p", "x", replace(pattern, end=ENTRY))).stretches == len(before)

    def test_ranks_are_those_of_the_mark_at_its_originator(self) -> None:
        where = Pattern(senders=("JPN",), recipients=("KOR",), originators=("JPN",))
        secret = Property("p", "x", replace(where, ranks=("SECRET",)))
        slot = len(odd().ground.axes.ranks)
        found = shown(
            prove_property(
                with_bit(odd(), "JPN", "KOR", IN_2018, BIT["level"], grade=odd().ground.axes.rank("SECRET")), secret
            )
        )
        assert (found.mark, found.rank) == ("特定秘密", "SECRET")
        closed = with_bit(odd(), "JPN", "KOR", IN_2018, BIT["level"], grade=slot)
        assert shown(prove_property(closed, secret)).mark == "極秘"
