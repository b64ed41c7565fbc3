"""The dossier as YAML, outward: each value in the form its reader takes, keys in the order of DESIGN 4, 5 and 7.

Reading what was written gives an equal value; only the digest of a text changes, for it is that of the bytes. What a
reader would assume anyway is left out. Comments, and the sources of single clauses, are no part of the values and are
not written.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import yaml

from relto.core.agreement import Agreement, Entry, Instrument, NoticeRule, Persons, Record, Survival, Term
from relto.core.dossier import (
    Accredited,
    ChronicleEntry,
    Claim,
    DomesticRule,
    Facility,
    Item,
    Party,
    Person,
)
from relto.core.errors import InputError
from relto.core.label import Caveats, Levels, Mark, RankRow
from relto.core.timeline import Bound, Instant, Period, Stamp, first_instant, local_day

if TYPE_CHECKING:
    from yaml import SafeDumper as _SafeDumper
else:
    _SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Tree: TypeAlias = dict[str, Any]

_WIDTH: Final = 1 << 20
_ARTICLES: Final = ("clearance", "need_to_know", "facility", "assurance", "system", "contractor")


class _Plain(str):
    """A date, an instant or a number: never quoted, though other readers of YAML would give it a type."""

    __slots__ = ()


class _Dumper(_SafeDumper):
    """No aliases; what other readers of YAML would take for something else than text (`NO`, `010`) is quoted."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _represent_plain(dumper: _Dumper, text: _Plain) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(text))


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(_Plain, _represent_plain)
_Dumper.add_representer(str, _represent_text)


def write_agreement(text: Agreement) -> bytes:
    """One version of a text as `relto: agreement/1`. Its digest is not written: it is that of the bytes."""
    return _document(
        _given(
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
                **_provenance(text),
            }
        )
    )


def write_record(record: Record) -> bytes:
    """A record as `relto: record/1`. Raises InputError for a stamp that no form of a file says."""
    return _document(
        _given(
            {
                "relto": "record/1",
                "agreement": record.agreement,
                "confirmed_until": _bound(record.confirmed_until),
                "instruments": [_instrument(one) for one in record.instruments],
            }
        )
    )


def write_instrument(agreement_id: str, instrument: Instrument) -> bytes:
    """An instrument in a file of its own, as `relto: instrument/1`. Raises InputError as `write_record` does."""
    return _document({"relto": "instrument/1", "agreement": agreement_id, **_instrument(instrument)})


def write_party(party: Party) -> bytes:
    """A party as `relto: party/1`."""
    return _document(
        _given(
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
            }
        )
    )


