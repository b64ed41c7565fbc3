"""What becomes of what is held: copies, products, showing, return, destruction, findings; another mark; what is owed.

Who does it is who is signed in; a witness is somebody else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final

from fastapi import Query, Response

from relto.core.register import Holding as Held
from relto.core.timeline import parse_instant
from relto.formats.answers import holding_json
from relto.node import custody, reclassify
from relto.node.answers import duty_json
from relto.node.deriving import Made, derive
from relto.node.due import open_duties
from relto.node.node import Node
from relto.serve.api.answers import Holding
from relto.serve.api.asked import (
    CopiesGone,
    CopyMade,
    Destruction,
    DutyDone,
    Findings,
    NewMark,
    Nothing,
    Product,
    ShownTo,
    Written,
)
from relto.serve.api.context import Caller, Calling
from relto.serve.api.custody_answers import Duties, Reclassification
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page

operations: Final = Operations("holdings")
_AT = "/v1/holdings/{holding}"
_GONE: Final = (409, 422)


def _done(caller: Caller, act: Callable[[Node, str], Held]) -> Response:
    return answer(holding_json(act(caller.node, caller.account.id)))


@operations("POST", f"{_AT}/copies", act="keep-register", answers={200: Holding}, problems=_GONE)
def copy_holding(holding: str, body: CopyMade, caller: Calling) -> Response:
    """Enter a numbered copy, under the same control as the original."""
    return _done(caller, lambda node, by: custody.copy_holding(node, holding, body.keeper, by))


@operations("POST", "/v1/products", act="keep-register", answers={200: Holding}, problems=_GONE)
def make_product(body: Product, caller: Calling) -> Response:
    """Enter a translation, an extract or a product of holdings: never marked laxer than they are."""

    def made(node: Node, by: str) -> Held:
        said = Made(body.how, body.title, body.language, body.keeper, by, body.mark, body.note)
        return derive(node, body.sources, said)

    return _done(caller, made)


@operations("POST", f"{_AT}/show", act="keep-register", answers={200: Holding}, problems=_GONE)
def show_holding(holding: str, body: ShownTo, caller: Calling) -> Response:
    """Enter that it was shown, and nothing left with who saw it."""
    return _done(caller, lambda node, by: custody.show_holding(node, holding, body.to, by))


@operations("POST", f"{_AT}/end", act="keep-register", answers={200: Holding}, problems=_GONE)
def end_purpose(holding: str, body: Nothing, caller: Calling) -> Response:
    """What it was given for is over: it is not used any more, and is to be returned or destroyed."""
    return _done(caller, lambda node, by: custody.end_purpose(node, holding, by))


@operations("POST", f"{_AT}/return", act="keep-register", answers={200: Holding}, problems=_GONE)
def return_holding(holding: str, body: CopiesGone, caller: Calling) -> Response:
    """Give copies back, all that are held where none is named."""
    return _done(caller, lambda node, by: custody.return_holding(node, holding, by, body.numbers()))


@operations("POST", f"{_AT}/destroy", act="keep-register", answers={200: Holding}, problems=_GONE)
def destroy_holding(holding: str, body: Destruction, caller: Calling) -> Response:
    """Destroy copies before a witness, all that are held where none is named; the originator gets the certificate."""
    numbers = body.numbers()
    return _done(
        caller, lambda node, by: custody.destroy_holding(node, holding, body.method, body.witness, by, numbers)
    )


@operations("POST", f"{_AT}/done", act="keep-register", answers={200: Holding}, problems=_GONE)
def discharge(holding: str, body: DutyDone, caller: Calling) -> Response:
    """A duty was done, one that nothing else shows."""
    return _done(caller, lambda node, _by: custody.discharge(node, holding, body.duty))


@operations("POST", f"{_AT}/write-off", act="report-compromise", answers={200: Holding}, problems=_GONE)
def write_off(holding: str, body: Written, caller: Calling) -> Response:
    """Give a copy up for lost, after its actual loss was reported."""
    return _done(caller, lambda node, by: custody.write_off(node, holding, body.copy_number, body.report, by))


@operations("POST", f"{_AT}/findings", act="report-compromise", answers={200: Holding}, problems=_GONE)
def report_findings(holding: str, body: Findings, caller: Calling) -> Response:
    """Tell what was found out of a compromise, and what is done so that it does not happen again."""
    return _done(
        caller, lambda node, by: custody.report_findings(node, holding, body.report, body.says, body.measures, by)
    )


@operations("POST", "/v1/items/{item}/mark", act="reclassify", answers={200: Reclassification}, problems=_GONE)
def reclassify_item(item: str, body: NewMark, caller: Calling) -> Response:
    """Give an own item another mark, and tell every holder; who could not be told yet is told later."""
    told = reclassify.reclassify(caller.node, item, body.mark)
    states = {one.row.peer: one.state for one in told}
    return answer({"schema": "relto/reclassification/1", "item": item, "mark": body.mark, "told": states})


@operations("GET", "/v1/duties", act="see-holdings", answers={200: Duties}, problems=(422,))
def list_duties(
    caller: Calling,
    overdue: bool = False,
    at: Annotated[str, Query(max_length=100, description="an instant with an offset or zone; without it now")] = "",
    limit: Limit = 200,
    offset: Offset = 0,
) -> Response:
    """What is owed for what is held, the most urgent first."""
    when = parse_instant(at) if at else caller.context.now()
    with caller.node.store.read() as reading:
        found = [one for one in open_duties(caller.node, reading, when) if one.overdue or not overdue]
    told = [duty_json(one) for one in page(found, limit, offset)]
    return answer({"schema": "relto/duties/1", "total": len(found), "duties": told})
