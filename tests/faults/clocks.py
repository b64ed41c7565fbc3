"""Clocks askew: two nodes, each with a clock of its own and a declared uncertainty, release around a lapse.

The true instant is ours alone; a node's clock reads it plus an offset. In the first grid each offset is one that the
node's declaration covers: then neither node permits anything at or after the true instant of the lapse, and a node
refuses only where its clock is within its uncertainty of the lapse, or past it. In the second one of the two clocks is
off by more than it declares: its node cannot know, and may permit; the other one refuses, so that nothing is released.
"""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from relto.adapters.clock import ReplayClock
from relto.adapters.link import InProcessLink
from relto.compose import open_node
from relto.node import ActRefused, Node, handle, handle_many, release
from tests.faults.acts import ACTS, LAPSE, START, play
from tests.faults.apart import Job, started, together
from tests.faults.reach import PASSPHRASE, InProcess, make_nodes
from tests.faults.recovery import FOUND
from tests.faults.report import Outcome, Progress
from tests.test_node_setup import make_dossier

MILLISECOND: Final = 1_000_000
RANGE: Final = 5_000
"""How far clocks are off at most, in milliseconds, either way."""
TIGHT: Final = 250
"""What a node declares by default, in milliseconds."""
_AT_ONCE: Final = 20
PAIR: Final = ("KOR", "JPN")
_STAGES: Final = {"submission": "queueing", "consignment": "sending", "receipt": "receipt"}


@dataclass(frozen=True)
class Askew:
    """Offsets of the sender's and the recipient's clocks, and what both declare, in milliseconds."""

    sender: int
    recipient: int
    declared: int

    @property
    def honest(self) -> bool:
        """Whether both are within what they declare."""
        return max(abs(self.sender), abs(self.recipient)) <= self.declared

    def instants(self) -> list[int]:
        """True instants to release at, in nanoseconds from the lapse: at, and one beside, each bound that there is."""
        bounds = [0, *(-(offset + self.declared) * MILLISECOND for offset in (self.sender, self.recipient))]
        bounds += [bound + 2 * self.declared * MILLISECOND for bound in bounds[1:]]
        return sorted({bound + side for bound in bounds for side in (-1, 0, 1)})


def grid(step: int) -> list[Askew]:
    """Every offset of one clock, in such steps of milliseconds: the other being right, and as far off as it may be; and
    the same with a declaration that the one clock breaks. For either clock."""
    found: dict[Askew, None] = {}
    for off in range(-RANGE, RANGE + 1, step):
        for declared in (RANGE, TIGHT):
            for other in (-declared, 0, declared):
                found[Askew(off, other, declared)] = None
                found[Askew(other, off, declared)] = None
    return list(found)


def prepare(folder: Path) -> None:
    """Make nodes whose pact has been denounced, in `folder`."""
    make_nodes(folder, make_dossier(folder / "dossier"), START, lambda _told: None)
    reach = InProcess(folder, START)
    for act in ACTS[: 1 + [act.name for act in ACTS].index("notice")]:
        play(reach, act, lambda _told: None)
    reach.close()


class Found:
    """What was seen with some clocks: figures, and what should not be."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()
        self.furthest = 0
        self.broken: list[str] = []

    def add(self, askew: Askew, after: int, state: str, permits: Sequence[str]) -> None:
        """One release, `after` nanoseconds from the lapse: what became of it, and at which stages it was permitted."""
        self.counted["releases"] += 1
        self.counted["done" if state == "done" else "refused"] += 1
        if after >= 0 and state == "done":
            self.broken.append(f"permit: {askew}: released {after} ns after the lapse")
        if after >= 0 and permits:
            self.counted["permitted_by_a_clock_that_breaks_its_word"] += 1
            if askew.honest:
                self.broken.append(f"permit: {askew}: permitted at {permits}, {after} ns after the lapse")
        if state == "done":
            return
        refused_by = askew.sender if state == "refused" else askew.recipient
        before = -(after + refused_by * MILLISECOND)
        self.furthest = max(self.furthest, before)
        if before > askew.declared * MILLISECOND:
            self.broken.append(f"refusal: {askew}: refused {before} ns before the lapse by that node's own clock")


def try_all(folder: Path, work: Path, askews: Sequence[Askew]) -> None:
    """Release at every instant under each of these pairs of clocks; what was found is left in `work`."""
    found = Found()
    for number, askew in enumerate(askews):
        place = work / str(number)
        place.mkdir()
        nodes = dict(_opened(folder, place, askew))
        for after in askew.instants():
            found.add(askew, after, *_release(nodes, askew, after))
        for node in nodes.values():
            node.close()
        shutil.rmtree(place)
    (work / FOUND).write_text(json.dumps([found.counted, found.furthest, found.broken]))


def _opened(folder: Path, place: Path, askew: Askew) -> Iterator[tuple[str, Node]]:
    """Copies of the two nodes, each with its own clock."""
    link = InProcessLink()
    for party in PAIR:
        shutil.copytree(folder / party, place / party)
        clock = ReplayClock(START, uncertainty=askew.declared * MILLISECOND)
        node = open_node(place / party, PASSPHRASE, clock=clock, link=link)
        link.join(party, partial(handle, node), partial(handle_many, node))
        yield party, node


def _release(nodes: dict[str, Node], askew: Askew, after: int) -> tuple[str, list[str]]:
    """What became of a release at that instant, and the stages at which it was permitted."""
    true = LAPSE.plus(after)
    for party, offset in zip(PAIR, (askew.sender, askew.recipient), strict=True):
        clock = nodes[party].clock
        assert isinstance(clock, ReplayClock)
        clock.set(true.plus(offset * MILLISECOND))
    sender = nodes["KOR"]
    try:
        delivery = release(sender, sender.base.item("msl-2019-10-31"), "JPN")
    except ActRefused:
        return "refused", []
    permits = [_STAGES[kind] for kind in _kinds(sender, delivery.row.subject) if kind in _STAGES]
    return delivery.state, permits


def _kinds(node: Node, subject: str) -> list[str]:
    with node.store.read() as reading:
        return [leaf.kind for leaf in reading.leaves(subject)]


def run(folder: Path, step: int, progress: Progress) -> Outcome:
    """Try the whole grid; the figures and what does not hold."""
    stage = folder / "stage"
    stage.mkdir(parents=True)
    prepare(stage)
    askews = grid(step)
    chunks = [askews[place : place + _AT_ONCE] for place in range(0, len(askews), _AT_ONCE)]

    def job(number: int, chunk: Sequence[Askew]) -> Job[tuple[dict[str, int], int, list[str]]]:
        work = folder / f"chunk-{number}"
        work.mkdir()
        code = yield started(try_all, stage, work, chunk)
        if code:
            return {}, 0, [f"it ended with {code}"]
        counted, furthest, broken = json.loads((work / FOUND).read_bytes())
        return counted, furthest, broken

    counted: Counter[str] = Counter()
    furthest, broken = 0, []
    for some, far, wrong in together(job(number, chunk) for number, chunk in enumerate(chunks)):
        counted.update(some)
        furthest = max(furthest, far)
        broken += wrong
        progress.one(wrong)
    offsets = len(range(-RANGE, RANGE + 1, step))
    figures = {"offsets": offsets, "pairs_of_clocks": len(askews), **counted, "furthest_refusal_ns": furthest}
    return Outcome("clocks", figures, broken)


def chunks_of(step: int) -> int:
    """How many parts of the grid `run` reports."""
    return -(-len(grid(step)) // _AT_ONCE)
