"""Reading and writing rows: SQL on one side, the node's values on the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.rows import (
    check_types,
    columns_of_duty,
    columns_of_holding,
    columns_of_outbox,
    holding_of,
    inbox_row_of,
    leaf_of,
    outbox_row_of,
)
from relto.core.canon import canonical, parse_json
from relto.core.errors import NotFound, VerificationFailed
from relto.core.register import Holding
from relto.core.timeline import Instant, parse_instant
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow, OutboxState


class SqliteReading:
    """A view of one moment of the store."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def high_water(self) -> Instant | None:
        """The latest instant this node has lived through."""
        found = self._state("high_water")
        return parse_instant(found) if found else None

    def checkpoint(self) -> str:
        """The signed head of the ledger; empty before the first leaf."""
        return self._state("checkpoint")

    def frontier(self) -> str:
        """The right edge of the ledger's tree, as it was put; empty before the first leaf."""
        return self._state("frontier")

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
        row = self._connection.execute(select(tables.leaf).where(tables.leaf.c.id == identifier)).one_or_none()
        return None if row is None else leaf_of(row)

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

    def queued_peers(self) -> list[str]:
        """The parties for which messages are queued."""
        query = select(tables.outbox.c.peer).where(tables.outbox.c.state == "queued").distinct()
        return sorted(self._connection.execute(query).scalars())

    def outbox_row(self, number: int) -> OutboxRow | None:
        """One message by its number."""
        query = select(tables.outbox).where(tables.outbox.c.number == number)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else outbox_row_of(row)

    def inbox(self) -> list[InboxRow]:
        """The messages answered, in order."""
        query = select(tables.inbox).order_by(tables.inbox.c.number)
        return [inbox_row_of(row) for row in self._connection.execute(query)]

    def answered(self, kind: str, subject: str) -> InboxRow | None:
        """The message of this kind about `subject` that was answered already."""
        query = select(tables.inbox).where(tables.inbox.c.kind == kind, tables.inbox.c.subject == subject)
        row = self._connection.execute(query).one_or_none()
        return None if row is None else inbox_row_of(row)

    def holding(self, identifier: str) -> Holding | None:
        """One holding."""
        row = self._connection.execute(_HOLDINGS.where(tables.holding.c.id == identifier)).one_or_none()
        return None if row is None else holding_of(row)

    def holdings(self) -> list[Holding]:
        """All holdings, in the order they came."""
        return [holding_of(row) for row in self._connection.execute(_HOLDINGS.order_by(tables.holding.c.number))]

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

    def record_version(self) -> int:
        """A number that grows with every instrument that became complete."""
        query = select(func.count()).select_from(tables.instrument).where(tables.instrument.c.recorded.is_not(None))
        return int(self._connection.execute(query).scalar_one())

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
        found = self._connection.execute(select(tables.state.c.value).where(tables.state.c.name == name)).scalar()
        return "" if found is None else str(found)


class SqliteTransaction(SqliteReading):
    """One unit of writing: all of it happens, or nothing."""

    def raise_high_water(self, at: Instant) -> None:
        """Remember that `at` was lived through; an earlier instant than is known changes nothing."""
        known = self.high_water()
        if known is None or at > known:
            self._put_state("high_water", str(at))

    def append_leaf(self, leaf: Leaf, *, frontier: str, checkpoint: str) -> None:
        """Append a leaf, with the tree's new right edge and its signed head. Raises Conflict where it is there."""
        self._connection.execute(
            insert(tables.leaf).values(
                position=leaf.position,
                id=leaf.id,
                kind=leaf.kind,
                signer=leaf.signer,
                subject=leaf.subject,
                evidence=leaf.evidence,
                hash=leaf.hash,
            )
        )
        self._put_state("frontier", frontier)
        self._put_state("checkpoint", checkpoint)

    def add_decision(self, decision: DecisionRow) -> None:
        """Keep a decision."""
        self._connection.execute(
            insert(tables.decision).values(
                subject=decision.subject, stage=decision.stage, verdict=decision.verdict, digest=decision.digest
            )
        )

    def enqueue(self, row: OutboxRow) -> int:
        """Queue a message; its number. Raises Conflict where the same one is queued already."""
        result = self._connection.execute(insert(tables.outbox).values(**columns_of_outbox(row)))
        assert result.inserted_primary_key is not None
        return int(result.inserted_primary_key[0])

    def update_outbox(self, row: OutboxRow) -> None:
        """Keep a row's new state, attempts, last error and answer."""
        result = self._connection.execute(
            update(tables.outbox)
            .where(tables.outbox.c.number == row.number)
            .values(state=row.state, attempts=row.attempts, last_error=row.last_error, answer=row.answer)
        )
        if result.rowcount != 1:
            raise NotFound(f"no message `{row.number}` in the outbox", remedy="list the outbox")

    def remember(self, row: InboxRow) -> None:
        """Keep the answer to a message. Raises Conflict where that message was answered already."""
        self._connection.execute(
            insert(tables.inbox).values(
                kind=row.kind,
                subject=row.subject,
                sender=row.sender,
                digest=row.digest,
                reply=row.reply,
                accepted=int(row.accepted),
                received_at=str(row.received_at),
            )
        )

    def add_holding(self, holding: Holding, sealed: bytes) -> None:
        """Keep a new holding and its sealed item. Raises Conflict where it is there already."""
        self._connection.execute(insert(tables.holding).values(**columns_of_holding(holding), sealed=sealed))
        self._put_duties(holding)

    def update_holding(self, holding: Holding) -> None:
        """Keep a holding's new state."""
        self._connection.execute(
            update(tables.holding).where(tables.holding.c.id == holding.id).values(**columns_of_holding(holding))
        )
        self._put_duties(holding)

    def put_instrument(self, row: InstrumentRow) -> None:
        """Keep an instrument and its signatures; those that are there already stay as they are."""
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
            self._connection.execute(
                upsert(tables.duty)
                .values(**columns)
                .on_conflict_do_update(index_elements=["holding", "number"], set_={"done_at": columns["done_at"]})
            )

    def _put_state(self, name: str, value: str) -> None:
        self._connection.execute(
            upsert(tables.state)
            .values(name=name, value=value)
            .on_conflict_do_update(index_elements=["name"], set_={"value": value})
        )


_HOLDINGS = select(tables.holding.c.events)
