"""The long comparison (`make check-long`) asks what `make test` asks: all kinds of requests, readings and knowledge."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.long import A_DOSSIER, FIRST_SEED, compare, drawn

SEEDS = range(FIRST_SEED, FIRST_SEED + 24)


def test_readings_knowledge_persons_and_bits_change_from_dossier_to_dossier() -> None:
    many = [drawn(seed) for seed in SEEDS]
    for values in (
        {one.reading is None for one in many},
        {one.known_by is None for one in many},
        {not one.persons for one in many},
        {one.bits is None for one in many},
    ):
        assert values == {True, False}
    both = {(one.reading is None, one.known_by is None) for one in many}
    assert len(both) == 4


def test_requests_are_of_all_kinds() -> None:
    found = drawn(FIRST_SEED + 3)
    asked = found.requests(FIRST_SEED + 3, 400)
    assert (len(asked), {one.reading for one in asked[:380]}) == (400, {found.reading})
    assert {one.known_by for one in asked[:380]} == {found.known_by}
    for values in ({one.person is None for one in asked}, {one.system is None for one in asked}):
        assert values == {True, False}
    assert found.dossier.consents(None)
    assert [compare(seed, 60) for seed in SEEDS[:8]] == [(60, [])] * 8


def test_it_ends_with_one_line_of_figures() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.long", "1"], capture_output=True, text=True, check=False, timeout=120
    )
    figures = json.loads(done.stdout)
    assert (done.returncode, done.stdout.count("\n")) == (0, 1)
    assert (figures["requests"], figures["dossiers"], figures["disagreed"]) == (A_DOSSIER, 1, 0)
