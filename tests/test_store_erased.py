"""What was erased is gone from the write-ahead log as well, and a note stands beside the store until it is."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from relto.adapters.sqlite import SqliteStore
from relto.core.errors import ReltoError
from tests.test_store import opened, with_leaf

__all__ = ["opened"]


class Watched:
    """A connection's driver that calls before it runs a statement that begins so."""

    def __init__(self, driver: sqlite3.Connection, begins: str, call: Callable[[], None]) -> None:
        self._driver, self._begins, self._call = driver, begins, call

    def execute(self, statement: str) -> sqlite3.Cursor:
        if statement.startswith(self._begins):
            self._call()
        return self._driver.execute(statement)


@pytest.mark.parametrize("at", ["PRAGMA wal_checkpoint", "BEGIN", "ROLLBACK"])
def test_the_note_of_what_was_erased_stands_until_nothing_of_it_is_left(
    tmp_path: Path, opened: SqliteStore, at: str
) -> None:
    noted, seen = tmp_path / "node.db-erased", list[bool]()
    opened._note_erased()
    with opened._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        assert opened._emptied(Watched(driver, at, lambda: seen.append(noted.exists())))  # type: ignore[arg-type]
    assert seen == [at != "ROLLBACK"]
    assert not noted.exists()


@pytest.mark.parametrize("at", ["PRAGMA wal_checkpoint", "BEGIN"])
def test_what_another_erases_meanwhile_stays_noted(tmp_path: Path, opened: SqliteStore, at: str) -> None:
    noted = tmp_path / "node.db-erased"
    opened._note_erased()
    with opened._engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        assert opened._emptied(Watched(driver, at, opened._note_erased))  # type: ignore[arg-type]
    assert noted.exists()
    with opened.write() as tx:
        tx.note("clock", "JPN", "apart")
    assert not noted.exists()


def test_what_was_committed_is_not_told_as_failed_where_what_was_erased_cannot_be_seen_to(
    tmp_path: Path, opened: SqliteStore
) -> None:
    opened = with_leaf(opened)
    noted = tmp_path / "node.db-erased"  # by another process of this node, that ended
    noted.touch()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))  # no further file can be opened
    try:
        with opened.write() as tx:
            tx.note("clock", "JPN", "apart")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert noted.exists()
    with opened.write() as tx:
        assert tx.notes("clock") == {"JPN": "apart"}
    assert not noted.exists()


def test_a_note_of_another_user_or_none_that_can_be_made_fails_no_commit(tmp_path: Path, opened: SqliteStore) -> None:
    noted = tmp_path / "node.db-erased"
    noted.mkdir()  # it can be neither read nor taken away as a file
    with opened.write() as tx:
        tx.note("clock", "JPN", "apart")
    with opened.read() as reading:
        assert reading.notes("clock") == {"JPN": "apart"}

    def erase() -> None:
        with opened.write() as tx:
            tx.note("clock", "JPN", "together")
            tx.erased = True

    with pytest.raises(ReltoError, match="failed"):
        erase()
    with opened.read() as reading:  # what cannot be noted is not erased
        assert reading.notes("clock") == {"JPN": "apart"}
    noted.rmdir()
    with opened.write() as tx:
        tx.erased = True
    assert not noted.exists()
