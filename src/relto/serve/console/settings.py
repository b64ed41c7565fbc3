"""The settings of whoever is signed in: language, theme and a second zone; their sessions; their calendar address.

Language, theme and zone are cookies of the browser: they are about how it shows things, and nothing rests on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.timeline import Instant
from relto.formats.brief import LANGUAGES
from relto.node.people import LONGEST_PASSWORD
from relto.node.people_store import People
from relto.serve.api.settings import origin_of
from relto.serve.console.page import Page
from relto.serve.console.visiting import KEPT, LANGUAGE_COOKIE, THEME_COOKIE, THEMES, ZONE_COOKIE, Visit, form_of

KEYS: Final = (
    ("g a", "Agreements"),
    ("g f", "Flows"),
    ("g r", "Release"),
    ("g i", "Inbox"),
    ("g o", "Outbox"),
    ("g b", "Brief"),
    ("g l", "Ledger"),
    ("g s", "Settings"),
    ("/", "Search everything"),
    ("?", "This help"),
)
"""What the script listens to (`static/desk.js`)."""
_YEAR: Final = 31_536_000


def page(visit: Visit) -> Page:
    """The settings, each with its form."""
    return _page(visit)


def _page(visit: Visit, address: str = "") -> Page:
    account, people = visit.signed_in, visit.context.people
    made = people.calendar_made(account.id)
    given = {
        "account": account,
        "sessions": people.open_sessions(account.id, visit.token, visit.context.now()),
        "calendar_made": visit.clock(made, visit.zone) if made is not None else "",
        "address": address,
        "keys": KEYS,
        "themes": THEMES,
        "saved": visit.asked("saved"),
    }
    return Page("settings.html", visit.tongue.say("Settings"), given)


async def show(visit: Visit) -> Response:
    """Keep how the desk is shown in this browser. What is none of the choices leaves it to the system."""
    fields = await form_of(visit)
    chosen = {
        LANGUAGE_COOKIE: (fields.get("language", ""), LANGUAGES),
        THEME_COOKIE: (fields.get("theme", ""), THEMES),
        ZONE_COOKIE: (fields.get("zone", ""), visit.zones),
    }
    response = RedirectResponse("/desk/settings?saved=show", 303)
    for name, (value, allowed) in chosen.items():
        if value in allowed:
            response.set_cookie(name, value, max_age=_YEAR, **KEPT)
        else:
            response.delete_cookie(name, **KEPT)
    return response


async def end_sessions(visit: Visit) -> Response:
    """End the sessions that stand open elsewhere."""
    return await _done(visit, lambda people, account, _: people.end_other_sessions(account, visit.token), "sessions")


async def end_calendar(visit: Visit) -> Response:
    """Withdraw the calendar address."""
    return await _done(visit, lambda people, account, now: people.end_calendar(account, at=now), "calendar")


async def _done(visit: Visit, act: Callable[[People, str, Instant], object], saved: str) -> Response:
    await form_of(visit)
    await run_in_threadpool(act, visit.context.people, visit.signed_in.id, visit.context.now())
    return RedirectResponse(f"/desk/settings?saved={saved}", 303)


async def make_calendar(visit: Visit) -> Page:
    """Make a calendar address once the password was shown again; the page tells it this once."""
    fields = await form_of(visit)
    return await run_in_threadpool(_make_calendar, visit, fields)


def _make_calendar(visit: Visit, fields: Mapping[str, str]) -> Page:
    context, request = visit.context, visit.request
    visit.acting_again("see-agreements", fields.get("password", "")[:LONGEST_PASSWORD])
    origin = next(iter(context.settings.origins), f"{request.url.scheme}://{request.headers.get('host', '')}")
    place = f"{origin_of(origin)}/desk/calendar/"
    token = context.people.begin_calendar(visit.signed_in.id, at=context.now())
    return _page(visit, f"{place}{token}.ics?language={visit.tongue.language}")
