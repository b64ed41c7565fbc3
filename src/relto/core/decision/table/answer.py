"""The answer of a table: the verdict with what follows from it, without sentences and without the instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from relto.core.decision.verdict import DueDuty


@dataclass(frozen=True, slots=True)
class TableVerdict:
    """`permit` with marks and duties, or `refuse` with the checks that fail, in DESIGN 5's order.

    The same object serves every request that it answers. The sentences and articles are the reference evaluator's, on
    request (`Table.explain`). `agreement` is empty where none stands between the two.
    """

    verdict: Literal["permit", "refuse"]
    agreement: str
    marks: tuple[str, ...] = ()
    duties: tuple[DueDuty, ...] = ()
    failed_checks: tuple[str, ...] = ()

    @property
    def permits(self) -> bool:
        """Whether the act is permitted."""
        return self.verdict == "permit"
