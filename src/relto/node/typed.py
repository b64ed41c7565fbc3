"""What an item says where it is of a type that others must understand: checked before it is released, never after."""

from __future__ import annotations

from typing import Final

from relto.core.dossier import Item

CHECKED: Final = frozenset({"missile-warning", "encounter-report"})
"""The types of `payload.type` whose content must read; a document is for people and may be anything."""


def check_typed(item: Item, content: bytes) -> None:
    """Raise InputError where the content of a typed item is none of its type."""
    if item.payload is None or item.payload.type not in CHECKED:
        return
    from relto.formats.payload import read_payload  # its models take time to load, and documents do not need them

    read_payload(item.payload.type, content, name=f"payload of {item.id}")
