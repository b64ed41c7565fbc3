"""The answers about a node's own people: accounts, sessions, and the journal of what was done to them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relto.node.people import PersonalAct, Role, SessionKind
from relto.serve.api.answers import Answer, Moment


class Account(Answer):
    """`relto/account/1`."""

    schema_: Literal["relto/account/1"] = Field(alias="schema")
    id: str
    name: str
    roles: list[Role]
    disabled: bool
    password: bool = Field(description="whether it has one")
    certificate: str | None
    issuer: str | None
    subject: str | None
    created: Moment | None


class Accounts(Answer):
    """`relto/accounts/1`."""

    schema_: Literal["relto/accounts/1"] = Field(alias="schema")
    accounts: list[Account]


class SignedIn(Answer):
    """`relto/session/1`: who is signed in, in which roles, until when. `token` only for programs, once."""

    schema_: Literal["relto/session/1"] = Field(alias="schema")
    party: str
    account: str
    name: str
    roles: list[Role]
    acts: list[PersonalAct]
    kind: SessionKind | Literal["certificate"]
    expires: Moment | None
    stepped_up_until: Moment | None
    csrf: str | None = Field(description="for the header X-Relto-CSRF")
    token: str = ""


class SignedOut(Answer):
    """`relto/session/1` when it has ended."""

    schema_: Literal["relto/session/1"] = Field(alias="schema")
    ended: bool


class JournalEntry(Answer):
    """What was done to an account."""

    number: int
    at: Moment
    by: str
    act: str
    about: str


class Journal(Answer):
    """`relto/journal/1`: what was done to the accounts and what was refused to them, the newest first."""

    schema_: Literal["relto/journal/1"] = Field(alias="schema")
    total: int
    entries: list[JournalEntry]
