"""The ledger: its signed head, who has cosigned it, the newest leaves."""

from __future__ import annotations

from relto.core.errors import NotFound, Refused
from relto.node.inclusion import inclusion, leaf_in, proof_of
from relto.node.statements import statement
from relto.node.witnessing import told_of
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit

_NEWEST = 20


def ledger(visit: Visit) -> Page:
    """The head, the cosignatures, and the evidence about a subject, or the newest."""
    visit.need("see-checkpoint")
    subject = visit.asked("subject", 300)
    with visit.node.store.read() as reading:
        told, note = told_of(visit.node, reading), reading.checkpoint()
        leaves = []
        if visit.may("see-evidence"):
            found = list(reading.leaves(subject))[::-1] if subject else reading.newest_leaves(_NEWEST)
            leaves = [(leaf, statement(leaf.evidence)) for leaf in found]
    given = {"told": told, "note": note, "leaves": leaves, "subject": subject}
    return Page("ledger.html", visit.tongue.say("Ledger"), given)


def proof(visit: Visit) -> Page:
    """One piece of evidence: what it says, and the proof that it is in the ledger, by itself and as peers saw it."""
    visit.need("see-evidence")
    name = str(visit.request.path_params["leaf"])
    with visit.node.store.read() as reading:
        leaf = leaf_in(reading, name)
        path, head = inclusion(visit.node, reading, leaf)
        witnessed, too_few = "", False
        try:
            witnessed = proof_of(visit.node, reading, name)
        except NotFound:
            pass
        except Refused:
            too_few = True
    told = statement(leaf.evidence)
    given = {"leaf": leaf, "told": told, "path": [one.hex() for one in path], "head": head}
    given |= {"witnessed": witnessed, "too_few": too_few}
    return Page("proof.html", visit.tongue.say("Evidence"), {**given, "size": head.size, "root": head.root.hex()})
