"""Carrying on a medium what else goes over the network: the same messages, decided on again as they leave, the same
handlers that take them in, the same answers that settle them.

What was put on a medium stays queued until an answer is back, on a medium or over the network, whichever comes first;
the same medium taken in twice gives the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import BinaryIO, Final, TypeAlias

from relto.core.canon import canonical, parse_object, text_in
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError
from relto.core.evidence import MAX_JWS_BYTES
from relto.node.acknowledge import read_reply, settle_by
from relto.node.batches import BATCH_MESSAGES, batches
from relto.node.framing import MAX_BATCH_BYTES
from relto.node.handle import handle_many
from relto.node.medium import ANSWERS, MESSAGES, Manifest, MediumWriter, Part, parts_of, read_medium
from relto.node.node import Node
from relto.node.ports import Transaction
from relto.node.receive import MAX_MESSAGE_BYTES
from relto.node.rows import Queued
from relto.node.sending import Delivery, Marked, delivery_by, keep_error, mark_sent, row_in
from relto.node.statements import statement
from relto.node.together import Draft, Step, together

_ROUND: Final = 256
_LOOK: Final = "look at `relto outbox`"
Progress: TypeAlias = Callable[[int, int], None]
"""How many parts are done, and how many there are in all as far as is known."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What a medium carries; and what does not go with it: refused now, waiting for another message, or failed."""

    manifest: Manifest
    left: tuple[Delivery, ...]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """How many messages of a medium were accepted and refused, and why others were not taken in at all."""

    manifest: Manifest
    accepted: int
    refused: int
    problems: tuple[tuple[Part, ReltoError], ...]


def export_queued(
    node: Node, peer: str, write: Callable[[bytes], object], progress: Progress = lambda done, of: None
) -> Exported:
    """Write what is queued for `peer` as a medium: decided on again now, which is when it leaves. It stays queued.

    What does not fit on one waits for the next. Raises Refused where all of it is refused now, else NotFound where
    nothing goes: what was written is then no medium.
    """
    node.card_of(peer)
    at = node.clock.interval()[1]
    exporting = _Exporting(node, MediumWriter(write, node.party, peer, at, MESSAGES))
    with node.store.turn([peer]):
        after = 0
        while waiting := _waiting(node, peer, after):
            if not exporting.add(waiting):
                break
            after = waiting[-1].number
            progress(exporting.carried, exporting.carried + len(_waiting(node, peer, after)))
    if not exporting.carried:
        raise _nothing_goes(peer, exporting.left)
    return Exported(exporting.writer.finish(node.keys.signing()), tuple(exporting.left))


def _waiting(node: Node, peer: str, after: int) -> list[Queued]:
    with node.store.read() as reading:
        return reading.queued(peer, _ROUND, after)


def _nothing_goes(peer: str, left: Sequence[Delivery]) -> ReltoError:
    refused = [one.row.subject for one in left if one.state != "queued"]
    if refused:
        return Refused(f"all that was queued for `{peer}` is refused now: {', '.join(refused[:3])}", remedy=_LOOK)
    why = next((f": {one.row.last_error}" for one in left), "")
    return NotFound(f"nothing for `{peer}` goes on a medium now{why}", remedy=_LOOK)


class _Exporting:
    """Decides on batches of what is queued, and writes what goes."""

    def __init__(self, node: Node, writer: MediumWriter) -> None:
        self._node, self.writer = node, writer
        self.left: list[Delivery] = []
        self.carried = 0

    def add(self, waiting: list[Queued]) -> bool:
        """Decide on these, and write those that go; False where the medium is full."""
        sizes = {one.number: one.size for one in waiting}
        for batch in batches(waiting):
            if not self.writer.has_room(len(batch.numbers), sum(sizes[number] for number in batch.numbers)):
                return False
            steps: list[Step[Marked]] = [partial(mark_sent, self._node, number=number) for number in batch.numbers]
            decided: list[Marked | ReltoError] = together(self._node, steps)
            for number, marked in zip(batch.numbers, decided, strict=True):
                if isinstance(marked, ReltoError):
                    (kept,) = together(self._node, [partial(_keep, number, marked)])
                    if isinstance(kept, ReltoError):
                        raise kept
                    self.left.append(kept)
                elif marked.goes:
                    row = marked.delivery.row
                    self.writer.add(row.kind, row.subject, row.message)
                    self.carried += 1
                else:
                    self.left.append(marked.delivery)
        return True


def _keep(number: int, error: ReltoError, tx: Transaction) -> Delivery:
    return keep_error(tx, number, error)


