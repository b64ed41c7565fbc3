"""Notices in their life: given, suspended, withdrawn, revived; and when they end what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from relto.core.agreement.clock import Clock
from relto.core.agreement.instrument import Instrument
from relto.core.agreement.text import SuspendedNotice
from relto.core.timeline import Instant


@dataclass(slots=True)
class Notice:
    """A termination notice while a history is folded. `end`: when it ends its givers' part (None: no effect)."""

    instrument: Instrument
    end: Instant | None
    suspensions: set[str] = field(default_factory=set)
    withdrawn: bool = False

    @property
    def active(self) -> bool:
        """Whether it counts now."""
        return not self.withdrawn and not self.suspensions

    @property
    def suspended(self) -> bool:
        """Whether it is held back by a suspension."""
        return not self.withdrawn and bool(self.suspensions)


class Notices:
    """All notices known so far in one history, and the suspensions that hold them back."""

    def __init__(self) -> None:
        self._notices: dict[str, Notice] = {}
        self._suspensions: dict[str, tuple[str, ...]] = {}
        self.last_suspension = ""

    def give(self, instrument: Instrument, given: Instant, clock: Clock, reading: SuspendedNotice) -> None:
        """Enter a notice. While another is suspended and no date binds (`no-term`), the pact may end at any time."""
        end = clock.end_by_notice(given)
        rule = clock.term.notice
        counted_to_term = rule is not None and rule.anchor == "before-term-end"
        if counted_to_term and reading == "no-term" and self.any_suspended():
            end = given
        self._notices[instrument.id] = Notice(instrument, end)

    def suspend(self, instrument: Instrument) -> None:
        """Hold back the targets that are still there."""
        for target in instrument.targets:
            notice = self._notices.get(target)
            if notice is not None and not notice.withdrawn:
                notice.suspensions.add(instrument.id)
                self.last_suspension = instrument.id
        self._suspensions[instrument.id] = instrument.targets

    def withdraw(self, instrument: Instrument, at: Instant, clock: Clock, reading: SuspendedNotice) -> None:
        """Take back all targets in one stroke; a notice whose last suspension falls away by that is revived."""
        for target in instrument.targets:
            if target in self._notices:
                self._notices[target].withdrawn = True
        for target in instrument.targets:
            for name in self._suspensions.pop(target, ()):
                notice = self._notices.get(name)
                if notice is None or notice.withdrawn:
                    continue
                notice.suspensions.discard(target)
                if not notice.suspensions:
                    _revive(notice, at, clock, reading)

    def any_suspended(self) -> bool:
        """Whether any notice is held back now."""
        return any(notice.suspended for notice in self._notices.values())

    def departures(self, *, with_suspended: bool = False) -> Mapping[str, tuple[Instant, str]]:
        """When each giver leaves by its earliest notice, and by which; suspended ones only on request."""
        leaving: dict[str, tuple[Instant, str]] = {}
        for notice in self._notices.values():
            if notice.end is None or not (notice.active or (with_suspended and notice.suspended)):
                continue
            for party in notice.instrument.by:
                leaving[party] = min(
                    leaving.get(party, (notice.end, notice.instrument.id)), (notice.end, notice.instrument.id)
                )
        return leaving

    def suspended_ids(self) -> tuple[str, ...]:
        """The notices held back now, by id."""
        return tuple(sorted(name for name, notice in self._notices.items() if notice.suspended))

    def forget(self, parties: Iterable[str]) -> None:
        """Drop the notices of parties that have left: they are spent."""
        gone = set(parties)
        self._notices = {n: one for n, one in self._notices.items() if not set(one.instrument.by) <= gone}


def _revive(notice: Notice, at: Instant, clock: Clock, reading: SuspendedNotice) -> None:
    """DESIGN 4: under `no-term` at its own end, or at once where that has passed; under `term-runs` as given now."""
    if reading == "term-runs":
        notice.end = clock.end_by_notice(at)
    elif notice.end is not None:
        notice.end = max(notice.end, at)
