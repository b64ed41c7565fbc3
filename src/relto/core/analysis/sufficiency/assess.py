"""All launches of a record under one set of assumptions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relto.core.analysis.sufficiency.assumptions import SIDES, Assumptions
from relto.core.analysis.sufficiency.knowing import Open, Sight, open_routes
from relto.core.analysis.sufficiency.launch import Launch
from relto.core.analysis.sufficiency.sight import Flight
from relto.core.analysis.sufficiency.verdict import Sufficiency, sufficiency
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.route.changes import instants_of_change
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class Assessment:
    """A launch, how long the model lets it fly (seconds), and the verdict for each party. Model output, not a fact."""

    launch: Launch
    flight: float
    parties: tuple[Sufficiency, ...]


@dataclass(frozen=True, slots=True)
class NotAssessable:
    """A launch of which too little is known, and what is missing. Nothing is guessed."""

    launch: Launch
    why: str


def assess(
    launches: Iterable[Launch],
    assumed: Assumptions,
    dossier: Dossier,
    *,
    known_by: Instant | None = None,
) -> Iterator[Assessment | NotAssessable]:
    """Assess each launch, in order, for every party that `assumed.need` names, under the law at its instant."""
    law = _Law(dossier, assumed, known_by)
    for launch in launches:
        missing = launch.missing()
        if missing:
            yield NotAssessable(launch, f"without {', '.join(missing)}")
            continue
        try:
            flight = Flight.of(launch)
        except InputError as error:
            yield NotAssessable(launch, error.message)
            continue
        assert launch.at is not None
        sight, opened = _sight(flight, assumed), law.at(launch.at)
        verdicts = tuple(sufficiency(assumed, sight, party, opened, launch.at) for party in sorted(assumed.need))
        yield Assessment(launch, flight.arc.seconds, verdicts)


def _sight(flight: Flight, assumed: Assumptions) -> Sight:
    seen: dict[tuple[str, float], float | None] = {}
    for station in assumed.stations:
        elevations = tuple(dict.fromkeys(station.elevation.at(side) for side in SIDES))
        for elevation, at in zip(elevations, flight.first_seen(station, elevations), strict=True):
            seen[station.id, elevation] = at
    return Sight(flight.arc.seconds, seen)


class _Law:
    """What is open at an instant, asked once for each stretch over which no decision can change."""

    def __init__(self, dossier: Dossier, assumed: Assumptions, known_by: Instant | None) -> None:
        self._dossier, self._assumed, self._known_by = dossier, assumed, known_by
        self._changes = instants_of_change(dossier, known_by)
        self._found: dict[int, Open] = {}

    def at(self, at: Instant) -> Open:
        """What is open at `at`."""
        stretch = bisect_right(self._changes, at.ns)
        if stretch not in self._found:
            self._found[stretch] = open_routes(self._dossier, self._assumed, at, self._known_by)
        return self._found[stretch]
