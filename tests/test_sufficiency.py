"""Sufficiency: arcs against published flights, sight against the horizon, bands, flips, and what cannot be assessed."""

from __future__ import annotations

import csv
import json
import math
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.cli.options import shipped_dossier
from relto.core.analysis.sufficiency import (
    Assessment,
    Assumptions,
    Band,
    Launch,
    NotAssessable,
    Station,
    Sufficiency,
    assess,
    flight_seconds,
    open_routes,
)
from relto.core.analysis.sufficiency.arc import arc_of
from relto.core.analysis.sufficiency.sight import Flight
from relto.core.analysis.world import World, in_world
from relto.core.errors import InputError
from relto.core.payload import Place
from relto.core.timeline import Instant, parse_instant
from relto.formats.analysis.assumptions import read_assumptions
from relto.formats.analysis.launches import read_launches
from relto.formats.analysis.sufficiency_svg import HOLDS, WORDS, flip_text, launch_svg, launches_svg

SHIPPED = load_dossier(shipped_dossier())
FILE = shipped_dossier() / "assumptions" / "notional.yaml"
ASSUMED = read_assumptions(FILE.name, FILE.read_bytes())
LAUNCHES = {
    one.id: one for one in read_launches("2019.csv", (shipped_dossier() / "launches" / "2019.csv").read_bytes())
}
OCT_31 = LAUNCHES["2019-10-31-01"]

# launch, range km, apogee km, seconds published, by whom
PUBLISHED = [
    ("Hwasong-12, 14 May 2017", 787, 2111.5, 30 * 60, "strategicstudyindia.com, 8 July 2017"),
    ("Hwasong-14, 4 July 2017", 933, 2802, 39 * 60, "missilethreat.csis.org/north-korea-tests-icbm"),
    ("Hwasong-14, 28 July 2017", 998, 3724.9, 47 * 60 + 12, "janes.com/article/72745; tass.com/world/958257"),
    ("Hwasong-12, 29 Aug 2017", 2700, 550, 14 * 60, "Japanese defence ministry, by press: 05:58 to 06:12"),
    ("Hwasong-12, 15 Sept 2017", 3700, 770, 19 * 60, "missilethreat.csis.org; mod.go.jp/e/press/release/2017/09/15a"),
    ("Hwasong-15, 29 Nov 2017", 950, 4475, 53 * 60, "defence-industries.com, 29 November 2017"),
    ("Hwasong-12, 30 Jan 2022", 800, 2000, 30 * 60, "defenceview.in, citing the chief cabinet secretary"),
    ("Hwasong-17, 24 Mar 2022", 1090, 6248.5, 67.5 * 60, "defence-blog.com, 25 March 2022, citing KCNA"),
    ("Hwasong-17, 18 Nov 2022", 999.2, 6040.9, 4135, "tass.com/defense/1539159, citing KCNA"),
    ("Hwasong-15, 18 Feb 2023", 989, 5768.5, 4015, "tippinsights.com, February 2023, citing KCNA"),
    ("Hwasong-17, 16 Mar 2023", 1000.2, 6045, 4151, "news.cgtn.com, 17 March 2023, citing KCNA"),
    ("Hwasong-18, 12 July 2023", 1001.2, 6648.4, 4491, "shine.cn, 13 July 2023, citing KCNA"),
    ("Hwasong-18, 18 Dec 2023", 1002, 6518, 73 * 60, "babel.ua, 18 December 2023, citing the defence ministry"),
]


@pytest.mark.parametrize(("launch", "far", "high", "seconds", "source"), PUBLISHED, ids=[one[0] for one in PUBLISHED])
def test_flight_times_are_those_published(launch: str, far: float, high: float, seconds: float, source: str) -> None:
    assert source
    assert abs(flight_seconds(far, high) - seconds) <= max(0.15 * seconds, 60), launch


