"""The party file `relto: party/1` and the person file `relto: person/1` (DESIGN 4)."""

from __future__ import annotations

from typing import get_args

from relto.core.decision import ACTS
from relto.core.decision.verdict import Check
from relto.core.dossier import Accredited, Assurance, DomesticRule, Facility, Party, Person, TwoPersonRule
from relto.core.errors import InputError
from relto.core.label import Mark, check_id, check_party_id, check_topic
from relto.core.timeline import check_zone, parse_instant
from relto.formats.dossier.fields import Fields, check_schema, line, listed, one_of
from relto.formats.dossier.nodes import parse_document

PARTY_SCHEMA = "party/1"
PERSON_SCHEMA = "person/1"
MAX_MARKS = 256


def read_party(name: str, data: bytes) -> Party:
    """A party. Raises InputError with the place."""
    fields = Fields(parse_document(name, data), "a party")
    check_schema(fields, PARTY_SCHEMA)
    identifier = fields.needed("id", check_party_id)
    party = Party(
        id=identifier,
        name=_names(fields, identifier),
        marks=_marks(fields),
        facilities=tuple(_facility(one) for one in _each(fields, "facilities", "a facility")),
        systems=tuple(_accredited(one) for one in _each(fields, "systems", "a system")),
        contractors=tuple(_accredited(one) for one in _each(fields, "contractors", "a contractor")),
        domestic=tuple(_domestic(one) for one in _each(fields, "domestic", "a domestic rule")),
        zone=fields.value("zone", check_zone) or "UTC",
        two_person=_two_person(fields.mapping("two_person", "`two_person`")),
    )
    _provenance(fields)
    fields.close()
    return party


def _provenance(fields: Fields) -> bool:
    for key in ("source", "note"):
        fields.text(key)
    return fields.flag("unconfirmed")


def _each(fields: Fields, key: str, what: str) -> list[Fields]:
    node = fields.find(key)
    found: list[Fields] = []
    seen: set[str] = set()
    for one in listed(node) if node is not None else []:
        entry = Fields(one, what)
        if "id" in one.pairs:
            identifier = line(one.pairs["id"][1])
            if identifier in seen:
                raise InputError(f"{what} `{identifier[:60]}` again", where=one.where, remedy="keep one of them")
            seen.add(identifier)
        found.append(entry)
    return found


def _names(fields: Fields, identifier: str) -> dict[str, str]:
    node = fields.find("name")
    if node is None:
        return {"en": identifier}
    if node.kind == "scalar":
        return {"en": node.text}
    names = Fields(node, "`name`")
    found = {language: names.needed_text(language) for language in node.pairs}
    return found or {"en": identifier}


def _marks(fields: Fields) -> tuple[Mark, ...]:
    found: list[Mark] = []
    node = fields.find("marks")
    for one in listed(node, most=MAX_MARKS) if node is not None else []:
        entry = Fields(one, "a mark")
        mark = Mark(
            entry.needed_line("mark"),
            entry.needed_line("rank"),
            entry.text("roman"),
            entry.text("english"),
            entry.text("abbreviation"),
            _provenance(entry),
        )
        if any(mark.mark == other.mark for other in found):
            raise InputError(f"the mark {mark.mark} again", where=one.where, remedy="keep one of them")
        if found and found[-1].rank != mark.rank and any(mark.rank == other.rank for other in found):
            raise InputError(
                f"the mark {mark.mark} of rank {mark.rank} below one of another rank",
                where=one.where,
                remedy="list marks high to low",
            )
        entry.close()
        found.append(mark)
    return tuple(found)


def _facility(entry: Fields) -> Facility:
    found = Facility(
        entry.needed("id", check_id),
        entry.needed_line("ceiling"),
        entry.values("register", check_id),
        _provenance(entry),
    )
    entry.close()
    return found


def _accredited(entry: Fields) -> Accredited:
    found = Accredited(
        entry.needed("id", check_id), entry.needed_line("ceiling"), entry.bound("until"), _provenance(entry)
    )
    entry.close()
    return found


def _domestic(entry: Fields) -> DomesticRule:
    check = entry.find("check")
    acts = entry.find("acts")
    for act in listed(acts) if acts is not None else []:
        one_of(act, ACTS, "act")
    found = DomesticRule(
        id=entry.needed("id", check_id),
        citation=entry.needed_text("citation"),
        says=entry.needed_text("says"),
        check="caveat" if check is None else one_of(check, get_args(Check), "check"),
        to=entry.values("to", check_id),
        topics=entry.values("topics", check_topic),
        ranks=entry.values("ranks", str),
        purposes=entry.values("purposes", str),
        acts=entry.values("acts", str),
    )
    _provenance(entry)
    entry.close()
    return found


def _two_person(entry: Fields | None) -> TwoPersonRule | None:
    if entry is None:
        return None
    found = TwoPersonRule(
        citation=entry.needed_text("citation"),
        says=entry.needed_text("says"),
        topics=entry.values("topics", check_topic),
        ranks=entry.values("ranks", str),
    )
    _provenance(entry)
    entry.close()
    return found


def read_person(name: str, data: bytes) -> Person:
    """A person for whom access is asked. Raises InputError with the place."""
    fields = Fields(parse_document(name, data), "a person")
    check_schema(fields, PERSON_SCHEMA)
    clearance = fields.mapping("clearance", "`clearance`")
    rank = until = None
    if clearance is not None:
        rank, until = clearance.needed_line("rank"), clearance.bound("until")
        _provenance(clearance)
        clearance.close()
    given = fields.mapping("assurance", "`assurance`")
    assurance = None
    if given is not None:
        assurance = Assurance(
            given.needed("by", check_party_id),
            given.needed("at", parse_instant),
            given.flag("clearance"),
            given.flag("need_to_know"),
            given.flag("protection"),
        )
        given.close()
    person = Person(
        id=fields.needed("id", check_id),
        party=fields.needed("party", check_party_id),
        nationality=fields.value("nationality", check_party_id) or "",
        clearance=rank,
        clearance_until=until,
        need_to_know=fields.values("need_to_know", check_topic),
        facility=fields.value("facility", check_id) or "",
        assurance=assurance,
    )
    fields.text("name")
    _provenance(fields)
    fields.close()
    return person
