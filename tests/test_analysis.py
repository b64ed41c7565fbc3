"""The countdown, deadlines, calendar, picture and brief, over the shipped dossier and hostile text."""

from __future__ import annotations

import itertools
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.folder import load_dossier
from relto.core.agreement import Instrument, Record
from relto.core.analysis import Deadline, brief, countdown, deadlines
from relto.core.timeline import Instant
from relto.formats.ics import calendar
from relto.formats.svg import timeline_svg
from tests.making import act, at, northeast_asia

SHIPPED = load_dossier(Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia")
LAPSE = at("2019-11-23T00:00+09:00")
MINUTE = 60_000_000_000


@pytest.mark.parametrize(
    ("left", "told"),
    [
        (4 * 24 * 60 * MINUTE + 15 * 60 * MINUTE, "4 d 15 h"),
        (4 * 24 * 60 * MINUTE + 15 * 60 * MINUTE - 1, "4 d 15 h"),
        (4 * 24 * 60 * MINUTE + 15 * 60 * MINUTE + 1, "4 d 15 h 1 min"),
        (MINUTE, "1 min"),
        (1, "1 min"),
        (0, "0 min"),
        (-1, "0 min"),
        (60 * MINUTE, "1 h"),
    ],
)
def test_the_countdown_is_rounded_up_to_the_minute(left: int, told: str) -> None:
    assert countdown(LAPSE.plus(-left), LAPSE) == told


def due(when: str, reading: str | None = None) -> list[tuple[str, str, str]]:
    """Kind, agreement and instant of what is due."""
    found = deadlines(SHIPPED, at(when), reading=reading)
    return [(one.kind, one.agreement, str(one.at)) for one in found if one.agreement == "kor-jpn-2016"]


def test_what_was_due_in_the_summer_and_autumn_of_2019() -> None:
    assert due("2019-08-22T00:00+09:00") == [
        ("notice", "kor-jpn-2016", "2019-08-24T15:00:00Z"),
        ("renewal", "kor-jpn-2016", "2019-11-22T15:00:00Z"),
    ]
    assert due("2019-11-18T09:00+09:00") == [("lapse", "kor-jpn-2016", "2019-11-22T15:00:00Z")]
    assert due("2021-01-01T00:00Z", reading="KOR") == []
    assert [kind for kind, _, _ in due("2021-01-01T00:00Z", reading="JPN")] == ["notice", "renewal"]


def test_the_last_day_for_notice_is_told_in_words() -> None:
    first = deadlines(SHIPPED, at("2019-08-22T00:00+09:00"))[0]
    assert first.says == "last day to give notice for the term that ends 2019-11-23: 2019-08-24"


def test_a_consent_that_ends_is_due() -> None:
    consent = act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item="x", to=("USA",), until=LAPSE)
    found = [one for one in deadlines(northeast_asia(consent), at("2019-10-03T00:00Z")) if one.kind == "consent"]
    assert [(one.at, one.agreement) for one in found] == [(LAPSE, "tisa-2014")]


def test_destruction_is_due_after_a_lapse_where_the_text_says_so() -> None:
    variant = load_dossier(Path(__file__).parent / "fixtures/variants/health-dua")
    text = variant.agreements["health-dua"][0]
    lapsed = next(p.start for p in variant.history("health-dua").phases if p.state == "lapsed")
    found = [one for one in deadlines(variant, lapsed) if one.kind == "destruction" and one.agreement == text.id]
    assert [one.article for one in found] == [text.survival.article]


def unfolded(data: bytes) -> list[str]:
    """The content lines of a calendar (RFC 5545, 3.1)."""
    assert data.endswith(b"\r\n")
    lines = data.decode("utf-8").split("\r\n")[:-1]
    assert all("\n" not in line and "\r" not in line for line in lines)
    assert all(len(line.encode("utf-8")) <= 75 for line in lines)
    joined: list[str] = []
    for line in lines:
        if line.startswith(" "):
            joined[-1] += line[1:]
        else:
            joined.append(line)
    return joined


