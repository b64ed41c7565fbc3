"""What Alembic runs: the revisions, in the transaction that the store has opened."""

from __future__ import annotations

from alembic import context

from relto.adapters.sqlite.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
