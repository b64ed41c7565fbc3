"""The store: a file of SQLite, opened with the settings that make an acknowledged row last."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
import weakref
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

from relto.adapters.sqlite.errors import BUSY_SECONDS, in_use, told
from relto.adapters.sqlite.reading import SqliteReading
from relto.adapters.sqlite.schema import check_revision, upgrade
from relto.adapters.sqlite.transaction import SqliteTransaction
from relto.core.errors import Conflict, NotFound, ReltoError

_PATIENCE: Final = 1.0
_STEP: Final = 0.02
_KEPT: Final = 8
_STATEMENTS: Final = 512
"""Kept ready by each connection: one for each number of leaves that are added at once is among them."""

_Connected: TypeAlias = tuple[Connection, sqlite3.Connection]
"""A connection, and what it is to the driver."""


class SqliteStore:
    """One store file. Writers wait for each other, across processes; readers see one moment and wait for nobody."""

    def __init__(self, path: Path, *, create: bool = False) -> None:
        """Open the store at `path`. Raises NotFound where there is none, Conflict with `create` where there is one,
        InputError where it is of another revision (`migrate_store` brings up an older one)."""
        if create:
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
            except FileExistsError as error:
                raise Conflict(f"there is a store `{path}` already", remedy="choose another folder") from error
        elif not path.is_file():
            raise NotFound(f"there is no store `{path}`", remedy="make the node first, with `relto node init`")
        self._path = path
        self._writing = threading.Lock()
        self._untidy = False
        self._erased = path.with_name(f"{path.name}-erased")
        self._engine = _engine(path)
        self._idle: deque[_Connected] = deque()
        weakref.finalize(self, _close, self._engine, self._idle)  # a store that nobody closed leaves no file open
        try:
            with told(self._path):
                if create:
                    self._lay_out()
                else:
                    with self._begin("DEFERRED") as connection:
                        check_revision(connection)
        except BaseException:
            self._engine.dispose()  # what is refused is not held open: it may be about to be migrated
            raise

    def _lay_out(self) -> None:
        with self._engine.connect() as connection, connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            upgrade(connection)

    @contextmanager
    def read(self) -> Iterator[SqliteReading]:
        """A view of one moment."""
        with told(self._path), self._begin("DEFERRED") as connection:
            yield SqliteReading(connection)

    @contextmanager
    def write(self) -> Iterator[SqliteTransaction]:
        """A transaction: on the disk when it ends, undone when it raises."""
        with self._turn_to_write(), told(self._path), self._begin("IMMEDIATE") as connection:
            tx = SqliteTransaction(connection, self._path)
            yield tx
            tx.finish()
            if tx.erased:
                self._note_erased()
                _sync_folder(self._path.parent)
        self._untidy = True
        if tx.erased or self._erased.exists():
            self._empty_log(_PATIENCE if tx.erased else 0.0)

    def _note_erased(self) -> None:
        """Note beside the file that something of what was erased may stand in the write-ahead log: whichever process
        writes next is to see to that, should this one end first. No two notes are the same."""
        try:
            handle = os.open(self._erased, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                os.write(handle, os.urandom(16))
            finally:
                os.close(handle)
        except OSError as error:
            raise ReltoError(f"the store `{self._path}` failed: {error.strerror}", remedy="look at its disk") from error

    def _noted(self) -> object:
        """By what a note is told from any other; None where there is none. Another user's is told by when it came."""
        with suppress(FileNotFoundError):
            there = self._erased.stat()
            said = self._erased.read_bytes() if os.access(self._erased, os.R_OK) else b""
            return there.st_ino, there.st_mtime_ns, said
        return None

    def _empty_log(self, patience: float) -> None:
        """Let nothing of what was erased remain in the write-ahead log. While a reader still sees it, it stays there
        until a later transaction: nobody waits for a reader, who may be verifying the whole ledger, but the one that
        erases, and no longer than `patience` seconds. Where the store cannot even be opened once more, likewise: what
        was committed is not told as failed."""
        with suppress(ReltoError, OSError), told(self._path), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA busy_timeout=0")  # while SQLite itself waits here, it lets nobody write
            end = time.monotonic() + patience
            while not self._emptied(driver) and time.monotonic() < end:
                time.sleep(_STEP)

    def _emptied(self, driver: sqlite3.Connection) -> bool:
        """Empty the write-ahead log; False where somebody was in the way. The note goes once that is done, and only if
        it is still the same: who erases notes it within a transaction, and there is none while this one is open."""
        noted = self._noted()
        with suppress(sqlite3.OperationalError):  # the transaction stands; the next one tries again
            (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                return False
            driver.execute("BEGIN IMMEDIATE")
            try:
                if self._noted() == noted:
                    self._erased.unlink(missing_ok=True)
            finally:
                driver.execute("ROLLBACK")
            return True
        return False

    def tidy(self) -> None:
        """Copy what the write-ahead log holds into the file, beside those who read and write: who commits then hardly
        ever has to. It changes nothing that anybody sees; where nothing was written here since, it does nothing."""
        if not self._untidy:
            return
        self._untidy = False
        with told(self._path), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()

    @contextmanager
    def _turn_to_write(self) -> Iterator[None]:
        """The turn among this process's threads: SQLite lets those of other processes wait, but asks in long steps."""
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise in_use()
        try:
            yield
        finally:
            self._writing.release()

    @contextmanager
    def turn(self, peers: Iterable[str]) -> Iterator[None]:
        """The turn to send to these peers, among all processes and threads of this node; a crash ends it too."""
        with ExitStack() as held:
            for peer in sorted(set(peers)):  # always in the same order, so that no two wait for each other
                path = self._path.with_name(f"{self._path.name}-turn-{peer}")
                handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
                held.callback(os.close, handle)
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def close(self) -> None:
        """Close the file."""
        _close(self._engine, self._idle)

    @contextmanager
    def _begin(self, how: str) -> Iterator[Connection]:
        """A connection within a transaction, which the driver begins and ends itself: there is one for each message.

        Connections are kept: to have one from the pool, and to give it back, takes as long as what is asked of it.
        """
        connection, driver = self._connected()
        try:
            driver.execute(f"BEGIN {how}")
            yield connection
            driver.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                if driver.in_transaction:
                    driver.execute("ROLLBACK")
            connection.close()
            raise
        if connection.in_transaction() or len(self._idle) >= _KEPT:
            connection.close()
        else:
            self._idle.append((connection, driver))

    def _connected(self) -> _Connected:
        try:
            return self._idle.pop()
        except IndexError:
            connection = self._engine.connect()
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            return connection, driver


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _close(engine: Engine, idle: deque[_Connected]) -> None:
    while idle:
        idle.pop()[0].close()
    engine.dispose()


def _engine(path: Path) -> Engine:
    settings = {"timeout": BUSY_SECONDS, "check_same_thread": False, "cached_statements": _STATEMENTS}
    engine = create_engine(
        f"sqlite:///{path}", connect_args=settings, poolclass=NullPool
    )  # the store keeps them itself
    event.listen(engine, "connect", _on_connect)
    return engine


# A batch writes some hundred pages: by default every few of them would be copied into the file, and that synced, while
# its sender waits. Where a node serves, `tidy` does most of it beside them, and the log stays below 64 MiB
_ROOM = ("cache_size=-65536", "wal_autocheckpoint=16000")


def _on_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun in `_begin`
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF", *_ROOM):
        connection.execute(f"PRAGMA {pragma}")
