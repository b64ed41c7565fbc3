"""Visits (article 8): who asks to visit whom, up to which rank and within which time box; a host's yes or no; what was
shown within each. A `Visit` here is a look at a page, as everywhere in the desk; the visits of the register are `Call`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound, ReltoError
from relto.core.register import ASSURANCES, VISITS, VisitPhase, as_of
from relto.core.register import Visit as Call
from relto.core.timeline import Instant
from relto.node import visits
from relto.node.node import Node
from relto.node.open_item import OpenedItem, open_item
from relto.node.ports import Reading
from relto.serve.console.controls import Fields, acted, acted_on, acted_to, check_now, instant_of, lines_of, steps_of
from relto.serve.console.holdings import opened
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.visiting import Visit, form_of

PHASES: Final[Mapping[VisitPhase, tuple[str, str]]] = {
    "asked": ("asked for", "ending"),
    "unanswered": ("not answered", "lapsed"),
    "approved": ("approved", "force"),
    "running": ("under way", "force"),
    "over": ("over", "none"),
    "held": ("took place", "none"),
    "declined": ("declined", "lapsed"),
    "called-off": ("called off", "lapsed"),
}
"""Each phase in words, and the shade of its pill; in the order of the list's filter."""


@dataclass(frozen=True, slots=True)
class Row:
    """A visit with its phase at the instant looked at, and its time box as approved, or as asked for."""

    one: Call
    phase: VisitPhase
    state: str
    shade: str
    begins: str
    ends: str


def calls(reading: Reading, visit: Visit) -> list[Call]:
    """The visits known at the instant looked at, in the order they were asked for."""
    found = [one for one in reading.controls("visit") if isinstance(one, Call)]
    if not visit.past:
        return found
    return [then for one in found if (then := as_of(one, visit.at)) is not None]


def waits(one: Call, visit: Visit) -> bool:
    """Whether a visit waits for this party's answer."""
    return one.asked.host == visit.node.party and one.phase(visit.at) == "asked"


def speaks_of(one: Call, wanted: str) -> bool:
    """Whether a text, in lower case, stands in what a visit is about, or in who takes part."""
    asked = one.asked
    told = (one.id, asked.visiting, asked.host, asked.facility, asked.agreement, asked.purpose)
    return wanted in "\n".join((*told, *asked.topics, *asked.visitors)).casefold()


def zone_of(dossier: Dossier, one: Call) -> str:
    """The zone of the site: that of its host."""
    host = dossier.parties.get(one.asked.host)
    return host.zone if host is not None else "UTC"


def _row(visit: Visit, dossier: Dossier, one: Call) -> Row:
    phase, zone, box = one.phase(visit.at), zone_of(dossier, one), one.approved or one.asked
    words, shade = PHASES[phase]
    return Row(
        one, phase, visit.tongue.say(words), shade, visit.instant(box.starts, zone), visit.instant(box.ends, zone)
    )


def listed(visit: Visit) -> Page:
    """All visits, the newest request first; those of one state, or about something, where that is asked for."""
    visit.need("see-holdings")
    state, wanted = visit.asked("state"), visit.asked("q").strip()
    with visit.node.store.read() as reading:
        dossier, known = visit.node.dossier(reading), calls(reading, visit)[::-1]
    key = wanted.casefold()
    found = [one for one in known if not state or one.phase(visit.at) == state]
    found = [one for one in found if not key or speaks_of(one, key)]
    turn = Turn.of(visit.asked("page"), len(found))
    given = {
        "rows": [_row(visit, dossier, one) for one in found[turn.start : turn.start + ROWS]],
        "turn": turn,
        "state": state,
        "states": [(phase, visit.tongue.say(words)) for phase, (words, _) in PHASES.items()],
        "q": wanted,
        "waiting": sum(waits(one, visit) for one in known),
        "known": bool(known),
    }
    return Page("visits.html", visit.tongue.say("Visits"), given)


def one(visit: Visit) -> Page:
    """One visit: its state and time box, who comes, what was shown, its statements; and what may be done of it."""
    visit.need("see-holdings")
    return _page(visit, None)


def _page(visit: Visit, found: OpenedItem | None) -> Page:
    """`found`: what was opened within it just now, to be shown this once."""
    with visit.node.store.read() as reading:
        dossier, call, told = (
            visit.node.dossier(reading),
            _known(visit, reading),
            steps_of(visit, reading, "visit", _name(visit)),
        )
    row, asked, zone = _row(visit, dossier, call), call.asked, zone_of(dossier, call)
    own = asked.host == visit.node.party
    given = {
        "row": row,
        "told": told,
        "left": _left(visit, row),
        "asked_box": (visit.instant(asked.starts, zone), visit.instant(asked.ends, zone)),
        "articles": {"visits": VISITS, "assurances": ASSURANCES},
        "ranks": _ranks(dossier, call),
        "zone": zone,
        "may": _may(visit, row, own),
        "own": own,
        "found": found,
        "opened": opened(visit, found) if found is not None else ("", ""),
    }
    where: dict[str, Any] = {"visiting": asked.visiting, "facility": asked.facility, "host": asked.host}
    return Page("visit.html", visit.tongue.say("Visit of {visiting} to {facility} ({host})", **where), given)


def _may(visit: Visit, row: Row, own: bool) -> dict[str, bool]:
    """Which forms the page has: what the rules allow now, for whom the role does."""
    if visit.past:
        return dict.fromkeys(("decide", "call_off", "hold", "show", "open"), False)
    keeps, phase = visit.may("keep-register"), row.phase
    return {
        "decide": own and phase in ("asked", "unanswered") and visit.may("decide-visit"),
        "call_off": keeps and phase in ("asked", "approved", "running"),
        "hold": keeps and own and phase in ("running", "over") and row.one.held is None,
        "show": keeps and own and phase == "running",
        "open": visit.may("open") and own and phase == "running",
    }


