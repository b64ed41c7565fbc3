"""Whether a node may sign: not where its store is known to be an old one, or to have been rewritten (`node.heads`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast, get_args

from relto.core.canon import canonical, only_keys, parse_object, text_in
from relto.core.errors import Refused, VerificationFailed
from relto.core.timeline import Instant, parse_instant
from relto.node.ports import Reading

Why: TypeAlias = Literal["restored", "rolled back", "rewritten", "begun again", "recovering"]
_KEYS: Final = frozenset({"why", "note"})
_OPTIONAL: Final = frozenset({"since"})


@dataclass(frozen=True, slots=True)
class Behind:
    """Why this node signs nothing: `restored` from a backup and not compared with `peer` yet; or `peer` has cosigned a
    head of this ledger, `note`, that is not of the ledger here: it was `rolled back`, or `rewritten`.

    `begun again`: its operator has said that what is missing is lost, and goes on without; then it signs. `recovering`:
    the peer has cosigned the ledger here since, and may have statements of this node that are not in it. `since`: from
    when on what was signed may be missing.
    """

    peer: str
    why: Why
    note: str = ""
    since: Instant | None = None

    def __str__(self) -> str:
        if self.why == "restored":
            return f"this node was restored from a backup, and `{self.peer}` has not said yet how far its ledger was"
        if self.why == "begun again":
            return f"this ledger has begun again, and `{self.peer}` has not settled that yet"
        if self.why == "recovering":
            return f"what this node had signed and lost was not taken back from `{self.peer}` yet"
        return f"the ledger here was {self.why}: `{self.peer}` has cosigned another head of it"

    def to_text(self) -> str:
        """As it is noted."""
        since = {} if self.since is None else {"since": str(self.since)}
        return canonical({"why": self.why, "note": self.note, **since}).decode("utf-8")


def read_behind(peer: str, text: str) -> Behind:
    """Read what is noted. Raises VerificationFailed where it was changed."""
    value = parse_object(text.encode("utf-8"), name="behind")
    only_keys(value, _KEYS, _OPTIONAL)
    why = text_in(value, "why")
    if why not in get_args(Why):
        raise VerificationFailed(f"what is noted of the own ledger and `{peer}` was changed")
    since = parse_instant(text_in(value, "since")) if "since" in value else None
    return Behind(peer, cast("Why", why), text_in(value, "note"), since)


def behind(reading: Reading) -> list[Behind]:
    """What is noted of the own ledger, by peer. Raises VerificationFailed where that was changed."""
    return [read_behind(peer, text) for peer, text in sorted(reading.notes("behind").items()) if text]


def stopped(reading: Reading) -> list[Behind]:
    """Why this node signs nothing; empty where it may."""
    return [one for one in behind(reading) if one.why != "begun again"]


def may_not_sign(reading: Reading, *, recovering: bool = False) -> bool:
    """Whether this node may sign nothing; asked for each piece of evidence. `recovering`: it takes back what it had
    signed, which it may once each peer has said how far it was."""
    if not any(reading.notes("behind").values()):
        return False
    return any(not (recovering and one.why == "recovering") for one in stopped(reading))


def check_may_sign(reading: Reading, *, recovering: bool = False) -> None:
    """Return if this node may sign and enter anything. Raises Refused where its store is known to be an old one, or was
    restored and not compared with all peers yet: what it signed would fork its ledger, and what it opened may have been
    destroyed since."""
    if may_not_sign(reading, recovering=recovering):
        raise Refused(
            "this node is read-only: its ledger is behind what its peers have cosigned, or not compared with them yet",
            remedy="`relto ledger witness --ask` asks them and takes back what they have; or restore a newer backup",
        )
