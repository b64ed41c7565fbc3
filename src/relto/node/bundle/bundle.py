"""The bundle as a value, and its one form: canonical JSON under the seal of the party whose node made it.

The seal is a signed note (C2SP) over the digest of all the rest, so that not a byte can change unseen and its maker
cannot deny what it left out. Its text has three line feeds and no number in its second line: it is no checkpoint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from relto.core.canon import (
    JSON,
    base64url,
    canonical,
    count_in,
    digest,
    from_base64url,
    object_in,
    only_keys,
    parse_object,
    text_in,
)
from relto.core.envelope import SigningKey, VerifyKey
from relto.core.errors import Conflict, InputError, VerificationFailed
from relto.core.label import check_party_id
from relto.core.ledger import sign_note, verify_note
from relto.node.bundle.ledgers import SeenLedger, seen_ledgers
from relto.node.bundle.lists import hashes_in, objects_in, texts_in
from relto.node.card import Card
from relto.node.card_chain import CardChain

SCHEMA: Final = "relto/bundle/1"
MAX_BUNDLE_BYTES: Final = 32 << 20
MAX_LEAVES: Final = 20_000
_OPTIONAL: Final = frozenset({"chains", "ledgers"})
_KEYS: Final = frozenset(
    {"schema", "by", "about", "cards", "checkpoint", "leaves", "decisions", "labels", "items", "files", "seal"}
)


@dataclass(frozen=True, slots=True)
class Proved:
    """A leaf: its place in the maker's ledger, the signed statement, and the way from it to the root."""

    position: int
    evidence: str
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class LabelSigned:
    """What an originator signed of an item (the manifest of its envelope), with the signature. No payload is in it."""

    manifest: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Bundle:
    """What the node of `by` has about `about`. Nothing in it is proved until `examine` has looked at it.

    `checkpoint`: the signed head of its ledger. `decisions`: the documents that its evidence names by digest, as they
    are. `labels`: those of sealed items. `items`: the labels of items that were refused before they were sealed, in
    the maker's own word. `files`: texts, records and parties of its dossier. `cards`: keys as it pinned them; `chains`:
    how those of a party have changed, where they have. `ledgers`: as their witnesses saw them.
    """

    by: str
    about: str
    checkpoint: str
    leaves: tuple[Proved, ...] = ()
    decisions: tuple[str, ...] = ()
    labels: tuple[LabelSigned, ...] = ()
    items: tuple[Mapping[str, JSON], ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    cards: tuple[Card, ...] = ()
    chains: tuple[CardChain, ...] = ()
    ledgers: tuple[SeenLedger, ...] = ()
    seal: str = ""

    def content(self) -> dict[str, JSON]:
        """All but the seal, as JSON."""
        cards = sorted((parse_object(card.to_bytes()) for card in self.cards), key=lambda card: str(card["party"]))
        chains: JSON = [base64url(chain.to_bytes()) for chain in self.chains]
        return {
            **({"chains": chains} if self.chains else {}),
            **({"ledgers": [one.to_json() for one in self.ledgers]} if self.ledgers else {}),
            "schema": SCHEMA,
            "by": self.by,
            "about": self.about,
            "cards": cards,
            "checkpoint": self.checkpoint,
            "leaves": [
                {"position": one.position, "evidence": one.evidence, "proof": [base64url(node) for node in one.proof]}
                for one in self.leaves
            ],
            "decisions": list(self.decisions),
            "labels": [
                {"manifest": base64url(one.manifest), "signature": base64url(one.signature)} for one in self.labels
            ],
            "items": list(self.items),
            "files": dict(self.files),
        }

    def to_bytes(self) -> bytes:
        """The canonical JSON. Raises InputError for more than 32 MiB."""
        data = canonical({**self.content(), "seal": self.seal})
        if len(data) > MAX_BUNDLE_BYTES:
            raise InputError(f"a bundle of {len(data)} bytes", remedy="export one transmittal instead of a whole item")
        return data

    @classmethod
    def from_bytes(cls, data: bytes, *, name: str = "bundle") -> Bundle:
        """Read what `to_bytes` writes, strictly. Raises VerificationFailed for anything else."""
        try:
            bundle = _read(parse_object(data, MAX_BUNDLE_BYTES, name=name))
            if bundle.to_bytes() != data:
                raise InputError("it is not in its one canonical form")
        except (InputError, Conflict) as error:
            raise VerificationFailed(
                f"`{name}` is no whole evidence bundle: {error.message}", remedy="ask its maker for it again"
            ) from error
        return bundle


def seal_bundle(bundle: Bundle, key: SigningKey) -> Bundle:
    """The bundle under the seal of its maker."""
    return replace(bundle, seal=str(sign_note(_sealed_text(bundle), {_sealer(bundle): key})))


def verify_seal(bundle: Bundle, key: VerifyKey | tuple[VerifyKey, ...]) -> None:
    """Return if the maker's key (or one of these) sealed exactly this; else raise VerificationFailed."""
    note, _ = verify_note(bundle.seal, {_sealer(bundle): key})
    if note.text != _sealed_text(bundle) or len(note.signatures) != 1:
        raise VerificationFailed(f"the bundle is not the one that {bundle.by} sealed")


def _sealer(bundle: Bundle) -> str:
    return f"relto/bundle/{bundle.by}"


def _sealed_text(bundle: Bundle) -> str:
    return f"{SCHEMA}\n{bundle.by}\n{digest(canonical(bundle.content()))}\n"


def _read(value: Mapping[str, JSON]) -> Bundle:
    only_keys(value, _KEYS, _OPTIONAL)
    if text_in(value, "schema") != SCHEMA:
        raise InputError(f"its schema is not `{SCHEMA}`")
    files = object_in(value, "files")
    leaves = tuple(
        Proved(
            count_in(one, "position"),
            text_in(one, "evidence"),
            hashes_in(one, "proof"),
        )
        for one in objects_in(value, "leaves", {"position", "evidence", "proof"})
    )
    if len(leaves) > MAX_LEAVES:
        raise InputError(f"{len(leaves)} leaves")
    return Bundle(
        by=check_party_id(text_in(value, "by")),
        about=text_in(value, "about"),
        checkpoint=text_in(value, "checkpoint"),
        leaves=leaves,
        decisions=texts_in(value, "decisions"),
        labels=tuple(
            LabelSigned(from_base64url(text_in(one, "manifest")), from_base64url(text_in(one, "signature")))
            for one in objects_in(value, "labels", {"manifest", "signature"})
        ),
        items=objects_in(value, "items"),
        files={name: text_in(files, name) for name in files},
        cards=tuple(Card.from_bytes(canonical(one)) for one in objects_in(value, "cards")),
        chains=tuple(CardChain.from_bytes(from_base64url(one)) for one in texts_in(value, "chains"))
        if "chains" in value
        else (),
        ledgers=seen_ledgers(value, "ledgers") if "ledgers" in value else (),
        seal=text_in(value, "seal"),
    )
