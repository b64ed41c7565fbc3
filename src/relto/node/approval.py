"""An approval: a release that one person composed and another has to approve, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias

from relto.core.decision import Act
from relto.core.timeline import Instant
from relto.node.people import Actor

ApprovalState: TypeAlias = Literal["pending", "approving", "approved", "refused"]
APPROVAL_STATES: Final[tuple[ApprovalState, ...]] = ("pending", "approving", "approved", "refused")


@dataclass(frozen=True, slots=True)
class Approval:
    """A release that waits for a second person, or what became of it.

    `by` composed it, `decided_by` approved or refused it, `transmittal` is the release that came of it. `sealed` is
    the item as submitted, sealed to the node's own party.
    """

    id: str
    item: str
    to: str
    act: Act
    purpose: str
    via: tuple[str, ...]
    by: Actor
    at: Instant
    state: ApprovalState = "pending"
    decided_by: str = ""
    decided_at: Instant | None = None
    note: str = ""
    transmittal: str = ""
    sealed: bytes = field(default=b"", repr=False)
