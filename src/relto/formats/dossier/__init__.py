"""The dossier as YAML: agreements, records, parties, persons, items and the chronicle, in and out (`writing`).

Every fault is one line with file, line and column, what is wrong and what to do; nothing but plain data is accepted.
"""

from relto.formats.dossier.agreement import read_agreement
from relto.formats.dossier.chronicle import read_chronicle
from relto.formats.dossier.dossier import FOLDERS, check_item, check_person, check_text, read_dossier
from relto.formats.dossier.item import read_item, read_items
from relto.formats.dossier.nodes import MAX_FILE_BYTES, Source
from relto.formats.dossier.party import read_party, read_person
from relto.formats.dossier.record import instrument_agreement, open_record, read_instrument, read_record

__all__ = [
    "FOLDERS",
    "MAX_FILE_BYTES",
    "Source",
    "check_item",
    "check_person",
    "check_text",
    "instrument_agreement",
    "open_record",
    "read_agreement",
    "read_chronicle",
    "read_dossier",
    "read_instrument",
    "read_item",
    "read_items",
    "read_party",
    "read_person",
    "read_record",
]
