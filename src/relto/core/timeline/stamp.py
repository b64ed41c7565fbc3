"""Stamp: an instant as a record gives it, with the precision that the source really had."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.errors import InputError
from relto.core.timeline.day import Day, first_instant, local_day
from relto.core.timeline.instant import Instant, format_local, parse_instant

Precision = Literal["instant", "minute", "hour", "day", "month", "year"]
PRECISIONS: Final[tuple[Precision, ...]] = get_args(Precision)

_COARSE = re.compile(r"\d{4}(-\d\d){0,2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Stamp:
    """An instant, how precisely it is known, and the zone in which people say it."""

    instant: Instant
    precision: Precision
    zone: str

    def __str__(self) -> str:
        """For people: no finer than the source (`2019-08-23 KST` where the hour is a placeholder)."""
        if self.precision in ("instant", "minute", "hour"):
            return format_local(self.instant, self.zone)
        day = str(local_day(self.instant, self.zone))
        return {"day": day, "month": day[:7], "year": day[:4]}[self.precision]


def parse_stamp(text: str, zone: str, precision: str | None = None) -> Stamp:
    """Read an instant, a day, a month or a year; the last three mean their first instant in `zone`.

    `precision` is what the record says beside it. It may only make the stamp coarser than its form.
    """
    if precision is not None and precision not in PRECISIONS:
        raise InputError(f"unknown precision `{precision}`", remedy=f"use one of {', '.join(PRECISIONS)}")
    text = text.strip()
    if not _COARSE.fullmatch(text):
        return Stamp(parse_instant(text), _known(precision) or "instant", zone)
    form: Precision = {4: "year", 7: "month", 10: "day"}[len(text)]  # type: ignore[assignment]
    given = _known(precision)
    if given is not None and PRECISIONS.index(given) < PRECISIONS.index(form):
        raise InputError(f"`{text}` cannot be precise to the {given}", remedy="give the time with its offset")
    day = Day.parse(text + "-01-01"[len(text) - 10 :] if len(text) < 10 else text)
    return Stamp(first_instant(day, zone), given or form, zone)


def _known(precision: str | None) -> Precision | None:
    return next((known for known in PRECISIONS if known == precision), None)
