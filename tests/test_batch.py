"""Batches: many messages in one request, each answered by itself; and a feed that queues many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from relto.adapters.clock import ReplayClock
from relto.core.canon import from_base64url
from relto.core.envelope import Sealed
from relto.core.errors import Conflict, InputError, PeerUnreachable, ReltoError, VerificationFailed
from relto.core.evidence import sign_evidence
from relto.core.timeline import Instant
from relto.node import (
    ActRefused,
    Offer,
    dispatch_pending,
    handle,
    handle_many,
    release,
    release_many,
    report_compromise,
)
from relto.node.batches import BATCH_MESSAGES, batches
from relto.node.framing import MAX_BATCH_BYTES
from relto.node.heads import ask_if_due
from relto.node.log import enter
from relto.node.node import Node
from relto.node.records import compare_if_due
from relto.node.rows import MessageKind, OutboxRow, Queued
from relto.node.statements import statement
from relto.node.transmittal import unpack
from tests.test_node_faults import crash_everywhere, held, transmittals
from tests.test_node_setup import LAPSE, Cast, all_verify, at, cast, kinds, pact, standing

__all__ = ["cast", "pact"]


def offers(cast: Cast, count: int, name: str = "msl-2019-10-31") -> list[Offer]:
    return [Offer(cast.item(name), "JPN", payload=f"number {number}".encode()) for number in range(count)]


def queued(cast: Cast, count: int) -> list[OutboxRow]:
    rows = release_many(cast.kor, offers(cast, count))
    assert all(isinstance(one, OutboxRow) for one in rows)
    return [one for one in rows if isinstance(one, OutboxRow)]


def holdings(node: Node) -> list[str]:
    with node.store.read() as reading:
        return [one.id for one in reading.holdings()]


class Batches:
    """A link that notes how many went at once, and may do something to a batch on its way."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast
        self.sizes: list[int] = []
        self.order: list[str] = []
        self.loses = self.refuses = False

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind in ("record", "head"):  # that records and heads are compared first is looked at elsewhere
            return self._cast.link.exchange(peer, kind, message)
        self.sizes.append(1)
        self.order.append(kind)
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        if self.refuses:
            raise Conflict("no batches here")
        self.sizes.append(len(messages))
        self.order += [kind for kind, _ in messages]
        answers = self._cast.link.exchange_many(peer, messages)
        if self.loses:
            raise PeerUnreachable("the line went dead before the reply came")
        return answers


def watched(cast: Cast) -> Batches:
    cast.kor.link = found = Batches(cast)
    return found


def test_what_is_queued_for_a_peer_goes_in_few_requests_in_its_order(pact: Cast) -> None:
    link = watched(pact)
    names = [row.subject for row in queued(pact, 2 * BATCH_MESSAGES + 3)]
    assert [one.row.subject for one in dispatch_pending(pact.kor)] == names
    assert link.sizes == [BATCH_MESSAGES, BATCH_MESSAGES, 3]
    assert holdings(pact.jpn) == names
    assert set(transmittals(pact.kor)) == {"done"}
    assert kinds(pact.kor).count("consignment") == kinds(pact.kor).count("receipt") == len(names)
    all_verify(pact)


def test_no_more_goes_in_a_round_than_is_asked(pact: Cast) -> None:
    queued(pact, 7)
    assert [len(dispatch_pending(pact.kor, "JPN", limit=3)) for _ in range(4)] == [3, 3, 1, 0]
    all_verify(pact)


