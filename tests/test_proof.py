"""Proofs by exhaustion: they hold for every dossier at hand, and each fails on a table broken where it looks."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from relto.adapters.folder import load_dossier
from relto.core.agreement import Entry, Scope, ThirdParty
from relto.core.decision import ACTS, Request, evaluate
from relto.core.decision.proof import Pattern, Proof, Property, prove_property, upheld
from relto.core.decision.proof.view import rows_of
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.decision.table import Table
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE, Lane
from relto.core.decision.table.word import BIT, FAILED
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.label import Levels, RankRow
from relto.core.route.mediated import MediatedRoute, mediated_routes
from relto.core.route.proof import PROPERTIES, prove, prove_mediated
from tests.breaking import (
    RELEASE,
    compiled,
    lapsing,
    with_bit,
    with_lane,
    with_third,
    without_bit,
    without_cut,
    without_word,
)
from tests.making import at, northeast_asia, text_2016
from tests.test_variants import DOSSIERS, VARIANTS

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
BEFORE, DURING = "2016-01-01T00:00Z", "2020-01-01T00:00Z"
WITHOUT_ONE_MARK = Levels("4", (RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("極秘",)}),))
"""Of the two marks that Japan has for SECRET the text knows one."""


@cache
def shipped() -> Table:
    """The table of northeast-asia."""
    return compiled(load_dossier(SHIPPED))


def with_pact(dossier: Dossier | None = None, **changes: Any) -> Dossier:
    """Northeast Asia with the text of 2016 changed."""
    base = dossier or northeast_asia()
    return replace(base, agreements={**base.agreements, "kor-jpn-2016": (text_2016(**changes),)})


def without_japan() -> Dossier:
    """Northeast Asia where only the texts tell of Japan."""
    base = northeast_asia()
    return replace(base, parties={name: party for name, party in base.parties.items() if name != "JPN"})


def failing(table: Table) -> dict[str, Proof]:
    """The properties that do not hold."""
    proofs = {name: prove(table, name) for name in PROPERTIES}
    return {name: proof for name, proof in proofs.items() if not proof.holds}


def test_everything_holds_for_northeast_asia() -> None:
    assert failing(compiled(load_dossier(SHIPPED))) == {}


def test_every_cell_is_looked_at() -> None:
    table = shipped()
    every = sum(len(stretch.edges) for _, stretch, _ in table.stretches()) * table.ground.axes.size
    for name in ("lapsed-releases-nothing", "no-level-above-ceiling", "purpose-bound", "every-refusal-cites"):
        assert prove(table, name).cells == every
    assert prove(table, "no-onward-without-consent").cells == every * len(table.ground.axes.originators)
    assert prove(table, "mediated-within-scope").cells > 1000


@pytest.mark.parametrize("name", DOSSIERS)
def test_everything_holds_for_the_variants(name: str) -> None:
    assert failing(compiled(load_dossier(VARIANTS / name))) == {}


def test_everything_holds_where_originators_and_addressees_share_bits() -> None:
    from relto.core.decision.table import compile_table
    from relto.core.dossier import recorded_span

    dossier = load_dossier(VARIANTS / "nato-1997")
    table = compile_table(dossier, *recorded_span(dossier), bits=6)
    assert table.ground.layout.shared
    assert prove(table, "no-onward-without-consent").holds


def test_an_unknown_property_is_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="lapsed-releases-nothing, no-onward-without-consent"):
        prove(shipped(), "nonsense")


class TestLapse:
    def test_a_release_before_entry_into_force_is_found(self) -> None:
        broken = without_bit(shipped(), "KOR", "JPN", BEFORE, BIT["standing"], act=RELEASE)
        assert list(failing(broken)) == ["lapsed-releases-nothing"]
        found = prove(broken, "lapsed-releases-nothing").counterexample
        assert found is not None
        assert (found.act, found.sender, found.recipient) == ("release", "KOR", "JPN")
        assert (found.agreement, found.originator) == ("kor-jpn-2016", "KOR")
        assert (found.rank, found.mark, found.topic) == ("SECRET", "군사II급비밀", "defence")
        assert found.start <= at(BEFORE) < found.end
        assert (found.table_says, found.demands) == ("permit", "no new release: kor-jpn-2016 is unsigned then")
        assert found.reference.startswith("refuses: standing (21(1)): unsigned, not in force")

    def test_a_copy_of_what_one_has_is_no_new_release(self) -> None:
        broken = without_bit(shipped(), "KOR", "JPN", BEFORE, BIT["standing"], act=ACTS.index("copy"))
        assert prove(broken, "lapsed-releases-nothing").holds

    def test_a_table_that_overlooks_midnight_in_seoul_is_found(self) -> None:
        table = compiled(lapsing(load_dossier(SHIPPED)))
        assert failing(table) == {}
        midnight = "2019-11-23T00:00+09:00"
        found = prove(with_lane(table, "JPN", "KOR", without_cut(midnight)), "lapsed-releases-nothing").counterexample
        assert found is not None
        assert found.start == at(midnight)
        assert "lapsed since 2019-11-23 00:00 KST" in found.reference

    def test_where_nobody_can_ask_the_reference_says_so(self) -> None:
        """A party that only a text names has a lane of its own, but the reference evaluator knows no such sender."""
        broken = without_bit(compiled(without_japan()), "JPN", "KOR", BEFORE, BIT["standing"])
        found = prove(broken, "lapsed-releases-nothing").counterexample
        assert found is not None
        assert (found.sender, found.originator, found.rank, found.mark) == ("JPN", "JPN", "", "極秘")
        assert found.reference == "unknown party `JPN`; use one of KOR, USA"


class TestOnward:
    def test_an_item_of_a_third_that_needs_no_consent_is_found(self) -> None:
        number = shipped().ground.axes.originator("USA")
        bit = shipped().ground.layout.originator.bit(number)
        broken = without_bit(shipped(), "KOR", "JPN", DURING, bit)
        assert list(failing(broken)) == ["no-onward-without-consent"]
        found = prove(broken, "no-onward-without-consent").counterexample
        assert found is not None
        assert (found.originator, found.mark, found.table_says) == ("USA", "SECRET", "permit")
        assert found.demands == "consent of USA: usa-kor-1987 has the rule originator-consent"
        assert found.reference.startswith("refuses: third-party (third-country clause)")

    def test_an_edge_that_says_free_is_found_too(self) -> None:
        number = shipped().ground.axes.originator("KOR")
        broken = with_lane(shipped(), "JPN", "USA", with_third(number, FREE))
        assert not prove(broken, "no-onward-without-consent").holds

    def test_where_the_text_forbids_it_a_consent_does_not_help(self) -> None:
        dossier = northeast_asia()
        text = text_2016(third_party=ThirdParty("6(a)", "forbidden"))
        table = compiled(replace(dossier, agreements={**dossier.agreements, "kor-jpn-2016": (text,)}))
        assert failing(table) == {}
        number = table.ground.axes.originator("KOR")
        assert table.lanes["JPN", "USA"].stretch(at(DURING)).edges[0].third[number] == CLOSED
        found = prove(
            with_lane(table, "JPN", "USA", with_third(number, CONSENT)), "no-onward-without-consent"
        ).counterexample
        assert found is not None
        assert found.table_says == "permit with a consent on record"
        assert found.demands == "no permit: kor-jpn-2016 has the rule forbidden"

    @pytest.mark.parametrize(("nations", "free"), [(("USA",), True), (("AUS", "USA"), True), (("AUS",), False)])
    def test_where_the_text_names_nations_those_alone_are_free(self, nations: tuple[str, ...], free: bool) -> None:
        table = compiled(with_pact(third_party=ThirdParty("6(a)", "nations", nations=nations)))
        assert failing(table) == {}
        number, entry = table.ground.axes.originator("KOR"), at("2016-11-23T12:00+09:00")

        def freed(lane: Lane) -> Lane:
            """From the entry into force of the text on; before it the sender's own text with the recipient decides."""
            changed = with_third(number, FREE)(lane).stretches
            pairs = zip(lane.stretches, changed, strict=True)
            return replace(lane, stretches=tuple(two if two.start >= entry else one for one, two in pairs))

        proof = prove(with_lane(table, "JPN", "USA", freed), "no-onward-without-consent")
        assert proof.holds is free
        if proof.counterexample is not None:
            assert proof.counterexample.start == entry
            assert proof.counterexample.demands == "no permit: kor-jpn-2016 has the rule nations"


