"""Evidence: what one party says of one step, and when. A value; `signed.py` puts the signature under it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias, get_args

from relto.core.canon import JSON, canonical, check_digests, object_in, only_keys, parse_canonical, read_again, text_in
from relto.core.errors import InputError, VerificationFailed
from relto.core.label import check_id, check_party_id
from relto.core.timeline import Instant, parse_instant

SCHEMA: Final = "relto/evidence/1"
MAX_PAYLOAD_BYTES: Final = 45_000  # with header and signature, in base64url, still one leaf of a ledger

EvidenceKind: TypeAlias = Literal[
    "submission",
    "refusal",
    "relay",
    "consignment",
    "handover",
    "receipt",
    "destruction",
    "compromise",
    "custody",
    "reclassification",
    "visit",
    "contractor",
    "facility",
    "instrument",
    "record",
    "key-change",
    "ledger",
]
EVIDENCE_KINDS: Final[tuple[EvidenceKind, ...]] = get_args(EvidenceKind)

# The steps of one item's way from hand to hand: each names its transmittal, and the item.
_ON_THE_WAY: Final = frozenset({"submission", "relay", "consignment", "handover", "receipt"})
# The steps by which a party vouches for the very bytes it gave or got.
_VOUCHING: Final = frozenset({"submission", "relay", "receipt"})
_VOUCHED: Final = ("payload", "label", "sealed")
_KNOWN_NAMES: Final = frozenset({*_VOUCHED, "decision", "evidence", "message"})
"""These need not be looked at sign by sign."""

_KINDS: Final = frozenset(EVIDENCE_KINDS)
_MAX_DIGESTS: Final = 16
_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_REQUIRED: Final = frozenset({"schema", "kind", "party", "at", "digests", "says"})
_NAMED: Final = ("to", "transmittal", "item", "agreement")  # in the order of the fields
_OPTIONAL: Final = frozenset(_NAMED)


@dataclass(frozen=True, slots=True)
class Evidence:
    """One party's statement of one step.

    `party` signs; `to` is the party it is meant for; `transmittal`, `item` and `agreement` are ids; `digests` are named
    (`payload`, `label`, `sealed`, `decision`; `evidence` for the statement answered); `says` is whatever else the
    party states. Raises InputError for unknown kinds, ids that are none, a step on the way without transmittal and
    item, an instrument without agreement, and a submission, relay or receipt without the digests it vouches for.
    """

    kind: EvidenceKind
    party: str
    at: Instant
    to: str | None = None
    transmittal: str | None = None
    item: str | None = None
    agreement: str | None = None
    digests: Mapping[str, str] = field(default_factory=dict)
    says: Mapping[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise InputError(f"`{self.kind}` is no kind of evidence", remedy=f"use one of {', '.join(EVIDENCE_KINDS)}")
        check_party_id(self.party)
        if self.to is not None:
            check_party_id(self.to)
        for name in (self.transmittal, self.item, self.agreement):
            if name is not None:
                check_id(name)
        self._check_digests()
        if self.kind in _ON_THE_WAY and (self.transmittal is None or self.item is None):
            raise InputError(f"a {self.kind} without transmittal or item", remedy="name both")
        if self.kind == "instrument" and self.agreement is None:
            raise InputError("an instrument without its agreement", remedy="name the agreement")

    def _check_digests(self) -> None:
        if len(self.digests) > _MAX_DIGESTS:
            raise InputError(f"{len(self.digests)} digests", remedy=f"name at most {_MAX_DIGESTS}")
        for name in self.digests:
            if name not in _KNOWN_NAMES and not _NAME.fullmatch(name):
                raise InputError(f"`{name[:60]}` cannot name a digest", remedy="use a short slug such as `payload`")
        check_digests(self.digests.values())
        for name in _VOUCHED if self.kind in _VOUCHING else ():
            if name not in self.digests:
                raise InputError(f"a {self.kind} without the digest of its {name}", remedy="add the digest")

    def to_bytes(self) -> bytes:
        """The canonical JSON that is signed. Raises InputError if `says` is not JSON, or too long."""
        value: dict[str, JSON] = {
            "schema": SCHEMA,
            "kind": self.kind,
            "party": self.party,
            "at": str(self.at),
            "digests": dict(self.digests),
            "says": self.says,
        }
        named = {"to": self.to, "transmittal": self.transmittal, "item": self.item, "agreement": self.agreement}
        value |= {key: name for key, name in named.items() if name is not None}
        data = canonical(value)
        if len(data) > MAX_PAYLOAD_BYTES:
            raise InputError(
                f"evidence of {len(data)} bytes", remedy=f"say it in {MAX_PAYLOAD_BYTES}, or say a digest of it"
            )
        return data

    @classmethod
    def from_bytes(cls, data: bytes) -> Evidence:
        """Read what `to_bytes` writes, strictly: one statement has one form. Raises InputError."""
        value = parse_canonical(data, MAX_PAYLOAD_BYTES, name="evidence")
        only_keys(value, _REQUIRED, _OPTIONAL)
        object_in(value, "says")
        _check_texts(value, object_in(value, "digests"))
        if value["schema"] != SCHEMA:
            raise InputError(f"its schema is not `{SCHEMA}`")
        evidence = cls._of(value)
        if str(evidence.at) != value["at"]:
            raise InputError("evidence not in its canonical form")
        return evidence

    @classmethod
    def read_again(cls, data: bytes) -> Evidence:
        """Read what `from_bytes` has read before it was kept: half the time. Raises InputError where it is no
        evidence any more."""
        value = read_again(data, name="evidence")
        object_in(value, "says")
        try:
            return cls._of(value)
        except (LookupError, TypeError, AttributeError) as error:
            raise InputError("evidence not in its canonical form", remedy="restore the store") from error

    @classmethod
    def _of(cls, value: Mapping[str, Any]) -> Evidence:
        return cls(
            value["kind"],
            value["party"],
            parse_instant(value["at"]),
            value.get("to"),
            value.get("transmittal"),
            value.get("item"),
            value.get("agreement"),
            value["digests"],
            value["says"],
        )


def _check_texts(value: Mapping[str, JSON], digests: Mapping[str, JSON]) -> None:
    """Raise InputError unless all beside the two objects is text, and so is each digest."""
    if [*map(type, value.values())].count(str) == len(value) - 2 and {str}.issuperset(map(type, digests.values())):
        return
    for name in sorted(value.keys() - {"digests", "says"}):
        text_in(value, name)
    for name in digests:
        text_in(digests, name)


def check_receipt(receipt: Evidence, submission: Evidence) -> None:
    """Return if `receipt` answers `submission` (or the relay of a hop) and repeats what its sender signed.

    Transmittal, item, agreement and every digest must be the same; the receipt may add digests of its own. Where the
    submission names its recipient, that party must have signed the receipt, and where the receipt names whom it is
    for, that must be the sender. Raises VerificationFailed that names the first field that differs.
    """
    if receipt.kind != "receipt" or submission.kind not in ("submission", "relay"):
        raise VerificationFailed(f"`kind`: a {receipt.kind} does not acknowledge a {submission.kind}")
    pairs: list[tuple[str, object, object]] = [
        ("transmittal", receipt.transmittal, submission.transmittal),
        ("item", receipt.item, submission.item),
        ("agreement", receipt.agreement, submission.agreement),
    ]
    if submission.to is not None:
        pairs.append(("party", receipt.party, submission.to))
    if receipt.to is not None:
        pairs.append(("to", receipt.to, submission.party))
    pairs += [(f"digests.{name}", receipt.digests.get(name), submission.digests[name]) for name in submission.digests]
    for name, got, signed in pairs:
        if got != signed:
            raise VerificationFailed(f"`{name}`: the receipt has `{got}`, the sender signed `{signed}`")
