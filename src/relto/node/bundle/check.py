"""One bundle held against itself and the keys: signatures, places in the ledger, receipts, decisions, labels.

Problems come back as lines; nothing the bundle says is believed before it is checked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from relto.core.canon import JSON, base64url, digest, object_in, parse_object
from relto.core.envelope import KeyRing, Manifest, VerifyKey, keys_of, last_used_on
from relto.core.envelope.manifest import verify_manifest
from relto.core.errors import ReltoError, VerificationFailed
from relto.core.evidence import Evidence, check_receipt, signed_by, verify_evidence
from relto.core.ledger import TreeHead, verify_checkpoint, verify_inclusion
from relto.core.timeline import Instant
from relto.node.bundle.bundle import Bundle, verify_seal
from relto.node.log import origin_of, subject_of

ON_THE_WAY = ("submission", "relay", "receipt")
"""The steps by which a party vouches for a label and its item."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A verified statement at its place in the maker's ledger. `id`: its digest."""

    position: int
    id: str
    evidence: Evidence


@dataclass
class Checked:
    """A bundle with what of it verified, and the problems. `decisions` and `labels` by digest; `witnesses`: of each
    party's ledger, how far whom has cosigned it; `places`: of statements, by digest, in the ledgers of who signed."""

    bundle: Bundle
    statements: dict[str, Stated] = field(default_factory=dict)
    head: TreeHead | None = None
    decisions: dict[str, Mapping[str, JSON]] = field(default_factory=dict)
    labels: dict[str, Manifest] = field(default_factory=dict)
    receipts: int = 0
    witnesses: dict[str, dict[str, int]] = field(default_factory=dict)
    places: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def by(self) -> str:
        """Whose node made it."""
        return self.bundle.by

    def own(self) -> list[Stated]:
        """The maker's own statements, in order."""
        return [one for one in self.statements.values() if one.evidence.party == self.by]

    def problem(self, about: str, what: object) -> None:
        """Note a problem."""
        self.problems.append(f"{self.by}'s bundle, {about}: {what}")


def check_bundle(bundle: Bundle, keys: KeyRing) -> Checked:
    """Hold everything in `bundle` against everything else in it, and against `keys`."""
    found = Checked(bundle)
    known = keys_of(keys, bundle.by)
    if not known:
        found.problem("keys", f"there is no card of {bundle.by}, its maker")
    else:
        _check_seal(found, known)
    _check_leaves(found, keys)
    _check_head_key(found, known)
    _check_about(found)
    _check_answers(found)
    _check_order(found)
    _check_decisions(found)
    _check_labels(found, keys)
    return found


def _check_seal(found: Checked, key: tuple[VerifyKey, ...]) -> None:
    """The maker's seal over the whole, and the head of its ledger."""
    try:
        verify_seal(found.bundle, key)
    except ReltoError as error:
        found.problem("seal", error)
    try:
        found.head = verify_checkpoint(found.bundle.checkpoint, origin=origin_of(found.by), key=key).head
    except ReltoError as error:
        found.problem("checkpoint", error)


def _check_head_key(found: Checked, keys: tuple[VerifyKey, ...]) -> None:
    """The head is by the last of its party's keys that signed something under it, or a later one."""
    own = {one.id for one in found.own()}
    used = {signed_by(one.evidence) for one in found.bundle.leaves if digest(one.evidence.encode("utf-8")) in own}
    if found.head is None:
        return
    try:
        later = last_used_on(keys, used)
        verify_checkpoint(found.bundle.checkpoint, origin=origin_of(found.by), key=later)
    except ReltoError as error:
        found.problem("checkpoint", error)


def _check_leaves(found: Checked, keys: KeyRing) -> None:
    """Each leaf is signed by the party it names, and stands at its place under the checkpoint."""
    last = -1
    for leaf in found.bundle.leaves:
        about = f"leaf {leaf.position}"
        try:
            if leaf.position <= last:
                raise VerificationFailed("it does not come after the one before it")
            last = leaf.position
            evidence = verify_evidence(leaf.evidence, keys)
            data = leaf.evidence.encode("ascii")
            if found.head is not None:
                verify_inclusion(data, leaf.position, leaf.proof, found.head)
        except (ReltoError, UnicodeEncodeError) as error:
            found.problem(about, error)
            continue
        found.statements[digest(data)] = Stated(leaf.position, digest(data), evidence)


def _check_about(found: Checked) -> None:
    about = found.bundle.about
    if not any(about in (subject_of(one.evidence), one.evidence.item) for one in found.statements.values()):
        found.problem("about", f"no statement in it is about `{about[:80]}`")


def _check_answers(found: Checked) -> None:
    """What a statement answers is here, and a receipt repeats what the sender signed."""
    for one in found.statements.values():
        name = one.evidence.digests.get("evidence")
        answered = found.statements.get(name) if name is not None else None
        if name is not None and answered is None:
            found.problem(f"leaf {one.position}", f"the statement it answers, `{name}`, is not here")
        if one.evidence.kind != "receipt":
            continue
        try:
            if answered is None:
                raise VerificationFailed("it names no submission that is here")
            check_receipt(one.evidence, answered.evidence)
            found.receipts += 1
        except ReltoError as error:
            found.problem(f"receipt in leaf {one.position}", error)


