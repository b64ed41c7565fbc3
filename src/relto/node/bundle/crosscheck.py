"""Bundles of several parties held against each other: what one says and the other says otherwise is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from relto.core.canon import digest, object_in
from relto.core.errors import ReltoError
from relto.core.evidence import Evidence
from relto.node.bundle.check import Checked
from relto.node.contents import content_of

_ONCE = ("submission", "relay", "receipt")
_KEPT = ("consignment", "handover")  # a party keeps these to itself


def contradictions(checked: Sequence[Checked]) -> list[str]:
    """What cannot both be true: two statements of one party where it makes only one, two histories of one ledger."""
    statements = {name: one.evidence for found in checked for name, one in found.statements.items()}
    return [
        *_two_statements(statements),
        *_two_answers(statements),
        *_two_instruments(statements),
        *_two_ledgers(checked),
        *_two_texts(checked),
    ]


def only_at_one(checked: Sequence[Checked]) -> list[str]:
    """What stands in one party's bundle and not in that of the other whom it concerns: told, not held against it."""
    told = []
    for one, other in combinations(checked, 2):
        for here, there in ((one, other), (other, one)):
            missing = [
                stated
                for name, stated in here.statements.items()
                if name not in there.statements and _concerns(stated.evidence, there)
            ]
            told += [
                f"in {there.by}'s bundle: leaf {stated.position} of {here.by}'s ledger, {stated.evidence.kind} by "
                f"{stated.evidence.party}, is not there"
                for stated in missing
            ]
    return told


def _concerns(one: Evidence, there: Checked) -> bool:
    """Whether a statement is by or for the maker of `there`, or an instrument under an agreement it acts under."""
    if one.kind == "instrument" and one.to is None:
        return any(stated.evidence.agreement == one.agreement for stated in there.own())
    return one.kind not in _KEPT and there.by in (one.party, one.to)


def _two_statements(statements: dict[str, Evidence]) -> list[str]:
    """A transmittal is submitted, relayed and received once by a party."""
    made: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name, one in statements.items():
        if one.kind in _ONCE:
            made[(one.party, one.kind, one.transmittal or "")].append(name)
    return [
        f"{party} signed {len(names)} different statements of {kind} under {transmittal}: {', '.join(sorted(names))}"
        for (party, kind, transmittal), names in made.items()
        if len(names) > 1
    ]


def _two_answers(statements: dict[str, Evidence]) -> list[str]:
    """A message is answered by receipt or by refusal, never by both, nor twice differently."""
    made: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    for name, one in statements.items():
        if one.kind in ("receipt", "refusal") and "message" in one.digests and one.transmittal:
            made[(one.party, one.transmittal)][name] = one.kind
    return [
        f"{party} answered {transmittal} both by receipt and by refusal"
        if len(set(kinds.values())) > 1
        else f"{party} refused {transmittal} in two different statements"
        for (party, transmittal), kinds in made.items()
        if len(kinds) > 1 and set(kinds.values()) != {"receipt"}  # two receipts are two statements already
    ]


def _two_instruments(statements: dict[str, Evidence]) -> list[str]:
    """All who sign an instrument sign the same."""
    contents: dict[str, set[str]] = defaultdict(set)
    for one in statements.values():
        if one.kind != "instrument" or one.says.get("step") != "signature":
            continue
        try:
            content = content_of(object_in(one.says, "instrument"))
        except ReltoError:
            continue  # told where that bundle is checked
        contents[content.subject].add(digest(content.to_bytes()))
    return [
        f"{subject} was signed in {len(found)} different forms" for subject, found in contents.items() if len(found) > 1
    ]


def _two_ledgers(checked: Sequence[Checked]) -> list[str]:
    """One ledger has one root at a size, and one leaf at a place."""
    found = []
    for one, other in combinations(checked, 2):
        if one.by != other.by or one.head is None or other.head is None:
            continue
        if one.head.size == other.head.size and one.head.root != other.head.root:
            found.append(f"{one.by} signed two different ledgers of {one.head.size} leaves")
        places = {stated.position: name for name, stated in one.statements.items()}
        found += [
            f"{one.by} shows two different leaves {stated.position}"
            for name, stated in other.statements.items()
            if places.get(stated.position, name) != name
        ]
    return found


def _two_texts(checked: Sequence[Checked]) -> list[str]:
    """The parties decide under the same texts."""
    texts: dict[str, dict[str, str]] = defaultdict(dict)
    for found in checked:
        for name, text in found.bundle.files.items():
            if name.startswith("agreements/"):
                texts[name][digest(text.encode("utf-8"))] = found.by
    return [
        f"the text `{name}` of {' and '.join(by.values())} is not the same" for name, by in texts.items() if len(by) > 1
    ]
