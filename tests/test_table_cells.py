"""Table and reference agree on every cell of the shipped dossier and of the variants of real agreements."""

from __future__ import annotations

from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.core.decision.table import compile_table
from relto.core.dossier import Dossier
from relto.core.timeline import Instant, parse_instant
from tests.comparing import disagreements, every_cell

ROOT = Path(__file__).parent
SHIPPED = ROOT.parent / "src/relto/dossiers/northeast-asia"
VARIANTS = sorted(
    path.parent
    for path in (ROOT / "fixtures/variants").glob("*/agreements")
    if not path.parent.name.startswith("invalid-")
)
YEAR = 366 * 86_400_000_000_000


def window(dossier: Dossier) -> tuple[Instant, Instant]:
    """From a year before the first instrument to twenty years after the last."""
    instants = [one.at.instant for record in dossier.records.values() for one in record.instruments]
    if not instants:
        return parse_instant("2019-01-01T00:00Z"), parse_instant("2020-01-01T00:00Z")
    return min(instants).plus(-YEAR), max(instants).plus(20 * YEAR)


@pytest.mark.parametrize("folder", [SHIPPED, *VARIANTS], ids=lambda path: path.name)
def test_every_cell_is_what_the_reference_says(folder: Path) -> None:
    dossier = load_dossier(folder)
    table = compile_table(dossier, *window(dossier))
    requests = list(every_cell(table, last=folder == SHIPPED))
    assert len(requests) > 100
    assert list(disagreements(table, requests)) == []


@pytest.mark.parametrize("reading", ["KOR", "JPN"])
def test_every_cell_under_one_reading_and_as_known_in_november_2019(reading: str) -> None:
    dossier = load_dossier(SHIPPED)
    known_by = parse_instant("2019-11-18T00:00Z")
    table = compile_table(dossier, *window(dossier), reading, known_by=known_by)
    requests = list(every_cell(table, last=True))
    assert list(disagreements(table, requests)) == []
    before, after = parse_instant("2019-11-22T14:59:59.999999999Z"), parse_instant("2019-11-22T15:00Z")
    item = table.item("msl-2019-10-31")
    assert table.decide("release", "KOR", "JPN", item, None, before).permits
    assert table.decide("release", "KOR", "JPN", item, None, after).failed_checks == ("standing",)
