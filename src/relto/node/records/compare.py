"""Comparing records with a peer: at the next contact, before anything is released to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Final

from relto.core.canon import JSON, digest
from relto.core.errors import PeerUnreachable, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, verify_evidence
from relto.core.timeline import Instant
from relto.node.clocks import note_time
from relto.node.difference import Difference, written
from relto.node.held_record import Held
from relto.node.log import enter, sign_and_enter, subject_of
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.records.notes import digests, noted, record_digest
from relto.node.records.statement import (
    ABOUT,
    MAX_ANSWER_BYTES,
    MAX_QUESTION_BYTES,
    Statement,
    read_statement,
    state,
)
from relto.node.taking import take_again
from relto.node.together import Answering

KIND: Final = "record"
_ROUNDS: Final = 5  # the digests; the records where they differ; and again, once what was missing is taken in
_NAMED_AT_ONCE: Final = 400
AGAIN_AFTER: Final = 60 * 10**9
"""Nanoseconds after which what was the same is compared again at a contact: a peer may have been restored."""


def compare_records(node: Node, peer: str) -> list[Difference]:
    """Ask `peer` now which records it holds, and tell it which this node does; what differs, after each has taken in
    what only the other had and its makers have signed.

    Raises PeerUnreachable where it does not answer, VerificationFailed for an answer that is not its own.
    """
    node.card_of(peer)
    with node.store.read() as reading:
        show = [one.agreement for one in noted(node, reading).get(peer, ())]
    found: list[Difference] = []
    news = False
    for _ in range(_ROUNDS):
        with node.store.write() as tx:
            said = state(node, tx, peer, node.now_or_later(tx).latest, show, MAX_QUESTION_BYTES, kept=news)
            if news:
                enter(node, tx, said.evidence, said.signed)
        heard = read_statement(node.link.exchange(peer, KIND, said.message()), node.peer_keys(peer), node.party)
        if heard.evidence.digests.get("asked") != said.id:
            raise VerificationFailed(f"the answer of `{peer}` is about another statement than this one")
        with node.store.write() as tx:
            moment = node.now_or_later(tx)
            note_time(node, tx, peer, heard.evidence.at, moment, said.evidence.at)
            _take_in(node, tx, moment.latest, heard.held.values())
            if heard.kept:
                enter(node, tx, heard.evidence, heard.signed)
            found, news = _note(node, tx, heard, said.evidence.at)
            same = digests(node, node.dossier(tx), peer) == said.records
        names = [one.agreement for one in found if one.mine]
        if same and not news and set(names) <= set(said.held):
            break
        show = names
    return found


def receive_records(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify what a peer says of its records; what is left is to take in what its makers have signed and this node has
    not, to note what differs, and to answer with what this node holds.

    Raises VerificationFailed, or InputError, for what no pinned peer said to this party.
    """
    said = read_statement(message, node.peer_keys(sender), node.party)
    return partial(_answer, node, said)


def compare_if_due(node: Node, peer: str, *, again: bool = True) -> None:
    """Compare with `peer` where this process has not yet, where the own record is another since, where they differed,
    and (`again`) where a minute has passed. It never stops what is being done: that is decided by what is known."""
    at = node.clock.interval()[1]
    with node.store.read() as reading:
        own = digests(node, node.dossier(reading), peer)
        differ = peer in noted(node, reading)
    met = node.compared.met.get(peer)
    if not own or (met and met[0] == own and not differ and not (again and at.ns - met[1].ns > AGAIN_AFTER)):
        return
    node.compared.met[peer] = own, at
    try:
        compare_records(node, peer)
    except PeerUnreachable:
        node.compared.met.pop(peer, None)
    except ReltoError:  # a node that does not compare records, or answers something else
        pass


def compare_if_noted(node: Node, peers: Iterable[str]) -> None:
    """Compare again with those of `peers` whose records differed when last looked at: what kept a release back may be
    gone."""
    with node.store.read() as reading:
        differing = noted(node, reading)
    for peer in dict.fromkeys(peers):
        if peer in differing:
            compare_if_due(node, peer)


def _answer(node: Node, said: Statement, tx: Transaction) -> bytes:
    peer, moment = said.evidence.party, node.now_or_later(tx)
    note_time(node, tx, peer, said.evidence.at, moment)
    _take_in(node, tx, moment.latest, said.held.values())
    own = digests(node, node.dossier(tx), peer)
    differ = [name for name, one in own.items() if said.records.get(name) != one]
    if said.kept:
        enter(node, tx, said.evidence, said.signed)
    _, news = _note(node, tx, said, moment.latest)
    kept = news or said.kept
    answer = state(node, tx, peer, moment.latest, differ, MAX_ANSWER_BYTES, asked=said.id, kept=kept)
    if kept:
        enter(node, tx, answer.evidence, answer.signed)
    return answer.message()


def _take_in(node: Node, tx: Transaction, at: Instant, held: Iterable[Held]) -> None:
    """Take in the instruments that a peer shows with their makers' signatures, and this node does not have.

    What this party itself had signed and its node has lost comes into the ledger again, later than it was signed; a
    statement of now says of which leaves that is so.
    """
    keys, again = node.fresh_keys(), list[str]()
    for one in held:
        given: dict[str, tuple[str, Evidence]] = {}
        lacked: list[tuple[str, Evidence]] = []
        for signed in one.signed:
            try:
                evidence = verify_evidence(signed, keys)
            except ReltoError:  # by a party whose card is not pinned here, or by nobody
                continue
            if tx.leaf(digest(signed.encode("utf-8")), subject_of(evidence)) is not None:
                continue
            step = evidence.says.get("step")
            if evidence.kind != "instrument" or evidence.agreement != one.agreement:
                continue
            if step == "signature":
                lacked.append((signed, evidence))
            elif step == "acknowledgement" and evidence.party == node.party:
                given[evidence.digests.get("evidence", "")] = signed, evidence
        for signed, evidence in lacked:
            again += take_again(node, tx, evidence, signed, given.get(digest(signed.encode("ascii"))))
    for start in range(0, len(again), _NAMED_AT_ONCE):
        says: dict[str, JSON] = {"about": ABOUT, "step": "restored", "evidence": again[start : start + _NAMED_AT_ONCE]}
        sign_and_enter(node, tx, Evidence(kind="record", party=node.party, at=at, says=says))


def _note(node: Node, tx: Transaction, theirs: Statement, at: Instant) -> tuple[list[Difference], bool]:
    """Note what differs; and whether that is news: that something does, or how, or that it is over. Of news each side
    enters a statement of its own before it says it, so that none is held by the other alone."""
    peer, dossier = theirs.evidence.party, node.dossier(tx)
    before = {one.agreement: one for one in noted(node, tx).get(peer, ())}
    found: list[Difference] = []
    for name in sorted(digests(node, dossier, peer).keys() | theirs.records.keys()):
        mine = record_digest(node, dossier, name) if name in dossier.agreements else ""
        said, known = theirs.records.get(name, ""), before.get(name)
        if mine != said:
            since = known.at if known is not None else at
            still = known if known is not None and known.theirs == said else None
            held = theirs.held.get(name) or (still.held if still is not None else None)
            statement = (still.statement if still is not None else "") or (theirs.id if theirs.kept else "")
            found.append(Difference(peer, name, mine, said, since, statement, held))
    if before or found:
        tx.note("record", peer, written(found))
    return found, _digests(before.values()) != _digests(found)


def _digests(some: Iterable[Difference]) -> Mapping[str, tuple[str, str]]:
    return {one.agreement: (one.mine, one.theirs) for one in some}
