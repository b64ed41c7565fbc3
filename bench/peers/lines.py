"""The rules as a list of allowances, for engines whose policies add up: what one permits, another cannot take away.

An item goes where some line lets it. Without a consent: to the two sides of an edge only, for its own purpose, and
where the originator has a say, only without ORCON. Each consent gives lines of its own for the time it is valid, which
know neither third parties nor ORCON; one that names a purpose permits that purpose alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bench.peers.facts import COPYING, NEW_ACTS, Edge, Facts, Windows
from relto.core.dossier import Consent

_GROUPS: tuple[tuple[str, ...], ...] = (NEW_ACTS, ("use",), COPYING)


@dataclass(frozen=True, slots=True)
class Line:
    """`sender` may do `acts` towards the edge's recipient with items of `originator`, within `windows`.

    `no_orcon`: only what is not under ORCON. `consent`: the one it rests on.
    """

    edge: Edge
    sender: str
    acts: tuple[str, ...]
    originator: str
    windows: Windows
    no_orcon: bool
    consent: Consent | None = None


def lines(facts: Facts) -> Iterator[Line]:
    """All lines of a dossier; those without any window left out.

    What a holder does with an item at home it does under the edge from the originator it has it from.
    """
    for edge in facts.edges.values():
        for originator in facts.parties:
            for acts in _GROUPS:
                senders = [edge.provider]
                if acts is not NEW_ACTS and originator == edge.provider:
                    senders.append(edge.recipient)
                for sender in senders:
                    yield from _lines(facts, edge, sender, acts, originator)


def _lines(facts: Facts, edge: Edge, sender: str, acts: tuple[str, ...], originator: str) -> Iterator[Line]:
    windows = edge.windows(acts[0])
    if windows and not edge.onward(originator):
        yield Line(edge, sender, acts, originator, windows, edge.controlled(originator, acts[0]))
    for consent in facts.consents_for(edge, originator):
        both = _both(windows, consent.valid.start.ns, consent.valid.end.ns)
        if both:
            yield Line(edge, sender, acts, originator, both, False, consent)


def _both(windows: Windows, start: int, end: int) -> Windows:
    cut = ((max(start, opened), min(end, closed)) for opened, closed in windows)
    return tuple((opened, closed) for opened, closed in cut if opened < closed)
