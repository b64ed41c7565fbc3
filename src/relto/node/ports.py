"""The ports of a node: what it needs from outside, where a second real implementation exists or is next.

Clock: system and replay. Link: in-process, HTTP next. Store: SQLite, PostgreSQL next. Keys: files, hardware next.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Literal, Protocol, TypeAlias

from relto.core.envelope import SigningKey, UnwrapKey
from relto.core.errors import ReltoError
from relto.core.ledger import Frontier
from relto.core.register import Control, Holding
from relto.core.timeline import Instant
from relto.node.card import Card
from relto.node.card_chain import CardChain, KeyChange, KeyChangeKind
from relto.node.control_port import ControlReading
from relto.node.framing import Message
from relto.node.rows import (
    DecisionRow,
    InboxRow,
    InstrumentRow,
    Leaf,
    MessageKind,
    OutboxRow,
    OutboxState,
    Queued,
    Sent,
)
from relto.node.verify_port import VerifyReading

NoteKind: TypeAlias = Literal["clock", "record", "head", "cosigned", "fork", "behind", "mirrored", "sent", "heard"]
"""What is noted of a stream, by its name: how far it was `sent`, or `heard`. What is noted of a peer: that its clock
does not go with the own, that it holds another record; the head of its ledger last cosigned here, the own one that it
has cosigned; that its ledger forks, or shows that the own is behind; how far its ledger's hashes are mirrored here."""


class Clock(Protocol):
    """What time it is, as far as can be known."""

    def interval(self) -> tuple[Instant, Instant]:
        """The earliest and the latest instant that it may be now."""
        ...


class Link(Protocol):
    """The way to other nodes."""

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        """Hand `message` to the node of `peer` and give its reply. Raises PeerUnreachable where it does not answer."""
        ...

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        """Hand several messages to the node of `peer`, each with its kind; the reply to each, or why there is none.

        Raises PeerUnreachable where it does not answer, another ReltoError where it took none of them.
        """
        ...

    def close(self) -> None:
        """Let go of what is held open towards the peers; a later exchange opens it anew."""
        ...


class Keys(Protocol):
    """A party's keys, and the public keys it has pinned of its peers."""

    @property
    def own(self) -> Card:
        """The public keys of this node's party."""
        ...

    @property
    def peers(self) -> Mapping[str, Card]:
        """The public keys of the other parties, pinned by this node's operator or changed by their party since."""
        ...

    @property
    def chains(self) -> Mapping[str, CardChain]:
        """All cards that each party has had, this node's own included."""
        ...

    def refresh(self) -> None:
        """Take notice now of what other processes have changed. Within a transaction of the store no other changes the
        own keys: what is signed in it is then signed by those in use."""
        ...

    def signing(self) -> SigningKey:
        """The key that signs. Raises InputError where the keys were opened without their passphrase."""
        ...

    def unwraps(self) -> tuple[UnwrapKey, ...]:
        """The keys that open what is sealed to this party, that in use first. Raises InputError as `signing` does."""
        ...

    def party_of(self, pin: str) -> str | None:
        """The pinned party whose certificate has this digest; None for none of them."""
        ...

    def take(self, change: KeyChange) -> None:
        """Keep a peer's change of its card. Raises as `CardChain.taken` does, NotFound for a party not pinned."""
        ...

    def change(self, kind: KeyChangeKind, at: Instant, mldsa: bool | None = None) -> KeyChange:
        """Replace the own keys from `at` on, or revoke them and go on with others, with an ML-DSA-44 key beside the one
        that signs or without (None: as before); all or nothing. To be called within a transaction of the store, so that
        no two do it at once."""
        ...

    def acknowledged(self, peer: str, keys_id: str) -> None:
        """A peer goes by the own card of this id from now on."""
        ...


