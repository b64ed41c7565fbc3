"""The instants at which the answers of a dossier may change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from relto.core.agreement import Agreement
from relto.core.dossier import Dossier
from relto.core.timeline import ETERNITY, GENESIS, Bound, Instant, bound_instant


def boundaries(dossier: Dossier, *, known_by: Instant | None = None) -> list[Instant]:
    """Every instant at which an answer of the dossier may change, persons apart; sorted, each once.

    Phases of every pair under every reading, consents, designations, ends of systems and contractors in every zone.
    """
    found: set[Instant] = set()
    for name, versions in dossier.agreements.items():
        members = versions[0].parties
        readings = _readings(versions)
        for pair in itertools.combinations(members, 2):
            for reading in readings:
                history = dossier.history(name, reading=reading, known_by=known_by, between=pair)
                found.update(phase.start for phase in history.phases)
    for consent in dossier.consents(known_by):
        found |= {consent.valid.start, consent.valid.end}
    for record in dossier.records.values():
        known = record.known(known_by)
        named = {one.id for one in known if one.kind == "designation"}
        for one in known:
            if one.kind == "designation" or (one.kind == "withdrawal" and not named.isdisjoint(one.targets)):
                found.add(one.at.instant)
    zones = zones_of(dossier)
    for party in dossier.parties.values():
        for site in (*party.systems, *party.contractors):
            found.update(ends_of(site.until, zones))
    return sorted(found - {GENESIS, ETERNITY})


def _readings(versions: Sequence[Agreement]) -> tuple[str, ...]:
    """One party for each way in which the texts can be read."""
    by_sense = {tuple(text.reading_of(party) for text in versions): party for party in versions[0].parties}
    return tuple(by_sense.values())


def zones_of(dossier: Dossier) -> tuple[str, ...]:
    """Every zone in which some text reads a day."""
    return tuple(sorted({text.zone for versions in dossier.agreements.values() for text in versions}))


def ends_of(bound: Bound | None, zones: Sequence[str]) -> Iterator[Instant]:
    """The instant of `bound` in each zone."""
    if bound is not None:
        yield from (bound_instant(bound, zone) for zone in zones)
