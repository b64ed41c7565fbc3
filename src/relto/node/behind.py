"""Whether a node may sign: not where its store is known to be an old one, or to have been rewritten (`node.heads`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from relto.core.canon import canonical, only_keys, parse_object, text_in
from relto.core.errors import Refused, VerificationFailed
from relto.node.ports import Reading

Why: TypeAlias = Literal["restored", "rolled back", "rewritten", "begun again"]
_KEYS: Final = frozenset({"why", "note"})


@dataclass(frozen=True, slots=True)
class Behind:
    """Why this node signs nothing: `restored` from a backup and not compared with `peer` yet; or `peer` has cosigned a
    head of this ledger, `note`, that is not of the ledger here: it was `rolled back`, or `rewritten`.

    `begun again`: its operator has said that what is missing is lost, and goes on without; then it signs.
    """

    peer: str
    why: Why
    note: str = ""

    def __str__(self) -> str:
        if self.why == "restored":
            return f"this node was restored from a backup, and `{self.peer}` has not said yet how far its ledger was"
        if self.why == "begun again":
            return f"this ledger has begun again, and `{self.peer}` has not settled that yet"
        return f"the ledger here was {self.why}: `{self.peer}` has cosigned another head of it"

    def to_text(self) -> str:
        """As it is noted."""
        return canonical({"why": self.why, "note": self.note}).decode("utf-8")


def behind(reading: Reading) -> list[Behind]:
    """What is noted of the own ledger, by peer. Raises VerificationFailed where that was changed."""
    found = []
    for peer, text in sorted(reading.notes("behind").items()):
        if text:
            value = parse_object(text.encode("utf-8"), name="behind")
            only_keys(value, _KEYS)
            why = text_in(value, "why")
            if why not in get_args(Why):
                raise VerificationFailed(f"what is noted of the own ledger and `{peer}` was changed")
            found.append(Behind(peer, cast("Why", why), text_in(value, "note")))
    return found


def stopped(reading: Reading) -> list[Behind]:
    """Why this node signs nothing; empty where it may."""
    return [one for one in behind(reading) if one.why != "begun again"]


def may_not_sign(reading: Reading) -> bool:
    """Whether this node may sign nothing; asked for each piece of evidence."""
    return any(reading.notes("behind").values()) and bool(stopped(reading))


def check_may_sign(reading: Reading) -> None:
    """Return if this node may sign and enter anything. Raises Refused where its store is known to be an old one, or was
    restored and not compared with all peers yet: what it signed would fork its ledger."""
    if may_not_sign(reading):
        raise Refused(
            "this node is read-only: its ledger is behind what its peers have cosigned, or not compared with them yet",
            remedy="`relto ledger witness --ask` asks them; else restore the newest backup",
        )
