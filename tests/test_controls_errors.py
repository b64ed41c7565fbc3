"""What an error about a visit, a contractor or a facility says: what is wrong, under which article, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from relto.core.errors import ReltoError
from relto.core.register import (
    ConditionsWithdrawn,
    ControlEvent,
    InspectionMissed,
    apply_control,
    control_event_from_json,
    control_event_to_json,
    fold_controls,
)
from tests.test_controls import (
    APPROVED,
    ASKED,
    CONFIRMED,
    DECLINED,
    DUE,
    ENDS,
    ENROLLED,
    HELD,
    INSPECTED,
    NAMED,
    NOW,
    OFF,
    OPENED,
    RELIEVED,
    SET,
    SHOWN,
    STARTS,
    STRUCK,
    contractor,
    site,
    visit,
)

LONG = "n" * 100


def said(events: Sequence[ControlEvent]) -> str:
    with pytest.raises(ReltoError) as caught:
        fold_controls(events)
    return str(caught.value)


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            (replace(ASKED, visiting="JPN"),),
            "a visit of JPN to JPN, asked for by KOR (article 8); "
            "the visiting party asks the host, or the host enters what came on paper",
        ),
        (
            (replace(ASKED, topics=()),),
            "a visit for nothing, or of nobody (article 8); say its purpose, topics, visitors",
        ),
        ((replace(ASKED, visitors=("a", "a")),), "a visitor without a name, or named twice; name each visitor once"),
        (
            (replace(ASKED, ends=STARTS),),
            "a visit from 2019-11-05T00:00:00Z until 2019-11-05T00:00:00Z; let it end after it begins",
        ),
        ((ASKED, ASKED), "the visit `v-1` was asked for already; each request has its own id"),
        ((replace(APPROVED, visit=LONG),), f"no visit `{LONG[:60]}`; list the visits for their ids"),
    ],
)
def test_of_a_request(events: Sequence[ControlEvent], sentence: str) -> None:
    assert said(events) == sentence


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            (ASKED, replace(APPROVED, party="KOR")),
            "KOR cannot decide on the visit `v-1` to JPN (article 8); JPN does",
        ),
        (
            (ASKED, replace(OFF, party="USA")),
            "USA cannot decide on the visit `v-1` to JPN (article 8); KOR or JPN does",
        ),
        ((ASKED, APPROVED, DECLINED), "the visit `v-1` was approved already; ask for another"),
        ((ASKED, DECLINED, APPROVED), "the visit `v-1` was declined already; ask for another"),
        (
            (ASKED, replace(APPROVED, ends=ENDS.plus(1))),
            "approved from 2019-11-05T00:00:00Z until 2019-11-05T08:00:00.000000001Z, "
            "asked for from 2019-11-05T00:00:00Z until 2019-11-05T08:00:00Z; approve no more than was asked for",
        ),
        (
            (ASKED, replace(APPROVED, ranks=("CONFIDENTIAL",))),
            "the ranks of the visit lack its ceiling SECRET; list it with those below",
        ),
        (
            (ASKED, APPROVED, OFF, HELD),
            "the visit `v-1` is called-off; only one that was approved takes place, once",
        ),
        (
            (ASKED, APPROVED, replace(HELD, at=NOW)),
            "the visit `v-1` begins only at 2019-11-05T00:00:00Z; record it once it has begun",
        ),
        ((ASKED, APPROVED, replace(HELD, came=())), "a visit to which nobody came; call it off"),
        (
            (ASKED, APPROVED, replace(HELD, came=("a colonel", LONG))),
            f"`{LONG[:60]}` is no visitor of `v-1` (article 8); it was asked for kor-analyst-2, a colonel",
        ),
    ],
)
def test_of_what_was_decided_on_a_visit(events: Sequence[ControlEvent], sentence: str) -> None:
    assert said(events) == sentence


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ((ASKED, APPROVED, OFF, SHOWN), "the visit `v-1` was called off by KOR (article 8); the host approves another"),
        ((ASKED, OPENED), "the visit `v-1` was not approved (article 8); the host approves another"),
        (
            (ASKED, APPROVED, replace(SHOWN, at=STARTS.plus(-1))),
            "the visit `v-1` begins only at 2019-11-05T00:00:00Z (article 8); the host approves another",
        ),
        (
            (ASKED, APPROVED, replace(OPENED, at=ENDS)),
            "the visit `v-1` ended at 2019-11-05T08:00:00Z (article 8); the host approves another",
        ),
        (
            (ASKED, APPROVED, replace(SHOWN, rank="")),
            "the visit `v-1` may be shown items up to SECRET, not one of no rank (article 8); "
            "the host approves another",
        ),
        (
            (replace(ASKED, topics=("trade", "health")), APPROVED, SHOWN),
            "the visit `v-1` is about trade, health, not defence/dprk/missile (article 8); the host approves another",
        ),
        (
            (replace(ASKED, assured=False), APPROVED, SHOWN),
            "KOR has not given its word for the visitors of `v-1` (article 7(5)); "
            "it asks for the visit anew, with its assurance",
        ),
    ],
)
def test_of_what_is_shown_within_a_visit(events: Sequence[ControlEvent], sentence: str) -> None:
    assert said(events) == sentence


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ((replace(CONFIRMED, contractor=LONG),), f"no checklist of `{LONG[:60]}`; begin it first"),
        (
            (SET, replace(CONFIRMED, conditions=("a", LONG))),
            f"`{LONG[:20]}` is no condition; use one of a, b, c, d, e, f, g, h, i, j, k, l, m, n, o",
        ),
        (
            (SET, replace(CONFIRMED, conditions=("g",))),
            "condition (g) is met by inspections alone; enter an inspection",
        ),
        (
            (SET, replace(CONFIRMED, conditions=("b",)), ConditionsWithdrawn("maker", NOW, ("b", "d", "c"), "w", "s")),
            "condition (d) of `maker` was not confirmed",
        ),
        (
            (SET, replace(CONFIRMED, evidence=" ")),
            "no conditions, or nothing said of them; name them, and say what shows it",
        ),
        ((SET, replace(INSPECTED, says=" ")), "an inspection that found nothing; say what was found"),
        (
            (SET, INSPECTED, InspectionMissed("maker", DUE, DUE)),
            "no inspection of `maker` is overdue since 2020-11-01T15:00:00Z, or it was entered as such",
        ),
    ],
)
def test_of_a_contractor(events: Sequence[ControlEvent], sentence: str) -> None:
    assert said(events) == sentence


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        (
            (replace(NAMED, task=" "),),
            "nobody is named, or for nothing; name the official, and of what they are in charge",
        ),
        ((NAMED, NAMED), "`jpn-security-1` is responsible already for `ichigaya` (article 10)"),
        ((replace(RELIEVED, official=LONG),), f"`{LONG[:60]}` is not responsible for `ichigaya` (article 10)"),
        (
            (replace(STRUCK, says=" "),),
            "nobody is named, or no reason given; name the person, and say why one is struck off",
        ),
        (
            (replace(ENROLLED, person=LONG), replace(ENROLLED, person=LONG)),
            f"`{LONG[:60]}` stands in the register of `ichigaya` already (article 6(e))",
        ),
    ],
)
def test_of_a_facility(events: Sequence[ControlEvent], sentence: str) -> None:
    assert said(events) == sentence


@pytest.mark.parametrize(
    ("one", "event", "sentence"),
    [
        (visit(ASKED), SET, "an event of the contractor `maker` for the visit `v-1`"),
        (
            contractor(SET),
            replace(NAMED, facility="maker"),
            "an event of the facility `maker` for the contractor `maker`",
        ),
        (
            site(NAMED),
            replace(NAMED, facility=LONG),
            f"an event of the facility `{LONG[:60]}` for the facility `ichigaya`",
        ),
        (
            visit(replace(ASKED, visit="maker")),
            SET,
            "an event of the contractor `maker` for the visit `maker`",
        ),
    ],
)
def test_of_an_event_for_another_control(one: Any, event: ControlEvent, sentence: str) -> None:
    with pytest.raises(ReltoError) as caught:
        apply_control(one, event)
    assert str(caught.value) == sentence


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"event": LONG}, f"unknown event `{LONG[:60]}`; events: checklist-set, conditions-confirmed,"),
        ({"visit": 1}, "`visit` of an event is not text"),
        ({"starts": 1}, "`starts` of an event is not text"),
        ({"assured": "yes"}, "`assured` of an event is neither true nor false"),
        ({"topics": "trade"}, "`topics` of an event is not a list of at most 64"),
        ({"visitors": [1]}, "`visitors` of an event is not text"),
        ({"more": 1}, "the event `visit-asked` has not the fields it should; its fields: visit, at, party, visiting,"),
    ],
)
def test_of_the_form_of_an_event(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ReltoError) as caught:
        control_event_from_json({**control_event_to_json(ASKED), **change})
    assert str(caught.value).startswith(sentence)
