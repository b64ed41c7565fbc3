"""The difference between two tables: what may be released in one state of the world and not in the other, and why.

Two tables go in (two texts, or two dates); every combination whose verdict changes comes out, with the articles that
cause it, and the requirements that change beside. The causes are the reference evaluator's.
"""

from relto.core.decision.difference.change import Cause, Change, Combination, Difference, Requirement, Scale, TopicRange
from relto.core.decision.difference.compare import difference
from relto.core.decision.difference.hypothesis import as_if_in_force, governed_by
from relto.core.decision.difference.question import Question, Side, answer, settle
from relto.core.decision.difference.words import (
    causes_named,
    change_lines,
    change_sentence,
    purpose_groups,
    rank_rows,
    requirement_sentence,
    ways_said,
)

__all__ = [
    "Cause",
    "Change",
    "Combination",
    "Difference",
    "Question",
    "Requirement",
    "Scale",
    "Side",
    "TopicRange",
    "answer",
    "as_if_in_force",
    "causes_named",
    "change_lines",
    "change_sentence",
    "difference",
    "governed_by",
    "purpose_groups",
    "rank_rows",
    "requirement_sentence",
    "settle",
    "ways_said",
]
