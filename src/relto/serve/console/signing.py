"""Signing in and out."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.errors import ReltoError
from relto.serve.api.guard import COOKIE
from relto.serve.api.session import address_of, end_presented, set_cookie
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit, form_of


def ask(visit: Visit) -> Page | Response:
    """The page to sign in on."""
    if visit.account is not None:
        return RedirectResponse("/desk/", 303)
    return Page("sign-in.html", visit.tongue.say("Sign in"))


async def sign_in(visit: Visit) -> Response:
    """Sign in by password; a session that came along ends."""
    fields = await form_of(visit, signed_in=False)
    context = visit.context
    try:
        context.logins.count(address_of(visit.request))
        found = await run_in_threadpool(
            context.people.check_password,
            fields.get("account", "")[:200],
            fields.get("password", "")[:1024],
            context.now(),
        )
        session = await run_in_threadpool(context.people.begin_session, found.id, "cookie", context.now())
    except ReltoError:
        context.metrics.logged_in("refused")
        raise
    context.metrics.logged_in("done")
    await run_in_threadpool(end_presented, context, visit.request)
    response = RedirectResponse("/desk/", 303)
    set_cookie(response, session)
    return response


async def sign_out(visit: Visit) -> Response:
    """End the session."""
    await form_of(visit)
    await run_in_threadpool(visit.context.people.end_session, visit.token)
    response = RedirectResponse("/desk/sign-in", 303)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response
