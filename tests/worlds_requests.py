"""Requests of chance to a dossier, aimed so that permits, consents and the failure of each check all occur; and the
instants at which the answers of a dossier may change."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from relto.core.agreement import IN_FORCE, Agreement
from relto.core.decision import ACTS, Request, resolve
from relto.core.decision.request import Act
from relto.core.dossier import Accredited, Consent, Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.label import Caveats, covers, covers_any
from relto.core.timeline import ETERNITY, GENESIS, Bound, Instant, bound_instant
from tests.worlds_chance import COUNTRIES, PURPOSES, TOPICS, Chance, Pools
from tests.worlds_parties import draw_caveats, random_persons

_GIVING: tuple[Act, ...] = ("release", "release", "disclose", "forward")
_HOLDING: tuple[Act, ...] = ("copy", "translate", "use")


def boundaries(dossier: Dossier, *, known_by: Instant | None = None) -> list[Instant]:
    """Every instant at which an answer of the dossier may change, persons apart; sorted, each once.

    Phases of every pair under every reading, consents, designations, ends of systems and contractors in every zone.
    """
    found: set[Instant] = set()
    for name, versions in dossier.agreements.items():
        members = versions[0].parties
        readings = _readings(versions)
        for pair in itertools.combinations(members, 2):
            for reading in readings:
                history = dossier.history(name, reading=reading, known_by=known_by, between=pair)
                found.update(phase.start for phase in history.phases)
    for consent in dossier.consents(known_by):
        found |= {consent.valid.start, consent.valid.end}
    for record in dossier.records.values():
        known = record.known(known_by)
        named = {one.id for one in known if one.kind == "designation"}
        for one in known:
            if one.kind == "designation" or (one.kind == "withdrawal" and not named.isdisjoint(one.targets)):
                found.add(one.at.instant)
    zones = _zones(dossier)
    for party in dossier.parties.values():
        for site in (*party.systems, *party.contractors):
            found.update(_ends(site.until, zones))
    return sorted(found - {GENESIS, ETERNITY})


def _readings(versions: Sequence[Agreement]) -> tuple[str, ...]:
    """One party for each way in which the texts can be read."""
    by_sense = {tuple(text.reading_of(party) for text in versions): party for party in versions[0].parties}
    return tuple(by_sense.values())


def _zones(dossier: Dossier) -> tuple[str, ...]:
    return tuple(sorted({text.zone for versions in dossier.agreements.values() for text in versions}))


def _ends(bound: Bound | None, zones: Sequence[str]) -> Iterator[Instant]:
    if bound is not None:
        yield from (bound_instant(bound, zone) for zone in zones)


def random_requests(
    seed: int,
    dossier: Dossier,
    n: int,
    *,
    start: Instant,
    end: Instant,
    reading: str | None = None,
    known_by: Instant | None = None,
) -> list[Request]:
    """`n` requests at instants in [start, end), half of them at a boundary of the dossier or a person, or 1 ns beside.

    A recipient that is an authority nobody has designated then is left out: see `undesignated_requests`.
    """
    maker = _RequestMaker(seed, dossier, start, end, reading, known_by)
    found: list[Request] = []
    while len(found) < n:
        request = maker.request()
        if request.recipient not in maker.doubtful or maker.resolves(request):
            found.append(request)
    return found


def undesignated_requests(seed: int, dossier: Dossier, n: int, *, start: Instant, end: Instant) -> list[Request]:
    """`n` requests for which InputError is raised: an unknown recipient or sender, or an authority of nobody's then."""
    maker = _RequestMaker(seed, dossier, start, end, None, None)
    found: list[Request] = []
    while len(found) < n:
        request = maker.request()
        kind = maker.chance.roll()
        if kind < 0.7 and maker.doubtful:
            request = replace(request, recipient=maker.chance.pick(sorted(maker.doubtful)))
        elif kind < 0.9:
            request = replace(request, recipient="nowhere-1")
        else:
            request = replace(request, sender=maker.chance.pick(maker.pools.thirds))
        if not maker.resolves(request) or request.sender not in dossier.parties:
            found.append(request)
    return found


@dataclass(frozen=True, slots=True)
class _Edge:
    """A text that allows direct release, with what an item must be to pass under it; `spans`: where it is in force."""

    text: Agreement
    spans: tuple[tuple[int, int], ...]
    topics: tuple[str, ...]
    marks: dict[str, tuple[str, ...]]


