"""Recorded launches as CSV: a row a launch, empty where a fact is not known.

Columns by name: `id`, `time_utc` (or `at`), `lat`, `lon`, `apogee_km`, `distance_km` (or `range_km`), `bearing_deg`; of
others `missile`, `manoeuvre` and `source` are kept, the rest is left alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from typing import Final

from relto.core.analysis.sufficiency.launch import Launch
from relto.core.errors import InputError, Position
from relto.core.label import check_id
from relto.core.payload import Place
from relto.core.timeline import Instant, parse_instant
from relto.formats.analysis.assumptions import number

MAX_CSV: Final = 16 << 20
MAX_LAUNCHES: Final = 100_000
_NEEDED: Final = ("id", "lat", "lon", "apogee_km", "bearing_deg")
_MINUTE: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d)Z", re.ASCII)


def read_launches(name: str, data: bytes) -> list[Launch]:
    """All launches of a file, in its order. Raises InputError with the line."""
    if len(data) > MAX_CSV:
        raise InputError(f"a file of {len(data)} bytes", where=Position(name), remedy=f"give at most {MAX_CSV}")
    try:
        lines = data.decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=Position(name), remedy="save it as UTF-8") from error
    rows = csv.DictReader(lines, strict=True)
    found: dict[str, Launch] = {}
    try:
        _check_columns(rows.fieldnames or (), name)
        for row in rows:
            one = _launch(row, Position(name, rows.line_num, 1))
            if one.id in found:
                raise InputError(f"`{one.id}` again", where=Position(name, rows.line_num, 1), remedy="keep one row")
            found[one.id] = one
            if len(found) > MAX_LAUNCHES:
                raise InputError(f"more than {MAX_LAUNCHES} launches", where=Position(name), remedy="split the file")
    except csv.Error as error:
        raise InputError(
            f"not CSV here: {error}", where=Position(name, rows.line_num, 1), remedy="correct it"
        ) from error
    return list(found.values())


def _check_columns(given: object, name: str) -> None:
    columns = set(given) if isinstance(given, list | tuple) else set()
    missing = [one for one in _NEEDED if one not in columns]
    missing += [f"{one} or {other}" for one, other in _EITHER if not {one, other} & columns]
    if missing:
        raise InputError(
            f"no column {', '.join(missing)}", where=Position(name, 1, 1), remedy="name the columns in the first line"
        )


_EITHER: Final = (("time_utc", "at"), ("distance_km", "range_km"))


def _launch(row: Mapping[str | None, str | None], where: Position) -> Launch:
    if None in row or None in row.values():
        raise InputError("a row of another length than the first", where=where, remedy="correct it")
    told = {str(key): str(value).strip() for key, value in row.items()}
    try:
        lat, lon = _figure(told, "lat"), _figure(told, "lon")
        return Launch(
            id=check_id(told["id"]),
            at=_instant(told.get("time_utc") or told.get("at", "")),
            place=None if lat is None or lon is None else Place(lat, lon),
            apogee_km=_figure(told, "apogee_km"),
            range_km=_figure(told, "distance_km", "range_km"),
            bearing_deg=_figure(told, "bearing_deg"),
            missile=told.get("missile", "")[:200],
            manoeuvre=told.get("manoeuvre", "")[:60],
            source=told.get("source", "")[:500],
        )
    except InputError as error:
        raise InputError(error.message, where=where, remedy=error.remedy) from error


def _figure(told: Mapping[str, str], *names: str) -> float | None:
    text = next((told[one] for one in names if told.get(one)), "")
    return number(text) if text else None


def _instant(text: str) -> Instant | None:
    """`2019-10-31T07:35Z`, as records of launches have it, or any exact instant; None where there is none."""
    if not text:
        return None
    minute = _MINUTE.fullmatch(text)
    return parse_instant(f"{minute[1]}:00Z" if minute else text)
