"""Forms with a file, as browsers send them and as nobody should; in whatever parts they come."""

from __future__ import annotations

from itertools import pairwise

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.core.errors import InputError
from relto.serve.console.multipart import Multipart, boundary_of

BOUNDARY = b"----WebKitFormBoundary7MA4YWxkTrZu0gW"


def part(name: str, content: bytes, file: str | None = None, more: str = "") -> bytes:
    named = f'; filename="{file}"' if file is not None else ""
    head = f'Content-Disposition: form-data; name="{name}"{named}\r\n{more}\r\n'
    return b"--" + BOUNDARY + b"\r\n" + head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + b"--" + BOUNDARY + b"--\r\n"


def read(data: bytes, cuts: list[int] | None = None, boundary: bytes = BOUNDARY) -> tuple[dict[str, str], bytes, bool]:
    """The fields, the file, and whether its end has come; fed in parts that end at `cuts`."""
    file = bytearray()
    reading = Multipart(boundary, "content", lambda: None, file.extend)
    places = [0, *sorted(one % (len(data) + 1) for one in cuts or []), len(data)]
    for start, end in pairwise(places):
        reading.feed(data[start:end])
    return reading.fields, bytes(file), reading.ended


def test_a_form_of_a_browser_is_read_whole_and_byte_by_byte() -> None:
    content = bytes(range(256)) + b"\r\n--" + BOUNDARY[:-1] + b"\r\n-- \r\r\n\n--"
    data = form(
        part("csrf", b"x"), part("via", b""), part("content", content, "a %22b%22.bin", "Content-Type: x/y\r\n")
    )
    for cuts in ([], list(range(len(data)))):
        assert read(data, cuts) == ({"csrf": "x", "via": ""}, content, True)


@given(st.binary(max_size=300), st.text(max_size=40), st.lists(st.integers(0, 2000), max_size=9))
def test_whatever_stands_in_it_comes_out_however_it_was_cut(content: bytes, text: str, cuts: list[int]) -> None:
    data = form(part("says", text.encode()), part("content", content, "f"), part("last", b"1"))
    assert read(data, cuts) == ({"says": text, "last": "1"}, content, True)


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.text(st.characters(codec="utf-8"), max_size=20)))
def test_what_another_program_writes_is_read(fields: dict[str, str]) -> None:
    request = httpx2.Request("POST", "https://x/", data=fields, files={"content": ("n", b"\x00\r\n-")})
    boundary = boundary_of(request.headers["content-type"])
    assert boundary is not None
    assert read(request.read(), boundary=boundary) == (fields, b"\x00\r\n-", True)


def test_what_mime_allows_around_a_form_is_passed_over() -> None:
    data = b"\r\n" + form(part("a", b"1")) + b"an epilogue"
    for cuts in ([], list(range(len(data)))):
        assert read(data, cuts) == ({"a": "1"}, b"", True)


def test_the_fields_before_the_file_are_known_when_it_begins() -> None:
    known: list[dict[str, str]] = []
    reading = Multipart(BOUNDARY, "content", lambda: known.append(dict(reading.fields)), lambda _: None)
    reading.feed(form(part("csrf", b"x"), part("content", b"c", "f"), part("do", b"release")))
    assert known == [{"csrf": "x"}]


@pytest.mark.parametrize(
    "data",
    [
        b"a preamble\r\n" + form(part("a", b"1")),
        form(part("a", b"1"), part("a", b"2")),
        form(part("content", b"1", "f"), part("content", b"2", "f")),
        form(part("content", b"no file")),
        form(part("other", b"1", "f")),
        form(part("a", b"\xff")),
        form(part("a", b"1", None, "Content-Transfer-Encoding: base64\r\n")),
        form(part("a", b"1", None, "Content-Disposition: form-data\r\n")),
        form(b"--" + BOUNDARY + b"\r\n\r\nno head\r\n"),
        form(part("a", b"x" * 70_000)),
        form(*(part(f"a{n}", b"1") for n in range(60))),
        b"--" + BOUNDARY + b"\r\n" + b"X" * 5000,
        b"--" + BOUNDARY + b"x\r\n",
        form(part('a"; filename="b', b"1")),
    ],
)
def test_what_no_browser_sends_is_refused(data: bytes) -> None:
    for cuts in ([], list(range(len(data)))):
        with pytest.raises(InputError):
            read(data, cuts)


def test_a_form_without_its_end_has_not_ended() -> None:
    data = form(part("a", b"1"))
    for length in range(len(data) - 4):
        assert not read(data[:length])[2]


@pytest.mark.parametrize(
    ("kind", "found"),
    [
        ("multipart/form-data; boundary=abc", b"abc"),
        ('Multipart/Form-Data; boundary="a b"', b"a b"),
        ("application/x-www-form-urlencoded", None),
        ("", None),
    ],
)
def test_the_boundary_is_that_of_the_header(kind: str, found: bytes | None) -> None:
    assert boundary_of(kind) == found


@pytest.mark.parametrize("more", ["", "; boundary=", "; boundary=" + "x" * 71, "; charset=utf-8", "; boundary=a\u00e9"])
def test_a_boundary_that_is_none_is_refused(more: str) -> None:
    with pytest.raises(InputError):
        boundary_of(f"multipart/form-data{more}")
