"""Giving a restored peer back what it has signed: nothing but its own statements, what they answered, what answered
them, and the items that had gone between the two."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from relto.core.envelope import is_label_only
from relto.core.evidence import Evidence
from relto.core.timeline import Instant
from relto.node.log import kind_of_message
from relto.node.node import Node
from relto.node.ports import Reading, Transaction
from relto.node.recovery.wire import MAX_BYTES, MAX_RECORDS, Question, Record, read_question, write_returned
from relto.node.rows import Leaf
from relto.node.statements import leaf_near, statement
from relto.node.together import Answering
from relto.node.transmittal import unpack

_DAY: Final = 86_400 * 10**9
"""Nanoseconds by which the clocks of two nodes are taken to differ at most when it is looked up where to begin."""
_PAGE: Final = 500
ELSEWHERE: Final = frozenset({"instrument", "record", "key-change", "ledger"})
"""What comes back in another way: instruments when records are compared; the rest is not of use any more."""


def receive_recovery(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify the question of a restored peer; what is left is to answer it. Raises as `read_question` does."""
    return partial(_give, node, read_question(message, node.peer_keys(sender), node.party))


def _give(node: Node, asked: Question, tx: Transaction) -> bytes:
    after = _beginning(node, tx, asked.since) if asked.after is None else asked.after
    records: list[Record] = []
    size = looked = 0
    for leaf in _leaves_beyond(tx, after):
        one = statement(leaf.evidence) if leaf.signer == asked.party else None
        if one is not None and one.at >= asked.since and one.kind not in ELSEWHERE:
            record = _record(node, tx, leaf, one)
            if record.size > MAX_BYTES:  # the item is too large for an answer: it has to be released again
                record = Record(record.statement, record.answers, record.answer)
            if len(records) == MAX_RECORDS or size + record.size > MAX_BYTES:
                return write_returned(records, after)
            records.append(record)
            size += record.size
        after, looked = leaf.position + 1, looked + 1
        if looked == 20 * _PAGE:
            return write_returned(records, after)
    return write_returned(records, 0)


def _leaves_beyond(reading: Reading, after: int) -> Iterator[Leaf]:
    """The leaves from position `after` on, some at a time."""
    while page := reading.leaves_from(after, _PAGE):
        yield from page
        after = page[-1].position + 1


def _beginning(node: Node, reading: Reading, since: Instant) -> int:
    """The place of the first leaf that may tell of what was signed at `since` or later: no own one before it is of the
    last day before that, or later."""
    end = reading.frontier().size
    while end > 0:
        start = max(0, end - _PAGE)
        for leaf in reversed(reading.leaves_from(start, end - start)):
            if leaf.signer == node.party and statement(leaf.evidence).at.ns < since.ns - _DAY:
                return leaf.position + 1
        end = start
    return 0


def _record(node: Node, reading: Reading, leaf: Leaf, one: Evidence) -> Record:
    name = one.digests.get("evidence")
    before = None if name is None else leaf_near(reading, name, leaf.subject)
    answers = before.evidence if before is not None and before.signer == node.party else ""
    if one.kind in ("submission", "relay"):
        answer = _answer_to(reading, leaf, "transmittal", one.transmittal or "")
        sealed = reading.sealed(one.transmittal or "") if answer else None  # else the holding is of another sender
        return Record(leaf.evidence, "", answer, b"" if sealed is None or is_label_only(sealed) else sealed)
    if one.kind == "receipt":
        return Record(leaf.evidence, answers, "", _sent(reading, leaf, one))
    return Record(leaf.evidence, answers, _answer_to(reading, leaf, kind_of_message(one), leaf.id))


def _answer_to(reading: Reading, leaf: Leaf, kind: str, subject: str) -> str:
    """The answer that was given to this very statement, and to no other that bears its name; empty where none was."""
    known = reading.answered(kind, subject)
    if known is None or known.sender != leaf.signer:
        return ""
    reply = known.reply.decode("ascii")
    return reply if statement(reply).digests.get("evidence") == leaf.id else ""


def _sent(reading: Reading, receipt: Leaf, one: Evidence) -> bytes:
    """The sealed item for which a peer gave its receipt."""
    for row in reading.outbox(subject=one.transmittal):
        if row.kind == "transmittal" and row.answer == receipt.id:
            return unpack(row.message)[1]
    return b""
