"""The guard before every operation: who is asking, whether it is theirs to do, and whether they meant to ask.

A session comes by cookie (a browser's; then a request that changes anything must also bring the token that only a
page of this node can know), or as a bearer (a program's). A client certificate alone serves as well.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography import x509
from fastapi import Request

from relto.core.canon import base64url
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.node.people import (
    STEP_UP,
    Account,
    ForgedRequest,
    NotSignedIn,
    PersonalAct,
    Session,
    StepUpNeeded,
    check_allowed,
)
from relto.serve.api.context import Caller, Context
from relto.serve.api.settings import origin_of

COOKIE: Final = "__Host-relto"
CSRF: Final = "x-relto-csrf"
BY_CERTIFICATE: Final = "certificate"
"""What a request by certificate alone brings as its CSRF header: no page of another origin can send that header."""

_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_TOKEN: Final = 200
_SECOND: Final = 1_000_000_000


def csrf_of(token: str) -> str:
    """What a page must bring along with the cookie of `token`: made of it, so that it need not be kept."""
    return base64url(hmac.digest(token.encode("utf-8", "replace"), b"relto csrf/1", "sha256"))


def admit(context: Context, request: Request, act: PersonalAct | None) -> Caller:
    """Who is asking, if they may; what they are known by is kept with the request. `act` None: anybody signed in.

    Raises NotSignedIn, ForgedRequest, NotAllowed, StepUpNeeded.
    """
    at = context.now()
    certified = certified_account(context, request, at)
    token, kind = presented(request)
    if token:
        request.state.caller = caller = _by_session(context, token, kind, at)
        if certified is not None and certified.id != caller.account.id:
            raise NotSignedIn("not signed in: certificate and session are of two accounts", remedy="use one of them")
        if kind == "cookie":
            check_meant(context, request, csrf_of(token))
    elif certified is not None:
        request.state.caller = caller = Caller(context, certified, None)
        check_meant(context, request, BY_CERTIFICATE)
    else:
        raise NotSignedIn("not signed in", remedy="sign in")
    if act is None:
        return caller
    actor = check_allowed(caller.account, act)
    if act in STEP_UP and not (caller.session is not None and caller.session.is_stepped_up(at)):
        raise StepUpNeeded(f"to {act.replace('-', ' ')}, show again who you are", remedy="step up, and ask again")
    return Caller(context, caller.account, actor, caller.session, caller.token)


def presented(request: Request) -> tuple[str, str]:
    """The token that a request presents, and how; empty where it presents none."""
    header = request.headers.get("authorization")
    cookies = [one for one in _cookies(request) if one]
    if header is not None:
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotSignedIn("not signed in: that is no bearer token", remedy="send `Authorization: Bearer TOKEN`")
        return _short(token.strip()), "bearer"
    if len(set(cookies)) > 1:
        raise NotSignedIn("not signed in: two sessions at once", remedy="sign in again")
    return (_short(cookies[0]), "cookie") if cookies else ("", "")


def certified_account(context: Context, request: Request, at: Instant) -> Account | None:
    """The account of the client certificate of this connection; None where there is none, or it is nobody's now."""
    der = getattr(request.state, "peer_certificate", None)
    if not isinstance(der, bytes) or not der:
        return None
    found = context.people.account_by_certificate(hashlib.sha256(der).hexdigest())
    if found is None or found.disabled or not _is_valid(der, at):
        if found is not None:
            context.people.note_refusal(found.id, f"sign-in: {'disabled' if found.disabled else 'certificate'}", at=at)
        return None
    return found


def check_meant(context: Context, request: Request, expected: str) -> None:
    """Raise ForgedRequest where a request that changes something may have been forged by another origin's page."""
    if request.method in _SAFE:
        return
    check_origin(context, request)
    given = request.headers.get(CSRF, "")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode("ascii")):
        raise ForgedRequest(
            "the request does not prove that a page of this node made it",
            remedy="send the header X-Relto-CSRF as the session gives it",
        )


def check_origin(context: Context, request: Request) -> None:
    """Raise ForgedRequest where a browser says that another origin's page is asking."""
    if request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
        raise ForgedRequest("the request comes from a page of another origin", remedy="use the node's own pages")
    origin = request.headers.get("origin")
    if origin is None:
        return
    allowed = set(context.settings.origins)
    try:
        allowed = allowed or {origin_of(f"{request.url.scheme}://{request.headers.get('host', '')}")}
        same = origin_of(origin) in allowed
    except InputError:
        same = False
    if not same:
        raise ForgedRequest("the request comes from a page of another origin", remedy="use the node's own pages")


def _by_session(context: Context, token: str, kind: str, at: Instant) -> Caller:
    session: Session = context.people.session(token, at)
    if session.kind != kind:  # what a browser sends by itself must not pass for what it cannot
        raise NotSignedIn("not signed in: that is a session of another kind", remedy="sign in")
    return Caller(context, session.account, None, session, token)


def _cookies(request: Request) -> list[str]:
    """Every value of our cookie: a browser that was made to send two sends both."""
    found = []
    for header in request.headers.getlist("cookie"):
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            if name == COOKIE:
                found.append(value.strip())
    return found


def _short(token: str) -> str:
    if len(token) > _LONGEST_TOKEN or not token.isascii():
        raise NotSignedIn("not signed in: that is no token", remedy="sign in")
    return token


def _is_valid(der: bytes, at: Instant) -> bool:
    try:
        certificate = x509.load_der_x509_certificate(der)
    except ValueError:
        return False
    second = at.ns // _SECOND  # whole: both limits are, and a float would round the last nanosecond up to the end
    return certificate.not_valid_before_utc.timestamp() <= second < certificate.not_valid_after_utc.timestamp()
