"""Leaves are found by what they are about and their digest together. By digest alone, which is random, each new leaf
changed a page of its own in the index; and no table refers to a leaf by its digest alone any more.

Revision ID: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables anew, those that referred to the leaves first."""
    _outbox()
    _signature()
    _leaf()


def _outbox() -> None:
    op.create_table(
        "outbox_0006",
        sa.Column("number", sa.Integer, primary_key=True),
        *_texts("kind", "subject", "peer"),
        sa.Column("message", sa.LargeBinary, nullable=False),
        *_texts("evidence", "queued_at", "waits_for", "state"),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("last_error"),
        sa.Column("answer", sa.Text, nullable=True),
        sa.UniqueConstraint("kind", "subject", "peer", name="outbox_once"),
        sa.CheckConstraint("state IN ('queued', 'done', 'refused', 'refused-by-recipient')", name="outbox_state"),
    )
    _in_place_of("outbox")
    op.create_index("outbox_queue", "outbox", ["state", "number"])
    op.create_index("outbox_peer", "outbox", ["state", "peer"])
    op.create_index("outbox_subject", "outbox", ["subject"])


def _signature() -> None:
    op.create_table(
        "signature_0006",
        sa.Column("instrument", sa.Integer, sa.ForeignKey("instrument.number"), primary_key=True),
        sa.Column("party", sa.Text, primary_key=True),
        *_texts("evidence"),
    )
    _in_place_of("signature")


def _leaf() -> None:
    op.create_table(
        "leaf_0006",
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("id", "kind", "signer", "subject", "evidence"),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    _in_place_of("leaf")
    op.create_index("leaf_about", "leaf", ["subject", "id"], unique=True)


def _in_place_of(table: str) -> None:
    """Put the new table, with all that the old one holds, in its place."""
    op.execute(f"INSERT INTO {table}_0006 SELECT * FROM {table}")  # noqa: S608
    op.drop_table(table)
    op.rename_table(f"{table}_0006", table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
