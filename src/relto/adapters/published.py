"""A published ledger in a folder, for any server of static files: each file whole, none changed once it is there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from relto.core.errors import Conflict, InputError, NotFound

MAX_FILE_BYTES: Final = 256 * (2 + 65_535)  # a bundle of the longest leaves
_CHANGES: Final = "checkpoint"


def publish(folder: Path, files: Iterable[tuple[str, bytes]], told: Callable[[int], None]) -> int:
    """Write what is not there yet, in order, the checkpoint last and over the one before; how many files were written.

    A crash leaves some files more, which the next run finds as they should be. Raises Conflict for a file that is there
    with something else in it.
    """
    written = 0
    folder.mkdir(parents=True, exist_ok=True)
    for path, data in files:
        place = folder / path
        if place.is_file():
            if place.read_bytes() == data:
                continue
            if path != _CHANGES:
                raise Conflict(f"`{place}` is not what was published", remedy="publish into an empty folder")
        place.parent.mkdir(parents=True, exist_ok=True)
        _write(place, data)
        written += 1
        told(written)
    return written


def fetch_from(folder: Path) -> Callable[[str], bytes]:
    """The files of a published ledger by their paths. What is given raises NotFound for one that is not there."""

    def fetch(path: str) -> bytes:
        place = folder / path
        try:
            with place.open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except OSError as error:
            raise NotFound(f"`{place}` cannot be read: {error.strerror}", remedy="publish or fetch it again") from error
        if len(data) > MAX_FILE_BYTES:
            raise InputError(f"`{place}` is larger than {MAX_FILE_BYTES} bytes", remedy="publish or fetch it again")
        return data

    return fetch


def _write(place: Path, data: bytes) -> None:
    part = place.with_name(f".{place.name}.{os.urandom(8).hex()}.part")
    try:
        with part.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
