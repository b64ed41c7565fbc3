"""A party's own people in SQLite: `people.db` beside the node's store, for its owner alone (mode 600).

Passwords are kept as argon2id, tokens as SHA-256; what time it is comes in with every question.
"""

from relto.adapters.people.migrations import PeopleLineage
from relto.adapters.people.passwords import FULL_COST, LIGHT_COST, Passwords
from relto.adapters.people.store import SessionLimits, SqlitePeople

__all__ = ["FULL_COST", "LIGHT_COST", "Passwords", "PeopleLineage", "SessionLimits", "SqlitePeople"]
