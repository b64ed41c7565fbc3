"""Who looks at a page: by the session's cookie, in the account's roles; and forms that prove where they were made."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from fastapi import Request

from relto.core.dossier import Dossier
from relto.core.errors import InputError, ReltoError
from relto.core.timeline import Instant, parse_instant
from relto.node import Node
from relto.node.people import (
    LONGEST_PASSWORD,
    MAY,
    Account,
    Actor,
    ForgedRequest,
    NotSignedIn,
    PersonalAct,
    Session,
    StepUpNeeded,
    check_allowed,
)
from relto.serve.api.context import Caller, Context
from relto.serve.api.guard import check_origin, csrf_of, presented
from relto.serve.api.provider import Provider
from relto.serve.api.session import address_of
from relto.serve.console.clauses import duty_said
from relto.serve.console.errors import error_said, told_said, wrong_said
from relto.serve.console.grounds import ground_said
from relto.serve.console.problems import problem_said
from relto.serve.console.retyped import SECRET
from relto.serve.console.sentences import Said
from relto.serve.console.words import Tongue, tongue_of
from relto.serve.parts import parts_of

LANGUAGE_COOKIE: Final = "relto-language"
THEME_COOKIE: Final = "relto-theme"
ZONE_COOKIE: Final = "relto-zone"
KEPT: Final[Mapping[str, Any]] = {"path": "/", "secure": True, "samesite": "lax"}
"""How a browser keeps these: of the whole node, and lax, for it may be led here by the OpenID provider's page."""
THEMES: Final = ("light", "dark")
"""Those that may be chosen; without a choice the system's."""
MAX_FORM: Final = 1 << 16
_MAX_FIELDS: Final = 50


@dataclass(frozen=True, slots=True)
class Visit:
    """One look at a page. `at`: the instant it is about; `past`: that was asked for. `account` None: not signed in."""

    context: Context
    request: Request
    tongue: Tongue
    at: Instant
    past: bool
    account: Account | None = None
    session: Session | None = None
    token: str = ""

    @property
    def node(self) -> Node:
        """The node, to be looked at."""
        return self.context.node

    @property
    def csrf(self) -> str:
        """What a form of this session's pages brings along."""
        return csrf_of(self.token) if self.token else ""

    def may(self, act: PersonalAct) -> bool:
        """Whether who is signed in may do this, in any of their roles."""
        return self.account is not None and any(act in MAY[role] for role in self.account.roles)

    def need(self, act: PersonalAct) -> None:
        """Raise NotAllowed, or NotSignedIn, where they may not."""
        check_allowed(self.signed_in, act)

    @property
    def signed_in(self) -> Account:
        """Who is signed in. Raises NotSignedIn."""
        if self.account is None:
            raise NotSignedIn("not signed in", remedy="sign in")
        return self.account

    def acting(self, act: PersonalAct) -> Node:
        """The node as who is signed in makes it act. Raises as `need` does."""
        return self.node.acting(str(check_allowed(self.signed_in, act)))

    def acting_again(self, act: PersonalAct, password: str) -> Actor:
        """Who is signed in, in the role for `act`, once they have shown again who they are: just now at the provider,
        or by their password. Raises as `need` does, NotSignedIn or TooManyAttempts for the password, StepUpNeeded where
        there is none to show."""
        actor = check_allowed(self.signed_in, act)
        if not password and self.shown_until is not None:
            return actor
        if not self.signed_in.has_password:
            raise StepUpNeeded("show again who you are", remedy=f"do so at {self.provider or 'your provider'}")
        self.context.logins.count(address_of(self.request))
        self.context.people.check_password(self.signed_in.id, password[:LONGEST_PASSWORD], self.context.now())
        return actor

    @property
    def shown_until(self) -> Instant | None:
        """Until when who is signed in has shown who they are, at the provider; None where they have to now."""
        session = self.session
        stepped_up = session is not None and session.is_stepped_up(self.context.now())
        return session.stepped_up_until if session is not None and stepped_up else None

    @property
    def provider(self) -> str:
        """The host of the party's OpenID provider, where one may sign in too; empty: there is none."""
        provider = self.request.app.state.oidc
        return urlsplit(provider.settings.issuer).hostname or "" if isinstance(provider, Provider) else ""

    def at_page(self, path: str, asked: Mapping[str, str]) -> Visit:
        """The same look at another page, by its address and what that asks for."""
        scope = {**self.request.scope, "method": "GET", "path": path, "query_string": urlencode(asked).encode("ascii")}
        return replace(self, request=Request({**scope, "raw_path": quote(path).encode("ascii")}))

    def dossier(self) -> Dossier:
        """The dossier as the node goes by it now."""
        return self.node.read_dossier()

    def asked(self, name: str, limit: int = 200) -> str:
        """What the address of the page asks for by this name."""
        return self.request.query_params.get(name, "")[:limit]

    def clock(self, at: Instant, zone: str = "UTC") -> str:
        """An instant to the second, on the clock of `zone`, as its language writes it."""
        return self.instant(Instant(at.ns - at.ns % 1_000_000_000), zone)

    def instant(self, at: Instant, zone: str) -> str:
        """An instant on the clock of `zone`, and beside it on that of the zone that was chosen in the settings."""
        said, other = self.tongue.words.instant(at, zone), self.zone_beside
        return f"{said} ({self.tongue.words.instant(at, other)})" if other not in ("", zone) else said

    @property
    def theme(self) -> str:
        """The theme that was chosen; empty: the system's."""
        found = self.request.cookies.get(THEME_COOKIE, "")
        return found if found in THEMES else ""

    @property
    def zones(self) -> tuple[str, ...]:
        """The zones that may stand beside the own: those of the parties, and UTC."""
        parties = self.node.base.parties.values()
        return tuple(one for one in sorted({*(party.zone for party in parties), "UTC"}) if one != self.zone)

    @property
    def zone_beside(self) -> str:
        """The zone that was chosen to stand beside; empty: none."""
        found = self.request.cookies.get(ZONE_COOKIE, "")
        return found if found in self.zones else ""

    def ground(self, says: str) -> Said:
        """Why, in the reader's language where that can be said in it; and in which language it is."""
        return ground_said(self.tongue, says)

    def error(self, text: str) -> Said:
        """The message of an error, or a remedy, likewise."""
        return error_said(self.tongue, text)

    def wrong(self, error: ReltoError) -> Said:
        """A whole error in one line, likewise."""
        return wrong_said(self.tongue, error)

    def told(self, text: str) -> Said:
        """An error that was kept as its line, likewise."""
        return told_said(self.tongue, text)

    def problem(self, text: str) -> Said:
        """What a verification found, likewise."""
        return problem_said(self.tongue, text)

    def duty(self, do: str) -> Said:
        """What a duty asks to be done, likewise."""
        return duty_said(self.tongue, do)

    def actor(self, name: str) -> str:
        """Who acted: an account with its role in words, anybody else as they are named."""
        account, _, role = name.removeprefix("account:").partition("/")
        return f"{account} ({self.tongue.say(role)})" if name.startswith("account:") and role else name

    def link(self, path: str, **more: str) -> str:
        """An address within the desk; the past that is looked at stays."""
        given = {**({"at": str(self.at)} if self.past else {}), **{key: one for key, one in more.items() if one}}
        return f"/desk{quote(path)}" + (f"?{urlencode(given)}" if given else "")

    @property
    def running(self) -> bool:
        """Whether what is shown is now, by a clock that goes on: that of a rehearsal stands where it was put."""
        return not self.past and self.context.now().ns != self.at.ns

    @property
    def zone(self) -> str:
        """The zone of the node's own party."""
        found = self.node.base.parties.get(self.node.party)
        return found.zone if found is not None else "UTC"


