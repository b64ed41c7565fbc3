"""Opening: handing a holding over to a person, or to the party's competent authority where none is named."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from relto.core.decision import Request
from relto.core.dossier import Item, Person
from relto.core.envelope import Sealed, open_sealed
from relto.core.errors import NotFound
from relto.core.evidence import Evidence
from relto.core.register import Holding, Opened, apply, check_usable, event_to_json
from relto.node.deciding import ActRefused, decide_now, refusal
from relto.node.labels import item_of
from relto.node.log import sign_and_enter
from relto.node.node import Node


@dataclass(frozen=True, slots=True)
class OpenedItem:
    """An item as its reader sees it: the payload, the item its label describes, and the holding with both marks."""

    payload: bytes = field(repr=False)
    item: Item
    holding: Holding
    evidence: str


def open_item(
    node: Node, holding: str, person: Person | None = None, *, purpose: str = "", system: str | None = None
) -> OpenedItem:
    """Open a holding, after deciding on the use of it now; the handover leaves evidence.

    Raises NotFound for no such holding, ActRefused where the person or the use is refused, VerificationFailed where
    the item is not as it came.
    """
    with node.store.write() as tx:
        held, data = tx.holding(holding), tx.sealed(holding)
        if held is None or data is None:
            raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
        check_usable(held)
        if held.sources:
            raise NotFound(f"`{holding}` was made here and is not kept in this node", remedy="look at who keeps it")
        moment = node.now(tx)
        sealed = Sealed.from_bytes(data)
        keys = node.all_keys()
        opened = open_sealed(sealed, recipient=node.party, key=node.keys.unwraps(), originators=keys)
        item = replace(item_of(opened.label), mark=held.origin_mark)  # as its originator marks it now (article 6(g))
        asked = purpose or held.received.purpose
        request = Request("use", item, held.received.sender, node.party, moment.latest, asked, person, system)
        decision = decide_now(node, tx, request, moment, "opening", holding)
        tx.add_decision(decision.row)
        if decision.permits:
            event = Opened(holding, moment.latest, person.id if person else "", asked)
            evidence = Evidence(
                kind="handover",
                party=node.party,
                at=moment.latest,
                transmittal=holding,
                item=item.id,
                agreement=decision.verdict.agreement,
                digests={"decision": decision.row.digest, "sealed": sealed.digest},
                says={"event": event_to_json(event), "number": len(held.openings) + 1},
            )
            entered = sign_and_enter(node, tx, evidence)
            held = apply(held, event)
            tx.update_holding(held)
            return OpenedItem(opened.payload, item, held, entered.id)
        left = sign_and_enter(node, tx, refusal(node, decision, about=holding, to=None))
    raise ActRefused(decision.verdict, left.id)
