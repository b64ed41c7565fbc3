"""Media as files: written whole or not at all, over none that is there, and read from plain files alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from relto.core.errors import Conflict, InputError


@contextmanager
def new_medium(path: Path) -> Iterator[Callable[[bytes], object]]:
    """What writes into a new file, for its owner alone, which has its name, and is on the disk, once this ends.

    Where it raises there is no file. Raises Conflict where there is one by that name, InputError where the place cannot
    be written.
    """
    if os.path.lexists(path):
        raise Conflict(f"there is a file `{path}` already", remedy="name another, or take that one away")
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                yield file.write
                file.flush()
                os.fsync(file.fileno())
            part.rename(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        _sync(path.parent)
    except OSError as error:
        raise InputError(f"`{path}` cannot be written: {error.strerror}", remedy="name another place") from error


@contextmanager
def open_medium(path: Path) -> Iterator[BinaryIO]:
    """The file of a medium, to read. Raises InputError for what is no plain file, a link to one too."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        says = getattr(error, "strerror", None) or "not a file name"
        raise InputError(f"`{path}` cannot be read: {says}", remedy="name the file itself, not a link") from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise InputError(f"`{path}` is no plain file", remedy="name the file of a medium")
    with os.fdopen(handle, "rb") as file:
        yield file


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
