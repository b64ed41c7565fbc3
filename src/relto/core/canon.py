"""Canonical JSON (RFC 8785), digests, identifiers, and the strict reader of JSON that comes from elsewhere.

What is signed or hashed here is I-JSON (RFC 7493) without fractions: whole numbers up to 2^53 - 1, so that two
implementations can never disagree on a digit. Whatever `parse_json` gives, `canonical` takes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NoReturn, TypeAlias

import orjson
import pybase64
import rfc8785

from relto.core.errors import InputError, Position

JSON: TypeAlias = "bool | int | str | Sequence[JSON] | Mapping[str, JSON] | None"

MAX_DEPTH: Final = 32
MAX_INTEGER: Final = 2**53 - 1
MAX_JSON_BYTES: Final = 1 << 20

_URL: Final = b"-_"
_SIGNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST: Final = (_SIGNS, _SIGNS[::16], _SIGNS[::4])
"""The sign that base64url can end with, by how many bytes are in the last group (0: all three)."""
_AS_READ: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_ASTRAL: Final = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")
"""What begins a sign beyond the first plane in UTF-8: only there UTF-16 has another order."""
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}", re.ASCII)
_PREFIX = re.compile(r"[a-z][a-z0-9-]{0,15}", re.ASCII)


def canonical(value: JSON) -> bytes:
    """Write `value` in the one form of RFC 8785: UTF-8, keys sorted, no white space.

    Raises InputError for fractions, NaN, whole numbers beyond 2^53 - 1, keys that are not text, lone surrogates,
    values that are not JSON, and anything nested deeper than 32.
    """
    try:
        if _simple(value, 0):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        pass  # half a surrogate pair: said below
    try:
        return rfc8785.dumps(_plain(value, 0))
    except ValueError as error:
        raise InputError(
            f"no canonical JSON: {error}", remedy="use whole numbers up to 2^53 - 1 and valid text"
        ) from error


@lru_cache(maxsize=1024)
def quoted(text: str) -> str:
    """`text` as canonical JSON: for a document that is put together from parts. Raises InputError as `canonical`."""
    return canonical(text).decode("utf-8")


def _simple(value: object, depth: int) -> bool:
    """Whether a plain encoder writes `value` as RFC 8785 asks: keys in ASCII, where the order of code points is
    that of UTF-16, no fractions, and plain types only. Anything else, what is refused too, is left to the long way."""
    kind = type(value)
    inner: Iterable[object] = (value,)
    if kind is dict:
        try:
            if depth == MAX_DEPTH or not "".join(value).isascii():  # type: ignore[arg-type]
                return False
        except TypeError:
            return False
        inner = value.values()  # type: ignore[attr-defined]
    elif kind is list or kind is tuple:
        if depth == MAX_DEPTH:
            return False
        inner = value  # type: ignore[assignment]
    for one in inner:
        kind = type(one)
        if kind is str or kind is bool or one is None:
            continue
        if kind is int:
            if not -MAX_INTEGER <= one <= MAX_INTEGER:  # type: ignore[operator]
                return False
        elif one is value or not _simple(one, depth + 1):
            return False
    return True


def _plain(value: object, depth: int) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        raise InputError(f"`{value}` has a fraction, which has no one canonical form", remedy="write it as text")
    if depth == MAX_DEPTH:
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}", remedy="flatten it")
    if isinstance(value, Mapping):
        return {key: _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, depth + 1) for inner in value]
    raise InputError(
        f"a value of type `{type(value).__name__}` is not JSON", remedy="use objects, lists, text, numbers"
    )


def parse_json(data: bytes, limit: int = MAX_JSON_BYTES, *, name: str = "JSON") -> JSON:
    """Read JSON strictly (RFC 8259, I-JSON of RFC 7493); `name` says in errors what was being read.

    Raises InputError, and nothing else, for more than `limit` bytes, text that is not UTF-8, a byte order mark,
    duplicate keys, NaN and infinities, fractions and exponents, whole numbers beyond 2^53 - 1, lone surrogates,
    nesting deeper than 32, and trailing text.
    """
    where = Position(name)
    if len(data) > limit:
        raise InputError(f"more than {limit} bytes of JSON", where=where, remedy="send less at once")
    try:
        value: JSON = _DECODER.decode(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 at byte {error.start}", where=where, remedy="save it as UTF-8") from error
    except json.JSONDecodeError as error:
        there = Position(name, error.lineno, error.colno)
        raise InputError("not JSON here", where=there, remedy="check the quotes, commas and braces") from error
    except RecursionError as error:
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}", where=where, remedy="flatten it") from error
    except InputError as error:
        raise InputError(error.message, where=where, remedy=error.remedy) from error
    if b"\\" in data or data.count(b"{") + data.count(b"[") > MAX_DEPTH:  # else neither is possible
        _check_read(value, 0, where)
    return value


def parse_object(data: bytes, limit: int = MAX_JSON_BYTES, *, name: str = "JSON") -> dict[str, JSON]:
    """Read a JSON object as `parse_json` does; anything but an object is an InputError too."""
    value = parse_json(data, limit, name=name)
    if not isinstance(value, dict):
        raise InputError("not a JSON object", where=Position(name), remedy="write `{...}`")
    return value


def parse_canonical(data: bytes, limit: int = MAX_JSON_BYTES, *, name: str = "JSON") -> dict[str, JSON]:
    """Read a JSON object that must stand in its one canonical form. Raises InputError as `parse_object` does, and for
    another form."""
    if len(data) <= limit:
        try:  # what is read without strictness and is written so again was strict: no key twice, no fraction
            value = orjson.loads(data)
            if type(value) is dict and _written_again(value, data) == data:
                return value
        except (ValueError, TypeError, InputError):
            pass  # said below
    found = parse_object(data, limit, name=name)
    if canonical(found) != data:
        raise InputError("not in canonical form", where=Position(name), remedy="write it as RFC 8785 says")
    return found


def read_again(data: bytes, *, name: str = "JSON") -> dict[str, JSON]:
    """Read a JSON object that `parse_canonical` has read before: its form is not looked at again. Raises InputError
    where it is no JSON object at all."""
    try:
        value = orjson.loads(data)
    except ValueError as error:
        raise InputError("not JSON", where=Position(name), remedy="restore the store") from error
    if type(value) is not dict:
        raise InputError("not a JSON object", where=Position(name), remedy="restore the store")
    return value


def _written_again(value: dict[str, JSON], data: bytes) -> bytes:
    """What was read from `data`, in canonical form; by orjson at once where `data` shows that all in it is plain.
    Raises TypeError for a whole number beyond 2^53 - 1, InputError as `canonical`."""
    deep = data.count(b"{") + data.count(b"[") > MAX_DEPTH
    if deep or (not data.isascii() and any(one in data for one in _ASTRAL)) or _has_fraction(value):
        return canonical(value)
    return orjson.dumps(value, option=_AS_READ)


def _has_fraction(value: dict[str, JSON] | list[JSON]) -> bool:
    """Whether there is a fraction in what orjson read."""
    for one in value.values() if type(value) is dict else value:
        kind = type(one)
        if kind is str:
            continue
        if kind is float or ((kind is dict or kind is list) and _has_fraction(one)):  # type: ignore[arg-type]
            return True
    return False


def _unique_keys(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    found = {}
    for key, value in pairs:
        if key in found:
            raise InputError(f"the key {_quoted(key)} stands twice in one object", remedy="keep one of them")
        found[key] = value
    return found


def _no_fraction(text: str) -> NoReturn:
    raise InputError(f"{_quoted(text)} is not a plain whole number", remedy="write fractions and exponents as text")


def _no_constant(text: str) -> NoReturn:
    raise InputError(f"{_quoted(text)} is not JSON", remedy="leave it out or write it as text")


def _whole_number(text: str) -> int:
    # The length comes first: a million digits must not reach int().
    number = int(text) if len(text) <= 17 else MAX_INTEGER + 1
    if abs(number) > MAX_INTEGER:
        raise InputError(f"{_quoted(text)} is beyond 2^53 - 1", remedy="write it as text")
    return number


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_float=_no_fraction,
    parse_int=_whole_number,
    parse_constant=_no_constant,
)


def _check_read(value: JSON, depth: int, where: Position) -> None:
    if isinstance(value, str):
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise InputError("text with half a surrogate pair", where=where, remedy="write whole characters")
        return
    if not isinstance(value, dict | list):
        return
    if depth == MAX_DEPTH:
        raise InputError(f"JSON nested deeper than {MAX_DEPTH}", where=where, remedy="flatten it")
    if isinstance(value, dict):
        for key, inner in value.items():
            _check_read(key, depth + 1, where)
            _check_read(inner, depth + 1, where)
        return
    for inner in value:
        _check_read(inner, depth + 1, where)


def _quoted(text: str) -> str:
    short = text if len(text) <= 60 else text[:57] + "..."
    return f"`{short}`"


def only_keys(value: Mapping[str, JSON], required: frozenset[str], optional: frozenset[str] = frozenset()) -> None:
    """Raise InputError unless `value` has every required key and no key beyond those and the optional ones."""
    keys = value.keys()
    if required <= keys and (len(keys) == len(required) or keys - required <= optional):
        return
    for key in sorted(required - keys):
        raise InputError(f"the key `{key}` is missing", remedy="add it")
    for key in sorted(keys - required - optional):
        raise InputError(f"the key {_quoted(key)} is not known here", remedy="remove it")


def text_in(value: Mapping[str, JSON], key: str) -> str:
    """The text under `key`; InputError if something else, or nothing, stands there."""
    found = value.get(key)
    if not isinstance(found, str):
        raise InputError(f"`{key}` is not text", remedy="write it in quotes")
    return found


def object_in(value: Mapping[str, JSON], key: str) -> Mapping[str, JSON]:
    """The object under `key`; InputError if something else, or nothing, stands there."""
    found = value.get(key)
    if type(found) is not dict and not isinstance(found, Mapping):  # the latter is slow
        raise InputError(f"`{key}` is not an object", remedy="write `{...}`")
    return found


def count_in(value: Mapping[str, JSON], key: str) -> int:
    """The whole number, zero or more, under `key`; InputError if something else, or nothing, stands there."""
    found = value.get(key)
    if not isinstance(found, int) or isinstance(found, bool) or found < 0:
        raise InputError(f"`{key}` is not a number of things", remedy="write a whole number, zero or more")
    return found


def digest(data: bytes) -> str:
    """SHA-256 of `data` as `sha256:` and 64 hexadecimal digits."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def check_digest(text: str) -> str:
    """Give `text` back if it has the form of a digest; else raise InputError."""
    if not _DIGEST.fullmatch(text):
        raise InputError(
            f"{_quoted(text)} is not a digest", remedy="write `sha256:` and 64 lower-case hexadecimal digits"
        )
    return text


