"""Traffic: which items went, or would have gone, from whom to whom, when; as columns."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from relto.core.dossier import Item
from relto.core.errors import InputError
from relto.core.timeline import Instant

MAX_PLACES: Final = 1 << 62
LEAST: Final = -(2**63) + 1
MOST: Final = 2**63 - 1
Ints = NDArray[np.int64]


class Movement(NamedTuple):
    """One item on its way: `id` names the row for people."""

    id: str
    item: Item
    sender: str
    recipient: str
    at: Instant


@dataclass(frozen=True)
class Traffic:
    """Movements as columns of one length (n,): `item`, `sender` and `recipient` int32 places in the lists `items` and
    `names`, `at` int64 nanoseconds of UTC. `ids`: a name for each row, or none at all."""

    items: tuple[Item, ...]
    names: tuple[str, ...]
    item: NDArray[np.int32]
    sender: NDArray[np.int32]
    recipient: NDArray[np.int32]
    at: Ints
    ids: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        length = len(self.at)
        columns = (("item", self.item, len(self.items)), ("sender", self.sender, len(self.names)))
        for name, column, limit in (*columns, ("recipient", self.recipient, len(self.names))):
            if len(column) != length:
                raise InputError(f"the column `{name}` has {len(column)} rows, not {length}", remedy="make them alike")
            if length and (int(column.min()) < 0 or int(column.max()) >= limit):
                raise InputError(f"the column `{name}` leaves its list of {limit}", remedy="give places in the list")

    def __len__(self) -> int:
        return len(self.at)

    def between(self, start: Instant | None, end: Instant | None) -> Traffic:
        """The rows of [start, end); None: from the first, to the last."""
        keep: Any = np.ones(len(self), np.bool_)
        if start is not None:
            keep &= self.at >= max(start.ns, LEAST)
        if end is not None:
            keep &= self.at < min(end.ns, MOST)
        if keep.all():
            return self
        ids = tuple(name for name, kept in zip(self.ids, keep, strict=True) if kept) if self.ids else ()
        return Traffic(
            self.items, self.names, self.item[keep], self.sender[keep], self.recipient[keep], self.at[keep], ids
        )

    def movement(self, row: int) -> Movement:
        """A row as a value."""
        return Movement(
            self.ids[row] if self.ids else str(row),
            self.items[self.item[row]],
            self.names[self.sender[row]],
            self.names[self.recipient[row]],
            Instant(int(self.at[row])),
        )


def traffic_of(movements: Iterable[Movement]) -> Traffic:
    """Columns of these movements, in their order. Raises InputError for instants that no column holds."""
    rows = list(movements)
    items: dict[Item, int] = {}
    names: dict[str, int] = {}
    for one in rows:
        items.setdefault(one.item, len(items))
        names.setdefault(one.sender, len(names))
        names.setdefault(one.recipient, len(names))
        if not LEAST <= one.at.ns <= MOST:
            raise InputError(f"{one.at} is beyond what a column holds", remedy="give years from 1678 to 2262")
    return Traffic(
        tuple(items),
        tuple(names),
        np.array([items[one.item] for one in rows], np.int32),
        np.array([names[one.sender] for one in rows], np.int32),
        np.array([names[one.recipient] for one in rows], np.int32),
        np.array([one.at.ns for one in rows], np.int64),
        tuple(one.id for one in rows),
    )
