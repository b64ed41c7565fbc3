"""Random dossiers and requests for the comparison with Cedar, seeded: the same ones every time.

Some are the worlds of `tests.worlds`, others made here, clause by clause, so that most requests fail at one check only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from relto.adapters.folder import load_dossier
from relto.core.agreement import Agreement, Instrument, Purpose, Scope, Survival, ThirdParty
from relto.core.decision import ACTS, Request
from relto.core.decision.table import Table, compile_table
from relto.core.dossier import Accredited, Assurance, DomesticRule, Dossier, Facility, Item, Party, Person
from relto.core.errors import InputError
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Bound, Day, Instant
from tests import worlds as drawn
from tests.making import NOTICE, NOTIFIED, RECORD_2016, SIGNED, act, at, northeast_asia

ROOT = Path(__file__).parent.parent
SHIPPED = ROOT / "src/relto/dossiers/northeast-asia"
VARIANTS = sorted(path.parent for path in (ROOT / "tests/fixtures/variants").glob("*/parties"))
TOPICS = ("defence/dprk/missile", "defence/dprk", "defence/maritime", "defence", "defences", "trade")
PURPOSES = ("missile-warning", "training", "study", "")
RANKS = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED")
DAYS = ("2017-06-01", "2019-11-18", "2019-11-23", "2027-01-01")
MADE, DRAWN = 50, 50
A_YEAR = 366 * 86_400 * 10**9
T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """A dossier at an instant, under a reading and a knowledge, and how many requests to put to it.

    `seed`: that of a world of `tests.worlds`, whose requests are drawn there too. `opened`: as `opened` makes it,
    with requests of which more are passed on and fewer name persons and caveats.
    """

    name: str
    dossier: Dossier
    at: Instant
    reading: str | None
    known_by: Instant | None
    count: int
    seed: int | None = None
    opened: bool = False

    def table(self) -> Table:
        """The compiled table, from a year before the instant to a year after it."""
        start, end = self.at.plus(-A_YEAR), self.at.plus(A_YEAR)
        return compile_table(self.dossier, start, end, self.reading, known_by=self.known_by)


def worlds(chance: Random) -> Iterator[World]:
    """The shipped dossier at both sides of its boundaries, the variants, and dossiers made at random."""
    shipped = load_dossier(SHIPPED)
    for number, instant in enumerate(boundaries_of(shipped)):
        dossier = shipped if number % 4 == 0 else equipped(shipped, chance)
        reading = chance.choice([None, None, "KOR", "JPN", "USA"])
        known = chance.choice([None, None, None, at("2019-11-18T00:00Z")])
        yield World("northeast-asia", dossier, instant, reading, known, 150)
    for folder in VARIANTS:
        try:
            dossier = load_dossier(folder)
        except InputError:  # a fixture that must not load
            continue
        instants = [at("2024-03-01T00:00Z"), *boundaries_of(dossier)]
        for instant in chance.sample(instants, min(3, len(instants))):
            yield World(folder.name, equipped(dossier, chance), instant, None, None, 70)
    yield from _drawn(chance)
    for number in range(MADE):
        dossier = equipped(random_dossier(chance, varied=number % 5 > 0), chance)
        instant = chance.choice([*boundaries_of(dossier), at("2019-11-01T00:00Z"), at("2023-06-01T12:00Z")])
        known = chance.choice([None, None, None, at("2019-10-01T00:00Z")])
        reading = chance.choice([None, None, "KOR"])
        if number % 5:
            yield World(f"made-{number}", dossier, instant, reading, known, 150)
        else:
            yield World(f"open-{number}", opened(dossier, chance), instant, reading, None, 300, opened=True)


def _drawn(chance: Random) -> Iterator[World]:
    """Worlds of `tests.worlds`, each at one of its boundaries or a nanosecond beside it."""
    for seed in range(DRAWN):
        dossier = drawn.random_dossier(seed)
        cuts = [one for one in drawn.boundaries(dossier) if drawn.START <= one < drawn.END]
        instant = chance.choice(cuts).plus(chance.choice([-1, 0, 1]))
        reading = chance.choice([None, None, *sorted(dossier.parties)[:1]])
        known = chance.choice([None, None, None, chance.choice(cuts)])
        yield World(f"drawn-{seed}", dossier, instant, reading, known, 150, seed)


def boundaries_of(dossier: Dossier) -> list[Instant]:
    """One nanosecond before, at and after each instant at which a standing or a consent changes."""
    found: set[Instant] = set()
    for name, versions in dossier.agreements.items():
        for reading in versions[0].parties[:2]:
            found.update(phase.start for phase in dossier.history(name, reading=reading).phases[1:])
    for consent in dossier.consents(None):
        found.add(consent.valid.start)
        if consent.valid.end.ns < at("2100-01-01T00:00Z").ns:
            found.add(consent.valid.end)
    return [instant.plus(step) for instant in sorted(found) for step in (-1, 0, 1)]


def likely(chance: Random, good: T, others: Sequence[T], odds: float = 0.75) -> T:
    """Mostly `good`, so that most of what is asked fails at one check only."""
    return good if chance.random() < odds else chance.choice(others)


def equipped(dossier: Dossier, chance: Random) -> Dossier:
    """The dossier with sites, systems, contractors, domestic rules and items for every party."""
    parties = {name: _equipped(party, chance) for name, party in dossier.parties.items()}
    records = dict(dossier.records)
    for name, versions in dossier.agreements.items():
        texts = versions[0].parties
        if chance.random() < 0.5 and all(party in parties for party in texts):
            record = dossier.record(name)
            made = (*record.instruments, *_acts(dossier, texts, chance))
            records[name] = replace(record, instruments=made)
    return replace(dossier, parties=parties, records=records)


def _equipped(party: Party, chance: Random) -> Party:
    slug = party.id.lower()
    until = [None, *(Day.parse(day) for day in DAYS), at("2019-11-18T00:00Z")]
    ranks = party.ranks() or RANKS
    rules = tuple(
        DomesticRule(
            f"rule-{number}",
            "National act, article 8",
            'not this \\ "now"',
            chance.choice(["caveat", "scope"]),
            to=chance.choice([(), tuple(chance.sample(["KOR", "JPN", "USA", f"{slug}-firm-good", "FRA"], 2))]),
            topics=chance.choice([("defence/maritime",), ("trade", "defence/dprk/missile")]),
            ranks=chance.choice([(), (chance.choice(ranks),)]),
            purposes=chance.choice([(), ("training",), ("missile-warning", "study")]),
            acts=chance.choice([(), ("forward", "copy"), ("disclose",)]),
        )
        for number in range(chance.choice([0, 1, 2]))
    )
    return replace(  # the good ones are good for all that the party may hold
        party,
        facilities=(
            Facility("hq", ranks[0], ("analyst",)),
            Facility("annex", ranks[-1], ("analyst",)),
            Facility("gate", ranks[0], ("guard",)),
        ),
        systems=(
            Accredited("net", ranks[0], None),
            *(Accredited(f"net{n}", ranks[-1], u) for n, u in enumerate(until)),
        ),
        contractors=(
            Accredited(f"{slug}-firm-good", ranks[0], chance.choice([None, Day.parse("2090-01-01")])),
            Accredited(f"{slug}-firm-low", ranks[-1]),
            Accredited(f"{slug}-firm-late", ranks[0], chance.choice(until[1:])),
        ),
        domestic=rules,
        marks=party.marks or (Mark("S", "SECRET"),),
    )


def opened(dossier: Dossier, chance: Random) -> Dossier:
    """The dossier with the consent of every party to all that is passed on: what refuses it is something else, such as
    a domestic rule that each party has."""
    name, parties = "usa-kor-1987", tuple(dossier.parties)
    record = dossier.record(name)
    given = tuple(
        act(f"all-{topic}", "consent", parties, "2017-01-01T00:00Z", topic=topic, to=parties)
        for topic in ("defence", "defences", "trade")
    )
    records = {**dossier.records, name: replace(record, instruments=(*record.instruments, *given))}
    narrow: list[dict[str, Any]] = [
        {"ranks": ("SECRET",)},
        {"ranks": ("CONFIDENTIAL", "TOP SECRET")},
        {"topics": ("defence/dprk",)},
        {"purposes": ("missile-warning",)},
        {"to": ("USA", "JPN")},
        {"acts": ("forward", "release", "use")},
    ]
    rules = {name: DomesticRule("own", "National act, 9", "not that", **chance.choice(narrow)) for name in parties}
    ruled = {name: replace(party, domestic=(rules[name],)) for name, party in dossier.parties.items()}
    return replace(dossier, records=records, parties=ruled)


def _acts(dossier: Dossier, parties: Sequence[str], chance: Random) -> Iterator[Instrument]:
    """Consents and a designation, some of them withdrawn."""
    others = [*parties, "FRA", "USA", f"{parties[0].lower()}-firm-good", "analyst", "watch-office"]
    for number in range(chance.choice([1, 2, 4])):
        by, given = chance.choice(list(parties)), f"201{chance.choice([7, 8, 9])}-05-01T00:00Z"
        about: dict[str, Any] = (
            {"topic": chance.choice(["defence", "defence/dprk", "trade"])}
            if chance.random() < 0.7
            else {"item": f"item-{chance.randrange(12)}"}
        )
        until = chance.choice([None, None, Day.parse("2019-11-23"), at("2030-01-01T00:00Z")])
        purpose = chance.choice(["", "", "training", "study"])
        to = tuple(chance.sample(others, 3))
        yield act(f"x{number}", "consent", (by,), given, to=to, until=until, purpose=purpose, **about)
        if chance.random() < 0.2:
            yield act(f"y{number}", "withdrawal", (by,), "2019-11-18T00:00Z", targets=[f"x{number}"])
    yield act("z", "designation", (chance.choice(list(parties)),), "2018-01-01T00:00Z", authority="watch-office")


def random_dossier(chance: Random, *, varied: bool = True) -> Dossier:
    """Northeast Asia with its texts `varied` clause by clause, and a second text between two of its parties."""
    base = northeast_asia(record=chance.choice([RECORD_2016, RECORD_2016, (SIGNED, NOTIFIED, NOTICE), (SIGNED,)]))
    texts = {name: versions[0] for name, versions in base.agreements.items()}
    for name, text in texts.items():
        if varied and not text.mediates:
            texts[name] = _varied(text, chance)
    records = dict(base.records)
    if chance.random() < 0.5:
        like = texts["usa-jpn-2007"]
        second = replace(_varied(like, chance) if varied else like, id="usa-jpn-more", levels=_treating())
        texts[second.id] = second
        records[second.id] = replace(records["usa-jpn-2007"], agreement=second.id)
    return replace(base, agreements={name: (text,) for name, text in texts.items()}, records=records)


def _treating() -> Levels:
    """A table whose middle row Japan lacks: it treats it as the one above."""
    return Levels(
        "L",
        (
            RankRow("TOP SECRET", {"USA": ("TOP SECRET",), "JPN": ("機密",)}),
            RankRow("SECRET", {"USA": ("SECRET",)}, {"JPN": "TOP SECRET"}),
            RankRow("CONFIDENTIAL", {"USA": ("CONFIDENTIAL",), "JPN": ("秘", "特定秘密")}),
        ),
    )


def _shortened(text: Agreement) -> Levels | None:
    """The table without its last row but one: that rank is not releasable."""
    if text.levels is None:
        return None
    rows = text.levels.rows
    return replace(text.levels, rows=(*rows[:-2], rows[-1]))


def _varied(text: Agreement, chance: Random) -> Agreement:
    persons = replace(
        text.persons,
        clearance=chance.choice(["7", "7", None]),
        need_to_know=chance.choice(["7(2)", "7(2)", None]),
        facility=chance.choice(["6(e)", "6(e)", None]),
        assurance=chance.choice(["7(5)", None, None]),
        clearance_from=chance.choice([None, None, "SECRET"]),
        nationality=chance.choice([None, "7(9)"]),
        system=chance.choice(["12", None]),
    )
    rules = [
        ThirdParty("6(a)", "originator-consent"),
        ThirdParty("6(a)", "originator-consent"),
        ThirdParty("6(a)", "forbidden"),
        ThirdParty("6(a)", "community"),
        ThirdParty("6(a)", "nations", ("FRA", "JPN", "USA")),
        None,
    ]
    purposes = [text.purpose, text.purpose, Purpose("P", "any"), Purpose("P", "only", ("training", "study")), None]
    return replace(
        text,
        persons=persons,
        levels=likely(chance, text.levels, [_shortened(text)], 0.5),
        third_party=chance.choice(rules),
        purpose=chance.choice(purposes),
        scope=chance.choice([text.scope, Scope("S", ("defence/dprk", "trade"))]),
        survival=chance.choice([text.survival, Survival("V", "none")]),
    )


def universe(world: World, chance: Random) -> tuple[list[Item], list[Person]]:
    """The items and persons that requests to a world are about."""
    dossier, parties = world.dossier, list(world.dossier.parties)
    scopes = [topic for versions in dossier.agreements.values() for topic in versions[0].scope.topics]
    items = list(dossier.items.values())[:6]
    for number in range(24):
        origin = chance.choice(parties)
        topic = likely(chance, chance.choice(scopes), TOPICS)
        items.append(
            Item(
                f"item-{number}",
                "an item",
                origin,
                chance.choice(dossier.parties[origin].marks).mark,
                likely(chance, topic, [f"{topic}/part", *TOPICS]),
                likely(chance, "missile-warning", PURPOSES),
                Caveats(
                    rel_to=likely(chance, None, [tuple(chance.sample([*parties, "FRA"], 2)), tuple(parties), ()], 0.75),
                    orcon=chance.random() < 0.2,
                    no_contractor=chance.random() < 0.2,
                    eyes=likely(chance, None, [("analyst",), ("guard", "analyst"), ()], 0.8),
                ),
            )
        )
    if world.opened:
        items = [likely(chance, replace(item, caveats=Caveats()), [item]) for item in items]
    return items, [_person(world, scopes, chance) for _ in range(24)]


def _person(world: World, scopes: Sequence[str], chance: Random) -> Person:
    party = chance.choice(list(world.dossier.parties))
    ranks = world.dossier.parties[party].ranks() or RANKS
    until: list[Bound | None] = [*(Day.parse(day) for day in DAYS), world.at, world.at.plus(1)]
    given = Assurance(
        likely(chance, party, [*world.dossier.parties]),
        likely(chance, world.at, [world.at.plus(1), world.at.plus(-1)], 0.5),
        *(chance.random() < 0.92 for _ in range(3)),
    )
    return Person(
        likely(chance, "analyst", ["guard", "clerk"]),
        party,
        likely(chance, party, ["", "FRA", "DEU"]),
        likely(chance, ranks[0], [None, *ranks, *RANKS], 0.6),
        likely(chance, None, until, 0.6),
        likely(chance, tuple(scopes), [(), ("defence/dprk",), ("trade", "defence/maritime")]),
        likely(chance, "hq", ["", "annex", "gate", "nowhere"]),
        likely(chance, given, [None], 0.7),
    )


def requests(world: World, chance: Random) -> list[Request]:
    """What is asked of one world; most items go from their originator to a party with which it has an agreement."""
    if world.seed is not None:
        return drawn.random_requests(
            world.seed,
            world.dossier,
            world.count,
            start=world.at,
            end=world.at.plus(1),
            reading=world.reading,
            known_by=world.known_by,
        )
    items, persons = universe(world, chance)
    bodies = [firm.id for party in world.dossier.parties.values() for firm in party.contractors]
    if any(one.authority for record in world.dossier.records.values() for one in record.known(world.known_by)):
        bodies.append("watch-office")
    return [_request(world, items, persons, bodies, chance) for _ in range(world.count)]


def _request(
    world: World, items: Sequence[Item], persons: Sequence[Person], bodies: Sequence[str], chance: Random
) -> Request:
    dossier, item = world.dossier, chance.choice(items)
    parties = list(dossier.parties)
    sender = likely(chance, item.originator, parties, 0.3 if world.opened else 0.75)
    direct = [v[0].parties for v in dossier.agreements.values() if not v[0].mediates and sender in v[0].parties]
    partners = [party for members in direct for party in members if party != sender] or parties
    to = likely(chance, chance.choice(partners), [*parties, "FRA"], 0.85)
    own = [person for person in persons if person.party == to] or persons
    firms = [one for one in bodies if one.startswith(f"{to.lower()}-")] or list(bodies)
    recipient = likely(chance, to, [*firms, *firms, *bodies, to], 0.5)
    if recipient == "watch-office" and not _designated(world):
        recipient = to
    return Request(
        act=chance.choice(ACTS),
        item=item,
        sender=sender,
        recipient=recipient,
        at=world.at,
        purpose=likely(chance, None, PURPOSES, 0.8),
        person=likely(chance, None, own, 0.8 if world.opened else 0.35),
        system=likely(chance, None, ["net", "net0", "net1", "net3", "nowhere"], 0.75),
        reading=world.reading,
        known_by=world.known_by,
    )


def _designated(world: World) -> bool:
    """Whether the watch office is anybody's authority then."""
    return any(
        one.kind == "designation" and one.at.instant <= world.at
        for record in world.dossier.records.values()
        for one in record.known(world.known_by)
    )
