"""The span of a record: from the year of the first instrument to some years after that of the last."""

from __future__ import annotations

from relto.core.dossier.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Day, Instant, first_instant, local_day

YEARS_AFTER = 5


def recorded_span(dossier: Dossier) -> tuple[Instant, Instant]:
    """[start, end): whole years of UTC, from that of the first instrument to five after that of the last.

    A consent that is valid longer, or a term that runs on, is not waited for. Raises InputError where no record of the
    dossier has an instrument.
    """
    instants = [one.at.instant for record in dossier.records.values() for one in record.instruments]
    if not instants:
        raise InputError("no record has an instrument, so there is no span of time", remedy="give one")
    first, last = local_day(min(instants), "UTC").year, local_day(max(instants), "UTC").year
    return _new_year(first), _new_year(min(last + YEARS_AFTER + 1, 9998))


def _new_year(year: int) -> Instant:
    return first_instant(Day(year, 1, 1), "UTC")
