"""Bringing a store to a newer revision: alone with it, after a backup, in one transaction, looked at before it counts.

A crash at any point leaves the store as it was, or migrated; what was being copied then is a `.part` file that nothing
reads. A backup is one file of its own and is never written over.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from sqlalchemy import Connection, StaticPool, create_engine

from relto.adapters.sqlite.errors import told
from relto.adapters.sqlite.schema import revision_to_migrate, upgrade
from relto.adapters.sqlite.tables import REVISION
from relto.core.errors import Conflict, NotFound, ReltoError, VerificationFailed
from relto.core.timeline import Instant

_PATIENCE_SECONDS: Final = 1  # for another process to end what it is at; one that holds the store open does not
_BACKUPS: Final = 100
_PAGES: Final = 4096


@dataclass(frozen=True, slots=True)
class Migrated:
    """The revisions before and after; `backup` is the store as it was, None where nothing was to be done."""

    before: str
    after: str
    backup: Path | None


class Lineage(Protocol):
    """How files of one kind come down from one another: the revisions, and what none of them touches."""

    @property
    def newest(self) -> str:
        """The revision to come to."""
        ...

    @property
    def revision_query(self) -> str:
        """What asks a file for its revision."""
        ...

    @property
    def kept_query(self) -> str:
        """What asks for rows that no migration changes."""
        ...

    def older(self, connection: Connection) -> str | None:
        """The older revision at which a file is; None where it is up to date. Raises for one that none leads from."""
        ...

    def upgrade(self, connection: Connection) -> None:
        """Run the revisions that are missing, within the transaction of `connection`."""
        ...


class StoreLineage:
    """The node's store: the ledger's right edge and head stay as they are."""

    newest: Final = REVISION
    revision_query: Final = "SELECT version_num FROM alembic_version"
    kept_query: Final = "SELECT * FROM state ORDER BY name"

    def older(self, connection: Connection) -> str | None:
        """As `Lineage`."""
        return revision_to_migrate(connection)

    def upgrade(self, connection: Connection) -> None:
        """As `Lineage`."""
        upgrade(connection)


def migrate_store(path: Path, at: Instant, lineage: Lineage | None = None) -> Migrated:
    """Migrate the store at `path`, or another kind of file; `at` names the backup, which lies beside it.

    Raises NotFound where there is none, Conflict where another process has it open, InputError for a store from the
    future, VerificationFailed where it is damaged or did not come through whole, ReltoError where the disk fails: then
    it is as it was.
    """
    if not path.is_file():
        raise NotFound(f"there is no store `{path}`", remedy="make the node first, with `relto node init`")
    of = lineage or StoreLineage()
    with _disk_told(path), told(path), _alone(path) as (driver, connection):
        before = of.older(connection)
        connection.rollback()
        if before is None:
            return Migrated(of.newest, of.newest, None)
        backup = _back_up(driver, path, f"{path.name}-{before}-{_in_name(at)}", before, of)
        with connection.begin():
            driver.execute("BEGIN IMMEDIATE")
            held = _held(driver, of)
            of.upgrade(connection)
            _check_whole(driver, path)
            if {name: count for name, count in _held(driver, of).items() if name in held} != held:
                raise VerificationFailed(
                    f"the store `{path}` did not come through whole", remedy="report it; the store is as it was"
                )
        return Migrated(before, of.newest, backup)


@contextmanager
def _alone(path: Path) -> Iterator[tuple[sqlite3.Connection, Connection]]:
    """A connection, to the driver and above it, beside which no other can be: SQLite holds its lock from the first look
    to the end. Raises Conflict where there is another, even one that is idle."""
    driver = sqlite3.connect(path, timeout=_PATIENCE_SECONDS, isolation_level=None)
    engine = create_engine("sqlite://", creator=lambda: driver, poolclass=StaticPool)
    try:
        try:
            for pragma in ("locking_mode=EXCLUSIVE", "synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
                driver.execute(f"PRAGMA {pragma}")
            driver.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise Conflict(
                f"another process has the store `{path}` open", remedy="end it (`relto node serve`), then try again"
            ) from error
        driver.execute("COMMIT")
        with engine.connect() as connection:
            yield driver, connection
    finally:
        engine.dispose()
        driver.close()


def _back_up(driver: sqlite3.Connection, path: Path, name: str, revision: str, of: Lineage) -> Path:
    """Copy the store into a file of its own, look it through, and give it a name that none has; that file."""
    part = path.with_name(f".{name}.{os.urandom(8).hex()}.part")
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    try:
        with closing(sqlite3.connect(part, isolation_level=None)) as copy:
            driver.backup(copy, pages=_PAGES)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, and nothing beside it
            _check_whole(copy, part)
            found = str(copy.execute(of.revision_query).fetchone()[0])
            if _held(copy, of) != _held(driver, of) or found != revision:
                raise VerificationFailed(f"the backup `{part}` is not the store", remedy="look at its disk")
        _sync(part)
        backup = _named(part, path.with_name(name))
    finally:
        part.unlink(missing_ok=True)
    _sync(path.parent)
    return backup


def _named(part: Path, wanted: Path) -> Path:
    """Give a file the name `wanted`, or the first free one with a number after it: a link is made over none."""
    for number in range(1, _BACKUPS):
        target = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            os.link(part, target)
        except FileExistsError:
            continue
        return target
    raise Conflict(f"there are {_BACKUPS} backups `{wanted}` already", remedy="move them to a safe place")


def _check_whole(driver: sqlite3.Connection, path: Path) -> None:
    """Raises VerificationFailed for a damaged file, and for rows that refer to none."""
    says = driver.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if says != "ok" or driver.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise VerificationFailed(f"the store `{path}` is damaged: {says}", remedy="restore it from a backup")


def _held(driver: sqlite3.Connection, of: Lineage) -> dict[str, Any]:
    """How many rows each table has, and the rows that stay as they are: what a migration leaves alone."""
    names = [one for (one,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    held: dict[str, Any] = {
        name: driver.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]  # noqa: S608
        for name in names
    }
    held["the rows that stay"] = driver.execute(of.kept_query).fetchall()
    return held


def _in_name(at: Instant) -> str:
    """An instant to the second as part of a file's name: `20261126T124700Z`."""
    return f"{str(at)[:19].replace('-', '').replace(':', '')}Z"


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk_told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ReltoError(
            f"the store `{path}` could not be backed up: {error.strerror}",
            remedy="see to its folder and disk; the store is as it was",
        ) from error
