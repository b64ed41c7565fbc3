"""One search over agreements, own items, what is held, the chronicle, persons, facilities, contractors, visits and the
evidence, for those who may see each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from relto.core.dossier import Dossier, Party
from relto.core.errors import NotFound
from relto.node.inclusion import leaf_in
from relto.serve.console.agreements import said_in, speaks_of
from relto.serve.console.page import Page
from relto.serve.console.visiting import Visit
from relto.serve.console.visits import calls
from relto.serve.console.visits import speaks_of as visit_speaks_of

_MOST = 20
Row = tuple[str, str, str, str]
"""Where it leads, its text, a note, and the language of the text; empty: not known, or none."""


def search(visit: Visit) -> Page:
    """What is found, by where it stands: a link, its text, a note."""
    wanted = visit.asked("q").strip()
    say, key, dossier = visit.tongue.say, wanted.casefold(), visit.dossier()
    places: list[tuple[str, bool, Callable[[], Iterable[Row]]]] = [
        (say("Agreements"), visit.may("see-agreements"), lambda: _agreements(visit, dossier, key)),
        (say("Items of one's own"), visit.may("check"), lambda: _items(visit, dossier, key)),
        (say("Inbox"), visit.may("see-holdings"), lambda: _held(visit, wanted)),
        (say("Chronicle"), visit.may("see-agreements"), lambda: _chronicle(visit, dossier, key)),
        (say("Persons"), visit.may("see-holdings"), lambda: _persons(visit, dossier, key)),
        (say("Facilities"), visit.may("see-agreements"), lambda: _facilities(visit, dossier, key)),
        (say("Contractors"), visit.may("see-agreements"), lambda: _contractors(visit, dossier, key)),
        (say("Visits"), visit.may("see-holdings"), lambda: _visits(visit, key)),
        (say("Evidence"), visit.may("see-evidence"), lambda: _evidence(visit, wanted)),
    ]
    found = [(name, list(islice(find(), _MOST + 1))) for name, may, find in places if may and wanted]
    groups = [(name, rows[:_MOST], len(rows) > _MOST) for name, rows in found if rows]
    return Page("search.html", say("Search everything"), {"q": wanted, "groups": groups})


def _agreements(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for name, versions in sorted(dossier.agreements.items()):
        if key in name.casefold() or key in versions[0].title.casefold():
            yield visit.link(f"/agreements/{name}"), versions[0].title, name, "en"


def _items(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for one in dossier.items.values():
        if one.originator == visit.node.party and any(
            key in text.casefold() for text in (one.id, one.title, one.topic)
        ):
            yield visit.link("/release", item=one.id), one.title, f"{one.id} ({one.mark})", ""


def _held(visit: Visit, wanted: str) -> Iterable[Row]:
    with visit.node.store.read() as reading:
        found = visit.context.titles.search(reading, wanted, _MOST + 1)
        for one in reading.holdings_numbered(found):
            yield visit.link(f"/holdings/{one.id}"), one.received.title, f"{one.received.originator} ({one.mark})", ""


def _chronicle(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for one in reversed(dossier.chronicle):
        if one.at.instant <= visit.at and speaks_of(one, key):
            text, language, claims = said_in(visit, one)
            note = f"{visit.tongue.words.stamp(one.at)} {', '.join(one.by)}"
            if not text:
                text, language = " / ".join(says for _, says, *_ in claims), claims[0][2] if claims else ""
            yield visit.link("/chronicle", q=one.id), text, note, language


def _persons(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for one in dossier.persons.values():
        if any(key in text.casefold() for text in (one.id, one.facility, *one.need_to_know)):
            yield visit.link("/persons") + f"#{one.party}", one.id, f"{one.party} {one.clearance or ''}", ""


def _facilities(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for party in dossier.parties.values():
        for one in party.facilities:
            if key in one.id.casefold():
                yield _kept(visit, party, "facilities", one.id), one.id, f"{party.id} {one.ceiling}", ""


def _contractors(visit: Visit, dossier: Dossier, key: str) -> Iterable[Row]:
    for party in dossier.parties.values():
        for one in party.contractors:
            if key in one.id.casefold():
                yield _kept(visit, party, "contractors", one.id), one.id, f"{party.id} {one.ceiling}", ""


def _kept(visit: Visit, party: Party, where: str, name: str) -> str:
    """The page of an own facility or contractor, for who may see it; else where its party's stand."""
    if party.id == visit.node.party and visit.may("see-holdings"):
        return visit.link(f"/{where}/{name}")
    return visit.link("/persons") + f"#{party.id}"


def _visits(visit: Visit, key: str) -> Iterable[Row]:
    with visit.node.store.read() as reading:
        found = calls(reading, visit)[::-1]
    for one in found:
        if visit_speaks_of(one, key):
            asked = one.asked
            where = f"{asked.visiting} → {asked.facility} ({asked.host})"
            yield visit.link(f"/visits/{one.id}"), asked.purpose, where, ""


def _evidence(visit: Visit, wanted: str) -> Iterable[Row]:
    with visit.node.store.read() as reading:
        try:
            found = [leaf_in(reading, wanted)]
        except NotFound:
            found = list(reading.leaves(wanted))
    for leaf in found:
        yield visit.link(f"/ledger/{leaf.id}"), leaf.id, f"{visit.tongue.say(leaf.kind)}, {leaf.subject}", ""