def _check_order(found: Checked) -> None:
    """The maker's own statements follow its clock; a refusal may stand at the earlier end of its uncertainty, and what
    it lost and has got back later, as it says itself."""
    lived: Instant | None = None
    again = {name for one in found.own() for name in restored_in(one.evidence)}
    for one in found.own():
        if one.evidence.kind == "refusal" or one.id in again:
            continue
        if lived is not None and one.evidence.at < lived:
            found.problem(f"leaf {one.position}", f"says {one.evidence.at}, after a leaf of {lived}")
        lived = one.evidence.at if lived is None else max(lived, one.evidence.at)


def restored_in(one: Evidence) -> list[str]:
    """The digests of a party's own statements that it says it had lost and has got back."""
    named = one.says.get("evidence") if one.kind == "record" and one.says.get("step") == "restored" else None
    return [name for name in named if isinstance(name, str)] if isinstance(named, list) else []


def decision_named(one: Evidence) -> str | None:
    """The digest of the decision that a party's own statement rests on."""
    name = one.says.get("decision") if one.kind == "receipt" else one.digests.get("decision")
    return name if isinstance(name, str) else None


def _check_decisions(found: Checked) -> None:
    """Each decision is named by the maker's evidence and says what that says; none that is named is missing."""
    named: dict[str, list[Stated]] = defaultdict(list)
    for one in found.own():
        name = decision_named(one.evidence)
        if name is not None:
            named[name].append(one)
    for number, text in enumerate(found.bundle.decisions):
        data = text.encode("utf-8")
        stated = named.pop(digest(data), None)
        if stated is None:
            found.problem(f"decision {number}", "no evidence of its maker names it")
            continue
        try:
            document = parse_object(data, name="decision")
            for one in stated:
                _check_decided(one.evidence, document)
            found.decisions[digest(data)] = document
        except ReltoError as error:
            found.problem(f"decision {number}", error)
    for name, stated in named.items():
        found.problem(f"leaf {stated[0].position}", f"the decision it names, `{name}`, is not here")


def _check_decided(one: Evidence, document: Mapping[str, JSON]) -> None:
    """A statement says no more, and nothing else, than the decision it rests on."""
    verdict = object_in(document, "verdict")
    permits = verdict.get("verdict") == "permit"
    said: dict[str, tuple[object, object]] = {
        "item": (verdict.get("item"), one.item),
        "verdict": (permits, one.kind != "refusal"),
        "at": (verdict.get("at"), str(one.at)),
    }
    if permits and "record" in document:
        raise VerificationFailed("it permits under the record of another")
    if one.kind != "receipt":  # a receipt repeats the agreement that its sender named
        said["agreement"] = (verdict.get("agreement"), one.agreement)
    if one.kind == "refusal":
        said["stage"] = (document.get("stage"), one.says.get("stage"))
        grounds = verdict.get("grounds")
        failed = (
            [ground for ground in grounds if isinstance(ground, dict) and ground.get("passed") is False]
            if (isinstance(grounds, list))
            else None
        )
        said["grounds"] = (failed, one.says.get("grounds"))
        said["record"] = (document.get("record"), one.says.get("record"))
    for name, (decided, stated) in said.items():
        if decided != stated:
            raise VerificationFailed(f"`{name}`: it was decided `{decided}`, the evidence says `{stated}`")


def _check_labels(found: Checked, keys: KeyRing) -> None:
    """Each label is its originator's, and every statement about it names it, and that item, by digest."""
    vouched = {
        (one.evidence.digests["label"], one.evidence.digests["payload"], one.evidence.item)
        for one in found.statements.values()
        if one.evidence.kind in ON_THE_WAY
    }
    for number, one in enumerate(found.bundle.labels):
        try:
            manifest = verify_manifest(one.manifest, one.signature, keys)
            payload = digest(base64url(manifest.commitment).encode("ascii"))
            if (manifest.label_digest, payload, manifest.label.get("item")) not in vouched:
                raise VerificationFailed("no evidence vouches for it")
            found.labels[manifest.label_digest] = manifest
        except ReltoError as error:
            found.problem(f"label {number}", error)


def check_cards(found: Checked) -> None:
    """A bundle has cards of those alone who signed something in it."""
    signers = {one.evidence.party for one in found.statements.values()} | {found.by}
    signers |= {witness for seen in found.witnesses.values() for witness in seen}
    signers |= {manifest.originator for manifest in found.labels.values()}
    for chain in found.bundle.chains:
        if chain.cards[-1].keys_id not in {card.keys_id for card in found.bundle.cards}:
            found.problem("cards", f"the cards of {chain.party} do not lead to the one that is there")
    for party in sorted({card.party for card in found.bundle.cards} - signers):
        found.problem("cards", f"{party} has signed nothing in it")
