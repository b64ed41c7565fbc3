"""The schema of a store file: made and brought up to date by Alembic, which is imported only for that."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from sqlalchemy import Connection, inspect, text

from relto.adapters.sqlite.tables import REVISION
from relto.core.errors import InputError, VerificationFailed

_MIGRATIONS: Final = Path(__file__).with_name("migrations")


def revision_of(connection: Connection) -> str | None:
    """The revision a store file is at; None for an empty file. Raises InputError for a file of something else."""
    names = inspect(connection).get_table_names()
    if "alembic_version" not in names:
        if names:
            raise InputError("the file is a database, but no store of a node", remedy="restore `node.db`")
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def check_revision(connection: Connection) -> None:
    """Return where the store is of this relto's revision.

    Raises InputError for a store from the future and for one that is still to be migrated, which nothing but `relto
    node migrate` does; VerificationFailed for an empty file: it has lost what was in it, and a new one in its place
    would verify.
    """
    found = revision_to_migrate(connection)
    if found is not None:
        raise InputError(
            f"the store is at revision `{found}`, this relto works on `{REVISION}`",
            remedy="run `relto node migrate` on the node's folder, which makes a backup first",
        )


def revision_to_migrate(connection: Connection) -> str | None:
    """The older revision at which the store is; None where it is up to date. Raises as `check_revision` does else."""
    found = revision_of(connection)
    if found is None:
        raise VerificationFailed("the store is empty: it has lost what it held", remedy="restore it from a backup")
    if found > REVISION:
        raise InputError(
            f"the store is at revision `{found}`, this relto knows `{REVISION}`", remedy="open it with a newer relto"
        )
    return None if found == REVISION else found


def upgrade(connection: Connection) -> None:
    """Run the revisions that are missing, all of them in a new file, within the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)