class _RequestMaker:
    def __init__(
        self,
        seed: int,
        dossier: Dossier,
        start: Instant,
        end: Instant,
        reading: str | None,
        known_by: Instant | None,
    ) -> None:
        self.chance, self.dossier = Chance(seed, 4), dossier
        self.start, self.end, self.reading, self.known_by = start, end, reading, known_by
        self.persons = random_persons(seed, dossier)
        self.pools = _pools_of(dossier)
        self.consents = tuple(one for one in dossier.consents(known_by) if one.valid.start < one.valid.end)
        self.items = tuple(dossier.items.values())
        self.by_party = {
            name: tuple(one for one in self.persons if one.party == name) for name in dossier.parties
        }
        self.edges = tuple(_edges(dossier, self.pools)) or (None,)
        self.marks = {name: tuple(one.mark for one in party.marks) for name, party in dossier.parties.items()}
        self.firms: dict[str, tuple[Accredited, ...]] = {n: p.contractors for n, p in dossier.parties.items()}
        self.doubtful = frozenset(self.pools.authorities) - frozenset(self.pools.thirds)
        self.whom = self._recipients()
        self.known = frozenset(self.whom)
        self.suited: dict[tuple[str, str, str, bool], tuple[_Edge, ...]] = {}
        self.cuts = self._cuts()
        self.made = 0

    def _recipients(self) -> tuple[str, ...]:
        firms = [firm.id for firms in self.firms.values() for firm in firms]
        return (*self.pools.names, *self.pools.names, *firms, *self.pools.authorities, *self.pools.thirds)

    def _cuts(self) -> tuple[Instant, ...]:
        """Boundaries within the window, those of persons too, each with the nanosecond before and after it."""
        zones = _zones(self.dossier)
        found = set(boundaries(self.dossier, known_by=self.known_by))
        for person in self.persons:
            found.update(_ends(person.clearance_until, zones))
            if person.assurance is not None:
                found.add(person.assurance.at)
        return tuple(
            moved
            for one in sorted(found)
            if self.start <= one < self.end
            for moved in (one.plus(-1), one, one.plus(1))
            if self.start <= moved < self.end
        )

    def resolves(self, request: Request) -> bool:
        """Whether its recipient is anyone then."""
        try:
            resolve(self.dossier, request.recipient, request.at, request.known_by)
        except InputError:
            return False
        return True

    def request(self) -> Request:
        """One request, by one of four ways to aim it."""
        chance, kind = self.chance, self.chance.roll()
        if kind < 0.26 and self.consents:
            return self._by_consent(chance.pick(self.consents))
        edge = chance.pick(self.edges)
        if edge is None or kind > 0.9:
            return self._anything()
        if kind < 0.5:
            sender, party = chance.some(edge.text.parties, 2, 2)
            origin, acts = sender, _GIVING if chance.often(0.9) else ACTS
        elif kind < 0.76:
            sender, party = chance.some(edge.text.parties, 2, 2)
            others = edge.text.parties if len(edge.text.parties) > 2 and chance.often(0.4) else self.pools.names
            origin, acts = chance.pick(others), _GIVING
        else:
            origin, sender = chance.some(edge.text.parties, 2, 2)
            party, acts = (sender if chance.often(0.8) else origin), _HOLDING
        recipient = party
        if chance.often(0.15) and self.firms[party]:
            recipient = chance.pick(self.firms[party]).id
        elif chance.often(0.05):
            recipient = chance.pick(self.whom)
        return self._made(chance.pick(acts), self._item(origin, edge), sender, recipient, party, self._instant())

    def _anything(self) -> Request:
        """Each part by chance."""
        chance = self.chance
        sender, recipient = chance.pick(self.pools.names), chance.pick(self.whom)
        origin = chance.pick(self.pools.names)
        if chance.often(0.05):  # an item of someone that no file describes, or with a mark that nobody has
            origin = chance.pick(self.pools.thirds)
        item = self._item(origin, None)
        return self._made(chance.pick(ACTS), item, sender, recipient, sender, self._instant())

    def _by_consent(self, consent: Consent) -> Request:
        """A request which `consent` may decide: its item, its recipients, its purpose, within or about its time."""
        chance = self.chance
        origin, recipient = chance.pick(consent.by), chance.pick(consent.to)
        person: Person | None = None
        if recipient not in self.known:  # a person, or a nationality
            named = [one for one in self.persons if recipient in (one.id, one.nationality)]
            person = chance.pick(named) if named else None
            recipient = person.party if person is not None else chance.pick(self.pools.names)
        party = self._party_of(recipient)
        edges = self._edges_for(consent, party, nationality=person is not None)
        edge = chance.pick(edges) if edges else None
        sender = origin
        if edge is not None and person is None and (not consent.purpose or origin not in edge.text.parties):
            others = [one for one in edge.text.parties if one not in (origin, party)]
            sender = chance.pick(others) if others else origin
        item = self._item_for(consent, origin, edge)
        at = self._instant()
        if chance.often(0.6):
            at = self._within(consent, edge) or at
        acts: tuple[Act, ...] = ("copy", "translate") if item.caveats.orcon and sender == origin else _GIVING
        purpose = consent.purpose or None
        if person is not None or chance.often(0.8):
            return Request(
                chance.pick(acts), item, sender, recipient, at, purpose, person, None, self.reading, self.known_by
            )
        return self._made(chance.pick(acts), item, sender, recipient, party, at, purpose)

    def _within(self, consent: Consent, edge: _Edge | None) -> Instant | None:
        """An instant in the window at which `consent` is valid and, if it can be, the edge's text is in force."""
        chance = self.chance
        low, high = max(consent.valid.start.ns, self.start.ns), min(consent.valid.end.ns, self.end.ns)
        if edge is not None:
            spans = [(max(low, one[0]), min(high, one[1])) for one in edge.spans]
            low, high = next((one for one in spans if one[0] < one[1]), (low, high))
        return Instant(low + int(chance.roll() * (high - low))) if low < high else None

    def _edges_for(self, consent: Consent, party: str, *, nationality: bool) -> tuple[_Edge, ...]:
        """The edges to `party` under which `consent` matters, if any; else all to it."""
        key = (consent.record, consent.id, party, nationality)
        found = self.suited.get(key)
        if found is None:
            to_it = [one for one in self.edges if one is not None and party in one.text.parties]
            suited = [one for one in to_it if _matters(consent, one.text, self.dossier, nationality=nationality)]
            suited = [one for one in suited if one.spans] or suited
            found = self.suited[key] = tuple(suited or to_it)
        return found

    def _item_for(self, consent: Consent, origin: str, edge: _Edge | None) -> Item:
        """The very item of `consent`, or a new one under its topic; some of those new ones are the originator's own."""
        chance = self.chance
        known = self.dossier.items.get(consent.item)
        if known is not None and chance.often(0.9):
            return known
        item = self._item(origin, edge)
        if chance.often(0.15):
            return item
        scope = edge.text.scope.topics if edge is not None else self.pools.topics
        below = [one for one in self.pools.topics if consent.topic and covers(consent.topic, one)]
        topics = [one for one in below if covers_any(scope, one)] or below or [item.topic]
        caveats = Caveats(orcon=chance.often(0.3)) if chance.often(0.8) else item.caveats
        return replace(item, topic=chance.pick(topics), caveats=caveats)

    def _party_of(self, recipient: str) -> str:
        for name, firms in self.firms.items():
            if any(firm.id == recipient for firm in firms):
                return name
        return recipient

    def _made(
        self, act: Act, item: Item, sender: str, recipient: str, party: str, at: Instant, purpose: str | None = None
    ) -> Request:
        chance, person, system = self.chance, None, None
        if chance.often(0.4):
            person = chance.pick(self._people(party))
        if chance.often(0.15):
            system = self._system(party)
        if purpose is None and chance.often(0.3):
            purpose = item.purpose if chance.often(0.3) else chance.pick(self.pools.purposes)
        return Request(act, item, sender, recipient, at, purpose, person, system, self.reading, self.known_by)

    def _people(self, party: str) -> Sequence[Person]:
        own = self.by_party.get(party)
        return own if own and self.chance.often(0.85) else self.persons

    def _system(self, party: str) -> str:
        chance = self.chance
        found = self.dossier.parties.get(party) if chance.often(0.85) else None
        if found is None:
            found = self.dossier.parties[chance.pick(self.pools.names)]
        return chance.pick(found.systems).id if found.systems and chance.often(0.9) else "no-such-net"

    def _instant(self) -> Instant:
        if self.cuts and self.chance.often(0.5):
            return self.chance.pick(self.cuts)
        return Instant(self.start.ns + int(self.chance.roll() * (self.end.ns - self.start.ns)))

    def _item(self, origin: str, edge: _Edge | None) -> Item:
        """An item of `origin`: one of the dossier's, or a new one that fits the edge, or a new one of chance."""
        chance = self.chance
        if chance.often(0.15) and self.items:
            known = chance.pick(self.items)
            if known.originator == origin or chance.often(0.2):
                return known
        self.made += 1
        marks = self.marks.get(origin, ("SECRET",))
        topics: Sequence[str] = self.pools.topics
        if edge is not None and chance.often(0.88):
            marks, topics = edge.marks.get(origin) or marks, edge.topics
        mark = chance.pick(marks) if chance.often(0.99) else "no such mark"
        caveats = Caveats() if chance.often(0.55) else self._caveats()
        name = f"new-{self.made}"
        return Item(name, name, origin, mark, chance.pick(topics), chance.pick(self.pools.purposes), caveats)

    def _caveats(self) -> Caveats:
        found = draw_caveats(self.chance, self.pools)
        if found.rel_to is not None and self.chance.often(0.1):  # a body named beside the parties
            return replace(found, rel_to=(*found.rel_to, self.chance.pick(self.whom)))
        return found


