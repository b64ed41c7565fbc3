"""A node's own keys replaced and revoked: taken by its peers, whole after a crash, and old evidence verifiable."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.clock import ReplayClock
from relto.adapters.keys import FileKeys
from relto.adapters.keys import files as key_files
from relto.adapters.keys import sets as key_sets
from relto.adapters.keys.disk import write_private
from relto.cli.main import run
from relto.compose import open_node, pin
from relto.core.envelope import Sealed, SigningKey, UnwrapKey
from relto.core.errors import Conflict, InputError, Refused, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.timeline import Instant
from relto.node import Node, dispatch_pending, handle, handle_many, open_item, release, verify
from relto.node.bundle import Bundle
from relto.node.card import Card
from relto.node.card_chain import CardChain, KeyChange
from relto.node.key_changes import announce_changes, change_in, change_keys
from relto.node.statements import statement
from relto.node.transmittal import unpack
from tests.serving import network, until
from tests.test_evidence_bundle import bundle_of, wrong
from tests.test_node_setup import PASSPHRASE, Cast, all_verify, cast, kinds, pact

__all__ = ["cast", "pact"]


def keys(node: Node) -> FileKeys:
    assert isinstance(node.keys, FileKeys)
    return node.keys


def replaced(cast: Cast, party: str = "JPN") -> KeyChange:
    """Replace a party's keys a second later; all peers take it."""
    cast.clock.advance(10**9)
    change, deliveries = change_keys(cast.nodes[party], "key-replacement")
    assert [one.state for one in deliveries] == ["done", "done"]
    cast.clock.advance(10**9)
    return change


def states(node: Node, kind: str = "key-change") -> list[tuple[str, str]]:
    with node.store.read() as reading:
        return [(one.peer, one.state) for one in reading.outbox() if one.kind == kind]


def test_a_replacement_is_taken_by_every_peer_and_all_goes_on(pact: Cast) -> None:
    before = pact.jpn.keys.own
    held = pact.release().row.subject
    change = replaced(pact)
    after = pact.jpn.keys.own
    assert change.card == after
    assert before.signing != after.signing
    assert before.wrapping != after.wrapping
    assert before.pin != after.pin
    for name in ("KOR", "USA"):
        assert pact.nodes[name].keys.peers["JPN"] == after
        assert pact.reopen(name).keys.peers["JPN"] == after
    assert pact.reopen("JPN").keys.own == after
    sent = pact.release()
    assert (sent.state, unpack(sent.row.message)[1] != b"") == ("done", True)
    assert Sealed.from_bytes(unpack(sent.row.message)[1]).recipient_key == after.wrapping.id
    assert release(pact.jpn, pact.jpn.base.item("track"), "KOR").state == "done"
    for name in (held, sent.row.subject):  # what was sealed to the old key opens too
        assert open_item(pact.jpn, name).payload == b"Two launches from Sunchon."
    all_verify(pact)


def test_a_change_that_was_answered_is_found_by_no_other_name(pact: Cast) -> None:
    replaced(pact)
    assert verify(pact.kor).holds
    with contextlib.closing(sqlite3.connect(pact.folder / "KOR" / "node.db")) as raw, raw:
        raw.execute("UPDATE inbox SET subject = 'x' WHERE kind = 'key-change'")
    assert any(one.startswith("inbox key-change x: ") for one in verify(pact.kor).problems)


def test_what_was_queued_before_by_either_side_arrives_and_opens_after(pact: Cast) -> None:
    pact.link.set_down("JPN")
    to_jpn = pact.release()
    from_jpn = release(pact.jpn, pact.jpn.base.item("track"), "KOR", payload=b"from before")
    pact.link.set_down("JPN", False)
    assert (to_jpn.state, from_jpn.state) == ("queued", "done")
    pact.link.set_down("KOR")
    waits = release(pact.jpn, pact.jpn.base.item("track"), "KOR")
    pact.clock.advance(1)
    change_keys(pact.jpn, "key-replacement")
    pact.link.set_down("KOR", False)
    assert waits.state == "queued"
    pact.clock.advance(1)
    assert {one.state for one in dispatch_pending(pact.jpn)} == {"done"}
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"]
    assert open_item(pact.jpn, to_jpn.row.subject).payload == b"Two launches from Sunchon."
    assert open_item(pact.kor, waits.row.subject).payload == b"Apogee 910 km."
    all_verify(pact)


