"""Reading evidence back from the node's own ledger, where it stands verified."""

from __future__ import annotations

from functools import lru_cache

from relto.core.canon import from_base64url
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import Evidence
from relto.node.ports import Reading


def evidence_of(reading: Reading, identifier: str) -> Evidence:
    """The evidence whose digest is `identifier`. Raises VerificationFailed where the ledger has lost or changed it."""
    leaf = reading.leaf(identifier)
    if leaf is None:
        raise VerificationFailed(f"the ledger lacks the evidence `{identifier}`", remedy="run `relto ledger verify`")
    return statement(leaf.evidence)


@lru_cache(maxsize=512)  # what is sent soon after it was queued, and settled soon after it was sent
def statement(signed: str) -> Evidence:
    """What a signed statement says, its signature not looked at again: it was verified before it was entered."""
    try:
        return Evidence.from_bytes(from_base64url(signed.split(".")[1]))
    except (IndexError, InputError) as error:
        raise VerificationFailed("a leaf of the ledger was changed", remedy="run `relto ledger verify`") from error
