"""The compiled table: every answer of a dossier over a window of time, as dense arrays of 64-bit words.

A dossier goes in; verdicts and whole columns of them come out. The meaning is the reference evaluator's, and so are the
explanations; the tests hold the two together on every cell and on millions of random requests.
"""

from relto.core.decision.table.answer import TableVerdict
from relto.core.decision.table.batch import Columns, Decisions
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.make import compile_table, updated
from relto.core.decision.table.table import Table

__all__ = ["Columns", "Decisions", "Table", "TableItem", "TablePerson", "TableVerdict", "compile_table", "updated"]
