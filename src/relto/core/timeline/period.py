"""Period: a length on the calendar (ISO 8601), not in hours."""

from __future__ import annotations

import re
from dataclasses import dataclass

from relto.core.errors import InputError
from relto.core.timeline.day import Day

_HOURS = re.compile(r"PT(\d{1,5})H", re.ASCII)
_HOUR = 3_600_000_000_000
_MOST_MONTHS = 9999 * 12
_PERIOD = re.compile(r"P(?:(\d{1,4})Y)?(?:(\d{1,5})M)?(?:(\d{1,5})W)?(?:(\d{1,6})D)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Period:
    """Months and days, counted on the calendar. Months are never 30 days."""

    months: int
    days: int

    def times(self, n: int) -> Period:
        """`n` of this period in a row, to be counted from one first day."""
        return Period(self.months * n, self.days * n)

    def plus(self, other: Period) -> Period:
        """Both periods, to be counted from one first day."""
        return Period(self.months + other.months, self.days + other.days)

    def after(self, day: Day) -> Day:
        """The day this long after `day`, clamped to the month's end."""
        return day.plus(months=self.months, days=self.days)

    def before(self, day: Day) -> Day:
        """The day this long before `day`, clamped to the month's end."""
        return day.plus(months=-self.months, days=-self.days)

    def __str__(self) -> str:
        years, months = divmod(self.months, 12)
        parts = [
            f"{years}Y" if years else "",
            f"{months}M" if months else "",
            f"{self.days}D" if self.days else "",
        ]
        return "P" + "".join(parts)


def parse_period(text: str) -> Period:
    """Read an ISO 8601 period of years, months, weeks and days, longer than nothing (`P1Y`, `P6M`, `P90D`)."""
    match = _PERIOD.fullmatch(text)
    years, months, weeks, days = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    period = Period(years * 12 + months, weeks * 7 + days)
    if not match or period == Period(0, 0) or period.months > _MOST_MONTHS:
        raise InputError(f"`{text[:60]}` is not a period", remedy="write one such as `P1Y`, `P6M` or `P90D`")
    return period


def parse_hours(text: str) -> int | None:
    """Exact hours (`PT72H`) as nanoseconds; None where the text is no such thing. Hours are not counted in days."""
    match = _HOURS.fullmatch(text)
    return int(match[1]) * _HOUR if match else None
