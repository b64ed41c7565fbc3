"""Witnessing the ledgers of others (C2SP tlog-witness): each head of a peer goes on from all that were cosigned before.

What was last cosigned of each ledger is compared and kept in one transaction, before anything is said. A ledger that
contradicts what its party has signed before is not trusted any more: both signed heads are kept as evidence, and
nothing but reports is taken from that party, or released to it, until its operator and ours have settled it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Final

from relto.core.canon import canonical, only_keys, parse_object, text_in
from relto.core.envelope import KeyRing, VerifyKey, keys_of
from relto.core.errors import Conflict, InputError, NotFound, ReltoError, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.ledger import (
    EMPTY,
    LINE_BYTES,
    STATUS,
    AddCheckpoint,
    Outcome,
    TreeHead,
    cosigned_lines,
    judge,
    parse_note,
    read_add_checkpoint,
    verify_checkpoint,
    with_cosignatures,
)
from relto.node.log import origin_of, sign_and_enter
from relto.node.node import Node
from relto.node.ports import Reading, Transaction
from relto.node.together import Answering

KIND: Final = "head"
TRUSTING: Final = frozenset({"transmittal", "instrument", "key-change", "visit"})
"""The messages that are neither taken from a party whose ledger has contradicted itself, nor sent to it; reports are,
and answers."""
_ORIGIN: Final = "relto/ledger/"
_NANOS: Final = 1_000_000_000
_ED25519_BYTES: Final = 64
MAX_CHECKPOINT: Final = 8192
"""The longest checkpoint that is looked at: its ledger's lines, 3,500 signs where one is by ML-DSA-44, and those of a
witness or some."""
_KEYS: Final = frozenset({"known", "shown"})


def witness_of(party: str) -> str:
    """The name under which a party's node cosigns."""
    return f"relto/witness/{party}"


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What a witness says: a status of tlog-witness; with 200 the lines of its cosignature, with 409 the size it has
    cosigned last and, for whoever can verify it, that checkpoint as it was signed."""

    status: int
    lines: str = ""
    size: int = 0
    known: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """Two signed heads of one ledger of which neither goes on from the other: `known` was cosigned, `shown` came."""

    party: str
    known: str
    shown: str


def receive_head(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Read a peer's request to cosign the head of its ledger; what is left is to judge it, and to answer.

    The answer is the lines of the cosignature, or the status and the size last cosigned, and that checkpoint. Raises
    InputError for what is no request.
    """
    return partial(_answer, node, read_add_checkpoint(message), sender)


def _answer(node: Node, asked: AddCheckpoint, sender: str | None, tx: Transaction) -> bytes:
    found = witness(node, tx, asked, sender)
    return (found.lines or f"{found.status} {found.size}\n{found.known}").encode()


def witness(node: Node, tx: Transaction, asked: AddCheckpoint, sender: str | None) -> Witnessed:
    """Judge a checkpoint of a pinned party's ledger, and cosign it where it goes on from what was cosigned before.

    `sender`: the party that has shown itself to speak. A contradiction is kept as evidence: two roots of one size
    whoever brings them, another inconsistency only where the ledger's own party does.
    """
    if len(asked.note) > MAX_CHECKPOINT:
        raise InputError(
            f"a checkpoint of {len(asked.note)} signs", remedy=f"leave out what is beyond {MAX_CHECKPOINT}"
        )
    party = _party_of(node, asked.note)
    if party is None:
        return Witnessed(404)
    try:
        shown = head_of(asked.note, party, node.head_keys())
    except ReltoError:
        return Witnessed(403)
    text = tx.notes("head").get(party, "")
    known = head_of(text, party, node.all_keys()) if text else EMPTY
    outcome = judge(known, asked.old, asked.proof, shown)
    if party in forks(tx) and outcome == "cosign":
        outcome = "inconsistent"
    if outcome == "cosign":
        return Witnessed(200, cosign_head(node, tx, party, asked.note))
    if text and _contradicts(outcome, sender == party) and party not in forks(tx):
        keep_fork(node, tx, Fork(party, text, own_lines(asked.note, party)))
    return Witnessed(STATUS[outcome], "", known.size, text)


def _contradicts(outcome: Outcome, by_itself: bool) -> bool:
    return outcome == "another-root" or (outcome == "inconsistent" and by_itself)


