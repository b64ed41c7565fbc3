"""What the witnesses of ledgers add to a bundle: heads they have cosigned, places of receipts in the ledgers of who
gave them, and whether there are as many of them as the texts ask for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from relto.core.canon import digest
from relto.core.dossier import Dossier
from relto.core.envelope import KeyRing, VerifyKey, keys_of
from relto.core.errors import ReltoError, VerificationFailed
from relto.core.ledger import TreeHead, cosigned_by, parse_note, verify_checkpoint, verify_consistency, verify_inclusion
from relto.node.bundle.check import Checked, Stated
from relto.node.bundle.ledgers import Placed, SeenLedger
from relto.node.bundle.verdicts import dossier_shown
from relto.node.log import origin_of
from relto.node.quorum import Quorum, quorum_of
from relto.node.witness import witness_of


def check_ledgers(found: Checked, keys: KeyRing) -> None:
    """Hold each ledger in a bundle against the signatures over it: who has cosigned how far, and which statements stand
    where in the ledgers of who signed them."""
    signed = {digest(leaf.evidence.encode()): leaf.evidence.encode() for leaf in found.bundle.leaves}
    for one in found.bundle.ledgers:
        try:
            if one.party in found.witnesses or (one.party == found.by) != (one.checkpoint == found.bundle.checkpoint):
                raise VerificationFailed("it is here twice, or under another checkpoint than its own")
            head, seen = _witnesses(one, keys)
            found.witnesses[one.party] = seen
            for place in one.placed:
                _check_place(found, one, place, signed, head)
                found.places[place.id] = place.index
        except ReltoError as error:
            found.problem(f"ledger of {one.party}", error)


def _witnesses(one: SeenLedger, keys: KeyRing) -> tuple[TreeHead, dict[str, int]]:
    """The head of a ledger, and how far each known witness has cosigned it."""
    own = keys_of(keys, one.party)
    if not own:
        raise VerificationFailed(f"there is no card of {one.party}")
    head = _head(one.checkpoint, one.party, own)
    names = {witness_of(party): party for party in keys if party != one.party}
    ring: KeyRing = {name: keys_of(keys, party) for name, party in names.items()}
    seen: dict[str, int] = {}
    for cosigned in one.cosigned:
        before = _head(cosigned.note, one.party, own)
        verify_consistency(before, head, cosigned.proof)
        witnesses = cosigned_by(parse_note(cosigned.note), ring)
        if not witnesses:
            raise VerificationFailed("nobody whose card is here has cosigned one of its heads")
        for name in witnesses:
            seen[names[name]] = max(before.size, seen.get(names[name], 0))
    return head, seen


def _head(note: str, party: str, keys: tuple[VerifyKey, ...]) -> TreeHead:
    return verify_checkpoint(note, origin=origin_of(party), key=keys).head


def _check_place(found: Checked, one: SeenLedger, place: Placed, signed: Mapping[str, bytes], head: TreeHead) -> None:
    stated = found.statements.get(place.id)
    if stated is None or stated.evidence.party != one.party or one.party == found.by or place.id in found.places:
        raise VerificationFailed(f"`{place.id[:80]}` is no statement of {one.party} that is here, or is placed twice")
    verify_inclusion(signed[place.id], place.index, place.proof, head)


@dataclass(frozen=True, slots=True)
class Weighed:
    """How many leaves of the maker's ledger have the witnesses that their texts ask for, how many receipts of others in
    theirs; and what is not shown."""

    witnessed: int
    placed: int
    not_shown: tuple[str, ...]


def weigh(found: Checked, others: Sequence[Checked]) -> Weighed:
    """Count the witnesses of each leaf. Where a text asks for more than there are, that is a problem; where it says
    nothing and there is none, it is told. `others`: the bundles beside it, in which a receipt may stand at home."""
    try:
        dossier = dossier_shown(found)
    except ReltoError:
        return Weighed(0, 0, ())  # told where its verdicts are computed again
    lacking: Counter[Quorum] = Counter()
    witnessed, placed, alone, homeless = 0, 0, 0, Counter[str]()
    for one in found.statements.values():
        enough, asked = _enough(found, found.by, one, one.position, dossier)
        witnessed += enough
        alone += not enough and asked is None
        if not enough and asked is not None:
            lacking[asked] += 1
        signer = one.evidence.party
        if one.evidence.kind != "receipt" or signer == found.by:
            continue
        there, asked = _at_home(found, others, one, dossier)
        placed += there
        homeless[signer] += not there and asked is None
        if not there and asked is not None:
            lacking[asked] += 1
    for quorum, count in lacking.items():
        found.problem("witnesses", f"{count} places in ledgers lack cosignatures of {quorum}")
    told = [f"that the ledger of {found.by} is shown to everybody alike: nobody has cosigned {alone} of these leaves"]
    told = told if alone else []
    told += [
        f"that {count} receipts of {party} stand in its own ledger: no cosigned proof of it is here"
        for party, count in sorted(homeless.items())
        if count
    ]
    return Weighed(witnessed, placed, tuple(told))


def _enough(found: Checked, owner: str, one: Stated, place: int, dossier: Dossier) -> tuple[bool, Quorum | None]:
    """Whether enough witnesses have cosigned the ledger of `owner` over `place`, and what the text asks for."""
    asked = quorum_of(dossier, one.evidence, owner)
    seen = [party for party, size in found.witnesses.get(owner, {}).items() if place < size]
    return (bool(seen) if asked is None else asked.met_by(seen)), asked


def _at_home(found: Checked, others: Sequence[Checked], one: Stated, dossier: Dossier) -> tuple[bool, Quorum | None]:
    """Whether a receipt stands in the ledger of who gave it, by a proof here or in a bundle of its own."""
    signer = one.evidence.party
    asked = quorum_of(dossier, one.evidence, signer)
    if one.id in found.places and _enough(found, signer, one, found.places[one.id], dossier)[0]:
        return True, asked
    homes = [other for other in others if other.by == signer and one.id in other.statements]
    return any(_enough(home, signer, one, home.statements[one.id].position, dossier)[0] for home in homes), asked
