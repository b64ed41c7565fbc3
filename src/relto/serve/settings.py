"""Settings of a node that serves: from the table `[serve]` of its `node.toml`, the environment, and flags.

A flag counts before the environment, the environment before the file. What is not known is an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from relto.core.errors import InputError, Position
from relto.node.card import check_address

PREFIX: Final = "RELTO_SERVE_"
_MOST: Final = 60_000


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """`peers`, `people`: where to listen, `host:port` (people empty: that port is not opened).

    `uncertainty_ms`: how far the system's clock may be from the true time, either way. `log`: `json`, `plain` or
    `none`. `metrics`: whether /metrics is answered on the people's port.
    """

    peers: str = "127.0.0.1:7400"
    people: str = "127.0.0.1:7401"
    uncertainty_ms: int = 250
    log: str = "json"
    metrics: bool = True


def read_serve_settings(
    table: Mapping[str, Any], environment: Mapping[str, str], flags: Mapping[str, Any], *, name: str = "node.toml"
) -> ServeSettings:
    """The settings from all three places. Raises InputError that names the place and the key at fault."""
    known = {one.name: one.type for one in fields(ServeSettings)}
    found: dict[str, Any] = {}
    for key, value in table.items():
        if key not in known:
            raise InputError(f"unknown setting `{key[:60]}`", where=Position(name), remedy=f"known: {', '.join(known)}")
        found[key] = _checked(key, value, name)
    for variable, text in sorted(environment.items()):
        if not variable.startswith(PREFIX):
            continue
        key = variable.removeprefix(PREFIX).lower()
        if key not in known:
            names = ", ".join(PREFIX + one.upper() for one in known)
            raise InputError(f"unknown setting `{variable[:60]}` in the environment", remedy=f"known: {names}")
        found[key] = _checked(key, _typed(known[key], text), variable)
    found |= {key: _checked(key, value, f"--{key}") for key, value in flags.items() if value is not None}
    return ServeSettings(**found)


def host_and_port(address: str) -> tuple[str, int]:
    """The two parts of an address; an IPv6 host without its brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def _typed(kind: Any, text: str) -> Any:
    if kind == "int" and text.isdecimal() and text.isascii():
        return int(text)
    return {"true": True, "false": False}.get(text, text) if kind == "bool" else text


def _checked(key: str, value: Any, place: str) -> Any:
    where = Position(place)
    if key in ("peers", "people"):
        if not isinstance(value, str):
            raise InputError(f"`{key}` is no address", where=where, remedy="give host:port")
        return check_address(value) if value or key == "peers" else value
    if key == "uncertainty_ms":
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _MOST:
            raise InputError(f"`{key}` is no number of milliseconds", where=where, remedy=f"give 0 to {_MOST}")
    elif key == "log":
        if value not in ("json", "plain", "none"):
            raise InputError(f"`log` is `{value!s:.30}`", where=where, remedy="use json, plain or none")
    elif not isinstance(value, bool):
        raise InputError(f"`{key}` is neither true nor false", where=where, remedy="say true or false")
    return value
