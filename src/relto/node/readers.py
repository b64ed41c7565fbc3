"""Who could open a holding now, and why another could not: asked of the same rules as opening, and leaving nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from relto.core.decision import Ground, Request, evaluate
from relto.core.dossier import Dossier, Item, Person
from relto.core.envelope import Sealed, verify_label
from relto.core.errors import NotFound
from relto.core.register import Holding, check_usable
from relto.core.timeline import Instant
from relto.node.labels import item_under
from relto.node.node import Node
from relto.node.ports import Reading

Kind: TypeAlias = Literal["authority", "person", "system"]
_OF_PERSONS: Final = ("facility", "caveat")
"""What is known of a person before clearance and need to know are shown: the site, and whose eyes it is for."""
MOST: Final = 50


@dataclass(frozen=True, slots=True)
class Reader:
    """The party's competent authority, a person on the register of a facility (`at` it), or a system: whether a holding
    could be opened for them, and the grounds that tell. Clearance and need to know of a person are asked at opening."""

    kind: Kind
    who: str
    at: str
    may: bool
    grounds: tuple[Ground, ...]


def readers(node: Node, reading: Reading, held: Holding, at: Instant) -> list[Reader]:
    """The own party's authority first, then up to MOST of the persons on its facilities' registers and its systems.

    Raises Conflict where nobody can open it any more, NotFound where it is not kept in this node; VerificationFailed
    where its label is not as it came.
    """
    check_usable(held)
    data = reading.sealed(held.id)
    if data is None or held.sources:
        raise NotFound(f"`{held.id}` was made here and is not kept in this node", remedy="look at who keeps it")
    item = replace(item_under(verify_label(Sealed.from_bytes(data), node.all_keys())), mark=held.origin_mark)
    purpose = held.received.purpose
    request = Request("use", item, held.received.sender, node.party, at, purpose, reading=node.party)
    dossier, found = node.dossier(reading), list[Reader]()
    verdict = evaluate(dossier, request)
    failed = tuple(one for one in verdict.grounds if not one.passed)
    found.append(Reader("authority", node.party, "", verdict.permits, failed))
    for one in _others(dossier, request, item):
        if len(found) > MOST:
            break
        found.append(replace(one, may=one.may and verdict.permits))
    return found


def _others(dossier: Dossier, request: Request, item: Item) -> Iterator[Reader]:
    party = dossier.parties[request.recipient]
    for site in party.facilities:
        for name in site.register:
            person = Person(name, party.id, nationality=party.id, facility=site.id, need_to_know=(item.topic,))
            yield _reader("person", name, site.id, evaluate(dossier, replace(request, person=person)).grounds)
    for system in party.systems:
        yield _reader("system", system.id, "", evaluate(dossier, replace(request, system=system.id)).grounds)


def _reader(kind: Kind, who: str, at: str, grounds: tuple[Ground, ...]) -> Reader:
    """By the grounds that are about them; that of the caveats tells only where it fails."""
    wanted = _OF_PERSONS if kind == "person" else ("system",)
    telling = tuple(one for one in grounds if one.check in wanted and (one.check != "caveat" or not one.passed))
    return Reader(kind, who, at, all(one.passed for one in telling), telling)
