"""Reading rows to verify them: as they come from the driver, for there are millions."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator
from typing import Any, Final, get_args

from sqlalchemy import Column, Connection, bindparam, func, select, text

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.prepared import Prepared
from relto.adapters.sqlite.rows import (
    check_types,
    columns_of_duty,
    columns_of_holding,
    inbox_row_of,
    leaf_of,
    outbox_row_of,
)
from relto.core.register import Holding
from relto.node.ports import NoteKind
from relto.node.rows import DecisionRow, InboxRow, Leaf, OutboxRow
from relto.node.verify_port import Takes


def _in_order(by: Column[int]) -> tuple[Prepared, Prepared]:
    """All rows of the table of the column `by`, and those whose subject is `taken`: of the others SQLite reads no more
    than that. No index is asked, for one that was changed could leave rows out."""
    table = by.table
    every = select(table).order_by(by)
    some = every.where(func.taken(table.c.subject)).with_hint(table, "NOT INDEXED", "sqlite")
    return Prepared(every, table), Prepared(some, table)


_LEAVES: Final = _in_order(tables.leaf.c.position)
_DECISIONS, _OUTBOX, _INBOX = (_in_order(one.c.number) for one in (tables.decision, tables.outbox, tables.inbox))
# no index: what one that was changed leaves out would be parted from what it belongs to
_LEAVES_BUT: Final = Prepared(
    text(
        f"SELECT {', '.join(one.name for one in tables.leaf.columns)} FROM leaf NOT INDEXED"  # noqa: S608
        " WHERE kind NOT IN (SELECT value FROM json_each(:kinds)) ORDER BY position"
    )
)
_SUBJECTS: Final = (
    "SELECT id, subject FROM leaf NOT INDEXED WHERE id IN (SELECT value FROM json_each(?))"
    " AND typeof(id) = 'text' AND typeof(subject) = 'text'"
)
_REGISTERED: Final = Prepared(select(tables.holding).where(tables.holding.c.id == bindparam("id")), tables.holding)
_DUTIES_OF: Final = Prepared(
    select(tables.duty).where(tables.duty.c.holding == bindparam("id")).order_by(tables.duty.c.number), tables.duty
)
_DECISION_TYPES: Final = [one.type.python_type for one in tables.decision.columns]
_HELD: Final = ("id", "item", "originator", "sender", "mark", "received_at", "events")
_KEPT: Final = Prepared(
    select(*(tables.holding.c[name] for name in (*_HELD, "sealed"))).where(tables.holding.c.id == bindparam("id"))
)
_NAMES: Final = frozenset(
    [(name, False) for name in ("high_water", "frontier", "checkpoint")] + [(name, True) for name in get_args(NoteKind)]
)


class VerifyReading:
    """The part of a view of the store by which it is verified."""

    _connection: Connection
    _driver: sqlite3.Connection

    def leaves_taken(self, takes: Takes | None) -> Iterator[Leaf]:
        """The leaves whose subject it `takes`, in order; all where it is None."""
        return map(leaf_of, self._prepared(_LEAVES, takes).run(self._driver, {}))

    def leaves_but(self, kinds: Collection[str]) -> Iterator[Leaf]:
        """The leaves of other kinds than these, in order."""
        return map(leaf_of, _LEAVES_BUT.run(self._driver, {"kinds": json.dumps(sorted(kinds))}))

    def subjects(self, names: Collection[str]) -> Iterator[tuple[str, str]]:
        """The digest and the subject of each leaf with one of these digests; one of which they are no text is left
        out."""
        yield from self._driver.execute(_SUBJECTS, [json.dumps(sorted(names))])

    def decisions_taken(self, takes: Takes | None) -> Iterator[DecisionRow]:
        """The decisions whose subject it `takes`, in the order they were made."""
        for row in self._taken(_DECISIONS, takes):
            if [*map(type, row)] != _DECISION_TYPES:
                check_types(row, tables.decision)  # it says which
            yield DecisionRow(row.subject, row.stage, row.verdict, row.digest)

    def outbox_taken(self, takes: Takes | None) -> Iterator[OutboxRow]:
        """The messages sent or to send whose subject it `takes`, in order."""
        return map(outbox_row_of, self._taken(_OUTBOX, takes))

    def inbox_taken(self, takes: Takes | None) -> Iterator[InboxRow]:
        """The messages answered whose subject it `takes`, in order."""
        return map(inbox_row_of, self._taken(_INBOX, takes))

    def _taken(self, queries: tuple[Prepared, Prepared], takes: Takes | None) -> Iterator[Any]:
        return self._prepared(queries, takes).rows(self._driver, {})

    def _prepared(self, queries: tuple[Prepared, Prepared], takes: Takes | None) -> Prepared:
        every, some = queries
        if takes is None:
            return every
        self._driver.create_function("taken", 1, takes)  # one at a time: while rows are read by another, this raises
        return some

    def misplaced(self) -> list[str]:
        """Rows whose numbers are not those that the store gave them, one after another, and rows of the table of what
        it keeps by name that have none of its names, or no text; in words."""
        found = []
        for table in (tables.decision, tables.outbox, tables.inbox, tables.holding, tables.control, tables.instrument):
            numbers = self._connection.execute(select(table.c.number).order_by(table.c.number))
            for wanted, (number,) in enumerate(numbers, 1):
                if number != wanted:
                    found.append(f"{table.name}: row {number} has another number than the {wanted} it was given")
                    break
        stray = "SELECT holding FROM duty WHERE holding NOT IN (SELECT id FROM holding) LIMIT 1"
        found += [f"duty: a row is of no holding, `{name!r:.80}`" for (name,) in self._driver.execute(stray)]
        for name, value in self._driver.execute("SELECT name, value FROM state"):
            kind, _, party = name.partition(":") if isinstance(name, str) else ("", "", "")
            if (kind, bool(party)) not in _NAMES or not isinstance(value, str):
                found.append(f"state: `{name!r:.80}` is no name of what is kept, or its value no text")
        return found

    def columns_differ(self, holding: Holding) -> list[str]:
        """The columns of a holding and its duties that are not what its events make them."""
        row = _REGISTERED.row(self._driver, {"id": holding.id})
        if row is None:  # its events are there, under another id
            return ["id"]
        wrong = [name for name, value in columns_of_holding(holding).items() if getattr(row, name) != value]
        duties = _DUTIES_OF.rows(self._driver, {"id": holding.id})
        if [one._asdict() for one in duties] != columns_of_duty(holding):
            wrong.append("duties")
        return wrong

    def kept_as(self, holding: Holding) -> bytes | None:
        """The sealed item of a holding that stands in the register exactly as its events make it; else None."""
        columns = columns_of_holding(holding)
        row = _KEPT.run(self._driver, columns).fetchone()
        if row is None or type(row[-1]) is not bytes or row[:-1] != tuple([columns[name] for name in _HELD]):
            return None
        duties = _DUTIES_OF.run(self._driver, columns).fetchall()
        return row[-1] if duties == [tuple(one.values()) for one in columns_of_duty(holding)] else None
