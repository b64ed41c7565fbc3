"""What a hostile review found in the compiled table: each find, as the record would tell it."""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

from relto.core.agreement import Agreement, Scope
from relto.core.decision import ACTS, Request, evaluate
from relto.core.decision.table import Table, compile_table, updated
from relto.core.dossier import Dossier, Person
from relto.core.errors import InputError
from relto.core.label import Caveats
from relto.core.timeline import Day, Instant
from relto.node.live_table import LiveTable
from tests.comparing import disagreements
from tests.making import ANALYST, MISSILE, NOTIFIED, SIGNED, act, at, northeast_asia
from tests.worlds import END, START, random_dossier, random_persons

WINDOW = at("2015-01-01T00:00Z"), at("2024-01-01T00:00Z")
IN_2019 = at("2019-06-01T00:00Z")
NAMED = act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod")
TAKEN_BACK = act("d2", "withdrawal", ("JPN",), "2018-01-01T00:00+09:00", targets=("d1",))
NAMED_BY_KOREA = act("d3", "designation", ("KOR",), "2018-02-01T00:00+09:00", authority="jpn-mod")
AMERICAN = replace(MISSILE, id="us", originator="USA", mark="SECRET", caveats=Caveats())


def named(*more: object) -> Dossier:
    return northeast_asia(record=(SIGNED, NOTIFIED, NAMED, *more))  # type: ignore[arg-type]


