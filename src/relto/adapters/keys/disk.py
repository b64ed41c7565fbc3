"""Files of keys: read whole and not through a link, written whole or not at all, private ones for their owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from relto.core.errors import InputError, NotFound, ReltoError

MAX_PEM_BYTES: Final = 4096


def read_private(path: Path) -> bytes:
    """The bytes of a file with a secret in it. Raises NotFound, and InputError for one that others may read."""
    return read_file(path, MAX_PEM_BYTES, private=True)


def read_file(path: Path, limit: int, *, private: bool = False) -> bytes:
    """The bytes of a file, not through a symbolic link; a private one only if nobody else may read or write it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait
    except FileNotFoundError as error:
        raise NotFound(f"there is no `{path}`", remedy="make the node first, with `relto node init`") from error
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", remedy="check its owner and mode") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"`{path}` is not a plain file", remedy="restore it")
        if private and status.st_mode & 0o077:
            raise loose(path, "600")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise InputError(f"`{path}` is larger than {limit} bytes", remedy="restore it")
    return data


def loose(path: Path, mode: str) -> ReltoError:
    """The error for what others than its owner may use."""
    return InputError(f"others than its owner may use `{path}`", remedy=f"chmod {mode} {path}")


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 600 whole or not at all, and have it on the disk when this returns."""
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")  # a crash may leave one behind
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have what was renamed in a folder on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
