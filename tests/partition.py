"""`python -m tests.partition [COUNT]`: a node cut off with so many items queued, while one of its pacts lapses.

Two peers are out of reach. Some of what is queued for them is sent in time, some was tried in vain, the rest waits;
then the pact with one of them lapses, and both can be reached again. The clock is virtual: it stands where it is put.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from relto.node import Offer, OutboxRow, delivery_of, dispatch_pending, release_many, verify
from relto.node.node import Node
from relto.node.statements import statement
from tests.test_node_setup import LAPSE, Cast, at

AT_ONCE = 500


@dataclass(frozen=True)
class Drained:
    """What became of `queued` items: half of them under a pact that lapsed meanwhile, half under one that did not."""

    queued: int
    sent_in_time: int
    done: int
    refused: int
    refused_with_evidence: int
    reported_to_their_sender: int
    lost: int
    doubled: int
    sent_under_the_lapsed_pact: int
    problems: int


def partition(folder: Path, count: int, told: Callable[[str, int], None] = lambda what, done: None) -> Drained:
    """Queue `count` items for two peers out of reach, let one pact lapse, heal, drain; judge by both ledgers.

    `told` learns how far it is.
    """
    cast = Cast(folder)
    cast.enter_into_force()
    cast.give_notice()
    cast.clock.set(at("2019-11-22T12:00+09:00"))
    for peer in ("JPN", "USA"):
        cast.link.set_down(peer)
    queued = _queue(cast, count, told)
    in_time = _in_time(cast, count // 10)
    cast.clock.set(LAPSE)
    for peer in ("JPN", "USA"):
        cast.link.set_down(peer, False)
    drained = 0
    while tried := len(dispatch_pending(cast.kor, limit=AT_ONCE)):
        cast.clock.advance(1_000_000)
        drained += tried
        told("drained", drained)
    return _judge(cast, queued, in_time)


def _queue(cast: Cast, count: int, told: Callable[[str, int], None]) -> dict[str, str]:
    """Queue items in turn for both peers; the peer of each transmittal."""
    found: dict[str, str] = {}
    for start in range(0, count, AT_ONCE):
        cast.clock.advance(1_000_000)
        offers = [
            Offer(cast.item(), ("JPN", "USA")[number % 2], payload=f"number {number}".encode())
            for number in range(start, min(start + AT_ONCE, count))
        ]
        rows = release_many(cast.kor, offers)
        found |= {row.subject: row.peer for row in rows if isinstance(row, OutboxRow)}
        told("queued", len(found))
    return found


def _in_time(cast: Cast, count: int) -> int:
    """Reach the peer of the pact that is to lapse for a while, then try it in vain; how many it got."""
    cast.link.set_down("JPN", False)
    sent = len(dispatch_pending(cast.kor, "JPN", limit=count))
    cast.link.set_down("JPN")
    cast.clock.advance(1_000_000)
    dispatch_pending(cast.kor)
    return sent


def _judge(cast: Cast, queued: dict[str, str], in_time: int) -> Drained:
    held = Counter(one for node in (cast.jpn, cast.usa) for one in _holdings(node))
    states = {name: _state(cast.kor, name) for name in queued}
    done = {name for name, state in states.items() if state == "done"}
    refused = {name for name, state in states.items() if state == "refused"}
    with_evidence, late = _left(cast.kor)
    reported = [name for name in refused if any(one.grounds for one in delivery_of(cast.kor, name))]
    return Drained(
        queued=len(queued),
        sent_in_time=in_time,
        done=len(done),
        refused=len(refused),
        refused_with_evidence=len(refused & with_evidence),
        reported_to_their_sender=len(reported),
        lost=len(queued.keys() - done - refused) + len(done - held.keys()),
        doubled=sum(times - 1 for times in held.values()) + len(held.keys() - done),
        sent_under_the_lapsed_pact=late,
        problems=sum(len(verify(node).problems) for node in cast.nodes.values()),
    )


def _state(node: Node, name: str) -> str:
    """The state of one transmittal: by itself, for a hundred thousand messages need not be in memory at once."""
    with node.store.read() as reading:
        return next(row.state for row in reading.outbox(subject=name) if row.kind == "transmittal")


def _left(node: Node) -> tuple[set[str], int]:
    """The transmittals that the node has refused with evidence, and how many it sent to JPN at the lapse or later."""
    refused, late = set(), 0
    with node.store.read() as reading:
        for leaf in reading.leaves():
            if leaf.signer != node.party or leaf.kind not in ("refusal", "consignment"):
                continue
            one = statement(leaf.evidence)
            if one.kind == "refusal":
                refused.add(one.transmittal or "")
            else:
                late += one.to == "JPN" and one.at >= LAPSE
    return refused, late


def _holdings(node: Node) -> list[str]:
    with node.store.read() as reading:
        return [one.id for one in reading.holdings()]


def main() -> None:
    """Run it with as many items as asked for, 100,000 by default; exit 1 if any is lost, doubled or sent too late."""
    count, start = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        found = partition(Path(folder), count, lambda *far: print(*far, file=sys.stderr))
    told = {"schema": "relto/partition/1", **asdict(found), "seconds": round(time.monotonic() - start)}
    print(json.dumps(told))
    wrong = found.lost + found.doubled + found.sent_under_the_lapsed_pact + found.problems
    sys.exit(1 if wrong or found.reported_to_their_sender != found.refused else 0)


if __name__ == "__main__":
    main()
