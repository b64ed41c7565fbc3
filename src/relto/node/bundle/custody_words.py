"""What became of an item once it was held, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.canon import JSON
from relto.core.evidence import Evidence

_EVENTS: Final = {
    "copied": "makes copy {number} of {item}",
    "derived": "makes a {how} in {language} of {sources}, marked {mark}",
    "shown": "shows {item} to {to}, and leaves nothing with them",
    "returned": "returns copy {number} of {item} to {to}",
    "destroyed": "destroys copy {number} of {item}: {method}, witnessed by {witness}",
    "written-off": "gives copy {number} of {item} up for lost",
    "purpose-ended": "says that what {item} was given for is over",
    "reclassified": "marks {item} {mark}, as its originator marks it {origin_mark}",
    "investigated": "tells what it found out of {report}: {says}; and does: {measures}",
    "fell-overdue": "has not done in time: {do}",
    "discharged": "has done: {do}",
}
_CONTROLS: Final = {
    "visit-asked": "asks for the visit {visit} of {visiting} to {facility} of {host}, up to {ceiling}",
    "visit-approved": "approves the visit {visit} up to {ceiling}, from {starts} until {ends}",
    "visit-declined": "declines the visit {visit}: {says}",
    "visit-called-off": "calls the visit {visit} off: {says}",
    "visit-held": "says that the visit {visit} took place, with {came}",
    "visit-shown": "shows {item} to {to} in the visit {visit}",
    "visit-opened": "opens {item} in the visit {visit}",
    "checklist-set": "keeps a checklist of {contractor}, inspected every {every}",
    "conditions-confirmed": "confirms conditions {conditions} of {contractor}: {evidence}",
    "conditions-withdrawn": "says that {contractor} meets conditions {conditions} no more: {says}",
    "inspected": "inspects {contractor}: {says}",
    "inspection-missed": "has not inspected {contractor} by {due}",
    "official-named": "makes {official} responsible at {facility}: {task}",
    "official-relieved": "makes {official} responsible at {facility} no more",
    "enrolled": "enters {person} in the register of {facility}",
    "struck": "strikes {person} off the register of {facility}: {says}",
}
_LEDGER: Final = {
    "fork": "finds that {about} contradicts what it has signed before",
    "settled": "trusts {about} again",
    "begun-again": "says that a part of its own ledger is lost, and goes on without",
}


def keeps(one: Evidence) -> str:
    """What a holder states of a holding."""
    if one.says.get("step") == "acknowledgement":
        return f"has the statement of {one.to} about {one.item}"
    event = one.says.get("event")
    return event_words(event, one) if isinstance(event, dict) else one.kind


def controls(one: Evidence) -> str:
    """What is stated of a visit, a contractor or a facility."""
    step, event = one.says.get("step"), one.says.get("event")
    if step == "acknowledgement":
        return f"has the statement of {one.to} about the {one.kind} {one.transmittal}"
    if step == "refusal":
        return f"refuses {one.item} by the rules of the {one.kind} {one.transmittal}: {one.says.get('says')}"
    return _worded(_CONTROLS, event, one) if isinstance(event, dict) else one.kind


def marks(one: Evidence) -> str:
    """What is stated of an item's mark."""
    step = one.says.get("step")
    if step == "notice":
        return f"gives {one.item} the mark {one.says.get('mark')}"
    return keeps(one) if step == "followed" else f"has the notice of {one.to} about {one.item}"


def event_words(event: Mapping[str, JSON], one: Evidence) -> str:
    """An event of a holding in words."""
    return _worded(_EVENTS, event, one)


def _worded(all_words: Mapping[str, str], event: Mapping[str, JSON], one: Evidence) -> str:
    words = all_words.get(str(event.get("event")))
    if words is None:
        return one.kind
    said = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in event.items()}
    try:
        return words.format_map({**said, "item": one.item or said.get("item")})
    except (KeyError, IndexError):  # it says less than it should
        return one.kind


def witnesses(one: Evidence) -> str:
    """What is stated of a ledger."""
    words = _LEDGER.get(str(one.says.get("step")))
    return one.kind if words is None else words.format(about=one.says.get("about"))
