"""Reading visits, contractors' checklists and facilities."""

from __future__ import annotations

import sqlite3
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, select

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.prepared import Prepared
from relto.adapters.sqlite.rows import columns_of_control, control_in, control_of
from relto.core.register import Control, ControlKind
from relto.core.timeline import Instant

_SECOND: Final = 1_000_000_000
_IN_ORDER: Final = select(tables.control).order_by(tables.control.c.number)
_ALL: Final = Prepared(_IN_ORDER)
_OF_KIND: Final = Prepared(_IN_ORDER.where(tables.control.c.kind == bindparam("kind")))


class ControlReading:
    """The part of a view of the store that is about controls."""

    _connection: Connection
    _driver: sqlite3.Connection

    def control(self, kind: ControlKind, identifier: str) -> Control | None:
        """One visit, contractor's checklist or facility."""
        row = self._control(kind, identifier)
        return None if row is None else control_in(row)

    def controls(self, kind: ControlKind | None = None) -> list[Control]:
        """All visits, checklists and facilities, or those of one kind, in the order they began."""
        rows = _ALL.run(self._driver, {}) if kind is None else _OF_KIND.run(self._driver, {"kind": kind})
        return [control_of(row) for row in rows]

    def controls_due(self, by: Instant) -> list[Control]:
        """The contractors with an inspection due by `by`, to the second, that was not entered as missed."""
        due = tables.control.c.due_at
        query = select(tables.control).where(due.is_not(None), due <= str(by.plus(_SECOND)))
        return [control_in(row) for row in self._connection.execute(query.order_by(tables.control.c.number))]

    def control_columns_differ(self, control: Control) -> list[str]:
        """The columns of a visit, checklist or facility that are not what its events make them."""
        row = self._control(control.kind, control.id)
        if row is None:  # its events are there, under another name
            return ["id"]
        return [name for name, value in columns_of_control(control).items() if getattr(row, name) != value]

    def _control(self, kind: ControlKind, identifier: str) -> Row[Any] | None:
        same = tables.control.c.kind == kind, tables.control.c.id == identifier
        return self._connection.execute(select(tables.control).where(*same)).one_or_none()
