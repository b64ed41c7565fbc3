"""`relto feed`: streams of typed messages between nodes."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import click

from relto.cli.check import find_item
from relto.cli.opening import opened
from relto.cli.options import clock_option, json_option, node_option, node_option_of_group
from relto.cli.output import columns, print_json, safe
from relto.core.errors import InputError, PeerUnreachable
from relto.core.timeline import Instant
from relto.formats.payload.stream import MAX_BYTES, MAX_MESSAGE, MAX_MESSAGES
from relto.node import ActRefused, Delivery

if TYPE_CHECKING:
    from relto.node.feeding import Feeding

_LINGER: Final = 0.0005
_POLL_LINE: Final = 0.0005
_POLL_ANSWER: Final = 0.001
_POLL: Final = 0.05
_AT_ONCE: Final = 1 << 16
_END: Final = None


@click.group()
def feed() -> None:
    """Streams: messages of one label, in order, batch by batch, each decided as it leaves and as it arrives.

    \b
    Example:
      relto feed send warnings --as msl-2019-10-31 --to JPN --node kor < warnings.jsonl
      relto feed watch --type missile-warning --node jpn
    """


@feed.command()
@click.argument("stream")
@click.argument("file", type=click.File("rb"), default="-")
@click.option("--as", "label", required=True, metavar="ITEM", help="The item whose label all messages bear.")
@click.option("--to", required=True, metavar="P", help="The party that gets them.")
@click.option("--via", multiple=True, metavar="P", help="The ally they go through.")
@click.option("--type", "kind", default="missile-warning", show_default=True, help="The type of the messages.")
@click.option("--batch", type=click.IntRange(1, MAX_MESSAGES), default=256, show_default=True, help="At most at once.")
@node_option
@clock_option
@json_option
def send(
    stream: str,
    file: IO[bytes],
    label: str,
    to: str,
    via: tuple[str, ...],
    kind: str,
    batch: int,
    node_dir: Path,
    at: Instant | None,
    as_json: bool,
) -> int:
    """Send the messages in FILE, a line each (default: standard input), as the next ones of STREAM.

    What has been read while earlier ones were under way goes as one batch, durable here before it leaves. A line of
    output tells of each batch: its numbers, and what became of it. Exit 3 where one is refused: nothing after it is
    sent.

    \b
    Example:
      relto feed send warnings --as msl-2019-10-31 --to JPN --node kor < warnings.jsonl
      relto feed send warnings updates.jsonl --as msl-2019-10-31 --to JPN --via USA --node kor
    """
    from relto.node.feeding import Feeding
    from relto.node.streams import Stream
    from relto.serve.tidying import Tidying

    with opened(node_dir, at=at) as node:
        out = Stream(stream, find_item(node.read_dossier(), label), kind, to, via)
        with Tidying(node.store), Feeding(node, out) as feeding:
            telling = _Telling(as_json)
            try:
                _feed(feeding, _batches(file, batch, feeding), telling)
            except ActRefused as refused:
                telling.tell(feeding.finish())
                from relto.cli.exchange import told_refusal

                return told_refusal(node.read_dossier(), refused, as_json)
            telling.tell(feeding.finish())
            if not telling.code:
                _check_settled(feeding.waiting, via[0] if via else to)
            return telling.code


def _feed(feeding: Feeding, batches: Iterator[list[bytes]], telling: _Telling) -> None:
    """Send batches, and tell what becomes of them, until one is refused. Raises ActRefused where that is as it is
    queued."""
    for messages in batches:
        if messages:
            feeding.send(messages)
        telling.tell(feeding.settled(0.0 if messages else _POLL_ANSWER))
        if telling.code:
            return


def _batches(file: IO[bytes], most: int, feeding: Feeding) -> Iterator[list[bytes]]:
    """The lines of a file in batches: what has been read meanwhile, no more than `most` and what a batch may hold; an
    empty one where nothing has while others are under way, or where the next could not leave yet."""
    lines: queue.Queue[bytes | None] = queue.Queue(maxsize=4 * most)
    failed: list[OSError] = []

    def read() -> None:
        try:
            for line in _lines(file):
                lines.put(line)
        except OSError as error:
            failed.append(error)
        finally:
            lines.put(_END)

    threading.Thread(target=read, daemon=True).start()
    yield from _gathered(lines, most, feeding)
    if failed:
        why = failed[0].strerror
        raise InputError(f"`{file.name}` cannot be read on: {why}", remedy="send what follows once it can")


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """The lines of a file, each with its end; of one that is too long for a message, as much as shows that. They are
    read without the file's own lock: who waits there for more would stand in the way of the process's end."""
    handle, rest = os.dup(file.fileno()), b""
    try:
        while data := os.read(handle, _AT_ONCE):
            *whole, rest = (rest + data).split(b"\n")
            yield from [one[: MAX_MESSAGE + 2] + b"\n" for one in whole]
            rest = rest[: MAX_MESSAGE + 2]
        yield from [rest] if rest else []
    finally:
        os.close(handle)


def _gathered(lines: queue.Queue[bytes | None], most: int, feeding: Feeding) -> Iterator[list[bytes]]:
    """Batches of the lines that come, until the end of them."""
    while True:
        line = _first(lines, feeding)
        if line is _END:
            return
        if not line:
            yield []
            continue
        found, size, until = [], 0, time.monotonic() + _LINGER
        while line is not _END:
            message = line.rstrip(b"\r\n")
            if message:
                found.append(message)
                size += len(message)
            if len(found) >= most or size > MAX_BYTES - MAX_MESSAGE:
                break
            try:
                line = lines.get(timeout=max(0.0, until - time.monotonic()))
            except queue.Empty:
                break
        if found:
            yield found
        if line is _END:
            return


def _first(lines: queue.Queue[bytes | None], feeding: Feeding) -> bytes | None:
    """The first line of a batch; empty where none has come yet, or the batch could not leave."""
    if not feeding.ready:
        return b""
    try:
        return lines.get(timeout=_POLL_LINE) if feeding.under_way else lines.get()
    except queue.Empty:
        return b""


class _Telling:
    """Tells what became of each batch, in order; `code` is the exit code."""

    def __init__(self, as_json: bool) -> None:
        self._json, self.code = as_json, 0

    def tell(self, deliveries: Sequence[Delivery]) -> None:
        """Tell of batches that came to their end."""
        for one in deliveries:
            row, item = one.row, one.answer.item if one.answer else ""
            self.code = self.code if row.state == "done" else 3
            if self._json:
                value = {"schema": "relto/feed-batch/1", "batch": item, "transmittal": row.subject, "state": row.state}
                print_json({**value, "answer": row.answer})
            else:
                became = "delivered, receipt" if row.state == "done" else row.state
                click.echo(f"{item or row.subject}: {became} {row.answer}")


def _check_settled(waiting: int, peer: str) -> None:
    """Raise PeerUnreachable where batches stay queued."""
    if waiting:
        raise PeerUnreachable(
            f"{waiting} batches are queued: {peer} has not answered",
            remedy="a node that serves sends them, or `relto outbox --send`",
        )


@feed.command()
@click.option("--type", "kind", default="", metavar="TYPE", help="Only messages of this type.")
@click.option("--stream", default="", metavar="NAME", help="Only this stream.")
@click.option("--after", type=click.IntRange(0), default=0, metavar="N", help="From the holding after number N on.")
@click.option("--follow", is_flag=True, help="Go on as more comes, until stopped.")
@node_option
@clock_option
@json_option
def watch(kind: str, stream: str, after: int, follow: bool, node_dir: Path, at: Instant | None, as_json: bool) -> int:
    """What streams have brought, message by message and in order. Each batch shown is opened, which leaves evidence.

    A batch that may not be opened any more is told on stderr, with the evidence of that; the rest is shown, and the
    exit code is 3.

    \b
    Example:
      relto feed watch --type missile-warning --node jpn
      relto feed watch --stream warnings --follow --node jpn --json
    """
    from relto.node.watching import Watch

    unread = 0

    def refused(holding: str, why: ActRefused) -> None:
        nonlocal unread
        unread = 3
        click.echo(safe(f"{holding}: not opened: {why}; evidence {why.evidence}"), err=True)

    with opened(node_dir, at=at) as node:
        watching = Watch(node, after, stream, kind, refused=refused)
        while True:
            for message in watching.look():
                _show(message, as_json)
            if not follow:
                return unread
            sys.stdout.flush()
            time.sleep(_POLL)


def _show(message: Any, as_json: bool) -> None:
    text = message.content.decode("utf-8", "replace")
    if not as_json:
        way = (
            message.originator if message.sender == message.originator else f"{message.originator} by {message.sender}"
        )
        click.echo(safe(f"{message.stream} {message.number}  {way}  {message.mark}  arrived {message.arrived}  {text}"))
        return
    try:
        content = json.loads(text)
    except ValueError:
        content = text
    print_json(
        {
            "schema": "relto/feed-message/1",
            "stream": message.stream,
            "number": message.number,
            "type": message.type,
            "originator": message.originator,
            "from": message.sender,
            "mark": message.mark,
            "left": str(message.left) if message.left else None,
            "arrived": str(message.arrived),
            "holding": message.holding,
            "message": content,
        }
    )


@feed.command()
@node_option_of_group
@json_option
def status(node_dir: Path | None, as_json: bool) -> None:
    """How far each stream has gone: sent from here, and heard here.

    \b
    Example:
      relto feed status --node kor
    """
    from relto.compose import open_node
    from relto.node.hearing import read_position

    if node_dir is None:
        raise InputError("no node", remedy="name its folder in --node")
    node = open_node(node_dir, None)
    try:
        with node.store.read() as reading:
            found = [
                (kind, name, read_position(text))
                for kind in ("sent", "heard")
                for name, text in sorted(reading.notes(kind).items())
            ]
    finally:
        node.store.close()
    if as_json:
        for kind, name, position in found:
            originator, _, stream = name.rpartition(":")
            print_json(
                {
                    "schema": "relto/feed-status/1",
                    "way": kind,
                    "stream": stream,
                    "originator": originator or node.party,
                    "last": position.last,
                }
            )
        return
    rows = [(name, kind, f"up to message {position.last}") for kind, name, position in found]
    click.echo("\n".join(columns(rows)) if rows else "no stream yet; `relto feed send` begins one")
