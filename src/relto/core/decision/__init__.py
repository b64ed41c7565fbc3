"""Decisions: may this item go from here to there, for this, now; every check with its article.

The reference evaluator is the meaning of an agreement. Values in, a verdict out; never a bare bool.
"""

from relto.core.decision.addressee import Addressee, resolve
from relto.core.decision.reference import evaluate
from relto.core.decision.request import ACTS, Act, Request
from relto.core.decision.verdict import CHECKS, Check, DueDuty, Ground, Route, Verdict

__all__ = [
    "ACTS",
    "CHECKS",
    "Act",
    "Addressee",
    "Check",
    "DueDuty",
    "Ground",
    "Request",
    "Route",
    "Verdict",
    "evaluate",
    "resolve",
]
