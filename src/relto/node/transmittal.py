"""Transmittals: a sealed item on its way, with its sender's signed evidence; and what both ends must decide of it.

On the wire: the evidence (a JWS, ASCII), a line feed, the sealed item. Sender and recipient read the same request out
of the same bytes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from relto.core.canon import JSON, base64url, digest
from relto.core.decision import ACTS, Request
from relto.core.dossier import Item
from relto.core.envelope import Manifest, Sealed
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import MAX_JWS_BYTES, Evidence
from relto.core.label import check_party_id
from relto.core.memo import Memo
from relto.core.timeline import Instant

ID_BYTES: Final = 20
_TIME_BITS: Final = 48
_MILLISECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a sender asks for beside the label: the act, to whom, for what, and over which way.

    `recipient` may be a contractor or authority of the party it is sent to. `onward`: the party for which it is only
    to pass through; `via` then the parties between. `consent` names the instrument that must be delivered first.
    """

    act: str
    recipient: str
    purpose: str = ""
    onward: str = ""
    via: tuple[str, ...] = ()
    consent: str = ""

    def to_json(self) -> dict[str, JSON]:
        """The terms as the sender's evidence states them."""
        return {
            "act": self.act,
            "recipient": self.recipient,
            "purpose": self.purpose,
            "onward": self.onward,
            "via": list(self.via),
            "consent": self.consent,
        }

    def request(self, item: Item, sender: str, at: Instant, reading: str | None = None) -> Request:
        """The question that this hop puts to the agreements, under the reading of a party."""
        act = next((one for one in ACTS if one == self.act), None)
        if act is None:
            raise InputError(f"`{self.act[:60]}` is no act", remedy=f"use one of {', '.join(ACTS)}")
        return Request(act, item, sender, self.recipient, at, purpose=self.purpose or None, reading=reading)


def terms_of(evidence: Evidence) -> Terms:
    """The terms that a submission or relay states. Raises InputError."""
    says = evidence.says.get("terms")
    if not isinstance(says, dict):
        raise InputError("the sender's evidence states no terms")
    texts = {name: says.get(name) for name in ("act", "recipient", "purpose", "onward", "consent")}
    via = says.get("via")
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(via, list) or len(via) > 8:
        raise InputError("the sender's evidence states its terms in another form")
    onward = str(texts["onward"])
    parties = tuple(check_party_id(str(one)) for one in (*via, *([onward] if onward else [])))
    return Terms(
        str(texts["act"]),
        str(texts["recipient"]),
        str(texts["purpose"]),
        onward,
        parties[: len(via)],
        str(texts["consent"]),
    )


def digests_of(sealed: Sealed, manifest: Manifest, decision: str) -> dict[str, str]:
    """What a sender vouches for. `payload` digests the commitment: a short payload could be guessed from its own."""
    return {
        "payload": digest(base64url(manifest.commitment).encode("ascii")),
        "label": manifest.label_digest,
        "sealed": sealed.digest,
        "decision": decision,
    }


_PACKED: Final[Memo[bytes, Sealed]] = Memo(1024)
_LONGEST_KEPT: Final = 1 << 14


def pack(signed: str, sealed: Sealed) -> bytes:
    """A transmittal's bytes."""
    message = signed.encode("ascii") + b"\n" + sealed.to_bytes()
    if len(message) <= _LONGEST_KEPT:
        _PACKED.put(message, sealed)  # what is queued is soon sent
    return message


def sealed_in(message: bytes) -> Sealed:
    """The sealed item in a transmittal that this node has packed. Raises as `unpack` and `Sealed.from_bytes` do."""
    known = _PACKED.get(message)
    return Sealed.from_bytes(unpack(message)[1]) if known is None else known


def unpack(message: bytes) -> tuple[str, bytes]:
    """A transmittal's evidence and its sealed bytes, nothing of it verified. Raises VerificationFailed."""
    end = message.find(b"\n", 0, MAX_JWS_BYTES + 1)
    if end < 0 or not message[:end].isascii():
        raise VerificationFailed("not a transmittal: it does not begin with signed evidence")
    return message[:end].decode("ascii"), message[end + 1 :]


def new_id(at: Instant, random: bytes) -> str:
    """A transmittal's id: the millisecond at which it was thought of, and 112 of these random bits,
    which nobody guesses.

    Ids that follow each other in time stand beside each other in the indexes of both ends.
    """
    return f"t-{max(0, at.ns) // _MILLISECOND % (1 << _TIME_BITS):012x}{random[: ID_BYTES - _TIME_BITS // 8].hex()}"
