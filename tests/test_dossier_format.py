"""The dossier's files, in and out: what is written reads back equal, every key and form is taken, `NO` is Norway."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from relto.adapters.folder import load_dossier
from relto.core.agreement import Agreement, Entry, NoticeRule, Purpose, Record, Survival, Term, ThirdParty, Witnesses
from relto.core.dossier import Dossier, Item
from relto.core.errors import InputError
from relto.core.timeline import Day, Period, Stamp, parse_instant
from relto.formats.dossier import (
    open_record,
    read_agreement,
    read_chronicle,
    read_dossier,
    read_instrument,
    read_items,
    read_party,
    read_person,
    read_record,
)
from relto.formats.dossier.writing import (
    write_agreement,
    write_chronicle,
    write_dossier,
    write_instrument,
    write_items,
    write_party,
    write_person,
    write_record,
)
from tests import dossier_values as values
from tests.dossier_full import FULL
from tests.making import ANALYST, JPN, MISSILE, NOTICE, text_2016

ROOT = Path(__file__).parent
SHIPPED = ROOT.parent / "src" / "relto" / "dossiers" / "northeast-asia"
FOLDERS = [SHIPPED, *sorted(p for p in (ROOT / "fixtures" / "variants").iterdir() if (p / "parties").is_dir())]
DOSSIERS = [path for path in FOLDERS if path.name != "invalid-hole"]

quick = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def read_any(kind: str, data: bytes) -> Any:
    """One file of any kind as its value."""
    if kind == "agreement":
        return replace(read_agreement(kind, data)[0], digest="")
    if kind == "record":
        return read_record(open_record(kind, data), read_any("agreement", FULL["agreement"].encode()))[0]
    if kind == "chronicle":
        return [entry for entry, _ in read_chronicle(kind, data, {})]
    if kind == "items":
        return [item for item, _ in read_items(kind, data)]
    return {"party": read_party, "person": read_person}[kind](kind, data)


WRITERS: dict[str, Any] = {
    "agreement": write_agreement,
    "record": write_record,
    "party": write_party,
    "person": write_person,
    "chronicle": write_chronicle,
    "items": write_items,
}


def without_digests(dossier: Dossier) -> Dossier:
    """The dossier with every text named by its version instead of by the digest of its file."""
    names = {text.digest: f"{text.id}@{text.version}" for versions in dossier.agreements.values() for text in versions}
    return replace(
        dossier,
        agreements={
            key: tuple(replace(text, digest=names[text.digest]) for text in versions)
            for key, versions in dossier.agreements.items()
        },
        records={
            key: replace(
                record, instruments=tuple(replace(one, text=names.get(one.text, "")) for one in record.instruments)
            )
            for key, record in dossier.records.items()
        },
    )


def agreement(text: str) -> Agreement:
    """The agreement of 2016 in the file form, with other lines for the keys that `text` gives."""
    keys: dict[str, str] = {
        "relto": "agreement/1",
        "id": "kor-jpn-2016",
        "parties": "[KOR, JPN]",
        "binding": "treaty",
        "zone": "Asia/Seoul",
        "entry_into_force": '{article: "21(1)", when: signature}',
        "term": '{article: "21(3)", initial: indefinite}',
        "survival": '{article: "21(4)", keep: all}',
        "levels": '{article: "4", ranks: [{rank: SECRET, KOR: [a], JPN: [b]}]}',
        "scope": '{article: "2(a)", topics: [defence]}',
        "third_party": '{article: "6(a)", rule: originator-consent}',
        "purpose": '{article: "6(c)", rule: as-provided}',
    }
    for line in text.splitlines():
        key, _, value = line.strip().partition(": ")
        if value == "-":
            del keys[key]
        elif key:
            keys[key] = value
    return read_agreement("a.yaml", "".join(f"{key}: {value}\n" for key, value in keys.items()).encode())[0]


@pytest.mark.parametrize("folder", DOSSIERS, ids=lambda path: path.name)
def test_a_dossier_that_is_written_and_read_is_the_same_dossier(folder: Path) -> None:
    dossier = load_dossier(folder)
    files = write_dossier(dossier)
    again = read_dossier(files)
    assert without_digests(again) == without_digests(dossier)
    assert write_dossier(again) == files


def test_an_amendment_names_the_text_as_written() -> None:
    dossier = load_dossier(ROOT / "fixtures" / "variants" / "health-dua")
    again = read_dossier(write_dossier(dossier))
    named = [one.text for one in again.record("health-dua").instruments if one.kind == "amendment"]
    assert named == [again.versions("health-dua")[1].digest]
    assert named != [dossier.versions("health-dua")[1].digest]


@pytest.mark.parametrize("folder", sorted((SHIPPED / "persons").glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_person_reads_back_equal(folder: Path) -> None:
    person = read_person(folder.name, folder.read_bytes())
    assert read_person(folder.name, write_person(person)) == person


@quick
@given(values.agreements())
def test_any_text_reads_back_equal(text: Agreement) -> None:
    again, articles = read_agreement("a.yaml", write_agreement(text))
    assert replace(again, digest="") == text
    assert text.term.article in articles


@quick
@given(st.data())
def test_any_record_reads_back_equal(data: st.DataObject) -> None:
    text = text_2016(zone=data.draw(st.sampled_from(values.ZONES)))
    record = data.draw(values.records(text.id, text.zone))
    assert read_record(open_record("r.yaml", write_record(record)), text)[0] == record
    for one in record.instruments:
        assert read_instrument("i.yaml", write_instrument(text.id, one), text) == one


@quick
@given(values.party_values, values.person_values())
def test_any_party_and_person_reads_back_equal(party: Any, person: Any) -> None:
    assert read_party("p.yaml", write_party(party)) == party
    assert read_person("p.yaml", write_person(person)) == person


@quick
@given(st.lists(values.item_values, min_size=1, max_size=3))
def test_any_items_read_back_equal(items: list[Item]) -> None:
    assert [item for item, _ in read_items("i.yaml", write_items(items))] == items


@quick
@given(st.lists(values.chronicle_entries(), max_size=3))
def test_any_chronicle_reads_back_equal(entries: list[Any]) -> None:
    assert [entry for entry, _ in read_chronicle("c.yaml", write_chronicle(entries), {})] == entries


@quick
@given(values.agreements(), values.party_values)
def test_other_readers_of_yaml_see_text_where_we_see_text(text: Agreement, party: Any) -> None:
    seen = yaml.safe_load(write_agreement(text))
    assert (seen["id"], seen["title"], seen["parties"]) == (text.id, text.title, list(text.parties))
    assert seen["scope"] == {
        "article": text.scope.article,
        "topics": list(text.scope.topics),
        **({"unconfirmed": True} if text.scope.unconfirmed else {}),
    }
    assert yaml.safe_load(write_party(party))["id"] == party.id


@pytest.mark.parametrize("word", ["NO", "010", "1e3", "null", "yes", "off", "0x1f", "2019-11-23", "12:30", "~"])
def test_norway_stays_norway_and_010_stays_010(word: str) -> None:
    source = f"relto: item/1\nid: i\ntitle: {word}\noriginator: NO\nmark: {word}\ntopic: '010'\npurpose: {word}\n"
    [(item, _)] = read_items("i.yaml", source.encode())
    assert (item.title, item.originator, item.mark, item.topic, item.purpose) == (word, "NO", word, "010", word)
    party = read_party("NO.yaml", f"relto: party/1\nid: NO\nname: {{no: {word}}}\nmarks: []\n".encode())
    assert (party.id, party.name) == ("NO", {"no": word})
    assert agreement(
        "id: 010\nparties: [NO, 010]\nlevels: {article: 4, ranks: [{rank: 010, NO: [NO], 010: [010]}]}"
    ).parties == (
        "NO",
        "010",
    )


def test_lines_are_wide_keys_keep_their_order_and_what_a_reader_assumes_is_left_out() -> None:
    written = write_agreement(text_2016()).decode()
    keys = [line.partition(":")[0] for line in written.splitlines() if line[0].isalpha()]
    assert (
        keys
        == (
            "relto id title parties binding zone entry_into_force term survival readings levels scope third_party"
            " purpose persons duties"
        ).split()
    )
    assert "  notice: {period: P90D, anchor: before-term-end}\n" in written
    assert "    JPN: [極秘, 特定秘密]\n" in written
    long = replace(MISSILE, title="word " * 80 + "end")
    assert f"title: {long.title}\n" in write_items([long]).decode()
    assert "zone" not in write_party(JPN).decode()
    assert write_person(ANALYST).decode().splitlines()[4] == "clearance: {rank: SECRET, until: 2020-12-31}"


@pytest.mark.parametrize(
    ("at", "precision", "lines"),
    [
        ("2019-08-23T15:30:00+09:00", "day", ["at: 2019-08-23T06:30:00Z", "precision: day"]),
        ("2019-08-23T00:00+09:00", "day", ["at: 2019-08-23"]),
        ("2019-08-23T00:00+09:00", "instant", ["at: 2019-08-22T15:00:00Z"]),
        ("2019-08-01T00:00+09:00", "month", ["at: 2019-08"]),
        ("2019-08-02T00:00+09:00", "month", ["at: 2019-08-02", "precision: month"]),
        ("2019-01-01T00:00+09:00", "year", ["at: 2019"]),
        ("2019-08-23T17:37+09:00", "minute", ["at: 2019-08-23T08:37:00Z", "precision: minute"]),
        ("2019-08-23T17:37:00.000000001+09:00", "instant", ["at: 2019-08-23T08:37:00.000000001Z"]),
    ],
)
def test_a_stamp_keeps_its_precision(at: str, precision: Any, lines: list[str]) -> None:
    stamp = Stamp(parse_instant(at), precision, "Asia/Seoul")
    notice = replace(NOTICE, at=stamp, recorded=stamp.instant)
    written = write_instrument("kor-jpn-2016", notice)
    assert [line for line in written.decode().splitlines() if line.startswith(("at", "precision"))] == lines
    assert read_instrument("i.yaml", written, text_2016()) == notice


@pytest.mark.parametrize(
    "sent",
    [
        Stamp(parse_instant("2019-08-23T15:30+09:00"), "day", "Asia/Seoul"),
        Stamp(parse_instant("2019-08-23T00:00Z"), "day", "UTC"),
        Stamp(parse_instant("2019-08-23T15:30+09:00"), "minute", "Asia/Seoul"),
    ],
)
def test_a_stamp_that_no_form_can_say_is_refused_rather_than_changed(sent: Stamp) -> None:
    with pytest.raises(InputError, match="has no form in a file"):
        write_record(Record("kor-jpn-2016", (replace(NOTICE, sent=sent),)))


D2, P30 = Period(0, 2), Period(0, 30)


@pytest.mark.parametrize(
    ("line", "clause", "expected"),
    [
        ("entry_into_force: {article: A, when: signature}", "entry", Entry("A", "signature")),
        ("entry_into_force: {article: A, when: delivered}", "entry", Entry("A", "delivered")),
        ("entry_into_force: {article: A, when: instrument}", "entry", Entry("A", "instrument")),
        (
            "entry_into_force: {article: A, when: last-notification, counted: date, unconfirmed: true}",
            "entry",
            Entry("A", "last-notification", counted="date", unconfirmed=True),
        ),
        (
            "entry_into_force: {article: A, when: {deposits: 2, after: P30D, per_party: true}}",
            "entry",
            Entry("A", "deposits", deposits=2, after=P30, per_party=True),
        ),
        ("entry_into_force: {article: A, when: {deposits: 1}}", "entry", Entry("A", "deposits", deposits=1)),
        (
            "entry_into_force: {article: A, when: {first-of-month: 2, after: signature}}",
            "entry",
            Entry("A", "first-of-month", month=2),
        ),
        (
            "entry_into_force: {article: A, when: {first-of-month: 1, after: last-notification}, counted: date}",
            "entry",
            Entry("A", "first-of-month", month=1, month_after="last-notification", counted="date"),
        ),
        ("term: {article: A, initial: indefinite}", "term", Term("A", None)),
        ("term: {article: A, initial: P1Y, renewal: none}", "term", Term("A", Period(12, 0))),
        ("term: {article: A, initial: {until: 2027-01-01}}", "term", Term("A", Day(2027, 1, 1))),
        (
            "term: {article: A, initial: P5Y, renewal: P2D, notice: {period: P6M, anchor: before-term-end}}",
            "term",
            Term("A", Period(60, 0), D2, NoticeRule(Period(6, 0), "before-term-end")),
        ),
        (
            "term: {article: A, initial: indefinite, notice: {period: P6M, anchor: after-receipt, counts_from: sent}}",
            "term",
            Term("A", None, None, NoticeRule(Period(6, 0), "after-receipt", "sending")),
        ),
        ("survival: {article: A, keep: until-released}", "survival", Survival("A", "until-released")),
        ("survival: {article: A, keep: while-classified}", "survival", Survival("A", "while-classified")),
        ("survival: {article: A, keep: none}", "survival", Survival("A", "none")),
        ("survival: {article: A, keep: {articles: [6, 010]}}", "survival", Survival("A", "articles", ("6", "010"))),
        (
            "survival: {article: A, keep: {destroy_within: P30D, certificate: true}}",
            "survival",
            Survival("A", "destroy", destroy_within=P30, certificate=True),
        ),
        ("third_party: {article: A, rule: forbidden}", "third_party", ThirdParty("A", "forbidden")),
        ("third_party: {article: A, rule: community}", "third_party", ThirdParty("A", "community")),
        (
            "third_party: {article: A, rule: {nations: [NO, USA]}}",
            "third_party",
            ThirdParty("A", "nations", ("NO", "USA")),
        ),
        ("purpose: {article: A, rule: any}", "purpose", Purpose("A", "any")),
        ("witnesses: {article: A, quorum: 1}", "witnesses", Witnesses("A", 1)),
        ("purpose: {article: A, rule: {only: [010, no]}}", "purpose", Purpose("A", "only", ("010", "no"))),
    ],
)
def test_every_form_of_a_clause_is_read_and_written(line: str, clause: str, expected: object) -> None:
    text = agreement(line)
    assert getattr(text, clause) == expected
    assert getattr(read_agreement("a.yaml", write_agreement(text))[0], clause) == expected


@pytest.mark.parametrize("kind", FULL)
def test_every_key_is_accepted_and_all_that_a_value_holds_comes_back(kind: str) -> None:
    value = read_any(kind, FULL[kind].encode())
    assert read_any(kind, WRITERS[kind](value)) == value


@pytest.mark.parametrize("kind", FULL)
def test_no_other_key_is_accepted(kind: str) -> None:
    with pytest.raises(InputError, match=r":\d+:1: unknown key `surprise`"):
        read_any(kind, FULL[kind].encode() + b"surprise: 1\n")


def test_a_doubt_about_one_rule_for_persons_is_not_lost() -> None:
    assert read_any("agreement", FULL["agreement"].encode()).persons.unconfirmed
