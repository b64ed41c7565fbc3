"""What must hold once a fault is over and everything was driven to its end, whatever the fault was.

Each check gives its problems as lines; none is good. The checks read the stores, and believe no table that
`relto.node.verify` has not held against the evidence.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from relto.core.evidence import Evidence
from relto.core.register import Holding
from relto.node import InboxRow, InstrumentRow, Node, OutboxRow, verify
from relto.node.statements import statement
from tests.faults.told import Told

SENT_KINDS = ("submission", "relay")


@dataclass(frozen=True)
class View:
    """All that a node holds: its evidence by digest, in the order of its ledger, and its tables."""

    party: str
    evidence: Mapping[str, Evidence]
    outbox: tuple[OutboxRow, ...]
    inbox: tuple[InboxRow, ...]
    holdings: Mapping[str, Holding]
    instruments: Mapping[str, InstrumentRow]
    problems: tuple[str, ...]

    def own(self, *kinds: str) -> list[tuple[str, Evidence]]:
        """The node's own evidence of these kinds, with its digests."""
        return [(name, one) for name, one in self.evidence.items() if one.party == self.party and one.kind in kinds]

    def answer(self, row: OutboxRow) -> Evidence | None:
        """The evidence that settled a message."""
        return None if row.answer is None else self.evidence.get(row.answer)


def view_of(node: Node) -> View:
    """Read a node, and verify it from its own files alone."""
    found = verify(node)
    with node.store.read() as reading:
        return View(
            party=node.party,
            evidence={leaf.id: statement(leaf.evidence) for leaf in reading.leaves()},
            outbox=tuple(reading.outbox()),
            inbox=tuple(reading.inbox_taken(None)),
            holdings={one.id: one for one in reading.holdings()},
            instruments={f"{one.agreement}/{one.id}": one for one in reading.instruments()},
            problems=found.problems,
        )


def broken(views: Mapping[str, View], told: list[Told]) -> list[str]:
    """Everything that does not hold between these nodes, after what the driver was told."""
    found: list[str] = []
    for view in views.values():
        found += [f"verify {view.party}: {one}" for one in view.problems]
        found += _unfinished(view)
        found += _doubled(view)
        found += _without_leaf(view, views)
        found += _without_holding(view, views)
    if views:
        found += _lost(views, told)
        found += _more_than_begun(views, told)
        found += _records_differ(views)
    return found


def _unfinished(view: View) -> Iterator[str]:
    """Every message came to its end, by evidence that its peer signed."""
    for row in view.outbox:
        if row.state == "queued":
            yield f"unfinished: {view.party}'s {row.kind} {row.subject} to {row.peer} is queued: {row.last_error}"
        elif view.answer(row) is None:
            yield f"unfinished: {view.party}'s {row.kind} {row.subject} is {row.state} without evidence"


def _doubled(view: View) -> Iterator[str]:
    """One outcome and one receipt for each transmittal; each holding is passed on once."""
    receipts = Counter((one.party, one.transmittal) for one in view.evidence.values() if one.kind == "receipt")
    yield from (f"doubled: {n} receipts by {party} of {name}" for (party, name), n in receipts.items() if n > 1)
    sent = Counter(one.transmittal for _, one in view.own(*SENT_KINDS))
    yield from (f"doubled: {n} submissions of {name}" for name, n in sent.items() if n > 1)
    relayed = Counter(str(one.says["holding"]) for _, one in view.own("relay"))
    yield from (f"doubled: {view.party} passed {name} on {n} times" for name, n in relayed.items() if n > 1)
    for holding in view.holdings.values():
        if len(holding.forwards) > 1:
            yield f"doubled: {holding.id} was forwarded {len(holding.forwards)} times"
    outcomes = Counter(row.subject for row in view.outbox if row.kind == "transmittal")
    for name, n in outcomes.items():
        if n != 1 or sent[name] != 1:
            yield f"doubled: {name} has {sent[name]} submissions and {n} messages"


