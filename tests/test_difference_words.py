"""The sentences of a difference, change by change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.decision import ACTS
from relto.core.decision.difference import (
    Cause,
    Change,
    Requirement,
    TopicRange,
    change_lines,
    change_sentence,
    requirement_sentence,
)
from relto.core.decision.difference.change import Difference, Scale
from relto.core.decision.difference.words import acts_said, borne_said, cause_said, purposes_said, topics_said

SCALE = Scale(("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED"), ("defence", ""), ("planning", "study", ""))
OWN, INSTEAD = (tuple((name, own) for name in SCALE.purposes) for own in (True, False))
LEVEL = Cause("level", "4", "pact")
CHANGE = Change(
    direction="ceases",
    sender="KOR",
    recipients=("JPN",),
    agreement="pact",
    ranks=("SECRET",),
    marks=(),
    topics=("defence",),
    ranges=(TopicRange("defence"),),
    purposes=OWN,
    acts=("release",),
    refused=(LEVEL,),
    permitted=(Cause("level", "5", "pact"),),
)


def changed(**more: Any) -> Change:
    return replace(CHANGE, **more)


class TestSentence:
    def test_what_ceases(self) -> None:
        assert change_sentence(CHANGE, SCALE) == (
            "KOR -> JPN: defence and below, SECRET, for its own purpose, to release: "
            "no longer releasable, article 4 (level), under pact"
        )

    def test_what_begins_cites_what_permits_it(self) -> None:
        assert change_sentence(changed(direction="begins"), SCALE, "pact") == (
            "KOR -> JPN: defence and below, SECRET, for its own purpose, to release: releasable, article 5 (level)"
        )

    def test_where_a_clause_is_gone_what_it_refused_by_is_cited(self) -> None:
        gone = changed(direction="begins", permitted=(Cause("level", "", "pact"), Cause("scope", "2", "pact")))
        assert change_sentence(gone, SCALE, "pact").endswith(": releasable, article 4 (level)")

    def test_several_recipients_and_causes(self) -> None:
        several = changed(recipients=("JPN", "USA"), refused=(LEVEL, Cause("scope", "2", "pact")))
        said = change_sentence(several, SCALE, "pact")
        assert said.startswith("KOR -> JPN, USA: ")
        assert said.endswith("no longer releasable, article 4 (level), article 2 (scope)")

    def test_what_other_agreements_permit(self) -> None:
        still = changed(otherwise=("one", "two"))
        assert change_sentence(still, SCALE).endswith(", under pact (still releasable under one, two)")
        already = changed(otherwise=("one",), direction="begins")
        assert change_sentence(already, SCALE, "pact").endswith("article 5 (level) (already releasable under one)")


class TestLines:
    def test_both_ways_are_one(self) -> None:
        back = changed(sender="JPN", recipients=("KOR",))
        onward = changed(recipients=("USA",))
        (line,) = change_lines([CHANGE, onward, back], SCALE, "pact")
        assert line.startswith("KOR <-> JPN; KOR -> USA: defence")

    def test_what_is_not_alike_has_a_line_of_its_own(self) -> None:
        other = changed(sender="JPN", recipients=("KOR",), ranks=("CONFIDENTIAL",))
        told = change_lines([CHANGE, other], SCALE, "pact")
        assert [one.partition(":")[0] for one in told] == ["KOR -> JPN", "JPN -> KOR"]
        assert "under" not in told[0]
        assert "under pact" in change_lines([CHANGE], SCALE)[0]


@pytest.mark.parametrize(
    ("ranges", "said"),
    [
        ((TopicRange("a"),), "a and below"),
        ((TopicRange("a"), TopicRange("b")), "a and below and b and below"),
        ((TopicRange("a"), TopicRange("b"), TopicRange("c")), "a and below, b and below and c and below"),
        ((TopicRange("a", ("a/b", "a/c")),), "a and below but not a/b and below nor a/c and below"),
    ],
)
def test_topics(ranges: tuple[TopicRange, ...], said: str) -> None:
    assert topics_said(ranges) == said


@pytest.mark.parametrize(
    ("ranks", "marks", "said"),
    [
        (("SECRET",), (), "SECRET"),
        (("TOP SECRET", "SECRET"), (), "TOP SECRET and SECRET"),
        (("TOP SECRET", "SECRET", "CONFIDENTIAL"), (), "TOP SECRET to CONFIDENTIAL"),
        (("SECRET", "CONFIDENTIAL", "RESTRICTED"), (), "SECRET to RESTRICTED"),
        (("TOP SECRET", "CONFIDENTIAL", "RESTRICTED"), (), "TOP SECRET, CONFIDENTIAL and RESTRICTED"),
        (("TOP SECRET", "RESTRICTED"), (), "TOP SECRET and RESTRICTED"),
        (("SECRET",), ("x", "y"), "SECRET, the mark x and the mark y"),
        ((), ("x",), "the mark x"),
    ],
)
def test_ranks_and_marks(ranks: tuple[str, ...], marks: tuple[str, ...], said: str) -> None:
    assert borne_said(changed(ranks=ranks, marks=marks), SCALE) == said


@pytest.mark.parametrize(
    ("purposes", "said"),
    [
        (OWN, "for its own purpose"),
        (INSTEAD, "for another purpose than its own"),
        ((*OWN, *INSTEAD), "for any purpose"),
        (OWN[:1], "for its own purpose where that is planning"),
        (OWN[:2], "for its own purpose where that is planning or study"),
        (INSTEAD[1:], "for study or any other instead of its own purpose"),
        ((OWN[0], INSTEAD[0]), "for planning, its own or not"),
        ((*OWN, INSTEAD[0]), "for planning, its own or not and for its own purpose where that is study or any other"),
        (
            (OWN[0], INSTEAD[0], INSTEAD[2]),
            "for planning, its own or not and for any other instead of its own purpose",
        ),
        ((OWN[0], INSTEAD[1]), "for its own purpose where that is planning and for study instead of its own purpose"),
    ],
)
def test_purposes(purposes: tuple[tuple[str, bool], ...], said: str) -> None:
    assert purposes_said(changed(purposes=purposes), SCALE) == said


def test_acts() -> None:
    assert acts_said(changed(acts=ACTS)) == "every act"
    assert acts_said(changed(acts=ACTS[:1])) == f"to {ACTS[0]}"
    assert acts_said(changed(acts=ACTS[:3])) == f"to {ACTS[0]}, {ACTS[1]} or {ACTS[2]}"


def test_causes() -> None:
    assert cause_said(LEVEL) == "article 4 (level)"
    assert cause_said(Cause("standing", "21", "pact", "lapsed")) == "article 21 (lapsed)"
    assert cause_said(Cause("scope", "domestic:KOR: Act 5", "pact")) == "domestic:KOR: Act 5 (scope)"
    assert cause_said(Cause("scope", "2", "pact", unconfirmed=True)) == "article 2 (scope, unconfirmed)"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("x", "pact", "4", "4", "a", "b"), "x: a -> b, article 4"),
        (("x", "pact", "4", "5", "a", "b"), "x: a (article 4) -> b (article 5)"),
        (("x", "pact", "", "5", "", "b"), "x: none -> b, article 5"),
        (("x", "pact", "4", "", "a", ""), "x: a -> none, article 4"),
        (("x", "pact", "", "", "a", "b"), "x: a -> b"),
        (("x", "other", "4", "5", "a", "b"), "x: a (article 4 of other) -> b (article 5 of other)"),
        (("x", "other", "4", "", "a", "b"), "x: a -> b, article 4 of other"),
    ],
)
def test_requirements(asked: tuple[str, str, str, str, str, str], said: str) -> None:
    assert requirement_sentence(Requirement(*asked), "pact") == said


class TestCounts:
    def test_a_change_is_the_product_of_its_lists(self) -> None:
        several = changed(recipients=("JPN", "USA"), marks=("x", "y"), topics=("a", "b", "c"), acts=ACTS[:2])
        assert several.count == 2 * 3 * 3 * 3 * 2 == len(set(several.combinations()))
        assert ("KOR", "USA", "pact", "y", "c", ("study", True), ACTS[1]) in set(several.combinations())

    def test_nothing_is_no_change_no_requirement_and_no_other_ground(self) -> None:
        none = Difference((), (), 5, 0, SCALE)
        begins = changed(direction="begins")
        assert none.nothing
        for other in ({"changes": (CHANGE,)}, {"on_other_grounds": 1}, {"requirements": (Requirement(*"abcdef"),)}):
            assert not replace(none, **other).nothing
        both = replace(none, changes=(CHANGE, begins))
        assert (both.begins, both.ceases) == ((begins,), (CHANGE,))
        assert both.combinations("begins") == both.combinations("ceases") == frozenset(CHANGE.combinations())
        assert none.combinations("begins") == frozenset()