@given(st.floats(50, 12_000), st.floats(10, 7_000))
def test_an_arc_begins_and_ends_on_the_ground_and_is_highest_in_the_middle(far: float, high: float) -> None:
    arc = arc_of(far, high)
    ground, height = arc.positions(np.array([0.0, arc.seconds / 2, arc.seconds]))
    assert ground == pytest.approx([0, far / 2, far], abs=1e-3)
    assert height == pytest.approx([0, high, 0], abs=1e-3)


@pytest.mark.parametrize(("far", "high"), [(0, 10), (10, 0), (-1, 5), (21_000, 100), (math.nan, 100), (100, math.inf)])
def test_what_is_no_arc_is_refused(far: float, high: float) -> None:
    with pytest.raises(InputError, match="no ballistic arc"):
        arc_of(far, high)


def _station(place: Place, elevation: float = 0.0, far: float = math.inf) -> Station:
    return Station("s", "KOR", place, Band(elevation, elevation, elevation), far)


def test_a_station_sees_over_the_curve_of_the_earth_and_no_further() -> None:
    flight = Flight.of(OCT_31)
    assert OCT_31.place is not None
    beside = flight.first_seen(_station(Place(OCT_31.place.lat, OCT_31.place.lon)), (0.0, 30.0, 89.9))
    assert beside[0] is not None
    assert beside[0] <= 1  # it stands there
    assert beside[2] is None  # the arc leaves its zenith at once
    # 800 km away the horizon of the sea lies 50 km up: half of the arc's 90 km or so is above it
    away = flight.first_seen(_station(Place(34.0, 133.0)), (0.0, 0.5, 1.0, 5.0))
    seen = [one for one in away if one is not None]
    assert seen == sorted(seen)
    assert seen[0] > 20
    assert flight.first_seen(_station(Place(-39.0, -54.0)), (0.0,)) == [None]  # the other side of the earth
    assert flight.first_seen(_station(Place(34.0, 133.0), far=100.0), (0.0,)) == [None]


def test_the_height_of_the_horizon_is_that_of_the_sphere_to_a_per_cent() -> None:
    """From the ground, at elevation 0, a point d away is seen from d^2 / 2R up (4/3 earth left out on purpose)."""
    straight_up = Launch("x", Instant(0), Place(0.0, 0.0), 1500.0, 0.001, 0.0)
    for degrees in (2.0, 5.0, 9.0):
        seen = Flight.of(straight_up).first_seen(_station(Place(0.0, degrees)), (0.0,))[0]
        assert seen is not None
        height = arc_of(0.001, 1500.0).positions(np.array([seen]))[1][0]
        expected = 6378.137 * (1 / math.cos(math.radians(degrees)) - 1)
        assert height == pytest.approx(expected, rel=0.05, abs=3)


def found(launch: Launch, assumed: Assumptions = ASSUMED, dossier: Any = SHIPPED) -> Assessment:
    (one,) = assess([launch], assumed, dossier)
    assert isinstance(one, Assessment)
    return one


def verdict(party: str, launch: Launch = OCT_31, assumed: Assumptions = ASSUMED, dossier: Any = SHIPPED) -> Sufficiency:
    return next(one for one in found(launch, assumed, dossier).parties if one.party == party)


def _with(name: str, value: float) -> Assumptions:
    """The shipped assumptions, with one of them switched to a value and no band left."""
    band = Band(value, value, value)
    kind, _, which = name.partition(".")
    if kind in ("own", "need"):
        changed: Any = {kind: {**getattr(ASSUMED, kind), which: band}}
        return replace(ASSUMED, **changed)
    if kind == "elevation":
        stations = tuple(replace(one, elevation=band) if one.id == which else one for one in ASSUMED.stations)
        return replace(ASSUMED, stations=stations)
    if kind == "overhead":
        views = tuple(replace(one, seconds=band) if one.id == which else one for one in ASSUMED.overhead)
        return replace(ASSUMED, overhead=views)
    return replace(ASSUMED, **{kind: band})  # type: ignore[arg-type]


