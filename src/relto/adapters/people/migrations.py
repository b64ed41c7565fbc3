"""From one version of `people.db` to the next, by Alembic's operations; imported only for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa
from sqlalchemy import Connection, inspect, select, update

from relto.adapters.people.tables import VERSION, version
from relto.core.errors import InputError

if TYPE_CHECKING:
    from alembic.operations import Operations


class PeopleLineage:
    """How a file of accounts is brought up to date: what its versions are called, and what none of them touches."""

    newest: Final = str(VERSION)
    revision_query: Final = "SELECT number FROM version"
    kept_query: Final = "SELECT id, name, roles, password, disabled FROM account ORDER BY id"

    def older(self, connection: Connection) -> str | None:
        """The older version at which the file is; None where it is up to date. Raises InputError for one from the
        future, and for something else."""
        names = inspect(connection).get_table_names()
        found = connection.execute(select(version.c.number)).scalar() if "version" in names else None
        if found == VERSION:
            return None
        if found is None or found < 1:
            raise InputError("the file is a database, but not one of accounts", remedy="restore `people.db`")
        if found > VERSION:
            raise InputError(
                f"the accounts are at version {found}, this relto knows {VERSION}",
                remedy="open them with a newer relto",
            )
        return str(found)

    def upgrade(self, connection: Connection) -> None:
        """Take the steps that are missing, within the transaction of `connection`."""
        from alembic.migration import MigrationContext
        from alembic.operations import Operations

        found = connection.execute(select(version.c.number)).scalar_one()
        op = Operations(MigrationContext.configure(connection))
        for number in range(found + 1, VERSION + 1):
            _STEPS[number](op)
        connection.execute(update(version).values(number=VERSION))


def _calendars(op: Operations) -> None:
    """2: accounts may have a calendar address."""
    op.create_table(
        "calendar",
        sa.Column("account", sa.Text, sa.ForeignKey("account.id"), primary_key=True),
        sa.Column("token", sa.Text, nullable=False, unique=True),
        sa.Column("created", sa.Text, nullable=False),
    )


_STEPS: Final[Mapping[int, Callable[[Operations], None]]] = {2: _calendars}
