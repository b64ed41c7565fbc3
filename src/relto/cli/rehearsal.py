"""A rehearsal: three nodes, each served by a process of its own, that meet over TLS; their clocks stand where we say.

What a party's people do is done here, at its node's own folder, as the command line does it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from relto.adapters.clock import FolderClock, ReplayClock
from relto.cli.options import shipped_dossier
from relto.cli.served import Served, free_address
from relto.compose import CLOCK, create_node, introduce, open_node
from relto.core.agreement import Instrument, Standing
from relto.core.dossier import Dossier, Item, Person
from relto.core.timeline import Instant
from relto.node import (
    ActRefused,
    Delivery,
    Node,
    Verification,
    delivery_of,
    dispatch_pending,
    forward,
    open_item,
    release,
)
from relto.node import countersign as sign_too
from relto.node import sign_instrument as sign_first
from relto.node import verify as verify_node
from relto.node.streams import Stream, send_on

PARTIES = ("KOR", "JPN", "USA")
PACT = "kor-jpn-2016"
PASSPHRASE = "a rehearsal guards nothing"  # noqa: S105
_PATIENCE = 30.0


class Rehearsal:
    """Three nodes that begin without the record of the pact; its instruments are signed live, each at its instant."""

    def __init__(self, folder: Path, at: Instant, told: Callable[[str], None]) -> None:
        self.folder = folder
        self.nodes: dict[str, Node] = {}
        addresses = {party: free_address() for party in PARTIES}
        for party in PARTIES:
            told(f"making the node of {party}")
            self.nodes[party] = _make(folder / party.lower(), party, at, addresses[party])
        introduce(self.nodes.values())
        self.clock = _Clocks(at, [folder / party.lower() / CLOCK for party in PARTIES])
        told("starting the three nodes")
        self._served = [Served(folder / party.lower(), addresses[party], PASSPHRASE) for party in PARTIES]
        for one in self._served:
            one.wait()

    def dossier(self, party: str) -> Dossier:
        """What the node of `party` goes by: its own copy, with the record as it knows it."""
        node = self.nodes[party]
        with node.store.read() as reading:
            return node.dossier(reading)

    def standing(self, party: str) -> Standing:
        """The standing of the pact as the node of `party` computes and reads it, now."""
        reading = party if party in ("KOR", "JPN") else None
        return self.dossier(party).standing(PACT, self.clock.at, reading=reading)

    def item(self, item: str) -> Item:
        """An item of the dossier."""
        return self.dossier("KOR").item(item)

    def sign(self, instrument: Instrument) -> None:
        """Put the clock to the instrument's instant; its first maker signs it, the others sign it too."""
        self.clock.set(instrument.at.instant)
        sign_first(self.nodes[instrument.by[0]], PACT, instrument)
        for party in instrument.by[1:]:
            sign_too(self.nodes[party], PACT, instrument.id)

    def release(
        self, item: str, sender: str, recipient: str, at: Instant, *, purpose: str = "", via: tuple[str, ...] = ()
    ) -> Delivery | ActRefused:
        """Release an item at `at`; what became of it, or the refusal."""
        self.clock.set(at)
        try:
            return release(self.nodes[sender], self.item(item), recipient, purpose=purpose, via=via)
        except ActRefused as refused:
            return refused

    def feed(
        self, stream: str, messages: list[bytes], label: str, sender: str, recipient: str, at: Instant
    ) -> Delivery | ActRefused:
        """Send messages as the next of a stream, at `at`; what became of the batch, or the refusal."""
        self.clock.set(at)
        node = self.nodes[sender]
        try:
            row = send_on(node, Stream(stream, self.item(label), "missile-warning", recipient), messages)
        except ActRefused as refused:
            return refused
        dispatch_pending(node, recipient)
        return delivery_of(node, row.subject)[0]

    def pass_on(self, holding: str, holder: str, recipient: str) -> Delivery | ActRefused:
        """Pass a holding on to a third, now."""
        try:
            return forward(self.nodes[holder], holding, recipient)
        except ActRefused as refused:
            return refused

    def relay(self, hub: str) -> list[Delivery]:
        """What the hub's own process passes on of what only goes through it, once it has."""
        node, waited_since = self.nodes[hub], time.monotonic()
        while time.monotonic() - waited_since < _PATIENCE:
            with node.store.read() as reading:
                waiting = any(one.awaits_relay for one in reading.holdings())
                rows = [row for row in reading.outbox() if row.kind == "transmittal"]
            if rows and not waiting and all(row.state != "queued" for row in rows):
                break
            time.sleep(0.02)
        return [delivery for row in rows for delivery in delivery_of(node, row.subject)]

    def open(self, holding: str, holder: str, person: Person) -> bytes | ActRefused:
        """Open a holding for a person, now."""
        try:
            return open_item(self.nodes[holder], holding, person).payload
        except ActRefused as refused:
            return refused

    def close(self) -> None:
        """End the processes, and let go of the stores."""
        for served in self._served:
            served.close()
        for node in self.nodes.values():
            node.close()

    def verify(self) -> Iterable[Verification]:
        """Verify each node from its own files alone: opened anew, without the passphrase, without the others."""
        for party in PARTIES:
            node = open_node(self.folder / party.lower(), None, clock=ReplayClock(self.clock.at))
            try:
                yield verify_node(node)
            finally:
                node.close()


class _Clocks:
    """The clocks of all nodes, each in its node's folder, put to one instant together."""

    def __init__(self, at: Instant, places: Iterable[Path]) -> None:
        self._clocks = [FolderClock(place) for place in places]
        self.set(at)

    def set(self, at: Instant) -> None:
        """Put them all at `at`."""
        self.at = at
        for clock in self._clocks:
            clock.at = at


def _make(folder: Path, party: str, at: Instant, address: str) -> Node:
    """The node of a party, opened by its folder's clock, as a command would."""
    made = create_node(
        folder,
        party,
        shipped_dossier(),
        PASSPHRASE,
        clock=ReplayClock(at),
        replay=True,
        without_records=(PACT,),
        address=address,
    )
    made.close()
    FolderClock(folder / CLOCK).at = at
    return open_node(folder, PASSPHRASE)
