"""Writing rows: all that a transaction writes, and what it puts off to its end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.errors import told
from relto.adapters.sqlite.prepared import Prepared
from relto.adapters.sqlite.reading import SqliteReading
from relto.adapters.sqlite.rows import (
    columns_of_control,
    columns_of_duty,
    columns_of_holding,
    columns_of_inbox,
    columns_of_leaf,
    columns_of_outbox,
    frontier_text,
)
from relto.core.canon import canonical
from relto.core.errors import NotFound
from relto.core.ledger import TILE_WIDTH, Frontier
from relto.core.merkle import HASH_BYTES
from relto.core.register import Control, Holding
from relto.core.timeline import Instant
from relto.node.ports import NoteKind
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow

_SETTLED: Final = ("state", "attempts", "last_error", "answer")
_ADD_LEAF: Final = Prepared(upsert(tables.leaf).on_conflict_do_nothing(index_elements=["subject", "id"]))


@cache
def _adding_leaves(count: int) -> str:
    """One statement that adds so many leaves: the driver takes longer for each of many than SQLite."""
    row = f"({', '.join('?' * len(tables.leaf.columns))})"
    return f"INSERT INTO leaf VALUES {', '.join([row] * count)}"  # noqa: S608


_ADD_DECISION, _ADD_OUTBOX, _ADD_INBOX, _ADD_HOLDING = (
    Prepared(insert(one)) for one in (tables.decision, tables.outbox, tables.inbox, tables.holding)
)
_UPDATE_OUTBOX: Final = Prepared(
    update(tables.outbox)
    .where(tables.outbox.c.number == bindparam("this"))
    .values({name: bindparam(name) for name in _SETTLED})
)
_TRIED: Final = ("attempts", "last_error")  # no index is about these, and no other row
_TRY_OUTBOX: Final = Prepared(
    update(tables.outbox)
    .where(tables.outbox.c.number == bindparam("this"), tables.outbox.c.state == literal_column("'queued'"))
    .values({name: bindparam(name) for name in _TRIED})
)
_PUT_STATE: Final = Prepared(
    upsert(tables.state).on_conflict_do_update(
        index_elements=["name"], set_={"value": upsert(tables.state).excluded.value}
    )
)
_PUT_MIRRORED: Final = Prepared(
    upsert(tables.mirror).on_conflict_do_update(
        index_elements=["party", "number"], set_={"hashes": upsert(tables.mirror).excluded.hashes}
    )
)
_PUT_DUTY: Final = Prepared(
    upsert(tables.duty).on_conflict_do_update(
        index_elements=["holding", "number"], set_={"done_at": upsert(tables.duty).excluded.done_at}
    )
)


class SqliteTransaction(SqliteReading):
    """One unit of writing: all of it happens, or nothing. What each step changes anew, the ledger's head and the latest
    instant, is written once, by `finish`."""

    def __init__(self, connection: Connection, path: Path) -> None:
        """`path`: the store's, for errors to name."""
        super().__init__(connection)
        self._path = path
        self._record_changed = False
        self._lived = super().high_water()
        self._raised = False
        self._decided: list[dict[str, Any]] = []
        self.erased = False
        self._head: tuple[Frontier, Callable[[Frontier], str]] | None = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of it: where it raises, what was written since it began is undone, and nothing else."""
        self._write_decisions()
        head, changed, lived = self._head, self._record_changed, (self._lived, self._raised)
        self._driver.execute("SAVEPOINT part")
        try:
            with told(self._path):
                yield
                self._write_decisions()
        except BaseException:
            self._decided.clear()
            self._driver.execute("ROLLBACK TO part")
            self._head, self._record_changed = head, changed
            self._lived, self._raised = lived
            self._notes.clear()
            raise
        finally:
            self._driver.execute("RELEASE part")

    def finish(self) -> None:
        """Write what was put off; the last thing before the commit."""
        self._write_decisions()
        if self._raised:
            self._put_state("high_water", str(self._lived))
        if self._head is not None:
            frontier, sign = self._head
            self._put_state("frontier", frontier_text(frontier))
            self._put_state("checkpoint", sign(frontier))

    def record_version(self) -> int | None:
        """A number that grows with every instrument that became complete; None in a transaction that has put one."""
        return None if self._record_changed else super().record_version()

    def high_water(self) -> Instant | None:
        """The latest instant this node has lived through."""
        return self._lived

    def raise_high_water(self, at: Instant) -> None:
        """Remember that `at` was lived through; an earlier instant than is known changes nothing."""
        if self._lived is None or at > self._lived:
            self._lived, self._raised = at, True

    def note(self, about: NoteKind, peer: str, note: str) -> None:
        """Note something of a peer."""
        self._put_state(f"{about}:{peer}", note)
        self._notes.pop(about, None)

    def frontier(self) -> Frontier:
        """The right edge of the ledger's tree, with what was appended here."""
        return super().frontier() if self._head is None else self._head[0]

    def append_leaf(self, leaf: Leaf, frontier: Frontier, sign: Callable[[Frontier], str]) -> bool:
        """Append a leaf, with the tree's new right edge; `sign` gives the signed head, once, at the end. False, and
        nothing is changed, where there is a leaf with this evidence. Raises Conflict where its place is taken."""
        appended = _ADD_LEAF.run(self._driver, columns_of_leaf(leaf)).rowcount == 1
        if appended:
            self._head = frontier, sign
        return appended

    def append_leaves(self, leaves: Sequence[Leaf], frontier: Frontier, sign: Callable[[Frontier], str]) -> bool:
        """Append several leaves at once, no more than `LEAVES_AT_ONCE`, with the tree's right edge after them. False,
        and nothing is changed, where there is one with the evidence of any of them already, or a place is taken."""
        try:
            self._driver.execute(_adding_leaves(len(leaves)), [*chain.from_iterable(leaves)])
        except sqlite3.IntegrityError:  # what this one statement did is undone, and nothing else
            return False
        self._head = frontier, sign
        return True

    def add_mirrored(self, party: str, hashes: Sequence[bytes]) -> None:
        """Keep these hashes of a peer's ledger after those that are kept, 256 in a row."""
        number, begun = self._last_mirrored(party)
        data, full = begun + b"".join(hashes), TILE_WIDTH * HASH_BYTES
        for place, at in enumerate(range(0, len(data), full), number):
            row = {"party": party, "number": place, "hashes": data[at : at + full]}
            _PUT_MIRRORED.run(self._driver, row)

    def drop_mirrored(self, party: str) -> None:
        """Keep no hashes of a peer's ledger any more."""
        self._connection.execute(delete(tables.mirror).where(tables.mirror.c.party == party))

    def add_decision(self, decision: DecisionRow) -> None:
        """Keep a decision."""
        columns = {
            "number": None,
            "subject": decision.subject,
            "stage": decision.stage,
            "verdict": decision.verdict,
            "digest": decision.digest,
        }
        self._decided.append(columns)

    def _write_decisions(self) -> None:
        """Write the decisions that were put off: nothing rests on them within a transaction."""
        _ADD_DECISION.run_each(self._driver, self._decided)
        self._decided.clear()

    def decisions(self, subject: str | None = None) -> list[DecisionRow]:
        """The decisions, with those of this transaction."""
        self._write_decisions()
        return super().decisions(subject)

    def enqueue(self, row: OutboxRow) -> int:
        """Queue a message; its number. Raises Conflict where the same one is queued already."""
        number = _ADD_OUTBOX.run(self._driver, columns_of_outbox(row)).lastrowid
        assert number is not None
        return number

    def update_outbox(self, row: OutboxRow) -> None:
        """Keep a row's new state, attempts, last error and answer."""
        tried = row.state == "queued" and row.answer is None
        columns = {"this": row.number, **{name: getattr(row, name) for name in (_TRIED if tried else _SETTLED)}}
        if (_TRY_OUTBOX if tried else _UPDATE_OUTBOX).run(self._driver, columns).rowcount != 1:
            raise NotFound(f"no message `{row.number}` in the outbox", remedy="list the outbox")

    def remember(self, row: InboxRow) -> None:
        """Keep the answer to a message. Raises Conflict where that message was answered already."""
        _ADD_INBOX.run(self._driver, columns_of_inbox(row))

    def add_holding(self, holding: Holding, sealed: bytes) -> None:
        """Keep a new holding and its sealed item. Raises Conflict where it is there already."""
        _ADD_HOLDING.run(self._driver, {**columns_of_holding(holding), "number": None, "sealed": sealed})
        self._put_duties(holding)

    def update_holding(self, holding: Holding) -> None:
        """Keep a holding's new state."""
        self._connection.execute(
            update(tables.holding).where(tables.holding.c.id == holding.id).values(**columns_of_holding(holding))
        )
        self._put_duties(holding)

    def erase(self, identifier: str, left: bytes) -> None:
        """Keep `left` in the place of a holding's sealed item, and nothing of that in the file or beside it."""
        self._driver.execute("PRAGMA secure_delete=ON")  # what is freed is overwritten
        self._connection.execute(update(tables.holding).where(tables.holding.c.id == identifier).values(sealed=left))
        self._driver.execute("PRAGMA secure_delete=OFF")
        self.erased = True

    def put_control(self, control: Control) -> None:
        """Keep a visit, a contractor's checklist or a facility as it is now."""
        columns = columns_of_control(control)
        self._connection.execute(
            upsert(tables.control)
            .values(**columns)
            .on_conflict_do_update(
                index_elements=["kind", "id"], set_={name: columns[name] for name in ("due_at", "events")}
            )
        )

    def put_instrument(self, row: InstrumentRow) -> None:
        """Keep an instrument and its signatures; those that are there already stay as they are."""
        self._record_changed = True
        recorded = None if row.recorded is None else str(row.recorded)
        self._connection.execute(
            upsert(tables.instrument)
            .values(
                agreement=row.agreement,
                id=row.id,
                content=row.content,
                by=canonical(list(row.by)).decode("utf-8"),
                recorded=recorded,
            )
            .on_conflict_do_update(index_elements=["agreement", "id"], set_={"recorded": recorded})
        )
        number = self._connection.execute(
            select(tables.instrument.c.number).where(
                tables.instrument.c.agreement == row.agreement, tables.instrument.c.id == row.id
            )
        ).scalar_one()
        for party, evidence in row.evidence:
            self._connection.execute(
                upsert(tables.signature)
                .values(instrument=number, party=party, evidence=evidence)
                .on_conflict_do_nothing()
            )

    def _put_duties(self, holding: Holding) -> None:
        _PUT_DUTY.run_each(self._driver, columns_of_duty(holding))

    def _put_state(self, name: str, value: str) -> None:
        _PUT_STATE.run(self._driver, {"name": name, "value": value})
