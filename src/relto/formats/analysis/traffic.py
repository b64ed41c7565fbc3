"""Traffic as CSV: a row a movement. Columns `item`, `from`, `to`, `at`, and `id` where rows have names."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Final

from relto.core.analysis.impact import Movement, Traffic, traffic_of
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError, NotFound, Position
from relto.core.label import check_id, check_party_id
from relto.core.timeline import parse_instant

MAX_TRAFFIC: Final = 1 << 30
_COLUMNS: Final = ("item", "from", "to", "at")


def read_traffic(name: str, data: bytes, dossier: Dossier) -> Traffic:
    """The movements of a file; items are those of `dossier`. Raises InputError and NotFound with the line."""
    try:
        lines = data.decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=Position(name), remedy="save it as UTF-8") from error
    rows = csv.DictReader(lines, strict=True)
    found: list[Movement] = []
    try:
        missing = [one for one in _COLUMNS if one not in (rows.fieldnames or ())]
        if missing:
            raise InputError(
                f"no column {', '.join(missing)}",
                where=Position(name, 1, 1),
                remedy="name the columns in the first line",
            )
        for row in rows:
            found.append(_movement(row, Position(name, rows.line_num, 1), dossier))  # noqa: PERF401 -- the line is needed
    except csv.Error as error:
        raise InputError(
            f"not CSV here: {error}", where=Position(name, rows.line_num, 1), remedy="correct it"
        ) from error
    return traffic_of(found)


def _movement(row: Mapping[str | None, str | None], where: Position, dossier: Dossier) -> Movement:
    if None in row or None in row.values():
        raise InputError("a row of another length than the first", where=where, remedy="correct it")
    told = {str(key): str(value).strip() for key, value in row.items()}
    try:
        item = dossier.item(check_id(told["item"]))
        ends = check_party_id(told["from"]), check_party_id(told["to"])
        for one in ends:
            if one not in dossier.parties:
                raise InputError(f"no party `{one}` in the dossier", remedy=f"use one of {', '.join(dossier.parties)}")
        return Movement(told.get("id") or f"{where.line}", item, *ends, parse_instant(told["at"]))
    except (InputError, NotFound) as error:
        raise type(error)(error.message, where=where, remedy=error.remedy) from error


def dossier_traffic(dossier: Dossier) -> Traffic:
    """Every item of a dossier as if its originator had released it, when it was made, to each that it may be released
    to by its own label; one without a date, or without such a list, is left out."""
    return traffic_of(
        Movement(f"{item.id} to {to}", item, item.originator, to, item.at.instant)
        for item in sorted(dossier.items.values(), key=_when)
        if item.at is not None
        for to in item.caveats.rel_to or ()
        if to != item.originator and to in dossier.parties
    )


def _when(item: Item) -> tuple[int, str]:
    return (item.at.instant.ns if item.at else 0, item.id)