class TestLevel:
    def test_a_rank_outside_the_table_of_levels_is_found(self) -> None:
        broken = without_bit(shipped(), "KOR", "JPN", DURING, BIT["level"], grade=0)
        assert list(failing(broken)) == ["no-level-above-ceiling"]
        found = prove(broken, "no-level-above-ceiling").counterexample
        assert found is not None
        assert (found.rank, found.mark) == ("TOP SECRET", "군사I급비밀")
        assert found.demands == "no permit: kor-jpn-2016 has no equivalent for JPN"
        assert found.reference.startswith("refuses: level (4)")

    def test_a_mark_that_stands_in_no_row_is_found_by_its_name(self) -> None:
        table = compiled(with_pact(levels=WITHOUT_ONE_MARK))
        assert failing(table) == {}
        slot = table.ground.axes.slot("JPN", "特定秘密")
        assert slot is not None
        found = prove(
            without_bit(table, "JPN", "KOR", DURING, BIT["level"], grade=slot), "no-level-above-ceiling"
        ).counterexample
        assert found is not None
        assert (found.originator, found.rank, found.mark) == ("JPN", "SECRET", "特定秘密")
        assert found.demands == "no permit: kor-jpn-2016 has no equivalent for KOR"
        assert found.reference.startswith("refuses: level (4): 特定秘密 (SECRET) has no row")

    def test_a_cell_for_which_the_sender_has_no_mark_must_not_be_open_either(self) -> None:
        table = compiled(with_pact(levels=WITHOUT_ONE_MARK))
        slot = table.ground.axes.slot("JPN", "特定秘密")
        assert slot is not None
        found = prove(
            without_bit(table, "KOR", "JPN", DURING, BIT["level"], grade=slot), "no-level-above-ceiling"
        ).counterexample
        assert found is not None
        assert (found.sender, found.rank, found.mark, found.reference) == ("KOR", "", "", "")
        assert found.demands == "no permit: kor-jpn-2016 has no equivalent for JPN"

    def test_under_a_text_without_a_table_of_levels_nothing_may_go(self) -> None:
        table = compiled(with_pact(levels=None))
        assert failing(table) == {}
        secret = table.ground.axes.rank("SECRET")
        found = prove(
            without_bit(table, "KOR", "JPN", DURING, BIT["level"], grade=secret), "no-level-above-ceiling"
        ).counterexample
        assert found is not None
        assert (found.rank, found.mark) == ("SECRET", "군사II급비밀")
        assert found.demands == "no permit: kor-jpn-2016 has no equivalent for JPN"
        assert found.reference == "refuses: level (2(a)): it has no table of levels"

    def test_a_contractor_above_its_approval_is_found(self) -> None:
        table = compiled(northeast_asia())
        assert failing(table) == {}
        secret = table.ground.axes.rank("SECRET")
        broken = without_bit(table, "KOR", "jpn-firm-1", "2019-01-01T00:00Z", BIT["contractor"], grade=secret)
        found = prove(broken, "no-level-above-ceiling").counterexample
        assert found is not None
        assert found.demands == "no permit: jpn-firm-1 is approved up to CONFIDENTIAL, not SECRET"
        assert found.reference.startswith("refuses: contractor (party:JPN:contractors)")

    def test_a_contractor_after_its_approval_is_found_at_the_very_instant(self) -> None:
        table = compiled(northeast_asia())
        ended = "2020-01-01T00:00+09:00"
        broken = with_lane(table, "KOR", "jpn-firm-1", without_cut(ended))
        found = prove(broken, "no-level-above-ceiling").counterexample
        assert found is not None
        assert (found.start, found.rank) == (at(ended), "CONFIDENTIAL")
        assert "ended 2020-01-01" in found.reference