@pytest.mark.parametrize("party", ["JPN", "KOR"])
@pytest.mark.parametrize("launch", sorted(LAUNCHES))
def test_switching_one_assumption_that_is_named_flips_the_verdict(launch: str, party: str) -> None:
    if LAUNCHES[launch].missing():
        return
    told = verdict(party, LAUNCHES[launch])
    assert told.flips
    for flip in told.flips:
        switched = verdict(party, LAUNCHES[launch], _with(flip.assumption, flip.becomes))
        assert switched.sufficient != told.sufficient
        if not flip.within:  # the least move: a hair less changes nothing
            short = math.nextafter(flip.becomes, flip.was)
            assert verdict(party, LAUNCHES[launch], _with(flip.assumption, short)).sufficient == told.sufficient


@given(st.sampled_from([name for name, _ in ASSUMED.bands()]), st.sampled_from(sorted(LAUNCHES)))
def test_every_verdict_between_the_ends_of_the_bands_lies_between_theirs(name: str, launch: str) -> None:
    if LAUNCHES[launch].missing():
        return
    bands = dict(ASSUMED.bands())
    for party in ("JPN", "KOR"):
        whole = verdict(party, LAUNCHES[launch])
        for value in (bands[name].low, bands[name].high):
            told = verdict(party, LAUNCHES[launch], _with(name, value))
            assert whole.left[0] <= told.left[0] <= told.left[1] <= told.left[2] <= whole.left[2]
            for route, (low, nominal, high) in told.known.items():
                least, _, most = whole.known[route]
                assert least <= low <= nominal <= high <= most


def test_order_of_magnitude_of_published_detections() -> None:
    """ROK stations and ships reported the Unha-3 of 12 December 2012 94 to 120 s after launch (Yonhap, 4 April 2013);
    Japan alerted the public 240 s after the launch of 29 August 2017 (defence ministry, by press)."""
    unha = Launch("unha", parse_instant("2012-12-12T00:49:00Z"), Place(39.66, 124.705), 500.0, 2500.0, 180.0)
    hwasong = Launch("h12", parse_instant("2017-08-28T20:58:00Z"), Place(39.2002, 125.6733), 550.0, 2700.0, 73.0)
    low, nominal, high = verdict("KOR", unha).known["own"]
    assert 94 / 10 < low <= nominal <= high < 120 * 10
    assert low <= 120
    assert high >= 94
    told = verdict("JPN", hwasong).known
    assert min(told["own"][0], told["ally"][0]) <= 240 <= max(told["own"][2], told["ally"][2])


def test_the_pact_is_a_route_only_while_it_is_in_force_and_the_link_only_from_its_date() -> None:
    assert "pact" not in verdict("JPN").closed
    lapsed = in_world(SHIPPED, World("kor-jpn-2016", lapse=OCT_31.at))
    assert "pact" in verdict("JPN", dossier=lapsed).closed
    assert math.isinf(verdict("JPN", dossier=lapsed).known["pact"][0])
    assert "ally" not in verdict("JPN", dossier=lapsed).closed
    assert OCT_31.at is not None
    nearly = in_world(SHIPPED, World("kor-jpn-2016", lapse=OCT_31.at.plus(1)))
    assert "pact" not in verdict("JPN", dossier=nearly).closed
    start = ASSUMED.link_from
    assert start is not None
    for shift, closed in ((-1, True), (0, False), (1, False)):
        assert ("link" in verdict("JPN", replace(OCT_31, at=start.plus(shift))).closed) == closed
    alone = replace(SHIPPED, agreements={"kor-jpn-2016": SHIPPED.agreements["kor-jpn-2016"]})
    assert {"ally", "link"} <= set(verdict("JPN", replace(OCT_31, at=start), dossier=alone).closed)


