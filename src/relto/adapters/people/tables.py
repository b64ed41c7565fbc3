"""The tables of `people.db`. Instants are RFC 3339 text in UTC; `version` says which tables these are."""

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
)

VERSION: Final = 2

metadata = MetaData()


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


version = Table("version", metadata, Column("number", Integer, primary_key=True, autoincrement=False))

account = Table(
    "account",
    metadata,
    Column("id", Text, primary_key=True),
    _text("name"),
    _text("roles"),
    _text("password", null=True),
    Column("certificate", Text, nullable=True, unique=True),
    _text("issuer", null=True),
    _text("subject", null=True),
    Column("disabled", Integer, nullable=False),
    _text("created"),
    UniqueConstraint("issuer", "subject", name="subject_once"),
)

session = Table(
    "session",
    metadata,
    Column("token", Text, primary_key=True),
    Column("account", Text, ForeignKey("account.id"), nullable=False, index=True),
    _text("kind"),
    _text("created"),
    _text("expires"),
    _text("seen"),
    _text("stepped_up_until", null=True),
    CheckConstraint("kind IN ('cookie', 'bearer')", name="session_kind"),
)

calendar = Table(
    "calendar",
    metadata,
    Column("account", Text, ForeignKey("account.id"), primary_key=True),
    Column("token", Text, nullable=False, unique=True),
    _text("created"),
)

attempt = Table(
    "attempt",
    metadata,
    Column("who", Text, primary_key=True),
    Column("failures", Integer, nullable=False),
    _text("last"),
)

approval = Table(
    "approval",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    _text("item"),
    _text("to"),
    _text("act"),
    _text("purpose"),
    _text("via"),
    _text("by_account"),
    _text("by_role"),
    _text("at"),
    _text("state"),
    _text("decided_by"),
    _text("decided_at", null=True),
    _text("note"),
    _text("transmittal"),
    Column("sealed", LargeBinary, nullable=False),
    CheckConstraint("state IN ('pending', 'approving', 'approved', 'refused')", name="approval_state"),
)

journal = Table(
    "journal",
    metadata,
    Column("number", Integer, primary_key=True),
    _text("at"),
    _text("by"),
    _text("act"),
    _text("about"),
    Index("journal_by_act", "by", "act"),
)
