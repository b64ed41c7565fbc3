"""Evidence bundles: a third person judges from files alone, and finds every change, whoever made it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.clock import ReplayClock
from relto.adapters.folder import dossier_files
from relto.cli.main import run
from relto.compose import create_node, open_node, wire
from relto.core.canon import base64url, canonical, from_base64url
from relto.core.errors import NotFound, VerificationFailed
from relto.node import (
    ActRefused,
    Node,
    Offer,
    OutboxRow,
    dispatch_pending,
    handle,
    open_item,
    relay_pending,
    release,
    release_many,
    report_compromise,
    sign_instrument,
)
from relto.node.bundle import Bundle, Report, examine, seal_bundle
from relto.node.export import export_bundle
from tests.test_node_release import OlderPeers, tap
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, at, cast, pact

__all__ = ["cast", "pact"]


def bundle_of(cast: Cast, party: str, about: str = "msl-2019-10-31") -> Bundle:
    """What a party's node exports, through bytes and back."""
    exported = export_bundle(cast.nodes[party], about, dossier_files(cast.folder / party / "dossier"))
    return Bundle.from_bytes(exported.to_bytes())


def judged(cast: Cast, *bundles: Bundle) -> Report:
    """Judged with the cards of all three, as their parties gave them."""
    return examine(bundles, [node.keys.own for node in cast.nodes.values()])


def says(report: Report) -> list[str]:
    return [f"{step.party} {step.says}" for step in report.account]


def wrong(report: Report) -> list[str]:
    return [*report.problems, *report.contradictions]


def test_a_release_is_judged_from_either_side_and_from_both_together(released: Cast) -> None:
    kor, jpn = bundle_of(released, "KOR"), bundle_of(released, "JPN")
    for bundles in ((kor,), (jpn,), (kor, jpn), (jpn, kor)):
        report = judged(released, *bundles)
        assert wrong(report) == []
        assert report.holds
        assert [one.recomputed for one in report.bundles] == [one.decisions for one in report.bundles]
        assert [one.receipts for one in report.bundles] == [1] * len(bundles)
        told = [line for line in says(report) if "msl" in line]
        assert told[0] == "KOR gives msl-2019-10-31 to JPN: permitted under kor-jpn-2016"
        assert told[-1] == "JPN has msl-2019-10-31 from KOR, marked 極秘: permitted by its own decision"
        assert not any("whose keys" in one for one in report.not_shown)
        for bundle in bundles:  # no payload, no private key, nobody's register
            data, keys = bundle.to_bytes(), released.nodes[bundle.by].keys
            private = (keys.signing().raw, keys.unwraps()[0].raw)
            assert not any(secret in data for secret in (b"Sunchon", b"jpn-analyst", *private))
            assert not any(base64url(key).encode() in data or key.hex().encode() in data for key in private)
    together = judged(released, kor, jpn)
    assert len(told) == 3
    assert [[(one.ledger, one.leaf) for one in step.entries] for step in together.account][-1] == [
        ("KOR", 12),
        ("JPN", 11),
    ]
    assert [step.entries[-1].by for step in together.account if step.kind == "submission"] == [released.clock.at]


def test_one_of_a_batch_is_judged_alone_though_it_shares_its_signatures(pact: Cast) -> None:
    offers = [Offer(pact.item("msl-2019-10-31"), "JPN", payload=f"number {number}".encode()) for number in range(5)]
    rows = [one for one in release_many(pact.kor, offers) if isinstance(one, OutboxRow)]
    assert [one.state for one in dispatch_pending(pact.kor)] == ["done"] * 5
    for party in ("KOR", "JPN"):
        bundle = bundle_of(pact, party, rows[3].subject)
        joint = [one for one in bundle.leaves if b"relto-joint" in from_base64url(one.evidence.partition(".")[0])]
        assert len(joint) == (3 if party == "KOR" else 2)
        report = judged(pact, bundle)
        assert report.holds, wrong(report)
        assert not any(row.subject.encode() in bundle.to_bytes() for row in rows if row != rows[3])
        alone = joint[0].evidence.split(".")
        moved = replace(joint[0], evidence=f"{alone[0]}.{alone[1]}.{joint[1].evidence.split('.')[2]}")
        forged = replace(bundle, leaves=tuple(moved if one == joint[0] else one for one in bundle.leaves))
        assert not judged(pact, forged).holds


