"""Decisions as JSON, for evidence and for tables; the grounds that a refusal states, read back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from relto.core.canon import JSON, parse_canonical
from relto.core.decision import Ground, Request, Verdict
from relto.core.memo import Memo
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


_HEAD: Final = re.compile(
    r'\{"clock":\["[0-9]{4}-[0-9TZ:.-]+","([0-9]{4}-[0-9TZ:.-]+)"\],"item":"([A-Za-z0-9._-]+)",', re.ASCII
)
_MOST_KEPT: Final = 1 << 15
_STAGES: Final[Memo[str, JSON]] = Memo(256)


def stage_in(verdict: str) -> JSON:
    """At which stage a decision was made, by its document. Raises InputError for one not in its one canonical form.

    Documents differ from one message to the next in clock, item and instant, as a rule, and in nothing else. Where one
    is like another that was read, but for what stands in these texts, so is its form: they are values, without a sign
    that could be written in two ways.
    """
    head = _HEAD.match(verdict)
    if head is None or "\x00" in verdict or "\x01" in verdict or len(verdict) > _MOST_KEPT:
        return _read_stage(verdict)
    at, item = head.groups()
    frame = verdict[head.end() :].replace(f':"{at}"', ":\x00").replace(f':"{item}"', ":\x01")
    known = _STAGES.get(frame)
    return _STAGES.put(frame, _read_stage(verdict)) if known is None else known


def _read_stage(verdict: str) -> JSON:
    return parse_canonical(verdict.encode("utf-8"), name="decision").get("stage")
