"""Instant: an exact point of UTC, in whole nanoseconds, and its text forms.

DESIGN 3: text always carries an offset or a zone; a naive time is an error; 24:00 is the next day's 00:00.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import whenever

from relto.core.errors import InputError
from relto.core.timeline.zone import check_zone

NANOS_A_SECOND: Final = 1_000_000_000
_MIN_NS: Final = -62_135_596_800 * NANOS_A_SECOND  # 0001-01-01T00:00Z
_MAX_NS: Final = 253_402_300_800 * NANOS_A_SECOND - 1  # 9999-12-31T23:59:59.999999999Z

FORMS: Final = "`2019-11-22T15:00:00Z`, `2019-11-23T00:00+09:00` or `2019-11-23T00:00[Asia/Seoul]`"

_TIME = re.compile(
    r"(?P<y>\d{4})-(?P<mo>\d\d)-(?P<d>\d\d)"
    r"(?:[T ](?P<h>\d\d):(?P<mi>\d\d)(?::(?P<s>\d\d)(?:\.(?P<f>\d{1,9}))?)?"
    r"(?P<off>Z|[+-]\d\d:\d\d)?"
    r"(?:\[(?P<z1>[A-Za-z0-9_+\-/]{1,64})\]| (?P<z2>[A-Za-z][A-Za-z0-9_+\-/]{0,63}))?)?",
    re.ASCII,
)
_UTC = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """An exact instant: nanoseconds since 1970-01-01T00:00Z (negative before), years 1 to 9999."""

    ns: int

    def __post_init__(self) -> None:
        if not _MIN_NS <= self.ns <= _MAX_NS:
            raise InputError("instant outside the years 1 to 9999", remedy="give a year from 0001 to 9999")

    def plus(self, nanoseconds: int) -> Instant:
        """The instant that many nanoseconds later (earlier if negative)."""
        return Instant(self.ns + nanoseconds)

    def __str__(self) -> str:
        """RFC 3339 in UTC with `Z`, a fraction only where there is one."""
        return whenever.Instant.from_timestamp(self.ns, unit="nanosecond").format_iso()


GENESIS: Final = Instant(_MIN_NS)
ETERNITY: Final = Instant(_MAX_NS)


def parse_instant(text: str) -> Instant:
    """Read an exact instant from text that carries an offset or a zone.

    Raises InputError for naive times, dates alone, skipped or repeated local times without an offset, an offset
    that contradicts its zone, and anything outside the forms of DESIGN 3.
    """
    if _UTC.fullmatch(text):  # as it is written here, read at once
        try:
            return Instant(int(whenever.Instant.parse_iso(text).timestamp(unit="nanosecond")))
        except ValueError:
            pass  # no real date: said below
    match = _TIME.fullmatch(text.strip())
    if not match:
        raise InputError(f"`{_short(text)}` is not an instant", remedy=f"write {FORMS}")
    if match["h"] is None:
        raise InputError(f"`{text}` is a date alone, without a time and zone", remedy=f"add them, for example {FORMS}")
    zone = match["z1"] or match["z2"]
    if match["off"] is None and zone is None:
        raise InputError(f"`{text}` is a naive time, without offset or zone", remedy=f"write {FORMS}")
    return _resolve(text, match, zone)


def _resolve(text: str, match: re.Match[str], zone: str | None) -> Instant:
    local = _local(text, match)
    offset = match["off"]
    by_offset: Instant | None = None
    if offset is not None:
        by_offset = Instant(_utc_ns(local) - _offset_seconds(text, offset) * NANOS_A_SECOND)
    if zone is None:
        assert by_offset is not None
        return by_offset
    check_zone(zone)
    if by_offset is not None:
        if _local_in(by_offset, zone) != local:
            raise InputError(f"`{text}`: the offset is not the one of `{zone}` then", remedy="correct one or drop one")
        return by_offset
    try:
        return _of(local.assume_tz(zone, disambiguation="raise"))
    except (whenever.SkippedTime, whenever.RepeatedTime) as error:
        how = "skipped" if isinstance(error, whenever.SkippedTime) else "repeated"
        raise InputError(
            f"`{text}` is {how} in `{zone}` by a change of the clocks", remedy="give the offset instead"
        ) from error
    except ValueError as error:
        raise InputError(f"`{text}` is outside the years 1 to 9999") from error


def _local(text: str, match: re.Match[str]) -> whenever.PlainDateTime:
    hour, minute, second = int(match["h"]), int(match["mi"]), int(match["s"] or 0)
    nanosecond = int((match["f"] or "0").ljust(9, "0"))
    end_of_day = hour == 24 and minute == second == nanosecond == 0
    try:
        day = whenever.Date(int(match["y"]), int(match["mo"]), int(match["d"]))
        if end_of_day:
            day, hour = day.add(days=1), 0
        return whenever.PlainDateTime(day.year, day.month, day.day, hour, minute, second, nanosecond=nanosecond)
    except ValueError as error:
        raise InputError(f"`{text}` is not a real date and time", remedy="check the day, hour and minute") from error


def _offset_seconds(text: str, offset: str) -> int:
    if offset == "Z":
        return 0
    hours, minutes = int(offset[1:3]), int(offset[4:6])
    if hours > 18 or minutes > 59:
        raise InputError(f"`{text}` has no real offset", remedy="offsets run from -18:00 to +18:00")
    return (-1 if offset[0] == "-" else 1) * (hours * 3600 + minutes * 60)


def _utc_ns(local: whenever.PlainDateTime) -> int:
    return int(local.assume_utc().timestamp(unit="nanosecond"))


def _of(zoned: whenever.ZonedDateTime) -> Instant:
    return Instant(int(zoned.timestamp(unit="nanosecond")))


def _local_in(instant: Instant, zone: str) -> whenever.PlainDateTime:
    return whenever.Instant.from_timestamp(instant.ns, unit="nanosecond").to_tz(zone).to_plain()


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."


@dataclass(frozen=True, slots=True)
class LocalTime:
    """An instant as read off a clock in one zone: calendar fields, and the zone's abbreviation then."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    nanosecond: int
    zone: str


def local_time(instant: Instant, zone: str) -> LocalTime:
    """Read `instant` off a clock in `zone`; off one in UTC within a day of the calendar's ends, where zones stop."""
    exact = whenever.Instant.from_timestamp(instant.ns, unit="nanosecond")
    try:
        zoned = exact.to_tz(check_zone(zone))
    except ValueError:
        zoned = exact.to_tz("UTC")
    return LocalTime(
        zoned.year,
        zoned.month,
        zoned.day,
        zoned.hour,
        zoned.minute,
        zoned.second,
        zoned.nanosecond,
        zoned.tz_abbrev(),
    )


@lru_cache(maxsize=4096)
def format_local(instant: Instant, zone: str) -> str:
    """Write `instant` for people: `2019-11-23 00:00 KST`, with seconds and fraction only where they are not zero."""
    t = local_time(instant, zone)
    text = f"{t.year:04}-{t.month:02}-{t.day:02} {t.hour:02}:{t.minute:02}"
    if t.second or t.nanosecond:
        text += f":{t.second:02}"
    if t.nanosecond:
        text += f".{t.nanosecond:09}".rstrip("0")
    return f"{text} {t.zone}"
