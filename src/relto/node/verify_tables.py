"""Every table of a node held against its evidence: decisions, outbox, inbox, register, record, and the clock's mark."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from relto.core.canon import base64url, digest
from relto.core.envelope import is_label_only, signed_label, verify_manifest
from relto.core.errors import ReltoError, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.register import Event, Holding, fold
from relto.core.timeline import Instant
from relto.node.contents import content_of, instrument_subject
from relto.node.events import event_in
from relto.node.log import kind_of_message, subject_of
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.recovery.wire import RECOVERED
from relto.node.rows import InboxRow, InstrumentRow, OutboxRow
from relto.node.share import Share
from relto.node.transmittal import terms_of, unpack
from relto.node.verdicts import stage_in
from relto.node.verify_controls import check_controls

Problem: TypeAlias = Callable[[str, str], None]
Ledger: TypeAlias = Mapping[str, Evidence]

_BEFORE_ALL: Final = -(1 << 63)
_RECALLED: Final = {"refusal": "transmittal"}
"""A recall is answered about the transmittal that it recalls, and kept as such."""
_ABOUT: Final = frozenset({"compromise", "custody", "reclassification", "visit"})
"""The messages that are filed under a name of their own: several are about one holding."""


def check_tables(node: Node, reading: Reading, evidence: Ledger, share: Share, problem: Problem) -> Iterator[str]:
    """Hold the rows that fall to `share` against its `evidence` (by digest, in order); the table that is done, each."""
    own = {name: one for name, one in evidence.items() if one.party == node.party}
    checks: dict[str, Callable[[], None]] = {
        "decisions": lambda: _check_decisions(reading, own, share, problem),
        "outbox": lambda: _check_outbox(node, reading, own, evidence, share, problem),
        "inbox": lambda: _check_inbox(reading, own, evidence, share, problem),
        "register": lambda: _check_register(node, reading, evidence, share, problem),
        "high water": lambda: _check_high_water(reading, own, problem),
    }
    if share.number == 0:  # to which all evidence about these falls
        checks["record"] = lambda: _check_record(node, reading, evidence, problem)
        checks["control"] = lambda: check_controls(reading, node.party, evidence, problem)
    for table, check in checks.items():
        try:
            check()
        except ReltoError as error:  # a row that cannot even be read
            problem(table, str(error))
        yield table


def _check_high_water(reading: Reading, own: Ledger, problem: Problem) -> None:
    lived = reading.high_water()
    if any(lived is None or one.at > lived for one in own.values()):
        problem("high water", "is before evidence that this node has signed")


def _recovered(own: Ledger) -> set[str]:
    """The statements that came back from peers after a backup: what only this node had beside them is lost."""
    found: set[str] = set()
    for one in own.values():
        names = one.says.get("evidence") if one.kind == "ledger" and one.says.get("step") == RECOVERED else None
        found |= {name for name in names if isinstance(name, str)} if isinstance(names, list) else set()
    return found


def _check_decisions(reading: Reading, own: Ledger, share: Share, problem: Problem) -> None:
    """Each decision is the one that signed evidence names, and none that it names is missing."""
    named: dict[str, set[str]] = defaultdict(set)
    lost = _recovered(own)
    for name, one in own.items():
        if name in lost:
            continue
        for value in (one.digests.get("decision") if one.kind != "receipt" else None, one.says.get("decision")):
            if isinstance(value, str) and one.transmittal:
                named[one.transmittal].add(value)
    missing = {(subject, name) for subject, names in named.items() for name in names}
    for row in reading.decisions_taken(share.asks):
        missing.discard((row.subject, row.digest))
        if row.digest not in named[row.subject]:
            problem(f"decision on {row.subject}", "no evidence names it")
        elif digest(row.verdict.encode("utf-8")) != row.digest or stage_in(row.verdict) != row.stage:
            problem(f"decision on {row.subject}", "is not the one that was made")
    for subject, _ in sorted(missing):
        problem(f"decision on {subject}", "is missing, though evidence names it")


def _check_outbox(node: Node, reading: Reading, own: Ledger, evidence: Ledger, share: Share, problem: Problem) -> None:
    """Each message is the one its evidence vouches for, and stands as its answer says."""
    seen, lost = defaultdict[str, int](int), _recovered(own)
    answered = {(one.digests.get("evidence"), one.party) for one in evidence.values() if one.kind != "consignment"}
    for row in reading.outbox_taken(share.asks):
        seen[row.evidence] += 1
        try:
            _check_message(row, evidence if row.kind == "reclassification" else own)
            _check_state(row, evidence, any((row.evidence, party) in answered for party in (row.peer, node.party)))
        except ReltoError as error:
            problem(f"outbox {row.number} ({row.kind} {row.subject})", str(error))
    for name, one in own.items():
        if one.kind in ("submission", "relay") and seen[name] != 1 and (seen[name] or name not in lost):
            problem(f"outbox of {one.transmittal}", "its message is missing")


def _check_message(row: OutboxRow, own: Ledger) -> None:
    evidence = own.get(row.evidence)
    if evidence is None:
        raise VerificationFailed("its evidence is not in the ledger")
    if row.kind != kind_of_message(evidence):
        raise VerificationFailed(f"it is no {row.kind}, its evidence is {evidence.kind}")
    if row.waits_for and row.kind != "transmittal":
        raise VerificationFailed("it waits for something, which only a transmittal does")
    subject = str(evidence.says.get("about")) if row.kind in _ABOUT else subject_of(evidence)
    if (subject, evidence.at) != (row.subject, row.queued_at) or (evidence.to or row.peer) != row.peer:
        raise VerificationFailed("its subject, peer or instant is not that of its evidence")
    if row.kind == "key-change":
        if digest(row.message) != evidence.digests.get("change"):
            raise VerificationFailed("its message is not the change that its evidence announces")
        return
    signed = row.message
    if row.kind == "transmittal":
        text, data = unpack(row.message)
        signed = text.encode("ascii")
        if digest(data) != evidence.digests["sealed"]:
            raise VerificationFailed("its sealed item is not the one that was signed for")
        if terms_of(evidence).consent != row.waits_for:
            raise VerificationFailed("it waits for something else than its terms say")
    if digest(signed) != row.evidence:
        raise VerificationFailed("its message is not the one that was signed")


def _check_state(row: OutboxRow, evidence: Ledger, answered: bool) -> None:
    if row.state == "queued" or row.answer is None:
        if row.state != "queued" or row.answer is not None or answered:
            raise VerificationFailed(f"it is {row.state}, but the evidence of that does not go with it")
        return
    answer = evidence.get(row.answer)
    if answer is None:
        raise VerificationFailed("the evidence that settled it is not in the ledger")
    by_peer = answer.party == row.peer
    kinds: dict[str, bool] = {
        "done": by_peer and (answer.kind != "refusal" or row.kind == "recall"),
        "refused": not by_peer and answer.kind == "refusal",
        "refused-by-recipient": by_peer and answer.kind == "refusal",
    }
    about_it = answer.digests.get("evidence") == row.evidence or answer.transmittal == row.subject
    if row.kind == "key-change":
        about_it = answer.digests.get("message") == digest(row.message)
    if not kinds.get(row.state, False) or not about_it:
        raise VerificationFailed(f"it is {row.state}, but the evidence that settled it says otherwise")


def _check_inbox(reading: Reading, own: Ledger, evidence: Ledger, share: Share, problem: Problem) -> None:
    """Each answer given is this node's own evidence, about that very message."""
    answers = {name for name, one in own.items() if "message" in one.digests}
    for row in reading.inbox_taken(share.asks):
        name = digest(row.reply)
        answers.discard(name)
        if not _is_answer(row, own.get(name), evidence):
            problem(f"inbox {row.kind} {row.subject}", "is not what its answer says it was")
    for name in sorted(answers):
        problem(f"inbox of {subject_of(own[name])}", "the message that was answered is missing")


