"""The inbox and the register: what is held of others, its provenance and duties; open, destroy, report."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.errors import Conflict, NotFound, ReltoError, VerificationFailed
from relto.node import custody, open_item, report_compromise
from relto.node.custody import METHODS
from relto.node.due import open_duties
from relto.node.open_item import OpenedItem
from relto.node.readers import MOST, Reader, readers
from relto.node.statements import statement
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.visiting import Visit, form_of

_MOST_SHOWN = 200_000
_MOST_FOUND = 1000


def inbox(visit: Visit) -> Page:
    """What others have released to this party, newest first."""
    visit.need("see-holdings")
    wanted = visit.asked("q").strip()
    with visit.node.store.read() as reading:
        newest = reading.newest_holding()
        found = visit.context.titles.search(reading, wanted, _MOST_FOUND + 1) if wanted else range(newest, 0, -1)
        more = bool(wanted) and len(found) > _MOST_FOUND
        found = found[:_MOST_FOUND] if more else found
        turn = Turn.of(visit.asked("page"), len(found))
        held = reading.holdings_numbered(found[turn.start : turn.start + ROWS])
    given = {"rows": held, "turn": turn, "q": visit.asked("q"), "more": more}
    return Page("inbox.html", visit.tongue.say("Inbox"), given)


def duties(visit: Visit) -> Page:
    """What is owed for what is held, the most urgent first."""
    visit.need("see-holdings")
    with visit.node.store.read() as reading:
        found = open_duties(visit.node, reading, visit.at)
    turn = Turn.of(visit.asked("page"), len(found))
    given = {"rows": found[turn.start : turn.start + ROWS], "turn": turn, "overdue": sum(one.overdue for one in found)}
    return Page("duties.html", visit.tongue.say("Duties"), given)


def one(visit: Visit) -> Page:
    """One holding: its mark as a banner, where it is from, its copies and duties, its evidence step by step."""
    visit.need("see-holdings")
    return _page(visit, "")


def _page(visit: Visit, content: str, done: str = "") -> Page:
    name = str(visit.request.path_params["holding"])
    with visit.node.store.read() as reading:
        held = reading.holding(name)
        leaves = [(leaf, statement(leaf.evidence)) for leaf in reading.leaves(name)]
        dossier = visit.node.dossier(reading)
        if held is None:
            raise NotFound(f"no holding `{name[:60]}`", remedy="look at the inbox")
        nobody: ReltoError | None = None
        able = list[Reader]()
        try:
            able = readers(visit.node, reading, held, visit.at)
        except (Conflict, NotFound, VerificationFailed) as error:
            nobody = error
    marks = {mark.mark: mark for party in dossier.parties.values() for mark in party.marks}
    given = {"held": held, "leaves": leaves, "mark": marks.get(held.mark), "content": content, "done": done}
    given |= {"nobody": nobody, "readers": able, "signing_in": _who_opens(visit), "most_readers": MOST}
    return Page("holding.html", held.received.title, {**given, "methods": METHODS})


def _who_opens(visit: Visit) -> list[str]:
    """The accounts that open what comes, for the party's competent authority."""
    accounts = visit.context.people.accounts()
    return [one.name for one in accounts if not one.disabled and one.role_for("open") is not None]


async def open_it(visit: Visit) -> Page:
    """Open it for the party's competent authority; the handover leaves evidence."""
    await form_of(visit)
    return await run_in_threadpool(_open, visit)


def _open(visit: Visit) -> Page:
    found = open_item(visit.acting("open"), str(visit.request.path_params["holding"]))
    return _page(visit, *opened(visit, found))


def opened(visit: Visit, found: OpenedItem) -> tuple[str, str]:
    """The content of what was opened as text, and that it was."""
    text = found.payload[:_MOST_SHOWN].decode("utf-8", "replace")
    if "\N{REPLACEMENT CHARACTER}" in text[:200]:
        text = visit.tongue.say("{bytes} bytes that are no text; open it with a program", bytes=len(found.payload))
    return text, visit.tongue.say("Opened; evidence {evidence}", evidence=found.evidence)


async def destroy(visit: Visit) -> Response:
    """Destroy what is held before a witness; the originator gets the certificate."""
    fields = await form_of(visit)

    def act(name: str) -> None:
        node, by = visit.acting("keep-register"), visit.signed_in.id
        custody.destroy_holding(node, name, fields.get("method", "")[:200], fields.get("witness", "")[:200], by)

    return await _done(visit, act)


async def compromise(visit: Visit) -> Response:
    """Tell the originator of a loss or compromise, actual or possible."""
    fields: Mapping[str, str] = await form_of(visit)

    def act(name: str) -> None:
        node = visit.acting("report-compromise")
        report_compromise(node, name, fields.get("says", "")[:4000], actual=fields.get("actual") == "yes")

    return await _done(visit, act)


async def _done(visit: Visit, act: Callable[[str], None]) -> Response:
    name = str(visit.request.path_params["holding"])
    await run_in_threadpool(act, name)
    return RedirectResponse(visit.link(f"/holdings/{name}"), 303)
