"""Third parties over time: which texts bind a sender to an originator, and what passing an item on then needs."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise

from relto.core.agreement import Agreement, History, ThirdParty
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE
from relto.core.dossier import Dossier
from relto.core.timeline import GENESIS, Instant

Binding = tuple[History, Instant]
"""The history of a text under which the sender can hold items of the originator, and since when."""

Third = tuple[list[Instant], list[tuple[int, ...]]]
"""From when on, and for each originator FREE, CONSENT or CLOSED."""


class Governing:
    """Asked for one sender after the other; `reading` None is each sender's own."""

    def __init__(self, dossier: Dossier, reading: str | None, known_by: Instant | None) -> None:
        self._dossier = dossier
        self._reading = reading
        self._known_by = known_by
        self._bindings: dict[tuple[str, str], tuple[Binding, ...]] = {}
        self._thirds: dict[tuple[str, str, tuple[str, int]], Third] = {}
        self._tracks: dict[tuple[str, str, str, tuple[str, int]], tuple[tuple[Instant, int], ...]] = {}

    def bindings(self, sender: str, originator: str) -> tuple[Binding, ...]:
        """The texts between the two, who are not the same, that ever entered into force, in order of id."""
        found = self._bindings.get((sender, originator))
        if found is None:
            found = self._bindings[sender, originator] = tuple(self._find(sender, originator))
        return found

    def _find(self, sender: str, originator: str) -> Iterator[Binding]:
        for name in sorted(self._dossier.agreements):
            first = self._dossier.agreements[name][0]
            if first.mediates or originator not in first.parties or sender not in first.parties:
                continue
            history = self._dossier.history(
                name, reading=self._reading or sender, known_by=self._known_by, between=(originator, sender)
            )
            since = history.first_in_force()
            if since is not None:
                yield history, since

    def third(self, sender: str, to: str, under: Agreement, originators: tuple[str, ...]) -> Third:
        """For all originators at once: from when on, what passing their items on to `to` under `under` needs."""
        key = (sender, to, (under.id, under.version))
        found = self._thirds.get(key)
        if found is None:
            tracks = [self.track(sender, one, to, under) for one in originators]
            starts = sorted({at for track in tracks for at, _ in track})
            needs = [tuple([track[bisect_right(track, (at, CLOSED)) - 1][1] for track in tracks]) for at in starts]
            found = self._thirds[key] = (starts, needs)
        return found

    def track(self, sender: str, originator: str, to: str, under: Agreement) -> tuple[tuple[Instant, int], ...]:
        """What passing an item of `originator` on to the party `to` under `under` needs: from when on, what."""
        if originator in (sender, to):
            return ((GENESIS, FREE),)
        bindings = self.bindings(sender, originator)
        member = originator in self._dossier.agreements[under.id][0].parties
        key = (sender, to, originator if bindings or member else "", (under.id, under.version))
        found = self._tracks.get(key)
        if found is None:
            cuts = {GENESIS, *self._cuts(bindings, sender, originator, to, under)}
            needs = [(at, self._need_at(bindings, sender, originator, to, under, at)) for at in sorted(cuts)]
            kept = [needs[0], *(after for before, after in pairwise(needs) if before[1] != after[1])]
            found = self._tracks[key] = tuple(kept)
        return found

    def _cuts(
        self, bindings: tuple[Binding, ...], sender: str, originator: str, to: str, under: Agreement
    ) -> Iterator[Instant]:
        for history, since in bindings:
            yield since
            yield from (phase.start for phase in history.phases if phase.start > since)
        for name in {under.id, *(history.agreement for history, _ in bindings)}:
            together = self._together(name, sender, originator, to)
            yield from (phase.start for phase in (together.phases if together is not None else ()))

    def _need_at(
        self, bindings: tuple[Binding, ...], sender: str, originator: str, to: str, under: Agreement, at: Instant
    ) -> int:
        texts = [history.phase(at).text for history, since in bindings if since <= at]
        return max(self._need_under(text, sender, originator, to, at) for text in texts or [under])

    def _need_under(self, text: Agreement, sender: str, originator: str, to: str, at: Instant) -> int:
        together = self._together(text.id, sender, originator, to)
        return FREE if together is not None and together.in_force(at) else _need(text, to)

    def _together(self, agreement: str, sender: str, originator: str, to: str) -> History | None:
        """The history of `agreement` between the originator and the recipient, where both are parties to it."""
        parties = self._dossier.agreements[agreement][0].parties
        if originator == to or originator not in parties or to not in parties:
            return None
        reading = self._reading or sender
        return self._dossier.history(agreement, reading=reading, known_by=self._known_by, between=(originator, to))


def _need(text: Agreement, to: str) -> int:
    clause = text.third_party or ThirdParty(text.scope.article, "originator-consent")
    if clause.rule == "originator-consent":
        return CONSENT
    return FREE if clause.rule == "nations" and to in clause.nations else CLOSED
