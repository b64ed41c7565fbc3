"""Release: compose with the verdict in sight, then give it with the password again; and the outbox."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError, NotFound
from relto.core.label import check_party_id
from relto.core.route import decide
from relto.node import Delivery, delivery_of, release
from relto.node.approving import submit
from relto.node.people import check_allowed
from relto.node.statements import evidence_of
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.visiting import Visit, form_of

_FAR = 10**9


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
        "routes": [one for one in verdict.routes if one.kind == "mediated"] if verdict is not None else [],
        "roman": {mark.mark: mark.roman for party in dossier.parties.values() for mark in party.marks},
    }
    return Page("release.html", visit.tongue.say("Release"), given)


def _newest_first(one: Item) -> tuple[int, str]:
    return (-one.at.instant.ns if one.at is not None else 0, one.id)


def _verdict(visit: Visit, dossier: Dossier, item: Item, to: str) -> Verdict:
    asked = Request("release", item, visit.node.party, to, visit.at, reading=visit.node.party)
    return decide(dossier, asked)


async def release_item(visit: Visit) -> Response:
    """Release, once the password was shown again; or submit it to who may."""
    fields = await form_of(visit)
    return await run_in_threadpool(_release, visit, fields)


def _release(visit: Visit, fields: Mapping[str, str]) -> Response:
    if visit.past:
        raise InputError("a release in the past", remedy="leave the past that you are looking at")
    context, account = visit.context, visit.signed_in
    dossier = visit.dossier()
    item, to = dossier.item(fields.get("item", "")), check_party_id(fields.get("to", ""))
    via = tuple(one for one in fields.get("via", "").split(",") if one)
    if fields.get("do") == "submit":
        by = check_allowed(account, "submit")
        approval = submit(context.node.acting(str(by)), context.people, by, item, to, via=via)
        return RedirectResponse(visit.link("/outbox", submitted=approval.id), 303)
    actor = visit.acting_again("release", fields.get("password", ""))
    delivery = release(context.node.acting(str(actor)), item, to, via=via)
    return RedirectResponse(visit.link("/outbox", transmittal=delivery.row.subject), 303)


def outbox(visit: Visit) -> Page:
    """What was released, newest first, and what became of it; one chosen with its evidence."""
    visit.need("see-outbox")
    with visit.node.store.read() as reading:
        asked = Turn.of(visit.asked("page"), _FAR)
        rows, total = reading.outbox_newest("transmittal", ROWS, asked.start)
        turn = Turn.of(visit.asked("page"), total)
        if turn.start < asked.start:
            rows, _ = reading.outbox_newest("transmittal", ROWS, turn.start)
        found = [(one, evidence_of(reading, one.evidence).item or "") for one in rows]
    chosen = visit.asked("transmittal")
    told: list[Delivery] = []
    if chosen:
        told = [one for one in delivery_of(visit.node, chosen) if one.row.kind == "transmittal"]
        if not told:
            raise NotFound(f"no transmittal `{chosen[:60]}`", remedy="look at the outbox")
    given = {"rows": found, "turn": turn, "chosen": told[0] if told else None, "submitted": visit.asked("submitted")}
    return Page("outbox.html", visit.tongue.say("Outbox"), given)
