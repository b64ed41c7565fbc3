"""Attempts at a password: after a few that failed, each further one is looked at only after a longer wait.

An attempt counts as failed before the password is compared, so that many at once count as many.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from relto.adapters.people.tables import attempt
from relto.core.timeline import Instant, parse_instant
from relto.node.people import TooManyAttempts

FREE: Final = 5
_LONGEST_WAIT: Final = 900
_FORGOTTEN: Final = 24 * 3600
_MOST: Final = 100_000
_SECOND: Final = 1_000_000_000


def wait_after(failures: int) -> int:
    """How many seconds to wait after so many failures: none for the first five, then 1, 2, 4 ... up to 15 minutes."""
    return 0 if failures < FREE else min(2 ** (failures - FREE), _LONGEST_WAIT)


def count_attempt(connection: Connection, who: str, at: Instant) -> None:
    """Count an attempt as failed, until `forget` says it was not. Raises TooManyAttempts while it is to wait."""
    row = connection.execute(select(attempt).where(attempt.c.who == who)).one_or_none()
    failures = 0
    if row is not None:
        failures = int(row.failures)
        last = max(parse_instant(row.last), Instant(0))
        passed = max(0, at.ns - last.ns) // _SECOND  # a clock that stepped back lets nobody in sooner
        if passed < wait_after(failures):
            raise TooManyAttempts(int(wait_after(failures) - passed))
        if passed >= _FORGOTTEN:
            failures = 0
    _keep_few(connection)
    values = {"failures": failures + 1, "last": str(at)}
    connection.execute(
        upsert(attempt).values(who=who, **values).on_conflict_do_update(index_elements=["who"], set_=values)
    )


def forget_attempts(connection: Connection, who: str) -> None:
    """The attempt was right: those before it are forgotten."""
    connection.execute(delete(attempt).where(attempt.c.who == who))


def _keep_few(connection: Connection) -> None:
    """Names that nobody has cost a row each: the oldest go, so that guessing them fills no disk."""
    count = connection.execute(select(func.count()).select_from(attempt)).scalar_one()
    if count >= _MOST:
        oldest = select(attempt.c.who).order_by(attempt.c.last).limit(_MOST // 10)
        connection.execute(delete(attempt).where(attempt.c.who.in_(oldest)))
