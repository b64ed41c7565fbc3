"""The calendar that other programs subscribe to, by an account's secret address: deadlines, and duties by their time.

Nothing else can be read with that address, and no title or mark of what is held is in it: a calendar is kept by
programs that are not the node's. It needs no session and heeds none.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from fastapi import Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from relto.core.analysis import deadlines
from relto.core.errors import NotFound, ReltoError
from relto.core.timeline import Instant
from relto.formats.ics import Entry, calendar
from relto.node.due import open_duties
from relto.node.people import Account, TooManyAttempts
from relto.serve.api.context import Caller, Context
from relto.serve.api.problem import kind_of
from relto.serve.api.session import address_of
from relto.serve.console.clauses import duty_said
from relto.serve.console.words import Tongue, tongue_of

_MOST_DUTIES: Final = 500
_LONGEST_TOKEN: Final = 200


def feed(context: Context) -> Callable[[Request], Awaitable[Response]]:
    """What answers at `/desk/calendar/TOKEN.ics`."""

    async def serve(request: Request) -> Response:
        return await run_in_threadpool(_answered, context, request)

    return serve


def _answered(context: Context, request: Request) -> Response:
    try:
        context.logins.count(address_of(request))
        account = context.people.account_by_calendar(str(request.path_params["token"])[:_LONGEST_TOKEN])
        if account.role_for("see-agreements") is None:
            raise NotFound("there is no such calendar", remedy="ask for a role that sees agreements")
        request.state.caller = Caller(context, account, None)
        tongue = tongue_of(request.query_params.get("language", "")[:10], "")
        return Response(calendar_of(context, account, tongue), media_type="text/calendar; charset=utf-8")
    except ReltoError as error:
        status, kind = kind_of(error)
        if status == 500:
            raise  # it goes into the log
        request.state.refused = kind
        headers = {"retry-after": str(error.after)} if isinstance(error, TooManyAttempts) else {}
        return Response(f"{error.message}; {error.remedy}\n", status, headers, "text/plain; charset=utf-8")


def calendar_of(context: Context, account: Account, tongue: Tongue) -> bytes:
    """The calendar of an account as of now."""
    node, now = context.node, context.now()
    found = deadlines(node.read_dossier(), now, reading=node.party)
    duties = _duties(context, now, tongue) if account.role_for("see-holdings") is not None else ()
    return calendar(found, now, said=tongue.words.deadline, more=duties)


def _duties(context: Context, now: Instant, tongue: Tongue) -> Iterator[Entry]:
    """The duties that have a time, the overdue first; each by the id of its holding or contractor."""
    with context.node.store.read() as reading:
        found = [one for one in open_duties(context.node, reading, now) if one.due is not None]
    for one in found[:_MOST_DUTIES]:
        does = duty_said(tongue, one.do)[0]
        what = f"{one.agreement}: {tongue.say('duty')} {does} ({one.about})"
        subject = tongue.say("overdue: {what}", what=what) if one.overdue else what
        key = f"duty|{one.about}|{one.number}|{one.article}|{one.do}"
        assert one.due is not None
        yield Entry(one.due, "duty", subject, one.article, key, one.overdue)