def take_in(
    node: Node,
    file: BinaryIO,
    write: Callable[[bytes], object] = lambda data: None,
    progress: Progress = lambda done, of: None,
) -> TakenIn:
    """Take in the messages of a medium as if they had come over the network, and write the answers as a medium.

    An instrument that is not taken in holds back those after it. Raises as `read_medium` does, before anything is taken
    in. What was taken in before a crash is answered as before when it is taken in again.
    """
    manifest = read_medium(file, node.party, node.peer_keys(), MESSAGES, MAX_MESSAGE_BYTES)
    writer = MediumWriter(write, node.party, manifest.sender, node.clock.interval()[1], ANSWERS)
    accepted = refused = 0
    stuck = False
    problems: list[tuple[Part, ReltoError]] = []
    for group in _groups(file, manifest):
        if stuck and group[0][0].kind == "instrument":
            held = Conflict("an instrument before it was not taken in", remedy="settle that one first")
            answers: list[bytes | ReltoError] = [held]
        else:
            answers = handle_many(node, [(part.kind, data) for part, data in group], manifest.sender)
        for (part, _), answer in zip(group, answers, strict=True):
            if isinstance(answer, ReltoError):
                problems.append((part, answer))
                stuck = stuck or part.kind == "instrument"
                writer.add(part.kind, part.subject, _problem(answer), problem=True)
                continue
            turned_down = statement(answer.decode("ascii")).kind == "refusal"
            refused, accepted = refused + turned_down, accepted + (not turned_down)
            writer.add(part.kind, part.subject, answer)
        progress(accepted + refused + len(problems), len(manifest.parts))
    writer.finish(node.keys.signing())
    return TakenIn(manifest, accepted, refused, tuple(problems))


def _groups(file: BinaryIO, manifest: Manifest) -> Iterator[list[tuple[Part, bytes]]]:
    """The parts as they would go in batches: an instrument alone, no more in memory than a batch or one message."""
    group: list[tuple[Part, bytes]] = []
    size = 0
    for part, data in parts_of(file, manifest):
        alone = part.kind == "instrument"
        if group and (alone or len(group) == BATCH_MESSAGES or size + len(data) > MAX_BATCH_BYTES):
            yield group
            group, size = [], 0
        group.append((part, data))
        size += len(data)
        if alone:
            yield group
            group, size = [], 0
    if group:
        yield group


def _problem(error: ReltoError) -> bytes:
    return canonical({"code": error.exit_code, "detail": str(error)[:500]})


def settle_from(
    node: Node, file: BinaryIO, progress: Progress = lambda done, of: None
) -> tuple[Manifest, list[Delivery]]:
    """Settle what was sent by the answers on a medium; its manifest, and what became of each message.

    Each answer is looked at as one that came over the network: it settles only the message that it answers. The same
    medium again changes nothing. Raises as `read_medium` does: then nothing is settled.
    """
    manifest = read_medium(file, node.party, node.peer_keys(), ANSWERS, MAX_JWS_BYTES)
    settled: list[Delivery] = []
    for group in _groups(file, manifest):
        steps: list[Step[Delivery]] = [partial(_settle, node, manifest.sender, part, data) for part, data in group]
        answered: list[Delivery | ReltoError] = together(node, steps)
        for (part, _), found in zip(group, answered, strict=True):
            if isinstance(found, ReltoError):
                (found,) = together(node, [partial(_keep_why, manifest.sender, part, found)])
            if isinstance(found, ReltoError):
                raise found
            settled.append(found)
        progress(len(settled), len(manifest.parts))
    return manifest, settled


def _number(tx: Transaction, peer: str, part: Part) -> int:
    rows = tx.outbox(subject=part.subject)
    found = next((one.number for one in rows if (one.kind, one.peer) == (part.kind, peer)), None)
    if found is None:
        raise NotFound(
            f"this node has sent `{peer}` no {part.kind[:40]} `{part.subject[:80]}`", remedy="name the medium for it"
        )
    return found


def _settle(node: Node, peer: str, part: Part, data: bytes, tx: Transaction) -> Delivery | Draft[Delivery]:
    number = _number(tx, peer, part)
    if part.problem:
        value = parse_object(data, name="problem")
        raise InputError(f"`{peer}` did not take it in: {text_in(value, 'detail')[:500]}")
    reply = read_reply(node, peer, data)
    return delivery_by(settle_by(node, tx, row_in(tx, number), reply), reply.evidence)


def _keep_why(peer: str, part: Part, error: ReltoError, tx: Transaction) -> Delivery:
    return keep_error(tx, _number(tx, peer, part), error)
