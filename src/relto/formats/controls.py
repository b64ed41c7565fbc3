"""Visits, contractors' checklists and facilities as JSON."""

from __future__ import annotations

from typing import Final

from relto.core.canon import JSON
from relto.core.register import CONDITIONS, Contractor, Site, Visit, VisitOpened
from relto.core.timeline import Instant
from relto.formats.answers import instant_json

VISIT_SCHEMA: Final = "relto/visit/1"
CONTRACTOR_SCHEMA: Final = "relto/contractor/1"
FACILITY_SCHEMA: Final = "relto/facility/1"


def visit_json(visit: Visit) -> dict[str, JSON]:
    """`relto/visit/1`: what was asked for, what was approved, and what was shown within it."""
    asked, approved, off, held = visit.asked, visit.approved, visit.called_off, visit.held
    return {
        "schema": VISIT_SCHEMA,
        "id": visit.id,
        "state": visit.state,
        "visiting": asked.visiting,
        "host": asked.host,
        "facility": asked.facility,
        "agreement": asked.agreement,
        "purpose": asked.purpose,
        "topics": list(asked.topics),
        "visitors": list(asked.visitors),
        "assured": asked.assured,
        "asked": _granted(asked.at, asked.by, asked.ceiling, asked.starts, asked.ends),
        "approved": _granted(approved.at, approved.by, approved.ceiling, approved.starts, approved.ends)
        if approved is not None
        else None,
        "declined": visit.declined.says if visit.declined is not None else None,
        "called_off": {"at": str(off.at), "by": off.party, "says": off.says} if off is not None else None,
        "came": list(held.came) if held is not None else None,
        "shown": [
            {
                "at": str(one.at),
                "item": one.item,
                "holding": one.holding or None,
                "rank": one.rank,
                "to": (one.person if isinstance(one, VisitOpened) else one.to) or None,
                "opened": isinstance(one, VisitOpened),
            }
            for one in visit.shown
        ],
    }


def _granted(at: Instant, by: str, ceiling: str, starts: Instant, ends: Instant) -> JSON:
    return {"at": str(at), "by": by, "ceiling": ceiling, "from": str(starts), "until": str(ends)}


def contractor_json(one: Contractor, at: Instant) -> dict[str, JSON]:
    """`relto/contractor/1`: each condition, what shows it, and whether it is met at `at`; the inspections."""
    kept, last, unmet, confirmed = one.checklist, one.inspection, one.unmet(at), one.confirmed
    return {
        "schema": CONTRACTOR_SCHEMA,
        "id": one.id,
        "agreement": kept.agreement,
        "article": kept.article,
        "inspect_every": kept.every,
        "inspected": None if last is None else {"at": str(last.at), "passed": last.passed, "says": last.says},
        "inspection_due": instant_json(one.inspection_due),
        "overdue": one.overdue(at),
        "complete": not unmet,
        "conditions": [
            {
                "id": letter,
                "says": says,
                "met": letter not in unmet,
                "evidence": confirmed[letter].evidence if letter in confirmed else None,
                "since": str(confirmed[letter].at) if letter in confirmed else None,
            }
            for letter, says in CONDITIONS.items()
        ],
    }


def facility_json(site: Site, at: Instant) -> dict[str, JSON]:
    """`relto/facility/1`: who is responsible for it at `at`, who was, and who stands in its register."""
    return {
        "schema": FACILITY_SCHEMA,
        "id": site.id,
        "officials": list(site.officials(at)),
        "offices": [
            {"official": one.official, "task": one.task, "since": str(one.since), "until": instant_json(one.until)}
            for one in site.offices
        ],
        "register": list(site.register) if site.keeps_register else None,
    }
