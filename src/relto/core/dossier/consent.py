"""Consents: an originator's approvals, in writing and beforehand, wherever in the dossier they stand (DESIGN 5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from relto.core.agreement import Instrument, Record
from relto.core.label import covers
from relto.core.timeline import ETERNITY, Instant, Interval, bound_instant


@dataclass(frozen=True, slots=True)
class Consent:
    """An approval by `by` that `item` (or all under `topic`) may go to any of `to`, while `valid`.

    `purpose` names another purpose that is allowed thereby; without it the item's own purpose stands.
    """

    id: str
    record: str
    by: tuple[str, ...]
    to: tuple[str, ...]
    item: str
    topic: str
    purpose: str
    valid: Interval
    unconfirmed: bool = False

    def covers_item(self, item: str, topic: str) -> bool:
        """Whether it is about this item."""
        if self.item:
            return self.item == item
        return bool(self.topic) and covers(self.topic, topic)


def consents_of(records: Iterable[Record], zones: Mapping[str, str], known_by: Instant | None) -> tuple[Consent, ...]:
    """All consents known by `known_by`, each from its `at` until its `until` or its withdrawal."""
    found: list[Consent] = []
    for record in records:
        known = record.known(known_by)
        withdrawn: dict[str, Instant] = {}
        for one in known:
            if one.kind == "withdrawal":
                for target in one.targets:
                    withdrawn[target] = min(withdrawn.get(target, ETERNITY), one.at.instant)
        zone = zones.get(record.agreement, "UTC")
        found.extend(
            _consent(record, one, zone, withdrawn.get(one.id, ETERNITY)) for one in known if one.kind == "consent"
        )
    return tuple(sorted(found, key=lambda consent: (consent.valid.start, consent.record, consent.id)))


def _consent(record: Record, one: Instrument, zone: str, withdrawn: Instant) -> Consent:
    end = min(withdrawn, bound_instant(one.until, zone) if one.until is not None else ETERNITY)
    valid = Interval(one.at.instant, end)
    return Consent(one.id, record.agreement, one.by, one.to, one.item, one.topic, one.purpose, valid, one.unconfirmed)
