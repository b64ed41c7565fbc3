"""Passwords: argon2id (RFC 9106) with the library's own cost, or a light one for rehearsals, which guard nothing.

An account that is not there, or has no password, costs as much time as a wrong one.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Final

from argon2 import DEFAULT_MEMORY_COST, DEFAULT_PARALLELISM, DEFAULT_TIME_COST, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from relto.node.people import LONGEST_PASSWORD, check_password

_AT_ONCE: Final = 2  # each takes 64 MiB; more at once wait


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: rounds, KiB of memory, lanes."""

    rounds: int = DEFAULT_TIME_COST
    memory: int = DEFAULT_MEMORY_COST
    lanes: int = DEFAULT_PARALLELISM


FULL_COST: Final = Cost()
LIGHT_COST: Final = Cost(1, 64, 1)


class Passwords:
    """Hashes and compares passwords at one cost."""

    def __init__(self, cost: Cost = FULL_COST) -> None:
        self._hasher = PasswordHasher(time_cost=cost.rounds, memory_cost=cost.memory, parallelism=cost.lanes)
        self._turns = BoundedSemaphore(_AT_ONCE)
        self._nobody = ""

    def hash(self, password: str) -> str:
        """What is kept of a new password. Raises InputError for one that is too short, too long or no text."""
        secret = check_password(password)
        with self._turns:
            return self._hasher.hash(secret)

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether `password` is the one that was kept. None: there is none to compare with, which takes as long."""
        secret = (_bytes(password) if len(password) <= LONGEST_PASSWORD else None) or b""
        with self._turns:
            nobody = self._of_nobody()
            if kept is None:
                kept, secret = nobody, secret + b"\x00"
            try:
                return self._hasher.verify(kept, secret)
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Whether it was kept at another cost than this one's."""
        return self._hasher.check_needs_rehash(kept)

    def _of_nobody(self) -> str:
        """A hash that no password has, at this cost; made when it is first needed."""
        if not self._nobody:
            self._nobody = self._hasher.hash(b"nobody's, for no password of ours ends with a zero\x00\x00")
        return self._nobody


def _bytes(password: str) -> bytes | None:
    """In one Unicode form (NFC, RFC 8265): Hangul may be typed in two. None for half a surrogate pair."""
    try:
        return unicodedata.normalize("NFC", password).encode("utf-8")
    except UnicodeEncodeError:
        return None
