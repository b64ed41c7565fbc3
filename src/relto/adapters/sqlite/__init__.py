"""The store in SQLite: one file, WAL, `synchronous=FULL`, writers one at a time; migrations with Alembic.

What a transaction wrote is on the disk when it ends. Unique constraints decide between two processes.
"""

from relto.adapters.sqlite.migrate import Migrated, migrate_store
from relto.adapters.sqlite.store import SqliteStore

__all__ = ["Migrated", "SqliteStore", "migrate_store"]
