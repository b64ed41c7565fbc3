"""Standing: the legal state of an agreement at an instant, with its grounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.timeline import Instant

State = Literal["unsigned", "signed", "in-force", "notice-given", "notice-suspended", "lapsed"]
STATES: Final[tuple[State, ...]] = get_args(State)
IN_FORCE: Final[frozenset[State]] = frozenset({"in-force", "notice-given", "notice-suspended"})


@dataclass(frozen=True, slots=True)
class StandingGround:
    """Why: the article, the instrument (empty where the text alone does it), and a sentence."""

    article: str
    instrument: str
    says: str
    unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """The legal state of `agreement` (between `between`, where asked per pair) at `at`, as `reading` reads it.

    `term_end`: the end to which it is now assured to run. `ends_at`: only where an end is due or past.
    `notice_deadline`: the next one still open; notice must be given strictly before it.
    """

    agreement: str
    version: int
    at: Instant
    reading: str
    state: State
    term_end: Instant | None
    ends_at: Instant | None
    notice_deadline: Instant | None
    grounds: tuple[StandingGround, ...]
    between: tuple[str, str] | None = None

    @property
    def in_force(self) -> bool:
        """Whether new releases may be made under it."""
        return self.state in IN_FORCE
