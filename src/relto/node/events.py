"""Which event in the life of a holding a piece of evidence makes happen: the register is the fold over these."""

from __future__ import annotations

from collections.abc import Callable

from relto.core.errors import InputError
from relto.core.evidence import Evidence
from relto.core.register import CompromiseReported, Discharged, Event, Forwarded, event_from_json

REPORT = "report"
"""The duty that is done once the originator has acknowledged the report of a compromise (article 17)."""


def event_in(evidence: Evidence, party: str, find: Callable[[str], Evidence]) -> Event | None:
    """The event that `evidence` makes happen in the register of `party`; None where it makes none.

    The node's own receipts, handovers and reports state theirs. A peer's receipt for what this node relayed says that
    it was forwarded; the originator's acknowledgement of a report, that the report was made. `find` gives evidence by
    its digest. Raises InputError for an event that cannot be read.
    """
    if evidence.party == party:
        stated = evidence.says.get("event")
        if stated is None:
            return None
        if not isinstance(stated, dict):
            raise InputError("the event that evidence states is not an object")
        return event_from_json(stated)
    answered = evidence.digests.get("evidence")
    if answered is None or evidence.kind not in ("receipt", "compromise"):
        return None
    if evidence.kind == "compromise":
        return _discharged(evidence, party, find(answered)) if evidence.says.get("step") == "acknowledgement" else None
    relayed = find(answered)
    holding = relayed.says.get("holding")
    if relayed.party != party or relayed.kind != "relay" or not isinstance(holding, str):
        return None
    return Forwarded(holding, evidence.at, evidence.party, relayed.transmittal or "")


def _discharged(answer: Evidence, party: str, report: Evidence) -> Event | None:
    if report.party != party or report.says.get("originator") != answer.party:
        return None
    event = event_in(report, party, lambda name: report)
    return Discharged(event.holding, answer.at, REPORT) if isinstance(event, CompromiseReported) else None
