"""Interval: half-open, so that the boundary instant belongs to what comes after."""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.timeline.instant import Instant


@dataclass(frozen=True, slots=True)
class Interval:
    """`start` belongs to it, `end` does not."""

    start: Instant
    end: Instant

    def contains(self, at: Instant) -> bool:
        """Whether `at` lies in the interval: start <= at < end."""
        return self.start <= at < self.end
