"""Labels: what an item's originator signs of it, and the item that a reader of the label sees."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from relto.core.canon import JSON, object_in, only_keys, parse_object, text_in
from relto.core.dossier import Item, Payload
from relto.core.envelope import MAX_MANIFEST_BYTES, Manifest, WrittenLabel
from relto.core.errors import InputError
from relto.core.label import Caveats, check_id, check_party_id, check_topic
from relto.node.contents import stamp_of, stamp_to_json

SCHEMA: Final = "relto/label/1"
_REQUIRED: Final = frozenset({"schema", "item", "originator", "mark", "topic", "purpose", "title", "type", "caveats"})
_OPTIONAL: Final = frozenset({"at", "source", "note", "unconfirmed"})
_CAVEATS: Final = frozenset({"rel_to", "orcon", "no_contractor", "eyes"})
_MAX_LIST: Final = 200
_MAX_NAME: Final = 200  # a mark, a purpose, a name in a list
_MAX_TEXT: Final = 2000  # a title, a source, a note


def label_of(item: Item) -> dict[str, JSON]:
    """The label of an item; what is empty or false is left out, but the list of caveats never."""
    caveats: dict[str, JSON] = {}
    for name in ("rel_to", "eyes"):
        names = getattr(item.caveats, name)
        if names is not None:
            caveats[name] = list(names)
    caveats |= {name: True for name in ("orcon", "no_contractor") if getattr(item.caveats, name)}
    label: dict[str, JSON] = {
        "schema": SCHEMA,
        "item": item.id,
        "originator": item.originator,
        "mark": item.mark,
        "topic": item.topic,
        "purpose": item.purpose,
        "title": item.title,
        "type": item.payload.type if item.payload else "document",
        "caveats": caveats,
    }
    if item.at is not None:
        label["at"] = stamp_to_json(item.at)
    label |= {name: getattr(item, name) for name in ("source", "note", "unconfirmed") if getattr(item, name)}
    return label


@lru_cache(maxsize=256)
def checked_label(item: Item) -> WrittenLabel:
    """The label of an item, if a recipient can read it, written once for all that is sealed under it. Raises
    InputError."""
    label = label_of(item)
    written = WrittenLabel(label)
    _item_in(written.text)
    return written


def item_under(manifest: Manifest) -> Item:
    """The item that a manifest's label describes. Raises InputError as `item_of` does."""
    return _item_in(manifest.label_text)


@lru_cache(maxsize=512)  # many items have the same label
def _item_in(label: bytes) -> Item:
    return item_of(parse_object(label, MAX_MANIFEST_BYTES, name="label"))


def item_of(label: Mapping[str, JSON]) -> Item:
    """The item that a label describes, its content left in the envelope. Raises InputError for what is no label."""
    only_keys(label, _REQUIRED, _OPTIONAL)
    if text_in(label, "schema") != SCHEMA:
        raise InputError("the label is of a version not known here", remedy=f"its schema must be `{SCHEMA}`")
    caveats = object_in(label, "caveats")
    only_keys(caveats, frozenset(), _CAVEATS)
    return Item(
        id=check_id(text_in(label, "item")),
        title=_text(label, "title", _MAX_TEXT),
        originator=check_party_id(text_in(label, "originator")),
        mark=_text(label, "mark", _MAX_NAME),
        topic=check_topic(text_in(label, "topic")),
        purpose=_text(label, "purpose", _MAX_NAME),
        caveats=Caveats(
            rel_to=_names(caveats, "rel_to"),
            orcon=_flag(caveats, "orcon"),
            no_contractor=_flag(caveats, "no_contractor"),
            eyes=_names(caveats, "eyes"),
        ),
        payload=Payload(_text(label, "type", _MAX_NAME)),
        at=stamp_of(object_in(label, "at")) if "at" in label else None,
        source=_text(label, "source", _MAX_TEXT) if "source" in label else "",
        note=_text(label, "note", _MAX_TEXT) if "note" in label else "",
        unconfirmed=_flag(label, "unconfirmed"),
    )


def _text(value: Mapping[str, JSON], name: str, limit: int) -> str:
    found = text_in(value, name)
    if len(found) > limit:
        raise InputError(f"`{name}` in a label has {len(found)} signs", remedy=f"say it in {limit}")
    return found


def _names(value: Mapping[str, JSON], name: str) -> tuple[str, ...] | None:
    if name not in value:
        return None
    found = value[name]
    if not isinstance(found, list) or len(found) > _MAX_LIST or not all(isinstance(one, str) for one in found):
        raise InputError(f"the caveat `{name}` is not a list of names", remedy="write a list")
    if any(len(str(one)) > _MAX_NAME for one in found):
        raise InputError(f"the caveat `{name}` has an overlong name", remedy=f"keep it under {_MAX_NAME} signs")
    return tuple(str(one) for one in found)


def _flag(value: Mapping[str, JSON], name: str) -> bool:
    found = value.get(name, False)
    if not isinstance(found, bool):
        raise InputError(f"`{name}` in a label is neither true nor false", remedy="write true or false")
    return found
