"""Opening: handing a holding over to a person, or to the party's competent authority where none is named."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from relto.core.decision import Request
from relto.core.dossier import Item, Person
from relto.core.envelope import Sealed, open_sealed
from relto.core.errors import NotFound, Refused
from relto.core.evidence import Evidence
from relto.core.register import Holding, Opened, VisitOpened, apply, check_usable, event_to_json
from relto.node.controls import enter_control, note_refusal, rank_in
from relto.node.deciding import ActRefused, decide_now, refusal
from relto.node.facilities import why_not_at
from relto.node.labels import item_of
from relto.node.log import sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.visits import visit_of, why_not_within


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item as its reader sees it: the payload, the item its label describes, and the holding with both marks."""

    payload: bytes = field(repr=False)
    item: Item
    holding: Holding
    evidence: str


def open_item(
    node: Node,
    holding: str,
    person: Person | None = None,
    *,
    purpose: str = "",
    system: str | None = None,
    visit: str = "",
) -> OpenedItem:
    """Open a holding, after deciding on the use of it now; the handover leaves evidence. `visit`: within which of those
    that this party hosts; the item must lie below its ceiling, and now within its time box (article 8).

    Raises NotFound for no such holding or visit, ActRefused where the person or the use is refused, Refused where the
    facility's register or the visit does not allow it, VerificationFailed where the item is not as it came.
    """
    with node.store.write() as tx:
        held, sealed = _held_here(tx, holding)
        moment = node.now(tx)
        opened = open_sealed(sealed, recipient=node.party, key=node.keys.unwraps(), originators=node.all_keys())
        item = replace(item_of(opened.label), mark=held.origin_mark)  # as its originator marks it now (article 6(g))
        asked = purpose or held.received.purpose
        request = Request("use", item, held.received.sender, node.party, moment.latest, asked, person, system)
        decision = decide_now(node, tx, request, moment, "opening", holding)
        refused: Refused | None = None
        if decision.permits:
            refused = _refused_beside(node, tx, decision.verdict.agreement, item, person, visit, moment)
        else:
            left = sign_and_enter(node, tx, refusal(node, decision, about=holding, to=None))
            refused = ActRefused(decision.verdict, left.id)
        if refused is None or not decision.permits:
            tx.add_decision(decision.row)
        if refused is None:
            digests = {"decision": decision.row.digest, "sealed": sealed.digest}
            event = Opened(holding, moment.latest, person.id if person else "", asked)
            held, name = _handed_over(node, tx, held, event, decision.verdict.agreement, digests)
            if visit:
                _enter_in_visit(node, tx, visit, item, event)
            return OpenedItem(opened.payload, item, held, name)
    raise refused


def _held_here(tx: Transaction, holding: str) -> tuple[Holding, Sealed]:
    held, data = tx.holding(holding), tx.sealed(holding)
    if held is None or data is None:
        raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
    check_usable(held)
    if held.sources:
        raise NotFound(f"`{holding}` was made here and is not kept in this node", remedy="look at who keeps it")
    return held, Sealed.from_bytes(data)


def _handed_over(
    node: Node, tx: Transaction, held: Holding, event: Opened, agreement: str, digests: Mapping[str, str]
) -> tuple[Holding, str]:
    """Enter that it was opened: the holding then, and the id of the evidence."""
    evidence = Evidence(
        kind="handover",
        party=node.party,
        at=event.at,
        transmittal=held.id,
        item=held.received.item,
        agreement=agreement,
        digests=digests,
        says={"event": event_to_json(event), "number": len(held.openings) + 1},
    )
    entered = sign_and_enter(node, tx, evidence)
    now = apply(held, event)
    tx.update_holding(now)
    return now, entered.id


def _refused_beside(
    node: Node, tx: Transaction, agreement: str, item: Item, person: Person | None, visit: str, moment: Moment
) -> Refused | None:
    """Why the register that is kept of the person's facility, or the visit, does not allow what the agreement does; the
    refusal is entered. None where both do."""
    dossier = node.dossier(tx)
    if person is not None:
        why = why_not_at(tx, dossier, agreement, person)
        if why is not None:
            note_refusal(node, tx, "facility", person.facility, moment, why, item.id)
            return why
    if visit:
        why = why_not_within(node, visit_of(tx, visit), item, dossier, moment)
        if why is not None:
            note_refusal(node, tx, "visit", visit, moment, why, item.id)
            return why
    return None


def _enter_in_visit(node: Node, tx: Transaction, visit: str, item: Item, event: Opened) -> None:
    rank = rank_in(node.dossier(tx), item.originator, item.mark)
    opened = VisitOpened(visit, event.at, node.party, item.id, event.holding, rank, item.topic, event.person)
    enter_control(node, tx, opened, item=item.id)
