"""Holdings: what this node holds of others' items; opening them, and telling of a compromise."""

from __future__ import annotations

import base64
from typing import Final

from fastapi import Response

from relto.core.errors import NotFound
from relto.formats.answers import holding_json
from relto.node import open_item, report_compromise
from relto.serve.api.answers import Compromise, Holding, Holdings, Opened
from relto.serve.api.asked import CompromiseReport, Open
from relto.serve.api.context import Calling
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page

operations: Final = Operations("holdings")


@operations("GET", "/v1/holdings", act="see-holdings", answers={200: Holdings})
def list_holdings(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The register: what this node holds of others' items, its marks, and what is owed for it."""
    with caller.node.store.read() as reading:
        held = reading.holdings()
    told = [holding_json(one) for one in page(held, limit, offset)]
    return answer({"schema": "relto/holdings/1", "total": len(held), "holdings": told})


@operations("GET", "/v1/holdings/{holding}", act="see-holdings", answers={200: Holding})
def see_holding(holding: str, caller: Calling) -> Response:
    """One holding."""
    with caller.node.store.read() as reading:
        found = reading.holding(holding)
    if found is None:
        raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
    return answer(holding_json(found))


@operations("POST", "/v1/holdings/{holding}/open", act="open", answers={200: Opened}, problems=(409, 422))
def open_holding(holding: str, body: Open, caller: Calling) -> Response:
    """Open a holding for a person, or for the competent authority. The handover leaves evidence."""
    node = caller.node
    person = body.person.to_person(node.read_dossier()) if body.person else None
    found = open_item(node, holding, person, purpose=body.purpose, system=body.system, visit=body.visit)
    told = {**holding_json(found.holding), "schema": "relto/opened/1", "evidence": found.evidence}
    return answer(told | {"payload": base64.b64encode(found.payload).decode("ascii")})


@operations(
    "POST", "/v1/holdings/{holding}/compromise", act="report-compromise", answers={200: Compromise}, problems=(422,)
)
def report(holding: str, body: CompromiseReport, caller: Calling) -> Response:
    """Tell the originator of a loss or compromise, at once; who could not be told yet is told later."""
    told = report_compromise(caller.node, holding, body.says, actual=body.actual)
    states = {one.row.peer: one.state for one in told}
    return answer({"schema": "relto/compromise/1", "holding": holding, "actual": body.actual, "told": states})
