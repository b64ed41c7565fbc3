"""Release: compose with the verdict in sight, then give it with the password again; and the outbox."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError, NotFound, ReltoError
from relto.core.label import check_party_id
from relto.core.route import decide
from relto.node import Node
from relto.node.approving import submit
from relto.node.dispatch import Delivery, dispatch_row
from relto.node.people import check_allowed
from relto.node.pieces import PIECE_BYTES
from relto.node.ports import Reading
from relto.node.release import asked_of, queue_release
from relto.node.rows import OutboxRow
from relto.node.rows import Sent as Transmitted
from relto.node.statements import evidence_of, statement
from relto.node.verdicts import grounds_of
from relto.serve.console.clauses import duty_text
from relto.serve.console.page import ROWS, Page
from relto.serve.console.uploading import Sent, sent_form
from relto.serve.console.visiting import Visit
from relto.serve.log import Log


def compose(visit: Visit) -> Page:
    """The form, and the verdict on what is chosen so far, with every ground."""
    visit.need("check")
    dossier = visit.dossier()
    own = [one for one in sorted(dossier.items.values(), key=_newest_first) if one.originator == visit.node.party]
    chosen = next((one for one in own if one.id == visit.asked("item")), None)
    to = visit.asked("to")
    verdict = _verdict(visit, dossier, chosen, to) if chosen is not None and to in dossier.parties else None
    given = {
        "items": own,
        "parties": [one for one in sorted(dossier.parties) if one != visit.node.party],
        "item": chosen,
        "to": to,
        "verdict": verdict,
        "duty": partial(duty_text, visit.tongue),
        "routes": [one for one in verdict.routes if one.kind == "mediated"] if verdict is not None else [],
        "most": visit.context.settings.payload_bytes,
        "roman": {mark.mark: mark.roman for party in dossier.parties.values() for mark in party.marks},
    }
    return Page("release.html", visit.tongue.say("Release"), given)


def _newest_first(one: Item) -> tuple[int, str]:
    return (-one.at.instant.ns if one.at is not None else 0, one.id)


def _verdict(visit: Visit, dossier: Dossier, item: Item, to: str) -> Verdict:
    asked = Request("release", item, visit.node.party, to, visit.at, reading=visit.node.party)
    return decide(dossier, asked)


async def release_item(visit: Visit) -> Response:
    """Release, once the password was shown again; or submit it to who may. Content may come along."""
    async with sent_form(visit) as sent:
        return await run_in_threadpool(_release, visit, sent)


def _release(visit: Visit, sent: Sent) -> Response:
    if visit.past:
        raise InputError("a release in the past", remedy="leave the past that you are looking at")
    context, fields = visit.context, sent.fields
    item, to = visit.dossier().item(fields.get("item", "")), check_party_id(fields.get("to", ""))
    via = tuple(one for one in fields.get("via", "").split(",") if one)
    if fields.get("do") == "submit":
        by = check_allowed(visit.signed_in, "submit")
        content = sent.content.whole() if sent.content else None
        approval = submit(context.node.acting(str(by)), context.people, by, item, to, via=via, payload=content)
        return RedirectResponse(visit.link("/outbox", submitted=approval.id), 303)
    node = context.node.acting(str(visit.acting_again("release", fields.get("password", ""))))
    content = sent.content.whole() if sent.content else None
    row = queue_release(node, asked_of(node, item, to, "release", via=via, payload=content))
    send(context.log, node, row)
    return RedirectResponse(visit.link("/outbox", transmittal=row.subject), 303)


def send(log: Log, node: Node, row: OutboxRow) -> Delivery:
    """Send what was queued; where it is large, beside the answer: who released it need not wait for the peer, for the
    page shows how far it is."""
    if len(row.message) <= PIECE_BYTES:
        return dispatch_row(node, row)
    Thread(target=_dispatch, args=(node, row, log), name="relto-release", daemon=True).start()
    return Delivery(row)


def _dispatch(node: Node, row: OutboxRow, log: Log) -> None:
    try:
        dispatch_row(node, row)
    except ReltoError as error:  # it stays queued, and is tried again with what else is
        log("sent", peer=row.peer, subject=row.subject, state=str(error))


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a list, the newest first, and the numbers to go on from; None where nothing is beyond."""

    rows: list[Transmitted]
    newer: int | None
    older: int | None


def sliced(reading: Reading, before: int | None, after: int | None) -> Slice:
    """The transmittals numbered below `before`, or next beyond `after`, or the newest: a page that stays the same while
    more are sent, and takes as long as any other."""
    if after is not None:
        rows = reading.sent_after("transmittal", after, ROWS + 1)
        if len(rows) > ROWS:
            rows = rows[1:]
            older = rows[-1].number if reading.sent_before("transmittal", rows[-1].number, 1) else None
            return Slice(rows, rows[0].number, older)
        before = None
    rows = reading.sent_before("transmittal", before, ROWS + 1)
    if not rows and before is not None:
        return sliced(reading, None, None)
    more, rows = len(rows) > ROWS, rows[:ROWS]
    newer = rows[0].number if before is not None and reading.sent_after("transmittal", rows[0].number, 1) else None
    return Slice(rows, newer, rows[-1].number if more else None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def outbox(visit: Visit) -> Page:
    """What was released, newest first, and what became of it; one chosen with the steps of its way."""
    visit.need("see-outbox")
    with visit.node.store.read() as reading:
        found = sliced(reading, _number(visit.asked("before")), _number(visit.asked("after")))
        rows = [(one, evidence_of(reading, one.evidence, one.subject).item or "") for one in found.rows]
        given: dict[str, Any] = {"rows": rows, "slice": found, "submitted": visit.asked("submitted"), "chosen": None}
        if visit.asked("transmittal"):
            given |= _chosen(visit, reading, visit.asked("transmittal"))
    return Page("outbox.html", visit.tongue.say("Outbox"), given)


def _chosen(visit: Visit, reading: Reading, name: str) -> dict[str, Any]:
    """One transmittal: its steps so far, how far it has come on the line, and why it was refused."""
    row = reading.sent("transmittal", name)
    if row is None:
        raise NotFound(f"no transmittal `{name[:60]}`", remedy="look at the outbox")
    told = [statement(leaf.evidence) for leaf in reading.leaves(name)]
    answer = evidence_of(reading, row.answer, name) if row.answer else None
    return {
        "chosen": row,
        "item": evidence_of(reading, row.evidence, name).item or "",
        "decided": next((one.at for one in told if one.kind in ("submission", "relay")), row.queued_at),
        "left": next((one.at for one in reversed(told) if one.kind == "consignment"), None),
        "answered": answer.at if answer else None,
        "grounds": [one for one in grounds_of(answer.says) if not one.passed] if answer is not None else [],
        "sent": visit.context.underway.sent(row.peer, row.size) if row.size > PIECE_BYTES else 0,
    }
