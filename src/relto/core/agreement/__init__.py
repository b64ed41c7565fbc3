"""The law: the text of an agreement, the instruments of its record, the readings; from them the standing.

Standing = f(text, instruments, at, reading, known_by). Values in, values out.
"""

from relto.core.agreement.fold import Supersession, fold_history
from relto.core.agreement.history import History, Phase, Segment
from relto.core.agreement.instrument import INSTRUMENT_KINDS, Instrument, InstrumentKind, Record
from relto.core.agreement.standing import IN_FORCE, STATES, Standing, StandingGround, State
from relto.core.agreement.text import (
    Agreement,
    Clause,
    Duty,
    Entry,
    NoticeRule,
    Persons,
    Purpose,
    Scope,
    Survival,
    Term,
    ThirdParty,
    Witnesses,
)
from relto.core.agreement.validity import check_record

__all__ = [
    "INSTRUMENT_KINDS",
    "IN_FORCE",
    "STATES",
    "Agreement",
    "Clause",
    "Duty",
    "Entry",
    "History",
    "Instrument",
    "InstrumentKind",
    "NoticeRule",
    "Persons",
    "Phase",
    "Purpose",
    "Record",
    "Scope",
    "Segment",
    "Standing",
    "StandingGround",
    "State",
    "Supersession",
    "Survival",
    "Term",
    "ThirdParty",
    "Witnesses",
    "check_record",
    "fold_history",
]
