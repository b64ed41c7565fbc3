"""People: the roles a party gives its own, what each role may do, and who is acting.

A role may do what it needs and nothing more. One who watches changes nothing; one who gives out accounts releases
nothing; what a desk composes, another person releases.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from relto.core.errors import InputError, Refused
from relto.core.timeline import Instant

Role: TypeAlias = Literal["desk-officer", "releasing-authority", "security-officer", "analyst", "operator", "auditor"]
ROLES: Final[tuple[Role, ...]] = get_args(Role)

PersonalAct: TypeAlias = Literal[
    "see-agreements",
    "check",
    "see-holdings",
    "see-outbox",
    "submit",
    "release",
    "forward",
    "open",
    "sign-instrument",
    "keep-register",
    "decide-visit",
    "keep-control",
    "report-compromise",
    "reclassify",
    "see-evidence",
    "see-checkpoint",
    "see-accounts",
    "administer-accounts",
    "see-journal",
    "see-state",
]
PERSONAL_ACTS: Final[tuple[PersonalAct, ...]] = get_args(PersonalAct)

MAY: Final[Mapping[Role, frozenset[PersonalAct]]] = {
    "desk-officer": frozenset(
        {"see-agreements", "check", "see-holdings", "see-outbox", "submit", "open", "keep-register"}
    ),
    "releasing-authority": frozenset(
        {
            "see-agreements",
            "check",
            "see-holdings",
            "see-outbox",
            "submit",
            "release",
            "forward",
            "sign-instrument",
            "reclassify",
            "decide-visit",
        }
    ),
    "security-officer": frozenset(
        {
            "see-agreements",
            "see-holdings",
            "see-outbox",
            "keep-register",
            "decide-visit",
            "keep-control",
            "report-compromise",
            "see-evidence",
            "see-checkpoint",
        }
    ),
    "analyst": frozenset({"see-agreements", "check"}),
    "operator": frozenset({"see-state", "see-accounts", "administer-accounts", "see-checkpoint"}),
    "auditor": frozenset(
        {
            "see-agreements",
            "see-holdings",
            "see-outbox",
            "see-evidence",
            "see-checkpoint",
            "see-accounts",
            "see-journal",
            "see-state",
        }
    ),
}
"""Which role may do which act: the whole of it."""

STEP_UP: Final[frozenset[PersonalAct]] = frozenset(
    {"release", "forward", "sign-instrument", "reclassify", "decide-visit", "administer-accounts"}
)
"""Acts before which a person shows again who they are."""

_APART: Final[tuple[tuple[Role, Role], ...]] = (("operator", "releasing-authority"),)
"""Roles that one account does not hold together."""

_ACCOUNT = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?", re.ASCII)
_FINGERPRINT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_NAME: Final = 120
SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 1024
_MAX_CLAIM: Final = 255


class NotSignedIn(Refused):
    """Nobody is signed in: no session, one that has ended, a wrong password; it does not say which."""


class NotAllowed(Refused):
    """Somebody is signed in, but the act is not one of their roles'."""


class ForgedRequest(NotAllowed):
    """A request that another origin's page may have made a browser send."""


class StepUpNeeded(NotAllowed):
    """The act needs its actor to show again who they are."""


class TooManyAttempts(Refused):
    """Too many attempts; `after` says in how many seconds another is looked at."""

    def __init__(self, after: int) -> None:
        super().__init__("too many attempts", remedy=f"wait {after} seconds")
        self.after = after


