"""How many witnesses a text asks for, and which leaves have them: what was signed for under an agreement is proved to
the others once so many of its parties have cosigned a head over it (C2SP tlog-cosignature).

Where a text says nothing of it, one cosignature of any peer is enough.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.core.dossier import Dossier
from relto.core.evidence import Evidence

ENOUGH: Final = 1
"""Where the text has no clause of its own."""


@dataclass(frozen=True, slots=True)
class Quorum:
    """What `agreement` asks in `article` of a head of the ledger of one of its parties: the cosignatures of `count` of
    `of`, the others."""

    agreement: str
    article: str
    count: int
    of: frozenset[str]

    def met_by(self, witnesses: Collection[str]) -> bool:
        """Whether these witnesses are enough."""
        return len(self.of.intersection(witnesses)) >= self.count

    def __str__(self) -> str:
        return f"{self.count} of {', '.join(sorted(self.of))} (`{self.agreement}`, Art. {self.article})"


def quorum_of(dossier: Dossier, one: Evidence, owner: str) -> Quorum | None:
    """What the text under which a statement was made, as it stood at that instant, asks of the ledger of `owner`; None
    where it has no such clause, or the statement is about none that is known here."""
    if one.agreement is None or not any(text.witnesses for text in dossier.agreements.get(one.agreement, ())):
        return None
    text = dossier.history(one.agreement).phase(one.at).text
    rule = text.witnesses
    if rule is None:
        return None
    return Quorum(text.id, rule.article, rule.quorum, frozenset(text.parties) - {owner})


@dataclass(frozen=True, slots=True)
class Covered:
    """How many leaves have the witnesses that their texts ask for, and how many wait for which."""

    leaves: int = 0
    waiting: Mapping[str, int] = field(default_factory=dict)

    def __add__(self, other: Covered) -> Covered:
        """Both together."""
        return Covered(self.leaves + other.leaves, Counter(self.waiting) + Counter(other.waiting))

    def said(self) -> tuple[str, ...]:
        """What waits, in words."""
        return tuple(f"{count} leaves wait for cosignatures of {whom}" for whom, count in sorted(self.waiting.items()))


def covered(dossier: Dossier, owner: str, leaves: Iterable[tuple[int, Evidence]], sizes: Mapping[str, int]) -> Covered:
    """Which of the ledger's leaves, by position, are under heads that enough witnesses have cosigned; `sizes`: how far
    each has cosigned the ledger of `owner`."""
    furthest, count, waiting = max(sizes.values(), default=0), 0, Counter[Quorum | None]()
    for position, one in leaves:
        asked = quorum_of(dossier, one, owner)
        if asked is None:
            enough = position < furthest
        else:
            enough = asked.met_by([party for party, size in sizes.items() if position < size])
        if enough:
            count += 1
        else:
            waiting[asked] += 1
    said = Counter[str]()
    for one_asked, number in waiting.items():
        said["any peer" if one_asked is None else str(one_asked)] += number
    return Covered(count, said)
