"""Accounts, sessions and approvals in one file of SQLite."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from relto.adapters.people.attempts import count_attempt, forget_attempts
from relto.adapters.people.calendars import account_of_calendar, calendar_made, delete_calendar, put_calendar
from relto.adapters.people.file import PeopleFile
from relto.adapters.people.journal import note, note_refused
from relto.adapters.people.passwords import Passwords
from relto.adapters.people.rows import (
    account_of,
    approval_of,
    columns_of_account,
    columns_of_approval,
    instant_of,
    journal_row_of,
    state_of_approval,
)
from relto.adapters.people.sessions import end_others, open_sessions
from relto.adapters.people.tables import account, approval, journal, session
from relto.adapters.people.tokens import hashed, new_token
from relto.core.errors import Conflict, InputError, NotFound
from relto.core.timeline import Instant, parse_instant
from relto.node.approval import Approval
from relto.node.people import Account, JournalRow, NotSignedIn, OpenSession, Session, SessionKind, check_account_id

_SECOND: Final = 1_000_000_000
_TOUCHED_EVERY: Final = 10  # a session in use is written to at a tenth of its idle limit, not at every request


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """How long a session lasts, in seconds: at most, unused, and how long a step-up holds."""

    longest: int = 12 * 3600
    idle: int = 1800
    stepped_up: int = 300

    def __post_init__(self) -> None:
        """Raises InputError for a limit of none, or of more than a month."""
        if not all(0 < one <= 31 * 86400 for one in (self.longest, self.idle, self.stepped_up)):
            raise InputError("a limit of a session out of range", remedy="give seconds, from 1 to a month")


class SqlitePeople:
    """The people of one party. Every question is answered from the file as it stands then: nothing is remembered."""

    def __init__(self, path: Path, passwords: Passwords, limits: SessionLimits | None = None) -> None:
        """Open `path`, made where there is none. Raises as `PeopleFile` does."""
        self._file = PeopleFile(path)
        self._passwords = passwords
        self._limits = limits or SessionLimits()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    # accounts

    def account(self, identifier: str) -> Account | None:
        """One account, disabled or not."""
        return self._account(account.c.id == identifier)

    def accounts(self) -> list[Account]:
        """All accounts, by id."""
        with self._read() as connection:
            return [account_of(row) for row in connection.execute(select(account).order_by(account.c.id))]

    def account_by_certificate(self, fingerprint: str) -> Account | None:
        """The account that is known by this client certificate."""
        return self._account(account.c.certificate == fingerprint)

    def account_by_subject(self, issuer: str, subject: str) -> Account | None:
        """The account that is known by this subject at that issuer."""
        return self._account((account.c.issuer == issuer) & (account.c.subject == subject))

    def add_account(self, new: Account, password: str | None, *, by: str, at: Instant) -> Account:
        """Add an account. Raises Conflict where its id, certificate or subject is taken."""
        kept = None if password is None else self._passwords.hash(password)
        columns = {"id": new.id, "password": kept, "created": str(at), **columns_of_account(new)}
        with self._write() as connection:
            connection.execute(insert(account).values(**columns))
            note(connection, at, by, f"added as {', '.join(new.roles)}", new.id)
        return replace(new, has_password=kept is not None, created=at)

    def change_account(self, identifier: str, how: Callable[[Account], Account], *, by: str, at: Instant) -> Account:
        """Keep what `how` makes of an account, at once; new roles or a disabling end its sessions, a disabling its
        calendar address too.

        Raises NotFound where there is none, Conflict where nobody who administers accounts would be left.
        """
        with self._write() as connection:
            before = account_of(_find(connection, identifier))
            after = replace(how(before), id=before.id, has_password=before.has_password, created=before.created)
            for what in _differences(before, after):
                note(connection, at, by, what, identifier)
            if before.roles != after.roles or after.disabled:
                connection.execute(delete(session).where(session.c.account == identifier))
            if after.disabled:
                delete_calendar(connection, identifier)
            connection.execute(update(account).where(account.c.id == identifier).values(**columns_of_account(after)))
            if "operator" in before.roles and not before.disabled:
                _check_operator_left(connection)
        return after

    def set_password(self, identifier: str, password: str | None, *, by: str, at: Instant) -> None:
        """Give an account a new password, or none; its sessions and calendar address end. NotFound where there is no
        such account."""
        kept = None if password is None else self._passwords.hash(password)
        with self._write() as connection:
            _find(connection, identifier)
            connection.execute(update(account).where(account.c.id == identifier).values(password=kept))
            connection.execute(delete(session).where(session.c.account == identifier))
            delete_calendar(connection, identifier)
            forget_attempts(connection, _who(identifier))
            note(connection, at, by, "given a password" if kept else "left without a password", identifier)

    def note_refusal(self, identifier: str, what: str, *, at: Instant) -> None:
        """Put into the journal that something was refused to an account; the same again within a minute is not."""
        with self._write() as connection:
            note_refused(connection, at, identifier, what)

    def journal(self) -> list[JournalRow]:
        """What was done to the accounts and refused to them, in order."""
        with self._read() as connection:
            return [journal_row_of(row) for row in connection.execute(select(journal).order_by(journal.c.number))]

    # showing who one is

    def check_password(self, identifier: str, password: str, at: Instant) -> Account:
        """The account, if that is its password and it is not disabled.

        Raises NotSignedIn, which does not say what was wrong, and TooManyAttempts.
        """
        who = _who(identifier)
        with self._write() as connection:
            count_attempt(connection, who, at)
            row = connection.execute(select(account).where(account.c.id == identifier)).one_or_none()
        kept = None if row is None else row.password
        right = self._passwords.matches(kept, password)
        if not right or row is None or kept is None or row.disabled:
            if row is not None:
                self.note_refusal(identifier, f"sign-in: {'disabled' if row.disabled else 'wrong password'}", at=at)
            raise _not_signed_in("that is no account with that password")
        with self._write() as connection:
            forget_attempts(connection, who)
            if self._passwords.is_outdated(kept):
                unchanged = (account.c.id == identifier) & (account.c.password == kept)
                connection.execute(update(account).where(unchanged).values(password=self._passwords.hash(password)))
        return account_of(row)

    # sessions

    def begin_session(self, identifier: str, kind: SessionKind, at: Instant, *, stepped_up: bool = False) -> Session:
        """A new session with a new token. Raises NotSignedIn for an account that is disabled or not there."""
        token = new_token()
        expires = at.plus(self._limits.longest * _SECOND)
        until = at.plus(self._limits.stepped_up * _SECOND) if stepped_up else None
        with self._write() as connection:
            row = connection.execute(select(account).where(account.c.id == identifier)).one_or_none()
            if row is None or row.disabled:
                raise _not_signed_in("the account is not there, or disabled")
            connection.execute(delete(session).where(session.c.expires < str(at.plus(-_SECOND))))
            _add_session(connection, token, identifier, kind, (at, expires, until))
        return Session(account_of(row), kind, expires, until, token)

    def session(self, token: str, at: Instant) -> Session:
        """The session of a token; its account is looked at now. Raises NotSignedIn."""
        with self._read() as connection:
            found, row = self._live(connection, token, at)
        if at.ns - parse_instant(row.seen).ns > self._limits.idle * _SECOND // _TOUCHED_EVERY:
            with self._write() as connection:
                connection.execute(update(session).where(session.c.token == row.token).values(seen=str(at)))
        return found

    def step_up(self, token: str, at: Instant) -> Session:
        """The session under a new token, stepped up for a short while; the old token is worth nothing any more."""
        fresh = new_token()
        until = at.plus(self._limits.stepped_up * _SECOND)
        with self._write() as connection:
            found, row = self._live(connection, token, at)
            connection.execute(delete(session).where(session.c.token == row.token))
            _add_session(connection, fresh, found.account.id, found.kind, (at, found.expires, until))
        return replace(found, stepped_up_until=until, token=fresh)

    def end_session(self, token: str) -> None:
        """End a session; one that is not there is over already."""
        with self._write() as connection:
            connection.execute(delete(session).where(session.c.token == hashed(token)))

    def open_sessions(self, identifier: str, token: str, at: Instant) -> list[OpenSession]:
        """The sessions of an account that are not over, that of `token` first."""
        with self._read() as connection:
            return open_sessions(connection, identifier, token, at, self._limits.idle)

    def end_other_sessions(self, identifier: str, token: str) -> int:
        """End all sessions of an account but that of `token`; how many."""
        with self._write() as connection:
            return end_others(connection, identifier, token)

    def _live(self, connection: Connection, token: str, at: Instant) -> tuple[Session, Row[Any]]:
        name = hashed(token)
        query = select(session, account).join(account, session.c.account == account.c.id)
        row = connection.execute(query.where(session.c.token == name)).one_or_none()
        if row is None or not hmac.compare_digest(row.token, name):
            raise _not_signed_in("no such session")
        seen, expires = parse_instant(row.seen), parse_instant(row.expires)
        at = max(at, seen)  # a clock that stepped back makes no session younger
        if at >= expires or at.ns - seen.ns >= self._limits.idle * _SECOND or row.disabled:
            raise _not_signed_in("the session is over")
        return Session(account_of(row), row.kind, expires, instant_of(row.stepped_up_until)), row

    # calendar addresses

    def begin_calendar(self, identifier: str, *, at: Instant) -> str:
        """A new calendar address for an account, in place of the one it had: its secret, which is told only now."""
        token = new_token()
        with self._write() as connection:
            if _find(connection, identifier).disabled:
                raise _not_signed_in("the account is disabled")
            put_calendar(connection, identifier, token, at)
            note(connection, at, f"account:{identifier}", "calendar address made", identifier)
        return token

    def end_calendar(self, identifier: str, *, at: Instant) -> None:
        """Take the calendar address from an account that has one."""
        with self._write() as connection:
            if delete_calendar(connection, identifier):
                note(connection, at, f"account:{identifier}", "calendar address withdrawn", identifier)

    def calendar_made(self, identifier: str) -> Instant | None:
        """When the calendar address of an account was made; None where it has none."""
        with self._read() as connection:
            return calendar_made(connection, identifier)

    def account_by_calendar(self, token: str) -> Account:
        """The account whose calendar address has this secret. Raises NotFound for none, or one disabled."""
        with self._read() as connection:
            return account_of(account_of_calendar(connection, token))

    # approvals

    def add_approval(self, new: Approval) -> None:
        """Keep a release that waits for a second person."""
        with self._write() as connection:
            connection.execute(insert(approval).values(**columns_of_approval(new)))

    def approval(self, identifier: str) -> Approval | None:
        """One of them, with what it would release."""
        with self._read() as connection:
            row = connection.execute(select(approval).where(approval.c.id == identifier)).one_or_none()
        return None if row is None else approval_of(row, sealed=bytes(row.sealed))

    def approvals(self) -> list[Approval]:
        """All of them in the order they came, without what they would release."""
        columns = [one for one in approval.c if one is not approval.c.sealed]
        with self._read() as connection:
            return [approval_of(row) for row in connection.execute(select(*columns).order_by(approval.c.number))]

    def move_approval(self, moved: Approval, *, was: str) -> bool:
        """Keep an approval's new state, if it is still in the state `was`; whether it was.

        What was settled is no longer kept: it went, or it goes nowhere.
        """
        values = state_of_approval(moved)
        if moved.state in ("approved", "refused"):
            values["sealed"] = b""
        same = (approval.c.id == moved.id) & (approval.c.state == was)
        with self._write() as connection:
            return connection.execute(update(approval).where(same).values(**values)).rowcount == 1

    @contextmanager
    def approving(self, identifier: str) -> Iterator[None]:
        """Be the only one at work on an approval, among all processes: the system's lock ends with its holder."""
        with self._file.alone(identifier):
            yield

    def _account(self, which: ColumnElement[bool]) -> Account | None:
        with self._read() as connection:
            row = connection.execute(select(account).where(which)).one_or_none()
        return None if row is None else account_of(row)

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        with self._file.errors(), self._file.begin("DEFERRED") as connection:
            yield connection

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        with self._file.errors(), self._file.begin("IMMEDIATE") as connection:
            yield connection


