"""Canonical JSON has one form, and the strict reader lets nothing in that has two."""

from __future__ import annotations

import hashlib
import json
from types import MappingProxyType
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.canon import (
    MAX_DEPTH,
    MAX_INTEGER,
    base64url,
    canonical,
    check_digest,
    check_digests,
    digest,
    from_base64url,
    identifier,
    parse_canonical,
    parse_json,
    parse_object,
    read_again,
)
from relto.core.errors import InputError

whole = st.integers(-MAX_INTEGER, MAX_INTEGER)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=20,
)


def nested(depth: int, opening: str = "[", closing: str = "]") -> bytes:
    return (opening * depth + closing * depth).encode()


def test_keys_are_sorted_by_their_utf_16_units_as_in_rfc_8785_section_3_2_3() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    read = json.loads(canonical(dict.fromkeys(keys, 0)))
    assert list(read) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_form_has_no_white_space_and_escapes_only_what_it_must() -> None:
    value = {"mark": "군사II급비밀", "control": '\x0f\n"\\/', "list": (1, -0, True, None)}
    assert canonical(value) == '{"control":"\\u000f\\n\\"\\\\/","list":[1,0,true,null],"mark":"군사II급비밀"}'.encode()


def test_any_mapping_and_tuple_is_written_as_object_and_list() -> None:
    assert canonical(MappingProxyType({"b": (1, 2), "a": MappingProxyType({})})) == b'{"a":{},"b":[1,2]}'


@settings(max_examples=200)
@given(st.recursive(values, lambda inner: st.dictionaries(st.text(st.characters(codec="ascii"), max_size=6), inner)))
def test_what_is_written_is_what_an_implementation_of_rfc_8785_writes(value: Any) -> None:
    assert canonical(value) == rfc8785.dumps(value)


def test_every_sign_is_escaped_as_an_implementation_of_rfc_8785_does() -> None:
    every = [chr(code) for code in range(0x11000) if not 0xD800 <= code <= 0xDFFF]
    assert canonical(every) == rfc8785.dumps(every)
    assert canonical({one: one for one in every[:0x80]}) == rfc8785.dumps({one: one for one in every[:0x80]})


@given(values)
def test_what_is_written_is_read_back_and_written_the_same(value: Any) -> None:
    data = canonical(value)
    assert parse_json(data) == value
    assert canonical(parse_json(data)) == data


@given(st.binary(max_size=60) | text.map(str.encode) | values.map(lambda value: json.dumps(value).encode()))
def test_whatever_comes_in_is_read_to_something_canonical_or_is_an_input_error(data: bytes) -> None:
    try:
        value = parse_json(data)
    except InputError:
        return
    assert parse_json(canonical(value)) == value


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        1.0,
        float("nan"),
        float("inf"),
        MAX_INTEGER + 1,
        -MAX_INTEGER - 1,
        {1: "a"},
        b"x",
        {1, 2},
        "\ud800",
        {"\udfff": 1},
    ],
)
def test_what_has_no_one_form_is_not_written(value: Any) -> None:
    with pytest.raises(InputError):
        canonical({"value": value})


def test_nesting_of_32_is_written_and_read_and_33_is_neither() -> None:
    value: Any = 0
    for _ in range(MAX_DEPTH):
        value = [value]
    assert parse_json(canonical(value)) == value
    with pytest.raises(InputError, match="deeper than 32"):
        canonical([value])
    assert parse_json(nested(MAX_DEPTH)) is not None
    with pytest.raises(InputError, match="deeper than 32"):
        parse_json(nested(MAX_DEPTH + 1))
    with pytest.raises(InputError, match="deeper than 32"):
        parse_json(nested(MAX_DEPTH, '{"a":', "}").replace(b":}", b":[]}"))


def test_a_value_that_holds_itself_is_an_input_error() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(InputError, match="deeper"):
        canonical(ring)


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a":'])
def test_a_hundred_thousand_brackets_are_an_input_error_too(opening: bytes) -> None:
    with pytest.raises(InputError, match="deeper than 32"):
        parse_json(opening * 100_000)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a":1,"a":1}', "twice"),
        (b'{"a":{"b":1,"\\u0062":2}}', "twice"),
        (b"NaN", "not JSON"),
        (b"[Infinity]", "not JSON"),
        (b"-Infinity", "not JSON"),
        (b"1.0", "whole number"),
        (b"1e3", "whole number"),
        (b"9007199254740992", "beyond"),
        (b"-9007199254740992", "beyond"),
        (b"9" * 5000, "beyond"),
        (b'"\xff"', "UTF-8"),
        (b'"\xed\xa0\x80"', "UTF-8"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udc00":1}', "surrogate"),
        (b"\xef\xbb\xbf1", "not JSON"),
        (b"1 1", "not JSON"),
        (b"", "not JSON"),
        (b'"\x01"', "not JSON"),
        (b"{'a':1}", "not JSON"),
        (b"01", "not JSON"),
        (b"[1,]", "not JSON"),
    ],
)
def test_json_that_two_readers_could_read_differently_is_an_input_error(data: bytes, says: str) -> None:
    with pytest.raises(InputError, match=says):
        parse_json(data)


def test_the_largest_whole_numbers_are_read() -> None:
    assert parse_json(b"[9007199254740991,-9007199254740991]") == [MAX_INTEGER, -MAX_INTEGER]


