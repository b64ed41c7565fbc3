"""The ledger: its signed head, who has cosigned it, the newest leaves; and the verification of all of it."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from relto.core.errors import Conflict, NotFound, Refused
from relto.node.inclusion import inclusion, leaf_in, proof_of
from relto.node.people import check_allowed
from relto.node.statements import statement
from relto.node.verify import PHASES
from relto.node.witnessing import told_of
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit, form_of

_NEWEST = 20
_MOST_NAMED = 100


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
    verifier = visit.context.verifier if visit.may("see-evidence") else None
    given = {"told": told, "note": note, "leaves": leaves, "subject": subject, "verifier": verifier}
    if verifier is not None:
        given |= {"verified": verifier.last(), "phases": PHASES, "most_named": _MOST_NAMED}
    return Page("ledger.html", visit.tongue.say("Ledger"), given)


async def verify(visit: Visit) -> Response:
    """Begin to verify the whole node beside its serving, or stop that; it changes nothing but what this page shows."""
    fields = await form_of(visit)
    return await run_in_threadpool(_verify, visit, stop=fields.get("do") == "stop")


def _verify(visit: Visit, *, stop: bool) -> Response:
    actor, verifier = check_allowed(visit.signed_in, "see-evidence"), visit.context.verifier
    if verifier is None:
        raise Conflict("this desk verifies nothing", remedy="run `relto ledger verify` at the node")
    visit.context.log("verification", account=actor.account, state="stopped" if stop else "begun")
    if stop:
        verifier.stop()
    else:
        verifier.begin(str(actor))
    return RedirectResponse("/desk/ledger#verified", 303)


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
