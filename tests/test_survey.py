"""The survey says of every cell what the reference evaluator says, at both ends of every span; its boxes tile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.folder import load_dossier
from relto.core.decision import ACTS, Request, Verdict, evaluate
from relto.core.decision.survey import Cited, Edgewise, Onward, Permission, Protected, Span, boxes, size_of, survey
from relto.core.decision.table import Table
from relto.core.dossier import DomesticRule, Dossier, Item, recorded_span
from relto.core.errors import InputError
from relto.core.label import Levels, Mark, RankRow
from relto.core.timeline import Instant
from relto.formats.verdicts import Vocabulary, span_json, verdict_lines
from tests.breaking import compiled
from tests.making import at, northeast_asia, text_2016
from tests.test_variants import VARIANTS

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
OTHER_TOPIC, OTHER_PURPOSE = "somewhere/else", "something-else"
NAMES = ["northeast-asia", "aut-cyp-2014", "eu-usa-2007", "eu-usa-rowless", "health-dua", "hole", "tlp-community"]


@given(st.lists(st.integers(1, 4), min_size=1, max_size=4).flatmap(lambda shape: st.tuples(st.just(shape), st.data())))
def test_boxes_tile_the_cells_that_are_set(shape_and_data: tuple[list[int], st.DataObject]) -> None:
    shape, data = shape_and_data
    count = int(np.prod(shape))
    flags = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)), np.bool_).reshape(shape)
    covered = np.zeros(shape, np.int64)
    for box in boxes(flags):
        covered[np.ix_(*box)] += 1
    assert (covered == flags).all()


def test_what_is_alike_is_said_once() -> None:
    assert boxes(np.ones((2, 3, 4), np.bool_)) == [((0, 1), (0, 1, 2), (0, 1, 2, 3))]
    assert boxes(np.array([[True, False], [False, True]])) == [((0,), (0,)), ((1,), (1,))]
    assert boxes(np.zeros((2, 2), np.bool_)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_survey_is_what_the_reference_evaluator_says(name: str) -> None:
    assert _asked(load_dossier(SHIPPED if name == "northeast-asia" else VARIANTS / name)) > 100


def test_a_mark_in_another_row_than_its_ranks_or_in_none_is_told_apart() -> None:
    """Of the two marks that Japan has for SECRET the text knows one, and beside it one that Japan's file does not."""
    dossier = _pact_alone(levels=Levels("4", (RankRow("SECRET", {"KOR": ("군사II급비밀",), "JPN": ("극비", "極秘")}),)))
    assert _asked(dossier) > 100
    (span,) = survey(compiled(dossier), sender="JPN", recipient="KOR", at=at("2018-01-01T00:00Z"))
    (permit,) = span.edges[0].permits
    there = ("군사II급비밀",)
    assert permit.ranks == (Protected("SECRET", ("極秘",), there), Protected("", ("극비",), there))
    (refused,) = [what for one in span.edges[0].refusals if one.check == "level" for what in one.what]
    assert refused.ranks == (
        Protected("TOP SECRET", ("機密",)),
        Protected("CONFIDENTIAL", ("秘",)),
        Protected("", ()),
        Protected("SECRET", ("特定秘密",)),
    )


def test_under_a_text_without_a_table_of_levels_everything_is_refused_under_its_scope() -> None:
    dossier = _pact_alone(levels=None)
    assert _asked(dossier) > 100
    for span in survey(compiled(dossier), at=at("2018-01-01T00:00Z")):
        (edge,) = span.edges
        assert not edge.permits
        (level,) = [one for one in edge.refusals if one.check == "level"]
        assert (level.cited, level.says) == (Cited("kor-jpn-2016", "2(a)"), "no table of levels")


def test_a_party_that_only_the_texts_name_gives_nothing_and_has_nothing_to_pass_on() -> None:
    base = northeast_asia()
    parties = {name: base.parties[name] for name in ("KOR", "USA")}
    spans = list(survey(compiled(replace(base, parties=parties)), at=at("2020-01-01T00:00Z")))
    told = {
        (span.sender, span.recipient): {(one.originator, one.takes) for one in edge.onward}
        for span in spans
        for edge in span.edges
    }
    assert told == {
        ("KOR", "USA"): set(),
        ("USA", "KOR"): set(),
        ("KOR", "JPN"): {("USA", "consent")},
        ("USA", "JPN"): {("KOR", "consent")},
    }


def test_what_is_passed_on_cites_every_text_that_asks_for_it_whatever_marks_there_are() -> None:
    """The originator of the item has one rank alone, and not the highest."""
    base = northeast_asia()
    american = replace(base.parties["USA"], marks=(Mark("CONFIDENTIAL", "CONFIDENTIAL"),))
    table = compiled(replace(base, parties={**base.parties, "USA": american}))
    (span,) = survey(table, sender="KOR", recipient="JPN", at=at("2018-01-01T00:00Z"))
    (edge,) = span.edges
    assert edge.onward == (Onward("USA", "consent", (Cited("usa-kor-1987", "3"),)),)


def _pact_alone(**changes: Any) -> Dossier:
    """The text of 2016, changed, and its two parties."""
    base = northeast_asia()
    parties = {name: base.parties[name] for name in ("KOR", "JPN")}
    return replace(base, agreements={"kor-jpn-2016": (text_2016(**changes),)}, parties=parties)


