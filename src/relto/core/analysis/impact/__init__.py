"""Impact: the same traffic decided in two states of the world, row by row.

Every row is answered by the reference decision (`relto.core.route.decide`): rows that ask the same between the same two
instants of change share one answer, so that ten million cost what their differences cost.
"""

from relto.core.analysis.impact.answers import Answer, Answers, Outcome, answer_all
from relto.core.analysis.impact.compare import Change, Impact, impact
from relto.core.analysis.impact.traffic import Movement, Traffic, traffic_of

__all__ = [
    "Answer",
    "Answers",
    "Change",
    "Impact",
    "Movement",
    "Outcome",
    "Traffic",
    "answer_all",
    "impact",
    "traffic_of",
]
