"""Visits, contractors' checklists and facilities: asked, approved, confirmed, inspected, and looked at.

Who does it is who is signed in. A visit that a desk asks for, another decides; checklists, officials and registers are
the security officer's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from fastapi import Response

from relto.core.register import Contractor as Firm
from relto.core.register import Site
from relto.core.register import Visit as OneVisit
from relto.core.timeline import parse_instant
from relto.formats.controls import contractor_json, facility_json, visit_json
from relto.node import contractors, facilities, visits
from relto.node.node import Node
from relto.serve.api.context import Caller, Calling
from relto.serve.api.control_answers import Contractor, Contractors, Facilities, Facility, Visit, Visits
from relto.serve.api.control_asked import (
    Came,
    Checklist,
    Confirmed,
    Inspection,
    Named,
    Official,
    Reason,
    ShownThere,
    StruckOff,
    VisitApproval,
    VisitRequest,
    Withdrawn,
)
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page

operations: Final = Operations("control")
_VISIT: Final = "/v1/visits/{visit}"
_FIRM: Final = "/v1/contractors/{contractor}"
_SITE: Final = "/v1/facilities/{facility}"
_GONE: Final = (409, 422)


def _visited(caller: Caller, act: Callable[[Node, str], OneVisit]) -> Response:
    return answer(visit_json(act(caller.node, caller.account.id)))


def _checked(caller: Caller, act: Callable[[Node, str], Firm]) -> Response:
    return answer(contractor_json(act(caller.node, caller.account.id), caller.context.now()))


def _kept(caller: Caller, act: Callable[[Node, str], Site]) -> Response:
    return answer(facility_json(act(caller.node, caller.account.id), caller.context.now()))


@operations("GET", "/v1/visits", act="see-holdings", answers={200: Visits})
def list_visits(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The visits: what was asked for and approved, and what was shown within each."""
    with caller.node.store.read() as reading:
        found = [one for one in reading.controls("visit") if isinstance(one, OneVisit)]
    told = [visit_json(one) for one in page(found, limit, offset)]
    return answer({"schema": "relto/visits/1", "total": len(found), "visits": told})


@operations("POST", "/v1/visits", act="submit", answers={200: Visit}, problems=_GONE)
def ask_visit(body: VisitRequest, caller: Calling) -> Response:
    """Ask the host for a visit, or enter a request that came on paper; the other side is told."""

    def act(node: Node, by: str) -> OneVisit:
        asked = visits.Asked(
            body.visiting or node.party,
            body.host,
            body.facility,
            body.agreement,
            body.purpose,
            tuple(body.topics),
            body.ceiling,
            parse_instant(body.starts),
            parse_instant(body.ends),
            tuple(body.visitors),
            body.assured,
            by,
        )
        return visits.ask_visit(node, asked)

    return _visited(caller, act)


@operations("POST", f"{_VISIT}/approve", act="decide-visit", answers={200: Visit}, problems=_GONE)
def approve_visit(visit: str, body: VisitApproval, caller: Calling) -> Response:
    """Approve a visit to an own facility, up to a rank and within a time box."""
    starts = parse_instant(body.starts) if body.starts else None
    ends = parse_instant(body.ends) if body.ends else None
    return _visited(caller, lambda node, by: visits.approve_visit(node, visit, by, body.ceiling, starts, ends))


@operations("POST", f"{_VISIT}/decline", act="decide-visit", answers={200: Visit}, problems=_GONE)
def decline_visit(visit: str, body: Reason, caller: Calling) -> Response:
    """Decline a visit to an own facility."""
    return _visited(caller, lambda node, by: visits.decline_visit(node, visit, body.says, by))


@operations("POST", f"{_VISIT}/call-off", act="keep-register", answers={200: Visit}, problems=_GONE)
def call_off_visit(visit: str, body: Reason, caller: Calling) -> Response:
    """End a visit, by either party: nothing is shown from then on."""
    return _visited(caller, lambda node, by: visits.call_off_visit(node, visit, body.says, by))


@operations("POST", f"{_VISIT}/held", act="keep-register", answers={200: Visit}, problems=_GONE)
def hold_visit(visit: str, body: Came, caller: Calling) -> Response:
    """Record that a visit to an own facility took place, and who came."""
    return _visited(caller, lambda node, by: visits.hold_visit(node, visit, body.came, by))


