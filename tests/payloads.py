"""Random typed payloads, for what must hold for every one of them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from relto.core.payload import (
    Area,
    ClaimSet,
    Document,
    EncounterReport,
    Figure,
    MissileWarning,
    Place,
    Step,
    TrackPoint,
)
from relto.core.timeline import Instant, Stamp

ids = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,20}[A-Za-z0-9]", fullmatch=True)
parties = st.sampled_from(["KOR", "JPN", "USA", "jpn-cert"])
instants = st.integers(0, 4_000_000_000_000_000_000).map(Instant)
says = st.text(st.characters(exclude_categories=["C", "Z"]) | st.just(" "), max_size=60).map(
    lambda text: " ".join(text.split())
)
degrees = st.floats(-90, 90, allow_nan=False)


@st.composite
def places(draw: st.DrawFn, *, high: bool = True) -> Place:
    height = draw(st.none() | st.floats(-400, 7_000_000)) if high else None
    return Place(draw(degrees), draw(st.floats(-180, 180)), height)


@st.composite
def areas(draw: st.DrawFn) -> Area:
    corners = draw(st.lists(places(high=False), min_size=3, max_size=8, unique=True))
    return Area((*corners, corners[0]))


@st.composite
def warnings(draw: st.DrawFn) -> MissileWarning:
    version = draw(st.integers(1, 9))
    times = sorted(draw(st.lists(instants, min_size=8, max_size=8)))
    points = draw(st.lists(places(), max_size=5))
    track = tuple(TrackPoint(at, place) for at, place in zip(times[1:6], points, strict=False))
    observed = draw(instants)
    later = st.integers(0, 10**15).map(lambda ns: observed.plus(ns))
    maybe: Any = st.booleans()
    return MissileWarning(
        event=draw(ids),
        version=version,
        by=draw(parties),
        kind="alert" if version == 1 else draw(st.sampled_from(["update", "cancel"])),
        observed=observed,
        status=draw(st.sampled_from(["actual", "exercise", "test"])),
        confidence=draw(st.sampled_from(["observed", "likely", "possible", "unlikely", "unknown"])),
        launch_at=times[0] if draw(maybe) else None,
        launch=draw(st.none() | places()),
        track=track,
        impact_at=times[7] if draw(maybe) else None,
        impact=draw(st.none() | areas()),
        released=draw(st.none() | later),
        received=draw(st.none() | instants),
        says=draw(says),
    )


stamps = st.builds(
    Stamp, instants, st.sampled_from(["instant", "minute", "day"]), st.sampled_from(["UTC", "Asia/Seoul"])
)
numbers = st.floats(0, 1e6, allow_nan=False)


@st.composite
def figures(draw: st.DrawFn) -> tuple[Figure, ...]:
    units = {
        "distance": ["m", "km", "ft", "nmi"],
        "height": ["m", "ft"],
        "speed": ["kn", "km/h"],
        "duration": ["s", "min"],
    }
    found = []
    for measure in draw(st.lists(st.sampled_from(sorted(units)), unique=True)):
        low, high = sorted((draw(numbers), draw(numbers)))
        unit: Any = draw(st.sampled_from(units[measure]))
        found.append(Figure(measure, low, high, unit))  # type: ignore[arg-type]
    return tuple(found)


@st.composite
def encounters(draw: st.DrawFn) -> EncounterReport:
    reporters = draw(st.lists(parties, min_size=1, max_size=3, unique=True))
    claims = [
        ClaimSet(
            one,
            draw(says.filter(bool)),
            draw(says),
            draw(st.none() | stamps),
            draw(st.none() | places()),
            draw(figures()),
            draw(st.booleans()),
        )
        for one in reporters
    ]
    steps: list[Any] = draw(
        st.sampled_from(
            [[], ["answered"], ["left-unanswered"], ["answered", "agreed"], ["left-unanswered", "answered"]]
        )
    )
    times = sorted(draw(st.lists(stamps, min_size=3, max_size=3)), key=lambda one: one.instant)
    handling = [Step(state, reporters[0], at) for state, at in zip(["reported", *steps], times, strict=False)]
    return EncounterReport(
        draw(ids), draw(st.sampled_from(["air", "sea"])), ("KOR", "JPN"), tuple(claims), tuple(handling)
    )


documents = st.builds(
    Document, st.text(st.characters(exclude_categories=["Cs"])), says, st.sampled_from(["", "ko", "ja"])
)