def visit_of(context: Context, request: Request) -> Visit:
    """Who asks for a page, in which language, about when. Raises InputError for an instant that is none."""
    text = request.query_params.get("at", "")[:100]
    return look_of(context, request, parse_instant(text) if text else None)


def look_of(context: Context, request: Request, at: Instant | None = None) -> Visit:
    """Who looks, in which language, at an instant; now where none is given."""
    tongue = tongue_of(request.cookies.get(LANGUAGE_COOKIE, ""), request.headers.get("accept-language", "")[:200])
    now, past = context.now(), at is not None
    try:
        token, kind = presented(request)
        if token and kind == "cookie":
            session = context.people.session(token, now)
            if session.kind == "cookie":
                request.state.caller = Caller(context, session.account, None, session, token)
                return Visit(context, request, tongue, at or now, past, session.account, session, token)
    except NotSignedIn:
        pass
    return Visit(context, request, tongue, at or now, past)


async def form_of(visit: Visit, *, signed_in: bool = True) -> Mapping[str, str]:
    """The fields of a form that was sent. Raises ForgedRequest where no page of this node made it, InputError for one
    that is too large or repeats a field."""
    check_origin(visit.context, visit.request)
    kind = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise InputError("not a form", remedy="use the pages of this desk")
    data = b""
    async for part in parts_of(visit.request):
        data += part
        if len(data) > MAX_FORM:
            raise InputError(f"a form of more than {MAX_FORM} bytes", remedy="send less")
    try:
        pairs = parse_qsl(
            data.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(data), max_num_fields=_MAX_FIELDS
        )
    except ValueError as error:
        raise InputError("not a form", remedy="use the pages of this desk") from error
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise InputError("a field of the form stands twice", remedy="use the pages of this desk")
    if signed_in:
        check_form(visit, fields)
        del fields["csrf"]
    else:
        _remember(visit, fields)
    return fields


def check_form(visit: Visit, fields: Mapping[str, str]) -> None:
    """Raise ForgedRequest where a form does not prove that a page of this session made it, NotSignedIn where there is
    no session."""
    headers = visit.request.headers
    if "origin" in headers or headers.get("sec-fetch-site") == "same-origin":
        _remember(visit, fields)  # a page of ours made it, as was looked at before, be it in a session that has ended
    _ = visit.signed_in
    given = fields.get("csrf", "")
    if not visit.token or not hmac.compare_digest(given.encode("utf-8"), visit.csrf.encode("ascii")):
        raise ForgedRequest("the form does not prove that a page of this desk made it", remedy="load the page again")
    _remember(visit, fields)


def _remember(visit: Visit, fields: Mapping[str, str]) -> None:
    """Keep what was typed with the request, and as long as that: what is refused is shown again."""
    visit.request.state.typed = {name: text for name, text in fields.items() if name not in SECRET}


def typed_in(visit: Visit) -> Mapping[str, str] | None:
    """What was typed in the form that came with this request, without what is secret; None where none came, or another
    origin's page may have made it."""
    return getattr(visit.request.state, "typed", None)
