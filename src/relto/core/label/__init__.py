"""What an item carries: marks, ranks, topics, purposes, caveats; and the equivalence of marks between parties.

Ranks are compared, never national strings. Nothing here knows of agreements in force.
"""

from relto.core.label.caveat import Caveats
from relto.core.label.equivalence import Levels, RankRow
from relto.core.label.identifier import check_id, check_party_id, is_code, is_country
from relto.core.label.mark import Mark
from relto.core.label.rank import STANDARD_RANKS, RankOrder
from relto.core.label.topic import ancestry, check_topic, covers, covers_any

__all__ = [
    "STANDARD_RANKS",
    "Caveats",
    "Levels",
    "Mark",
    "RankOrder",
    "RankRow",
    "ancestry",
    "check_id",
    "check_party_id",
    "check_topic",
    "covers",
    "covers_any",
    "is_code",
    "is_country",
]
