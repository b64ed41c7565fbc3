"""Repetition: every message that a node has answered, sent to it a thousand times more; one effect, one answer.

The messages are those of the acts: transmittals, relays, instruments, recalls, reports. Senders repeat too: the answer
settles its message again and again, and what is queued is dispatched again. And a transmittal that has not come yet
comes a thousand times at once, over several threads.
"""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from relto.node import Node, dispatch_pending, handle, relay_pending, settle
from tests.faults.acts import ACTS, START, play
from tests.faults.invariants import View, broken, view_of
from tests.faults.reach import InProcess, make_nodes
from tests.faults.recovery import TOLD
from tests.faults.report import Outcome, Progress
from tests.faults.told import Tell, Told, into_file, told_in
from tests.test_node_setup import make_dossier

MESSAGES = 17
"""How many the acts send, and the race."""
_THREADS = 4


def run(folder: Path, times: int, progress: Progress) -> Outcome:
    """Play all acts, then repeat each message so often; the figures and what does not hold."""
    make_nodes(folder, make_dossier(folder / "dossier"), START, into_file(folder / TOLD))
    reach = InProcess(folder, START)
    tell = into_file(folder / TOLD)
    found: list[str] = []
    for act in ACTS:
        play(reach, act, tell)
        if act.name == "notice":
            found += race(reach, tell, times)
    before = views(reach)
    repeated: Counter[str] = Counter()
    for party, view in before.items():
        for row in view.outbox:
            repeated[row.kind] += times
            found += repeat(reach.nodes[party], reach.nodes[row.peer], row.number, times)
            progress.one()
    for node in reach.nodes.values():
        dispatch_pending(node)
        relay_pending(node)
    after = views(reach)
    found += [f"{party} is not as it was" for party in after if after[party] != before[party]]
    found += broken(after, told_in(folder / TOLD))
    reach.close()
    figures = {"messages": sum(len(view.outbox) for view in before.values()), "times_each": times, **repeated}
    return Outcome("repetition", figures, found)


def race(reach: InProcess, tell: Tell, times: int) -> list[str]:
    """A transmittal that was lost on its way comes so often at once; what is not one effect and one answer."""
    sender, peer = reach.nodes["KOR"], reach.nodes["JPN"]
    held = len(view_of(peer).holdings)
    tell(Told("begun", "KOR", "release that comes many times at once", about=str(reach.clock.at)))
    reach.link.set_down("JPN")
    (lost,) = reach.release("KOR", "japan-only", "JPN")
    row = next(one for one in view_of(sender).outbox if one.subject == lost.subject)
    with ThreadPoolExecutor(_THREADS) as threads:
        answers = set(threads.map(lambda _: handle(peer, row.kind, row.message), range(times)))
    reach.link.set_down("JPN", False)
    (sent,) = [one for one in reach.dispatch("KOR") if one.subject == lost.subject]
    found = [f"doubled: {len(answers)} answers to a transmittal that came {times} times at once"] * (len(answers) != 1)
    more = len(view_of(peer).holdings) - held
    found += [f"doubled: {more} holdings of it"] * (more != 1)
    found += [f"lost: what came {times} times at once is {sent.state}"] * (sent.state != "done")
    return found


def views(reach: InProcess) -> dict[str, View]:
    """All that all nodes hold."""
    return {party: view_of(node) for party, node in reach.nodes.items()}


def repeat(sender: Node, peer: Node, number: int, times: int) -> list[str]:
    """Send a message so often, and settle it by the answer each time; what differs from what was settled at first."""
    with sender.store.read() as reading:
        row = reading.outbox_row(number)
        assert row is not None
        leaf = reading.leaf(row.answer or "")
    assert leaf is not None
    found: Counter[str] = Counter()
    for _ in range(times):
        reply = handle(peer, row.kind, row.message)
        if reply != leaf.evidence.encode("ascii"):
            found[f"{peer.party} gave another answer to the {row.kind} {row.subject}"] += 1
        with sender.store.write() as tx:
            if settle(sender, tx, number, reply) != row:
                found[f"{sender.party}'s {row.kind} {row.subject} was settled anew"] += 1
    return [f"{what}, {n} times of {times}" for what, n in found.items()]
