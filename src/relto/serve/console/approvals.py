"""Releases that two persons make: what waits, what it would release, and a releasing authority's yes or no."""

from __future__ import annotations

from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.decision import Request
from relto.core.errors import InputError
from relto.core.route import decide
from relto.node.approving import approve, find_approval, refuse, submitted
from relto.node.people import check_allowed
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.releasing import send
from relto.serve.console.visiting import Visit, form_of

_MOST_SHOWN = 20_000


def listed(visit: Visit) -> Page:
    """What waits first, then what became of the others, the newest first."""
    visit.need("submit")
    found = visit.context.people.approvals()[::-1]
    found.sort(key=lambda one: one.state not in ("pending", "approving"))
    turn = Turn.of(visit.asked("page"), len(found))
    given = {"rows": found[turn.start : turn.start + ROWS], "turn": turn}
    return Page("approvals.html", visit.tongue.say("Approvals"), given)


def one(visit: Visit) -> Page:
    """One of them, with what it would release and the verdict on that now."""
    visit.need("submit")
    waiting = find_approval(visit.context.people, str(visit.request.path_params["approval"]))
    content = submitted(visit.node, waiting) if waiting.sealed and waiting.state == "pending" else None
    verdict = None
    if content is not None:
        party = visit.node.party
        asked = Request(
            waiting.act, content.item, party, waiting.to, visit.at, reading=party, purpose=waiting.purpose or None
        )
        verdict = decide(visit.dossier(), asked)
    given = {
        "waiting": waiting,
        "item": content.item if content else None,
        "text": content.payload[:_MOST_SHOWN].decode("utf-8", "replace") if content else "",
        "verdict": verdict,
        "own": waiting.by.account == visit.signed_in.id,
    }
    return Page("approval.html", waiting.item, given)


async def decide_on(visit: Visit) -> Response:
    """Approve it, once the password was shown again; or refuse it, or withdraw one's own."""
    fields = await form_of(visit)
    name = str(visit.request.path_params["approval"])
    if visit.past:
        raise InputError("a release in the past", remedy="leave the past that you are looking at")
    if fields.get("do") == "approve":
        return await run_in_threadpool(_approve, visit, name, fields.get("password", ""))
    return await run_in_threadpool(_refuse, visit, name, fields.get("note", ""))


def _approve(visit: Visit, name: str, password: str) -> Response:
    context = visit.context
    by = visit.acting_again("release", password)
    _, delivery = approve(context.node, context.people, by, name, partial(send, context.log))
    return RedirectResponse(visit.link("/outbox", transmittal=delivery.row.subject), 303)


def _refuse(visit: Visit, name: str, note: str) -> Response:
    context, account = visit.context, visit.signed_in
    own = find_approval(context.people, name).by.account == account.id
    actor = check_allowed(account, "submit" if own else "release")
    refuse(context.node, context.people, actor, name, note)
    return RedirectResponse(visit.link(f"/approvals/{name}"), 303)
