"""What the driver of an experiment was told by the nodes, and in which acts: promises that must outlive the fault."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

What = Literal["begun", "made", "pinned", "addressed", "signed", "delivered", "refused", "opened", "reported"]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing said to the driver by the node of `party`, after which it may rely on it; or an act that was begun.

    `subject` is a transmittal, an instrument (`AGREEMENT/ID`), a report, a holding or a piece of evidence. Of an act
    begun, `subject` is its name and `about` its instant.
    """

    what: What
    party: str
    subject: str = ""
    state: str = ""
    peer: str = ""
    about: str = ""

    def to_bytes(self) -> bytes:
        """One line."""
        return json.dumps(asdict(self), sort_keys=True).encode("ascii") + b"\n"


Tell = Callable[[Told], None]
"""Where the driver notes what it was told, at once."""


def into_file(path: Path) -> Tell:
    """Note each in a file by one write: what is written outlives a kill, for it is in the kernel's hands."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(told: Told) -> None:
        line = told.to_bytes()
        assert os.write(handle, line) == len(line)

    return tell


def read_told(lines: Iterable[bytes]) -> list[Told]:
    """The notes in order. A file that is not there has none."""
    return [Told(**json.loads(line)) for line in lines]


def told_in(path: Path) -> list[Told]:
    """The notes in a file."""
    return read_told(path.read_bytes().splitlines()) if path.exists() else []
