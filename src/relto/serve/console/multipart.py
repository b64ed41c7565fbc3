"""Forms with a file (`multipart/form-data`, RFC 7578), read as they come: fields as text, the file part by part.

Strict: what browsers send, and nothing else of what MIME would allow.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from relto.core.errors import InputError

_MOST_FIELDS: Final = 50
_MOST_TEXT: Final = 1 << 16
_MOST_HEAD: Final = 1 << 11
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
    """A form that is being read: `fields` so far, and whether its end has come (`ended`)."""

    def __init__(self, boundary: bytes, file: str, begin: Callable[[], None], take: Callable[[bytes], None]) -> None:
        """`file`: the name of the one field that is a file; `begin` is called as it begins, `take` with each part."""
        self.fields: dict[str, str] = {}
        self.ended = False
        self._file, self._begin, self._take = file, begin, take
        self._border = b"\r\n--" + boundary
        self._data = bytearray(b"\r\n")  # so that the first border is like the others
        self._name: str | None = None
        self._text: bytearray | None = None
        self._had_file = False
        self._text_size = 0
        self._at_border, self._first = False, True

    def feed(self, data: bytes) -> None:
        """Read what has come. Raises InputError for what is no such form, and whatever `begin` and `take` raise."""
        self._data += data
        while self._step():
            pass

    def _step(self) -> bool:
        """Read the next bit; whether there may be more of it here."""
        if self.ended:
            return self._after_end()
        if self._at_border:
            return self._head()
        at = self._data.find(self._border)
        if at < 0:
            sure = len(self._data) - len(self._border) + 1
            if sure > 0:
                self._part(bytes(self._data[:sure]))
                del self._data[:sure]
            return False
        self._part(bytes(self._data[:at]))
        self._finish()
        del self._data[: at + len(self._border)]
        self._at_border = True
        return True

    def _after_end(self) -> bool:
        if bytes(self._data) not in (b"", b"\r", b"\r\n"):
            raise _no_form()
        return False

    def _head(self) -> bool:
        """After a border: the end, or the head of the next part."""
        if self._data.startswith(b"--"):
            del self._data[:2]
            self.ended = True
            return True
        if len(self._data) < 2:
            return False
        end = self._data.find(b"\r\n\r\n")
        if end < 0 and len(self._data) <= _MOST_HEAD and self._data.startswith(b"\r\n"):
            return False
        if not 0 <= end <= _MOST_HEAD or not self._data.startswith(b"\r\n"):
            raise _no_form()
        self._open(bytes(self._data[2:end]))
        del self._data[: end + 4]
        self._at_border = self._first = False
        return True

    def _open(self, head: bytes) -> None:
        """A part begins."""
        try:
            lines = [line.partition(":") for line in head.decode("utf-8").split("\r\n")]
        except UnicodeDecodeError as error:
            raise _no_form() from error
        headers = {name.strip().lower(): value.strip() for name, _, value in lines}
        found = _DISPOSITION.fullmatch(headers.pop("content-disposition", ""))
        if found is None or len(headers) + 1 != len(lines) or headers.keys() - {"content-type"}:
            raise _no_form()
        name, file = found[1], found[2]
        if name in self.fields or (name == self._file and self._had_file):
            raise InputError("a field of the form stands twice", remedy="use the pages of this desk")
        if (file is not None) != (name == self._file) or len(self.fields) >= _MOST_FIELDS:
            raise _no_form()
        self._name, self._text = name, None if file is not None else bytearray()
        if file is not None:
            self._had_file = True
            self._begin()

    def _part(self, data: bytes) -> None:
        """What stands within a part."""
        if not data:
            return
        if self._first or self._name is None:  # before the first border nothing stands
            raise _no_form()
        if self._text is None:
            self._take(data)
            return
        self._text_size += len(data)
        if self._text_size > _MOST_TEXT:
            raise InputError(f"fields of more than {_MOST_TEXT} bytes", remedy="send less")
        self._text += data

    def _finish(self) -> None:
        """A part ends."""
        if self._name is not None and self._text is not None:
            try:
                self.fields[self._name] = self._text.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _no_form() from error
        self._name = self._text = None


def _no_form() -> InputError:
    return InputError("not a form", remedy="use the pages of this desk")
