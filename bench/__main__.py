"""Measures: `python -m bench [NAME ...]`. One JSON line a figure, medians of several runs, ratios taken in one run."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from bench.analysis import analysis
from bench.desk import desk
from bench.feed import feed
from bench.ledger import ledger
from bench.releases import releases
from bench.table import columns, compiling, single
from bench.verifying import verifying

RUNS = 11
ROUNDS = 7
CALLS = 2_000
BIN = Path(sys.executable).parent


def figure(name: str, **values: Any) -> dict[str, Any]:
    """One figure."""
    return {"schema": "relto/bench/1", "figure": name, **values}


def whole_process(arguments: list[str], expect: int) -> float:
    """Median wall milliseconds of a whole process over RUNS, after one that is not counted and leaves its bytecode."""
    times = []
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    for run in range(RUNS + 1):
        start = time.perf_counter()
        done = subprocess.run(arguments, capture_output=True, check=False, env=environment)
        if done.returncode != expect:
            raise SystemExit(f"{' '.join(arguments)} gave {done.returncode}: {done.stderr.decode()[:300]}")
        if run:
            times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def processes() -> Iterator[dict[str, Any]]:
    """`relto --help` and `relto check` as whole processes, beside a bare interpreter in the same run."""
    bare = whole_process([sys.executable, "-c", "pass"], 0)
    at = "2019-11-18T09:00+09:00"
    commands: dict[str, tuple[list[str], int, float]] = {
        "relto --help": (["--help"], 0, 120.0),
        "relto check": (["check", "msl-2019-10-31", "--from", "KOR", "--to", "JPN", "--at", at], 0, 300.0),
        "relto check, refused": (["check", "msl-2019-10-31", "--from", "JPN", "--to", "USA", "--at", at], 3, 300.0),
    }
    for name, (arguments, expect, target) in commands.items():
        median = whole_process([str(BIN / "relto"), *arguments], expect)
        yield figure(
            name,
            median_ms=round(median, 1),
            target_ms=target,
            bare_python_ms=round(bare, 1),
            ratio_to_bare_python=round(median / bare, 1),
            met=median < target,
        )


def microseconds(work: Callable[[], object]) -> float:
    """Median microseconds a call over ROUNDS of CALLS."""
    rounds = []
    work()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for _ in range(CALLS):
            work()
        rounds.append((time.perf_counter() - start) / CALLS * 1e6)
    return statistics.median(rounds)


def evaluator() -> Iterator[dict[str, Any]]:
    """The reference evaluator, a decision with all its grounds; beside building twelve empty grounds."""
    from tests.making import ANALYST

    from relto.adapters.folder import load_dossier
    from relto.core.decision import Ground, Request, evaluate
    from relto.core.timeline import parse_instant

    dossier = load_dossier(Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia")
    item, at = dossier.item("msl-2019-10-31"), parse_instant("2019-11-18T09:00+09:00")
    questions = {
        "permit, with person and system": Request(
            "release", item, "KOR", "JPN", at, person=ANALYST, system="ichigaya-net"
        ),
        "refusal, third party": Request("forward", item, "JPN", "USA", at),
        "refusal, before entry": Request("release", item, "KOR", "JPN", parse_instant("2016-11-23T09:59+09:00")),
    }
    floor = microseconds(lambda: [Ground("standing", True, "1", "a", "b") for _ in range(12)])
    for name, request in questions.items():
        median = microseconds(lambda asked=request: evaluate(dossier, asked))  # type: ignore[misc]
        yield figure(
            f"reference evaluator: {name}",
            median_us=round(median, 2),
            target_us=50.0,
            twelve_grounds_us=round(floor, 2),
            ratio_to_twelve_grounds=round(median / floor, 2),
            met=median < 50.0,
        )


def loading() -> Iterator[dict[str, Any]]:
    """Reading the shipped dossier from disk, beside reading its bytes alone; and folding its longest record."""
    from relto.adapters.folder import load_dossier

    folder = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
    files = sorted(folder.rglob("*.yaml"))

    size = sum(path.stat().st_size for path in files)
    raw = milliseconds(lambda: [path.read_bytes() for path in files])
    whole = milliseconds(lambda: load_dossier(folder))
    yield figure(
        "load northeast-asia",
        median_ms=round(whole, 1),
        bytes=size,
        read_only_ms=round(raw, 2),
        ratio=round(whole / raw),
    )


def exchange() -> Iterator[dict[str, Any]]:
    """A durable release with its receipt between two nodes in one process, beside the raw fsync of the same disk."""
    from relto.adapters.clock import ReplayClock
    from relto.compose import create_node, wire
    from relto.core.timeline import parse_instant
    from relto.node import release

    dossier = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
    clock = ReplayClock(parse_instant("2019-11-18T09:00+09:00"))
    with tempfile.TemporaryDirectory() as folder:
        nodes = [
            create_node(Path(folder) / party, party, dossier, "bench", clock=clock, replay=True)
            for party in ("KOR", "JPN")
        ]
        wire(nodes)
        item = nodes[0].read_dossier().item("msl-2019-10-31")

        def one() -> None:
            clock.advance(1_000_000)
            if release(nodes[0], item, "JPN").state != "done":
                raise SystemExit("a release was not done")

        synced = milliseconds(partial(sync_once, Path(folder) / "raw"))
        median = milliseconds(one)
        for node in nodes:
            node.store.close()
    yield figure(
        "release with receipt, in one process",
        median_ms=round(median, 2),
        raw_fsync_ms=round(synced, 3),
        ratio_to_fsync=round(median / synced, 1),
    )


def sync_once(path: Path) -> None:
    """Write 4 KiB and wait until the disk has it."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.write(descriptor, b"x" * 4096)
    os.fsync(descriptor)
    os.close(descriptor)


def milliseconds(work: Callable[[], object]) -> float:
    """Median milliseconds of RUNS calls, after one that is not counted."""
    work()
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


BENCHES: dict[str, Callable[[], Iterator[dict[str, Any]]]] = {
    "processes": processes,
    "evaluator": evaluator,
    "loading": loading,
    "exchange": exchange,
    "releases": partial(releases, figure),
    "ledger": partial(ledger, figure),
    "verifying": partial(verifying, figure),
    "analysis": partial(analysis, figure),
    "feed": partial(feed, figure),
    "desk": desk,
    "single": single,
    "columns": columns,
    "compiling": compiling,
}


def main() -> None:
    """Run the benches named, or all."""
    for name in sys.argv[1:] or BENCHES:
        if name not in BENCHES:
            raise SystemExit(f"no bench `{name}`; there are: {', '.join(BENCHES)}")
        for line in BENCHES[name]():
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    main()
