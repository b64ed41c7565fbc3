"""A dossier: agreements with their records, parties, persons, items and the chronicle, as values that belong together.

Later than `agreement` (it holds them), earlier than `decision` (which asks it).
"""

from relto.core.dossier.chronicle import ENTRY_KINDS, ChronicleEntry, Claim
from relto.core.dossier.consent import Consent
from relto.core.dossier.dossier import Dossier
from relto.core.dossier.item import Item, Payload
from relto.core.dossier.party import Accredited, Assurance, DomesticRule, Facility, Party, Person, TwoPersonRule
from relto.core.dossier.span import recorded_span

__all__ = [
    "ENTRY_KINDS",
    "Accredited",
    "Assurance",
    "ChronicleEntry",
    "Claim",
    "Consent",
    "DomesticRule",
    "Dossier",
    "Facility",
    "Item",
    "Party",
    "Payload",
    "Person",
    "TwoPersonRule",
    "recorded_span",
]
