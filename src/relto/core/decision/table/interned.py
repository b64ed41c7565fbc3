"""Items and persons as a table knows them: looked up and numbered once, then asked about any number of times."""

from __future__ import annotations

from dataclasses import dataclass, field

from relto.core.decision.addressee import Addressee
from relto.core.decision.table.answer import Answers
from relto.core.dossier import Consent, Item, Person
from relto.core.label import covers_any

Track = tuple[list[int], Answers]
"""Starts in nanoseconds, the end of the window last; what is answered before the first, between, and after the last.

None where nothing was asked for yet, and outside the window.
"""


@dataclass(eq=False, slots=True)
class TableItem:
    """An item in a table, as asked for `purpose`. `number`: its code in columns. `asked_for`: for other purposes.

    The tracks are what was already looked up.
    """

    number: int
    owner: object
    item: Item
    purpose: str
    originator: int
    by_rank: int
    by_mark: int | None
    topic: int
    consents: tuple[Consent, ...]
    asked_for: dict[str, TableItem] = field(default_factory=dict)
    tracks: dict[int, Track] = field(default_factory=dict)

    def grade(self, sender: str) -> int:
        """Its grade on a lane of `sender`: an irregular mark counts as such only from its own party."""
        return self.by_mark if self.by_mark is not None and sender == self.item.originator else self.by_rank

    def refuses(self, to: Addressee) -> bool:
        """Whether its label names others than `to`, or no contractors."""
        caveats = self.item.caveats
        outside = caveats.rel_to is not None and not {to.party, to.id} & set(caveats.rel_to)
        return (outside and to.party != self.item.originator) or (caveats.no_contractor and to.contractor is not None)


@dataclass(eq=False, slots=True)
class TablePerson:
    """A person in a table. `offset`: what it adds to the key of a track.

    `cleared`: the requirements that the clearance meets, as a bit set, while it lasts.
    """

    number: int
    offset: int
    owner: object
    person: Person
    cleared: int

    def needs(self, topic: str) -> bool:
        """Whether official duty needs `topic`."""
        return covers_any(self.person.need_to_know, topic)
