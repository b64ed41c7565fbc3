"""A disk after a power cut: what was put on it by then is there; of the rest, whatever chance has it.

Names and contents are apart, as in a file system. A write that was not synced is torn into sectors of 512 bytes, each
of which is there or not; so is a change of length. A name (made, renamed, removed) lasts once its folder is synced.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path, PurePath
from typing import Literal

from tests.faults.shim import Step

SECTOR = 512

Data = Literal["none", "all", "all but one", "some"]
Names = Literal["none", "all", "first"]


@dataclass(frozen=True)
class Cut:
    """One power cut: after how many records of the journal, and what becomes of what was not synced.

    `names`: of the changes of names in each folder none, all, or the first few last. `kind`: a file system, as most
    are, on which a file's sync makes the names in its folder last too. `spared`: folders directly under the root whose
    machines keep their power.
    """

    after: int
    data: Data
    names: Names
    kind: bool
    spared: tuple[str, ...]
    seed: int


@dataclass(eq=False)
class File:
    """Contents: those on the disk, and in order what was written since (None for the data: a change of length)."""

    parent: Folder
    settled: bytearray = field(default_factory=bytearray)
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        """Put all of it on the disk."""
        for offset, data in self.pending:
            put(self.settled, offset, data)
        self.pending.clear()

    def found(self, how: Data, draw: random.Random) -> bytes:
        """What is found after a power cut."""
        content = bytearray(self.settled)
        pieces = [piece for one in self.pending for piece in sectors(*one)]
        lost = draw.randrange(len(pieces)) if pieces and how == "all but one" else -1
        chance = draw.random()
        for number, (offset, data) in enumerate(pieces):
            if how == "all" or (how == "all but one" and number != lost) or (how == "some" and draw.random() < chance):
                put(content, offset, data)
        return bytes(content)


@dataclass(eq=False)
class Folder:
    """Names: as the process sees them, those on the disk, and in order the changes since.

    A change gives a name to something or to nothing (None); a renaming is two such in one.
    """

    live: dict[str, File | Folder] = field(default_factory=dict)
    settled: dict[str, File | Folder] = field(default_factory=dict)
    pending: list[dict[str, File | Folder | None]] = field(default_factory=list)

    def change(self, names: dict[str, File | Folder | None]) -> None:
        """Change names, together."""
        rename(self.live, names)
        self.pending.append(names)

    def sync(self) -> None:
        """Put all of it on the disk."""
        for names in self.pending:
            rename(self.settled, names)
        self.pending.clear()

    def found(self, how: Names, draw: random.Random) -> dict[str, File | Folder]:
        """What is found after a power cut: a file system keeps the order of what changes in one folder."""
        last = {"none": 0, "all": len(self.pending), "first": draw.randint(0, len(self.pending))}[how]
        kept = dict(self.settled)
        for names in self.pending[:last]:
            rename(kept, names)
        return kept


def rename(all_names: dict[str, File | Folder], changed: dict[str, File | Folder | None]) -> None:
    """Apply a change to names."""
    for name, what in changed.items():
        if what is None:
            all_names.pop(name, None)
        else:
            all_names[name] = what


def put(content: bytearray, offset: int, data: bytes | None) -> None:
    """Apply one write, or a change of length to `offset`; a gap is zeros."""
    length = offset if data is None else offset + len(data)
    if len(content) < length:
        content.extend(bytes(length - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset:length] = data


def sectors(offset: int, data: bytes | None) -> Iterable[tuple[int, bytes | None]]:
    """A write in pieces that do not cross a sector's bound."""
    if data is None:
        return [(offset, None)]
    end = offset + len(data)
    bounds = [offset, *range(offset - offset % SECTOR + SECTOR, end, SECTOR), end]
    return [(a, data[a - offset : b - offset]) for a, b in pairwise(bounds)]


class Disk:
    """Replays a journal, from an empty folder `root` on."""

    def __init__(self, root: Path, *, kind: bool) -> None:
        self.top = Folder()
        self._root = root
        self._kind = kind
        self._by_inode: dict[int, File | Folder] = {}

    def replay(self, steps: Sequence[Step]) -> Disk:
        """Take in records, in order; itself."""
        for step in steps:
            if step.op in "CO":
                self._open(step)
            elif step.op in "WT":
                self._file(step.inode).pending.append((step.offset, step.first if step.op == "W" else None))
            elif step.op == "S":
                self._sync(self._by_inode[step.inode])
            elif step.op in "MXUR":
                self._rename(step)
        return self

    def write(self, target: Path, cut: Cut) -> None:
        """Make the folder `target` as the disk is found after the cut."""
        draw = random.Random(cut.seed)
        target.mkdir()
        for name, one in sorted(self.top.found(cut.names, draw).items()):
            if name not in cut.spared:
                _write(one, target / name, cut.data, cut.names, draw)
        for name in cut.spared:
            if name in self.top.live:
                _write(self.top.live[name], target / name, "all", "all", draw)

    def _open(self, step: Step) -> None:
        if step.op == "C":
            parent, name = self._place(step.path)
            parent.change({name: File(parent)})
        self._by_inode[step.inode] = found = self._at(step.path)
        if isinstance(found, File) and step.op == "O" and step.flags & 1:
            found.pending.append((0, None))

    def _sync(self, what: File | Folder) -> None:
        what.sync()
        if self._kind and isinstance(what, File):
            what.parent.sync()

    def _rename(self, step: Step) -> None:
        parent, name = self._place(step.path)
        if step.op == "M":
            parent.change({name: Folder()})
        elif step.op in "XU":
            parent.change({name: None})
        else:
            other, new = self._place(step.second_path)
            assert other is parent, f"a renaming from one folder to another: {step.path}"
            parent.change({name: None, new: parent.live[name]})

    def _file(self, inode: int) -> File:
        found = self._by_inode[inode]
        assert isinstance(found, File)
        return found

    def _at(self, path: str) -> File | Folder:
        found: File | Folder = self.top
        for part in PurePath(path).relative_to(self._root).parts:
            assert isinstance(found, Folder)
            found = found.live[part]
        return found

    def _place(self, path: str) -> tuple[Folder, str]:
        parent = self._at(str(PurePath(path).parent))
        assert isinstance(parent, Folder)
        return parent, PurePath(path).name


def _write(one: File | Folder, target: Path, data: Data, names: Names, draw: random.Random) -> None:
    if isinstance(one, File):
        target.write_bytes(one.found(data, draw))
        target.chmod(0o600)
        return
    target.mkdir(mode=0o700)
    for name, inner in sorted(one.found(names, draw).items()):
        _write(inner, target / name, data, names, draw)
