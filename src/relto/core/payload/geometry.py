"""Places and areas on the earth: WGS 84, degrees and metres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from relto.core.errors import InputError

DECIMALS: Final = 6
"""Of a degree: a tenth of a metre. Nothing here is known better, and text and number stay one."""
MAX_CORNERS: Final = 1000
_LOWEST, _HIGHEST = -500.0, 100_000_000.0  # metres: below every shore, beyond every orbit of concern


@dataclass(frozen=True, slots=True)
class Place:
    """A point: degrees north and east, metres above the ellipsoid where known. Rounded to `DECIMALS` (height: to mm).

    Raises InputError for what is no place on earth.
    """

    lat: float
    lon: float
    height_m: float | None = None

    def __post_init__(self) -> None:
        for name, value, low, high in (
            ("latitude", self.lat, -90.0, 90.0),
            ("longitude", self.lon, -180.0, 180.0),
            ("height", 0.0 if self.height_m is None else self.height_m, _LOWEST, _HIGHEST),
        ):
            if not math.isfinite(value) or not low <= value <= high:
                raise InputError(f"{value} is no {name}", remedy=f"give one from {low:g} to {high:g}")
        object.__setattr__(self, "lat", _rounded(self.lat, DECIMALS))
        object.__setattr__(self, "lon", _rounded(self.lon, DECIMALS))
        if self.height_m is not None:
            object.__setattr__(self, "height_m", _rounded(self.height_m, 3))


def _rounded(value: float, decimals: int) -> float:
    return round(float(value), decimals) + 0.0  # no negative zero


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon without holes: its corners in order, the first again at the end (RFC 7946, 3.1.6; CAP 1.2, 3.2.4).

    Raises InputError for fewer than three corners, one that is not closed, or corners with heights.
    """

    ring: tuple[Place, ...]

    def __post_init__(self) -> None:
        if not 4 <= len(self.ring) <= MAX_CORNERS:
            raise InputError(f"an area of {len(self.ring)} corners", remedy=f"give 4 to {MAX_CORNERS}, the first again")
        if self.ring[0] != self.ring[-1]:
            raise InputError("an area that is not closed", remedy="let it end where it begins")
        if any(one.height_m is not None for one in self.ring):
            raise InputError("an area whose corners have heights", remedy="leave the heights out")
        if len(set(self.ring)) < 3:
            raise InputError("an area of fewer than three corners", remedy="give at least three that differ")
