"""A missile warning: one version of what is known of one event, by one reporter."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.errors import InputError
from relto.core.label import check_id, check_party_id
from relto.core.payload.geometry import Area, Place
from relto.core.timeline import Instant

Status = Literal["actual", "exercise", "test"]
STATUSES: Final[tuple[Status, ...]] = get_args(Status)
Kind = Literal["alert", "update", "cancel"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
Confidence = Literal["observed", "likely", "possible", "unlikely", "unknown"]
CONFIDENCES: Final[tuple[Confidence, ...]] = get_args(Confidence)
"""The words of CAP 1.2 for certainty (3.2.2)."""

MAX_VERSION: Final = 1_000_000
MAX_TRACK: Final = 1000
MAX_SAYS: Final = 2000


@dataclass(frozen=True, slots=True)
class TrackPoint:
    """Where it was seen, and when."""

    at: Instant
    place: Place


@dataclass(frozen=True, slots=True)
class MissileWarning:
    """One version of one event. Whatever is not known is None, never guessed.

    `event` is the reporter's own name for it; `version` counts from 1, which is an alert; the others update or cancel.
    `observed`: when what this version says was seen. `released`: when its reporter let it go. `received`: when the
    party that keeps it had it, by its own clock. Raises InputError for what contradicts itself.
    """

    event: str
    version: int
    by: str
    kind: Kind
    observed: Instant
    status: Status = "actual"
    confidence: Confidence = "unknown"
    launch_at: Instant | None = None
    launch: Place | None = None
    track: tuple[TrackPoint, ...] = ()
    impact_at: Instant | None = None
    impact: Area | None = None
    released: Instant | None = None
    received: Instant | None = None
    says: str = ""

    def __post_init__(self) -> None:
        check_id(self.event)
        check_party_id(self.by)
        if not 1 <= self.version <= MAX_VERSION:
            raise InputError(f"version {self.version} of a warning", remedy=f"count from 1 to {MAX_VERSION}")
        if (self.version == 1) != (self.kind == "alert"):
            raise InputError(
                f"version {self.version} that is an {self.kind}", remedy="version 1 is the alert, later ones change it"
            )
        if len(self.track) > MAX_TRACK:
            raise InputError(f"a track of {len(self.track)} points", remedy=f"give at most {MAX_TRACK}")
        object.__setattr__(self, "says", " ".join(self.says.split()))
        if len(self.says) > MAX_SAYS or not self.says.isprintable():
            raise InputError(
                "a remark that is too long, or has signs that no screen shows", remedy=f"keep to {MAX_SAYS} signs"
            )
        self._check_times()

    def _check_times(self) -> None:
        track = [one.at for one in self.track]
        known = [one for one in (self.launch_at, *track, self.impact_at) if one is not None]
        for earlier, later in itertools.pairwise(known):
            if later < earlier:
                raise InputError(
                    f"{later} after {earlier}: launch, track and impact out of order", remedy="put them in order"
                )
        if self.released is not None and self.released < self.observed:
            raise InputError("released before it was observed", remedy="correct one of the two instants")