def test_what_the_agreements_leave_open_is_what_decisions_say() -> None:
    opened = open_routes(SHIPPED, ASSUMED, parse_instant("2019-10-31T07:35:00Z"))
    assert opened.direct == {(a, b) for a in ("JPN", "KOR", "USA") for b in ("JPN", "KOR", "USA") if a != b}
    assert opened.mediated == {("JPN", "KOR"), ("KOR", "JPN")}


def test_launches_without_facts_are_listed_and_never_guessed() -> None:
    told = list(assess(LAUNCHES.values(), ASSUMED, SHIPPED))
    assert [one.launch.id for one in told] == list(LAUNCHES)
    left_out = {one.launch.id: one.why for one in told if isinstance(one, NotAssessable)}
    assert left_out == {
        "2019-05-04-01": "without time, apogee, range",
        "2019-05-04-02": "without apogee",
        "2019-09-09-01": "without time, apogee, range",
    }
    for fact in ("at", "place", "apogee_km", "range_km", "bearing_deg"):
        unknown: Any = {fact: None}
        (one,) = assess([replace(OCT_31, **unknown)], ASSUMED, SHIPPED)
        assert isinstance(one, NotAssessable)
    (odd,) = assess([replace(OCT_31, range_km=0.0)], ASSUMED, SHIPPED)
    assert isinstance(odd, NotAssessable)


def test_the_whole_record_where_it_lies_on_this_machine() -> None:
    place = os.environ.get("RELTO_LAUNCHES")
    if not place:
        pytest.skip("RELTO_LAUNCHES names no file with recorded launches (339 of them; it is not shipped)")
    rows = list(csv.DictReader(Path(place).read_text(encoding="utf-8").splitlines()))
    told = list(assess(read_launches(place, Path(place).read_bytes()), ASSUMED, SHIPPED))
    facts = ("time_utc", "lat", "lon", "apogee_km", "distance_km", "bearing_deg")
    whole = {row["id"] for row in rows if all(row[one] for one in facts)}
    assert {one.launch.id for one in told if isinstance(one, Assessment)} == whole
    assert len(told) == len(rows)


def test_the_pictures_are_xml_and_say_what_they_show_in_any_language() -> None:
    found = list(assess(LAUNCHES.values(), ASSUMED, SHIPPED))
    one = next(row for row in found if isinstance(row, Assessment) and row.launch.id == "2019-10-31-01")
    said = " ".join(ElementTree.fromstring(launch_svg(one)).itertext())
    for party in one.parties:
        assert f"{party.party}: {HOLDS[party.holds]}" in said
        for flip in party.flips:
            assert flip_text(flip) in said
    assert "not open then" in said
    assert "latest to be soon enough: 98 s" in said
    whole = ElementTree.fromstring(launches_svg(found, sorted(ASSUMED.need)))
    told = " ".join(whole.itertext())
    assert all(row.launch.id in told for row in found if isinstance(row, Assessment))
    asked: set[str] = set()

    def say(text: str) -> str:
        asked.add(text)
        return f"<가>{text}"

    for drawn in (launch_svg(one, say), launches_svg(found, sorted(ASSUMED.need), say)):
        assert "<가>insufficient" not in drawn.decode()
        assert "<가>" in " ".join(ElementTree.fromstring(drawn).itertext())
    assert asked <= set(WORDS)
    assert ElementTree.fromstring(launches_svg([], ["JPN"])) is not None


