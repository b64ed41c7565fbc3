"""What a hostile review found in the compiled table: each find, as the record would tell it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from relto.core.agreement import Agreement, Scope
from relto.core.decision import Request, evaluate
from relto.core.decision.table import Table, compile_table, updated
from relto.core.dossier import Dossier, Person
from relto.core.errors import InputError
from relto.core.label import Caveats
from relto.core.timeline import Day
from relto.node.live_table import LiveTable
from tests.comparing import disagreements
from tests.making import ANALYST, MISSILE, NOTIFIED, SIGNED, act, at, northeast_asia

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
            assert sorted(table.person(one).number for one in table.persons) == list(range(len(table.persons)))
            assert sorted(table.item(one).number for one in table.items) == list(range(len(table.items)))
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
