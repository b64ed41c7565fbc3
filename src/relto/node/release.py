"""Releasing: decide, seal, sign, queue and log in one transaction; sending comes after, and decides again.

A refusal leaves signed evidence and is raised with its verdict.
"""

from __future__ import annotations

from dataclasses import replace

from relto.core.agreement import Instrument
from relto.core.decision import Act, resolve
from relto.core.dossier import Item
from relto.core.envelope import CONTENT_KEY_BYTES, NONCE_BYTES, Sealed, rewrap, seal, verify_label
from relto.core.errors import InputError, NotFound
from relto.core.evidence import Evidence, EvidenceKind
from relto.core.route import MediatedRoute, mediated_routes
from relto.core.timeline import Instant, Stamp
from relto.node.agree import sign_instrument
from relto.node.contents import instrument_subject
from relto.node.deciding import ActRefused, Decision, decide_now, refusal
from relto.node.labels import item_of, label_of
from relto.node.log import sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.rows import OutboxRow
from relto.node.transmittal import ID_BYTES, Terms, digests_of, new_id, pack


def release(
    node: Node,
    item: Item,
    to: str,
    *,
    act: Act = "release",
    purpose: str = "",
    via: tuple[str, ...] = (),
    payload: bytes | None = None,
) -> str:
    """Queue an item of the node's own party for `to`, and give the transmittal's id; `dispatch_pending` sends it.

    `via`: the allies it goes through, which the originator consents to by choosing them: the consent is signed and
    queued first. `payload` None: the content that the dossier gives. Raises ActRefused where it is refused, NotFound
    for a recipient whose card is not pinned, InputError for an item of another originator.
    """
    if item.originator != node.party:
        raise InputError(
            f"`{item.id}` is an item of {item.originator}, not of {node.party}", remedy="forward the holding of it"
        )
    if act not in ("release", "disclose"):
        raise InputError(f"to {act} is not to release", remedy="use release or disclose")
    content = node.read_payload(item) if payload is None else payload
    terms = Terms(act, via[0] if via else to, purpose, to if via else "", via, "")
    if via:
        terms = replace(terms, consent=_consent(node, item, terms))

    def close(peer: str) -> Sealed:
        return seal(
            content,
            label_of(item),
            originator=node.party,
            signer=node.keys.signing(),
            recipient=peer,
            recipient_key=node.card_of(peer).wrapping,
            content_key=node.entropy(CONTENT_KEY_BYTES),
            nonce=node.entropy(NONCE_BYTES),
        )

    return _queue(node, item, terms, new_id(node.entropy(ID_BYTES)), close, "submission")


def _consent(node: Node, item: Item, terms: Terms) -> str:
    """Sign the originator's consent to the later hops of the route chosen, if it is not on record; its subject.

    Where the route does not serve, nothing is signed: the decision that follows refuses and says why.
    """
    with node.store.write() as tx:
        moment = node.now(tx)
        dossier = node.dossier(tx)
        asked = terms.request(item, node.party, moment.latest)
        route = next(
            (
                one
                for one in mediated_routes(dossier, replace(asked, recipient=terms.onward, reading=node.party))
                if one.route.via == terms.via
            ),
            None,
        )
        if route is None:
            return ""
        consents = [
            one for one in tx.instruments() if one.agreement == route.arrangement and one.id.startswith("consent-")
        ]
    number = 1 + len(consents)
    instrument = _consent_instrument(node.party, item, route, moment, f"consent-{number}-{item.id}"[:100].rstrip("._-"))
    sign_instrument(node, route.arrangement, instrument)
    return instrument_subject(route.arrangement, instrument.id)
