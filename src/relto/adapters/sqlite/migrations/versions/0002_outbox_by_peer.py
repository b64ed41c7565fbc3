"""Which peers something waits for is asked all the time: an index answers, without a look at the messages.

Revision ID: 0002
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("outbox_peer", "outbox", ["state", "peer"])