def test_a_feed_is_queued_whole_with_its_refusals(pact: Cast) -> None:
    mixed = [*offers(pact, 2), *offers(pact, 1, "grade-1"), Offer(pact.item(), "GBR"), *offers(pact, 1)]
    found = release_many(pact.kor, mixed)
    assert [type(one) for one in found] == [OutboxRow, OutboxRow, ActRefused, ActRefused, OutboxRow]
    assert kinds(pact.kor)[-5:] == ["submission", "submission", "refusal", "refusal", "submission"]
    for row in found:
        if isinstance(row, OutboxRow):  # it shows a signature shared by three, not by five
            signed, data = unpack(row.message)
            shared = from_base64url(signed.split(".")[2]), Sealed.from_bytes(data).signature
            assert [int.from_bytes(one[2:4], "big") for one in shared] == [3, 3]
    assert release_many(pact.kor, []) == []
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 3
    all_verify(pact)


def test_a_feed_with_something_that_is_no_release_queues_nothing(pact: Cast) -> None:
    before = kinds(pact.kor)
    with pytest.raises(InputError, match="not of KOR"):
        release_many(pact.kor, [*offers(pact, 1), Offer(pact.item("track"), "JPN")])
    with pytest.raises(InputError, match="unknown party"):
        release_many(pact.kor, [*offers(pact, 1), Offer(pact.item(), "nobody")])
    assert kinds(pact.kor) == before


def test_a_bad_message_in_the_middle_leaves_the_others_alone(pact: Cast) -> None:
    rows = queued(pact, 5)
    signed, sealed = unpack(rows[2].message)
    spoilt = bytearray(rows[3].message)
    spoilt[-1] ^= 1
    again = sign_evidence(replace(statement(signed), at=pact.clock.at.plus(1)), pact.kor.keys.signing())
    messages = [
        ("transmittal", rows[0].message),
        ("gossip", b"hello"),
        ("transmittal", rows[1].message[1:]),
        ("transmittal", rows[2].message),
        ("transmittal", again.encode() + b"\n" + sealed),  # another by an id that has just been taken in
        ("transmittal", bytes(spoilt)),
        ("transmittal", rows[4].message),
    ]
    answers = handle_many(pact.jpn, messages, "KOR")
    assert [type(one) for one in answers if isinstance(one, ReltoError)] == [InputError, VerificationFailed, Conflict]
    evidence = [statement(one.decode()) for one in answers if isinstance(one, bytes)]
    assert [one.kind for one in evidence] == ["receipt", "receipt", "refusal", "receipt"]
    assert holdings(pact.jpn) == [rows[number].subject for number in (0, 2, 4)]
    assert handle_many(pact.jpn, [messages[1], messages[2]], "KOR")[0].args == answers[1].args  # type: ignore[union-attr]
    assert all(isinstance(one, VerificationFailed) for one in handle_many(pact.jpn, [messages[0]] * 2, "USA"))
    all_verify(pact)


def test_the_same_batch_again_has_the_same_answers_and_no_other_effect(pact: Cast) -> None:
    messages = [("transmittal", row.message) for row in queued(pact, 4)]
    first = handle_many(pact.jpn, messages, "KOR")
    size = len(kinds(pact.jpn))
    for _ in range(20):
        pact.clock.advance(1)
        assert handle_many(pact.jpn, [*messages, *messages], "KOR") == first * 2
    assert (len(kinds(pact.jpn)), held(pact.jpn)) == (size, 4)
    assert handle(pact.jpn, "transmittal", messages[3][1]) == first[3]
    all_verify(pact)


def test_a_message_twice_in_one_batch_has_one_effect_and_one_answer(pact: Cast) -> None:
    rows = queued(pact, 3)
    messages = [(str(row.kind), row.message) for row in (*rows, rows[1])]
    answers = handle_many(pact.jpn, messages, "KOR")
    assert answers[1] == answers[3]
    assert len(holdings(pact.jpn)) == len({bytes(one) for one in answers if isinstance(one, bytes)}) == 3
    all_verify(pact)