def _matters(consent: Consent, text: Agreement, dossier: Dossier, *, nationality: bool) -> bool:
    """Whether `text` has a rule that such a consent may satisfy, for its topic."""
    item = dossier.items.get(consent.item)
    topics = (item.topic,) if item is not None else (consent.topic, *text.scope.topics)
    if not any(covers_any(text.scope.topics, one) and consent.covers_item(consent.item, one) for one in topics):
        return False
    if nationality:
        return text.persons.nationality is not None
    if consent.purpose:
        return text.purpose is not None and text.purpose.rule == "as-provided"
    return text.third_party is None or text.third_party.rule == "originator-consent"


def _pools_of(dossier: Dossier) -> Pools:
    """What requests are drawn from: all that the dossier names, and a little more."""
    texts = [text for versions in dossier.agreements.values() for text in versions]
    acts = [one for record in dossier.records.values() for one in record.instruments]
    purposes = {*PURPOSES, *(purpose for text in texts if text.purpose for purpose in text.purpose.only)}
    topics = {*TOPICS, "weather", *(topic for text in texts for topic in text.scope.topics)}
    topics |= {one.topic for one in acts if one.topic}
    named = {who for text in texts if text.third_party for who in text.third_party.nations}
    named |= {who for one in acts for who in one.to} & {*COUNTRIES}
    thirds = tuple(sorted(named - set(dossier.parties))) or ("CHE",)
    authorities = {one.authority for one in acts if one.kind == "designation"}
    return Pools(
        tuple(dossier.parties), thirds, tuple(sorted(topics)), tuple(sorted(purposes)), tuple(sorted(authorities))
    )


