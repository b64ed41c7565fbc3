"""Thousands of random lives of items: what the register must never lose, whatever its people do, and in what order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from relto.core.canon import canonical, parse_object
from relto.core.decision import DueDuty
from relto.core.errors import Conflict, InputError, NotFound
from relto.core.register import (
    CompromiseReported,
    Copied,
    Derived,
    Destroyed,
    Discharged,
    Event,
    FellOverdue,
    Forwarded,
    Holding,
    Investigated,
    Opened,
    PurposeEnded,
    Received,
    Reclassified,
    Returned,
    Shown,
    WrittenOff,
    apply,
    check_usable,
    event_from_json,
    event_to_json,
    fold,
    owner_of,
    strictest,
)
from relto.core.timeline import Instant, parse_instant

START = parse_instant("2019-10-31T18:00+09:00")
HOUR = 3_600_000_000_000
MARKS = ("機密", "極秘", "特定秘密", "秘")
RANKS = {"機密": 3, "極秘": 2, "特定秘密": 2, "秘": 1}
DUTIES = (
    DueDuty("4(2)", "mark-origin", "receipt"),
    DueDuty("9", "confirm-in-writing", "receipt", within="PT72H", to="originator"),
    DueDuty("17", "report", "compromise", within="at-once", to="originator"),
    DueDuty("17", "investigate", "compromise", within="P30D"),
    DueDuty("6(h)", "return-or-destroy", "purpose-ended", within="P30D"),
    DueDuty("13", "certify-destruction", "purpose-ended", within="P30D", to="originator"),
)


def at_least(mark: str, floor: str) -> bool:
    return RANKS[mark] >= RANKS[floor]


class Lives(RuleBasedStateMachine):
    """A register that follows its events, beside a plain account of what was done."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.holdings: dict[str, Holding] = {}
        self.at: Instant = START
        self.copies: dict[str, list[str]] = {}
        self.owed: dict[str, list[str]] = {}
        self.reports = 0

    def names(self) -> list[str]:
        return sorted(self.holdings)

    def pick(self, data: st.DataObject) -> str:
        return data.draw(st.sampled_from(self.names()))

    def enter(self, event: Event) -> bool:
        """Apply an event; whether it was taken. What is refused has changed nothing."""
        before = dict(self.holdings)
        try:
            now = apply(self.holdings.get(event.holding), event)
        except (Conflict, NotFound, InputError):
            assert self.holdings == before
            return False
        self.holdings[event.holding] = now
        self.events.append(event)
        return True

    @initialize()
    def first(self) -> None:
        self.receive("極秘")

    @rule(mark=st.sampled_from(MARKS))
    def receive(self, mark: str) -> None:
        name = f"t-{len(self.holdings)}"
        event = Received(
            name, self.at, f"item-{name}", "title", "KOR", "KOR", "kor-jpn-2016", "Asia/Seoul", mark, "군사II급비밀",
            "defence", "warning", DUTIES,
        )  # fmt: skip
        assert self.enter(event)
        self.copies[name], self.owed[name] = ["held"], ["confirm-in-writing"]
        assert not self.enter(event)

    @rule(hours=st.integers(0, 24 * 40))
    def time_passes(self, hours: int) -> None:
        self.at = self.at.plus(hours * HOUR)

    @rule(data=st.data(), how=st.sampled_from(["translation", "product"]))
    def derive(self, data: st.DataObject, how: str) -> None:
        sources = data.draw(st.lists(st.sampled_from(self.names()), min_size=1, max_size=3, unique=True))
        of = [self.holdings[one] for one in sources]
        first = strictest(of, at_least)
        assert all(at_least(first.mark, one.mark) for one in of)
        name = f"d-{len(self.holdings)}"
        originators = tuple(dict.fromkeys(who for one in of for who in one.originators))
        event = Derived(
            name, self.at, name, "t", "KOR", "JPN", "kor-jpn-2016", "Asia/Seoul", first.mark, first.origin_mark,
            "defence", "warning", how, tuple(sources), originators, "ja", "note", "safe", "clerk", DUTIES,
        )  # fmt: skip
        assert self.enter(event)
        self.copies[name], self.owed[name] = ["held"], ["confirm-in-writing"]

    @rule(data=st.data(), off=st.integers(-1, 1))
    def copy(self, data: st.DataObject, off: int) -> None:
        name = self.pick(data)
        copies = self.copies[name]
        taken = self.enter(Copied(name, self.at, len(copies) + off, "safe 3", "clerk"))
        usable = copies[0] == "held" and self.holdings[name].purpose_ended is None
        assert taken == (off == 0 and usable)
        if taken:
            copies.append("held")

    @rule(data=st.data(), kind=st.sampled_from(["returned", "destroyed", "lost"]), beyond=st.booleans())
    def goes(self, data: st.DataObject, kind: str, beyond: bool) -> None:
        name = self.pick(data)
        copies = self.copies[name]
        number = len(copies) if beyond else data.draw(st.integers(0, len(copies) - 1))
        event: Event
        known = True
        if kind == "returned":
            event = Returned(name, self.at, number, "KOR", "clerk")
        elif kind == "destroyed":
            witness = data.draw(st.sampled_from(["witness", "clerk", ""]))
            known = witness == "witness"
            event = Destroyed(name, self.at, number, "burn", witness, "clerk")
        else:
            actual = [one.report for one in self.holdings[name].compromises if one.actual]
            report = data.draw(st.sampled_from([*actual, "report-none"]))
            known = report in actual
            event = WrittenOff(name, self.at, number, report, "security")
        taken = self.enter(event)
        assert taken == (known and not beyond and copies[number] == "held")
        if taken:
            copies[number] = kind
            self.left(name)

    def left(self, name: str) -> None:
        """Nothing held any more: what is owed for leaving nothing behind is done."""
        if "held" not in self.copies[name]:
            self.owed[name] = [one for one in self.owed[name] if one != "return-or-destroy"]

    @rule(data=st.data(), shown=st.booleans())
    def use(self, data: st.DataObject, shown: bool) -> None:
        name = self.pick(data)
        event = Shown(name, self.at, "minister", "desk") if shown else Opened(name, self.at, "analyst", "warning")
        usable = self.copies[name][0] == "held" and self.holdings[name].purpose_ended is None
        assert self.enter(event) == usable  # nothing destroyed is opened

    @rule(data=st.data())
    def forwarded(self, data: st.DataObject) -> None:
        name = self.pick(data)
        assert self.enter(Forwarded(name, self.at, "USA", f"t-on-{len(self.events)}"))

    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        name = self.pick(data)
        ended = self.holdings[name].purpose_ended
        assert self.enter(PurposeEnded(name, self.at, "desk")) == (ended is None)
        if ended is None:
            self.owed[name] += ["return-or-destroy", "certify-destruction"]
            self.left(name)

    @rule(data=st.data(), actual=st.booleans())
    def compromise(self, data: st.DataObject, actual: bool) -> None:
        name = self.pick(data)
        self.reports += 1
        assert self.enter(CompromiseReported(name, self.at, f"report-{self.reports}", actual, "gone"))
        self.owed[name] += ["report", "investigate"]

    @rule(data=st.data(), known=st.booleans())
    def find_out(self, data: st.DataObject, known: bool) -> None:
        name = self.pick(data)
        reports = [one.report for one in self.holdings[name].compromises]
        report = reports[-1] if known and reports else "report-none"
        taken = self.enter(Investigated(name, self.at, report, "left in a car", "no car", "security"))
        assert taken == (report in reports)
        if taken:
            self.owed[name] = [one for one in self.owed[name] if one != "investigate"]

    @rule(data=st.data(), do=st.sampled_from(["report", "confirm-in-writing", "certify-destruction"]))
    def done(self, data: st.DataObject, do: str) -> None:
        name = self.pick(data)
        assert self.enter(Discharged(name, self.at, do))
        if do != "certify-destruction" or "held" not in self.copies[name]:
            self.owed[name] = [one for one in self.owed[name] if one != do]

    @rule(data=st.data(), mark=st.sampled_from(MARKS))
    def marked_anew(self, data: st.DataObject, mark: str) -> None:
        """The originator's notice, and what the holder then does with all that it made of it."""
        came = sorted(name for name, one in self.holdings.items() if not one.sources)
        name = data.draw(st.sampled_from(came))
        assert self.enter(Reclassified(name, self.at, mark, "군사I급비밀", "sha256:0"))
        for product in list(self.holdings):  # a source stands before what is made of it
            one = self.holdings[product]
            if one.sources:
                first = strictest([self.holdings[source] for source in one.sources], at_least)
                if not at_least(one.mark, first.mark):
                    assert self.enter(Reclassified(product, self.at, first.mark, first.origin_mark, "sha256:0"))

    @rule(data=st.data())
    def overdue(self, data: st.DataObject) -> None:
        name = self.pick(data)
        held = self.holdings[name]
        if not held.duties:
            return
        number = data.draw(st.integers(0, len(held.duties) - 1))
        late = held.duties[number].overdue(self.at) and number not in held.overdue
        assert self.enter(FellOverdue(name, self.at, number, held.duties[number].do)) == late

    @invariant()
    def every_copy_is_accounted_for(self) -> None:
        for name, copies in self.copies.items():
            found = self.holdings[name].copies
            assert [one.state for one in found] == copies
            assert [one.number for one in found] == list(range(len(copies)))

    @invariant()
    def no_duty_is_forgotten(self) -> None:
        for name, owed in self.owed.items():
            assert sorted(one.do for one in self.holdings[name].duties if one.done is None) == sorted(owed)

    @invariant()
    def a_derivative_is_never_laxer_than_its_sources(self) -> None:
        for one in self.holdings.values():
            assert all(at_least(one.mark, self.holdings[source].mark) for source in one.sources)

    @invariant()
    def the_fold_of_the_events_is_the_register(self) -> None:
        if len(self.events) % 4 == 0:
            read = [event_from_json(_through_json(event_to_json(one))) for one in self.events]
            assert fold(read) == self.holdings