def _asked(dossier: Dossier) -> int:
    """Hold the survey of a dossier against the reference evaluator; how many requests were asked."""
    table = compiled(dossier)
    asked = 0
    for span in survey(table):
        for edge, when in itertools.product(span.edges, (span.start, span.end.plus(-1))):
            for verdict, found in _cells(dossier, table, span, edge, when):
                wanted = {(one.check, one.agreement, one.article) for one in verdict.failed()}
                assert found == wanted, (span.sender, span.recipient, when, verdict)
                asked += 1
    return asked


Reasons = set[tuple[str, str, str]]


def _cells(
    dossier: Dossier, table: Table, span: Span, edge: Edgewise, when: Instant
) -> Iterator[tuple[Verdict, Reasons]]:
    """A request in every cell of the sender's own items, and why the survey refuses it; nothing for a permit."""
    axes = table.ground.axes
    described = [(mark.rank, mark.mark) for mark in dossier.parties[span.sender].marks]
    known = {mark for _, mark in described}
    only_in_texts = [mark for mark in axes.irregular.get(span.sender, ()) if mark not in known]
    marks = described + [("", mark) for mark in (*only_in_texts, "no-such-mark")]
    cells = itertools.product(marks, axes.topics, axes.purposes, (True, False), enumerate(ACTS))
    for (rank, mark), topic, purpose, own, (number, act) in cells:
        asked = purpose or OTHER_PURPOSE
        item = Item("x", "x", span.sender, mark, topic or OTHER_TOPIC, asked if own else asked + "-too")
        request = Request(act, item, span.sender, span.recipient, when, purpose=asked)
        verdict = evaluate(dossier, request, only=(edge.agreement,))
        place = (number, rank, mark, topic, (purpose, own))
        permitted = [permit for permit in edge.permits if _in(permit, *place)]
        reasons = {
            (one.check, one.cited.agreement, one.cited.article)
            for one in edge.refusals
            if any(_in(what, *place) for what in one.what)
        }
        assert len(permitted) == (0 if reasons else 1)
        if permitted:
            there = next(one.there for one in permitted[0].ranks if _is(one, rank, mark))
            assert set(verdict.marks) <= set(there)
            passed = {ground.article for ground in verdict.grounds}
            assert {one.article for one in permitted[0].articles} <= passed
        yield verdict, reasons


def _is(one: Protected, rank: str, mark: str) -> bool:
    unmarked = () if rank else ("no-such-mark",)
    return one.rank == rank and mark in (one.marks or unmarked)


def _in(part: Permission, act: int, rank: str, mark: str, topic: str, purpose: tuple[str, bool]) -> bool:
    ranked = any(_is(one, rank, mark) for one in part.ranks)
    return act in part.acts and ranked and topic in part.topics and purpose in part.purposes


def test_the_spans_of_a_lane_tile_the_window_and_no_two_in_a_row_say_the_same() -> None:
    table = compiled(load_dossier(SHIPPED))
    spans = list(survey(table))
    for _, group in itertools.groupby(spans, lambda span: (span.sender, span.recipient)):
        lane = list(group)
        assert lane[0].start == table.window.start
        assert lane[-1].end == table.window.end
        for before, after in itertools.pairwise(lane):
            assert before.end == after.start
            assert before.edges != after.edges
    assert [(span.sender, span.recipient) for span in survey(table, sender="KOR", at=at("2020-01-01T00:00Z"))] == [
        ("KOR", "JPN"),
        ("KOR", "USA"),
    ]


def test_contractors_and_domestic_rules_are_told_apart() -> None:
    dossier = northeast_asia()
    rule = DomesticRule("d", "Act 5", "no secrets on missiles", to=("JPN",), topics=("defence/dprk/missile",))
    parties = {**dossier.parties, "KOR": replace(dossier.parties["KOR"], domestic=(rule,))}
    table = compiled(replace(dossier, parties=parties))
    axes = table.ground.axes
    lines = list(verdict_lines(survey(table, sender="KOR"), Vocabulary(axes.topics, axes.purposes)))
    assert "KOR to jpn-firm-1 (JPN)" in lines
    assert "        on defence (but not defence/dprk/missile), for the purpose provided for" in lines
    says = "refused: caveat (domestic:KOR: Act 5): no secrets on missiles | on defence/dprk/missile"
    assert f"      {says}" in lines
    firm = "refused: contractor (party:JPN:contractors): jpn-firm-1 is approved up to CONFIDENTIAL, until 2020-01-01"
    assert any(firm in line for line in lines)
    assert not any(line != line.rstrip() for line in lines)


def test_json_has_the_same_spans() -> None:
    spans = list(survey(compiled(load_dossier(SHIPPED)), sender="KOR", recipient="JPN"))
    values = [span_json(span) for span in spans]
    assert {value["schema"] for value in values} == {"relto/table-verdicts/1"}
    assert [value["end"] for value in values[:-1]] == [value["start"] for value in values[1:]]


def test_size_counts_what_there_is() -> None:
    table = compiled(load_dossier(SHIPPED))
    size = size_of(table)
    assert size.lanes == 9
    assert size.slices == len(list(table.stretches()))
    assert size.cells == sum(table.cells(edge).size for _, stretch, _ in table.stretches() for edge in stretch.edges)
    assert size.bytes == size.stored_cells * 8


def test_the_recorded_span_is_whole_years() -> None:
    assert recorded_span(load_dossier(SHIPPED)) == (at("1987-01-01T00:00Z"), at("2029-01-01T00:00Z"))
    with pytest.raises(InputError, match="no record has an instrument"):
        recorded_span(Dossier(agreements={}, records={}, parties={}))