def _party_of(node: Node, note: str) -> str | None:
    """The pinned party whose ledger a checkpoint says it is of; None for no such."""
    origin = note.partition("\n")[0]
    party = origin.removeprefix(_ORIGIN)
    return party if origin == origin_of(party) and party in node.keys.peers else None


def head_of(note: str, party: str, keys: KeyRing) -> TreeHead:
    """The head in a checkpoint that the ledger of `party` signed. Raises VerificationFailed, or InputError."""
    if party not in keys:
        raise VerificationFailed(f"no key of `{party[:60]}` is pinned")
    found: VerifyKey | tuple[VerifyKey, ...] = keys_of(keys, party)
    return verify_checkpoint(note, origin=origin_of(party), key=found).head


def cosign_head(node: Node, tx: Transaction, party: str, note: str) -> str:
    """Cosign a checkpoint, once it is kept as the last one."""
    seconds = node.now_or_later(tx).latest.ns // _NANOS
    lines = cosigned_lines(parse_note(note).text, witness_of(node.party), node.keys.signing(), seconds)
    tx.note("head", party, with_cosignatures(own_lines(note, party), lines))
    return lines


def own_lines(note: str, party: str) -> str:
    """A checkpoint with the signatures of its ledger alone: what others put under it is not ours to keep."""
    parsed = parse_note(note)
    sizes = (_ED25519_BYTES, LINE_BYTES)
    own = [one for one in parsed.signatures if one.name == origin_of(party) and len(one.signature) in sizes]
    lines = "".join(f"{one.line()}\n" for one in own)
    return f"{parsed.text}\n{lines}"


def forks(reading: Reading) -> dict[str, Fork]:
    """The parties whose ledgers have contradicted themselves, with both heads, until that is settled."""
    found = {}
    for party, text in reading.notes("fork").items():
        if text:
            value = parse_object(text.encode("utf-8"), name="fork")
            only_keys(value, _KEYS)
            found[party] = Fork(party, text_in(value, "known"), text_in(value, "shown"))
    return found


def contradicted(reading: Reading, party: str) -> Conflict | None:
    """That the ledger of `party` has contradicted itself, to be raised; None where that is not known here."""
    if not reading.notes("fork").get(party):
        return None
    return Conflict(
        f"the ledger of `{party}` contradicts what it has signed before",
        remedy=f"`relto ledger witness` shows both heads; settle it with the operators of {party}",
    )


def keep_fork(node: Node, tx: Transaction, fork: Fork) -> None:
    """Keep both heads, in the own ledger too."""
    said = {"known": fork.known, "shown": fork.shown}
    tx.note("fork", fork.party, canonical(said).decode("utf-8"))
    evidence = Evidence(
        kind="ledger",
        party=node.party,
        at=node.now_or_later(tx).latest,
        says={"about": f"ledger-{fork.party}", "step": "fork", **said},
    )
    sign_and_enter(node, tx, evidence)


def settle_fork(node: Node, party: str, head: str = "") -> str:
    """Trust the ledger of `party` to go on from `head`, or, where none is given, from the one that contradicted; after
    its operators and ours have settled why. That this was done is entered. The head.

    Raises NotFound where no head is given and it has not contradicted itself, VerificationFailed for one that is not
    its own.
    """
    with node.store.write() as tx:
        fork = forks(tx).get(party)
        if head:
            head_of(head, party, node.head_keys())
            fork = Fork(party, tx.notes("head").get(party, ""), own_lines(head, party))
        if fork is None:
            raise NotFound(
                f"the ledger of `{party[:60]}` has not contradicted itself", remedy="give the head to go on from"
            )
        tx.note("fork", party, "")
        tx.note("head", party, fork.shown)
        tx.note("mirrored", party, "")  # it begins anew, with the ledger that is trusted from now on
        tx.drop_mirrored(party)
        evidence = Evidence(
            kind="ledger",
            party=node.party,
            at=node.now_or_later(tx).latest,
            says={"about": f"ledger-{party}", "step": "settled", "known": fork.known, "shown": fork.shown},
        )
        sign_and_enter(node, tx, evidence)
    return fork.shown


def last_head(node: Node, reading: Reading, party: str) -> TreeHead:
    """The head of a peer's ledger that was last cosigned here; that of no leaf where none was."""
    text = reading.notes("head").get(party)
    if text is None:
        return EMPTY
    try:
        return head_of(text, party, node.all_keys())
    except ReltoError as error:
        raise VerificationFailed(f"what was cosigned of the ledger of `{party}` was changed: {error}") from error
