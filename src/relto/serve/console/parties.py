"""Parties: their marks, facilities with ceilings and who is on their registers, accredited systems and contractors."""

from __future__ import annotations

from relto.core.dossier.party import Accredited
from relto.core.timeline import bound_instant
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit


def listed(visit: Visit) -> Page:
    """Every party of the dossier, the own first. What has run out by the instant looked at is marked."""
    visit.need("see-agreements")
    dossier = visit.dossier()
    parties = sorted(dossier.parties.values(), key=lambda one: (one.id != visit.node.party, one.id))

    def over(one: Accredited, zone: str) -> bool:
        return one.until is not None and bound_instant(one.until, zone) <= visit.at

    return Page("parties.html", visit.tongue.say("Parties"), {"parties": parties, "over": over})