def test_a_bar_is_as_long_as_its_band_and_what_is_beyond_is_an_arrow() -> None:
    found = [one for one in assess(LAUNCHES.values(), ASSUMED, SHIPPED) if isinstance(one, Assessment)]
    drawn = ElementTree.fromstring(launches_svg(found, sorted(ASSUMED.need)))
    name = "{http://www.w3.org/2000/svg}"
    bars = [one for one in drawn.iter(f"{name}rect") if one.get("rx") == "3"]
    arrows = list(drawn.iter(f"{name}path"))
    bands = [party.left for row in found for party in row.parties]
    assert len(bars) + len(arrows) == len(bands)
    inside = [band for band in bands if band[2] - band[0] > 3 and band[2] < 400]
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert len(widths) == len(inside)
    scale = widths[0] / (inside[0][2] - inside[0][0])
    for width, band in zip(widths, inside, strict=True):
        assert abs(width - scale * (band[2] - band[0])) < 0.2


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["sufficiency", "--launch", "2019-10-31-01", "--lapse", "2019-10-01T00:00+09:00"]) == 0
    out = capsys.readouterr().out
    assert "model output" in out
    assert "NOTIONAL" in out
    assert "under the pact, by people  not open then" in out
    assert "kor-jpn-2016 ends at 2019-09-30T15:00:00Z" in out
    assert run(["sufficiency", "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(lines) == len(LAUNCHES)
    assert all("model output" in line["label"] for line in lines)
    for more in (["--launch", "2019-10-31-01"], []):
        assert run(["sufficiency", *more, "--svg", str(tmp_path / "x.svg")]) == 0
        assert (tmp_path / "x.svg").read_bytes().startswith(b"<svg")
    (tmp_path / "x.svg").unlink()
    two = ["--assumptions", str(FILE)] * 2
    for bad in (two, ["--launch", "2019-05-04-01"]):
        assert run(["sufficiency", *bad, "--svg", str(tmp_path / "x.svg")]) == 2
    assert not (tmp_path / "x.svg").exists()
    assert run(["sufficiency", "--launch", "none"]) == 4
    (tmp_path / "bad.yaml").write_text(FILE.read_text(encoding="utf-8").replace("low: 20,", "low: 200,", 1))
    assert run(["sufficiency", "--assumptions", str(tmp_path / "bad.yaml")]) == 2
    assert "bad.yaml:23" in capsys.readouterr().err
    (tmp_path / "bad.csv").write_text("id,at,lat,lon,apogee_km,range_km,bearing_deg\nx,2019,1,1,1,1,1\n")
    assert run(["sufficiency", "--launches", str(tmp_path / "bad.csv")]) == 2
    assert "bad.csv:2" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"id,lat\n", "no column"),
        (b"", "no column"),
        (b"id,at,lat,lon,apogee_km,range_km,bearing_deg\nx,,1\n", "another length"),
        (b"id,at,lat,lon,apogee_km,range_km,bearing_deg\nx,,91,1,1,1,1\n", "latitude"),
        (b"id,at,lat,lon,apogee_km,range_km,bearing_deg\nx,,1e3,1,1,1,1\n", "no number"),
        (b"id,at,lat,lon,apogee_km,range_km,bearing_deg\nx,,1,1,1,1,1\nx,,1,1,1,1,1\n", "again"),
        (b"\xff", "UTF-8"),
        (b'id,at,lat,lon,apogee_km,range_km,bearing_deg\n"x', "not CSV"),
        (b"id,at,lat,lon,apogee_km,range_km,bearing_deg\n../x,,1,1,1,1,1\n", "not an id"),
    ],
)
def test_files_of_launches_that_are_none(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        read_launches("l.csv", data)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("id: kor-2", "id: kor-1", "twice"),
        ("hop: {low: 10,", "hop: {low: 1e1,", "no number"),
        ("  USA: {low: 10, nominal: 30, high: 90, source: notional}\n", "", "does not say how soon"),
        ("hub: USA", "hub: USA\nhubs: x", "unknown key"),
        ("lat: 37.5,", "lat: 97.5,", "latitude"),
        ("relto: assumptions/1", "relto: record/1", "is expected"),
    ],
)
def test_files_of_assumptions_that_are_none(old: str, new: str, says: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(InputError, match=says):
        read_assumptions("a.yaml", text.replace(old, new, 1).encode())