class Reading(ControlReading, VerifyReading, Protocol):
    """One consistent view of the store."""

    def high_water(self) -> Instant | None:
        """The latest instant this node has lived through."""
        ...

    def notes(self, about: NoteKind) -> Mapping[str, str]:
        """What is noted of the peers, by party: of their clocks, or of their records; empty where nothing is wrong with
        one any more."""
        ...

    def checkpoint(self) -> str:
        """The signed head of the ledger; empty before the first leaf."""
        ...

    def frontier(self) -> Frontier:
        """The right edge of the ledger's tree. Raises VerificationFailed where it is none."""
        ...

    def ledger_size(self) -> int:
        """How many leaves there are."""
        ...

    def leaf_hashes(self, after: int) -> Iterator[bytes]:
        """The hashes of the leaves from position `after` on, in order."""
        ...

    def mirrored_size(self, party: str) -> int:
        """How many hashes of the leaves of a peer's ledger are kept here."""
        ...

    def mirrored(self, party: str) -> Iterator[bytes]:
        """These hashes, in order. Raises VerificationFailed where some are missing, or are none."""
        ...

    def mirrored_parties(self) -> list[str]:
        """The parties of whose ledgers hashes are kept here."""
        ...

    def leaves(self, subject: str | None = None) -> Iterator[Leaf]:
        """The leaves in order; those about `subject` where one is given."""
        ...

    def leaves_from(self, position: int, limit: int) -> list[Leaf]:
        """The leaves from this position on, in order, no more than `limit`."""
        ...

    def newest_leaves(self, limit: int) -> list[Leaf]:
        """The newest leaves, the newest first."""
        ...

    def leaf(self, identifier: str, subject: str | None = None) -> Leaf | None:
        """The leaf that holds this piece of evidence, of those about `subject`; without one, of all, which takes the
        longer the more there are."""
        ...

    def decisions(self, subject: str | None = None) -> list[DecisionRow]:
        """The decisions in the order they were made; those about `subject` where one is given."""
        ...

    def outbox(self, state: OutboxState | None = None, subject: str | None = None) -> list[OutboxRow]:
        """The messages sent or to send, in order."""
        ...

    def sent_before(self, kind: MessageKind, number: int | None, limit: int) -> list[Sent]:
        """The newest `limit` messages of one kind, of those numbered below `number` where it is given; the newest
        first."""
        ...

    def sent_after(self, kind: MessageKind, number: int, limit: int) -> list[Sent]:
        """The oldest `limit` messages of one kind of those numbered beyond `number`, the newest of them first."""
        ...

    def sent(self, kind: MessageKind, subject: str) -> Sent | None:
        """The newest message of one kind about `subject`."""
        ...

    def queued(self, peer: str | None = None, limit: int | None = None, after: int = 0) -> list[Queued]:
        """What is queued, in order and without the messages: for one peer, the first `limit`, where they are given, of
        those with a number beyond `after`."""
        ...

    def queued_peers(self) -> list[str]:
        """The parties for which messages are queued."""
        ...

    def outbox_state(self, number: int) -> OutboxState | None:
        """How one message stands, by its number."""
        ...

    def outbox_row(self, number: int) -> OutboxRow | None:
        """One message by its number."""
        ...

    def answered(self, kind: str, subject: str) -> InboxRow | None:
        """The message of this kind about `subject` that was answered already."""
        ...

    def holding(self, identifier: str) -> Holding | None:
        """One holding."""
        ...

    def holdings(self) -> list[Holding]:
        """All holdings, in the order they came."""
        ...

    def newest_holding(self) -> int:
        """The number of the newest holding, 0 where there is none; they are numbered from 1 as they come."""
        ...

    def holdings_numbered(self, numbers: Collection[int]) -> list[Holding]:
        """The holdings of these numbers, the newest first."""
        ...

    def titles(self, after: int, limit: int | None = None) -> list[tuple[int, str, str, str, str]]:
        """The number, name, item, title and originator of each holding numbered beyond `after`, in order; the first
        `limit` where it is given."""
        ...

    def owing(self) -> list[Holding]:
        """The holdings with a duty that is not done, in the order they came."""
        ...

    def holdings_under(self, agreement: str) -> list[Holding]:
        """The holdings that came under this agreement, in the order they came."""
        ...

    def holdings_of(self, item: str) -> list[Holding]:
        """The holdings of this item, in the order they came."""
        ...

    def products(self) -> list[Holding]:
        """The holdings that were made of others, in the order they were made."""
        ...

    def with_due(self, by: Instant) -> list[Holding]:
        """The holdings with a duty that is open and due by `by`, to the second, in the order they came."""
        ...

    def to_pass_on(self, after: int = 0) -> tuple[list[Holding], int]:
        """The holdings that came to be passed on, passed on or not, of those numbered beyond `after`; and the number of
        the newest holding."""
        ...

    def arrived(self, after: int, limit: int) -> list[tuple[int, str]]:
        """The numbers and names of the first `limit` holdings numbered beyond `after`, in the order they came."""
        ...

    def sealed(self, identifier: str) -> bytes | None:
        """The sealed item of a holding, as it came."""
        ...

    def instruments(self) -> list[InstrumentRow]:
        """All instruments, complete or not, in the order they came."""
        ...

    def instrument(self, agreement: str, identifier: str) -> InstrumentRow | None:
        """One instrument."""
        ...

    def record_version(self) -> int | None:
        """A number that grows with every instrument that became complete; None in a transaction that has put one."""
        ...