def check_digests(texts: Collection[str]) -> None:
    """Return if each of `texts` has the form of a digest; else raise InputError."""
    signs = "".join([text[7:] for text in texts if text.startswith("sha256:") and len(text) == 71])
    try:
        if signs == signs.lower() and len(bytes.fromhex(signs)) == 32 * len(texts):  # a blank is read over
            return
    except ValueError:
        pass  # said below
    for text in texts:
        check_digest(text)


def identifier(prefix: str, of: str) -> str:
    """An id derived from content: `prefix`, a hyphen and the first 160 bits of the digest `of`, in hexadecimal.

    Raises InputError if `prefix` is no short slug or `of` no digest.
    """
    if not _PREFIX.fullmatch(prefix):
        raise InputError(f"{_quoted(prefix)} cannot begin an id", remedy="use a slug of at most 16 signs")
    return f"{prefix}-{check_digest(of)[7:47]}"


def base64url(data: bytes) -> str:
    """Write bytes as base64url without padding (RFC 7515, section 2)."""
    return pybase64.b64encode_as_string(data, _URL).rstrip("=")


def from_base64url(text: str) -> bytes:
    """Read base64url without padding; InputError unless `text` is the one way to write those bytes."""
    try:
        if "+" in text or "/" in text or "=" in text:  # what decodes takes both alphabets
            raise ValueError("not this alphabet")
        data = pybase64.b64decode(text + "=" * (-len(text) % 4), _URL, validate=True)
    except ValueError as error:
        raise InputError(f"{_quoted(text)} is not base64url", remedy="use A-Z, a-z, 0-9, `-` and `_`") from error
    if text and text[-1] not in _LAST[len(data) % 3]:  # the last group's unused bits could be anything
        raise InputError(f"{_quoted(text)} is not plain base64url", remedy="leave out padding and stray bits")
    return data