def _through_json(value: dict[str, Any]) -> dict[str, Any]:
    return parse_object(canonical(value), name="event")


TestLives = Lives.TestCase
TestLives.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


RECEIVED = Received(
    "t-1", START, "item", "title", "KOR", "KOR", "kor-jpn-2016", "Asia/Seoul", "極秘", "군사II급비밀", "defence", "x",
    DUTIES,
)  # fmt: skip
DERIVED = Derived(
    "d-1", START, "d-1", "t", "KOR", "JPN", "kor-jpn-2016", "Asia/Seoul", "極秘", "군사II급비밀", "defence", "x",
    "extract", ("t-1",), ("KOR",), "en", "note", "safe", "clerk",
)  # fmt: skip
HELD = apply(None, RECEIVED)


@pytest.mark.parametrize(
    ("event", "error"),
    [
        (Copied("t-1", START, 1, " ", "clerk"), InputError),
        (Copied("t-1", START, 2, "safe", "clerk"), Conflict),
        (Destroyed("t-1", START, 0, " ", "witness", "clerk"), InputError),
        (Returned("t-1", START, 1, "KOR", "clerk"), NotFound),
        (WrittenOff("t-1", START, 0, "report-1", "clerk"), Conflict),
        (FellOverdue("t-1", START, 9, "report"), NotFound),
        (FellOverdue("t-1", START, 1, "report"), NotFound),
        (FellOverdue("t-1", START, 1, "confirm-in-writing"), Conflict),
        (Copied("t-2", START, 1, "safe", "clerk"), NotFound),
    ],
)
def test_what_cannot_happen_to_it_is_refused(event: Event, error: type[Exception]) -> None:
    with pytest.raises(error):
        apply(HELD, event)


