"""Releasing: decide, seal, sign, queue and log in one transaction; then send, which decides again.

A refusal at queueing leaves signed evidence and is raised with its verdict; what became of what was queued is a value.
"""

from __future__ import annotations

from dataclasses import replace

from relto.core.agreement import Instrument
from relto.core.canon import digest, identifier
from relto.core.decision import Act
from relto.core.dossier import Item
from relto.core.envelope import CONTENT_KEY_BYTES, NONCE_BYTES, Sealed, Unsigned, close, rewrap, verify_label
from relto.core.errors import Conflict, InputError, NotFound, ReltoError
from relto.core.register import check_usable
from relto.core.timeline import Stamp
from relto.node.agree import sign_instrument
from relto.node.contents import instrument_subject
from relto.node.deciding import ActRefused, route_through
from relto.node.dispatch import Delivery, dispatch_row
from relto.node.labels import checked_label, item_under
from relto.node.node import Node
from relto.node.queueing import Asked, queue
from relto.node.reclassify import check_marked
from relto.node.rows import OutboxRow
from relto.node.transmittal import ID_BYTES, Terms, new_id
from relto.node.two_persons import check_persons
from relto.node.typed import check_typed


def release(
    node: Node,
    item: Item,
    to: str,
    *,
    act: Act = "release",
    purpose: str = "",
    via: tuple[str, ...] = (),
    payload: bytes | None = None,
    approved: bool = False,
) -> Delivery:
    """Release an item of the node's own party to `to`: queue it, and send what is queued for that peer.

    `via`: the allies it goes through, which the originator consents to by choosing them: the consent is signed and
    delivered first. `payload` None: the content that the dossier gives. `approved`: by a second person. Raises
    TwoPersonsNeeded where the party's own law asks for one, ActRefused where it is refused at queueing, NotFound for a
    recipient whose card is not pinned, InputError for an item of another originator.
    """
    asked = asked_of(node, item, to, act, purpose, via=via, payload=payload, approved=approved)
    return dispatch_row(node, queue_release(node, asked))


def queue_release(node: Node, asked: Asked) -> OutboxRow:
    """Queue a release, to be sent by `dispatch_row` or with what else is queued. Raises ActRefused where it is refused,
    InputError where its originator has marked the item anew."""
    with node.store.read() as reading:
        check_marked(node, reading, [asked.item])
    return queue(node, asked)


def check_own(node: Node, item: Item, act: Act) -> None:
    """Raise InputError for an item of another originator, or an act that is none of an originator's."""
    if item.originator != node.party:
        raise InputError(
            f"`{item.id}` is an item of {item.originator}, not of {node.party}", remedy="forward the holding of it"
        )
    if act not in ("release", "disclose"):
        raise InputError(f"to {act} is not to release", remedy="use release or disclose")


def asked_of(
    node: Node,
    item: Item,
    to: str,
    act: Act,
    purpose: str = "",
    *,
    via: tuple[str, ...] = (),
    payload: bytes | None = None,
    approved: bool = False,
    checked: bool = False,
) -> Asked:
    """What a release asks for; `checked`: that its content is of its type. Raises InputError for what cannot be
    released by this node at all, TwoPersonsNeeded where the party's own law asks for a second who has `approved` it."""
    check_own(node, item, act)
    check_persons(node, item, approved=approved)
    label = checked_label(item)  # what no recipient could read is not signed
    content = node.read_payload(item) if payload is None else payload
    if not checked:
        check_typed(item, content)
    transmittal = _new_id(node)
    terms = Terms(act, via[0] if via else to, purpose, to if via else "", via)
    if via:
        terms = replace(terms, consent=_consent(node, item, terms, transmittal))

    def closed(peer: str) -> Unsigned:
        return close(
            content,
            label,
            originator=node.party,
            signer=node.keys.own.signing,
            recipient=peer,
            recipient_key=node.card_of(peer).wrapping,
            content_key=node.entropy(CONTENT_KEY_BYTES),
            nonce=node.entropy(NONCE_BYTES),
        )

    return Asked(item, terms, transmittal, closed)


def _new_id(node: Node) -> str:
    return new_id(node.clock.interval()[1], node.entropy(ID_BYTES))


def forward(node: Node, holding: str, to: str) -> Delivery:
    """Pass an item that this node holds on to `to`, label and originator's signature untouched, wrapped anew.

    Raises NotFound for no such holding, ActRefused where it is refused at queueing.
    """
    return dispatch_row(node, _forward(node, holding, to, _new_id(node)))


