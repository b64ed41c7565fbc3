"""A round of sending: the next batch is made ready while the peer answers, and goes only if what was decided holds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from threading import Event

import pytest

from relto.core.errors import InputError, PeerUnreachable, ReltoError
from relto.node import Delivery, OutboxRow, Sending, dispatch_pending, relay_pending, release_many
from relto.node.behind import Behind
from relto.node.custody import end_purpose
from relto.node.ports import Transaction
from relto.node.statements import statement
from tests.test_batch import holdings, offers, queued
from tests.test_node_setup import LAPSE, Cast, all_verify, cast, kinds, pact

__all__ = ["cast", "pact"]


class Meanwhile:
    """A link that answers its first batch only when the next one is marked, and does something before it answers."""

    def __init__(self, cast: Cast, party: str, first: int, then: Callable[[], object]) -> None:
        self._cast, self._node, self._first, self._then = cast, cast.nodes[party], first, then
        self.gone: list[int] = []
        self.loses = False
        self.before_waiting: Callable[[], object] = lambda: None
        self._before = self._attempts()

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind == "transmittal":
            return self.answered([message], lambda: [self._cast.link.exchange(peer, kind, message)])[0]  # type: ignore[return-value]
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return self.answered([one for _, one in messages], lambda: self._cast.link.exchange_many(peer, messages))

    def answered(
        self, messages: Sequence[bytes], answers: Callable[[], list[bytes | ReltoError]] | Callable[[], list[bytes]]
    ) -> list[bytes | ReltoError]:
        self.gone.append(len(messages))
        found = answers()
        if len(self.gone) == self._first:
            self.before_waiting()
            self._wait()
            self._then()
            if self.loses:
                raise PeerUnreachable("the line went dead before the reply came")
        return [*found]

    def _attempts(self) -> int:
        with self._node.store.read() as reading:
            return sum(one.attempts for one in reading.outbox() if one.kind == "transmittal")

    def _wait(self) -> None:
        """Until more is marked as sent than is on its way."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            if self._attempts() - self._before > sum(self.gone):
                return
            time.sleep(0.002)
        raise AssertionError("nothing was made ready")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.node.batches.BATCH_MESSAGES", 3)


def states(found: Sequence[Delivery]) -> list[str]:
    return [one.state for one in found]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(("after", "went"), [(-1, 9), (0, 6), (1, 6)])
def test_a_batch_made_ready_before_the_lapse_is_not_handed_over_at_it(pact: Cast, after: int, went: int) -> None:
    pact.clock.set(LAPSE.plus(-2))
    rows = queued(pact, 9)
    pact.kor.link = link = Meanwhile(pact, "KOR", 2, lambda: pact.clock.set(LAPSE.plus(after)))
    found = dispatch_pending(pact.kor, "JPN")
    # the second batch came before it; the third had been decided on by then, and is decided on again
    assert states(found) == ["done"] * went + ["refused"] * (9 - went)
    assert (sum(link.gone), holdings(pact.jpn)) == (went, [row.subject for row in rows[:went]])
    assert kinds(pact.kor).count("refusal") == 9 - went
    assert {one.state for one in dispatch_pending(pact.kor)} <= {"done"}  # what was never sent is recalled for all that
    all_verify(pact)


@pytest.mark.usefixtures("small")
def test_a_record_that_changes_meanwhile_is_decided_on(pact: Cast) -> None:
    queued(pact, 9)
    pact.kor.link = link = Meanwhile(
        pact, "KOR", 2, lambda: pact.sign("n009", "termination-notice", "JPN", "2019-11-18T10:00+09:00")
    )
    version = len(kinds(pact.kor))
    found = dispatch_pending(pact.kor, "JPN")
    assert link.gone == [3, 3, 3]
    assert states(found) == ["done"] * 9  # what was signed permits it still
    marked = [kind for kind in kinds(pact.kor)[version:] if kind == "consignment"]
    assert len(marked) == 12  # and that was found by deciding again
    all_verify(pact)


