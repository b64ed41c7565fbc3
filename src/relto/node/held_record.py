"""What a party holds of an agreement, its texts and the instruments that count, as one digest. Pure.

Two hold the same where standings, consents and designations come out the same: who knew what when, and what a record
says in explanation (sources, notes, conditions), is each party's own and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from relto.core.agreement import Instrument, Record, check_record
from relto.core.canon import JSON, canonical, check_digest, digest, only_keys
from relto.core.dossier import Dossier
from relto.core.errors import Contradiction, InputError
from relto.node.contents import Content, content_of

MAX_SHARED: Final = 200
"""How many agreements two parties compare; the digest of each stands in one signed statement."""
_MAX_VERSIONS: Final = 64
_MAX_INSTRUMENTS: Final = 10_000
_MAX_SIGNED: Final = 4_000
_EXPLAINS: Final = frozenset({"condition", "authority", "source", "note", "unconfirmed"})
_KEYS: Final = frozenset({"texts", "instruments", "signed"})


@dataclass(frozen=True, slots=True)
class Held:
    """`texts`: the digests of all versions; `instruments`: those that count; `signed`: the statements (JWS) under them
    that its holder has, which prove them to anyone."""

    agreement: str
    texts: tuple[str, ...]
    instruments: tuple[Instrument, ...]
    signed: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for all who hold the same."""
        instruments = [_legal(self.agreement, one) for one in sorted(self.instruments, key=lambda one: one.id)]
        return digest(canonical({"texts": sorted(self.texts), "instruments": instruments}))

    def forms(self) -> dict[str, bytes]:
        """Each instrument, by its id, in the form that the digest is of."""
        return {one.id: canonical(_legal(self.agreement, one)) for one in self.instruments}

    def to_json(self) -> dict[str, JSON]:
        """What is held, as a JSON object."""
        return {
            "texts": list(self.texts),
            "instruments": [_plain(self.agreement, one) for one in self.instruments],
            "signed": list(self.signed),
        }

    @classmethod
    def from_json(cls, agreement: str, value: Mapping[str, JSON]) -> Held:
        """Read what `to_json` gives. Raises InputError for anything else, and for too much."""
        only_keys(value, _KEYS)
        texts = tuple(check_digest(str(one)) for one in _list(value, "texts", _MAX_VERSIONS))
        instruments = []
        for one in _list(value, "instruments", _MAX_INSTRUMENTS):
            if not isinstance(one, dict):
                raise InputError("an instrument that is no object", remedy="send what the record holds")
            full = {**one, "agreement": agreement, "digest": digest(b"")}  # under which text it was made is not asked
            instruments.append(content_of(full).instrument)
        signed = tuple(str(one) for one in _list(value, "signed", _MAX_SIGNED))
        return cls(agreement, texts, tuple(instruments), signed)


def held_in(dossier: Dossier, agreement: str, signed: tuple[str, ...] = ()) -> Held:
    """What a dossier holds of an agreement. Raises NotFound where it has none of that id."""
    texts = tuple(one.digest for one in dossier.versions(agreement))
    return Held(agreement, texts, dossier.record(agreement).instruments, signed)


def shared(dossier: Dossier, one: str, other: str) -> list[str]:
    """The agreements in which both are named: as parties, hub or depositary; by id, the first 200."""
    found = []
    for name in sorted(dossier.agreements):
        named = {who for text in dossier.agreements[name] for who in (*text.parties, text.hub, text.depositary) if who}
        if one in named and other in named:
            found.append(name)
    return found[:MAX_SHARED]


def with_held(dossier: Dossier, agreement: str, held: Held | None) -> Dossier:
    """The dossier with another's record of an agreement. Where that is not known, is for other texts, or contradicts
    itself, with an empty one, under which nothing is in force."""
    versions = dossier.versions(agreement)
    instruments: tuple[Instrument, ...] = ()
    if held is not None and set(held.texts) == {one.digest for one in versions}:
        instruments = tuple(replace(one, recorded=one.at.instant) for one in held.instruments)
        try:
            check_record(versions, Record(agreement, instruments))
        except Contradiction:
            instruments = ()
    return dossier.with_instruments(agreement, instruments)


def _legal(agreement: str, one: Instrument) -> dict[str, JSON]:
    return {name: value for name, value in _plain(agreement, one).items() if name not in _EXPLAINS}


def _plain(agreement: str, one: Instrument) -> dict[str, JSON]:
    value = Content(agreement, "", one).to_json()
    del value["agreement"], value["digest"]
    return value


def _list(value: Mapping[str, JSON], name: str, most: int) -> list[JSON]:
    found = value[name]
    if not isinstance(found, list) or len(found) > most:
        raise InputError(f"`{name}` of a record is no list of at most {most}", remedy="send what the record holds")
    return found
