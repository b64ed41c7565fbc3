"""What must hold for any record: intervals tile time, order means nothing, boundaries are exact, later is unknown."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.agreement import (
    IN_FORCE,
    Agreement,
    Instrument,
    InstrumentKind,
    NoticeRule,
    Record,
    Term,
    check_record,
    fold_history,
)
from relto.core.agreement.clock import Clock
from relto.core.agreement.entry import counts_at
from relto.core.errors import Contradiction
from relto.core.timeline import ETERNITY, GENESIS, Day, Instant, Period, Stamp, first_instant, local_day
from tests.making import text_2016

HOUR = 3_600_000_000_000
START = Instant(1_450_000_000 * 1_000_000_000)
ZONES = st.sampled_from(["Asia/Seoul", "America/New_York", "UTC", "America/Sao_Paulo", "Pacific/Apia"])

instants = st.integers(0, 6 * 365 * 24).map(lambda hours: START.plus(hours * HOUR))
periods = st.one_of(
    st.integers(1, 36).map(lambda months: Period(months, 0)), st.integers(1, 400).map(lambda days: Period(0, days))
)


@st.composite
def terms(draw: st.DrawFn) -> Term:
    initial = draw(st.one_of(st.none(), periods, st.integers(2016, 2021).map(lambda year: Day(year, 5, 31))))
    renewal = draw(st.one_of(st.none(), periods)) if initial is not None else None
    anchors = ["after-receipt"] if initial is None else ["after-receipt", "before-term-end"]
    notice = draw(st.one_of(st.none(), st.builds(NoticeRule, periods, st.sampled_from(anchors))))
    return Term("T", initial, renewal, notice)


@st.composite
def records(draw: st.DrawFn) -> Record:
    """Signatures and notifications somewhere, then notices, suspensions and withdrawals that target earlier ones."""
    made: list[Instrument] = []

    def enter(kind: InstrumentKind, by: tuple[str, ...], at: Instant, targets: tuple[str, ...] = ()) -> None:
        recorded = at.plus(draw(st.integers(0, 200)) * HOUR)
        made.append(Instrument(f"i{len(made):02}", kind, by, Stamp(at, "instant", "UTC"), recorded, targets=targets))

    for kind in ("signature", "notification"):
        for party in ("KOR", "JPN"):
            if draw(st.integers(0, 9)):
                enter(kind, (party,), START.plus(draw(st.integers(0, 2000)) * HOUR))
    for _ in range(draw(st.integers(0, 6))):
        at = draw(instants)
        party = draw(st.sampled_from(["KOR", "JPN"]))
        doing: InstrumentKind = draw(st.sampled_from(["termination-notice", "suspension", "withdrawal"]))
        if doing == "termination-notice":
            enter(doing, (party,), at)
            continue
        allowed = {"suspension": ("termination-notice",), "withdrawal": ("termination-notice", "suspension")}[doing]
        earlier = [o.id for o in made if o.kind in allowed and o.by == (party,) and o.at.instant <= at]
        if earlier:
            targets = draw(st.lists(st.sampled_from(earlier), min_size=1, max_size=3, unique=True))
            enter(doing, (party,), at, tuple(targets))
    return Record("kor-jpn-2016", tuple(made))


@st.composite
def texts(draw: st.DrawFn) -> Agreement:
    return text_2016(term=draw(terms()), zone=draw(ZONES))


readings = st.sampled_from(["KOR", "JPN"])
WINDOW = (START.plus(-HOUR), START.plus(7 * 365 * 24 * HOUR))


@given(texts(), records(), readings)
@settings(max_examples=150, deadline=None)
def test_the_intervals_of_standing_tile_time_without_gap_or_overlap(
    text: Agreement, record: Record, reading: str
) -> None:
    history = fold_history((text,), record, reading=reading)
    assert history.phases[0].start == GENESIS
    starts = [phase.start for phase in history.phases]
    assert starts == sorted(set(starts))
    segments = history.timeline(*WINDOW)
    assert segments[0].start == WINDOW[0]
    assert segments[-1].end == WINDOW[1]
    for before, after in pairwise(segments):
        assert before.end == after.start
        assert before.start < before.end
    for segment in segments:
        for probe in (segment.start, Instant((segment.start.ns + segment.end.ns) // 2), segment.end.plus(-1)):
            asked = history.standing(probe)
            told = segment.standing
            assert (asked.state, asked.term_end, asked.ends_at, asked.notice_deadline, asked.grounds) == (
                told.state,
                told.term_end,
                told.ends_at,
                told.notice_deadline,
                told.grounds,
            )


@given(texts(), records(), readings, st.randoms(use_true_random=False), instants)
@settings(max_examples=150, deadline=None)
def test_the_order_of_the_file_means_nothing_and_asking_twice_gives_the_same(
    text: Agreement, record: Record, reading: str, chance: random.Random, when: Instant
) -> None:
    shuffled = list(record.instruments)
    chance.shuffle(shuffled)
    one = fold_history((text,), record, reading=reading)
    other = fold_history((text,), Record(record.agreement, tuple(shuffled)), reading=reading)
    assert one.phases == other.phases
    assert one.standing(when) == one.standing(when) == other.standing(when)


@given(texts(), records(), readings, instants)
@settings(max_examples=200, deadline=None)
def test_instruments_after_the_instant_do_not_touch_the_standing(
    text: Agreement, record: Record, reading: str, when: Instant
) -> None:
    past = Record(record.agreement, tuple(one for one in record.instruments if counts_at(text, one) <= when))
    assert fold_history((text,), record, reading=reading).standing(when) == fold_history(
        (text,), past, reading=reading
    ).standing(when)


@given(texts(), records(), readings, instants, instants)
@settings(max_examples=200, deadline=None)
def test_knowledge_later_than_known_by_changes_nothing(
    text: Agreement, record: Record, reading: str, known_by: Instant, when: Instant
) -> None:
    known = Record(record.agreement, tuple(one for one in record.instruments if one.recorded <= known_by))
    asked = fold_history((text,), record, reading=reading, known_by=known_by)
    assert asked.standing(when) == fold_history((text,), known, reading=reading).standing(when)


@given(texts(), records(), readings)
@settings(max_examples=200, deadline=None)
def test_an_end_that_is_due_comes_exactly_then(text: Agreement, record: Record, reading: str) -> None:
    history = fold_history((text,), record, reading=reading)
    for number, phase in enumerate(history.phases):
        ends_at = history.standing(phase.start).ends_at
        if phase.state not in IN_FORCE or ends_at is None:
            continue
        following = history.phases[number + 1].start if number + 1 < len(history.phases) else ETERNITY
        if following < ends_at:
            continue  # something changed before the end came
        assert following == ends_at
        assert [history.standing(ends_at.plus(n)).in_force for n in (-1, 0, 1)] == [True, False, False]


@given(texts(), records(), readings)
@settings(max_examples=150, deadline=None)
def test_after_a_lapse_only_a_new_entry_into_force_brings_it_back(
    text: Agreement, record: Record, reading: str
) -> None:
    history = fold_history((text,), record, reading=reading)
    for before, after in pairwise(history.phases):
        if before.state != "lapsed":
            continue
        joined = {
            party
            for one in record.instruments
            if one.kind == "notification" and before.start <= one.at.instant <= after.start
            for party in one.by
        }
        assert joined == {"KOR", "JPN"}


@given(terms(), ZONES, instants, instants)
@settings(max_examples=300, deadline=None)
def test_a_deadline_is_open_until_its_very_instant(term: Term, zone: str, entry: Instant, when: Instant) -> None:
    clock = Clock(term, local_day(entry, zone), zone)
    opened = clock.open_deadline(when)
    if opened is None:
        return
    deadline, boundary = opened
    assert term.notice is not None
    assert deadline > when
    assert deadline == first_instant(term.notice.period.before(local_day(boundary, zone)), zone)
    assert clock.end_by_notice(deadline.plus(-1)) == boundary
    later = clock.end_by_notice(deadline)
    assert later is None or later > boundary or clock.deadline(0) == clock.deadline(1)


@given(records())
@settings(max_examples=150, deadline=None)
def test_records_made_by_the_rules_are_valid_and_one_that_breaks_them_is_not(record: Record) -> None:
    text = text_2016()
    check_record((text,), record)
    notices = [one for one in record.instruments if one.kind == "termination-notice"]
    if not notices:
        return
    other = "JPN" if notices[0].by == ("KOR",) else "KOR"
    wrong = Instrument(
        "wrong", "suspension", (other,), Stamp(WINDOW[1], "instant", "UTC"), WINDOW[1], targets=(notices[0].id,)
    )
    with pytest.raises(Contradiction) as caught:
        check_record((text,), Record(record.agreement, (*record.instruments, wrong)))
    assert caught.value.subject == "wrong"
