"""Parties, items and persons of the worlds of the tests."""

from __future__ import annotations

from collections.abc import Sequence

from relto.core.decision import ACTS, CHECKS
from relto.core.dossier import Accredited, Assurance, DomesticRule, Dossier, Facility, Item, Party, Person
from relto.core.label import Caveats, Mark
from relto.core.timeline import Instant
from tests.worlds_chance import END, OWN_RANKS, RANKS, START, ZONES, Chance, Pools, draw_bound, person_ids

_STEMS = ("", "M ", "級 ", "VS ", "β ")


def draw_parties(chance: Chance, pools: Pools) -> dict[str, Party]:
    """A party of each name in `pools`."""
    parties = {name: _party(chance, name, pools) for name in pools.names}
    if chance.often(0.05) and len(parties) > 1:  # two parties call a firm by the same id
        first, second = chance.some(sorted(parties), 2, 2)
        if parties[first].contractors and parties[second].contractors:
            again = (*parties[second].contractors[1:], parties[first].contractors[0])
            parties[second] = _with_contractors(parties[second], again)
    return parties


def _with_contractors(party: Party, firms: tuple[Accredited, ...]) -> Party:
    return Party(
        party.id, party.name, party.marks, party.facilities, party.systems, firms, party.domestic, zone=party.zone
    )


def _party(chance: Chance, name: str, pools: Pools) -> Party:
    marks = _marks(chance)
    ranks = tuple(dict.fromkeys(mark.rank for mark in marks))
    ceilings = (*ranks, *ranks[:2], chance.pick(RANKS))
    stem = name.lower()
    people = person_ids(name)
    return Party(
        name,
        {"en": name},
        marks,
        facilities=tuple(
            Facility(f"{stem}-site-{n}", chance.pick(ceilings), chance.some(people, 0, 3))
            for n in range(chance.number(1, 3))
        ),
        systems=tuple(
            Accredited(f"{stem}-net-{n}", chance.pick(ceilings), draw_bound(chance)) for n in range(chance.number(0, 2))
        ),
        contractors=tuple(
            Accredited(f"{stem}-firm-{n}", chance.pick(ceilings), draw_bound(chance))
            for n in range(chance.number(0, 2))
        ),
        domestic=_domestic(chance, stem, ranks, pools),
        zone=chance.pick(ZONES),
    )


def _marks(chance: Chance) -> tuple[Mark, ...]:
    """Marks high to low: most of the standard ranks, some of its own, several marks at a rank."""
    ranks = [rank for rank in RANKS if chance.often(0.85)] or ["SECRET"]
    if chance.often(0.3):
        ranks.insert(chance.number(0, len(ranks)), chance.pick(OWN_RANKS))
    if chance.often(0.08) and len(ranks) > 1:  # an order that contradicts the standard one
        ranks[0], ranks[1] = ranks[1], ranks[0]
    stem = chance.pick(_STEMS)
    found: list[Mark] = []
    for rank in ranks:
        found.extend(Mark(f"{stem}{rank}{suffix}", rank) for suffix in ("", " A", " B")[: chance.pick((1, 1, 1, 2, 3))])
    return tuple(found)


def _domestic(chance: Chance, stem: str, ranks: Sequence[str], pools: Pools) -> tuple[DomesticRule, ...]:
    rules: list[DomesticRule] = []
    firms = tuple(f"{name.lower()}-firm-0" for name in pools.names)
    whom = (*pools.names, *pools.names, *firms, *pools.thirds, *pools.authorities)
    for number in range(chance.pick((0, 0, 1, 1, 2))):
        given = [chance.often(0.5) for _ in range(5)]
        if sum(given) < 2 and chance.often(0.8):  # a rule that refuses nearly everything is rare
            given[chance.number(0, 4)] = given[chance.number(0, 4)] = True
        rules.append(
            DomesticRule(
                f"{stem}-rule-{number}",
                f"Act {number + 1} s. {chance.number(1, 40)}",
                "its own law is stricter",
                chance.pick(CHECKS),
                to=chance.some(whom, 1, 2) if given[0] else (),
                topics=chance.some(pools.topics, 1, 2) if given[1] else (),
                ranks=chance.some(ranks, 1, 2) if given[2] else (),
                purposes=chance.some(pools.purposes, 1, 2) if given[3] else (),
                acts=chance.some(ACTS, 1, 3) if given[4] else (),
            )
        )
    return tuple(rules)


def draw_caveats(chance: Chance, pools: Pools) -> Caveats:
    """Each caveat, and often none."""
    if chance.often(0.4):
        return Caveats()
    rel_to = eyes = None
    if chance.often(0.45):
        rel_to = chance.some((*pools.names, chance.pick(pools.thirds)), 0, len(pools.names))
    if chance.often(0.25):
        eyes = chance.some([person for name in pools.names for person in person_ids(name)], 0, 4)
    return Caveats(rel_to, chance.often(0.25), chance.often(0.25), eyes)


def draw_items(chance: Chance, pools: Pools, parties: dict[str, Party], count: int) -> dict[str, Item]:
    """So many items, of all parties."""
    found: dict[str, Item] = {}
    for number in range(count):
        origin = parties[chance.pick(pools.names)]
        found[f"item-{number}"] = Item(
            f"item-{number}",
            f"Item {number}",
            origin.id,
            chance.pick(origin.marks).mark,
            chance.pick(pools.topics),
            chance.pick(pools.purposes),
            draw_caveats(chance, pools),
        )
    return found


def random_persons(seed: int, dossier: Dossier) -> tuple[Person, ...]:
    """Persons of every party, each in two forms: one nearly fit for access, one of chance. Ids repeat."""
    chance = Chance(seed, 3)
    names = tuple(dossier.parties)
    found: list[Person] = []
    for party in dossier.parties.values():
        people = person_ids(party.id)
        found.extend(_fit_person(chance, person, party) for person in people)
        found.extend(_any_person(chance, person, party, names) for person in people)
        found.append(_any_person(chance, "stranger-1", party, names))
    return tuple(found)


def _fit_person(chance: Chance, person: str, party: Party) -> Person:
    site = next((one.id for one in party.facilities if person in one.register), "")
    top = party.ranks()[0]
    topics = {"defence", "cyber", "health", "trade", "defence-industry"}
    assurance = Assurance(party.id, START, True, True, True) if chance.often(0.8) else None
    until = draw_bound(chance, 2019, 2026)
    return Person(person, party.id, party.id, top, until, tuple(sorted(topics)), site, assurance)


def _any_person(chance: Chance, person: str, party: Party, names: Sequence[str]) -> Person:
    assurance = None
    if chance.often(0.6):
        by = party.id if chance.often(0.8) else chance.pick(names)
        when = Instant(START.ns + int(chance.roll() * (END.ns - START.ns)))
        assurance = Assurance(by, when, chance.often(0.9), chance.often(0.9), chance.often(0.9))
    site = chance.roll()
    return Person(
        person,
        party.id,
        chance.pick((party.id, party.id, *names, "CHE", "ISL", "")),
        chance.pick((None, *party.ranks())),
        draw_bound(chance),
        chance.some(("defence", "defence/dprk", "defence/maritime", "cyber", "health/lab", "trade"), 0, 3),
        chance.pick(party.facilities).id if site < 0.7 else "nowhere" if site < 0.8 else "",
        assurance,
    )
