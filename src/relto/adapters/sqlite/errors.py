"""What the database says went wrong, as errors of this program."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from sqlalchemy.exc import DBAPIError

from relto.core.errors import Conflict, ReltoError, VerificationFailed

BUSY_SECONDS: Final = 30


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what fails within, in the store at `path`, as Conflict, VerificationFailed, or a plain ReltoError."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        if isinstance(cause, sqlite3.ProgrammingError):
            raise  # the store is not to blame
        raise _error(path, cause) from error


def in_use() -> Conflict:
    """That others were writing all the time."""
    return Conflict(f"the store is in use: no turn in {BUSY_SECONDS} s", remedy="end the other process, or try again")


def _error(path: Path, cause: BaseException | None) -> ReltoError:
    if isinstance(cause, sqlite3.IntegrityError):
        return Conflict("the store holds that already", remedy="look at what is there before doing it again")
    if isinstance(cause, sqlite3.OperationalError):
        if "locked" in str(cause) or "busy" in str(cause):
            return in_use()
        return ReltoError(f"the store `{path}` failed: {cause}", remedy="look at its disk")
    return VerificationFailed(f"the store `{path}` is damaged: {cause}", remedy="restore it from a backup")
