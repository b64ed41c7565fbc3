"""A node: one party's values and ports, and the few questions that every use case asks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias
from weakref import ref

from relto.core.dossier import Dossier, Item
from relto.core.envelope import KeyRing, VerifyKey
from relto.core.errors import InputError, NotFound, Refused
from relto.core.timeline import Instant
from relto.node.card import Card
from relto.node.card_chain import CardChain
from relto.node.compared import Compared
from relto.node.contents import read_content
from relto.node.ports import Clock, Keys, Link, Reading, Store, Transaction
from relto.node.steady import Steady

_Rings: TypeAlias = tuple[KeyRing, KeyRing, KeyRing]
"""The keys for what comes in now, for what stands in ledgers, and for heads that come in now."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, as far as a node can know it: some instant from `earliest` to `latest`."""

    earliest: Instant
    latest: Instant

    def ends(self) -> tuple[Instant, ...]:
        """Both ends, or the one instant where they are the same."""
        return (self.latest,) if self.earliest == self.latest else (self.earliest, self.latest)


@dataclass
class Node:
    """The node of `party`. `base`: the dossier it was made with; what its record adds stands in its store.

    `entropy` gives so many random bytes; `read_payload` the content of an item of the dossier. `actor`: who acts, as
    the evidence of what is done states it; empty where the node acts by itself.
    """

    party: str
    base: Dossier
    keys: Keys
    store: Store
    clock: Clock
    link: Link
    entropy: Callable[[int], bytes]
    read_payload: Callable[[Item], bytes]
    actor: str = ""
    recovering: bool = False
    """Whether it is taking back what it had signed (`node.recovery`), and does nothing else."""
    apart: set[str] = field(default_factory=set, repr=False)
    """The peers whose clocks are known not to go with the own (`node.clocks`)."""
    compared: Compared = field(default_factory=Compared, repr=False)
    """What this process remembers of records compared with peers (`node.records`)."""
    _folded: tuple[int, Dossier] | None = field(default=None, init=False, repr=False)
    _steady: Steady | None = field(default=None, init=False, repr=False)
    _looked: ref[Transaction] | None = field(default=None, init=False, repr=False)
    _ringed: tuple[Mapping[str, CardChain], _Rings] | None = field(default=None, init=False, repr=False)

    def close(self) -> None:
        """Let go of the store and of the ways to the peers."""
        self.link.close()
        self.store.close()

    def acting(self, actor: str) -> Node:
        """This node, as `actor` makes it act: the same ports, and the dossier as far as it is folded already."""
        one = replace(self, actor=actor)
        one._folded, one._steady = self._folded, self._steady
        return one

    def dossier(self, reading: Reading) -> Dossier:
        """The base dossier with the instruments that all their makers have signed.

        Raises InputError where a text is no longer the one that was signed.
        """
        version, folded = reading.record_version(), self._folded
        if version is None:  # what may yet be undone is not kept
            return self._with_instruments(reading)
        if folded is None or folded[0] != version:
            folded = self._folded = version, self._with_instruments(reading)
        return folded[1]

    def read_dossier(self) -> Dossier:
        """The dossier as the store stands now."""
        with self.store.read() as reading:
            return self.dossier(reading)

    def steady(self, dossier: Dossier) -> Steady:
        """The verdicts under `dossier` that are remembered: of the last one asked about."""
        found = self._steady
        if found is None or found.dossier is not dossier:
            found = self._steady = Steady(dossier)
        return found

    def _with_instruments(self, reading: Reading) -> Dossier:
        dossier = self.base
        for row in reading.instruments():
            if row.recorded is None:
                continue
            content = read_content(row.content.encode("utf-8"))
            if content.text not in {one.digest for one in dossier.versions(row.agreement)}:
                raise InputError(
                    f"the text of `{row.agreement}` is not the one that instrument `{row.id}` was signed for",
                    remedy="restore the text in the node's dossier",
                )
            signed = replace(content.instrument, recorded=row.recorded)
            known = dossier.record(row.agreement).instruments
            dossier = dossier.with_instruments(row.agreement, (*known, signed))
        return dossier

    def card_of(self, party: str) -> Card:
        """The pinned card of a peer; NotFound where its operator has pinned none."""
        card = self.keys.peers.get(party)
        if card is None:
            raise NotFound(f"no card of `{party[:60]}` is pinned", remedy="pin it, after comparing its thumbprints")
        return card

    def peer_keys(self, sender: str | None = None) -> KeyRing:
        """The signing keys of the pinned peers, for what comes in now; of `sender` alone where the link has shown who
        speaks. What was revoked is not among them."""
        fresh = self._rings()[0]
        if sender is None:
            return {party: keys for party, keys in fresh.items() if party != self.party}
        return {sender: fresh[sender]} if sender in fresh and sender != self.party else {}

    def fresh_keys(self) -> KeyRing:
        """The signing keys of the pinned peers and the node's own, for what comes in now."""
        return self._rings()[0]

    def all_keys(self) -> KeyRing:
        """All signing keys that the pinned peers and the node itself have had, for what stands in its ledger."""
        return self._rings()[1]

    def head_keys(self) -> KeyRing:
        """The signing keys of the pinned peers and the node's own, for heads and cosignatures that come in now."""
        return self._rings()[2]

    def _rings(self) -> _Rings:
        chains = self.keys.chains
        known = self._ringed
        if known is None or known[0] is not chains:
            fresh, every = ({party: _ring(one, new) for party, one in chains.items()} for new in (True, False))
            heads = {party: one.head_keys() for party, one in chains.items()}
            known = self._ringed = chains, (fresh, every, heads)
        return known[1]

    def now(self, tx: Transaction) -> Moment:
        """The moment at which to decide; it is remembered as lived through.

        Raises Refused where the clock is behind what was lived through already: then nothing is decided until it has
        caught up (DESIGN 3).
        """
        self._refresh(tx)
        earliest, latest = self.clock.interval()
        lived = tx.high_water()
        if lived is not None and latest < lived:
            raise Refused(
                f"the clock of this node says {latest}, but it has lived through {lived}",
                remedy="set the clock right; nothing is released until it has caught up",
            )
        tx.raise_high_water(latest)
        return Moment(earliest, latest)

    def now_or_later(self, tx: Transaction) -> Moment:
        """The moment for what must be recorded whatever the clock says; never before what was lived through."""
        self._refresh(tx)
        earliest, latest = self.clock.interval()
        lived = tx.high_water()
        if lived is not None and latest < lived:
            return Moment(lived, lived)
        tx.raise_high_water(latest)
        return Moment(earliest, latest)

    def _refresh(self, tx: Transaction) -> None:
        """Take notice of what other processes have changed in the keys: once in each transaction."""
        if self._looked is None or self._looked() is not tx:
            self.keys.refresh()
            self._looked = ref(tx)


def _ring(chain: CardChain, fresh: bool) -> tuple[VerifyKey, ...]:
    return chain.signing_keys(fresh=fresh)