@pytest.fixture
def hasty() -> Iterator[None]:
    """Threads take turns as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*works: Callable[[], object]) -> None:
    barrier = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        barrier.wait(20)
        work()

    with ThreadPoolExecutor(len(works)) as pool:
        for done in [pool.submit(run, work) for work in works]:
            done.result()


class TestADesignationInTheRecordOfOthers:
    def test_one_that_is_withdrawn_is_gone_for_every_sender(self) -> None:
        live = LiveTable(compile_table(named(), *WINDOW))
        assert live.table.decide("release", "USA", "jpn-mod", live.table.item(AMERICAN), None, IN_2019).permits
        live.enter("kor-jpn-2016", TAKEN_BACK)
        table = live.table
        with pytest.raises(InputError, match="unknown party `jpn-mod`"):
            table.decide("release", "USA", "jpn-mod", table.item(AMERICAN), None, IN_2019)
        assert "jpn-mod" not in table.recipients(table.item(AMERICAN), IN_2019)

    def test_one_that_another_party_makes_again_is_that_partys(self) -> None:
        live = LiveTable(compile_table(named(), *WINDOW))
        live.enter("kor-jpn-2016", TAKEN_BACK, NAMED_BY_KOREA)
        item = live.table.item(AMERICAN)
        wanted = live.table.explain("release", "USA", "jpn-mod", item, None, IN_2019)
        found = live.table.decide("release", "USA", "jpn-mod", item, None, IN_2019)
        assert (found.verdict, found.agreement) == (wanted.verdict, "usa-kor-1987")

    def test_one_whose_withdrawal_is_struck_out_stands_again(self) -> None:
        table = updated(compile_table(named(TAKEN_BACK), *WINDOW), named())
        assert table.decide("release", "USA", "jpn-mod", table.item(AMERICAN), None, IN_2019).permits

    def test_lanes_to_others_are_kept(self) -> None:
        table = compile_table(named(), *WINDOW)
        renewed = updated(table, named(TAKEN_BACK))
        assert renewed.lanes["USA", "KOR"] is table.lanes["USA", "KOR"]
        assert renewed.lanes["USA", "jpn-mod"] is not table.lanes["USA", "jpn-mod"]


class TestAnAmendmentThatLeavesAPartyOut:
    """The second text is between Japan and the United States; the first was with Korea."""

    def dossier(self) -> Dossier:
        first = northeast_asia().agreements["kor-jpn-2016"][0]
        assert first.levels is not None
        rows = tuple(
            replace(row, marks={"JPN": row.marks["JPN"], "USA": (row.rank,)}, treat_as={}) for row in first.levels.rows
        )
        second = replace(
            first,
            version=2,
            digest="sha256:" + "2" * 64,
            parties=("JPN", "USA"),
            readings={},
            levels=replace(first.levels, rows=rows),
        )
        amended = act("am", "amendment", ("KOR", "JPN", "USA"), "2017-06-01T00:00+09:00", text=second.digest)
        whole = northeast_asia(record=(SIGNED, NOTIFIED, amended))
        return replace(whole, agreements={**whole.agreements, first.id: (first, second)})

    @pytest.mark.parametrize("sender", ["KOR", "JPN"])
    def test_its_marks_have_no_column_any_more(self, sender: str) -> None:
        dossier = self.dossier()
        table = compile_table(dossier, *WINDOW)
        recipient = "JPN" if sender == "KOR" else "KOR"
        items = [
            replace(MISSILE, id=f"x-{n}", originator=sender, mark=mark.mark, caveats=Caveats())
            for n, mark in enumerate(dossier.parties[sender].marks)
        ]
        requests = [
            Request("release", item, sender, recipient, when)
            for item in items
            for when in (at("2017-01-01T00:00Z"), IN_2019)
        ]
        assert list(disagreements(table, requests)) == []
        if sender == "KOR":
            refused = [table.decide("release", sender, recipient, table.item(one), None, IN_2019) for one in items]
            assert all("level" in one.failed_checks for one in refused)


@pytest.mark.usefixtures("hasty")
class TestThreadsAtOnce:
    def test_no_two_persons_get_one_number(self) -> None:
        dossier = northeast_asia()
        good = [replace(ANALYST, clearance_until=Day(2021, 1, 1 + n)) for n in range(28)]
        bad = [replace(one, clearance=None) for one in good]
        for _ in range(8):
            table = compile_table(dossier, *WINDOW)
            item = table.item(MISSILE)

            def ask(people: list[Person], table: Table = table) -> Callable[[], object]:
                other = compile_table(dossier, *WINDOW)
                foreign = [other.person(one) for one in people]
                strange = [other.item(replace(MISSILE, id=f"{one.clearance}-{n}")) for n, one in enumerate(people)]
                return lambda: [
                    table.decide("release", "KOR", "JPN", thing, one, IN_2019)
                    for one, thing in zip(foreign, strange, strict=True)
                ]

            at_once(ask(good[:14]), ask(bad[:14]), ask(good[14:]), ask(bad[14:]))
            numbers = [table.person(one).number for one in (*good, *bad)]
            assert len(set(numbers)) == 56
            assert [table.persons[number] for number in numbers] == [*good, *bad]
            assert all(table.items[table.item(one).number] == one for one in table.items)
            for person in (*good, *bad):
                mine = table.decide("release", "KOR", "JPN", item, table.person(person), IN_2019)
                assert mine.permits is (person.clearance is not None)

    def test_two_tables_renewed_from_one_keep_to_their_own_cells(self) -> None:
        whole = northeast_asia()
        digests = {"usa-kor-1987": "sha256:" + "a" * 64, "usa-jpn-2007": "sha256:" + "b" * 64}
        topics = {"usa-kor-1987": "health", "usa-jpn-2007": "cyber"}

        def amended(name: str) -> tuple[Agreement, ...]:
            first = whole.agreements[name][0]
            return first, replace(first, version=2, digest=digests[name], scope=Scope("S", (topics[name],)))

        base = replace(whole, agreements={**whole.agreements, **{name: amended(name) for name in digests}}, items={})
        entered = {
            name: act("am", "amendment", base.agreements[name][0].parties, "2018-01-01T00:00Z", text=digest)
            for name, digest in digests.items()
        }
        for _ in range(20):
            table = compile_table(base, *WINDOW)
            lives = {name: LiveTable(table) for name in digests}
            at_once(*(partial(lives[name].enter, name, entered[name]) for name in digests))
            for name, to in (("usa-kor-1987", "KOR"), ("usa-jpn-2007", "JPN")):
                mine = lives[name].table
                for topic in ("health", "cyber", "defence"):
                    item = replace(AMERICAN, id=topic, topic=topic)
                    wanted = evaluate(mine.dossier, Request("release", item, "USA", to, IN_2019)).permits
                    assert mine.decide("release", "USA", to, mine.item(item), None, IN_2019).permits is wanted


class TestColumnsThatAreNot:
    """What is given to columns is asked about as it stands, or it is an error that names the column."""

    def given(self, table: Table, **change: object) -> dict[str, Any]:
        item = np.array([table.item("msl-2019-10-31").number])
        return {"act": "release", "sender": "KOR", "recipient": "JPN", "item": item, "at": IN_2019, **change}

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"system": "no-such-net"}, "no column `system`; ask for a system with `Table.decide`"),
            ({"persons": np.array([0])}, "no column `persons`; did you mean `person`"),
            ({"known_by": IN_2019}, "no column `known_by`; use act, sender"),
            ({"act": np.array(["release"])}, "the column `act` is <U7"),
            ({"act": np.array([True])}, "the column `act` is bool"),
            ({"item": np.array([0.9])}, "the column `item` is float64"),
            ({"item": np.array([np.nan])}, "the column `item` is float64"),
            ({"item": np.zeros((2, 2), int)}, "the column `item` is int64 of 2 dimensions"),
            ({"item": [[0], [0, 1]]}, "the column `item` is"),
            ({"item": 0.0}, "the column `item` is float"),
            ({"item": object()}, "the column `item` is object"),
            ({"person": np.array([2**64 - 1], np.uint64)}, "`person` has a number"),
            ({"person": np.array([-2])}, "`person` has a number"),
            ({"at": np.array([float(IN_2019.ns)])}, "the column `at` is float64"),
            ({"at": np.array(["2019-11-18T00:00"], "M8[s]")}, "the column `at` is datetime64"),
            ({"at": "2019-11-18T00:00Z"}, "the column `at` is str"),
            ({"at": [IN_2019]}, "the column `at` is object"),
            ({"at": True}, "the column `at` is bool"),
            ({"at": at("2300-01-01T00:00Z")}, "`at` has an instant that no column"),
            ({"at": [2**63]}, "`at` has an instant that no column"),
            ({"at": [-(2**63) - 1]}, "`at` has an instant that no column"),
        ],
    )
    def test_are_errors(self, change: dict[str, object], says: str) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        with pytest.raises(InputError, match=re.escape(says)):
            table.columns(**self.given(table, **change))

    def test_whole_numbers_of_any_kind_serve(self) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        number = table.item("msl-2019-10-31").number
        items: list[object] = [[number], number, np.array([number], np.uint8), np.array([number], object)]
        items += [np.int32(number), np.array(number)]
        for item in items:
            for when in (IN_2019, IN_2019.ns, np.array([IN_2019.ns]), [IN_2019.ns], np.array([IN_2019.ns], np.uint64)):
                columns = table.columns(**self.given(table, item=item, at=when))
                assert table.decide_many(columns).permit.tolist() == [True]
        empty = table.columns(**self.given(table, item=np.array([])))
        assert len(table.decide_many(empty).permit) == 0

    def test_an_instant_a_nanosecond_before_entry_into_force_is_that_instant(self) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        entry = at("2016-11-23T12:00+09:00")
        when = np.array([entry.ns - 1, entry.ns])
        columns = table.columns(**self.given(table, item=table.item("msl-2019-10-31").number, at=when))
        assert table.decide_many(columns).permit.tolist() == [False, True]

    def test_the_kernel_takes_columns_only(self) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        columns = table.columns(**self.given(table))
        for bad, says in (
            ([1, 2], "columns come by their names"),
            ({**columns, "again": np.array([99])}, "`again` is int64"),
            ({**columns, "again": np.array([True, False])}, "different lengths"),
        ):
            with pytest.raises(InputError, match=says):
                table.decide_many(bad)  # type: ignore[arg-type]


class TestChunks:
    """A chunk of rows answers as the same rows do within the whole."""

    @pytest.mark.parametrize("seed", range(20))
    def test_of_any_size(self, seed: int) -> None:
        table, columns = by_chance(seed, 1200)
        whole = table.decide_many(columns)
        looked_for = {name: column for name, column in columns.items() if name != "again"}
        slices = table.slices(columns)
        for size in (1, 7, 500, 1199):
            for start in range(0, 1200, size) if size > 100 else (0, 300, 1200 - size):
                rows = slice(start, start + size)
                for given in (columns, looked_for, {**columns, "slice": slices}):
                    part = table.decide_many({name: column[rows] for name, column in given.items()})
                    assert part.permit.tolist() == whole.permit[rows].tolist()
                    assert part.failed.tolist() == whole.failed[rows].tolist()
                    assert part.slice.tolist() == whole.slice[rows].tolist()
                    assert ((part.failed == 0) == part.permit).all()

    def test_rows_in_another_order(self) -> None:
        table, columns = by_chance(3, 1500)
        order = np.random.default_rng(1).permutation(1500)
        mixed = table.decide_many({name: column[order] for name, column in columns.items()})
        assert mixed.permit.tolist() == table.decide_many(columns).permit[order].tolist()

    def test_what_a_mask_does_not_decide_needs_what_was_asked(self) -> None:
        for seed in range(40):
            table, columns = by_chance(seed, 500)
            if columns["again"].any():
                break
        bare = {name: columns[name] for name in ("lane", "at", "cell", "mask")}
        with pytest.raises(InputError, match="no column `act`"):
            table.decide_many(bare)
        with pytest.raises(InputError, match="`item` leaves the table"):
            table.decide_many({**columns, "item": columns["item"] + 1000})
        with pytest.raises(InputError, match="different lengths"):
            table.decide_many({**columns, "item": columns["item"][1:]})

    @pytest.mark.parametrize("seed", range(12))
    def test_the_slice_of_a_row_is_on_its_own_lane(self, seed: int) -> None:
        table, columns = by_chance(seed, 1500)
        decisions = table.decide_many(columns)
        for row, number in enumerate(decisions.slice.tolist()):
            edge = table._kernel.slices.edge(number)
            sender, recipient = table.senders[columns["sender"][row]], table.addressees[columns["recipient"][row]]
            to = table.lanes[sender, recipient].stretch(Instant(int(columns["at"][row]))).to
            held = columns["act"][row] >= 3 and to is not None and to.party == sender
            giver = table.items[columns["item"][row]].originator if held else sender
            assert number % len(ACTS) == columns["act"][row] or edge is None
            if edge is not None:
                assert (edge.frame.sender, edge.frame.to) == (giver, to)
                assert decisions.agreement[row] == edge.agreement


def by_chance(seed: int, rows: int) -> tuple[Table, dict[str, Any]]:
    """A table of chance and columns of chance over all of it."""
    dossier = random_dossier(seed)
    table = compile_table(dossier, START, END)
    for person in random_persons(seed, dossier):
        table.person(person)
    chance = np.random.default_rng(seed)
    columns = table.columns(
        act=chance.integers(0, len(ACTS), rows),
        sender=chance.integers(0, len(table.senders), rows),
        recipient=chance.integers(0, len(table.addressees), rows),
        item=chance.integers(0, len(table.items), rows),
        person=chance.integers(-1, len(table.persons), rows),
        at=chance.integers(START.ns, END.ns, rows),
    )
    return table, columns


class TestWhatIsNoRequest:
    """A wrong type or an unknown name is an error that says so, never a traceback of another kind."""

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"item": "msl-2019-10-31"}, "`item` is str; intern it with `table.item"),
            ({"item": MISSILE}, "`item` is Item"),
            ({"item": None}, "`item` is NoneType"),
            ({"person": ANALYST}, "`person` is Person; intern it"),
            ({"at": IN_2019.ns}, "`at` is int"),
            ({"at": "2019-11-18T00:00Z"}, "`at` is str"),
            ({"act": "sell"}, "unknown act `sell`; use one of release"),
            ({"act": 3}, "`act` is int"),
            ({"act": ["release"]}, "`act` is list"),
            ({"sender": None}, "`sender` is NoneType"),
            ({"sender": "KO"}, "unknown party `KO`"),
            ({"recipient": None}, "`recipient` is NoneType"),
            ({"recipient": "JP"}, "unknown party `JP`"),
            ({"purpose": ["x"]}, "`purpose` is list"),
            ({"system": 3}, "`system` is int"),
        ],
    )
    def test_is_told_by_decide_and_explain(self, change: dict[str, Any], says: str) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        given = {"act": "release", "sender": "KOR", "recipient": "JPN", "person": None, "at": IN_2019, **change}
        given = {"item": table.item(MISSILE), **given}
        for _ in range(2):
            for ask in (table.decide, table.explain):
                with pytest.raises(InputError, match=re.escape(says)):
                    ask(**given)
            table.decide("release", "KOR", "JPN", table.item(MISSILE), None, IN_2019)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"act": "sell"}, "unknown act `sell`"),
            ({"act": 3}, "`act` is int"),
            ({"sender": "X"}, "unknown party `X`"),
            ({"sender": 3}, "`sender` is int"),
            ({"recipient": "X"}, "unknown party `X`"),
            ({"recipient": 3}, "`recipient` is int"),
            ({"at": 3}, "`at` is int"),
            ({"at": at("2030-01-01T00:00Z")}, "is outside the table"),
        ],
    )
    @pytest.mark.parametrize("recipient", ["JPN", "FRA"])
    def test_is_told_by_releasable_and_recipients(self, recipient: str, change: dict[str, Any], says: str) -> None:
        table = compile_table(northeast_asia(), *WINDOW)
        given = {"act": "release", "sender": "KOR", "recipient": recipient, "at": IN_2019, **change}
        with pytest.raises(InputError, match=re.escape(says)):
            table.releasable(given["sender"], given["recipient"], given["at"], act=given["act"])
        if "recipient" not in change:
            with pytest.raises(InputError, match=re.escape(says)):
                table.recipients(MISSILE, given["at"], sender=given["sender"], act=given["act"])

    def test_is_told_where_things_are_made(self) -> None:
        with pytest.raises(InputError, match="`start` is str, not an Instant"):
            compile_table(northeast_asia(), "2014", "2015")  # type: ignore[arg-type]
        table = compile_table(northeast_asia(), *WINDOW)
        for make in (table.item, table.person, table.purpose):
            with pytest.raises(InputError, match="is int"):
                make(3)  # type: ignore[arg-type]
        assert table.releasable("KOR", "FRA", IN_2019) == frozenset()


class TestAnItemAsItIsNow:
    def changed(self) -> Dossier:
        whole = northeast_asia()
        return replace(whole, items={**whole.items, MISSILE.id: replace(MISSILE, caveats=Caveats(("KOR", "USA")))})

    def test_counts_alone_after_a_swap(self) -> None:
        live = LiveTable(compile_table(northeast_asia(), *WINDOW))
        assert MISSILE.id in live.table.releasable("KOR", "JPN", IN_2019)
        live.replace(self.changed())
        assert MISSILE.id not in live.table.releasable("KOR", "JPN", IN_2019)
        assert MISSILE.id in live.table.releasable("KOR", "USA", IN_2019)
        live.replace(northeast_asia())
        assert MISSILE.id in live.table.releasable("KOR", "JPN", IN_2019)

    def test_is_gone_when_its_file_is(self) -> None:
        live = LiveTable(compile_table(northeast_asia(), *WINDOW))
        live.replace(replace(northeast_asia(), items={}))
        assert live.table.releasable("KOR", "JPN", IN_2019) == frozenset()

    def test_counts_beside_another_that_was_asked_about_under_its_name(self) -> None:
        table = compile_table(self.changed(), *WINDOW)
        table.item(MISSILE)
        assert MISSILE.id not in table.releasable("KOR", "JPN", IN_2019)
        one = replace(MISSILE, id="asked-about")
        table.item(one)
        assert "asked-about" in table.releasable("KOR", "JPN", IN_2019)
        table.item(replace(one, caveats=Caveats(("KOR", "USA"))))
        assert "asked-about" not in table.releasable("KOR", "JPN", IN_2019)


@pytest.mark.filterwarnings("error")
class TestInstantsThatNoColumnHolds:
    """A column holds the nanoseconds of 1678 to 2261; everything else is asked about one by one."""

    @pytest.mark.parametrize("until", ["1600-01-01", "2262-01-01", "2263-01-01", "2999-12-31", "9999-12-31"])
    def test_a_clearance_that_ends_then(self, until: str) -> None:
        dossier = northeast_asia()
        table = compile_table(dossier, *WINDOW)
        person = table.person(replace(ANALYST, clearance_until=Day.parse(until)))
        item = table.item(MISSILE)
        alone = table.decide("release", "KOR", "JPN", item, person, IN_2019)
        assert alone.permits is (until != "1600-01-01")
        given = {"act": "release", "sender": "KOR", "recipient": "JPN", "item": item.number, "at": IN_2019}
        decisions = table.decide_many(table.columns(**given, person=person.number))
        assert decisions.permit.tolist() == [alone.permits]
        assert MISSILE.id in table.releasable("KOR", "JPN", IN_2019)

    @pytest.mark.parametrize(
        ("start", "end"),
        [
            ("0001-01-01T00:00Z", "9999-12-31T00:00Z"),
            ("1600-01-01T00:00Z", "2026-01-01T00:00Z"),
            ("1678-01-01T00:00Z", "2262-01-01T00:00Z"),
            ("2014-01-01T00:00Z", "2263-01-01T00:00Z"),
            ("1700-01-01T00:00Z", "2020-01-01T00:00Z"),
        ],
    )
    def test_a_window_that_reaches_them(self, start: str, end: str) -> None:
        dossier = northeast_asia()
        table = compile_table(dossier, at(start), at(end))
        item = table.item(MISSILE)
        edges = [at(start).ns, at(end).ns - 1, -(2**63), 2**63 - 2, IN_2019.ns, at("2016-11-23T12:00+09:00").ns - 1]
        whens = sorted({one for one in edges if at(start).ns <= one < at(end).ns})
        for when in map(Instant, whens):
            wanted = evaluate(dossier, Request("release", MISSILE, "KOR", "JPN", when)).permits
            assert table.decide("release", "KOR", "JPN", item, None, when).permits is wanted
            assert (MISSILE.id in table.releasable("KOR", "JPN", when)) is wanted
            assert ("JPN" in table.recipients(item, when)) is wanted
        held = [one for one in whens if -(2**63) <= one < 2**63 - 1]
        columns = table.columns(act="release", sender="KOR", recipient="JPN", item=item.number, at=held)
        every = [evaluate(dossier, Request("release", MISSILE, "KOR", "JPN", Instant(one))).permits for one in held]
        assert table.decide_many(columns).permit.tolist() == every
        outside = np.array([2**63 - 1, -(2**63)])
        columns = table.columns(act="release", sender="KOR", recipient="JPN", item=item.number, at=outside)
        with pytest.raises(InputError, match="`at` leaves the table"):
            table.decide_many(columns)

    def test_a_window_beyond_them(self) -> None:
        table = compile_table(northeast_asia(), at("3000-01-01T00:00Z"), at("4000-01-01T00:00Z"))
        item, when = table.item(MISSILE), at("3500-01-01T00:00Z")
        assert table.decide("release", "KOR", "JPN", item, None, when).permits
        assert MISSILE.id in table.releasable("KOR", "JPN", when)
        columns = table.columns(act="release", sender="KOR", recipient="JPN", item=item.number, at=IN_2019)
        with pytest.raises(InputError, match="no column of nanoseconds holds"):
            table.decide_many(columns)
