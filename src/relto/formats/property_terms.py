"""What a property may name: the words that some cell of a dossier's table has, so that none speaks of nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final

from relto.core.agreement import Agreement, Instrument
from relto.core.decision import ACTS
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.label import check_topic, covers
from relto.formats.dossier.fields import convert, line, suggestion
from relto.formats.dossier.nodes import Node

_SLIP: Final = 0.85
_LEAST: Final = 5
"""How alike two steps of a topic are, and how long, for the one to be a slip for the other."""
_WHAT: Final = {"from": "party", "to": "party, contractor or authority", "originator": "party"}
_NOT_DIRECT: Final = "no agreement lets it be released directly, so that no cell has it"


@dataclass(frozen=True)
class Terms:
    """`known`: what the dossier has under each key. `telling`: what of it some cell may have. `topics`: those named."""

    known: dict[str, tuple[str, ...]]
    telling: dict[str, tuple[str, ...]]
    topics: tuple[str, ...]

    def read(self, node: Node, key: str) -> str:
        """The name in `node`. Raises InputError, at its place, for one that no cell has, with the nearest that one has.

        A topic may be any above or below one that a clause, an item or a consent names.
        """
        if key == "topic":
            return self._topic(node)
        text = line(node)
        what = _WHAT.get(key, key)
        if not text:
            raise InputError(f"an empty {what}", where=node.where, remedy="write one")
        if text not in self.known[key]:
            says = f"`{text[:60]}` is no {what} of this dossier"
            raise InputError(says, where=node.where, remedy=f"use {suggestion(text, self.telling[key])}")
        if text not in self.telling[key]:
            remedy = f"use {suggestion(text, self.telling[key])}" if self.telling[key] else "remove it"
            why = "no party has a mark of it" if key == "rank" else _NOT_DIRECT
            raise InputError(f"`{text[:60]}` says nothing here: {why}", where=node.where, remedy=remedy)
        return text

    def _topic(self, node: Node) -> str:
        text = convert(node, check_topic)
        if any(covers(text, one) for one in self.topics):
            return text
        meant = next((one for one in self.topics if _slipped(text, one)), None)
        if meant is None and any(covers(one, text) for one in self.topics):
            return text
        raise InputError(
            f"`{text[:60]}` is no topic of this dossier: no clause, item or consent names it or one above it",
            where=node.where,
            remedy=f"use {suggestion(text, self.topics) if meant is None else f'`{meant}`'}",
        )


def _slipped(text: str, topic: str) -> bool:
    """Whether `text` is `topic`, or lies below it, but for a slip in the last step of `topic`."""
    steps = topic.split("/")
    mine = text.split("/")[: len(steps)]
    if len(mine) < len(steps) or mine[:-1] != steps[:-1] or mine[-1] == steps[-1]:
        return False
    if min(len(mine[-1]), len(steps[-1])) < _LEAST or not (mine[-1].isalpha() and steps[-1].isalpha()):
        return False
    return SequenceMatcher(None, mine[-1], steps[-1]).ratio() >= _SLIP


def terms_of(dossier: Dossier) -> Terms:
    """The words of a dossier."""
    texts = [text for versions in dossier.agreements.values() for text in versions]
    acts = [one for record in dossier.records.values() for one in record.instruments]
    direct = {party for text in texts if not text.mediates for party in text.parties}
    firms = {firm.id: party.id for party in dossier.parties.values() for firm in party.contractors}
    authorities = {one.authority: one.by for one in acts if one.authority}
    parties = {*dossier.parties, *(party for text in texts for party in text.parties)}
    bodies = {name for name, party in firms.items() if party in direct}
    bodies |= {name for name, by in authorities.items() if direct & {*by}}
    marked = tuple(dict.fromkeys(rank for party in dossier.parties.values() for rank in party.ranks()))
    named = [row.rank for text in texts if text.levels for row in text.levels.rows]
    agreements = tuple(sorted(dossier.agreements))
    originators, purposes = tuple(sorted(dossier.parties)), _sorted(_purposes(dossier, texts, acts))
    every = {"act": ACTS, "originator": originators, "purpose": purposes}
    known = {
        "from": tuple(sorted(parties)),
        "to": tuple(sorted({*parties, *firms, *authorities})),
        "agreement": agreements,
        "rank": tuple(dict.fromkeys([*named, *marked])),
    }
    telling = {
        "from": tuple(sorted(direct & set(dossier.parties))),
        "to": tuple(sorted(direct | bodies)),
        "agreement": tuple(one for one in agreements if not dossier.agreements[one][0].mediates),
        "rank": marked,
    }
    return Terms({**every, **known}, {**every, **telling}, _sorted(_topics(dossier, texts, acts)))


def _sorted(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({one for one in names if one}))


def _topics(dossier: Dossier, texts: list[Agreement], acts: list[Instrument]) -> Iterator[str]:
    for text in texts:
        yield from text.scope.topics
    for party in dossier.parties.values():
        for rule in party.domestic:
            yield from rule.topics
    yield from (item.topic for item in dossier.items.values())
    yield from (one.topic for one in acts)


def _purposes(dossier: Dossier, texts: list[Agreement], acts: list[Instrument]) -> Iterator[str]:
    for text in texts:
        yield from text.purpose.only if text.purpose is not None else ()
    for party in dossier.parties.values():
        for rule in party.domestic:
            yield from rule.purposes
    yield from (item.purpose for item in dossier.items.values())
    yield from (one.purpose for one in acts)
