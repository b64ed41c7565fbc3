"""What has come of large messages, in files: `arriving/PARTY/NAME` in a node's folder, as long as they are not whole.

Nothing in it is acknowledged, so nothing is synced: a power cut loses pieces at worst, or leaves others than were sent,
which the digest tells once the message is whole.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from relto.core.errors import Conflict, InputError, NotFound, PeerUnreachable
from relto.core.label import check_party_id
from relto.node.pieces import check_name, name_of

MOST_AT_ONCE: Final = 4
"""Of so many messages of a party pieces are kept; with another, those that waited longest are let go."""


class ArrivingFolder:
    """Pieces of messages of at most `limit` bytes each, in `folder`, which is made when the first one comes."""

    def __init__(self, folder: Path, limit: int) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()

    def have(self, party: str, name: str) -> int:
        """How many bytes of a message are there."""
        with self._lock, _kept():
            return _size(self._place(party, name))

    def add(self, party: str, name: str, at: int, piece: bytes) -> int:
        """Keep the next piece of a message; how many bytes of it are there now.

        Raises Conflict where it is not the next, InputError where it is empty or the message becomes too long,
        PeerUnreachable where the disk does not take it.
        """
        place = self._place(party, name)
        with self._lock, _kept():
            size = _size(place)
            if at != size:
                raise Conflict(f"{size} bytes are here, not {at}", remedy="ask how many are, and go on from there")
            if not piece or size + len(piece) > self._limit:
                place.unlink(missing_ok=True)
                raise InputError(
                    f"a piece of {len(piece)} bytes after {size}", remedy=f"send at most {self._limit} in all"
                )
            if not size:
                self._make_room(place.parent)
            opened = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
            with os.fdopen(opened, "ab") as file:
                file.write(piece)
            return size + len(piece)

    def whole(self, party: str, name: str) -> bytes:
        """A message whose pieces are all there. Raises NotFound, or Conflict where its bytes are not those of its name,
        which are then let go."""
        place = self._place(party, name)
        with self._lock, _kept():
            if not _size(place):
                raise NotFound("nothing of that message is here", remedy="send its pieces first")
            message = place.read_bytes()
            if name_of(message) != name:
                place.unlink()
                raise Conflict("the pieces are not those of the message they are named for", remedy="send them again")
            return message

    def forget(self, party: str, name: str) -> None:
        """Let go of what is there of a message."""
        with self._lock, _kept():
            self._place(party, name).unlink(missing_ok=True)

    def _place(self, party: str, name: str) -> Path:
        return self._folder / check_party_id(party) / check_name(name)

    def _make_room(self, folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        kept = sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns)
        for oldest in kept[: max(0, len(kept) - MOST_AT_ONCE + 1)]:
            oldest.unlink()


@contextmanager
def _kept() -> Iterator[None]:
    """The disk's errors as one that the peer gets over by trying later."""
    try:
        yield
    except OSError as error:
        raise PeerUnreachable(f"what arrives cannot be kept: {error.strerror}", remedy="try again later") from error


def _size(place: Path) -> int:
    try:
        return place.lstat().st_size
    except FileNotFoundError:
        return 0
