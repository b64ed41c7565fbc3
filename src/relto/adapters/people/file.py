"""The file `people.db`: its owner's alone, opened with the settings that make a row last, its version checked."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select
from sqlalchemy.exc import DatabaseError, IntegrityError, OperationalError

from relto.adapters.people import tables
from relto.core.errors import Conflict, InputError, ReltoError, VerificationFailed

BUSY_SECONDS: Final = 30


class PeopleFile:
    """Transactions on one file; what SQLite says goes wrong comes out as errors of ours."""

    def __init__(self, path: Path) -> None:
        """Open the file at `path`, making it where there is none. Raises InputError for one that others may read, one
        from the future, and one of something else."""
        self._path = path
        _make(path)
        self._engine = _engine(path)
        try:
            with self.errors(), self.begin("IMMEDIATE") as connection:
                _bring_up_to_date(connection, path)
        except BaseException:
            self.close()  # a file that is refused stays open nowhere: a migration has to be alone with it
            raise

    @contextmanager
    def begin(self, how: str) -> Iterator[Connection]:
        """A transaction of SQLite: `DEFERRED` to read, `IMMEDIATE` to write; durable when it ends."""
        with self._engine.connect() as connection:
            connection = connection.execution_options(relto_begin=how)
            with connection.begin():
                yield connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what SQLite raises into Conflict, VerificationFailed or ReltoError."""
        try:
            yield
        except IntegrityError as error:
            raise Conflict(
                "another account has that id, certificate or subject", remedy="list the accounts, and choose another"
            ) from error
        except OperationalError as error:
            if "locked" in str(error.orig) or "busy" in str(error.orig):
                raise Conflict(
                    f"the accounts are in use: no turn in {BUSY_SECONDS} s", remedy="end the other process"
                ) from error
            raise ReltoError(f"the accounts `{self._path}` failed: {error.orig}", remedy="look at its disk") from error
        except DatabaseError as error:
            raise VerificationFailed(
                f"the accounts `{self._path}` are damaged: {error.orig}", remedy="restore them from a backup"
            ) from error

    @contextmanager
    def alone(self, identifier: str) -> Iterator[None]:
        """Hold the lock of this name. Raises Conflict where another holds it."""
        name = hashlib.sha256(identifier.encode("utf-8")).hexdigest()[:32]
        path = self._path.with_name(f"{self._path.name}-{name}.lock")
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            if not _locked(handle, path):
                raise Conflict(f"another is at work on `{identifier}`", remedy="look at it again in a moment")
            try:
                yield
            finally:
                path.unlink(missing_ok=True)
        finally:
            os.close(handle)

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


def _locked(handle: int, path: Path) -> bool:
    """Whether we hold the lock, and on the file that is still there: its holder before us takes it away."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(handle), path.stat())
    except (BlockingIOError, FileNotFoundError):
        return False


def _make(path: Path) -> None:
    """Make the file for its owner alone, or see that it is; SQLite gives its own files beside it the same mode."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    except FileExistsError:
        status = path.lstat()
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"`{path}` is not a plain file", remedy="restore it") from None
        if status.st_mode & 0o077:
            raise InputError(f"others than its owner may use `{path}`", remedy=f"chmod 600 {path}") from None
    except FileNotFoundError as error:
        raise InputError(f"there is no folder for `{path}`", remedy="make the node first") from error


def _bring_up_to_date(connection: Connection, path: Path) -> None:
    names = inspect(connection).get_table_names()
    if not names:
        tables.metadata.create_all(connection)
        connection.execute(insert(tables.version).values(number=tables.VERSION))
        return
    found = connection.execute(select(tables.version.c.number)).scalar() if "version" in names else None
    if found is None:
        raise InputError(f"`{path}` is a database, but not one of accounts", remedy="restore it")
    if found > tables.VERSION:
        raise InputError(
            f"the accounts are at version {found}, this relto knows {tables.VERSION}",
            remedy="open them with a newer relto",
        )
    if found < tables.VERSION:
        raise InputError(
            f"the accounts are at version {found}, this relto works on {tables.VERSION}",
            remedy="run `relto node migrate` on the node's folder, which makes a backup first",
        )


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _on_connect)
    event.listen(engine, "begin", _on_begin)
    return engine


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # we begin transactions ourselves
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _on_begin(connection: Connection) -> None:
    how = connection.get_execution_options().get("relto_begin", "DEFERRED")
    connection.exec_driver_sql(f"BEGIN {how}")
