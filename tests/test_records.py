"""Records that diverge: found out at the next contact, said, held to the stricter, and made one again."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.keys import write_private
from relto.cli.main import run
from relto.compose import open_node, wire
from relto.core.agreement import Instrument
from relto.core.canon import JSON, base64url, canonical, digest
from relto.core.errors import InputError, PeerUnreachable, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence
from relto.core.timeline import Stamp
from relto.node import ActRefused, Delivery, Node, dispatch_pending, forward, handle, release, sign_instrument, verify
from relto.node.difference import read_note, written
from relto.node.held_record import Held, held_in, shared
from relto.node.records import compare_if_due, compare_records, differences
from relto.node.records.statement import read_statement, state
from relto.node.taking import take_again
from tests.office import office
from tests.serving import network, until
from tests.test_evidence_bundle import bundle_of, judged, says, wrong
from tests.test_node_faults import Countdown, Crash, FailingStore
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, all_verify, at, cast, kinds, pact, standing

__all__ = ["cast", "pact"]
PACT = "kor-jpn-2016"
NOTHING = "relto: record/1\nagreement: tisa-2014\ninstruments: []\n"
CONSENT = f"""\
relto: record/1
agreement: {PACT}
instruments:
  - {{id: c9, kind: consent, by: [JPN], at: 2019-10-01T09:00:00+09:00, item: track, to: [USA]}}
"""


def found(node: Node) -> list[tuple[str, str, bool]]:
    """What differs, as a node knows it: with whom, of what, and whether it was shown the other record."""
    with node.store.read() as reading:
        return [(one.peer, one.agreement, one.held is not None) for one in differences(node, reading)]


def ids(node: Node, agreement: str = PACT) -> list[str]:
    return [one.id for one in node.read_dossier().record(agreement).instruments]


def quietly(cast: Cast, name: str, kind: str, by: str, when: str, *targets: str) -> None:
    """Sign, with nobody to hear of it: it stays in the outbox."""
    others = [one for one in cast.nodes if one not in by.split()]
    for other in others:
        cast.link.set_down(other)
    cast.sign(name, kind, by, when, *targets)  # type: ignore[arg-type]
    for other in others:
        cast.link.set_down(other, False)


def backed_up(cast: Cast, party: str) -> Callable[[], Node]:
    """Keep a node's folder as it stands now; what is given brings it back, as from a backup."""
    cast.nodes[party].store.close()
    kept = cast.folder / f"{party}-kept"
    shutil.copytree(cast.folder / party, kept)
    cast.reopen(party)

    def restore() -> Node:
        cast.nodes[party].store.close()
        shutil.rmtree(cast.folder / party)
        shutil.copytree(kept, cast.folder / party)
        cast.nodes[party] = open_node(cast.folder / party, PASSPHRASE, clock=cast.clock)
        cast.link = wire(cast.nodes.values())
        return cast.nodes[party]

    return restore


def edited(cast: Cast, party: str, name: str, change: Callable[[str], str]) -> None:
    """Change a file of a node's dossier, as only its own people can, and open the node anew."""
    path = cast.folder / party / "dossier" / name
    path.write_text(change(path.read_text("utf-8") if path.exists() else ""), "utf-8")
    cast.reopen(party)


def test_the_same_record_has_the_same_digest_however_it_came_and_was_explained(pact: Cast) -> None:
    dossier = pact.kor.read_dossier()
    same = pact.jpn.read_dossier()
    assert held_in(dossier, PACT).digest == held_in(same, PACT).digest
    first, *others = dossier.record(PACT).instruments
    told = replace(first, note="seen in Seoul", source="a gazette", recorded=at("2030-01-01T00:00Z"), unconfirmed=True)
    assert held_in(dossier.with_instruments(PACT, (*others, told)), PACT).digest == held_in(dossier, PACT).digest


