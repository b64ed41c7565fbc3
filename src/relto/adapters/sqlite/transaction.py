"""Reading and writing rows: SQL on one side, the node's values on the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, insert, literal_column, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.errors import told
from relto.adapters.sqlite.prepared import Prepared
from relto.adapters.sqlite.rows import (
    check_types,
    columns_of_duty,
    columns_of_holding,
    columns_of_inbox,
    columns_of_leaf,
    columns_of_outbox,
    frontier_of,
    frontier_text,
    holding_of,
    inbox_row_of,
    leaf_of,
    outbox_row_of,
)
from relto.core.canon import canonical, parse_json
from relto.core.errors import NotFound, VerificationFailed
from relto.core.ledger import Frontier
from relto.core.register import Holding
from relto.core.timeline import Instant, parse_instant
from relto.node.ports import NoteKind
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow, OutboxState, Queued

_STATE: Final = Prepared(select(tables.state.c.value).where(tables.state.c.name == bindparam("name")))
_NOTES: Final = Prepared(  # between `about:` and `about;`, the next character: an index answers, without LIKE
    select(tables.state.c.name, tables.state.c.value).where(
        tables.state.c.name >= bindparam("first"), tables.state.c.name < bindparam("beyond")
    )
)
_LEAF: Final = Prepared(select(tables.leaf).where(tables.leaf.c.id == bindparam("id")), tables.leaf)
_HAS_LEAF: Final = Prepared(select(tables.leaf.c.position).where(tables.leaf.c.id == bindparam("id")))
_OUTBOX_ROW: Final = Prepared(select(tables.outbox).where(tables.outbox.c.number == bindparam("number")), tables.outbox)
_ANSWERED: Final = Prepared(
    select(tables.inbox).where(
        tables.inbox.c.kind == bindparam("kind"), tables.inbox.c.subject == bindparam("subject")
    ),
    tables.inbox,
)
_VERSION: Final = Prepared(
    select(func.count()).select_from(tables.instrument).where(tables.instrument.c.recorded.is_not(None))
)
_WAITING: Final = (
    select(
        tables.outbox.c.number,
        tables.outbox.c.peer,
        tables.outbox.c.kind,
        tables.outbox.c.waits_for != literal_column("''"),
        tables.outbox.c.attempts,
        func.length(tables.outbox.c.message),
    )
    .where(tables.outbox.c.state == literal_column("'queued'"), tables.outbox.c.number > bindparam("after"))
    .order_by(tables.outbox.c.number)
    .limit(bindparam("limit"))
    .offset(literal_column("0"))
)
_QUEUED: Final = Prepared(_WAITING)
_QUEUED_FOR: Final = Prepared(_WAITING.where(tables.outbox.c.peer == bindparam("peer")))
_QUEUED_PEERS: Final = Prepared(
    select(tables.outbox.c.peer).where(tables.outbox.c.state == literal_column("'queued'")).distinct()
)
_NEWEST_HOLDING: Final = Prepared(select(func.max(tables.holding.c.number)))
_SETTLED: Final = ("state", "attempts", "last_error", "answer")
_ADD_LEAF, _ADD_DECISION, _ADD_OUTBOX, _ADD_INBOX, _ADD_HOLDING = (
    Prepared(insert(one)) for one in (tables.leaf, tables.decision, tables.outbox, tables.inbox, tables.holding)
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
_PUT_DUTY: Final = Prepared(
    upsert(tables.duty).on_conflict_do_update(
        index_elements=["holding", "number"], set_={"done_at": upsert(tables.duty).excluded.done_at}
    )
)


class SqliteReading:
    """A view of one moment of the store."""

    def __init__(self, connection: Connection) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        self._connection, self._driver = connection, driver
        self._version: int | None = None
        self._notes: dict[NoteKind, dict[str, str]] = {}

    def high_water(self) -> Instant | None:
        """The latest instant this node has lived through."""
        found = self._state("high_water")
        return parse_instant(found) if found else None

    def notes(self, about: NoteKind) -> dict[str, str]:
        """What is noted of the peers, by party."""
        found = self._notes.get(about)
        if found is None:
            rows = _NOTES.run(self._driver, {"first": f"{about}:", "beyond": f"{about};"})
            found = self._notes[about] = {str(name).partition(":")[2]: str(value) for name, value in rows}
        return found

    def checkpoint(self) -> str:
        """The signed head of the ledger; empty before the first leaf."""
        return self._state("checkpoint")

    def frontier(self) -> Frontier:
        """The right edge of the ledger's tree. Raises VerificationFailed where it is none."""
        return frontier_of(self._state("frontier"))

    def ledger_size(self) -> int:
        """How many leaves there are."""
        return int(self._connection.execute(select(func.count()).select_from(tables.leaf)).scalar_one())

    def leaves(self, subject: str | None = None) -> Iterator[Leaf]:
        """The leaves in order; those about `subject` where one is given."""
        query = select(tables.leaf).order_by(tables.leaf.c.position)
        if subject is not None:
            query = query.where(tables.leaf.c.subject == subject)
        for row in self._connection.execute(query):
            yield leaf_of(row)

    def leaf(self, identifier: str) -> Leaf | None:
        """The leaf that holds this piece of evidence."""
        row = _LEAF.row(self._driver, {"id": identifier})
        return None if row is None else leaf_of(row)

    def has_leaf(self, identifier: str) -> bool:
        """Whether there is a leaf that holds this piece of evidence."""
        return _HAS_LEAF.scalar(self._driver, {"id": identifier}) is not None

    def decisions(self, subject: str | None = None) -> list[DecisionRow]:
        """The decisions in the order they were made; those about `subject` where one is given."""
        query = select(tables.decision).order_by(tables.decision.c.number)
        if subject is not None:
            query = query.where(tables.decision.c.subject == subject)
        rows = [check_types(row, tables.decision) for row in self._connection.execute(query)]
        return [DecisionRow(row.subject, row.stage, row.verdict, row.digest) for row in rows]

    def outbox(self, state: OutboxState | None = None, subject: str | None = None) -> list[OutboxRow]:
        """The messages sent or to send, in order."""
        query = select(tables.outbox).order_by(tables.outbox.c.number)
        if state is not None:
            query = query.where(tables.outbox.c.state == state)
        if subject is not None:
            query = query.where(tables.outbox.c.subject == subject)
        return [outbox_row_of(row) for row in self._connection.execute(query)]

    def queued(self, peer: str | None = None, limit: int | None = None, after: int = 0) -> list[Queued]:
        """What is queued, in order and without the messages: for one peer, the first `limit`, where they are given, of
        those with a number beyond `after`."""
        values = {"after": after, "limit": -1 if limit is None else limit, "peer": peer}
        return [Queued(*found) for found in (_QUEUED if peer is None else _QUEUED_FOR).run(self._driver, values)]

    def queued_peers(self) -> list[str]:
        """The parties for which messages are queued."""
        return sorted(peer for (peer,) in _QUEUED_PEERS.run(self._driver, {}))

    def outbox_row(self, number: int) -> OutboxRow | None:
        """One message by its number."""
        row = _OUTBOX_ROW.row(self._driver, {"number": number})
        return None if row is None else outbox_row_of(row)

    def inbox(self) -> list[InboxRow]:
        """The messages answered, in order."""
        query = select(tables.inbox).order_by(tables.inbox.c.number)
        return [inbox_row_of(row) for row in self._connection.execute(query)]

    def answered(self, kind: str, subject: str) -> InboxRow | None:
        """The message of this kind about `subject` that was answered already."""
        row = _ANSWERED.row(self._driver, {"kind": kind, "subject": subject})
        return None if row is None else inbox_row_of(row)

    def holding(self, identifier: str) -> Holding | None:
        """One holding."""
        row = self._connection.execute(_HOLDINGS.where(tables.holding.c.id == identifier)).one_or_none()
        return None if row is None else holding_of(row)

    def holdings(self) -> list[Holding]:
        """All holdings, in the order they came."""
        return [holding_of(row) for row in self._connection.execute(_HOLDINGS.order_by(tables.holding.c.number))]

    def to_pass_on(self, after: int = 0) -> tuple[list[Holding], int]:
        """The holdings that came to be passed on, passed on or not, of those numbered beyond `after`; and the number of
        the newest holding."""
        newest = _NEWEST_HOLDING.scalar(self._driver, {}) or 0
        if newest <= after:
            return [], after
        passing = _HOLDINGS.where(tables.holding.c.number > after, tables.holding.c.events.op("GLOB")(_PASSING))
        rows = self._connection.execute(passing.order_by(tables.holding.c.number))
        return [holding_of(row) for row in rows], int(newest)

    def sealed(self, identifier: str) -> bytes | None:
        """The sealed item of a holding, as it came."""
        query = select(tables.holding.c.sealed).where(tables.holding.c.id == identifier)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else bytes(check_types(row, tables.holding).sealed)

    def columns_differ(self, holding: Holding) -> list[str]:
        """The columns of a holding and its duties that are not what its events make them."""
        row = self._connection.execute(select(tables.holding).where(tables.holding.c.id == holding.id)).one()
        wrong = [name for name, value in columns_of_holding(holding).items() if getattr(row, name) != value]
        duties = self._connection.execute(
            select(tables.duty).where(tables.duty.c.holding == holding.id).order_by(tables.duty.c.number)
        )
        if [dict(one._mapping) for one in duties] != columns_of_duty(holding):
            wrong.append("duties")
        return wrong

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

    def record_version(self) -> int | None:
        """A number that grows with every instrument that became complete; None in a transaction that has put one."""
        if self._version is None:
            self._version = int(_VERSION.scalar(self._driver, {}))
        return self._version

    def _instrument(self, row: Row[Any]) -> InstrumentRow:
        query = select(tables.signature).where(tables.signature.c.instrument == row.number)
        signatures = self._connection.execute(query.order_by(tables.signature.c.party))
        check_types(row, tables.instrument)
        by = parse_json(row.by.encode("utf-8"), name="instrument.by")
        if not isinstance(by, list) or not all(isinstance(one, str) for one in by):
            raise VerificationFailed(f"the row of instrument `{row.id}` was changed", remedy="restore the store")
        return InstrumentRow(
            agreement=row.agreement,
            id=row.id,
            content=row.content,
            by=tuple(str(one) for one in by),
            evidence=tuple((one.party, one.evidence) for one in signatures),
            recorded=None if row.recorded is None else parse_instant(row.recorded),
        )

    def _state(self, name: str) -> str:
        found = _STATE.scalar(self._driver, {"name": name})
        return "" if found is None else str(found)


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
        self._head: tuple[Frontier, Callable[[Frontier], str]] | None = None

    @contextmanager
    def part(self) -> Iterator[None]:
        """A part of it: where it raises, what was written since it began is undone, and nothing else."""
        head, changed = self._head, self._record_changed
        self._driver.execute("SAVEPOINT part")
        try:
            with told(self._path):
                yield
        except BaseException:
            self._driver.execute("ROLLBACK TO part")
            self._head, self._record_changed = head, changed
            self._notes.clear()
            raise
        finally:
            self._driver.execute("RELEASE part")

    def finish(self) -> None:
        """Write what was put off; the last thing before the commit."""
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
        self._notes.clear()

    def frontier(self) -> Frontier:
        """The right edge of the ledger's tree, with what was appended here."""
        return super().frontier() if self._head is None else self._head[0]

    def append_leaf(self, leaf: Leaf, frontier: Frontier, sign: Callable[[Frontier], str]) -> None:
        """Append a leaf, with the tree's new right edge; `sign` gives the signed head, once, at the end. Raises
        Conflict where the leaf is there."""
        _ADD_LEAF.run(self._driver, columns_of_leaf(leaf))
        self._head = frontier, sign

    def add_decision(self, decision: DecisionRow) -> None:
        """Keep a decision."""
        columns = {
            "number": None,
            "subject": decision.subject,
            "stage": decision.stage,
            "verdict": decision.verdict,
            "digest": decision.digest,
        }
        _ADD_DECISION.run(self._driver, columns)

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
        for columns in columns_of_duty(holding):
            _PUT_DUTY.run(self._driver, columns)

    def _put_state(self, name: str, value: str) -> None:
        _PUT_STATE.run(self._driver, {"name": name, "value": value})


_HOLDINGS = select(tables.holding.c.events)
_PASSING: Final = '*"onward":"[^"]*'  # the event of receipt names a party to which it goes on
