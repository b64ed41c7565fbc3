"""Streams between two processes over TLS 1.3 on the loopback: the rate, the latency at 1,000 a second beside a plain
TLS echo and one fsync of the same run, a lapse in the middle of bursts, and a link that is cut.

`python -m bench.feed echo FOLDER ADDRESS` is the echo's process.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any, Final

from bench.releases import LAPSE, PASSPHRASE, RunningClock, fsyncs_a_second, made_nodes
from relto.adapters.keys import FileKeys
from relto.cli.served import free_address
from relto.compose import open_node, wire
from relto.core.payload import MissileWarning, Place, TrackPoint
from relto.core.timeline import parse_instant
from relto.formats.payload.codec import write_payload
from relto.formats.payload.stream import MAX_MESSAGES
from relto.node import ActRefused, Node, verify
from relto.node.feeding import Feeding
from relto.node.statements import statement
from relto.node.streams import Stream
from relto.node.watching import Watch
from relto.serve.tidying import Tidying

SIZE: Final = 512
WARM, FULL, STEADY = 1.0, 8.0, 8.0
RATE: Final = 1000.0
TRIALS: Final = 200
LATER: Final = 3600


def message(number: int) -> bytes:
    """A warning of 512 bytes."""
    at = parse_instant("2019-10-31T07:35:00Z")
    track = tuple(TrackPoint(at.plus(n * 10**9), Place(39.5 + n / 10, 126.0, 20_000.0 * n)) for n in range(1, 2))
    plain = MissileWarning(
        f"event-{number}", 1, "KOR", "alert", at, launch_at=at, launch=Place(39.4, 125.9), track=track
    )
    short = SIZE - len(write_payload(plain)) - len(',"says":""')
    return write_payload(replace(plain, says="x" * short))


@lru_cache(maxsize=1)
def _pool() -> list[bytes]:
    return [message(number) for number in range(10_000)]


class Burst:
    """Sends on one stream from one thread, as `relto feed send` does: what is due goes as one batch, while those before
    it are being answered."""

    def __init__(self, node: Node) -> None:
        stream = Stream("bench", node.read_dossier().item("msl-2019-10-31"), "missile-warning", "JPN")
        self._feeding = Feeding(node, stream)
        self._pool = _pool()
        self._due: dict[int, list[float]] = {}
        self.sent = self.done = self.refused = 0
        self.latencies: list[float] = []

    def batch(self, due: list[float]) -> bool:
        """Send one batch; False where it, or one before it, was refused."""
        first = self.sent % (len(self._pool) - MAX_MESSAGES)
        self.sent += len(due)
        try:
            row = self._feeding.send(self._pool[first : first + len(due)])
        except ActRefused:
            self.refused += len(due)
            return False
        self._due[row.number] = due
        return self.settle(0.0)

    def settle(self, wait: float) -> bool:
        """Count what has been settled; False where something was refused. Wait so long for the first."""
        told = self._feeding.settled(wait)
        now = time.perf_counter()
        for one in told:
            due = self._due.pop(one.row.number)
            if one.state == "done":
                self.done += len(due)
                self.latencies += [now - at for at in due]
            else:
                self.refused += len(due)
        return all(one.state == "done" for one in told)

    def finish(self) -> None:
        """Wait until all is settled that was sent."""
        while self._due:
            self.settle(1.0)

    def as_fast_as_it_goes(self, seconds: float, size: int) -> float:
        """Messages with a stored receipt a second."""
        start, before = time.perf_counter(), self.done
        while time.perf_counter() - start < seconds and self.batch([time.perf_counter()] * size):
            pass
        self.finish()
        return (self.done - before) / (time.perf_counter() - start)

    def at_a_rate(self, rate: float, seconds: float) -> None:
        """Offer so many a second, each due at its own instant."""
        start, offered = time.perf_counter(), 0
        while (passed := time.perf_counter() - start) < seconds:
            wanted = int(passed * rate)
            if wanted > offered and self._feeding.ready:
                self.batch([start + number / rate for number in range(offered, min(wanted, offered + MAX_MESSAGES))])
                offered = min(wanted, offered + MAX_MESSAGES)
            elif self._due:
                self.settle(0.0002)
            else:
                time.sleep(0.0002)
        self.finish()


@contextmanager
def _process(*command: str) -> Iterator[None]:
    with subprocess.Popen(
        [sys.executable, "-m", *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        assert process.stdout.readline() == "serving\n"
        try:
            yield
        finally:
            process.stdin.close()


def feed(figure: Callable[..., dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The rate, the latency, the lapse and the cuts."""
    with tempfile.TemporaryDirectory() as name:
        folder, address, echo = Path(name), free_address(), free_address()
        lapses_at = time.monotonic_ns() + LATER * 10**9
        sender = made_nodes(folder, address, lapses_at)
        with _process("bench.releases", str(folder / "JPN"), address, str(lapses_at)):
            burst = Burst(sender)
            burst.as_fast_as_it_goes(WARM, 256)
            raw = fsyncs_a_second(folder / "raw")
            for size in (256, MAX_MESSAGES):
                rate = burst.as_fast_as_it_goes(FULL / 2, size)
                yield figure(
                    f"stream, batches of {size}, two processes over TLS",
                    messages_a_second=round(rate),
                    target=5000,
                    bytes_a_message=SIZE,
                    raw_fsyncs_a_second=round(raw),
                    met=rate >= 5000,
                )
            with _process("bench.feed", "echo", str(folder / "JPN"), echo):
                plain = asyncio.run(_echoes(sender, echo, folder / "raw"))
            burst.latencies.clear()
            with Tidying(sender.store):
                burst.at_a_rate(RATE, STEADY)
            yield _latency(figure, burst.latencies, plain)
        sender.close()
        yield _bursts(figure, folder)


