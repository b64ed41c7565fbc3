"""The routes of the desk, and what every page has: the frame, the headers, errors as pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jinja2
from fastapi import FastAPI, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse, Response

from relto.core.errors import InputError, NotFound, ReltoError
from relto.node import ActRefused
from relto.node.people import NotSignedIn
from relto.serve.api.context import Context
from relto.serve.api.problem import kind_of
from relto.serve.console import (
    agreements,
    analyses,
    approvals,
    calendar,
    contractors,
    differences,
    facilities,
    flows,
    holdings,
    ledger,
    parties,
    releasing,
    search,
    settings,
    signing,
    visits,
    warnings,
)
from relto.serve.console.page import Page
from relto.serve.console.retyped import retyped
from relto.serve.console.uploading import CONTENT
from relto.serve.console.visiting import KEPT, LANGUAGE_COOKIE, Visit, look_of, typed_in, visit_of
from relto.serve.console.words import NAMES, shown

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'"
)
_HERE: Final = Path(__file__).parent
_STATIC: Final[Mapping[str, str]] = {
    "desk.css": "text/css",
    "desk.js": "text/javascript",
    "progress.js": "text/javascript",
    "warnings.js": "text/javascript",
    "icon.svg": "image/svg+xml",
}
_MENU: Final = (
    ("/", "Agreements", "see-agreements"),
    ("/flows", "Flows", "see-agreements"),
    ("/release", "Release", "check"),
    ("/approvals", "Approvals", "submit"),
    ("/warnings", "Warnings", "open"),
    ("/inbox", "Inbox", "see-holdings"),
    ("/outbox", "Outbox", "see-outbox"),
    ("/duties", "Duties", "see-holdings"),
    ("/parties", "Parties", "see-agreements"),
    ("/persons", "Persons", "see-agreements"),
    ("/chronicle", "Chronicle", "see-agreements"),
    ("/brief", "Brief", "see-agreements"),
    ("/impact", "Impact", "see-agreements"),
    ("/sufficiency", "Sufficiency", "see-agreements"),
    ("/ledger", "Ledger", "see-checkpoint"),
)
_UNDER: Final[Mapping[str, str]] = {
    "visits": "/persons",
    "visit-request": "/persons",
    "contractors": "/persons",
    "facilities": "/persons",
}
"""Pages that stand under one of the menu, by the first part of their address."""
Shower = Callable[[Visit], Page | Response]
Doer = Callable[[Visit], Awaitable[Page | Response]]
_SHOWS: Final[Mapping[str, Shower]] = {
    "/": agreements.listed,
    "/agreements/{agreement}": agreements.one,
    "/agreements/{agreement}/timeline.svg": agreements.timeline,
    "/agreements/{agreement}/difference": differences.page,
    "/flows": flows.flows,
    "/release": releasing.compose,
    "/inbox": holdings.inbox,
    "/outbox": releasing.outbox,
    "/approvals": approvals.listed,
    "/approvals/{approval}": approvals.one,
    "/holdings/{holding}": holdings.one,
    "/warnings": warnings.page,
    "/warnings/feed": warnings.feed,
    "/deadlines.ics": agreements.calendar_file,
    "/duties": holdings.duties,
    "/chronicle": agreements.chronicle,
    "/brief": analyses.brief_page,
    "/impact": analyses.impact_page,
    "/impact.svg": analyses.impact_picture,
    "/sufficiency": analyses.sufficiency_page,
    "/sufficiency.svg": analyses.sufficiency_picture,
    "/ledger": ledger.ledger,
    "/ledger/{leaf}": ledger.proof,
    "/parties": parties.listed,
    "/persons": parties.persons,
    "/visits": visits.listed,
    "/visits/{visit}": visits.one,
    "/visit-request": visits.request,
    "/contractors": contractors.listed,
    "/contractors/{contractor}": contractors.one,
    "/facilities/{facility}": facilities.one,
    "/search": search.search,
    "/settings": settings.page,
    "/sign-in": signing.ask,
}
_DOES: Final[Mapping[str, Doer]] = {
    "/sign-in": signing.sign_in,
    "/sign-out": signing.sign_out,
    "/settings": settings.show,
    "/settings/sessions": settings.end_sessions,
    "/settings/calendar": settings.make_calendar,
    "/settings/calendar/end": settings.end_calendar,
    "/release": releasing.release_item,
    "/ledger/verify": ledger.verify,
    "/approvals/{approval}": approvals.decide_on,
    "/visit-request": visits.ask,
    "/visits/{visit}/decide": visits.decide,
    "/visits/{visit}/call-off": visits.call_off,
    "/visits/{visit}/held": visits.hold,
    "/visits/{visit}/show": visits.show,
    "/visits/{visit}/open": visits.open_it,
    "/contractors/{contractor}/checklist": contractors.checklist,
    "/contractors/{contractor}/conditions": contractors.conditions,
    "/contractors/{contractor}/inspections": contractors.inspection,
    "/facilities/{facility}/officials": facilities.official,
    "/facilities/{facility}/register": facilities.register,
    "/holdings/{holding}/open": holdings.open_it,
    "/holdings/{holding}/destroy": holdings.destroy,
    "/holdings/{holding}/compromise": holdings.compromise,
}
_ASKED_BY: Final[Mapping[str, tuple[str, ...]]] = {"/release": ("item", "to")}
"""What the address of a page with a form asks for, which is hidden in the form."""


def add_desk(app: FastAPI, context: Context) -> None:
    """Add the desk to the people's application, under `/desk`."""
    for path, show in _SHOWS.items():
        app.add_route(f"/desk{path}", _get(context, show), methods=["GET"], include_in_schema=False)
    for path, do in _DOES.items():
        app.add_route(f"/desk{path}", _post(context, do, _page_above(path)), methods=["POST"], include_in_schema=False)
    app.state.error_page = _error_page(context)
    app.add_route("/desk/language/{language}", _language(context), methods=["GET"], include_in_schema=False)
    app.add_route("/desk/calendar/{token}.ics", calendar.feed(context), methods=["GET"], include_in_schema=False)
    app.add_route("/desk/static/{name}", _static, methods=["GET"], include_in_schema=False)
    app.add_route("/", lambda _: RedirectResponse("/desk/", 303), methods=["GET"], include_in_schema=False)
    app.add_route("/desk", lambda _: RedirectResponse("/desk/", 308), methods=["GET"], include_in_schema=False)


