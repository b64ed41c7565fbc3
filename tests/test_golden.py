"""The verdicts of northeast-asia as text: a change in who may give what to whom shows up as a diff in review.

`make golden` writes the file anew; read the difference before you commit it. `docs/coverage.md` says what is not in it.
"""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.decision import CHECKS, Request
from relto.core.decision.table.word import FAILED, checks_of
from relto.core.label import Caveats
from tests.breaking import compiled
from tests.making import northeast_asia
from tests.test_variants import DOSSIERS, VARIANTS

ROOT = Path(__file__).parent.parent
GOLDEN = ROOT / "tests/golden/northeast-asia.verdicts.txt"
SHIPPED = ROOT / "src/relto/dossiers/northeast-asia"
COVERAGE = (ROOT / "docs/coverage.md").read_text(encoding="utf-8")


def test_the_verdicts_of_northeast_asia_are_those_of_the_golden_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["table", "show", "--dossier", str(SHIPPED)]) == 0
    assert capsys.readouterr().out == GOLDEN.read_text(encoding="utf-8"), "read the difference, then `make golden`"


def test_the_golden_file_tells_of_the_night_of_2019() -> None:
    text = GOLDEN.read_text(encoding="utf-8")
    assert "notice given, in force, ends 2019-11-23 00:00 KST (2019-11-22 15:00 UTC)" in text
    pairs = re.findall(r"^(\w+) to (\w+)$", text, re.M)
    assert sorted(pairs) == sorted((a, b) for a in ("JPN", "KOR", "USA") for b in ("JPN", "KOR", "USA") if a != b)


def listed(heading: str) -> set[str]:
    """The words in back-ticks with which the entries under a heading begin."""
    section = COVERAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    entries = re.findall(r"^- ((?:`[^`]+`(?:, )?)+)", section, re.M)
    return {word for entry in entries for word in re.findall(r"`([^`]+)`", entry)}


def test_the_list_of_what_is_not_covered_is_complete_and_says_nothing_twice() -> None:
    cells, requests = listed("In the cells"), listed("Decided at each request")
    assert cells & requests == set()
    every = {*CHECKS, *(one.name for one in fields(Caveats)), *(one.name for one in fields(Request))}
    assert cells | requests == every


def test_the_checks_in_the_cells_are_those_that_are_listed() -> None:
    found: set[str] = set()
    tables = [compiled(load_dossier(VARIANTS / name)) for name in DOSSIERS] + [compiled(northeast_asia())]
    for table in tables:
        for _, stretch, _ in table.stretches():
            for edge in stretch.edges:
                low = np.bitwise_or.reduce(table.cells(edge) & np.uint64(FAILED), axis=None)
                found |= set(checks_of(int(low)))
    assert found == (listed("In the cells") & set(CHECKS)) - {"third-party"}
