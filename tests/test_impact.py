"""Impact: two worlds, row by row as the reference decides them; what a lapse on 23 November 2019 would have cost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.cli.options import shipped_dossier
from relto.core.analysis.impact import Impact, Movement, Traffic, answer_all, impact, traffic_of
from relto.core.analysis.impact.answers import answer_of
from relto.core.analysis.impact.compare import diverted, lost
from relto.core.analysis.world import World, in_world, without_instruments
from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound
from relto.core.label import Caveats
from relto.core.route import decide
from relto.core.route.changes import instants_of_change
from relto.core.timeline import Instant, parse_instant
from relto.formats.analysis.impact_svg import impact_svg
from relto.formats.analysis.traffic import dossier_traffic, read_traffic
from tests.worlds import END, START, random_dossier
from tests.worlds_chance import Chance

SHIPPED = load_dossier(shipped_dossier())
MIDNIGHT = parse_instant("2019-11-23T00:00+09:00")
LAPSED = in_world(SHIPPED, World("kor-jpn-2016", lapse=MIDNIGHT))
WINTER = shipped_dossier() / "traffic" / "winter-2019.csv"


def reference(dossier: Dossier, one: Movement) -> Any:
    asked = Request("release", one.item, one.sender, one.recipient, one.at)
    return answer_of(decide(dossier, asked))


def random_traffic(seed: int, dossier: Dossier, rows: int) -> Traffic:
    """Items of a dossier between its parties, at random instants and just around those at which answers change."""
    chance, edges = Chance(seed, 77), instants_of_change(dossier)
    items, parties = sorted(dossier.items.values(), key=lambda one: one.id), sorted(dossier.parties)
    moved = []
    for number in range(rows):
        item = items[chance.number(0, len(items) - 1)]
        if chance.often(0.5) and edges:
            near = edges[chance.number(0, len(edges) - 1)] + chance.number(-1, 1)
            at = Instant(min(max(near, START.ns), END.ns))
        else:
            at = Instant(chance.number(START.ns, END.ns))
        sender = item.originator if chance.often(0.7) else parties[chance.number(0, len(parties) - 1)]
        recipient = parties[chance.number(0, len(parties) - 1)]
        if sender in dossier.parties and sender != recipient:
            moved.append(Movement(str(number), item, sender, recipient, at))
    return traffic_of(moved)


@pytest.mark.parametrize("seed", range(60))
def test_every_row_is_what_the_reference_decides_in_both_worlds(seed: int) -> None:
    dossier = random_dossier(seed)
    name = sorted(dossier.agreements)[seed % len(dossier.agreements)]
    record = dossier.record(name)
    worlds = [World(name, lapse=Instant((START.ns + END.ns) // 2 + seed)), World(name, absent=True)]
    worlds += [World(name, without=(one.id,)) for one in record.instruments[:1]]
    other = in_world(dossier, worlds[seed % len(worlds)])
    traffic = random_traffic(seed, dossier, 120)
    found = impact(traffic, dossier, other)
    for row, change in enumerate(found.rows()):
        movement = traffic.movement(row)
        assert change.before == reference(dossier, movement)
        assert change.after == reference(other, movement)
    added_up(found)


def added_up(found: Impact) -> None:
    """Every way of counting counts every row once."""
    turns = Counter(zip(found.before.outcome.tolist(), found.after.outcome.tolist(), strict=True))
    assert sum(found.total.values()) == len(found.traffic) == sum(turns.values())
    assert sorted(found.total.values()) == sorted(turns.values())
    for axis in (found.topics, found.ranks, found.parties, found.days):
        assert sum((Counter(one) for one in axis.values()), Counter()) == found.total
    assert len(list(found.changes())) == sum(count for turn, count in found.total.items() if turn[0] != turn[1])


def winter() -> Traffic:
    return read_traffic(WINTER.name, WINTER.read_bytes(), SHIPPED)


def test_what_would_have_been_lost_after_23_november_2019() -> None:
    found = impact(winter(), SHIPPED, LAPSED, zone="Asia/Seoul")
    told = {one.movement.id: (one.before.outcome, one.after.outcome) for one in found.rows()}
    assert told == {
        "launch warning": ("direct", "mediated"),
        "launch warning to the ally": ("direct", "direct"),
        "tracks from Japan": ("direct", "mediated"),
        "grade I assessment": ("mediated", "mediated"),
        "source report": ("direct", "refused"),
        "encounter as Korea tells it": ("direct", "refused"),
        "encounter as Japan tells it": ("direct", "refused"),
        "before the lapse": ("direct", "direct"),
        "at the lapse": ("direct", "mediated"),
    }
    assert (lost(found.total), diverted(found.total)) == (3, 3)
    assert found.articles == {("standing", "kor-jpn-2016", "21(3)"): 3}
    added_up(found)


def test_the_assumed_lapse_changes_nothing_before_it() -> None:
    for shift in (-1, 0, 1):
        at = MIDNIGHT.plus(shift)
        before, after = SHIPPED.history("kor-jpn-2016"), LAPSED.history("kor-jpn-2016")
        assert after.in_force(at) == (shift < 0)
        assert before.in_force(at)
    earlier = parse_instant("2019-11-18T00:00Z")
    assert LAPSED.standing("kor-jpn-2016", earlier).state == SHIPPED.standing("kor-jpn-2016", earlier).state
    assert "as is assumed" in LAPSED.standing("kor-jpn-2016", MIDNIGHT).grounds[-1].says
    sooner = in_world(SHIPPED, World("kor-jpn-2016", lapse=parse_instant("2018-01-01T00:00Z")))
    assert not sooner.history("kor-jpn-2016").in_force(earlier)


def test_without_the_suspension_it_ends_as_the_notice_says() -> None:
    other = in_world(SHIPPED, World("kor-jpn-2016", without=("n002",)))
    for shift in (-1, 0):
        assert other.history("kor-jpn-2016").in_force(MIDNIGHT.plus(shift)) == (shift < 0)
    one, two = impact(winter(), SHIPPED, other), impact(winter(), SHIPPED, LAPSED)
    assert [row.after.outcome for row in one.rows()] == [row.after.outcome for row in two.rows()]


def test_what_acts_on_nothing_any_more_goes_with_its_targets() -> None:
    record = SHIPPED.record("kor-jpn-2016")
    left = without_instruments(record, ("n001",))
    assert [one.id for one in left.instruments] == ["sig", "notif"]  # the suspension and the withdrawal fall with it
    assert [one.id for one in without_instruments(record, ("n002",)).instruments][-1] == "n003"
    with pytest.raises(NotFound, match="n009"):
        without_instruments(record, ("n009",))


def test_another_text_and_another_record() -> None:
    text = SHIPPED.versions("kor-jpn-2016")[0]
    narrow = replace(text, scope=replace(text.scope, topics=("defence/maritime",)))
    found = impact(winter(), SHIPPED, in_world(SHIPPED, World(text.id, text=narrow)))
    assert found.articles == {("scope", text.id, "2(a)"): 1}
    assert diverted(found.total) == 4
    record = without_instruments(SHIPPED.record(text.id), ("n002",))
    found = impact(winter(), SHIPPED, in_world(SHIPPED, World(text.id, record=record)))
    assert lost(found.total) == 3
    never = impact(winter(), SHIPPED, in_world(SHIPPED, World(text.id, absent=True)))
    assert (lost(never.total), diverted(never.total)) == (3, 4)


def test_items_alike_share_an_answer_and_those_named_in_a_consent_do_not() -> None:
    item = SHIPPED.item("msl-2019-11-28")
    alike = [replace(item, id=f"x{number}", title=str(number)) for number in range(50)]
    moved = [Movement(one.id, one, "KOR", "JPN", MIDNIGHT.plus(-5)) for one in alike]
    moved.append(Movement("other", replace(item, caveats=Caveats(rel_to=("KOR",))), "KOR", "JPN", MIDNIGHT.plus(-5)))
    answers = answer_all(traffic_of(moved), SHIPPED)
    assert len(answers.answers) == 2
    assert answers.row(50).outcome == "refused"
    assert answers.row(49).outcome == "direct"


@pytest.mark.parametrize("world", [World("none", absent=True), World("kor-jpn-2016", without=("x",))])
def test_worlds_about_nothing_are_refused(world: World) -> None:
    with pytest.raises(NotFound):
        in_world(SHIPPED, world)


def test_worlds_that_contradict_themselves_are_refused() -> None:
    with pytest.raises(InputError):
        in_world(SHIPPED, World("kor-jpn-2016", absent=True, lapse=MIDNIGHT))
    with pytest.raises(InputError):
        in_world(SHIPPED, World("tisa-2014", record=SHIPPED.record("kor-jpn-2016")))


def test_no_traffic_and_one_row() -> None:
    empty = winter().between(MIDNIGHT, MIDNIGHT.plus(1)).between(MIDNIGHT.plus(1), None)
    assert len(empty) == 0
    assert impact(empty, SHIPPED, LAPSED).total == {}
    one = winter().between(MIDNIGHT, MIDNIGHT.plus(1))
    assert [row.movement.id for row in impact(one, SHIPPED, LAPSED).rows()] == ["at the lapse"]


def test_columns_that_leave_their_lists_are_refused() -> None:
    good = winter()
    for name, value in (("item", 99), ("sender", -1), ("recipient", 99)):
        column = getattr(good, name).copy()
        column[0] = value
        changed: Any = {name: column}
        with pytest.raises(InputError, match=name):
            replace(good, **changed)
    with pytest.raises(InputError, match="rows"):
        replace(good, at=good.at[:-1])


def test_days_are_those_of_the_zone_where_clocks_change() -> None:
    item = SHIPPED.item("msl-2019-11-28")
    at = [
        parse_instant(f"2019-11-0{day}T{hour}:30-0{offset}:00")
        for day, hour, offset in ((2, "23", 4), (3, "00", 4), (3, "23", 5), (4, "00", 5))
    ]
    found = impact(
        traffic_of(Movement("x", item, "KOR", "JPN", one) for one in at), SHIPPED, LAPSED, zone="America/New_York"
    )
    assert {str(day): sum(one.values()) for day, one in found.days.items()} == {
        "2019-11-02": 1,
        "2019-11-03": 2,
        "2019-11-04": 1,
    }


def test_many_rows_are_counted_as_few_are() -> None:
    """A million rows: the same three labels and pairs, at instants on both sides of every change, counted by numpy."""
    chance = np.random.default_rng(5)
    few = winter()
    rows = chance.integers(0, len(few), 1_000_000)
    at = chance.integers(parse_instant("2014-01-01T00:00Z").ns, parse_instant("2026-01-01T00:00Z").ns, len(rows))
    many = Traffic(few.items, few.names, few.item[rows], few.sender[rows], few.recipient[rows], at)
    found = impact(many, SHIPPED, LAPSED, zone="Asia/Seoul")
    added_up(found)
    for row in chance.integers(0, len(rows), 300).tolist():
        movement = many.movement(row)
        assert found.before.row(row) == reference(SHIPPED, movement)
        assert found.after.row(row) == reference(LAPSED, movement)


def test_the_picture_is_xml_and_says_what_it_shows() -> None:
    found = impact(winter(), SHIPPED, LAPSED, zone="Asia/Seoul")
    drawn = impact_svg(found, World("kor-jpn-2016", lapse=MIDNIGHT), "Asia/Seoul")
    text = " ".join(ElementTree.fromstring(drawn).itertext())
    for said in ("goes on: 3", "through the ally: 3", "lost: 3", "ends 2019-11-23", "2019-12-20"):
        assert said in text
    years = impact_svg(impact(dossier_traffic(SHIPPED), SHIPPED, LAPSED), World("kor-jpn-2016", absent=True), "UTC")
    assert ElementTree.fromstring(years) is not None


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    asked = ["impact", "kor-jpn-2016", "--lapse", "2019-11-23T00:00+09:00", "--traffic", str(WINTER)]
    assert run([*asked, "--svg", str(tmp_path / "x.svg"), "--link", "2019-12-01T00:00Z"]) == 0
    out = capsys.readouterr().out
    assert "3  is lost" in out
    assert "nominally 1890 s" in out
    assert (tmp_path / "x.svg").read_bytes().startswith(b"<svg")
    assert run([*asked, "--json", "--rows"]) == 0
    first, *rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert (first["schema"], first["lost"], first["diverted"], len(rows)) == ("relto/impact/1", 3, 3, 9)
    assert run(["impact", "kor-jpn-2016", "--absent"]) == 0
    assert run(["impact", "kor-jpn-2016"]) == 2
    assert run(["impact", "none", "--absent"]) == 4
    assert run([*asked, "--from", "2020-01-01T00:00Z", "--to", "2020-01-01T00:00Z"]) == 2
    assert run([*asked, "--from", "2020-01-01T00:00Z"]) == 0
    assert "no traffic in that time" in capsys.readouterr().out
    record = shipped_dossier() / "records" / "kor-jpn-2016.yaml"
    assert run(["impact", "kor-jpn-2016", "--with", str(record), "--traffic", str(WINTER)]) == 0
    assert run(["impact", "tisa-2014", "--with", str(record), "--traffic", str(WINTER)]) == 2


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("x,none,KOR,JPN,2019-11-28T08:04:00Z", "no item"),
        ("x,msl-2019-11-28,KOR,FRA,2019-11-28T08:04:00Z", "no party"),
        ("x,msl-2019-11-28,KOR,JPN,2019-11-28", "date alone"),
        ("x,msl-2019-11-28,KOR", "another length"),
        ("x,msl-2019-11-28,KOR,JPN,1600-01-01T00:00:00Z", "beyond"),
    ],
)
def test_traffic_that_is_none_is_refused_with_its_line(row: str, says: str) -> None:
    with pytest.raises((InputError, NotFound), match=says):
        read_traffic("t.csv", f"id,item,from,to,at\n{row}\n".encode(), SHIPPED)