def test_the_limit_counts_bytes_and_is_inclusive() -> None:
    data = '"비밀"'.encode()
    assert parse_json(data, len(data)) == "비밀"
    with pytest.raises(InputError, match=f"more than {len(data) - 1} bytes"):
        parse_json(data, len(data) - 1)


def test_an_error_says_what_was_read_and_where_it_stands() -> None:
    with pytest.raises(InputError) as caught:
        parse_json(b'{"a": 1,\n  b: 2}', name="receipt.json")
    assert str(caught.value).startswith("receipt.json:2:3: ")
    with pytest.raises(InputError, match=r"^item: "):
        parse_json(b'{"a":1,"a":1}', name="item")


@pytest.mark.parametrize("data", [b"[]", b"1", b"null", b'"{}"'])
def test_only_an_object_is_an_object(data: bytes) -> None:
    with pytest.raises(InputError, match="not a JSON object"):
        parse_object(data)


def test_a_digest_names_its_algorithm_and_an_identifier_begins_with_it() -> None:
    value = digest(b"abc")
    assert value == "sha256:" + hashlib.sha256(b"abc").hexdigest()
    assert check_digest(value) == value
    assert identifier("tr", value) == "tr-" + value[7:47]


@pytest.mark.parametrize(
    "wrong", ["", "sha256:", "sha256:" + "A" * 64, "sha256:" + "0" * 63, "sha1:" + "0" * 64, "0" * 64]
)
def test_what_is_no_digest_is_an_input_error(wrong: str) -> None:
    with pytest.raises(InputError):
        check_digest(wrong)
    with pytest.raises(InputError):
        identifier("tr", wrong)


@pytest.mark.parametrize("prefix", ["", "TR", "t r", "-t", "9", "a" * 17])
def test_an_identifier_begins_with_a_short_slug(prefix: str) -> None:
    with pytest.raises(InputError, match="cannot begin an id"):
        identifier(prefix, digest(b""))


@given(st.binary(max_size=40))
def test_base64url_is_read_back(data: bytes) -> None:
    assert from_base64url(base64url(data)) == data


@pytest.mark.parametrize("wrong", ["A", "AB", "AA==", "AA=", "+/+/", "A A", "AAA\n", "é", "AA.A"])
def test_base64url_has_one_way_to_write_bytes(wrong: str) -> None:
    with pytest.raises(InputError, match="base64url"):
        from_base64url(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        "sha256:" + "A" * 64,
        "sha256:" + "a" * 63,
        "sha256:" + "a" * 62 + "  ",
        "sha255:" + "a" * 64,
        "a" * 71,
        "",
        "é" * 71,
    ],
)
@pytest.mark.parametrize("beside", [0, 1, 3])
def test_digests_are_each_of_the_one_form(wrong: str, beside: int) -> None:
    right = [digest(bytes([number])) for number in range(beside)]
    check_digests(right)
    for place in range(beside + 1):
        with pytest.raises(InputError, match="is not a digest"):
            check_digests([*right[:place], wrong, *right[place:]])


_NUMBERS = ["0", "-1", "1.5", "1e3", "1E3", "-0", "9007199254740991", "9007199254740992", "-9007199254740992", "1" * 25]
_TEXTS = st.sampled_from(
    ['"a"', '"\u00e9"', '"\U0001f600"', '"\ue000"', '":1.5"', '"\\u0061"', '"\\ud800"', '"', "true", "null"]
)
_VALUES = st.recursive(
    st.sampled_from(_NUMBERS) | _TEXTS,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda parts: f"[{','.join(parts)}]")
        | st.lists(st.tuples(_TEXTS, inner), max_size=3).map(
            lambda pairs: "{" + ",".join(f"{key}:{value}" for key, value in pairs) + "}"
        )
    ),
    max_leaves=6,
)


@settings(max_examples=400)
@given(st.lists(st.tuples(_TEXTS, _VALUES), max_size=3), st.sampled_from(["", " "]))
def test_what_is_read_at_once_is_what_the_strict_way_takes(pairs: list[tuple[str, str]], blank: str) -> None:
    data = ("{" + ",".join(f"{key}:{value}" for key, value in pairs) + blank + "}").encode("utf-8")
    try:
        strict = parse_object(data)
        wanted = strict if canonical(strict) == data else None
    except InputError:
        wanted = None
    try:
        got = parse_canonical(data)
    except InputError:
        got = None
    assert got == wanted
    assert (got is None) or json.dumps(got) == json.dumps(wanted)  # true is no 1, and the order is the same


@pytest.mark.parametrize("depth", [30, 31, 32, 33])
def test_what_is_read_at_once_is_no_deeper(depth: int) -> None:
    data = b'{"a":' * depth + b"1" + b"}" * depth
    if depth <= 32:
        assert canonical(parse_canonical(data)) == data
    else:
        with pytest.raises(InputError, match="deeper than 32"):
            parse_canonical(data)
    wide = b'{"a":[' + b",".join([b"{}"] * depth) + b"]}"
    assert len(parse_canonical(wide)["a"]) == depth  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [b"", b"[]", b"1", b"{", b"\xff"])
def test_what_is_read_again_is_an_object(wrong: bytes) -> None:
    with pytest.raises(InputError, match="JSON"):
        read_again(wrong)
    assert read_again(b'{"a":[1]}') == {"a": [1]}