def write_person(person: Person) -> bytes:
    """A person as `relto: person/1`."""
    clearance = {"rank": person.clearance, "until": _bound(person.clearance_until)} if person.clearance else None
    word = person.assurance
    return _document(
        _given(
            {
                "relto": "person/1",
                "id": person.id,
                "party": person.party,
                "nationality": person.nationality,
                "clearance": _given(clearance) if clearance else None,
                "need_to_know": [*person.need_to_know],
                "facility": person.facility,
                "assurance": _given(
                    {
                        "by": word.by,
                        "at": _Plain(word.at),
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
    return b"---\n".join(_document(_item(one)) for one in items)


def write_chronicle(entries: Iterable[ChronicleEntry]) -> bytes:
    """Entries as `relto: chronicle/1`, under the zone that most of them have; each keeps its own where it differs."""
    found = [*entries]
    zones = [one.at.zone for one in found]
    zone = max(dict.fromkeys(zones), key=zones.count) if zones else None
    written = [_chronicle_entry(one, zone) for one in found]
    return _document(_given({"relto": "chronicle/1", "zone": zone, "entries": written}))


def _document(tree: Tree) -> bytes:
    text: str = yaml.dump(
        tree,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=None,
        sort_keys=False,
        width=_WIDTH,
    )
    return text.encode("utf-8")


def _given(tree: Tree) -> Tree:
    """What a reader would not assume anyway."""
    return {
        key: value
        for key, value in tree.items()
        if value is not None and value is not False and value not in ("", [], {})
    }


def _provenance(value: Any) -> Tree:
    return {"source": value.source, "unconfirmed": value.unconfirmed, "note": value.note}


def _bound(bound: Bound | None) -> _Plain | None:
    return None if bound is None else _Plain(bound)


def _stamp(stamp: Stamp) -> tuple[_Plain, str | None]:
    """Its shortest form that reads back equal, and the precision to be said beside it."""
    first = first_instant(local_day(stamp.instant, stamp.zone), stamp.zone) == stamp.instant
    if not first or stamp.precision in ("instant", "minute", "hour"):
        return _Plain(stamp.instant), None if stamp.precision == "instant" else stamp.precision
    day = str(local_day(stamp.instant, stamp.zone))
    if stamp.precision == "year" and day.endswith("-01-01"):
        return _Plain(day[:4]), None
    if stamp.precision == "month" and day.endswith("-01"):
        return _Plain(day[:7]), None
    return _Plain(day), None if stamp.precision == "day" else stamp.precision


def _lone_stamp(key: str, stamp: Stamp | None, zone: str) -> _Plain | None:
    """A stamp under a key that has no precision beside it, and no zone of its own."""
    if stamp is None:
        return None
    text, precision = _stamp(stamp)
    if precision is not None or (stamp.zone != zone and len(text) <= len("2019-11-23")):
        raise InputError(
            f"`{key}` of {stamp.instant}, precise to the {stamp.precision} in {stamp.zone}, has no form in a file",
            remedy="give its instant, or its day in the zone of what it belongs to",
        )
    return text


def _clause(clause: Any, **more: Any) -> Tree:
    return {"article": clause.article, **_given(more), **_given({"unconfirmed": clause.unconfirmed})}


def _entry(entry: Entry) -> Tree:
    when: object = entry.when
    counted = entry.counted if entry.counted != "receipt" else None
    if entry.when == "deposits":
        when = _given({"deposits": entry.deposits, "after": _period(entry.after), "per_party": entry.per_party})
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
        initial = {"until": _Plain(term.initial)}
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
        keep = _given({"destroy_within": within, "certificate": survival.certificate})
    return _clause(survival, keep=keep)


def _readings(text: Agreement) -> Tree:
    return {
        party: _given({"suspended_notice": reading, "unconfirmed": party in text.unconfirmed_readings})
        for party, reading in text.readings.items()
    }


def _levels(levels: Levels | None) -> Tree | None:
    return None if levels is None else _clause(levels, ranks=[_row(row) for row in levels.rows])


def _row(row: RankRow) -> Tree:
    marks = {party: [*found] for party, found in row.marks.items()}
    return {"rank": row.rank, **marks, **_given({"treat_as": dict(row.treat_as), "unconfirmed": row.unconfirmed})}


def _rule(clause: Any, listed: str) -> Tree | None:
    """A clause with a rule that is either a word or a list under the word `listed`."""
    if clause is None:
        return None
    return _clause(clause, rule={listed: [*getattr(clause, listed)]} if clause.rule == listed else clause.rule)


def _persons(persons: Persons) -> Tree:
    nationality = {"article": persons.nationality, "rule": "originator-consent"} if persons.nationality else None
    return _given(
        {
            "articles": _given({name: getattr(persons, name) for name in _ARTICLES}),
            "clearance_from": persons.clearance_from,
            "nationality": nationality,
            "unconfirmed": persons.unconfirmed,
        }
    )


def _instrument(one: Instrument) -> Tree:
    at, precision = _stamp(one.at)
    return _given(
        {
            "id": one.id,
            "kind": one.kind,
            "targets": [*one.targets],
            "by": [*one.by],
            "at": at,
            "precision": precision,
            "sent": _lone_stamp("sent", one.sent, one.at.zone),
            "recorded": _Plain(one.recorded) if one.recorded != one.at.instant else None,
            "text": one.text,
            "item": one.item,
            "topic": one.topic,
            "to": [*one.to],
            "purpose": one.purpose,
            "until": _bound(one.until),
            "condition": one.condition,
            "authority": one.authority,
            "contested": one.contested,
            **_provenance(one),
        }
    )


def _mark(mark: Mark) -> Tree:
    return _given(
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
    return _given(
        {"id": one.id, "ceiling": one.ceiling, "register": [*one.register], "unconfirmed": one.unconfirmed}
    )


def _accredited(one: Accredited) -> Tree:
    return _given({"id": one.id, "ceiling": one.ceiling, "until": _bound(one.until), "unconfirmed": one.unconfirmed})


def _domestic(rule: DomesticRule) -> Tree:
    lists = {name: [*getattr(rule, name)] for name in ("to", "topics", "ranks", "purposes", "acts")}
    check = rule.check if rule.check != "caveat" else None
    return _given({"id": rule.id, "citation": rule.citation, "says": rule.says, "check": check, **lists})


def _item(item: Item) -> Tree:
    payload = item.payload
    return _given(
        {
            "relto": "item/1",
            "id": item.id,
            "title": item.title,
            "originator": item.originator,
            "mark": item.mark,
            "topic": item.topic,
            "purpose": item.purpose,
            "caveats": _caveats(item.caveats),
            "at": _lone_stamp("at", item.at, "UTC"),
            "payload": _given({"type": payload.type, "text": payload.text, "file": payload.file}) if payload else None,
            **_provenance(item),
        }
    )


def _caveats(caveats: Caveats) -> Tree:
    tree: Tree = {} if caveats.rel_to is None else {"rel_to": [*caveats.rel_to]}
    tree |= _given({"orcon": caveats.orcon, "no_contractor": caveats.no_contractor})
    return tree if caveats.eyes is None else {**tree, "eyes": [*caveats.eyes]}


def _chronicle_entry(entry: ChronicleEntry, zone: str | None) -> Tree:
    at, precision = _stamp(entry.at)
    return _given(
        {
            "id": entry.id,
            "kind": entry.kind,
            "by": [*entry.by],
            "speaker": entry.speaker,
            "at": at,
            "precision": precision,
            "until": _lone_stamp("until", entry.until, entry.at.zone),
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
        }
    )


def _claim(claim: Claim) -> Tree:
    return _given({"by": claim.by, "says": claim.says, "source": claim.source, "unconfirmed": claim.unconfirmed})
