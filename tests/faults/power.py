"""Power cuts: a workload is recorded call by call, then cut off after any call, with what was not synced dropped.

One recording serves any number of cuts: a cut is a point in its journal and what chance makes of the writes and names
that were not on the disk by then. The nodes are opened on what is left, driven to their end, and held against all that
the driver had been told before the cut. A liar (a disk or a store that only says it has written) must be caught.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

from tests.faults.apart import Job, together
from tests.faults.disk import Cut, Data, Disk, Names
from tests.faults.reach import PARTIES
from tests.faults.recovery import TOLD, Check, recovered
from tests.faults.report import Outcome, Progress
from tests.faults.shim import NoShim, Step, compiled, environment, steps
from tests.test_node_setup import make_dossier

WORKLOAD: Final = "tests.faults.workload"


@dataclass(frozen=True)
class Recording:
    """What a workload did to the files under `root`, in order, and where in it the driver was told something."""

    root: Path
    steps: Sequence[Step]

    def told(self, after: int) -> bytes:
        """What the driver had been told by then."""
        return b"".join(step.first for step in self.steps[:after] if step.op == "A")

    @property
    def figures(self) -> dict[str, int]:
        """How much there is of it."""
        counted = Counter(step.op for step in self.steps)
        return {"writes": counted["W"], "syncs": counted["S"], "told": counted["A"]}


def record(folder: Path, *, module: str = WORKLOAD, lies: bool = False, synchronous: str = "") -> Recording:
    """Run a workload with the shim preloaded. Raises NoShim where that cannot be done, or saw nothing."""
    folder.mkdir(parents=True)
    root, journal = folder.resolve() / "nodes", folder.resolve() / "journal"
    root.mkdir()
    dossier = make_dossier(folder / "dossier")
    arguments = [str(root), str(dossier), *([synchronous] if synchronous else [])]
    command = [sys.executable, "-m", module, *arguments]
    done = subprocess.run(
        command,
        cwd=Path(__file__).parents[2],
        env=environment(compiled(folder), root, journal, lies=lies),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NoShim(f"the workload failed: {done.stderr.strip()[-2000:]}")
    found = list(steps(journal))
    if not any(step.op == "W" and step.first[:4] == b"\x37\x7f\x06\x82" for step in found):
        raise NoShim("the shim saw no write-ahead log begun: SQLite does not call through it here")
    return Recording(root, found)


def draw_cuts(recording: Recording, draw: random.Random, number: int) -> list[Cut]:
    """Points at which to cut: a third where the driver was just told something, a third beside a sync, the others
    anywhere."""
    told = [at + 1 for at, step in enumerate(recording.steps) if step.op == "A"]
    syncs = [at + side for at, step in enumerate(recording.steps) if step.op == "S" for side in (0, 1)] or told
    found: list[Cut] = []
    for one in range(number):
        spared = draw.sample(PARTIES, draw.choice((0, 0, 1, 2)))
        found.append(
            Cut(
                after=(draw.choice(told), draw.choice(syncs), draw.randrange(len(recording.steps) + 1))[one % 3],
                data=draw.choice(get_args(Data)),
                names=draw.choice(get_args(Names)),
                kind=draw.random() < 0.5,
                spared=tuple(spared),
                seed=draw.getrandbits(32),
            )
        )
    return found


def harsh_cuts(recording: Recording) -> list[Cut]:
    """Right after each thing that the driver was told, all that was not synced lost, on every machine."""
    told = [at + 1 for at, step in enumerate(recording.steps) if step.op == "A"]
    return [Cut(after=at, data="none", names="none", kind=False, spared=(), seed=0) for at in told]


def cut_once(recording: Recording, folder: Path, cut: Cut, check: Check | None) -> Job[tuple[Cut, list[str]]]:
    """Cut, and check what is left; what does not hold."""
    Disk(recording.root, kind=cut.kind).replay(recording.steps[: cut.after]).write(folder, cut)
    (folder / TOLD).write_bytes(recording.told(cut.after))
    found = yield from recovered(folder, check)
    shutil.rmtree(folder)
    return cut, [f"{cut}: {one}" for one in found]


def run(
    recording: Recording,
    folder: Path,
    cuts: Sequence[Cut],
    progress: Progress,
    *,
    check: Check | None = None,
    name: str = "power cuts",
) -> Outcome:
    """Carry all cuts out, each followed by `check`, or by the recovery of the nodes; figures and what does not hold."""
    broken: list[str] = []
    dropping = 0
    jobs = (cut_once(recording, folder / f"cut-{number}", one, check) for number, one in enumerate(cuts))
    for cut, found in together(jobs):
        dropping += cut.data != "all"
        broken += found
        progress.one(found)
    return Outcome(name, {"cuts": len(cuts), "dropping_writes": dropping, **recording.figures}, broken)


def control(recording: Recording, folder: Path, cuts: Sequence[Cut], liar: str, progress: Progress) -> Outcome:
    """The same cuts on a recording of a liar: a harness that finds nothing lost then would be blind."""
    found = run(recording, folder, cuts, progress)
    lost = [line for line in found.broken if "lost:" in line]
    blind = [] if lost else [f"blind: {liar} lost nothing in {len(cuts)} power cuts"]
    caught = {"what_did_not_hold": len(found.broken), "of_that_acknowledged_and_lost": len(lost)}
    return Outcome(f"control: {liar}", {**found.figures, **caught}, blind)
