"""Which event in the life of a holding a piece of evidence makes happen: the register is the fold over these."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from relto.core.errors import InputError
from relto.core.evidence import Evidence
from relto.core.register import (
    CERTIFY,
    CONTROL_KINDS,
    CompromiseReported,
    Destroyed,
    Discharged,
    Event,
    Forwarded,
    Investigated,
    event_from_json,
)

REPORT: Final = "report"
"""The duty that is done once the originator has acknowledged the report of a compromise (article 17)."""
TELL_MEASURES: Final = "tell-measures"
"""The duty that is done once the originator has acknowledged what was found out (article 17)."""


def event_in(evidence: Evidence, party: str, find: Callable[[str], Evidence]) -> Event | None:
    """The event that `evidence` makes happen in the register of `party`; None where it makes none.

    The node's own receipts, handovers, reports and statements state theirs. A peer's receipt for what this node relayed
    says that it was forwarded; the originator's acknowledgement of a report, that the report was made, and of a
    certificate or of findings, that it has them. `find` gives evidence by its digest. Raises InputError for an event
    that cannot be read.
    """
    if evidence.kind in CONTROL_KINDS:
        return None  # of a visit, a contractor or a facility
    if evidence.party == party:
        stated = evidence.says.get("event")
        if stated is None:
            return None
        if not isinstance(stated, dict):
            raise InputError("the event that evidence states is not an object")
        return event_from_json(stated)
    answered = evidence.digests.get("evidence")
    if answered is None or evidence.kind not in ("receipt", "compromise", "custody"):
        return None
    if evidence.kind != "receipt":
        return _discharged(evidence, party, find(answered)) if evidence.says.get("step") == "acknowledgement" else None
    relayed = find(answered)
    holding = relayed.says.get("holding")
    if relayed.party != party or relayed.kind != "relay" or not isinstance(holding, str):
        return None
    return Forwarded(holding, evidence.at, evidence.party, relayed.transmittal or "")


_DISCHARGES: Final[Mapping[type[Event], str]] = {
    CompromiseReported: REPORT,
    Destroyed: CERTIFY,
    Investigated: TELL_MEASURES,
}


def _discharged(answer: Evidence, party: str, told: Evidence) -> Event | None:
    """What the acknowledgement of a statement discharges, where it is the originator's own."""
    if told.party != party:
        return None
    originators = told.says.get("originators", [told.says.get("originator")])
    if not isinstance(originators, list) or answer.party not in originators:
        return None
    event = event_in(told, party, lambda name: told)
    do = None if event is None else _DISCHARGES.get(type(event))
    return None if event is None or do is None else Discharged(event.holding, answer.at, do)
