"""Durable releases with receipts between two processes, over TLS 1.3 on the loopback.

The sender (this process) feeds, decides, sends and settles as a node that serves does; the recipient is a process of
its own that serves its port for peers. Both keep their stores with `synchronous=FULL`, and both read a clock that runs
on from an instant before the lapse of the pact, so that the load crosses it.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

from relto.adapters.clock import ReplayClock
from relto.adapters.keys import FileKeys
from relto.cli.served import free_address
from relto.compose import arriving_at, create_node, introduce, open_node
from relto.core.dossier import Item
from relto.core.timeline import Instant, parse_instant
from relto.node import ActRefused, Node, Offer, OutboxRow, release_many, verify
from relto.serve.pump import Pump

LAPSE: Final = parse_instant("2019-11-23T00:00+09:00")
PASSPHRASE: Final = "bench"
DOSSIER: Final = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
WARM, FULL, HALF, CROSSING = 2.0, 10.0, 10.0, 4.0
SLACK: Final = 12.0
OUTSTANDING: Final = 512
AT_ONCE: Final = 64
FEED_EVERY: Final = 0.01
PAYLOAD: Final = bytes(512)


class RunningClock(ReplayClock):
    """A rehearsal's clock that runs: the pact lapses when the machine's monotonic clock says `lapses_at` (ns)."""

    def __init__(self, lapses_at: int) -> None:
        self._lapses_at = lapses_at
        self.uncertainty = 0

    def lapse_in(self, nanoseconds: int) -> None:
        """Let the pact lapse so soon from now."""
        self._lapses_at = time.monotonic_ns() + nanoseconds

    @property
    def at(self) -> Instant:  # type: ignore[override]
        """Where it stands now."""
        return LAPSE.plus(time.monotonic_ns() - self._lapses_at)


def receive(folder: str, address: str, lapses_at: str) -> None:
    """Serve a node's port for peers until standard input ends: the recipient's process."""
    from relto.adapters.http import PeerContexts
    from relto.serve.peers import peer_app
    from relto.serve.server import Port, serve_ports
    from relto.serve.settings import host_and_port

    node = open_node(folder, PASSPHRASE, clock=RunningClock(int(lapses_at)))
    assert isinstance(node.keys, FileKeys)
    context = PeerContexts(node.keys, lambda _why: None).context
    pump = Pump(node, lambda *_: None, lambda: None, Random(1))
    app = peer_app(node, lambda *_: None, pump.wake, arriving_at(folder))

    def end_with_parent() -> None:
        sys.stdin.read()
        os._exit(0)

    def started() -> None:
        print("serving", flush=True)
        threading.Thread(target=end_with_parent, daemon=True).start()

    pump.start()
    serve_ports([Port(app, *host_and_port(address), context)], started)


class Load:
    """Feeds a node, and notes when each of its releases came to its end."""

    def __init__(self, node: Node, item: Item) -> None:
        self._node, self._item = node, item
        self._pump = Pump(node, self._told, lambda: None, Random(1))
        self._due: dict[str, float] = {}
        self._lock = threading.Lock()
        self.done: list[float] = []
        """Seconds from when each was due to when its receipt was stored."""
        self.refused = 0

    def __enter__(self) -> Load:
        self._pump.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._pump.stop()

    def _told(self, _peer: str, subject: str, state: str) -> None:
        now = time.perf_counter()
        with self._lock:
            due = self._due.pop(subject, None)
            if due is None:
                return
            if state == "done":
                self.done.append(now - due)
            else:
                self.refused += 1

    @property
    def outstanding(self) -> int:
        """How many are queued or on their way."""
        return len(self._due)

    def feed(self, due: list[float]) -> None:
        """Queue one release for each of these instants at which one was due."""
        queued = release_many(self._node, [Offer(self._item, "JPN", payload=PAYLOAD) for _ in due])
        with self._lock:
            self._due |= {row.subject: at for row, at in zip(queued, due, strict=True) if isinstance(row, OutboxRow)}
            self.refused += sum(isinstance(one, ActRefused) for one in queued)
        self._pump.wake()

    def as_fast_as_it_goes(self, seconds: float) -> float:
        """Keep some outstanding all the time; releases with stored receipts a second."""
        start, before = time.perf_counter(), len(self.done)
        while time.perf_counter() - start < seconds:
            if self.outstanding <= OUTSTANDING - AT_ONCE:
                self.feed([time.perf_counter()] * AT_ONCE)
            else:
                time.sleep(0.004)
        return (len(self.done) - before) / (time.perf_counter() - start)

    def at_a_rate(self, rate: float, seconds: float) -> None:
        """Offer so many a second, each at its own instant, whatever became of those before."""
        start, offered = time.perf_counter(), 0
        while (passed := time.perf_counter() - start) < seconds:
            wanted = int(passed * rate) + 1  # all that are due by now, the first at once
            if wanted > offered:
                self.feed([start + number / rate for number in range(offered, wanted)])
                offered = wanted
            time.sleep(FEED_EVERY)

    def drain(self, patience: float = 30.0) -> None:
        """Wait until nothing is outstanding."""
        end = time.perf_counter() + patience
        while self.outstanding and time.perf_counter() < end:
            time.sleep(0.005)


def releases(figure: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rate, the latency at half of it, and a load that crosses the lapse; each beside the raw fsync of the run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = free_address()
        lapses_at = time.monotonic_ns() + int((WARM + FULL + HALF + CROSSING / 2 + SLACK) * 1e9)
        sender = made_nodes(folder, address, lapses_at)
        command = [sys.executable, "-m", "bench.releases", str(folder / "JPN"), address, str(lapses_at)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            assert process.stdout.readline() == "serving\n"
            try:
                with Load(sender, sender.read_dossier().item("msl-2019-10-31")) as load:
                    yield from _measured(figure, folder, sender, load, lapses_at)
            finally:
                process.stdin.close()
        sender.close()
        yield _judged(figure, folder, lapses_at)


def _measured(
    figure: Callable[..., dict[str, Any]], folder: Path, sender: Node, load: Load, lapses_at: int
) -> Iterator[dict[str, Any]]:
    load.as_fast_as_it_goes(WARM)
    load.drain()
    raw = [fsyncs_a_second(folder / "raw")]
    before = os.times()
    count = len(load.done)
    rate = load.as_fast_as_it_goes(FULL)
    load.drain()
    used = os.times()
    cpu = (used.user + used.system - before.user - before.system) / (len(load.done) - count)
    raw.append(fsyncs_a_second(folder / "raw"))
    yield figure(
        "releases with receipts, two processes over TLS",
        releases_a_second=round(rate),
        target=1000,
        sender_cpu_ms_a_release=round(cpu * 1e3, 3),
        raw_fsyncs_a_second=round(statistics.mean(raw)),
        ratio_to_fsync=round(rate / statistics.mean(raw), 2),
        met=rate >= 1000,
    )
    for name, offered in (("half of what it carries", rate / 2), ("half of the target", 500.0)):
        load.done.clear()
        load.at_a_rate(offered, HALF / 2)
        load.drain()
        cuts = statistics.quantiles(load.done, n=100)
        yield figure(
            f"from due to receipt stored, at {name}",
            offered_a_second=round(offered),
            releases=len(load.done),
            p50_ms=round(cuts[49] * 1e3, 1),
            p99_ms=round(cuts[98] * 1e3, 1),
            target_p99_ms=50.0,
            met=cuts[98] < 0.05,
        )
    load.done.clear()
    time.sleep(max(0.0, (lapses_at - time.monotonic_ns()) / 1e9 - CROSSING / 2))
    load.at_a_rate(min(rate / 2, 500.0), CROSSING)
    load.drain()


def _judged(figure: Callable[..., dict[str, Any]], folder: Path, lapses_at: int) -> dict[str, Any]:
    """What both ledgers say of the load that crossed the lapse."""
    late = {"submission": 0, "consignment": 0, "receipt": 0}
    done = refused = problems = 0
    for party in ("KOR", "JPN"):
        node = open_node(folder / party, PASSPHRASE, clock=RunningClock(lapses_at))
        from relto.node.statements import statement

        with node.store.read() as reading:
            for leaf in reading.leaves():
                one = statement(leaf.evidence)
                if one.party == party and one.kind in late and one.at >= LAPSE:
                    late[one.kind] += 1
                refused += one.kind == "refusal" and one.party == party
            done += sum(row.state == "done" for row in reading.outbox())
            held = len(reading.holdings())
        problems += len(verify(node).problems)
        node.close()
    return figure(
        "a load that crosses the lapse",
        released=done,
        held_by_the_recipient=held,
        refused=refused,
        released_at_or_after_lapse=sum(late.values()),
        problems_found_in_either_ledger=problems,
        met=not any(late.values()) and done == held and refused > 0 and problems == 0,
    )


def made_nodes(folder: Path, address: str, lapses_at: int, dossier: Path | None = None) -> Node:
    """The two nodes, their cards pinned; the sender's, open. `dossier`: made already, without the suspension."""
    if dossier is None:
        dossier = folder / "dossier"
        shutil.copytree(DOSSIER, dossier)
        record = dossier / "records" / "kor-jpn-2016.yaml"
        record.write_text(record.read_text("utf-8").split("  - id: n002\n")[0], "utf-8")  # the notice takes its course
    folder.mkdir(exist_ok=True)
    clock = RunningClock(lapses_at)
    made = [
        create_node(folder / party, party, dossier, PASSPHRASE, clock=clock, replay=True, address=where)
        for party, where in (("KOR", free_address()), ("JPN", address))
    ]
    introduce(made)
    made[1].close()
    return made[0]


def fsyncs_a_second(path: Path, count: int = 200) -> float:
    """How often a second 4 KiB can be appended and waited for."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    start = time.perf_counter()
    for _ in range(count):
        os.write(descriptor, bytes(4096))
        os.fsync(descriptor)
    os.close(descriptor)
    return count / (time.perf_counter() - start)


if __name__ == "__main__":
    receive(*sys.argv[1:])
