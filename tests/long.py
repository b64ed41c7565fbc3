"""`python -m tests.long [REQUESTS]`: table against reference on millions of random requests; prints the figures.

Two processes; every dossier is new, every request is asked alone and by the column. Exit 1 if any disagrees.
"""

from __future__ import annotations

import json
import os
import sys
import time
from multiprocessing import get_context

from relto.core.decision.table import compile_table
from tests.comparing import disagreements
from tests.worlds import END, START, random_dossier, random_requests

A_DOSSIER = 2_000
FIRST_SEED = 10_000
SHOWN = 20


def compare(seed: int) -> tuple[int, list[str]]:
    """One random dossier: how many requests were compared, and those that disagreed."""
    dossier = random_dossier(seed)
    table = compile_table(dossier, START, END, bits=(None, None, 6, 20)[seed % 4])
    requests = random_requests(seed, dossier, A_DOSSIER, start=START, end=END)
    return len(requests), [f"seed {seed}: {one}" for one in disagreements(table, requests)]


def main() -> None:
    """Compare as many requests as asked for, ten million by default."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    start, compared, disagreed, dossiers = time.monotonic(), 0, 0, 0
    seeds = range(FIRST_SEED, FIRST_SEED + -(-wanted // A_DOSSIER))
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for count, different in pool.imap_unordered(compare, seeds):
            compared, disagreed, dossiers = compared + count, disagreed + len(different), dossiers + 1
            for line in different[: max(SHOWN - disagreed, 1)]:
                print(line, flush=True)
            if dossiers % 100 == 0:
                print(f"{compared:,} requests over {dossiers:,} dossiers, {disagreed} disagreed", file=sys.stderr)
    seconds = round(time.monotonic() - start)
    told = {"requests": compared, "dossiers": dossiers, "disagreed": disagreed, "seconds": seconds}
    print(json.dumps({"schema": "relto/check-long/1", **told}))
    sys.exit(1 if disagreed else 0)


if __name__ == "__main__":
    main()
