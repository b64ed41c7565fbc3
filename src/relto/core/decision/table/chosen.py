"""What a table stands on: the parts in C where they were compiled, else the same in Python."""

from __future__ import annotations

try:
    from relto.core.decision.table import lookup_c
    from relto.core.decision.table.rows_in_c import RowsInC as Rows

    Lookup = lookup_c.Lookup
    IN_C = True
except ImportError:  # no compiler where relto was installed
    from relto.core.decision.table.lookup import Lookup  # type: ignore[assignment]
    from relto.core.decision.table.rows import Rows  # type: ignore[assignment]

    IN_C = False

__all__ = ["IN_C", "Lookup", "Rows"]
