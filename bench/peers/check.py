"""Whether peers answer as the reference evaluator does: nothing is timed before they do."""

from __future__ import annotations

from collections.abc import Sequence

from bench.peers import Peer
from relto.core.decision import Request, evaluate
from relto.core.dossier import Dossier


def expected(dossier: Dossier, requests: Sequence[Request]) -> list[bool]:
    """What the reference evaluator says to each request."""
    return [evaluate(dossier, request).permits for request in requests]


def disagreements(peer: Peer, requests: Sequence[Request], answers: Sequence[bool]) -> list[Request]:
    """The requests to which the peer says something else, or something that is no bool."""
    return [
        request
        for request, answer in zip(requests, answers, strict=True)
        if peer.decide(peer.prepare(request)) is not answer
    ]
