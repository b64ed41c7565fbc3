"""The dossier as YAML, outward: each value in the form its reader takes, keys in the order of DESIGN 4, 5 and 7.

Reading what was written gives an equal value; only the digest of a text changes, for it is that of the bytes. What a
reader would assume anyway is left out. Comments, and the sources of single clauses, are no part of the values and are
not written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from relto.core.agreement import Agreement, Entry, Instrument, NoticeRule, Persons, Record, Survival, Term
from relto.core.canon import digest
from relto.core.dossier import (
    Accredited,
    ChronicleEntry,
    Claim,
    DomesticRule,
    Dossier,
    Facility,
    Item,
    Party,
    Person,
    TwoPersonRule,
)
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Period, local_day
from relto.formats.dossier.emitting import Plain, Tree, bound_text, document, given, lone_stamp, stamp_text

_ARTICLES: Final = ("clearance", "need_to_know", "facility", "assurance", "system", "contractor")


def write_agreement(text: Agreement) -> bytes:
    """One version of a text as `relto: agreement/1`. Its digest is not written: it is that of the bytes."""
    return document(
        given(
            {
                "relto": "agreement/1",
                "id": text.id,
                "version": None if text.version == 1 else text.version,
                "title": text.title,
                "parties": [*text.parties],
                "acceding": [*text.acceding],
                "binding": text.binding,
                "zone": text.zone,
                "authentic": [*text.authentic],
                "basis": [*text.basis],
                "hub": text.hub,
                "depositary": text.depositary,
                "supersedes": [*text.supersedes],
                "entry_into_force": _entry(text.entry),
                "term": _term(text.term),
                "survival": _survival(text.survival),
                "readings": _readings(text),
                "levels": _levels(text.levels),
                "scope": _clause(text.scope, topics=[*text.scope.topics]),
                "third_party": _rule(text.third_party, "nations"),
                "purpose": _rule(text.purpose, "only"),
                "persons": _persons(text.persons),
                "duties": [_clause(one, on=one.on, do=one.do, within=one.within, to=one.to) for one in text.duties],
                "witnesses": text.witnesses and _clause(text.witnesses, quorum=text.witnesses.quorum),
                **_provenance(text),
            }
        )
    )


def write_record(record: Record) -> bytes:
    """A record as `relto: record/1`. Raises InputError for a stamp that no form of a file says."""
    return document(
        given(
            {
                "relto": "record/1",
                "agreement": record.agreement,
                "confirmed_until": bound_text(record.confirmed_until),
                "instruments": [_instrument(one) for one in record.instruments],
            }
        )
    )


def write_instrument(agreement_id: str, instrument: Instrument) -> bytes:
    """An instrument in a file of its own, as `relto: instrument/1`. Raises InputError as `write_record` does."""
    return document({"relto": "instrument/1", "agreement": agreement_id, **_instrument(instrument)})


def write_party(party: Party) -> bytes:
    """A party as `relto: party/1`."""
    return document(
        given(
            {
                "relto": "party/1",
                "id": party.id,
                "name": dict(party.name) if dict(party.name) != {"en": party.id} else None,
                "zone": party.zone if party.zone != "UTC" else None,
                "marks": [_mark(one) for one in party.marks],
                "facilities": [_facility(one) for one in party.facilities],
                "systems": [_accredited(one) for one in party.systems],
                "contractors": [_accredited(one) for one in party.contractors],
                "domestic": [_domestic(one) for one in party.domestic],
                "two_person": _two_person(party.two_person) if party.two_person else None,
            }
        )
    )


def write_person(person: Person) -> bytes:
    """A person as `relto: person/1`."""
    clearance = {"rank": person.clearance, "until": bound_text(person.clearance_until)} if person.clearance else None
    word = person.assurance
    return document(
        given(
            {
                "relto": "person/1",
                "id": person.id,
                "party": person.party,
                "nationality": person.nationality,
                "clearance": given(clearance) if clearance else None,
                "need_to_know": [*person.need_to_know],
                "facility": person.facility,
                "assurance": given(
                    {
                        "by": word.by,
                        "at": Plain(word.at),
                        "clearance": word.clearance,
                        "need_to_know": word.need_to_know,
                        "protection": word.protection,
                    }
                )
                if word
                else None,
            }
        )
    )


def write_items(items: Iterable[Item]) -> bytes:
    """Items as one file of `relto: item/1` documents. Raises InputError for a stamp that no form of a file says."""
    return b"---\n".join(document(_item(one)) for one in items)


def write_chronicle(entries: Iterable[ChronicleEntry]) -> bytes:
    """Entries as `relto: chronicle/1`, under the zone that most of them have; each keeps its own where it differs."""
    found = [*entries]
    zones = [one.at.zone for one in found]
    zone = max(dict.fromkeys(zones), key=zones.count) if zones else None
    written = [_chronicle_entry(one, zone) for one in found]
    return document(given({"relto": "chronicle/1", "zone": zone, "entries": written}))


def write_dossier(dossier: Dossier) -> dict[str, bytes]:
    """All files of a dossier by their relative names, as `read_dossier` takes them. Raises InputError as above.

    Texts that instruments name by digest are named by that of the file written here.
    """
    files: dict[str, bytes] = {}
    digests: dict[str, str] = {}
    for versions in dossier.agreements.values():
        for text in versions:
            stem = text.id if text.version == 1 else f"{text.id}@{text.version}"
            data = files[f"agreements/{stem}.yaml"] = write_agreement(text)
            digests[text.digest] = digest(data)
    for record in dossier.records.values():
        acts = tuple(replace(one, text=digests.get(one.text, one.text)) for one in record.instruments)
        files[f"records/{record.agreement}.yaml"] = write_record(replace(record, instruments=acts))
    files |= {f"parties/{party.id}.yaml": write_party(party) for party in dossier.parties.values()}
    files |= {f"items/{item.id}.yaml": write_items([item]) for item in dossier.items.values()}
    files |= {f"persons/{person.id}.yaml": write_person(person) for person in dossier.persons.values()}
    years: dict[str, list[ChronicleEntry]] = {}
    for entry in dossier.chronicle:
        years.setdefault(str(local_day(entry.at.instant, entry.at.zone))[:4], []).append(entry)
    return files | {f"chronicle/{year}.yaml": write_chronicle(found) for year, found in years.items()}


def _provenance(value: Any) -> Tree:
    return {"source": value.source, "unconfirmed": value.unconfirmed, "note": value.note}


def _clause(clause: Any, **more: Any) -> Tree:
    return {"article": clause.article, **given(more), **given({"unconfirmed": clause.unconfirmed})}


def _entry(entry: Entry) -> Tree:
    when: object = entry.when
    counted = entry.counted if entry.counted != "receipt" else None
    if entry.when == "deposits":
        when = given({"deposits": entry.deposits, "after": _period(entry.after), "per_party": entry.per_party})
    elif entry.when == "first-of-month":
        when = {"first-of-month": entry.month, "after": entry.month_after}
    return _clause(entry, when=when, counted=counted)


def _period(period: Period | None) -> str | None:
    return None if period is None else str(period)


def _term(term: Term) -> Tree:
    initial: object = "indefinite"
    if isinstance(term.initial, Period):
        initial = str(term.initial)
    elif term.initial is not None:
        initial = {"until": Plain(term.initial)}
    return _clause(term, initial=initial, renewal=_period(term.renewal), notice=_notice(term.notice))


def _notice(rule: NoticeRule | None) -> Tree | None:
    if rule is None:
        return None
    counts = {"counts_from": rule.counts_from} if rule.counts_from != "receipt" else {}
    return {"period": str(rule.period), "anchor": rule.anchor, **counts}


def _survival(survival: Survival) -> Tree | None:
    if not survival.article:  # a text that rests on others and says nothing of its own
        return None
    keep: object = survival.keep
    if survival.keep == "articles":
        keep = {"articles": [*survival.articles]}
    elif survival.keep == "destroy":
        within = _period(survival.destroy_within)
        keep = given({"destroy_within": within, "certificate": survival.certificate})
    return _clause(survival, keep=keep)


def _readings(text: Agreement) -> Tree:
    return {
        party: given({"suspended_notice": reading, "unconfirmed": party in text.unconfirmed_readings})
        for party, reading in text.readings.items()
    }


def _levels(levels: Levels | None) -> Tree | None:
    return None if levels is None else _clause(levels, ranks=[_row(row) for row in levels.rows])


def _row(row: RankRow) -> Tree:
    marks = {party: [*found] for party, found in row.marks.items()}
    return {"rank": row.rank, **marks, **given({"treat_as": dict(row.treat_as), "unconfirmed": row.unconfirmed})}


def _rule(clause: Any, listed: str) -> Tree | None:
    """A clause with a rule that is either a word or a list under the word `listed`."""
    if clause is None:
        return None
    return _clause(clause, rule={listed: [*getattr(clause, listed)]} if clause.rule == listed else clause.rule)


def _persons(persons: Persons) -> Tree:
    nationality = {"article": persons.nationality, "rule": "originator-consent"} if persons.nationality else None
    return given(
        {
            "articles": given({name: getattr(persons, name) for name in _ARTICLES}),
            "clearance_from": persons.clearance_from,
            "nationality": nationality,
            "unconfirmed": persons.unconfirmed,
        }
    )


def _instrument(one: Instrument) -> Tree:
    at, precision = stamp_text(one.at)
    return given(
        {
            "id": one.id,
            "kind": one.kind,
            "targets": [*one.targets],
            "by": [*one.by],
            "at": at,
            "precision": precision,
            "sent": lone_stamp("sent", one.sent, one.at.zone),
            "recorded": Plain(one.recorded) if one.recorded != one.at.instant else None,
            "text": one.text,
            "item": one.item,
            "topic": one.topic,
            "to": [*one.to],
            "purpose": one.purpose,
            "until": bound_text(one.until),
            "condition": one.condition,
            "authority": one.authority,
            "contested": one.contested,
            **_provenance(one),
        }
    )


def _mark(mark: Mark) -> Tree:
    return given(
        {
            "mark": mark.mark,
            "rank": mark.rank,
            "roman": mark.roman,
            "english": mark.english,
            "abbreviation": mark.abbreviation,
            "unconfirmed": mark.unconfirmed,
        }
    )


def _facility(one: Facility) -> Tree:
    return given({"id": one.id, "ceiling": one.ceiling, "register": [*one.register], "unconfirmed": one.unconfirmed})


def _accredited(one: Accredited) -> Tree:
    return given({"id": one.id, "ceiling": one.ceiling, "until": bound_text(one.until), "unconfirmed": one.unconfirmed})


def _domestic(rule: DomesticRule) -> Tree:
    lists = {name: [*getattr(rule, name)] for name in ("to", "topics", "ranks", "purposes", "acts")}
    check = rule.check if rule.check != "caveat" else None
    return given({"id": rule.id, "citation": rule.citation, "says": rule.says, "check": check, **lists})


def _two_person(rule: TwoPersonRule) -> Tree:
    return given({"citation": rule.citation, "says": rule.says, "topics": [*rule.topics], "ranks": [*rule.ranks]})


def _item(item: Item) -> Tree:
    payload = item.payload
    return given(
        {
            "relto": "item/1",
            "id": item.id,
            "title": item.title,
            "originator": item.originator,
            "mark": item.mark,
            "topic": item.topic,
            "purpose": item.purpose,
            "caveats": _caveats(item.caveats),
            "at": lone_stamp("at", item.at, "UTC"),
            "payload": given({"type": payload.type, "text": payload.text, "file": payload.file}) if payload else None,
            **_provenance(item),
        }
    )


def _caveats(caveats: Caveats) -> Tree:
    tree: Tree = {} if caveats.rel_to is None else {"rel_to": [*caveats.rel_to]}
    tree |= given({"orcon": caveats.orcon, "no_contractor": caveats.no_contractor})
    return tree if caveats.eyes is None else {**tree, "eyes": [*caveats.eyes]}


def _chronicle_entry(entry: ChronicleEntry, zone: str | None) -> Tree:
    at, precision = stamp_text(entry.at)
    return given(
        {
            "id": entry.id,
            "kind": entry.kind,
            "by": [*entry.by],
            "speaker": entry.speaker,
            "at": at,
            "precision": precision,
            "until": lone_stamp("until", entry.until, entry.at.zone),
            "zone": entry.at.zone if entry.at.zone != zone else None,
            "about": [*entry.about],
            "says": entry.says,
            "claims": [_claim(one) for one in entry.claims],
            "handled": entry.handled,
            "place": entry.place,
            "count": entry.count,
            "source": entry.source,
            "unconfirmed": entry.unconfirmed,
            "note": entry.note,
            "needs": [*entry.needs],
            "ends": [*entry.ends],
            "in": given(dict(entry.said_in)) or None,
        }
    )


def _claim(claim: Claim) -> Tree:
    return given(
        {
            "by": claim.by,
            "says": claim.says,
            "in": given(dict(claim.said_in)) or None,
            "source": claim.source,
            "unconfirmed": claim.unconfirmed,
        }
    )
