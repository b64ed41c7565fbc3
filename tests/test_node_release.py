"""Releasing between nodes: permits with receipts, refusals with evidence, and the stop at midnight in Seoul."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from relto.adapters.clock import ReplayClock
from relto.compose import open_node
from relto.core.envelope import Sealed, verify_label
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.timeline import Instant
from relto.node import (
    ActRefused,
    Delivery,
    dispatch_pending,
    forward,
    handle,
    open_item,
    relay_pending,
    release,
    report_compromise,
    sign_instrument,
    verify,
)
from relto.node.node import Node
from relto.node.statements import statement
from relto.node.transmittal import unpack
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, all_verify, at, cast, kinds, pact, standing

__all__ = ["cast", "pact"]


class Tap:
    """A link that keeps what passes, and may spoil or lose it on the way."""

    def __init__(self, cast: Cast, *, lose_reply: bool = False, answer: bytes | None = None) -> None:
        self._cast, self._lose, self._answer = cast, lose_reply, answer
        self.messages: list[tuple[str, str, bytes]] = []
        self.replies: list[bytes] = []

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind in ("record", "head"):  # that records and heads are compared first is looked at elsewhere
            return self._cast.link.exchange(peer, kind, message)
        self.messages.append((peer, kind, message))
        self.replies.append(self._cast.link.exchange(peer, kind, message))
        if self._lose:
            raise ConnectionAbortedError("the line went dead before the reply came")
        return self.replies[-1] if self._answer is None else self._answer

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return [self.exchange(peer, kind, message) for kind, message in messages]

    def close(self) -> None:
        self._cast.link.close()


class OlderPeers:
    """A link to peers of before records were compared: whoever sends learns of another record by the refusal alone."""

    def __init__(self, cast: Cast) -> None:
        self._cast = cast

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        if kind in ("record", "head"):
            raise InputError(f"`{kind}` is no kind of message")
        return self._cast.link.exchange(peer, kind, message)

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        return self._cast.link.exchange_many(peer, messages)

    def close(self) -> None:
        self._cast.link.close()


def tap(cast: Cast, node: Node, **how: object) -> Tap:
    node.link = found = Tap(cast, **how)  # type: ignore[arg-type]
    return found


def holdings(node: Node) -> list[str]:
    with node.store.read() as reading:
        return [one.id for one in reading.holdings()]


def articles(delivery: Delivery) -> set[str]:
    return {one.article for one in delivery.grounds}


def test_a_release_leaves_a_receipt_a_holding_and_ledgers_that_verify_on_both_sides(pact: Cast) -> None:
    sent = pact.release()
    assert sent.state == "done"
    assert sent.answer is not None
    with pact.kor.store.read() as reading:
        submission = statement(next(reading.leaves(sent.row.subject)).evidence)
    assert {name: sent.answer.digests[name] for name in submission.digests} == submission.digests
    with pact.jpn.store.read() as reading:
        (holding,) = reading.holdings()
    assert (holding.received.mark, holding.received.origin_mark) == ("極秘", "군사II급비밀")
    assert (holding.received.originator, holding.intermediary) == ("KOR", None)
    assert [(one.do, one.done) for one in holding.duties] == [("mark-origin", pact.clock.at)]
    assert kinds(pact.kor)[-3:] == ["submission", "consignment", "receipt"]
    assert kinds(pact.jpn)[-2:] == ["submission", "receipt"]
    all_verify(pact)


def test_the_payload_never_stands_open_in_a_store_or_on_the_link(pact: Cast) -> None:
    passed = tap(pact, pact.kor)
    secret = b"the very words of the payload"
    release(pact.kor, pact.item(), "JPN", payload=secret)
    pact.kor.store.close()
    pact.jpn.store.close()
    files = [path.read_bytes() for party in ("KOR", "JPN") for path in (pact.folder / party).glob("node.db*")]
    assert all(secret not in data for data in [*files, *(message for _, _, message in passed.messages)])
    assert open_item(pact.jpn, holdings(pact.jpn)[0]).payload == secret


@pytest.mark.parametrize(("nanoseconds", "released"), [(-1, True), (0, False), (1, False)])
def test_the_last_release_is_one_nanosecond_before_midnight_in_seoul(
    pact: Cast, nanoseconds: int, released: bool
) -> None:
    pact.clock.set(LAPSE.plus(nanoseconds))
    if released:
        assert pact.release().state == "done"
        assert len(holdings(pact.jpn)) == 1
    else:
        with pytest.raises(ActRefused, match="lapsed since 2019-11-23 00:00 KST") as caught:
            pact.release()
        assert [(one.check, one.article) for one in caught.value.verdict.failed()] == [("standing", "21(3)")]
        assert caught.value.exit_code == 3
        assert kinds(pact.kor)[-1] == "refusal"
        assert holdings(pact.jpn) == []
    all_verify(pact)


@pytest.mark.parametrize(("seconds", "released"), [(-1.001, True), (-1, False), (0, False), (1, False)])
def test_where_the_clock_is_not_sure_the_stricter_side_of_midnight_holds(
    pact: Cast, seconds: float, released: bool
) -> None:
    pact.kor.clock = ReplayClock(LAPSE.plus(int(seconds * 1e9)), uncertainty=1_000_000_000)
    pact.clock.set(LAPSE.plus(-2_000_000_000))
    if released:
        assert pact.release().state == "done"
    else:
        with pytest.raises(ActRefused, match="lapsed"):
            pact.release()
    all_verify(pact)


@pytest.mark.parametrize(
    ("name", "to", "purpose", "checks"),
    [
        ("grade-1", "JPN", "", {"level": "4"}),
        ("msl-2019-10-31", "JPN", "trade", {"purpose": "6(c)"}),
        ("japan-only", "USA", "", {"caveat": "label:rel_to"}),
        ("msl-2019-10-31", "GBR", "", {"standing": "dossier:agreements"}),
    ],
)
def test_every_refusal_cites_its_article_and_leaves_evidence(
    pact: Cast, name: str, to: str, purpose: str, checks: dict[str, str]
) -> None:
    with pytest.raises(ActRefused) as caught:
        release(pact.kor, pact.item(name), to, purpose=purpose)
    assert {one.check: one.article for one in caught.value.verdict.failed()} == checks
    with pact.kor.store.read() as reading:
        leaf = reading.leaf(caught.value.evidence)
        assert leaf is not None
        assert {one["check"] for one in statement(leaf.evidence).says["grounds"]} == set(checks)  # type: ignore[union-attr, index, call-overload]
        assert reading.outbox("queued") == []
    all_verify(pact)


def test_bad_requests_change_nothing(pact: Cast) -> None:
    before = kinds(pact.kor)
    with pytest.raises(InputError, match="forward the holding"):
        release(pact.kor, pact.item("track"), "USA")
    with pytest.raises(InputError, match="unknown party"):
        release(pact.kor, pact.item(), "nobody")
    with pytest.raises(InputError):
        release(pact.kor, pact.item(), "JPN", act="use")
    with pytest.raises(NotFound):
        forward(pact.kor, "t-nothing", "JPN")
    with pytest.raises(NotFound):
        open_item(pact.kor, "t-nothing")
    with pytest.raises(NotFound):
        report_compromise(pact.kor, "t-nothing", "lost")
    assert kinds(pact.kor) == before


def test_without_a_pinned_card_nothing_is_sealed(pact: Cast) -> None:
    (pact.folder / "KOR" / "peers" / "JPN.json").unlink()
    pact.kor.store.close()
    kor = open_node(pact.folder / "KOR", PASSPHRASE, clock=pact.clock)
    before = kinds(kor)
    with pytest.raises(NotFound, match="no card of `JPN`"):
        release(kor, pact.item(), "JPN")
    assert kinds(kor) == before


def test_without_the_allys_card_no_consent_is_signed(pact: Cast) -> None:
    (pact.folder / "KOR" / "peers" / "USA.json").unlink()
    pact.kor.store.close()
    kor = open_node(pact.folder / "KOR", PASSPHRASE, clock=pact.clock)
    before = kinds(kor)
    with pytest.raises(NotFound, match="no card of `USA`"):
        release(kor, pact.item(), "JPN", via=("USA",))
    assert kinds(kor) == before


def test_a_clock_set_back_releases_nothing_until_it_has_caught_up(pact: Cast) -> None:
    assert pact.release().state == "done"
    lived = pact.clock.at
    pact.clock.advance(-1)
    with pytest.raises(Refused, match="has lived through"):
        pact.release()
    pact.reopen("KOR")
    with pytest.raises(Refused, match="caught up"):
        pact.release()
    pact.clock.set(lived)
    assert pact.release().state == "done"
    all_verify(pact)


def test_a_recipient_whose_clock_is_behind_takes_nothing_in_and_it_stays_queued(pact: Cast) -> None:
    pact.jpn.clock = ReplayClock(at("2019-01-01T00:00Z"))
    sent = pact.release()
    assert (sent.state, holdings(pact.jpn)) == ("queued", [])
    assert "has lived through" in sent.row.last_error
    pact.jpn.clock = pact.clock
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"]
    all_verify(pact)


def test_what_is_queued_waits_for_an_absent_peer_and_goes_once(pact: Cast) -> None:
    pact.link.set_down("JPN")
    sent = [pact.release() for _ in range(3)]
    assert [one.state for one in sent] == ["queued"] * 3
    assert [one.error.exit_code for one in sent if one.error] == [6, 6, 6]
    pact.reopen("KOR")
    pact.link.set_down("JPN", False)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 3
    assert dispatch_pending(pact.kor) == []
    assert len(holdings(pact.jpn)) == 3
    all_verify(pact)


def test_permitted_when_queued_but_lapsed_at_the_moment_of_sending_is_refused_and_never_sent(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-1))
    pact.link.set_down("JPN")
    sent = pact.release()
    assert sent.state == "queued"
    pact.clock.set(LAPSE)
    passed = tap(pact, pact.kor)
    (tried,) = dispatch_pending(pact.kor)
    assert tried.state == "refused"
    assert articles(tried) == {"21(3)"}
    assert [kind for _, kind, _ in passed.messages] == []
    pact.link.set_down("JPN", False)
    (recalled,) = dispatch_pending(pact.kor)
    assert (recalled.row.kind, recalled.state) == ("recall", "done")
    assert [kind for _, kind, _ in passed.messages] == ["recall"]
    assert holdings(pact.jpn) == []
    with pytest.raises(VerificationFailed):  # a recall is no way to get an item in
        handle(pact.jpn, "transmittal", passed.messages[0][2])
    assert statement(handle(pact.jpn, "transmittal", sent.row.message).decode()).kind == "refusal"
    assert holdings(pact.jpn) == []
    all_verify(pact)


def test_an_item_that_arrived_before_the_lapse_is_found_to_have_arrived_though_its_receipt_was_lost(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-1))
    tap(pact, pact.kor, lose_reply=True)
    with pytest.raises(ConnectionAbortedError):
        pact.release()
    assert len(holdings(pact.jpn)) == 1
    pact.clock.set(LAPSE)
    passed = tap(pact, pact.kor)
    assert [one.state for one in dispatch_pending(pact.kor)] == ["refused"]
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"]
    assert [kind for _, kind, _ in passed.messages] == ["recall"]
    with pact.kor.store.read() as reading:
        assert [(one.kind, one.state) for one in reading.outbox() if one.kind != "instrument"] == [
            ("transmittal", "done"),
            ("recall", "done"),
        ]
    assert len(holdings(pact.jpn)) == 1
    all_verify(pact)


def test_the_same_transmittal_a_thousand_times_is_one_holding_and_the_same_receipt(pact: Cast) -> None:
    passed = tap(pact, pact.kor)
    pact.release()
    ((_, kind, message),) = passed.messages
    size = len(kinds(pact.jpn))
    for _ in range(1000):
        pact.clock.advance(1)
        assert handle(pact.jpn, kind, message) == passed.replies[0]
    assert len(holdings(pact.jpn)) == 1
    assert len(kinds(pact.jpn)) == size
    all_verify(pact)


def test_the_recipient_decides_again_under_its_own_record_and_reading(pact: Cast) -> None:
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    pact.clock.set(at("2020-01-01T00:00Z"))
    pact.link.set_down("KOR")
    pact.sign("j1", "termination-notice", "JPN", "2020-08-01T00:00Z")
    pact.link.set_down("KOR", False)
    pact.clock.set(at("2020-12-01T00:00Z"))
    assert (standing(pact.kor).in_force, standing(pact.jpn).in_force) == (True, False)
    pact.kor.link = OlderPeers(pact)
    sent = pact.release()
    assert sent.state == "refused-by-recipient"
    assert articles(sent) == {"21(3)"}
    assert holdings(pact.jpn) == []
    assert kinds(pact.jpn)[-2:] == ["submission", "refusal"]
    all_verify(pact)


def test_an_item_changed_on_its_way_is_refused_by_evidence(pact: Cast) -> None:
    pact.link.set_down("JPN")
    message = bytearray(pact.release().row.message)
    pact.link.set_down("JPN", False)
    message[-1] ^= 1
    answer = statement(handle(pact.jpn, "transmittal", bytes(message)).decode())
    assert answer.kind == "refusal"
    assert holdings(pact.jpn) == []
    assert verify(pact.jpn).problems == ()


def test_an_item_for_another_party_or_by_no_pinned_party_is_not_even_entered(pact: Cast) -> None:
    passed = tap(pact, pact.kor)
    pact.release()
    message = passed.messages[0][2]
    before = kinds(pact.usa)
    with pytest.raises(VerificationFailed):
        handle(pact.usa, "transmittal", message)
    signed, sealed = unpack(message)
    stranger = sign_evidence(statement(signed), replace(pact.kor.keys.signing(), raw=bytes(range(32))))
    for broken in (stranger.encode() + b"\n" + sealed, message[1:], b"", b"\n", b"x" * 100):
        with pytest.raises(VerificationFailed):
            handle(pact.jpn, "transmittal", broken)
    assert kinds(pact.usa) == before


def test_another_transmittal_by_a_known_id_is_a_conflict(pact: Cast) -> None:
    passed = tap(pact, pact.kor)
    pact.release()
    signed, sealed = unpack(passed.messages[0][2])
    again = sign_evidence(replace(statement(signed), at=pact.clock.at.plus(1)), pact.kor.keys.signing())
    with pytest.raises(Conflict):
        handle(pact.jpn, "transmittal", again.encode() + b"\n" + sealed)


def test_a_forged_or_foreign_receipt_settles_nothing(pact: Cast) -> None:
    passed = tap(pact, pact.kor)
    assert pact.release().answer is not None
    other = passed.replies[0]
    genuine = statement(other.decode())
    forged = sign_evidence(replace(genuine, party="KOR"), pact.kor.keys.signing()).encode()
    by_usa = sign_evidence(replace(genuine, party="USA"), pact.usa.keys.signing()).encode()
    for answer in (other, forged, by_usa, b"", b"ok", "é".encode()):
        tap(pact, pact.kor, answer=answer)
        sent = pact.release()
        assert sent.state == "queued"
        assert sent.row.last_error
    pact.kor.link = pact.link
    assert {one.state for one in dispatch_pending(pact.kor)} == {"done"}
    all_verify(pact)


def test_after_the_lapse_an_item_goes_through_the_ally_with_its_true_originator(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    with pytest.raises(ActRefused, match="a route remains through USA"):
        pact.release()
    first = pact.release(via=("USA",))
    assert (first.state, first.row.peer) == ("done", "USA")
    (second,) = relay_pending(pact.usa)
    assert (second.state, second.row.peer) == ("done", "JPN")
    assert relay_pending(pact.usa) == []

    with pact.jpn.store.read() as reading:
        (held,) = reading.holdings()
        sealed = Sealed.from_bytes(reading.sealed(held.id) or b"")
    assert (held.received.originator, held.intermediary, held.received.sender) == ("KOR", "USA", "USA")
    assert (held.received.agreement, held.received.mark) == ("usa-jpn-2007", "極秘")
    with pact.usa.store.read() as reading:
        (passing,) = reading.holdings()
        before = Sealed.from_bytes(reading.sealed(passing.id) or b"")
    assert (sealed.manifest, sealed.signature) == (before.manifest, before.signature)
    assert verify_label(sealed, pact.jpn.peer_keys()).originator == "KOR"
    assert passing.awaits_relay is None
    assert [one.to for one in passing.forwards] == ["JPN"]
    with pact.jpn.store.read() as reading:
        consents = pact.jpn.dossier(reading).consents(None)
    assert [(one.by, one.item, one.to) for one in consents] == [(("KOR",), "msl-2019-10-31", ("JPN",))]
    assert open_item(pact.jpn, held.id).payload == b"Two launches from Sunchon."
    all_verify(pact)


def test_a_consent_on_record_is_not_written_twice(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    assert [pact.release(via=("USA",)).state for _ in range(2)] == ["done", "done"]
    assert [one.state for one in relay_pending(pact.usa)] == ["done", "done"]
    with pact.kor.store.read() as reading:
        assert len([one for one in reading.instruments() if one.agreement == "tisa-2014"]) == 1
    all_verify(pact)


def test_the_ally_carries_a_grade_that_the_pact_of_2016_does_not_know(pact: Cast) -> None:
    assert pact.release(name="grade-1", via=("USA",)).state == "done"
    (relayed,) = relay_pending(pact.usa)
    assert relayed.state == "done"
    with pact.jpn.store.read() as reading:
        assert [one.received.mark for one in reading.holdings()] == ["機密"]


def test_a_route_that_does_not_serve_is_refused_before_any_consent_is_written(pact: Cast) -> None:
    with pytest.raises(ActRefused, match="no arrangement opens a route through USA"):
        pact.release(name="japan-only", via=("USA",))
    with pact.kor.store.read() as reading:
        assert all(one.agreement == "kor-jpn-2016" for one in reading.instruments())
    assert holdings(pact.usa) == []
    all_verify(pact)


def test_the_item_waits_until_the_consent_has_reached_hub_and_recipient(pact: Cast) -> None:
    pact.link.set_down("JPN")
    sent = pact.release(via=("USA",))
    assert sent.state == "queued"
    assert "waits until `tisa-2014/consent-" in sent.row.last_error
    assert holdings(pact.usa) == []
    pact.link.set_down("JPN", False)
    assert {one.state for one in dispatch_pending(pact.kor)} == {"done"}
    assert [one.state for one in relay_pending(pact.usa)] == ["done"]
    all_verify(pact)


def test_nothing_is_passed_on_without_the_originators_consent(pact: Cast) -> None:
    assert pact.release(to="USA").state == "done"
    (holding,) = holdings(pact.usa)
    with pytest.raises(ActRefused, match="KOR has not consented"):
        forward(pact.usa, holding, "JPN")
    assert kinds(pact.usa)[-1] == "refusal"
    assert holdings(pact.jpn) == []
    all_verify(pact)


def test_the_recipient_refuses_what_the_hub_passes_on_under_a_consent_it_does_not_know(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    first = pact.release(via=("USA",))
    assert first.state == "done"
    with pact.kor.store.read() as reading:
        consent = reading.instruments()[-1]
    withdrawal = pact.instrument("w1", "withdrawal", "KOR", str(pact.clock.at), consent.id)
    pact.link.set_down("USA")
    sign_instrument(pact.kor, "tisa-2014", withdrawal)
    pact.link.set_down("USA", False)
    pact.usa.link = OlderPeers(pact)
    (relayed,) = relay_pending(pact.usa)
    assert relayed.state == "refused-by-recipient"
    assert {one.check for one in relayed.grounds} == {"third-party"}
    assert holdings(pact.jpn) == []
    all_verify(pact)


def test_a_sender_cannot_pass_off_another_partys_item_as_its_own_submission(pact: Cast) -> None:
    passed = tap(pact, pact.usa)
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    pact.link.set_down("JPN")
    relay_pending(pact.usa)
    pact.link.set_down("JPN", False)
    with pact.usa.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "transmittal"]
    assert passed.messages
    signed, sealed = unpack(row.message)
    claimed = sign_evidence(replace(statement(signed), kind="submission"), pact.usa.keys.signing())
    answer = statement(handle(pact.jpn, "transmittal", claimed.encode() + b"\n" + sealed).decode())
    assert answer.kind == "refusal"
    assert "of an item of `KOR`" in str(answer.says["says"])


@pytest.mark.parametrize("what", ["payload", "label", "sealed", "item", "terms"])
def test_what_the_sender_signed_for_must_be_what_came(pact: Cast, what: str) -> None:
    pact.link.set_down("JPN")
    signed, sealed = unpack(pact.release().row.message)
    pact.link.set_down("JPN", False)
    genuine = statement(signed)
    changed = {
        "item": replace(genuine, item="another-item"),
        "terms": replace(genuine, says={"terms": {"act": "release"}}),
    }.get(what) or replace(genuine, digests={**genuine.digests, what: "sha256:" + "0" * 64})
    message = sign_evidence(changed, pact.kor.keys.signing()).encode() + b"\n" + sealed
    answer = statement(handle(pact.jpn, "transmittal", message).decode())
    assert answer.kind == "refusal"
    assert holdings(pact.jpn) == []
    assert verify(pact.jpn).problems == ()


def test_evidence_for_the_receipts_of_two_hops_stands_in_three_ledgers(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    assert kinds(pact.kor)[-3:] == ["submission", "consignment", "receipt"]
    assert kinds(pact.usa)[-5:] == ["submission", "receipt", "relay", "consignment", "receipt"]
    assert kinds(pact.jpn)[-2:] == ["relay", "receipt"]


def test_two_releases_of_one_item_at_one_instant_are_two_holdings(pact: Cast) -> None:
    assert pact.release().row.subject != pact.release().row.subject
    assert len(holdings(pact.jpn)) == 2
    all_verify(pact)


def test_what_is_signed_states_the_instant_of_its_own_clock(pact: Cast) -> None:
    sent = pact.release()
    assert sent.answer is not None
    stated: list[Instant] = []
    with pact.kor.store.read() as reading:
        found: list[Evidence] = [statement(leaf.evidence) for leaf in reading.leaves(sent.row.subject)]
    stated = [one.at for one in found]
    assert stated == [pact.clock.at] * 3
