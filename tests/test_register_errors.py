"""What an error about a holding, or the form of an event, says: what is wrong, under which article, what to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from relto.core.errors import ReltoError
from relto.core.register import (
    CompromiseReported,
    Copied,
    Derived,
    Destroyed,
    Discharged,
    Event,
    FellOverdue,
    Investigated,
    Opened,
    PurposeEnded,
    Returned,
    WrittenOff,
    apply,
    check_usable,
    event_from_json,
    event_to_json,
    fold,
    strictest,
)
from tests.test_register import AT, RECEIVED

LONG = "n" * 100
LOST = CompromiseReported("t-1", AT, "r-1", True, "left in a car")
ENDED = PurposeEnded("t-1", AT, "desk")
BURNT = Destroyed("t-1", AT, 0, "burn", "witness", "clerk")
DERIVED = Derived(
    "d-1", AT, "d-1", "t", "KOR", "JPN", "kor-jpn-2016", "Asia/Seoul", "極秘", "군사II급비밀", "defence", "x",
    "extract", ("t-1",), ("KOR",), "en", "note", "safe", "clerk",
)  # fmt: skip
FORM = Copied("t-1", AT, 1, "safe", "clerk")


def said(call: Callable[[], object]) -> str:
    with pytest.raises(ReltoError) as caught:
        call()
    return str(caught.value)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ((RECEIVED,), "holding `t-1` is in the register already; a transmittal comes once"),
        (
            (ENDED, Opened("t-1", AT, "", "x")),
            "what `t-1` was given for is over since 2019-10-31T09:00:00Z (article 6(h)); return or destroy it",
        ),
        (
            (BURNT, Opened("t-1", AT, "", "x")),
            "`t-1` was destroyed on 2019-10-31T09:00:00Z; ask its originator for it anew",
        ),
        ((ENDED, ENDED), "what `t-1` was given for is over already, since 2019-10-31T09:00:00Z"),
        (
            (LOST, Investigated("t-1", AT, LONG, "a", "b", "security")),
            f"no compromise `{LONG[:60]}` of `t-1`; report it first",
        ),
        (
            (LOST, Investigated("t-1", AT, "r-1", "found", " ", "security")),
            "findings without what was found or what is done; say both",
        ),
        ((FellOverdue("t-1", AT, 2, "confirm"),), "`t-1` has no duty 2 to confirm"),
        ((FellOverdue("t-1", AT, 1, "report"),), "`t-1` has no duty 1 to report"),
        ((FellOverdue("t-1", AT, 1, "confirm"),), "duty 1 of `t-1` is not overdue, or was entered as such"),
    ],
)
def test_of_what_can_no_longer_happen_to_a_holding(events: tuple[Event, ...], sentence: str) -> None:
    assert said(lambda: fold([RECEIVED, *events])) == sentence


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ((Copied("t-1", AT, 2, "safe", "clerk"),), "the next copy of `t-1` is number 1; number it so"),
        (
            (Copied("t-1", AT, 1, " ", "clerk"),),
            "a copy that is with nobody; say where, or with whom, it is kept",
        ),
        ((Returned("t-1", AT, 1, "KOR", "clerk"),), "`t-1` has no copy 1; look at its copies"),
        ((BURNT, BURNT), "copy 0 of `t-1` was destroyed on 2019-10-31T09:00:00Z"),
        (
            (replace(BURNT, method=" "),),
            "a destruction without its method or witness; give both",
        ),
        ((replace(BURNT, witness=" "),), "a destruction without its method or witness; give both"),
        ((replace(BURNT, witness="clerk"),), "`clerk` cannot witness what `clerk` does; name another witness"),
        (
            (replace(LOST, actual=False), WrittenOff("t-1", AT, 0, "r-1", "security")),
            "no actual loss of `t-1` was reported as `r-1`; report the loss first, with `--actual`",
        ),
        (
            (LOST, WrittenOff("t-1", AT, 0, LONG, "security")),
            f"no actual loss of `t-1` was reported as `{LONG[:60]}`; report the loss first, with `--actual`",
        ),
    ],
)
def test_of_its_copies(events: tuple[Event, ...], sentence: str) -> None:
    assert said(lambda: fold([RECEIVED, *events])) == sentence


def test_of_an_event_of_what_never_came() -> None:
    never = f"no holding `{LONG[:60]}` in the register; list the holdings for their ids"
    for holding in (None, apply(None, RECEIVED)):
        assert said(lambda now=holding: apply(now, Discharged(LONG, AT, "report"))) == never  # type: ignore[misc]


def test_of_marks_and_of_what_is_used_although_it_is_gone() -> None:
    held = apply(None, RECEIVED)
    other = apply(None, replace(RECEIVED, mark="Geheim"))
    assert said(lambda: strictest([], str.__ge__)) == "a product of nothing; name the holdings it was made of"
    assert said(lambda: strictest([held, other, held], str.__eq__)) == (
        "the marks 極秘, Geheim cannot be compared; make a product of each by itself"
    )
    lost = apply(apply(held, LOST), WrittenOff("t-1", AT, 0, "r-1", "security"))
    assert said(lambda: check_usable(lost)) == (
        "`t-1` was lost on 2019-10-31T09:00:00Z; ask its originator for it anew"
    )


@pytest.mark.parametrize(
    ("event", "change", "sentence"),
    [
        (FORM, {"event": 3}, "`event` of an event is not text"),
        (
            FORM,
            {"event": LONG},
            f"unknown event `{LONG[:60]}`; events: compromise-reported, copied, derived, destroyed, discharged, "
            "fell-overdue, forwarded, investigated, opened, purpose-ended, received, reclassified, returned, shown, "
            "written-off",
        ),
        (
            FORM,
            {"more": 1},
            "the event `copied` has not the fields it should; its fields: holding, at, number, keeper, by",
        ),
        (FORM, {"at": 3}, "`at` of an event is not text"),
        (FORM, {"keeper": 3}, "`keeper` of an event is not text"),
        (FORM, {"number": -1}, "`number` of an event is no number from 0 to 9999"),
        (FORM, {"number": 10_000}, "`number` of an event is no number from 0 to 9999"),
        (FORM, {"number": True}, "`number` of an event is no number from 0 to 9999"),
        (LOST, {"actual": "yes"}, "`actual` of an event is neither true nor false"),
        (LOST, {"actual": 1}, "`actual` of an event is neither true nor false"),
        (DERIVED, {"sources": "t-1"}, "`sources` of an event is not a list of at most 64"),
        (DERIVED, {"sources": ["t-1"] * 65}, "`sources` of an event is not a list of at most 64"),
        (DERIVED, {"originators": [1]}, "`originators` of an event is not text"),
        (RECEIVED, {"duties": "none"}, "`duties` of an event is not a list of duties"),
        (RECEIVED, {"duties": None}, "`duties` of an event is not a list of duties"),
        (RECEIVED, {"duties": [{"article": "4"}]}, "`duties` of an event is not a list of duties"),
        (RECEIVED, {"duties": [["article", "4"]]}, "`duties` of an event is not a list of duties"),
    ],
)
def test_of_the_form_of_an_event(event: Event, change: dict[str, Any], sentence: str) -> None:
    assert said(lambda: event_from_json({**event_to_json(event), **change})) == sentence


@pytest.mark.parametrize("value", [3, None, ["P30D"], {}])
def test_of_a_duty_whose_parts_are_no_text(value: object) -> None:
    written = event_to_json(RECEIVED)
    for part in ("article", "do", "on", "within", "to"):
        duties = [written["duties"][0], {**written["duties"][1], part: value}]
        assert said(lambda given=duties: event_from_json({**written, "duties": given})) == (  # type: ignore[misc]
            f"`{part}` of an event is not text"
        )
