"""What a node does with a message from another, or with a batch of them: the far end of every link."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Final

from relto.core.errors import InputError, ReltoError
from relto.node.compromise import receive_compromise
from relto.node.framing import Message
from relto.node.key_changes import receive_key_change
from relto.node.mirroring import receive_hashes
from relto.node.node import Node
from relto.node.receive import receive_recall, receive_transmittal
from relto.node.reclassify import receive_reclassification
from relto.node.records import receive_records
from relto.node.recovery import KIND as RECOVERY
from relto.node.recovery import receive_recovery
from relto.node.taking import receive_instrument
from relto.node.telling import receive_custody
from relto.node.together import Answering, finished, together
from relto.node.visits import receive_visit
from relto.node.witness import TRUSTING, contradicted, receive_head

_HANDLERS: Final[Mapping[str, Callable[[Node, bytes, str | None], Answering]]] = {
    "transmittal": receive_transmittal,
    "recall": receive_recall,
    "instrument": receive_instrument,
    "compromise": receive_compromise,
    "record": receive_records,
    "key-change": receive_key_change,
    "custody": receive_custody,
    "reclassification": receive_reclassification,
    "visit": receive_visit,
    "head": receive_head,
    "hashes": receive_hashes,
    RECOVERY: receive_recovery,
}


def check_kind(kind: str) -> None:
    """Raise InputError for a kind of message that is none."""
    if kind not in _HANDLERS:
        raise InputError(f"`{kind[:60]}` is no kind of message", remedy=f"send one of {', '.join(_HANDLERS)}")


def handle(node: Node, kind: str, message: bytes, sender: str | None = None) -> bytes:
    """Answer a message with signed evidence. `sender`: the party that the link has shown to speak; what another party
    signed is then not taken from it. Raises InputError for a kind that is none, else as its handler does."""
    untrusted = _untrusted(node, [kind], sender)
    if untrusted is not None:
        raise untrusted
    answer = _verified(node, kind, message, sender)
    with node.store.write() as tx:
        return finished(node, tx, [answer(tx)])[0]


def handle_many(node: Node, messages: Sequence[Message], sender: str | None = None) -> list[bytes | ReltoError]:
    """Answer each message of a batch as `handle` does, in order and in one transaction; the answers, or their errors.

    What does not verify, or is not taken in, leaves the others alone.
    """
    found: list[Answering | ReltoError] = []
    untrusted = _untrusted(node, [kind for kind, _ in messages], sender)
    for kind, message in messages:
        try:
            if untrusted is not None and kind in TRUSTING:
                raise untrusted
            if kind == RECOVERY and any(one == RECOVERY for one, _ in messages[: len(found)]):
                raise InputError("several questions of a restored node at once", remedy="ask one by one")
            found.append(_verified(node, kind, message, sender))
        except ReltoError as error:
            found.append(error)
    apart = any(kind != "transmittal" for kind, _ in messages)
    verified: list[Answering] = [one for one in found if not isinstance(one, ReltoError)]
    answered: list[bytes | ReltoError] = together(node, verified, apart=apart)
    answers = iter(answered)
    return [one if isinstance(one, ReltoError) else next(answers) for one in found]


def _untrusted(node: Node, kinds: Collection[str], sender: str | None) -> ReltoError | None:
    """Why nothing that rests on the word of `sender` is taken from it; None where it is, or nothing here does."""
    if sender is None or TRUSTING.isdisjoint(kinds):
        return None
    with node.store.read() as reading:
        return contradicted(reading, sender)


def _verified(node: Node, kind: str, message: bytes, sender: str | None) -> Answering:
    check_kind(kind)
    return _HANDLERS[kind](node, message, sender)