def test_a_change_a_thousand_times_has_one_effect_and_one_answer(pact: Cast) -> None:
    change = replaced(pact)
    before = kinds(pact.kor)
    answers = {handle(pact.kor, "key-change", change.to_bytes(), "JPN") for _ in range(1000)}
    assert len(answers) == 1
    assert statement(answers.pop().decode()).kind == "key-change"
    assert kinds(pact.kor) == before
    assert len(pact.kor.keys.chains["JPN"].cards) == 2


def test_keys_are_replaced_again_and_again(pact: Cast) -> None:
    for _ in range(3):
        replaced(pact)
        assert pact.release().state == "done"
    assert [len(pact.nodes[name].keys.chains["JPN"].cards) for name in ("KOR", "JPN", "USA")] == [4, 4, 4]
    assert announce_changes(pact.jpn) == 0
    all_verify(pact)


def test_a_change_that_the_old_key_has_not_signed_is_not_taken(pact: Cast) -> None:
    genuine = replaced(pact)
    before = kinds(pact.usa)
    stranger = pact.kor.keys.signing()
    forged = replace(genuine, previous=pact.usa.keys.peers["JPN"].keys_id, at=pact.clock.at)
    for change in (forged.signed(stranger), forged, replace(genuine, party="KOR", card=None, kind="key-revocation")):
        for sender in ("JPN", "KOR", None):
            with pytest.raises(ReltoError):
                handle(pact.usa, "key-change", change.to_bytes(), sender)
    with pytest.raises(VerificationFailed, match="has not sent"):
        handle(pact.usa, "key-change", genuine.to_bytes(), "KOR")
    with pytest.raises(VerificationFailed, match="has not sent"):
        handle(pact.jpn, "key-change", genuine.to_bytes())
    assert kinds(pact.usa) == before


def test_an_older_change_has_nothing_left_to_replace_and_is_refused_with_evidence(pact: Cast) -> None:
    old = pact.jpn.keys.signing()
    first = replaced(pact)
    other = KeyChange("key-revocation", "JPN", pact.clock.at, first.previous).signed(old)
    answer = statement(handle(pact.kor, "key-change", other.to_bytes(), "JPN").decode())
    assert (answer.kind, "not its last" in str(answer.says["says"])) == ("refusal", True)
    assert pact.kor.keys.peers["JPN"] == first.card
    all_verify(pact)


def test_a_replaced_key_signs_nothing_more_whatever_instant_it_bears_after_the_change(pact: Cast) -> None:
    old = pact.jpn.keys.signing()
    replaced(pact)
    message = sign_evidence(Evidence(kind="record", party="JPN", at=pact.clock.at, to="KOR", says={"records": {}}), old)
    with pytest.raises(VerificationFailed, match="was not good at"):
        handle(pact.kor, "record", message.encode(), "JPN")


