"""What a node and its people answer, as JSON: transmittals, signed instruments, approvals, accounts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from relto.core.canon import JSON
from relto.core.decision import Ground
from relto.core.dossier import Dossier
from relto.formats.answers import ground_json, instant_json
from relto.node.agree import Signed
from relto.node.approval import Approval
from relto.node.difference import Difference
from relto.node.due import Duty
from relto.node.people import Account, JournalRow
from relto.node.rows import OutboxRow

TRANSMITTAL_SCHEMA: Final = "relto/transmittal/1"
INSTRUMENT_SCHEMA: Final = "relto/instrument/1"
APPROVAL_SCHEMA: Final = "relto/approval/1"
ACCOUNT_SCHEMA: Final = "relto/account/1"
DUTY_SCHEMA: Final = "relto/duty/1"
DIFFERENCE_SCHEMA: Final = "relto/record-difference/1"


def transmittal_json(row: OutboxRow, grounds: Sequence[Ground] = ()) -> dict[str, JSON]:
    """`relto/transmittal/1`: a message of the outbox, and the grounds where it was refused."""
    value: dict[str, JSON] = {
        "schema": TRANSMITTAL_SCHEMA,
        "kind": row.kind,
        "id": row.subject,
        "to": row.peer,
        "state": row.state,
        "queued_at": str(row.queued_at),
        "attempts": row.attempts,
        "evidence": row.evidence,
        "answer": row.answer,
    }
    if grounds:
        value["grounds"] = [ground_json(one) for one in grounds]
    return value | {"error": row.last_error} if row.last_error else value


def signed_json(signed: Signed) -> dict[str, JSON]:
    """`relto/instrument/1` as it stands after signing: whose signatures are missing, and who has been told."""
    return {
        "schema": INSTRUMENT_SCHEMA,
        "agreement": signed.row.agreement,
        "id": signed.instrument.id,
        "kind": signed.instrument.kind,
        "complete": signed.complete,
        "missing": list(signed.row.missing),
        "deliveries": [{"to": one.row.peer, "state": one.state} for one in signed.deliveries],
    }


def difference_json(one: Difference, dossier: Dossier) -> dict[str, JSON]:
    """`relto/record-difference/1`: what a peer holds of an agreement beside the own record. `only_here` and
    `only_there` name the instruments that are not the same on both sides, where the peer has shown its record."""
    here, there = one.apart_from(dossier)
    return {
        "schema": DIFFERENCE_SCHEMA,
        "peer": one.peer,
        "agreement": one.agreement,
        "found_at": str(one.at),
        "own": one.mine or None,
        "theirs": one.theirs or None,
        "shown": one.held is not None,
        "only_here": here,
        "only_there": there,
        "says": str(one),
    }


def duty_json(one: Duty) -> dict[str, JSON]:
    """`relto/duty/1`."""
    return {
        "schema": DUTY_SCHEMA,
        "holding": one.holding.id if one.holding is not None else None,
        "item": one.holding.received.item if one.holding is not None else None,
        "contractor": one.contractor.id if one.contractor is not None else None,
        "agreement": one.agreement,
        "article": one.article,
        "do": one.do,
        "to": one.to or None,
        "owner": one.owner,
        "started": str(one.started),
        "due": instant_json(one.due),
        "overdue": one.overdue,
    }


def approval_json(approval: Approval) -> dict[str, JSON]:
    """`relto/approval/1`."""
    return {
        "schema": APPROVAL_SCHEMA,
        "id": approval.id,
        "item": approval.item,
        "to": approval.to,
        "act": approval.act,
        "purpose": approval.purpose,
        "via": list(approval.via),
        "by": str(approval.by),
        "at": str(approval.at),
        "state": approval.state,
        "decided_by": approval.decided_by or None,
        "decided_at": instant_json(approval.decided_at),
        "note": approval.note,
        "transmittal": approval.transmittal or None,
    }


def account_json(account: Account) -> dict[str, JSON]:
    """`relto/account/1`; of a password only whether there is one."""
    return {
        "schema": ACCOUNT_SCHEMA,
        "id": account.id,
        "name": account.name,
        "roles": list(account.roles),
        "disabled": account.disabled,
        "password": account.has_password,
        "certificate": account.certificate or None,
        "issuer": account.issuer or None,
        "subject": account.subject or None,
        "created": instant_json(account.created),
    }


def journal_json(row: JournalRow) -> dict[str, JSON]:
    """One entry of the journal of accounts."""
    return {"number": row.number, "at": str(row.at), "by": row.by, "act": row.act, "about": row.about}
