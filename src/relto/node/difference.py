"""A difference between the own record of an agreement and a peer's; a value that is noted until it is gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.core.canon import JSON, canonical, object_in, only_keys, parse_object, text_in
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant, parse_instant
from relto.node.held_record import Held, held_in

MAX_NOTE_BYTES: Final = 1 << 26
_NOTE: Final = frozenset({"at", "differ"})
_KEYS: Final = frozenset({"mine", "theirs", "statement", "held"})


@dataclass(frozen=True, slots=True)
class Difference:
    """`mine` and `theirs` are the digests of what each holds of `agreement`, empty where one has no such text; `held`
    is what the peer holds, where it has shown that; `statement` is the evidence by which it said so; `at` is when that
    was found."""

    peer: str
    agreement: str
    mine: str
    theirs: str
    at: Instant
    statement: str
    held: Held | None = None

    def apart_from(self, dossier: Dossier) -> tuple[list[str], list[str]]:
        """The ids of the instruments that only the record in `dossier` has, and of those that only the peer's has; both
        name one that is there in two forms. Empty where the peer has not shown its record."""
        if self.held is None:
            return [], []
        mine = held_in(dossier, self.agreement).forms() if self.agreement in dossier.agreements else {}
        theirs = self.held.forms()
        return sorted(_beyond(mine, theirs)), sorted(_beyond(theirs, mine))

    def __str__(self) -> str:
        if not self.theirs:
            return f"`{self.agreement}`: {self.peer} has no such agreement"
        if not self.mine:
            return f"`{self.agreement}`: only {self.peer} has such an agreement"
        if self.held is None:
            return f"`{self.agreement}`: {self.peer} holds another record, which it has not shown"
        return f"`{self.agreement}`: {self.peer} holds another record"


def _beyond(some: Mapping[str, bytes], others: Mapping[str, bytes]) -> set[str]:
    return {name for name, form in some.items() if others.get(name) != form}


def written(found: Iterable[Difference]) -> str:
    """The note of these differences with one peer; empty where there are none."""
    rows = {one.agreement: one for one in found}
    if not rows:
        return ""
    differ: dict[str, JSON] = {
        name: {
            "mine": one.mine,
            "theirs": one.theirs,
            "statement": one.statement,
            "held": None if one.held is None else one.held.to_json(),
        }
        for name, one in rows.items()
    }
    at = min(one.at for one in rows.values())
    return canonical({"at": str(at), "differ": differ}).decode("utf-8")


def read_note(peer: str, text: str) -> tuple[Difference, ...]:
    """Read what `written` gives. Raises InputError."""
    value = parse_object(text.encode("utf-8"), MAX_NOTE_BYTES, name="note of a record")
    only_keys(value, _NOTE)
    at, differ = parse_instant(text_in(value, "at")), object_in(value, "differ")
    return tuple(_read(peer, name, at, object_in(differ, name)) for name in sorted(differ))


def _read(peer: str, agreement: str, at: Instant, value: Mapping[str, JSON]) -> Difference:
    only_keys(value, _KEYS)
    held = value["held"]
    if held is not None and not isinstance(held, dict):
        raise InputError("what a peer holds is no object")
    known = None if held is None else Held.from_json(agreement, held)
    mine, theirs, statement = (text_in(value, name) for name in ("mine", "theirs", "statement"))
    return Difference(peer, agreement, mine, theirs, at, statement, known)
