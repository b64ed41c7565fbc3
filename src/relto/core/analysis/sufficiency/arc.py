"""The ballistic arc from range and apogee: Kepler's ellipse over a sphere that does not turn, without drag or boost.

R. Bate, D. Mueller, J. White, Fundamentals of Astrodynamics (1971), chapter 6. Neither the boost nor the air are in it,
so that flight times come out a few per cent short (docs/analyst.md has the comparison); nor is any manoeuvre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from relto.core.errors import InputError

EARTH_KM: Final = 6371.0088
"""Mean radius (IUGG)."""
MU: Final = 398_600.4418
"""Of the earth, km^3/s^2 (WGS 84)."""
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arc:
    """An ellipse: semi-major axis in km, eccentricity, eccentric anomaly at launch, mean motion (rad/s), seconds."""

    axis: float
    eccentricity: float
    start: float
    motion: float
    seconds: float

    def positions(self, times: Floats) -> tuple[Floats, Floats]:
        """Ground distance flown and height, both km, at `times` (n,) seconds after launch."""
        mean = self.start - self.eccentricity * math.sin(self.start) + self.motion * times
        anomaly = np.full_like(mean, math.pi) + (mean - math.pi) / (1 + self.eccentricity)
        for _ in range(50):  # Newton; the arc lies about apogee, where it cannot fail
            step = (anomaly - self.eccentricity * np.sin(anomaly) - mean) / (1 - self.eccentricity * np.cos(anomaly))
            anomaly -= step
            if np.abs(step).max(initial=0.0) < 1e-12:
                break
        radius = self.axis * (1 - self.eccentricity * np.cos(anomaly))
        angle = _true(anomaly, self.eccentricity) - float(_true(np.array([self.start]), self.eccentricity)[0])
        return angle * EARTH_KM, radius - EARTH_KM


def _true(anomaly: Floats, eccentricity: float) -> Floats:
    """The true anomaly of an eccentric one, both in [0, 2 pi]."""
    found: Floats = 2 * np.arctan2(
        math.sqrt(1 + eccentricity) * np.sin(anomaly / 2), math.sqrt(1 - eccentricity) * np.cos(anomaly / 2)
    )
    return found


def arc_of(range_km: float, apogee_km: float) -> Arc:
    """The arc over `range_km` of ground with its highest point `apogee_km` above it. Raises InputError for none."""
    if not (0 < range_km <= 0.99 * math.pi * EARTH_KM and 0 < apogee_km <= 100_000):
        raise InputError(
            f"no ballistic arc over {range_km:g} km with an apogee of {apogee_km:g} km", remedy="check both"
        )
    half, top = range_km / (2 * EARTH_KM), EARTH_KM + apogee_km
    eccentricity = apogee_km / (top - EARTH_KM * math.cos(half))
    axis = top / (1 + eccentricity)
    start = math.acos(max(-1.0, min(1.0, (1 - EARTH_KM / axis) / eccentricity)))
    motion = math.sqrt(MU / axis**3)
    return Arc(axis, eccentricity, start, motion, 2 * (math.pi - (start - eccentricity * math.sin(start))) / motion)


def flight_seconds(range_km: float, apogee_km: float) -> float:
    """How long it flies, in seconds."""
    return arc_of(range_km, apogee_km).seconds
