"""Clocks: the system's, and one that replays. The only file of relto that reads the machine's clock (DESIGN 3).

A clock answers with an interval [earliest, latest] in which the true instant lies; where it straddles a boundary, the
stricter side holds.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from relto.core.errors import InputError
from relto.core.timeline import Instant, parse_instant

NANOS_A_MILLISECOND = 1_000_000
DEFAULT_UNCERTAINTY = 250 * NANOS_A_MILLISECOND
_LARGEST_UNCERTAINTY = 60_000 * NANOS_A_MILLISECOND


def check_uncertainty(nanoseconds: int) -> int:
    """Give an uncertainty back if it is 0 to 60 s, in nanoseconds; else raise InputError."""
    if not 0 <= nanoseconds <= _LARGEST_UNCERTAINTY:
        raise InputError(
            f"a clock uncertainty of `{nanoseconds}` ns", remedy="give nanoseconds, from 0 to a minute (60000000000)"
        )
    return nanoseconds


class SystemClock:
    """The machine's clock, true to within `uncertainty` nanoseconds either way."""

    def __init__(self, uncertainty: int = DEFAULT_UNCERTAINTY) -> None:
        self.uncertainty = check_uncertainty(uncertainty)

    def interval(self) -> tuple[Instant, Instant]:
        """The earliest and the latest instant that it may be now."""
        now = time.time_ns()  # noqa: TID251
        return Instant(now - self.uncertainty), Instant(now + self.uncertainty)


class ReplayClock:
    """A clock that stands where it is put: for rehearsals and for replaying the record."""

    def __init__(self, at: Instant, uncertainty: int = 0) -> None:
        self.at = at
        self.uncertainty = check_uncertainty(uncertainty)

    def set(self, at: Instant) -> None:
        """Put it at `at`; backwards too, which the nodes that read it will notice."""
        self.at = at

    def advance(self, nanoseconds: int) -> None:
        """Move it on by that many nanoseconds."""
        self.at = self.at.plus(nanoseconds)

    def interval(self) -> tuple[Instant, Instant]:
        """The earliest and the latest instant that it may be now."""
        return self.at.plus(-self.uncertainty), self.at.plus(self.uncertainty)


class FolderClock(ReplayClock):
    """A replay clock that stands where a file says: the processes of one rehearsal node all read it there."""

    def __init__(self, path: Path, uncertainty: int = 0) -> None:
        self._path = path
        self.uncertainty = check_uncertainty(uncertainty)

    @property
    def at(self) -> Instant:
        """Where it stands. Raises InputError where the file says nothing of the kind."""
        try:
            return parse_instant(self._path.read_text(encoding="ascii").strip())
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"the rehearsal's clock `{self._path}` cannot be read", remedy="put it anew") from error

    @at.setter
    def at(self, at: Instant) -> None:
        """Put it at `at`, for all who read it."""
        part = self._path.with_name(f".{self._path.name}.part")
        with part.open("w", encoding="ascii") as file:
            file.write(f"{at}\n")
            file.flush()
            os.fsync(file.fileno())  # its new name must not be on the disk before it is
        part.replace(self._path)
