"""Passing items on: what it takes to give a third originator's item to another, where that changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from relto.core.decision.difference.asking import Witness
from relto.core.decision.difference.change import Requirement
from relto.core.decision.table import Table
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE, Edge

_WORDS = {FREE: "free", CONSENT: "with the originator's consent", CLOSED: "not at all"}


@dataclass(frozen=True, slots=True)
class OnwardEdge:
    """One agreement from a sender to a recipient, on both sides."""

    sender: str
    recipient: str
    agreement: str
    before: Edge
    after: Edge


def changed_onward(
    edges: Iterable[OnwardEdge], before: Table, after: Table, witnesses: tuple[Witness, Witness], only: str | None
) -> tuple[Requirement, ...]:
    """The changes in what passing on needs. `only`: where this agreement is that of the hop, or binds the sender."""
    found: dict[tuple[str, str, str, str, str, str, str], list[str]] = {}
    for edge in edges:
        for originator in _originators(edge, before, after, only):
            needs = tuple(
                side.third[table.ground.axes.originator(originator)]
                for side, table in ((edge.before, before), (edge.after, after))
            )
            if needs[0] == needs[1]:
                continue
            cited = [
                _cited(witness, edge, originator) if need != FREE else ("", "")
                for witness, need in zip(witnesses, needs, strict=True)
            ]
            agreement = cited[1][0] or cited[0][0] or edge.agreement
            key = (
                originator,
                edge.sender,
                agreement,
                cited[0][1],
                cited[1][1],
                _WORDS[needs[0]],
                _WORDS[needs[1]],
            )
            found.setdefault(key, []).append(edge.recipient)
    return tuple(
        Requirement(
            f"{sender} passing items of {originator} on to {', '.join(dict.fromkeys(to))}",
            agreement,
            article_before,
            article_after,
            was,
            now,
        )
        for (originator, sender, agreement, article_before, article_after, was, now), to in found.items()
    )


def _originators(edge: OnwardEdge, before: Table, after: Table, only: str | None) -> Iterator[str]:
    """The third parties whose items the sender may have to pass on."""
    for party in before.dossier.parties:
        if party == edge.sender:
            continue
        bound = only is None or only == edge.agreement
        if not bound:
            assert only is not None
            texts = [text for table in (before, after) for text in table.dossier.agreements.get(only, ())]
            bound = any({edge.sender, party} <= set(text.parties) for text in texts)
        if bound:
            yield party


def _cited(witness: Witness, edge: OnwardEdge, originator: str) -> tuple[str, str]:
    """The agreement and article that the reference evaluator cites against it."""
    verdict = witness.passing_on(originator, edge.sender, edge.recipient, edge.agreement)
    ground = next(one for one in verdict.grounds if one.check == "third-party")
    return ground.agreement, ground.article