@operations("POST", f"{_VISIT}/show", act="keep-register", answers={200: Visit}, problems=_GONE)
def show_in_visit(visit: str, body: ShownThere, caller: Calling) -> Response:
    """Show an item within a visit; nothing is left with who sees it."""
    return _visited(caller, lambda node, by: visits.show_in_visit(node, visit, body.what, body.to, by, body.purpose))


@operations("GET", "/v1/contractors", act="see-holdings", answers={200: Contractors})
def list_contractors(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The contractors with a checklist: what is met, and when an inspection is due."""
    with caller.node.store.read() as reading:
        found = [one for one in reading.controls("contractor") if isinstance(one, Firm)]
    told = [contractor_json(one, caller.context.now()) for one in page(found, limit, offset)]
    return answer({"schema": "relto/contractors/1", "total": len(found), "contractors": told})


@operations("POST", f"{_FIRM}/checklist", act="keep-control", answers={200: Contractor}, problems=_GONE)
def set_checklist(contractor: str, body: Checklist, caller: Calling) -> Response:
    """Begin the checklist of an own contractor, or set another period of inspections."""
    return _checked(
        caller,
        lambda node, by: contractors.set_checklist(node, contractor, body.agreement, body.inspect_every, by),
    )


@operations("POST", f"{_FIRM}/conditions", act="keep-control", answers={200: Contractor}, problems=_GONE)
def confirm_conditions(contractor: str, body: Confirmed, caller: Calling) -> Response:
    """Enter what shows that conditions are met."""
    return _checked(
        caller,
        lambda node, by: contractors.confirm_conditions(node, contractor, body.conditions, body.evidence, by),
    )


@operations("POST", f"{_FIRM}/withdrawals", act="keep-control", answers={200: Contractor}, problems=_GONE)
def withdraw_conditions(contractor: str, body: Withdrawn, caller: Calling) -> Response:
    """Enter that conditions are met no more: nothing comes to the contractor until they are."""
    return _checked(
        caller, lambda node, by: contractors.withdraw_conditions(node, contractor, body.conditions, body.says, by)
    )


@operations("POST", f"{_FIRM}/inspections", act="keep-control", answers={200: Contractor}, problems=_GONE)
def enter_inspection(contractor: str, body: Inspection, caller: Calling) -> Response:
    """Enter an inspection of a contractor's site."""
    return _checked(
        caller,
        lambda node, by: contractors.enter_inspection(node, contractor, body.says, by, passed=body.passed),
    )


@operations("GET", "/v1/facilities", act="see-holdings", answers={200: Facilities})
def list_facilities(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The own facilities of which something is kept: who is responsible, who is on the register."""
    with caller.node.store.read() as reading:
        found = [one for one in reading.controls("facility") if isinstance(one, Site)]
    told = [facility_json(one, caller.context.now()) for one in page(found, limit, offset)]
    return answer({"schema": "relto/facilities/1", "total": len(found), "facilities": told})


@operations("POST", f"{_SITE}/officials", act="keep-control", answers={200: Facility}, problems=_GONE)
def name_official(facility: str, body: Official, caller: Calling) -> Response:
    """Enter who is responsible at an own facility, from now on."""
    return _kept(caller, lambda node, by: facilities.name_official(node, facility, body.official, body.task, by))


@operations("POST", f"{_SITE}/officials/relieve", act="keep-control", answers={200: Facility}, problems=_GONE)
def relieve_official(facility: str, body: Named, caller: Calling) -> Response:
    """Enter that somebody is responsible no more."""
    return _kept(caller, lambda node, by: facilities.relieve_official(node, facility, body.person, by))


@operations("POST", f"{_SITE}/register", act="keep-control", answers={200: Facility}, problems=_GONE)
def enrol(facility: str, body: Named, caller: Calling) -> Response:
    """Enter a person in the register of an own facility, as cleared and authorised there."""
    return _kept(caller, lambda node, by: facilities.enrol(node, facility, body.person, by))


@operations("POST", f"{_SITE}/register/strike", act="keep-control", answers={200: Facility}, problems=_GONE)
def strike(facility: str, body: StruckOff, caller: Calling) -> Response:
    """Strike a person off the register of an own facility."""
    return _kept(caller, lambda node, by: facilities.strike(node, facility, body.person, body.says, by))
