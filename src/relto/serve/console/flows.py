"""Flows: who may release what to whom at an instant, as a picture and as tables."""

from __future__ import annotations

import math
from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from relto.core.decision import Request
from relto.core.dossier import Dossier, Item
from relto.core.label import Caveats
from relto.core.route import decide
from relto.core.timeline import first_instant, local_day
from relto.core.timeline.day import Day
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit

_BEGIN = Day(2014, 1, 1)
_DAY = 86_400 * 10**9
_MOST_PARTIES = 12
_RADIUS = 34
_FEW, _SMALL, _LARGE = 3, (400, 330), (640, 420)
"""Up to three parties stand close together, so that they can be read on a narrow screen too."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What becomes of one rank and topic: straight, through whom, or refused, and for which article."""

    mark: str
    rank: str
    topic: str
    way: str
    via: str
    agreement: str
    article: str


@dataclass(frozen=True, slots=True)
class Edge:
    """From one party to another: its cells, and how many go straight and through an ally."""

    sender: str
    recipient: str
    cells: tuple[Cell, ...]

    @property
    def direct(self) -> int:
        """How many go straight."""
        return sum(one.way == "direct" for one in self.cells)

    @property
    def mediated(self) -> int:
        """How many go through an ally alone."""
        return sum(one.way == "mediated" for one in self.cells)


def flows(visit: Visit) -> Page | Response:
    """The picture, and the table of the edge that is chosen. `day`: the slider's, leads to that day's first instant."""
    visit.need("see-agreements")
    today = _number(local_day(visit.context.now(), visit.zone))
    if visit.asked("day"):
        number = int(visit.asked("day")) if visit.asked("day", 9).isdecimal() and visit.asked("day", 9).isascii() else 0
        day = _BEGIN.plus(days=min(number, today))
        more = {"at": str(first_instant(day, visit.zone)), "from": visit.asked("from"), "to": visit.asked("to")}
        return RedirectResponse(f"/desk/flows?{urlencode(more)}", 303)
    dossier = visit.dossier()
    parties = _parties(dossier, visit.node.party)
    edges = [edge(visit, dossier, one, other) for one in parties for other in parties if one != other]
    chosen = next(
        (one for one in edges if (one.sender, one.recipient) == (visit.asked("from"), visit.asked("to"))), None
    )
    given: dict[str, object] = {
        "edges": edges,
        "chosen": chosen,
        "drawn": _drawn(parties, edges),
        "links": {(one.sender, one.recipient): _link(visit, one) for one in edges if one.cells},
        "many": len(parties) > _FEW,
    }
    shown = local_day(visit.at, visit.zone)
    given |= {"day": min(max(_number(shown), 0), today), "today": today, "begin": _BEGIN, "shown_day": shown}
    return Page("flows.html", visit.tongue.say("Flows"), given)


def _link(visit: Visit, one: Edge) -> str:
    """The table of an edge, on this page."""
    return visit.link("/flows", **{"from": one.sender, "to": one.recipient}) + "#edge"


def _number(day: Day) -> int:
    """How many days after the slider's first."""
    return (first_instant(day, "UTC").ns - first_instant(_BEGIN, "UTC").ns) // _DAY


def _parties(dossier: Dossier, own: str) -> list[str]:
    """The node's own party first, then those it has an agreement with, then others; no more than a dozen."""
    near = {
        party for versions in dossier.agreements.values() for party in versions[0].parties if own in versions[0].parties
    }
    order = sorted(dossier.parties, key=lambda one: (one != own, one not in near, one))
    return order[:_MOST_PARTIES]


def edge(visit: Visit, dossier: Dossier, sender: str, recipient: str) -> Edge:
    """Ask for each rank of the sender and each topic that an agreement between them, or an arrangement, covers."""
    shared = [
        versions[0] for versions in dossier.agreements.values() if {sender, recipient} <= set(versions[0].parties)
    ]
    topics = sorted({topic for text in shared for topic in text.scope.topics})
    marks = {one.rank: one.mark for one in reversed(dossier.parties[sender].marks)}
    cells = []
    for rank in dossier.parties[sender].ranks():
        for topic in topics:
            item = Item("flow", "", sender, marks[rank], topic, "as-provided", Caveats(rel_to=tuple(dossier.parties)))
            verdict = decide(dossier, Request("release", item, sender, recipient, visit.at, reading=sender))
            failed = verdict.failed()
            through = next((one for one in verdict.routes if one.kind == "mediated"), None)
            way = "direct" if verdict.permits else "mediated" if through else "refused"
            ground = failed[0] if failed else None
            cells.append(
                Cell(
                    marks[rank],
                    rank,
                    topic,
                    way,
                    ", ".join(through.via) if through else "",
                    ground.agreement if ground else verdict.agreement,
                    ground.article if ground else "",
                )
            )
    return Edge(sender, recipient, tuple(cells))


def _drawn(parties: list[str], edges: list[Edge]) -> dict[str, object]:
    """Circles and arrows: an arrow for each edge that an agreement covers, as wide as how much may go by it."""
    width, height = _SMALL if len(parties) <= _FEW else _LARGE
    places = {
        party: (
            width / 2 + (width / 2 - 50) * math.sin(2 * math.pi * n / len(parties)),
            height / 2 - (height / 2 - 50) * math.cos(2 * math.pi * n / len(parties)),
        )
        for n, party in enumerate(parties)
    }
    foot = math.ceil(max((y for _, y in places.values()), default=0.0)) + 50
    arrows = []
    for one in edges:
        if one.cells:
            (x1, y1), (x2, y2) = places[one.sender], places[one.recipient]
            far = math.hypot(x2 - x1, y2 - y1) or 1.0
            ux, uy = (x2 - x1) / far, (y2 - y1) / far
            side = 9.0
            start = (x1 + ux * (_RADIUS + 4) - uy * side, y1 + uy * (_RADIUS + 4) + ux * side)
            end = (x2 - ux * (_RADIUS + 18) - uy * side, y2 - uy * (_RADIUS + 18) + ux * side)
            arrows.append(
                {
                    "edge": one,
                    "x1": round(start[0], 1),
                    "y1": round(start[1], 1),
                    "x2": round(end[0], 1),
                    "y2": round(end[1], 1),
                    "kind": "direct" if one.direct else "mediated" if one.mediated else "refused",
                    "width": min(6, 1.5 + (one.direct or one.mediated) / 2),
                    "tx": round((start[0] + end[0]) / 2 - uy * 14, 1),
                    "ty": round((start[1] + end[1]) / 2 + ux * 14, 1),
                }
            )
    circles = [{"party": party, "x": round(x, 1), "y": round(y, 1)} for party, (x, y) in places.items()]
    return {"arrows": arrows, "circles": circles, "radius": _RADIUS, "width": width, "height": foot}