@pytest.mark.parametrize(
    ("check", "name"),
    [
        ("standing", "lapsed-releases-nothing"),
        ("level", "no-level-above-ceiling"),
        ("contractor", "no-level-above-ceiling"),
        ("purpose", "purpose-bound"),
    ],
)
def test_any_single_cell_that_is_opened_is_found(check: str, name: str) -> None:
    table, opened = compiled(northeast_asia()), 0
    edges = {(edge.base, edge.asks): edge for _, stretch, _ in table.stretches() for edge in stretch.edges}
    for edge in edges.values():
        low = table.cells(edge) & np.uint64(FAILED)
        cells = np.argwhere(low == BIT[check])
        for grade, topic, purpose, act in cells.tolist():
            if check == "standing" and ACTS[act] in HOLDERS_ACTS:
                continue
            broken = without_word(table, edge, (grade, topic, purpose, act))
            found = prove(broken, name).counterexample
            assert found is not None
            assert found.act == ACTS[act]
            opened += 1
    assert opened > 20


def test_another_purpose_is_found() -> None:
    broken = without_bit(shipped(), "USA", "JPN", DURING, BIT["purpose"], purpose=1)
    assert list(failing(broken)) == ["purpose-bound"]
    found = prove(broken, "purpose-bound").counterexample
    assert found is not None
    assert found.purpose != found.provided_for
    assert found.demands == "no other purpose: article 6(c) says as-provided"
    assert found.reference.startswith("refuses: purpose (6(c))")