def test_a_revoked_key_is_worth_nothing_in_what_comes_in_whatever_instant_it_bears(pact: Cast) -> None:
    held = release(pact.jpn, pact.jpn.base.item("track"), "KOR")
    pact.link.set_down("KOR")
    waits = release(pact.jpn, pact.jpn.base.item("track"), "KOR")
    pact.link.set_down("KOR", False)
    pact.link.set_down("JPN")
    sealed_before = pact.release()
    pact.link.set_down("JPN", False)
    pact.clock.advance(1)
    _, deliveries = change_keys(pact.jpn, "key-revocation")
    assert [one.row.peer for one in deliveries] == ["KOR", "USA"]
    assert "JPN" not in pact.kor.keys.peers
    with pytest.raises(ReltoError):
        handle(pact.kor, "transmittal", waits.row.message, "JPN")
    assert open_item(pact.kor, held.row.subject).payload == b"Apogee 910 km."  # it was here before
    with pytest.raises(ReltoError):  # nothing is sealed to nobody's key
        pact.release()
    card = pact.folder / "JPN" / "keys" / "card.json"
    for name in ("KOR", "USA"):
        assert pin(pact.folder / name, card) == pact.jpn.keys.own
        pact.reopen(name)
    assert pact.kor.keys.peers["JPN"] == pact.jpn.keys.own
    settled = {one.row.subject: one for one in dispatch_pending(pact.kor)}
    kept_back = settled[sealed_before.row.subject]
    assert kept_back.state == "refused"
    assert kept_back.answer is not None
    assert "sealed to a key that JPN has revoked" in str(kept_back.answer.says["says"])
    assert pact.release().state == "done"
    dispatch_pending(pact.jpn)
    assert states(pact.jpn) == [("KOR", "done"), ("USA", "done")]
    assert release(pact.jpn, pact.jpn.base.item("track"), "KOR").state == "done"
    for node in pact.nodes.values():
        assert verify(node).problems == ()


def test_another_card_is_still_not_pinned_over_one_that_stands(pact: Cast) -> None:
    replaced(pact)
    first = pact.kor.keys.chains["JPN"].cards[0]
    with pytest.raises(Conflict, match="another card of `JPN` is pinned"):
        keys(pact.kor).pin(first)
    keys(pact.kor).pin(pact.jpn.keys.own)  # the same again changes nothing
    path = pact.folder / "KOR" / "peers" / "JPN.json"
    path.unlink()
    keys(pact.kor).pin(pact.usa.keys.peers["JPN"])
    assert len(pact.kor.keys.chains["JPN"].cards) == 1


def test_bundles_from_before_and_after_verify_by_either_card(pact: Cast) -> None:
    from relto.node.bundle import examine

    first = pact.jpn.keys.own
    sent = pact.release().row.subject
    before = bundle_of(pact, "JPN", sent)
    replaced(pact)
    after = bundle_of(pact, "JPN", sent)
    assert Bundle.from_bytes(after.to_bytes()) == after
    kor = bundle_of(pact, "KOR", sent)
    for card in (first, pact.jpn.keys.own):
        for bundle in (after, kor):
            report = examine([bundle], [card, pact.kor.keys.own])
            assert wrong(report) == []
            assert [known for party, _, _, known in report.keys if party == "JPN"] == [True, True]
    assert wrong(examine([before], [first, pact.kor.keys.own])) == []
    assert wrong(examine([before, after, kor], [first])) == []
    other = replace(pact.kor.keys.own, party="JPN", address="", certificate=b"", signature=b"")
    assert any("another card of JPN" in one for one in wrong(examine([after], [other])))


def test_a_bundle_that_a_revoked_key_signed_after_its_end_does_not_verify(pact: Cast) -> None:
    from relto.node.bundle import examine
    from relto.node.bundle.bundle import Proved

    old = pact.jpn.keys.signing()
    sent = pact.release().row.subject
    pact.clock.advance(1)
    change_keys(pact.jpn, "key-revocation")
    bundle = bundle_of(pact, "JPN", sent)
    assert wrong(examine([bundle])) == []
    late = Evidence(kind="refusal", party="JPN", at=pact.clock.at.plus(1), transmittal=sent, item="msl-2019-10-31")
    forged = replace(bundle, leaves=(Proved(0, sign_evidence(late, old), ()),))
    assert any("was not good at" in one for one in wrong(examine([forged])))


def opened_again(cast: Cast) -> Node:
    """JPN's files opened as another process would, with nothing pinned anew."""
    cast.jpn.store.close()
    node = cast.nodes["JPN"] = open_node(cast.folder / "JPN", PASSPHRASE, clock=cast.clock)
    cast.link.leave("JPN")
    cast.link.join("JPN", partial(handle, node), partial(handle_many, node))
    node.link = cast.link
    return node