def _left(visit: Visit, row: Row) -> tuple[str, str]:
    """The number that matters, and what it is: how long until it begins, or ends."""
    box = row.one.approved or row.one.asked
    if row.phase in ("asked", "approved") and visit.at < box.starts:
        return visit.tongue.say("begins in"), visit.tongue.words.left(visit.at, box.starts)
    if row.phase in ("asked", "running"):
        return visit.tongue.say("until its end"), visit.tongue.words.left(visit.at, box.ends)
    return "", ""


def _ranks(dossier: Dossier, call: Call) -> tuple[str, ...]:
    """What it may be approved up to; nothing where the text is not known here."""
    try:
        return visits.ranks_up_to(dossier, call.asked.agreement, call.asked.ceiling)
    except ReltoError:
        return ()


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["visit"])


def _known(visit: Visit, reading: Reading) -> Call:
    found = visits.visit_of(reading, _name(visit))
    then = as_of(found, visit.at) if visit.past else found
    if then is None:
        raise NotFound(f"nobody had asked for the visit `{found.id}` by then", remedy="leave the past")
    return then


def request(visit: Visit) -> Page:
    """The form to ask for a visit, or to enter a request that came on paper."""
    visit.need("submit")
    dossier, own = visit.dossier(), visit.node.party
    texts = [
        versions[-1]
        for _, versions in sorted(dossier.agreements.items())
        if own in versions[-1].parties and versions[-1].levels is not None
    ]
    rows = [row.rank for text in texts if text.levels is not None for row in text.levels.rows]
    given: dict[str, Any] = {
        "texts": texts,
        "others": sorted({party for text in texts for party in text.parties} - {own}),
        "ranks": list(dict.fromkeys(rows)),
        "facilities": sorted({site.id for party in dossier.parties.values() for site in party.facilities}),
        "zones": (visit.zone, *visit.zones),
        "articles": {"visits": VISITS, "assurances": ASSURANCES},
    }
    return Page("visit-request.html", visit.tongue.say("Ask for a visit"), given)


async def ask(visit: Visit) -> Response:
    """Ask the host for a visit; the other side is told."""
    return await acted_to(visit, lambda fields: _ask(visit, fields))


def _ask(visit: Visit, fields: Fields) -> str:
    node, zone = visit.acting("submit"), fields.get("zone", "") or visit.zone
    other, own = fields.get("other", "")[:200], node.party
    visiting, host = (other, own) if fields.get("way") == "here" else (own, other)
    asked = visits.Asked(
        visiting,
        host,
        fields.get("facility", "").strip(),
        fields.get("agreement", "")[:200],
        fields.get("purpose", ""),
        lines_of(fields.get("topics", "")),
        fields.get("ceiling", "")[:200],
        _set(fields.get("starts", ""), zone),
        _set(fields.get("ends", ""), zone),
        lines_of(fields.get("visitors", "")),
        fields.get("assured") == "yes",
        visit.signed_in.id,
    )
    return f"/visits/{visits.ask_visit(node, asked).id}"


def _set(text: str, zone: str) -> Instant:
    found = instant_of(text, zone)
    if found is None:
        raise InputError("a visit without a beginning or an end", article=VISITS, remedy="say from when until when")
    return found


async def decide(visit: Visit) -> Response:
    """Approve it, as asked for or narrower, or decline it; the password was shown again."""

    def act(fields: Fields) -> None:
        by, name = visit.signed_in.id, _name(visit)
        node = visit.node.acting(str(visit.acting_again("decide-visit", fields.get("password", ""))))
        if fields.get("do") != "approve":
            visits.decline_visit(node, name, fields.get("says", ""), by)
            return
        with node.store.read() as reading:
            zone = zone_of(node.dossier(reading), visits.visit_of(reading, name))
        box = instant_of(fields.get("starts", ""), zone), instant_of(fields.get("ends", ""), zone)
        visits.approve_visit(node, name, by, fields.get("ceiling", "")[:200], *box)

    return await acted(visit, f"/visits/{_name(visit)}", act)


async def call_off(visit: Visit) -> Response:
    """End it, by either party."""
    return await _kept(visit, lambda node, name, by, said: visits.call_off_visit(node, name, said.get("says", ""), by))


async def hold(visit: Visit) -> Response:
    """Record that it took place, and who came."""
    return await _kept(
        visit, lambda node, name, by, said: visits.hold_visit(node, name, lines_of(said.get("came", "")), by)
    )


async def show(visit: Visit) -> Response:
    """Show an item within it; nothing is left with who sees it."""
    return await _kept(
        visit,
        lambda node, name, by, said: visits.show_in_visit(
            node, name, said.get("what", "").strip()[:200], said.get("to", ""), by
        ),
    )


async def open_it(visit: Visit) -> Page:
    """Open what is held for the party's competent authority, within it and no other way; the handover leaves
    evidence."""
    fields = await form_of(visit)
    check_now(visit)
    return await run_in_threadpool(_open, visit, fields.get("holding", "").strip()[:200])


def _open(visit: Visit, holding: str) -> Page:
    visit.need("see-holdings")
    return _page(visit, open_item(visit.acting("open"), holding, visit=_name(visit)))


async def _kept(visit: Visit, act: Callable[[Node, str, str, Fields], object]) -> Response:
    return await acted_on(visit, "keep-register", "/visits", _name(visit), act)
