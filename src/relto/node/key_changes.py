"""Replacing and revoking a node's own keys, and taking the changes of others (decision 14).

The change itself is what travels, signed by the key that it ends. It is on the disk before it is announced; whoever
opens the node after a crash announces it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from relto.core.canon import JSON, base64url, digest, from_base64url, identifier, text_in
from relto.core.errors import Conflict, InputError, NotFound, Refused, VerificationFailed
from relto.core.evidence import Evidence, signed_by
from relto.core.timeline import Instant
from relto.node.card import Card
from relto.node.card_chain import KeyChange, KeyChangeKind
from relto.node.clocks import disagreement
from relto.node.dispatch import Delivery, delivery_of, dispatch_row
from relto.node.log import Entered, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.rows import InboxRow, OutboxRow
from relto.node.statements import statement
from relto.node.together import Answering

KIND = "key-change"


def change_keys(node: Node, kind: KeyChangeKind, mldsa: bool | None = None) -> tuple[KeyChange, Sequence[Delivery]]:
    """Replace this node's own keys now, or revoke them and go on with others; then tell the peers. The change, and what
    became of each message about it. `mldsa`: with an ML-DSA-44 key beside the one that signs, or without; None: as
    before.

    After a revocation no peer takes anything from this node before its people have pinned the new card.
    """
    with node.store.write() as tx:  # nobody signs meanwhile, in no process of this node
        change = node.keys.change(kind, node.now_or_later(tx).latest, mldsa)
    announce_changes(node)
    return change, [dispatch_row(node, one.row) for one in delivery_of(node, subject_of_change(change))]


def announce_changes(node: Node) -> int:
    """Enter and queue those of the own changes that are not yet: how many."""
    chain = node.keys.chains[node.party]
    told = 0
    for change in chain.changes:
        subject = subject_of_change(change)
        with node.store.read() as reading:
            if any(reading.leaves(subject)):
                continue
        with node.store.write() as tx:
            if any(tx.leaves(subject)):
                continue
            data, at = change.to_bytes(), node.now_or_later(tx).latest
            entered = sign_and_enter(node, tx, _stated(node.party, change, at, "change"))
            for peer, other in sorted(node.keys.chains.items()):
                if peer != node.party and other.current is not None:
                    tx.enqueue(OutboxRow("key-change", subject, peer, data, entered.id, at))
            told += 1
    return told


def subject_of_change(change: KeyChange) -> str:
    """What messages and evidence about a change are filed under."""
    return identifier("k", digest(change.to_bytes()))


def receive_key_change(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify a peer's change of its own card; what is left is to keep it and give the signed acknowledgement, or the
    signed refusal of one that has nothing left to change. The same change gives the same answer.

    Raises VerificationFailed, or InputError, for what the key that it ends has not signed, or another party sends.
    """
    change = KeyChange.from_bytes(message)
    chain = node.keys.chains.get(change.party)
    if chain is None or change.party == node.party or sender not in (None, change.party):
        raise VerificationFailed(f"a change of the keys of `{change.party}`, which it has not sent")
    ended = next((one for one in chain.cards if one.keys_id == change.previous), None)
    if ended is None:
        raise VerificationFailed(f"a change of keys of `{change.party}` that are not known here")
    change.verify(ended.signing)
    return partial(_answer, node, change, ended, digest(message))


def _answer(node: Node, change: KeyChange, ended: Card, name: str, tx: Transaction) -> bytes:
    known = tx.answered(KIND, name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    at = moment.latest
    if disagreement(change.party, change.at, moment) is not None:
        raise Refused(
            f"the change of the keys of `{change.party}` is dated {change.at}, later than it may be here",
            remedy="compare the clocks; it is taken once that instant has come",
        )
    try:
        _check_disowns_nothing(tx, change, ended)
        node.keys.take(change)
        says = ""
    except (Conflict, NotFound) as error:
        says = str(error)
    answer = _acknowledged(node, tx, change, name, at) if not says else _refused(node, tx, change, name, at, says)
    reply = answer.signed.encode("ascii")
    tx.remember(InboxRow("key-change", name, change.party, name, reply, not says, answer.evidence.at))
    return reply


def _check_disowns_nothing(tx: Transaction, change: KeyChange, ended: Card) -> None:
    """A key's end is never dated before what it has signed and this node holds: its party could so deny its receipts.
    Raises Conflict."""
    for leaf in tx.leaves():
        if leaf.signer != change.party or signed_by(leaf.evidence) != ended.signing.id:
            continue
        at = statement(leaf.evidence).at
        if at > change.at:
            raise Conflict(
                f"`{change.party}` ends a key at {change.at} that has signed at {at}",
                remedy="end it now; what it has signed stays signed",
            )


def _acknowledged(node: Node, tx: Transaction, change: KeyChange, name: str, at: Instant) -> Entered:
    evidence = _stated(node.party, change, at, "acknowledgement")
    return sign_and_enter(node, tx, replace(evidence, to=change.party, digests={**evidence.digests, "message": name}))


def _refused(node: Node, tx: Transaction, change: KeyChange, name: str, at: Instant, says: str) -> Entered:
    evidence = Evidence(
        kind="refusal",
        party=node.party,
        at=at,
        to=change.party,
        digests={"message": name, "change": name},
        says={"about": subject_of_change(change), "stage": "receipt", "says": says[:2000]},
    )
    return sign_and_enter(node, tx, evidence)


def _stated(party: str, change: KeyChange, at: Instant, step: str) -> Evidence:
    data = change.to_bytes()
    says: dict[str, JSON] = {"about": subject_of_change(change), "step": step, "change": base64url(data)}
    return Evidence(kind="key-change", party=party, at=at, digests={"change": digest(data)}, says=says)


def change_in(evidence: Evidence) -> KeyChange:
    """The change that evidence is about. Raises InputError where there is none in it, or another than it names."""
    data = from_base64url(text_in(evidence.says, "change"))
    if evidence.digests.get("change") != digest(data):
        raise InputError("the change of keys is not the one that the evidence names")
    return KeyChange.from_bytes(data)
