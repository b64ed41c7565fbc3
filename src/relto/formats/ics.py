"""Deadlines as a calendar (RFC 5545): one event each, in UTC, with an alarm a week before."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from relto.core.analysis import Deadline
from relto.core.timeline import Instant

_NO_TEXT = ("Cc", "Cs", "Zl", "Zp")  # no TEXT holds a control character (3.3.11)
_FOLD = 75  # octets a line, its break not counted (RFC 5545, 3.1)


@dataclass(frozen=True, slots=True)
class Entry:
    """Something due at `at`. `key`: what makes it the same event in a later calendar; `over`: it is past, and has no
    alarm."""

    at: Instant
    kind: str
    subject: str
    article: str
    key: str
    over: bool = False


def calendar(
    deadlines: Iterable[Deadline],
    stamp: Instant,
    *,
    said: Callable[[Deadline], str] = lambda one: one.says,
    more: Iterable[Entry] = (),
) -> bytes:
    """An iCalendar file of `deadlines`, in the words of `said`, and of what is due `more`; `stamp` is the instant as of
    which they hold (DTSTAMP, 3.8.7.2)."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//relto//deadlines//EN", "CALSCALE:GREGORIAN"]
    for entry in (*(_entry(one, said(one)) for one in deadlines), *more):
        lines += _event(entry, stamp)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _entry(one: Deadline, said: str) -> Entry:
    doubt = " (unconfirmed)" if one.unconfirmed else ""
    subject = f"{one.agreement}: {said}" if one.agreement else said
    key = f"{one.kind}|{one.agreement}|{one.article}|{one.at}|{one.says}"
    return Entry(one.at, one.kind, subject + doubt, one.article, key)


def _event(entry: Entry, stamp: Instant) -> list[str]:
    alarm = ["BEGIN:VALARM", "ACTION:DISPLAY", "TRIGGER:-P7D", f"DESCRIPTION:{_escaped(entry.subject)}", "END:VALARM"]
    return [
        "BEGIN:VEVENT",
        f"UID:{hashlib.sha256(entry.key.encode()).hexdigest()[:32]}@relto",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(entry.at)}",
        f"SUMMARY:{_escaped(entry.subject)}",
        f"DESCRIPTION:{_escaped(f'{entry.subject}; article {entry.article}; exactly {entry.at}')}",
        f"CATEGORIES:{_escaped(entry.kind)}",
        "TRANSP:TRANSPARENT",
        *([] if entry.over else alarm),
        "END:VEVENT",
    ]


def _utc(instant: Instant) -> str:
    """The form `20191122T150000Z`; whole seconds, rounded down so that no reminder comes too late."""
    return str(instant).partition(".")[0].rstrip("Z").replace("-", "").replace(":", "") + "Z"


def _escaped(text: str) -> str:
    for sign in ("\\", ";", ","):
        text = text.replace(sign, "\\" + sign)
    text = text.replace("\r", "").replace("\n", "\\n")
    return "".join(char for char in text if unicodedata.category(char) not in _NO_TEXT)


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
