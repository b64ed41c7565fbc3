"""Proofs by exhaustion: a property is looked for in every cell of a compiled table, and printed where it is not found.

A table goes in; proofs come out, each with what it looked at and, where it fails, one request that shows it.
"""

from relto.core.decision.proof.bounds import prove_lapsed, prove_level, prove_onward, prove_purpose
from relto.core.decision.proof.citing import prove_citing
from relto.core.decision.proof.pattern import Pattern, Property, prove_property
from relto.core.decision.proof.proof import Counterexample, Proof, Prover, upheld

__all__ = [
    "Counterexample",
    "Pattern",
    "Proof",
    "Property",
    "Prover",
    "prove_citing",
    "prove_lapsed",
    "prove_level",
    "prove_onward",
    "prove_property",
    "prove_purpose",
    "upheld",
]
