"""Tables in Python alone, where those in C were compiled as well: what the two answer is held together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from relto.core.decision.table import make
from relto.core.decision.table.lookup import Lookup
from relto.core.decision.table.rows import Rows
from relto.core.decision.table.table import Table


class PureTable(Table):
    """A table that has no part in C."""

    _rows = Rows
    decide = Lookup.decide
    _track = Lookup._track
    _lay = Lookup._lay
    _laid = Lookup._laid
    _forget_tracks = Lookup._forget_tracks


@contextmanager
def in_python() -> Iterator[None]:
    """`compile_table` and `updated` make tables in Python alone."""
    making: Any = make
    making.Table = PureTable
    try:
        yield
    finally:
        making.Table = Table