def test_through_the_ally_three_ledgers_tell_one_story(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    with pytest.raises(ActRefused):
        pact.release()
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    with pact.jpn.store.read() as reading:
        holding = reading.holdings()[0].id
    open_item(pact.jpn, holding)
    report_compromise(pact.jpn, holding, "left in a train")
    bundles = [bundle_of(pact, party) for party in ("KOR", "USA", "JPN")]
    for bundle in bundles:
        assert wrong(judged(pact, bundle)) == []
    report = judged(pact, *bundles)
    assert report.holds
    assert [(one.decisions, one.recomputed) for one in report.bundles] == [(3, 3), (3, 3), (2, 1)]
    told = [line for line in says(report) if "msl" in line]
    assert [line.split(":")[0] for line in told] == [
        "KOR refuses msl-2019-10-31 at queueing",
        "KOR gives msl-2019-10-31 to USA, to go on to JPN",
        "KOR decides again and sends msl-2019-10-31 to USA",
        "USA has msl-2019-10-31 from KOR, marked SECRET",
        "USA passes on msl-2019-10-31 to JPN",
        "USA decides again and sends msl-2019-10-31 to JPN",
        "JPN has msl-2019-10-31 from USA, marked 極秘",
        "JPN opens msl-2019-10-31 for its competent authority",
        "JPN reports msl-2019-10-31 possibly lost or compromised",
        "KOR has the report of JPN about msl-2019-10-31",
        "USA has the report of JPN about msl-2019-10-31",
    ]
    assert "standing (21(3)): lapsed since 2019-11-23 00:00 KST" in told[0]
    assert any("a person, whose file is no evidence" in one for one in report.not_shown)
    assert judged(pact, bundle_of(pact, "USA", holding)).holds


def test_a_transmittal_s_bundle_shows_nothing_of_other_items(pact: Cast) -> None:
    pact.clock.set(LAPSE)
    pact.release(name="grade-1", via=("USA",))
    sent = pact.release(via=("USA",))
    relay_pending(pact.usa)
    for party, about in (("KOR", sent.row.subject), ("USA", sent.row.subject), ("JPN", "msl-2019-10-31")):
        bundle = bundle_of(pact, party, about)
        assert b"grade-1" not in bundle.to_bytes()
        assert judged(pact, bundle).holds
        assert any("msl-2019-10-31 to " in line for line in says(judged(pact, bundle)))


def test_a_notice_of_termination_is_shown_with_its_receipt(released: Cast) -> None:
    kor, jpn = (bundle_of(released, party, "kor-jpn-2016/n001") for party in ("KOR", "JPN"))
    report = judged(released, kor, jpn)
    assert wrong(report) == []
    assert says(report)[-2:] == [
        "KOR signs termination-notice n001 of kor-jpn-2016, of 2019-08-23T06:30:00Z",
        "JPN has n001 of kor-jpn-2016 from KOR: it is in the record",
    ]
    assert all("msl" not in line for line in says(report))


def test_each_side_s_verdict_is_computed_from_its_own_record(pact: Cast) -> None:
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    pact.clock.set(at("2020-01-01T00:00Z"))
    pact.link.set_down("KOR")
    pact.sign("j1", "termination-notice", "JPN", "2020-08-01T00:00Z")
    pact.link.set_down("KOR", False)
    pact.clock.set(at("2020-12-01T00:00Z"))
    pact.kor.link = OlderPeers(pact)
    assert pact.release().state == "refused-by-recipient"
    alone = judged(pact, bundle_of(pact, "JPN"))
    assert any(one.endswith("computed again: the label of the item is not here") for one in alone.not_shown)
    report = judged(pact, bundle_of(pact, "KOR"), bundle_of(pact, "JPN"))
    assert wrong(report) == []
    assert [(one.decisions, one.recomputed) for one in report.bundles] == [(2, 2), (1, 1)]
    assert says(report)[-1].startswith("JPN refuses msl-2019-10-31 at receipt: standing (21(3)): lapsed")
    assert [
        one for one in report.not_shown if re.match("in KOR's bundle: leaf .* instrument by JPN, is not there", one)
    ]


def test_a_later_notice_does_not_change_what_was_decided_before_it(pact: Cast) -> None:
    pact.release()
    pact.clock.set(at("2019-11-22T10:00+09:00"))
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    pact.clock.set(LAPSE.plus(1))
    pact.release()
    assert judged(pact, bundle_of(pact, "KOR"), bundle_of(pact, "JPN")).holds


def test_where_the_clock_was_not_sure_the_stricter_side_is_computed_again(pact: Cast) -> None:
    pact.kor.clock = ReplayClock(LAPSE.plus(-500_000_000), uncertainty=1_000_000_000)
    with pytest.raises(ActRefused):
        pact.release()
    report = judged(pact, bundle_of(pact, "KOR"))
    assert (report.holds, report.bundles[0].recomputed) == (True, 1)


def test_without_the_parties_cards_it_says_that_whose_keys_these_are_is_not_shown(
    released: Cast, tmp_path: Path
) -> None:
    genuine = bundle_of(released, "KOR")
    assert examine([genuine]).not_shown[0].startswith("whose keys these are: no card of JPN or KOR was given")
    impostors = {
        party: create_node(
            tmp_path / f"x{party}", party, released.folder / "dossier", "p", clock=released.clock, replay=True
        )
        for party in ("KOR", "JPN")
    }
    wire(impostors.values())
    false = Cast.__new__(Cast)
    false.nodes, false.folder = impostors, tmp_path
    item = impostors["KOR"].base.item("msl-2019-10-31")
    release(impostors["KOR"], item, "JPN")
    forged = export_bundle(impostors["KOR"], item.id, dossier_files(released.folder / "dossier"))
    assert examine([forged]).holds
    assert not judged(released, forged).holds
    assert any("has another card of" in one for one in examine([genuine, forged]).problems)


def test_what_the_ledger_does_not_know_is_not_found(released: Cast) -> None:
    for about in ("t-nothing", "kor-jpn-2016/nothing", ""):
        with pytest.raises(NotFound, match="has nothing about"):
            bundle_of(released, "KOR", about)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    """The pact in force, and one item released under it; for tests that only look."""
    cast = Cast(tmp_path_factory.mktemp("released"))
    cast.enter_into_force()
    cast.give_notice()
    cast.clock.set(at("2019-10-31T18:00+09:00"))
    cast.release()
    return cast


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, lists and objects themselves too."""
    if path:
        yield path
    for key in value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ():
        yield from places(value[key], (*path, key))


def changed(value: Any, path: tuple[Any, ...], how: str) -> Any:
    """A copy of `value` with what stands at `path` changed; None where that cannot be done there."""
    copy = json.loads(json.dumps(value))
    there = copy
    for key in path[:-1]:
        there = there[key]
    old = there[path[-1]]
    if how == "gone":
        del there[path[-1]]
    elif how == "twice" and isinstance(there, list):
        there.insert(path[-1], old)
    elif how == "turned" and isinstance(there, list) and path[-1] > 0:
        there[path[-1] - 1 : path[-1] + 1] = [old, there[path[-1] - 1]]
    elif how == "more" and isinstance(old, dict | list):
        there[path[-1]] = {**old, "more": ""} if isinstance(old, dict) else [*old, ""]
    elif isinstance(old, str) and old and how in ("first", "middle", "last"):
        spot = {"first": 0, "middle": len(old) // 2, "last": len(old) - 1}[how]
        there[path[-1]] = old[:spot] + ("A" if old[spot] != "A" else "B") + old[spot + 1 :]
    elif isinstance(old, int) and how in ("first", "last"):
        there[path[-1]] = old + (1 if how == "first" else 1000)
    elif isinstance(old, str) and how == "other":
        there[path[-1]] = ""
    else:
        return None
    return copy


WAYS = ("gone", "twice", "turned", "more", "first", "middle", "last", "other")


def found_out(value: Any, cards: list[Any]) -> bool:
    """Whether a changed bundle is refused, or judged not to hold."""
    try:
        return not examine([Bundle.from_bytes(canonical(value))], cards).holds
    except VerificationFailed:
        return True


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Cast:
    """An item has gone through the ally: the hub's ledger is short, and has every kind of thing in it."""
    cast = Cast(tmp_path_factory.mktemp("hub"))
    cast.enter_into_force()
    cast.give_notice()
    cast.clock.set(LAPSE)
    cast.release(via=("USA",))
    relay_pending(cast.usa)
    return cast


def test_every_change_to_a_bundle_is_found(hub: Cast) -> None:
    value = json.loads(bundle_of(hub, "USA").to_bytes())
    assert not found_out(value, [])
    tried, unseen = 0, []
    for path in places(value):
        for how in WAYS:
            spoilt = changed(value, path, how)
            if spoilt is None or spoilt == value:
                continue
            tried += 1
            if not found_out(spoilt, []):
                unseen.append((path, how))
    assert unseen == []
    assert tried >= 500


def test_even_its_maker_cannot_change_what_is_signed_proved_or_computed(hub: Cast) -> None:
    """Sealed anew after each change: all is found but what is, and is said to be, the maker's own word."""
    value = json.loads(bundle_of(hub, "USA").to_bytes())
    cards = [node.keys.own for node in hub.nodes.values()]
    tried, unseen = 0, []
    for path in places(value):
        if path[0] in ("files", "seal", "schema") or (path[0] == "about" and len(path) == 1):
            continue
        for how in ("gone", "middle"):
            spoilt = changed(value, path, how)
            if spoilt is None:
                continue
            tried += 1
            try:
                forged = Bundle.from_bytes(canonical(spoilt))
            except VerificationFailed:
                continue
            if examine([seal_bundle(forged, hub.usa.keys.signing())], cards).holds:
                unseen.append((path, how))
    assert [path for path, _ in unseen if path[0] not in ("cards", "leaves", "labels", "ledgers")] == []
    assert [(path, how) for path, how in unseen if how != "gone"] == []
    assert tried >= 100


def test_a_text_that_was_signed_for_cannot_be_changed_even_by_the_maker(released: Cast) -> None:
    bundle = bundle_of(released, "KOR")
    name = "agreements/kor-jpn-2016.yaml"
    files = {**bundle.files, name: bundle.files[name].replace("protection", "detection")}
    forged = seal_bundle(replace(bundle, files=files), released.kor.keys.signing())
    assert any(
        "signed for a text of `kor-jpn-2016` that is not here" in one for one in judged(released, forged).problems
    )


def test_a_permit_that_the_texts_do_not_give_is_named(hub: Cast) -> None:
    bundle = bundle_of(hub, "USA")
    name = "agreements/usa-jpn-2007.yaml"
    assert "[defence]" in bundle.files[name]
    files = {**bundle.files, name: bundle.files[name].replace("[defence]", "[trade]")}
    forged = seal_bundle(replace(bundle, files=files), hub.usa.keys.signing())
    report = judged(hub, forged)
    assert any("computed again, the verdict is another" in one for one in report.problems)


def test_a_bundle_cut_short_or_with_anything_after_it_is_none(released: Cast) -> None:
    data = bundle_of(released, "KOR").to_bytes()
    for spoilt in [*(data[:cut] for cut in range(0, len(data), 997)), data[:-1], data + b"\n", b" " + data, b"{}"]:
        with pytest.raises(VerificationFailed):
            Bundle.from_bytes(spoilt)


def restored(pact: Cast, folder: Path) -> Node:
    """A node as it was when its folder was copied."""
    return open_node(folder, PASSPHRASE, clock=pact.clock)


def test_two_answers_to_one_transmittal_are_a_contradiction(pact: Cast, tmp_path: Path) -> None:
    shutil.copytree(pact.folder / "JPN", tmp_path / "backup")
    passed = tap(pact, pact.kor)
    pact.release()
    honest = [bundle_of(pact, party) for party in ("KOR", "JPN")]
    assert judged(pact, *honest).holds
    pact.clock.set(LAPSE)
    other = restored(pact, tmp_path / "backup")
    handle(other, "transmittal", passed.messages[0][2])
    denying = export_bundle(other, "msl-2019-10-31", dossier_files(pact.folder / "JPN" / "dossier"))
    assert judged(pact, denying).holds
    report = judged(pact, honest[0], denying)
    assert any("both by receipt and by refusal" in one for one in report.contradictions)
    assert not report.holds
    forked = judged(pact, honest[1], denying).contradictions
    assert "JPN signed two different ledgers of 12 leaves" in forked
    assert "JPN shows two different leaves 11" in forked


def test_an_instrument_signed_in_two_forms_is_a_contradiction(pact: Cast, tmp_path: Path) -> None:
    shutil.copytree(pact.folder / "KOR", tmp_path / "backup")
    pact.sign("n002", "suspension", "KOR", "2019-11-22T17:30+09:00", "n001")
    other = restored(pact, tmp_path / "backup")
    pact.clock.set(at("2019-11-22T18:00+09:00"))
    sign_instrument(
        other, "kor-jpn-2016", pact.instrument("n002", "suspension", "KOR", "2019-11-22T18:00+09:00", "n001")
    )
    second = export_bundle(other, "kor-jpn-2016/n002", dossier_files(pact.folder / "KOR" / "dossier"))
    report = judged(pact, bundle_of(pact, "JPN", "kor-jpn-2016/n002"), second)
    assert "kor-jpn-2016/n002 was signed in 2 different forms" in report.contradictions


def test_what_one_side_lacks_is_told_and_not_held_against_it(pact: Cast) -> None:
    passed = tap(pact, pact.kor, answer=b"lost")
    assert pact.release().state == "queued"
    assert passed.messages
    report = judged(pact, bundle_of(pact, "KOR"), bundle_of(pact, "JPN"))
    assert wrong(report) == []
    assert any(re.match("in KOR's bundle: leaf .* receipt by JPN, is not there", one) for one in report.not_shown)
    alone = judged(pact, bundle_of(pact, "KOR"))
    assert any(one.startswith("that JPN received t-") for one in alone.not_shown)


def test_the_command_line_exports_and_verifies_with_exit_codes(
    released: Cast, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RELTO_PASSPHRASE", PASSPHRASE)
    monkeypatch.chdir(released.folder)
    for party in ("KOR", "JPN"):
        assert run(["evidence", "export", "msl-2019-10-31", "--node", party, "-o", f"{party}.bundle"]) == 0
    cards = [part for party in ("KOR", "JPN") for part in ("--card", f"{party}/keys/card.json")]
    capsys.readouterr()
    assert run(["evidence", "verify", "KOR.bundle", "JPN.bundle", *cards, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["schema"], told["holds"], told["problems"]) == ("relto/bundle-report/1", True, [])
    assert {key["given"] for key in told["keys"]} == {True}
    assert told["account"][-1]["leaves"][0]["ledger"] == "KOR"
    assert run(["evidence", "verify", "KOR.bundle"]) == 0
    out = capsys.readouterr().out
    assert "JPN has msl-2019-10-31 from KOR, marked 極秘" in out
    assert "whose keys these are" in out
    data = Path("KOR.bundle").read_bytes()
    Path("bad.bundle").write_bytes(data.replace(b"permit", b"refuse", 1))
    assert run(["evidence", "verify", "bad.bundle"]) == 5
    Path("bad.bundle").write_bytes(data[:-5])
    assert run(["evidence", "verify", "bad.bundle", "--json"]) == 5
    assert (
        run(["evidence", "verify", "KOR.bundle", "--card", "JPN/keys/card.json", "--card", "USA/keys/card.json"]) == 0
    )
    assert run(["evidence", "export", "no-such-item", "--node", "KOR"]) == 4
