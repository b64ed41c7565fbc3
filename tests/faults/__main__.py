"""`python -m tests.faults [EXPERIMENT ...] [--seed N]`: every experiment at its full size, or those named.

Progress on standard error, one JSON line of figures each on standard output. Exit 1 if anything did not hold.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from tests.faults import clocks, desk, kills, power, repetition, served
from tests.faults.apart import alone
from tests.faults.report import Outcome, Progress
from tests.faults.shim import NoShim

AT_RANDOM: Final = 60
SERVED: Final = 40
CUTS: Final = 400
DESK_CUTS: Final = 200
CONTROL: Final = 40
TIMES: Final = 1_000
CLOCK_STEP: Final = 100
LIARS: Final = (
    ("a disk that lies", True, ""),
    ("synchronous=OFF", False, "OFF"),
    ("synchronous=NORMAL", False, "NORMAL"),
)
"""Who only says that it has written: a disk on which fsync does nothing, a store that does not ask for it, or not at
every commit."""
_ROOM: Final = 2 << 30


def run_kills(folder: Path, draw: random.Random) -> Iterator[Outcome]:
    """SIGKILL at every step of every act, and at random instants."""
    stages = folder / "stages"
    stages.mkdir()
    if alone(kills.prepare, stages):
        raise SystemExit("the acts do not play through")
    all_kills = kills.every_step(stages) + kills.at_random(stages, draw, AT_RANDOM)
    yield kills.run(folder, all_kills, Progress("kill -9", len(all_kills)))


def run_served(folder: Path, draw: random.Random) -> Iterator[Outcome]:
    """SIGKILL of one of three processes that serve."""
    yield served.run(folder, SERVED, draw, Progress("kill -9 of nodes that serve", SERVED))


def run_power(folder: Path, draw: random.Random) -> Iterator[Outcome]:
    """Power cuts of nodes at work."""
    recording = power.record(folder / "true")
    cuts = power.harsh_cuts(recording) + power.draw_cuts(recording, draw, CUTS)
    yield power.run(recording, folder, cuts, Progress("power cuts", len(cuts)))


def run_desk(folder: Path, draw: random.Random) -> Iterator[Outcome]:
    """Power cuts of an operator's commands."""
    name = "power cuts of the command line"
    recording = power.record(folder / "desk", module=desk.MODULE)
    cuts = power.harsh_cuts(recording) + power.draw_cuts(recording, draw, DESK_CUTS)
    yield power.run(recording, folder, cuts, Progress(name, len(cuts)), check=desk.holds, name=name)


def run_control(folder: Path, draw: random.Random) -> Iterator[Outcome]:
    """The same power cuts on liars, which must be caught."""
    for number, (name, lies, synchronous) in enumerate(LIARS):
        recording = power.record(folder / f"liar-{number}", lies=lies, synchronous=synchronous)
        cuts = power.harsh_cuts(recording) + power.draw_cuts(recording, draw, CONTROL)
        yield power.control(recording, folder, cuts, name, Progress(f"control: {name}", len(cuts), quiet=True))


def run_repetition(folder: Path, _draw: random.Random) -> Iterator[Outcome]:
    """Every message a thousand times."""
    yield repetition.run(folder, TIMES, Progress("repetition", repetition.MESSAGES))


def run_clocks(folder: Path, _draw: random.Random) -> Iterator[Outcome]:
    """Every offset of two clocks around a lapse."""
    yield clocks.run(folder, CLOCK_STEP, Progress("clocks", clocks.chunks_of(CLOCK_STEP)))


EXPERIMENTS: Final[Mapping[str, Callable[[Path, random.Random], Iterator[Outcome]]]] = {
    "kills": run_kills,
    "served": run_served,
    "power": run_power,
    "desk": run_desk,
    "control": run_control,
    "repetition": run_repetition,
    "clocks": run_clocks,
}


def main() -> None:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("experiment", nargs="*", metavar="EXPERIMENT", help=", ".join(EXPERIMENTS))
    parser.add_argument("--seed", type=int, default=1, help="of chance (default 1)")
    asked = parser.parse_args()
    if unknown := set(asked.experiment) - set(EXPERIMENTS):
        parser.error(f"no experiment `{min(unknown)}`; there are {', '.join(EXPERIMENTS)}")
    failed = False
    for name in asked.experiment or EXPERIMENTS:
        began = time.monotonic()
        with tempfile.TemporaryDirectory(dir=roomy()) as folder:
            for outcome in _outcomes(name, Path(folder), random.Random(f"{asked.seed} {name}")):
                seconds = round(time.monotonic() - began)
                told = replace(outcome, figures={"seed": asked.seed, **outcome.figures, "seconds": seconds})
                sys.stdout.write(f"{told.to_line()}\n")
                sys.stdout.flush()
                failed |= bool(outcome.broken)
    raise SystemExit(1 if failed else 0)


def _outcomes(name: str, folder: Path, draw: random.Random) -> Iterator[Outcome]:
    try:
        yield from EXPERIMENTS[name](folder, draw)
    except NoShim as error:
        yield Outcome(name, {"not_run": str(error)[:500]}, ["it could not be run"])


def roomy() -> Path | None:
    """The memory file system where there is room in it, for it is quick; else where temporary files go."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


if __name__ == "__main__":
    main()
