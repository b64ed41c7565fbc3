"""Whether a peer's clock and the own can both be right, by the times that the peer signs (DESIGN 3).

A party states the latest instant that it may be. What it states lies between when it was asked and now, give or take
what the clocks declare; where it does not, one of the two is off by more than it declares, and nobody here can say
which. Each node goes on deciding by its own interval and both have to permit, so the stricter holds; people are told.
"""

from __future__ import annotations

from dataclasses import dataclass

from relto.core.canon import canonical, only_keys, parse_object, text_in
from relto.core.errors import Refused
from relto.core.evidence import Evidence
from relto.core.timeline import Instant, parse_instant
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction

_KEYS = frozenset({"stated", "from", "until"})


@dataclass(frozen=True, slots=True)
class Apart:
    """What a peer signed last that does not go with the own clock: it `stated` an instant outside of `earliest` to
    `latest`, by the own clock. `earliest` is None for what was not asked for."""

    peer: str
    stated: Instant
    earliest: Instant | None
    latest: Instant

    def __str__(self) -> str:
        if self.stated > self.latest:
            return f"{self.peer} states {self.stated}, after the {self.latest} that it may be here"
        return f"{self.peer} states {self.stated}, before the {self.earliest} at which it was asked"


def disagreement(peer: str, stated: Instant, moment: Moment, asked_at: Instant | None = None) -> Apart | None:
    """Whether what `peer` states can be true at `moment`, or, for an answer, between `asked_at` and then.

    `asked_at` is the latest instant that it was, by the own clock, when the question was put. A peer is taken to
    declare as much uncertainty as this node does: its latest may be ahead of the own by twice that.
    """
    width = moment.latest.ns - moment.earliest.ns
    earliest = None if asked_at is None else asked_at.plus(-width)
    latest = moment.latest.plus(width)
    if stated > latest or (earliest is not None and stated < earliest):
        return Apart(peer, stated, earliest, latest)
    return None


def check_not_ahead(evidence: Evidence, moment: Moment) -> None:
    """Return if a peer's statement is of no later instant than it may be at `moment`. Raises Refused."""
    if disagreement(evidence.party, evidence.at, moment) is not None:
        raise Refused(
            f"the statement of `{evidence.party}` is dated {evidence.at}, later than it may be here",
            remedy="compare the clocks; it is taken once that instant has come",
        )


def note_time(
    node: Node, tx: Transaction, peer: str, stated: Instant, moment: Moment, asked_at: Instant | None = None
) -> None:
    """Remember that a peer's clock and the own disagree; forget it once they agree again."""
    if peer == node.party:
        return
    apart = disagreement(peer, stated, moment, asked_at)
    if apart is not None:
        tx.note("clock", peer, _written(apart))
        node.apart.add(peer)
    elif peer in node.apart:
        tx.note("clock", peer, "")
        node.apart.discard(peer)


def clocks_apart(node: Node, reading: Reading) -> list[Apart]:
    """The peers whose clocks do not go with the own, by party; the node takes notice of what other processes noted."""
    found = [_read(peer, text) for peer, text in sorted(reading.notes("clock").items()) if text]
    node.apart.clear()
    node.apart.update(one.peer for one in found)
    return found


def _written(apart: Apart) -> str:
    since = "" if apart.earliest is None else str(apart.earliest)
    return canonical({"stated": str(apart.stated), "from": since, "until": str(apart.latest)}).decode("ascii")


def _read(peer: str, text: str) -> Apart:
    value = parse_object(text.encode("ascii"), name="clock note")
    only_keys(value, _KEYS)
    since = text_in(value, "from")
    return Apart(
        peer,
        parse_instant(text_in(value, "stated")),
        parse_instant(since) if since else None,
        parse_instant(text_in(value, "until")),
    )
