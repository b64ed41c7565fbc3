"""Deadlines as a calendar (RFC 5545): one event each, in UTC, with an alarm a week before."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from relto.core.analysis import Deadline
from relto.core.timeline import Instant

_FOLD = 75  # octets a line, its break not counted (RFC 5545, 3.1)


def calendar(deadlines: Iterable[Deadline], stamp: Instant) -> bytes:
    """An iCalendar file of `deadlines`; `stamp` is the instant as of which they hold (DTSTAMP, 3.8.7.2)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//relto//deadlines//EN", "CALSCALE:GREGORIAN"]
    for deadline in deadlines:
        lines += _event(deadline, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(deadline: Deadline, stamp: Instant) -> list[str]:
    doubt = " (unconfirmed)" if deadline.unconfirmed else ""
    subject = f"{deadline.agreement}: {deadline.says}" if deadline.agreement else deadline.says
    key = f"{deadline.kind}|{deadline.agreement}|{deadline.article}|{deadline.at}|{deadline.says}"
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(key.encode()).hexdigest()[:32]}@relto",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(deadline.at)}",
        f"SUMMARY:{_escaped(subject + doubt)}",
        f"DESCRIPTION:{_escaped(f'{subject}{doubt}; article {deadline.article}; exactly {deadline.at}')}",
        f"CATEGORIES:{_escaped(deadline.kind)}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-P7D",
        f"DESCRIPTION:{_escaped(subject)}",
        "END:VALARM",
        "END:VEVENT",
    ]


def _utc(instant: Instant) -> str:
    """The form `20191122T150000Z`; whole seconds, rounded down so that no reminder comes too late."""
    return str(instant).partition(".")[0].rstrip("Z").replace("-", "").replace(":", "") + "Z"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    return text.replace("\r", "").replace("\n", "\\n")


def _folded(line: str) -> bytes:
    """The line with CRLF, folded at 75 octets without splitting a character (RFC 5545, 3.1)."""
    out, current = b"", b""
    for char in line:
        encoded = char.encode("utf-8")
        if len(current) + len(encoded) > _FOLD:
            out += current + b"\r\n"
            current = b" "
        current += encoded
    return out + current + b"\r\n"
