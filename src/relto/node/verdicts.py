"""Verdicts and decisions as JSON (`relto/verdict/1`, DESIGN 7), for evidence, for tables and for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.canon import JSON
from relto.core.decision import Ground, Request, Verdict
from relto.node.rows import Stage

VERDICT_SCHEMA: Final = "relto/verdict/1"
DECISION_SCHEMA: Final = "relto/decision/1"


def verdict_to_json(verdict: Verdict) -> dict[str, JSON]:
    """A verdict with all its grounds, marks, duties and routes."""
    return {
        "schema": VERDICT_SCHEMA,
        "verdict": verdict.verdict,
        "act": verdict.act,
        "from": verdict.sender,
        "to": verdict.recipient,
        "at": str(verdict.at),
        "agreement": verdict.agreement,
        "marks": list(verdict.marks),
        "duties": [{"article": one.article, "do": one.do} for one in verdict.duties],
        "grounds": [ground_to_json(one) for one in verdict.grounds],
        "routes": [
            {"kind": one.kind, "via": list(one.via), "agreements": list(one.agreements), "marks": list(one.marks)}
            for one in verdict.routes
        ],
    }


def ground_to_json(ground: Ground) -> dict[str, JSON]:
    """A ground; `unconfirmed` only where it is."""
    value: dict[str, JSON] = {
        "check": ground.check,
        "passed": ground.passed,
        "article": ground.article,
        "agreement": ground.agreement,
        "says": ground.says,
    }
    return value | {"unconfirmed": True} if ground.unconfirmed else value


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
        "verdict": verdict_to_json(verdict),
    }


def grounds_of(says: Mapping[str, JSON]) -> tuple[Ground, ...]:
    """The grounds that a refusal states; what is malformed in it is left out, for it only informs."""
    found: list[Ground] = []
    listed = says.get("grounds")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict):
            texts = [one.get(name) for name in ("check", "article", "agreement", "says")]
            if all(isinstance(text, str) for text in texts):
                check, article, agreement, said = (str(text) for text in texts)
                found.append(Ground(check, one.get("passed") is True, article, agreement, said))
    return tuple(found)
