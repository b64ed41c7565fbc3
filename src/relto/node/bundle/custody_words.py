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


def marks(one: Evidence) -> str:
    """What is stated of an item's mark."""
    step = one.says.get("step")
    if step == "notice":
        return f"gives {one.item} the mark {one.says.get('mark')}"
    return keeps(one) if step == "followed" else f"has the notice of {one.to} about {one.item}"


def event_words(event: Mapping[str, JSON], one: Evidence) -> str:
    """An event of a holding in words."""
    words = _EVENTS.get(str(event.get("event")))
    if words is None:
        return one.kind
    said = {name: ", ".join(map(str, value)) if isinstance(value, list) else value for name, value in event.items()}
    try:
        return words.format_map({**said, "item": one.item})
    except (KeyError, IndexError):  # it says less than it should
        return one.kind


def witnesses(one: Evidence) -> str:
    """What is stated of a ledger."""
    words = _LEDGER.get(str(one.says.get("step")))
    return one.kind if words is None else words.format(about=one.says.get("about"))
