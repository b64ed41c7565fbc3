"""Settings of a node that serves: from the table `[serve]` of its `node.toml`, the environment, and flags.

A flag counts before the environment, the environment before the file. What is not known is an error. Each setting
says itself what it takes: the reader, the command line and the operator's table of them all go by that.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, TypeAlias, cast

from relto.core.errors import InputError, Position
from relto.node.card import check_address

PREFIX: Final = "RELTO_SERVE_"
Kind: TypeAlias = Literal["address", "address or nothing", "number", "word", "switch", "text", "list"]

_MONTH: Final = 31 * 86400
_LONGEST: Final = 1000
_MOST_LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class Takes:
    """What a setting takes: its kind, what it means; for a number from where to where, for a word which."""

    kind: Kind
    says: str
    least: int = 0
    most: int = 0
    words: tuple[str, ...] = ()


def _setting(default: Any, kind: Kind, says: str, **more: Any) -> Any:
    return field(default=default, metadata={"takes": Takes(kind, says, **more)})


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """How a node serves. Files are named relative to the node's folder."""

    peers: str = _setting("127.0.0.1:7400", "address", "where to listen for peers")
    people: str = _setting("127.0.0.1:7401", "address or nothing", "where to listen for its own people; empty: nowhere")
    uncertainty_ms: int = _setting(250, "number", "how far this machine's clock may be off, in ms", most=60_000)
    log: str = _setting("json", "word", "how to log, on stderr", words=("json", "plain", "none"))
    metrics: bool = _setting(True, "switch", "whether to answer /metrics on the people's port")
    client_ca: str = _setting("", "text", "PEM file of the authorities for its people's client certificates")
    origins: tuple[str, ...] = _setting((), "list", "origins of its pages; empty: the one that is asked")
    logins_a_minute: int = _setting(30, "number", "attempts to sign in from one address a minute", least=1, most=10_000)
    session_seconds: int = _setting(12 * 3600, "number", "how long a session lasts", least=60, most=_MONTH)
    idle_seconds: int = _setting(1800, "number", "how long a session lasts unused", least=60, most=_MONTH)
    step_up_seconds: int = _setting(300, "number", "how long a step-up lasts", least=10, most=3600)
    oidc_issuer: str = _setting("", "text", "the party's OpenID provider; empty: none")
    oidc_client_id: str = _setting("", "text", "this node's id there")
    oidc_client_secret_file: str = _setting("", "text", "file (mode 600) with its secret there; empty: a public client")
    oidc_redirect_uri: str = _setting("", "text", "where the provider sends people back: .../v1/oidc/callback")
    oidc_scope: str = _setting("openid", "text", "what is asked of the provider")
    oidc_origins: tuple[str, ...] = _setting(
        (), "list", "where the provider's endpoints may be, besides its own origin"
    )
    oidc_ca_file: str = _setting("", "text", "PEM file of the provider's authority; empty: the machine's")
    oidc_after: str = _setting("/", "text", "the page a browser goes to once it is signed in")


SETTINGS: Final[Mapping[str, Takes]] = {one.name: cast("Takes", one.metadata["takes"]) for one in fields(ServeSettings)}
"""All settings, by name, in the order in which they are told."""


def read_serve_settings(
    table: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any], *, name: str = "node.toml"
) -> ServeSettings:
    """The settings from all three places. Raises InputError that names the place and the setting at fault."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in SETTINGS:
            raise InputError(
                f"unknown setting `{key[:60]}`", where=Position(name), remedy=f"known: {', '.join(SETTINGS)}"
            )
        found[key] = _checked(key, tuple(value) if isinstance(value, list) else value, f"{name}: serve.{key}")
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX):
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key not in SETTINGS or variable != variable_of(key):
            names = ", ".join(variable_of(one) for one in SETTINGS)
            raise InputError(f"unknown setting `{variable[:60]}` in the environment", remedy=f"known: {names}")
        found[key] = _checked(key, _typed(SETTINGS[key], text), variable)
    for key, value in flags.items():
        if value is not None:
            found[key] = _checked(key, _listed(value) if SETTINGS[key].kind == "list" else value, flag_of(key))
    return ServeSettings(**found)


def variable_of(key: str) -> str:
    """The environment variable of a setting."""
    return PREFIX + key.upper()


def flag_of(key: str) -> str:
    """The flag of a setting."""
    return "--" + key.replace("_", "-")


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of an address; an IPv6 host without its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _listed(text: str) -> tuple[str, ...]:
    """A list as one text: its parts between commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _typed(takes: Takes, text: str) -> Any:
    if takes.kind == "number" and text.isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    if takes.kind == "list":
        return _listed(text)
    return {"true": True, "false": False}.get(text, text) if takes.kind == "switch" else text


def _checked(key: str, value: Any, place: str) -> Any:
    """The value of a setting if it is one; else InputError with its place."""
    takes = SETTINGS[key]
    try:
        _CHECKS[takes.kind](key, takes, value)
    except InputError as error:
        raise InputError(error.message, where=Position(place), remedy=error.remedy) from error
    return value


def _check_address(key: str, takes: Takes, value: Any) -> None:
    if not isinstance(value, str):
        raise InputError(f"`{key}` is no address", remedy="give host:port")
    if value or takes.kind == "address":
        check_address(value)


def _check_number(key: str, takes: Takes, value: Any) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not takes.least <= value <= takes.most:
        raise InputError(f"`{key}` is no number in its range", remedy=f"give {takes.least} to {takes.most}")


def _check_word(key: str, takes: Takes, value: Any) -> None:
    if value not in takes.words:
        raise InputError(f"`{key}` is `{value!s:.30}`", remedy=f"use one of {', '.join(takes.words)}")


def _check_switch(key: str, _: Takes, value: Any) -> None:
    if not isinstance(value, bool):
        raise InputError(f"`{key}` is neither true nor false", remedy="say true or false")


def _check_list(key: str, _: Takes, value: Any) -> None:
    if not isinstance(value, tuple) or len(value) > _MOST_LISTED or not all(_is_text(one) for one in value):
        raise InputError(f"`{key}` is no list of texts", remedy="give texts, with commas between them")


def _check_text(key: str, _: Takes, value: Any) -> None:
    if not _is_text(value):
        raise InputError(f"`{key}` is no text", remedy=f"give at most {_LONGEST} printable signs")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _LONGEST and value.isprintable()


_CHECKS: Final[Mapping[Kind, Callable[[str, Takes, Any], None]]] = {
    "address": _check_address,
    "address or nothing": _check_address,
    "number": _check_number,
    "word": _check_word,
    "switch": _check_switch,
    "text": _check_text,
    "list": _check_list,
}
