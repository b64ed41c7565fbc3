"""What the bench puts beside the table's columns decides as numpy does: the loop in C, and the joins."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from bench.columns_c import compile_kernel, run_kernel
from bench.join import ENGINES, run_join
from numpy.typing import NDArray

ROWS, SLICES, CELLS = 100_003, 7, 531
CHANCE = np.random.default_rng(1)
SLICE = CHANCE.integers(0, SLICES, ROWS)
CELL = CHANCE.integers(0, CELLS, ROWS)
MASK = CHANCE.integers(0, 1 << 63, ROWS).astype(np.uint64) & np.uint64(0x8000_0000_0000_00FF)
WORDS = CHANCE.integers(0, 1 << 63, SLICES * CELLS).astype(np.uint64) >> np.uint64(2)
WORDS[::3] |= np.uint64(1 << 63)
WHY: NDArray[np.uint64] = WORDS[SLICE * CELLS + CELL] & MASK


def test_the_loop_in_c_gives_the_failed_checks_and_the_verdict() -> None:
    kernel = compile_kernel()
    if kernel is None:
        pytest.skip("no C compiler on this machine")
    permit, why, seconds = run_kernel(kernel, SLICE, CELL, MASK, CELLS, WORDS, chunk=4096)
    assert seconds > 0
    assert np.array_equal(why, WHY)
    assert np.array_equal(permit, WHY == 0)
    assert 0 < permit.sum() < ROWS


def test_without_a_compiler_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "")
    assert compile_kernel() is None
    assert "no C compiler" in capsys.readouterr().out


def test_code_that_does_not_compile_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert compile_kernel("no C at all") is None
    assert "not measured" in capsys.readouterr().out


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("engine", ENGINES)
def test_a_join_gives_the_verdicts_in_order(engine: str, threads: int) -> None:
    package = engine.partition("-")[0]
    if find_spec(package) is None:
        pytest.skip(f"{package} is not installed; `make .venv/.bench` installs what the bench compares with")
    rel_slice, rel_cell = np.divmod(np.arange(SLICES * CELLS), CELLS)
    permit, seconds = run_join(engine, SLICE, CELL, MASK, rel_slice, rel_cell, WORDS, threads=threads)
    assert seconds > 0
    assert np.array_equal(permit, WHY == 0)


def test_an_unknown_engine_is_an_error() -> None:
    with pytest.raises(ValueError, match="duckdb"):
        run_join("abacus", SLICE, CELL, MASK, SLICE, CELL, WORDS)
