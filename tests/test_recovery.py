"""A node made again from an old backup takes back from its peers what it had signed and lost, and nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest

from relto.backups import back_up
from relto.core.canon import digest
from relto.core.errors import InputError, PeerUnreachable, Refused, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.register import CompromiseReported, Holding, Opened, Reclassified
from relto.node import Node, dispatch_pending, handle, handle_many, open_item, relay_pending, release, report_compromise
from relto.node.behind import behind
from relto.node.custody import copy_holding, destroy_holding, end_purpose, show_holding
from relto.node.heads import ask_if_due, ask_witness, begin_again
from relto.node.log import enter
from relto.node.reclassify import reclassify
from relto.node.recovery import recover, recover_if_due
from relto.node.recovery.wire import KIND, Question, Record, read_returned, write_returned
from relto.node.rows import OutboxRow
from relto.node.witness import forks, settle_fork
from tests.test_backups import replaced
from tests.test_node_setup import LAPSE, Cast, all_verify, cast, kinds, pact

__all__ = ["cast", "pact"]


def held(node: Node) -> dict[str, Holding]:
    with node.store.read() as reading:
        return {one.id: one for one in reading.holdings()}


def reported(one: Holding) -> list[str]:
    return [event.report for event in one.events if isinstance(event, CompromiseReported)]


def sent(node: Node) -> dict[str, OutboxRow]:
    with node.store.read() as reading:
        return {
            one.subject: replace(one, number=0, attempts=0) for one in reading.outbox() if one.kind == "transmittal"
        }


def reconcile(cast: Cast, party: str) -> None:
    """Ask the peers how far they have cosigned the ledger; where it is further than it is here, its operator goes on
    without what only this node had, and their officers settle it. Then take back what they have."""
    node, peers = cast.nodes[party], [one for one in cast.nodes if one != party]
    settling = []
    for peer in peers:
        try:
            ask_witness(node, peer)
        except Refused:
            settling.append(peer)
    if settling:
        begin_again(node)
    for peer in settling:
        with node.store.read() as reading:
            settle_fork(cast.nodes[peer], party, reading.checkpoint())
        ask_witness(node, peer)
    recover_if_due(node)
    with node.store.read() as reading:
        assert behind(reading) == []


def test_what_was_acknowledged_after_the_backup_is_there_again_to_the_byte(pact: Cast) -> None:
    for _ in range(2):
        pact.release()
    before = [*held(pact.jpn)]
    back_up(pact.folder / "JPN", pact.folder / "old")
    for _ in range(3):
        pact.release()
    open_item(pact.jpn, [*held(pact.jpn)][-1])
    assert release(pact.jpn, pact.item("track"), "KOR").state == "done"
    destroy_holding(pact.jpn, before[0], "erase", "witness", "jpn-desk")
    report_compromise(pact.jpn, before[1], "a copy was seen elsewhere")
    dispatch_pending(pact.jpn)
    had, gone = held(pact.jpn), sent(pact.jpn)
    node = replaced(pact, "JPN", pact.folder / "old")
    assert len(held(node)) == 2
    reconcile(pact, "JPN")
    for name, one in held(node).items():  # who had opened it since is in this node's ledger alone
        assert one.events == tuple(event for event in had[name].events if not isinstance(event, Opened))
    assert [*held(node)] == [*had]
    assert sent(node) == gone
    all_verify(pact)
    with pytest.raises(ReltoError):
        open_item(node, before[0])  # what was destroyed stays so
    assert open_item(node, [*had][-1]).payload == b"Two launches from Sunchon."
    with pact.kor.store.read() as reading:
        rows = [one for one in reading.outbox() if one.kind == "transmittal" and one.peer == "JPN"]
        answers = [reading.leaf(one.answer or "") for one in rows]
    size = len(kinds(node))
    for row, answer in zip(rows, answers, strict=True):  # a message that comes again has the answer it had
        assert answer is not None
        assert handle(node, "transmittal", row.message, "KOR") == answer.evidence.encode("ascii")
    assert len(kinds(node)) == size
    assert release(node, pact.item("track"), "KOR").state == "done"
    all_verify(pact)


def test_nothing_is_asked_for_twice_and_nothing_where_nothing_is_missing(pact: Cast) -> None:
    pact.release()
    ask_witness(pact.jpn, "KOR")
    back_up(pact.folder / "JPN", pact.folder / "new")
    node = replaced(pact, "JPN", pact.folder / "new")
    size = len(kinds(node))
    reconcile(pact, "JPN")
    assert len(kinds(node)) == size
    assert recover(node).taken == 0
    pact.release()
    all_verify(pact)


def act_at_random(pact: Cast, chance: Random) -> None:
    """One step of traffic in which each party may have a part."""
    jpn, kor = pact.jpn, pact.kor
    mine = [one for one in held(jpn).values() if one.original_held and one.purpose_ended is None]
    steps: list[Callable[[], object]] = [
        lambda: pact.release(),
        lambda: release(jpn, pact.item("track"), "KOR"),
        lambda: (pact.release(via=("USA",)), relay_pending(pact.usa)),
        lambda: ask_witness(pact.nodes[chance.choice(["JPN", "KOR"])], "USA"),
    ]
    if mine:
        name = chance.choice(mine).id
        steps += [
            lambda: open_item(jpn, name),
            lambda: copy_holding(jpn, name, "safe 2", "jpn-desk"),
            lambda: show_holding(jpn, name, "an official", "jpn-desk"),
            lambda: destroy_holding(jpn, name, "shred", "witness", "jpn-desk"),
            lambda: end_purpose(jpn, name, "jpn-desk"),
            lambda: report_compromise(jpn, name, "possibly lost"),
        ]
    chance.choice(steps)()
    pact.clock.advance(chance.randrange(1, 60) * 10**9)
    for node in (kor, jpn, pact.usa):
        dispatch_pending(node)


def restored(pact: Cast) -> Node:
    """JPN made again from the backup `old`, its peers asked how far they have cosigned it."""
    node = replaced(pact, "JPN", pact.folder / "old")
    for peer in ("KOR", "USA"):
        ask_witness(node, peer)
    return node


def under_traffic(pact: Cast, seed: int) -> None:
    """A backup at a random point of random traffic, restored; the party goes on, with all that it had acknowledged."""
    chance = Random(seed)
    party = chance.choice(["JPN", "KOR", "USA"])
    when, turns, target = chance.randrange(8), 8 + chance.randrange(8), pact.folder / "old"
    for turn in range(turns):
        act_at_random(pact, chance)
        if turn >= when and kinds(pact.nodes[party]) and not target.exists():
            back_up(pact.folder / party, target)
    if not target.exists():
        return  # this party had no part in it
    had, gone = held(pact.nodes[party]), sent(pact.nodes[party])
    node = replaced(pact, party, target)
    reconcile(pact, party)
    assert held(node).keys() == had.keys()
    for name, one in had.items():
        now = held(node)[name]
        assert now.received == one.received
        assert now.original_held == one.original_held  # nothing that was destroyed is back
        assert reported(now) == reported(one)
    again = sent(node)
    for name, row in gone.items():
        if name in again:
            assert again[name].state == row.state
        else:  # its recipient has destroyed it: both statements are here, and no message
            assert not held(pact.nodes[row.peer])[name].original_held
            with node.store.read() as reading:
                assert {one.kind for one in reading.leaves(name)} >= {"receipt"}
    assert again.keys() <= gone.keys()
    for other in pact.nodes.values():
        with other.store.read() as reading:
            assert forks(reading) == {}
    act_at_random(pact, chance)
    all_verify(pact)


@pytest.mark.parametrize("seed", range(int(os.environ.get("RESTORES", "8"))))
def test_a_backup_at_any_point_under_traffic_loses_nothing_acknowledged(pact: Cast, seed: int) -> None:
    under_traffic(pact, seed)


def question(node: Node, to: str, **changes: object) -> bytes:
    at = node.clock.interval()[1]
    asked = replace(Question(node.party, to, at, LAPSE.plus(-(10**18))), **changes)  # type: ignore[arg-type]
    return asked.signed(node.keys.signing())


def test_each_is_given_only_what_is_its_own(pact: Cast) -> None:
    pact.release()
    pact.release(to="USA", name="msl-2019-10-31")
    records, more = read_returned(handle(pact.kor, KIND, question(pact.jpn, "KOR"), "JPN"))
    assert (len(records), more) == (1, 0)
    for wrong, sender in ((question(pact.jpn, "USA"), "JPN"), (question(pact.jpn, "KOR"), "USA"), (b"\xff", "JPN")):
        with pytest.raises(VerificationFailed):
            handle(pact.kor, KIND, wrong, sender)
    later = question(pact.jpn, "KOR", since=pact.clock.at.plus(1))
    assert read_returned(handle(pact.kor, KIND, later, "JPN")) == ([], 0)


def test_it_is_given_back_page_by_page(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(pact.folder / "JPN", pact.folder / "old")
    for _ in range(7):
        pact.release()
    had = held(pact.jpn)
    monkeypatch.setattr("relto.node.recovery.giving.MAX_RECORDS", 3)
    monkeypatch.setattr("relto.node.recovery.giving._PAGE", 5)
    node = restored(pact)
    pages: list[int] = []
    assert recover(node, pages.append).taken == 7
    assert pages[:3] == [3, 6, 7]
    assert held(node) == had
    all_verify(pact)


def test_an_item_too_large_to_be_given_back_is_named(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    back_up(pact.folder / "JPN", pact.folder / "old")
    pact.release()
    (name,) = held(pact.jpn)
    monkeypatch.setattr("relto.node.recovery.giving.MAX_BYTES", 4000)
    node = restored(pact)
    found = recover(node)
    assert (found.taken, held(node)) == (0, {})
    assert name in found.left[0]
    assert "released again" in found.left[0] or "not given back" in found.left[0]
    all_verify(pact)


class Lying:
    """A link whose peer gives something else back."""

    def __init__(self, cast: Cast, change: Callable[[list[Record]], bytes]) -> None:
        self._cast, self._change = cast, change

    def close(self) -> None:
        self._cast.link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: list[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        (answer,) = self._cast.link.exchange_many(peer, messages)
        assert isinstance(answer, bytes)
        return [self._change(read_returned(answer)[0]) if peer == "KOR" else answer]


def flipped(data: bytes) -> bytes:
    return data[:-1] + bytes((data[-1] ^ 1,))


LIES: dict[str, Callable[[list[Record]], list[Record]]] = {
    "another item": lambda some: [replace(some[0], sealed=some[1].sealed)],
    "a changed item": lambda some: [replace(some[0], sealed=flipped(some[0].sealed))],
    "no item": lambda some: [replace(some[0], sealed=b"")],
    "what was received, of another": lambda some: [replace(some[0], answers=some[1].answers)],
    "nothing that was received": lambda some: [replace(some[0], answers="")],
    "a statement of the peer as the own": lambda some: [replace(some[0], statement=some[0].answers)],
    "a statement cut short": lambda some: [replace(some[0], statement=some[0].statement[:-8])],
    "nothing at all": lambda some: [Record("")],
}


@pytest.mark.parametrize("how", LIES)
def test_a_peer_that_gives_back_what_was_never_signed_changes_nothing(pact: Cast, how: str) -> None:
    back_up(pact.folder / "JPN", pact.folder / "old")
    for _ in range(2):
        pact.release()
    node = restored(pact)
    before = kinds(node)
    node.link = Lying(pact, lambda some: write_returned(LIES[how](some), 0))  # type: ignore[assignment]
    assert recover(node).taken == 0
    assert (kinds(node), held(node)) == (before, {})
    node.link = pact.link
    assert recover(node).taken == 2  # and nothing keeps the truth out
    all_verify(pact)


def test_what_is_no_answer_is_refused(pact: Cast) -> None:
    back_up(pact.folder / "JPN", pact.folder / "old")
    for _ in range(2):
        pact.release()
    node = restored(pact)
    whole = write_returned([Record("a", "b", "c", b"d")], 0)
    for wrong in (b"", b"relto/returned/2\n", whole[:-1], whole + b"\0", whole + b"\0\0\0\0", whole[:30] + b"\xff" * 9):
        node.link = Lying(pact, lambda _some, wrong=wrong: wrong)  # type: ignore[assignment, misc]
        with pytest.raises(InputError):
            recover(node)
    turns = iter([9, 9])
    node.link = Lying(pact, lambda _some: write_returned([], next(turns)))  # type: ignore[assignment]
    with pytest.raises(VerificationFailed, match="again and again"):
        recover(node)
    with node.store.read() as reading:
        assert {one.why for one in behind(reading)} == {"recovering"}
    assert digest(b"") not in kinds(node)


def backed_up(pact: Cast) -> None:
    """A backup of JPN, as `old`; its peers have cosigned it just before, and do not for a minute after."""
    for peer in ("KOR", "USA"):
        ask_if_due(pact.jpn, peer)
    back_up(pact.folder / "JPN", pact.folder / "old")


def test_what_was_destroyed_before_its_receipt_came_back_stays_destroyed(pact: Cast) -> None:
    backed_up(pact)
    whole = pact.kor.link

    class Losing:
        close = staticmethod(whole.close)
        exchange_many = staticmethod(whole.exchange_many)

        @staticmethod
        def exchange(peer: str, kind: str, message: bytes) -> bytes:
            answer = whole.exchange(peer, kind, message)
            if kind == "transmittal":
                raise PeerUnreachable("the reply was lost")
            return answer

    pact.kor.link = Losing()
    assert pact.release().state == "queued"
    (name,) = held(pact.jpn)
    destroy_holding(pact.jpn, name, "erase", "witness", "jpn-desk")
    dispatch_pending(pact.jpn)  # KOR has the certificate before the receipt
    pact.kor.link = whole
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"]
    node = restored(pact)
    assert recover(node).left == ()
    assert not held(node)[name].original_held
    with pytest.raises(ReltoError):
        open_item(node, name)
    all_verify(pact)


def test_nothing_is_opened_or_passed_on_before_all_peers_have_given_back(pact: Cast) -> None:
    for _ in range(2):
        pact.release()
    backed_up(pact)
    name, other = held(pact.jpn)
    destroy_holding(pact.jpn, name, "erase", "witness", "jpn-desk")
    dispatch_pending(pact.jpn)
    node = restored(pact)
    pact.link.set_down("USA")
    with pytest.raises(PeerUnreachable):
        recover(node)
    with pytest.raises(Refused, match="read-only"):
        open_item(node, other)
    pact.link.set_down("USA", False)
    recover(node)
    assert not held(node)[name].original_held
    assert open_item(node, other).payload == b"Two launches from Sunchon."
    all_verify(pact)


def test_a_higher_mark_that_was_followed_is_followed_again(pact: Cast) -> None:
    assert pact.release(name="japan-only").state == "done"
    backed_up(pact)
    (name,) = held(pact.jpn)
    low = held(pact.jpn)[name].mark
    reclassify(pact.kor, "japan-only", "군사II급비밀")
    high = held(pact.jpn)[name].mark
    assert high != low
    node = restored(pact)
    recover(node)
    assert held(node)[name].mark == high
    assert recover(node).taken == 0
    assert len([one for one in held(node)[name].events if isinstance(one, Reclassified)]) == 1
    all_verify(pact)


SENT_LIES: dict[str, Callable[[list[Record], Cast], list[Record]]] = {
    "the answer to another": lambda some, _: [replace(some[0], answer=some[1].answer)],
    "the answer to another, without the item": lambda some, _: [replace(some[0], answer=some[1].answer, sealed=b"")],
    "the item of another": lambda some, _: [replace(some[0], sealed=some[1].sealed)],
    "its own statement as an answer": lambda some, cast: [
        replace(some[0], answer=stating(cast, some[0], "submission", "KOR"), sealed=b"")
    ],
    "a receipt of another item": lambda some, cast: [
        replace(some[0], answer=stating(cast, some[0], "receipt", "KOR"), sealed=b"")
    ],
}


def stating(cast: Cast, record: Record, kind: str, by: str) -> str:
    """A statement that a peer signs about the own one, and is not the answer to it."""
    name = digest(record.statement.encode("ascii"))
    digests = dict.fromkeys(("payload", "label", "sealed"), digest(b"x")) | {"evidence": name}
    one = Evidence(kind, by, cast.clock.at, "JPN", "t-1", "another", digests=digests)  # type: ignore[arg-type]
    return sign_evidence(one, cast.nodes[by].keys.signing())


@pytest.mark.parametrize("how", SENT_LIES)
def test_a_peer_that_gives_back_a_wrong_answer_to_what_was_sent_changes_nothing(pact: Cast, how: str) -> None:
    backed_up(pact)
    for _ in range(2):
        assert release(pact.jpn, pact.item("track"), "KOR").state == "done"
    gone = sent(pact.jpn)
    node = restored(pact)
    before = kinds(node)
    node.link = Lying(pact, lambda some: write_returned(SENT_LIES[how](some, pact), 0))  # type: ignore[assignment]
    assert recover(node).taken == 0
    assert kinds(node) == before
    node.link = pact.link
    assert recover(node).taken == 2
    assert sent(node) == gone
    all_verify(pact)


def test_a_peer_is_given_no_item_of_another_by_a_statement_that_names_it(pact: Cast) -> None:
    pact.release()
    (name,) = held(pact.jpn)
    forged = Evidence(
        "submission",
        "USA",
        pact.clock.at,
        "JPN",
        name,
        "msl-2019-10-31",
        digests=dict.fromkeys(("payload", "label", "sealed"), digest(b"x")),
    )
    with pact.jpn.store.write() as tx:
        enter(pact.jpn, tx, forged, sign_evidence(forged, pact.usa.keys.signing()))
    records, _ = read_returned(handle(pact.jpn, KIND, question(pact.usa, "JPN"), "USA"))
    assert [(one.answer, one.sealed) for one in records] == [("", b"")]


def test_one_question_at_a_time_and_no_end_of_pages_is_waited_for(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = question(pact.jpn, "KOR")
    answers = handle_many(pact.kor, [(KIND, asked), (KIND, asked)], "JPN")
    assert [isinstance(one, InputError) for one in answers] == [False, True]
    backed_up(pact)
    node = restored(pact)
    monkeypatch.setattr("relto.node.recovery.taking._MOST_PAGES", 50)
    turns = iter(range(1, 1000))
    node.link = Lying(pact, lambda _some: write_returned([], next(turns)))  # type: ignore[assignment]
    with pytest.raises(VerificationFailed, match="without end"):
        recover(node)
