"""The sessions of one account: which stand open, and an end to all but one."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from relto.adapters.people.tables import session
from relto.adapters.people.tokens import hashed
from relto.core.timeline import Instant, parse_instant
from relto.node.people import OpenSession

_SECOND = 1_000_000_000


def open_sessions(connection: Connection, identifier: str, token: str, at: Instant, idle: int) -> list[OpenSession]:
    """Those of an account that are not over, the one used last first; `token` is that of whoever asks, `idle` how many
    seconds one may lie unused."""
    own, found = hashed(token), list[OpenSession]()
    for row in connection.execute(select(session).where(session.c.account == identifier)):
        seen, expires = parse_instant(row.seen), parse_instant(row.expires)
        if at < expires and at.ns - seen.ns < idle * _SECOND:
            found.append(OpenSession(row.kind, parse_instant(row.created), seen, expires, row.token == own))
    return sorted(found, key=lambda one: (not one.own, -one.seen.ns))


def end_others(connection: Connection, identifier: str, token: str) -> int:
    """End all sessions of an account but that of `token`; how many there were."""
    others = (session.c.account == identifier) & (session.c.token != hashed(token))
    return connection.execute(delete(session).where(others)).rowcount
