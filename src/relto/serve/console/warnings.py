"""Warnings as they come: what streams bring, message by message, sent to the page as it is heard (server-sent events).

Every batch that is shown is opened for the party's competent authority, which is decided and leaves evidence, as with
`relto feed watch`. So the page opens only what comes while somebody watches.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import anyio
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response, StreamingResponse

from relto.core.errors import Conflict, InputError, ReltoError
from relto.core.payload import EncounterReport, MissileWarning
from relto.core.timeline import Instant
from relto.formats.payload.codec import read_payload
from relto.node import ActRefused, Node
from relto.node.hearing import read_position
from relto.node.watching import StreamMessage, Watch
from relto.serve.api.guard import check_origin
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit
from relto.serve.console.words import shown

_POLL: Final = 0.1
_TURNS: Final = 250
_CHECKED: Final = 50
_MOST_AT_ONCE: Final = 100
_MOST_WATCHING: Final = 16
_watching = 0


def page(visit: Visit) -> Page:
    """How far each stream has gone; the script adds what comes from now on."""
    visit.need("open")
    with visit.node.store.read() as reading:
        streams = [(name, read_position(text).last) for name, text in sorted(reading.notes("heard").items())]
        newest = reading.newest_holding()
    given = {"streams": [(*name.partition(":")[::2], last) for name, last in streams], "newest": newest}
    return Page("warnings.html", visit.tongue.say("Warnings"), given)


def feed(visit: Visit) -> Response:
    """What comes from the holding numbered `after` on. It ends after a while, and the page asks again."""
    check_origin(visit.context, visit.request)  # what is shown is opened, so it is no mere look
    node = visit.acting("open")
    if visit.past:
        raise InputError("a feed of the past", remedy="leave the past that you are looking at")
    asked = visit.request.headers.get("last-event-id", "") or visit.asked("after")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 12:
        raise InputError("from which holding on?", remedy="open the page of warnings")
    if _watching >= _MOST_WATCHING:
        raise Conflict(f"{_MOST_WATCHING} are watching already", remedy="close a page of warnings")
    unopened = list[ActRefused]()
    watch = Watch(node, int(asked), refused=lambda _, why: unopened.append(why))
    return StreamingResponse(_events(visit, watch, unopened), media_type="text/event-stream")


async def _events(visit: Visit, watch: Watch, unopened: list[ActRefused]) -> AsyncIterator[str]:
    global _watching
    _watching += 1
    try:
        yield "retry: 500\n\n"
        for turn in range(_TURNS):
            try:
                if turn % _CHECKED == 0:
                    await run_in_threadpool(_still_allowed, visit)
                told = await run_in_threadpool(_look, visit, watch)
            except ReltoError as error:
                says, language = visit.wrong(error)
                yield _event("refused", watch.after, {"says": shown(says), "language": language})
                return
            if told:
                yield _event("messages", watch.after, told)
            for why in unopened:
                says, language = visit.wrong(why)
                yield _event("unopened", watch.after, {"says": shown(says), "language": language})
            unopened.clear()
            await anyio.sleep(_POLL)
    finally:
        _watching -= 1


def _event(kind: str, number: int, data: object) -> str:
    return f"event: {kind}\nid: {number}\ndata: {json.dumps(data)}\n\n"


def _still_allowed(visit: Visit) -> None:
    """Raise where the session has ended, or the role was taken, while the page stood open."""
    session = visit.context.people.session(visit.token, visit.context.now())
    replace(visit, account=session.account).need("open")


def _look(visit: Visit, watch: Watch) -> dict[str, Any]:
    found = list(watch.look())
    if not found:
        return {}
    now = visit.context.now()
    rows = [_told(visit, watch.node, one, now) for one in found[-_MOST_AT_ONCE:]]
    return {"rows": rows, "passed": len(found) - len(rows)}


def _told(visit: Visit, node: Node, one: StreamMessage, now: Instant) -> dict[str, Any]:
    way = one.originator if one.sender == one.originator else f"{one.originator} → {one.sender}"
    hops = [] if one.left is None else [_ms(one.left, one.arrived)]
    return {
        "at": visit.clock(one.arrived, visit.zone),
        "stream": shown(one.stream),
        "number": one.number,
        "way": f"{way} → {node.party}",
        "mark": shown(one.mark),
        "says": shown(said(one)),
        "hops": " + ".join([*hops, _ms(one.arrived, now)]),
        "holding": f"/desk/holdings/{one.holding}",
    }


def _ms(start: Instant, end: Instant) -> str:
    return f"{(end.ns - start.ns) / 1e6:.1f} ms"


def said(one: StreamMessage) -> str:
    """A message in a line: what happened, which version, where."""
    try:
        found = read_payload(one.type, one.content)
    except InputError:
        return one.content[:300].decode("utf-8", "replace")
    if isinstance(found, MissileWarning):
        place = found.launch or (found.track[-1].place if found.track else None)
        where = f" · {place.lat:.2f}, {place.lon:.2f}" if place is not None else ""
        return f"{found.event} · {found.status} · {found.version}{where}{' · ' + found.says if found.says else ''}"
    if isinstance(found, EncounterReport):
        return f"{found.event} · {', '.join(one.by for one in found.claims)}"
    return one.content[:300].decode("utf-8", "replace")