class TestCiting:
    def test_a_refusal_that_no_article_bears_is_found(self) -> None:
        broken = with_bit(shipped(), "JPN", "KOR", DURING, BIT["level"], grade=1, topic=0, purpose=0, act=RELEASE)
        assert list(failing(broken)) == ["every-refusal-cites"]
        found = prove(broken, "every-refusal-cites").counterexample
        assert found is not None
        assert (found.table_says, found.demands) == ("refuse on level", "an article for level")
        assert (found.sender, found.mark, found.reference[:9]) == ("JPN", "極秘", "permits: ")

    def test_a_clause_without_an_article_is_found(self) -> None:
        dossier = northeast_asia()
        text = text_2016(scope=Scope("", ("defence",)))
        proof = prove(
            compiled(replace(dossier, agreements={**dossier.agreements, "kor-jpn-2016": (text,)})),
            "every-refusal-cites",
        )
        assert proof.counterexample is not None
        assert proof.counterexample.demands == "an article for scope"
        assert "scope (no article)" in proof.counterexample.reference

    @pytest.mark.parametrize("field", ["clearance", "need_to_know", "facility", "system"])
    def test_what_is_asked_of_persons_and_systems_cites_as_well(self, field: str) -> None:
        dossier = northeast_asia()
        text = text_2016()
        named = {"system": "12", field: ""}
        text = replace(text, persons=replace(text.persons, **named))  # type: ignore[arg-type]
        table = compiled(replace(dossier, agreements={**dossier.agreements, "kor-jpn-2016": (text,)}))
        proof = prove(table, "every-refusal-cites")
        assert proof.holds is (field == "system")  # an empty article there falls back to the party's own list

    def test_of_a_sender_that_only_the_texts_name_nothing_is_asked(self) -> None:
        table = compiled(without_japan())
        senders = [row.lane.sender for row in rows_of(table)]
        proof = prove(table, "every-refusal-cites")
        assert proof.holds
        assert "JPN" in senders
        assert proof.stretches == sum(1 for sender in senders if sender != "JPN")

    def test_an_agreement_that_the_table_overlooks_is_found(self) -> None:
        def bare(lane: Lane) -> Lane:
            return replace(lane, stretches=tuple(replace(one, edges=()) for one in lane.stretches))

        lane = shipped().lanes["KOR", "JPN"]
        found = prove(with_lane(shipped(), "KOR", "JPN", bare), "every-refusal-cites").counterexample
        assert found is not None
        assert (found.agreement, found.sender, found.recipient) == ("", "KOR", "JPN")
        assert (found.start, found.end) == (lane.stretches[0].start, lane.stretches[1].start)
        assert (found.table_says, found.demands) == ("refuse", "an article for standing")
        assert found.reference.startswith("refuses: standing (21(1)): unsigned, not in force; scope (2(a))")


