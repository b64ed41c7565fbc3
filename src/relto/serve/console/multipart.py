"""Forms with a file (`multipart/form-data`, RFC 7578), read as they come: fields as text, the file part by part.

`python-multipart` takes them apart. What stands in them is held to what browsers send.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final, NoReturn

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser

from relto.core.errors import InputError

_MOST_FIELDS: Final = 50
_MOST_TEXT: Final = 1 << 16
_MOST_HEAD: Final = 1 << 11
_MOST_HEADERS: Final = 2
_BOUNDARY: Final = re.compile(r"[A-Za-z0-9'()+_,./:=? -]{0,69}[A-Za-z0-9'()+_,./:=?-]", re.ASCII)  # RFC 2046, 5.1.1
_DISPOSITION: Final = re.compile(r'form-data; name="([^"\r\n]{1,100})"(?:; filename="([^"\r\n]{0,1000})")?')
_TYPE: Final = "multipart/form-data"


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form with a file; None for another kind of body. Raises InputError for a boundary that is none.

    >>> boundary_of("multipart/form-data; boundary=x")
    b'x'
    """
    kind, _, more = content_type.partition(";")
    if kind.strip().lower() != _TYPE:
        return None
    name, _, value = more.strip().partition("=")
    value = value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
    if name.lower() != "boundary" or not _BOUNDARY.fullmatch(value):
        raise _no_form()
    return value.encode("ascii")


class Multipart:
    """A form that is being read: `fields` so far, whether a file was `chosen` and its end has come (`ended`)."""

    def __init__(self, boundary: bytes, file: str, begin: Callable[[], None], take: Callable[[bytes], None]) -> None:
        """`file`: the name of the one field that is a file; `begin` is called as it begins, `take` with each part."""
        self.fields: dict[str, str] = {}
        self.chosen = self.ended = False
        self._file, self._begin, self._take = file, begin, take
        self._header, self._value = bytearray(), bytearray()
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._text: bytearray | None = None
        self._had_file = False
        self._text_size = 0
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._header.extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                "on_header_end": self._headed,
                "on_headers_finished": self._open,
                "on_part_data": self._part,
                "on_part_end": self._finish,
                "on_end": self._end,
            },
            max_header_count=_MOST_HEADERS,
            max_header_size=_MOST_HEAD,
        )

    def feed(self, data: bytes) -> None:
        """Read what has come. Raises InputError for what is no such form, and whatever `begin` and `take` raise."""
        try:
            self._parser.write(data)
        except MultipartParseError as error:
            raise _no_form() from error

    def _headed(self) -> None:
        name = bytes(self._header).lower()
        if name in self._headers:
            _refuse()
        self._headers[name] = bytes(self._value)
        self._header.clear()
        self._value.clear()

    def _open(self) -> None:
        """The head of a part has come."""
        try:
            disposition = self._headers.pop(b"content-disposition", b"").decode("utf-8")
        except UnicodeDecodeError as error:
            raise _no_form() from error
        found = _DISPOSITION.fullmatch(disposition)
        if found is None or self._headers.keys() - {b"content-type"}:
            _refuse()
        name, file = found[1], found[2]
        if name in self.fields or (name == self._file and self._had_file):
            raise InputError("a field of the form stands twice", remedy="use the pages of this desk")
        if (file is not None) != (name == self._file) or len(self.fields) >= _MOST_FIELDS:
            _refuse()
        self._name, self._text = name, None if file is not None else bytearray()
        if file is not None:
            self._had_file, self.chosen = True, bool(file)
            self._begin()

    def _part(self, data: bytes, start: int, end: int) -> None:
        """What stands within a part."""
        if self._text is None:
            self._take(data[start:end])
            return
        self._text_size += end - start
        if self._text_size > _MOST_TEXT:
            raise InputError(f"fields of more than {_MOST_TEXT} bytes", remedy="send less")
        self._text += data[start:end]

    def _finish(self) -> None:
        """A part ends."""
        if self._text is not None:
            try:
                self.fields[self._name] = self._text.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _no_form() from error
        self._text = None

    def _end(self) -> None:
        self.ended = True


def _refuse() -> NoReturn:
    raise _no_form()


def _no_form() -> InputError:
    return InputError("not a form", remedy="use the pages of this desk")
