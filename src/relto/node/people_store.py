"""The port to a party's own people: accounts, sessions and what waits for a second person.

A real one: SQLite beside the node's store. Next: a directory of the party's own.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from relto.core.timeline import Instant
from relto.node.approval import Approval
from relto.node.people import Account, JournalRow, OpenSession, Session, SessionKind


class People(Protocol):
    """Where accounts, sessions and approvals are kept. What time it is comes as `at`, always."""

    def account(self, identifier: str) -> Account | None:
        """One account, disabled or not."""
        ...

    def accounts(self) -> list[Account]:
        """All accounts, by id."""
        ...

    def account_by_certificate(self, fingerprint: str) -> Account | None:
        """The account that is known by this client certificate."""
        ...

    def account_by_subject(self, issuer: str, subject: str) -> Account | None:
        """The account that is known by this subject at that issuer."""
        ...

    def add_account(self, account: Account, password: str | None, *, by: str, at: Instant) -> Account:
        """Add an account. Raises Conflict where its id, certificate or subject is taken."""
        ...

    def change_account(self, identifier: str, how: Callable[[Account], Account], *, by: str, at: Instant) -> Account:
        """Keep what `how` makes of an account, at once. Raises NotFound; Conflict where no operator is left."""
        ...

    def set_password(self, identifier: str, password: str | None, *, by: str, at: Instant) -> None:
        """Give an account a new password, or none; its sessions and its calendar address end."""
        ...

    def note_refusal(self, identifier: str, what: str, *, at: Instant) -> None:
        """Put into the journal that something was refused to an account; the same again within a minute is not."""
        ...

    def journal(self) -> list[JournalRow]:
        """What was done to the accounts and refused to them, in order."""
        ...

    def check_password(self, identifier: str, password: str, at: Instant) -> Account:
        """The account, if that is its password. Raises NotSignedIn, TooManyAttempts."""
        ...

    def begin_session(self, identifier: str, kind: SessionKind, at: Instant, *, stepped_up: bool = False) -> Session:
        """A new session with a new token."""
        ...

    def session(self, token: str, at: Instant) -> Session:
        """The session of a token. Raises NotSignedIn where it is unknown, over, or its account disabled."""
        ...

    def step_up(self, token: str, at: Instant) -> Session:
        """The session under a new token, stepped up for a short while; the old token ends."""
        ...

    def end_session(self, token: str) -> None:
        """End a session; one that is not there is over already."""
        ...

    def open_sessions(self, identifier: str, token: str, at: Instant) -> list[OpenSession]:
        """The sessions of an account that are not over, that of `token` first."""
        ...

    def end_other_sessions(self, identifier: str, token: str) -> int:
        """End all sessions of an account but that of `token`; how many."""
        ...

    def begin_calendar(self, identifier: str, *, at: Instant) -> str:
        """A new calendar address for an account, in place of the one it had: its secret, which is told only now."""
        ...

    def end_calendar(self, identifier: str, *, at: Instant) -> None:
        """Take the calendar address from an account that has one."""
        ...

    def calendar_made(self, identifier: str) -> Instant | None:
        """When the calendar address of an account was made; None where it has none."""
        ...

    def account_by_calendar(self, token: str) -> Account:
        """The account whose calendar address has this secret. Raises NotFound for none, or one disabled."""
        ...

    def add_approval(self, approval: Approval) -> None:
        """Keep a release that waits for a second person."""
        ...

    def approval(self, identifier: str) -> Approval | None:
        """One of them, with what it would release."""
        ...

    def approvals(self) -> list[Approval]:
        """All of them in the order they came, without what they would release."""
        ...

    def move_approval(self, approval: Approval, *, was: str) -> bool:
        """Keep an approval's new state, if it is still in the state `was`; whether it was."""
        ...

    def approving(self, identifier: str) -> AbstractContextManager[None]:
        """Be the only one at work on an approval, among all processes. Raises Conflict where another is."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
