"""Reporting a loss or compromise, actual or possible: at once, to the originator, and to the ally it came through
(article 17). It is never held back, whatever the standing of the agreement or the clock."""

from __future__ import annotations

from functools import partial

from relto.core.canon import digest
from relto.core.errors import InputError, NotFound, VerificationFailed
from relto.core.evidence import Evidence, verify_evidence
from relto.core.register import CompromiseReported, apply, event_to_json
from relto.node.dispatch import Delivery, delivery_of, dispatch_row
from relto.node.log import enter, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.rows import OutboxRow
from relto.node.telling import acknowledged, concerned
from relto.node.together import Answering
from relto.node.transmittal import ID_BYTES

_MAX_SAYS = 4000


def report_compromise(node: Node, holding: str, says: str, *, actual: bool = False) -> list[Delivery]:
    """Report a holding lost or compromised (`actual`), or possibly so, at once; what became of each message of it.

    One transaction signs it, enters it in the register, starts its duties, and queues it for the originator and
    the intermediary. Raises NotFound for no such holding, InputError for a report that says nothing or too much.
    """
    if not says.strip() or len(says) > _MAX_SAYS:
        raise InputError("a report that says nothing, or too much", remedy=f"say it in 1 to {_MAX_SAYS} signs")
    report = f"report-{node.entropy(ID_BYTES).hex()}"
    with node.store.write() as tx:
        held = tx.holding(holding)
        if held is None:
            raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
        moment = node.now_or_later(tx)
        came = held.received
        event = CompromiseReported(holding, moment.latest, report, actual, says)
        evidence = Evidence(
            kind="compromise",
            party=node.party,
            at=moment.latest,
            transmittal=holding,
            item=came.item,
            agreement=came.agreement,
            says={
                "about": report,
                "step": "report",
                "originator": came.originator,
                "originators": list(held.originators),
                "sender": came.sender,
                "event": event_to_json(event),
            },
        )
        entered = sign_and_enter(node, tx, evidence)
        tx.update_holding(apply(held, event))
        for peer in concerned(node, held):
            message = entered.signed.encode("ascii")
            tx.enqueue(OutboxRow("compromise", report, peer, message, entered.id, moment.latest))
    return [dispatch_row(node, one.row) for one in delivery_of(node, report)]


def receive_compromise(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify a peer's report about an item of this party, or one that passed through it; what is left is to keep and
    acknowledge it. The same report gives the same answer.

    Raises VerificationFailed, or InputError, for what no pinned peer signed.
    """
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    signed = message.decode("ascii")
    evidence = verify_evidence(signed, node.peer_keys(sender))
    if evidence.kind != "compromise" or evidence.says.get("step") != "report":
        raise VerificationFailed("what came as a report is something else")
    originators = evidence.says.get("originators", [evidence.says.get("originator")])
    if not isinstance(originators, list) or node.party not in (*originators, evidence.says.get("sender")):
        raise VerificationFailed(f"the report is not for `{node.party}`")
    return partial(_acknowledge, node, evidence, signed, digest(message))


def _acknowledge(node: Node, evidence: Evidence, signed: str, name: str, tx: Transaction) -> bytes:
    known = tx.answered("compromise", name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    theirs = enter(node, tx, evidence, signed)
    return acknowledged(node, tx, "compromise", theirs, name, moment)
