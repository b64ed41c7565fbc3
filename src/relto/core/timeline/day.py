"""Day: a calendar day, and how it meets exact time in a zone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import whenever

from relto.core.errors import InputError
from relto.core.timeline.instant import Instant
from relto.core.timeline.zone import check_zone

_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A day of the calendar (proleptic Gregorian), in no zone yet."""

    year: int
    month: int
    day: int

    @classmethod
    def parse(cls, text: str) -> Day:
        """Read `2019-11-23`; raise InputError for anything else or a day that does not exist."""
        match = _DAY.fullmatch(text)
        if not match:
            raise InputError(f"`{text[:60]}` is not a date", remedy="write it as 2019-11-23")
        try:
            date = whenever.Date(*(int(part) for part in match.groups()))
        except ValueError as error:
            raise InputError(f"`{text}` is not a real date", remedy="check the month and day") from error
        return cls(date.year, date.month, date.day)

    def plus(self, *, months: int = 0, days: int = 0) -> Day:
        """Months first, clamped to the month's end, then days (31 Aug + 6 months = 28 or 29 Feb)."""
        try:
            date = whenever.Date(self.year, self.month, self.day).add(months=months).add(days=days)
        except (ValueError, OverflowError) as error:
            raise InputError("a date outside the years 1 to 9999", remedy="check the period") from error
        return Day(date.year, date.month, date.day)

    def __str__(self) -> str:
        return f"{self.year:04}-{self.month:02}-{self.day:02}"


@lru_cache(maxsize=4096)
def first_instant(day: Day, zone: str) -> Instant:
    """The first instant of `day` in `zone`: midnight, or the end of the gap where the clocks skip midnight."""
    local = whenever.PlainDateTime(day.year, day.month, day.day)
    try:
        zoned = local.assume_tz(check_zone(zone), disambiguation="compatible")
    except ValueError as error:
        raise InputError("a date outside the years 1 to 9999", remedy="check the date") from error
    return Instant(int(zoned.timestamp(unit="nanosecond")))


def local_day(instant: Instant, zone: str) -> Day:
    """The calendar day on which `instant` falls in `zone`."""
    try:
        zoned = whenever.Instant.from_timestamp(instant.ns, unit="nanosecond").to_tz(check_zone(zone))
    except ValueError as error:
        raise InputError("a date outside the years 1 to 9999", remedy="check the instant") from error
    return Day(zoned.year, zoned.month, zoned.day)


Bound = Instant | Day
"""An end given either exactly or as a day; a day means its first instant in the zone that governs."""


def bound_instant(bound: Bound, zone: str) -> Instant:
    """The exact instant of `bound` in `zone`."""
    return bound if isinstance(bound, Instant) else first_instant(bound, zone)
