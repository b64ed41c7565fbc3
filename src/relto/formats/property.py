"""The property file `relto: property/1`: what a user wants proved of a dossier, in the dossier's own terms.

    relto: property/1
    properties:
      - id: no-grade-one-to-jpn
        says: no top secret item of Korea goes to Japan
        never: {from: [KOR], to: [JPN], rank: [TOP SECRET], act: [release, disclose, forward]}
      - id: only-defence-to-jpn
        says: what goes to Japan is about defence
        where: {to: [JPN]}
        must: {topic: [defence]}

`never`: no permit matches. `where` and `must`: every permit that matches the one matches the other. Keys: `act`,
`from`, `to`, `agreement`, `rank`, `topic`, `purpose`, `originator` (lists; a key left out is everything) and
`during: {from: T, until: T}`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from relto.core.decision import ACTS
from relto.core.decision.proof import Pattern, Property
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.label import check_id, check_topic
from relto.core.timeline import ETERNITY, GENESIS, Instant, parse_instant
from relto.formats.dossier.fields import Fields, check_schema, convert, line, listed, suggestion
from relto.formats.dossier.nodes import Node, parse_document

SCHEMA: Final = "property/1"
MAX_PROPERTIES: Final = 1000
MAX_NAMES: Final = 1000


def read_properties(name: str, data: bytes, dossier: Dossier, taken: Iterable[str] = ()) -> tuple[Property, ...]:
    """The properties in a file called `name`, about `dossier`.

    `taken`: ids that stand for other properties. Raises InputError with file, line and column for anything else than
    the form above, and for a party, rank or agreement that the dossier does not have.
    """
    fields = Fields(parse_document(name, data), "a property file")
    check_schema(fields, SCHEMA)
    nodes = listed(fields.need("properties"), most=MAX_PROPERTIES)
    if not nodes:
        where = fields.place("properties")
        raise InputError("no property in the file", where=where, remedy="write one, or remove the file")
    fields.close()
    known, seen, found = _known(dossier), set(taken), []
    for node in nodes:
        one = _property(node, known)
        if one.id in seen:
            raise InputError(f"the property `{one.id}` again", where=node.where, remedy="give it another id")
        seen.add(one.id)
        found.append(one)
    return tuple(found)


def _known(dossier: Dossier) -> dict[str, tuple[str, ...]]:
    """What may stand under each key; a topic or purpose may be any."""
    texts = [text for versions in dossier.agreements.values() for text in versions]
    parties = {*dossier.parties, *(party for text in texts for party in text.parties)}
    firms = {firm.id for party in dossier.parties.values() for firm in party.contractors}
    instruments = (one for record in dossier.records.values() for one in record.instruments)
    authorities = {one.authority for one in instruments if one.authority}
    ranks = [row.rank for text in texts if text.levels for row in text.levels.rows]
    ranks += [rank for party in dossier.parties.values() for rank in party.ranks()]
    return {
        "act": ACTS,
        "from": tuple(sorted(parties)),
        "to": tuple(sorted(parties | firms | authorities)),
        "agreement": tuple(sorted(dossier.agreements)),
        "rank": tuple(dict.fromkeys(ranks)),
        "originator": tuple(sorted(dossier.parties)),
    }


def _property(node: Node, known: dict[str, tuple[str, ...]]) -> Property:
    fields = Fields(node, "a property")
    identifier, says = fields.needed("id", check_id), fields.needed_line("says")
    never = fields.mapping("never", "`never`")
    where, must = fields.mapping("where", "`where`"), fields.mapping("must", "`must`")
    fields.close()
    if never is not None and (where is not None or must is not None):
        raise InputError(
            f"`{identifier}` says both `never` and `{'where' if where else 'must'}`",
            where=node.where,
            remedy="keep `never`, or `where` and `must`",
        )
    if never is not None:
        return Property(identifier, says, _pattern(never, known))
    if where is None or must is None:
        lacks = "neither `never` nor `where` and `must`" if where is must else "only one of `where` and `must`"
        raise InputError(
            f"`{identifier}` says {lacks}", where=node.where, remedy="write `never`, or both `where` and `must`"
        )
    return Property(identifier, says, _pattern(where, known), _pattern(must, known))


def _pattern(fields: Fields, known: dict[str, tuple[str, ...]]) -> Pattern:
    start, end = _during(fields.mapping("during", "`during`"))
    found = Pattern(
        acts=_names(fields, "act", known),
        senders=_names(fields, "from", known),
        recipients=_names(fields, "to", known),
        agreements=_names(fields, "agreement", known),
        ranks=_names(fields, "rank", known),
        topics=_names(fields, "topic", known),
        purposes=_names(fields, "purpose", known),
        originators=_names(fields, "originator", known),
        start=start,
        end=end,
    )
    fields.close()
    return found


def _names(fields: Fields, key: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    node = fields.find(key)
    if node is None:
        return None
    names = [_name(one, key, known) for one in listed(node, most=MAX_NAMES)]
    if not names:
        raise InputError(f"`{key}` names nothing", where=node.where, remedy="name something, or leave it out")
    return tuple(dict.fromkeys(names))


def _name(node: Node, key: str, known: dict[str, tuple[str, ...]]) -> str:
    if key == "topic":
        return convert(node, check_topic)
    text = line(node)
    if key == "purpose" and not text:
        raise InputError("an empty purpose", where=node.where, remedy="write one")
    allowed = known.get(key)
    if allowed is not None and text not in allowed:
        what = {"from": "party", "to": "party, contractor or authority", "originator": "party"}.get(key, key)
        raise InputError(
            f"`{text[:60]}` is no {what} of this dossier", where=node.where, remedy=f"use {suggestion(text, allowed)}"
        )
    return text


def _during(fields: Fields | None) -> tuple[Instant, Instant]:
    if fields is None:
        return GENESIS, ETERNITY
    start = fields.value("from", parse_instant) or GENESIS
    end = fields.value("until", parse_instant) or ETERNITY
    fields.close()
    if end <= start:
        raise InputError("`during` ends before it begins", where=fields.node.where, remedy="correct `from` or `until`")
    return start, end
