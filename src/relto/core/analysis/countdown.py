"""The countdown that people quote: days, hours and minutes, rounded up to the minute."""

from __future__ import annotations

from typing import Final

from relto.core.timeline import Instant

_MINUTE: Final = 60_000_000_000


def countdown(at: Instant, end: Instant) -> str:
    """How long from `at` to `end`: `4 d 15 h`, never `4 d 14 h 59 min` and some seconds; `0 min` once it has come."""
    minutes = max(0, -(-(end.ns - at.ns) // _MINUTE))
    days, rest = divmod(minutes, 24 * 60)
    hours, minutes = divmod(rest, 60)
    parts = [f"{n} {unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "min")) if n]
    return " ".join(parts) or "0 min"
