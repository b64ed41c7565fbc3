"""The reference evaluator: short, plain, clause by clause. It is the specification.

All checks run, in DESIGN 5's order, and each leaves a ground; one failed ground refuses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from relto.core.agreement import History
from relto.core.decision import access_checks, release_checks
from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.case import Case, find_level
from relto.core.decision.request import HOLDERS_ACTS, Request
from relto.core.decision.verdict import CHECKS, DueDuty, Ground, Verdict
from relto.core.dossier import Dossier
from relto.core.errors import InputError

_CHECKS: Final[tuple[Callable[[Case], Ground], ...]] = (
    release_checks.check_standing,
    release_checks.check_scope,
    release_checks.check_level,
    release_checks.check_third_party,
    release_checks.check_purpose,
    release_checks.check_caveat,
    access_checks.check_clearance,
    access_checks.check_need_to_know,
    access_checks.check_facility,
    access_checks.check_assurance,
    access_checks.check_system,
    access_checks.check_contractor,
)
_new = tuple.__new__
"""Makes a duty without the detour through its constructor: several at every permit."""
NO_AGREEMENT: Final = "dossier:agreements"
"""Cited where no agreement stands between the two: what nothing permits is refused."""


def evaluate(
    dossier: Dossier,
    request: Request,
    *,
    only: tuple[str, ...] | None = None,
    consented: bool = False,
    last_hop: bool = True,
) -> Verdict:
    """Decide `request` under the direct agreements between its sender and recipient.

    One that permits suffices; else those in force come before those lapsed, and of these the closest (fewest failed
    checks, then id).
    `only` narrows to these agreements (a hop of a mediated route), `consented` says that the originator consents to
    this hop by choosing the route, `last_hop` that person and system are checked here.
    Raises InputError for a sender or recipient that is unknown.
    """
    to = resolve(dossier, request.recipient, request.at, request.known_by)
    sender = _sender(dossier, request, to)
    found: list[tuple[History, Verdict]] = []
    for name in dossier.direct(sender, to.party):
        if only is None or name in only:
            history = _history(dossier, request, name, sender, to)
            found.append((history, _decide(_case(dossier, request, history, sender, to, consented, last_hop))))
    if not found:
        return _no_agreement(request, sender, to)
    return found[0][1] if len(found) == 1 else min(found, key=_weight)[1]


def _weight(found: tuple[History, Verdict]) -> tuple[bool, bool, int, str]:
    """The least one counts: it permits; it is in force; it fails fewest checks; its id is first."""
    history, verdict = found
    lapsed = not history.in_force(verdict.at)
    return not verdict.permits, lapsed, len({ground.check for ground in verdict.failed()}), verdict.agreement


def _sender(dossier: Dossier, request: Request, to: Addressee) -> str:
    """Who provides it: for what a holder does with an item it has, the originator it has it from."""
    if request.sender not in dossier.parties:
        known = ", ".join(sorted(dossier.parties))
        raise InputError(f"unknown party `{request.sender[:60]}`", remedy=f"use one of {known}")
    if request.act in HOLDERS_ACTS and request.sender == to.party:
        return request.item.originator
    return request.sender


def _history(dossier: Dossier, request: Request, name: str, sender: str, to: Addressee) -> History:
    """The history of an agreement between the two, as the sender reads it where no reading is asked."""
    reading = request.reading or sender
    return dossier.history(name, reading=reading, known_by=request.known_by, between=(sender, to.party))


def _case(
    dossier: Dossier,
    request: Request,
    history: History,
    sender: str,
    to: Addressee,
    consented: bool,
    last_hop: bool,
) -> Case:
    phase = history.phase(request.at)
    return Case(
        dossier=dossier,
        request=request,
        text=phase.text,
        phase=phase,
        sender=sender,
        to=to,
        level=find_level(dossier, phase.text, request, sender, to.party),
        order=dossier.rank_order(phase.text),
        consented=consented,
        person=request.person if last_hop else None,
        system=request.system if last_hop else None,
    )


def _decide(case: Case) -> Verdict:
    grounds = (*[check(case) for check in _CHECKS], *release_checks.domestic_refusals(case))
    permit = False not in [ground.passed for ground in grounds]
    request = case.request
    return Verdict(
        verdict="permit" if permit else "refuse",
        act=request.act,
        item=request.item.id,
        sender=request.sender,
        recipient=request.recipient,
        at=request.at,
        agreement=case.text.id,
        marks=case.level.marks if permit else (),
        duties=_duties(case) if permit else (),
        grounds=grounds,
    )


def _duties(case: Case) -> tuple[DueDuty, ...]:
    duties = [_new(DueDuty, (one.article, one.do, one.on, one.within, one.to)) for one in case.text.duties]
    eyes = case.request.item.caveats.eyes
    if eyes is not None:
        duties.append(DueDuty("label:eyes", f"show only to {', '.join(eyes)}", "receipt"))
    return tuple(duties)


def _no_agreement(request: Request, sender: str, to: Addressee) -> Verdict:
    says = f"no agreement between {sender} and {to.id} permits direct release"
    grounds = tuple(
        Ground(
            check,
            check != "standing",
            NO_AGREEMENT if check == "standing" else "",
            "",
            says if check == "standing" else "not reached",
        )
        for check in CHECKS
    )
    return Verdict(
        verdict="refuse",
        act=request.act,
        item=request.item.id,
        sender=request.sender,
        recipient=request.recipient,
        at=request.at,
        agreement="",
        marks=(),
        duties=(),
        grounds=grounds,
    )
