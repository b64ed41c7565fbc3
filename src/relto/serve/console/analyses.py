"""The analyses: the brief, what a lapse costs, who would know when. Made of the same values as on the command line."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.responses import Response

from relto.core.analysis import brief
from relto.core.analysis.impact import Impact, Traffic, impact, traffic_of
from relto.core.analysis.impact.compare import diverted, lost
from relto.core.analysis.sufficiency import Assessment, Assumptions, Launch, NotAssessable, Sufficiency, assess
from relto.core.analysis.world import World, in_world
from relto.core.dossier import Dossier
from relto.core.errors import InputError, ReltoError
from relto.core.timeline import parse_instant
from relto.formats.analysis.assumptions import read_assumptions
from relto.formats.analysis.impact import WORDS, article_rows
from relto.formats.analysis.impact_svg import impact_svg
from relto.formats.analysis.launches import read_launches
from relto.formats.analysis.sufficiency import ROUTE_WORDS
from relto.formats.analysis.sufficiency_svg import (
    assumption_text,
    flip_text,
    launch_svg,
    launches_svg,
    route_text,
    span_text,
)
from relto.formats.analysis.traffic import dossier_traffic, read_traffic
from relto.formats.brief import page_of
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.visiting import Visit

_SHIPPED = Path(__file__).parent.parent.parent / "dossiers" / "northeast-asia"


def brief_page(visit: Visit) -> Page:
    """The brief as of the instant looked at."""
    visit.need("see-agreements")
    dossier = visit.dossier()
    reading = visit.node.party
    told = page_of(brief(dossier, visit.at, reading=reading, zone=visit.zone), dossier.parties, visit.tongue.language)
    return Page("brief.html", told.title, {"told": told})


def impact_page(visit: Visit) -> Page:
    """What becomes of traffic if an agreement ends at an instant."""
    visit.need("see-agreements")
    found, world, problem = _impact(visit)
    given: dict[str, Any] = {
        "world": world,
        "found": found,
        "problem": problem,
        "agreements": sorted(visit.dossier().agreements),
        "lapse": visit.asked("lapse"),
        "name": visit.asked("agreement"),
        "picture": visit.link("/impact.svg", agreement=visit.asked("agreement"), lapse=visit.asked("lapse")),
    }
    if found is not None:
        changes = list(found.changes())
        turn = Turn.of(visit.asked("page"), len(changes))
        given |= {
            "lost": lost(found.total),
            "diverted": diverted(found.total),
            "rows": [
                (one, visit.tongue.say(WORDS[one.before.outcome, one.after.outcome]))
                for one in changes[turn.start : turn.start + ROWS]
            ],
            "turn": turn,
            "articles": article_rows(found),
        }
    return Page("impact.html", visit.tongue.say("Impact"), given)


def impact_picture(visit: Visit) -> Response:
    """The same, drawn."""
    visit.need("see-agreements")
    found, world, problem = _impact(visit)
    if found is None or world is None:
        raise problem or InputError("no other world is asked about")
    zone = visit.dossier().versions(world.agreement)[0].zone
    return Response(impact_svg(found, world, zone, visit.tongue.say), media_type="image/svg+xml")


def _impact(visit: Visit) -> tuple[Impact | None, World | None, InputError | None]:
    """What was asked: the answer, the world; or why there is none."""
    name, text = visit.asked("agreement"), visit.asked("lapse")
    if not name or not text:
        return None, None, None
    dossier = visit.dossier()
    try:
        world = World(name, lapse=parse_instant(text))
        zone = dossier.versions(name)[0].zone
        return impact(_traffic(dossier), dossier, in_world(dossier, world), zone=zone), world, None
    except InputError as error:
        return None, None, error


def _traffic(dossier: Dossier) -> Traffic:
    """The items of the dossier as if released when made, and the shipped traffic where the dossier has its items."""
    own = dossier_traffic(dossier)
    data = (_SHIPPED / "traffic" / "winter-2019.csv").read_bytes()
    try:
        more = read_traffic("winter-2019.csv", data, dossier)
    except ReltoError:  # a dossier of others has not these items
        return own
    both = [own.movement(n) for n in range(len(own))] + [more.movement(n) for n in range(len(more))]
    return traffic_of(both)


@lru_cache(maxsize=1)
def _assumed() -> tuple[Assumptions, tuple[Launch, ...]]:
    file = _SHIPPED / "assumptions" / "notional.yaml"
    record = (_SHIPPED / "launches" / "2019.csv").read_bytes()
    return read_assumptions(file.name, file.read_bytes()), tuple(read_launches("2019.csv", record))


_Assessments = tuple[Assessment | NotAssessable, ...]
_last: tuple[Dossier, _Assessments] | None = None


def _assessed(dossier: Dossier) -> _Assessments:
    """All launches assessed; kept for as long as the node goes by the same dossier."""
    global _last
    kept = _last
    if kept is None or kept[0] is not dossier:
        assumed, launches = _assumed()
        kept = _last = (dossier, tuple(assess(launches, assumed, dossier)))
    return kept[1]


def sufficiency_page(visit: Visit) -> Page:
    """Who would know of each launch when: bands, with what would flip them. A model, and marked so."""
    visit.need("see-agreements")
    assumed, found, chosen = _sufficiency(visit)
    parties, say = sorted(assumed.need), visit.tongue.say
    assessed = [one for one in found if isinstance(one, Assessment)]
    given = {
        "assumed": assumed,
        "parties": parties,
        "rows": assessed,
        "left_out": [one for one in found if isinstance(one, NotAssessable)],
        "chosen": chosen,
        "summary": [(party, *_counted([one.parties[n] for one in assessed])) for n, party in enumerate(parties)],
        "span": span_text,
        "assumption": lambda name: assumption_text(name, say),
        "flip": lambda one: flip_text(one, say),
        "known": lambda one, route: route_text(one, route, chosen.flight if chosen else 0.0, say),
        "routes": ROUTE_WORDS,
        "picture": visit.link("/sufficiency.svg", launch=chosen.launch.id if chosen else ""),
        "overview": visit.link("/sufficiency.svg"),
    }
    return Page("sufficiency.html", say("Sufficiency"), given)


def sufficiency_picture(visit: Visit) -> Response:
    """The same, drawn: one launch, or all."""
    visit.need("see-agreements")
    assumed, found, chosen = _sufficiency(visit)
    say = visit.tongue.say
    drawn = launch_svg(chosen, say) if chosen is not None else launches_svg(found, sorted(assumed.need), say)
    return Response(drawn, media_type="image/svg+xml")


def _sufficiency(visit: Visit) -> tuple[Assumptions, _Assessments, Assessment | None]:
    """The assumptions, all launches, and the one that is asked about, if it can be assessed."""
    found = _assessed(visit.dossier())
    chosen = next((one for one in found if one.launch.id == visit.asked("launch")), None)
    return _assumed()[0], found, chosen if isinstance(chosen, Assessment) else None


def _counted(verdicts: list[Sufficiency]) -> tuple[int, int, int, int, int]:
    """Sufficient of how many under the nominal assumptions; in all sets, in some, in none."""
    held = Counter(one.holds for one in verdicts)
    enough = sum(one.sufficient for one in verdicts)
    return enough, len(verdicts), held["in all"], held["in some"], held["in none"]
