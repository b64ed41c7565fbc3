"""Asking the reference evaluator about one combination: an item that is it, and what decides there."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.decision.difference.change import Asked, Cause
from relto.core.decision.difference.common import Bearing
from relto.core.decision.reference import evaluate
from relto.core.decision.request import Act, Request
from relto.core.decision.table import Table
from relto.core.decision.verdict import Verdict
from relto.core.dossier import Dossier, Item
from relto.core.timeline import Instant

_UNNAMED = ("other", "another")
"""A topic or purpose that no clause names: one of these, or one made from it."""


@dataclass(frozen=True)
class Witness:
    """One side of a comparison, without its consents: a combination is what holds before anyone has consented."""

    dossier: Dossier
    at: Instant
    reading: str | None
    known_by: Instant | None
    named: frozenset[str]

    def verdict(
        self, sender: str, to: str, agreement: str, bearing: Bearing, topic: str, purpose: Asked, act: Act
    ) -> Verdict:
        """The reference's verdict on a combination under one agreement."""
        first, second = (self._unnamed(one) for one in _UNNAMED)
        name, own = purpose
        asked = name or first
        originator, mark = self._borne_by(sender, bearing)
        item = Item(
            "a combination", "", originator, mark, topic or first, asked if own else second if asked == first else first
        )
        request = Request(
            act, item, sender, to, self.at, None if own else asked, reading=self.reading, known_by=self.known_by
        )
        return evaluate(self.dossier, request, only=(agreement,))

    def passing_on(self, originator: str, sender: str, to: str, agreement: str) -> Verdict:
        """The reference's verdict on an item of `originator` that `sender` passes on to `to`."""
        marks = self.dossier.parties[originator].marks
        item = Item("a combination", "", originator, marks[0].mark if marks else "", self._unnamed("other"), "other")
        request = Request("forward", item, sender, to, self.at, reading=self.reading, known_by=self.known_by)
        return evaluate(self.dossier, request, only=(agreement,))

    def _unnamed(self, name: str) -> str:
        while name in self.named:
            name += "-one"
        return name

    def _borne_by(self, sender: str, bearing: Bearing) -> tuple[str, str]:
        """An originator and a mark of it that bear the rank: the sender and its own where it has one.

        There is always one: a bearing without a mark is a rank that some mark stands for (`Common.bearings`).
        """
        if bearing.mark:
            return sender, bearing.mark
        return next(
            (party, mark.mark)
            for party in sorted(self.dossier.parties, key=lambda one: (one != sender, one))
            for mark in self.dossier.parties[party].marks
            if mark.rank == bearing.rank and (party != sender or self._regular(party, mark.mark, bearing.rank))
        )

    def _regular(self, party: str, mark: str, rank: str) -> bool:
        texts = [text for versions in self.dossier.agreements.values() for text in versions if party in text.parties]
        return all(
            text.levels is None or text.levels.row_of_mark(party, mark) is text.levels.row_of_rank(rank)
            for text in texts
        )


def witness_of(table: Table, at: Instant, topics: tuple[str, ...], purposes: tuple[str, ...]) -> Witness:
    """The side of `table` at `at`."""
    window = table.window
    return Witness(table.dossier.unconsented, at, window.reading, window.known_by, frozenset((*topics, *purposes)))


def causes_of(verdict: Verdict, checks: frozenset[str]) -> tuple[Cause, ...]:
    """How `checks` came out in a verdict: those that failed where any did, each article once.

    What a ground says is told only of the standing: of other checks it speaks of the one item that was asked about.
    """
    grounds = [ground for ground in verdict.grounds if ground.check in checks]
    failed = [ground for ground in grounds if not ground.passed]
    return tuple(
        dict.fromkeys(
            Cause(
                ground.check,
                ground.article,
                ground.agreement,
                ground.says if ground.check == "standing" else "",
                ground.unconfirmed,
            )
            for ground in failed or grounds
        )
    )