def _latency(figure: Callable[..., dict[str, Any]], taken: list[float], plain: list[float]) -> dict[str, Any]:
    ours, theirs = (statistics.quantiles(one, n=100) for one in (taken, plain))
    ratios = ours[49] / theirs[49], ours[98] / theirs[98]
    return figure(
        "stream at 1,000 a second, from due to receipt stored",
        messages=len(taken),
        p50_ms=round(ours[49] * 1e3, 2),
        p99_ms=round(ours[98] * 1e3, 2),
        echo_and_fsync_p50_ms=round(theirs[49] * 1e3, 2),
        echo_and_fsync_p99_ms=round(theirs[98] * 1e3, 2),
        ratio_p50=round(ratios[0], 1),
        ratio_p99=round(ratios[1], 1),
        targets=[3, 5],
        met=ratios[0] <= 3 and ratios[1] <= 5,
    )


async def _echoes(node: Node, address: str, path: Path) -> list[float]:
    """A plain TLS echo of 512 bytes and one fsync, 1,000 a second."""
    from relto.adapters.http.tls import client_context

    host, _, port = address.rpartition(":")
    assert isinstance(node.keys, FileKeys)
    context = client_context(node.keys, node.card_of("JPN"))
    reader, writer = await asyncio.open_connection(host, int(port), ssl=context)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    found, start = [], time.perf_counter()
    for number in range(int(RATE * STEADY / 2)):
        due = start + number / RATE
        while time.perf_counter() < due:
            await asyncio.sleep(0)
        begun = time.perf_counter()
        writer.write(bytes(SIZE))
        await reader.readexactly(SIZE)
        os.write(descriptor, bytes(SIZE))
        os.fsync(descriptor)
        found.append(time.perf_counter() - begun)
    os.close(descriptor)
    writer.close()
    return found


def echo(folder: str, address: str) -> None:
    """Serve the echo until standard input ends."""
    from relto.adapters.http.tls import PeerContexts

    node = open_node(folder, PASSPHRASE, clock=RunningClock(0))
    assert isinstance(node.keys, FileKeys)
    context = PeerContexts(node.keys, lambda _why: None).context
    host, _, port = address.rpartition(":")
    asyncio.run(_serve_echo(context, host, int(port)))


async def _serve_echo(context: ssl.SSLContext, host: str, port: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(1 << 16):
            writer.write(data)

    async with await asyncio.start_server(answer, host, port, ssl=context):
        print("serving", flush=True)
        await asyncio.to_thread(sys.stdin.read)


def _bursts(figure: Callable[..., dict[str, Any]], folder: Path) -> dict[str, Any]:
    """A lapse in the middle of a burst at the highest rate, again and again: nodes of one process, stores on disk."""
    chance, late, delivered, refused, problems, whole = Random(7), 0, 0, 0, 0, 0
    made = folder / "made"
    shutil.copytree(folder / "dossier", made / "dossier")
    for trial in range(TRIALS):
        place = folder / f"trial-{trial}"
        if trial == 0:
            early = time.monotonic_ns() + LATER * 10**9  # what they live through at first is long before the lapse
            first = made_nodes(made / "nodes", free_address(), early, made / "dossier")
            first.close()
        shutil.copytree(made / "nodes", place)
        clock = RunningClock(time.monotonic_ns() + LATER * 10**9)
        nodes = [open_node(place / party, PASSPHRASE, clock=clock) for party in ("KOR", "JPN")]
        wire(nodes)
        burst = Burst(nodes[0])
        clock.lapse_in(chance.randint(40_000_000, 160_000_000))
        while burst.batch([0.0] * chance.randint(1, 64)):
            pass
        burst.finish()
        late += sum(_late(node) for node in nodes)
        delivered, refused = delivered + burst.done, refused + burst.refused
        numbers = [one.number for one in Watch(nodes[1], type="missile-warning").look()] if not trial else []
        whole += not trial and numbers != list(range(1, burst.done + 1))
        problems += sum(len(verify(node).problems) for node in nodes) if trial % 20 == 0 else 0
        for node in nodes:
            node.close()
        shutil.rmtree(place)
    return figure(
        "a lapse in the middle of a burst",
        trials=TRIALS,
        delivered=delivered,
        refused=refused,
        released_at_or_after_lapse=late,
        disordered=whole,
        problems_found=problems,
        met=late == 0 and problems == 0 and delivered > 0 and refused > 0 and whole == 0,
    )


def _late(node: Node) -> int:
    """How much a node has let go, or taken, at the lapse or after it."""
    with node.store.read() as reading:
        told = [statement(leaf.evidence) for leaf in reading.leaves()]
    released = ("submission", "consignment", "receipt")
    return sum(one.party == node.party and one.kind in released and one.at >= LAPSE for one in told)


if __name__ == "__main__":
    {"echo": echo}[sys.argv[1]](*sys.argv[2:])
