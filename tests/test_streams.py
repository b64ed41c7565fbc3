"""Streams: in order, without loss or repetition, decided as they leave and as they arrive; stopped by the lapse."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.adapters.sqlite import SqliteStore
from relto.cli.main import run
from relto.core.dossier import Payload
from relto.core.errors import Conflict, InputError, PeerUnreachable, ReltoError
from relto.core.merkle import verify_inclusion
from relto.core.payload import MissileWarning
from relto.formats.payload.codec import write_payload
from relto.formats.payload.stream import MAX_MESSAGES, StreamBatch, place_of, read_stream_batch
from relto.node import ActRefused, dispatch_pending, relay_pending, release, verify
from relto.node.hearing import Position, position_in
from relto.node.streams import Stream, send_on
from relto.node.watching import Watch
from tests.test_node_setup import LAPSE, Cast, all_verify, at, cast, kinds, pact

__all__ = ["cast", "pact"]


def warning(number: int) -> bytes:
    return write_payload(MissileWarning(f"event-{number}", 1, "KOR", "alert", at("2019-10-31T07:36:00Z")))


def stream(cast: Cast, **more: Any) -> Stream:
    return replace(Stream("warnings", cast.item(), "missile-warning", "JPN"), **more)


def heard(cast: Cast, party: str = "JPN") -> list[tuple[int, bytes]]:
    return [(one.number, one.content) for one in Watch(cast.nodes[party]).look()]


def feed(cast: Cast, numbers: Sequence[int], **more: Any) -> Any:
    """Queue a batch of warnings and send all that is queued."""
    row = send_on(cast.kor, stream(cast, **more), [warning(one) for one in numbers])
    dispatch_pending(cast.kor, row.peer)
    return row


def test_messages_arrive_in_order_and_say_whose_they_are(pact: Cast) -> None:
    feed(pact, [1, 2, 3])
    pact.clock.advance(1_000_000)
    feed(pact, [4])
    feed(pact, range(5, 5 + MAX_MESSAGES))
    watch = Watch(pact.jpn)
    told = list(watch.look())
    assert [one.number for one in told] == list(range(1, 5 + MAX_MESSAGES))
    assert [one.content for one in told] == [warning(number) for number in range(1, 5 + MAX_MESSAGES)]
    assert {(one.stream, one.type, one.originator, one.sender, one.mark) for one in told} == {
        ("warnings", "missile-warning", "KOR", "KOR", "極秘")
    }
    assert list(watch.look()) == []
    feed(pact, [9])
    assert [one.number for one in watch.look()] == [5 + MAX_MESSAGES]
    assert kinds(pact.kor).count("submission") == kinds(pact.jpn).count("receipt") == 4
    all_verify(pact)


def test_a_batch_is_an_item_and_its_holding_lives_as_every_other(pact: Cast) -> None:
    row = feed(pact, [1, 2])
    with pact.jpn.store.read() as reading:
        held = reading.holding(row.subject)
    assert held is not None
    assert (held.received.item, held.origin_mark) == ("warnings.1-2", "군사II급비밀")
    assert {one.do for one in held.duties} == {"mark-origin"}


def test_what_is_no_message_of_its_type_is_not_sent(pact: Cast) -> None:
    with pytest.raises(InputError, match="message 2 of warnings"):
        send_on(pact.kor, stream(pact), [warning(1), b"{}"])
    assert position_of(pact.kor) == 0
    send_on(pact.kor, stream(pact, type="note"), [b"anything"])  # of other types nothing is known


def position_of(node: Any, kind: Any = "sent", name: str = "warnings") -> int:
    with node.store.read() as reading:
        return position_in(reading, kind, name).last


def test_the_lapse_stops_a_stream_where_it_stands(pact: Cast) -> None:
    pact.give_notice()
    pact.clock.set(LAPSE.plus(-1))
    feed(pact, [1])
    late = send_on(pact.kor, stream(pact), [warning(2)])  # queued in time, and not yet sent
    pact.clock.set(LAPSE)
    (left,) = dispatch_pending(pact.kor, "JPN")
    assert (left.row.subject, left.state) == (late.subject, "refused")
    with pytest.raises(ActRefused, match="lapsed"):
        send_on(pact.kor, stream(pact), [warning(3)])
    assert position_of(pact.kor) == 2
    assert position_of(pact.jpn, "heard", "KOR:warnings") == 1
    pact.clock.advance(1)
    assert [number for number, _ in heard(pact)] == [1]
    all_verify(pact)


class Cut:
    """A link that is cut at random: before a message arrives, or before its answer is back."""

    def __init__(self, whole: Any, chance: Random) -> None:
        self._whole, self._chance, self.cuts = whole, chance, 0

    def _maybe(self) -> None:
        if self._chance.random() < 0.4:
            self.cuts += 1
            raise PeerUnreachable("the line was cut")

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        self._maybe()
        answer: bytes = self._whole.exchange(peer, kind, message)
        self._maybe()
        return answer

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        self._maybe()
        answers: list[bytes | ReltoError] = self._whole.exchange_many(peer, messages)
        self._maybe()
        return answers

    def close(self) -> None:
        self._whole.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_a_link_cut_a_hundred_times_loses_repeats_and_disorders_nothing(pact: Cast, seed: int) -> None:
    chance = Random(seed)
    cut = pact.kor.link = Cut(pact.link, chance)
    sent = 0
    while cut.cuts < 100:
        count = chance.randint(1, 5)
        send_on(pact.kor, stream(pact), [warning(sent + one + 1) for one in range(count)])
        sent += count
        pact.clock.advance(1_000_000)
        if chance.random() < 0.5:
            dispatch_pending(pact.kor, "JPN")
    pact.kor.link = pact.link
    while any(one.state == "queued" for one in dispatch_pending(pact.kor, "JPN")):
        pass
    assert heard(pact) == [(number, warning(number)) for number in range(1, sent + 1)]
    all_verify(pact)


def test_a_batch_that_comes_too_early_stays_with_its_sender(pact: Cast) -> None:
    first = send_on(pact.kor, stream(pact), [warning(1)])
    second = send_on(pact.kor, stream(pact), [warning(2)])
    with pytest.raises(InputError, match="before message 1"):
        pact.link.exchange("JPN", "transmittal", second.message)
    assert heard(pact) == []
    assert [one.state for one in dispatch_pending(pact.kor, "JPN")] == ["done", "done"]
    assert [number for number, _ in heard(pact)] == [1, 2]
    assert pact.link.exchange("JPN", "transmittal", first.message)  # again: the same receipt
    all_verify(pact)


def forged(cast: Cast, batch: StreamBatch, **more: Any) -> str:
    """Release an item that says it is a batch; what became of it."""
    payload = more.pop("payload", batch.to_bytes())
    item = replace(cast.item(), id=more.pop("id", batch.place.item), payload=Payload("feed/missile-warning"))
    try:
        return release(cast.kor, item, "JPN", payload=payload).state
    except InputError:
        return "not even sent"


def test_messages_that_came_already_or_belong_elsewhere_are_refused(pact: Cast) -> None:
    feed(pact, [1, 2])
    good = StreamBatch("warnings", "missile-warning", 1, "", (warning(1), warning(2)))
    assert forged(pact, good) == "refused-by-recipient"  # again, as another transmittal
    other = StreamBatch("warnings", "missile-warning", 3, "sha256:" + "0" * 64, (warning(3),))
    assert forged(pact, other) == "refused-by-recipient"  # on another past than the one that was heard
    assert forged(pact, good, id="warnings.3-4") == "refused-by-recipient"
    assert forged(pact, good, payload=b"no batch") == "not even sent"
    feed(pact, [3])
    assert [number for number, _ in heard(pact)] == [1, 2, 3]
    all_verify(pact)


def test_two_who_feed_one_stream_do_not_make_two_of_a_number(pact: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    from relto.node import streams
    from relto.node.release import asked_of

    plain = asked_of

    def meanwhile(*given: Any, **more: Any) -> Any:
        monkeypatch.setattr(streams, "asked_of", plain)
        send_on(pact.kor, stream(pact), [warning(1)])
        return plain(*given, **more)

    monkeypatch.setattr(streams, "asked_of", meanwhile)
    with pytest.raises(Conflict, match="another has fed"):
        send_on(pact.kor, stream(pact), [warning(2)])
    dispatch_pending(pact.kor, "JPN")
    assert heard(pact) == [(1, warning(1))]


def test_through_the_ally_a_stream_keeps_its_originator_and_order(pact: Cast) -> None:
    for first in (1, 3):
        feed(pact, [first, first + 1], via=("USA",))
    relay_pending(pact.usa)
    told = list(Watch(pact.jpn).look())
    assert [(one.number, one.originator, one.sender) for one in told] == [(n, "KOR", "USA") for n in (1, 2, 3, 4)]
    assert list(Watch(pact.usa).look()) == []  # it only passes through
    all_verify(pact)


def test_a_stream_goes_on_after_the_process_that_fed_it(pact: Cast) -> None:
    feed(pact, [1])
    pact.reopen("KOR")
    pact.reopen("JPN")
    feed(pact, [2])
    assert [number for number, _ in heard(pact)] == [1, 2]


def test_positions_that_were_changed_are_found(pact: Cast) -> None:
    feed(pact, [1])
    for node, kind, name in ((pact.kor, "sent", "warnings"), (pact.jpn, "heard", "KOR:warnings")):
        with node.store.write() as tx:
            tx.note(kind, name, '{"last":7,"vouched":"sha256:' + "0" * 64 + '"}')  # type: ignore[arg-type]
        assert any(f"stream {name}" in one for one in verify(node).problems)
    with pact.usa.store.write() as tx:
        tx.note("heard", "KOR:none", '{"last":1,"vouched":"sha256:' + "0" * 64 + '"}')
    assert any("stream KOR:none" in one for one in verify(pact.usa).problems)


batches = st.builds(
    lambda first, messages: StreamBatch("s", "note", first, "" if first == 1 else "sha256:" + "a" * 64, messages),
    st.integers(1, 10**9),
    st.lists(st.binary(max_size=300), min_size=1, max_size=20).map(tuple),
)


@given(batches)
def test_a_batch_reads_back_equal_and_shows_each_message_by_itself(batch: StreamBatch) -> None:
    assert read_stream_batch(batch.to_bytes()) == batch
    assert place_of(batch.place.item) == batch.place
    for number, message in enumerate(batch.messages):
        verify_inclusion(message, number, batch.tree.inclusion_proof(number), batch.tree.head())


@given(batches, st.data())
def test_a_batch_with_a_fault_is_another_or_none(batch: StreamBatch, data: st.DataObject) -> None:
    whole = bytearray(batch.to_bytes())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    with contextlib.suppress(InputError):  # a fault in the header may make another batch: a signature is over the whole
        assert read_stream_batch(bytes(whole)) != batch
    with pytest.raises(InputError):
        read_stream_batch(batch.to_bytes()[:place])
    with pytest.raises(InputError):
        read_stream_batch(batch.to_bytes() + b"x")


@pytest.mark.parametrize(
    "change",
    [
        {"stream": "A"},
        {"stream": "x" * 61},
        {"type": "Feed"},
        {"first": 0},
        {"first": 2},
        {"before": "sha256:" + "a" * 64},
        {"messages": ()},
        {"messages": (b"",) * (MAX_MESSAGES + 1)},
        {"messages": (bytes(65_536),)},
        {"messages": (bytes(65_535),) * 65},
    ],
)
def test_batches_that_cannot_be(change: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        replace(StreamBatch("s", "note", 1, "", (b"x",)), **change)


@pytest.mark.parametrize("item", ["s.1", "s.0-1", "s.2-1", "s.01-2", "S.1-2", "a.b.1-2", "s.1-2x", "msl-2019-10-31"])
def test_ids_that_are_no_batch(item: str) -> None:
    assert place_of(item) is None


@pytest.fixture
def nodes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The folders of two nodes that know each other."""
    monkeypatch.setenv("RELTO_PASSPHRASE", "x")
    made = {party: str(tmp_path / party) for party in ("KOR", "JPN")}
    for party, folder in made.items():
        when = ["--rehearsal", "--at", "2019-11-18T09:00+09:00"]
        assert run(["node", "init", "--party", party, folder, *when]) == 0
    for party, other in (("KOR", "JPN"), ("JPN", "KOR")):
        assert run(["node", "pin", made[other], "--node", made[party]]) == 0
    return made


