"""The register: what a party holds of others' items and what it owes for them, as a fold over events.

Values in, values out: the events stand in signed evidence, so the tables of a node can be made again from its ledger.
"""

from relto.core.register.codec import MAX_COPIES, MAX_SOURCES, event_from_json, event_to_json
from relto.core.register.copies import Copy, CopyState, Gone
from relto.core.register.duty import Owed, due_instant, owner_of, start_duties
from relto.core.register.events import (
    Came,
    CompromiseReported,
    Copied,
    Derived,
    Destroyed,
    Discharged,
    Event,
    FellOverdue,
    Forwarded,
    Investigated,
    Opened,
    PurposeEnded,
    Received,
    Reclassified,
    Returned,
    Shown,
    WrittenOff,
)
from relto.core.register.holding import CERTIFY, INVESTIGATE, Holding, apply, check_usable, fold, strictest

__all__ = [
    "CERTIFY",
    "INVESTIGATE",
    "MAX_COPIES",
    "MAX_SOURCES",
    "Came",
    "CompromiseReported",
    "Copied",
    "Copy",
    "CopyState",
    "Derived",
    "Destroyed",
    "Discharged",
    "Event",
    "FellOverdue",
    "Forwarded",
    "Gone",
    "Holding",
    "Investigated",
    "Opened",
    "Owed",
    "PurposeEnded",
    "Received",
    "Reclassified",
    "Returned",
    "Shown",
    "WrittenOff",
    "apply",
    "check_usable",
    "due_instant",
    "event_from_json",
    "event_to_json",
    "fold",
    "owner_of",
    "start_duties",
    "strictest",
]
