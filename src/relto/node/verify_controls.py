"""The table of visits, contractors' checklists and facilities held against the evidence: the fold over its events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from relto.core.errors import ReltoError, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.register import CONTROL_KINDS, Control, ControlKind, VisitEvent, apply_control, control_of
from relto.node.controls import concerns, control_event_in
from relto.node.ports import Reading

Problem = Callable[[str, str], None]


def check_controls(reading: Reading, party: str, evidence: Mapping[str, Evidence], problem: Problem) -> None:
    """Hold the table against `evidence` (by digest, in order): own statements, and those of the other side of a visit
    that were acknowledged."""
    taken = {
        one.digests.get("evidence")
        for one in evidence.values()
        if one.party == party and one.kind == "visit" and one.says.get("step") == "acknowledgement"
    }
    folded: dict[tuple[ControlKind, str], Control] = {}
    for name, one in evidence.items():
        if one.kind not in CONTROL_KINDS or (one.party != party and name not in taken):
            continue
        try:
            _follow(folded, party, one)
        except ReltoError as error:
            problem(f"{one.kind} {one.transmittal}", str(error))
    rows = reading.controls()
    tables = {(one.kind, one.id): one for one in rows}
    twice = len(rows) != len(tables)
    if twice:
        problem("control", "a visit, contractor or facility stands in it twice")
    for kind, name in sorted(folded.keys() | tables.keys()):
        control = folded.get((kind, name))
        if control is None or control != tables.get((kind, name)):
            problem(f"{kind} {name}", "is not what the events in the ledger make it")
            continue
        for column in () if twice else reading.control_columns_differ(control):  # it is about one row
            problem(f"{kind} {name}", f"its `{column}` is not what its events make it")


def _follow(folded: dict[tuple[ControlKind, str], Control], party: str, one: Evidence) -> None:
    event = control_event_in(one)
    if event is None:
        return
    about = control_of(event)
    if one.party != party and not isinstance(event, VisitEvent):
        raise VerificationFailed("is stated by another party")
    now = apply_control(folded.get(about), event)
    if one.party != party and now.kind == "visit" and not concerns(now.asked, party, one.party):
        raise VerificationFailed(f"is none of {party} and {one.party}")
    folded[about] = now