def test_the_calendar_has_each_deadline_in_utc_with_an_alarm() -> None:
    found = deadlines(SHIPPED, at("2019-08-22T00:00+09:00"))
    lines = unfolded(calendar(found, at("2019-08-22T00:00+09:00")))
    assert lines[:2] == ["BEGIN:VCALENDAR", "VERSION:2.0"]
    assert lines.count("BEGIN:VEVENT") == lines.count("END:VALARM") == len(found)
    assert "DTSTART:20190824T150000Z" in lines
    assert lines.count("DTSTAMP:20190821T150000Z") == len(found)
    uids = [line for line in lines if line.startswith("UID:")]
    assert len(set(uids)) == len(found)
    assert uids == [one for one in unfolded(calendar(found, LAPSE)) if one.startswith("UID:")]


@given(st.text(max_size=200))
def test_no_text_can_break_out_of_its_line(said: str) -> None:
    deadline = Deadline(LAPSE, "notice", "x", "21(3)", said, "Asia/Seoul")
    lines = unfolded(calendar([deadline], LAPSE))
    assert len(lines) == 19
    summary = next(line for line in lines if line.startswith("SUMMARY:"))
    assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", summary.removeprefix("SUMMARY:"))


@given(st.text(max_size=60), st.text(max_size=60))
def test_any_title_gives_well_formed_xml(title: str, name: str) -> None:
    text = replace(SHIPPED.agreements["kor-jpn-2016"][0], title=title)
    segments = SHIPPED.history("kor-jpn-2016").timeline(at("2019-01-01T00:00Z"), at("2020-01-01T00:00Z"))
    one = replace(SHIPPED.record("kor-jpn-2016").instruments[2], id=name)
    picture = ElementTree.fromstring(timeline_svg(text, segments, [one], LAPSE))
    assert picture.tag.endswith("svg")
    assert not [node for node in picture.iter() if node.tag.endswith("script")]


def test_forty_labels_do_not_collide() -> None:
    made: list[Instrument] = [
        act(f"n{n:02}", "law-change", ("KOR",), f"20{17 + n % 5}-{1 + n % 12:02}-10T00:00Z") for n in range(40)
    ]
    dossier = SHIPPED.with_instruments("kor-jpn-2016", (*SHIPPED.record("kor-jpn-2016").instruments, *made))
    text = dossier.agreements["kor-jpn-2016"][0]
    history = dossier.history("kor-jpn-2016")
    segments = history.timeline(at("2016-06-01T00:00Z"), at("2024-01-01T00:00Z"))
    picture = ElementTree.fromstring(timeline_svg(text, segments, made, LAPSE))
    labels = [node for node in picture.iter() if node.tag.endswith("text") and "law-change" in (node.text or "")]
    rows: dict[str, list[tuple[float, float]]] = {}
    for node in labels:
        left = float(node.attrib["x"])
        rows.setdefault(node.attrib["y"], []).append((left, left + len(node.text or "") * 6))
    assert len(labels) == 40
    for spans in rows.values():
        spans.sort()
        assert all(one[1] <= two[0] for one, two in itertools.pairwise(spans))


def test_nothing_in_a_brief_is_later_than_its_instant() -> None:
    when = at("2019-11-18T09:00+09:00")
    told = brief(SHIPPED, when)
    kinds = (told.statements, told.meetings, told.measures, told.incidents, told.exchanges)
    assert all(one.at.instant <= when for kind in kinds for one in kind)
    assert all(one.source for kind in kinds for one in kind)
    early = brief(SHIPPED, when, known_by=at("2019-11-16T00:00Z"))
    assert {one.speaker for one in early.statements} == {"Mark Esper"}


def test_a_brief_tells_who_reads_it_otherwise() -> None:
    told = brief(SHIPPED, at("2021-01-01T00:00Z"), reading="KOR")
    pact = next(one for one in told.agreements if one.standing.agreement == "kor-jpn-2016")
    assert pact.sentence == "in force, notice suspended; no date binds, it may end at any time"
    assert [party for party, _ in pact.others] == ["JPN"]


def test_an_empty_record_has_a_timeline_too() -> None:
    bare = replace(SHIPPED, records={"kor-jpn-2016": Record("kor-jpn-2016")})
    told = brief(bare, Instant(0))
    assert {one.sentence for one in told.agreements} == {"not signed"}
