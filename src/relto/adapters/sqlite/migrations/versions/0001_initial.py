"""The first tables.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of a thin node: ledger, decisions, outbox, inbox, register, record."""
    op.create_table("state", sa.Column("name", sa.Text, primary_key=True), _text("value"))
    op.create_table(
        "leaf",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_texts("kind", "signer", "subject", "evidence"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Index("leaf_subject", "subject"),
    )
    op.create_table(
        "decision",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("subject", "stage", "verdict", "digest"),
        sa.Index("decision_subject", "subject"),
    )
    _messages()
    _register()
    _record()


def _messages() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("kind", "subject", "peer"),
        sa.Column("message", sa.LargeBinary, nullable=False),
        sa.Column("evidence", sa.Text, sa.ForeignKey("leaf.id"), nullable=False),
        *_texts("queued_at", "waits_for", "state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        _text("last_error"),
        sa.Column("answer", sa.Text, sa.ForeignKey("leaf.id"), nullable=True),
        sa.UniqueConstraint("kind", "subject", "peer", name="outbox_once"),
        sa.CheckConstraint("state IN ('queued', 'done', 'refused', 'refused-by-recipient')", name="outbox_state"),
        sa.Index("outbox_queue", "state", "number"),
        sa.Index("outbox_subject", "subject"),
    )
    op.create_table(
        "inbox",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("kind", "subject", "sender", "digest"),
        sa.Column("reply", sa.LargeBinary, nullable=False),
        sa.Column("accepted", sa.Integer, nullable=False),
        _text("received_at"),
        sa.UniqueConstraint("kind", "subject", name="inbox_once"),
    )


def _register() -> None:
    op.create_table(
        "holding",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        *_texts("item", "originator", "sender", "mark", "received_at", "events"),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "duty",
        sa.Column("holding", sa.Text, sa.ForeignKey("holding.id"), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("article", "do", "to", "started_at"),
        sa.Column("due_at", sa.Text, nullable=True),
        sa.Column("done_at", sa.Text, nullable=True),
    )


def _record() -> None:
    op.create_table(
        "instrument",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("agreement", "id", "content", "by"),
        sa.Column("recorded", sa.Text, nullable=True),
        sa.UniqueConstraint("agreement", "id", name="instrument_once"),
    )
    op.create_table(
        "signature",
        sa.Column("instrument", sa.Integer, sa.ForeignKey("instrument.number"), primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
        sa.Column("evidence", sa.Text, sa.ForeignKey("leaf.id"), nullable=False),
    )


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [_text(name) for name in names]