@pytest.mark.parametrize("steps", range(1, 20))
def test_a_crash_at_any_step_leaves_the_old_keys_or_the_new_and_then_it_is_told(
    pact: Cast, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Crash(BaseException):
        pass

    left = [steps]

    def failing(path: Path, data: bytes) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise Crash
        write_private(path, data)
        left[0] -= 1
        if left[0] == 0:
            raise Crash

    before = pact.jpn.keys.own
    for module in (key_files, key_sets):
        monkeypatch.setattr(module, "write_private", failing)
    pact.clock.advance(10**9)
    with contextlib.suppress(Crash):
        change_keys(pact.jpn, "key-replacement")
    monkeypatch.undo()
    jpn = opened_again(pact)
    assert announce_changes(jpn) in (0, 1)
    pact.clock.advance(10**9)
    dispatch_pending(jpn)
    assert pact.kor.keys.peers["JPN"].keys_id == jpn.keys.own.keys_id
    assert pact.release().state == "done"
    assert release(jpn, jpn.base.item("track"), "KOR").state == "done"
    all_verify(pact)
    replaced(pact)
    assert jpn.keys.own.keys_id != before.keys_id
    assert pact.release().state == "done"
    assert not list((pact.folder / "JPN" / "keys").glob(".*.part"))


def test_private_keys_of_every_set_are_encrypted_and_for_their_owner_alone(pact: Cast) -> None:
    replaced(pact)
    raw = [one.raw for one in keys(pact.jpn).unwraps()] + [pact.jpn.keys.signing().raw]
    found = [one for one in (pact.folder / "JPN").rglob("*") if one.is_file()]
    assert (pact.folder / "JPN" / "keys" / "2" / "tls.pem") in found
    for path in found:
        data = path.read_bytes()
        assert not any(one in data or one.hex().encode() in data for one in raw)
        if "keys" in path.parts:
            assert path.stat().st_mode & 0o077 == 0


def test_a_locked_node_changes_nothing(pact: Cast) -> None:
    from relto.adapters.keys import open_keys

    with pytest.raises(InputError, match="locked"):
        open_keys(pact.folder / "JPN", None).change("key-replacement", pact.clock.at)
    assert not (pact.folder / "JPN" / "keys" / "chain.json").exists()


@pytest.mark.parametrize("kind", ["key-replacement", "key-revocation"])
def test_a_key_is_not_ended_before_what_it_has_signed_for_another(pact: Cast, kind: Any) -> None:
    """A party could else deny its receipts: not here, and not before a third person."""
    from relto.node.bundle import examine

    first, old = pact.jpn.keys.own, pact.jpn.keys.signing()
    sent = pact.release().row.subject
    card = pact.usa.keys.own if kind == "key-revocation" else replaced_card(pact)
    before = pact.clock.at.plus(-(10**15))
    change = KeyChange(kind, "JPN", before, first.keys_id, None if kind == "key-revocation" else card).signed(old)
    answer = statement(handle(pact.kor, "key-change", change.to_bytes(), "JPN").decode())
    assert (answer.kind, "that has signed at" in str(answer.says["says"])) == ("refusal", True)
    assert pact.kor.keys.peers["JPN"] == first
    all_verify(pact)
    mine = bundle_of(pact, "KOR", sent)
    theirs = replace(bundle_of(pact, "JPN", sent), chains=(CardChain.of(first).taken(change),))
    report = examine([mine, theirs], [first, pact.kor.keys.own])
    assert not any(one.startswith("KOR's") for one in wrong(report))
    assert any(one.startswith("JPN's") for one in wrong(report))


def replaced_card(cast: Cast) -> Card:
    """A card of JPN that no node has."""
    signing = SigningKey(bytes(range(32)))
    return Card("JPN", signing.verify_key, UnwrapKey(bytes(range(1, 33))).wrap_key).signed(signing)


def test_a_change_dated_later_than_it_may_be_waits_until_then(pact: Cast) -> None:
    first, old = pact.jpn.keys.own, pact.jpn.keys.signing()
    change = KeyChange("key-replacement", "JPN", pact.clock.at.plus(1), first.keys_id, replaced_card(pact)).signed(old)
    before = kinds(pact.kor)
    with pytest.raises(Refused, match="later than it may be here"):
        handle(pact.kor, "key-change", change.to_bytes(), "JPN")
    assert (kinds(pact.kor), pact.kor.keys.peers["JPN"]) == (before, first)
    pact.clock.advance(1)
    handle(pact.kor, "key-change", change.to_bytes(), "JPN")
    assert pact.kor.keys.peers["JPN"] == change.card


def test_evidence_of_a_change_names_the_change(pact: Cast) -> None:
    change = replaced(pact)
    with pact.kor.store.read() as reading:
        (leaf,) = [one for one in reading.leaves() if one.kind == "key-change"]
    told = statement(leaf.evidence)
    assert change_in(told) == change
    with pytest.raises(InputError):
        change_in(replace(told, digests={}))


def test_another_process_of_the_node_signs_by_the_new_keys_at_once_though_no_time_has_passed(pact: Cast) -> None:
    other = open_node(pact.folder / "JPN", PASSPHRASE, clock=pact.clock)
    other.link = pact.link
    for _ in range(3):
        assert release(other, other.base.item("track"), "KOR").state == "done"
        change_keys(pact.jpn, "key-replacement")
        assert release(other, other.base.item("track"), "KOR").state == "done"
        pact.clock.advance(1)  # two changes are not of one instant
        assert other.keys.own == pact.jpn.keys.own
    other.close()
    all_verify(pact)


class Ticking(ReplayClock):
    """A rehearsal's clock that goes on by a nanosecond whenever any of them is read."""

    def __init__(self, shared: ReplayClock) -> None:
        self._shared = shared
        self.uncertainty = 0

    @property
    def at(self) -> Instant:  # type: ignore[override]
        self._shared.advance(1)
        return self._shared.at


def test_two_that_replace_them_at_once_do_so_one_after_the_other(pact: Cast) -> None:
    other = open_node(pact.folder / "JPN", PASSPHRASE, clock=pact.clock)
    other.link = pact.link
    for node in (*pact.nodes.values(), other):
        node.clock = Ticking(pact.clock)
    with ThreadPoolExecutor(2) as pool:
        changes = [pool.submit(change_keys, node, "key-replacement") for node in (pact.jpn, other) for _ in range(2)]
        made = [one.result()[0] for one in changes]
    other.close()
    pact.clock.advance(10**9)
    chain = opened_again(pact).keys.chains["JPN"]
    assert len(made) == len(chain.changes) == 4
    dispatch_pending(pact.jpn)
    assert pact.kor.keys.peers["JPN"].keys_id == pact.jpn.keys.own.keys_id
    all_verify(pact)


@pytest.mark.parametrize("spoilt", ["chain", "met", "told"])
def test_damaged_files_of_a_chain_are_errors_of_ours(pact: Cast, spoilt: str) -> None:
    replaced(pact)
    place = {"chain": "KOR/peers/JPN.chain", "met": "KOR/peers/JPN.json", "told": "JPN/keys/chain.json"}[spoilt]
    (pact.folder / place).write_bytes(b"{}")
    with pytest.raises(ReltoError):
        pact.reopen(place.split("/")[0])


class TestServed:
    """Two processes over TLS, of which one gets other keys while both serve."""

    def test_both_go_on_and_the_old_certificate_is_nobodys(self) -> None:
        with network("KOR", "JPN") as net:
            kor, jpn = net.nodes["KOR"], net.nodes["JPN"]
            give(net)
            with net.client("JPN", "KOR") as old:
                assert old.post("/v1/messages/none", content=b"").status_code == 400  # it is JPN's
                net.set_clock(jpn.clock.interval()[1].plus(10**9))
                change, deliveries = change_keys(jpn, "key-replacement")
                assert [one.state for one in deliveries] == ["done"]
                until(lambda: kor.keys.peers["JPN"] == change.card)
                give(net)
                track = release(jpn, jpn.base.item("msl-2019-10-02-jpn"), "KOR")
                assert track.state == "done", track.error
                until(lambda: old.post("/v1/messages/none", content=b"").status_code == 401)
            give(net)
            net.served["JPN"].close()
            net.start("JPN")
            give(net)
            assert verify(kor).problems == verify(jpn).problems == ()

    def test_a_peer_that_was_away_is_told_by_the_certificate_it_knows(self) -> None:
        with network("KOR", "JPN") as net:
            kor, jpn = net.nodes["KOR"], net.nodes["JPN"]
            net.served["KOR"].close()
            net.set_clock(jpn.clock.interval()[1].plus(10**9))
            for _ in range(2):
                _, deliveries = change_keys(jpn, "key-replacement")
                assert [one.state for one in deliveries] == ["queued"]
                net.set_clock(jpn.clock.interval()[1].plus(10**9))
            waits = release(kor, kor.base.item("msl-2019-10-31"), "JPN")
            assert waits.state == "queued"  # KOR goes by the first card, and JPN shows it that, but answers by its last
            assert "signed with a key not known here" in str(waits.error)
            net.start("KOR")
            until(lambda: len(kor.keys.chains["JPN"].cards) == 3)
            until(lambda: "JPN" in kor.keys.peers and kor.keys.peers["JPN"].keys_id == jpn.keys.own.keys_id)
            give(net)
            last = release(jpn, jpn.base.item("msl-2019-10-02-jpn"), "KOR")
            assert last.state == "done", last.error


def give(net: Any) -> None:
    node = net.nodes["KOR"]
    sent = release(node, node.base.item("msl-2019-10-31"), "JPN")
    until(lambda: dispatch_pending(node) == [])
    with node.store.read() as reading:
        (row,) = reading.outbox(subject=sent.row.subject)
    assert row.state == "done", (row.last_error, net.log("JPN"))


def test_the_command_line_replaces_revokes_and_lists(pact: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    for node in pact.nodes.values():
        node.store.close()
    folders = {party: str(pact.folder / party) for party in pact.nodes}
    for folder in folders.values():
        write_private(Path(folder) / "unlock", PASSPHRASE.encode())
        (Path(folder) / "neighbours.json").write_text(json.dumps(folders), "utf-8")
    when = ["--at", "2019-10-31T18:00+09:00"]
    assert run(["node", "key", "replace", "--node", folders["JPN"], *when, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["kind"]) == ("relto/key-change/1", "key-replacement")
    assert told["deliveries"] == [{"to": "KOR", "state": "done"}, {"to": "USA", "state": "done"}]
    assert run(["node", "key", "list", "--node", folders["KOR"], "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["party"], row["until"] is None) for row in rows] == [
        ("KOR", True),
        ("JPN", False),
        ("JPN", True),
        ("USA", True),
    ]
    assert rows[2]["signing_key"] == told["signing_key"]
    assert run(["node", "key", "revoke", "--node", folders["JPN"], "--at", "2019-10-31T19:00+09:00"]) in (0, 6)
    said = capsys.readouterr().out
    assert "the keys are revoked" in said
    assert "card.json to the peers" in said
    assert run(["node", "key", "list", "--node", folders["USA"]]) == 0
    assert "revoked at 2019-10-31T10:00:00Z" in capsys.readouterr().out


def test_a_card_has_one_id_whatever_its_address(pact: Cast) -> None:
    card = pact.jpn.keys.own
    moved = replace(card, address="jpn.example:7400").signed(pact.jpn.keys.signing())
    assert (moved.keys_id, moved != card) == (card.keys_id, True)
    assert Card.from_bytes(moved.to_bytes()) == moved
