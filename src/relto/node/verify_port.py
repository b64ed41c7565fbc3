"""The part of the store's port by which a node is verified: every row, or those of a share, one by one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Protocol, TypeAlias

from relto.core.register import Holding
from relto.node.rows import DecisionRow, InboxRow, Leaf, OutboxRow

Takes: TypeAlias = Callable[[object], bool]
"""Whether what is filed under this name is to be looked at; whatever stands in its column is asked about."""


class VerifyReading(Protocol):
    """A view of one moment of all that is verified. Rows are read one by one, and each raises VerificationFailed where
    it is none that the node wrote. Where it is asked what to take (None: all), one reading ends before the next
    begins."""

    def leaves_taken(self, takes: Takes | None) -> Iterator[Leaf]:
        """The leaves whose subject it `takes`, in order; all where it is None."""
        ...

    def leaves_but(self, kinds: Collection[str]) -> Iterator[Leaf]:
        """The leaves of other kinds than these, in order."""
        ...

    def subjects(self, names: Collection[str]) -> Iterator[tuple[str, str]]:
        """The digest and the subject of each leaf with one of these digests; one of which they are no text is left out,
        to look at it raises."""
        ...

    def decisions_taken(self, takes: Takes | None) -> Iterator[DecisionRow]:
        """The decisions whose subject it `takes`, in the order they were made."""
        ...

    def outbox_taken(self, takes: Takes | None) -> Iterator[OutboxRow]:
        """The messages sent or to send whose subject it `takes`, in order."""
        ...

    def inbox_taken(self, takes: Takes | None) -> Iterator[InboxRow]:
        """The messages answered whose subject it `takes`, in order."""
        ...

    def misplaced(self) -> list[str]:
        """Rows whose numbers are not those that the store gave them, one after another, and rows of what it keeps by
        name (the head, the clock's mark, notes) that have no name or value of theirs; in words."""
        ...

    def columns_differ(self, holding: Holding) -> list[str]:
        """The columns of a holding and its duties that are not what its events make them."""
        ...

    def kept_as(self, holding: Holding) -> bytes | None:
        """The sealed item of a holding that stands in the register exactly as its events make it; else None."""
        ...