@pytest.mark.parametrize(("says", "measures"), [(" ", "no car"), ("found", "")])
def test_findings_say_what_was_found_and_what_is_done(says: str, measures: str) -> None:
    lost = apply(HELD, CompromiseReported("t-1", START, "report-1", True, "gone"))
    with pytest.raises(InputError, match="say both"):
        apply(lost, Investigated("t-1", START, "report-1", says, measures, "security"))


def test_marks_that_cannot_be_compared_and_a_product_of_nothing() -> None:
    with pytest.raises(InputError, match="of nothing"):
        strictest([], at_least)
    other = apply(None, replace(RECEIVED, holding="t-2", mark="Geheim"))
    with pytest.raises(Conflict, match="cannot be compared"):
        strictest([HELD, other], lambda one, two: one == two)


@pytest.mark.parametrize(
    "changed",
    [{"number": -1}, {"number": 10_000}, {"number": True}, {"number": "1"}, {"keeper": 1}, {"more": 1}],
)
def test_events_of_another_form_are_refused(changed: dict[str, Any]) -> None:
    written = dict(event_to_json(Copied("t-1", START, 1, "safe", "clerk")))
    assert event_from_json(written) == Copied("t-1", START, 1, "safe", "clerk")
    with pytest.raises(InputError):
        event_from_json(written | changed)


@pytest.mark.parametrize("sources", ["t-1", [1], ["t-1"] * 65, None])
def test_sources_are_a_short_list_of_names(sources: object) -> None:
    with pytest.raises(InputError):
        event_from_json({**event_to_json(DERIVED), "sources": sources})


