"""Reading the hashes of peers' ledgers."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from relto.adapters.sqlite import tables
from relto.adapters.sqlite.rows import check_types
from relto.core.errors import VerificationFailed
from relto.core.ledger import TILE_WIDTH
from relto.core.merkle import HASH_BYTES


class MirrorReading:
    """The part of a view of the store that is about mirrors."""

    _connection: Connection

    def mirrored_size(self, party: str) -> int:
        """How many hashes of the leaves of a peer's ledger are kept here."""
        number, hashes = self._last_mirrored(party)
        return number * TILE_WIDTH + len(hashes) // HASH_BYTES

    def _last_mirrored(self, party: str) -> tuple[int, bytes]:
        """The last row of a mirror; the first, empty, where there is none."""
        query = select(tables.mirror).where(tables.mirror.c.party == party)
        row = self._connection.execute(query.order_by(tables.mirror.c.number.desc()).limit(1)).one_or_none()
        return (0, b"") if row is None else (check_types(row, tables.mirror).number, row.hashes)

    def mirrored(self, party: str) -> Iterator[bytes]:
        """These hashes, in order. Raises VerificationFailed where some are missing, or are none."""
        row, full = tables.mirror.c, TILE_WIDTH * HASH_BYTES
        query = select(row.number, row.hashes).where(row.party == party).order_by(row.number)
        size = full
        for wanted, (number, hashes) in enumerate(self._connection.execute(query)):
            before, size = size, len(hashes) if isinstance(hashes, bytes) else 0
            if number != wanted or before != full or not 0 < size <= full or size % HASH_BYTES:
                raise VerificationFailed(
                    f"the mirror of the ledger of `{party}` was changed", remedy="restore the store"
                )
            yield from (hashes[at : at + HASH_BYTES] for at in range(0, size, HASH_BYTES))

    def mirrored_parties(self) -> list[str]:
        """The parties of whose ledgers hashes are kept here."""
        return [str(one) for (one,) in self._connection.execute(select(tables.mirror.c.party).distinct())]