def _without_leaf(view: View, views: Mapping[str, View]) -> Iterator[str]:
    """No message without a leaf at its sender: neither queued, nor come to a peer; each sending has its own."""
    for row in view.outbox:
        if row.evidence not in view.evidence:
            yield f"no leaf: {view.party}'s {row.kind} {row.subject}"
    consigned = {one.transmittal for _, one in view.own("consignment")}
    for peer in views.values():
        for name, one in peer.evidence.items():
            if one.party != view.party or peer is view:
                continue
            if name not in view.evidence:
                yield f"no leaf: {peer.party} holds a {one.kind} by {view.party} that {view.party} has no leaf of"
            if one.kind in SENT_KINDS and one.transmittal not in consigned:
                yield f"no leaf: {view.party} sent {one.transmittal} without a consignment"


def _without_holding(view: View, views: Mapping[str, View]) -> Iterator[str]:
    """Receipts and holdings go one with the other, at the recipient and at the sender."""
    for one in view.evidence.values():
        giver = views.get(one.party)
        if one.kind == "receipt" and giver is not None and one.transmittal not in giver.holdings:
            yield f"no holding: {view.party} has a receipt of {one.transmittal}, {giver.party} does not hold it"
    receipts = {one.transmittal for _, one in view.own("receipt")}
    yield from (f"no receipt: {view.party} holds {name}" for name in view.holdings if name not in receipts)
    for row in view.outbox:
        peer, answer = views.get(row.peer), view.answer(row)
        if row.kind != "transmittal" or peer is None or answer is None:
            continue
        if (row.state == "done") != (row.subject in peer.holdings) or (row.state == "done") != (
            answer.kind == "receipt"
        ):
            yield f"no receipt: {row.subject} is {row.state} by a {answer.kind}; {row.peer} and {view.party} differ"


def _lost(views: Mapping[str, View], told: list[Told]) -> Iterator[str]:
    """All that the driver was told is so."""
    for one in told:
        view = views.get(one.party)
        if one.what == "begun":
            continue
        if view is None:
            yield f"lost: the node of {one.party}, and {one}"
        elif not _holds(view, views, one):
            yield f"lost: {one}"


def _holds(view: View, views: Mapping[str, View], told: Told) -> bool:
    """Whether a node still stands by what it told."""
    if told.what == "made":
        return True
    if told.what == "pinned":
        return told.peer in views
    if told.what == "signed":
        row = view.instruments.get(told.subject)
        complete = told.state == "complete"
        return row is not None and view.party in row.signers and (row.recorded is not None or not complete)
    if told.what == "refused":
        return told.subject in view.evidence
    if told.what == "opened":
        opened = view.holdings.get(told.subject)
        return told.about in view.evidence and opened is not None and bool(opened.openings)
    if told.what == "reported":
        holding = view.holdings.get(told.about)
        return holding is not None and told.subject in {event.report for event in holding.compromises}
    return _delivery_holds(view, views[told.peer], told)


def _delivery_holds(view: View, peer: View, told: Told) -> bool:
    """A message told as done is done, and its peer has it; one told as refused is refused, unless it had arrived."""
    row = next(
        (one for one in view.outbox if (one.kind, one.subject, one.peer) == (told.about, told.subject, told.peer)),
        None,
    )
    if row is None:
        return False
    if told.state == "done" and told.about == "transmittal":
        return row.state == "done" and told.subject in peer.holdings
    if told.state == "done" and told.about == "recall":
        return row.state == "done" and any(one.subject == told.subject for one in peer.inbox)
    if told.state == "done":
        return row.state == "done" and row.evidence in peer.evidence
    return told.state == "queued" or row.state == told.state or (told.state, row.state) == ("refused", "done")


def _more_than_begun(views: Mapping[str, View], told: list[Told]) -> Iterator[str]:
    """No release or report but those the driver began."""
    for view in views.values():
        begun = [one.subject for one in told if one.what == "begun" and one.party == view.party]
        for word, kind in (("release", "submission"), ("report", "compromise"), ("open", "handover")):
            made = sum(one.says.get("step") != "acknowledgement" for _, one in view.own(kind))
            asked = sum(name.startswith(word) for name in begun)
            if made > asked:
                yield f"doubled: {view.party} made {made} of {kind}, and was asked for {asked}"


def _records_differ(views: Mapping[str, View]) -> Iterator[str]:
    """The parties hold the same signed instruments, each signature once."""
    held = [
        {name: (row.content, row.signers, row.recorded is not None) for name, row in view.instruments.items()}
        for view in views.values()
        if view.party != "USA"
    ]
    if any(one != held[0] for one in held):
        yield f"records differ: {[sorted(one) for one in held]}"
