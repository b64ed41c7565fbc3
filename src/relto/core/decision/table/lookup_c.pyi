from relto.core.decision.request import Act
from relto.core.decision.table.answer import TableVerdict
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.lookup import Key, Track
from relto.core.timeline import Instant

class Lookup:
    def decide(
        self,
        act: Act,
        sender: str,
        recipient: str,
        item: TableItem,
        person: TablePerson | None,
        at: Instant,
        purpose: str | None = None,
        system: str | None = None,
    ) -> TableVerdict: ...
    def _track(self, key: Key) -> Track | None: ...
    def _lay(self, key: Key, track: Track) -> None: ...
    def _laid(self) -> int: ...
    def _forget_tracks(self) -> None: ...