def relay_pending(node: Node) -> list[Delivery]:
    """Forward what only passes through this node, each once; what became of each.

    A refusal leaves its evidence and is not tried again by itself; `forward` does. Raises what went wrong with one that
    could not be queued, once the others were sent.
    """
    queued, _, failed = queue_relays(node, 0)
    sent = [dispatch_row(node, row) for row in queued]
    if failed:
        raise failed[0]
    return sent


def queue_relays(node: Node, after: int) -> tuple[list[OutboxRow], int, list[ReltoError]]:
    """Queue what only passes through, of the holdings numbered beyond `after`; the number of the newest, which is the
    next `after` where nothing went wrong; and what went wrong with those that are to be tried again."""
    with node.store.read() as reading:
        passing, newest = reading.to_pass_on(after)
        waiting = [one for one in passing if one.awaits_relay]
        names = {one.id: identifier("t", digest(f"{one.id}/{one.awaits_relay}".encode())) for one in waiting}
        waiting = [one for one in waiting if not any(reading.leaves(names[one.id]))]
    queued: list[OutboxRow] = []
    failed: list[ReltoError] = []
    for one in waiting:
        try:
            queued.append(_forward(node, one.id, one.awaits_relay or "", names[one.id]))
        except ActRefused:  # its evidence is left
            continue
        except ReltoError as error:
            if not _is_over(node, one.id, names[one.id]):
                failed.append(error)
    return queued, newest, failed


def _is_over(node: Node, holding: str, transmittal: str) -> bool:
    """Whether another process of this node was first to pass it on, or it may be passed on no more."""
    with node.store.read() as reading:
        held = reading.holding(holding)
        if held is None or any(reading.leaves(transmittal)):
            return True
    return not held.original_held or held.purpose_ended is not None or held.origin_mark != held.received.origin_mark


def _forward(node: Node, holding: str, to: str, transmittal: str) -> OutboxRow:
    with node.store.read() as reading:
        held, data = reading.holding(holding), reading.sealed(holding)
    if held is None or data is None:
        raise NotFound(f"no holding `{holding[:60]}`", remedy="list the holdings for their ids")
    check_usable(held)
    if held.sources:
        raise InputError(f"`{holding}` was made here and is not kept in this node", remedy="release it as an item")
    sealed = Sealed.from_bytes(data)
    item = item_under(verify_label(sealed, node.all_keys()))
    if held.origin_mark != item.mark:
        raise Conflict(
            f"`{holding}` bears a label with {item.mark}, and its originator marks it {held.origin_mark} now",
            article="6(g)",
            remedy=f"ask {item.originator} to release it anew",
        )
    asked = held.received.purpose
    terms = Terms("forward", to, "" if asked == item.purpose else asked)

    def closed(peer: str) -> Sealed:
        return rewrap(
            sealed,
            holder=node.party,
            key=node.keys.unwraps(),
            recipient=peer,
            recipient_key=node.card_of(peer).wrapping,
            originators=node.all_keys(),
        )

    return queue(node, Asked(item, terms, transmittal, closed, holding))


def _consent(node: Node, item: Item, terms: Terms, transmittal: str) -> str:
    """The subject of the originator's consent to the later hops of the route it chose, signed now if none is on record.

    Where the route does not serve, nothing is signed: the decision that follows refuses and says why.
    """
    with node.store.write() as tx:
        moment, dossier = node.now(tx), node.dossier(tx)
        asked = replace(terms.request(item, node.party, moment.latest), recipient=terms.onward, reading=node.party)
        found = [route_through(dossier, replace(asked, at=end), terms.via) for end in moment.ends()]
    route = found[-1]
    if route is None or None in found:
        return ""
    node.card_of(terms.recipient)  # nobody consents to what could then not be sealed
    later = tuple(hop.recipient for hop in route.hops[1:])
    for consent in dossier.consents(None):
        if (
            node.party in consent.by
            and consent.covers_item(item.id, item.topic)
            and set(later) <= set(consent.to)
            and consent.purpose in ("", asked.asked_purpose)
            and all(consent.valid.contains(end) for end in moment.ends())
        ):
            return instrument_subject(consent.record, consent.id)
    instrument = Instrument(
        id=f"consent-{transmittal}",
        kind="consent",
        by=(node.party,),
        at=Stamp(moment.earliest, "instant", dossier.versions(route.arrangement)[0].zone),
        recorded=moment.latest,
        item=item.id,
        to=later,
        purpose=terms.purpose if terms.purpose != item.purpose else "",
    )
    sign_instrument(node, route.arrangement, instrument)
    return instrument_subject(route.arrangement, instrument.id)
