"""Signing in at the party's OpenID provider: there and back again."""

from __future__ import annotations

from html import escape
from typing import Annotated, Final

from fastapi import Query, Request, Response
from starlette.responses import HTMLResponse, RedirectResponse

from relto.core.errors import ReltoError
from relto.core.timeline import Instant
from relto.node.people import NotSignedIn, Session
from relto.serve.api.context import Context, Having
from relto.serve.api.guard import presented
from relto.serve.api.operation import Operations
from relto.serve.api.provider import FLOW_SECONDS, Flow, Identity, Provider, no_provider
from relto.serve.api.session import address_of, end_presented, set_cookie

operations: Final = Operations("oidc")
COOKIE: Final = "__Host-relto-flow"
_FRESH: Final = 120


@operations("GET", "/v1/oidc/start", signed_in=False, browsed=True, answers={303: None}, problems=(429, 503))
def start_oidc(
    request: Request,
    context: Having,
    step_up: Annotated[bool, Query()] = False,
    back: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Go to the provider to sign in; with `step_up`, to show there again who you are. `back`: the page of the desk to
    go on with."""
    context.logins.count(address_of(request))
    provider = _provider(request)
    at, token, account = context.now(), "", ""
    if step_up:
        token, kind = presented(request)
        session = context.people.session(token, at)
        if kind != session.kind or kind != "cookie":
            raise NotSignedIn("not signed in: that is a session of another kind", remedy="sign in")
        account = session.account.id
    address, secret = provider.begin(at, token=token, account=account, back=back)
    response = RedirectResponse(address, status_code=303)
    # lax, for a browser comes back to us from another site
    response.set_cookie(COOKIE, secret, max_age=FLOW_SECONDS, path="/", secure=True, httponly=True, samesite="lax")
    return response


@operations("GET", "/v1/oidc/callback", signed_in=False, browsed=True, answers={200: "text/html"}, problems=(429, 503))
def finish_oidc(
    request: Request,
    context: Having,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Come back from the provider: the session begins, under a new token."""
    context.logins.count(address_of(request))
    provider, at = _provider(request), context.now()
    try:
        flow = provider.take(request.cookies.get(COOKIE, ""), state, at)
        if not code:
            raise NotSignedIn("not signed in: the provider gave no code", remedy="sign in again")
        session = _begin(context, provider.finish(flow, code, at), flow, at)
    except ReltoError:
        context.metrics.logged_in("refused")
        raise
    context.metrics.logged_in("done")
    end_presented(context, request)
    response = _page(flow.back or provider.settings.after)
    set_cookie(response, session)
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def _begin(context: Context, identity: Identity, flow: Flow, at: Instant) -> Session:
    account = context.people.account_by_subject(identity.issuer, identity.subject)
    if account is None or account.disabled:
        if account is not None:
            context.people.note_refusal(account.id, "sign-in: disabled", at=at)
        raise NotSignedIn("not signed in: nobody here is known by that identity", remedy="ask the operator to add it")
    if not flow.token:
        return context.people.begin_session(account.id, "cookie", at)
    if account.id != flow.account:
        raise NotSignedIn("not signed in: another person has shown who they are", remedy="sign in again")
    if identity.shown_at is None or abs(at.ns // 1_000_000_000 - identity.shown_at) > _FRESH:
        raise NotSignedIn("not signed in: the provider has not asked again who you are", remedy="step up by password")
    return context.people.step_up(flow.token, at)


def _page(after: str) -> HTMLResponse:
    """A page of our own that goes on: a redirection would still come from the provider, without the cookie."""
    target = escape(after, quote=True)
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta http-equiv="refresh" content="0;url={target}">'
        f'<title>Signed in</title><p><a href="{target}">Signed in: go on</a></p></html>'
    )


def _provider(request: Request) -> Provider:
    provider = request.app.state.oidc
    if not isinstance(provider, Provider):
        raise no_provider()
    return provider