def _is_answer(row: InboxRow, answer: Evidence | None, evidence: Ledger) -> bool:
    if answer is None:
        return False
    subject = answer.transmittal if row.kind == "transmittal" else row.digest  # else by the message itself
    if row.kind == "key-change":  # the change is in the answer itself
        named = (answer.digests.get("message"), answer.digests.get("change"), answer.to, answer.at)
        kind = "key-change" if row.accepted else "refusal"
        wanted = (row.digest, row.digest, row.sender, row.received_at)
        return answer.kind == kind and named == wanted and row.subject == row.digest
    answered = evidence.get(answer.digests.get("evidence", ""))
    if answered is None or row.kind not in (kind_of_message(answered), _RECALLED.get(answered.kind)):
        return False
    return (subject, answer.digests["message"], answer.to, answer.at, answer.kind != "refusal") == (
        row.subject,
        row.digest,
        row.sender,
        row.received_at,
        row.accepted,
    ) and answered.party == row.sender


def _check_record(node: Node, reading: Reading, evidence: Ledger, problem: Problem) -> None:
    """Each instrument is the one its makers signed, recorded when this node came to have all their signatures."""
    signed: dict[str, dict[str, str]] = defaultdict(dict)
    accepted = {
        one.digests.get("evidence"): one.at
        for one in evidence.values()
        if one.party == node.party and one.says.get("step") == "acknowledgement"
    }
    known_at: dict[str, Instant] = {}
    for name, one in evidence.items():
        if one.kind != "instrument" or one.says.get("step") != "signature":
            continue
        came = one.at if one.party == node.party else accepted.get(name)
        if came is not None and one.party not in signed[subject_of(one)]:
            signed[subject_of(one)][one.party] = name
            known_at[subject_of(one)] = came
    for row in reading.instruments():
        subject = instrument_subject(row.agreement, row.id)
        try:
            _check_instrument(row, signed.pop(subject, {}), known_at.get(subject), evidence)
        except ReltoError as error:
            problem(f"instrument {subject}", str(error))
    for subject in signed:
        problem(f"instrument {subject}", "is missing, though it was signed")


