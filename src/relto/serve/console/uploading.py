"""Content that is sent to the desk: read from a form as it comes, kept on the disk, not in memory, until it is whole.

The file has no name and is encrypted under a key that this process alone has, so nothing can be read of what is left.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Final

import anyio
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from starlette.concurrency import run_in_threadpool

from relto.core.errors import Conflict, InputError, ReltoError
from relto.serve.api.guard import check_origin
from relto.serve.api.problem import TooLarge
from relto.serve.console.multipart import Multipart, boundary_of
from relto.serve.console.visiting import MAX_FORM, Visit, check_form, form_of
from relto.serve.parts import parts_of

CONTENT: Final = "content"
"""The field of a form that is a file."""
MOST_AT_ONCE: Final = 8
_BATCH: Final = 1 << 18
_PART: Final = 1 << 20
_SILENT_SECONDS: Final = 60
_DRAINED: Final = 128 << 20
_uploading = 0


class Upload:
    """Content of at most `most` bytes, as it comes."""

    def __init__(self, most: int, secret: bytes) -> None:
        """`secret`: 48 random bytes, for the key and the first block of the counter."""
        self.size, self._most = 0, most
        self._cipher = Cipher(AES(secret[:32]), CTR(secret[32:]))
        self._file = tempfile.TemporaryFile()  # noqa: SIM115
        self._encryptor = self._cipher.encryptor()

    def take(self, data: bytes) -> None:
        """Keep the next part. Raises TooLarge where it becomes too much."""
        self.size += len(data)
        if self.size > self._most:
            raise TooLarge(f"a content of more than {self._most} bytes", remedy="send less")
        self._file.write(self._encryptor.update(data))

    def whole(self) -> bytes:
        """All of it."""
        self._file.seek(0)
        decryptor, found = self._cipher.decryptor(), bytearray()
        while part := self._file.read(_PART):
            found += decryptor.update(part)
        return bytes(found)

    def close(self) -> None:
        """Let go of it."""
        self._file.close()


@dataclass(frozen=True, slots=True)
class Sent:
    """A form that was sent: its fields, and the content that came with it, if any did."""

    fields: Mapping[str, str]
    content: Upload | None = field(default=None, repr=False)


@asynccontextmanager
async def sent_form(visit: Visit) -> AsyncIterator[Sent]:
    """A form that may bring content along, which is there for as long as this lasts.

    Raises as `form_of` does, TooLarge for too much content, Conflict where too many are being sent just now.
    """
    boundary = boundary_of(visit.request.headers.get("content-type", "")[:200])
    if boundary is None:
        yield Sent(await form_of(visit))
        return
    check_origin(visit.context, visit.request)
    visit.need("submit")
    with _turn():
        upload = Upload(visit.context.settings.payload_bytes, visit.node.entropy(48))
        try:
            fields = await _fields(visit, boundary, upload)
            yield Sent(fields, upload if upload.size else None)
        finally:
            upload.close()


async def _fields(visit: Visit, boundary: bytes, upload: Upload) -> dict[str, str]:
    def check() -> None:
        check_form(visit, {**reading.fields, **({CONTENT: ""} if reading.chosen else {})})

    reading = Multipart(boundary, CONTENT, check, upload.take)  # what no page of ours has sent is not kept
    parts, most = parts_of(visit.request), upload_limit(visit)
    size, waiting, failed = 0, bytearray(), None
    with anyio.CancelScope() as scope:
        scope.deadline = anyio.current_time() + _SILENT_SECONDS
        async for part in parts:
            scope.deadline = anyio.current_time() + _SILENT_SECONDS
            size += len(part)
            if failed is not None:  # read on for a while, for a browser shows no answer before it has sent all
                if size > most + _DRAINED:
                    raise failed
                continue
            waiting += part
            if len(waiting) < _BATCH:
                continue
            failed = await _fed(reading, bytes(waiting))
            waiting.clear()
            failed = failed or (TooLarge("a form that is too large", remedy="send less") if size > most else None)
    if scope.cancelled_caught:
        raise InputError(f"nothing came for {_SILENT_SECONDS} seconds", remedy="send it again")
    failed = failed or await _fed(reading, bytes(waiting))
    if failed is not None:
        raise failed
    if not reading.ended:
        raise InputError("a form without its end", remedy="send it again")
    check()
    return {name: text for name, text in reading.fields.items() if name != "csrf"}


async def _fed(reading: Multipart, data: bytes) -> ReltoError | None:
    try:
        await run_in_threadpool(reading.feed, data)
    except ReltoError as error:
        return error
    return None


def upload_limit(visit: Visit) -> int:
    """How many bytes a form with content may have."""
    return visit.context.settings.payload_bytes + 2 * MAX_FORM


@contextmanager
def _turn() -> Iterator[None]:
    global _uploading
    if _uploading >= MOST_AT_ONCE:
        raise Conflict(f"{MOST_AT_ONCE} contents are being sent already", remedy="send it again in a moment")
    _uploading += 1
    try:
        yield
    finally:
        _uploading -= 1
