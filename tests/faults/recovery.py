"""After the fault: the nodes opened anew, everything driven to its end, every invariant checked; in its own process."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable
from pathlib import Path

from relto.core.timeline import Instant, parse_instant
from tests.faults.acts import START, finish
from tests.faults.apart import Job, started
from tests.faults.invariants import broken, view_of
from tests.faults.reach import PARTIES, InProcess
from tests.faults.told import Told, told_in

TOLD = "told"
FOUND = "found.json"


Check = Callable[[Path, list[Told]], list[str]]
"""Opens what is in a folder, and gives what does not hold after what the driver was told."""


def recovered(folder: Path, check: Check | None = None) -> Job[list[str]]:
    """Recover what is in `folder` in a process of its own, by default the nodes; what does not hold."""
    code = yield started(recover, folder, check or go_on)
    if code:
        return [f"the recovery ended with {code}"]
    return [str(one) for one in json.loads((folder / FOUND).read_bytes())]


def recover(folder: Path, check: Check) -> None:
    """Check; what was found is left in the folder."""
    told = told_in(folder / TOLD)
    try:
        found = check(folder, told)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        found = [f"lost: the nodes cannot go on: {type(error).__name__}: {error} ({place.name}, line {place.lineno})"]
    (folder / FOUND).write_text(json.dumps(found))


def go_on(folder: Path, told: list[Told]) -> list[str]:
    """Open the nodes, verify, finish what was begun, hold all of it against what was told."""
    reach = InProcess(folder, instant_of(told))
    found = [f"lost: {name} has no node" for name in {one.party for one in told} - set(reach.nodes)]
    pinned = {(one.party, one.peer) for one in told if one.what == "pinned"}
    found += [
        f"lost: {party} had pinned {peer}"
        for party, peer in sorted(pinned)
        if party in reach.nodes and peer not in reach.nodes[party].keys.peers
    ]
    found += [f"at once: {one}" for node in reach.nodes.values() for one in view_of(node).problems]
    if found:
        return found
    if len(pinned) == len(PARTIES) * (len(PARTIES) - 1):
        finish(reach, told)
    found += broken({party: view_of(node) for party, node in reach.nodes.items()}, told)
    reach.close()
    return found


def instant_of(told: list[Told]) -> Instant:
    """Where the clocks stood: at the act begun last."""
    begun = [one for one in told if one.what == "begun"]
    return parse_instant(begun[-1].about) if begun else START
