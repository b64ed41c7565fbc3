"""Lists in a bundle's JSON, none of them too long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from relto.core.canon import JSON, from_base64url, object_in, only_keys, text_in
from relto.core.errors import InputError

_MAX_LIST: Final = 20_000


def list_in(value: Mapping[str, JSON], key: str) -> Sequence[JSON]:
    """A list. Raises InputError for anything else, and for more than 20,000."""
    found = value.get(key)
    if not isinstance(found, list) or len(found) > _MAX_LIST:
        raise InputError(f"`{key}` is not a list, or too long a one")
    return found


def texts_in(value: Mapping[str, JSON], key: str) -> tuple[str, ...]:
    """A list of texts. Raises InputError."""
    return tuple(text_in({key: one}, key) for one in list_in(value, key))


def hashes_in(value: Mapping[str, JSON], key: str) -> tuple[bytes, ...]:
    """A list of bytes in base64url. Raises InputError."""
    return tuple(from_base64url(one) for one in texts_in(value, key))


def objects_in(value: Mapping[str, JSON], key: str, keys: set[str] | None = None) -> tuple[Mapping[str, JSON], ...]:
    """A list of objects, each with these keys where they are given. Raises InputError."""
    found = tuple(object_in({key: one}, key) for one in list_in(value, key))
    for one in found if keys is not None else ():
        only_keys(one, frozenset(keys or ()))
    return found