def _edges(dossier: Dossier, pools: Pools) -> Iterator[_Edge]:
    """The direct texts. An originator that is no party to one marks its items at the ranks of the rows."""
    for versions in dossier.agreements.values():
        for text in versions:
            if versions[0].mediates or text.levels is None:
                continue
            topics = tuple(one for one in pools.topics if any(one.startswith(broad) for broad in text.scope.topics))
            ranks = {row.rank for row in text.levels.rows}
            marks: dict[str, tuple[str, ...]] = {}
            for name, party in dossier.parties.items():
                rows = [mark for row in text.levels.rows for mark in row.marks.get(name, ())]
                marks[name] = tuple(rows or [one.mark for one in party.marks if one.rank in ranks])
            yield _Edge(text, _spans(dossier, text), topics, marks)


def _spans(dossier: Dossier, text: Agreement) -> tuple[tuple[int, int], ...]:
    """The stretches in which `text` itself governs and is in force, as its first two parties read it."""
    phases = dossier.history(text.id, between=(text.parties[0], text.parties[1])).phases
    ends = (*(phase.start.ns for phase in phases[1:]), ETERNITY.ns)
    return tuple(
        (phase.start.ns, end)
        for phase, end in zip(phases, ends, strict=True)
        if phase.state in IN_FORCE and phase.text is text
    )


