"""Proofs as values: what was proved, over how much, and the request that shows otherwise (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from relto.core.decision.table import Table
from relto.core.errors import ReltoError
from relto.core.timeline import Instant


@dataclass(frozen=True, slots=True)
class Counterexample:
    """A request in the dossier's own words, from `start` until `end`, on which table and property part.

    `mark` is the originator's, empty where it has none of that rank. `purpose` is the one asked and `provided_for` the
    item's own. `reference` is what the reference evaluator says of it, empty where it cannot be asked; `confirmed`:
    it says at both ends of the stretch what the table does.
    """

    act: str
    sender: str
    recipient: str
    agreement: str
    originator: str
    rank: str
    mark: str
    topic: str
    purpose: str
    provided_for: str
    start: Instant
    end: Instant
    table_says: str
    demands: str
    reference: str = ""
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """`cells` and `stretches` looked at, one by one; `requests` put to the reference evaluator, where that was needed.

    `counterexample` is None if and only if the property holds.
    """

    id: str
    says: str
    cells: int
    stretches: int
    counterexample: Counterexample | None
    requests: int = 0

    @property
    def holds(self) -> bool:
        """Whether no cell contradicts it."""
        return self.counterexample is None


def upheld(proof: Proof) -> Proof:
    """`proof`, if its counterexample, should it have one, is the reference evaluator's as well.

    Raises ReltoError where it is not: then relto itself is wrong about what it compiled, and not the dossier.
    """
    found = proof.counterexample
    if found is None or found.confirmed:
        return proof
    raise ReltoError(
        f"`{proof.id}` cannot be judged: on {found.act} from {found.sender} to {found.recipient} under "
        f"{found.agreement or 'no agreement'} of an item of {found.originator} ({found.mark or found.rank}, "
        f"{found.topic}, for {found.purpose}) from {found.start} until {found.end} the table says {found.table_says}, "
        f"the reference evaluator {found.reference or 'cannot be asked'}",
        remedy="this is a fault of relto; report it, and trust no table of this dossier until then",
    )


Prover = Callable[[Table], Proof]
"""Proves one property of a table."""
