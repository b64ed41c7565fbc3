"""Agreeing between nodes: instruments signed, delivered, acknowledged; and those that must change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.core.agreement import Instrument
from relto.core.canon import JSON, digest
from relto.core.errors import Conflict, Contradiction, InputError, Refused, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.timeline import parse_instant
from relto.node import (
    countersign,
    dispatch_pending,
    handle,
    instruments,
    sign_instrument,
    verify,
)
from relto.node.contents import Content, content_of, read_content
from relto.node.node import Node
from relto.node.statements import statement
from tests.test_node_setup import Cast, all_verify, at, cast, kinds, standing

__all__ = ["cast"]


def record(node: Node) -> list[str]:
    """The ids of the instruments of 2016 that count in a node's record."""
    with node.store.read() as reading:
        return [one.id for one in node.dossier(reading).record("kor-jpn-2016").instruments]


def signed_by(node: Node, instrument: Instrument, when: str, **changes: str) -> bytes:
    """An instrument as a node with that key would sign it, whatever its own node would say to that."""
    text = node.base.agreements["kor-jpn-2016"][0].digest
    stated = {**Content("kor-jpn-2016", text, instrument).to_json(), **changes}
    evidence = Evidence(
        kind="instrument",
        party=node.party,
        at=parse_instant(when),
        agreement="kor-jpn-2016",
        says={"step": "signature", "instrument": stated},
    )
    return sign_evidence(evidence, node.keys.signing()).encode("ascii")


def answer_to(node: Node, message: bytes) -> Evidence:
    return statement(handle(node, "instrument", message).decode("ascii"))


def test_the_record_of_2016_to_2023_signed_live_stands_the_same_on_both_nodes(cast: Cast) -> None:
    steps = [
        (("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00"), ("signed", "signed")),
        (("notif", "notification", "KOR JPN", "2016-11-23T12:00+09:00"), ("in-force", "in-force")),
        (("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00"), ("notice-given", "notice-given")),
        (("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001"), ("notice-suspended", "notice-suspended")),
        (("n003", "withdrawal", "KOR", "2023-03-21T11:00+09:00", "n001", "n002"), ("in-force", "in-force")),
    ]
    for act, states in steps:
        assert [one.row.state for one in cast.sign(*act)[-1].deliveries] == ["done"]  # type: ignore[arg-type]
        assert (standing(cast.kor).state, standing(cast.jpn).state) == states
    with cast.kor.store.read() as mine, cast.jpn.store.read() as theirs:
        kor, jpn = cast.kor.dossier(mine), cast.jpn.dossier(theirs)
        for when in ("2019-11-18T00:00Z", "2019-11-22T15:00Z", "2020-08-04T00:00Z", "2024-01-01T00:00Z"):
            for reading in ("KOR", "JPN"):
                assert kor.standing("kor-jpn-2016", at(when), reading=reading) == jpn.standing(
                    "kor-jpn-2016", at(when), reading=reading
                )
    all_verify(cast)


def test_the_two_readings_of_the_suspended_notice_differ_on_the_same_record(cast: Cast) -> None:
    cast.enter_into_force()
    cast.give_notice()
    cast.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    assert standing(cast.kor).notice_deadline is None
    assert standing(cast.jpn).notice_deadline == at("2020-08-25T00:00+09:00")


def test_an_instrument_by_two_counts_only_when_both_have_signed(cast: Cast) -> None:
    sig = cast.instrument("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00")
    cast.clock.set(sig.at.instant)
    first = sign_instrument(cast.kor, "kor-jpn-2016", sig)
    assert not first.complete
    assert first.row.missing == ("JPN",)
    assert record(cast.kor) == record(cast.jpn) == []
    assert standing(cast.kor).state == "unsigned"

    cast.clock.advance(60_000_000_000)
    second = countersign(cast.jpn, "kor-jpn-2016", "sig")
    assert second.complete
    assert record(cast.kor) == record(cast.jpn) == ["sig"]
    assert standing(cast.kor).state == standing(cast.jpn).state == "signed"
    assert instruments(cast.kor)[0].instrument.recorded == cast.clock.at
    all_verify(cast)


def test_signing_the_same_again_changes_nothing(cast: Cast) -> None:
    cast.enter_into_force()
    before = kinds(cast.kor)
    again = sign_instrument(
        cast.kor, "kor-jpn-2016", cast.instrument("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00")
    )
    assert again.complete
    assert kinds(cast.kor) == before


def test_another_instrument_by_the_same_id_is_a_conflict(cast: Cast) -> None:
    cast.enter_into_force()
    other = cast.instrument("sig", "signature", "KOR JPN", "2016-11-23T10:01+09:00")
    with pytest.raises(Conflict, match="another instrument `sig`"):
        sign_instrument(cast.kor, "kor-jpn-2016", other)


