"""The account of a bundle for people: each statement as one step, by whose clock, and in whose ledger it stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from relto.core.canon import JSON, object_in
from relto.core.errors import ReltoError
from relto.core.evidence import Evidence
from relto.core.timeline import Instant
from relto.node.bundle.check import Checked, Stated
from relto.node.bundle.custody_words import controls, event_words, keeps, marks, witnesses
from relto.node.transmittal import terms_of
from relto.node.verdicts import grounds_of


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a statement stands: whose ledger, which leaf, and by when, on that party's clock, it was there."""

    ledger: str
    leaf: int
    by: Instant | None


@dataclass(frozen=True, slots=True)
class Step:
    """One statement: `at` is by the clock of `party`, who signed it. `says`: in words."""

    at: Instant
    party: str
    kind: str
    says: str
    evidence: str
    entries: tuple[Entry, ...]


def account(checked: Iterable[Checked]) -> list[Step]:
    """All that is stated, in order of the instants stated; what stands in several ledgers is one step."""
    steps: dict[str, Step] = {}
    for found in checked:
        for one in found.statements.values():
            entry = Entry(found.by, one.position, _known_by(found, one))
            step = steps.get(one.id)
            if step is None:
                says = _says(found, one.evidence)
                steps[one.id] = Step(one.evidence.at, one.evidence.party, one.evidence.kind, says, one.id, (entry,))
            elif entry not in step.entries:
                steps[one.id] = replace(step, entries=(*step.entries, entry))
    instants: dict[Instant, list[Step]] = defaultdict(list)
    for step in steps.values():
        instants[step.at].append(step)
    return [step for at in sorted(instants) for step in _in_turn(instants[at])]


def _in_turn(steps: list[Step]) -> list[Step]:
    """Steps of one instant, in the order of every ledger they stand in, as far as these agree."""
    ledgers: dict[str, list[tuple[int, Step]]] = defaultdict(list)
    for step in steps:
        for entry in step.entries:
            ledgers[entry.ledger].append((entry.leaf, step))
    waiting = {
        name: [step for _, step in sorted(found, key=lambda pair: pair[0], reverse=True)]
        for name, found in ledgers.items()
    }
    ordered: dict[str, Step] = {}
    while len(ordered) < len(steps):
        for found in waiting.values():
            while found and found[-1].evidence in ordered:
                found.pop()
        heads = [found[-1] for found in waiting.values() if found]
        turn = next((one for one in heads if heads.count(one) >= len({e.ledger for e in one.entries})), heads[0])
        ordered[turn.evidence] = turn
    return list(ordered.values())


def _known_by(found: Checked, one: Stated) -> Instant | None:
    """By when the maker had it: its own instant, or that of the maker's next statement after it."""
    if one.evidence.party == found.by:
        return one.evidence.at
    return next((own.evidence.at for own in found.own() if own.position > one.position), None)


def _says(found: Checked, one: Evidence) -> str:
    """A statement in words."""
    words = _WORDS.get(one.kind)
    return words(found, one) if words is not None else one.kind


def _gives(found: Checked, one: Evidence) -> str:
    try:
        terms = terms_of(one)
    except ReltoError:
        return f"gives {one.item} to {one.to}"
    verb = {"disclose": "shows", "forward": "passes on"}.get(terms.act, "gives")
    through = f", to go on to {terms.onward}" if terms.onward else ""
    return f"{verb} {one.item} to {one.to}{through}: permitted under {one.agreement}"


def _sends(found: Checked, one: Evidence) -> str:
    return f"decides again and sends {one.item} to {one.to}: still permitted under {one.agreement}"


def _has(found: Checked, one: Evidence) -> str:
    event = one.says.get("event")
    mark = f", marked {event.get('mark')}" if isinstance(event, dict) else ""
    return f"has {one.item} from {one.to}{mark}: permitted by its own decision"


def _refuses(found: Checked, one: Evidence) -> str:
    stage, about = one.says.get("stage"), one.item or one.says.get("about") or "what came"
    said = "; ".join(f"{ground.check} ({ground.article}): {ground.says}" for ground in grounds_of(one.says))
    return f"refuses {about} at {stage}: {said or one.says.get('says') or 'it does not say why'}"


def _opens(found: Checked, one: Evidence) -> str:
    event = one.says.get("event")
    person = event.get("person") if isinstance(event, dict) else None
    return f"opens {one.item} for {person or 'its competent authority'}"


def _reports(found: Checked, one: Evidence) -> str:
    if one.says.get("step") == "acknowledgement":
        return f"has the report of {one.to} about {one.item}"
    event = one.says.get("event")
    detail = event if isinstance(event, dict) else {}
    if detail.get("event") == "investigated":
        return event_words(detail, one)
    how = "lost or compromised" if detail.get("actual") is True else "possibly lost or compromised"
    return f"reports {one.item} {how}: {detail.get('says', '')}"


def _agrees(found: Checked, one: Evidence) -> str:
    named = one.says.get("instrument")
    if one.says.get("step") == "acknowledgement":
        whole = "it is in the record" if one.says.get("complete") is True else "it waits for others to sign"
        return f"has {named} of {one.agreement} from {one.to}: {whole}"
    value: Mapping[str, JSON] = named if isinstance(named, dict) else {}
    at = object_in(value, "at").get("instant") if isinstance(value.get("at"), dict) else None
    return f"signs {value.get('kind')} {value.get('id')} of {one.agreement}, of {at}"


def _holds(found: Checked, one: Evidence) -> str:
    if one.says.get("step") == "restored":
        return "has got back from a peer what it had signed and lost"
    told = one.says.get("records")
    names = ", ".join(sorted(told)) if isinstance(told, dict) else ""
    return f"says to {one.to} which record it holds of {names}"


_WORDS: Final[Mapping[str, Callable[[Checked, Evidence], str]]] = {
    "submission": _gives,
    "relay": _gives,
    "consignment": _sends,
    "receipt": _has,
    "refusal": _refuses,
    "handover": _opens,
    "compromise": _reports,
    "instrument": _agrees,
    "record": _holds,
    "custody": lambda _, one: keeps(one),
    "destruction": lambda _, one: keeps(one),
    "reclassification": lambda _, one: marks(one),
    "visit": lambda _, one: controls(one),
    "contractor": lambda _, one: controls(one),
    "facility": lambda _, one: controls(one),
    "ledger": lambda _, one: witnesses(one),
}
