"""The item file: `relto: item/1`; several items may stand in one file, parted by `---` (DESIGN 7)."""

from __future__ import annotations

from relto.core.dossier import Item, Payload
from relto.core.errors import InputError, Position
from relto.core.label import Caveats, check_id, check_party_id, check_topic
from relto.formats.dossier.fields import Fields, check_schema
from relto.formats.dossier.nodes import Node, parse_document, parse_documents

SCHEMA = "item/1"


def read_items(name: str, data: bytes) -> list[tuple[Item, Position]]:
    """All items of a file, with their places. Raises InputError with the place."""
    nodes = parse_documents(name, data)
    if not nodes:
        raise InputError("no item in the file", where=Position(name, 1, 1), remedy="write one, or remove the file")
    return [(_item(node), node.where) for node in nodes]


def read_item(name: str, data: bytes) -> Item:
    """The one item of a file."""
    return _item(parse_document(name, data))


def _item(node: Node) -> Item:
    fields = Fields(node, "an item")
    check_schema(fields, SCHEMA)
    identifier = fields.needed("id", check_id)
    item = Item(
        id=identifier,
        title=fields.line("title") or identifier,
        originator=fields.needed("originator", check_party_id),
        mark=fields.needed_line("mark"),
        topic=fields.needed("topic", check_topic),
        purpose=fields.needed_line("purpose"),
        caveats=_caveats(fields.mapping("caveats", "`caveats`")),
        payload=_payload(fields.mapping("payload", "`payload`")),
        at=fields.stamp("at", "UTC"),
        source=fields.text("source"),
        unconfirmed=fields.flag("unconfirmed"),
        note=fields.text("note"),
    )
    fields.close()
    return item


def _caveats(fields: Fields | None) -> Caveats:
    if fields is None:
        return Caveats()
    caveats = Caveats(
        rel_to=fields.values("rel_to", check_party_id) if "rel_to" in fields.node.pairs else None,
        orcon=fields.flag("orcon"),
        no_contractor=fields.flag("no_contractor"),
        eyes=fields.values("eyes", check_id) if "eyes" in fields.node.pairs else None,
    )
    for key in ("rel_to", "eyes"):
        fields.find(key)
    fields.close()
    return caveats


def _payload(fields: Fields | None) -> Payload | None:
    if fields is None:
        return None
    payload = Payload(fields.needed_line("type"), fields.text("text"), fields.value("file", _file_name) or "")
    if payload.text and payload.file:
        raise InputError("a payload both inline and in a file", where=fields.node.where, remedy="keep `text` or `file`")
    fields.close()
    return payload


def _file_name(text: str) -> str:
    """A file beside the item: no way out of its folder."""
    parts = text.replace("\\", "/").split("/")
    if not text or text.startswith("/") or ".." in parts or len(text) > 255 or ":" in text or "\x00" in text:
        raise InputError(f"`{text[:60]}` is no file beside the item", remedy="name a file in the item's own folder")
    return text