def _who(identifier: str) -> str:
    """Under which name attempts are counted: whatever was typed, of one length."""
    return hashlib.sha256(identifier.encode("utf-8", "surrogatepass")).hexdigest()


def _not_signed_in(why: str) -> NotSignedIn:
    return NotSignedIn(f"not signed in: {why}", remedy="sign in")


def _find(connection: Connection, identifier: str) -> Row[Any]:
    row = connection.execute(select(account).where(account.c.id == check_account_id(identifier))).one_or_none()
    if row is None:
        raise NotFound(f"no account `{identifier[:60]}`", remedy="list the accounts for their ids")
    return row


def _add_session(
    connection: Connection,
    token: str,
    identifier: str,
    kind: SessionKind,
    times: tuple[Instant, Instant, Instant | None],
) -> None:
    seen, expires, until = times
    connection.execute(
        insert(session).values(
            token=hashed(token),
            account=identifier,
            kind=kind,
            created=str(seen),
            expires=str(expires),
            seen=str(seen),
            stepped_up_until=None if until is None else str(until),
        )
    )


def _differences(before: Account, after: Account) -> Iterator[str]:
    """What an operator has changed, each as a line of the journal."""
    if before.roles != after.roles:
        yield f"made {', '.join(after.roles)}, was {', '.join(before.roles)}"
    if before.disabled != after.disabled:
        yield "disabled" if after.disabled else "enabled"
    if before.name != after.name:
        yield f"named {after.name}"
    if before.certificate != after.certificate:
        yield f"known by certificate {after.certificate}" if after.certificate else "known by no certificate"
    if (before.issuer, before.subject) != (after.issuer, after.subject):
        yield f"known as {after.subject} at {after.issuer}" if after.subject else "known at no issuer"


def _check_operator_left(connection: Connection) -> None:
    left = select(func.count()).where(account.c.disabled == 0, account.c.roles.like('%"operator"%'))
    if not connection.execute(left).scalar_one():
        raise Conflict("nobody would be left to administer accounts", remedy="make another operator first")
