"""What a node keeps, row by row: values that the store takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from relto.core.timeline import Instant

MessageKind = Literal[
    "transmittal", "instrument", "recall", "compromise", "key-change", "custody", "reclassification", "visit"
]
OutboxState = Literal["queued", "done", "refused", "refused-by-recipient"]
Stage = Literal["queueing", "sending", "receipt", "opening", "visit"]

LEAVES_AT_ONCE: Final = 128
"""How many a store takes in one statement."""


class Leaf(NamedTuple):
    """One leaf of the ledger: a piece of evidence at its place. `id` is the digest of `evidence`, `hash` the leaf hash.

    `subject` is what it is about: a transmittal (and the holding made by it), an instrument, a report.
    """

    position: int
    id: str
    kind: str
    signer: str
    subject: str
    evidence: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it was made: at which stage, and the whole verdict as canonical JSON."""

    subject: str
    stage: Stage
    verdict: str
    digest: str


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A message on its way to a peer. `number` is 0 until the store gives one; the row is never deleted.

    `evidence` is the leaf that accounts for the message; `answer` the one that settled it. `waits_for` names the
    subject of messages that must be settled first.
    """

    kind: MessageKind
    subject: str
    peer: str
    message: bytes
    evidence: str
    queued_at: Instant
    waits_for: str = ""
    state: OutboxState = "queued"
    attempts: int = 0
    last_error: str = ""
    answer: str | None = None
    number: int = 0


class Queued(NamedTuple):
    """A message of the outbox to be sent, without its `size` bytes. `waits`: something must be settled first."""

    number: int
    peer: str
    kind: MessageKind
    waits: bool
    attempts: int
    size: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A message of the outbox without its `size` bytes: how it stands, to be listed and watched."""

    number: int
    subject: str
    peer: str
    evidence: str
    queued_at: Instant
    state: OutboxState
    attempts: int
    last_error: str
    answer: str | None
    size: int


@dataclass(frozen=True, slots=True)
class InboxRow:
    """A message that was answered: the same message gets the same answer again, byte for byte."""

    kind: MessageKind
    subject: str
    sender: str
    digest: str
    reply: bytes
    accepted: bool
    received_at: Instant


@dataclass(frozen=True, slots=True)
class InstrumentRow:
    """An instrument and who has signed it. `recorded` None: not complete yet, so not in the record.

    `content` is its canonical JSON; `evidence` maps each signer to the leaf that holds its signature.
    """

    agreement: str
    id: str
    content: str
    by: tuple[str, ...]
    evidence: tuple[tuple[str, str], ...]
    recorded: Instant | None = None

    @property
    def signers(self) -> tuple[str, ...]:
        """Who has signed it so far."""
        return tuple(party for party, _ in self.evidence)

    @property
    def missing(self) -> tuple[str, ...]:
        """Who has still to sign it."""
        return tuple(party for party in self.by if party not in self.signers)
