"""The compiled table beside peers and limits: one decision, ten million, compiling, proving, renewing.

Ratios are of medians, and the contenders take turns within each round, so that a machine that slows down slows all.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from tests.pure import in_python

from bench.columns_c import CHUNK, compile_kernel, run_kernel
from bench.join import run_join
from bench.peers import PEERS, Peer
from bench.peers.check import disagreements, expected
from bench.requests import bench_requests
from relto.adapters.folder import load_dossier
from relto.core.decision import ACTS, Request, evaluate
from relto.core.decision.table import Columns, Decisions, Table, compile_table, updated
from relto.core.decision.table.chosen import IN_C
from relto.core.decision.table.word import bits_of
from relto.core.dossier import Dossier
from relto.core.route.proof import PROPERTIES, prove
from relto.core.timeline import Instant, parse_instant

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
START, END = parse_instant("2012-01-01T00:00Z"), parse_instant("2028-01-01T00:00Z")
ROUNDS, PASSES, ROWS, SAMPLE = 9, 4, 10_000_000, 2_000
Figure = dict[str, Any]


def figure(name: str, **values: Any) -> Figure:
    """One figure."""
    return {"schema": "relto/bench/1", "figure": name, **values}


def single() -> Iterator[Figure]:
    """One decision with its verdict object, beside the same rules in other engines, on identical requests."""
    dossier = load_dossier(SHIPPED)
    requests = bench_requests(dossier)
    answers = expected(dossier, requests)
    peers = _peers(dossier, requests, answers)
    kinds = {"table": _asked_of(compile_table(dossier, START, END), requests, answers)}
    first = {"table, the first on its lane": _first_asked(dossier, requests)}
    if IN_C:
        with in_python():
            kinds["table, pure Python"] = _asked_of(compile_table(dossier, START, END), requests, answers)
            first["table, pure Python, the first on its lane"] = _first_asked(dossier, requests)
    works = {peer.name: _asking(peer, requests) for peer in peers} | kinds
    asked = [_prepared(compile_table(dossier, START, END), request) for request in requests]
    works["reference"] = lambda: [evaluate(dossier, request) for request in requests[:200]]
    works["empty call"] = lambda: _call_nothing(asked)
    per = {name: 200 if name in ("reference", "cedarpy", "casbin") else len(requests) for name in works}
    cold, times = _turns(works, per)
    for name, micros in times.items():
        told = {"asked": "again", "in_c": IN_C and name == "table"} if name in kinds else {}
        ratio, after = round(micros / times["table"], 2), round(cold[name], 3)
        ratio_after = round(cold[name] / cold["table"], 2)
        yield figure(
            f"one decision: {name}",
            median_us=round(micros, 3),
            ratio_to_table=ratio,
            after_others_us=after,
            ratio_after_others=ratio_after,
            **told,
        )
    for name, micros in first.items():
        yield figure(f"one decision: {name}", median_us=round(micros, 3), asked="for the first time")
    targets = {"cedarpy": 150, "regorus": 20, "casbin": 200, "vakt": 10}
    for kind, taken in (("repeated", times), ("after others", cold)):
        table, empty = taken["table"], taken["empty call"]
        met = table <= 0.35 and table <= 1.5 * taken.get("dict/if", 0)
        met = met and all(taken[one] >= factor * table for one, factor in targets.items() if one in taken)
        found = {"table_us": round(table, 3), "empty_call_us": round(empty, 3)}
        yield figure(f"one decision: targets, {kind}", **found, target_us=0.35, in_c=IN_C, met=met)


def _peers(dossier: Dossier, requests: Sequence[Request], answers: Sequence[bool]) -> list[Peer]:
    found = []
    for loader in PEERS:
        try:
            peer = loader(dossier, requests)
        except ModuleNotFoundError as missing:
            print(f"{loader.name} is not measured: {missing}", file=sys.stderr)
            continue
        if wrong := disagreements(peer, requests, answers):
            raise SystemExit(f"{peer.name} answers {len(wrong)} requests otherwise: nothing is measured")
        found.append(peer)
    return found


def _asking(peer: Peer, requests: Sequence[Request]) -> Callable[[], object]:
    prepared = [peer.prepare(request) for request in requests]
    if peer.name in ("cedarpy", "casbin"):
        prepared = prepared[:200]
    return lambda: [peer.decide(one) for one in prepared]


def _prepared(table: Table, request: Request) -> tuple[Any, ...]:
    person = table.person(request.person) if request.person is not None else None
    item = table.item(request.item)
    asked = None if request.purpose in (None, request.item.purpose) else request.purpose
    return request.act, request.sender, request.recipient, item, person, request.at, asked


def _asked_of(table: Table, requests: Sequence[Request], answers: Sequence[bool]) -> Callable[[], object]:
    """Ask a table all requests, which it has answered once: each is found again on its track."""
    asked = [_prepared(table, request) for request in requests]
    if [table.decide(*one).permits for one in asked] != answers:
        raise SystemExit("the table does not answer as the reference does: nothing is measured")
    return lambda: _decide(table, asked)


def _decide(table: Table, asked: list[tuple[Any, ...]]) -> None:
    decide = table.decide
    for act, sender, recipient, item, person, at, purpose in asked:
        decide(act, sender, recipient, item, person, at, purpose)


def _nothing(*_: object) -> None:
    return None


def _call_nothing(asked: list[tuple[Any, ...]]) -> None:
    for act, sender, recipient, item, person, at, purpose in asked:
        _nothing(act, sender, recipient, item, person, at, purpose)


def _turns(works: dict[str, Callable[[], object]], per: dict[str, int]) -> tuple[dict[str, float], dict[str, float]]:
    """Median microseconds a decision, the contenders taking turns of PASSES: of the first of a turn, when others have
    had the processor's caches, and of those that follow."""
    first: dict[str, list[float]] = {name: [] for name in works}
    after: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(ROUNDS):
        for name, work in works.items():
            for number in range(PASSES):
                start = time.perf_counter()
                work()
                taken = (time.perf_counter() - start) / per[name] * 1e6
                (after if number else first)[name].append(taken)
    medians = [{name: statistics.median(one) for name, one in found.items()} for found in (first, after)]
    return medians[0], medians[1]


