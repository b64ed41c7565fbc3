"""Progress on standard error, figures on standard output: one JSON line for each experiment."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_SHOWN = 20
_KINDS = {
    "acknowledged_and_lost": "lost",
    "doubled": "doubled",
    "releases_without_a_leaf": "no leaf",
    "receipts_without_a_holding": "no holding",
}


@dataclass(frozen=True)
class Outcome:
    """What an experiment found: figures, and each thing that did not hold, as a line."""

    experiment: str
    figures: Mapping[str, object]
    broken: Sequence[str]

    def to_line(self) -> str:
        """One line of JSON."""
        told = {"schema": "relto/faults/1", "experiment": self.experiment, **self.figures, **self.by_kind()}
        return json.dumps(told, ensure_ascii=False)

    def by_kind(self) -> dict[str, int]:
        """How much does not hold, and of that, what the harness was built to find."""
        counted = {name: sum(f"{word}:" in line for line in self.broken) for name, word in _KINDS.items()}
        return {**counted, "broken": len(self.broken)}


class Progress:
    """Says now and then how far an experiment is, and at once what did not hold."""

    def __init__(self, name: str, total: int, *, quiet: bool = False) -> None:
        self._name, self._total, self._quiet = name, total, quiet
        self._done = self._broken = 0

    def one(self, broken: Sequence[str] = ()) -> None:
        """One more is done, and this did not hold."""
        self._done += 1
        self._broken += len(broken)
        if self._quiet:
            return
        for line in broken[: max(0, _SHOWN - self._broken + len(broken))]:
            _say(line)
        if self._done == self._total or self._done % max(1, self._total // 10) == 0:
            _say(f"{self._name}: {self._done} of {self._total}, {self._broken} broken")


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
