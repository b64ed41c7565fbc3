"""Sufficiency as JSON and as text; every answer says that it is a model's."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from relto.core.analysis.sufficiency import Assessment, Assumptions, Flip, NotAssessable, Sufficiency
from relto.core.analysis.sufficiency.knowing import ROUTES, Route

SCHEMA: Final = "relto/sufficiency/1"
LABEL: Final = "model output: who would know when, under assumptions; not a statement of fact"
ROUTE_WORDS: Final = {
    "own": "own stations",
    "ally": "through the ally",
    "pact": "under the pact, by people",
    "link": "by the real-time link",
}
HOLDS_WORDS: Final = {
    "in all": "in all sets of assumptions",
    "in none": "in no set of assumptions",
    "in some": "in some sets of assumptions, not in others",
}


def assessment_json(found: Assessment | NotAssessable, assumed: Assumptions) -> dict[str, Any]:
    """One launch; seconds after launch, null where never."""
    value: dict[str, Any] = {
        "schema": SCHEMA,
        "label": LABEL,
        "assumptions": assumed.id,
        "notional": assumed.notional,
        "launch": found.launch.id,
        "at": str(found.launch.at) if found.launch.at else None,
        "missile": found.launch.missile or None,
    }
    if isinstance(found, NotAssessable):
        return value | {"assessable": False, "why": found.why}
    return value | {
        "assessable": True,
        "flight_s": round(found.flight, 1),
        "manoeuvre": found.launch.manoeuvre or None,
        "source": found.launch.source or None,
        "parties": [_party_json(one) for one in found.parties],
    }


def _party_json(one: Sufficiency) -> dict[str, Any]:
    return {
        "party": one.party,
        "known_s": {
            route: dict(zip(("low", "nominal", "high"), map(_seconds, one.known[route]), strict=True))
            for route in ROUTES
        },
        "closed": list(one.closed),
        "left_s": dict(zip(("worst", "nominal", "best"), map(_seconds, one.left), strict=True)),
        "left_with_pact_s": dict(zip(("worst", "nominal", "best"), map(_seconds, one.left_with_pact), strict=True)),
        "need_s": dict(zip(("low", "nominal", "high"), one.need, strict=True)),
        "sufficient": one.sufficient,
        "holds": one.holds,
        "flips": [
            {"assumption": flip.assumption, "from": flip.was, "to": _seconds(flip.becomes), "within_band": flip.within}
            for flip in one.flips
        ],
    }


def _seconds(value: float) -> float | None:
    return round(value, 3) if math.isfinite(value) else None


def span(low: float, high: float) -> str:
    """Seconds from low to high, as text."""
    ends = ["never" if math.isinf(one) else f"{one:.0f}" for one in (low, high)]
    return (
        f"{ends[0]} s"
        if ends[0] == ends[1] and ends[0] != "never"
        else ("never" if ends == ["never", "never"] else f"{ends[0]} to {ends[1]} s")
    )


def known_words(one: Sufficiency, route: Route) -> str:
    """When it is known by a route, or why not."""
    if route in one.closed:
        return "not open then"
    low, _, high = one.known[route]
    return "never known" if math.isinf(low) else f"known after {span(low, high)}"


def flip_sentence(flip: Flip, sufficient: bool) -> str:
    """What would flip a verdict."""
    becomes = "insufficient" if sufficient else "sufficient"
    unit = "degrees" if flip.assumption.startswith("elevation.") else "s"
    where = "" if flip.within else ", which is beyond its band"
    return f"{becomes} if {flip.assumption} is {flip.becomes:.6g} {unit}, not {flip.was:.6g}{where}"


def summary(found: Iterable[Assessment | NotAssessable], parties: Sequence[str]) -> list[tuple[str, ...]]:
    """For each party: of how many launches what it obtains alone and through the ally is sufficient, and how firmly."""
    assessed = [one for one in found if isinstance(one, Assessment)]
    rows: list[tuple[str, ...]] = []
    for number, party in enumerate(parties):
        verdicts = [one.parties[number] for one in assessed]
        rows.append(
            (
                party,
                f"sufficient for {sum(one.sufficient for one in verdicts)} of {len(verdicts)}",
                f"in all sets {sum(one.holds == 'in all' for one in verdicts)}, "
                f"in some {sum(one.holds == 'in some' for one in verdicts)}, "
                f"in none {sum(one.holds == 'in none' for one in verdicts)}",
            )
        )
    return rows
