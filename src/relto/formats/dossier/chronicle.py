"""The chronicle file: `relto: chronicle/1` (DESIGN 4)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import get_args

from relto.core.dossier import ENTRY_KINDS, ChronicleEntry, Claim
from relto.core.errors import InputError, Position
from relto.core.label import check_id, check_party_id
from relto.core.timeline import Precision, check_zone
from relto.formats.dossier.fields import Fields, check_schema, listed
from relto.formats.dossier.nodes import Node, parse_document

SCHEMA = "chronicle/1"


def read_chronicle(name: str, data: bytes, zones: Mapping[str, str]) -> list[tuple[ChronicleEntry, Position]]:
    """All entries of a file with their places. `zones`: agreement id -> zone, for dates of entries about it."""
    fields = Fields(parse_document(name, data), "a chronicle")
    check_schema(fields, SCHEMA)
    zone = fields.value("zone", check_zone)
    entries = fields.find("entries")
    for key in ("source", "note", "title"):
        fields.text(key)
    fields.close()
    return [(_entry(node, zone, zones), node.where) for node in (listed(entries) if entries is not None else [])]


def _entry(node: Node, file_zone: str | None, zones: Mapping[str, str]) -> ChronicleEntry:
    fields = Fields(node, "an entry of the chronicle")
    identifier = fields.needed("id", check_id)
    about = fields.values("about", check_id)
    zone = fields.value("zone", check_zone) or file_zone
    if zone is None:
        zone = next((zones[one] for one in about if one in zones), "UTC")
    at = fields.needed_stamp("at", zone, fields.option("precision", get_args(Precision)))
    claims = fields.find("claims")
    entry = ChronicleEntry(
        id=identifier,
        kind=fields.choice("kind", ENTRY_KINDS),
        at=at,
        by=fields.values("by", check_party_id),
        speaker=fields.text("speaker"),
        about=about,
        says=fields.text("says"),
        claims=tuple(_claim(one) for one in listed(claims)) if claims is not None else (),
        until=fields.stamp("until", zone),
        handled=fields.text("handled"),
        place=fields.text("place"),
        count=fields.value("count", _count),
        source=fields.text("source"),
        unconfirmed=fields.flag("unconfirmed"),
        note=fields.text("note"),
        needs=fields.values("needs", check_id),
        ends=fields.values("ends", check_id),
        said_in=_said_in(fields),
    )
    fields.close()
    if not entry.says and not entry.claims:
        raise InputError(f"the entry `{identifier}` says nothing", where=node.where, remedy="add `says` or `claims`")
    return entry


def _claim(node: Node) -> Claim:
    fields = Fields(node, "a claim")
    claim = Claim(
        fields.needed("by", check_party_id),
        fields.needed_text("says"),
        fields.text("source"),
        fields.flag("unconfirmed"),
        _said_in(fields),
    )
    fields.text("note")
    fields.close()
    return claim


def _said_in(fields: Fields) -> tuple[tuple[str, str], ...]:
    """What is said, in other languages: `in: {ko: ..., ja: ...}`."""
    found = fields.mapping("in", "a mapping from language to text")
    if found is None:
        return ()
    said = []
    for language in found.node.pairs:
        if not _LANGUAGE.fullmatch(language):
            raise InputError(
                f"`{language[:60]}` is no language", where=found.place(language), remedy="write a tag such as `ko`"
            )
        said.append((language, found.needed_text(language)))
    return tuple(said)


_LANGUAGE = re.compile(r"[a-z]{2,3}", re.ASCII)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise InputError(f"`{text[:60]}` is no count", remedy="write it in digits")
    return int(text)
