"""Releases: by one person where the party's own law lets one, else by two; and what became of them."""

from __future__ import annotations

import base64
from typing import Annotated, Final, Literal

from fastapi import Query, Response

from relto.core.errors import NotFound
from relto.core.label import check_party_id
from relto.node import Delivery, delivery_of, forward, release
from relto.node.answers import approval_json, transmittal_json
from relto.node.approving import approve, find_approval, refuse, submit, submitted
from relto.node.people import NotAllowed, check_allowed
from relto.serve.api.answers import Approval, Approvals, Outbox, Transmittal, WaitingApproval
from relto.serve.api.asked import Forward, Refusal, Release, find_item
from relto.serve.api.context import Caller, Calling, Context
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page
from relto.serve.api.problem import refused_transmittal

operations: Final = Operations("releases")
LARGEST: Final = 90 << 20  # 64 MiB in base64, and what stands round it
_STATES: Final = {200: Transmittal, 202: Transmittal}
_State = Literal["queued", "done", "refused", "refused-by-recipient"]


@operations("POST", "/v1/releases", act="release", answers=_STATES, problems=(409, 422, 503), limit=LARGEST)
def release_item(body: Release, caller: Calling) -> Response:
    """Release an item of the node's own party: decide, seal, queue, send. 202: queued, the peer does not answer yet."""
    node = caller.node
    item = find_item(node.read_dossier(), body.item)
    content = body.content(caller.context.settings.payload_bytes)
    to = check_recipient(body.to)
    delivery = release(node, item, to, act=body.act, purpose=body.purpose, via=tuple(body.via), payload=content)
    return _told(caller.context, delivery)


@operations("POST", "/v1/holdings/{holding}/forward", act="forward", answers=_STATES, problems=(409, 422, 503))
def forward_holding(holding: str, body: Forward, caller: Calling) -> Response:
    """Pass a holding on to another party, its originator's label and signature untouched."""
    return _told(caller.context, forward(caller.node, holding, body.to))


@operations("GET", "/v1/outbox", act="see-outbox", answers={200: Outbox})
def list_outbox(
    caller: Calling,
    state: Annotated[_State | None, Query()] = None,
    limit: Limit = 200,
    offset: Offset = 0,
) -> Response:
    """What this node has sent, and what became of it."""
    with caller.node.store.read() as reading:
        rows = reading.outbox(state)
    told = [transmittal_json(row) for row in page(rows, limit, offset)]
    return answer({"schema": "relto/outbox/1", "total": len(rows), "transmittals": told})


@operations("GET", "/v1/transmittals/{identifier}", act="see-outbox", answers={200: Transmittal})
def see_transmittal(identifier: str, caller: Calling) -> Response:
    """One transmittal by its id."""
    found = [one for one in delivery_of(caller.node, identifier) if one.row.kind == "transmittal"]
    if not found:
        raise NotFound(f"no transmittal `{identifier[:60]}`", remedy="list the outbox for their ids")
    return answer(transmittal_json(found[0].row, found[0].grounds))


@operations("POST", "/v1/approvals", act="submit", answers={201: Approval}, problems=(422,), limit=LARGEST)
def submit_release(body: Release, caller: Calling) -> Response:
    """Submit a release: it waits until a releasing authority, another person, approves it."""
    node = caller.node
    item = find_item(node.read_dossier(), body.item)
    content = body.content(caller.context.settings.payload_bytes)
    to = check_recipient(body.to)
    found = submit(
        node,
        caller.context.people,
        caller.acting,
        item,
        to,
        act=body.act,
        purpose=body.purpose,
        via=tuple(body.via),
        payload=content,
    )
    return answer(approval_json(found), 201)


@operations("GET", "/v1/approvals", act="submit", answers={200: Approvals})
def list_approvals(caller: Calling) -> Response:
    """Releases that wait for a second person, and what became of those that did."""
    told = [approval_json(one) for one in caller.context.people.approvals()]
    return answer({"schema": "relto/approvals/1", "approvals": told})


@operations("GET", "/v1/approvals/{identifier}", act="submit", answers={200: WaitingApproval}, problems=(422,))
def see_approval(identifier: str, caller: Calling) -> Response:
    """One of them, with what it would release."""
    found = find_approval(caller.context.people, identifier)
    told: dict[str, object] = {**approval_json(found), "title": None, "mark": None, "topic": None, "payload": None}
    if found.sealed:
        content = submitted(caller.node, found)
        told |= {"title": content.item.title, "mark": content.item.mark, "topic": content.item.topic}
        told["payload"] = base64.b64encode(content.payload).decode("ascii")
    return answer(told)


@operations("POST", "/v1/approvals/{identifier}/approve", act="release", answers=_STATES, problems=(409, 422, 503))
def approve_release(identifier: str, caller: Calling) -> Response:
    """Approve what another has submitted, and release it. 202: queued, the peer does not answer yet."""
    context = caller.context
    _, delivery = approve(context.node, context.people, caller.acting, identifier)
    return _told(context, delivery)


@operations("POST", "/v1/approvals/{identifier}/refuse", act="submit", answers={200: Approval}, problems=(409,))
def refuse_release(identifier: str, body: Refusal, caller: Calling) -> Response:
    """Refuse what another has submitted, or withdraw what you have."""
    waiting = find_approval(caller.context.people, identifier)
    if waiting.by.account != caller.account.id:
        _check_may_refuse(caller)
    done = refuse(caller.context.node, caller.context.people, caller.acting, identifier, body.note)
    return answer(approval_json(done))


def check_recipient(to: str) -> str:
    """Give a recipient's name back if it can be one; else raise InputError."""
    return check_party_id(to)


def _check_may_refuse(caller: Caller) -> None:
    try:
        check_allowed(caller.account, "release")
    except NotAllowed as error:
        raise NotAllowed(
            "only who submitted it, or a releasing authority, refuses a release", remedy=error.remedy
        ) from error


def _told(context: Context, delivery: Delivery) -> Response:
    """What became of it: done, queued (202), or refused at sending or by the recipient (403)."""
    context.metrics.released(delivery.state)
    told = transmittal_json(delivery.row, delivery.grounds)
    if delivery.state in ("refused", "refused-by-recipient"):
        return refused_transmittal(delivery.state, told)
    return answer(told, 202 if delivery.state == "queued" else 200)
