"""A ledger as its witnesses saw it, in a bundle: which of its heads they have cosigned, and where statements of its
party stand in it. What receipts carry of the ledger of who gave them is this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from relto.core.canon import JSON, base64url, count_in, text_in
from relto.core.label import check_party_id
from relto.node.bundle.lists import hashes_in, objects_in


@dataclass(frozen=True, slots=True)
class CosignedHead:
    """A head that witnesses have cosigned (C2SP tlog-cosignature), and the proof that the ledger as it is shown goes on
    from it (RFC 6962, 2.1.2)."""

    note: str
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a statement, by its digest, stands in the ledger of who signed it, and the proof (RFC 6962, 2.1.1)."""

    id: str
    index: int
    proof: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SeenLedger:
    """The ledger of `party` under `checkpoint`. Of the maker's own the places stand with its leaves: here are none."""

    party: str
    checkpoint: str
    cosigned: tuple[CosignedHead, ...]
    placed: tuple[Placed, ...] = ()

    def to_json(self) -> dict[str, JSON]:
        """As it stands in a bundle."""
        cosigned: list[JSON] = [
            {"note": one.note, "proof": [base64url(node) for node in one.proof]} for one in self.cosigned
        ]
        placed: list[JSON] = [
            {"id": one.id, "index": one.index, "proof": [base64url(node) for node in one.proof]} for one in self.placed
        ]
        return {"party": self.party, "checkpoint": self.checkpoint, "cosigned": cosigned, "placed": placed}


def seen_ledgers(value: Mapping[str, JSON], key: str) -> tuple[SeenLedger, ...]:
    """The ledgers under a key of a bundle. Raises InputError."""
    return tuple(
        SeenLedger(
            party=check_party_id(text_in(one, "party")),
            checkpoint=text_in(one, "checkpoint"),
            cosigned=tuple(
                CosignedHead(text_in(head, "note"), hashes_in(head, "proof"))
                for head in objects_in(one, "cosigned", {"note", "proof"})
            ),
            placed=tuple(
                Placed(text_in(place, "id"), count_in(place, "index"), hashes_in(place, "proof"))
                for place in objects_in(one, "placed", {"id", "index", "proof"})
            ),
        )
        for one in objects_in(value, key, {"party", "checkpoint", "cosigned", "placed"})
    )
