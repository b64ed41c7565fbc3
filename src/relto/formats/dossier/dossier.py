"""A whole dossier from its files: each read, then held against the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

from relto.core.agreement import Agreement, Record, check_record
from relto.core.dossier import ChronicleEntry, Dossier, Item, Party, Person
from relto.core.errors import Contradiction, InputError, Position
from relto.core.label import STANDARD_RANKS, is_code, is_country
from relto.formats.dossier.agreement import read_agreement
from relto.formats.dossier.chronicle import read_chronicle
from relto.formats.dossier.fields import suggestion
from relto.formats.dossier.item import read_items
from relto.formats.dossier.nodes import Source
from relto.formats.dossier.party import read_party, read_person
from relto.formats.dossier.record import open_record, read_record

FOLDERS = ("agreements", "records", "parties", "items", "chronicle", "persons")


def read_dossier(files: Mapping[str, bytes], root: str = "") -> Dossier:
    """The dossier in `files` (relative name -> bytes); `root` stands before the names in errors.

    Raises InputError at the first fault, with file, line and column. What lies in other folders is ignored.
    """
    reading = _Reading(root)
    for name, data in _in(files, "parties"):
        reading.party(name, data)
    for name, data in _in(files, "agreements"):
        reading.agreement(name, data)
    for folder, found in (("agreements", reading.texts), ("parties", reading.parties)):
        if not found:
            raise InputError(
                f"no {folder} in the dossier",
                where=Position(root or folder),
                remedy=f"add `{folder}/ID.yaml`, or name another folder by --dossier",
            )
    reading.check_agreements()
    for name, data in _in(files, "records"):
        reading.record(name, data)
    for name, data in _in(files, "items"):
        reading.items_of(name, data)
    for name, data in _in(files, "chronicle"):
        reading.chronicle_of(name, data)
    return reading.with_persons(_in(files, "persons"))


def _in(files: Mapping[str, bytes], folder: str) -> Iterator[tuple[str, bytes]]:
    for name in sorted(files):
        first, _, rest = name.partition("/")
        if first == folder and rest.endswith((".yaml", ".yml")):
            yield name, files[name]


@dataclass
class _Reading:
    root: str
    parties: dict[str, Party] = field(default_factory=dict)
    texts: dict[str, dict[int, Agreement]] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    items: dict[str, Item] = field(default_factory=dict)
    entries: dict[str, ChronicleEntry] = field(default_factory=dict)
    where: dict[tuple[str, str], Position] = field(default_factory=dict)
    places: dict[tuple[str, str], Position] = field(default_factory=dict)
    sources: dict[tuple[str, str], Source] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        return f"{self.root}/{name}" if self.root else name

    def party(self, name: str, data: bytes) -> None:
        party = read_party(self.shown(name), data)
        self.once("party", party.id, Position(self.shown(name), 1, 1))
        self.must_be_named(name, party.id)
        self.parties[party.id] = party
        self.sources["party", party.id] = Source(self.shown(name), data)

    def agreement(self, name: str, data: bytes) -> None:
        text, articles = read_agreement(self.shown(name), data)
        stem = text.id if text.version == 1 else f"{text.id}@{text.version}"
        self.once("agreement", stem, Position(self.shown(name), 1, 1))
        self.must_be_named(name, stem)
        self.texts.setdefault(text.id, {})[text.version] = text
        self.sources["agreement", stem] = Source(self.shown(name), data)
        for article, place in articles.items():
            self.where.setdefault((text.id, article), place)

    def once(self, what: str, identifier: str, place: Position) -> None:
        first = self.places.get((what, identifier))
        if first is not None:
            raise InputError(
                f"the {what} `{identifier}` again (first at {first})", where=place, remedy="give each its own id"
            )
        self.places[(what, identifier)] = place
        if what in ("item", "party"):
            self.where[(what, identifier)] = place

    def must_be_named(self, name: str, stem: str) -> None:
        base = name.rpartition("/")[2].rpartition(".")[0]
        if base != stem:
            raise InputError(
                f"the id in the file is `{stem}`, its name says `{base}`",
                where=Position(self.shown(name), 1, 1),
                remedy=f"name the file `{stem}.yaml` or correct the id",
            )

    def versions(self, agreement: str) -> tuple[Agreement, ...]:
        return tuple(text for _, text in sorted(self.texts[agreement].items()))

    def check_agreements(self) -> None:
        for identifier in self.texts:
            for number, text in enumerate(self.versions(identifier), start=1):
                stem = identifier if text.version == 1 else f"{identifier}@{text.version}"
                source = self.sources["agreement", stem]
                if text.version != number:
                    where = source.place("version")
                    raise InputError(f"version {number} of `{identifier}` is missing", where=where, remedy="add it")
                check_text(text, self.parties, self.texts, source)
        bases = {
            identifier: dict.fromkeys(name for text in versions.values() for name in text.basis)
            for identifier, versions in self.texts.items()
        }
        settled: set[str] = set()
        for identifier in bases:
            self.check_basis(identifier, bases, settled)

    def check_basis(self, identifier: str, bases: Mapping[str, Iterable[str]], settled: set[str]) -> None:
        """Refuse a text that rests, by whatever way round, on itself. `settled`: those that are known not to."""
        chain: dict[str, Iterator[str]] = {identifier: iter(bases[identifier])}
        while chain:
            last, rest = next(reversed(chain.items()))
            other = next((name for name in rest if name not in settled), None)
            if other is None:
                settled.add(last)
                del chain[last]
            elif other in chain:
                stem = next(
                    last if number == 1 else f"{last}@{number}"
                    for number, text in sorted(self.texts[last].items())
                    if other in text.basis
                )
                raise InputError(
                    f"`{other}` rests on itself by way of `{last}`",
                    where=self.sources["agreement", stem].place(other, "basis"),
                    remedy="let one of them rest on other agreements",
                )
            else:
                chain[other] = iter(bases[other])

    def record(self, name: str, data: bytes) -> None:
        opened = open_record(self.shown(name), data)
        if opened.agreement not in self.texts:
            raise InputError(
                f"a record of an agreement `{opened.agreement}` that is not in the dossier",
                where=opened.where,
                remedy=f"use {suggestion(opened.agreement, self.texts)}",
            )
        self.once("record", opened.agreement, opened.where)
        versions = self.versions(opened.agreement)
        record, places = read_record(opened, versions[0])
        try:
            check_record(versions, record)
        except Contradiction as error:
            raise Contradiction(
                error.message,
                subject=error.subject,
                where=places.get(error.subject),
                remedy=error.remedy,
                article=error.article,
            ) from error
        source = Source(self.shown(name), data)
        for one in record.instruments:
            if one.kind == "consent":
                self.known_parties(one.by, places[one.id])
                known_or_body(one.to, self.parties, lambda name: source.place(name, "instruments", "to"))
            self.where[(opened.agreement, one.id)] = places[one.id]
        self.records[opened.agreement] = record

    def known_parties(self, parties: tuple[str, ...], place: Position) -> None:
        for party in parties:
            if party not in self.parties:
                raise unknown_party(party, self.parties, place)

    def items_of(self, name: str, data: bytes) -> None:
        for item, place in read_items(self.shown(name), data):
            self.once("item", item.id, place)
            check_item(item, self.parties, Source(self.shown(name), data, place))
            self.items[item.id] = item

    def chronicle_of(self, name: str, data: bytes) -> None:
        source = Source(self.shown(name), data)
        zones = {identifier: self.versions(identifier)[0].zone for identifier in self.texts}
        for entry, place in read_chronicle(self.shown(name), data, zones):
            self.once("entry", entry.id, place)
            people = (*entry.by, *(claim.by for claim in entry.claims))
            known_or_country(people, self.parties, lambda name: source.place(name, "entries", "by"))
            for subject in entry.about:
                if subject not in self.parties and subject not in self.texts and not is_country(subject, self.parties):
                    known = [*self.parties, *self.texts]
                    raise InputError(
                        f"the entry `{entry.id}` is about `{subject}`, which is nothing in the dossier",
                        where=source.place(subject, "entries", "about"),
                        remedy=f"use {suggestion(subject, known)}",
                    )
            self.entries[entry.id] = entry
            self.sources["entry", entry.id] = source

    def check_entries(self) -> None:
        """What an entry makes its condition, or ended, is a measure."""
        measures = [one.id for one in self.entries.values() if one.kind == "measure"]
        for entry in self.entries.values():
            for key, names in (("needs", entry.needs), ("ends", entry.ends)):
                for name in names:
                    if name not in measures:
                        raise InputError(
                            f"the entry `{entry.id}` {key} `{name}`, which is no measure of the chronicle",
                            where=self.sources["entry", entry.id].place(name, "entries", key),
                            remedy=f"use {suggestion(name, measures)}",
                        )

    def with_persons(self, files: Iterable[tuple[str, bytes]]) -> Dossier:
        """The dossier with its persons, each held against it and once there."""
        found, persons = self.dossier(), dict[str, Person]()
        for name, data in files:
            person = read_person(self.shown(name), data)
            source = Source(self.shown(name), data)
            self.once("person", person.id, Position(self.shown(name), 1, 1))
            check_person(person, found, source)
            persons[person.id] = person
        return replace(found, persons=dict(sorted(persons.items())))

    def dossier(self) -> Dossier:
        known = known_ranks(self.texts, self.parties)
        for party in self.parties.values():
            facilities = [("facility", "facilities", one) for one in party.facilities]
            systems = [("system", "systems", one) for one in party.systems]
            for what, key, site in facilities + systems + [("contractor", "contractors", s) for s in party.contractors]:
                if site.ceiling not in known:
                    raise InputError(
                        f"the {what} `{site.id}` has the unknown rank `{site.ceiling[:60]}` as its ceiling",
                        where=self.sources["party", party.id].place(site.ceiling, key, "ceiling"),
                        remedy=f"use {suggestion(site.ceiling, sorted(known))}",
                    )
            for rule in party.domestic:
                source = self.sources["party", party.id]
                known_or_body(rule.to, self.parties, partial(source.place, key="domestic", under="to"))
                for rank in rule.ranks:
                    if rank not in known:
                        raise InputError(
                            f"the domestic rule `{rule.id}` names the unknown rank `{rank[:60]}`",
                            where=self.sources["party", party.id].place(rank, "domestic", "ranks"),
                            remedy=f"use {suggestion(rank, sorted(known))}",
                        )
            for rank in party.two_person.ranks if party.two_person else ():
                if rank not in known:
                    raise InputError(
                        f"the rule of two persons names the unknown rank `{rank[:60]}`",
                        where=self.sources["party", party.id].place(rank, "two_person", "ranks"),
                        remedy=f"use {suggestion(rank, sorted(known))}",
                    )
        self.check_entries()
        order = sorted(self.entries.values(), key=lambda entry: (entry.at.instant, entry.id))
        return Dossier(
            agreements={identifier: self.versions(identifier) for identifier in sorted(self.texts)},
            records=dict(sorted(self.records.items())),
            parties=dict(sorted(self.parties.items())),
            items=dict(sorted(self.items.items())),
            chronicle=tuple(order),
            where=self.where,
        )


def known_ranks(texts: Mapping[str, Mapping[int, Agreement]], parties: Mapping[str, Party]) -> set[str]:
    """Every rank that any party, any table of levels or the standard knows."""
    known = set(STANDARD_RANKS)
    for versions in texts.values():
        for text in versions.values():
            known.update(row.rank for row in (text.levels.rows if text.levels else ()))
    for party in parties.values():
        known.update(party.ranks())
    return known


def unknown_party(party: str, parties: Mapping[str, Party], place: Position | None) -> InputError:
    """The error for a party that no file describes."""
    return InputError(
        f"unknown party `{party[:60]}`",
        where=place,
        remedy=f"use {suggestion(party, sorted(parties))}, or add `parties/{party[:60]}.yaml`",
    )


def known_or_country(
    names: Iterable[str], parties: Mapping[str, Party], place: Callable[[str], Position | None]
) -> None:
    """Refuse what is neither a party of the dossier nor a country, at its `place`."""
    for name in names:
        if name not in parties and not is_country(name, parties):
            raise unknown_party(name, parties, place(name))


def known_or_body(names: Iterable[str], parties: Mapping[str, Party], place: Callable[[str], Position | None]) -> None:
    """The same where a body, a firm or a person may stand as well: only what can be no such thing is refused."""
    known_or_country((name for name in names if is_code(name)), parties, place)


def check_text(text: Agreement, parties: Mapping[str, Party], texts: Mapping[str, object], source: Source) -> None:
    """Hold a text against the parties' files and the other agreements."""
    for party in (*text.parties, *(one for one in (text.hub, text.depositary) if one is not None)):
        if party not in parties:
            key = "parties" if party in text.parties else "hub" if party == text.hub else "depositary"
            raise unknown_party(party, parties, source.place(party, key))
    nations = text.third_party.nations if text.third_party else ()
    known_or_country(nations, parties, lambda name: source.place(name, "third_party", "nations"))
    for row in text.levels.rows if text.levels else ():
        for party, marks in row.marks.items():
            for mark in marks:
                if parties[party].mark(mark) is None:
                    assert text.levels is not None
                    known = [one.mark for one in parties[party].marks]
                    raise InputError(
                        f"`{party}` has no mark `{mark[:60]}`, which the row {row.rank} names",
                        where=source.place(mark, "levels", party),
                        remedy=f"use {suggestion(mark, known)}, or add it to `parties/{party}.yaml`",
                        article=text.levels.article,
                    )
    for other in (*text.basis, *text.supersedes):
        if other not in texts or other == text.id:
            raise InputError(
                f"`{text.id}` rests on or supersedes `{other}`, which is no other agreement of the dossier",
                where=source.place(other, "basis" if other in text.basis else "supersedes"),
                remedy=f"use {suggestion(other, sorted(one for one in texts if one != text.id))}",
            )
    if text.hub is not None and text.hub not in text.parties:
        raise InputError(
            f"the hub `{text.hub}` is no party to it", where=source.place(text.hub, "hub"), remedy="name a party"
        )
    floor = text.persons.clearance_from
    if floor is not None and text.levels is not None and text.levels.row_of_rank(floor) is None:
        raise InputError(
            f"`clearance_from: {floor[:60]}` names a rank that has no row",
            where=source.place("clearance_from", "persons"),
            remedy=f"use {suggestion(floor, [row.rank for row in text.levels.rows])}",
        )


