"""When a party knows, by each route, under one setting of the assumptions; and which routes the law leaves open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.analysis.sufficiency.assumptions import Assumptions
from relto.core.decision import Request, evaluate
from relto.core.dossier import Dossier, Item
from relto.core.label import Caveats
from relto.core.route import mediated_routes
from relto.core.timeline import Instant

Route = Literal["own", "ally", "pact", "link"]
ROUTES: Final[tuple[Route, ...]] = get_args(Route)
"""Own stations; through the ally; under the pact by people; by the real-time link."""
NEVER: Final = math.inf


@dataclass(frozen=True, slots=True)
class Open:
    """What the agreements leave open at an instant, for a warning of one party to another: (giver, taker) pairs."""

    direct: frozenset[tuple[str, str]]
    mediated: frozenset[tuple[str, str]]


def open_routes(dossier: Dossier, assumed: Assumptions, at: Instant, known_by: Instant | None = None) -> Open:
    """Ask the agreements whether each party may give a warning to each other one directly, and through the hub.

    A party without a mark of the assumed rank gives nothing.
    """
    parties = sorted({*assumed.need, assumed.hub})
    direct, mediated = set(), set()
    for giver in parties:
        mark = _mark(dossier, giver, assumed.rank)
        if mark is None:
            continue
        item = Item(
            "assumed-warning",
            "assumed warning",
            giver,
            mark,
            assumed.topic,
            assumed.purpose,
            Caveats(rel_to=tuple(parties)),
        )
        for taker in parties:
            if taker == giver or taker not in dossier.parties:
                continue
            asked = Request("release", item, giver, taker, at, known_by=known_by)
            if evaluate(dossier, asked).permits:
                direct.add((giver, taker))
            if any(one.route.via == (assumed.hub,) for one in mediated_routes(dossier, asked)):
                mediated.add((giver, taker))
    return Open(frozenset(direct), frozenset(mediated))


def _mark(dossier: Dossier, party: str, rank: str) -> str | None:
    found = dossier.parties.get(party)
    return next((one.mark for one in found.marks if one.rank == rank), None) if found else None


Setting = Mapping[str, float]
"""The value of each assumption by its name."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of one flight: seconds after launch by (station, least elevation); None: never."""

    flight: float
    seen: Mapping[tuple[str, float], float | None]


def own_knowledge(assumed: Assumptions, sight: Sight, setting: Setting, party: str) -> float:
    """Seconds after launch at which a party's own stations and views from space give it a warning; infinite: never."""
    seen = [NEVER]
    for station in assumed.stations:
        if station.party == party:
            at = sight.seen[station.id, setting[f"elevation.{station.id}"]]
            seen.append(NEVER if at is None else at)
    seen += [setting[f"overhead.{one.id}"] for one in assumed.overhead if one.party == party]
    return min(seen) + setting.get(f"own.{party}", 0.0)


def knowledge(
    assumed: Assumptions, sight: Sight, setting: Setting, party: str, opened: Open, at: Instant
) -> dict[Route, float]:
    """Seconds after launch at which `party` knows by each route; infinite where it never does, or may not.

    Through the ally: what the ally sees itself, or what another gave it to pass on. By the link: the same two, but for
    its own latency instead of hops and handling, and only from `link_from` on.
    """
    own = {one: own_knowledge(assumed, sight, setting, one) for one in {*assumed.need, assumed.hub}}
    hub, hop = assumed.hub, setting["hop"]
    others = [one for one in assumed.need if one not in (party, hub)]
    found: dict[Route, float] = {"own": own[party], "ally": NEVER, "pact": NEVER, "link": NEVER}
    linked = assumed.link_from is not None and at >= assumed.link_from
    if party != hub and (hub, party) in opened.direct:
        found["ally"] = own[hub] + hop
        found["link"] = own[hub] + setting["link"] if linked else NEVER
    for other in others:
        if (other, party) in opened.mediated:
            found["ally"] = min(found["ally"], own[other] + 2 * hop + setting["handling"])
            if linked:
                found["link"] = min(found["link"], own[other] + setting["link"])
        if (other, party) in opened.direct:
            found["pact"] = min(found["pact"], own[other] + setting["people"])
    return found


def closed_routes(assumed: Assumptions, party: str, opened: Open, at: Instant) -> tuple[Route, ...]:
    """The routes by which nothing may come to `party` at `at`, whatever anybody sees."""
    others = [one for one in assumed.need if one not in (party, assumed.hub)]
    by_hub = party != assumed.hub and (assumed.hub, party) in opened.direct
    mediated = by_hub or any((one, party) in opened.mediated for one in others)
    linked = assumed.link_from is not None and at >= assumed.link_from
    open_now = {
        "own": True,
        "ally": mediated,
        "pact": any((one, party) in opened.direct for one in others),
        "link": mediated and linked,
    }
    return tuple(route for route in ROUTES if not open_now[route])