def said(call: Callable[[], object]) -> str:
    """What the error says, with its article and what to do."""
    with pytest.raises((Conflict, NotFound, InputError)) as caught:
        call()
    return str(caught.value)


def test_copies_are_where_they_were_said_to_be() -> None:
    made = apply(None, replace(DERIVED, keeper="safe 1"))
    made = apply(made, Copied("d-1", START, 1, "safe 2", "clerk"))
    assert [(one.keeper, one.made, one.since) for one in made.copies] == [
        ("safe 1", START, None),
        ("safe 2", START, None),
    ]
    later = START.plus(HOUR)
    gone = apply(made, Destroyed("d-1", later, 1, "burn", "witness", "clerk"))
    assert (gone.copies[1].since, len(gone.held), gone.original_held) == (later, 1, True)
    passing = apply(None, replace(RECEIVED, onward="JPN"))
    assert (passing.copies[0].keeper, passing.copies[0].made) == ("on its way to JPN", START)
    assert passing.awaits_relay == "JPN"
    lost = apply(passing, Returned("t-1", later, 0, "KOR", "clerk"))
    assert lost.awaits_relay is None


def test_each_duty_bears_its_article_and_belongs_to_a_role() -> None:
    held = apply(apply(HELD, PurposeEnded("t-1", START, "desk")), CompromiseReported("t-1", START, "r", False, "x"))
    assert [(one.article, one.do, one.to) for one in held.duties] == [
        ("4(2)", "mark-origin", ""),
        ("9", "confirm-in-writing", "originator"),
        ("6(h)", "return-or-destroy", ""),
        ("13", "certify-destruction", "originator"),
        ("17", "report", "originator"),
        ("17", "investigate", ""),
    ]
    assert [owner_of(one.do) for one in held.duties] == [
        "desk officer", "desk officer", "desk officer", "desk officer", "security officer", "security officer",
    ]  # fmt: skip
    assert owner_of("tell-measures") == "security officer"


def test_errors_say_what_to_do_and_under_which_article() -> None:
    ended = apply(HELD, PurposeEnded("t-1", START, "desk"))
    destroyed = apply(HELD, Destroyed("t-1", START, 0, "burn", "witness", "clerk"))
    assert said(lambda: apply(HELD, RECEIVED)).endswith("is in the register already; a transmittal comes once")
    assert said(lambda: check_usable(ended)).endswith("(article 6(h)); return or destroy it")
    assert said(lambda: check_usable(destroyed)).endswith("; ask its originator for it anew")
    assert said(lambda: apply(HELD, Copied("t-1", START, 3, "safe", "clerk"))).endswith("is number 1; number it so")
    assert said(lambda: apply(HELD, Investigated("t-1", START, "r", "a", "b", "c"))).endswith("; report it first")
    assert said(lambda: apply(HELD, Returned("t-1", START, 4, "KOR", "clerk"))).endswith("; look at its copies")
    assert said(lambda: apply(HELD, FellOverdue("t-1", START, len(HELD.duties), "report"))).startswith("`t-1` has no")
    assert said(lambda: apply(HELD, Shown("t-2", START, "a", "b"))).endswith("; list the holdings for their ids")
    other = apply(None, replace(RECEIVED, holding="t-2", mark="Geheim"))
    assert "the marks 極秘, Geheim cannot" in said(lambda: strictest([HELD, other], lambda one, two: one == two))


def test_errors_of_form_name_the_field_and_what_there_is() -> None:
    written = dict(event_to_json(DERIVED))
    assert "`sources` of" in said(lambda: event_from_json({**written, "sources": [1]}))
    assert "`event` of" in said(lambda: event_from_json({**written, "event": 1}))
    assert "its fields: holding, at, item" in said(lambda: event_from_json({**written, "more": 1}))
    assert "events: compromise-reported, copied" in said(lambda: event_from_json({**written, "event": "sold"}))
    assert "0 to 9999" in said(
        lambda: event_from_json({**event_to_json(Copied("t", START, 1, "k", "b")), "number": -1})
    )


def test_an_overdue_duty_is_entered_once_and_only_after_its_time() -> None:
    duty = HELD.duties[1]
    assert duty.due is not None
    on_time, late = (FellOverdue("t-1", at, 1, "confirm-in-writing") for at in (duty.due, duty.due.plus(1)))
    assert "is not overdue" in said(lambda: apply(HELD, on_time))
    fallen = apply(HELD, late)
    assert fallen.overdue == {1}
    assert "or was entered as such" in said(lambda: apply(fallen, late))