def check_item(item: Item, parties: Mapping[str, Party], source: Source) -> None:
    """Hold an item against the parties' files."""
    originator = parties.get(item.originator)
    if originator is None:
        raise unknown_party(item.originator, parties, source.place(item.originator, "originator"))
    if originator.mark(item.mark) is None:
        raise InputError(
            f"`{item.originator}` has no mark `{item.mark[:60]}`",
            where=source.place(item.mark, "mark"),
            remedy=f"use {suggestion(item.mark, [one.mark for one in originator.marks])}",
        )
    known_or_country(item.caveats.rel_to or (), parties, lambda name: source.place(name, "caveats", "rel_to"))


def check_person(person: Person, dossier: Dossier, source: Source) -> None:
    """Hold a person against the dossier: its party and the rank of its clearance must be known."""
    if person.party not in dossier.parties:
        raise unknown_party(person.party, dossier.parties, source.place(person.party, "party"))
    known_or_body((person.nationality,), dossier.parties, lambda name: source.place(name, "nationality"))
    texts = {name: {text.version: text for text in versions} for name, versions in dossier.agreements.items()}
    known = known_ranks(texts, dossier.parties)
    if person.clearance is not None and person.clearance not in known:
        raise InputError(
            f"`{person.id}` is cleared to the unknown rank `{person.clearance[:60]}`",
            where=source.place(person.clearance, "clearance", "rank"),
            remedy=f"use {suggestion(person.clearance, sorted(known))}",
        )
