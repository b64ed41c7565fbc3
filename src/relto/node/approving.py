"""Two-person release: what one composes waits, sealed to the node itself, until a releasing authority approves it.

What is approved is what was submitted, to the byte. It is decided when it is submitted, when it is approved, and again
when it is sent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from relto.core.decision import Act
from relto.core.dossier import Item
from relto.core.envelope import CONTENT_KEY_BYTES, NONCE_BYTES, Sealed, open_sealed, seal
from relto.core.errors import Conflict, InputError, NotFound, Refused
from relto.node.approval import Approval
from relto.node.deciding import ActRefused
from relto.node.dispatch import Delivery, delivery_of, dispatch_row
from relto.node.labels import item_of, label_of
from relto.node.node import Node
from relto.node.people import Actor
from relto.node.people_store import People
from relto.node.queueing import Asked
from relto.node.release import asked_of, check_own, queue_release
from relto.node.rows import OutboxRow
from relto.node.statements import statement
from relto.node.transmittal import ID_BYTES

_MAX_NOTE: Final = 2000


@dataclass(frozen=True, slots=True)
class Submitted:
    """What an approval would release: the item as its label will say it, and its content."""

    item: Item
    payload: bytes = field(repr=False)


def submit(
    node: Node,
    people: People,
    actor: Actor,
    item: Item,
    to: str,
    *,
    act: Act = "release",
    purpose: str = "",
    via: tuple[str, ...] = (),
    payload: bytes | None = None,
) -> Approval:
    """Keep a release until a releasing authority, another person, approves it.

    Raises InputError for an item of another originator, or an act that is none of an originator's.
    """
    check_own(node, item, act)
    item_of(label_of(item))  # what no recipient could read is not kept
    found = Approval(
        id=f"a-{node.entropy(ID_BYTES).hex()}",
        item=item.id,
        to=to,
        act=act,
        purpose=purpose,
        via=via,
        by=actor,
        at=node.clock.interval()[1],
        sealed=_sealed(node, item, node.read_payload(item) if payload is None else payload),
    )
    people.add_approval(found)
    return found


def _sealed(node: Node, item: Item, payload: bytes) -> bytes:
    """An item sealed to the node's own party: it waits no more open than a holding does."""
    sealed = seal(
        payload,
        label_of(item),
        originator=node.party,
        signer=node.keys.signing(),
        recipient=node.party,
        recipient_key=node.keys.own.wrapping,
        content_key=node.entropy(CONTENT_KEY_BYTES),
        nonce=node.entropy(NONCE_BYTES),
    )
    return sealed.to_bytes()


def submitted(node: Node, approval: Approval) -> Submitted:
    """What an approval would release. Raises VerificationFailed where it is not as it was submitted."""
    opened = open_sealed(
        Sealed.from_bytes(approval.sealed),
        recipient=node.party,
        key=node.keys.unwraps(),
        originators={node.party: node.all_keys()[node.party]},
    )
    return Submitted(item_of(opened.label), opened.payload)


def find_approval(people: People, identifier: str) -> Approval:
    """One approval; NotFound where there is none."""
    found = people.approval(identifier)
    if found is None:
        raise NotFound(f"no approval `{identifier[:60]}`", remedy="list the approvals for their ids")
    return found


def refuse(node: Node, people: People, actor: Actor, identifier: str, note: str = "") -> Approval:
    """Refuse what waits; its submitter may withdraw it this way. Raises Conflict where it waits no more."""
    waiting = find_approval(people, identifier)
    if len(note) > _MAX_NOTE:
        raise InputError(f"a note of {len(note)} signs", remedy=f"say it in {_MAX_NOTE}")
    done = replace(waiting, state="refused", decided_by=str(actor), decided_at=node.clock.interval()[1], note=note)
    if not people.move_approval(done, was="pending"):
        raise _over(find_approval(people, identifier))
    return done


def approve(
    node: Node,
    people: People,
    actor: Actor,
    identifier: str,
    send: Callable[[Node, OutboxRow], Delivery] = dispatch_row,
) -> tuple[Approval, Delivery]:
    """Release what another has submitted; both stand in the evidence. `send` sends what is then queued.

    One that was begun and cut short is taken up again: if its release was queued then, it is not released twice.
    Raises Refused for one's own, Conflict where it waits no more or another is at work on it, else as `release` does:
    a refusal by the agreements settles it.
    """
    with people.approving(find_approval(people, identifier).id):
        waiting = find_approval(people, identifier)
        if waiting.by.account == actor.account:
            raise Refused("one person alone does not release it: you submitted it", remedy="another has to approve it")
        if waiting.state == "approving":  # by nobody now: we are alone
            queued = _queued(node, waiting)
            if queued is not None:
                again = queued if queued.row.state != "queued" else send(node.acting(_both(waiting)), queued.row)
                return _approved(people, waiting, queued.row), again
        elif waiting.state != "pending":
            raise _over(waiting)
        begun = replace(waiting, state="approving", decided_by=str(actor), decided_at=node.clock.interval()[1])
        if not people.move_approval(begun, was=waiting.state):
            raise _over(find_approval(people, identifier))
        row = _queue(node, people, begun)
        return _approved(people, begun, row), send(node.acting(_both(begun)), row)


def _queue(node: Node, people: People, begun: Approval) -> OutboxRow:
    try:
        return queue_release(node.acting(_both(begun)), _asked(node, begun))
    except ActRefused as refused:
        people.move_approval(replace(begun, state="refused", note=str(refused)[:_MAX_NOTE]), was="approving")
        raise
    except BaseException:
        people.move_approval(replace(begun, state="pending", decided_by="", decided_at=None), was="approving")
        raise


def _asked(node: Node, begun: Approval) -> Asked:
    content = submitted(node, begun)
    return asked_of(
        node.acting(_both(begun)),
        content.item,
        begun.to,
        begun.act,
        begun.purpose,
        via=begun.via,
        payload=content.payload,
        approved=True,
    )


def _both(approval: Approval) -> str:
    """Who acts: the one who approves, of what, and who submitted it."""
    return f"{approval.decided_by} approving {approval.id} of {approval.by}"


def _approved(people: People, approval: Approval, row: OutboxRow) -> Approval:
    done = replace(approval, state="approved", transmittal=row.subject)
    people.move_approval(done, was="approving")
    return done


def _queued(node: Node, approval: Approval) -> Delivery | None:
    """The release that an approval which was cut short has led to, if it was queued."""
    with node.store.read() as reading:
        for leaf in reading.leaves():
            if leaf.kind != "submission" or leaf.signer != node.party:
                continue
            if f" approving {approval.id} of " in str(statement(leaf.evidence).says.get("by", "")):
                break
        else:
            return None
    return next(iter(delivery_of(node, leaf.subject)), None)


def _over(approval: Approval) -> Conflict:
    if approval.state == "approving":
        return Conflict(f"`{approval.id}` is being approved just now", remedy="look at it again in a moment")
    return Conflict(
        f"`{approval.id}` was {approval.state} already, by {approval.decided_by}", remedy="submit it anew if need be"
    )
