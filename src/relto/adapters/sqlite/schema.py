"""The schema of a store file: made and brought up to date by Alembic, which is only imported where there is work."""

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


def bring_up_to_date(connection: Connection, *, create: bool) -> None:
    """Run the revisions that are missing, within the transaction of `connection`.

    Raises InputError for a store from the future, VerificationFailed for an empty file that is not to be made a store:
    it has lost what was in it, and a new one in its place would verify.
    """
    found = revision_of(connection)
    if found == REVISION:
        return
    if found is None and not create:
        raise VerificationFailed("the store is empty: it has lost what it held", remedy="restore it from a backup")
    if found is not None and found > REVISION:
        raise InputError(
            f"the store is at revision `{found}`, this relto knows `{REVISION}`", remedy="open it with a newer relto"
        )
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, REVISION)
