"""Verifying a node while it serves: one verification at a time, how far it is, and how the last one came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal, Protocol, TypeAlias, get_args

from relto.core.canon import JSON, canonical, parse_object
from relto.core.errors import InputError
from relto.core.timeline import Instant, parse_instant
from relto.node.verify import PHASES, Verification

State: TypeAlias = Literal["running", "holds", "changed", "stopped", "failed"]
VERIFICATION: Final = "relto/verification/1"
PROGRESS: Final = "relto/progress/1"
_SCHEMA: Final = "relto/verified/1"
MOST_PROBLEMS: Final = 1000
"""So many problems of one verification are kept by name; the others are counted."""


@dataclass(frozen=True, slots=True)
class Verifying:
    """One verification: by whom and since when; while it runs, `what` is looked at and how many leaves are done of
    `total`; once it `ended`, what it found. `problems` name what was changed, `more` are not named; `why` it failed."""

    state: State
    by: str
    began: Instant
    what: str = ""
    done: int = 0
    total: int = 0
    ended: Instant | None = None
    leaves: int = 0
    receipts: int = 0
    proofs: int = 0
    holdings: int = 0
    problems: tuple[str, ...] = ()
    more: int = 0
    why: str = ""

    @property
    def part(self) -> float:
        """How much of it is done, from 0 to 1: each of its phases counts alike."""
        if self.what not in PHASES:
            return 0.0
        return (PHASES.index(self.what) + (self.done / self.total if self.total else 0)) / len(PHASES)

    def to_bytes(self) -> bytes:
        """Canonical JSON, to be kept."""
        value: dict[str, JSON] = {"schema": _SCHEMA, "state": self.state, "by": self.by, "began": str(self.began)}
        value |= {"ended": str(self.ended) if self.ended else None, "why": self.why, "more": self.more}
        value |= {name: getattr(self, name) for name in ("leaves", "receipts", "proofs", "holdings")}
        return canonical({**value, "problems": list(self.problems)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Verifying:
        """What was kept. Raises InputError for anything else."""
        value: dict[str, Any] = parse_object(data, _MOST_KEPT, name="verification")
        try:
            if value.pop("schema") != _SCHEMA or value["state"] not in get_args(State):
                raise InputError("not how a verification came out")
            began, ended = parse_instant(value.pop("began")), parse_instant(value.pop("ended"))
            return cls(**{**value, "problems": tuple(value["problems"])}, began=began, ended=ended)
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError("not how a verification came out", remedy="verify again") from error


_MOST_KEPT: Final = 1 << 22


class Verifier(Protocol):
    """Who verifies a node beside its serving, so that neither waits for the other."""

    def last(self) -> Verifying | None:
        """The verification that runs, or else how the last one came out; None where there was none."""
        ...

    def begin(self, by: str) -> None:
        """Begin one. Raises Conflict where one runs."""
        ...

    def stop(self) -> None:
        """Stop the one that runs, if one does."""
        ...


def verification_json(found: Verification) -> dict[str, JSON]:
    """A verification, for programs."""
    return {
        "schema": VERIFICATION,
        "party": found.party,
        "holds": found.holds,
        "leaves": found.leaves,
        "evidence": dict(found.evidence),
        "receipts": found.receipts,
        "proofs": found.proofs,
        "holdings": found.holdings,
        "witnessed": found.witnessed,
        "waiting": list(found.waiting),
        "problems": list(found.problems),
    }


def progress_json(what: str, done: int, total: int) -> dict[str, JSON]:
    """How far something is, for programs."""
    return {"schema": PROGRESS, "what": what, "done": done, "total": total}
