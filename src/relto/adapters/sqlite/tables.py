"""The tables. Instants are RFC 3339 text in UTC, as in the evidence; the order of rows is that of their numbers."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

REVISION: Final = "0006"
"""The newest revision under `migrations/versions`: what this code reads and writes."""

metadata = MetaData()


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


state = Table("state", metadata, Column("name", Text, primary_key=True), _text("value"))

leaf = Table(
    "leaf",
    metadata,
    Column("position", Integer, primary_key=True, autoincrement=False),
    _text("id"),
    _text("kind"),
    _text("signer"),
    _text("subject"),
    _text("evidence"),
    Column("hash", LargeBinary, nullable=False),
    # what is filed together was mostly entered together: an index by digest alone would change a page for each leaf
    Index("leaf_about", "subject", "id", unique=True),
)

decision = Table(
    "decision",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("subject"),
    _text("stage"),
    _text("verdict"),
    _text("digest"),
    Index("decision_subject", "subject"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("kind"),
    _text("subject"),
    _text("peer"),
    Column("message", LargeBinary, nullable=False),
    _text("evidence"),
    _text("queued_at"),
    _text("waits_for"),
    _text("state"),
    Column("attempts", Integer, nullable=False),
    _text("last_error"),
    _text("answer", null=True),
    UniqueConstraint("kind", "subject", "peer", name="outbox_once"),
    CheckConstraint("state IN ('queued', 'done', 'refused', 'refused-by-recipient')", name="outbox_state"),
    Index("outbox_queue", "state", "number"),
    Index("outbox_peer", "state", "peer"),
    Index("outbox_subject", "subject"),
)

inbox = Table(
    "inbox",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("kind"),
    _text("subject"),
    _text("sender"),
    _text("digest"),
    Column("reply", LargeBinary, nullable=False),
    Column("accepted", Integer, nullable=False),
    _text("received_at"),
    UniqueConstraint("kind", "subject", name="inbox_once"),
)

holding = Table(
    "holding",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _text("item"),
    _text("originator"),
    _text("sender"),
    _text("mark"),
    _text("received_at"),
    _text("events"),
    Column("sealed", LargeBinary, nullable=False),
)

duty = Table(
    "duty",
    metadata,
    Column("holding", Text, ForeignKey("holding.id"), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    _text("article"),
    _text("do"),
    _text("to"),
    _text("started_at"),
    _text("due_at", null=True),
    _text("done_at", null=True),
    Index("duty_open", "holding", sqlite_where=text("done_at IS NULL")),
)

control = Table(
    "control",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("kind"),
    _text("id"),
    _text("due_at", null=True),
    _text("events"),
    UniqueConstraint("kind", "id", name="control_once"),
    CheckConstraint("kind IN ('visit', 'contractor', 'facility')", name="control_kind"),
)

instrument = Table(
    "instrument",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("agreement"),
    _text("id"),
    _text("content"),
    _text("by"),
    _text("recorded", null=True),
    UniqueConstraint("agreement", "id", name="instrument_once"),
)

signature = Table(
    "signature",
    metadata,
    Column("instrument", Integer, ForeignKey("instrument.number"), primary_key=True),
    Column("party", Text, primary_key=True),
    _text("evidence"),
)

mirror = Table(
    "mirror",
    metadata,
    Column("party", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)
"""Of a peer's ledger, the hashes of its leaves, 256 in a row, as a tile of level 0 has them (C2SP tlog-tiles)."""
