"""What a difference consists of: changes of verdicts, in boxes of combinations, and changed requirements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from relto.core.decision.request import Act

Direction = Literal["begins", "ceases"]
Asked = tuple[str, bool]
"""A purpose by name (empty: any that no clause names), and whether it is the item's own or asked instead of it."""
Combination = tuple[str, str, str, str, str, Asked, Act]
"""Sender, recipient, agreement, rank or own mark, topic (empty: any that no clause covers), purpose, act."""


@dataclass(frozen=True, slots=True)
class TopicRange:
    """A topic and all below it, but for `but` and all below those."""

    topic: str
    but: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cause:
    """A check that decides, and its article on the side looked at. `says` only where it holds for the whole box."""

    check: str
    article: str
    agreement: str
    says: str = ""
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """Combinations that become or cease to be releasable alike: every one of the product of its lists.

    `ranks` and `marks` are one list: a mark of the sender's own stands by itself where a text puts it in another row
    than its rank's, or in none. `topics` are those that clauses name, each for what none below it names. `refused`:
    what refuses on the one side; `permitted`: the same checks on the other. `otherwise`: the agreements under which it
    is releasable all the same.
    """

    direction: Direction
    sender: str
    recipients: tuple[str, ...]
    agreement: str
    ranks: tuple[str, ...]
    marks: tuple[str, ...]
    topics: tuple[str, ...]
    ranges: tuple[TopicRange, ...]
    purposes: tuple[Asked, ...]
    acts: tuple[Act, ...]
    refused: tuple[Cause, ...]
    permitted: tuple[Cause, ...]
    otherwise: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many combinations it holds."""
        lists = (self.recipients, (*self.ranks, *self.marks), self.topics, self.purposes, self.acts)
        size = 1
        for one in lists:
            size *= len(one)
        return size

    def combinations(self) -> Iterator[Combination]:
        """All of them, one by one."""
        bearings = (*self.ranks, *self.marks)
        for to, bearing, topic, purpose, act in product(
            self.recipients, bearings, self.topics, self.purposes, self.acts
        ):
            yield self.sender, to, self.agreement, bearing, topic, purpose, act


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something asked beside the cells that changes: `what` it is, its articles, and what it was and is.

    `article_before` or `article_after` is empty where the text of that side has no such clause.
    """

    what: str
    agreement: str
    article_before: str
    article_after: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Scale:
    """The lists that the changes are cut from, high to low or in order of name; an empty name stands for all others."""

    ranks: tuple[str, ...]
    topics: tuple[str, ...]
    purposes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """`compared` combinations were looked at; `on_other_grounds` of them stay refused, but by other checks."""

    changes: tuple[Change, ...]
    requirements: tuple[Requirement, ...]
    compared: int
    on_other_grounds: int
    scale: Scale

    @property
    def begins(self) -> tuple[Change, ...]:
        """What becomes releasable."""
        return tuple(one for one in self.changes if one.direction == "begins")

    @property
    def ceases(self) -> tuple[Change, ...]:
        """What ceases to be releasable."""
        return tuple(one for one in self.changes if one.direction == "ceases")

    @property
    def nothing(self) -> bool:
        """Whether there is no difference at all."""
        return not (self.changes or self.requirements or self.on_other_grounds)

    def combinations(self, direction: Direction) -> frozenset[Combination]:
        """All combinations that change in one direction."""
        return frozenset(
            one for change in self.changes if change.direction == direction for one in change.combinations()
        )
