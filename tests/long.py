"""`python -m tests.long [REQUESTS]`: table against reference on millions of random requests; prints the figures.

Two processes; every dossier is new, every request is asked alone and by the column. Readings, what was known by when,
and the persons whom a table knows beforehand change from dossier to dossier, as in `make test`. Progress on stderr, a
line of JSON on stdout; exit 1 if any disagrees.
"""

from __future__ import annotations

import json
import os
import sys
import time
from dataclasses import dataclass
from multiprocessing import get_context

from relto.core.decision import Request
from relto.core.decision.table import Table, compile_table
from relto.core.dossier import Dossier, Person
from relto.core.timeline import Instant
from tests.comparing import disagreements
from tests.worlds import END, START, random_dossier, random_persons, random_requests, undesignated_requests

A_DOSSIER = 2_000
FIRST_SEED = 10_000
SHOWN = 20
TOLD_EVERY = 25


@dataclass(frozen=True)
class Drawn:
    """What a seed stands for: a dossier, and how it is compiled and asked. `bits`: how many a word may share."""

    dossier: Dossier
    reading: str | None
    known_by: Instant | None
    persons: tuple[Person, ...]
    bits: int | None

    def table(self) -> Table:
        """The compiled table."""
        return compile_table(
            self.dossier, START, END, self.reading, known_by=self.known_by, persons=self.persons, bits=self.bits
        )

    def requests(self, seed: int, count: int) -> list[Request]:
        """So many requests: with persons, systems, caveats, consents; one in twenty for somebody who is nobody then."""
        none = count // 20
        asked = random_requests(
            seed, self.dossier, count - none, start=START, end=END, reading=self.reading, known_by=self.known_by
        )
        return asked + undesignated_requests(seed, self.dossier, none, start=START, end=END)


def drawn(seed: int) -> Drawn:
    """Every third dossier under one party's reading, every other as it was known at some instant."""
    dossier = random_dossier(seed)
    parties = sorted(dossier.parties)
    return Drawn(
        dossier,
        reading=parties[seed % len(parties)] if seed % 3 == 0 else None,
        known_by=START.plus((END.ns - START.ns) // 40 * (seed // 2 % 40)) if seed % 2 else None,
        persons=tuple(random_persons(seed, dossier)[: seed // 4 % 4]),
        bits=(None, None, 6, 20)[seed % 4],
    )


def compare(seed: int, count: int = A_DOSSIER) -> tuple[int, list[str]]:
    """One random dossier: how many requests were compared, and those that disagreed."""
    found = drawn(seed)
    requests = found.requests(seed, count)
    return len(requests), [f"seed {seed}: {one}" for one in disagreements(found.table(), requests)]


def main() -> None:
    """Compare as many requests as asked for, ten million by default."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    start, compared, disagreed, dossiers = time.monotonic(), 0, 0, 0
    seeds = range(FIRST_SEED, FIRST_SEED + -(-wanted // A_DOSSIER))
    with get_context("spawn").Pool(os.cpu_count()) as pool:
        for count, different in pool.imap_unordered(compare, seeds):
            for line in different[: max(SHOWN - disagreed, 0)]:
                print(line, file=sys.stderr, flush=True)
            compared, disagreed, dossiers = compared + count, disagreed + len(different), dossiers + 1
            if dossiers % TOLD_EVERY == 0:
                seconds = round(time.monotonic() - start)
                told = f"{compared:,} requests over {dossiers:,} dossiers, {disagreed} disagreed, {seconds} s"
                print(told, file=sys.stderr, flush=True)
    seconds = round(time.monotonic() - start)
    figures = {"requests": compared, "dossiers": dossiers, "disagreed": disagreed, "seconds": seconds}
    print(json.dumps({"schema": "relto/check-long/1", **figures}))
    sys.exit(1 if disagreed else 0)


if __name__ == "__main__":
    main()