@pytest.mark.parametrize(
    "change",
    [
        lambda one: replace(one, id="other"),
        lambda one: replace(one, kind="notification"),
        lambda one: replace(one, by=("KOR",)),
        lambda one: replace(one, at=Stamp(one.at.instant.plus(1), one.at.precision, one.at.zone)),
        lambda one: replace(one, contested=True),
        lambda one: replace(one, to=("USA",)),
        lambda one: replace(one, purpose="training"),
        lambda one: replace(one, topic="defence"),
    ],
)
def test_whatever_has_legal_effect_is_in_the_digest(pact: Cast, change: Callable[[Instrument], Instrument]) -> None:
    dossier = pact.kor.read_dossier()
    first, *others = dossier.record(PACT).instruments
    assert (
        held_in(dossier.with_instruments(PACT, (*others, change(first))), PACT).digest != held_in(dossier, PACT).digest
    )
    fewer = dossier.with_instruments(PACT, tuple(others))
    assert held_in(fewer, PACT).digest != held_in(dossier, PACT).digest


def test_only_what_both_are_named_in_is_compared(pact: Cast) -> None:
    dossier = pact.kor.read_dossier()
    assert PACT in shared(dossier, "KOR", "JPN")
    assert PACT not in shared(dossier, "KOR", "USA")
    assert "tisa-2014" in shared(dossier, "KOR", "USA")  # its hub