def _first_asked(dossier: Dossier, requests: Sequence[Request]) -> float:
    """Microseconds of a decision whose item was never asked about on that lane: the answers are looked up first."""
    times = []
    for _ in range(ROUNDS):
        table = compile_table(dossier, START, END)
        asked = [_prepared(table, request) for request in requests]
        start = time.perf_counter()
        _decide(table, asked)
        times.append((time.perf_counter() - start) / len(asked) * 1e6)
    return statistics.median(times)


def columns() -> Iterator[Figure]:
    """Ten million decisions in chunks, beside a loop in C over identical columns and the same as a join."""
    dossier = load_dossier(SHIPPED)
    table = compile_table(dossier, START, END)
    given = _columns(table, bench_requests(dossier))
    slices = table.slices(given)
    by_slice = {"slice": slices, **{name: given[name] for name in ("cell", "mask", "again")}}
    by_time = {name: given[name] for name in ("lane", "at", "cell", "mask", "again")}
    words, plane = table._kernel.rows.spread, table._kernel.rows.plane
    assert words is not None
    works = {"slices given": (table, by_slice), "unsorted instants": (table, by_time)}
    if IN_C:
        with in_python():
            pure = compile_table(dossier, START, END)
        works |= {"slices given, pure Python": (pure, by_slice), "unsorted instants, pure Python": (pure, by_time)}
    permits = table.decide_many(by_slice).permit
    for name, (one, rows) in works.items():
        _same(name, one.decide_many(rows).permit, permits)
    kernel = compile_kernel()
    taken: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        if kernel is not None:
            permit, _, seconds = run_kernel(kernel, slices, given["cell"], given["mask"], plane, words)
            _same("the loop in C", permit, permits)
            taken.setdefault("C", []).append(seconds)
        for name, (one, rows) in works.items():
            taken.setdefault(name, []).append(_in_chunks(one, rows))
    medians = {name: statistics.median(times) for name, times in taken.items()}
    for name, seconds in medians.items():
        ratio = {"ratio_to_c": round(medians["C"] / seconds, 3)} if "C" in medians else {}
        told = {"in_c": IN_C and "pure" not in name} if name in works else {}
        yield figure(f"ten million: {name}", million_a_second=round(ROWS / seconds / 1e6, 1), **ratio, **told)
    yield from _joins(by_slice, permits, words, plane, medians["slices given"])
    yield _sampled(table, given)


def _same(name: str, permit: Any, permits: Any) -> None:
    """Every row is decided as the table does."""
    if wrong := int(np.count_nonzero(np.asarray(permit, np.bool_) != permits)):
        raise SystemExit(f"{name} decides {wrong} rows otherwise: nothing is measured")


def _columns(table: Table, requests: Sequence[Request]) -> Columns:
    """Ten million requests drawn from those measured on, each at an instant of its own."""
    chance = np.random.default_rng(1)
    kept = [one for one in requests if one.item.caveats.eyes is None]  # a list of eyes is looked up row by row
    row = chance.integers(0, len(kept), ROWS)
    column = {
        "act": [ACTS.index(one.act) for one in kept],
        "sender": [table.senders.index(one.sender) for one in kept],
        "recipient": [table.addressees.index(one.recipient) for one in kept],
        "item": [table.item(one.item).number for one in kept],
        "person": [-1 if one.person is None else table.person(one.person).number for one in kept],
        "purpose": [-1 if one.purpose is None else table.purpose(one.purpose) for one in kept],
    }
    given = {name: np.array(values)[row] for name, values in column.items()}
    return table.columns(**given, at=chance.integers(START.ns, END.ns, ROWS))


