"""A survey: the whole of a table in as few statements as it takes, each with the articles it rests on.

A table goes in; who may give what to whom, over which stretch of time, comes out as values. Words are `formats`' work.
"""

from relto.core.decision.survey.boxes import Box, boxes
from relto.core.decision.survey.size import Size, size_of
from relto.core.decision.survey.survey import (
    Cited,
    Edgewise,
    Onward,
    Permission,
    Protected,
    Refusal,
    Span,
    survey,
)

__all__ = [
    "Box",
    "Cited",
    "Edgewise",
    "Onward",
    "Permission",
    "Protected",
    "Refusal",
    "Size",
    "Span",
    "boxes",
    "size_of",
    "survey",
]
