"""Requests of chance to a dossier, aimed so that permits, consents and the failure of each check all occur."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from relto.core.agreement import IN_FORCE, Agreement
from relto.core.decision import ACTS, Request, resolve
from relto.core.decision.request import Act
from relto.core.dossier import Accredited, Consent, Dossier, Item, Person
from relto.core.errors import InputError
from relto.core.label import Caveats, covers, covers_any
from relto.core.timeline import ETERNITY, Instant
from tests.worlds_boundaries import boundaries, ends_of, zones_of
from tests.worlds_chance import COUNTRIES, PURPOSES, TOPICS, Chance, Pools
from tests.worlds_parties import draw_caveats, random_persons

_GIVING: tuple[Act, ...] = ("release", "release", "disclose", "forward")
_HOLDING: tuple[Act, ...] = ("copy", "translate", "use")


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

    def meets(self, consent: Consent) -> bool:
        """Whether its text is in force at some instant at which `consent` is valid."""
        return any(low < consent.valid.end.ns and consent.valid.start.ns < high for low, high in self.spans)


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
        self.by_party = {name: tuple(one for one in self.persons if one.party == name) for name in dossier.parties}
        self.edges = tuple(_edges(dossier, self.pools)) or (None,)
        self.marks = {name: tuple(one.mark for one in party.marks) for name, party in dossier.parties.items()}
        self.firms: dict[str, tuple[Accredited, ...]] = {n: p.contractors for n, p in dossier.parties.items()}
        self.doubtful = frozenset(self.pools.authorities) - frozenset(self.pools.thirds)
        self.whom = self._recipients()
        self.known = frozenset(self.whom)
        self.party_of = _parties_of_bodies(dossier)
        self.plans = tuple(self._plans())
        self.cuts = self._beside(boundaries(dossier, known_by=known_by))
        self.own_ends = self._own_ends()
        self.made = 0

    def _plans(self) -> Iterator[tuple[Consent, str, _Edge]]:
        """Each consent with a recipient it names and an edge to that recipient under which it matters."""
        for consent in self.consents:
            for recipient in consent.to:
                party = self.party_of.get(recipient, recipient)
                person = recipient not in self.known
                for edge in self.edges:
                    if edge is None or not edge.meets(consent) or not (person or party in edge.text.parties):
                        continue
                    if _matters(consent, edge.text, self.dossier, nationality=person):
                        yield consent, recipient, edge

    def _recipients(self) -> tuple[str, ...]:
        firms = [firm.id for firms in self.firms.values() for firm in firms]
        return (*self.pools.names, *self.pools.names, *firms, *self.pools.authorities, *self.pools.thirds)

    def _beside(self, cuts: Iterable[Instant]) -> tuple[Instant, ...]:
        """Those within the window, each with the nanosecond before and after it."""
        return tuple(
            moved
            for one in sorted(set(cuts))
            if self.start <= one < self.end
            for moved in (one.plus(-1), one, one.plus(1))
            if self.start <= moved < self.end
        )

    def _own_ends(self) -> dict[int | str, tuple[Instant, ...]]:
        """When each person's clearance ends and assurance begins (by the identity of the value), and when each system
        and contractor ends (by id)."""
        zones = zones_of(self.dossier)
        found: dict[int | str, tuple[Instant, ...]] = {}
        for person in self.persons:
            given = (person.assurance.at,) if person.assurance is not None else ()
            found[id(person)] = self._beside((*ends_of(person.clearance_until, zones), *given))
        for party in self.dossier.parties.values():
            for site in (*party.systems, *party.contractors):
                found[site.id] = self._beside(ends_of(site.until, zones))
        return found

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
            return self._by_consent()
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

    def _by_consent(self) -> Request:
        """A request which a consent may decide: its item, its recipients, its purpose, within or about its time."""
        chance = self.chance
        if self.plans and chance.often(0.8):
            consent, recipient, edge = chance.pick(self.plans)
        else:
            consent = chance.pick(self.consents)
            recipient, edge = chance.pick(consent.to), None
        origin = chance.pick(consent.by)
        person: Person | None = None
        if recipient not in self.known:  # a person, or a nationality
            named = [one for one in self.persons if recipient in (one.id, one.nationality)]
            if edge is not None:
                named = [one for one in named if one.party in edge.text.parties] or named
            person = chance.pick(named) if named else None
            recipient = person.party if person is not None else chance.pick(self.pools.names)
        party = self.party_of.get(recipient, recipient)
        sender = origin
        if edge is not None and (origin not in edge.text.parties or (person is None and not consent.purpose)):
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

    def _made(
        self, act: Act, item: Item, sender: str, recipient: str, party: str, at: Instant, purpose: str | None = None
    ) -> Request:
        chance, person, system = self.chance, None, None
        if chance.often(0.4):
            person = chance.pick(self._people(party))
        if chance.often(0.15):
            system = self._system(party)
        for about in (id(person), system, recipient):
            ends = self.own_ends.get(about) if about is not None else None
            if ends and chance.often(0.25):
                at = chance.pick(ends)
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


def _parties_of_bodies(dossier: Dossier) -> dict[str, str]:
    """The party of each contractor and of each authority, whenever it was designated."""
    found: dict[str, str] = {}
    for record in dossier.records.values():
        found.update((one.authority, one.by[0]) for one in record.instruments if one.kind == "designation")
    for party in dossier.parties.values():
        found.update((firm.id, party.id) for firm in party.contractors)
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
    """The stretches in which `text` itself governs and is in force, as the first two parties read it."""
    first = dossier.agreements[text.id][0].parties
    phases = dossier.history(text.id, between=(first[0], first[1])).phases
    ends = (*(phase.start.ns for phase in phases[1:]), ETERNITY.ns)
    return tuple(
        (phase.start.ns, end)
        for phase, end in zip(phases, ends, strict=True)
        if phase.state in IN_FORCE and phase.text is text
    )
