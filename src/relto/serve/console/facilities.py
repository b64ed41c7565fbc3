"""An own facility: who is responsible for it (article 10), and who is cleared and authorised there (article 6(e))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.responses import Response

from relto.core.errors import NotFound
from relto.core.register import Site, as_of
from relto.node import facilities
from relto.node.node import Node
from relto.serve.console.controls import Fields, acted_on, steps_of
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit


def one(visit: Visit) -> Page:
    """One facility: its officials now and before, its register here beside that of the party's file; the forms."""
    visit.need("see-holdings")
    name = _name(visit)
    with visit.node.store.read() as reading:
        dossier, found = visit.node.dossier(reading), reading.control("facility", name)
        told = steps_of(visit, reading, "facility", name)
    kept = found if isinstance(found, Site) else None
    site = as_of(kept, visit.at) if kept is not None and visit.past else kept
    filed = dossier.parties[visit.node.party].facility(name)
    if filed is None and site is None:
        raise NotFound(f"{visit.node.party} has no facility `{name[:60]}`", remedy="list it in the party's file")
    listed = filed.register if filed is not None else ()
    here = site.register if site is not None and site.keeps_register else ()
    given: dict[str, Any] = {
        "filed": filed,
        "id": name,
        "officials": site.officials(visit.at) if site is not None else (),
        "offices": [
            (one, visit.clock(one.since, visit.zone), visit.clock(one.until, visit.zone) if one.until else "")
            for one in (site.offices if site is not None else ())
        ],
        "keeps": site is not None and site.keeps_register,
        "register": [(one, one in here, one in listed) for one in dict.fromkeys((*here, *listed))],
        "enrolled": here,
        "persons": sorted(one.id for one in dossier.persons.values() if one.party == visit.node.party),
        "told": told,
        "may": visit.may("keep-control") and not visit.past,
    }
    return Page("facility.html", visit.tongue.say("Facility {facility}", facility=name), given)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["facility"])


async def official(visit: Visit) -> Response:
    """Enter who is responsible, or is no more."""

    def act(node: Node, name: str, by: str, said: Fields) -> None:
        who = said.get("official", "")
        if said.get("do") == "relieve":
            facilities.relieve_official(node, name, who, by)
        else:
            facilities.name_official(node, name, who, said.get("task", ""), by)

    return await _acted(visit, act)


async def register(visit: Visit) -> Response:
    """Enter a person in the register, or strike one off."""

    def act(node: Node, name: str, by: str, said: Fields) -> None:
        who = said.get("person", "")
        if said.get("do") == "strike":
            facilities.strike(node, name, who, said.get("says", ""), by)
        else:
            facilities.enrol(node, name, who, by)

    return await _acted(visit, act)


async def _acted(visit: Visit, act: Callable[[Node, str, str, Fields], object]) -> Response:
    return await acted_on(visit, "keep-control", "/facilities", _name(visit), act)
