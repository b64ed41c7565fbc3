"""Impact as JSON and as text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from relto.core.analysis.impact import Change, Impact
from relto.core.analysis.impact.answers import Answer
from relto.core.analysis.impact.compare import Counts, Turn, diverted, lost
from relto.core.analysis.impact.delay import Delays, Seconds
from relto.core.analysis.world import World

SCHEMA: Final = "relto/impact/1"
WORDS: Final[dict[Turn, str]] = {
    ("direct", "direct"): "goes on as recorded",
    ("mediated", "mediated"): "goes through the ally in both",
    ("refused", "refused"): "is refused in both",
    ("direct", "mediated"): "would go through the ally",
    ("direct", "refused"): "is lost",
    ("mediated", "refused"): "is lost (it went through the ally)",
    ("mediated", "direct"): "would go straight, no longer through the ally",
    ("refused", "direct"): "would become releasable",
    ("refused", "mediated"): "would become releasable, through the ally",
}
ORDER: Final = tuple(WORDS)


def impact_json(found: Impact, world: World, delays: Delays | None) -> dict[str, Any]:
    """`relto/impact/1`: all counts; rows of `relto/impact-row/1` beside it say them one by one."""
    value: dict[str, Any] = {
        "schema": SCHEMA,
        "agreement": world.agreement,
        "world": str(world),
        "rows": len(found.traffic),
        "total": counts_json(found.total),
        "lost": lost(found.total),
        "diverted": diverted(found.total),
        "topics": {name: counts_json(one) for name, one in sorted(found.topics.items())},
        "ranks": {name: counts_json(one) for name, one in sorted(found.ranks.items())},
        "parties": [
            {"from": sender, "to": recipient, "total": counts_json(one)}
            for (sender, recipient), one in sorted(found.parties.items())
        ],
        "days": {str(day): counts_json(one) for day, one in sorted(found.days.items())},
        "refused_for": [
            {"check": check, "agreement": agreement, "article": article, "rows": count}
            for (check, agreement, article), count in _ranked(found)
        ],
    }
    if delays is not None:
        value["delay_s"] = {
            "direct": list(delays.direct),
            "mediated": list(delays.mediated),
            "mediated_by_link": list(delays.mediated_linked),
            "link_from": str(delays.link_from) if delays.link_from else None,
        }
    return value


def _ranked(found: Impact) -> list[tuple[tuple[str, str, str], int]]:
    return sorted(found.articles.items(), key=lambda one: (-one[1], one[0]))


def counts_json(counts: Counts) -> list[dict[str, Any]]:
    """Counts of turns."""
    return [{"before": turn[0], "after": turn[1], "rows": counts[turn]} for turn in ORDER if counts[turn]]


def change_json(change: Change, delays: Delays | None) -> dict[str, Any]:
    """`relto/impact-row/1`: one movement in both worlds."""
    one = change.movement
    value = {
        "schema": "relto/impact-row/1",
        "id": one.id,
        "item": one.item.id,
        "from": one.sender,
        "to": one.recipient,
        "at": str(one.at),
        "before": _answer_json(change.before),
        "after": _answer_json(change.after),
    }
    if delays is not None:
        value["delay_s"] = {
            "before": _seconds(delays.seconds(change.before.outcome, one.at)),
            "after": _seconds(delays.seconds(change.after.outcome, one.at)),
        }
    return value


def _seconds(found: Seconds | None) -> list[float] | None:
    return list(found) if found is not None else None


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "outcome": answer.outcome,
        "via": list(answer.via),
        "failed": [{"check": check, "agreement": of, "article": article} for check, of, article in answer.failed],
    }


def turn_rows(counts: Counts) -> list[tuple[str, ...]]:
    """Counts as rows of text."""
    return [(str(counts[turn]), WORDS[turn]) for turn in ORDER if counts[turn]]


def by_rows(counted: Mapping[Any, Counts], named: Callable[[Any], str]) -> Iterator[tuple[str, ...]]:
    """A table of what is kept, diverted, lost and gained, by some axis."""
    yield ("", "as recorded", "through the ally", "lost", "gained", "refused in both")
    for key in sorted(counted):
        one = counted[key]
        kept = one["direct", "direct"] + one["mediated", "mediated"] + one["mediated", "direct"]
        gained = one["refused", "direct"] + one["refused", "mediated"]
        figures = (kept, diverted(one), lost(one), gained, one["refused", "refused"])
        yield (named(key), *(str(figure) for figure in figures))


def article_rows(found: Impact) -> list[tuple[str, ...]]:
    """For which article what is lost is refused."""
    return [
        (str(count), check, f"{agreement} {article}".strip()) for (check, agreement, article), count in _ranked(found)
    ]
