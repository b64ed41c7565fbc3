"""What two nodes tell each other of their records: signed digests, and beside them, once they differ, the records.

A message is a compact JWS (evidence of the kind `record`), and, after a line feed, the records that it names by digest:
canonical JSON in base64url.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final

from relto.core.canon import (
    JSON,
    base64url,
    canonical,
    check_digest,
    digest,
    from_base64url,
    object_in,
    parse_object,
    text_in,
)
from relto.core.envelope import KeyRing
from relto.core.errors import VerificationFailed
from relto.core.evidence import Evidence, sign_evidence, verify_evidence
from relto.core.label import check_id
from relto.core.timeline import Instant
from relto.node.contents import instrument_subject
from relto.node.held_record import Held, held_in
from relto.node.log import stated
from relto.node.node import Node
from relto.node.ports import Reading
from relto.node.records.notes import digests
from relto.node.statements import leaf_near

KEPT: Final = "difference"
ABOUT: Final = "records"
"""What evidence of this kind is filed under."""
MAX_QUESTION_BYTES: Final = 8 << 20
"""How much of its records a node shows of itself."""
MAX_ANSWER_BYTES: Final = 600_000
"""How much it shows in an answer: in base64url, with its signature, within the 1 MiB that a link takes."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What one party says of its records to another: the digest of each that they share, and those it shows."""

    signed: str
    evidence: Evidence
    records: Mapping[str, str]
    held: Mapping[str, Held] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The digest of the signed statement."""
        return digest(self.signed.encode("ascii"))

    @property
    def kept(self) -> bool:
        """Whether its maker has entered it into its ledger: then whoever hears it does too."""
        return self.evidence.says.get("step") == KEPT

    def message(self) -> bytes:
        """The statement as it travels."""
        shown = _shown(self.held)
        return self.signed.encode("ascii") + (b"\n" + base64url(shown).encode("ascii") if shown else b"")


def state(
    node: Node,
    reading: Reading,
    peer: str,
    at: Instant,
    show: Collection[str],
    limit: int,
    *,
    asked: str = "",
    kept: bool = False,
) -> Statement:
    """What this node holds, said to `peer`; of the agreements in `show` the records too, as far as `limit` bytes reach.

    `asked`: the digest of the statement that this one answers. `kept`: it is to be entered before it is said.
    """
    dossier = node.dossier(reading)
    records = digests(node, dossier, peer)
    held: dict[str, Held] = {}
    size = 2
    for name in sorted(set(show) & records.keys()):
        one = held_in(dossier, name, _signatures(reading, peer, name))
        size += len(canonical({name: one.to_json()}))
        if size > limit:
            break
        held[name] = one
    named = {"held": digest(_shown(held))} if held else {}
    if asked:
        named["asked"] = asked
    says: dict[str, JSON] = {"about": ABOUT, "step": KEPT if kept else "comparison", "records": dict(records)}
    evidence = stated(node, Evidence(kind="record", party=node.party, at=at, to=peer, digests=named, says=says))
    return Statement(sign_evidence(evidence, node.keys.signing()), evidence, records, held)


def read_statement(message: bytes, keys: KeyRing, to: str) -> Statement:
    """Read what a party said of its records to the party `to`. Raises VerificationFailed, or InputError, for anything
    else: unsigned, for another, with other records than it names."""
    if not message.isascii():
        raise VerificationFailed("what came as a record is no signed statement")
    signed, _, shown = message.decode("ascii").partition("\n")
    evidence = verify_evidence(signed, keys)
    if evidence.kind != "record" or evidence.to != to:
        raise VerificationFailed(f"what came is nothing said to `{to}` of records")
    told = object_in(evidence.says, "records")
    records = {check_id(name): check_digest(text_in(told, name)) for name in told}
    data = from_base64url(shown)
    if (digest(data) if data else None) != evidence.digests.get("held"):
        raise VerificationFailed(f"the records are not those that `{evidence.party}` signed for")
    value = parse_object(data, MAX_QUESTION_BYTES, name="records") if data else {}
    held = {name: Held.from_json(name, object_in(value, name)) for name in value if name in records}
    for name, one in held.items():
        if one.digest != records[name]:
            raise VerificationFailed(f"the record of `{name}` is not the one that `{evidence.party}` signed for")
    return Statement(signed, evidence, records, held)


def _shown(held: Mapping[str, Held]) -> bytes:
    return canonical({name: one.to_json() for name, one in held.items()}) if held else b""


def _signatures(reading: Reading, peer: str, agreement: str) -> tuple[str, ...]:
    """The signatures under the instruments of an agreement that this node has, and what `peer` once acknowledged."""
    found: list[str] = []
    for row in reading.instruments():
        if row.agreement != agreement:
            continue
        names = [name for _, name in row.evidence]
        subject = instrument_subject(agreement, row.id)
        sent = reading.outbox(subject=subject)
        names += [one.answer for one in sent if one.peer == peer and one.state == "done" and one.answer]
        for name in names:
            leaf = leaf_near(reading, name, subject)
            if leaf is not None:
                found.append(leaf.evidence)
    return tuple(found)
