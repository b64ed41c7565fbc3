"""Reclassification (article 6(g)): an originator gives its item another mark, and every holder follows.

One message, `reclassification`: the originator's signed notice, as it was made even where it comes through an ally. The
answer acknowledges it. A holder marks its holdings of the item anew, raises what it has made of them, and passes the
notice on to whom it has passed the item.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from relto.core.canon import digest, text_in
from relto.core.dossier import Dossier, Item
from relto.core.errors import Conflict, InputError, NotFound, VerificationFailed
from relto.core.evidence import Evidence, verify_evidence
from relto.core.label import check_id
from relto.core.register import Holding, Reclassified, apply, event_to_json, strictest
from relto.node.clocks import check_not_ahead
from relto.node.deriving import marks_compared
from relto.node.dispatch import Delivery, delivery_of, dispatch_row
from relto.node.log import Entered, enter, sign_and_enter, subject_of
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction
from relto.node.rows import OutboxRow
from relto.node.statements import evidence_of, statement
from relto.node.telling import acknowledged
from relto.node.together import Answering
from relto.node.transmittal import ID_BYTES

KIND: Final = "reclassification"
_LONGEST_MARK: Final = 200


def reclassify(node: Node, item: str, mark: str) -> list[Delivery]:
    """Give an item of the node's own party another mark, and tell all to whom it was released; what became of each.

    Raises InputError for a mark that the party does not have, NotFound where the item was released to nobody, Conflict
    where it bears that mark already.
    """
    check_id(item)
    about = f"m-{node.entropy(ID_BYTES).hex()}"
    with node.store.write() as tx:
        own = node.dossier(tx).parties[node.party]
        if own.mark(mark) is None:
            marks = ", ".join(one.mark for one in own.marks)
            raise InputError(f"`{mark[:60]}` is no mark of {node.party}", remedy=f"use one of {marks}")
        peers = _released_to(node, tx, item)
        if not peers:
            raise NotFound(f"`{item}` was released to nobody", remedy="mark it anew in the dossier")
        if marked_now(node, tx, item) == mark:
            raise Conflict(f"`{item}` was marked {mark} already", remedy="look at its evidence")
        evidence = Evidence(
            kind=KIND,
            party=node.party,
            at=node.now_or_later(tx).latest,
            item=item,
            says={"about": about, "step": "notice", "mark": mark},
        )
        entered = sign_and_enter(node, tx, evidence)
        for peer in peers:
            tx.enqueue(OutboxRow(KIND, about, peer, entered.signed.encode("ascii"), entered.id, entered.evidence.at))
    return [dispatch_row(node, one.row) for one in delivery_of(node, about)]


def marked_now(node: Node, reading: Reading, item: str) -> str:
    """The mark that the node's party last gave its item by notice; empty where it gave none."""
    found = ""
    for leaf in reading.leaves(item):
        if leaf.kind == KIND and leaf.signer == node.party:
            one = statement(leaf.evidence)
            found = text_in(one.says, "mark") if one.says.get("step") == "notice" else found
    return found


def check_marked(node: Node, reading: Reading, items: Iterable[Item]) -> None:
    """Return if each item bears the mark that its originator last gave it by notice. Raises Conflict."""
    for one in {one.id: one for one in items}.values():
        mark = marked_now(node, reading, one.id)
        if mark and mark != one.mark:
            raise Conflict(
                f"`{one.id}` is marked {one.mark}, and was told to its holders as {mark}",
                article="6(g)",
                remedy=f"mark it {mark} in its file, or reclassify it again",
            )


def _released_to(node: Node, reading: Reading, item: str) -> list[str]:
    """The parties to which an own item was submitted, in the order of the first time."""
    peers: dict[str, None] = {}
    for leaf in reading.leaves():
        if leaf.kind == "submission" and leaf.signer == node.party:
            one = statement(leaf.evidence)
            if one.item == item and one.to is not None:
                peers[one.to] = None
    return list(peers)


