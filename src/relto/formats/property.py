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
`during: {from: T, until: T}`. What names nothing that the dossier has, or asks nothing, is an error and no property.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from relto.core.decision.proof import Pattern, Property
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.label import ancestry, check_id
from relto.core.timeline import ETERNITY, GENESIS, Instant, parse_instant
from relto.formats.dossier.fields import Fields, check_schema, listed
from relto.formats.dossier.nodes import Node, parse_document
from relto.formats.property_terms import Terms, terms_of

SCHEMA: Final = "property/1"
MAX_PROPERTIES: Final = 1000
MAX_NAMES: Final = 1000
MAX_POINTS: Final = 10_000
MAX_POINTS_IN_FILE: Final = 100_000
"""Points: topics times purposes that a property names. Each is looked at on every row of the table."""


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
    terms, seen, found, points = terms_of(dossier), set(taken), [], 0
    for node in nodes:
        one = _property(node, terms)
        if one.id in seen:
            raise InputError(f"the property `{one.id}` again", where=node.where, remedy="give it another id")
        points += _points(one)
        if _points(one) > MAX_POINTS or points > MAX_POINTS_IN_FILE:
            most = f"keep to {MAX_POINTS} a property and {MAX_POINTS_IN_FILE} a file"
            says = f"`{one.id}` names {_points(one)} pairs of topic and purpose, the file so far {points}"
            raise InputError(says, where=node.where, remedy=f"{most}: name broader topics, or split it")
        seen.add(one.id)
        found.append(one)
    return tuple(found)


def _points(one: Property) -> int:
    patterns = (one.where, one.must) if one.must is not None else (one.where,)
    topics = {topic for pattern in patterns for topic in pattern.topics or ()}
    purposes = {purpose for pattern in patterns for purpose in pattern.purposes or ()}
    return (len(topics) + 1) * (len(purposes) + 1)


def _property(node: Node, terms: Terms) -> Property:
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
        _check_names("never", never)
        return Property(identifier, says, _pattern(never, terms))
    if where is None or must is None:
        lacks = "neither `never` nor `where` and `must`" if where is must else "only one of `where` and `must`"
        raise InputError(
            f"`{identifier}` says {lacks}", where=node.where, remedy="write `never`, or both `where` and `must`"
        )
    _check_names("must", must)
    found = Property(identifier, says, _pattern(where, terms), _pattern(must, terms))
    if found.must is not None and _follows(found.where, found.must):
        remedy = "name in `must` what `where` leaves open"
        raise InputError(
            f"`must` of `{identifier}` asks nothing that `where` does not", where=must.node.where, remedy=remedy
        )
    return found


def _check_names(key: str, fields: Fields) -> None:
    if not fields.node.pairs:
        raise InputError(f"`{key}` names nothing", where=fields.node.where, remedy="name what it is about")


def _follows(where: Pattern, must: Pattern) -> bool:
    """Whether whatever matches `where` matches `must`, by the names alone."""
    pairs = (
        (where.acts, must.acts),
        (where.senders, must.senders),
        (where.recipients, must.recipients),
        (where.agreements, must.agreements),
        (where.ranks, must.ranks),
        (where.purposes, must.purposes),
        (where.originators, must.originators),
    )
    narrower = all(wide is None or (some is not None and set(some) <= set(wide)) for some, wide in pairs)
    broad = frozenset(must.topics or ())
    topics = must.topics is None or (
        where.topics is not None and not any(broad.isdisjoint(ancestry(topic)) for topic in where.topics)
    )
    return narrower and topics and must.start <= where.start and where.end <= must.end


def _pattern(fields: Fields, terms: Terms) -> Pattern:
    start, end = _during(fields.mapping("during", "`during`"))
    found = Pattern(
        acts=_names(fields, "act", terms),
        senders=_names(fields, "from", terms),
        recipients=_names(fields, "to", terms),
        agreements=_names(fields, "agreement", terms),
        ranks=_names(fields, "rank", terms),
        topics=_names(fields, "topic", terms),
        purposes=_names(fields, "purpose", terms),
        originators=_names(fields, "originator", terms),
        start=start,
        end=end,
        place=fields.node.where,
    )
    fields.close()
    return found


def _names(fields: Fields, key: str, terms: Terms) -> tuple[str, ...] | None:
    node = fields.find(key)
    if node is None:
        return None
    names = [terms.read(one, key) for one in listed(node, most=MAX_NAMES)]
    if not names:
        raise InputError(f"`{key}` names nothing", where=node.where, remedy="name something, or leave it out")
    return tuple(dict.fromkeys(names))


def _during(fields: Fields | None) -> tuple[Instant, Instant]:
    if fields is None:
        return GENESIS, ETERNITY
    start = fields.value("from", parse_instant) or GENESIS
    end = fields.value("until", parse_instant) or ETERNITY
    fields.close()
    if end <= start:
        raise InputError("`during` ends before it begins", where=fields.node.where, remedy="correct `from` or `until`")
    return start, end
