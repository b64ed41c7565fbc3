"""Counterexamples are the reference evaluator's too, name the right parties and instants, and can always be printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relto.cli.main import run
from relto.core.agreement import Entry, Instrument, Purpose, Record, Scope, ThirdParty
from relto.core.decision.proof import (
    Pattern,
    Proof,
    Property,
    prove_citing,
    prove_onward,
    prove_property,
    upheld,
)
from relto.core.decision.survey import survey
from relto.core.decision.table import Table, compile_table
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE, Lane
from relto.core.decision.table.word import BIT
from relto.core.dossier import Accredited, DomesticRule, Dossier
from relto.core.errors import InputError, Position, ReltoError
from relto.core.route.mediated import mediated_routes
from relto.core.route.proof import PROPERTIES, prove, prove_mediated
from relto.core.timeline import Day
from relto.formats.proofs import proof_json, proof_lines
from tests.breaking import RELEASE, edge_at, with_bit, with_lane, with_third, without_bit, without_cut
from tests.making import JPN, KOR, USA, act, at, northeast_asia, pact, term, text_2016

START, END = at("2015-01-01T00:00Z"), at("2021-01-01T00:00Z")
BEFORE, IN_2018 = "2015-06-01T00:00Z", "2018-01-01T00:00Z"
JOINED, LEFT = "2018-03-01T00:00Z", "2019-03-01T00:00Z"


def table_of(dossier: Dossier) -> Table:
    return compile_table(dossier, START, END)


def everything(table: Table) -> list[Proof]:
    return [upheld(prove(table, name)) for name in PROPERTIES]


def number_of(table: Table, party: str) -> int:
    return table.ground.axes.originator(party)


class TestConfirmed:
    """What the table says and the reference evaluator does not is a fault of relto, and no result."""

    @pytest.mark.parametrize(
        ("name", "check", "when"),
        [
            ("lapsed-releases-nothing", "standing", BEFORE),
            ("no-level-above-ceiling", "level", IN_2018),
            ("purpose-bound", "purpose", IN_2018),
        ],
    )
    def test_a_cell_that_is_open_by_mistake(self, name: str, check: str, when: str) -> None:
        broken = without_bit(table_of(pact()), "KOR", "JPN", when, BIT[check], act=RELEASE)
        assert not prove(broken, name).holds
        says = (
            rf"`{name}` cannot be judged: on release from KOR to JPN .* the table says permit, .* refuses: {check} \("
        )
        with pytest.raises(ReltoError, match=says) as caught:
            upheld(prove(broken, name))
        assert caught.value.exit_code == 1

    @pytest.mark.parametrize("need", [FREE, CONSENT])
    def test_items_of_a_third_that_pass_by_mistake(self, need: int) -> None:
        table = table_of(pact(third_party=ThirdParty("6(a)", "forbidden")))
        proof = prove_onward(with_lane(table, "KOR", "JPN", with_third(number_of(table, "USA"), need)))
        with pytest.raises(ReltoError, match=r"refuses: third-party \(6\(a\)\)"):
            upheld(proof)

    def test_a_refusal_that_the_evaluator_does_not_know(self) -> None:
        broken = with_bit(table_of(pact()), "JPN", "KOR", IN_2018, BIT["level"], grade=1, act=RELEASE)
        with pytest.raises(ReltoError, match=r"the table says refuse on level, the reference evaluator permits: "):
            upheld(prove_citing(broken))

    def test_a_refusal_by_mistake_of_what_only_a_third_has(self) -> None:
        """Its consent is taken for given, so that what is told is about the mark."""
        none = [replace(one, marks=tuple(m for m in one.marks if m.rank != "SECRET")) for one in (KOR, JPN)]
        table = table_of(pact(parties=(*none, USA)))
        secret = table.ground.axes.rank("SECRET")
        broken = with_bit(table, "JPN", "KOR", IN_2018, BIT["level"], grade=secret, act=RELEASE)
        found = prove_citing(broken).counterexample
        assert found is not None
        assert (found.originator, found.table_says, found.confirmed) == ("USA", "refuse on level", False)
        assert found.reference.startswith("permits: ")
        assert "third-party (6(a)): passed on as its originator allows" in found.reference

    def test_an_article_that_both_lack_is_a_result(self) -> None:
        found = upheld(prove_citing(table_of(pact(scope=Scope("", ("defence",)))))).counterexample
        assert found is not None
        assert "scope (no article): " in found.reference

    def test_a_permit_of_an_own_property(self) -> None:
        never = Property("p", "so", Pattern(senders=("KOR",)))
        found = upheld(prove_property(table_of(pact()), never)).counterexample
        assert found is not None
        assert found.reference.startswith("permits: standing (21(1)): in-force; scope (2(a)): defence is within it;")
        broken = without_bit(table_of(pact()), "KOR", "JPN", BEFORE, BIT["standing"])
        with pytest.raises(ReltoError, match=r"refuses: standing \(21\(1\)\): unsigned"):
            upheld(prove_property(broken, never))

    def test_an_answer_that_changes_before_the_stretch_ends(self) -> None:
        """The lane overlooks that the pact lapses: the last instant is asked about as well as the first."""
        notice = act("n", "termination-notice", ("KOR",), "2019-08-23T15:30+09:00")
        table = table_of(northeast_asia(record=(*northeast_asia().records["kor-jpn-2016"].instruments[:2], notice)))

        def without_last(lane: Lane) -> Lane:
            return replace(lane, stretches=lane.stretches[:-1], starts=lane.starts[:-1])

        never = Property("p", "so", Pattern(senders=("KOR",), recipients=("JPN",)))
        with pytest.raises(
            ReltoError, match=r"refuses: standing .* lapsed since 2019-11-23 00:00 KST.* \(at 2020-12-31"
        ):
            upheld(prove_property(with_lane(table, "KOR", "JPN", without_last), never))

    def test_a_route_that_the_evaluator_does_not_give(self) -> None:
        table = table_of(northeast_asia())
        early = prove_mediated(table, lambda one, asked: mediated_routes(one, replace(asked, at=at(IN_2018))))
        assert early.counterexample is None  # in force since 2014
        table = compile_table(northeast_asia(), at("2014-01-01T00:00Z"), END)
        early = prove_mediated(table, lambda one, asked: mediated_routes(one, replace(asked, at=at(IN_2018))))
        assert not early.holds
        with pytest.raises(ReltoError, match=r"hop by hop: KOR to USA under usa-kor-1987: permits: .* \| USA to JPN"):
            upheld(early)
        with pytest.raises(ReltoError, match="mediated route via USA"):
            upheld(prove_mediated(with_bit(table, "USA", "JPN", IN_2018, BIT["scope"], topic=1)))

    def test_the_command_says_so_and_ends_with_1(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        broken = without_bit(table_of(northeast_asia()), "KOR", "JPN", BEFORE, BIT["standing"], act=RELEASE)
        monkeypatch.setattr("relto.core.decision.table.compile_table", lambda *_: broken)
        assert run(["table", "prove", "lapsed-releases-nothing"]) == 1
        told = capsys.readouterr()
        assert (told.out, told.err.count("\n")) == ("", 1)
        assert "this is a fault of relto" in told.err


class TestConsentsAndOwnRules:
    def test_a_consent_on_record_to_a_topic_changes_no_cell_and_no_survey(self) -> None:
        given = act(
            "c", "consent", ("KOR",), "2016-12-01T00:00Z", to=("JPN",), topic="defence", purpose="other-purpose"
        )
        taken = act("w", "withdrawal", ("KOR",), "2019-12-01T00:00Z", targets=["c"])
        bare = pact(purpose=Purpose("6(c)", "as-provided"))
        dossier = bare.with_instruments("kor-jpn-2016", (*bare.records["kor-jpn-2016"].instruments, given, taken))
        table = table_of(dossier)
        assert all(proof.holds for proof in everything(table))
        refused = {
            one.check
            for span in survey(table, sender="KOR", recipient="JPN", at=at(IN_2018))
            for edge in span.edges
            for one in edge.refusals
        }
        assert refused == {"scope", "level", "purpose"}
        assert dossier.unconsented.records == bare.records

    @pytest.mark.parametrize(
        ("rule", "holds"),
        [
            ({"topics": ("defence/dprk",)}, True),
            ({"topics": ("defence/dprk",), "to": ("KOR",)}, False),
            ({"topics": ("defence/dprk",), "to": ("JPN", "FRA"), "ranks": ("SECRET", "CONFIDENTIAL")}, True),
            ({"ranks": ("SECRET",)}, False),
            ({"acts": ("release",)}, False),
            ({"purposes": ("study",)}, False),
            ({}, True),
        ],
    )
    def test_an_originators_own_stricter_rule_goes_along_with_its_items(
        self, rule: dict[str, tuple[str, ...]], holds: bool
    ) -> None:
        """No cell holds it (docs/coverage.md), so the property adds it."""
        strict = replace(USA, domestic=(DomesticRule("r", "Act 1", "not that", **rule),))  # type: ignore[arg-type]
        text = ThirdParty("6(a)", "nations", ("JPN",))
        table = table_of(pact(third_party=text, parties=(KOR, JPN, strict)))
        never = Pattern(originators=("USA",), recipients=("JPN",), topics=("defence/dprk",))
        assert upheld(prove_property(table, Property("p", "so", never))).holds is holds
        assert all(proof.holds for proof in everything(table))

    def test_it_does_not_bind_what_comes_home_or_another_sends(self) -> None:
        strict = replace(JPN, domestic=(DomesticRule("r", "Act 1", "nothing goes"),))
        table = table_of(pact(parties=(KOR, strict, USA)))
        home = Property("p", "so", Pattern(originators=("JPN",), senders=("KOR",), recipients=("JPN",)))
        assert not upheld(prove_property(table, home)).holds

    def test_a_party_that_only_a_text_names_is_asked_nothing(self) -> None:
        table = table_of(pact(parties=(KOR, USA), third_party=ThirdParty("6(a)", "nations", ("KOR",))))
        never = Property("p", "so", Pattern(recipients=("KOR",), originators=("USA",)))
        with pytest.raises(InputError, match="no agreement it names permits direct release"):
            prove_property(table, never)


def of_three(*more: Instrument, joined: str = JOINED) -> Dossier:
    """The pact of 2016, and a text of three that forbids passing on, which Japan joins late and leaves again."""
    many = text_2016(
        id="three",
        parties=("KOR", "USA", "JPN"),
        readings={},
        entry=Entry("9", "deposits", deposits=2, per_party=True),
        term=term(None, None, "P1D", "after-receipt"),
        third_party=ThirdParty("8", "forbidden"),
        levels=northeast_asia().agreements["usa-kor-1987"][0].levels,
    )
    acts = (
        act("d1", "deposit", ("KOR",), "2016-01-01T00:00Z"),
        act("d2", "deposit", ("USA",), "2016-02-01T00:00Z"),
        act("d3", "deposit", ("JPN",), joined),
        act("out", "termination-notice", ("JPN",), "2019-02-27T12:00Z"),
        *more,
    )
    dossier = pact()
    texts = {"kor-jpn-2016": dossier.agreements["kor-jpn-2016"], "three": (replace(many, zone="UTC"),)}
    return replace(dossier, agreements=texts, records={**dossier.records, "three": Record("three", acts)})


class TestOfThree:
    """Who is bound together changes as members join and leave, though the sender's own lane does not."""

    def test_an_item_passes_freely_only_while_the_recipient_is_bound(self) -> None:
        table = table_of(of_three())
        number = number_of(table, "USA")
        needs = {when: edge_at(table, "KOR", "JPN", when).third[number] for when in (IN_2018, JOINED, LEFT)}
        assert needs == {IN_2018: CLOSED, JOINED: FREE, LEFT: CLOSED}
        assert all(proof.holds for proof in everything(table))

    @pytest.mark.parametrize(("begins", "ends"), [("2016-11-23T12:00+09:00", JOINED), (LEFT, str(END))])
    def test_one_that_passes_before_it_joins_or_after_it_left_is_found(self, begins: str, ends: str) -> None:
        table = table_of(of_three())

        def freed(lane: Lane) -> Lane:
            opened = with_third(number_of(table, "USA"), FREE)(lane).stretches
            pairs = zip(lane.stretches, opened, strict=True)
            kept = tuple(new if at(begins) <= old.start < at(ends) else old for old, new in pairs)
            return replace(lane, stretches=kept)

        found = prove_onward(with_lane(table, "KOR", "JPN", freed)).counterexample
        assert found is not None
        assert (found.sender, found.recipient, found.originator) == ("KOR", "JPN", "USA")
        assert (found.agreement, found.demands) == ("kor-jpn-2016", "no permit: three has the rule forbidden")
        assert (found.start, found.end) == (at(begins), at(ends))
        assert "three" not in found.reference
        assert "may not pass an item of USA on to JPN: the text forbids it" in found.reference

    def test_a_property_of_ones_own_tells_the_stretch(self) -> None:
        never = Property("p", "so", Pattern(senders=("KOR",), recipients=("JPN",), originators=("USA",)))
        found = upheld(prove_property(table_of(of_three()), never)).counterexample
        assert found is not None
        assert (found.start, found.end) == (at(JOINED), at(LEFT))
        until = replace(never, where=replace(never.where, end=at(JOINED).plus(1)))
        found = upheld(prove_property(table_of(of_three()), until)).counterexample
        assert found is not None
        assert (found.start, found.end) == (at(JOINED), at(JOINED).plus(1))

    def test_a_counterexample_ends_where_what_it_must_be_begins(self) -> None:
        where, must = Pattern(senders=("KOR",), recipients=("JPN",)), Pattern(start=at("2017-01-01T00:00Z"))
        found = upheld(prove_property(table_of(pact()), Property("p", "so", where, must))).counterexample
        assert found is not None
        assert (found.start, found.end) == (at("2016-11-23T12:00+09:00"), at("2017-01-01T00:00Z"))

    KOREA_LEFT = act("korea-out", "termination-notice", ("KOR",), "2017-06-01T00:00Z")

    def test_who_is_bound_after_the_sender_left_counts_too(self) -> None:
        """What Korea holds of the United States stays under the text that it left; Japan is bound until it leaves."""
        table = table_of(of_three(self.KOREA_LEFT, joined="2017-03-01T00:00Z"))
        assert all(proof.holds for proof in everything(table))
        found = prove_onward(with_lane(table, "KOR", "JPN", without_cut(LEFT))).counterexample
        assert found is not None
        assert (found.originator, found.start) == ("USA", at(LEFT))
        assert found.demands == "no permit: three has the rule forbidden"

    def test_the_survey_cites_the_text_that_binds_then(self) -> None:
        """What passing on takes stays the same while Japan is bound by one text of two; what says so does not."""
        dossier = of_three(self.KOREA_LEFT, joined="2017-03-01T00:00Z")
        three = dossier.agreements["three"][0]
        other = replace(three, id="usa-kor", parties=("USA", "KOR"), entry=Entry("1", "signature"))
        signed = Record("usa-kor", (act("s", "signature", ("USA", "KOR"), "2016-01-01T00:00Z"),))
        dossier = replace(
            dossier,
            agreements={**dossier.agreements, "usa-kor": (replace(other, third_party=ThirdParty("7", "forbidden")),)},
            records={**dossier.records, "usa-kor": signed},
        )
        cited = {
            when: [
                (one.agreement, one.article)
                for span in survey(table_of(dossier), sender="KOR", recipient="JPN", at=at(when))
                for edge in span.edges
                for onward in edge.onward
                if onward.originator == "USA" and edge.agreement == "kor-jpn-2016"
                for one in onward.articles
            ]
            for when in ("2017-01-01T00:00Z", IN_2018, LEFT)
        }
        assert [*cited.values()] == [[("three", "8")], [("usa-kor", "7")], [("three", "8")]]


