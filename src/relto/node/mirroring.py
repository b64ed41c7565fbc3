"""Asking a peer for the hashes of its ledger, and answering who asks for those of the own.

A message of the kind `hashes` is `from SIZE`. The answer is framed as a batch: the `checkpoint` as it is now; notes
that other peers have `cosigned`, each with its consistency `proof`; the `hashes` from there on, as many as fit. Nobody
can guess what they are of: each is of signed evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from relto.core.errors import Conflict, InputError, PeerUnreachable, ReltoError, VerificationFailed
from relto.core.ledger import Frontier, TreeHead, verify_consistency
from relto.core.merkle import HASH_BYTES
from relto.node.framing import Message, read_batch, write_batch
from relto.node.heads import SOON, cosignatures, own_tree
from relto.node.mirror import Mirrored, cosigner_of, edge_of, mirrored
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.sending import Delivery
from relto.node.together import Answering
from relto.node.witness import Fork, contradicted, cosign_head, head_of, keep_fork, last_head, own_lines

KIND: Final = "hashes"
AT_ONCE: Final = 1 << 14
"""The most hashes in one answer: 512 KiB."""
MAX_AHEAD: Final = 1 << 22
"""The most hashes that are taken over at once: 128 MiB, which are held in memory until they lead to a signed head."""
PATIENCE: Final = 30.0
"""Seconds after which no more hashes are asked for at once."""
MAX_COSIGNED: Final = 32
_MAX_NOTE: Final = 8192  # of a ledger and one witness: 7,100 signs where both have ML-DSA-44
_FROM: Final = re.compile(r"from (0|[1-9][0-9]{0,18})", re.ASCII)


def receive_hashes(node: Node, message: bytes, _sender: str | None = None) -> Answering:
    """Answer who asks for the hashes of the own ledger from some size on. Raises InputError for what is no request."""
    asked = _FROM.fullmatch(message.decode("utf-8", "replace"))
    if asked is None:
        raise InputError("not `from SIZE`", remedy="name the size up to which you have the hashes")
    start = int(asked[1])
    with node.store.read() as reading:
        tree, note = own_tree(node, reading), reading.checkpoint()
        size = reading.frontier().size
        cosigned = [one for one in cosignatures(node, reading).values() if one[0].size <= size][:MAX_COSIGNED]
    parts: list[Message] = [("checkpoint", note.encode())]
    for head, _, text in cosigned:
        parts += [("cosigned", text.encode()), ("proof", b"".join(tree.consistency_proof(head.size, size)))]
    hashes = (tree.node(0, place) for place in range(start, min(start + AT_ONCE, size)))
    answer = write_batch([*parts, ("hashes", b"".join(hashes))])
    return lambda _: answer


@dataclass(frozen=True, slots=True)
class _Told:
    """What a peer has answered: nothing of it is verified."""

    checkpoint: str
    cosigned: tuple[tuple[str, tuple[bytes, ...]], ...]
    hashes: tuple[bytes, ...]


def mirror(node: Node, peer: str) -> int:
    """Take over the hashes of the ledger of `peer` as far as it goes now, and cosign its head; how far it is mirrored.

    Raises PeerUnreachable where it does not answer, VerificationFailed where what it answers does not lead to the head
    that it signs, InputError where that is too far ahead, Conflict where its ledger contradicts what was cosigned of
    it: both heads are then kept as evidence.
    """
    node.card_of(peer)
    with node.store.read() as reading:
        wrong = contradicted(reading, peer)
        if wrong is not None:
            raise wrong
        edge, known = edge_of(node, reading, peer), last_head(node, reading, peer)
    told = _ask(node, peer, edge.size)
    head = head_of(told.checkpoint, peer, node.head_keys()) if told.checkpoint else None
    if head is None or head.size < known.size:
        return edge.size  # an older head by itself is not held against anybody
    if head.size - edge.size > MAX_AHEAD:
        raise InputError(f"the ledger of `{peer}` is {head.size - edge.size} leaves ahead of its mirror here")
    hashes, until = list(told.hashes), monotonic() + PATIENCE
    while edge.size + len(hashes) < head.size:
        if len(hashes) % AT_ONCE or not hashes:  # each answer but the last is full
            raise VerificationFailed(f"`{peer}` does not give all hashes of its ledger")
        if monotonic() > until:
            raise PeerUnreachable(f"`{peer}` takes too long to give the hashes of its ledger", remedy="try again later")
        hashes += _ask(node, peer, edge.size + len(hashes)).hashes
    told = replace(told, hashes=tuple(hashes[: head.size - edge.size]))
    return _keep(node, peer, edge, known, told, head)


def mirror_if_due(node: Node, peer: str) -> None:
    """Take over a peer's hashes where this process has not tried it some seconds ago. It never stops what is being
    done: what matters is kept, and a peer of an older version gives none."""
    at, last = node.clock.interval()[1], node.compared.mirrored.get(peer)
    if last is not None and at.ns - last.ns <= SOON:
        return
    node.compared.mirrored[peer] = at
    try:
        mirror(node, peer)
    except ReltoError:
        node.compared.mirrors.pop(peer, None)  # another process may have begun it anew


def prove_receipts(node: Node, sent: Iterable[Delivery]) -> None:
    """Take over the hashes of each peer that has just given a receipt: then it is proved where it was given, under a
    head that this node has cosigned (`proof_at_signer`). It never stops what was done."""
    for peer in sorted({one.row.peer for one in sent if one.state == "done"}):
        mirror_if_due(node, peer)


def _ask(node: Node, peer: str, start: int) -> _Told:
    answer = node.link.exchange(peer, KIND, f"from {start}".encode("ascii"))
    try:
        first, *between, last = read_batch(answer)
        pairs = list(zip(between[::2], between[1::2], strict=False))
        kinds = [first[0], *(f"{one[0]} {two[0]}" for one, two in pairs), last[0]]
        if kinds != ["checkpoint", *["cosigned proof"] * len(pairs), "hashes"] or len(between) % 2:
            raise InputError("it is not a checkpoint, cosigned notes and hashes")
        if len(pairs) > MAX_COSIGNED or any(len(data) > _MAX_NOTE for _, data in (first, *between)):
            raise InputError("there are too many notes, or one is too long")
        cosigned = tuple((note.decode("utf-8"), _hashes(proof)) for (_, note), (_, proof) in pairs)
        return _Told(first[1].decode("utf-8"), cosigned, _hashes(last[1]))
    except (InputError, UnicodeDecodeError, ValueError) as error:
        raise VerificationFailed(f"`{peer}` answers with no hashes of its ledger: {error}") from error


def _hashes(data: bytes) -> tuple[bytes, ...]:
    if len(data) % HASH_BYTES:
        raise InputError("a hash is cut short")
    return tuple(data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES))


def _keep(node: Node, peer: str, edge: Frontier, known: TreeHead, told: _Told, head: TreeHead) -> int:
    """Keep the hashes, if they lead to the peer's head, and that goes on from what was cosigned of its ledger. What
    takes long is done before others wait for the store."""
    if known.size < edge.size:
        raise VerificationFailed(f"the mirror of the ledger of `{peer}` goes on beyond what was cosigned of it")
    before = edge.extend_hashes(told.hashes[: known.size - edge.size])
    last = before.extend_hashes(told.hashes[known.size - edge.size :])
    forked = head != known if head.size == known.size else (last.head() == head and before.head() != known)
    if not forked and last.head() != head:
        raise VerificationFailed(f"`{peer}` gives hashes that do not lead to the head of its ledger")
    with node.store.write() as tx:
        if tx.mirrored_size(peer) != edge.size or last_head(node, tx, peer) != known:
            return edge.size  # another process, or the peer itself, was quicker
        if forked:
            keep_fork(node, tx, Fork(peer, tx.notes("head")[peer], own_lines(told.checkpoint, peer)))
        else:
            _write(node, tx, peer, told, head)
    if forked:
        raise Conflict(f"the ledger of `{peer}` contradicts what it has signed before")
    node.compared.mirrors[peer] = last
    return head.size


def _write(node: Node, tx: Transaction, peer: str, told: _Told, head: TreeHead) -> None:
    before = mirrored(tx, peer)
    others = {**(before.others if before is not None else {}), **_cosigned_by_others(node, peer, told, head)}
    if before is None or told.hashes:
        cosign_head(node, tx, peer, told.checkpoint)
        tx.add_mirrored(peer, told.hashes)
    noted = Mirrored(tx.notes("head")[peer], others).to_text()
    if tx.notes("mirrored").get(peer) != noted:
        tx.note("mirrored", peer, noted)


def _cosigned_by_others(node: Node, peer: str, told: _Told, head: TreeHead) -> dict[str, str]:
    """The notes that other pinned peers have cosigned, of heads that the peer's goes on from; the rest is passed over,
    for it proves nothing."""
    found = {}
    for note, proof in told.cosigned:
        for witness in sorted(node.keys.peers.keys() - {peer}):
            try:
                verify_consistency(cosigner_of(node, peer, note, witness), head, proof)
            except ReltoError:
                continue
            found[witness] = note
    return found
