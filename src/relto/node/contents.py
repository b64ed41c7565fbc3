"""What is signed of an instrument: all of it but when each node came to know it, with the text it was made under."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from relto.core.agreement import INSTRUMENT_KINDS, Instrument
from relto.core.canon import JSON, canonical, check_digest, object_in, only_keys, parse_object, text_in
from relto.core.errors import InputError
from relto.core.label import check_id, check_party_id, check_topic
from relto.core.timeline import GENESIS, Bound, Day, Stamp, check_zone, parse_instant, parse_stamp

_TEXTS: Final = ("text", "item", "topic", "purpose", "condition", "authority", "source", "note")
_LISTS: Final = ("targets", "to")
_FLAGS: Final = ("contested", "unconfirmed")
_MAX_TEXT: Final = 4000
_MAX_LIST: Final = 100
_REQUIRED: Final = frozenset({"agreement", "digest", "id", "kind", "by", "at"})
_OPTIONAL: Final = frozenset({*_TEXTS, *_LISTS, *_FLAGS, "sent", "until"})


@dataclass(frozen=True, slots=True)
class Content:
    """An instrument as it is signed. `text`: the digest of the agreement's text. `recorded` in it means nothing."""

    agreement: str
    text: str
    instrument: Instrument

    @property
    def subject(self) -> str:
        """What evidence about it is filed under."""
        return instrument_subject(self.agreement, self.instrument.id)

    def to_json(self) -> dict[str, JSON]:
        """The content as a JSON object; what is empty is left out."""
        one = self.instrument
        value: dict[str, JSON] = {
            "agreement": self.agreement,
            "digest": self.text,
            "id": one.id,
            "kind": one.kind,
            "by": list(one.by),
            "at": stamp_to_json(one.at),
        }
        for name in (*_TEXTS, *_FLAGS):
            if getattr(one, name):
                value[name] = getattr(one, name)
        for name in _LISTS:
            if getattr(one, name):
                value[name] = list(getattr(one, name))
        if one.sent is not None:
            value["sent"] = stamp_to_json(one.sent)
        if one.until is not None:
            value["until"] = str(one.until)
        return value

    def to_bytes(self) -> bytes:
        """The content as canonical JSON."""
        return canonical(self.to_json())


def instrument_subject(agreement: str, instrument: str) -> str:
    """What evidence about an instrument is filed under; no other subject has a slash in it."""
    return f"{agreement}/{instrument}"


def read_content(data: bytes) -> Content:
    """Read what `to_bytes` writes. Raises InputError."""
    return content_of(parse_object(data, name="instrument"))


def content_of(value: Mapping[str, JSON]) -> Content:
    """Read what `to_json` gives. Raises InputError for anything else."""
    only_keys(value, _REQUIRED, _OPTIONAL)
    kind = text_in(value, "kind")
    if kind not in INSTRUMENT_KINDS:
        raise InputError(f"`{kind[:60]}` is no kind of instrument", remedy=f"use one of {', '.join(INSTRUMENT_KINDS)}")
    texts = {name: _text(value, name) for name in _TEXTS}
    if texts["topic"]:
        check_topic(texts["topic"])
    instrument = Instrument(
        id=check_id(text_in(value, "id")),
        kind=kind,
        by=tuple(check_party_id(one) for one in _list(value, "by")),
        at=stamp_of(object_in(value, "at")),
        recorded=GENESIS,
        sent=stamp_of(object_in(value, "sent")) if "sent" in value else None,
        until=_bound(text_in(value, "until")) if "until" in value else None,
        targets=_list(value, "targets"),
        to=_list(value, "to"),
        contested=_flag(value, "contested"),
        unconfirmed=_flag(value, "unconfirmed"),
        **texts,
    )
    return Content(check_id(text_in(value, "agreement")), check_digest(text_in(value, "digest")), instrument)


def stamp_to_json(stamp: Stamp) -> dict[str, JSON]:
    """A stamp as a JSON object."""
    return {"instant": str(stamp.instant), "precision": stamp.precision, "zone": stamp.zone}


def stamp_of(value: Mapping[str, JSON]) -> Stamp:
    """Read a stamp back. Raises InputError for anything but an exact instant with precision and zone."""
    only_keys(value, frozenset({"instant", "precision", "zone"}))
    instant = parse_instant(text_in(value, "instant"))
    return parse_stamp(str(instant), check_zone(text_in(value, "zone")), text_in(value, "precision"))


def _bound(text: str) -> Bound:
    return Day.parse(text) if len(text) == len("2019-12-31") else parse_instant(text)


def _text(value: Mapping[str, JSON], name: str) -> str:
    found = text_in(value, name) if name in value else ""
    if len(found) > _MAX_TEXT:
        raise InputError(f"`{name}` of an instrument has {len(found)} signs", remedy=f"say it in {_MAX_TEXT}")
    return found


def _list(value: Mapping[str, JSON], name: str) -> tuple[str, ...]:
    found = value.get(name, [])
    if not isinstance(found, list) or len(found) > _MAX_LIST or not all(isinstance(one, str) for one in found):
        raise InputError(f"`{name}` of an instrument is not a list of ids", remedy=f"write at most {_MAX_LIST} ids")
    return tuple(check_id(str(one)) for one in found)


def _flag(value: Mapping[str, JSON], name: str) -> bool:
    found = value.get(name, False)
    if not isinstance(found, bool):
        raise InputError(f"`{name}` of an instrument is neither true nor false", remedy="write true or false")
    return found
