"""Shares of a ledger, so that several processes verify it: each looks at its own lives, and together at all of them.

A life is what happens to one item between two parties: its transmittal, the holding that this makes, and every
statement and row that is filed under these names. What names several lives ties them together, and they fall to one
share; what is about none (instruments, visits, what is told of the ledger) falls to the first.

A share is only who looks at what. Nothing that it leaves out can make a row pass: each leaf and each row is in exactly
one share, by its name, and holds only by evidence of that same share. What would make a row fail may be said anywhere,
by one who holds the keys; so all that answers a statement, or makes something happen to a holding, must be in the share
of that: other kinds of statements are tied to it, and what is about one life alone is looked at for it (`strays`).
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.core.canon import JSON
from relto.core.errors import VerificationFailed
from relto.core.evidence import Evidence
from relto.node.log import subject_of
from relto.node.ports import Reading
from relto.node.rows import Leaf
from relto.node.statements import statement

_ALONE: Final = frozenset({"submission", "consignment", "handover", "receipt"})
"""What is about no other life than the one it is filed under."""
_ABOUT_NONE: Final = frozenset({"instrument", "record", "key-change", "ledger", "contractor", "facility", "visit"})
_FIRST: Final = ""
_NAME: Final = re.compile(r"sha256:[0-9a-f]{64}|[a-z][a-z0-9-]{0,15}-[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Share:
    """Share `number`, from 0, of `of`. `ties`: names of lives that belong together, each to one that stands for all."""

    number: int = 0
    of: int = 1
    ties: Mapping[str, str] = field(default_factory=dict)

    def takes(self, name: object) -> bool:
        """Whether what is filed under this name falls to it."""
        if self.of == 1:
            return True
        text = name if isinstance(name, str) else repr(name)
        life = self.ties.get(text, text)
        place = zlib.crc32(life.encode("utf-8", "surrogatepass")) % self.of if life else 0
        return place == self.number

    @property
    def asks(self) -> Callable[[object], bool] | None:
        """What the store is to ask before it reads a row; None where all falls to it."""
        return None if self.of == 1 else self.takes


ALL: Final = Share()


def share_of(reading: Reading, number: int, of: int) -> Share:
    """The share `number` of `of`, by what the leaves name. Raises VerificationFailed for a leaf that is none."""
    ties, named = _Ties(), set[str]()
    for leaf in reading.leaves_but(_ALONE) if of > 1 else ():
        names = list(_named(leaf))
        ties.tie(leaf.subject, *names)
        named.update(names)
    for name, subject in reading.subjects(named) if named else ():
        ties.tie(name, subject)
    return Share(number, of, ties.settled())


def strays(share: Share, evidence: Mapping[str, Evidence]) -> Iterator[tuple[str, str]]:
    """What a share cannot tell of its `evidence` (by digest): statements about one life alone that answer one which is
    not in it. There are none where nodes wrote them; the whole alone says whether they hold."""
    for name, one in evidence.items() if share.of > 1 else ():
        if one.kind in _ALONE and one.digests.get("evidence", name) not in evidence:
            yield f"{one.kind} of {one.transmittal}", "answers what is not of its life"


def _named(leaf: Leaf) -> Iterator[str]:
    """The other names that a leaf ties its life to; nothing of it is verified yet."""
    if leaf.kind in _ABOUT_NONE:
        yield _FIRST
    try:
        one = statement(leaf.evidence)
    except VerificationFailed:  # its share says so
        return
    yield subject_of(one)
    yield from _names_in(one)


def _names_in(one: Evidence) -> Iterator[str]:
    if one.transmittal is not None:
        yield one.transmittal
    for name in ("evidence", "message", "change", "notice"):
        if name in one.digests:
            yield one.digests[name]
    if one.kind == "relay":  # what it passes on, and nothing else
        holding = one.says.get("holding")
        if isinstance(holding, str) and holding:
            yield holding
    elif one.kind != "refusal":
        yield from _names_within(one.says)


def _names_within(value: JSON) -> Iterator[str]:
    if isinstance(value, str):
        if _NAME.fullmatch(value):
            yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _names_within(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names_within(inner)


class _Ties:
    """Names that belong together (a disjoint-set forest); the first share's name stands for all that it is tied to."""

    def __init__(self) -> None:
        self._above: dict[str, str] = {}

    def tie(self, name: str, *others: str) -> None:
        """These belong together."""
        for other in others:
            one, two = self._top(name), self._top(other)
            if one != two:
                above, below = sorted((one, two))  # the empty name comes before all
                self._above[below] = above

    def _top(self, name: str) -> str:
        above = name
        while (next_above := self._above.get(above)) is not None:
            above = next_above
        while name != above:  # the way is shorter the next time
            self._above[name], name = above, self._above[name]
        return above

    def settled(self) -> dict[str, str]:
        """Each name that is tied to another, with the one that stands for all."""
        return {name: self._top(name) for name in list(self._above)}