@pytest.mark.usefixtures("small")
def test_a_peer_that_falls_silent_gets_nothing_of_what_was_made_ready(pact: Cast) -> None:
    rows = queued(pact, 9)
    pact.kor.link = link = Meanwhile(pact, "KOR", 2, lambda: None)
    link.loses = True
    found = dispatch_pending(pact.kor, "JPN")
    assert states(found) == ["done"] * 3 + ["queued"] * 3
    assert link.gone == [3, 3]
    pact.kor.link = pact.link
    assert states(dispatch_pending(pact.kor)) == ["done"] * 6
    assert holdings(pact.jpn) == [row.subject for row in rows]
    assert kinds(pact.jpn).count("receipt") == 9
    all_verify(pact)


@pytest.mark.usefixtures("small")
def test_nothing_is_made_ready_for_a_peer_that_has_not_answered_yet(pact: Cast) -> None:
    queued(pact, 9)
    pact.link.set_down("JPN")
    for _ in range(2):
        dispatch_pending(pact.kor, "JPN")
    assert kinds(pact.kor).count("consignment") <= 6
    all_verify(pact)


def test_what_is_passed_on_is_looked_at_again_before_it_goes(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("relto.node.batches.BATCH_MESSAGES", 1)
    pact.clock.set(LAPSE)
    for _ in range(3):
        pact.release(via=("USA",))
    held = holdings(pact.usa)
    pact.link.set_down("JPN")
    assert states(relay_pending(pact.usa)) == ["queued"] * 3
    pact.link.set_down("JPN", False)
    dispatch_pending(pact.kor)  # the consents
    pact.usa.link = link = Meanwhile(pact, "USA", 2, lambda: end_purpose(pact.usa, held[2], "usa-desk-1"))
    assert states(dispatch_pending(pact.usa, "JPN")) == ["done", "done", "refused"]
    assert (len(link.gone), len(holdings(pact.jpn))) == (2, 2)
    all_verify(pact)


@pytest.mark.usefixtures("small")
def test_what_is_queued_meanwhile_goes_in_the_same_round(pact: Cast) -> None:
    queued(pact, 6)
    told: list[Delivery] = []
    more = list[OutboxRow]()
    pact.kor.link = link = Meanwhile(pact, "KOR", 2, lambda: None)
    awake = Event()

    def come() -> None:
        more.extend(queued(pact, 4))
        awake.set()

    link.before_waiting = come
    with Sending(pact.kor, "JPN", told.append, awake) as sending:
        assert sending.run(1000) is None
    assert states(told) == ["done"] * 10
    assert link.gone[0] == 3
    assert holdings(pact.jpn)[-4:] == [row.subject for row in more]
    release_many(pact.kor, offers(pact, 5))
    with Sending(pact.kor, "JPN", told.append, Event()) as sending:
        reached = sending.run(2)
        assert reached is not None
        assert sending.run(10, reached) is None
        assert sending.answers
        pact.link.set_down("JPN")
        pact.kor.link = pact.link
        release_many(pact.kor, offers(pact, 1))
        sending.run(10)
        assert not sending.answers
        pact.link.set_down("JPN", False)
        sending.run(10)
        assert sending.answers
    assert states(told) == ["done"] * 15 + ["queued", "done"]
    all_verify(pact)


def test_statements_of_what_went_are_of_the_instant_at_which_it_was_decided(pact: Cast) -> None:
    queued(pact, 2)
    dispatch_pending(pact.kor)
    with pact.kor.store.read() as reading:
        sent = [statement(one.evidence) for one in reading.leaves() if one.kind == "consignment"]
    assert {one.at for one in sent} == {pact.clock.at}


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("how", ["the clock is set back", "the node has to be read-only"])
def test_what_was_made_ready_does_not_go_where_nothing_would_be_decided_now(pact: Cast, how: str) -> None:
    def behind_now() -> None:
        with pact.kor.store.write() as tx:
            tx.note("behind", "USA", Behind("USA", "restored").to_text())

    queued(pact, 9)
    then = behind_now if how == "the node has to be read-only" else lambda: pact.clock.advance(-(10**15))
    pact.kor.link = link = Meanwhile(pact, "KOR", 2, then)
    with suppress(ReltoError):
        dispatch_pending(pact.kor, "JPN")
    assert link.gone == [3, 3]
    assert len(holdings(pact.jpn)) == 6


def test_what_is_queued_while_nothing_further_waited_is_made_ready_before_the_peer_has_answered(pact: Cast) -> None:
    queued(pact, 1)
    told, awake = list[Delivery](), Event()

    def more() -> None:  # only now: the round has found nothing else to do and waits
        time.sleep(0.05)
        queued(pact, 3)
        awake.set()

    pact.kor.link = link = Meanwhile(pact, "KOR", 2, lambda: None)
    link.before_waiting = more
    with Sending(pact.kor, "JPN", told.append, awake) as sending:
        assert sending.run(1000) is None  # now the peer has answered once
        queued(pact, 2)
        assert sending.run(1000) is None
    assert link.gone == [1, 2, 3]
    assert states(told) == ["done"] * 6
    all_verify(pact)


def refused_by_slow_commits(pact: Cast, monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], object]) -> None:
    """Three are queued at the last instant; this happens at the end of the first commit of their round, the second
    and so on, and none of them goes."""
    pact.clock.set(LAPSE.plus(-2))
    told, write, commits = list[Delivery](), pact.kor.store.write, count(1)

    @contextmanager
    def slow() -> Iterator[Transaction]:
        with write() as tx:
            yield tx
        with monkeypatch.context() as quick:
            quick.setattr(pact.kor.store, "write", write)
            happens(next(commits))

    with Sending(pact.kor, "JPN", told.append, Event()) as sending:
        queued(pact, 1)
        sending.run(1000)  # now the peers have met
        queued(pact, 3)
        monkeypatch.setattr(pact.kor.store, "write", slow)
        sending.run(1000)
    assert [one.state for one in told if one.row.kind == "transmittal"] == ["done"] + ["refused"] * 3
    assert len(holdings(pact.jpn)) == 1
    monkeypatch.undo()
    all_verify(pact)