@dataclass(frozen=True, slots=True)
class Account:
    """A person's account, or a program's. Whoever it is to be known by is beside it: a password (`has_password`), the
    SHA-256 of a client certificate, the subject at an OpenID issuer."""

    id: str
    name: str
    roles: tuple[Role, ...]
    disabled: bool = False
    has_password: bool = False
    certificate: str = ""
    issuer: str = ""
    subject: str = ""
    created: Instant | None = None

    def role_for(self, act: PersonalAct) -> Role | None:
        """The role of this account that may do `act`; None where none may."""
        return next((role for role in self.roles if act in MAY[role]), None)

    def __post_init__(self) -> None:
        """Raises InputError for an id, a name, roles or a fingerprint that are none."""
        check_account_id(self.id)
        if not 1 <= len(self.name) <= _MAX_NAME or not self.name.isprintable():
            raise InputError("the name of an account is empty, overlong or unprintable", remedy="give a person's name")
        check_roles(self.roles)
        if self.certificate and not _FINGERPRINT.fullmatch(self.certificate):
            raise InputError(
                f"`{self.certificate[:70]}` is no SHA-256 of a certificate", remedy="give 64 lower-case hex digits"
            )
        if bool(self.issuer) != bool(self.subject) or len(self.issuer) > _MAX_CLAIM or len(self.subject) > _MAX_CLAIM:
            raise InputError("an issuer without a subject, or overlong", remedy="give both, as the issuer states them")


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, and in which of their roles. Its text is what evidence states."""

    account: str
    role: Role

    def __str__(self) -> str:
        return f"account:{self.account}/{self.role}"


@dataclass(frozen=True, slots=True)
class Session:
    """A session as it stands at the instant it was asked for. `token` only where it was made just now."""

    account: Account
    kind: SessionKind
    expires: Instant
    stepped_up_until: Instant | None
    token: str = ""

    def is_stepped_up(self, at: Instant) -> bool:
        """Whether its person has shown again who they are, a short while before `at`."""
        return self.stepped_up_until is not None and at < self.stepped_up_until


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that is not over, as its account's holder sees it. `own`: it is the one they ask by."""

    kind: SessionKind
    created: Instant
    seen: Instant
    expires: Instant
    own: bool


SessionKind: TypeAlias = Literal["cookie", "bearer"]
"""A session is a browser's or a program's, for good: the one is guarded against forged requests, the other needs no
guard because no browser sends it by itself."""


@dataclass(frozen=True, slots=True)
class JournalRow:
    """What was done to the accounts, or refused to their holders: by whom, when, to which."""

    number: int
    at: Instant
    by: str
    act: str
    about: str


def check_account_id(text: str) -> str:
    """Give `text` back if it can name an account; else raise InputError."""
    if not _ACCOUNT.fullmatch(text):
        raise InputError(
            f"`{text[:60]}` is not the id of an account", remedy="use 1 to 40 of a-z, 0-9 and `-`, no `-` at the ends"
        )
    return text


def check_password(text: str) -> bytes:
    """The bytes of a new password, in one Unicode form (NFC, RFC 8265); InputError for one too short, too long or no
    text. Nothing else is asked of it (NIST SP 800-63B)."""
    if not SHORTEST_PASSWORD <= len(text) <= LONGEST_PASSWORD:
        raise InputError(
            "a password too short or too long", remedy=f"choose {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} signs"
        )
    try:
        return unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("a password that is not text", remedy="choose whole characters") from None


def check_roles(roles: tuple[str, ...]) -> tuple[Role, ...]:
    """Give `roles` back if one account may hold them together; else raise InputError."""
    for one in roles:
        if one not in ROLES:
            raise InputError(f"`{one[:60]}` is no role", remedy=f"use one of {', '.join(ROLES)}")
    if not roles or len(set(roles)) != len(roles):
        raise InputError("no role, or one twice", remedy=f"give some of {', '.join(ROLES)}")
    if "auditor" in roles and len(roles) > 1:
        raise InputError("an auditor with another role", remedy="who watches does nothing else: make two accounts")
    for one, other in _APART:
        if one in roles and other in roles:
            raise InputError(f"{one} and {other} in one account", remedy="give them to two people")
    return cast("tuple[Role, ...]", roles)


def check_allowed(account: Account, act: PersonalAct) -> Actor:
    """Who acts when `account` does `act`. Raises NotAllowed where none of its roles may."""
    role = account.role_for(act)
    if role is None:
        able = ", ".join(one for one in ROLES if act in MAY[one])
        raise NotAllowed(
            f"`{account.id}` may not {act.replace('-', ' ')}, being {', '.join(account.roles)}",
            remedy=f"ask one who is {able}",
        )
    return Actor(account.id, role)
