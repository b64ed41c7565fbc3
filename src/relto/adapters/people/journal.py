"""The journal of the accounts: what was done to them, and what was refused to those who hold them."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from relto.adapters.people.tables import journal
from relto.core.timeline import Instant, parse_instant

REFUSED: Final = "refused: "
_AGAIN_AFTER: Final = 60_000_000_000
_MOST: Final = 100_000


def note(connection: Connection, at: Instant, by: str, act: str, about: str) -> None:
    """Note an act of an operator's; such rows stay."""
    connection.execute(insert(journal).values(at=str(at), by=by, act=act, about=about))


def note_refused(connection: Connection, at: Instant, identifier: str, what: str) -> None:
    """Note what was refused to an account. The same again within a minute is not, and of too many the oldest go: who
    is refused must not be able to fill the disk."""
    by, act = f"account:{identifier}", REFUSED + what
    same = select(journal.c.at).where(journal.c.by == by, journal.c.act == act)
    last = connection.execute(same.order_by(journal.c.number.desc()).limit(1)).scalar()
    if last is not None and abs(at.ns - parse_instant(last).ns) < _AGAIN_AFTER:
        return
    refused = journal.c.act.startswith(REFUSED, autoescape=True)
    if connection.execute(select(func.count()).where(refused)).scalar_one() >= _MOST:
        oldest = select(journal.c.number).where(refused).order_by(journal.c.number).limit(_MOST // 10)
        connection.execute(delete(journal).where(journal.c.number.in_(oldest)))
    note(connection, at, by, act, identifier)