class TestMediated:
    def test_a_hop_that_the_table_refuses_is_found(self) -> None:
        broken = with_bit(shipped(), "USA", "JPN", DURING, BIT["scope"], topic=1)
        found = prove(broken, "mediated-within-scope").counterexample
        assert found is not None
        assert (found.sender, found.recipient, found.agreement) == ("KOR", "JPN", "tisa-2014")
        assert found.demands == "no hop from USA to JPN: the table refuses it"

    def test_a_router_that_forgets_the_scope_is_found(self) -> None:
        def careless(dossier: Dossier, request: Request) -> tuple[MediatedRoute, ...]:
            asked = replace(request, item=replace(request.item, topic="defence/dprk/missile"))
            return mediated_routes(dossier, replace(asked, purpose=asked.item.purpose))

        found = prove_mediated(shipped(), careless).counterexample
        assert found is not None
        assert found.demands == "no route: defence is outside article 1 of tisa-2014"

    def test_a_router_that_forgets_the_time_is_found(self) -> None:
        def careless(dossier: Dossier, request: Request) -> tuple[MediatedRoute, ...]:
            return mediated_routes(dossier, replace(request, at=at(DURING)))

        found = prove_mediated(shipped(), careless).counterexample
        assert found is not None
        assert found.demands == "no route: tisa-2014 is unsigned then"

    def test_a_route_past_the_hub_or_off_the_basis_is_found(self) -> None:
        dossier = northeast_asia()
        first = dossier.agreements["tisa-2014"][0]
        table = compiled(dossier)

        def other(changed: Dossier) -> Proof:
            return prove_mediated(table, lambda _, request: mediated_routes(changed, request))

        other_hub = replace(first, hub="JPN", entry=Entry("9", "signature"), basis=(*first.basis, "kor-jpn-2016"))
        found = other(replace(dossier, agreements={**dossier.agreements, "tisa-2014": (other_hub,)})).counterexample
        assert found is not None
        assert found.demands == "no route but through USA"
        changed = replace(first, basis=("usa-kor-1987",))
        strict = compiled(replace(dossier, agreements={**dossier.agreements, "tisa-2014": (changed,)}))
        found = prove_mediated(strict, lambda _, request: mediated_routes(dossier, request)).counterexample
        assert found is not None
        assert found.demands == "no hop under usa-jpn-2007: tisa-2014 rests on usa-kor-1987"


class TestOwnProperties:
    def test_no_grade_one_goes_to_japan(self) -> None:
        wanted = Property("p", "none", Pattern(senders=("KOR",), recipients=("JPN",), ranks=("TOP SECRET",)))
        proof = prove_property(shipped(), wanted)
        assert proof.holds
        assert proof.stretches == 3
        broken = without_bit(shipped(), "KOR", "JPN", DURING, BIT["level"], grade=0)
        found = prove_property(broken, wanted).counterexample
        assert found is not None
        assert (found.rank, found.demands) == ("TOP SECRET", "no permit: none")

    @pytest.mark.parametrize(
        ("where", "must", "holds"),
        [
            (Pattern(agreements=("kor-jpn-2016",)), Pattern(topics=("defence",)), True),
            (Pattern(agreements=("kor-jpn-2016",)), Pattern(topics=("defence/dprk",)), False),
            (Pattern(recipients=("JPN",)), Pattern(start=at("2007-08-10T00:00+09:00")), True),
            (Pattern(recipients=("JPN",)), Pattern(start=at("2007-08-10T00:00+09:00").plus(1)), False),
            (Pattern(senders=("KOR",)), Pattern(originators=("KOR", "USA")), False),  # what Japan gave may come home
            (Pattern(senders=("KOR",), originators=("JPN",)), Pattern(recipients=("JPN",)), True),
            (Pattern(purposes=("missile-warning",)), Pattern(topics=("defence",)), True),
        ],
    )
    def test_every_permit_that_matches_where_matches_must(self, where: Pattern, must: Pattern, holds: bool) -> None:
        assert prove_property(shipped(), Property("p", "so", where, must)).holds is holds

    def test_a_topic_finer_than_any_clause_is_a_point_of_its_own(self) -> None:
        proof = prove_property(shipped(), Property("p", "x", Pattern(topics=("defence/dprk/missile/launch",))))
        assert proof.counterexample is not None
        assert proof.counterexample.topic == "defence/dprk/missile/launch"
        assert prove_property(shipped(), Property("p", "x", Pattern(topics=("trade",)))).holds

    def test_during_is_half_open(self) -> None:
        entry = at("2016-11-23T12:00+09:00")
        pact = Pattern(agreements=("kor-jpn-2016",), end=entry)
        assert prove_property(shipped(), Property("p", "x", pact)).holds
        found = prove_property(shipped(), Property("p", "x", replace(pact, end=entry.plus(1)))).counterexample
        assert found is not None
        assert found.start == entry

    def test_a_permit_after_what_must_hold_has_ended_is_shown_from_then_on(self) -> None:
        entry, last = at("2016-11-23T12:00+09:00"), shipped().window.end
        where = Pattern(agreements=("kor-jpn-2016",))
        for end in (entry.plus(-1), entry, entry.plus(1), at(DURING), last.plus(-1)):
            found = prove_property(shipped(), Property("p", "so", where, Pattern(end=end))).counterexample
            assert found is not None
            assert (found.start, found.reference[:9]) == (max(entry, end), "permits: ")
        assert prove_property(shipped(), Property("p", "so", where, Pattern(end=last))).holds

    def test_it_agrees_with_the_reference_evaluator_asked_everything(self) -> None:
        table, points = shipped(), list(_everything(shipped().dossier))
        chance = random.Random(20161123)
        outcomes = set()
        for _ in range(120):
            where, must = _pattern(chance), _pattern(chance) if chance.random() < 0.5 else None
            wrong = any(
                _matches(where, request, agreement) and not (must and _matches(must, request, agreement))
                for request, agreement in points
            )
            wanted = Property("p", "x", where, must)
            if not all(_meets(table, pattern) for pattern in (where, must) if pattern):
                with pytest.raises(InputError, match="speaks of no cell"):
                    prove_property(table, wanted)
                outcomes.add("of nothing")
                continue
            proof = upheld(prove_property(table, wanted))
            assert proof.holds is not wrong, (where, must)
            outcomes.add("holds" if proof.holds else "fails")
        assert outcomes == {"holds", "fails", "of nothing"}


