"""Contractors' checklists: what shows that each condition is met, inspections, and what refuses while one is not
(article 16)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

from relto.core.dossier import Accredited, Dossier
from relto.core.errors import InputError, NotFound, Refused
from relto.core.register import (
    ChecklistSet,
    ConditionsConfirmed,
    ConditionsWithdrawn,
    Contractor,
    ControlEvent,
    Inspected,
    InspectionMissed,
)
from relto.core.timeline import Instant, bound_instant, check_zone
from relto.node.controls import enter_control, note_refusal, rank_in, said
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction


def set_checklist(node: Node, contractor: str, agreement: str, every: str, by: str) -> Contractor:
    """Begin the checklist of an own contractor under the text of an agreement, or keep it in another way; the next
    inspection is due `every` so long after the last.

    Raises NotFound for no such contractor or agreement, InputError for a text without an article on contractors, or a
    period that is none.
    """
    with node.store.write() as tx:
        dossier, moment = node.dossier(tx), node.now_or_later(tx)
        if firm_of(dossier, node.party, contractor) is None:
            raise NotFound(f"{node.party} has no contractor `{contractor[:60]}`", remedy="list it in the party's file")
        text = dossier.versions(agreement)[-1]
        if text.persons.contractor is None:
            raise InputError(f"`{agreement}` says nothing of contractors", remedy="name a text that does")
        event = ChecklistSet(
            contractor, moment.latest, agreement, text.persons.contractor, check_zone(text.zone), every, _by(by)
        )
        return cast("Contractor", enter_control(node, tx, event))


def confirm_conditions(node: Node, contractor: str, conditions: Sequence[str], evidence: str, by: str) -> Contractor:
    """Enter what shows that these conditions are met, by their letters. Raises NotFound where no checklist was begun,
    InputError for a letter that is none, or that of inspections."""
    return _enter(
        node,
        contractor,
        lambda at: ConditionsConfirmed(contractor, at, _letters(conditions), said(evidence, "evidence"), _by(by)),
    )


def withdraw_conditions(node: Node, contractor: str, conditions: Sequence[str], says: str, by: str) -> Contractor:
    """Enter that conditions are met no more, and why. Raises Conflict where one was not confirmed."""
    return _enter(
        node,
        contractor,
        lambda at: ConditionsWithdrawn(contractor, at, _letters(conditions), said(says, "reason"), _by(by)),
    )


def enter_inspection(node: Node, contractor: str, says: str, by: str, *, passed: bool) -> Contractor:
    """Enter an inspection of its site and what was found; where it passed, the next is due after the period. Raises
    NotFound where no checklist was begun."""
    return _enter(node, contractor, lambda at: Inspected(contractor, at, passed, said(says, "findings"), _by(by)))


def enter_missed(node: Node) -> list[tuple[Contractor, InspectionMissed]]:
    """Enter each inspection that has fallen overdue, once, as an event of its own. Those entered just now."""
    entered: list[tuple[Contractor, InspectionMissed]] = []
    with node.store.read() as reading:
        if not _missed(reading, node.clock.interval()[0]):
            return entered
    with node.store.write() as tx:
        moment = node.now_or_later(tx)
        for one in _missed(tx, moment.earliest):
            assert one.due is not None
            event = InspectionMissed(one.id, moment.latest, one.due)
            entered.append((cast("Contractor", enter_control(node, tx, event)), event))
    return entered


def _missed(reading: Reading, at: Instant) -> list[Contractor]:
    """The contractors whose inspection is overdue at `at`, and not entered as such yet."""
    found = [one for one in reading.controls_due(at) if isinstance(one, Contractor)]
    return [one for one in found if one.overdue(at)]


def firm_of(dossier: Dossier, party: str, contractor: str) -> Accredited | None:
    """A party's contractor of that id; None where it has none."""
    return next((one for one in dossier.parties[party].contractors if one.id == contractor), None)


def why_not_to(
    reading: Reading, dossier: Dossier, party: str, contractor: str, agreement: str, rank: str, at: Instant
) -> Refused | None:
    """Why nothing of this rank, given under `agreement`, may come to an own contractor at `at`: its approval has ended,
    or is for less, or a condition of its checklist is not met, a periodic inspection among them. None where it may, or
    it is no contractor of `party`, or the text says nothing of contractors."""
    firm = firm_of(dossier, party, contractor)
    text = dossier.versions(agreement)[-1]
    article = text.persons.contractor
    if firm is None or article is None:
        return None
    if not dossier.rank_order(text).at_least(firm.ceiling, rank):
        return Refused(f"`{firm.id}` is approved up to {firm.ceiling}, not {rank or 'one of no rank'}", article=article)
    if firm.until is not None and at >= bound_instant(firm.until, text.zone):
        return Refused(f"the approval of `{firm.id}` ended {firm.until}", article=article)
    kept = reading.control("contractor", contractor)
    unmet = kept.unmet(at) if isinstance(kept, Contractor) else None
    if unmet is None:
        return Refused(
            f"no checklist of the contractor `{firm.id}` was begun", article=article, remedy="confirm its conditions"
        )
    if not unmet:
        return None
    return Refused(
        f"conditions of the contractor `{firm.id}` are not met: {', '.join(f'({one})' for one in unmet)}",
        article=f"{article}({unmet[0]})",
        remedy="confirm them, and inspect it where an inspection is due",
    )


def refused_to(
    node: Node, tx: Transaction, to: str, agreement: str, mark: str, item: str, moment: Moment
) -> Refused | None:
    """Why what bears this own mark may not come `to` somebody who is an own contractor; the refusal is entered. None
    where it may, or they are none."""
    dossier, firm = node.dossier(tx), to.strip()
    rank = rank_in(dossier, node.party, mark)
    why = why_not_to(tx, dossier, node.party, firm, agreement, rank, moment.latest)
    if why is not None:
        note_refusal(node, tx, "contractor", firm, moment, why, item)
    return why


def _letters(conditions: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(conditions))


def _by(by: str) -> str:
    return said(by, "person")


def _enter(node: Node, contractor: str, event: Callable[[Instant], ControlEvent]) -> Contractor:
    with node.store.write() as tx:
        moment = node.now_or_later(tx)
        return cast("Contractor", enter_control(node, tx, event(moment.latest)))
