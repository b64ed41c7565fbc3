"""Signing in and out, and showing again who one is."""

from __future__ import annotations

from typing import Final

from fastapi import Request, Response

from relto.core.errors import InputError, ReltoError
from relto.node.people import MAY, NotSignedIn, Session
from relto.serve.api.asked import Login, StepUp
from relto.serve.api.context import Caller, Calling, Context, Having
from relto.serve.api.guard import BY_CERTIFICATE, COOKIE, certified_account, check_origin, csrf_of, presented
from relto.serve.api.operation import Operations, answer
from relto.serve.api.people_answers import SignedIn, SignedOut

operations: Final = Operations("session")
_PATH: Final = "/v1/session"


@operations("POST", _PATH, signed_in=False, answers={200: SignedIn}, problems=(429,))
def sign_in(body: Login, request: Request, context: Having) -> Response:
    """Sign in by password, or by the client certificate of the connection.

    The session is a browser's (a cookie) or a program's (a bearer token, told once); a session that the request
    came with ends.
    """
    context.logins.count(address_of(request))
    check_origin(context, request)
    at = context.now()
    try:
        if body.account or body.password:
            account = context.people.check_password(body.account, body.password, at)
        else:
            found = certified_account(context, request, at)
            if found is None:
                raise NotSignedIn("not signed in: no password, and no certificate of an account", remedy="give either")
            account = found
        session = context.people.begin_session(account.id, body.kind, at)
    except ReltoError:
        context.metrics.logged_in("refused")
        raise
    context.metrics.logged_in("done")
    end_presented(context, request)
    return session_answer(context, session)


@operations("GET", _PATH, answers={200: SignedIn})
def who_am_i(caller: Calling) -> Response:
    """Who is signed in, in which roles, and what they may do."""
    return answer(_told(caller.context, caller))


@operations("DELETE", _PATH, answers={200: SignedOut})
def sign_out(caller: Calling) -> Response:
    """End the session."""
    if caller.token:
        caller.context.people.end_session(caller.token)
    response = answer({"schema": "relto/session/1", "ended": bool(caller.token)})
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
    return response


@operations("POST", f"{_PATH}/step-up", answers={200: SignedIn}, problems=(429,))
def step_up(body: StepUp, caller: Calling, request: Request) -> Response:
    """Show again who you are, by password: acts that need it are open for a few minutes. A new token."""
    context = caller.context
    context.logins.count(address_of(request))
    if not caller.token:
        raise InputError("a certificate alone has no session to step up", remedy="sign in first")
    at = context.now()
    context.people.check_password(caller.account.id, body.password, at)
    return session_answer(context, context.people.step_up(caller.token, at))


def session_answer(context: Context, session: Session) -> Response:
    """The answer to signing in: the cookie, or the token, and what a page needs to act."""
    caller = Caller(context, session.account, None, session, session.token)
    told = _told(context, caller)
    if session.kind == "bearer":
        return answer(told | {"token": session.token})
    response = answer(told)
    set_cookie(response, session)
    return response


def set_cookie(response: Response, session: Session) -> None:
    """Give a browser its session: over TLS, to this host, from pages of this node, seen by no script."""
    response.set_cookie(COOKIE, session.token, path="/", secure=True, httponly=True, samesite="strict")


def end_presented(context: Context, request: Request) -> None:
    """End the session that somebody who signs in came with: no token outlives a change of who holds it."""
    try:
        token, _ = presented(request)
    except NotSignedIn:
        return
    if token:
        context.people.end_session(token)


def address_of(request: Request) -> str:
    """The address a request comes from."""
    return request.client.host if request.client is not None else ""


def _told(context: Context, caller: Caller) -> dict[str, object]:
    account, session = caller.account, caller.session
    acts = {act for role in account.roles for act in MAY[role]}
    csrf = csrf_of(caller.token) if session is not None and session.kind == "cookie" else None
    return {
        "schema": "relto/session/1",
        "party": context.node.party,
        "account": account.id,
        "name": account.name,
        "roles": list(account.roles),
        "acts": sorted(acts),
        "kind": session.kind if session is not None else "certificate",
        "expires": str(session.expires) if session is not None else None,
        "stepped_up_until": str(session.stepped_up_until) if session and session.stepped_up_until else None,
        "csrf": csrf if session is not None else BY_CERTIFICATE,
    }
