"""Rows of the tables to the node's values and back."""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from types import EllipsisType, NoneType
from typing import Any, Final

from sqlalchemy import Table

from relto.adapters.sqlite import tables
from relto.core.canon import base64url, canonical, count_in, from_base64url, only_keys, parse_json, parse_object
from relto.core.errors import InputError, NotFound, ReltoError, VerificationFailed
from relto.core.ledger import Frontier
from relto.core.memo import Memo
from relto.core.register import (
    Control,
    Holding,
    control_event_from_json,
    control_event_to_json,
    event_from_json,
    event_to_json,
    fold,
    fold_controls,
)
from relto.core.timeline import Instant, parse_instant
from relto.node.rows import InboxRow, Leaf, OutboxRow, Sent

_MAX_EVENTS_BYTES: Final = 1 << 24
_MOST_KEPT: Final = 1 << 14
_CONTROLS: Final[Memo[tuple[Any, ...], Control]] = Memo(4096)
"""Those folded lately, by their whole rows: lists of visits are looked at again and again."""
_MAX_FRONTIER_BYTES: Final = 1 << 13
_EDGES: Final[Memo[str, Frontier]] = Memo(8)  # what a transaction writes, the next one reads


_CONTROL_ROW: Any = namedtuple("control", [one.name for one in tables.control.columns])  # type: ignore[misc]


def check_types(row: Any, table: Table) -> Any:
    """Give a row back if each value of it has its column's type, which SQLite itself does not hold to, and is there
    where it must be, which it does not hold to in a table that was made anew."""
    for name, kinds in _types(table):
        if not isinstance(getattr(row, name, ...), kinds):
            raise VerificationFailed(f"a row of `{table.name}` was changed: `{name}`", remedy="restore the store")
    return row


@cache
def _types(table: Table) -> list[tuple[str, tuple[type, ...]]]:
    """Of each column, what may stand in it, or that it was not asked for."""
    return [
        (one.name, (one.type.python_type, EllipsisType, *((NoneType,) if one.nullable else ())))
        for one in table.columns
    ]


def frontier_text(frontier: Frontier) -> str:
    """The right edge of the ledger's tree as the table holds it."""
    text = canonical({"size": frontier.size, "peaks": [base64url(one) for one in frontier.peaks]}).decode("ascii")
    _EDGES.put(text, frontier)
    return text


def frontier_of(text: str) -> Frontier:
    """The right edge of the ledger's tree; that of the empty tree before the first leaf. Raises VerificationFailed."""
    if not text:
        return Frontier()
    known = _EDGES.get(text)
    if known is not None:
        return known
    try:
        value = parse_object(text.encode("utf-8"), _MAX_FRONTIER_BYTES, name="frontier")
        only_keys(value, frozenset({"size", "peaks"}))
        peaks = value["peaks"]
        if not isinstance(peaks, list):
            raise InputError("its peaks are no list")
        found = Frontier(count_in(value, "size"), tuple(from_base64url(str(one)) for one in peaks))
        if frontier_text(found) != text:
            raise InputError("it is written in another way")
        return found
    except InputError as error:
        raise VerificationFailed(
            f"the right edge of the ledger was changed: {error}", remedy="run `relto ledger verify`"
        ) from error


_LEAF_TYPES: Final = [int, str, str, str, str, str, bytes]


def columns_of_leaf(leaf: Leaf) -> dict[str, Any]:
    """The columns of a leaf."""
    return {
        "position": leaf.position,
        "id": leaf.id,
        "kind": leaf.kind,
        "signer": leaf.signer,
        "subject": leaf.subject,
        "evidence": leaf.evidence,
        "hash": leaf.hash,
    }


def leaf_of(row: Iterable[Any]) -> Leaf:
    """A leaf as it stands in the table: all columns in their order."""
    leaf = Leaf._make(row)
    if [*map(type, leaf)] != _LEAF_TYPES:
        check_types(leaf, tables.leaf)  # it says which
    return leaf


def outbox_row_of(row: Any) -> OutboxRow:
    """A message of the outbox as it stands in the table."""
    check_types(row, tables.outbox)
    return OutboxRow(
        number=row.number,
        kind=row.kind,
        subject=row.subject,
        peer=row.peer,
        message=bytes(row.message),
        evidence=row.evidence,
        queued_at=instant_in(row.queued_at, "outbox.queued_at"),
        waits_for=row.waits_for,
        state=row.state,
        attempts=row.attempts,
        last_error=row.last_error,
        answer=row.answer,
    )


def sent_of(row: Any) -> Sent:
    """A message of the outbox without its bytes, from the columns that are asked for of one, in the order of `Sent`."""
    found = Sent(*row)
    texts = (found.subject, found.peer, found.evidence, found.queued_at, found.state, found.last_error)
    numbers = (found.attempts, found.size)
    if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, int) for one in numbers):
        raise VerificationFailed("a row of `outbox` was changed", remedy="restore the store")
    return replace(found, queued_at=instant_in(str(found.queued_at), "outbox.queued_at"))


