"""The things that policies speak of, as Cedar entities in JSON (Cedar docs: entities JSON format)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from relto.core.canon import canonical, digest
from relto.core.dossier import Accredited, Item, Person
from relto.core.label import STANDARD_RANKS
from relto.formats.cedar.facts import Facts, as_long, bound_attributes
from relto.formats.cedar.schema import HOLDING, PROVIDING

Entity = dict[str, Any]


def dossier_entities(facts: Facts) -> list[Entity]:
    """All that the dossier has at the instant, each once, in an order that means nothing but stays."""
    dossier = facts.dossier
    topics = [topic for edge in facts.edges for topic in edge.text.scope.topics]
    topics += [item.topic for item in dossier.items.values()]
    found = [
        *_actions(),
        *(_entity("Party", party) for party in dossier.parties),
        *_bodies(facts),
        *_places(facts),
        *(_entity("Rank", rank) for rank in _ranks(facts)),
        *topic_entities(topics),
        *(_entity("Purpose", name) for name in sorted({item.purpose for item in dossier.items.values()})),
        *(item_entity(facts, item, item.id) for item in dossier.items.values()),
    ]
    return unique(found)


def item_entity(facts: Facts, item: Item, name: str) -> Entity:
    """An item with the label its originator gave it. What it does not limit is left out."""
    party = facts.dossier.parties.get(item.originator)
    mark = party.mark(item.mark) if party else None
    caveats = item.caveats
    attributes: dict[str, Any] = {
        "id": item.id,
        "originator": value("Party", item.originator),
        "mark": item.mark,
        "topic": value("Topic", item.topic),
        "purpose": value("Purpose", item.purpose),
        "orcon": caveats.orcon,
        "no_contractor": caveats.no_contractor,
    }
    if mark is not None:
        attributes["rank"] = value("Rank", mark.rank)
    if caveats.rel_to is not None:
        attributes["rel_to"] = [value("Party", one) for one in caveats.rel_to]
    if caveats.eyes is not None:
        attributes["eyes"] = list(caveats.eyes)
    return _entity("Item", name, attributes)


def person_entity(person: Person) -> Entity:
    """A person as the request names one; its name tells one set of facts about a person from another."""
    attributes: dict[str, Any] = {
        "id": person.id,
        "party": value("Party", person.party),
        "need_to_know": [value("Topic", one) for one in person.need_to_know],
        **bound_attributes(person.clearance_until),
    }
    if person.nationality:
        attributes["nationality"] = person.nationality
    if person.clearance is not None:
        attributes["clearance"] = value("Rank", person.clearance)
    if person.assurance is not None:
        given = person.assurance
        attributes["assurance"] = {
            "by": value("Party", given.by),
            "at": as_long(given.at),
            "clearance": given.clearance,
            "need_to_know": given.need_to_know,
            "protection": given.protection,
        }
    return _entity("Person", distinct(person.id, person), attributes)


def topic_entities(topics: Iterable[str]) -> list[Entity]:
    """Each topic below the one it is part of, up to the general."""
    paths = {"/".join(topic.split("/")[:n]) for topic in topics for n in range(1, topic.count("/") + 2)}
    return [
        _entity("Topic", path, parents=[reference("Topic", path.rpartition("/")[0])] if "/" in path else [])
        for path in sorted(paths)
    ]


def reference(kind: str, name: str) -> dict[str, str]:
    """A reference to an entity in JSON, where only one can stand."""
    return {"type": kind, "id": name}


def value(kind: str, name: str) -> dict[str, dict[str, str]]:
    """A reference as the value of an attribute, explicit so that it needs no schema to be read as one."""
    return {"__entity": reference(kind, name)}


def place(party: str, name: str) -> str:
    """The name of a facility or system: two parties may use the same one."""
    return f"{party}/{name}"


def distinct(name: str, value: object) -> str:
    """A name for `value`, which is not (or not as such) in the dossier: its own, and a digest of what it says."""
    return f"{name}#{digest(canonical(repr(value)))[7:23]}"


def unique(found: Iterable[Entity]) -> list[Entity]:
    """Each entity once, the first of its name."""
    by_name: dict[tuple[str, str], Entity] = {}
    for one in found:
        by_name.setdefault((one["uid"]["type"], one["uid"]["id"]), one)
    return list(by_name.values())


def _actions() -> list[Entity]:
    """The acts in their two groups, as the schema has them too: an engine may be used without one."""
    groups = {"provide": PROVIDING, "hold": HOLDING}
    return [_entity("Action", group) for group in groups] + [
        _entity("Action", act, parents=[reference("Action", group)]) for group, acts in groups.items() for act in acts
    ]


def _bodies(facts: Facts) -> list[Entity]:
    contractors = [
        _entity("Party", name, {"contractor": _approval(firm)}, [reference("Party", party)])
        for name, (party, firm) in facts.contractors.items()
    ]
    authorities = facts.authorities.items()
    return contractors + [_entity("Party", name, parents=[reference("Party", party)]) for name, party in authorities]


def _places(facts: Facts) -> list[Entity]:
    found = []
    for party in facts.dossier.parties.values():
        parents = [reference("Party", party.id)]
        for site in party.facilities:
            attributes = {"ceiling": value("Rank", site.ceiling), "register": list(site.register)}
            found.append(_entity("Facility", place(party.id, site.id), attributes, parents))
        found += [_entity("System", place(party.id, one.id), _approval(one), parents) for one in party.systems]
    return found


def _ranks(facts: Facts) -> list[str]:
    ranks = dict.fromkeys(STANDARD_RANKS)
    for party in facts.dossier.parties.values():
        ranks.update(dict.fromkeys(party.ranks()))
    return list(ranks)


def _approval(one: Accredited) -> dict[str, object]:
    return {"ceiling": value("Rank", one.ceiling), **bound_attributes(one.until)}


def _entity(
    kind: str, name: str, attributes: dict[str, Any] | None = None, parents: Iterable[dict[str, str]] = ()
) -> Entity:
    return {"uid": reference(kind, name), "attrs": attributes or {}, "parents": list(parents)}