def test_a_record_and_a_note_of_it_are_read_back_as_they_were(pact: Cast) -> None:
    held = held_in(pact.kor.read_dossier(), PACT, ("a.b.c",))
    again = Held.from_json(PACT, held.to_json())
    assert (again.digest, again.texts, again.signed) == (held.digest, held.texts, held.signed)
    quietly(pact, "n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    compare_records(pact.jpn, "KOR")
    with pact.jpn.store.read() as reading:
        (text,) = [one for one in reading.notes("record").values() if one] or [""]
    assert text == ""  # it was signed, so it was taken in, and nothing differs


def test_where_all_is_the_same_nothing_is_entered_and_nothing_differs(pact: Cast) -> None:
    before = [kinds(node) for node in pact.nodes.values()]
    for node in pact.nodes.values():
        for peer in pact.nodes:
            if peer != node.party:
                assert compare_records(node, peer) == []
    assert [kinds(node) for node in pact.nodes.values()] == before


def test_an_instrument_that_was_lost_on_its_way_is_taken_in_at_the_next_contact_of_either(pact: Cast) -> None:
    for caller, peer in (("KOR", "JPN"), ("JPN", "KOR")):
        name = f"n-{caller.lower()}"
        quietly(pact, name, "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
        assert (name in ids(pact.kor), name in ids(pact.jpn)) == (True, False)
        assert compare_records(pact.nodes[caller], peer) == []
        assert ids(pact.jpn) == ids(pact.kor)
        assert (found(pact.kor), found(pact.jpn)) == ([], [])
    all_verify(pact)


def test_a_notice_that_was_lost_still_counts_from_its_receipt_and_is_refused_as_backdated(pact: Cast) -> None:
    """Reconciling makes nothing laxer: a notice passed on after its deadline does not slip before it."""
    quietly(pact, "j1", "termination-notice", "JPN", "2019-11-21T12:00+09:00")
    quietly(pact, "n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    pact.clock.set(at("2020-11-01T12:00+09:00"))  # by then its deadline is past
    (one,) = compare_records(pact.jpn, "KOR")
    assert (one.agreement, "j1" in ids(pact.kor)) == (PACT, False)
    assert found(pact.kor) == [("JPN", PACT, True)]
    all_verify(pact)


def test_where_both_records_permit_it_is_released_though_they_differ(pact: Cast) -> None:
    edited(pact, "JPN", f"records/{PACT}.yaml", lambda _: CONSENT)
    assert pact.release().state == "done"
    assert found(pact.kor) == [("JPN", PACT, True)]
    assert found(pact.jpn) == [("KOR", PACT, True)]
    all_verify(pact)


def test_the_sender_holds_to_the_stricter_of_the_two_records_and_says_whose(pact: Cast) -> None:
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    quietly(pact, "j1", "termination-notice", "JPN", "2020-08-01T12:00+09:00")
    pact.clock.set(at("2021-01-01T00:00Z"))
    assert (standing(pact.kor).in_force, standing(pact.jpn).in_force) == (True, False)
    assert [one.agreement for one in compare_records(pact.kor, "JPN")] == [PACT]
    with pytest.raises(ActRefused, match="in the record as JPN holds it") as told:
        pact.release()
    (ground,) = told.value.verdict.failed()
    assert (ground.check, ground.article) == ("standing", "21(3)")
    track = pact.jpn.base.item("track")
    with pytest.raises(ActRefused) as own:
        release(pact.jpn, track, "KOR")
    assert "as KOR holds it" not in str(own.value)  # its own record is the stricter one
    all_verify(pact)


def test_it_is_found_out_by_the_sender_before_anything_leaves(pact: Cast) -> None:
    """The first contact after they diverged: an item queued under the own record is not sent under the other's."""
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    quietly(pact, "j1", "termination-notice", "JPN", "2020-08-01T12:00+09:00")
    pact.clock.set(at("2021-01-01T00:00Z"))
    sent = pact.release()
    assert (sent.state, {one.check for one in sent.grounds}) == ("refused", {"standing"})
    assert "as JPN holds it" in sent.grounds[0].says
    with pact.jpn.store.read() as reading:
        assert reading.holdings() == []
    assert kinds(pact.kor).count("record") == kinds(pact.jpn).count("record") == 3
    all_verify(pact)


def test_a_lost_suspension_makes_the_node_that_has_it_hold_back_until_the_other_has_it_too(pact: Cast) -> None:
    pact.clock.set(LAPSE.plus(-1))

    class Deaf:
        """Answers everything but comparisons, as a peer whose answer cannot be read would."""

        def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
            return b"nonsense" if kind == "record" else pact.link.exchange(peer, kind, message)

        def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
            return pact.link.exchange_many(peer, messages)

        def close(self) -> None: ...

    pact.kor.link = Deaf()
    with pytest.raises(VerificationFailed):
        compare_records(pact.kor, "JPN")
    assert pact.release().state == "done"  # that cannot be known: each still decides for itself
    all_verify(pact)


def test_a_text_that_is_not_the_same_holds_everything_under_it_back_until_it_is_again(pact: Cast) -> None:
    edited(pact, "JPN", f"agreements/{PACT}.yaml", lambda text: text + "# changed\n")
    for name in ("KOR", "JPN"):
        pact.reopen(name)
    with pytest.raises(InputError, match="not the one that instrument"):  # its own signed instruments are for the other
        pact.jpn.read_dossier()


def test_files_that_differ_are_for_people_to_mend_and_it_is_over_with_the_next_release(pact: Cast) -> None:
    name = "records/tisa-2014.yaml"
    kept = (pact.folder / "JPN" / "dossier" / name).read_text("utf-8")
    edited(pact, "JPN", name, lambda text: text.split("instruments:")[0] + "instruments: []\n")
    assert [one.agreement for one in compare_records(pact.kor, "JPN")] == ["tisa-2014"]
    assert found(pact.kor) == [("JPN", "tisa-2014", True)]
    assert found(pact.jpn) == [("KOR", "tisa-2014", True)]
    assert pact.release().state == "done"  # the pact itself is the same: what differs is another agreement
    pact.clock.set(LAPSE)
    with pytest.raises(ActRefused, match="in the record as JPN holds it"):
        forward_through_the_ally(pact)
    edited(pact, "JPN", name, lambda _: kept)
    pact.clock.advance(1)
    assert forward_through_the_ally(pact).state == "done"
    assert found(pact.kor) == []
    assert compare_records(pact.jpn, "KOR") == []
    # when it was found, when the consent to the route was in both and it was another, and when it was over
    assert kinds(pact.kor).count("record") == 9
    all_verify(pact)


def forward_through_the_ally(cast: Cast) -> Delivery:
    return cast.release(via=("USA",))


def test_a_node_brought_back_from_a_backup_gets_what_it_has_lost_as_of_when_it_had_it(pact: Cast) -> None:
    restore = backed_up(pact, "JPN")
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    before = [one.recorded for one in pact.jpn.read_dossier().record(PACT).instruments if one.id == "n002"]
    pact.clock.set(at("2019-12-24T00:00Z"))
    jpn = restore()
    assert "n002" not in ids(jpn)
    pact.kor.compared.met.clear()
    assert pact.release().state == "done"
    assert [one.recorded for one in jpn.read_dossier().record(PACT).instruments if one.id == "n002"] == before
    assert standing(jpn).state == standing(pact.kor).state == "notice-suspended"
    all_verify(pact)


def test_a_party_brought_back_from_a_backup_gets_its_own_instrument_back_from_its_peer(pact: Cast) -> None:
    restore = backed_up(pact, "KOR")
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    kor = restore()
    assert "n002" not in ids(kor)
    assert compare_records(kor, "JPN") == []
    assert ids(kor) == ids(pact.jpn)
    sign_instrument(kor, PACT, pact.instrument("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001"))
    assert verify(pact.jpn).problems == ()


def test_an_instrument_of_both_comes_back_with_both_signatures(cast: Cast) -> None:
    cast.sign("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00")
    restore = backed_up(cast, "JPN")
    cast.sign("notif", "notification", "KOR JPN", "2016-11-23T12:00+09:00")
    jpn = restore()
    assert ids(jpn) == ["sig"]
    assert compare_records(jpn, "KOR") == []
    assert ids(jpn) == ids(cast.kor) == ["sig", "notif"]
    assert verify(jpn).problems == ()


def test_what_nobody_pinned_has_signed_is_not_taken_in(pact: Cast) -> None:
    quietly(pact, "n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    with pact.kor.store.read() as reading:
        said = state(pact.kor, reading, "JPN", pact.clock.at, [PACT], 1 << 20)
    held = said.held[PACT]
    head, body, _ = held.signed[-1].split(".")
    forged = replace(held, signed=(*held.signed[:-1], f"{head}.{body}.{base64url(bytes(64))}", "a.b.c", "", "비밀"))
    answer_to(pact, {PACT: forged}, dict(said.records))
    assert "n002" not in ids(pact.jpn)
    assert found(pact.jpn) == [("KOR", PACT, True)]
    all_verify(pact)


def answer_to(cast: Cast, held: dict[str, Held], records: dict[str, str], **changes: object) -> bytes:
    """What JPN answers to KOR's statement with these records, signed by KOR whatever its own node holds."""
    shown = canonical({name: one.to_json() for name, one in held.items()}) if held else b""
    says: dict[str, JSON] = {"about": "records", "records": dict(records)}
    evidence = Evidence(
        kind="record",
        party="KOR",
        at=cast.clock.at,
        to="JPN",
        digests={"held": digest(shown)} if shown else {},
        says=says,
    )
    evidence = replace(evidence, **changes)  # type: ignore[arg-type]
    signed = sign_evidence(evidence, cast.kor.keys.signing()).encode("ascii")
    message = signed + (b"\n" + base64url(shown).encode("ascii") if shown else b"")
    return handle(cast.jpn, "record", message, "KOR")


def said_by_kor(cast: Cast) -> tuple[dict[str, Held], dict[str, str]]:
    with cast.kor.store.read() as reading:
        said = state(cast.kor, reading, "JPN", cast.clock.at, [PACT], 1 << 20)
    return dict(said.held), dict(said.records)


@pytest.mark.parametrize(
    "spoilt",
    ["another digest", "another record", "to another", "another kind", "an unknown key", "no list", "not an object"],
)
def test_a_statement_that_is_not_what_it_says_changes_nothing(pact: Cast, spoilt: str) -> None:
    held, records = said_by_kor(pact)
    before = kinds(pact.jpn)
    changes: dict[str, object] = {}
    if spoilt == "another digest":
        records[PACT] = digest(b"something else")
    elif spoilt == "another record":
        changes["digests"] = {"held": digest(b"something else")}
    elif spoilt == "to another":
        changes["to"] = "USA"
    elif spoilt == "another kind":
        changes["kind"] = "refusal"
    else:
        value = dict(held[PACT].to_json())
        wrong: dict[str, dict[str, JSON]] = {
            "an unknown key": {"more": 1},
            "no list": {"texts": "x"},
            "not an object": {"instruments": [1]},
        }
        value |= wrong[spoilt]

        class Spoilt:
            def to_json(self) -> dict[str, JSON]:
                return value

        held = {PACT: Spoilt()}  # type: ignore[dict-item]
    with pytest.raises((VerificationFailed, InputError)):
        answer_to(pact, held, records, **changes)
    assert (kinds(pact.jpn), found(pact.jpn)) == (before, [])


def test_a_statement_of_another_than_who_speaks_is_not_taken(pact: Cast) -> None:
    with pact.kor.store.read() as reading:
        said = state(pact.kor, reading, "JPN", pact.clock.at, [], 1 << 20)
    with pytest.raises(VerificationFailed):
        handle(pact.jpn, "record", said.message(), "USA")
    with pytest.raises(VerificationFailed):
        handle(pact.usa, "record", said.message(), "KOR")


def test_a_record_that_is_said_but_not_shown_or_contradicts_itself_permits_nothing(pact: Cast) -> None:
    held, records = said_by_kor(pact)
    track = pact.jpn.base.item("track")
    records[PACT] = digest(b"a record nobody sees")
    answer_to(pact, {}, records)
    assert found(pact.jpn) == [("KOR", PACT, False)]

    def refused(says: str) -> None:
        pact.jpn.link = Silent()
        with pytest.raises(ActRefused, match=says):
            release(pact.jpn, track, "KOR")
        pact.jpn.link = pact.link

    refused("which it has not shown")
    n001 = next(one for one in held[PACT].instruments if one.id == "n001")
    twice = replace(held[PACT], instruments=(*held[PACT].instruments, replace(n001, kind="withdrawal")))
    answer_to(pact, {PACT: twice}, records | {PACT: twice.digest})
    assert found(pact.jpn) == [("KOR", PACT, True)]
    refused("in the record as KOR holds it")
    other_text = replace(held[PACT], texts=(digest(b"another text"),))
    answer_to(pact, {PACT: other_text}, records | {PACT: other_text.digest})
    refused("in the record as KOR holds it")
    assert release(pact.jpn, track, "KOR").state == "done"  # the true record is compared first
    assert found(pact.jpn) == []
    all_verify(pact)


class Silent:
    """A link on which nobody answers."""

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        raise PeerUnreachable("nobody answers")

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        raise PeerUnreachable("nobody answers")

    def close(self) -> None: ...


def test_a_laxer_record_of_a_peer_makes_nothing_laxer(pact: Cast) -> None:
    """The peer says that there never was a notice; the own record says that the pact has lapsed."""
    pact.clock.set(LAPSE)
    held, records = said_by_kor(pact)
    lax = replace(held[PACT], instruments=tuple(one for one in held[PACT].instruments if one.id != "n001"))
    answer_to(pact, {PACT: lax}, records | {PACT: lax.digest})
    pact.jpn.link = Silent()
    with pytest.raises(ActRefused, match="standing"):
        release(pact.jpn, pact.jpn.base.item("track"), "KOR")


def test_a_peer_that_differs_holds_back_nothing_to_others_nor_what_is_held(pact: Cast) -> None:
    sent = pact.release()
    _, records = said_by_kor(pact)
    answer_to(pact, {}, records | {PACT: digest(b"x"), "tisa-2014": digest(b"y")})
    pact.jpn.link = Silent()
    from relto.node import open_item

    assert open_item(pact.jpn, sent.row.subject).payload == b"Two launches from Sunchon."
    pact.jpn.link = pact.link
    assert compare_records(pact.jpn, "USA") == []
    with pytest.raises(ActRefused):  # onward without a consent, as ever; not for the records
        forward(pact.jpn, sent.row.subject, "USA")


def test_agreements_that_only_one_has_are_shown_and_decide_nothing(pact: Cast) -> None:
    _, records = said_by_kor(pact)
    answer_to(pact, {}, records | {"kor-jpn-2099": digest(b"x")})
    assert found(pact.jpn) == [("KOR", "kor-jpn-2099", False)]
    with pact.jpn.store.read() as reading:
        (one,) = differences(pact.jpn, reading)
    assert "only KOR has such an agreement" in str(one)
    pact.jpn.link = Silent()
    assert release(pact.jpn, pact.jpn.base.item("track"), "KOR").state == "queued"


def test_it_is_compared_once_and_again_after_a_minute_or_when_the_own_record_has_changed(pact: Cast) -> None:
    asked: list[str] = []

    class Counting(Silent):
        def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
            asked.append(kind)
            return pact.link.exchange(peer, kind, message)

    pact.kor.link = Counting()
    steps = [(0, 1), (0, 1), (60 * 10**9, 1), (1, 2), (0, 2)]
    for nanos, times in steps:
        pact.clock.advance(nanos)
        compare_if_due(pact.kor, "JPN")
        assert asked.count("record") == times
    pact.clock.advance(10**12)
    compare_if_due(pact.kor, "JPN", again=False)
    assert asked.count("record") == 2
    quietly(pact, "n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    compare_if_due(pact.kor, "JPN", again=False)
    assert asked.count("record") > 2
    pact.kor.link = Silent()
    compare_if_due(pact.kor, "JPN")
    pact.clock.advance(10**12)
    compare_if_due(pact.kor, "JPN")  # an unreachable peer stops nothing
    assert [one.state for one in dispatch_pending(pact.kor)] == ["queued"]


def test_an_acknowledgement_that_is_not_the_own_proves_no_earlier_receipt(cast: Cast) -> None:
    """KOR signs late what JPN never had, and shows an acknowledgement that it wrote itself."""
    pact = cast
    pact.enter_into_force()
    quietly(pact, "j2", "termination-notice", "KOR", "2019-11-21T12:00+09:00")
    with pact.kor.store.read() as reading:
        row = reading.instrument(PACT, "j2")
        assert row is not None
        leaf = reading.leaf(row.evidence[0][1])
        assert leaf is not None
    ack = Evidence(
        kind="instrument",
        party="KOR",
        at=at("2019-11-21T12:00+09:00"),
        to="KOR",
        agreement=PACT,
        digests={"evidence": leaf.id, "message": leaf.id},
        says={"step": "acknowledgement", "instrument": "j2", "complete": True},
    )
    held, records = said_by_kor(pact)
    shown = replace(held[PACT], signed=(leaf.evidence, sign_evidence(ack, pact.kor.keys.signing())))
    pact.clock.set(at("2020-11-01T12:00+09:00"))
    answer_to(pact, {PACT: shown}, records)
    assert "j2" not in ids(pact.jpn)
    all_verify(pact)


def test_taking_in_again_what_contradicts_the_record_changes_nothing(pact: Cast) -> None:
    other = pact.instrument("n001", "termination-notice", "KOR", "2019-08-22T15:30+09:00")
    text = pact.kor.base.agreements[PACT][0].digest
    from relto.node.contents import Content

    evidence = Evidence(
        kind="instrument",
        party="KOR",
        at=pact.clock.at,
        agreement=PACT,
        says={"step": "signature", "instrument": Content(PACT, text, other).to_json()},
    )
    signed = sign_evidence(evidence, pact.kor.keys.signing())
    before = kinds(pact.kor)
    with pact.kor.store.write() as tx:
        take_again(pact.kor, tx, evidence, signed, None)
    assert kinds(pact.kor) == before


def test_a_note_is_read_back_and_what_is_none_is_refused(pact: Cast) -> None:
    _, records = said_by_kor(pact)
    answer_to(pact, {}, records | {PACT: digest(b"x")})
    with pact.jpn.store.read() as reading:
        some = differences(pact.jpn, reading)
        text = reading.notes("record")["KOR"]
    assert read_note("KOR", text) == tuple(some)
    assert written(some) == text
    for spoilt in ("{}", '{"at":"2019-01-01T00:00:00Z","differ":{"a":{"held":1,"mine":"","theirs":""}}}'):
        with pytest.raises(InputError):
            read_note("KOR", spoilt)


def test_a_statement_is_read_strictly(pact: Cast) -> None:
    keys = pact.jpn.all_keys()
    with pact.kor.store.read() as reading:
        message = state(pact.kor, reading, "JPN", pact.clock.at, [PACT], 1 << 20).message()
    assert read_statement(message, keys, "JPN").held[PACT].agreement == PACT
    for spoilt in (message + b"A", message.replace(b"\n", b"\n\n"), message.split(b"\n")[0], "비밀".encode(), b""):
        with pytest.raises(ReltoError):
            read_statement(spoilt, keys, "JPN")


def test_what_does_not_fit_is_said_and_not_shown(pact: Cast) -> None:
    with pact.kor.store.read() as reading:
        said = state(pact.kor, reading, "JPN", pact.clock.at, [PACT], 100)
    assert (said.held, PACT in said.records) == ({}, True)


def test_the_process_that_serves_says_so_and_when_it_is_over() -> None:
    with network("KOR", "JPN") as net:
        path = net.folder / "jpn" / "dossier" / "records" / "tisa-2014.yaml"
        kept = path.read_text("utf-8")
        for text, says in ((NOTHING, "records differ"), (kept, "records are the same again")):
            net.served["JPN"].close()
            path.write_text(text, "utf-8")
            net.start("JPN")  # it meets KOR by itself, with nothing to send
            until(lambda: says in net.log("KOR"))  # noqa: B023
        assert "`tisa-2014`: JPN holds another record" in net.log("KOR")


def test_it_is_shown_to_people_and_machines(tmp_path: Path) -> None:
    with office(tmp_path) as kor:
        cast = kor.cast
        assert kor.as_("park-analyst", "GET", "/v1/records/differences").json()["differences"] == []
        path = tmp_path / "JPN" / "dossier" / "records" / "tisa-2014.yaml"
        path.write_text(NOTHING, "utf-8")
        cast.nodes["JPN"].store.close()
        cast.nodes["JPN"] = open_node(tmp_path / "JPN", PASSPHRASE, clock=cast.clock)
        cast.link = wire(cast.nodes.values())
        assert [one.agreement for one in compare_records(cast.kor, "JPN")] == ["tisa-2014"]
        told = kor.ask("GET", "/readyz")
        assert (told.status_code, told.json()["ready"], told.json()["records_differ"]) == (200, True, ["JPN"])
        assert "relto_records_differ 1.0" in kor.ask("GET", "/metrics").text
        shown = kor.as_("park-analyst", "GET", "/v1/records/differences").json()
        (one,) = shown["differences"]
        assert (shown["total"], one["peer"], one["agreement"], one["shown"]) == (1, "JPN", "tisa-2014", True)
        assert (one["only_here"] != [], one["only_there"]) == (True, [])
        assert kor.as_("park-analyst", "GET", "/v1/records/differences?offset=1").json()["differences"] == []


def test_the_command_line_compares_and_shows(pact: Cast, capsys: pytest.CaptureFixture[str]) -> None:
    for node in pact.nodes.values():
        node.store.close()
    folders = {party: str(pact.folder / party) for party in pact.nodes}
    for folder in folders.values():
        write_private(Path(folder) / "unlock", PASSPHRASE.encode())
        (Path(folder) / "neighbours.json").write_text(json.dumps(folders), "utf-8")
    when = ["--at", "2019-10-31T18:00+09:00"]
    assert run(["record", "compare", "JPN", "--node", folders["KOR"], *when]) == 0
    assert "JPN holds the same records" in capsys.readouterr().out
    (pact.folder / "JPN" / "dossier" / "records" / "tisa-2014.yaml").write_text(NOTHING, "utf-8")
    assert run(["record", "compare", "JPN", "--node", folders["KOR"], *when]) == 3
    said = capsys.readouterr()
    assert "`tisa-2014`: JPN holds another record" in said.out
    assert "only here: " in said.out
    assert "restore the file that was changed" in said.err
    assert run(["record", "differences", "--node", folders["JPN"], "--json"]) == 0
    value = json.loads(capsys.readouterr().out)
    assert (value["schema"], value["peer"], value["agreement"]) == ("relto/record-difference/1", "KOR", "tisa-2014")
    assert (value["only_here"], value["only_there"] != []) == ([], True)
    assert run(["record", "compare", "GBR", "--node", folders["KOR"], *when]) == 4


def test_a_third_person_sees_whose_record_refused_and_that_it_was_said(pact: Cast) -> None:
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    quietly(pact, "j1", "termination-notice", "JPN", "2020-08-01T12:00+09:00")
    pact.clock.set(at("2021-01-01T00:00Z"))
    assert pact.release().state == "refused"
    report = judged(pact, bundle_of(pact, "KOR"))
    assert wrong(report) == []
    told = says(report)
    assert any(one.startswith("JPN says to KOR which record it holds of ") for one in told)
    assert "in the record as JPN holds it" in told[-1]
    assert any("under the record as JPN holds it" in one for one in report.not_shown)


def test_a_bundle_of_a_node_that_got_its_own_statements_back_verifies(pact: Cast) -> None:
    restore = backed_up(pact, "JPN")
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    pact.clock.set(at("2019-12-24T00:00Z"))
    jpn = restore()
    pact.jpn.link = Silent()
    with pytest.raises(ActRefused):  # by then it has signed something later
        release(jpn, jpn.base.item("track"), "KOR")
    jpn.link = pact.link
    pact.kor.compared.met.clear()
    sent = pact.release()
    for name in ("JPN", "KOR"):
        assert wrong(judged(pact, bundle_of(pact, name, sent.row.subject))) == []
    assert any(
        "has got back from a peer" in one for one in says(judged(pact, bundle_of(pact, "JPN", sent.row.subject)))
    )
    all_verify(pact)


@pytest.mark.parametrize("killed", range(1, 25))
def test_wherever_either_is_killed_no_statement_is_held_by_the_other_alone(pact: Cast, killed: int) -> None:
    quietly(pact, "j1", "termination-notice", "JPN", "2019-11-21T12:00+09:00")
    pact.clock.set(at("2020-11-01T12:00+09:00"))
    countdown = Countdown(killed)
    for node in (pact.kor, pact.jpn):
        node.store = FailingStore(node.store, countdown)
    with contextlib.suppress(Crash):
        compare_records(pact.kor, "JPN")
    leaves = {}
    for node in (pact.kor, pact.jpn):
        node.store = node.store._inner  # type: ignore[attr-defined]
        with node.store.read() as reading:
            leaves[node.party] = {leaf.id: leaf.signer for leaf in reading.leaves() if leaf.kind == "record"}
    for party, peer in (("KOR", "JPN"), ("JPN", "KOR")):
        assert {name for name, by in leaves[peer].items() if by == party} <= leaves[party].keys()
    all_verify(pact)
    compare_records(pact.kor, "JPN")
    assert [one[1] for one in found(pact.kor)] == [one[1] for one in found(pact.jpn)]
    all_verify(pact)