def _check_instrument(
    row: InstrumentRow, signed: Mapping[str, str], known_at: Instant | None, evidence: Ledger
) -> None:
    if not signed or dict(row.evidence) != dict(signed):
        raise VerificationFailed("its signatures are not those in the ledger")
    contents = []
    for name in signed.values():
        stated = evidence[name].says.get("instrument")
        contents.append(content_of(stated if isinstance(stated, dict) else {}))
    if row.content.encode("utf-8") not in [one.to_bytes() for one in contents]:
        raise VerificationFailed("its content is not the one that was signed")
    if row.by != contents[0].instrument.by:
        raise VerificationFailed("its makers are not those who signed it")
    if row.recorded != (None if row.missing else known_at):
        raise VerificationFailed("it was not recorded when the evidence says")


def _check_register(node: Node, reading: Reading, evidence: Ledger, share: Share, problem: Problem) -> None:
    """The tables of the register are the fold over the events that the evidence states."""
    events: list[Event] = []
    for one in evidence.values():
        try:
            event = event_in(one, node.party, lambda name: _find(evidence, name))
        except ReltoError as error:
            problem(f"{one.kind} about {subject_of(one)}", str(error))
            continue
        if event is not None:
            events.append(event)
    receipts = {one.transmittal: one for one in evidence.values() if one.party == node.party and one.kind == "receipt"}
    folded, left = fold(events), dict[str, Holding]()
    for name, held in folded.items():
        if not share.takes(name):  # the row could be held against these events, and against those in its own share
            problem(f"holding {name}", "something that happened to it is filed under another")
        kept = reading.kept_as(held) if name in receipts or held.sources else None
        if kept is None:
            left[name] = held
            continue
        why = _not_as_held(node, held, kept, receipts.get(name))
        if why:
            problem(f"holding {name}", why)
    rows = sum(share.takes(name) for _, name in reading.arrived(_BEFORE_ALL, -1))
    if len(folded) != rows:
        problem("register", f"has {rows} holdings, and the evidence makes {len(folded)}")
    if left or len(folded) != rows:
        kept_here = [one for one in reading.holdings() if share.takes(one.id)]
        _say_what_differs(node, reading, kept_here, folded, left, receipts, problem)


def _say_what_differs(
    node: Node,
    reading: Reading,
    rows: Sequence[Holding],
    folded: Mapping[str, Holding],
    left: Mapping[str, Holding],
    receipts: Mapping[str | None, Evidence],
    problem: Problem,
) -> None:
    """Name what is wrong with the holdings `left` of the `folded` ones, and with those of the `rows` that no event
    made."""
    tables = {one.id: one for one in rows}
    if len(rows) != len(tables):
        problem("register", "a holding stands in it twice")
    for name in sorted(left.keys() | (tables.keys() - folded.keys())):
        held = left.get(name)
        if held is None or held != tables.get(name) or (name not in receipts and not held.sources):
            problem(f"holding {name}", "is not what the events in the ledger make it")
            continue
        for column in reading.columns_differ(held):
            problem(f"holding {name}", f"its `{column}` is not what its events make it")
        why = _not_as_held(node, held, reading.sealed(name) or b"", receipts.get(name))
        if why:
            problem(f"holding {name}", why)


def _not_as_held(node: Node, held: Holding, kept: bytes, receipt: Evidence | None) -> str:
    """What is wrong with the sealed item of a holding, or with what is left of one that has gone; empty if nothing."""
    if held.sources or receipt is None:
        return "there is a sealed item where none is to be" if kept else ""
    if held.original_held:
        return "" if digest(kept) == receipt.digests["sealed"] else "its sealed item is not the one that was received"
    if not is_label_only(kept):
        return "there is a sealed item where none is to be any more"
    try:
        manifest = verify_manifest(*signed_label(kept), node.all_keys())
    except ReltoError as error:
        return f"its label does not hold: {error}"
    named = {"label": manifest.label_digest, "payload": digest(base64url(manifest.commitment).encode("ascii"))}
    same = all(receipt.digests[name] == value for name, value in named.items())
    return "" if same else "its label is not that of the item that was received"


def _find(evidence: Ledger, name: str) -> Evidence:
    found = evidence.get(name)
    if found is None:
        raise VerificationFailed("the evidence it answers is not in the ledger")
    return found
