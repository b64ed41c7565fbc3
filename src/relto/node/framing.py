"""Batches on the wire: several messages in one request, their answers in one reply, each with its length before it.

    relto/batch/1 LF   | u8 length, kind | u32 length, message | ...
    relto/answers/1 LF | u8: 0 an answer, 1 a problem | u32 length, bytes | ...

Nothing in a batch speaks for another part of it: each message is signed, and answered, by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from relto.core.errors import InputError
from relto.core.evidence import MAX_JWS_BYTES

Message: TypeAlias = tuple[str, bytes]
"""A message's kind and its bytes."""
Answer: TypeAlias = tuple[bool, bytes]
"""Whether a message was answered, and the answer, or the problem."""

MAX_BATCH_MESSAGES: Final = 256
MAX_BATCH_BYTES: Final = 8 << 20
MAX_ANSWERS_BYTES: Final = 32 + MAX_BATCH_MESSAGES * (5 + MAX_JWS_BYTES)
_MAX_KIND: Final = 32
_BATCH: Final = b"relto/batch/1\n"
_ANSWERS: Final = b"relto/answers/1\n"


def message_size(size: int) -> int:
    """How many bytes of a batch a message of `size` bytes takes, at most."""
    return 1 + _MAX_KIND + 4 + size


def write_batch(messages: Sequence[Message]) -> bytes:
    """The bytes of a batch. Raises InputError for none, too many, or too much at once."""
    if not 1 <= len(messages) <= MAX_BATCH_MESSAGES:
        raise InputError(f"a batch of {len(messages)} messages", remedy=f"send 1 to {MAX_BATCH_MESSAGES} at once")
    parts = [_BATCH]
    for kind, message in messages:
        name = kind.encode("ascii")
        if not 1 <= len(name) <= _MAX_KIND:
            raise InputError(f"`{kind[:60]}` is no kind of message", remedy=f"name it in 1 to {_MAX_KIND} signs")
        parts += [bytes((len(name),)), name, len(message).to_bytes(4, "big"), message]
    data = b"".join(parts)
    if len(data) > MAX_BATCH_BYTES:
        raise InputError(f"a batch of {len(data)} bytes", remedy=f"send at most {MAX_BATCH_BYTES} at once")
    return data


def read_batch(data: bytes) -> list[Message]:
    """The messages of a batch. Raises InputError for anything but what `write_batch` writes."""
    if len(data) > MAX_BATCH_BYTES:
        raise InputError(f"a batch of {len(data)} bytes", remedy=f"send at most {MAX_BATCH_BYTES} at once")
    reader = _Reader(data, _BATCH, "batch")
    messages: list[Message] = []
    while reader.more(len(messages)):
        kind = reader.take(reader.number(1))
        if not 1 <= len(kind) <= _MAX_KIND or not kind.isascii():
            raise InputError("a batch with a message of no kind", remedy="name the kind of each message")
        messages.append((kind.decode("ascii"), reader.take(reader.number(4))))
    if not messages:
        raise InputError("a batch without a message", remedy="send at least one")
    return messages


def write_answers(answers: Iterable[Answer]) -> bytes:
    """The bytes of the answers to a batch, in its order."""
    parts = [_ANSWERS]
    for answered, data in answers:
        parts += [b"\x00" if answered else b"\x01", len(data).to_bytes(4, "big"), data]
    return b"".join(parts)


def read_answers(data: bytes, count: int) -> list[Answer]:
    """The answers to a batch of `count` messages. Raises InputError for anything but as many, as they are written."""
    if len(data) > MAX_ANSWERS_BYTES:
        raise InputError(f"answers of {len(data)} bytes", remedy="ask for fewer at once")
    reader = _Reader(data, _ANSWERS, "reply")
    answers: list[Answer] = []
    while reader.more(len(answers)):
        how = reader.number(1)
        if how > 1:
            raise InputError("an answer that is neither one nor a problem", remedy="ask again")
        answers.append((how == 0, reader.take(reader.number(4))))
    if len(answers) != count:
        raise InputError(f"{len(answers)} answers to {count} messages", remedy="ask again, one by one")
    return answers


class _Reader:
    """Takes parts off the front of some bytes; what is cut short is an InputError."""

    def __init__(self, data: bytes, magic: bytes, what: str) -> None:
        self._data, self._at, self._what = data, 0, what
        if self.take(len(magic)) != magic:
            raise InputError(f"not a {what}, or of a version not known here", remedy="begin it as its version says")

    def more(self, count: int) -> bool:
        """Whether there is more, after `count` parts; InputError where that would be more than a batch holds."""
        left = self._at < len(self._data)
        if left and count == MAX_BATCH_MESSAGES:
            raise InputError(f"a {self._what} of more than {MAX_BATCH_MESSAGES} parts", remedy="send fewer at once")
        return left

    def number(self, width: int) -> int:
        """A number of `width` bytes, the highest first."""
        return int.from_bytes(self.take(width), "big")

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        start, self._at = self._at, self._at + count
        if self._at > len(self._data):
            raise InputError(f"a {self._what} that is cut short", remedy="send all of it")
        return self._data[start : self._at]
