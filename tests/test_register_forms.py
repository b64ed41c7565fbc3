"""How events are written and read at the edges of their form, and what the last of several events leaves."""

from __future__ import annotations

from dataclasses import replace

from relto.core.canon import canonical, parse_object
from relto.core.register import (
    Came,
    Copied,
    Opened,
    PurposeEnded,
    Reclassified,
    Returned,
    apply,
    event_from_json,
    event_to_json,
    fold,
)
from tests.test_register import AT, RECEIVED
from tests.test_register_errors import BURNT, DERIVED, FORM, LOST


def test_at_most_64_sources_are_read_and_numbers_up_to_9999() -> None:
    assert event_from_json({**event_to_json(DERIVED), "sources": ["t-1"] * 64}) == replace(
        DERIVED, sources=("t-1",) * 64
    )
    for number in (0, 9999):
        assert event_from_json({**event_to_json(FORM), "number": number}) == replace(FORM, number=number)


def test_an_event_is_written_by_its_fields_each_in_its_form() -> None:
    assert event_to_json(DERIVED) == {
        "event": "derived", "holding": "d-1", "at": "2019-10-31T09:00:00Z", "item": "d-1", "title": "t",
        "originator": "KOR", "sender": "JPN", "agreement": "kor-jpn-2016", "zone": "Asia/Seoul", "mark": "極秘",
        "origin_mark": "군사II급비밀", "topic": "defence", "purpose": "x", "how": "extract", "sources": ["t-1"],
        "originators": ["KOR"], "language": "en", "note": "note", "keeper": "safe", "by": "clerk", "duties": [],
        "onward": "",
    }  # fmt: skip
    assert event_to_json(LOST)["actual"] is True
    assert event_to_json(FORM)["number"] == 1
    assert event_to_json(RECEIVED)["duties"][1] == {
        "article": "9", "do": "confirm", "on": "receipt", "within": "P30D", "to": "originator",
    }  # fmt: skip


def test_what_became_of_a_mark_is_what_its_originator_said_last() -> None:
    marked = [Reclassified("t-1", AT, mark, f"of {mark}", "sha256:0") for mark in ("秘", "機密")]
    holding = fold([RECEIVED, *marked])["t-1"]
    assert (holding.mark, holding.origin_mark) == ("機密", "of 機密")


def test_what_was_given_back_before_its_purpose_ended_is_owed_no_more() -> None:
    ended = PurposeEnded("t-1", AT.plus(1), "desk")
    owed = fold([RECEIVED, ended])["t-1"].duties[-1]
    gone = fold([RECEIVED, BURNT, ended])["t-1"].duties[-1]
    assert (owed.do, owed.started, owed.done) == ("return-or-destroy", AT.plus(1), None)
    assert gone == replace(owed, done=AT.plus(1))


def test_the_same_event_is_written_once_and_an_equal_one_alike() -> None:
    lost = replace(LOST)
    written = event_to_json(lost)
    assert event_to_json(lost) is written
    assert event_to_json(replace(lost)) == written


def test_all_that_is_read_with_the_same_duties_shares_them() -> None:
    """Many thousands of holdings come under one text, and are kept in memory."""
    first, second = (
        event_from_json(parse_object(canonical(event_to_json(replace(RECEIVED, holding=name))))) for name in "ab"
    )
    assert isinstance(first, Came)
    assert isinstance(second, Came)
    assert first.duties == RECEIVED.duties
    assert second.duties is first.duties


def test_a_product_contains_what_all_its_originators_gave_and_what_came_only_its_own() -> None:
    made = apply(None, replace(DERIVED, sources=("t-1", "t-2"), originators=("KOR", "USA")))
    assert (made.sources, made.originators) == (("t-1", "t-2"), ("KOR", "USA"))
    came = apply(None, RECEIVED)
    assert (came.sources, came.originators) == ((), ("KOR",))


def test_the_copies_that_are_here_and_to_whom_the_original_was_opened() -> None:
    opened = [Opened("t-1", AT, person, "missile-warning") for person in ("an analyst", "")]
    returned = Returned("t-1", AT, 0, "KOR", "clerk")
    holding = fold([RECEIVED, opened[0], FORM, opened[1], Copied("t-1", AT, 2, "desk", "clerk"), returned])["t-1"]
    assert holding.openings == tuple(opened)
    assert [(one.number, one.keeper) for one in holding.held] == [(1, "safe"), (2, "desk")]
