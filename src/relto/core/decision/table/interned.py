"""Items and persons as a table knows them: looked up and numbered once, then asked about any number of times."""

from __future__ import annotations

from dataclasses import dataclass, field

from relto.core.decision.addressee import Addressee
from relto.core.dossier import Consent, Item, Person
from relto.core.label import covers_any
from relto.core.timeline import bound_instant

_NEVER = 1 << 100


@dataclass(eq=False, slots=True)
class TableItem:
    """An item in a table, as asked for `purpose`. `number`: its code in columns. `asked_for`: for other purposes.

    `named`: whom its label lets have it, None for no such limit. `place`: that of the purpose on its axis; `own_place`
    where it is asked as the item's own.
    """

    owner: object
    item: Item
    purpose: str
    originator: int
    by_rank: int
    by_mark: int | None
    topic: int
    place: int
    own_place: int
    named: frozenset[str] | None
    consents: tuple[Consent, ...]
    number: int = -1
    asked_for: dict[str, TableItem] = field(default_factory=dict)

    def take(self, number: int) -> None:
        """Its number in columns."""
        self.number = number

    def asked(self, purpose: str, place: int, own_place: int) -> TableItem:
        """The same item as asked for another purpose."""
        return TableItem(
            self.owner,
            self.item,
            purpose,
            self.originator,
            self.by_rank,
            self.by_mark,
            self.topic,
            place,
            own_place,
            self.named,
            self.consents,
            self.number,
        )

    def grade(self, sender: str) -> int:
        """Its grade on a lane of `sender`: an irregular mark counts as such only from its own party."""
        return self.by_mark if self.by_mark is not None and sender == self.item.originator else self.by_rank

    def refuses(self, to: Addressee) -> bool:
        """Whether its label names others than `to`, or no contractors."""
        named, party = self.named, to.party
        if named is not None and party not in named and to.id not in named and party != self.item.originator:
            return True
        return to.contractor is not None and self.item.caveats.no_contractor


@dataclass(eq=False, slots=True)
class TablePerson:
    """A person in a table. `number`: the code in columns.

    `cleared`: the requirements that the clearance meets, as a bit set, while it lasts. `housed`: those that the
    facility meets, by the party that would have to register the person there, once it was asked.
    """

    owner: object
    person: Person
    cleared: int
    number: int = -1
    housed: dict[str, int] = field(default_factory=dict)
    _needs: dict[str, bool] = field(default_factory=dict)
    _ends: dict[str, int] = field(default_factory=dict)

    def take(self, number: int) -> None:
        """The number in columns."""
        self.number = number

    def needs(self, topic: str) -> bool:
        """Whether official duty needs `topic`."""
        found = self._needs.get(topic)
        if found is None:
            found = self._needs[topic] = covers_any(self.person.need_to_know, topic)
        return found

    def cleared_until(self, zone: str) -> int:
        """When the clearance ends by the calendar of `zone`, in nanoseconds."""
        found = self._ends.get(zone)
        if found is None:
            until = self.person.clearance_until
            found = self._ends[zone] = _NEVER if until is None else bound_instant(until, zone).ns
        return found
