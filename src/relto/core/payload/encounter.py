"""An encounter at sea or in the air, as those who met tell it: one claim set a reporter, never merged."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.errors import InputError
from relto.core.label import check_id, check_party_id
from relto.core.payload.geometry import Place
from relto.core.timeline import Stamp

Domain = Literal["air", "sea"]
DOMAINS: Final[tuple[Domain, ...]] = get_args(Domain)
Measure = Literal["distance", "height", "speed", "duration"]
MEASURES: Final[tuple[Measure, ...]] = get_args(Measure)
Unit = Literal["m", "km", "ft", "nmi", "m/s", "km/h", "kn", "s", "min"]
UNITS: Final[tuple[Unit, ...]] = get_args(Unit)
Handling = Literal["reported", "answered", "left-unanswered", "agreed"]
HANDLINGS: Final[tuple[Handling, ...]] = get_args(Handling)

# factors to metres, metres a second, seconds; exact by definition (international foot and nautical mile)
_SI: Final[dict[Unit, tuple[str, float]]] = {
    "m": ("length", 1.0),
    "km": ("length", 1000.0),
    "ft": ("length", 0.3048),
    "nmi": ("length", 1852.0),
    "m/s": ("speed", 1.0),
    "km/h": ("speed", 1000.0 / 3600.0),
    "kn": ("speed", 1852.0 / 3600.0),
    "s": ("time", 1.0),
    "min": ("time", 60.0),
}
_KIND: Final[dict[Measure, str]] = {"distance": "length", "height": "length", "speed": "speed", "duration": "time"}
# what may follow what; a matter once agreed is closed
_NEXT: Final[dict[Handling, tuple[Handling, ...]]] = {
    "reported": ("answered", "left-unanswered", "agreed"),
    "answered": ("answered", "left-unanswered", "agreed"),
    "left-unanswered": ("answered", "agreed"),
    "agreed": (),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure as it was told: from `low` to `high` in `unit` (equal where one was given), not converted."""

    measure: Measure
    low: float
    high: float
    unit: Unit

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high) and 0 <= self.low <= self.high <= 1e9):
            raise InputError(f"{self.low} to {self.high} is no {self.measure}", remedy="give them from low to high")
        if _SI[self.unit][0] != _KIND[self.measure]:
            raise InputError(f"a {self.measure} in `{self.unit}`", remedy="give a unit that fits")

    def si(self) -> tuple[float, float]:
        """The same in metres, metres a second or seconds."""
        factor = _SI[self.unit][1]
        return self.low * factor, self.high * factor


@dataclass(frozen=True, slots=True)
class ClaimSet:
    """All that one reporter says of it, with when and where by that account."""

    by: str
    says: str
    source: str
    at: Stamp | None = None
    place: Place | None = None
    figures: tuple[Figure, ...] = ()
    unconfirmed: bool = False

    def __post_init__(self) -> None:
        check_party_id(self.by)
        named = [one.measure for one in self.figures]
        if len(named) != len(set(named)):
            raise InputError(f"{self.by} gives a measure twice", remedy="give each once, as a range")


@dataclass(frozen=True, slots=True)
class Step:
    """A step in how the encounter was handled: by whom, when."""

    state: Handling
    by: str
    at: Stamp


@dataclass(frozen=True, slots=True)
class EncounterReport:
    """An encounter between parties: claim sets, one a reporter, and how it was handled. Raises InputError."""

    event: str
    domain: Domain
    between: tuple[str, ...]
    claims: tuple[ClaimSet, ...]
    handling: tuple[Step, ...]

    def __post_init__(self) -> None:
        check_id(self.event)
        if len(set(self.between)) != len(self.between) or len(self.between) < 2:
            raise InputError("an encounter of fewer than two", remedy="name those that met, each once")
        by = [one.by for one in self.claims]
        if not by or len(by) != len(set(by)):
            raise InputError("a reporter without a claim set of its own", remedy="give one a reporter, each once")
        if not self.handling or self.handling[0].state != "reported":
            raise InputError("an encounter that nobody reported", remedy="let its handling begin with `reported`")
        for before, after in itertools.pairwise(self.handling):
            if after.state not in _NEXT[before.state]:
                raise InputError(f"{after.state} after {before.state}", remedy="correct the steps")
            if after.at.instant < before.at.instant:
                raise InputError(f"{after.state} before {before.state} in time", remedy="put the steps in order")

    @property
    def state(self) -> Handling:
        """How it stands: the last step."""
        return self.handling[-1].state

    def conflicts(self) -> tuple[tuple[Measure, str, str], ...]:
        """Where two accounts cannot both be right: (measure, one reporter, another), ranges that do not meet."""
        found: list[tuple[Measure, str, str]] = []
        for one, other in itertools.combinations(self.claims, 2):
            theirs = {figure.measure: figure.si() for figure in other.figures}
            for figure in one.figures:
                low, high = figure.si()
                if figure.measure in theirs:
                    least, most = theirs[figure.measure]
                    if high < least or most < low:
                        found.append((figure.measure, one.by, other.by))
        return tuple(found)
