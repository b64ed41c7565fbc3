"""Instruments: dated signed acts that change legal state, and the record that holds them (DESIGN 4)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

from relto.core.timeline import Bound, Instant, Stamp

InstrumentKind = Literal[
    "signature",
    "notification",
    "deposit",
    "delivery",
    "entry-into-force",
    "amendment",
    "termination-notice",
    "suspension",
    "withdrawal",
    "accession",
    "designation",
    "law-change",
    "consent",
]
INSTRUMENT_KINDS: Final[tuple[InstrumentKind, ...]] = get_args(InstrumentKind)


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument. `at` is the instant it takes effect (a notice: its receipt); `recorded` when it became known.

    `contested`: a notice whose receipt rests on proof of delivery, because the other side acknowledges nothing.
    """

    id: str
    kind: InstrumentKind
    by: tuple[str, ...]
    at: Stamp
    recorded: Instant
    sent: Stamp | None = None
    targets: tuple[str, ...] = ()
    text: str = ""
    item: str = ""
    topic: str = ""
    to: tuple[str, ...] = ()
    purpose: str = ""
    until: Bound | None = None
    condition: str = ""
    authority: str = ""
    contested: bool = False
    source: str = ""
    unconfirmed: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """The instruments of one agreement, in no order that matters.

    `confirmed_until`: from then on it is not confirmed that nothing else was done (None: no such limit).
    """

    agreement: str
    instruments: tuple[Instrument, ...] = ()
    confirmed_until: Bound | None = None

    def known(self, known_by: Instant | None) -> tuple[Instrument, ...]:
        """The instruments recorded by `known_by`, inclusive; all where it is None."""
        if known_by is None:
            return self.instruments
        return tuple(one for one in self.instruments if one.recorded <= known_by)
