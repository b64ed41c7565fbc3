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

from tests.faults import clocks, kills, power, repetition, served
from tests.faults.apart import alone
from tests.faults.disk import Cut
from tests.faults.report import Outcome, Progress
from tests.faults.shim import NoShim

AT_RANDOM: Final = 60
SERVED: Final = 8
CUTS: Final = 40
CONTROL: Final = 20
TIMES: Final = 50
CLOCK_STEP: Final = 100
LIARS: Final = (("a disk that lies", True, ""), ("synchronous=OFF", False, "OFF"))
"""Those that only say that they have written: a disk on which fsync does nothing, a store that does not ask for it."""
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
    """Power cuts; then the same harness on a disk and on a store that lie, which it must catch."""
    try:
        recording = power.record(folder / "true")
        cuts = power.draw_cuts(recording, draw, CUTS)
        yield power.run(recording, folder, cuts, Progress("power cuts", CUTS))
        for number, (name, lies, synchronous) in enumerate(LIARS):
            liar = power.record(folder / f"liar-{number}", lies=lies, synchronous=synchronous)
            drawn: list[Cut] = power.draw_cuts(liar, draw, CONTROL)
            yield power.control(liar, folder, drawn, name, Progress(f"control: {name}", CONTROL, quiet=True))
    except NoShim as error:
        yield Outcome("power cuts", {"skipped": str(error)}, [f"not run: {error}"])


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
            for outcome in EXPERIMENTS[name](Path(folder), random.Random(f"{asked.seed} {name}")):
                seconds = round(time.monotonic() - began)
                told = replace(outcome, figures={"seed": asked.seed, **outcome.figures, "seconds": seconds})
                sys.stdout.write(f"{told.to_line()}\n")
                sys.stdout.flush()
                failed |= bool(outcome.broken)
                for line in outcome.broken:
                    sys.stderr.write(f"{line}\n")
    raise SystemExit(1 if failed else 0)


def roomy() -> Path | None:
    """The memory file system where there is room in it, for it is quick; else where temporary files go."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > _ROOM else None


if __name__ == "__main__":
    main()