def test_what_stands_in_the_ledger_already_is_entered_by_no_batch_again(pact: Cast) -> None:
    rows = queued(pact, 3)
    signed = unpack(rows[1].message)[0]
    with pact.jpn.store.write() as tx:
        enter(pact.jpn, tx, statement(signed), signed)
    answers = handle_many(pact.jpn, [(str(row.kind), row.message) for row in rows], "KOR")
    assert [statement(bytes(one).decode()).kind for one in answers if isinstance(one, bytes)] == ["receipt"] * 3
    with pact.jpn.store.read() as reading:
        assert [one.evidence for one in reading.leaves()].count(signed) == 1
    all_verify(pact)


def test_a_batch_whose_receipts_were_lost_goes_again_and_first_alone(pact: Cast) -> None:
    link = watched(pact)
    link.loses = True
    queued(pact, 6)
    assert {one.state for one in dispatch_pending(pact.kor)} == {"queued"}
    assert held(pact.jpn) == 6
    link.loses = False
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 6
    assert link.sizes == [6, 1, 5]
    assert held(pact.jpn) == 6
    all_verify(pact)


def test_a_peer_that_is_silent_costs_one_attempt_a_round(pact: Cast) -> None:
    rows = queued(pact, 5)
    pact.link.set_down("JPN")
    assert len(dispatch_pending(pact.kor)) == 5
    for _ in range(3):
        pact.clock.advance(1)
        assert [one.row.subject for one in dispatch_pending(pact.kor)] == [rows[0].subject]
    assert kinds(pact.kor).count("consignment") == 8
    pact.link.set_down("JPN", False)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 5
    all_verify(pact)


def test_a_peer_that_takes_no_batch_gets_each_message_by_itself(pact: Cast) -> None:
    link = watched(pact)
    link.refuses = True
    queued(pact, 3)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 3
    assert link.sizes == [1, 1, 1]


def test_one_forged_receipt_in_a_batch_settles_nothing_but_the_others(pact: Cast) -> None:
    rows = queued(pact, 4)

    class Forging(Batches):
        def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
            answers = super().exchange_many(peer, messages)
            answers[0], answers[1] = answers[2], b"no receipt"
            return answers

    pact.kor.link = Forging(pact)
    tried = dispatch_pending(pact.kor)
    assert [one.state for one in tried] == ["queued", "queued", "done", "done"]
    assert all(isinstance(one.error, VerificationFailed) for one in tried[:2])
    pact.kor.link = pact.link
    assert [one.row.subject for one in dispatch_pending(pact.kor)] == [rows[0].subject, rows[1].subject]
    assert set(transmittals(pact.kor)) == {"done"}
    all_verify(pact)


def test_what_lapsed_while_it_was_queued_is_refused_within_its_batch_and_never_sent(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-1))
    queued(pact, 5)
    pact.clock.set(LAPSE)
    link = watched(pact)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["refused"] * 5
    assert (link.sizes, held(pact.jpn)) == ([], 0)
    assert kinds(pact.kor)[-5:] == ["refusal"] * 5
    all_verify(pact)


class Running(ReplayClock):
    """A clock that runs on by a nanosecond whenever it is read."""

    def interval(self) -> tuple[Instant, Instant]:
        self.advance(1)
        return super().interval()


def test_a_lapse_in_the_middle_of_a_batch_parts_it_at_the_very_instant_and_none_is_handed_over_at_it(
    pact: Cast,
) -> None:
    pact.clock.set(LAPSE.plus(-20))
    rows = queued(pact, 6)
    ask_if_due(pact.kor, "JPN")
    compare_if_due(pact.kor, "JPN")
    pact.kor.clock = Running(LAPSE.plus(-6))  # read twice for all, then for each: 3, 2, 1 ns before, at it
    states = {one.row.subject: one.state for one in dispatch_pending(pact.kor)}
    assert [states[row.subject] for row in rows] == ["refused"] * 6
    assert kinds(pact.kor).count("consignment") == 3  # those decided on before it; by the hand-over it had come
    assert holdings(pact.jpn) == []
    all_verify(pact)


