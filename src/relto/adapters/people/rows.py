"""Rows of the tables to accounts, approvals and journal rows, and back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row

from relto.core.canon import canonical, parse_json
from relto.core.errors import InputError, VerificationFailed
from relto.core.timeline import Instant, parse_instant
from relto.node.approval import Approval
from relto.node.people import Account, Actor, JournalRow, check_roles


def account_of(row: Row[Any]) -> Account:
    """An account as it stands in the table. Raises VerificationFailed where the row was changed to none."""
    try:
        return Account(
            id=row.id,
            name=row.name,
            roles=check_roles(_texts(row.roles)),
            disabled=bool(row.disabled),
            has_password=row.password is not None,
            certificate=row.certificate or "",
            issuer=row.issuer or "",
            subject=row.subject or "",
            created=parse_instant(row.created),
        )
    except InputError as error:
        raise VerificationFailed(
            f"the account `{row.id}` was changed: {error.message}", remedy="restore `people.db`"
        ) from error


def columns_of_account(account: Account) -> dict[str, Any]:
    """What may change of an account; its id, its password and when it was made stay."""
    return {
        "name": account.name,
        "roles": canonical(list(account.roles)).decode("utf-8"),
        "certificate": account.certificate or None,
        "issuer": account.issuer or None,
        "subject": account.subject or None,
        "disabled": int(account.disabled),
    }


def approval_of(row: Row[Any], *, sealed: bytes = b"") -> Approval:
    """An approval as it stands in the table."""
    return Approval(
        id=row.id,
        item=row.item,
        to=row.to,
        act=row.act,
        purpose=row.purpose,
        via=_texts(row.via),
        by=Actor(row.by_account, row.by_role),
        at=parse_instant(row.at),
        state=row.state,
        decided_by=row.decided_by,
        decided_at=instant_of(row.decided_at),
        note=row.note,
        transmittal=row.transmittal,
        sealed=sealed,
    )


def columns_of_approval(approval: Approval) -> dict[str, Any]:
    """All columns of a new approval."""
    return {
        "id": approval.id,
        "item": approval.item,
        "to": approval.to,
        "act": approval.act,
        "purpose": approval.purpose,
        "via": canonical(list(approval.via)).decode("utf-8"),
        "by_account": approval.by.account,
        "by_role": approval.by.role,
        "at": str(approval.at),
        "sealed": approval.sealed,
        **state_of_approval(approval),
    }


def state_of_approval(approval: Approval) -> dict[str, Any]:
    """The columns that say what became of an approval."""
    return {
        "state": approval.state,
        "decided_by": approval.decided_by,
        "decided_at": None if approval.decided_at is None else str(approval.decided_at),
        "note": approval.note,
        "transmittal": approval.transmittal,
    }


def journal_row_of(row: Row[Any]) -> JournalRow:
    """A row of the journal."""
    return JournalRow(row.number, parse_instant(row.at), row.by, row.act, row.about)


def instant_of(text: str | None) -> Instant | None:
    """An instant as the tables keep it; None where there is none."""
    return None if text is None else parse_instant(text)


def _texts(data: str) -> tuple[str, ...]:
    found = parse_json(data.encode("utf-8"), name="people.db")
    if not isinstance(found, list):
        raise VerificationFailed("a row of `people.db` was changed", remedy="restore `people.db`")
    return tuple(str(one) for one in found)
