"""The assumption file: `relto: assumptions/1`."""

from __future__ import annotations

import re

from relto.core.analysis.sufficiency.assumptions import Assumptions, Band, Overhead, Station
from relto.core.errors import InputError, Position
from relto.core.label import check_id, check_party_id, check_topic
from relto.core.payload import Place
from relto.core.timeline import parse_instant
from relto.formats.dossier.fields import Fields, check_schema, convert, listed
from relto.formats.dossier.nodes import Node, parse_document

SCHEMA = "assumptions/1"
_MOST = 200  # stations, views from space
_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII)


def read_assumptions(name: str, data: bytes) -> Assumptions:
    """A set of assumptions. Raises InputError with the place."""
    fields = Fields(parse_document(name, data), "a set of assumptions")
    check_schema(fields, SCHEMA)
    stations, overhead = fields.find("stations"), fields.find("overhead")
    found = Assumptions(
        id=fields.needed("id", check_id),
        title=fields.needed_line("title"),
        stations=tuple(_station(one) for one in listed(stations, most=_MOST)) if stations else (),
        overhead=tuple(_overhead(one) for one in listed(overhead, most=_MOST)) if overhead else (),
        own=_by_party(fields.need("own")),
        hop=_band(fields.need("hop")),
        handling=_band(fields.need("handling")),
        people=_band(fields.need("people")),
        link=_band(fields.need("link")),
        need=_by_party(fields.need("need")),
        hub=fields.needed("hub", check_party_id),
        link_from=fields.value("link_from", parse_instant),
        rank=fields.line("rank") or "SECRET",
        topic=fields.value("topic", check_topic) or "defence/dprk/missile",
        purpose=fields.line("purpose") or "missile-warning",
        notional=fields.flag("notional"),
        source=fields.text("source"),
        note=fields.text("note"),
    )
    fields.close()
    _check(found, fields.node.where)
    return found


def _check(found: Assumptions, where: Position) -> None:
    names = [one.id for one in found.stations] + [one.id for one in found.overhead]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None:
        raise InputError(f"`{twice}` twice among stations and views", where=where, remedy="give each its own id")
    if len(found.need) < 1:
        raise InputError("nobody needs a warning", where=where, remedy="name a party in `need`")
    seeing = {one.party for one in found.stations} | {one.party for one in found.overhead}
    without = sorted(seeing - found.own.keys())
    if without:
        raise InputError(
            f"{', '.join(without)} sees, and `own` does not say how soon it has a warning of it",
            where=where,
            remedy="add it to `own`",
        )


def number(text: str) -> float:
    """A plain decimal number. Raises InputError."""
    if not _NUMBER.fullmatch(text):
        raise InputError(f"`{text[:60]}` is no number", remedy="write it in digits, as 39.4126")
    return float(text)


def _band(node: Node) -> Band:
    if node.kind == "scalar":
        one = convert(node, number)
        return _placed(node, one, one, one, "")
    fields = Fields(node, "a band")
    low, nominal, high = (fields.needed(key, number) for key in ("low", "nominal", "high"))
    source = fields.text("source")
    fields.close()
    return _placed(node, low, nominal, high, source)


def _placed(node: Node, low: float, nominal: float, high: float, source: str) -> Band:
    try:
        return Band(low, nominal, high, source)
    except InputError as error:
        raise InputError(error.message, where=node.where, remedy=error.remedy) from error


def _by_party(node: Node) -> dict[str, Band]:
    if node.kind != "map":
        raise InputError("no mapping from party to band", where=node.where, remedy="write `JPN: {low: ...}`")
    found: dict[str, Band] = {}
    for key, (where, value) in node.pairs.items():
        try:
            check_party_id(key)
        except InputError as error:
            raise InputError(error.message, where=where, remedy=error.remedy) from error
        found[key] = _band(value)
    return found


def _station(node: Node) -> Station:
    fields = Fields(node, "a station")
    identifier, party = fields.needed("id", check_id), fields.needed("party", check_party_id)
    lat, lon, height = fields.needed("lat", number), fields.needed("lon", number), fields.value("height_m", number)
    far = fields.value("range_km", number)
    try:
        place = Place(lat, lon, height)
    except InputError as error:
        raise InputError(error.message, where=node.where, remedy=error.remedy) from error
    elevation, notional = _band(fields.need("elevation_deg")), fields.flag("notional")
    fields.text("note")
    fields.close()
    return Station(identifier, party, place, elevation, float("inf") if far is None else far, notional)


def _overhead(node: Node) -> Overhead:
    fields = Fields(node, "a view from space")
    found = Overhead(
        fields.needed("id", check_id),
        fields.needed("party", check_party_id),
        _band(fields.need("seconds")),
        fields.flag("notional"),
    )
    fields.text("note")
    fields.close()
    return found
