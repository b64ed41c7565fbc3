"""The part of the store's port that is about visits, contractors' checklists and facilities."""

from __future__ import annotations

from typing import Protocol

from relto.core.register import Control, ControlKind
from relto.core.timeline import Instant


class ControlReading(Protocol):
    """A view of one moment of them."""

    def control(self, kind: ControlKind, identifier: str) -> Control | None:
        """One visit, contractor's checklist or facility."""
        ...

    def controls(self, kind: ControlKind | None = None) -> list[Control]:
        """All visits, checklists and facilities, or those of one kind, in the order they began."""
        ...

    def controls_due(self, by: Instant) -> list[Control]:
        """The contractors with an inspection due by `by`, to the second, that was not entered as missed."""
        ...

    def control_columns_differ(self, control: Control) -> list[str]:
        """The columns of a visit, checklist or facility that are not what its events make them."""
        ...
