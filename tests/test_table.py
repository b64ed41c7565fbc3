"""The table as a program uses it: one by one, by the column, in sets; and what it says to bad input."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from relto.core.decision import ACTS
from relto.core.decision.table import Table, compile_table, tracks
from relto.core.decision.table.roll import Roll
from relto.core.dossier import Dossier
from relto.core.errors import InputError, NotFound
from relto.core.label import Caveats
from tests.making import ANALYST, MISSILE, NOTICE, NOTIFIED, SIGNED, act, at, northeast_asia

START, END = at("2015-01-01T00:00Z"), at("2024-01-01T00:00Z")
MIDNIGHT = at("2019-11-23T00:00+09:00")
LAPSED = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
DESIGNATED = northeast_asia(
    act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod"),
    act("w1", "withdrawal", ("JPN",), "2018-01-01T00:00+09:00", targets=["d1"]),
)


def table_of(dossier: Dossier = LAPSED, **more: Any) -> Table:
    return compile_table(dossier, START, END, **more)


class TestMidnight:
    @pytest.mark.parametrize(("offset", "permits"), [(-1, True), (0, False), (1, False)])
    def test_one_by_one(self, offset: int, permits: bool) -> None:
        table = table_of()
        verdict = table.decide("release", "KOR", "JPN", table.item(MISSILE), None, MIDNIGHT.plus(offset))
        assert verdict.permits is permits
        assert verdict.failed_checks == (() if permits else ("standing",))
        assert verdict.marks == (("極秘", "特定秘密") if permits else ())

    def test_by_the_column(self) -> None:
        table = table_of()
        table.item(MISSILE)
        columns = table.columns(
            act="release",
            sender="KOR",
            recipient="JPN",
            item=np.zeros(3, np.int64),
            at=np.array([MIDNIGHT.plus(n).ns for n in (-1, 0, 1)]),
        )
        assert table.decide_many(columns).permit.tolist() == [True, False, False]

    def test_in_sets(self) -> None:
        table = table_of()
        assert table.recipients(MISSILE, MIDNIGHT.plus(-1)) == {"JPN", "USA"}
        assert table.recipients(MISSILE.id, MIDNIGHT) == {"USA"}
        assert table.recipients(table.item(MISSILE), MIDNIGHT, sender="JPN", act="forward") == {"KOR"} - {"KOR"}
        assert table.releasable("KOR", "JPN", MIDNIGHT.plus(-1)) == {MISSILE.id}
        assert table.releasable("KOR", "JPN", MIDNIGHT) == frozenset()
        assert table.releasable("KOR", "FRA", MIDNIGHT) == frozenset()

    def test_the_reference_explains(self) -> None:
        table = table_of()
        verdict = table.explain("release", "KOR", "JPN", table.item(MISSILE), table.person(ANALYST), MIDNIGHT)
        assert [(ground.check, ground.article) for ground in verdict.failed()] == [("standing", "21(3)")]


class TestWhoeverIsAsked:
    def test_a_third_country_has_no_agreement(self) -> None:
        table = table_of()
        verdict = table.decide("release", "KOR", "FRA", table.item(MISSILE), None, MIDNIGHT)
        assert (verdict.agreement, verdict.failed_checks) == ("", ("standing",))

    @pytest.mark.parametrize(("when", "permits"), [("2016-12-31", None), ("2017-06-01", True), ("2018-01-01", None)])
    def test_an_authority_is_one_while_its_designation_stands(self, when: str, permits: bool | None) -> None:
        table, instant = table_of(DESIGNATED), at(f"{when}T00:00+09:00")
        item = table.item(replace(MISSILE, caveats=Caveats()))
        for _ in range(2):
            if permits is None:
                with pytest.raises(InputError, match="unknown party `jpn-mod`"):
                    table.decide("release", "KOR", "jpn-mod", item, None, instant)
            else:
                assert table.decide("release", "KOR", "jpn-mod", item, None, instant).permits
        columns = table.columns(
            act="release", sender="KOR", recipient="jpn-mod", item=np.array([item.number]), at=instant
        )
        decisions = table.decide_many(columns)
        assert decisions.permit.tolist() == [bool(permits)]
        assert ("jpn-mod" in table.recipients(item, instant)) is bool(permits)

    @pytest.mark.parametrize(
        ("sender", "recipient", "act_", "when", "says"),
        [
            ("FRA", "KOR", "release", MIDNIGHT, "unknown party `FRA`"),
            ("KOR", "nowhere", "release", MIDNIGHT, "unknown party `nowhere`"),
            ("KOR", "JPN", "give", MIDNIGHT, "unknown act `give`"),
            ("KOR", "JPN", "release", START.plus(-1), "outside the table"),
            ("KOR", "JPN", "release", END, "outside the table"),
        ],
    )
    def test_bad_questions(self, sender: str, recipient: str, act_: Any, when: Any, says: str) -> None:
        table = table_of()
        for _ in range(2):
            with pytest.raises(InputError, match=says):
                table.decide(act_, sender, recipient, table.item(MISSILE), None, when)

    def test_a_system_is_asked_about_each_time(self) -> None:
        table = table_of()
        asked = ("release", "KOR", "JPN", table.item(MISSILE), table.person(ANALYST), MIDNIGHT.plus(-1))
        assert table.decide(*asked, system="ichigaya-net").permits  # type: ignore[arg-type]
        refused = table.decide(*asked, purpose="training", system="none")  # type: ignore[arg-type]
        assert refused.failed_checks == ("purpose", "system")
        with pytest.raises(InputError, match="outside the table"):
            table.decide("release", "KOR", "JPN", table.item(MISSILE), None, END, system="ichigaya-net")

    def test_its_own_purpose_may_be_named(self) -> None:
        table = table_of()
        item, when = table.item(MISSILE), MIDNIGHT.plus(-1)
        for _ in range(2):
            own = table.decide("release", "KOR", "JPN", item, None, when, MISSILE.purpose)
            assert own is table.decide("release", "KOR", "JPN", item, None, when)
            assert table.decide("release", "KOR", "JPN", item, None, when, "press").failed_checks == ("purpose",)

    def test_an_unknown_item_and_a_bad_window(self) -> None:
        with pytest.raises(NotFound, match="no item `none`"):
            table_of().item("none")
        with pytest.raises(InputError, match="is empty"):
            compile_table(LAPSED, END, START)
        with pytest.raises(InputError, match="unknown party `FRA`"):
            table_of(reading="FRA")

    def test_what_is_forgotten_is_looked_up_again(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tracks, "_TRACKS", 2)
        table = table_of()
        item, when = table.item(MISSILE), MIDNIGHT.plus(-1)
        for _ in range(3):
            for recipient in ("JPN", "USA", "FRA"):
                permits = table.decide("release", "KOR", recipient, item, None, when).permits
                assert permits is (recipient != "FRA")


def test_what_others_enter_at_the_same_moment_does_not_take_its_number() -> None:
    class Late(list[Any]):
        """Another thread appends right after this one."""

        def append(self, one: Any) -> None:
            super().append(one)
            super().append(None)

    class Numbered:
        number = -1

        def take(self, number: int) -> None:
            self.number = number

    entered: Roll[str, Numbered] = Roll(lambda _: Numbered())
    entered.rows = Late()
    assert [entered[key].number for key in ("a", "b", "a")] == [0, 2, 0]


class TestBadColumns:
    def columns(self, table: Table) -> dict[str, Any]:
        table.item(MISSILE)
        return table.columns(act="release", sender="KOR", recipient="JPN", item=np.zeros(4, np.int64), at=MIDNIGHT)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"cell": None}, "no column `cell`"),
            ({"cell": np.zeros(3, np.int64)}, "different lengths"),
            ({"at": np.zeros(3, np.int64)}, "different lengths"),
            ({"cell": np.zeros(4, np.int32)}, "`cell` is int32"),
            ({"mask": np.zeros((2, 2), np.uint64)}, "2 dimensions"),
            ({"cell": np.full(4, -1_000_000)}, "`cell` leaves the table"),
            ({"cell": np.full(4, 1 << 40)}, "`cell` leaves the table"),
            ({"at": np.full(4, END.ns)}, "`at` leaves the table"),
            ({"at": np.full(4, START.ns - 1)}, "`at` leaves the table"),
            ({"lane": np.full(4, 1 << 40)}, "`lane` leaves the table"),
        ],
    )
    def test_the_kernel_refuses(self, change: dict[str, Any], says: str) -> None:
        table = table_of()
        given = {name: value for name, value in {**self.columns(table), **change}.items() if value is not None}
        with pytest.raises(InputError, match=says):
            table.decide_many(given)

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"act": None}, "no `act` is given"),
            ({"at": None}, "no `at` is given"),
            ({"sender": "FRA"}, "`FRA` is no sender"),
            ({"recipient": np.array([0, 99])}, "`recipient` has a number"),
            ({"item": np.array([0, 7])}, "`item` has a number"),
            ({"person": np.array([0, 0])}, "`person` has a number"),
            ({"person": np.array([-1, -2])}, "`person` has a number"),
            ({"item": np.array([0, -1])}, "`item` has a number"),
            ({"act": np.array([0, 1, 2])}, "different lengths"),
        ],
    )
    def test_the_encoder_refuses(self, change: dict[str, Any], says: str) -> None:
        table = table_of()
        table.item(MISSILE)
        given = {"act": "release", "sender": "KOR", "recipient": "JPN", "item": np.zeros(2, np.int64), "at": MIDNIGHT}
        given = {name: value for name, value in {**given, **change}.items() if value is not None}
        with pytest.raises(InputError, match=says):
            table.columns(**given)

    def test_numbers_have_names(self) -> None:
        table = table_of()
        number = table.purpose("press")
        assert table.purposes[number] == "press"
        assert table.purpose("press") == number
        columns = self.columns(table)
        assert set(columns) >= {"lane", "at", "cell", "mask", "again", *("act", "sender", "recipient", "item")}
        assert ACTS[int(columns["act"][0])] == "release"
