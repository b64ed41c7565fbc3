"""What a dossier says, as plain data, from which every peer writes its own policies.

Only data is shared: windows of time, marks, registers, consents. How a request is held against them, each peer says
in its own language. A dossier with a clause that the peers do not encode is refused here, never decided wrongly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from relto.core.agreement import IN_FORCE, Agreement, History
from relto.core.decision import Request
from relto.core.dossier import Consent, Dossier, Person
from relto.core.label import Levels
from relto.core.timeline import ETERNITY, bound_instant

NEW_ACTS: Final = ("release", "disclose", "forward")
HOLDERS_ACTS: Final = ("copy", "translate", "use")
COPYING: Final = ("copy", "translate")
NEVER: Final = ETERNITY.ns
Windows = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Site:
    """A facility of the recipient: who is on its register, and the ranks it may hold."""

    register: frozenset[str]
    ranks: frozenset[str]


@dataclass(frozen=True, slots=True)
class Edge:
    """One agreement in one direction: `provider` gives, `recipient` gets. Times in nanoseconds since 1970, half-open.

    `new`: windows for a new release, `held`: for what a holder does with what it has. `ranks`: originator -> mark ->
    the rank at which the recipient protects it. `clears`: rank -> the clearances that suffice.
    `sites` None: the text asks for no facility.
    """

    agreement: str
    zone: str
    provider: str
    recipient: str
    new: Windows
    held: Windows
    scope: tuple[str, ...]
    ranks: Mapping[str, Mapping[str, str]]
    clears: Mapping[str, frozenset[str]]
    asks_clearance: bool
    asks_need: bool
    sites: Mapping[str, Site] | None

    def windows(self, act: str) -> Windows:
        """The windows in which `act` may be done."""
        return self.held if act in HOLDERS_ACTS else self.new

    def onward(self, originator: str) -> bool:
        """Whether an item of `originator` is passed on to a third here."""
        return originator not in (self.provider, self.recipient)

    def controlled(self, originator: str, act: str) -> bool:
        """Whether the originator of an ORCON item has a say."""
        return self.onward(originator) or (act in COPYING and self.recipient != originator)


@dataclass(frozen=True, slots=True)
class Facts:
    """`edges`: by provider and recipient, where an agreement permits direct release at all."""

    edges: Mapping[tuple[str, str], Edge]
    consents: tuple[Consent, ...]
    parties: tuple[str, ...]
    zones: tuple[str, ...]

    def consents_for(self, edge: Edge, originator: str) -> tuple[Consent, ...]:
        """The consents of an originator that name the recipient."""
        return tuple(one for one in self.consents if originator in one.by and edge.recipient in one.to)

    def until(self, person: Person) -> dict[str, int]:
        """The end of a clearance by zone: a day ends in the zone of the agreement that asks."""
        end = person.clearance_until
        return {zone: NEVER if end is None else bound_instant(end, zone).ns for zone in self.zones}


def facts_of(dossier: Dossier, requests: Iterable[Request]) -> Facts:
    """Read the facts off a dossier. Raises ValueError for what the peers do not encode."""
    texts = [_checked(versions) for versions in dossier.agreements.values() if not versions[0].mediates]
    _check_rest(dossier, requests)
    edges: dict[tuple[str, str], Edge] = {}
    for text in texts:
        for way in (text.parties, text.parties[::-1]):
            provider, recipient = way
            if (provider, recipient) in edges:
                raise ValueError(f"two agreements between {provider} and {recipient}: not encoded")
            edges[provider, recipient] = _edge(dossier, text, provider, recipient)
    zones = tuple(sorted({text.zone for text in texts}))
    return Facts(edges, dossier.consents(None), tuple(sorted(dossier.parties)), zones)


def ancestors(topic: str) -> tuple[str, ...]:
    """A topic and all above it: what covers it."""
    steps = topic.split("/")
    return tuple("/".join(steps[: number + 1]) for number in range(len(steps)))


def _checked(versions: tuple[Agreement, ...]) -> Agreement:
    text = versions[0]
    known = (
        len(versions) == 1
        and len(text.parties) == 2
        and text.levels is not None
        and (text.third_party is None or text.third_party.rule == "originator-consent")
        and text.purpose is not None
        and text.purpose.rule == "as-provided"
        and (text.persons.clearance_from, text.persons.nationality, text.persons.assurance) == (None, None, None)
    )
    if not known:
        raise ValueError(f"{text.id} has a clause that the peers do not encode")
    return text


def _check_rest(dossier: Dossier, requests: Iterable[Request]) -> None:
    if any(party.domestic for party in dossier.parties.values()):
        raise ValueError("domestic rules: not encoded")
    for one in requests:
        plain = (one.system, one.reading, one.known_by) == (None, None, None) and one.recipient in dossier.parties
        if not plain or (one.person is not None and one.person.assurance is not None):
            raise ValueError(f"a request with a part that the peers do not encode: {one}")


def _edge(dossier: Dossier, text: Agreement, provider: str, recipient: str) -> Edge:
    history = dossier.history(text.id, reading=provider, between=(provider, recipient))
    lives_on = ("lapsed",) if text.survival.keep in ("all", "articles", "until-released", "while-classified") else ()
    levels, order = text.levels, dossier.rank_order(text)
    assert levels is not None
    known = {rank for ranks in order.lists for rank in ranks}
    sites = {
        site.id: Site(frozenset(site.register), frozenset(rank for rank in known if order.at_least(site.ceiling, rank)))
        for site in dossier.parties[recipient].facilities
    }
    return Edge(
        agreement=text.id,
        zone=text.zone,
        provider=provider,
        recipient=recipient,
        new=_windows(history, IN_FORCE),
        held=_windows(history, (*IN_FORCE, *lives_on)),
        scope=text.scope.topics,
        ranks={name: _ranks(dossier, levels, name, provider, recipient) for name in sorted(dossier.parties)},
        clears={rank: frozenset(one for one in known if order.at_least(one, rank)) for rank in known},
        asks_clearance=text.persons.clearance is not None,
        asks_need=text.persons.need_to_know is not None,
        sites=sites if text.persons.facility is not None else None,
    )


def _ranks(dossier: Dossier, levels: Levels, originator: str, provider: str, recipient: str) -> dict[str, str]:
    """The rank at which the recipient protects each mark of an originator; marks without an equivalent left out."""
    found: dict[str, str] = {}
    for mark in dossier.parties[originator].marks:
        own = provider == originator
        row = levels.row_of_mark(provider, mark.mark) if own else levels.row_of_rank(mark.rank)
        protected = levels.protected_as(row, recipient) if row is not None else None
        if protected is not None:
            found[mark.mark] = protected.rank
    return found


def _windows(history: History, states: Iterable[str]) -> Windows:
    """The stretches over which the state is one of `states`, each as [start, end), joined where they touch."""
    wanted, found = frozenset(states), list[tuple[int, int]]()
    ends = [phase.start.ns for phase in history.phases[1:]] + [NEVER]
    for phase, end in zip(history.phases, ends, strict=True):
        if phase.state not in wanted:
            continue
        start = phase.start.ns
        if found and found[-1][1] == start:
            start = found.pop()[0]
        found.append((start, end))
    return tuple(found)
