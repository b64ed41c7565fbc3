"""Typed payloads: what an item says, where it is of a kind that two nodes must understand alike.

A missile warning (versions of one event), an encounter report (one claim set a reporter), a document. Values that check
themselves; their JSON, CAP and GeoJSON are in `formats/payload`.
"""

from relto.core.payload.document import Document
from relto.core.payload.encounter import ClaimSet, EncounterReport, Figure, Step
from relto.core.payload.geometry import Area, Place
from relto.core.payload.series import newest
from relto.core.payload.warning import MissileWarning, TrackPoint

Payload = MissileWarning | EncounterReport | Document

__all__ = [
    "Area",
    "ClaimSet",
    "Document",
    "EncounterReport",
    "Figure",
    "MissileWarning",
    "Payload",
    "Place",
    "Step",
    "TrackPoint",
    "newest",
]