class TestEndsOfTime:
    LAST = "9999-12-31T23:59:59.999999999Z"

    @pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York", "UTC"])
    def test_a_counterexample_at_the_end_of_the_calendar_is_printed(self, zone: str) -> None:
        firm = Accredited("firm", "SECRET", Day(9998, 12, 31))
        dossier = pact(zone=zone, parties=(KOR, replace(JPN, contractors=(firm,)), USA))
        for start in ("9999-01-01T00:00Z", "9999-12-31T23:59:59.999999998Z"):
            table = compile_table(dossier, at(start), at(self.LAST))
            proofs = [*everything(table), prove_property(table, Property("p", "so", Pattern(senders=("KOR",))))]
            assert [proof.holds for proof in proofs] == [True] * len(PROPERTIES) + [False]
            assert "until 9999-12-31 23:59:59.999999999 UTC" in "\n".join(proof_lines(upheld(proofs[-1])))
            assert proof_json(proofs[-1])["counterexample"]["end"] == self.LAST  # type: ignore[index,call-overload]

    def test_the_command_at_the_end_of_the_calendar(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        text = "relto: property/1\nproperties:\n  - {id: a, says: x, never: {to: [JPN]}}\n"
        Path("mine.yaml").write_text(text, encoding="utf-8")
        for start in ("9998-06-01T00:00Z", "9999-12-31T23:59:59.999999998Z"):
            assert run(["table", "prove", "all", "--file", "mine.yaml", "--from", start, "--to", self.LAST]) == 5
            assert f"until {self.LAST[:10]} 23:59:59.999999999 UTC" in capsys.readouterr().out
        assert run(["table", "show", "--from", "KOR", "--at", self.LAST]) == 2
        assert f"--at: every table ends before {self.LAST}" in capsys.readouterr().err


class TestOfNothing:
    PLACE = Position("f", 3, 4)

    @pytest.mark.parametrize(
        ("pattern", "says"),
        [
            (Pattern(senders=("USA",)), "no agreement it names permits direct release between the parties it names"),
            (Pattern(senders=("KOR",), recipients=("KOR",)), "no agreement it names permits direct release"),
            (Pattern(agreements=("other",)), "correct `from`, `to` or `agreement`"),
            (Pattern(end=START), "its `during` and the table, from 2015-01-01T00:00:00Z until"),
            (Pattern(start=END), "correct `during`, or give --from and --to"),
            (Pattern(ranks=("TOP SECRET",), originators=("USA",)), "no item of these originators has a mark of these"),
            (Pattern(originators=("FRA",)), "no item of these originators"),
        ],
    )
    def test_a_pattern_that_meets_no_cell_is_an_error_at_its_place(self, pattern: Pattern, says: str) -> None:
        table = table_of(pact(parties=(KOR, JPN, replace(USA, marks=USA.marks[1:]))))
        placed = replace(pattern, place=self.PLACE)
        with pytest.raises(InputError) as caught:
            prove_property(table, Property("p", "so", placed))
        assert str(caught.value).startswith("f:3:4: `p` speaks of no cell: ")
        assert says in str(caught.value)
        if pattern.start >= END or pattern.end <= START:
            return  # what must hold may well lie at another time
        with pytest.raises(InputError, match="f:3:4: `p` speaks of no cell: "):
            prove_property(table, Property("p", "so", Pattern(), placed))