def sending(nodes: dict[str, str], file: str, when: str = "2019-11-18T09:01+09:00") -> list[str]:
    asked = ["feed", "send", "warnings", file, "--as", "msl-2019-10-31", "--to", "JPN", "--batch", "3"]
    return [*asked, "--node", nodes["KOR"], "--at", when]


EARLY = "2016-11-01T09:00+09:00"
"""Before the pact was signed."""


def test_the_command_line(nodes: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "w.jsonl"
    file.write_bytes(b"\n".join(warning(number) for number in range(1, 8)) + b"\n\n")
    asked = sending(nodes, str(file))
    capsys.readouterr()
    assert run([*asked, "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["batch"], one["state"]) for one in told] == [
        ("warnings.1-3", "done"),
        ("warnings.4-6", "done"),
        ("warnings.7-7", "done"),
    ]
    assert run(asked) == 0
    assert "warnings.8-10: delivered, receipt sha256:" in capsys.readouterr().out
    watching = ["feed", "watch", "--node", nodes["JPN"], "--at", "2019-11-18T09:02+09:00"]
    assert run([*watching, "--json"]) == 0
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["number"] for one in told] == list(range(1, 15))
    assert told[0]["message"]["event"] == "event-1"
    assert run([*watching, "--stream", "other"]) == 0
    assert capsys.readouterr().out == ""
    assert run([*watching, "--type", "missile-warning"]) == 0
    assert "warnings 14  KOR  極秘" in capsys.readouterr().out
    assert run(["feed", "status", "--node", nodes["KOR"]]) == 0
    assert "up to message 14" in capsys.readouterr().out
    assert run(["feed", "status", "--node", nodes["JPN"], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["originator"] == "KOR"
    file.write_bytes(b"{}\n")
    assert run(asked) == 2
    capsys.readouterr()
    assert run(["/proc/self/mem" if one == str(file) else one for one in asked]) == 2  # none of it can be
    assert "`/proc/self/mem` cannot be read on" in capsys.readouterr().err
    file.write_bytes(warning(1))
    assert run(sending(nodes, str(file), EARLY)) == 3  # the clock is behind what was lived through: refused


def test_after_a_batch_that_its_recipient_refuses_nothing_is_sent(
    nodes: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "w.jsonl"
    file.write_bytes(b"\n".join(warning(number) for number in range(1, 31)))
    store = SqliteStore(Path(nodes["JPN"]) / "node.db")
    with store.write() as tx:  # as if the sender had been restored from a backup
        tx.note("heard", "KOR:warnings", Position(9, "sha256:" + "0" * 64).to_text())
    store.close()
    capsys.readouterr()
    assert run([*sending(nodes, str(file)), "--json"]) == 3
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [one["state"] for one in told] == ["refused-by-recipient"]
    assert run(["feed", "status", "--node", nodes["KOR"]]) == 0
    assert "up to message 3" in capsys.readouterr().out


def test_a_refusal_ends_it_though_more_may_come(nodes: dict[str, str]) -> None:
    asked = [sys.executable, "-c", "from relto.cli.main import main; main()", *sending(nodes, "-", EARLY)]
    feeding = subprocess.Popen(asked, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert feeding.stdin is not None
    assert feeding.stderr is not None
    with feeding.stdin, feeding.stderr:
        feeding.stdin.write(warning(1) + b"\n")
        feeding.stdin.flush()
        assert (feeding.wait(60), feeding.stderr.read()) == (3, b"")


def test_of_a_line_without_end_no_more_is_read_than_shows_it(
    nodes: dict[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "w.jsonl"
    with file.open("wb") as made:
        made.write(warning(1) + b"\n")
        made.truncate(1 << 26)
    tracemalloc.start()
    assert run(sending(nodes, str(file))) == 2
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1 << 25
    assert "messages of more than 65535 bytes" in capsys.readouterr().err
