"""Missile warnings as CAP 1.2 (OASIS, 1 July 2010), and back.

What CAP has a place for stands there, for any reader of CAP: sender, status, kind, certainty, onset, area. What it has
none for (nanoseconds, the track, the version) stands in parameters whose names begin with `relto-`, so that what is
written here comes back equal. A warning is never public: its scope is `Restricted`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from relto.core.errors import InputError, Position
from relto.core.payload import Area, MissileWarning, Place, TrackPoint
from relto.core.payload.warning import CONFIDENCES, Confidence, Kind, Status
from relto.core.timeline import Instant, parse_instant

NAMESPACE: Final = "urn:oasis:names:tc:emergency:cap:1.2"
MAX_CAP: Final = 1 << 20
MAX_ELEMENTS: Final = 20_000
_STATUS: Final[dict[Status, str]] = {"actual": "Actual", "exercise": "Exercise", "test": "Test"}
_KIND: Final[dict[Kind, str]] = {"alert": "Alert", "update": "Update", "cancel": "Cancel"}
_CERTAINTY: Final[dict[Confidence, str]] = {one: one.capitalize() for one in CONFIDENCES}
_EVENT: Final = "Ballistic missile launch"
_RESTRICTION: Final = "for those to whom it was released under the agreement"
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_PARSER_SETTINGS: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "dtd_validation": False,
    "huge_tree": False,
    "remove_comments": True,
    "remove_pis": True,
}


def write_cap(warning: MissileWarning) -> bytes:
    """A warning as a CAP 1.2 alert, UTF-8."""
    alert = etree.Element(_name("alert"), nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    sent = warning.released or warning.observed
    _add(alert, "identifier", f"{warning.event}.{warning.version}")
    _add(alert, "sender", warning.by)
    _add(alert, "sent", _seconds(sent))
    _add(alert, "status", _STATUS[warning.status])
    _add(alert, "msgType", _KIND[warning.kind])
    _add(alert, "scope", "Restricted")
    _add(alert, "restriction", _RESTRICTION)
    if warning.version > 1:  # the version before: its own `sent` is not known here, so that of this one stands in
        _add(alert, "references", f"{warning.by},{warning.event}.{warning.version - 1},{_seconds(sent)}")
    info = etree.SubElement(alert, _name("info"))
    _add(info, "category", "Security")
    _add(info, "event", _EVENT)
    _add(info, "urgency", "Past" if warning.kind == "cancel" else "Immediate")
    _add(info, "severity", "Unknown" if warning.kind == "cancel" else "Extreme")
    _add(info, "certainty", _CERTAINTY[warning.confidence])
    _add(info, "effective", _seconds(warning.observed))
    if warning.impact_at is not None:
        _add(info, "onset", _seconds(warning.impact_at))
    if warning.says:
        _add(info, "description", warning.says)
    for name, value in _parameters(warning):
        parameter = etree.SubElement(info, _name("parameter"))
        _add(parameter, "valueName", name)
        _add(parameter, "value", value)
    if warning.impact is not None:
        area = etree.SubElement(info, _name("area"))
        _add(area, "areaDesc", "estimated impact area")
        _add(area, "polygon", " ".join(f"{_degrees(one.lat)},{_degrees(one.lon)}" for one in warning.impact.ring))
    return bytes(etree.tostring(alert, xml_declaration=True, encoding="UTF-8"))


def _parameters(one: MissileWarning) -> Iterator[tuple[str, str]]:
    yield "relto-event", one.event
    yield "relto-version", str(one.version)
    yield "relto-observed", str(one.observed)
    for name, at in (
        ("relto-launch-at", one.launch_at),
        ("relto-impact-at", one.impact_at),
        ("relto-released", one.released),
        ("relto-received", one.received),
    ):
        if at is not None:
            yield name, str(at)
    if one.launch is not None:
        yield "relto-launch", _point(one.launch)
    for point in one.track:
        yield "relto-track", f"{point.at} {_point(point.place)}"


def read_cap(data: bytes, *, name: str = "CAP") -> MissileWarning:
    """A warning from a CAP 1.2 alert. Raises InputError, and nothing else.

    Of an alert by another hand what it says in CAP's own places is taken: its identifier as the event, `effective` (or
    `sent`) as when it was observed, `onset` as the expected impact, the first polygon as the area.
    """
    try:
        alert = _root(data)
        return _warning(alert)
    except InputError as error:
        raise InputError(error.message, where=error.where or Position(name), remedy=error.remedy) from error


def _root(data: bytes) -> Any:
    if len(data) > MAX_CAP:
        raise InputError(f"a CAP file of {len(data)} bytes", remedy=f"give at most {MAX_CAP}")
    try:
        root = etree.fromstring(data, etree.XMLParser(**_PARSER_SETTINGS))
    except etree.XMLSyntaxError as error:
        raise InputError(f"not XML at line {error.lineno or 1}", remedy="correct it") from error
    except (ValueError, LookupError) as error:
        raise InputError("not XML", remedy="give a CAP file") from error
    if root is None:
        raise InputError("not XML", remedy="give a CAP file")
    info = root.getroottree().docinfo
    if info.internalDTD is not None or info.doctype:
        raise InputError("a document type in a CAP file", remedy="remove it: CAP has none")
    if sum(1 for _ in root.iter()) > MAX_ELEMENTS:
        raise InputError(f"more than {MAX_ELEMENTS} elements", remedy="send less at once")
    if any(not isinstance(one.tag, str) for one in root.iter()):
        raise InputError("an entity in a CAP file", remedy="write the text out")
    if root.tag != _name("alert"):
        raise InputError("not a CAP 1.2 alert", remedy=f"its root is `alert` in `{NAMESPACE}`")
    return root


def _warning(alert: Any) -> MissileWarning:
    info = _one(alert, "info")
    own = _own(info)
    kind = _word(_text(alert, "msgType"), _KIND, "kind of message")
    sent = _time(_text(alert, "sent"))
    effective = _optional(info, "effective")
    onset = _optional(info, "onset")
    area = info.find(f"{_name('area')}/{_name('polygon')}")
    version = own.get("relto-version", ["1" if kind == "alert" else "2"])[0]
    if not version.isascii() or not version.isdigit() or len(version) > 7:
        raise InputError(f"`{version[:60]}` is no version", remedy="write it in digits")
    exact = {key: parse_instant(values[0]) for key, values in own.items() if key in _INSTANTS}
    return MissileWarning(
        event=_identifier(own.get("relto-event", [_text(alert, "identifier")])[0]),
        version=int(version),
        by=_text(alert, "sender"),
        kind=kind,
        status=_word(_text(alert, "status"), _STATUS, "status"),
        confidence=_word(_text(info, "certainty"), _CERTAINTY, "certainty"),
        observed=exact.get("relto-observed") or (_time(effective) if effective else sent),
        launch_at=exact.get("relto-launch-at"),
        launch=_place(own["relto-launch"][0]) if "relto-launch" in own else None,
        track=tuple(_track(one) for one in own.get("relto-track", ())),
        impact_at=exact.get("relto-impact-at") or (_time(onset) if onset else None),
        impact=_polygon(area.text or "") if area is not None else None,
        released=exact.get("relto-released") if own else sent,
        received=exact.get("relto-received"),
        says=_optional(info, "description") or "",
    )


_INSTANTS: Final = ("relto-observed", "relto-launch-at", "relto-impact-at", "relto-released", "relto-received")
_SINGLE: Final = (*_INSTANTS, "relto-event", "relto-version", "relto-launch")


def _own(info: Any) -> dict[str, list[str]]:
    """Our own parameters by name; each but those of the track once."""
    found: dict[str, list[str]] = {}
    for parameter in info.findall(_name("parameter")):
        name = _text(parameter, "valueName")
        if not name.startswith("relto-"):
            continue
        if name not in _SINGLE and name != "relto-track":
            raise InputError(f"an unknown parameter `{name[:60]}`", remedy="remove it")
        if name in _SINGLE and name in found:
            raise InputError(f"the parameter `{name}` stands twice", remedy="keep one of them")
        found.setdefault(name, []).append(_text(parameter, "value"))
    return found


def _name(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"


def _add(parent: Any, tag: str, text: str) -> None:
    etree.SubElement(parent, _name(tag)).text = text


def _one(parent: Any, tag: str) -> Any:
    found = parent.findall(_name(tag))
    if len(found) != 1:
        raise InputError(f"{len(found)} of `{tag}` where one is expected", remedy="give one")
    return found[0]


def _text(parent: Any, tag: str) -> str:
    found = _one(parent, tag)
    if len(found):
        raise InputError(f"`{tag}` holds more than text", remedy="write text alone")
    return (found.text or "").strip()


def _optional(parent: Any, tag: str) -> str | None:
    return None if parent.find(_name(tag)) is None else _text(parent, tag)


def _word(text: str, words: dict[Any, str], what: str) -> Any:
    for ours, theirs in words.items():
        if theirs == text:
            return ours
    raise InputError(f"`{text[:60]}` is no {what} of a warning", remedy=f"use one of {', '.join(words.values())}")


def _identifier(text: str) -> str:
    if not _ID.fullmatch(text):
        raise InputError(f"`{text[:60]}` cannot name an event", remedy="use letters, digits, `.`, `_` and `-`")
    return text


def _seconds(at: Instant) -> str:
    """As CAP 1.2 writes it (3.3.2): to the second, with an offset and never `Z`."""
    return f"{str(at)[:19]}+00:00"


def _time(text: str) -> Instant:
    if not _TIME.fullmatch(text):
        raise InputError(f"`{text[:60]}` is no time of CAP 1.2", remedy="write 2019-10-31T07:35:00+00:00")
    return parse_instant(text.replace("-00:00", "+00:00") if text.endswith("-00:00") else text)


def _degrees(value: float) -> str:
    return f"{value:.6f}".rstrip("0").rstrip(".")


def _point(place: Place) -> str:
    height = "" if place.height_m is None else f",{place.height_m:.3f}".rstrip("0").rstrip(".")
    return f"{_degrees(place.lat)},{_degrees(place.lon)}{height}"


def _place(text: str) -> Place:
    parts = text.split(",")
    if len(parts) not in (2, 3) or any(not _NUMBER.fullmatch(one) for one in parts):
        raise InputError(f"`{text[:60]}` is no place", remedy="write latitude,longitude in degrees")
    lat, lon, *height = (float(one) for one in parts)
    return Place(lat, lon, height[0] if height else None)


_NUMBER = re.compile(r"-?\d{1,9}(\.\d{1,9})?", re.ASCII)


def _polygon(text: str) -> Area:
    corners = text.split()
    if len(corners) > 1000:
        raise InputError(f"an area of {len(corners)} corners", remedy="give fewer")
    return Area(tuple(_place(one) for one in corners))


def _track(text: str) -> TrackPoint:
    at, _, place = text.partition(" ")
    return TrackPoint(parse_instant(at), _place(place))
