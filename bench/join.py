"""The same decisions as a join: (slice, cell) -> word is a relation, the requests are another, and a row is permitted
where `word & mask` is zero. In DuckDB and in Polars, on one thread or on several.

Measured, as the median of ROUNDS runs after one that is not counted: the join, the mask, the verdict of every row as
one numpy column in the order of the requests, and the count of permits. Outside the timing: relation and requests are
tables of the engine. Each engine runs in a process of its own, for Polars takes its number of threads at start only.

Both join a single 64-bit key, slice * width + cell, faster than the pair; the key of the requests is computed within
the timing. Of the ways tried these were the fastest: in DuckDB an inner join (every pair is in the relation), which on
a small range becomes a perfect hash join; several threads lose the order of the rows, so that each has a connection and
a part of the rows of its own, which beat numbering the rows and putting them back in order. In Polars a lazy left join
that maintains the order. `polars-gather` is no join: it takes words by position, as numpy would.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]
Permits = NDArray[np.bool_]
Work = Callable[[], Permits]

ROUNDS = 5
NAMES = ("slices", "cells", "masks", "rel_slices", "rel_cells", "rel_words")


def run_join(
    engine: str,
    slices: Int64,
    cells: Int64,
    masks: Words,
    rel_slices: Int64,
    rel_cells: Int64,
    rel_words: Words,
    threads: int | None = 1,
) -> tuple[Permits, float]:
    """The verdict of each row (bool, in order) and the seconds it took. `engine`: one of ENGINES.

    Each pair (slice, cell) of the requests stands in the relation once. `threads` None: one for each core. Raises
    ValueError for another engine and RuntimeError where its process fails, as it does where it is not installed.
    """
    if engine not in ENGINES:
        raise ValueError(f"no engine `{engine}`; there are: {', '.join(ENGINES)}")
    count = threads or os.cpu_count() or 1
    with tempfile.TemporaryDirectory() as folder:
        columns = (slices, cells, masks, rel_slices, rel_cells, rel_words)
        for name, column in zip(NAMES, columns, strict=True):
            np.save(Path(folder) / f"{name}.npy", column)
        done = subprocess.run(
            [sys.executable, "-m", "bench.join", engine, str(count), folder],
            capture_output=True,
            check=False,
            cwd=Path(__file__).parent.parent,
            env={**os.environ, "POLARS_MAX_THREADS": str(count)},
        )
        if done.returncode:
            raise RuntimeError(f"{engine}: {done.stderr.decode().strip()[-300:]}")
        permit: Permits = np.load(Path(folder) / "permit.npy")
    return permit, float(json.loads(done.stdout)["seconds"])


def _keys(columns: dict[str, NDArray[Any]]) -> tuple[int, Int64]:
    """The width of a slice in the key, and the keys of the relation."""
    width = int(columns["rel_cells"].max()) + 1
    return width, columns["rel_slices"] * width + columns["rel_cells"]


def _duckdb(columns: dict[str, NDArray[Any]], threads: int) -> Work:
    import duckdb

    width, keys = _keys(columns)
    query = f"SELECT (word & mask) = 0 AS permit FROM request JOIN relation ON key = slice * {width} + cell"
    parts = []
    for number in range(threads):
        count = len(columns["slices"])
        rows = slice(count * number // threads, count * (number + 1) // threads)
        part = duckdb.connect()
        part.execute("SET threads = 1")
        named = {"slice": columns["slices"][rows], "cell": columns["cells"][rows], "mask": columns["masks"][rows]}
        part.register("given", named)
        part.register("words", {"key": keys, "word": columns["rel_words"]})
        part.execute("CREATE TABLE request AS SELECT * FROM given; CREATE TABLE relation AS SELECT * FROM words")
        parts.append(part)

    def ask(part: Any) -> Permits:
        answer: Permits = part.execute(query).fetchnumpy()["permit"]
        return answer

    if threads == 1:
        return lambda: ask(parts[0])
    pool = ThreadPoolExecutor(threads)
    return lambda: np.concatenate(list(pool.map(ask, parts)))


def _polars(columns: dict[str, NDArray[Any]], threads: int) -> Work:
    import polars

    assert polars.thread_pool_size() == threads
    width, keys = _keys(columns)
    request = polars.DataFrame({"slice": columns["slices"], "cell": columns["cells"], "mask": columns["masks"]}).lazy()
    relation = polars.DataFrame({"key": keys, "word": columns["rel_words"]}).lazy()
    key = (polars.col("slice") * width + polars.col("cell")).alias("key")
    joined = request.select(key, "mask").join(relation, on="key", how="left", maintain_order="left")
    verdict = joined.select((polars.col("word") & polars.col("mask")) == 0)
    return lambda: verdict.collect().to_series().to_numpy()


def _polars_gather(columns: dict[str, NDArray[Any]], threads: int) -> Work:
    import polars

    assert polars.thread_pool_size() == threads
    width, keys = _keys(columns)
    dense = np.zeros(int(keys.max()) + 1, np.uint64)
    dense[keys] = columns["rel_words"]
    words = polars.lit(polars.Series(dense))
    request = polars.DataFrame({"slice": columns["slices"], "cell": columns["cells"], "mask": columns["masks"]}).lazy()
    word = words.gather(polars.col("slice") * width + polars.col("cell"))
    verdict = request.select((word & polars.col("mask")) == 0)
    return lambda: verdict.collect().to_series().to_numpy()


ENGINES: dict[str, Callable[[dict[str, NDArray[Any]], int], Work]] = {
    "duckdb": _duckdb,
    "polars": _polars,
    "polars-gather": _polars_gather,
}


def main() -> None:
    """In the process of its own: read the columns, run the join, write the verdicts and print the seconds."""
    engine, threads, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    work = ENGINES[engine]({name: np.load(folder / f"{name}.npy") for name in NAMES}, threads)
    times = []
    for turn in range(ROUNDS + 1):
        start = time.perf_counter()
        permit = work()
        count = int(np.count_nonzero(permit))
        if turn:
            times.append(time.perf_counter() - start)
    np.save(folder / "permit.npy", np.asarray(permit, np.bool_))
    print(json.dumps({"seconds": statistics.median(times), "permits": count}))


if __name__ == "__main__":
    main()