def columns_of_outbox(row: OutboxRow) -> dict[str, Any]:
    """The columns of a new message of the outbox; its number comes from the table."""
    return {
        "number": None,
        "kind": row.kind,
        "subject": row.subject,
        "peer": row.peer,
        "message": row.message,
        "evidence": row.evidence,
        "queued_at": str(row.queued_at),
        "waits_for": row.waits_for,
        "state": row.state,
        "attempts": row.attempts,
        "last_error": row.last_error,
        "answer": row.answer,
    }


def inbox_row_of(row: Any) -> InboxRow:
    """A message of the inbox as it stands in the table."""
    check_types(row, tables.inbox)
    if row.accepted not in (0, 1):
        raise VerificationFailed("a row of `inbox` was changed: `accepted`", remedy="restore the store")
    return InboxRow(
        kind=row.kind,
        subject=row.subject,
        sender=row.sender,
        digest=row.digest,
        reply=bytes(row.reply),
        accepted=bool(row.accepted),
        received_at=instant_in(row.received_at, "inbox.received_at"),
    )


def columns_of_inbox(row: InboxRow) -> dict[str, Any]:
    """The columns of an answered message; its number comes from the table."""
    return {
        "number": None,
        "kind": row.kind,
        "subject": row.subject,
        "sender": row.sender,
        "digest": row.digest,
        "reply": row.reply,
        "accepted": int(row.accepted),
        "received_at": str(row.received_at),
    }


def columns_of_holding(holding: Holding) -> dict[str, Any]:
    """What the table says of a holding: its events, and columns for people to ask by."""
    came = holding.received
    return {
        "id": came.holding,
        "item": came.item,
        "originator": came.originator,
        "sender": came.sender,
        "mark": holding.mark,
        "received_at": str(came.at),
        "events": canonical([event_to_json(one) for one in holding.events]).decode("utf-8"),
    }


def columns_of_duty(holding: Holding) -> list[dict[str, Any]]:
    """What the table says of a holding's duties, in their order."""
    return [
        {
            "holding": holding.id,
            "number": number,
            "article": one.article,
            "do": one.do,
            "to": one.to,
            "started_at": str(one.started),
            "due_at": _instant(one.due),
            "done_at": _instant(one.done),
        }
        for number, one in enumerate(holding.duties)
    ]


def holding_of(row: Any) -> Holding:
    """Fold a holding from its events. Raises VerificationFailed where the row no longer holds events."""
    check_types(row, tables.holding)
    try:
        value = parse_json(row.events.encode("utf-8"), _MAX_EVENTS_BYTES, name="holding.events")
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise InputError("not a list of events")
        (holding,) = fold(event_from_json(one) for one in value if isinstance(one, dict)).values()
    except (InputError, NotFound, ValueError) as error:
        raise VerificationFailed(f"a row of the register was changed: {error}", remedy="restore the store") from error
    return holding


def columns_of_control(control: Control) -> dict[str, Any]:
    """What the table says of a visit, a checklist or a facility."""
    return {
        "kind": control.kind,
        "id": control.id,
        "due_at": _instant(control.due),
        "events": canonical([control_event_to_json(one) for one in control.events]).decode("utf-8"),
    }


def control_in(row: Any) -> Control:
    """Fold a visit, a checklist or a facility from its events. Raises VerificationFailed where the row no longer holds
    such events."""
    return control_of(tuple(row))


def control_of(values: tuple[Any, ...]) -> Control:
    """The same, of all columns in their order."""
    known = _CONTROLS.get(values)
    return _folded(values) if known is None else known  # the same events fold to the same


def _folded(values: tuple[Any, ...]) -> Control:
    row = check_types(_CONTROL_ROW(*values), tables.control)
    try:
        value = parse_json(row.events.encode("utf-8"), _MAX_EVENTS_BYTES, name="control.events")
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise InputError("not a list of events")
        (control,) = fold_controls(control_event_from_json(one) for one in value if isinstance(one, dict)).values()
    except (ReltoError, ValueError) as error:
        raise VerificationFailed(f"a row of `control` was changed: {error}", remedy="restore the store") from error
    return control if len(row.events) > _MOST_KEPT else _CONTROLS.put(values, control)


def title_of(events: str) -> str:
    """The title in the first of a holding's events, without folding them: to be searched by, not to be relied on."""
    try:
        return str(json.loads(events)[0]["title"])
    except (ValueError, LookupError, TypeError):
        return ""


def instant_in(text: str, name: str) -> Instant:
    """An instant as it was written. Raises VerificationFailed for any other way to write one, or none."""
    try:
        found = parse_instant(text)
    except InputError as error:
        raise VerificationFailed(f"`{name}` was changed: {error.message}", remedy="restore the store") from error
    if str(found) != text:
        raise VerificationFailed(f"`{name}` was changed: `{text[:40]}`", remedy="restore the store")
    return found


def _instant(at: Instant | None) -> str | None:
    return None if at is None else str(at)
