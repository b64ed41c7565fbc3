"""An OpenID provider of the party's own: authorization code with PKCE, its ID token verified (OpenID Connect Core 1.0).

Whom to trust is the operator's word: the issuer and its endpoints come from the settings, and from the discovery
document of that issuer alone, which may name no address elsewhere. Redirections are not followed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import ssl
import time
import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx2
from joserfc import jws
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import ECKey, KeySet, OKPKey, RSAKey
from joserfc.jwt import JWTClaimsRegistry

from relto.core.canon import JSON, base64url, from_base64url, parse_object, text_in
from relto.core.errors import InputError, NotFound, PeerUnreachable
from relto.core.timeline import Instant
from relto.node.people import NotSignedIn
from relto.serve.api.settings import OidcSettings, check_address

ALGORITHMS: Final = ("RS256", "ES256", "EdDSA", "Ed25519")
"""What an ID token may be signed with. `none` is not among them, nor anything with a shared key."""

FLOW_SECONDS: Final = 600
LEEWAY: Final = 60
_TIMEOUT: Final = 5.0
_MAX_BYTES: Final = 256 << 10
_MOST_FLOWS: Final = 1000
_KEPT: Final = 3600.0
_AGAIN_AFTER: Final = 60.0
_MAX_TOKEN: Final = 32 << 10
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")
_SECOND: Final = 1_000_000_000
_BACK: Final = re.compile(r"/desk/[A-Za-z0-9/?&=%+.,:;@_~#-]*", re.ASCII)

# providers say EdDSA; RFC 9864 would have them say Ed25519
warnings.filterwarnings("ignore", message="EdDSA is deprecated", category=SecurityWarning)


@dataclass(frozen=True, slots=True)
class Flow:
    """One sign-in on its way: what only this node and this browser know. `token`: the session that is to step up;
    `back`: the page of the desk to go on with."""

    state: str
    nonce: str
    verifier: str
    started: Instant
    token: str = field(default="", repr=False)
    account: str = ""
    back: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says it is, and when they last showed it."""

    issuer: str
    subject: str
    shown_at: int | None


def check_back(path: str) -> None:
    """Raise InputError where this is no page of the desk: a browser that has signed in is sent nowhere else."""
    if path and not _BACK.fullmatch(path):
        raise InputError(f"`{path[:60]}` is no page of the desk", remedy="give a path such as `/desk/inbox`")


