"""Differences as JSON: `relto/diff/1`."""

from __future__ import annotations

from relto.core.canon import JSON
from relto.core.decision.difference import (
    Cause,
    Change,
    Difference,
    Requirement,
    change_sentence,
    requirement_sentence,
)

DIFF_SCHEMA = "relto/diff/1"


def difference_json(found: Difference, agreement: str) -> dict[str, JSON]:
    """`relto/diff/1`, but for what was compared."""
    return {
        "becomes_releasable": [_change_json(one, found, agreement) for one in found.begins],
        "ceases_to_be_releasable": [_change_json(one, found, agreement) for one in found.ceases],
        "requirements": [_requirement_json(one, agreement) for one in found.requirements],
        "combinations": {
            "compared": found.compared,
            "become_releasable": sum(one.count for one in found.begins),
            "cease_to_be_releasable": sum(one.count for one in found.ceases),
            "refused_on_other_grounds": found.on_other_grounds,
        },
        "different": not found.nothing,
    }


def _change_json(one: Change, found: Difference, agreement: str) -> dict[str, JSON]:
    return {
        "from": one.sender,
        "to": list(one.recipients),
        "agreement": one.agreement,
        "ranks": list(one.ranks),
        "marks": list(one.marks),
        "topics": [{"topic": of.topic or None, "except": list(of.but)} for of in one.ranges],
        "purposes": [{"purpose": name or None, "own": own} for name, own in one.purposes],
        "acts": list(one.acts),
        "refused_by": [_cause_json(cause) for cause in one.refused],
        "permitted_by": [_cause_json(cause) for cause in one.permitted],
        "releasable_under": list(one.otherwise),
        "combinations": one.count,
        "says": change_sentence(one, found.scale, agreement),
    }


def _cause_json(one: Cause) -> dict[str, JSON]:
    value: dict[str, JSON] = {"check": one.check, "article": one.article or None, "agreement": one.agreement or None}
    if one.says:
        value["says"] = one.says
    return value | {"unconfirmed": True} if one.unconfirmed else value


def _requirement_json(one: Requirement, agreement: str) -> dict[str, JSON]:
    return {
        "what": one.what,
        "agreement": one.agreement,
        "article_before": one.article_before or None,
        "article_after": one.article_after or None,
        "before": one.before or None,
        "after": one.after or None,
        "says": requirement_sentence(one, agreement),
    }
