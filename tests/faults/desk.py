"""`python -m tests.faults.desk FOLDER DOSSIER`: nodes made and introduced by the command line, recorded.

What an operator's commands have said they did is there after a power cut: a node opens by the passphrase that was made
up for it, its pins stand, its neighbours are known, and its card bears the address it was given. A file that is written
over (a calendar, the clock of a rehearsal) is whole, the old one or the new one; it need not be there yet.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from relto.adapters.clock import FolderClock, ReplayClock
from relto.cli.main import run
from relto.cli.opening import passphrase_for, read_neighbours
from relto.compose import open_node
from tests.faults.acts import LAPSE, START
from tests.faults.shim import mark
from tests.faults.told import Told

MODULE: Final = "tests.faults.desk"
DESKS: Final = ("KOR", "JPN")
_CLOCK: Final = "clock"
_CALENDAR: Final = "deadlines.ics"
_ADDRESS: Final = "127.0.0.1:7400"


def main() -> None:
    """Make, introduce, address; mark."""
    folder, dossier = Path(sys.argv[1]), sys.argv[2]
    kor, jpn = (folder / party for party in DESKS)
    for place in (kor, jpn):
        _run("node", "init", "--party", place.name, place, "--rehearsal", "--at", str(START), "--dossier", dossier)
        _tell(Told("made", place.name))
    for place, peer in ((kor, jpn), (jpn, kor)):
        _run("node", "pin", peer, "--node", place)
        _tell(Told("pinned", place.name, peer=peer.name))
    _run("node", "card", "--address", _ADDRESS, "--node", kor)
    _tell(Told("addressed", "KOR", about=_ADDRESS))
    for at in (START, LAPSE):
        FolderClock(folder / _CLOCK).at = at
        _tell(Told("begun", "KOR", "write the calendar", about=str(at)))
        _run("agreement", "deadlines", "--at", str(at), "--ics", folder / _CALENDAR, "--dossier", dossier)
        _tell(Told("begun", "KOR", "put the clock", about=str(at)))


def holds(folder: Path, told: list[Told]) -> list[str]:
    """What is not as the commands said. A node that nobody was told of is whole, or is not there."""
    found = []
    for party in DESKS:
        said = [one for one in told if one.party == party]
        if not (folder / party).exists():
            found += [f"lost: {one}" for one in said]
            continue
        node = open_node(folder / party, passphrase_for(folder / party, ask=False), clock=ReplayClock(START))
        if said:
            node.keys.signing()
        neighbours = read_neighbours(folder / party)
        for one in said:
            if one.what == "pinned" and not {one.peer} <= node.keys.peers.keys() & neighbours.keys():
                found.append(f"lost: {one}")
            if one.what == "addressed" and node.keys.own.address != one.about:
                found.append(f"lost: {one}")
        node.close()
    return found + list(_torn(folder))


def _torn(folder: Path) -> Iterator[str]:
    clock, calendar = folder / _CLOCK, folder / _CALENDAR
    if clock.exists() and FolderClock(clock).at not in (START, LAPSE):
        yield f"torn: the clock stands at {FolderClock(clock).at}"
    if calendar.exists() and not calendar.read_bytes().endswith(b"END:VCALENDAR\r\n"):
        yield "torn: the calendar"


def _run(*arguments: object) -> None:
    code = run([str(one) for one in arguments])
    assert code == 0, f"`{arguments}` ended with {code}"


def _tell(told: Told) -> None:
    mark(told.to_bytes())


if __name__ == "__main__":
    main()
