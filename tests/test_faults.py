"""A slice of the faults that `make faults` brings about in full: kills, power cuts, repetition, clocks askew.

Power cuts need a C compiler and a system that can preload; where there is none they are skipped, and say so.
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import clocks, desk, kills, power, repetition
from tests.faults.__main__ import roomy
from tests.faults.apart import alone
from tests.faults.invariants import broken, view_of
from tests.faults.reach import InProcess
from tests.faults.recovery import TOLD, instant_of
from tests.faults.report import Outcome, Progress
from tests.faults.shim import NoShim, compiler
from tests.faults.told import told_in

QUIET = Progress("", 0, quiet=True)


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(dir=roomy()) as made:
        yield Path(made)


def _with_compiler(folder: Path) -> Path:
    try:
        compiler()
    except NoShim as error:
        pytest.skip(str(error))
    return folder


def holds(outcome: Outcome) -> None:
    assert list(outcome.broken) == [], outcome.to_line()


def test_a_node_killed_at_a_step_of_any_act_loses_and_doubles_nothing(folder: Path) -> None:
    stages = folder / "stages"
    stages.mkdir()
    assert alone(kills.prepare, stages) == 0
    steps = kills.every_step(stages)
    assert len(steps) >= 300
    some = steps[7::23]
    outcome = kills.run(folder, some, QUIET)
    holds(outcome)
    assert outcome.figures["at_steps"] == len(some)


def test_what_was_not_synced_is_dropped_and_nothing_acknowledged_is_lost(folder: Path) -> None:
    recorded = power.record(_with_compiler(folder) / "true")
    cuts = power.harsh_cuts(recorded)[5::9] + power.draw_cuts(recorded, random.Random(1), 8)
    outcome = power.run(recorded, folder, cuts, QUIET)
    holds(outcome)
    assert outcome.figures["dropping_writes"]


def test_a_store_that_does_not_sync_is_caught(folder: Path) -> None:
    liar = power.record(_with_compiler(folder) / "liar", synchronous="OFF")
    outcome = power.control(liar, folder, power.harsh_cuts(liar)[-2:], "synchronous=OFF", QUIET)
    holds(outcome)
    assert outcome.figures["of_that_acknowledged_and_lost"]


def test_what_the_commands_said_they_did_is_there_after_a_power_cut(folder: Path) -> None:
    recording = power.record(_with_compiler(folder) / "desk", module=desk.MODULE)
    cuts = power.harsh_cuts(recording) + power.draw_cuts(recording, random.Random(1), 7)
    holds(power.run(recording, folder, cuts, QUIET, check=desk.holds))


def test_each_message_many_times_has_one_effect_and_one_answer(folder: Path) -> None:
    outcome = repetition.run(folder, 50, QUIET)
    holds(outcome)
    assert outcome.figures["messages"] == repetition.MESSAGES
    _every_invariant_can_fail(folder)


def _every_invariant_can_fail(folder: Path) -> None:
    """Take from what holds one thing at a time: each is missed by its name."""
    told = told_in(folder / TOLD)
    reach = InProcess(folder, instant_of(told))
    whole = {party: view_of(node) for party, node in reach.nodes.items()}
    reach.close()
    jpn, kor = whole["JPN"], whole["KOR"]
    (receipt, *_), (sent, *_) = jpn.own("receipt"), kor.own("submission")
    twice = {**jpn.evidence, "another": receipt[1]}
    less = {name: one for name, one in kor.evidence.items() if name != sent[0]}
    for word, changed in (
        ("no holding", replace(jpn, holdings={})),
        ("doubled", replace(jpn, evidence=twice)),
        ("no leaf", replace(kor, evidence=less)),
        ("lost", replace(kor, outbox=())),
        ("unfinished", replace(kor, outbox=(replace(kor.outbox[0], state="queued"), *kor.outbox[1:]))),
        ("records differ", replace(kor, instruments={})),
    ):
        found = broken({**whole, changed.party: changed}, told)
        assert any(line.startswith(f"{word}:") for line in found), (word, found)


def test_clocks_askew_permit_nothing_after_the_lapse_and_refuse_no_sooner_than_they_must(folder: Path) -> None:
    outcome = clocks.run(folder, 5_000, QUIET)
    holds(outcome)
    assert outcome.figures["furthest_refusal_ns"] == clocks.RANGE * clocks.MILLISECOND
    assert outcome.figures["done"]
