"""The register: what a party holds of others' items and what it owes for them, as a fold over events.

Values in, values out: the events stand in signed evidence, so the tables of a node can be made again from its ledger.
"""

from relto.core.register.codec import event_from_json, event_to_json
from relto.core.register.duty import Owed, due_instant, start_duties
from relto.core.register.events import CompromiseReported, Discharged, Event, Forwarded, Opened, Received
from relto.core.register.holding import Holding, apply, fold

__all__ = [
    "CompromiseReported",
    "Discharged",
    "Event",
    "Forwarded",
    "Holding",
    "Opened",
    "Owed",
    "Received",
    "apply",
    "due_instant",
    "event_from_json",
    "event_to_json",
    "fold",
    "start_duties",
]
