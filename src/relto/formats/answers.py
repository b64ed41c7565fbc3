"""Answers as JSON: standings, verdicts, deadlines, briefs, in the schemas of DESIGN 7 (extended, never renamed)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relto.core.agreement import Instrument, Segment, Standing, StandingGround
from relto.core.canon import JSON
from relto.core.decision import Ground, Verdict
from relto.core.dossier import ChronicleEntry
from relto.core.timeline import Instant

if TYPE_CHECKING:  # a process that asks for one verdict does not load the analysis and the register
    from relto.core.analysis import AgreementBrief, Brief, Condition, Deadline
    from relto.core.register import Holding

STANDING_SCHEMA = "relto/standing/1"
VERDICT_SCHEMA = "relto/verdict/1"


def instant_json(instant: Instant | None) -> str | None:
    """RFC 3339 in UTC with `Z`; null where there is none."""
    return None if instant is None else str(instant)


def standing_json(standing: Standing) -> dict[str, JSON]:
    """`relto/standing/1`."""
    value: dict[str, JSON] = {"schema": STANDING_SCHEMA, "agreement": standing.agreement, "at": str(standing.at)}
    value |= {"reading": standing.reading, **_state_json(standing)}
    if standing.between is not None:
        value["between"] = list(standing.between)
    return value


def _state_json(standing: Standing) -> dict[str, JSON]:
    return {
        "state": standing.state,
        "in_force": standing.in_force,
        "term_end": instant_json(standing.term_end),
        "ends_at": instant_json(standing.ends_at),
        "notice_deadline": instant_json(standing.notice_deadline),
        "grounds": [_standing_ground_json(ground) for ground in standing.grounds],
        "version": standing.version,
    }


def _standing_ground_json(ground: StandingGround) -> dict[str, JSON]:
    value: dict[str, JSON] = {
        "article": ground.article,
        "instrument": ground.instrument or None,
        "says": ground.says,
    }
    return value | {"unconfirmed": True} if ground.unconfirmed else value


def segment_json(segment: Segment) -> dict[str, JSON]:
    """`relto/segment/1`: a half-open stretch of the timeline over which the standing stays the same."""
    standing = segment.standing
    return {
        "schema": "relto/segment/1",
        "agreement": standing.agreement,
        "reading": standing.reading,
        "start": str(segment.start),
        "end": str(segment.end),
        **_state_json(standing),
    }


def verdict_json(verdict: Verdict) -> dict[str, JSON]:
    """`relto/verdict/1`."""
    return {
        "schema": VERDICT_SCHEMA,
        "verdict": verdict.verdict,
        "act": verdict.act,
        "item": verdict.item,
        "from": verdict.sender,
        "to": verdict.recipient,
        "at": str(verdict.at),
        "agreement": verdict.agreement or None,
        "marks": list(verdict.marks),
        "duties": [
            {"article": one.article, "do": one.do, "on": one.on, "within": one.within or None, "to": one.to or None}
            for one in verdict.duties
        ],
        "grounds": [ground_json(ground) for ground in verdict.grounds],
        "routes": [
            {"kind": one.kind, "via": list(one.via), "agreements": list(one.agreements), "marks": list(one.marks)}
            for one in verdict.routes
        ],
    }


def ground_json(ground: Ground) -> dict[str, JSON]:
    """One ground of a verdict; `unconfirmed` only where it is."""
    value: dict[str, JSON] = {
        "check": ground.check,
        "passed": ground.passed,
        "article": ground.article,
        "agreement": ground.agreement,
        "says": ground.says,
    }
    return value | {"unconfirmed": True} if ground.unconfirmed else value


def deadline_json(deadline: Deadline) -> dict[str, JSON]:
    """`relto/deadline/1`."""
    value: dict[str, JSON] = {
        "schema": "relto/deadline/1",
        "at": str(deadline.at),
        "kind": deadline.kind,
        "agreement": deadline.agreement or None,
        "article": deadline.article,
        "says": deadline.says,
    }
    return value | {"unconfirmed": True} if deadline.unconfirmed else value


def entry_json(entry: ChronicleEntry) -> dict[str, JSON]:
    """One entry of the chronicle, attributed."""
    value: dict[str, JSON] = {
        "id": entry.id,
        "kind": entry.kind,
        "at": str(entry.at.instant),
        "precision": entry.at.precision,
        "by": list(entry.by),
        "about": list(entry.about),
        "says": entry.says,
        "source": entry.source,
    }
    if entry.speaker:
        value["speaker"] = entry.speaker
    if entry.claims:
        value["claims"] = [{"by": one.by, "says": one.says, "source": one.source} for one in entry.claims]
    if entry.handled:
        value["handled"] = entry.handled
    if entry.count is not None:
        value["count"] = entry.count
    return value | {"unconfirmed": True} if entry.unconfirmed else value


def brief_json(told: Brief) -> dict[str, JSON]:
    """`relto/brief/1`."""

    def agreement(one: AgreementBrief) -> dict[str, JSON]:
        return {
            **standing_json(one.standing),
            "title": one.title,
            "sentence": one.sentence,
            "source": one.source,
            "read_otherwise": [{"reading": party, "sentence": said} for party, said in one.others],
        }

    return {
        "schema": "relto/brief/1",
        "at": str(told.at),
        "reading": told.reading,
        "agreements": [agreement(one) for one in told.agreements],
        "deadlines": [deadline_json(one) for one in told.due],
        "statements": [entry_json(one) for one in told.statements],
        "meetings": [entry_json(one) for one in told.meetings],
        "measures": [entry_json(one) for one in told.measures],
        "incidents": [entry_json(one) for one in told.incidents],
        "exchanges": [entry_json(one) for one in told.exchanges],
        "conditions": [_condition_json(one) for one in told.conditions],
    }


def _condition_json(one: Condition) -> dict[str, JSON]:
    """What stands on a condition: `met` null where nothing on record decides it."""
    value: dict[str, JSON] = {
        "by": list(one.by),
        "at": str(one.at.instant),
        "says": one.says,
        "source": one.source,
        "entry": one.entry.id if one.entry else None,
        "agreement": one.agreement or None,
        "instrument": one.instrument or None,
        "met": one.met,
        "measures": [{"id": measure.id, "ended_by": ended.id if ended else None} for measure, ended in one.measures],
    }
    return value | {"unconfirmed": True} if one.unconfirmed else value


def holding_json(held: Holding) -> dict[str, JSON]:
    """`relto/holding/1`."""
    came = held.received
    return {
        "schema": "relto/holding/1",
        "id": held.id,
        "item": came.item,
        "title": came.title,
        "originator": came.originator,
        "from": came.sender,
        "through": held.intermediary,
        "received_at": str(came.at),
        "agreement": came.agreement,
        "mark": held.mark,
        "origin_mark": held.origin_mark,
        "topic": came.topic,
        "purpose": came.purpose,
        "purpose_ended": instant_json(held.purpose_ended),
        "originators": list(held.originators),
        "sources": list(held.sources),
        "copies": [
            {
                "number": one.number,
                "keeper": one.keeper or None,
                "state": one.state,
                "since": instant_json(one.since or one.made),
            }
            for one in held.copies
        ],
        "opened": len(held.openings),
        "compromises": len(held.compromises),
        "duties": [
            {
                "article": one.article,
                "do": one.do,
                "due": str(one.due) if one.due else None,
                "done": str(one.done) if one.done else None,
            }
            for one in held.duties
        ],
    }


def instrument_json(agreement: str, one: Instrument, missing: tuple[str, ...] = ()) -> dict[str, JSON]:
    """`relto/instrument/1`: an instrument of the record, or one that waits for the signatures of `missing`."""
    value: dict[str, JSON] = {
        "schema": "relto/instrument/1",
        "agreement": agreement,
        "id": one.id,
        "kind": one.kind,
        "by": list(one.by),
        "at": str(one.at.instant),
        "precision": one.at.precision,
        "recorded": str(one.recorded),
        "targets": list(one.targets),
        "complete": not missing,
        "missing": list(missing),
    }
    optional: dict[str, JSON] = {
        "item": one.item,
        "topic": one.topic,
        "to": list(one.to),
        "purpose": one.purpose,
        "text": one.text,
    }
    value |= {key: found for key, found in optional.items() if found}
    value |= {"condition": one.condition} if one.condition else {}
    return value | {"unconfirmed": True} if one.unconfirmed else value
