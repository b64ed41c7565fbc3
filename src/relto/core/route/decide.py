"""The whole decision: direct if one agreement permits it, else refused, with the routes that would serve instead."""

from __future__ import annotations

from relto.core.decision import Request, Route, Verdict, evaluate
from relto.core.dossier import Dossier
from relto.core.route.mediated import mediated_routes


def decide(dossier: Dossier, request: Request) -> Verdict:
    """The reference evaluator's verdict with its routes: the direct one, or the mediated ones on a refusal."""
    verdict = evaluate(dossier, request)
    if verdict.permits:
        return verdict.with_routes((Route("direct", (), (verdict.agreement,), verdict.marks),))
    return verdict.with_routes(tuple(one.route for one in mediated_routes(dossier, request)))
