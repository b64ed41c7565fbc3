"""Reading rows: SQL on one side, the node's values on the other."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator
from typing import Final

from sqlalchemy import Connection, bindparam, func, literal_column, select

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.controls import ControlReading
from relto.adapters.sqlite.instruments import InstrumentReading
from relto.adapters.sqlite.mirrors import MirrorReading
from relto.adapters.sqlite.prepared import Prepared
from relto.adapters.sqlite.rows import (
    check_types,
    frontier_of,
    holding_of,
    inbox_row_of,
    leaf_of,
    outbox_row_of,
    sent_of,
    title_of,
)
from relto.adapters.sqlite.verifying import VerifyReading
from relto.core.ledger import Frontier
from relto.core.register import Holding, Received
from relto.core.timeline import Instant, parse_instant
from relto.node.ports import NoteKind
from relto.node.rows import (
    DecisionRow,
    InboxRow,
    Leaf,
    MessageKind,
    OutboxRow,
    OutboxState,
    Queued,
    Sent,
)

_STATE: Final = Prepared(select(tables.state.c.value).where(tables.state.c.name == bindparam("name")))
_NOTES: Final = Prepared(  # between `about:` and `about;`, the next character: an index answers, without LIKE
    select(tables.state.c.name, tables.state.c.value).where(
        tables.state.c.name >= bindparam("first"), tables.state.c.name < bindparam("beyond")
    )
)
_LEAF: Final = Prepared(
    select(tables.leaf).where(tables.leaf.c.subject == bindparam("subject"), tables.leaf.c.id == bindparam("id")),
    tables.leaf,
)
_FILED_UNDER: Final = "SELECT subject FROM leaf INDEXED BY leaf_about WHERE id = ?"  # the index holds both
_LEAVES_ABOUT: Final = Prepared(
    select(tables.leaf).where(tables.leaf.c.subject == bindparam("subject")).order_by(tables.leaf.c.position),
    tables.leaf,
)
_OUTBOX_ROW: Final = Prepared(select(tables.outbox).where(tables.outbox.c.number == bindparam("number")), tables.outbox)
_OUTBOX_STATE: Final = Prepared(select(tables.outbox.c.state).where(tables.outbox.c.number == bindparam("number")))
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
_OUT: Final = tables.outbox.c
_SENT: Final = select(
    _OUT.number,
    _OUT.subject,
    _OUT.peer,
    _OUT.evidence,
    _OUT.queued_at,
    _OUT.state,
    _OUT.attempts,
    _OUT.last_error,
    _OUT.answer,
    func.length(_OUT.message),
)
# by number: a unary plus keeps SQLite from sorting all of the kind first
_OURS: Final = literal_column("+outbox.kind") == bindparam("kind")
_NUMBERED: Final = _SENT.where(_OURS).limit(bindparam("limit")).offset(literal_column("0"))
_SENT_BEFORE: Final = Prepared(_NUMBERED.where(_OUT.number < bindparam("before")).order_by(_OUT.number.desc()))
_SENT_AFTER: Final = Prepared(_NUMBERED.where(_OUT.number > bindparam("after")).order_by(_OUT.number))
_SENT_ABOUT: Final = Prepared(
    _SENT.where(_OUT.kind == bindparam("kind"), _OUT.subject == bindparam("subject")).order_by(_OUT.number.desc())
)
_BEYOND: Final = (1 << 63) - 1
_REGISTERED: Final = Prepared(select(tables.holding).where(tables.holding.c.id == bindparam("id")), tables.holding)
_NEWEST_HOLDING: Final = Prepared(select(func.max(tables.holding.c.number)))
_HOLDINGS = select(tables.holding.c.events)
_ARRIVED: Final = Prepared(
    select(tables.holding.c.number, tables.holding.c.id)
    .where(tables.holding.c.number > bindparam("after"))
    .order_by(tables.holding.c.number)
    .limit(bindparam("limit"))
    .offset(literal_column("0"))
)
_SECOND: Final = 1_000_000_000
_PRODUCT: Final = '*"event":"derived"*'
_STAYS: Final = '"onward":""'  # in the event of receipt; within a text its quotes would be escaped


class SqliteReading(ControlReading, InstrumentReading, MirrorReading, VerifyReading):
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

    def leaf_hashes(self, after: int) -> Iterator[bytes]:
        """The hashes of the leaves from position `after` on, in order."""
        query = select(tables.leaf.c.hash).where(tables.leaf.c.position >= after).order_by(tables.leaf.c.position)
        for (one,) in self._connection.execute(query):
            yield bytes(one)

    def leaves(self, subject: str | None = None) -> Iterator[Leaf]:
        """The leaves in order; those about `subject` where one is given."""
        if subject is None:
            return self.leaves_taken(None)
        return map(leaf_of, _LEAVES_ABOUT.rows(self._driver, {"subject": subject}))

    def leaves_from(self, position: int, limit: int) -> list[Leaf]:
        """The leaves from this position on, in order, no more than `limit`."""
        query = select(tables.leaf).where(tables.leaf.c.position >= position).order_by(tables.leaf.c.position)
        return [leaf_of(row) for row in self._connection.execute(query.limit(limit))]

    def newest_leaves(self, limit: int) -> list[Leaf]:
        """The newest leaves, the newest first."""
        query = select(tables.leaf).order_by(tables.leaf.c.position.desc()).limit(limit)
        return [leaf_of(row) for row in self._connection.execute(query)]

    def leaf(self, identifier: str, subject: str | None = None) -> Leaf | None:
        """The leaf that holds this piece of evidence, of those about `subject`; without one, of all: then the whole
        index is looked through, a tenth of a second for a million leaves."""
        if subject is None:
            found = self._driver.execute(_FILED_UNDER, [identifier]).fetchone()
            if found is None:
                return None
            (subject,) = found
        row = _LEAF.row(self._driver, {"subject": subject, "id": identifier})
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

    def sent_before(self, kind: MessageKind, number: int | None, limit: int) -> list[Sent]:
        """The newest `limit` messages of one kind, of those numbered below `number` where it is given; the newest
        first."""
        values = {"kind": kind, "before": _BEYOND if number is None else number, "limit": limit}
        return [sent_of(row) for row in _SENT_BEFORE.run(self._driver, values)]

    def sent_after(self, kind: MessageKind, number: int, limit: int) -> list[Sent]:
        """The oldest `limit` messages of one kind of those numbered beyond `number`, the newest of them first."""
        values = {"kind": kind, "after": number, "limit": limit}
        return [sent_of(row) for row in _SENT_AFTER.run(self._driver, values)][::-1]

    def sent(self, kind: MessageKind, subject: str) -> Sent | None:
        """The newest message of one kind about `subject`."""
        row = _SENT_ABOUT.run(self._driver, {"kind": kind, "subject": subject}).fetchone()
        return None if row is None else sent_of(row)

    def queued(self, peer: str | None = None, limit: int | None = None, after: int = 0) -> list[Queued]:
        """What is queued, in order and without the messages: for one peer, the first `limit`, where they are given, of
        those with a number beyond `after`."""
        values = {"after": after, "limit": -1 if limit is None else limit, "peer": peer}
        return [Queued(*found) for found in (_QUEUED if peer is None else _QUEUED_FOR).run(self._driver, values)]

    def queued_peers(self) -> list[str]:
        """The parties for which messages are queued."""
        return sorted(peer for (peer,) in _QUEUED_PEERS.run(self._driver, {}))

    def outbox_state(self, number: int) -> OutboxState | None:
        """How one message stands, by its number."""
        found: OutboxState | None = _OUTBOX_STATE.scalar(self._driver, {"number": number})
        return found

    def outbox_row(self, number: int) -> OutboxRow | None:
        """One message by its number."""
        row = _OUTBOX_ROW.row(self._driver, {"number": number})
        return None if row is None else outbox_row_of(row)

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

    def newest_holding(self) -> int:
        """The number of the newest holding, 0 where there is none; they are numbered from 1 as they come."""
        return int(_NEWEST_HOLDING.scalar(self._driver, {}) or 0)

    def holdings_numbered(self, numbers: Collection[int]) -> list[Holding]:
        """The holdings of these numbers, the newest first."""
        query = _HOLDINGS.where(tables.holding.c.number.in_(numbers)).order_by(tables.holding.c.number.desc())
        return [holding_of(row) for row in self._connection.execute(query)]

    def titles(self, after: int, limit: int | None = None) -> list[tuple[int, str, str, str, str]]:
        """The number, name, item, title and originator of each holding numbered beyond `after`, in order; the first
        `limit` where it is given."""
        row = tables.holding.c
        query = select(row.number, row.id, row.item, row.events, row.originator).where(row.number > after)
        return [
            (one.number, one.id, one.item, title_of(one.events), one.originator)
            for one in self._connection.execute(query.order_by(row.number).limit(limit))
        ]

    def owing(self) -> list[Holding]:
        """The holdings with a duty that is not done, in the order they came."""
        open_ = select(tables.duty.c.holding).where(tables.duty.c.done_at.is_(None))
        query = _HOLDINGS.where(tables.holding.c.id.in_(open_)).order_by(tables.holding.c.number)
        return [holding_of(row) for row in self._connection.execute(query)]

    def holdings_under(self, agreement: str) -> list[Holding]:
        """The holdings that came under this agreement, in the order they came."""
        came = tables.holding.c.events.contains(f'"agreement":"{agreement}"', autoescape=True)
        query = _HOLDINGS.where(came).order_by(tables.holding.c.number)
        found = [holding_of(row) for row in self._connection.execute(query)]
        return [one for one in found if one.received.agreement == agreement]

    def holdings_of(self, item: str) -> list[Holding]:
        """The holdings of this item, in the order they came."""
        query = _HOLDINGS.where(tables.holding.c.item == item).order_by(tables.holding.c.number)
        return [holding_of(row) for row in self._connection.execute(query)]

    def products(self) -> list[Holding]:
        """The holdings that were made of others, in the order they were made."""
        query = _HOLDINGS.where(tables.holding.c.events.op("GLOB")(_PRODUCT)).order_by(tables.holding.c.number)
        return [holding_of(row) for row in self._connection.execute(query)]

    def with_due(self, by: Instant) -> list[Holding]:
        """The holdings with a duty that is open and due by `by`, to the second, in the order they came."""
        latest = str(by.plus(_SECOND))
        waiting = select(tables.duty.c.holding).where(tables.duty.c.done_at.is_(None), tables.duty.c.due_at <= latest)
        query = _HOLDINGS.where(tables.holding.c.id.in_(waiting)).order_by(tables.holding.c.number)
        return [holding_of(row) for row in self._connection.execute(query)]

    def to_pass_on(self, after: int = 0) -> tuple[list[Holding], int]:
        """The holdings that came to be passed on, passed on or not, of those numbered beyond `after`; and the number of
        the newest holding."""
        newest = self.newest_holding()
        if newest <= after:
            return [], after
        events = tables.holding.c.events
        passing = _HOLDINGS.where(tables.holding.c.number > after, func.instr(events, _STAYS) == 0)
        rows = self._connection.execute(passing.order_by(tables.holding.c.number))
        return [
            one for one in map(holding_of, rows) if isinstance(one.received, Received) and one.received.onward
        ], newest

    def arrived(self, after: int, limit: int) -> list[tuple[int, str]]:
        """The numbers and names of the first `limit` holdings numbered beyond `after`, in the order they came."""
        return [
            (int(number), str(name)) for number, name in _ARRIVED.run(self._driver, {"after": after, "limit": limit})
        ]

    def sealed(self, identifier: str) -> bytes | None:
        """The sealed item of a holding, as it came."""
        row = _REGISTERED.row(self._driver, {"id": identifier})
        return None if row is None else bytes(check_types(row, tables.holding).sealed)

    def record_version(self) -> int | None:
        """A number that grows with every instrument that became complete; None in a transaction that has put one."""
        if self._version is None:
            self._version = int(_VERSION.scalar(self._driver, {}))
        return self._version

    def _state(self, name: str) -> str:
        found = _STATE.scalar(self._driver, {"name": name})
        return "" if found is None else str(found)