def _get(context: Context, show: Shower) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        return await run_in_threadpool(_answered, context, request, show)

    return serve


def _page_above(path: str) -> str:
    """The page that has the form which is sent to an address: the nearest at or above it; empty where there is none."""
    while path and path not in _SHOWS:
        path = path.rpartition("/")[0]
    return path


def _post(context: Context, do: Doer, page: str) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        visit = None
        try:
            visit = await run_in_threadpool(visit_of, context, request)
            found = await do(visit)
            if isinstance(found, Response):
                return found
            return await run_in_threadpool(render, _at_page(visit, page), found)
        except ReltoError as error:
            return await run_in_threadpool(_failed, context, request, visit, error, page)

    return serve


def _answered(context: Context, request: Request, show: Shower) -> Response:
    visit = None
    try:
        visit = visit_of(context, request)
        if show is not signing.ask:
            _ = visit.signed_in
        found = show(visit)
        return found if isinstance(found, Response) else render(visit, found)
    except ReltoError as error:
        return _failed(context, request, visit, error)


def _failed(context: Context, request: Request, visit: Visit | None, error: ReltoError, page: str = "") -> Response:
    """An error: in the form that was refused, where it came from one of `page`, or as a page; who is not signed in is
    asked to."""
    status, kind = kind_of(error)
    request.state.refused = error.evidence if isinstance(error, ActRefused) else kind
    if visit is None:
        visit = look_of(context, request)
    if isinstance(error, NotSignedIn) and request.method == "GET":
        return RedirectResponse("/desk/sign-in", 303)
    if status == 500:
        raise error  # it goes into the log
    typed, verdict = typed_in(visit), error.verdict if isinstance(error, ActRefused) else None
    given = {"error": error, "verdict": verdict, "file": CONTENT in (typed or {})}
    if page and typed is not None and (found := _form_again(visit, page, typed, given)) is not None:
        return _closed(found, status)
    left = [text for name, text in (typed or {}).items() if name != "do" and text.strip()]
    return _told(visit, status, {**given, "typed": left})


