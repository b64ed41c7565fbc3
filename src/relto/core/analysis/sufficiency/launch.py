"""A recorded launch, as far as its facts are known."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.payload import Place
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class Launch:
    """What a record says of a launch; None where it says nothing. `apogee_km`, `range_km` in kilometres, `bearing_deg`
    clockwise from north. `manoeuvre`: how its flight left the ballistic arc, empty where it is not said to have."""

    id: str
    at: Instant | None = None
    place: Place | None = None
    apogee_km: float | None = None
    range_km: float | None = None
    bearing_deg: float | None = None
    missile: str = ""
    manoeuvre: str = ""
    source: str = ""

    def missing(self) -> tuple[str, ...]:
        """The facts without which nothing can be said of it."""
        facts = {
            "time": self.at,
            "place": self.place,
            "apogee": self.apogee_km,
            "range": self.range_km,
            "bearing": self.bearing_deg,
        }
        return tuple(name for name, fact in facts.items() if fact is None)