@pytest.mark.parametrize(
    ("act", "error", "match"),
    [
        (("x", "suspension", "KOR", "2019-08-23T16:00+09:00", "nothing"), Contradiction, "not in the record"),
        (("x", "suspension", "KOR", "2019-08-23T16:00+09:00", "sig"), Contradiction, "cannot act on"),
        (("x", "withdrawal", "JPN", "2019-08-23T16:00+09:00", "n001"), Contradiction, "only KOR"),
        (("x", "termination-notice", "USA", "2019-08-23T16:00+09:00"), Contradiction, "no party"),
        (("n001", "termination-notice", "KOR", "2019-08-23T16:00+09:00"), Conflict, "n001"),
    ],
)
def test_a_contradictory_instrument_is_refused_and_changes_nothing(
    cast: Cast, act: tuple[str, ...], error: type[Exception], match: str
) -> None:
    cast.enter_into_force()
    cast.give_notice()
    before = {party: (record(node), kinds(node)) for party, node in cast.nodes.items()}
    with pytest.raises(error, match=match):
        cast.sign(*act)  # type: ignore[arg-type]
    assert {party: (record(node), kinds(node)) for party, node in cast.nodes.items()} == before
    all_verify(cast)


def test_a_party_signs_only_what_it_makes_itself(cast: Cast) -> None:
    notice = cast.instrument("n1", "termination-notice", "JPN", "2016-11-23T10:00+09:00")
    with pytest.raises(InputError, match="not by KOR"):
        sign_instrument(cast.kor, "kor-jpn-2016", notice)


def test_an_instrument_that_another_party_signed_is_refused_with_evidence(cast: Cast) -> None:
    cast.enter_into_force()
    forged = cast.instrument("n1", "termination-notice", "JPN", "2019-08-23T16:00+09:00")
    answer = answer_to(cast.jpn, signed_by(cast.kor, forged, "2019-08-23T16:00+09:00"))
    assert answer.kind == "refusal"
    assert "KOR" in str(answer.says["says"])
    assert record(cast.jpn) == ["sig", "notif"]
    assert kinds(cast.jpn)[-2:] == ["instrument", "refusal"]
    all_verify(cast)


def test_an_instrument_signed_for_another_text_is_refused(cast: Cast) -> None:
    cast.enter_into_force()
    notice = cast.instrument("n1", "termination-notice", "KOR", "2019-08-23T16:00+09:00")
    message = signed_by(cast.kor, notice, "2019-08-23T16:00+09:00", digest=digest(b"another text"))
    answer = answer_to(cast.jpn, message)
    assert answer.kind == "refusal"
    assert "text" in str(answer.says["says"])
    assert record(cast.jpn) == ["sig", "notif"]


