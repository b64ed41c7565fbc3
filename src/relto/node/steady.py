"""Verdicts remembered while they cannot change, and the documents of them.

A verdict changes with the instant only at the instants that decisions compare it with: where an agreement's history
enters another phase, a consent begins or ends, an instrument takes effect, a contractor's approval ends. Between two of
them, whichever they belong to, the same question has the same grounds; the reference evaluator gives them, once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, NamedTuple, TypeAlias

from relto.core.canon import JSON, canonical, quoted
from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier
from relto.core.timeline import Instant, bound_instant
from relto.node.rows import Stage
from relto.node.verdicts import decision_to_json

Reference: TypeAlias = Callable[[Dossier, Request, tuple[str, ...]], Verdict]
"""The reference: a dossier, a request and a route chosen in, the verdict out."""

_MOST: Final = 4096
_ENDLESS: Final = 1 << 80
# What stands in a document where it differs from one message to the next: characters that Unicode gives no meaning.
_CLOCK, _ITEM, _AT = ("\ufdd0", "\ufdd1"), "\ufdd2", "\ufdd3"
_OPEN = re.compile('"[\ufdd0-\ufdd3]"')
_GAPS: Final = 5  # both ends of the clock, the item twice, the instant


class Stretch(NamedTuple):
    """A verdict and the nanoseconds [start, end) between which it stays the same but for `at`; where `end` is no later
    than `start` it is good for its own instant alone. `frames`: its documents, with gaps."""

    start: int
    end: int
    verdict: Verdict
    frames: dict[Stage, tuple[str, ...]]


class Steady:
    """The verdicts of one dossier. What names a person or a system, or asks as of an earlier record, goes straight to
    the reference; all else is remembered over its stretch."""

    def __init__(self, dossier: Dossier) -> None:
        self.dossier = dossier
        self._known: dict[object, Stretch] = {}
        self._named = frozenset(one.item for one in dossier.consents(None))
        self._fixed = frozenset(_fixed_cuts(dossier))
        self._cuts: tuple[tuple[int, int], list[int]] = ((-1, -1), [])

    def stretch(self, reference: Reference, request: Request, via: tuple[str, ...], at: Instant) -> Stretch:
        """What `reference` says of `request` at `at`, and how long it will. The item its verdict names may be another
        that comes to the same."""
        if request.person is not None or request.system is not None or request.known_by is not None:
            return self._asked(reference, request, via, at)
        key = self._key(request, via)
        found = self._known.get(key)
        if found is not None and found.start <= at.ns < found.end:
            return found
        found = self._asked(reference, request, via, at)
        if found.end > found.start:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[key] = found
        return found

    def _asked(self, reference: Reference, request: Request, via: tuple[str, ...], at: Instant) -> Stretch:
        """The stretch about `at`; an empty one where it cannot be told how long it is."""
        before = self.dossier.folded()[0]
        verdict = reference(self.dossier, replace(request, at=at), via)
        cuts = self._all_cuts(before)
        if cuts is None or request.person is not None or request.system is not None or request.known_by is not None:
            return Stretch(at.ns, at.ns, verdict, {})
        place = bisect_right(cuts, at.ns)
        start = cuts[place - 1] if place else -_ENDLESS
        return Stretch(start, cuts[place] if place < len(cuts) else _ENDLESS, verdict, {})

    def _key(self, request: Request, via: tuple[str, ...]) -> object:
        """All of a request that a verdict depends on beside the instant; an item's id only where a consent names it."""
        item = request.item
        return (
            request.act,
            request.sender,
            request.recipient,
            request.asked_purpose,
            request.reading,
            via,
            item.id if item.id in self._named else "",
            item.originator,
            item.mark,
            item.topic,
            item.purpose,
            item.caveats,
        )

    def _all_cuts(self, before: int) -> list[int] | None:
        """The cuts, in order, those of the histories asked for so far included; None where the dossier has meanwhile
        forgotten some (`before`: how often it had then)."""
        forgotten, histories = self.dossier.folded()
        if forgotten != before:
            return None
        state = forgotten, len(histories)
        known, cuts = self._cuts
        if known != state:
            phases = {phase.start.ns for history in histories for phase in history.phases}
            cuts = sorted(phases | self._fixed)
            self._cuts = state, cuts
        return cuts


def _fixed_cuts(dossier: Dossier) -> Iterator[int]:
    """When instruments take effect, consents begin and end, and contractors' approvals end, by any text's calendar."""
    for record in dossier.records.values():
        for one in record.instruments:
            yield one.at.instant.ns
    for consent in dossier.consents(None):
        yield consent.valid.start.ns
        yield consent.valid.end.ns
    zones = {text.zone for versions in dossier.agreements.values() for text in versions}
    for party in dossier.parties.values():
        for firm in party.contractors:
            if firm.until is not None:
                for zone in zones:
                    yield bound_instant(firm.until, zone).ns


def document(verdict: Verdict, request: Request, stage: Stage, ends: tuple[str, str], of: Stretch) -> str:
    """The canonical JSON of a decision (`decision_to_json`) whose verdict is that of a stretch: only what differs from
    one message to the next is written anew."""
    frame = of.frames.get(stage)
    if frame is None:
        frame = of.frames[stage] = _frame(decision_to_json(verdict, request, stage, ends))
    if len(frame) != _GAPS + 1:  # something in it looks like a gap
        return canonical(decision_to_json(verdict, request, stage, ends)).decode("utf-8")
    earliest, latest, item, at = f'"{ends[0]}"', f'"{ends[1]}"', quoted(verdict.item), f'"{verdict.at}"'
    return "".join((frame[0], earliest, frame[1], latest, frame[2], item, frame[3], at, frame[4], item, frame[5]))


def _frame(value: dict[str, JSON]) -> tuple[str, ...]:
    """A decision's document cut where it differs from one message to the next."""
    verdict = value["verdict"]
    assert isinstance(verdict, dict)
    opened = {**value, "clock": list(_CLOCK), "item": _ITEM, "verdict": {**verdict, "at": _AT, "item": _ITEM}}
    return tuple(_OPEN.split(canonical(opened).decode("utf-8")))
