"""Feeding a stream: batches go on while those before are being answered; what fails goes in rounds."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from relto.adapters.clock import ReplayClock
from relto.core.errors import Conflict, InputError, PeerUnreachable, ReltoError
from relto.core.payload import MissileWarning
from relto.core.timeline import Instant
from relto.formats.payload.codec import write_payload
from relto.node import ActRefused, Node, OutboxRow, dispatch_pending
from relto.node.feeding import WINDOW, Feeding
from relto.node.records import compare_records
from relto.node.release import asked_of, queue_release
from relto.node.statements import statement
from relto.node.streams import Stream, send_on
from relto.node.watching import Watch
from tests.test_node_setup import LAPSE, Cast, all_verify, at, cast, kinds, pact
from tests.test_records import NOTHING, edited, found

__all__ = ["cast", "pact"]


def warning(number: int) -> bytes:
    return write_payload(MissileWarning(f"event-{number}", 1, "KOR", "alert", at("2019-10-31T07:36:00Z")))


def stream(cast: Cast, **more: Any) -> Stream:
    return replace(Stream("warnings", cast.item(), "missile-warning", "JPN"), **more)


def heard(cast: Cast, name: str = "warnings") -> list[tuple[int, bytes]]:
    return [(one.number, one.content) for one in Watch(cast.jpn, stream=name).look()]


def warnings(last: int) -> list[tuple[int, bytes]]:
    return [(number, warning(number)) for number in range(1, last + 1)]


class Lines:
    """A link with lines; `on_send` and `on_answer` may raise, or do what else happens there."""

    def __init__(self, whole: Any) -> None:
        self.whole = whole
        self.opened = self.left = 0
        self.on_send: Callable[[], None] = lambda: None
        self.on_answer: Callable[[], None] = lambda: None
        self.silent = False

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if self.silent:
            raise PeerUnreachable("nobody answers")
        answer: bytes = self.whole.exchange(peer, kind, message)
        return answer

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        if self.silent:
            raise PeerUnreachable("nobody answers")
        answers: list[bytes | ReltoError] = self.whole.exchange_many(peer, messages)
        return answers

    def line(self, peer: str) -> OneLine:
        if self.silent:
            raise PeerUnreachable("nobody answers")
        self.opened += 1
        return OneLine(self, peer)

    def close(self) -> None:
        self.whole.close()


class OneLine:
    """What is sent arrives when its answer is asked for, or (as chance has it) when the line is cut."""

    def __init__(self, lines: Lines, peer: str) -> None:
        self._lines, self._peer = lines, peer
        self._under_way: deque[tuple[str, bytes]] = deque()
        self.closed = False

    def send(self, kind: str, message: bytes) -> None:
        assert not self.closed
        self._lines.on_send()
        self._lines.left += 1
        self._under_way.append((kind, message))

    def answer(self, wait: float) -> bytes | ReltoError | None:
        assert not self.closed
        if not self._under_way or (self._lines.silent and wait == 0.0):
            return None
        if self._lines.silent:
            raise PeerUnreachable("nothing came for too long")
        answer = self.arrive()
        self._lines.on_answer()
        return answer

    def arrive(self) -> bytes | ReltoError:
        try:
            answer: bytes = self._lines.whole.exchange(self._peer, *self._under_way.popleft())
        except ReltoError as error:
            return error
        return answer

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def lines(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    monkeypatch.setattr("relto.node.feeding._LONGEST_TURN", 1e9)  # however slow the machine is
    pact.kor.link = made = Lines(pact.link)
    yield made
    assert made.left > 0, "nothing went on a line"


def row_of(node: Node, row: OutboxRow) -> OutboxRow:
    with node.store.read() as reading:
        found = reading.outbox_row(row.number)
    assert found is not None
    return found


def test_batches_leave_while_those_before_them_are_not_answered(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        first = feeding.send([warning(1)])  # with what was queued for the peer: nobody knows yet whether it answers
        assert [one.row.number for one in feeding.settled()] == [first.number]
        rows = [feeding.send([warning(2 + place)]) for place in range(WINDOW)]
        assert (feeding.ready, feeding.under_way, lines.left) == (False, WINDOW, WINDOW)
        assert heard(pact) == warnings(1)
        assert {row_of(pact.kor, one).state for one in rows} == {"queued"}
        rows.append(feeding.send([warning(2 + WINDOW)]))  # the first of them is heard before another leaves
        assert (feeding.under_way, row_of(pact.kor, rows[0]).state) == (WINDOW, "done")
        told = feeding.settled()
        assert [(one.row.number, one.state) for one in told] == [(one.number, "done") for one in rows]
        assert next(one.answer.item for one in told if one.answer) == "warnings.2-2"
        assert feeding.ready
        assert (feeding.under_way, feeding.waiting, feeding.settled(), lines.opened) == (0, 0, [], 1)
    assert heard(pact) == warnings(2 + WINDOW)
    assert kinds(pact.kor).count("consignment") == kinds(pact.jpn).count("receipt") == 2 + WINDOW
    all_verify(pact)


def test_a_batch_is_durable_and_decided_on_before_it_leaves(pact: Cast, lines: Lines) -> None:
    found = []

    def look() -> None:
        with pact.kor.store.read() as reading:
            (row,) = [one for one in reading.outbox(state="queued") if one.kind == "transmittal"]
            found.append((row.attempts, [leaf.kind for leaf in reading.leaves(row.subject)]))

    lines.on_send = look
    with Feeding(pact.kor, stream(pact)) as feeding:
        for number in (1, 2, 3):
            feeding.send([warning(number)])
            feeding.settled()
    assert found == [(1, ["submission", "consignment"])] * 2
    all_verify(pact)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_line_cut_at_random_loses_repeats_and_disorders_nothing(pact: Cast, lines: Lines, seed: int) -> None:
    chance, cuts = Random(seed), 0

    def maybe() -> None:
        nonlocal cuts
        if chance.random() < 0.3:
            cuts += 1
            lines.silent = chance.random() < 0.3
            raise PeerUnreachable("the line was cut")

    lines.on_send = lines.on_answer = maybe  # before it arrives, or before its answer is back
    sent = 0
    with Feeding(pact.kor, stream(pact)) as feeding:
        while cuts < 60:
            count = chance.randint(1, 5)
            feeding.send([warning(sent + one + 1) for one in range(count)])
            sent += count
            pact.clock.advance(1_000_000)
            lines.silent = lines.silent and chance.random() < 0.7
            if chance.random() < 0.5:
                feeding.settled()
        lines.silent, lines.on_send, lines.on_answer = False, lambda: None, lambda: None
        feeding.finish()
        assert feeding.waiting == 0
    assert heard(pact) == warnings(sent)
    all_verify(pact)


def late(node: Node) -> list[str]:
    """What a node has let go, or taken, at the lapse or after it."""
    with node.store.read() as reading:
        told = [statement(leaf.evidence) for leaf in reading.leaves()]
    released = ("submission", "consignment", "receipt")
    return [one.kind for one in told if one.party == node.party and one.kind in released and one.at >= LAPSE]


class Lapsing(ReplayClock):
    """Reaches the lapse with its `after`th reading from now."""

    def __init__(self, now: Instant, after: int) -> None:
        super().__init__(now)
        self.after = after

    def interval(self) -> tuple[Instant, Instant]:
        self.after -= 1
        if self.after == 0:
            self.set(LAPSE)
        return super().interval()


@pytest.mark.parametrize("after", range(1, 15))
def test_the_lapse_may_come_at_any_step_and_nothing_leaves_at_it(pact: Cast, lines: Lines, after: int) -> None:
    left: list[Instant] = []
    clock = pact.clock
    lines.on_send = lambda: left.append(clock.at)
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        feeding.settled()
        clock = Lapsing(LAPSE.plus(-1), after)
        for node in pact.nodes.values():
            node.clock = clock
        done = 2
        with suppress(ActRefused):
            while True:
                feeding.send([warning(done + 1)])
                done += sum(one.state == "done" for one in feeding.settled())
        done += sum(one.state == "done" for one in feeding.finish())
    assert all(one < LAPSE for one in left)
    assert late(pact.kor) == late(pact.jpn) == []
    clock.advance(1)
    assert heard(pact) == warnings(done)
    all_verify(pact)


class Lasting:
    """A store of which a commit may last: `then` is called when it is done."""

    def __init__(self, whole: Any, then: Callable[[], None]) -> None:
        self._whole, self._then = whole, then

    def __getattr__(self, name: str) -> Any:
        return getattr(self._whole, name)

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._whole.write() as tx:
            yield tx
        self._then()


def test_a_commit_that_lasts_until_the_lapse_lets_nothing_leave(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        feeding.settled()
        pact.clock.set(LAPSE.plus(-1))
        pact.kor.store = Lasting(pact.kor.store, lambda: pact.clock.set(LAPSE))
        row, left = feeding.send([warning(3)]), lines.left  # decided on before the lapse, durable at it
        told = feeding.finish()
        assert [(one.row.number, one.state) for one in told] == [(row.number, "refused")]
        assert lines.left == left == 1
    pact.clock.advance(1)
    assert heard(pact) == warnings(2)
    all_verify(pact)


def test_a_commit_that_fails_leaves_the_stream_where_it_was(pact: Cast, lines: Lines) -> None:
    class Failing(Lasting):
        @contextmanager
        def write(self) -> Iterator[Any]:
            with self._whole.write() as tx:
                yield tx
                self._then()

    def fail() -> None:
        pact.kor.store = whole
        raise ReltoError("the disk is full")

    whole = pact.kor.store
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        pact.kor.store = Failing(whole, fail)
        with pytest.raises(ReltoError, match="the disk is full"):
            feeding.send([warning(3)])
        feeding.send([warning(3)])
        feeding.finish()
        assert feeding.waiting == 0
    assert heard(pact) == warnings(3)
    all_verify(pact)


def test_what_arrives_at_the_lapse_is_refused_and_so_is_what_follows_it(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        pact.clock.set(LAPSE.plus(-1))
        under_way = [feeding.send([warning(2)]), feeding.send([warning(3)])]
        pact.clock.set(LAPSE)
        told = {one.row.number: one.state for one in feeding.finish()}
        assert [told[one.number] for one in under_way] == ["refused-by-recipient"] * 2
    pact.clock.advance(1)
    assert heard(pact) == warnings(1)
    assert late(pact.kor) == late(pact.jpn) == []
    all_verify(pact)


def test_what_others_queue_for_the_peer_goes_with_the_next_batch(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        for number in (1, 2, 3):
            feeding.send([warning(number)])
        queue_release(pact.kor, asked_of(pact.kor, pact.item("japan-only"), "JPN", "release"))
        feeding.send([warning(4)])
        feeding.send([warning(5)])
        assert [one.state for one in feeding.settled()] == ["done"] * 5
    assert not dispatch_pending(pact.kor)
    assert heard(pact) == warnings(5)
    with pact.jpn.store.read() as reading:
        items = [one.received.item for one in reading.holdings()]
    assert items == [f"warnings.{one}-{one}" for one in (1, 2, 3)] + ["japan-only", "warnings.4-4", "warnings.5-5"]
    all_verify(pact)


def test_two_who_feed_two_streams_take_turns(pact: Cast, lines: Lines, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.node.feeding._LONGEST_TURN", 0.01)
    failed: list[BaseException] = []

    def feed(name: str) -> None:
        try:
            with Feeding(pact.kor, stream(pact, name=name)) as feeding:
                for number in range(1, 31):
                    feeding.send([warning(number)])
                feeding.finish()
                assert feeding.waiting == 0
        except BaseException as error:
            failed.append(error)

    both = [threading.Thread(target=feed, args=(name,)) for name in ("north", "south")]
    for one in both:
        one.start()
    for one in both:
        one.join(60)
    assert failed == []
    assert heard(pact, "north") == heard(pact, "south") == warnings(30)
    all_verify(pact)


def test_two_who_feed_one_stream_do_not_make_two_of_a_number(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        feeding.settled()
        send_on(pact.kor, stream(pact), [warning(3)])
        with pytest.raises(Conflict, match="another has fed"):
            feeding.send([warning(3)])
        feeding.send([warning(4)])  # it goes on from there
        feeding.finish()
    assert heard(pact) == warnings(4)
    all_verify(pact)


def test_a_peer_that_does_not_answer_holds_the_stream_and_loses_nothing(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        feeding.settled()
        lines.silent = True
        for number in range(3, 7):
            feeding.send([warning(number)])  # the third has to wait, and finds that the line is dead
        assert (feeding.under_way, feeding.waiting, feeding.settled()) == (0, 4, [])
        assert feeding.finish() == []
        lines.silent = False
        feeding.send([warning(7)])
        assert [one.state for one in feeding.settled()] == ["done"] * 5
    assert heard(pact) == warnings(7)
    all_verify(pact)


def test_what_the_peer_cannot_take_in_stays_queued_and_goes_again_in_order(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        rows = [feeding.send([warning(2)]), feeding.send([warning(3)])]
        pact.jpn.clock = ReplayClock(at("2019-10-30T00:00Z"))  # behind what it has lived through: it decides nothing
        assert [one.state for one in feeding.settled() if one.row.number != rows[0].number - 1] == []
        assert "lived through" in row_of(pact.kor, rows[0]).last_error
        pact.jpn.clock = pact.clock
        feeding.send([warning(4)])
        feeding.finish()
    assert heard(pact) == warnings(4)
    all_verify(pact)


def test_no_message_of_its_type_and_the_stream_stands_where_it_was(pact: Cast, lines: Lines) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        feeding.send([warning(1)])
        feeding.send([warning(2)])
        with pytest.raises(InputError, match="message 4 of warnings"):
            feeding.send([warning(3), b"{}"])
        feeding.send([warning(3)])
        feeding.finish()
    assert heard(pact) == warnings(3)


def test_a_message_too_long_for_a_line_goes_in_rounds(pact: Cast, lines: Lines) -> None:
    long = stream(pact, type="note")
    with Feeding(pact.kor, long) as feeding:
        for content in ([b"x"], [b"y"], [bytes(65_000)] * 17, [b"z"]):
            feeding.send(content)
        assert [one.state for one in feeding.finish()] == ["done"] * 4
    assert len(heard(pact)) == 20
    assert lines.left == 2


def test_over_a_link_that_keeps_no_lines_it_is_the_same(pact: Cast) -> None:
    with Feeding(pact.kor, stream(pact)) as feeding:
        for number in (1, 2, 3):
            feeding.send([warning(number)])
        assert [one.state for one in feeding.settled()] == ["done"] * 3
    assert heard(pact) == warnings(3)


def test_through_an_ally_each_batch_waits_for_its_consent(pact: Cast) -> None:
    with Feeding(pact.kor, stream(pact, via=("USA",))) as feeding:
        for number in (1, 2):
            feeding.send([warning(number)])
        assert [one.state for one in feeding.finish()] == ["done"] * 2
    with pact.usa.store.read() as reading:
        assert [one.received.item for one in reading.holdings()] == ["warnings.1-1", "warnings.2-2"]
    all_verify(pact)


def test_through_an_ally_a_consent_does_not_wait_for_the_batch_on_its_way(pact: Cast, lines: Lines) -> None:
    told: list[str] = []

    def feed() -> None:
        with Feeding(pact.kor, stream(pact, via=("USA",))) as feeding:
            for number in range(1, 6):
                feeding.send([warning(number)])
                assert not feeding.ready or feeding.under_way == 0
            told.extend(one.state for one in feeding.finish())

    fed = threading.Thread(target=feed, daemon=True)
    fed.start()
    fed.join(60)
    assert told == ["done"] * 5
    assert lines.left == 4
    with pact.usa.store.read() as reading:
        assert [one.received.item for one in reading.holdings()] == [f"warnings.{one}-{one}" for one in range(1, 6)]
    all_verify(pact)


def test_a_record_beyond_the_ally_that_differed_is_looked_at_again_before_the_next_batch(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("relto.node.feeding.MEET_AGAIN", 0.0)  # each second, in life
    path = pact.folder / "JPN" / "dossier" / "records" / "tisa-2014.yaml"
    as_it_was = path.read_text("utf-8")
    with Feeding(pact.kor, stream(pact, via=("USA",))) as feeding:
        feeding.send([warning(1)])
        edited(pact, "JPN", "records/tisa-2014.yaml", lambda _: NOTHING)
        compare_records(pact.kor, "JPN")
        assert [one[:2] for one in found(pact.kor)] == [("JPN", "tisa-2014")]
        edited(pact, "JPN", "records/tisa-2014.yaml", lambda _: as_it_was)  # only its own people know that as yet
        feeding.send([warning(2)])
        assert [one.state for one in feeding.finish()] == ["done"] * 2
    assert found(pact.kor) == []
    all_verify(pact)
