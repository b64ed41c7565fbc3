"""The analyses: impact over ten million rows on one core, beside a pass over the same columns; launches assessed."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from relto.adapters.folder import load_dossier
from relto.core.analysis.impact import Impact, Traffic, impact
from relto.core.analysis.impact.answers import answer_of
from relto.core.analysis.sufficiency import Assessment, assess
from relto.core.analysis.world import World, in_world
from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.route import decide
from relto.core.timeline import parse_instant
from relto.formats.analysis.assumptions import read_assumptions
from relto.formats.analysis.launches import read_launches

ROWS: Final = 10_000_000
ROUNDS: Final = 5
SAMPLE: Final = 2_000
SHIPPED: Final = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"


def analysis(figure: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Impact and sufficiency."""
    yield _impact(figure)
    yield _sufficiency(figure)


def _impact(figure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    dossier = load_dossier(SHIPPED)
    other = in_world(dossier, World("kor-jpn-2016", lapse=parse_instant("2019-11-23T00:00+09:00")))
    traffic = _traffic(dossier)
    times, passes = [], []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        _ = int(traffic.at.sum()) + int(traffic.item.sum()) + int(traffic.sender.sum()) + int(traffic.recipient.sum())
        passes.append(time.perf_counter() - start)
        start = time.perf_counter()
        found = impact(traffic, dossier, other, zone="Asia/Seoul")
        times.append(time.perf_counter() - start)
    _check_sample(found, dossier, other)
    median = statistics.median(times)
    return figure(
        "impact over ten million rows, one core",
        median_s=round(median, 3),
        slowest_s=round(max(times), 3),
        target_s=2.0,
        summing_the_columns_s=round(statistics.median(passes), 4),
        rows=len(traffic),
        answers=len(found.before.answers),
        sample_equal_to_the_reference=SAMPLE,
        met=median < 2.0,
    )


def _traffic(dossier: Dossier) -> Traffic:
    """The shipped items and sixty variants, between all three parties, at random instants of twelve years, unsorted."""
    chance = np.random.default_rng(1)
    given = tuple(dossier.items.values())
    topics = ("defence/maritime", "defence/dprk/nuclear", "civil")
    more = [replace(one, id=f"x{n}", topic=topic) for n in range(10) for one in given[:2] for topic in topics]
    items, names = (*given, *more), ("KOR", "JPN", "USA")
    item = chance.integers(0, len(items), ROWS).astype(np.int32)
    sender = np.array([names.index(one.originator) for one in items], np.int32)[item]
    recipient = ((sender + chance.integers(1, 3, ROWS)) % 3).astype(np.int32)
    start, end = parse_instant("2014-01-01T00:00Z"), parse_instant("2026-01-01T00:00Z")
    return Traffic(items, names, item, sender, recipient, chance.integers(start.ns, end.ns, ROWS))


def _check_sample(found: Impact, dossier: Dossier, other: Dossier) -> None:
    for row in np.random.default_rng(2).integers(0, len(found.traffic), SAMPLE).tolist():
        one = found.traffic.movement(row)
        asked = Request("release", one.item, one.sender, one.recipient, one.at)
        if (found.before.row(row), found.after.row(row)) != tuple(
            answer_of(decide(world, asked)) for world in (dossier, other)
        ):
            raise SystemExit(f"row {row} is not what the reference decides")


def _sufficiency(figure: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    place = Path(os.environ.get("RELTO_LAUNCHES", SHIPPED / "launches" / "2019.csv"))
    assumed = read_assumptions("notional", (SHIPPED / "assumptions" / "notional.yaml").read_bytes())
    times = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        found = list(assess(read_launches(str(place), place.read_bytes()), assumed, load_dossier(SHIPPED)))
        times.append(time.perf_counter() - start)
    median = statistics.median(times)
    return figure(
        "sufficiency of all launches, read and assessed",
        median_s=round(median, 3),
        target_s=5.0,
        launches=len(found),
        assessable=sum(isinstance(one, Assessment) for one in found),
        met=median < 5.0,
    )
