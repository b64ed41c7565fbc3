"""Statements that are run for every message: written out once, and run by the driver itself.

SQLAlchemy compiles, adapts and wraps at every execution, which costs more than SQLite takes for the statement. The text
is still SQLAlchemy's, from the same tables; what comes back has the names of the table's columns.
"""

from __future__ import annotations

import sqlite3
from collections import namedtuple
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Executable, Table
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql import ClauseElement

_DIALECT: Final = sqlite.dialect(paramstyle="qmark")  # the driver looks up names at every execution


class Prepared:
    """A statement whose parameters are named. It is written out when it is first run."""

    def __init__(self, statement: Executable, table: Table | None = None) -> None:
        """`table`: that of which a query gives whole rows."""
        self._statement, self._table = statement, table

    @cached_property
    def _written(self) -> tuple[str, tuple[str, ...]]:
        """The text, and the names of its parameters in order."""
        assert isinstance(self._statement, ClauseElement)
        compiled = self._statement.compile(dialect=_DIALECT)
        return str(compiled), tuple(getattr(compiled, "positiontup", None) or ())

    @cached_property
    def _row(self) -> Any:
        assert self._table is not None
        row: Any = namedtuple(self._table.name, [column.name for column in self._table.columns])  # type: ignore[misc]
        return row._make

    def run(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> sqlite3.Cursor:
        """Run it."""
        text, names = self._written
        return connection.execute(text, [values[name] for name in names])

    def run_each(self, connection: sqlite3.Connection, values: Sequence[Mapping[str, Any]]) -> None:
        """Run it once for each of these."""
        if values:
            text, names = self._written
            connection.executemany(text, [[one[name] for name in names] for one in values])

    def scalar(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Any:
        """The first column of the one row it gives; None where it gives none."""
        found = self.run(connection, values).fetchone()
        return None if found is None else found[0]

    def rows(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Iterator[Any]:
        """The rows it gives, with the columns by name."""
        return map(self._row, self.run(connection, values))

    def row(self, connection: sqlite3.Connection, values: Mapping[str, Any]) -> Any:
        """The one row it gives, with the columns by name; None where it gives none."""
        found = self.run(connection, values).fetchone()
        return None if found is None else self._row(found)