def test_a_contradiction_that_only_the_recipient_sees_is_refused_there_and_told_to_the_giver(cast: Cast) -> None:
    cast.enter_into_force()
    suspension = cast.instrument("n9", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    answer = answer_to(cast.jpn, signed_by(cast.kor, suspension, "2019-11-22T17:30+09:00"))
    assert answer.kind == "refusal"
    assert "n001" in str(answer.says["says"])
    assert record(cast.jpn) == ["sig", "notif"]


def test_a_notice_moved_back_before_its_deadline_is_refused(cast: Cast) -> None:
    cast.enter_into_force()
    cast.clock.set(at("2019-08-26T09:00+09:00"))
    backdated = cast.instrument("n1", "termination-notice", "KOR", "2019-08-24T15:30+09:00")
    with pytest.raises(Contradiction, match="no longer has that effect"):
        sign_instrument(cast.kor, "kor-jpn-2016", backdated)
    answer = answer_to(cast.jpn, signed_by(cast.kor, backdated, "2019-08-24T15:30+09:00"))
    assert answer.kind == "refusal"
    assert standing(cast.jpn).state == "in-force"


def test_a_notice_that_comes_some_hours_late_but_in_time_counts(cast: Cast) -> None:
    cast.enter_into_force()
    cast.link.set_down("JPN")
    notice = cast.sign("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")[0]
    assert [one.row.state for one in notice.deliveries] == ["queued"]
    assert record(cast.jpn) == ["sig", "notif"]
    cast.link.set_down("JPN", False)
    cast.clock.set(at("2019-08-24T23:59+09:00"))
    assert [one.state for one in dispatch_pending(cast.kor)] == ["done"]
    assert standing(cast.jpn).ends_at == at("2019-11-23T00:00+09:00")
    all_verify(cast)


def test_a_suspension_that_comes_after_the_lapse_does_not_revive_it(cast: Cast) -> None:
    cast.enter_into_force()
    cast.give_notice()
    cast.link.set_down("JPN")
    cast.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    cast.link.set_down("JPN", False)
    cast.clock.set(at("2019-11-23T00:00+09:00"))
    delivered = dispatch_pending(cast.kor)
    assert [one.state for one in delivered] == ["refused-by-recipient"]
    assert standing(cast.jpn).state == "lapsed"
    all_verify(cast)


def test_instruments_reach_a_peer_in_their_order_once_it_answers(cast: Cast) -> None:
    cast.enter_into_force()
    cast.link.set_down("JPN")
    cast.sign("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")
    cast.sign("n002", "suspension", "KOR", "2019-08-23T15:31+09:00", "n001")
    cast.sign("n003", "withdrawal", "KOR", "2019-08-23T15:32+09:00", "n001", "n002")
    assert [one.state for one in dispatch_pending(cast.kor)] == ["queued"]  # asked once, not once a message
    cast.link.set_down("JPN", False)
    assert [one.state for one in dispatch_pending(cast.kor)] == ["done"] * 3
    assert record(cast.jpn) == record(cast.kor)
    all_verify(cast)


def test_the_same_instrument_a_hundred_times_has_one_acknowledgement(cast: Cast) -> None:
    cast.enter_into_force()
    notice = cast.instrument("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")
    cast.clock.set(notice.at.instant)
    message = signed_by(cast.kor, notice, "2019-08-23T15:30+09:00")
    first = handle(cast.jpn, "instrument", message)
    size = len(kinds(cast.jpn))
    for _ in range(100):
        cast.clock.advance(1)
        assert handle(cast.jpn, "instrument", message) == first
    assert len(kinds(cast.jpn)) == size
    assert record(cast.jpn) == ["sig", "notif", "n001"]


def test_recorded_is_when_each_node_came_to_know(cast: Cast) -> None:
    cast.enter_into_force()
    cast.link.set_down("JPN")
    cast.give_notice()
    cast.link.set_down("JPN", False)
    cast.clock.set(at("2019-08-23T18:00+09:00"))
    dispatch_pending(cast.kor)
    known = [instruments(node)[-1] for node in (cast.kor, cast.jpn)]
    assert [one.instrument.recorded for one in known] == [at("2019-08-23T15:30+09:00"), at("2019-08-23T18:00+09:00")]


def test_what_no_pinned_peer_signed_is_not_even_entered(cast: Cast) -> None:
    notice = cast.instrument("n1", "termination-notice", "KOR", "2019-08-23T15:30+09:00")
    stranger = replace(cast.kor.keys.signing(), raw=bytes(range(32)))
    evidence = Evidence("instrument", "KOR", notice.at.instant, agreement="kor-jpn-2016", says={"step": "signature"})
    for message in (sign_evidence(evidence, stranger).encode("ascii"), b"", b"a.b.c", "é".encode()):
        with pytest.raises(VerificationFailed):
            handle(cast.jpn, "instrument", message)
    with pytest.raises(InputError, match="no kind of message"):
        handle(cast.jpn, "gossip", b"")
    assert kinds(cast.jpn) == []


def test_a_text_changed_on_disk_after_signing_is_noticed(cast: Cast) -> None:
    cast.enter_into_force()
    path = cast.folder / "JPN" / "dossier" / "agreements" / "kor-jpn-2016.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("P90D", "P30D"), encoding="utf-8")
    with pytest.raises(InputError, match="not the one that instrument `sig` was signed for"):
        standing(cast.reopen("JPN"))


def test_a_clock_behind_signs_nothing_but_still_comes_to_know(cast: Cast) -> None:
    cast.enter_into_force()
    notice = cast.instrument("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")
    message = signed_by(cast.kor, notice, "2019-08-23T15:30+09:00")
    cast.clock.set(at("2016-11-23T11:00+09:00"))
    with pytest.raises(Refused, match="has lived through"):
        sign_instrument(cast.kor, "kor-jpn-2016", notice)
    assert answer_to(cast.jpn, message).kind == "instrument"
    assert instruments(cast.jpn)[-1].instrument.recorded == at("2016-11-23T12:00+09:00")
    assert verify(cast.jpn).problems == ()


def test_content_reads_back_as_it_was_written(cast: Cast) -> None:
    one = replace(
        cast.instrument("c1", "consent", "KOR", "2019-10-02T09:00+09:00"),
        item="msl-2019-10-31",
        to=("USA", "JPN"),
        until=at("2019-12-31T00:00Z"),
        note="a note",
        unconfirmed=True,
    )
    content = Content("tisa-2014", digest(b"text"), one)
    back = read_content(content.to_bytes())
    assert replace(back.instrument, recorded=one.recorded) == one
    wrong: list[dict[str, JSON]] = [{"kind": "gossip"}, {"at": {}}, {"by": "KOR"}, {"more": "x"}, {"id": "../up"}]
    for broken in wrong:
        with pytest.raises(InputError):
            content_of({**content.to_json(), **broken})