TOPICS = ("defence", "defence/dprk", "defence/dprk/missile", "defence/dprk/missile/launch", "trade")
TIMES = tuple(map(at, ("1990-01-01T00:00Z", "2010-01-01T00:00Z", "2018-01-01T00:00Z", "2024-01-01T00:00Z")))
PARTIES = ("KOR", "JPN", "USA")


def _everything(dossier: Dossier) -> Iterator[tuple[Request, str]]:
    """Every permit of northeast-asia at a few instants, with its agreement."""
    for when, sender, recipient, originator in itertools.product(TIMES, PARTIES, PARTIES, PARTIES):
        if sender == recipient:
            continue
        marks = [mark.mark for mark in dossier.parties[originator].marks]
        for mark, topic, own, act in itertools.product(marks, TOPICS, (True, False), ("release", "copy")):
            item = Item("x", "x", originator, mark, topic, "p" if own else "q")
            request = Request(act, item, sender, recipient, when, purpose="p")  # type: ignore[arg-type]
            verdict = evaluate(dossier, request)
            if verdict.permits:
                yield request, verdict.agreement


def _pattern(chance: random.Random) -> Pattern:
    def some(names: tuple[str, ...]) -> tuple[str, ...] | None:
        return tuple(chance.sample(names, chance.randint(1, len(names)))) if chance.random() < 0.4 else None

    topics = tuple(one for one in TOPICS if one != "defence") if chance.random() < 0.7 else TOPICS
    return Pattern(
        acts=some(("release", "copy")) or ("release", "copy"),
        senders=some(PARTIES),
        recipients=some(PARTIES),
        agreements=some(("kor-jpn-2016", "usa-kor-1987", "usa-jpn-2007")),
        ranks=some(("TOP SECRET", "SECRET", "CONFIDENTIAL")),
        topics=some(topics),
        originators=some(PARTIES),
    )


def _meets(table: Table, pattern: Pattern) -> bool:
    """Whether the pattern names a row, and a rank of which one of its originators has a mark."""
    marks = [mark.rank for name in pattern.originators or PARTIES for mark in table.dossier.parties[name].marks]
    return any(pattern.names_edge(row) for row in rows_of(table)) and (
        pattern.ranks is None or bool({*pattern.ranks} & {*marks})
    )


def _matches(pattern: Pattern, request: Request, agreement: str) -> bool:
    item, topics = request.item, pattern.topics
    rank = shipped().dossier.parties[item.originator].mark(item.mark)
    assert rank is not None
    pairs = (
        (pattern.acts, request.act),
        (pattern.senders, request.sender),
        (pattern.recipients, request.recipient),
        (pattern.agreements, agreement),
        (pattern.ranks, rank.rank),
        (pattern.originators, item.originator),
    )
    covered = topics is None or any(item.topic == one or item.topic.startswith(one + "/") for one in topics)
    return covered and all(names is None or one in names for names, one in pairs)
