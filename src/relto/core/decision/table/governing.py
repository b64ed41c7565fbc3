"""Third parties over time: which texts bind a sender to an originator, and what passing an item on then needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from relto.core.agreement import Agreement, History, ThirdParty
from relto.core.decision.table.lane import CLOSED, CONSENT, FREE
from relto.core.dossier import Dossier
from relto.core.timeline import Instant

Binding = tuple[History, Instant]
"""The history of a text under which the sender can hold items of the originator, and since when."""


class Governing:
    """Asked for one sender after the other; `reading` None is each sender's own."""

    def __init__(self, dossier: Dossier, reading: str | None, known_by: Instant | None) -> None:
        self._dossier = dossier
        self._reading = reading
        self._known_by = known_by
        self._bindings: dict[tuple[str, str], tuple[Binding, ...]] = {}
        self._needs: dict[tuple[tuple[str, int], str], int] = {}

    def cuts(self, sender: str, to: str, originators: Iterable[str], under: Iterable[str]) -> Iterator[Instant]:
        """The instants at which a text begins to bind `sender` to one of them, is amended, or binds `to` as well.

        `under`: the agreements between `sender` and `to`, which govern where no other does.
        """
        for originator in originators:
            for name in under:
                yield from self._together_cuts(name, sender, originator, to)
            for history, since in self.bindings(sender, originator):
                yield since
                yield from self._together_cuts(history.agreement, sender, originator, to)
                text = history.phase(since).text
                for phase in history.phases:
                    if phase.start > since and phase.text is not text:
                        text = phase.text
                        yield phase.start

    def bindings(self, sender: str, originator: str) -> tuple[Binding, ...]:
        """The texts between the two that ever entered into force, in order of id."""
        found = self._bindings.get((sender, originator))
        if found is None:
            found = self._bindings[sender, originator] = tuple(self._find(sender, originator))
        return found

    def _find(self, sender: str, originator: str) -> Iterator[Binding]:
        if sender == originator:
            return
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

    def needs(self, sender: str, originator: str, to: str, under: Agreement, at: Instant) -> int:
        """What it takes to pass an item of `originator` on to the party `to` under `under` at `at`."""
        if originator in (sender, to):
            return FREE
        texts = [history.phase(at).text for history, since in self.bindings(sender, originator) if since <= at]
        return max(self._need_under(text, sender, originator, to, at) for text in texts or [under])

    def _need_under(self, text: Agreement, sender: str, originator: str, to: str, at: Instant) -> int:
        together = self._together(text.id, sender, originator, to)
        return FREE if together is not None and together.in_force(at) else self._need(text, to)

    def _together(self, agreement: str, sender: str, originator: str, to: str) -> History | None:
        """The history of `agreement` between the originator and the recipient, where both are parties to it."""
        parties = self._dossier.agreements[agreement][0].parties
        if originator == to or originator not in parties or to not in parties:
            return None
        reading = self._reading or sender
        return self._dossier.history(agreement, reading=reading, known_by=self._known_by, between=(originator, to))

    def _together_cuts(self, agreement: str, sender: str, originator: str, to: str) -> Iterator[Instant]:
        together = self._together(agreement, sender, originator, to)
        for phase in together.phases if together is not None else ():
            yield phase.start

    def _need(self, text: Agreement, to: str) -> int:
        key = ((text.id, text.version), to)
        found = self._needs.get(key)
        if found is None:
            found = self._needs[key] = _need(text, to)
        return found


def _need(text: Agreement, to: str) -> int:
    clause = text.third_party or ThirdParty(text.scope.article, "originator-consent")
    if clause.rule == "originator-consent":
        return CONSENT
    return FREE if clause.rule == "nations" and to in clause.nations else CLOSED
