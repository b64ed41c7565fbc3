"""What is asked: an act on an item, from one to another, at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.dossier import Item, Person
from relto.core.timeline import Instant

Act = Literal["release", "disclose", "forward", "copy", "translate", "use"]
ACTS: Final[tuple[Act, ...]] = get_args(Act)
HOLDERS_ACTS: Final[frozenset[Act]] = frozenset({"copy", "translate", "use"})
"""What a holder does with an item it already has; nothing new is provided by it."""


@dataclass(frozen=True, slots=True)
class Request:
    """A question to the agreements.

    `recipient` is a party, a contractor, a designated authority or a third country. `purpose` None: the item's own.
    `reading` None: that of the sender's party. `known_by` None: everything on record counts.
    """

    act: Act
    item: Item
    sender: str
    recipient: str
    at: Instant
    purpose: str | None = None
    person: Person | None = None
    system: str | None = None
    reading: str | None = None
    known_by: Instant | None = None

    @property
    def asked_purpose(self) -> str:
        """The purpose asked, the item's own where none is named."""
        return self.item.purpose if self.purpose is None else self.purpose
