"""A rehearsal: three nodes in one process on one replay clock, each with its own keys, store and dossier."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from relto.adapters.clock import ReplayClock
from relto.cli.options import shipped_dossier
from relto.compose import create_node, open_node, wire
from relto.core.agreement import Instrument, Standing
from relto.core.dossier import Dossier, Item, Person
from relto.core.timeline import Instant
from relto.node import ActRefused, Delivery, Node, Verification, forward, open_item, relay_pending, release
from relto.node import countersign as sign_too
from relto.node import sign_instrument as sign_first
from relto.node import verify as verify_node

PARTIES = ("KOR", "JPN", "USA")
PACT = "kor-jpn-2016"
_PASSPHRASE = "a rehearsal guards nothing"  # noqa: S105


class Rehearsal:
    """Three nodes that begin without the record of the pact; its instruments are signed live, each at its instant."""

    def __init__(self, folder: Path, at: Instant, told: Callable[[str], None]) -> None:
        self.folder = folder
        self.clock = ReplayClock(at)
        self.nodes: dict[str, Node] = {}
        for party in PARTIES:
            told(f"making the node of {party}")
            self.nodes[party] = create_node(
                folder / party.lower(),
                party,
                shipped_dossier(),
                _PASSPHRASE,
                clock=self.clock,
                replay=True,
                without_records=(PACT,),
            )
        wire(self.nodes.values())

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

    def pass_on(self, holding: str, holder: str, recipient: str) -> Delivery | ActRefused:
        """Pass a holding on to a third, now."""
        try:
            return forward(self.nodes[holder], holding, recipient)
        except ActRefused as refused:
            return refused

    def relay(self, hub: str) -> list[Delivery]:
        """Let the hub pass on what only goes through it, now."""
        return relay_pending(self.nodes[hub])

    def open(self, holding: str, holder: str, person: Person) -> bytes | ActRefused:
        """Open a holding for a person, now."""
        try:
            return open_item(self.nodes[holder], holding, person).payload
        except ActRefused as refused:
            return refused

    def close(self) -> None:
        """Let go of the stores."""
        for node in self.nodes.values():
            node.store.close()

    def verify(self) -> Iterable[Verification]:
        """Verify each node from its own files alone: opened anew, without the passphrase, without the others."""
        for party in PARTIES:
            node = open_node(self.folder / party.lower(), None, clock=ReplayClock(self.clock.at))
            try:
                yield verify_node(node)
            finally:
                node.store.close()