def test_a_lapse_in_the_middle_of_a_batch_parts_it_at_its_recipient_too(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-20))
    rows = queued(pact, 6)
    ask_if_due(pact.kor, "JPN")
    compare_if_due(pact.kor, "JPN")
    pact.jpn.clock = Running(LAPSE.plus(-3))
    states = {one.row.subject: one.state for one in dispatch_pending(pact.kor)}
    assert [states[row.subject] for row in rows] == ["done"] * 2 + ["refused-by-recipient"] * 4
    assert holdings(pact.jpn) == [row.subject for row in rows[:2]]
    all_verify(pact)


def test_a_lapse_in_the_middle_of_a_feed_parts_it_too(pact: Cast) -> None:
    pact.kor.clock = Running(LAPSE.plus(-3 - 4))
    found = release_many(pact.kor, offers(pact, 4))
    assert [type(one) for one in found] == [OutboxRow, OutboxRow, ActRefused, ActRefused]


def test_no_more_is_queued_at_once_than_others_can_wait_for(pact: Cast) -> None:
    before = kinds(pact.kor)
    with pytest.raises(InputError, match="at most 1024"):
        release_many(pact.kor, offers(pact, 1) * 1025)
    assert kinds(pact.kor) == before


def test_what_arrives_after_the_lapse_is_refused_by_its_recipient_within_the_batch(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-1))
    queued(pact, 4)
    pact.jpn.clock = type(pact.clock)(LAPSE)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["refused-by-recipient"] * 4
    assert held(pact.jpn) == 0
    all_verify(pact)


def test_instruments_reports_and_transmittals_go_in_the_order_they_were_queued(pact: Cast) -> None:
    pact.link.set_down("JPN")
    queued(pact, 2)
    pact.sign("n002", "suspension", "KOR", "2019-11-01T10:00+09:00", "n001")
    queued(pact, 2)
    link = watched(pact)
    pact.link.set_down("JPN", False)
    assert {one.state for one in dispatch_pending(pact.kor, "JPN")} == {"done"}
    assert link.order == ["transmittal", "transmittal", "instrument", "transmittal", "transmittal"]
    assert standing(pact.jpn).state == standing(pact.kor).state == "notice-suspended"
    received = holdings(pact.jpn)
    pact.link.set_down("KOR")
    for holding in received:
        report_compromise(pact.jpn, holding, "a bag was lost")
    pact.link.set_down("KOR", False)
    assert [one.state for one in dispatch_pending(pact.jpn)] == ["done"] * 4
    all_verify(pact)


def test_a_batch_of_mixed_kinds_is_answered_kind_by_kind(pact: Cast) -> None:
    pact.link.set_down("JPN")
    rows = queued(pact, 2)
    pact.sign("n002", "suspension", "KOR", "2019-11-01T10:00+09:00", "n001")
    with pact.kor.store.read() as reading:
        notice = [one for one in reading.outbox("queued") if one.kind == "instrument" and one.peer == "JPN"]
    messages = [("transmittal", rows[0].message), ("instrument", notice[0].message), ("transmittal", rows[1].message)]
    answers = handle_many(pact.jpn, messages, "KOR")
    assert [statement(one.decode()).kind for one in answers if isinstance(one, bytes)] == [
        "receipt",
        "instrument",
        "receipt",
    ]
    assert standing(pact.jpn, when=LAPSE).state == "notice-suspended"
    all_verify(pact)


def test_what_waits_for_a_consent_goes_in_the_same_round_once_it_is_delivered(pact: Cast) -> None:
    for party in ("JPN", "USA"):
        pact.link.set_down(party)
    release(pact.kor, pact.item(), "JPN", via=("USA",))
    for party in ("JPN", "USA"):
        pact.link.set_down(party, False)
    tried = dispatch_pending(pact.kor)
    assert [one.row.kind for one in tried] == ["instrument", "instrument", "transmittal"]
    assert {one.state for one in tried} == {"done"}
    all_verify(pact)


