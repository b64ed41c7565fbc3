"""Typed payloads to JSON and back. What is written reads back equal."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final, NoReturn

from pydantic import BaseModel, ValidationError

from relto.core.errors import InputError, Position
from relto.core.payload import (
    Area,
    ClaimSet,
    Document,
    EncounterReport,
    Figure,
    MissileWarning,
    Payload,
    Place,
    Step,
    TrackPoint,
)
from relto.core.timeline import Instant, Stamp, check_zone, parse_instant
from relto.formats.payload.model import (
    ClaimJson,
    DocumentJson,
    EncounterJson,
    PointJson,
    PolygonJson,
    WarningJson,
    WhenJson,
)

MAX_PAYLOAD: Final = 4 << 20
MAX_DEPTH: Final = 12
_HALF: Final = re.compile(rb"\\u[dD]")  # only an escape can write half a surrogate pair
TYPES: Final[Mapping[str, type[BaseModel]]] = {
    "missile-warning": WarningJson,
    "encounter-report": EncounterJson,
    "document": DocumentJson,
}
"""The types, by the names that an item's `payload.type` has."""


def schema_of(kind: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a type. Raises InputError where there is none of that name."""
    schema = _model(kind).model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:relto:schema:{kind}:1",
        **schema,
    }


def read_payload(kind: str, data: bytes, *, name: str = "payload") -> Payload:
    """Read a payload of `kind`; `name` says in errors what was being read. Raises InputError, and nothing else."""
    model = _model(kind)
    value = _parsed(data, name)
    try:
        found = model.model_validate(value)
        return _read(found)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(str(one) for one in first["loc"]) or "the whole"
        raise InputError(
            f"`{place[:80]}`: {first['msg'][:200].lower()}", where=Position(name), remedy="see its JSON Schema"
        ) from error
    except InputError as error:
        raise InputError(error.message, where=error.where or Position(name), remedy=error.remedy) from error


def write_payload(payload: Payload) -> bytes:
    """The JSON of a payload, UTF-8, in one line."""
    if isinstance(payload, MissileWarning):
        value = _warning_json(payload)
    elif isinstance(payload, EncounterReport):
        value = _encounter_json(payload)
    else:
        value = {
            "schema": "relto/document/1",
            "text": payload.text,
            "title": payload.title,
            "language": payload.language,
        }
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode("utf-8")


def _model(kind: str) -> type[BaseModel]:
    if kind not in TYPES:
        raise InputError(f"no type of payload `{kind[:60]}`", remedy=f"use one of {', '.join(TYPES)}")
    return TYPES[kind]


def _parsed(data: bytes, name: str) -> Any:
    """JSON with fractions, for GeoJSON needs them; else as strict as everywhere (RFC 8259, RFC 7493)."""
    where = Position(name)
    if len(data) > MAX_PAYLOAD:
        raise InputError(f"a payload of {len(data)} bytes", where=where, remedy=f"give at most {MAX_PAYLOAD}")
    try:
        value = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=where, remedy="save it as UTF-8") from error
    except json.JSONDecodeError as error:
        there = Position(name, error.lineno, error.colno)
        raise InputError("not JSON here", where=there, remedy="check the quotes, commas and braces") from error
    except RecursionError as error:
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}", where=where, remedy="flatten it") from error
    except InputError as error:
        raise InputError(error.message, where=where, remedy=error.remedy) from error
    _check_depth(value, 0, where, _HALF.search(data) is not None)
    return value


def _check_depth(value: Any, depth: int, where: Position, halves: bool) -> None:
    """`halves`: whether a text may hold half a surrogate pair, which UTF-8 does not."""
    if depth > MAX_DEPTH:
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}", where=where, remedy="flatten it")
    if halves and isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
        raise InputError("text with half a surrogate pair", where=where, remedy="write whole characters")
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            _check_depth(inner, depth + 1, where, halves)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise InputError("a key stands twice in one object", remedy="keep one of them")
    return found


def _no_constant(text: str) -> NoReturn:
    raise InputError(f"`{text}` is not JSON", remedy="leave it out")


def _number(text: str) -> int:
    if len(text) > 17:
        raise InputError("a whole number of more than 17 signs", remedy="write a shorter one")
    return int(text)


def _fraction(text: str) -> float:
    if len(text) > 40:
        raise InputError("a fraction of more than 40 signs", remedy="write a shorter one")
    return float(text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_number, parse_float=_fraction
)


def _read(found: BaseModel) -> Payload:
    if isinstance(found, WarningJson):
        return _read_warning(found)
    if isinstance(found, EncounterJson):
        return EncounterReport(
            event=found.event,
            domain=found.domain,
            between=tuple(found.between),
            claims=tuple(_claim(one) for one in found.claims),
            handling=tuple(Step(one.state, one.by, _stamp(one.when)) for one in found.handling),
        )
    assert isinstance(found, DocumentJson)
    return Document(found.text, found.title, found.language)


def _read_warning(found: WarningJson) -> MissileWarning:
    launch, impact = found.launch, found.impact
    return MissileWarning(
        event=found.event,
        version=found.version,
        by=found.by,
        kind=found.kind,
        status=found.status,
        confidence=found.confidence,
        observed=parse_instant(found.observed),
        launch_at=_instant(launch.at) if launch else None,
        launch=_place(launch.geometry) if launch and launch.geometry else None,
        track=tuple(TrackPoint(parse_instant(one.at), _place(one.geometry)) for one in found.track),
        impact_at=_instant(impact.at) if impact else None,
        impact=_area(impact.geometry) if impact and impact.geometry else None,
        released=_instant(found.released),
        received=_instant(found.received),
        says=found.says,
    )


def _claim(found: ClaimJson) -> ClaimSet:
    return ClaimSet(
        by=found.by,
        says=found.says,
        source=found.source,
        at=_stamp(found.when) if found.when else None,
        place=_place(found.geometry) if found.geometry else None,
        figures=tuple(Figure(one.measure, one.low, one.high, one.unit) for one in found.figures),
        unconfirmed=found.unconfirmed,
    )


def _instant(text: str | None) -> Instant | None:
    return None if text is None else parse_instant(text)


def _stamp(found: WhenJson) -> Stamp:
    return Stamp(parse_instant(found.at), found.precision, check_zone(found.zone))


def _place(found: PointJson) -> Place:
    lon, lat, *height = found.coordinates
    return Place(lat, lon, height[0] if height else None)


def _area(found: PolygonJson) -> Area:
    return Area(tuple(Place(lat, lon) for lon, lat in found.coordinates[0]))


def point_json(place: Place) -> dict[str, Any]:
    """A place as a GeoJSON point."""
    height = () if place.height_m is None else (place.height_m,)
    return {"type": "Point", "coordinates": [place.lon, place.lat, *height]}


def polygon_json(area: Area) -> dict[str, Any]:
    """An area as a GeoJSON polygon."""
    return {"type": "Polygon", "coordinates": [[[one.lon, one.lat] for one in area.ring]]}


def _part(at: Instant | None, geometry: dict[str, Any] | None) -> dict[str, Any] | None:
    given = {"at": None if at is None else str(at), "geometry": geometry}
    kept = {key: one for key, one in given.items() if one is not None}
    return kept or None


def _warning_json(one: MissileWarning) -> dict[str, Any]:
    value: dict[str, Any] = {
        "schema": "relto/missile-warning/1",
        "event": one.event,
        "version": one.version,
        "by": one.by,
        "kind": one.kind,
        "status": one.status,
        "confidence": one.confidence,
        "observed": str(one.observed),
        "launch": _part(one.launch_at, point_json(one.launch) if one.launch else None),
        "track": [{"at": str(point.at), "geometry": point_json(point.place)} for point in one.track],
        "impact": _part(one.impact_at, polygon_json(one.impact) if one.impact else None),
        "released": None if one.released is None else str(one.released),
        "received": None if one.received is None else str(one.received),
        "says": one.says,
    }
    return {key: found for key, found in value.items() if found not in (None, "", [])}


def _when(stamp: Stamp) -> dict[str, Any]:
    return {"at": str(stamp.instant), "precision": stamp.precision, "zone": stamp.zone}


def claim_json(one: ClaimSet) -> dict[str, Any]:
    """A claim set."""
    value: dict[str, Any] = {
        "by": one.by,
        "says": one.says,
        "source": one.source,
        "when": _when(one.at) if one.at else None,
        "geometry": point_json(one.place) if one.place else None,
        "figures": [
            {"measure": figure.measure, "low": figure.low, "high": figure.high, "unit": figure.unit}
            for figure in one.figures
        ],
        "unconfirmed": one.unconfirmed,
    }
    return {key: found for key, found in value.items() if found not in (None, "", [], False)}


def _encounter_json(one: EncounterReport) -> dict[str, Any]:
    return {
        "schema": "relto/encounter-report/1",
        "event": one.event,
        "domain": one.domain,
        "between": list(one.between),
        "claims": [claim_json(claim) for claim in one.claims],
        "handling": [{"state": step.state, "by": step.by, "when": _when(step.at)} for step in one.handling],
    }
