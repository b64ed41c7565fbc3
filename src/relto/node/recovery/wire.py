"""The question of a restored node, and what is given back, on the wire.

question: a compact JWS, evidence of the kind `ledger` that says `step` recovery, `since`, `after`
answer:   relto/returned/1 LF | u64: after what to ask for more, 0 where there is none | four parts for each record
part:     u32 length, bytes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from relto.core.canon import count_in, text_in
from relto.core.envelope import KeyRing, SigningKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence, verify_evidence
from relto.core.timeline import Instant, parse_instant

KIND: Final = "recovery"
RECOVERED: Final = "recovered"
"""The step of the statement that says which leaves came into a ledger again, later than they were signed."""
MAX_RECORDS: Final = 64
"""How many statements are given back at once."""
MAX_BYTES: Final = 6 << 20
"""How much is given back at once: less than the answers to a batch may have."""
_STEP: Final = "recovery"
_MAGIC: Final = b"relto/returned/1\n"
_NEXT: Final = 8
_LENGTH: Final = 4
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class Question:
    """What a party asks its peer `to` for: its own statements of `since` or later, beyond leaf `after` of the peer's
    ledger (None: from the first that may be so late)."""

    party: str
    to: str
    at: Instant
    since: Instant
    after: int | None = None

    def signed(self, key: SigningKey) -> bytes:
        """The question as it travels."""
        says: dict[str, str | int] = {"about": f"ledger-{self.party}", "step": _STEP, "since": str(self.since)}
        if self.after is not None:
            says["after"] = self.after
        return sign_evidence(Evidence("ledger", self.party, self.at, self.to, says=says), key).encode("ascii")


def read_question(message: bytes, keys: KeyRing, to: str) -> Question:
    """Read a question to the party `to`. Raises VerificationFailed, or InputError, for what no pinned peer asks."""
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    evidence = verify_evidence(message.decode("ascii"), keys)
    if evidence.kind != "ledger" or evidence.says.get("step") != _STEP or evidence.to != to:
        raise VerificationFailed("what came as a question of a restored node is something else")
    after = count_in(evidence.says, "after") if "after" in evidence.says else None
    since = parse_instant(text_in(evidence.says, "since"))
    return Question(evidence.party, to, evidence.at, since, after)


@dataclass(frozen=True, slots=True)
class Record:
    """One statement of the party that asks, with what belongs to it; each a compact JWS, or empty.

    `answers`: the peer's statement that it answers; `answer`: the peer's answer to it; `sealed`: the item of which it
    is, as it was sealed to whom it went.
    """

    statement: str
    answers: str = ""
    answer: str = ""
    sealed: bytes = b""

    def parts(self) -> tuple[bytes, ...]:
        """Its parts as they travel."""
        return (*(one.encode("ascii") for one in (self.statement, self.answers, self.answer)), self.sealed)

    @property
    def size(self) -> int:
        """How many bytes it takes."""
        return sum(_LENGTH + len(one) for one in self.parts())


def write_returned(records: Sequence[Record], more: int) -> bytes:
    """The answer: these records, and after which leaf there is `more`, 0 for none."""
    parts = [one for record in records for one in record.parts()]
    framed = [piece for one in parts for piece in (len(one).to_bytes(_LENGTH, "big"), one)]
    return b"".join((_MAGIC, more.to_bytes(_NEXT, "big"), *framed))


def read_returned(data: bytes) -> tuple[list[Record], int]:
    """Read an answer. Raises InputError for anything but what `write_returned` writes."""
    head = len(_MAGIC) + _NEXT
    if not data.startswith(_MAGIC) or len(data) < head:
        raise InputError("what is given back is of no form known here", remedy="let both sides run the same relto")
    parts: list[bytes] = []
    start = head
    while start < len(data):
        end = start + _LENGTH + int.from_bytes(data[start : start + _LENGTH], "big")
        if start + _LENGTH > len(data) or end > len(data) or len(parts) == MAX_RECORDS * _PARTS:
            raise InputError("what is given back is cut short, or too much", remedy="ask again")
        parts.append(data[start + _LENGTH : end])
        start = end
    if len(parts) % _PARTS:
        raise InputError("what is given back is cut short", remedy="ask again")
    more = int.from_bytes(data[len(_MAGIC) : head], "big")
    return [_record(parts[place : place + _PARTS]) for place in range(0, len(parts), _PARTS)], more


def _record(parts: list[bytes]) -> Record:
    if not all(one.isascii() for one in parts[:3]):
        raise InputError("what is given back is no signed statement", remedy="ask again")
    statement, answers, answer = (one.decode("ascii") for one in parts[:3])
    return Record(statement, answers, answer, parts[3])
