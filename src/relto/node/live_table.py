"""A table that follows the record: a new instrument makes a new table, which takes the old one's place in one step."""

from __future__ import annotations

from threading import Lock

from relto.core.agreement import Instrument
from relto.core.decision.table import Table, updated
from relto.core.dossier import Dossier


class LiveTable:
    """Readers take `table` once and ask it as long as they like; it never changes under them.

    Writers wait for each other. What a record does not touch is carried over, not compiled again.
    """

    def __init__(self, table: Table) -> None:
        self._table = table
        self._writing = Lock()

    @property
    def table(self) -> Table:
        """The table as of now: the old one or the new one, never something between."""
        return self._table

    def enter(self, agreement: str, *instruments: Instrument) -> Table:
        """Add instruments to the record of `agreement` and put the new table in place; gives it back."""
        with self._writing:
            dossier = self._table.dossier
            record = dossier.record(agreement).instruments
            return self._put(dossier.with_instruments(agreement, (*record, *instruments)))

    def replace(self, dossier: Dossier) -> Table:
        """Put the table of another state of the dossier in place; gives it back."""
        with self._writing:
            return self._put(dossier)

    def _put(self, dossier: Dossier) -> Table:
        self._table = renewed = updated(self._table, dossier)
        return renewed
