"""kill -9: the process dies at each step of each act, and at random instants; then it is started again.

The acts are played once; a copy of the nodes as each act found them is kept. For each act the steps are counted, then
it is played again once for every step, with SIGKILL at that step. A memory file system tells as much as a disk here:
what a process has written outlives it. Only a power cut takes it away (`power.py`).
"""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from tests.faults.acts import ACTS, START, play
from tests.faults.apart import KILLED, Job, context, started, together
from tests.faults.reach import InProcess, make_nodes
from tests.faults.recovery import TOLD, recovered
from tests.faults.report import Outcome, Progress
from tests.faults.steps import Steps
from tests.faults.told import into_file
from tests.test_node_setup import make_dossier

COUNTED = "steps.json"


def prepare(folder: Path) -> None:
    """Make the nodes in `folder`, play every act, and keep what each found: `folder/0` and so on, and its steps."""
    dossier = make_dossier(folder / "dossier")
    stage = folder / "0"
    stage.mkdir()
    make_nodes(stage, dossier, START, into_file(stage / TOLD))
    for number in range(len(ACTS)):
        following = folder / str(number + 1)
        shutil.copytree(folder / str(number), following)
        play_to_end(following, number)


def play_to_end(folder: Path, number: int) -> None:
    """Play an act unharmed, and note how many steps it took, and how long."""
    steps = Steps()
    reach = InProcess(folder, START, steps)
    began = time.perf_counter()
    play(reach, ACTS[number], into_file(folder / TOLD))
    counted = {"steps": steps.count, "seconds": time.perf_counter() - began}
    reach.close()
    (folder / COUNTED).write_text(json.dumps(counted))


def play_and_die(folder: Path, number: int, kill_at: int, ready: Callable[[], None] | None = None) -> None:
    """Play an act, and die at a step of it; without one, say when it begins."""
    reach = InProcess(folder, START, Steps(kill_at))
    if ready is not None:
        ready()
    play(reach, ACTS[number], into_file(folder / TOLD))


@dataclass(frozen=True)
class Kill:
    """Where to kill: at a step of an act, or, for step 0, after so many seconds of it."""

    act: int
    step: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        when = f"at step {self.step}" if self.step else f"after {self.seconds * 1e6:.0f} us"
        return f"`{ACTS[self.act].name}` killed {when}"


def every_step(folder: Path) -> list[Kill]:
    """One kill for every step of every act."""
    found: list[Kill] = []
    for number in range(len(ACTS)):
        found += [Kill(number, step) for step in range(1, _counted(folder, number)["steps"] + 1)]
    return found


def at_random(folder: Path, draw: random.Random, number: int) -> list[Kill]:
    """Kills at random instants, to the microsecond, of acts chosen by the time they take."""
    seconds = [_counted(folder, act)["seconds"] for act in range(len(ACTS))]
    acts = draw.choices(range(len(ACTS)), seconds, k=number)
    return [Kill(act, 0, round(draw.uniform(0, seconds[act]), 6)) for act in acts]


def _counted(folder: Path, number: int) -> Any:
    return json.loads((folder / str(number + 1) / COUNTED).read_bytes())


def kill_once(stages: Path, folder: Path, kill: Kill) -> Job[tuple[Kill, bool, list[str]]]:
    """Play, kill, start again, finish, check: whether it was killed before the act's end, and what does not hold."""
    shutil.copytree(stages / str(kill.act), folder)
    if kill.step:
        code = yield started(play_and_die, folder, kill.act, kill.step)
        found = [] if code == KILLED else [f"it was to be killed, and ended with {code}"]
    else:
        code = yield _killed_after(folder, kill)
        found = [] if code in (KILLED, 0) else [f"it ended with {code}"]
    found += yield from recovered(folder)
    shutil.rmtree(folder)
    return kill, code == KILLED, [f"{kill}: {one}" for one in found]


def _killed_after(folder: Path, kill: Kill) -> ForkServerProcess:
    """A process that plays, and that is killed some time after it begins the act."""
    here, there = context.Pipe(duplex=False)
    process = started(_play_and_say, folder, kill.act, there)
    there.close()
    here.recv_bytes()
    here.close()
    process.join(kill.seconds)
    process.kill()
    return process


def _play_and_say(folder: Path, number: int, there: Connection) -> None:
    play_and_die(folder, number, 0, lambda: there.send_bytes(b"begun"))


def run(folder: Path, kills: Sequence[Kill], progress: Progress) -> Outcome:
    """Carry all kills out, each from its prepared stage under `folder/stages`; the figures and what does not hold."""
    counted = dict.fromkeys(("kills", "at_steps", "at_random_instants", "ended_before_the_kill"), 0)
    broken: list[str] = []
    jobs = (kill_once(folder / "stages", folder / f"kill-{number}", one) for number, one in enumerate(kills))
    for kill, died, found in together(jobs):
        counted["kills"] += died
        counted["at_steps" if kill.step else "at_random_instants"] += died
        counted["ended_before_the_kill"] += not died
        broken += found
        progress.one(found)
    return Outcome("kill -9", {"acts": len({kill.act for kill in kills}), **counted}, broken)
