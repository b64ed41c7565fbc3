"""Assumptions: every one has a name, a band, and says where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from relto.core.errors import InputError
from relto.core.payload import Place
from relto.core.timeline import Instant

Side = Literal["low", "nominal", "high"]
SIDES: Final[tuple[Side, ...]] = ("low", "nominal", "high")


@dataclass(frozen=True, slots=True)
class Band:
    """A figure as low, nominal and high, and where it comes from. Low is always what makes knowing sooner easier."""

    low: float
    nominal: float
    high: float
    source: str = ""

    def __post_init__(self) -> None:
        if not all(math.isfinite(one) and one >= 0 for one in (self.low, self.nominal, self.high)):
            raise InputError("a band that is not of figures from 0", remedy="give low, nominal and high")
        if not self.low <= self.nominal <= self.high:
            raise InputError(f"{self.low:g}, {self.nominal:g}, {self.high:g}: not in order", remedy="put low first")

    def at(self, side: Side) -> float:
        """One of its three figures."""
        return {"low": self.low, "nominal": self.nominal, "high": self.high}[side]


@dataclass(frozen=True, slots=True)
class Station:
    """A party's radar: where, how high (in `place`), the least elevation at which it sees (degrees), how far (km)."""

    id: str
    party: str
    place: Place
    elevation: Band
    range_km: float = math.inf
    notional: bool = True


@dataclass(frozen=True, slots=True)
class Overhead:
    """A party's view from space: seconds from launch until it has seen it."""

    id: str
    party: str
    seconds: Band
    notional: bool = True


@dataclass(frozen=True, slots=True)
class Assumptions:
    """One set of assumptions.

    `own`: party -> seconds from seeing to having a warning. `hop`: seconds for one hand-over to or from the ally `hub`,
    `handling`: what the hub itself takes with another's item. `people`: seconds when people exchange it under the pact.
    `link`: seconds over the real-time link, which is there from `link_from` on. `need`: party -> seconds of warning
    that it needs. `rank`, `topic`, `purpose`: of the warning, to ask the agreements by.
    """

    id: str
    title: str
    stations: tuple[Station, ...]
    overhead: tuple[Overhead, ...]
    own: Mapping[str, Band]
    hop: Band
    handling: Band
    people: Band
    link: Band
    need: Mapping[str, Band]
    hub: str
    link_from: Instant | None = None
    rank: str = "SECRET"
    topic: str = "defence/dprk/missile"
    purpose: str = "missile-warning"
    notional: bool = True
    source: str = ""
    note: str = field(default="", compare=False)

    def bands(self) -> Iterator[tuple[str, Band]]:
        """Every assumption with a band, by the name by which a verdict cites it."""
        for party, band in sorted(self.own.items()):
            yield f"own.{party}", band
        for station in self.stations:
            yield f"elevation.{station.id}", station.elevation
        for one in self.overhead:
            yield f"overhead.{one.id}", one.seconds
        yield from (("hop", self.hop), ("handling", self.handling), ("people", self.people), ("link", self.link))
        for party, band in sorted(self.need.items()):
            yield f"need.{party}", band
