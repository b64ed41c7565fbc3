"""The verdict: is what a party obtains alone and through the ally sufficient? A band, and what would flip it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from relto.core.analysis.sufficiency.assumptions import SIDES, Assumptions, Side
from relto.core.analysis.sufficiency.knowing import ROUTES, Open, Route, Setting, Sight, closed_routes, knowledge
from relto.core.timeline import Instant

WITHOUT_PACT: Final[tuple[Route, ...]] = ("own", "ally")
Holds = Literal["in all", "in none", "in some"]


@dataclass(frozen=True, slots=True)
class Flip:
    """One assumption that flips the verdict: moved from its nominal value `was` to `becomes`, all else left alone.

    `within`: whether that lies in its band; else it is the least move that flips it.
    """

    assumption: str
    was: float
    becomes: float
    within: bool


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """What one party knows of one launch, in seconds after it.

    `known`: route -> (low, nominal, high), infinite where never. `left`, `left_with_pact`: the warning time left
    alone and through the ally, and with all routes, (worst, nominal, best); `need` (low, nominal, high). `sufficient`:
    under the nominal assumptions. `holds`: in how many of the sets of assumptions it is. `closed`: routes that the
    agreements, or the date of the link, do not leave open then.
    """

    party: str
    known: Mapping[Route, tuple[float, float, float]]
    left: tuple[float, float, float]
    left_with_pact: tuple[float, float, float]
    need: tuple[float, float, float]
    sufficient: bool
    holds: Holds
    flips: tuple[Flip, ...]
    closed: tuple[Route, ...]


def setting_of(assumed: Assumptions, side: Side, moved: Mapping[str, float] | None = None) -> dict[str, float]:
    """All assumptions on one side of their bands, but for those `moved`."""
    return {name: band.at(side) for name, band in assumed.bands()} | dict(moved or {})


def left_of(sight: Sight, known: Mapping[Route, float], routes: tuple[Route, ...]) -> float:
    """The warning time left when it is known by the soonest of `routes`; 0 where it is known too late or never."""
    soonest = min(known[route] for route in routes)
    return max(0.0, sight.flight - soonest) if math.isfinite(soonest) else 0.0


def sufficiency(assumed: Assumptions, sight: Sight, party: str, opened: Open, at: Instant) -> Sufficiency:
    """The verdict for `party`. Monotone: low assumptions make knowing easier, high ones harder, so that the two sides
    of every band bound all sets between them."""

    def known(side: Side) -> dict[Route, float]:
        return knowledge(assumed, sight, setting_of(assumed, side), party, opened, at)

    by_side = {side: known(side) for side in SIDES}
    need = assumed.need[party]

    def enough(setting: Setting) -> bool:
        found = knowledge(assumed, sight, setting, party, opened, at)
        return left_of(sight, found, WITHOUT_PACT) >= setting[f"need.{party}"]

    ends = [enough(setting_of(assumed, side)) for side in ("low", "high")]
    nominal = enough(setting_of(assumed, "nominal"))
    holds: Holds = "in all" if ends[1] else "in some" if ends[0] else "in none"
    hardest_first: tuple[Side, Side, Side] = ("high", "nominal", "low")
    lefts = [left_of(sight, by_side[side], WITHOUT_PACT) for side in hardest_first]
    with_pact = [left_of(sight, by_side[side], ROUTES) for side in hardest_first]
    return Sufficiency(
        party=party,
        known={route: (by_side["low"][route], by_side["nominal"][route], by_side["high"][route]) for route in ROUTES},
        left=(lefts[0], lefts[1], lefts[2]),
        left_with_pact=(with_pact[0], with_pact[1], with_pact[2]),
        need=(need.low, need.nominal, need.high),
        sufficient=nominal,
        holds=holds,
        flips=_flips(assumed, party, nominal, lefts[1], enough),
        closed=closed_routes(assumed, party, opened, at),
    )


def _flips(assumed: Assumptions, party: str, nominal: bool, left: float, enough: object) -> tuple[Flip, ...]:
    """Every assumption that alone flips the verdict within its band; where there is none, how far the need would have
    to move, which always does."""
    assert callable(enough)
    side: Side = "high" if nominal else "low"
    found: list[Flip] = []
    for name, band in assumed.bands():
        if band.at(side) != band.nominal and enough(setting_of(assumed, "nominal", {name: band.at(side)})) != nominal:
            found.append(Flip(name, band.nominal, band.at(side), within=True))
    if found:
        return tuple(found)
    name = f"need.{party}"
    least = math.nextafter(left, math.inf) if nominal else left
    return (Flip(name, assumed.need[party].nominal, least, within=False),)
