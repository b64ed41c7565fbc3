"""The ledger: its signed head, who has cosigned it, the newest leaves."""

from __future__ import annotations

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
