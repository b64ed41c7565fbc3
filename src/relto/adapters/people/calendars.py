"""Calendar addresses: an account has one or none. Who has the address reads that account's calendar, nothing else."""

from __future__ import annotations

import hmac
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select

from relto.adapters.people.rows import instant_of
from relto.adapters.people.tables import account, calendar
from relto.adapters.people.tokens import hashed
from relto.core.errors import NotFound
from relto.core.timeline import Instant


def put_calendar(connection: Connection, identifier: str, token: str, at: Instant) -> None:
    """Give an account this address in place of the one it had."""
    delete_calendar(connection, identifier)
    connection.execute(insert(calendar).values(account=identifier, token=hashed(token), created=str(at)))


def delete_calendar(connection: Connection, identifier: str) -> bool:
    """Take an account's address from it; whether it had one."""
    return connection.execute(delete(calendar).where(calendar.c.account == identifier)).rowcount == 1


def calendar_made(connection: Connection, identifier: str) -> Instant | None:
    """When the address of an account was made; None where it has none."""
    return instant_of(connection.execute(select(calendar.c.created).where(calendar.c.account == identifier)).scalar())


def account_of_calendar(connection: Connection, token: str) -> Row[Any]:
    """The row of the account whose address this is. Raises NotFound, which does not say whether it ever was one."""
    name = hashed(token)
    query = select(calendar.c.token, account).join(account, calendar.c.account == account.c.id)
    row = connection.execute(query.where(calendar.c.token == name)).one_or_none()
    if row is None or not hmac.compare_digest(row.token, name) or row.disabled:
        raise NotFound("there is no such calendar", remedy="make its address anew, in the settings of the desk")
    return row
