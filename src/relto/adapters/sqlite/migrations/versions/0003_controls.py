"""Visits, contractors' checklists and facilities have a table of their own.

Revision ID: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "control",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("due_at", sa.Text, nullable=True),
        sa.Column("events", sa.Text, nullable=False),
        sa.UniqueConstraint("kind", "id", name="control_once"),
        sa.CheckConstraint("kind IN ('visit', 'contractor', 'facility')", name="control_kind"),
    )