def test_a_commit_that_lasts_until_the_lapse_lets_nothing_go(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    refused_by_slow_commits(pact, monkeypatch, lambda _: pact.clock.set(LAPSE))
    assert kinds(pact.kor).count("consignment") == 4  # they were decided on in time


def test_what_was_decided_on_anew_is_looked_at_again_after_its_own_commit(
    pact: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The record changes while the first decision is committed, and the pact lapses while the second one is."""

    def happens(commit: int) -> None:
        if commit == 1:
            pact.sign("n009", "termination-notice", "JPN", "2019-11-22T23:59:59.999999999+09:00")
        if commit == 2:
            pact.clock.set(LAPSE)

    refused_by_slow_commits(pact, monkeypatch, happens)


class Deaf:
    """A link whose peers take no instrument in."""

    def __init__(self, cast: Cast) -> None:
        self._link = cast.link
        self.asked = 0

    def close(self) -> None:
        self._link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind == "instrument":
            self.asked += 1
            raise InputError(f"the node of `{peer}` says: not now")
        return self._link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return self._link.exchange_many(peer, messages)


@pytest.mark.parametrize("back", [0, 10**15])
def test_an_instrument_that_was_looked_at_again_still_holds_back_those_after_it(pact: Cast, back: int) -> None:
    pact.link.set_down("JPN")
    for name, when in (("n009", "2019-11-18T10:00+09:00"), ("n010", "2019-11-19T10:00+09:00")):
        pact.sign(name, "termination-notice", "KOR", when)
    pact.link.set_down("JPN", False)
    pact.kor.link = link = Deaf(pact)
    pact.clock.advance(-back)  # set back: what was made ready is made ready anew before it goes
    assert states(dispatch_pending(pact.kor, "JPN")) == ["queued"]
    assert link.asked == 1
