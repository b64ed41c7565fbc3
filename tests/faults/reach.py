"""How the driver of an experiment reaches the nodes: the one place to change when they leave this process.

A `Reach` is opened on a folder that holds the nodes' folders, lets the driver do what people and operators do, and says
what it was told. `InProcess` opens all nodes in the process that calls, on one replay clock and one link. A second one
would start a process per node, act through their people's port, and let `count_steps` be called in the node that is to
die; the acts, the invariants and the experiments stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Protocol

from relto.adapters.clock import ReplayClock
from relto.adapters.link import InProcessLink
from relto.compose import create_node, open_node, pin
from relto.core.agreement import Instrument
from relto.core.errors import PeerUnreachable, ReltoError
from relto.core.timeline import Instant
from relto.node import (
    ActRefused,
    Delivery,
    Message,
    Node,
    countersign,
    dispatch_pending,
    handle,
    handle_many,
    open_item,
    relay_pending,
    release,
    report_compromise,
    sign_instrument,
)
from relto.node.contents import instrument_subject
from tests.faults.steps import Steps, count_steps
from tests.faults.told import Tell, Told

PARTIES = ("KOR", "JPN", "USA")
PASSPHRASE = "a passphrase for faults"
PACT = "kor-jpn-2016"


class Reach(Protocol):
    """What the driver can do at a node, in the name of its people; each gives what the node said of it."""

    def put_clocks(self, at: Instant) -> None: ...

    def mute(self, party: str, mute: bool = True) -> None:
        """What is sent to `party` arrives, and its replies are lost."""

    def sign(self, party: str, instrument: Instrument) -> list[Told]: ...

    def countersign(self, party: str, identifier: str) -> list[Told]: ...

    def release(self, party: str, item: str, to: str, via: tuple[str, ...] = ()) -> list[Told]: ...

    def relay(self, party: str) -> list[Told]: ...

    def dispatch(self, party: str) -> list[Told]: ...

    def open_item(self, party: str, holding: str) -> list[Told]: ...

    def report(self, party: str, holding: str) -> list[Told]: ...

    def holdings(self, party: str) -> list[str]: ...

    def close(self) -> None: ...


class LossyLink(InProcessLink):
    """The link of a process, on which the replies of some parties are lost."""

    def __init__(self) -> None:
        super().__init__()
        self.muted: set[str] = set()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        reply = super().exchange(peer, kind, message)
        self._lose(peer)
        return reply

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        replies = super().exchange_many(peer, messages)
        self._lose(peer)
        return replies

    def _lose(self, peer: str) -> None:
        if peer in self.muted:
            raise PeerUnreachable(f"the reply of `{peer}` was lost")


class InProcess:
    """All nodes of a folder in this process; where it is killed, all of them are.

    That loses nothing: while a node waits for a peer it does nothing else, so that every state which the death of one
    node can leave behind is one which the death of both leaves behind, at a step of the one that lived on.
    """

    def __init__(self, folder: Path, at: Instant, steps: Steps | None = None) -> None:
        self.clock = ReplayClock(at)
        self.link = LossyLink()
        self.nodes: dict[str, Node] = {}
        for party in PARTIES:
            if (folder / party).exists():
                node = open_node(folder / party, PASSPHRASE, clock=self.clock, link=self.link)
                self.link.join(party, partial(handle, node), partial(handle_many, node))
                self.nodes[party] = node
                if steps is not None:
                    count_steps(node, steps)

    def put_clocks(self, at: Instant) -> None:
        self.clock.set(at)

    def mute(self, party: str, mute: bool = True) -> None:
        (self.link.muted.add if mute else self.link.muted.discard)(party)

    def sign(self, party: str, instrument: Instrument) -> list[Told]:
        return self._signed(party, instrument.id, lambda node: sign_instrument(node, PACT, instrument).complete)

    def countersign(self, party: str, identifier: str) -> list[Told]:
        return self._signed(party, identifier, lambda node: countersign(node, PACT, identifier).complete)

    def release(self, party: str, item: str, to: str, via: tuple[str, ...] = ()) -> list[Told]:
        node = self.nodes[party]
        try:
            return delivered(party, [release(node, node.base.item(item), to, via=via)])
        except ActRefused as error:
            return [Told("refused", party, error.evidence)]

    def relay(self, party: str) -> list[Told]:
        return delivered(party, relay_pending(self.nodes[party]))

    def dispatch(self, party: str) -> list[Told]:
        return delivered(party, dispatch_pending(self.nodes[party]))

    def open_item(self, party: str, holding: str) -> list[Told]:
        return [Told("opened", party, holding, about=open_item(self.nodes[party], holding).evidence)]

    def report(self, party: str, holding: str) -> list[Told]:
        deliveries = report_compromise(self.nodes[party], holding, "left in a train")
        return [Told("reported", party, deliveries[0].row.subject, about=holding), *delivered(party, deliveries)]

    def holdings(self, party: str) -> list[str]:
        with self.nodes[party].store.read() as reading:
            return [one.id for one in reading.holdings()]

    def close(self) -> None:
        for node in self.nodes.values():
            node.store.close()

    def _signed(self, party: str, identifier: str, sign: Callable[[Node], bool]) -> list[Told]:
        complete = sign(self.nodes[party])
        return [
            Told("signed", party, instrument_subject(PACT, identifier), "complete" if complete else "waiting"),
        ]


def delivered(party: str, deliveries: Iterable[Delivery]) -> list[Told]:
    """What a node says of its messages."""
    return [Told("delivered", party, one.row.subject, one.state, one.row.peer, one.row.kind) for one in deliveries]


def make_nodes(folder: Path, dossier: Path, at: Instant, tell: Tell) -> None:
    """Make the nodes, the record of the pact left out, and pin each to the others."""
    clock = ReplayClock(at)
    for party in PARTIES:
        create_node(
            folder / party, party, dossier, PASSPHRASE, clock=clock, replay=True, without_records=[PACT]
        ).store.close()
        tell(Told("made", party))
    for party, peer in permutations(PARTIES, 2):
        pin(folder / party, folder / peer / "keys" / "card.json")
        tell(Told("pinned", party, peer=peer))
