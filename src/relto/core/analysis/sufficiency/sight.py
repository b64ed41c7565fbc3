"""What a station can see of an arc over the curved earth (WGS 84)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import numpy as np

from relto.core.analysis.sufficiency.arc import Arc, Floats, arc_of
from relto.core.analysis.sufficiency.assumptions import Station
from relto.core.analysis.sufficiency.launch import Launch
from relto.core.payload import Place

_STEPS: Final = 1024
_AXIS, _SQUARED = 6378.137, 6.694379990141e-3  # WGS 84: semi-major axis in km, first eccentricity squared


@lru_cache(maxsize=1)
def _ellipsoid() -> Any:
    from pyproj import Geod  # here, for it takes its time to load

    return Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Flight:
    """A launch's arc as points: seconds after launch (n,), and where they are from the earth's centre, km (n, 3)."""

    arc: Arc
    times: Floats
    points: Floats

    @classmethod
    def of(cls, launch: Launch) -> Flight:
        """The flight of a launch whose facts are all there. Raises InputError where range and apogee make no arc."""
        assert launch.place is not None
        assert launch.range_km is not None
        assert launch.apogee_km is not None
        assert launch.bearing_deg is not None
        arc = arc_of(launch.range_km, launch.apogee_km)
        times = np.linspace(0.0, arc.seconds, _STEPS)
        ground, height = arc.positions(times)
        fill = np.full(_STEPS, 1.0)
        lon, lat, _ = _ellipsoid().fwd(
            launch.place.lon * fill, launch.place.lat * fill, launch.bearing_deg * fill, ground * 1000.0
        )
        return cls(arc, times, _centred(np.asarray(lat), np.asarray(lon), np.maximum(height, 0.0)))

    def first_seen(self, station: Station, elevations: tuple[float, ...]) -> list[float | None]:
        """Seconds after launch at which `station` first sees it, for each least elevation (degrees); None: never."""
        place = station.place
        above = Place(place.lat, place.lon, place.height_m or 0.0)
        stand = _centred(np.array([above.lat]), np.array([above.lon]), np.array([(above.height_m or 0.0) / 1000.0]))[0]
        lat, lon = np.radians(place.lat), np.radians(place.lon)
        up = np.array([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])
        way = self.points - stand
        far = np.linalg.norm(way, axis=1)
        sine = (way @ up) / np.maximum(far, 1e-9)
        near = far <= station.range_km
        return [self._first(near & (sine >= np.sin(np.radians(one)))) for one in elevations]

    def _first(self, seen: Any) -> float | None:
        found = np.flatnonzero(seen)
        return float(self.times[found[0]]) if len(found) else None


def _centred(lat: Floats, lon: Floats, height_km: Floats) -> Floats:
    """Geodetic to geocentric coordinates, km, (n, 3)."""
    north, east = np.radians(lat), np.radians(lon)
    curve = _AXIS / np.sqrt(1 - _SQUARED * np.sin(north) ** 2)
    return np.stack(
        [
            (curve + height_km) * np.cos(north) * np.cos(east),
            (curve + height_km) * np.cos(north) * np.sin(east),
            (curve * (1 - _SQUARED) + height_km) * np.sin(north),
        ],
        axis=-1,
    )
