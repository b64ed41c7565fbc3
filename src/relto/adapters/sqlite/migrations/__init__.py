"""What Alembic runs: the environment and the revisions of the store."""
