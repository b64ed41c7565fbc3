"""What a party keeps beside its holdings so that control is exercised (article 6(f)): visits, contractors' checklists,
facilities. Each is the fold over its events, which stand in signed evidence as those of holdings do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Any, Final, Literal, TypeAlias, TypeVar, get_args

from relto.core.errors import InputError
from relto.core.register.codec import read_event, to_json
from relto.core.register.contractor import (
    ChecklistSet,
    ConditionsConfirmed,
    ConditionsWithdrawn,
    Contractor,
    ContractorEvent,
    Inspected,
    InspectionMissed,
    apply_contractor,
)
from relto.core.register.facility import (
    Enrolled,
    FacilityEvent,
    OfficialNamed,
    OfficialRelieved,
    Site,
    Struck,
    apply_facility,
)
from relto.core.register.visit import (
    Visit,
    VisitApproved,
    VisitAsked,
    VisitCalledOff,
    VisitDeclined,
    VisitEvent,
    VisitHeld,
    VisitOpened,
    VisitShown,
    apply_visit,
)
from relto.core.timeline import Instant

ControlKind: TypeAlias = Literal["visit", "contractor", "facility"]
CONTROL_KINDS: Final[tuple[ControlKind, ...]] = get_args(ControlKind)
Control: TypeAlias = Visit | Contractor | Site
ControlEvent = VisitEvent | ContractorEvent | FacilityEvent
C = TypeVar("C", Visit, Contractor, Site)

_KINDS: Final[Mapping[str, type[ControlEvent]]] = {
    "visit-asked": VisitAsked,
    "visit-approved": VisitApproved,
    "visit-declined": VisitDeclined,
    "visit-called-off": VisitCalledOff,
    "visit-held": VisitHeld,
    "visit-shown": VisitShown,
    "visit-opened": VisitOpened,
    "checklist-set": ChecklistSet,
    "conditions-confirmed": ConditionsConfirmed,
    "conditions-withdrawn": ConditionsWithdrawn,
    "inspected": Inspected,
    "inspection-missed": InspectionMissed,
    "official-named": OfficialNamed,
    "official-relieved": OfficialRelieved,
    "enrolled": Enrolled,
    "struck": Struck,
}
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


def control_of(event: ControlEvent) -> tuple[ControlKind, str]:
    """Which control an event is about: its kind and id."""
    if isinstance(event, VisitEvent):
        return "visit", event.visit
    return ("contractor", event.contractor) if isinstance(event, ContractorEvent) else ("facility", event.facility)


def apply_control(control: Control | None, event: ControlEvent) -> Control:
    """The control after `event`. Raises as the rules of its kind do, InputError for one of another kind."""
    kind, name = control_of(event)
    if control is not None and (control.kind, control.id) != (kind, name):
        raise InputError(f"an event of the {kind} `{name[:60]}` for the {control.kind} `{control.id}`")
    if isinstance(event, VisitEvent):
        return apply_visit(control if isinstance(control, Visit) else None, event)
    if isinstance(event, ContractorEvent):
        return apply_contractor(control if isinstance(control, Contractor) else None, event)
    return apply_facility(control if isinstance(control, Site) else None, event)


def fold_controls(events: Iterable[ControlEvent]) -> dict[tuple[ControlKind, str], Control]:
    """All controls, by kind and id, after `events` in their order. Raises as `apply_control` does."""
    found: dict[tuple[ControlKind, str], Control] = {}
    for event in events:
        about = control_of(event)
        found[about] = apply_control(found.get(about), event)
    return found


def as_of(control: C, at: Instant) -> C | None:
    """A control as it stood at `at`; None before its first event. Of two clocks that differ the order stays."""
    then = tuple(takewhile(lambda one: one.at <= at, control.events))
    return type(control)(then) if then else None


def control_event_to_json(event: ControlEvent) -> dict[str, Any]:
    """An event as a JSON object, its kind under `event`."""
    return {"event": _NAMES[type(event)], **to_json(event)}


def control_event_from_json(value: Mapping[str, Any]) -> ControlEvent:
    """Read an event back. Raises InputError for anything that `control_event_to_json` does not write."""
    event: ControlEvent = read_event(value, _KINDS)
    return event