def waiting(*rows: tuple[str, MessageKind, bool, int, int]) -> list[Queued]:
    return [Queued(number, *row) for number, row in enumerate(rows, 1)]


def test_batches_are_parted_where_something_must_be_settled_first() -> None:
    small: tuple[str, MessageKind, bool, int, int] = ("JPN", "transmittal", False, 0, 10)
    assert batches([]) == []
    parted = batches(waiting(small, ("USA", "instrument", False, 0, 9), small, ("USA", "transmittal", True, 0, 9)))
    assert [(one.peer, one.numbers, one.apart) for one in parted] == [
        ("JPN", (1, 3), False),
        ("USA", (2,), True),
        ("USA", (4,), True),
    ]
    again = batches(waiting(("JPN", "transmittal", False, 2, 10), ("JPN", "transmittal", False, 2, 10), small))
    assert [one.numbers for one in again] == [(1,), (2, 3)]
    large: tuple[str, MessageKind, bool, int, int] = ("JPN", "transmittal", False, 0, MAX_BATCH_BYTES // 2)
    assert [one.numbers for one in batches(waiting(small, large, large, small))] == [(1, 2), (3, 4)]


def test_a_message_too_large_for_any_batch_goes_by_itself(pact: Cast) -> None:
    link = watched(pact)
    big = bytes(MAX_BATCH_BYTES)
    release_many(pact.kor, [*offers(pact, 2), Offer(pact.item(), "JPN", payload=big), *offers(pact, 2)])
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 5
    assert link.sizes == [2, 1, 2]


@pytest.mark.parametrize(("party", "least"), [("KOR", 18), ("JPN", 11)])
def test_a_crash_at_any_step_of_a_batch_loses_and_doubles_nothing(pact: Cast, party: str, least: int) -> None:
    released: list[str] = []

    def feed() -> None:
        released.extend(row.subject for row in queued(pact, 2))
        dispatch_pending(pact.kor)

    def whole() -> None:
        dispatch_pending(pact.kor)
        assert set(transmittals(pact.kor)) <= {"done"}
        assert len(transmittals(pact.kor)) == held(pact.jpn)

    assert crash_everywhere(pact, party, feed, whole) >= least
    whole()
    assert set(released) <= set(holdings(pact.jpn))


def test_a_crash_between_two_batches_in_flight_loses_and_doubles_nothing(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.node.batches.BATCH_MESSAGES", 1)

    def feed() -> None:
        queued(pact, 2)
        dispatch_pending(pact.kor)

    def whole() -> None:
        dispatch_pending(pact.kor)
        assert len(transmittals(pact.kor)) == held(pact.jpn)

    assert crash_everywhere(pact, "KOR", feed, whole, every=3) >= 18
    assert set(transmittals(pact.kor)) == {"done"}


def test_an_instrument_undone_with_its_batch_is_not_in_the_folded_record(pact: Cast) -> None:
    pact.link.set_down("JPN")
    rows = queued(pact, 1)
    pact.sign("n002", "suspension", "KOR", "2019-11-01T10:00+09:00", "n001")
    with pact.kor.store.read() as reading:
        notice = next(one for one in reading.outbox("queued") if one.kind == "instrument" and one.peer == "JPN")

    class Broken(Exception):
        pass

    def break_off(*_: object) -> None:
        raise Broken

    before = standing(pact.jpn, when=at("2019-12-01T00:00Z")).state
    messages = [("instrument", notice.message), ("transmittal", rows[0].message)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("relto.node.receive._receive", break_off)
        with pytest.raises(Broken):
            handle_many(pact.jpn, messages, "KOR")
    assert standing(pact.jpn, when=at("2019-12-01T00:00Z")).state == before == "lapsed"
    assert all(isinstance(one, bytes) for one in handle_many(pact.jpn, messages, "KOR"))
    all_verify(pact)