class Transaction(Reading, Protocol):
    """One unit of writing: all of it happens, or nothing."""

    def raise_high_water(self, at: Instant) -> None:
        """Remember that `at` was lived through."""
        ...

    def note(self, about: NoteKind, peer: str, note: str) -> None:
        """Note something of a peer; nothing, where all is right."""
        ...

    def part(self) -> AbstractContextManager[None]:
        """A part of it: where it raises, what was written since it began is undone, and nothing else. Parts are not
        nested."""
        ...

    def append_leaf(self, leaf: Leaf, frontier: Frontier, sign: Callable[[Frontier], str]) -> bool:
        """Append a leaf, with the tree's new right edge; `sign` gives the signed head over all of it, once, when the
        transaction ends. False, and nothing is changed, where there is a leaf with this evidence; raises Conflict where
        its place is taken."""
        ...

    def append_leaves(self, leaves: Sequence[Leaf], frontier: Frontier, sign: Callable[[Frontier], str]) -> bool:
        """Append several leaves at once, no more than `LEAVES_AT_ONCE`, with the tree's right edge after them. False,
        and nothing is changed, where there is one with the evidence of any of them already, or a place is taken."""
        ...

    def add_mirrored(self, party: str, hashes: Sequence[bytes]) -> None:
        """Keep these hashes of a peer's ledger after those that are kept."""
        ...

    def drop_mirrored(self, party: str) -> None:
        """Keep no hashes of a peer's ledger any more."""
        ...

    def add_decision(self, decision: DecisionRow) -> None:
        """Keep a decision."""
        ...

    def enqueue(self, row: OutboxRow) -> int:
        """Queue a message; its number. Raises Conflict where the same one is queued already."""
        ...

    def update_outbox(self, row: OutboxRow) -> None:
        """Keep a row's new state, attempts, last error and answer."""
        ...

    def remember(self, row: InboxRow) -> None:
        """Keep the answer to a message. Raises Conflict where that message was answered already."""
        ...

    def add_holding(self, holding: Holding, sealed: bytes) -> None:
        """Keep a new holding and its sealed item. Raises Conflict where it is there already."""
        ...

    def update_holding(self, holding: Holding) -> None:
        """Keep a holding's new state."""
        ...

    def erase(self, identifier: str, left: bytes) -> None:
        """Keep `left` in the place of a holding's sealed item, and nothing of that in the store once the transaction
        has ended. Of backups, and of what a disk keeps, it knows nothing."""
        ...

    def put_control(self, control: Control) -> None:
        """Keep a visit, a contractor's checklist or a facility as it is now."""
        ...

    def put_instrument(self, row: InstrumentRow) -> None:
        """Keep an instrument and its signatures."""
        ...


class Store(Protocol):
    """Where a node keeps its rows. Writers wait for each other; a reader sees one moment."""

    def read(self) -> AbstractContextManager[Reading]:
        """A view of one moment."""
        ...

    def write(self) -> AbstractContextManager[Transaction]:
        """A transaction: durable when it ends, undone when it raises."""
        ...

    def turn(self, peers: Iterable[str]) -> AbstractContextManager[None]:
        """The turn to send to these peers: who else of this node would send to one of them waits until it ends."""
        ...

    def tidy(self) -> None:
        """Do now, beside those who read and write, what one of them would else have to do."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...
