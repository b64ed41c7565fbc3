"""Contractors (article 16): the fifteen conditions of each with what shows them, who said so and when; inspections."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from relto.core.dossier import Accredited, Dossier
from relto.core.errors import InputError, NotFound
from relto.core.register import CONDITIONS, INSPECTIONS, Contractor, Inspected, InspectionMissed, as_of
from relto.core.timeline import bound_instant
from relto.node import contractors
from relto.node.node import Node
from relto.node.ports import Reading
from relto.serve.console.controls import Fields, acted_on, steps_of
from relto.serve.console.dates import SOON
from relto.serve.console.page import ROWS, Page, Turn
from relto.serve.console.visiting import Visit


@dataclass(frozen=True, slots=True)
class Firm:
    """A contractor of the own party. `approval` None: not in its file any more; `kept` None: no checklist was begun."""

    id: str
    approval: Accredited | None
    until: str
    over: bool
    kept: Contractor | None
    unmet: tuple[str, ...] = ()
    due: str = ""
    left: str = ""
    overdue: bool = False

    @property
    def met(self) -> int:
        """How many conditions are met."""
        return len(CONDITIONS) - len(self.unmet) if self.kept is not None else 0

    @property
    def ready(self) -> bool:
        """Whether anything may come to it, as far as its approval and its checklist go."""
        return self.approval is not None and not self.over and self.kept is not None and not self.unmet


def listed(visit: Visit) -> Page:
    """The own contractors, those to whom nothing may come first; with when the next inspection is due."""
    visit.need("see-holdings")
    with visit.node.store.read() as reading:
        dossier = visit.node.dossier(reading)
        kept = {one.id: one for one in reading.controls("contractor") if isinstance(one, Contractor)}
    approved = {one.id: one for one in dossier.parties[visit.node.party].contractors}
    names = dict.fromkeys((*approved, *kept))
    firms = [_firm(visit, name, approved.get(name), _then(visit, kept.get(name))) for name in names]
    firms.sort(key=lambda one: (one.ready, not one.overdue, one.id))
    turn = Turn.of(visit.asked("page"), len(firms))
    given = {
        "rows": firms[turn.start : turn.start + ROWS],
        "turn": turn,
        "conditions": len(CONDITIONS),
        "stopped": sum(not one.ready for one in firms),
    }
    return Page("contractors.html", visit.tongue.say("Contractors"), given)


def _then(visit: Visit, kept: Contractor | None) -> Contractor | None:
    return as_of(kept, visit.at) if kept is not None and visit.past else kept


def _firm(visit: Visit, name: str, approval: Accredited | None, kept: Contractor | None) -> Firm:
    until, over = "", False
    if approval is not None and approval.until is not None:
        end = bound_instant(approval.until, visit.zone)
        until, over = visit.instant(end, visit.zone), end <= visit.at
    if kept is None:
        return Firm(name, approval, until, over, None)
    due, zone = kept.inspection_due, kept.checklist.zone
    soon = due is not None and 0 < due.ns - visit.at.ns <= SOON
    return Firm(
        name,
        approval,
        until,
        over,
        kept,
        kept.unmet(visit.at),
        visit.instant(due, zone) if due is not None else "",
        visit.tongue.words.left(visit.at, due) if soon and due is not None else "",
        kept.overdue(visit.at),
    )


@dataclass(frozen=True, slots=True)
class Condition:
    """One of the fifteen: whether it is met, and by what; `by` and `since`: who said so and when."""

    letter: str
    says: str
    met: bool
    evidence: str = ""
    by: str = ""
    since: str = ""


def _conditions(visit: Visit, firm: Firm) -> list[Condition]:
    found, kept = list[Condition](), firm.kept
    confirmed = kept.confirmed if kept is not None else {}
    for letter, says in CONDITIONS.items():
        met = kept is not None and letter not in firm.unmet
        last = kept.inspection if kept is not None and letter == INSPECTIONS else None
        if last is not None:
            found.append(Condition(letter, says, met, last.says, last.by, visit.clock(last.at, visit.zone)))
        elif letter in confirmed:
            shown = confirmed[letter]
            found.append(Condition(letter, says, met, shown.evidence, shown.by, visit.clock(shown.at, visit.zone)))
        else:
            found.append(Condition(letter, says, met))
    return found


def one(visit: Visit) -> Page:
    """One contractor: what is met, by what and who says so; its inspections and when the next is due; the forms."""
    visit.need("see-holdings")
    name = _name(visit)
    with visit.node.store.read() as reading:
        dossier = visit.node.dossier(reading)
        firm, told = _known(visit, dossier, reading, name), steps_of(visit, reading, "contractor", name)
    kept = firm.kept
    texts = [(key, found[-1].persons.contractor) for key, found in sorted(dossier.agreements.items())]
    inspections = [one for one in kept.events if isinstance(one, Inspected | InspectionMissed)] if kept else []
    given: dict[str, Any] = {
        "firm": firm,
        "conditions": _conditions(visit, firm),
        "by_inspection": INSPECTIONS,
        "inspections": inspections[::-1],
        "texts": [key for key, article in texts if article is not None],
        "told": told,
        "may": visit.may("keep-control") and not visit.past,
    }
    return Page("contractor.html", visit.tongue.say("Contractor {contractor}", contractor=name), given)


def _known(visit: Visit, dossier: Dossier, reading: Reading, name: str) -> Firm:
    approval = contractors.firm_of(dossier, visit.node.party, name)
    found = reading.control("contractor", name)
    kept = _then(visit, found if isinstance(found, Contractor) else None)
    if approval is None and kept is None:
        raise NotFound(f"no contractor `{name[:60]}`", remedy="list it in the party's file")
    return _firm(visit, name, approval, kept)


def _name(visit: Visit) -> str:
    return str(visit.request.path_params["contractor"])


async def checklist(visit: Visit) -> Response:
    """Begin the checklist, or set another period of inspections."""
    return await _acted(
        visit,
        lambda node, name, by, said: contractors.set_checklist(
            node, name, said.get("agreement", "")[:200], said.get("every", "").strip()[:60], by
        ),
    )


async def conditions(visit: Visit) -> Response:
    """Enter that conditions are met, and what shows it; or that they are met no more, and why."""

    def act(node: Node, name: str, by: str, said: Fields) -> None:
        chosen, why = [one for one in CONDITIONS if said.get(f"condition-{one}") == "yes"], said.get("says", "")
        if not chosen:
            raise InputError("no condition was chosen", remedy="mark those that are meant")
        if said.get("do") == "confirm":
            contractors.confirm_conditions(node, name, chosen, why, by)
        else:
            contractors.withdraw_conditions(node, name, chosen, why, by)

    return await _acted(visit, act)


async def inspection(visit: Visit) -> Response:
    """Enter an inspection of its site."""
    return await _acted(
        visit,
        lambda node, name, by, said: contractors.enter_inspection(
            node, name, said.get("says", ""), by, passed=said.get("passed") == "yes"
        ),
    )


async def _acted(visit: Visit, act: Callable[[Node, str, str, Fields], object]) -> Response:
    return await acted_on(visit, "keep-control", "/contractors", _name(visit), act)
