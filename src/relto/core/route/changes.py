"""The instants at which the answer to a question may change: between two of them, it cannot."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Final

from relto.core.agreement import History
from relto.core.decision.table.cuts import designation_cuts, end_cuts, phase_cuts
from relto.core.dossier import Dossier
from relto.core.timeline import Instant


def instants_of_change(dossier: Dossier, known_by: Instant | None = None) -> list[int]:
    """In nanoseconds, in order, each once: all instants at which what `decide` says may change, for every reading,
    pair of parties, item and purpose, where no person is named.

    Standings and texts, consents, designations, the ends of accreditations and approvals.
    """
    texts = [text for versions in dossier.agreements.values() for text in versions]
    found = {one.ns for one in phase_cuts(_histories(dossier, known_by))}
    for consent in dossier.consents(known_by):
        found |= {consent.valid.start.ns, consent.valid.end.ns}
    for record in dossier.records.values():
        for authority in {one.authority for one in record.known(known_by) if one.authority}:
            found |= {one.ns for one in designation_cuts(dossier, authority, known_by)}
    ends = [one.until for party in dossier.parties.values() for one in (*party.systems, *party.contractors)]
    found |= {one.ns for one in end_cuts(ends, texts)}
    return sorted(found)


def _histories(dossier: Dossier, known_by: Instant | None) -> Iterator[History]:
    """Every pair of every agreement, as each of its parties reads it, and as one that is none does."""
    for name, versions in dossier.agreements.items():
        parties = versions[0].parties
        for reading in (*parties, _NO_PARTY):
            for pair in itertools.combinations(sorted(parties), 2):
                yield dossier.history(name, reading=reading, known_by=known_by, between=pair)


_NO_PARTY: Final = "(no party)"