class Provider:
    """The provider, as far as it is known: its endpoints and keys are asked for when they are first needed."""

    def __init__(self, settings: OidcSettings, ticks: Callable[[], float] = time.monotonic) -> None:
        self.settings = settings
        self._ticks = ticks
        self._flows: OrderedDict[str, Flow] = OrderedDict()
        self._known: tuple[float, dict[str, str]] | None = None
        self._keys: tuple[float, dict[str, RSAKey | ECKey | OKPKey]] | None = None
        self._lock = Lock()

    def begin(self, at: Instant, *, token: str = "", account: str = "", back: str = "") -> tuple[str, str]:
        """Where to send a browser, and the secret that it is to bring back. Raises PeerUnreachable, InputError."""
        check_back(back)
        endpoint = self._endpoints()["authorization_endpoint"]
        secret = secrets.token_urlsafe(32)
        state, nonce, verifier = (secrets.token_urlsafe(count) for count in (32, 32, 48))
        flow = Flow(state, nonce, verifier, at, token, account, back)
        with self._lock:
            self._flows[_hashed(secret)] = flow
            while len(self._flows) > _MOST_FLOWS:
                self._flows.popitem(last=False)
        challenge = base64url(hashlib.sha256(flow.verifier.encode("ascii")).digest())
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect_uri,
            "scope": self.settings.scope,
            "state": flow.state,
            "nonce": flow.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        asked |= {"max_age": "0", "prompt": "login"} if token else {}
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(asked)}", secret

    def take(self, secret: str, state: str, at: Instant) -> Flow:
        """The sign-in that a browser brings back, once. Raises NotSignedIn for one it did not begin, or too late."""
        with self._lock:
            flow = self._flows.pop(_hashed(secret), None) if secret else None
        if flow is None or not hmac.compare_digest(flow.state.encode(), state.encode("utf-8", "replace")):
            raise _wrong("this browser began no such sign-in")
        if not 0 <= at.ns - flow.started.ns < FLOW_SECONDS * _SECOND:
            raise _wrong("the sign-in took too long")
        return flow

    def finish(self, flow: Flow, code: str, at: Instant) -> Identity:
        """Exchange the code for an ID token, and verify it. Raises NotSignedIn, PeerUnreachable."""
        asked = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.settings.redirect_uri,
            "code_verifier": flow.verifier,
        }
        headers = {}
        if self.settings.client_secret:
            pair = f"{quote(self.settings.client_id, safe='')}:{quote(self.settings.client_secret, safe='')}"
            headers["Authorization"] = f"Basic {_basic(pair)}"
        else:
            asked["client_id"] = self.settings.client_id
        told = self._call("POST", self._endpoints()["token_endpoint"], data=asked, headers=headers)
        return self.verify(str(told.get("id_token") or ""), flow.nonce, at)

    def verify(self, token: str, nonce: str, at: Instant) -> Identity:
        """Who an ID token says it is, if it is this provider's, for this client, of this sign-in, and in time."""
        now = at.ns // _SECOND
        claims = self._signed(token)
        rules = JWTClaimsRegistry(
            now=now,
            leeway=LEEWAY,
            iss={"essential": True, "value": self.settings.issuer},
            aud={"essential": True, "value": self.settings.client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        try:
            rules.validate(dict(claims))
        except (JoseError, TypeError, ValueError) as error:
            raise _wrong(f"the ID token does not hold ({type(error).__name__})") from error
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if (several or "azp" in claims) and claims.get("azp") != self.settings.client_id:
            raise _wrong("the ID token was made for another client")
        shown = claims.get("auth_time")
        whole = isinstance(shown, int) and not isinstance(shown, bool)
        return Identity(self.settings.issuer, str(claims["sub"]), shown if whole and isinstance(shown, int) else None)

    def _signed(self, token: str) -> Mapping[str, Any]:
        parts = token.split(".")
        if len(token) > _MAX_TOKEN or len(parts) != 3 or not token.isascii():
            raise _wrong("no ID token")
        try:
            header = parse_object(from_base64url(parts[0]), 4096, name="header")
            algorithm = text_in(header, "alg")
            if algorithm not in ALGORITHMS:
                raise _wrong(f"the ID token is signed with `{algorithm[:20]}`")
            key = self._key(str(header.get("kid") or ""))
            signed = jws.deserialize_compact(token, key, algorithms=[algorithm])
            return parse_object(signed.payload, _MAX_TOKEN, name="claims")
        except (JoseError, InputError, ValueError, TypeError) as error:
            raise _wrong("the ID token is not one that its provider signed") from error

    def _key(self, name: str) -> RSAKey | ECKey | OKPKey:
        """The provider's key of that name; asked for anew where it is not known, but not again and again."""
        now = self._ticks()
        if self._keys is None or now - self._keys[0] > (_KEPT if name in self._keys[1] else _AGAIN_AFTER):
            self._keys = now, self._fetch_keys()
        found = self._keys[1]
        if not name and len(found) == 1:
            return next(iter(found.values()))
        if name not in found:
            raise _wrong("the ID token is signed with a key that is none of its provider's")
        return found[name]

    def _fetch_keys(self) -> dict[str, RSAKey | ECKey | OKPKey]:
        told = self._call("GET", self._endpoints()["jwks_uri"])
        listed = told.get("keys")
        fit = [one for one in listed if _is_fit(one)] if isinstance(listed, list) else []
        try:
            keys = KeySet.import_key_set({"keys": fit}).keys if fit else []
        except (JoseError, ValueError) as error:
            raise PeerUnreachable("the OpenID provider's keys cannot be read", remedy="ask its operator") from error
        return {one.kid or "": one for one in keys if isinstance(one, RSAKey | ECKey | OKPKey)}

    def _endpoints(self) -> dict[str, str]:
        now = self._ticks()
        if self._known is None or now - self._known[0] > _KEPT:
            self._known = now, self._discover()
        return self._known[1]

    def _discover(self) -> dict[str, str]:
        told = self._call("GET", self.settings.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if told.get("issuer") != self.settings.issuer:
            raise PeerUnreachable("the OpenID provider says it is another issuer", remedy="check the settings")
        found = {name: str(told.get(name) or "") for name in _ENDPOINTS}
        for name, address in found.items():
            try:
                fit = self.settings.may_call(check_address(address))
            except InputError:
                fit = False
            if not fit:
                raise PeerUnreachable(
                    f"the OpenID provider names a `{name}` that is not its own",
                    remedy="if it is right, list its origin in the settings",
                )
        return found

    def _call(self, method: str, address: str, **more: Any) -> Mapping[str, JSON]:
        """A JSON object from the provider; no redirection is followed, no proxy asked, no more read than is fit."""
        context = ssl.create_default_context(cafile=str(self.settings.ca_file) if self.settings.ca_file else None)
        try:
            with (
                httpx2.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False, verify=context) as client,
                client.stream(method, address, **more) as response,
            ):
                data = b""
                for part in response.iter_bytes():
                    data += part
                    if len(data) > _MAX_BYTES:
                        raise PeerUnreachable("the OpenID provider says too much", remedy="ask its operator")
                status = response.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            raise PeerUnreachable("the OpenID provider does not answer", remedy="try again later") from error
        if status in (400, 401) and method == "POST":
            raise _wrong("the provider does not take the code")
        if status != 200:
            raise PeerUnreachable(f"the OpenID provider answers {status}", remedy="ask its operator")
        try:
            return parse_object(data, _MAX_BYTES, name="provider")
        except InputError as error:
            raise PeerUnreachable("the OpenID provider does not answer with JSON", remedy="ask its operator") from error


def _is_fit(key: object) -> bool:
    """Whether a key of the provider's may verify: a public one, for signatures. A shared key would let anyone sign."""
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _basic(pair: str) -> str:
    return base64.b64encode(pair.encode("utf-8")).decode("ascii")


def _wrong(why: str) -> NotSignedIn:
    return NotSignedIn(f"not signed in: {why}", remedy="sign in again")


def no_provider() -> NotFound:
    """Where the operator has named no provider."""
    return NotFound("no OpenID provider is set", remedy="sign in by password or certificate")
