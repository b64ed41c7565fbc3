"""The requests that every engine is measured on: a mix over a dossier, the same for the same seed."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from random import Random

from relto.core.decision import Act, Request
from relto.core.dossier import Dossier, Item, Person
from relto.core.label import Caveats
from relto.core.timeline import Day, Instant, bound_instant, parse_instant

START, END = parse_instant("2013-01-01T00:00Z"), parse_instant("2027-01-01T00:00Z")
MADE_ITEMS = 200
PERSONS_A_PARTY = 40
TOPICS = (
    ("defence/dprk/missile", 40),
    ("defence/dprk/nuclear", 15),
    ("defence/maritime", 15),
    ("defence/air/intrusion", 8),
    ("defence", 7),
    ("defences/none", 3),
    ("trade/export-control", 7),
    ("health", 5),
)
PURPOSES = ("missile-warning", "incident-prevention", "planning")
OTHER_PURPOSES = ("training", "press", "missile-warning", "planning")
NEEDS = (("defence/dprk",), ("defence",), ("defence/dprk/missile", "defence/maritime"), ("trade",), ())
ENDS = (None, Day.parse("2016-12-31"), Day.parse("2020-12-31"), Day.parse("2027-12-31"))
ACTS_OF_A_SENDER: tuple[tuple[Act, int], ...] = (
    ("release", 60),
    ("disclose", 20),
    ("forward", 5),
    ("copy", 5),
    ("translate", 5),
    ("use", 5),
)


def bench_requests(dossier: Dossier, n: int = 2000, seed: int = 1) -> list[Request]:
    """`n` requests over the dossier's parties and items and MADE_ITEMS more.

    15 % pass an item of someone else on to a third party, 15 % ask for another purpose, half name a person, a quarter
    lies within a nanosecond of an instant at which an answer may change. Between a fifth and three fifths are permits.
    """
    made = _Maker(dossier, Random(seed))
    return [made.request() for _ in range(n)]


@dataclass(slots=True)
class _Maker:
    dossier: Dossier
    chance: Random
    items: tuple[Item, ...] = ()
    persons: tuple[Person, ...] = ()
    boundaries: tuple[Instant, ...] = ()

    def __post_init__(self) -> None:
        made = tuple(self.item(number) for number in range(MADE_ITEMS))
        self.items = (*self.dossier.items.values(), *made)
        self.persons = tuple(
            self.person(party, number) for party in sorted(self.dossier.parties) for number in range(PERSONS_A_PARTY)
        )
        self.boundaries = _boundaries(self.dossier, self.persons)

    def pick(self, weighted: tuple[tuple[str, int], ...]) -> str:
        return self.chance.choices([one for one, _ in weighted], [weight for _, weight in weighted])[0]

    def item(self, number: int) -> Item:
        chance, parties = self.chance, sorted(self.dossier.parties)
        originator = chance.choice(parties)
        rel_to: tuple[str, ...] | None = None
        if chance.random() < 0.6:
            rel_to = tuple(party for party in parties if party == originator or chance.random() < 0.75)
        eyes = None
        if chance.random() < 0.05:
            eyes = tuple(f"{party.lower()}-analyst-{chance.randrange(10)}" for party in parties)
        return Item(
            id=f"made-{number:03}",
            title="a made item",
            originator=originator,
            mark=chance.choice(self.dossier.parties[originator].marks).mark,
            topic=self.pick(TOPICS),
            purpose=chance.choice(PURPOSES),
            caveats=Caveats(rel_to, chance.random() < 0.2, chance.random() < 0.2, eyes),
        )

    def person(self, party: str, number: int) -> Person:
        """A notional person, oftener than not on the register of a site."""
        chance, sites = self.chance, self.dossier.parties[party].facilities
        site = chance.choice(sites) if sites and chance.random() < 0.8 else None
        name = f"{party.lower()}-analyst-{number}"
        if site is not None and site.register and chance.random() < 0.8:
            name = chance.choice(site.register)
        return Person(
            id=name,
            party=party,
            nationality=party,
            clearance=chance.choices((None, "CONFIDENTIAL", "SECRET", "TOP SECRET"), (1, 2, 5, 5))[0],
            clearance_until=chance.choices(ENDS, (3, 1, 2, 4))[0],
            need_to_know=chance.choices(NEEDS, (4, 5, 3, 1, 1))[0],
            facility=site.id if site is not None else chance.choice(("", "elsewhere")),
        )

    def instant(self) -> Instant:
        if self.chance.random() < 0.25:
            return self.chance.choice(self.boundaries).plus(self.chance.choice((-1, 0, 1)))
        return Instant(self.chance.randrange(START.ns, END.ns))

    def request(self) -> Request:
        chance = self.chance
        item = chance.choice(self.items)
        act, sender, recipient = self.way(item)
        person = None
        if chance.random() < 0.5:
            pool = [one for one in self.persons if one.party == recipient or chance.random() < 0.01]
            person = chance.choice(pool)
        purpose = chance.choice(OTHER_PURPOSES) if chance.random() < 0.15 else None
        return Request(act, item, sender, recipient, self.instant(), purpose=purpose, person=person)

    def way(self, item: Item) -> tuple[Act, str, str]:
        """Who does what towards whom: mostly the originator gives it, else it is passed on, goes home or is used."""
        chance = self.chance
        others = sorted(set(self.dossier.parties) - {item.originator})
        chance.shuffle(others)
        kind = chance.random()
        if kind < 0.15:
            return chance.choice(("forward", "release", "disclose")), others[0], others[1]
        if kind < 0.27:
            return chance.choice(("copy", "translate", "use")), others[0], others[0]
        if kind < 0.32:
            return chance.choice(("release", "use")), others[0], item.originator
        if kind < 0.33:
            return chance.choice(("release", "copy")), item.originator, item.originator
        acts = [act for act, _ in ACTS_OF_A_SENDER]
        act = chance.choices(acts, [weight for _, weight in ACTS_OF_A_SENDER])[0]
        return act, item.originator, others[0]


def _boundaries(dossier: Dossier, persons: tuple[Person, ...]) -> tuple[Instant, ...]:
    """Where an answer may change: phases of each agreement in each reading, ends of clearances and of consents."""
    found: set[Instant] = set()
    for name, (text, *_) in dossier.agreements.items():
        for first, second in permutations(text.parties, 2):
            history = dossier.history(name, reading=first, between=(first, second))
            found |= {phase.start for phase in history.phases}
        found |= {bound_instant(one.clearance_until, text.zone) for one in persons if one.clearance_until is not None}
    for consent in dossier.consents(None):
        found |= {consent.valid.start, consent.valid.end}
    return tuple(sorted(at for at in found if START < at < END))