def _told(visit: Visit, status: int, given: Mapping[str, Any]) -> Response:
    return render(visit, Page("error.html", visit.tongue.say("Not done"), given), status)


def _error_page(context: Context) -> Callable[[Request, ReltoError | None], Response]:
    """How an error of the machine interface is shown to a browser that was led there; None: what came was malformed."""

    def show(request: Request, error: ReltoError | None) -> Response:
        error = error or InputError("what the browser brought along is malformed", remedy="sign in again")
        return _told(look_of(context, request), kind_of(error)[0], {"error": error, "verdict": None, "typed": ()})

    return show


def _form_again(visit: Visit, page: str, typed: Mapping[str, str], given: Mapping[str, Any]) -> str | None:
    """The page of a form that was refused, with what was typed and why; None where it has that form no more."""
    if visit.past:
        return None
    looked = _at_page(visit, page, typed)
    try:
        if _SHOWS[page] is not signing.ask:
            _ = looked.signed_in
        found = _SHOWS[page](looked)
    except ReltoError:
        return None
    if isinstance(found, Response):
        return None
    whole = _text(looked, replace(found, given={**found.given, "refused": True}))
    return retyped(whole, visit.request.url.path, typed, _text(looked, Page("refused.html", "", given)))


def _at_page(visit: Visit, page: str, typed: Mapping[str, str] | None = None) -> Visit:
    """The same look at the page above the address that a form was sent to."""
    path = "/".join(visit.request.url.path.split("/")[: page.count("/") + 2])
    return visit.at_page(path, {name: (typed or {}).get(name, "") for name in _ASKED_BY.get(page, ())})


def render(visit: Visit, page: Page, status: int = 200) -> Response:
    """A page in its frame, with the headers that keep it close."""
    return _closed(_text(visit, page), status)


def _closed(text: str, status: int) -> Response:
    # with no referrer at all a browser sends the forms of these pages as of no origin
    return HTMLResponse(text, status, headers={"content-security-policy": CSP, "referrer-policy": "same-origin"})


def _text(visit: Visit, page: Page) -> str:
    tongue = visit.tongue
    path = visit.request.url.path.removeprefix("/desk") or "/"
    given: dict[str, Any] = {
        "page": page,
        "visit": visit,
        "_": tongue.say,
        "words": tongue.words,
        "party": visit.node.party,
        "menu": [(visit.link(to), tongue.say(name), _here(to, path)) for to, name, act in _MENU if visit.may(act)],  # type: ignore[arg-type]
        "languages": NAMES,
        "refused": False,
        **page.given,
    }
    return _templates().get_template(page.template).render(given)


def _here(to: str, path: str) -> str:
    """What a link of the menu says of the page that is shown: that it is that page, or that this stands under it."""
    if to == path:
        return "page"
    return "true" if _UNDER.get(path.split("/")[1]) == to else ""


@lru_cache(maxsize=1)
def _templates() -> jinja2.Environment:
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["shown"] = shown
    return found


def _language(context: Context) -> Callable[[Request], Awaitable[Response]]:
    async def choose(request: Request) -> Response:
        chosen = str(request.path_params["language"])
        back = request.query_params.get("back", "/desk/")[:500]
        if not back.startswith("/desk/") or any(char in back for char in "\\\r\n"):
            back = "/desk/"
        response = RedirectResponse(back, 303)
        if chosen in NAMES:
            response.set_cookie(LANGUAGE_COOKIE, chosen, max_age=31_536_000, **KEPT)
        return response

    return choose


async def _static(request: Request) -> Response:
    name = str(request.path_params["name"])
    if name not in _STATIC:
        error = NotFound("no such file")
        return Response(error.message, 404, media_type="text/plain")
    data = (_HERE / "static" / name).read_bytes()
    return Response(data, media_type=_STATIC[name], headers={"cache-control": "max-age=3600"})
