"""An index of the duties that are open: the desk asks for them on its first page, and most duties are done.

Revision ID: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("duty_open", "duty", ["holding"], sqlite_where=sa.text("done_at IS NULL"))
