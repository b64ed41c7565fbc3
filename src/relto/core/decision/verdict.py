"""Verdicts: a value with its grounds, duties and routes (DESIGN 5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, get_args

from relto.core.decision.request import Act
from relto.core.timeline import Instant

Check = Literal[
    "standing",
    "scope",
    "level",
    "third-party",
    "purpose",
    "caveat",
    "clearance",
    "need-to-know",
    "facility",
    "assurance",
    "system",
    "contractor",
]
CHECKS: Final[tuple[Check, ...]] = get_args(Check)


class Ground(NamedTuple):
    """One check and how it came out. `article` is never empty where it failed.

    A named tuple, as all that is made at every decision: a frozen dataclass costs three times as much to make.
    """

    check: str
    passed: bool
    article: str
    agreement: str
    says: str
    unconfirmed: bool = False


class DueDuty(NamedTuple):
    """What a permit obliges the recipient to do: on what event, how soon, towards whom."""

    article: str
    do: str
    on: str
    within: str = ""
    to: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """A way an item may go: straight under one agreement, or through allies under an arrangement.

    `agreements`: for a mediated route the arrangement first, then that of each hop.
    """

    kind: Literal["direct", "mediated"]
    via: tuple[str, ...]
    agreements: tuple[str, ...]
    marks: tuple[str, ...]


class Verdict(NamedTuple):
    """`permit` with the recipient's equivalent marks and the duties, or `refuse` with every failed ground."""

    verdict: Literal["permit", "refuse"]
    act: Act
    item: str
    sender: str
    recipient: str
    at: Instant
    agreement: str
    marks: tuple[str, ...]
    duties: tuple[DueDuty, ...]
    grounds: tuple[Ground, ...]
    routes: tuple[Route, ...] = ()

    @property
    def permits(self) -> bool:
        """Whether the act is permitted."""
        return self.verdict == "permit"

    def failed(self) -> tuple[Ground, ...]:
        """The grounds on which it is refused."""
        return tuple([ground for ground in self.grounds if not ground.passed])

    def with_routes(self, routes: tuple[Route, ...]) -> Verdict:
        """The same verdict with the routes that would serve."""
        return self._replace(routes=routes)
