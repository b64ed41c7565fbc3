"""Exact instants, calendar days, periods and intervals.

The only place that touches the date library (whenever) and the zone rules (tzdata, pinned, so that law does not
move with the operating system). Text comes in, exact nanoseconds and days come out; no clock is read here.
"""

from relto.core.timeline.day import Bound, Day, bound_instant, first_instant, local_day
from relto.core.timeline.instant import ETERNITY, GENESIS, Instant, format_local, parse_instant
from relto.core.timeline.interval import Interval
from relto.core.timeline.period import Period, parse_hours, parse_period
from relto.core.timeline.stamp import Precision, Stamp, parse_stamp
from relto.core.timeline.zone import check_zone

__all__ = [
    "ETERNITY",
    "GENESIS",
    "Bound",
    "Day",
    "Instant",
    "Interval",
    "Period",
    "Precision",
    "Stamp",
    "bound_instant",
    "check_zone",
    "first_instant",
    "format_local",
    "local_day",
    "parse_hours",
    "parse_instant",
    "parse_period",
    "parse_stamp",
]
