"""The table of articles: each is there, and each test that it names exists."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
TABLE = (ROOT / "docs" / "articles.md").read_text("utf-8")
ROWS = [line.strip("|").split(" | ") for line in TABLE.splitlines() if re.match(r"\| (preamble|\d)", line)]


def test_no_article_is_silently_missing() -> None:
    named = {int(number) for row in ROWS for number in re.findall(r"(\d+)(?:\(\w\))?", row[0])}
    assert named == set(range(1, 22))
    assert {f"6({letter})" for letter in "abcdefgh"} <= {row[0].strip() for row in ROWS}


def test_each_line_says_how_and_names_a_test_unless_it_is_left_to_people() -> None:
    for row in ROWS:
        how, shown = row[2].strip(), row[3].strip(" |`") if len(row) > 3 else ""
        assert how.startswith(("enforced", "recorded", "left to people")), row
        assert bool(shown) is not how.startswith("left to people"), row
        if shown:
            file, _, name = shown.partition("::")
            assert f"def {name}" in (ROOT / file).read_text("utf-8"), row
