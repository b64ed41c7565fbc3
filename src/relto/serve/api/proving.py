"""Evidence and the ledger's head."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response

from relto.core.canon import parse_object
from relto.core.errors import NotFound
from relto.node import Leaf
from relto.node.statements import statement
from relto.node.witnessing import told_of
from relto.serve.api.answers import Checkpoint, Evidence
from relto.serve.api.context import Calling
from relto.serve.api.custody_answers import Witness
from relto.serve.api.operation import Operations, answer

operations: Final = Operations("evidence")


@operations("GET", "/v1/evidence", act="see-evidence", answers={200: Evidence}, problems=(422,))
def see_evidence(caller: Calling, subject: Annotated[str, Query(min_length=1, max_length=300)]) -> Response:
    """The evidence about a subject: a transmittal or holding, an instrument (`AGREEMENT/ID`), a report."""
    with caller.node.store.read() as reading:
        leaves = list(reading.leaves(subject))
    if not leaves:
        raise NotFound(f"no evidence about `{subject[:60]}`", remedy="a transmittal's id, or AGREEMENT/INSTRUMENT")
    told = [_piece(one) for one in leaves]
    return answer({"schema": "relto/evidence-of/1", "subject": subject, "evidence": told})


@operations("GET", "/v1/ledger/checkpoint", act="see-checkpoint", answers={200: Checkpoint})
def see_checkpoint(caller: Calling) -> Response:
    """The signed head of the ledger (C2SP tlog-checkpoint)."""
    with caller.node.store.read() as reading:
        note, size = reading.checkpoint(), reading.ledger_size()
    return answer({"schema": "relto/checkpoint/1", "size": size, "note": note or None})


@operations("GET", "/v1/ledger/witness", act="see-checkpoint", answers={200: Witness})
def see_witness(caller: Calling) -> Response:
    """How far each peer has cosigned this ledger, and this node theirs; and what does not go together."""
    with caller.node.store.read() as reading:
        return answer(told_of(caller.node, reading).to_json())


def _piece(leaf: Leaf) -> dict[str, Any]:
    return {
        "id": leaf.id,
        "position": leaf.position,
        "kind": leaf.kind,
        "party": leaf.signer,
        "signed": leaf.evidence,
        "statement": parse_object(statement(leaf.evidence).to_bytes(), name="evidence"),
    }