def _in_chunks(table: Table, columns: Columns) -> float:
    """Seconds for all rows in chunks of 64 K, with the permits counted."""
    start = time.perf_counter()
    for low in range(0, ROWS, CHUNK):
        decisions = table.decide_many({name: column[low : low + CHUNK] for name, column in columns.items()})
        np.count_nonzero(decisions.permit)
    return time.perf_counter() - start


def _joins(columns: Columns, permits: Any, words: Any, plane: int, seconds: float) -> Iterator[Figure]:
    rel_slices, rel_cells = np.divmod(np.arange(len(words)), plane)
    for engine in ("duckdb", "polars", "polars-gather"):
        permit, taken = run_join(
            engine, columns["slice"], columns["cell"], columns["mask"], rel_slices, rel_cells, words
        )
        _same(engine, permit, permits)
        yield figure(
            f"ten million: {engine}, one thread",
            million_a_second=round(ROWS / taken / 1e6, 1),
            table_is_faster=round(taken / seconds, 2),
        )


def _sampled(table: Table, columns: Columns) -> Figure:
    """Verdicts row by row against the reference on a sample."""
    rows = np.random.default_rng(2).integers(0, ROWS, SAMPLE)
    part = {name: column[rows] for name, column in columns.items()}
    decisions: Decisions = table.decide_many(part)
    items, persons, purposes = table.items, table.persons, table.purposes
    wrong = 0
    for row in range(SAMPLE):
        code = {name: int(column[row]) for name, column in part.items()}
        verdict = evaluate(
            table.dossier,
            Request(
                ACTS[code["act"]],
                items[code["item"]],
                table.senders[code["sender"]],
                table.addressees[code["recipient"]],
                Instant(code["at"]),
                None if code["purpose"] < 0 else purposes[code["purpose"]],
                None if code["person"] < 0 else persons[code["person"]],
            ),
        )
        failed = bits_of(ground.check for ground in verdict.failed())
        wrong += (verdict.permits, failed) != (bool(decisions.permit[row]), int(decisions.failed[row]))
    return figure("ten million: sample against the reference", rows=SAMPLE, disagreed=wrong)


def compiling() -> Iterator[Figure]:
    """Compiling the shipped dossier and a large one; renewing the large one after one instrument."""
    times = []
    for _ in range(ROUNDS):
        dossier = load_dossier(SHIPPED)
        start = time.perf_counter()
        table = compile_table(dossier, START, END)
        times.append((time.perf_counter() - start) * 1e3)
    yield figure("compile northeast-asia", median_ms=round(statistics.median(times), 1), cells=_cells(table))
    yield _proving(table)
    done = subprocess.run([sys.executable, "-m", "bench.table"], capture_output=True, text=True, check=True)
    yield json.loads(done.stdout)


def _proving(table: Table) -> Figure:
    """All properties of the shipped dossier, each over every cell."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        if not all(prove(table, name).holds for name in PROPERTIES):
            raise SystemExit("a property of the shipped dossier does not hold: nothing is measured")
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times)
    return figure("prove northeast-asia", median_ms=round(seconds * 1e3), target_ms=1000, met=seconds < 1)


def _cells(table: Table) -> int:
    """How many cells it answers for: edges in stretches of time x grades x topics x purposes x acts."""
    grades, topics, purposes, acts = table.ground.axes.shape
    edges = sum(len(stretch.edges) for _, stretch, _ in table.stretches())
    return edges * grades * topics * purposes * acts


def _peak_megabytes() -> float:
    """The most memory this process has held, by the kernel's account (what `ru_maxrss` says outlives an exec)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def large() -> Figure:
    """In a process of its own, for its memory: 30 parties, 200 agreements, 1,000 instruments, ten years."""
    from tests.worlds import END as LAST
    from tests.worlds import START as FIRST
    from tests.worlds import large_dossier

    dossier = large_dossier(1)
    before = _peak_megabytes()
    start = time.perf_counter()
    table = compile_table(dossier, FIRST, LAST)
    table.decide_many(table.columns(act="release", sender=0, recipient=1, item=np.array([0]), at=FIRST))
    seconds = time.perf_counter() - start
    name = next(name for name in sorted(dossier.agreements) if len(dossier.agreements[name][0].parties) == 2)
    shorter = dossier.with_instruments(name, dossier.record(name).instruments[:-1])
    start = time.perf_counter()
    updated(table, shorter)
    renewed = time.perf_counter() - start
    memory = _peak_megabytes() - before
    cells = _cells(table)
    return figure(
        "compile 30 parties, 200 agreements, 1,000 instruments",
        seconds=round(seconds, 2),
        cells=cells,
        ms_a_million_cells=round(seconds * 1e3 / (cells / 1e6), 3),
        megabytes=round(memory),
        renewed_after_one_instrument_s=round(renewed, 2),
        met=seconds < 10 and memory < 500,
    )


if __name__ == "__main__":
    print(json.dumps(large()))
