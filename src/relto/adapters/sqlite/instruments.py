"""Reading instruments and the signatures under them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.rows import check_types, instant_in
from relto.core.canon import JSON, canonical, parse_json
from relto.core.errors import VerificationFailed
from relto.node.rows import InstrumentRow


class InstrumentReading:
    """The part of a view of the store that is about instruments."""

    _connection: Connection

    def instruments(self) -> list[InstrumentRow]:
        """All instruments, complete or not, in the order they came."""
        query = select(tables.instrument).order_by(tables.instrument.c.number)
        return [self._instrument(row) for row in self._connection.execute(query).all()]

    def instrument(self, agreement: str, identifier: str) -> InstrumentRow | None:
        """One instrument."""
        query = select(tables.instrument).where(
            tables.instrument.c.agreement == agreement, tables.instrument.c.id == identifier
        )
        row = self._connection.execute(query).one_or_none()
        return None if row is None else self._instrument(row)

    def _instrument(self, row: Row[Any]) -> InstrumentRow:
        query = select(tables.signature).where(tables.signature.c.instrument == row.number)
        signatures = self._connection.execute(query.order_by(tables.signature.c.party))
        check_types(row, tables.instrument)
        by = parse_json(row.by.encode("utf-8"), name="instrument.by")
        if not isinstance(by, list) or not all(isinstance(one, str) for one in by) or _written(by) != row.by:
            raise VerificationFailed(f"the row of instrument `{row.id}` was changed", remedy="restore the store")
        return InstrumentRow(
            agreement=row.agreement,
            id=row.id,
            content=row.content,
            by=tuple(str(one) for one in by),
            evidence=tuple((one.party, one.evidence) for one in signatures),
            recorded=None if row.recorded is None else instant_in(row.recorded, "instrument.recorded"),
        )


def _written(by: list[JSON]) -> str:
    return canonical(by).decode("utf-8")
