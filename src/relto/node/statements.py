"""Reading evidence back from the node's own ledger, where it stands verified."""

from __future__ import annotations

from typing import Final

from relto.core.canon import from_base64url
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.memo import Memo
from relto.node.ports import Reading
from relto.node.rows import Leaf

_ENTERED: Final[Memo[str, Evidence]] = Memo(2048)
_BY_DIGEST: Final[Memo[str, Evidence]] = Memo(2048)


def evidence_of(reading: Reading, identifier: str, about: str | None = None) -> Evidence:
    """The evidence whose digest is `identifier`; `about`: what it is filed under, as far as that can be told, where it
    is found at once. Raises VerificationFailed where the ledger has lost or changed it."""
    known = _BY_DIGEST.get(identifier)
    if known is not None:
        return known
    leaf = leaf_near(reading, identifier, about)
    if leaf is None:
        raise VerificationFailed(f"the ledger lacks the evidence `{identifier}`", remedy="run `relto ledger verify`")
    return statement(leaf.evidence)


def leaf_near(reading: Reading, identifier: str, about: str | None) -> Leaf | None:
    """The leaf that holds a piece of evidence, which is likely filed under `about`: it is looked for there first."""
    return (None if about is None else reading.leaf(identifier, about)) or reading.leaf(identifier)


def statement(signed: str) -> Evidence:
    """What a signed statement says, its signature and form not looked at again: it was verified before it was
    entered."""
    known = _ENTERED.get(signed)
    if known is not None:
        return known
    try:
        return Evidence.read_again(from_base64url(signed.split(".")[1]))
    except (IndexError, InputError) as error:
        raise VerificationFailed("a leaf of the ledger was changed", remedy="run `relto ledger verify`") from error


def keep(identifier: str, signed: str, evidence: Evidence) -> None:
    """Keep at hand what a signed statement says, under its digest too: what is queued is soon sent, and what is sent
    soon settled."""
    _ENTERED.put(signed, evidence)
    _BY_DIGEST.put(identifier, evidence)
