"""Settings of the people's interface: what an operator chooses, with defaults that are safe."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from relto.core.errors import InputError


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """An OpenID provider of the party's own. `origins`: where besides the issuer's own origin its endpoints may be.

    `redirect_uri` ends in `/v1/oidc/callback`; `after` is the page a browser goes to once it is signed in.
    """

    issuer: str
    client_id: str
    redirect_uri: str
    client_secret: str = ""
    scope: str = "openid"
    origins: tuple[str, ...] = ()
    ca_file: Path | None = None
    after: str = "/"

    def __post_init__(self) -> None:
        """Raises InputError for an address that is not https, but on this machine itself."""
        for address in (self.issuer, self.redirect_uri, *self.origins):
            check_address(address)
        if not self.client_id or "openid" not in self.scope.split():
            raise InputError("an OpenID client without its id, or a scope without `openid`", remedy="give both")
        if not self.after.startswith("/") or self.after.startswith(("//", "/\\")):
            raise InputError(f"`{self.after[:60]}` is no page of this node", remedy="give a path such as `/`")

    def may_call(self, address: str) -> bool:
        """Whether an endpoint that the provider names may be called: at the issuer's origin, or one that was given."""
        return origin_of(address) in {origin_of(one) for one in (self.issuer, *self.origins)}


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """How the people's interface behaves. `origins`: where its pages are served from; empty: where it is asked.

    `metrics`: whether it answers /metrics.
    """

    origins: tuple[str, ...] = ()
    logins_a_minute: int = 30
    body_bytes: int = 1 << 20
    payload_bytes: int = 64 << 20
    metrics: bool = True
    oidc: OidcSettings | None = None

    def __post_init__(self) -> None:
        """Raises InputError for a limit out of range, or an origin that is none."""
        if not (1 <= self.logins_a_minute <= 10_000 and 4096 <= self.body_bytes <= 16 << 20):
            raise InputError("a limit of the interface out of range", remedy="leave it out for the default")
        if not 1 <= self.payload_bytes <= 64 << 20:
            raise InputError("a limit of payloads out of range", remedy="give bytes, up to 64 MiB")
        for one in self.origins:
            if origin_of(one) != one:
                raise InputError(f"`{one[:80]}` is no origin", remedy="write it as `https://host:port`")


def origin_of(address: str) -> str:
    """Scheme, host and port of an address, the port only where it is not the scheme's own. InputError for none."""
    try:
        parts = urlsplit(address)
        port, host = parts.port, parts.hostname
    except ValueError:
        parts, port, host = urlsplit(""), None, None
    if parts.scheme not in ("https", "http") or not host or parts.username is not None:
        raise InputError(f"`{address[:80]}` is no address", remedy="write it as `https://host:port/path`")
    named = f"[{host}]" if ":" in host else host
    own = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{named}" + (f":{port}" if port is not None and port != own else "")


def check_address(address: str) -> str:
    """Give an address back if it is https, or http to this machine itself; else raise InputError."""
    origin = origin_of(address)
    if origin.startswith("http:") and not _is_loopback(urlsplit(address).hostname or ""):
        raise InputError(f"`{address[:80]}` is not https", remedy="use https")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
