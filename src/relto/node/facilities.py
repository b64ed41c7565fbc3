"""Own facilities: who is responsible for each (article 10), and who stands in its register (article 6(e))."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from relto.core.dossier import Dossier, Person
from relto.core.errors import NotFound, Refused
from relto.core.register import ControlEvent, Enrolled, OfficialNamed, OfficialRelieved, Site, Struck
from relto.core.timeline import Instant
from relto.node.controls import enter_control, said
from relto.node.node import Node
from relto.node.ports import Reading


def name_official(node: Node, facility: str, official: str, task: str, by: str) -> Site:
    """Enter who is responsible for the control and protection of what is at an own facility. Raises NotFound for no
    such facility, Conflict where they are already."""
    return _enter(
        node, facility, lambda at: OfficialNamed(facility, at, _who(official), said(task, "task"), said(by, "person"))
    )


def relieve_official(node: Node, facility: str, official: str, by: str) -> Site:
    """Enter that somebody is responsible no more. Raises NotFound and Conflict as `name_official` does."""
    return _enter(node, facility, lambda at: OfficialRelieved(facility, at, _who(official), said(by, "person")))


def enrol(node: Node, facility: str, person: str, by: str) -> Site:
    """Enter a person in the register of an own facility, as cleared and authorised there. Once one is kept here,
    nothing is opened at the facility for anybody who does not stand in it, whatever the party's file says."""
    return _enter(node, facility, lambda at: Enrolled(facility, at, _who(person), said(by, "person")))


def strike(node: Node, facility: str, person: str, says: str, by: str) -> Site:
    """Strike a person off the register of an own facility, and say why: from then on nothing is opened for them
    there, though the party's file may still name them."""
    return _enter(
        node, facility, lambda at: Struck(facility, at, _who(person), said(says, "reason"), said(by, "person"))
    )


def why_not_at(reading: Reading, dossier: Dossier, agreement: str, person: Person) -> Refused | None:
    """Why nothing given under `agreement` may be opened for a person at their facility, by the register kept here; None
    where it may, or the text asks for no register."""
    article = dossier.versions(agreement)[-1].persons.facility
    site = reading.control("facility", person.facility)
    if article is None or not isinstance(site, Site) or site.admits(person.id):
        return None
    return Refused(
        f"`{person.id}` is not on the register that is kept of `{person.facility}`",
        article=article,
        remedy="enter them in it, once cleared and authorised",
    )


def _enter(node: Node, facility: str, event: Callable[[Instant], ControlEvent]) -> Site:
    with node.store.write() as tx:
        dossier, moment = node.dossier(tx), node.now_or_later(tx)
        if dossier.parties[node.party].facility(facility) is None:
            raise NotFound(f"{node.party} has no facility `{facility[:60]}`", remedy="list it in the party's file")
        return cast("Site", enter_control(node, tx, event(moment.latest)))


def _who(name: str) -> str:
    return said(name, "name")
