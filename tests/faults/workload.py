"""`python -m tests.faults.workload FOLDER DOSSIER [SYNCHRONOUS]`: make nodes in FOLDER and play every act, recorded.

Run with the shim preloaded, it marks in the journal what it was told. SYNCHRONOUS makes every store a liar: it sets
that `PRAGMA synchronous` on each connection of this process.
"""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.pool import Pool

from tests.faults.acts import ACTS, START, play
from tests.faults.reach import InProcess, make_nodes
from tests.faults.shim import mark
from tests.faults.told import Told

REOPENED: Final = 3
"""After how many acts the nodes are closed and opened again: closing writes the log of a store back into its file."""


def lie(synchronous: str) -> None:
    """Have every connection that is taken from a pool set to this."""

    def on_checkout(connection: sqlite3.Connection, _record: Any, _proxy: Any) -> None:
        connection.execute(f"PRAGMA synchronous={synchronous}")

    event.listen(Pool, "checkout", on_checkout)


def main() -> None:
    """Make, play, mark."""
    folder, dossier, *rest = sys.argv[1:]
    if rest:
        lie(rest[0])

    def tell(told: Told) -> None:
        mark(told.to_bytes())

    make_nodes(Path(folder), Path(dossier), START, tell)
    reach = InProcess(Path(folder), START)
    for number, act in enumerate(ACTS):
        if number % REOPENED == REOPENED - 1:
            reach.close()
            reach = InProcess(Path(folder), START)
        play(reach, act, tell)
    reach.close()


if __name__ == "__main__":
    main()
