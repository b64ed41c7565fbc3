"""The shim: compiled where a compiler is, preloaded into a process, and its journal read back."""

from __future__ import annotations

import ctypes
import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SOURCE: Final = Path(__file__).with_name("shim.c")
_HEAD: Final = struct.Struct("<BB6xQqII")


class NoShim(Exception):
    """Why power cuts cannot be simulated here."""


def compiler() -> str:
    """The C compiler. Raises NoShim where there is none, or nothing can be preloaded."""
    if not sys.platform.startswith("linux"):
        raise NoShim(f"power cuts need LD_PRELOAD, which {sys.platform} does not have")
    found = next((path for name in ("cc", "gcc", "clang") if (path := shutil.which(name))), None)
    if found is None:
        raise NoShim("power cuts need a C compiler; there is no cc, gcc or clang")
    return found


def compiled(folder: Path) -> Path:
    """Compile the shim into `folder`. Raises NoShim."""
    target = folder / "shim.so"
    command = [compiler(), "-O1", "-Wall", "-shared", "-fPIC", "-o", str(target), str(SOURCE), "-ldl", "-lpthread"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoShim(f"the shim does not compile: {done.stderr.strip()}")
    return target


def environment(shim: Path, root: Path, journal: Path, *, lies: bool = False) -> Mapping[str, str]:
    """The variables by which a process is recorded; with `lies`, its disk only says that it has what it was given."""
    found = {"LD_PRELOAD": str(shim), "RELTO_SHIM_ROOT": str(root), "RELTO_SHIM_JOURNAL": str(journal)}
    return {**os.environ, **found, **({"RELTO_SHIM_LIES": "1"} if lies else {})}


def mark(data: bytes) -> None:
    """Note in the journal of this process what its driver was told. Raises NoShim where it is not recorded."""
    try:
        recorded = ctypes.CDLL(None).relto_mark(data, ctypes.c_size_t(len(data)))
    except AttributeError:
        recorded = 0
    if not recorded:
        raise NoShim("this process is not recorded")


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the journal: see `shim.c`."""

    op: str
    flags: int
    inode: int
    offset: int
    first: bytes
    second: bytes

    @property
    def path(self) -> str:
        """The first string as a path."""
        return os.fsdecode(self.first)

    @property
    def second_path(self) -> str:
        """The second string as a path."""
        return os.fsdecode(self.second)


def steps(journal: Path) -> Iterator[Step]:
    """The journal in order. Raises NoShim where something happened that it cannot tell."""
    data = journal.read_bytes()
    place = 0
    while place < len(data):
        op, flags, inode, offset, first, second = _HEAD.unpack_from(data, place)
        place += _HEAD.size
        middle, end = place + first, place + first + second
        step = Step(chr(op), flags, inode, offset, data[place:middle], data[middle:end])
        place = end
        if step.op == "!":
            raise NoShim(f"a call that the shim cannot record: {step.path} {step.second_path}")
        yield step
