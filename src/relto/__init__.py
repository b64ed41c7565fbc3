"""relto: information sharing between sovereign parties, governed by agreements the software can enforce.

For programs: `load_dossier`, `compile_table`, `parse_instant`. Each is loaded when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relto.adapters.folder import load_dossier, load_item, load_person
    from relto.core.decision.table import Decisions, Table, TableVerdict, compile_table
    from relto.core.timeline import Instant, parse_instant

__version__ = "0.1.0"
__all__ = [
    "Decisions",
    "Instant",
    "Table",
    "TableVerdict",
    "compile_table",
    "load_dossier",
    "load_item",
    "load_person",
    "parse_instant",
]

_HOMES = {
    "relto.adapters.folder": ("load_dossier", "load_item", "load_person"),
    "relto.core.decision.table": ("Decisions", "Table", "TableVerdict", "compile_table"),
    "relto.core.timeline": ("Instant", "parse_instant"),
}


def __getattr__(name: str) -> Any:
    """Load a public name: a command line that asks for none of them does not wait for numpy."""
    import importlib

    for home, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(home), name)
    raise AttributeError(f"module `relto` has no attribute `{name}`")