def receive_reclassification(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify an originator's notice, from itself or through an ally; what is left is to follow and acknowledge it. The
    same notice gives the same answer.

    Raises VerificationFailed, or InputError, for what no pinned peer signed as a notice. `sender` may be an ally.
    """
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    signed = message.decode("ascii")
    evidence = verify_evidence(signed, node.peer_keys())
    if evidence.kind != KIND or evidence.says.get("step") != "notice" or evidence.item is None:
        raise VerificationFailed("what came as a reclassification is something else")
    if not 0 < len(text_in(evidence.says, "mark")) <= _LONGEST_MARK:
        raise VerificationFailed(f"a mark of more than {_LONGEST_MARK} signs, or of none")
    return partial(_follow, node, evidence, signed, digest(message))


def _follow(node: Node, evidence: Evidence, signed: str, name: str, tx: Transaction) -> bytes:
    known = tx.answered(KIND, name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    check_not_ahead(evidence, moment)
    theirs = enter(node, tx, evidence, signed)
    changed, onward = follow_notice(node, tx, theirs, moment)
    for peer in onward:
        if peer not in (node.party, evidence.party):
            about = str(evidence.says.get("about"))
            tx.enqueue(OutboxRow(KIND, about, peer, signed.encode("ascii"), theirs.id, evidence.at))
    return acknowledged(node, tx, KIND, theirs, name, moment, holdings=sorted(changed))


def follow_notice(node: Node, tx: Transaction, theirs: Entered, moment: Moment) -> tuple[set[str], list[str]]:
    """Mark anew what is held of an item, and raise what was made of it, as its originator's notice says; the holdings
    that were, and to whom the item was passed on. What follows the notice already stays as it is."""
    evidence = theirs.evidence
    onward: dict[str, None] = {}
    changed: set[str] = set()
    for held in tx.holdings_of(evidence.item or ""):
        if held.sources or held.received.originator != evidence.party:
            continue
        onward |= dict.fromkeys(one.to for one in held.forwards)
        if not _followed(tx, held, theirs) and _marked_anew(node, tx, held, theirs, moment):
            changed.add(held.id)  # also one that has gone: what was made of it may still be here
    _raise_products(node, tx, changed, theirs.id, moment)
    return changed, list(onward)


def _followed(tx: Transaction, held: Holding, notice: Entered) -> bool:
    """Whether this notice was followed already, or a later one: two may come by different ways."""
    known = [one.notice for one in held.events if isinstance(one, Reclassified)]
    about = subject_of(notice.evidence)
    return notice.id in known or any(evidence_of(tx, one, about).at > notice.evidence.at for one in known)


def _marked_anew(node: Node, tx: Transaction, held: Holding, notice: Entered, moment: Moment) -> bool:
    """Mark a holding as a notice says, and whether it was. A notice older than the transmittal by which the item came
    is followed only upward: the label may say what came after, and whoever kept the notice could lower it by that."""
    dossier, mark = node.dossier(tx), text_in(notice.evidence.says, "mark")
    own = _own_mark(dossier, node.party, held, mark)
    came = [statement(leaf.evidence).at for leaf in tx.leaves(held.id) if leaf.kind in ("submission", "relay")]
    if any(at > notice.evidence.at for at in came):
        at_least = marks_compared(dossier, node.party, held.received.agreement)
        if at_least(held.mark, own):
            return False
    _enter(node, tx, held, Reclassified(held.id, moment.latest, own, mark, notice.id))
    return True


def _own_mark(dossier: Dossier, party: str, held: Holding, mark: str) -> str:
    """The holder's mark for an originator's: its own in the same row of the text, the one it bears where that is there.
    Where the text has no such row, its own of the same rank, or its highest: what is in doubt is not treated as low."""
    levels = dossier.versions(held.received.agreement)[0].levels
    row = None if levels is None else levels.row_of_mark(held.received.originator, mark)
    protected = None if levels is None or row is None else levels.protected_as(row, party)
    if protected is not None:
        marks = protected.marks[party]
    else:
        made = dossier.parties[held.received.originator].mark(mark)
        own = dossier.parties[party].marks
        marks = tuple(one.mark for one in own if made is not None and one.rank == made.rank) or (own[0].mark,)
    return held.mark if held.mark in marks else marks[0]


def _raise_products(node: Node, tx: Transaction, changed: set[str], notice: str, moment: Moment) -> None:
    """What was made of these holdings is never marked laxer than they are; nor what was made of that."""
    products = tx.products() if changed else []
    touched = set(changed)
    for product in products:  # in the order they were made: a source is there before what is made of it
        if not touched.intersection(product.sources):
            continue
        sources = [one for one in (tx.holding(name) for name in product.sources) if one is not None]
        at_least = marks_compared(node.dossier(tx), node.party, product.received.agreement)
        mark, origin_mark = _strictest_mark(node, tx, sources, at_least)
        if not at_least(product.mark, mark):
            _enter(node, tx, product, Reclassified(product.id, moment.latest, mark, origin_mark, notice))
            touched.add(product.id)


def _strictest_mark(
    node: Node, tx: Transaction, sources: list[Holding], at_least: Callable[[str, str], bool]
) -> tuple[str, str]:
    try:
        first = strictest(sources, at_least)
    except Conflict:  # they can no longer be compared: the highest mark there is
        return node.dossier(tx).parties[node.party].marks[0].mark, sources[0].origin_mark
    return first.mark, first.origin_mark


def _enter(node: Node, tx: Transaction, held: Holding, event: Reclassified) -> None:
    now = apply(held, event)
    evidence = Evidence(
        kind=KIND,
        party=node.party,
        at=event.at,
        transmittal=held.id,
        item=held.received.item,
        agreement=held.received.agreement,
        digests={"evidence": event.notice},
        says={"step": "followed", "event": event_to_json(event)},
    )
    sign_and_enter(node, tx, evidence)
    tx.update_holding(now)
