"""A table in particulars: where its lanes are cut, what its numbers mean, what it keeps and what it compiles anew."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest

from relto.core.agreement import Instrument, Purpose, Scope, ThirdParty
from relto.core.decision import ACTS, Act, Request, evaluate
from relto.core.decision.table import Table, compile_table, updated
from relto.core.decision.table.word import FAILED, bits_of
from relto.core.dossier import Accredited, Assurance, DomesticRule, Dossier, Item, Person
from relto.core.errors import InputError, ReltoError
from relto.core.label import Caveats
from relto.core.timeline import Day, Instant
from tests.comparing import disagreements, every_cell
from tests.making import (
    ANALYST,
    JPN,
    KOR,
    MISSILE,
    NOTICE,
    NOTIFIED,
    SIGNED,
    SUSPENSION,
    USA,
    act,
    at,
    northeast_asia,
    pact,
    text_2016,
)

PACT = "kor-jpn-2016"
START, END = at("2015-01-01T00:00Z"), at("2024-01-01T00:00Z")
IN_2018 = at("2018-01-01T00:00Z")
SECRET = Item("s", "s", "KOR", "군사II급비밀", "defence", "p")


def table_of(dossier: Dossier, **more: Any) -> Table:
    return compile_table(dossier, START, END, **more)


def with_acts(dossier: Dossier, *acts: Instrument, name: str = PACT) -> Dossier:
    return dossier.with_instruments(name, (*dossier.record(name).instruments, *acts))


def requests(
    items: Iterable[Item],
    persons: Iterable[Person | None],
    whens: Iterable[Instant],
    *,
    to: Iterable[str] = ("JPN",),
    acts: Iterable[Act] = ACTS,
) -> list[Request]:
    """Each act on each item between any two, for each person, at each instant."""
    senders = ("KOR", "JPN", "USA")
    return [
        Request(what, item, sender, recipient, when, person=person)
        for what, item, sender, recipient, person, when in product(acts, items, senders, to, persons, whens)
        if sender != recipient
    ]


def around(*whens: Instant) -> list[Instant]:
    """The instants before, at and after each."""
    return [when.plus(offset) for when in whens for offset in (-1, 0, 1)]


class TestAgainstTheReference:
    def test_a_text_without_a_table_of_levels(self) -> None:
        table = table_of(pact(levels=None))
        assert list(disagreements(table, every_cell(table, last=False))) == []

    @pytest.mark.parametrize("reading", [None, "KOR", "JPN"])
    def test_a_suspension_that_is_taken_back_as_either_reads_it(self, reading: str | None) -> None:
        back = act("w2", "withdrawal", ("KOR",), "2020-05-01T00:00+09:00", targets=["n002"])
        dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, SUSPENSION, back))
        table = table_of(dossier, reading=reading)
        whens = around(at("2020-05-01T00:00+09:00"), at("2020-11-23T00:00+09:00"))
        items = (replace(MISSILE, caveats=Caveats()), replace(SECRET, originator="JPN", mark="極秘"))
        asked = [replace(one, reading=reading) for one in requests(items, [None], whens, to=("JPN", "KOR", "USA"))]
        assert list(disagreements(table, asked)) == []
        lapse = "2020-05-01T00:00+09:00" if reading == "KOR" else "2020-11-23T00:00+09:00"
        assert at(lapse).ns in table.lanes["JPN", "KOR"].starts

    @pytest.mark.parametrize("to", ["JPN", "jpn-firm-1", "jpn-mod", "jpn-analyst-7", "FRA"])
    def test_a_consent_counts_from_its_beginning_until_it_is_taken_back(self, to: str) -> None:
        given = act("c1", "consent", ("USA",), "2017-01-01T00:00Z", topic="defence", to=(to,))
        taken = act("w1", "withdrawal", ("USA",), "2018-06-01T00:00Z", targets=["c1"])
        named = act("d1", "designation", ("JPN",), "2016-12-01T00:00Z", authority="jpn-mod")
        persons = replace(text_2016().persons, nationality="7(6)")
        dossier = with_acts(pact(persons=persons), given, taken, named)
        table = table_of(dossier)
        item = Item("u", "u", "USA", "CONFIDENTIAL", "defence", "p")
        strangers = (None, ANALYST, replace(ANALYST, nationality="FRA"), replace(ANALYST, nationality=""))
        whens = around(at("2017-01-01T00:00Z"), at("2018-06-01T00:00Z"))
        asked = requests((item,), strangers, whens, to=("JPN", "jpn-firm-1", "jpn-mod"))
        assert list(disagreements(table, asked)) == []

    def test_a_consent_to_another_purpose_serves_that_purpose_alone(self) -> None:
        given = act("c1", "consent", ("KOR",), "2017-01-01T00:00Z", item="s", to=("JPN",), purpose="study")
        table = table_of(with_acts(pact(), given))
        asked = [
            Request(what, item, "KOR", "JPN", when, purpose=purpose)
            for what, item, when, purpose in product(
                ACTS,
                (SECRET, replace(SECRET, id="t"), replace(SECRET, caveats=Caveats(orcon=True))),
                around(at("2017-01-01T00:00Z")),
                (None, "p", "study", "other"),
            )
        ]
        assert list(disagreements(table, asked)) == []

    def test_rules_of_its_own_go_along_with_an_originators_items(self) -> None:
        rules = (
            DomesticRule("a", "Act 1", "x", check="scope", topics=("defence/air",)),
            DomesticRule("b", "Act 2", "x", ranks=("SECRET",), to=("USA", "jpn-firm-1")),
            DomesticRule("c", "Act 3", "x", check="purpose", purposes=("study",), acts=("forward", "copy")),
        )
        base = northeast_asia(record=(SIGNED, NOTIFIED))
        consent = act("c1", "consent", ("KOR",), "2017-01-01T00:00Z", topic="defence", to=("USA", "JPN"))
        dossier = with_acts(replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=rules)}), consent)
        items = [
            Item(f"{topic}/{purpose}/{mark}", "x", "KOR", mark, topic, purpose)
            for topic, purpose, mark in product(
                ("defence", "defence/air/x"), ("p", "study"), ("군사II급비밀", "군사III급비밀")
            )
        ]
        asked = requests(items, [None], [IN_2018], to=("JPN", "USA", "KOR", "jpn-firm-1"))
        assert list(disagreements(table_of(dossier), asked)) == []

    def test_clearances_assurances_and_approvals_end_by_the_calendar_of_the_text(self) -> None:
        firm = Accredited("firm", "SECRET", Day.parse("2018-06-01"))
        japan = replace(JPN, contractors=(firm,), systems=(Accredited("net", "SECRET", Day.parse("2018-07-01")),))
        other = text_2016(id="kor-jpn-2020", zone="America/New_York", levels=text_2016().levels)
        persons = replace(text_2016().persons, assurance="7(5)", nationality="7(6)", clearance_from="SECRET")
        dossier = pact(other, parties=(KOR, japan, USA), persons=persons)
        given = Assurance("JPN", at("2018-05-01T00:00Z"), True, True, True)
        people = (
            replace(ANALYST, clearance_until=Day.parse("2018-04-01"), assurance=given),
            replace(ANALYST, assurance=replace(given, protection=False)),
            replace(ANALYST, assurance=replace(given, by="KOR")),
            replace(ANALYST, party="KOR", facility="annex"),
            replace(ANALYST, need_to_know=(), clearance=None, facility=""),
        )
        days = ("2018-04-01", "2018-06-01", "2018-07-01")
        whens = around(*(at(f"{day}T00:00{zone}") for day in days for zone in ("+09:00", "-04:00")), given.at)
        asked = requests(
            (SECRET, replace(SECRET, mark="군사III급비밀")), people, whens, to=("JPN", "firm"), acts=("copy",)
        )
        asked += [replace(one, system=name) for one in asked[::7] for name in ("net", "none")]
        for known in ((), people):
            assert list(disagreements(table_of(dossier, persons=known), asked)) == []

    def test_under_one_calendar_a_clearance_ends_at_once(self) -> None:
        ended = at("2018-04-01T00:00+09:00")
        person = replace(ANALYST, clearance_until=Day.parse("2018-04-01"))
        dossier = pact(persons=replace(text_2016().persons, clearance_from="SECRET"))
        asked = requests((MISSILE,), (person,), around(ended), acts=("release",))
        assert list(disagreements(table_of(dossier), asked)) == []
        own = [evaluate(dossier, one).permits for one in asked if one.sender == "KOR"]
        assert own == [True, False, False]


class TestCuts:
    """A lane is cut wherever an answer on it may change, and nowhere else."""

    def starts(self, dossier: Dossier, sender: str, recipient: str, **more: Any) -> list[Instant]:
        return [one.start for one in table_of(dossier, **more).lanes[sender, recipient].stretches]

    def test_where_the_agreement_does(self) -> None:
        dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
        entry, end = NOTIFIED.at.instant, at("2019-11-23T00:00+09:00")
        assert self.starts(dossier, "KOR", "JPN") == [START, entry, end]
        assert self.starts(dossier, "USA", "FRA" if ("USA", "FRA") in table_of(dossier).lanes else "KOR") == [START]

    def test_where_a_consent_to_the_recipient_does(self) -> None:
        given = act("c1", "consent", ("USA",), "2017-01-01T00:00Z", topic="defence", to=("jpn-firm-1",))
        taken = act("w1", "withdrawal", ("USA",), "2018-06-01T00:00Z", targets=["c1"])
        dossier = with_acts(pact(parties=(KOR, replace(JPN, systems=()), USA)), given, taken)
        entry = NOTIFIED.at.instant
        begun, ended = at("2017-01-01T00:00Z"), at("2018-06-01T00:00Z")
        expiry = at("2020-01-01T00:00+09:00")
        assert self.starts(dossier, "KOR", "jpn-firm-1") == [START, entry, begun, ended, expiry]
        assert self.starts(dossier, "KOR", "JPN") == [START, entry]
        stranger = with_acts(
            pact(
                parties=(KOR, replace(JPN, systems=()), USA), persons=replace(text_2016().persons, nationality="7(6)")
            ),
            act("c1", "consent", ("USA",), "2017-01-01T00:00Z", topic="defence", to=("FRA",)),
        )
        assert begun in self.starts(stranger, "KOR", "JPN")

    def test_where_the_person_or_the_system_does(self) -> None:
        given = Assurance("JPN", at("2018-05-01T00:00Z"), True, True, True)
        person = replace(ANALYST, clearance_until=Day.parse("2018-04-01"), assurance=given)
        entry, cleared = NOTIFIED.at.instant, at("2018-04-01T00:00+09:00")
        system = Accredited("net", "SECRET", Day.parse("2018-07-01"))
        dossier = pact(parties=(KOR, replace(JPN, systems=(system,)), USA))
        assert self.starts(dossier, "KOR", "JPN", persons=(person,)) == [
            START,
            entry,
            cleared,
            given.at,
            at("2018-07-01T00:00+09:00"),
        ]
        assert self.starts(dossier, "JPN", "KOR", persons=(person,)) == [START, entry, given.at]

    def test_where_an_authority_is_one(self) -> None:
        named = act("d1", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod")
        ended = act("w1", "withdrawal", ("JPN",), "2018-01-01T00:00Z", targets=["d1"])
        other = act("w2", "withdrawal", ("JPN",), "2018-03-01T00:00Z", targets=["x"])
        dossier = with_acts(pact(parties=(KOR, replace(JPN, systems=()), USA)), named, ended, other)
        lane = table_of(dossier).lanes["KOR", "jpn-mod"]
        assert [(one.start, one.to is not None) for one in lane.stretches] == [
            (START, False),
            (at("2017-01-01T00:00Z"), True),
            (at("2018-01-01T00:00Z"), False),
        ]

    def test_nothing_is_releasable_to_an_authority_that_is_none_then(self) -> None:
        named = act("d1", "designation", ("JPN",), "2018-01-01T00:00Z", authority="jpn-mod")
        dossier = with_acts(pact(parties=(KOR, replace(JPN, systems=()), USA)), named)
        table = table_of(dossier)
        table.item(MISSILE)
        found = [table.releasable("KOR", "jpn-mod", when) for when in around(named.at.instant)]
        assert found == [frozenset(), {MISSILE.id}, {MISSILE.id}]

    def test_outside_the_window_nothing_is_cut(self) -> None:
        dossier = pact(parties=(KOR, replace(JPN, systems=()), USA))
        entry = NOTIFIED.at.instant
        table = compile_table(dossier, entry, entry.plus(5))
        assert [one.start for one in table.lanes["KOR", "JPN"].stretches] == [entry]
        table = compile_table(dossier, entry.plus(-1), entry)
        assert [one.start for one in table.lanes["KOR", "JPN"].stretches] == [entry.plus(-1)]


class TestNumbers:
    def test_columns_hold_what_was_given(self) -> None:
        table = table_of(northeast_asia(), persons=(ANALYST,))
        number, study = table.item(SECRET).number, table.purpose("study")
        columns = table.columns(
            act=np.array([0, 3]),
            sender="KOR",
            recipient=np.array([table.addressees.index("JPN"), table.addressees.index("USA")]),
            item=np.array([number, 0]),
            at=IN_2018,
        )
        assert columns["person"].tolist() == columns["purpose"].tolist() == [-1, -1]
        assert columns["act"].tolist() == [0, 3]
        assert columns["item"].tolist() == [number, 0]
        assert columns["at"].tolist() == [IN_2018.ns] * 2
        assert [table.senders[one] for one in columns["sender"]] == ["KOR", "KOR"]
        assert [table.addressees[one] for one in columns["recipient"]] == ["JPN", "USA"]
        more = table.columns(
            act="copy", sender="KOR", recipient="JPN", item=number, person=0, purpose="study", at=np.array([IN_2018.ns])
        )
        assert (more["person"].tolist(), more["purpose"].tolist(), more["act"].tolist()) == ([0], [study], [3])
        assert {name: more[name].dtype for name in ("lane", "at", "cell", "mask")} == {
            "lane": np.dtype(np.int64),
            "at": np.dtype(np.int64),
            "cell": np.dtype(np.int64),
            "mask": np.dtype(np.uint64),
        }

    def test_slices_are_looked_up_once(self) -> None:
        table = table_of(northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
        table.item(MISSILE)
        whens = around(at("2019-11-23T00:00+09:00"))
        columns = table.columns(
            act="release", sender="KOR", recipient="JPN", item=np.zeros(3, np.int64), at=np.array([x.ns for x in whens])
        )
        numbers = table.slices(columns)
        moved = {**columns, "slice": np.roll(numbers, 1)}
        assert table.decide_many(columns).permit.tolist() == [True, False, False]
        assert table.decide_many(moved).permit.tolist() == [False, True, False]
        assert numbers[1] == numbers[2] != numbers[0]

    def test_cells_are_those_that_the_evaluator_fails(self) -> None:
        table = table_of(pact())
        axes = table.ground.axes
        (edge,) = table.lanes["KOR", "JPN"].stretch(IN_2018).edges
        cells = table.cells(edge)
        assert cells.shape == axes.shape
        assert cells.dtype == np.uint64
        item = replace(SECRET, topic="x")
        verdict = evaluate(table.dossier, Request("copy", item, "KOR", "JPN", IN_2018, purpose="q"), only=(PACT,))
        place = (axes.rank("SECRET"), axes.topic("x"), axes.purpose("q", own=False), ACTS.index("copy"))
        assert int(cells[place]) & FAILED == bits_of(ground.check for ground in verdict.failed())
        cells[:] = 0
        assert table.cells(edge).any()

    def test_stretches_end_where_the_next_begins(self) -> None:
        table = table_of(pact(parties=(KOR, replace(JPN, systems=()), USA)))
        found = [(stretch.start, end) for lane, stretch, end in table.stretches() if lane is table.lanes["KOR", "JPN"]]
        assert found == [(START, NOTIFIED.at.instant), (NOTIFIED.at.instant, END)]

    def test_more_persons_than_lanes_are_told_apart(self) -> None:
        table = table_of(northeast_asia())
        people = [replace(ANALYST, id=f"p{n}", clearance="SECRET" if n % 2 else None) for n in range(8)]
        item = table.item(replace(MISSILE, caveats=Caveats()))
        for _ in range(2):
            for recipient in ("JPN", "USA", "FRA", "AUS"):
                for n, person in enumerate(people):
                    found = table.decide("release", "KOR", recipient, item, table.person(person), IN_2018)
                    assert ("clearance" in found.failed_checks) is (
                        recipient == "USA" or (recipient == "JPN" and n % 2 == 0)
                    )

    def test_an_item_or_person_is_interned_once(self) -> None:
        table = table_of(northeast_asia())
        assert table.item(MISSILE) is table.item(MISSILE.id) is table.item(replace(MISSILE))
        assert table.person(ANALYST) is table.person(replace(ANALYST))
        assert (table.items, table.persons) == ((MISSILE,), (ANALYST,))
        assert table.item(SECRET).number == 1

    def test_what_is_explained_is_what_was_asked(self) -> None:
        known_by = at("2019-01-01T00:00Z")
        table = table_of(northeast_asia(), reading="JPN", known_by=known_by)
        item, person = table.item(MISSILE), table.person(ANALYST)
        verdict = table.explain("copy", "KOR", "JPN", item, person, IN_2018, "study", "ichigaya-net")
        wanted = Request("copy", MISSILE, "KOR", "JPN", IN_2018, "study", ANALYST, "ichigaya-net", "JPN", known_by)
        assert verdict == evaluate(table.dossier, wanted)
        bare = table.explain("copy", "KOR", "JPN", item, None, IN_2018)
        assert bare == evaluate(table.dossier, replace(wanted, purpose=None, person=None, system=None))

    def test_sets_are_asked_by_sender_and_act(self) -> None:
        table = table_of(northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
        late = at("2020-01-01T00:00Z")
        item = table.item(replace(MISSILE, caveats=Caveats()))
        assert table.recipients(item, late) == {"USA"}
        assert table.recipients(item, late, act="copy") == {"JPN", "USA"}
        assert table.recipients(item, IN_2018, sender="USA") == {"KOR"}
        assert table.releasable("KOR", "JPN", late) == frozenset()
        assert table.releasable("KOR", "JPN", late, act="copy") == {MISSILE.id}
        with pytest.raises(InputError, match="unknown party `nobody`"):
            table.releasable("KOR", "nobody", late)


class TestRenewal:
    def kept(self, before: Dossier, after: Dossier) -> set[tuple[str, str]]:
        """The lanes that are taken over."""
        table = table_of(before)
        renewed = updated(table, after)
        assert renewed.ground.axes == table.ground.axes
        return {key for key, lane in table.lanes.items() if renewed.lanes[key] is lane}

    def given(self, to: str) -> Instrument:
        return act("c1", "consent", ("KOR",), "2017-01-01T00:00Z", topic="defence", to=(to,))

    def test_a_consent_to_a_person_touches_nothing_where_no_text_asks_for_one(self) -> None:
        base = northeast_asia()
        after = with_acts(base, self.given("someone"), name="usa-jpn-2007")
        table = table_of(base)
        assert {key for key in self.kept(base, after) if key[0] == "KOR"} == {
            key for key in table.lanes if key[0] == "KOR"
        }

    def test_and_every_lane_with_an_agreement_where_one_does(self) -> None:
        base = northeast_asia()
        (text,) = base.agreements["tisa-2014"]
        strict = replace(text, persons=replace(text.persons, nationality="7(6)"))
        base = replace(base, agreements={**base.agreements, "tisa-2014": (strict,)})
        after = with_acts(base, self.given("someone"), name="usa-jpn-2007")
        assert {key for key in self.kept(base, after) if key[0] == "KOR"} == {("KOR", "KOR")}

    def test_what_a_changed_agreement_takes_the_place_of_is_touched_as_well(self) -> None:
        base = northeast_asia()
        newer = replace(text_2016(), id="usa-jpn-2020", parties=("USA", "JPN"), supersedes=(PACT,), readings={})
        base = replace(base, agreements={**base.agreements, newer.id: (newer,)})
        after = with_acts(base, act("s", "signature", ("USA",), "2018-01-01T00:00Z"), name=newer.id)
        assert self.kept(base, after) == set()

    def test_the_same_records_touch_nothing(self) -> None:
        base = northeast_asia()
        assert self.kept(base, replace(base)) == set(table_of(base).lanes)

    def test_other_parties_compile_everything(self) -> None:
        base = northeast_asia()
        table = table_of(base, persons=(ANALYST,), known_by=at("2020-01-01T00:00Z"))
        renewed = updated(table, replace(base, parties={**base.parties, "JPN": replace(JPN, contractors=())}))
        assert renewed.ground is not table.ground
        assert "jpn-firm-1" not in renewed.addressees
        assert renewed.window == table.window
        assert (renewed.items, renewed.persons) == (table.items, table.persons)


class TestRemedies:
    @pytest.mark.parametrize(
        ("ask", "says", "remedy"),
        [
            (lambda _: compile_table(pact(), END, END), "is empty", "let it end after it starts"),
            (lambda _: table_of(pact(), reading="FRA"), "`FRA`", "use one of JPN, KOR, USA"),
            (lambda t: decide(t, sender="FRA"), "`FRA`", "use one of JPN, KOR, USA"),
            (lambda t: decide(t, what="give"), "`give`", "use one of release, disclose, forward, copy, translate, use"),
            (lambda t: decide(t, when=END), "outside the table", "compile one for a window that holds it"),
            (lambda t: columns(t, at=None), "no `at` is given", "give an instant, or nanoseconds of UTC for each row"),
            (lambda t: columns(t, act=None), "no `act`", "give `act` as a number for each row, or one name"),
            (lambda t: columns(t, act="give"), "`give` is no act", "use one that it knows"),
            (lambda t: columns(t, item=np.array([9])), "`item` has a number", "intern it first"),
            (
                lambda t: columns(t, act=np.array([0, 1, 2])),
                "different lengths",
                "give each the same number of rows",
            ),
            (lambda t: t.decide_many({}), "no column `cell`", "let `Table.columns` make the columns"),
            (
                lambda t: t.decide_many({**columns(t), "cell": np.zeros(2, np.int32)}),
                "`cell` is int32 of 1 dimensions",
                "give one dimension of int64",
            ),
            (
                lambda t: t.decide_many({**columns(t), "lane": np.zeros(3, np.int64)}),
                "different lengths",
                "give each the same number of rows",
            ),
            (
                lambda t: t.decide_many({**columns(t), "mask": np.zeros(3, np.uint64)}),
                "different lengths",
                "give each the same number of rows",
            ),
            (
                lambda t: t.decide_many({**columns(t), "at": np.zeros(2, np.int64)}),
                "`at` leaves the table",
                "let `Table.columns` make it",
            ),
        ],
    )
    def test_bad_input_is_told_with_what_to_do(self, ask: Callable[[Table], object], says: str, remedy: str) -> None:
        with pytest.raises(ReltoError) as caught:
            ask(table_of(pact()))
        assert says in caught.value.message
        assert caught.value.remedy == remedy


def decide(table: Table, *, what: Any = "release", sender: str = "KOR", when: Instant = IN_2018) -> object:
    act_: Act = what
    return table.decide(act_, sender, "JPN", table.item(SECRET), None, when)


def columns(table: Table, **change: Any) -> dict[str, Any]:
    table.item(SECRET)
    given = {
        "act": "release",
        "sender": "KOR",
        "recipient": "JPN",
        "item": np.zeros(2, np.int64),
        "at": IN_2018,
        **change,
    }
    return table.columns(**{name: value for name, value in given.items() if value is not None})


def test_scopes_purposes_and_third_parties_of_two_agreements_at_once() -> None:
    other = text_2016(
        id="a-kor-jpn",
        scope=Scope("2", ("cyber",)),
        purpose=Purpose("6", "only", ("study",)),
        third_party=ThirdParty("7", "nations", ("USA",)),
    )
    table = table_of(pact(other))
    items = [
        Item(f"{originator}/{topic}/{purpose}", "x", originator, mark, topic, purpose)
        for (originator, mark), topic, purpose in product(
            (("KOR", "군사II급비밀"), ("USA", "SECRET"), ("JPN", "秘")), ("defence", "cyber/x", "y"), ("study", "p")
        )
    ]
    asked = requests(items, [None], around(NOTIFIED.at.instant), to=("JPN", "KOR", "jpn-firm-1", "USA"))
    assert list(disagreements(table, asked)) == []
