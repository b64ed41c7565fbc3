"""Who may receive an item: the whole decision towards every party, contractor and designated authority."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from relto.core.decision import Request, Verdict, resolve
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.route.decide import decide
from relto.core.timeline import Instant


def addressees(dossier: Dossier, at: Instant, known_by: Instant | None) -> tuple[str, ...]:
    """Everybody in the dossier who can be addressed at `at`: parties, contractors, authorities then designated."""
    firms = sorted(firm.id for party in dossier.parties.values() for firm in party.contractors)
    named = {one.authority for record in dossier.records.values() for one in record.known(known_by) if one.authority}
    found = dict.fromkeys([*sorted(dossier.parties), *firms, *sorted(named)])
    return tuple(one for one in found if _exists(dossier, one, at, known_by))


def _exists(dossier: Dossier, addressee: str, at: Instant, known_by: Instant | None) -> bool:
    try:
        resolve(dossier, addressee, at, known_by)
    except InputError:  # an authority before or after its designation
        return False
    return True


def recipients(dossier: Dossier, request: Request) -> Iterator[tuple[str, Verdict]]:
    """The verdict of `request` for each addressee but its sender, whatever recipient it names."""
    for one in addressees(dossier, request.at, request.known_by):
        if one != request.sender:
            yield one, decide(dossier, replace(request, recipient=one))
