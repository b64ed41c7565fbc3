"""Decisions as JSON, for evidence and for tables; the grounds that a refusal states, read back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.canon import JSON
from relto.core.decision import Ground, Request, Verdict
from relto.formats.answers import verdict_json
from relto.node.rows import Stage

DECISION_SCHEMA: Final = "relto/decision/1"
_TEXTS: Final = ("check", "article", "agreement", "says")


def decision_to_json(verdict: Verdict, request: Request, stage: Stage, ends: tuple[str, str]) -> dict[str, JSON]:
    """A decision as a node made it: the verdict, under whose reading, for what, and what its clock said."""
    return {
        "schema": DECISION_SCHEMA,
        "stage": stage,
        "item": verdict.item,
        "reading": request.reading,
        "purpose": request.asked_purpose,
        "person": request.person.id if request.person else None,
        "clock": list(ends),
        "verdict": verdict_json(verdict),
    }


def grounds_of(says: Mapping[str, JSON]) -> tuple[Ground, ...]:
    """The grounds that a refusal states; what is malformed in it is left out, for it only informs."""
    found: list[Ground] = []
    listed = says.get("grounds")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            check, article, agreement, said = (str(one.get(name) or "") for name in _TEXTS)
            passed, unconfirmed = one.get("passed") is True, one.get("unconfirmed") is True
            found.append(Ground(check, passed, article, agreement, said, unconfirmed))
    return tuple(found)
