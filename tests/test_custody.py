"""What becomes of a holding: copied, translated, shown, returned, destroyed, marked anew; and what is owed for it."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.folder import dossier_files
from relto.adapters.link import InProcessLink
from relto.compose import open_node, wire
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError, VerificationFailed
from relto.core.register import Holding
from relto.node import dispatch_pending, handle, open_item, release, report_compromise, verify
from relto.node.bundle.report import examine
from relto.node.custody import (
    copy_holding,
    destroy_holding,
    discharge,
    end_purpose,
    report_findings,
    return_holding,
    show_holding,
    write_off,
)
from relto.node.deriving import Made, derive
from relto.node.due import enter_overdue, open_duties
from relto.node.export import export_bundle
from relto.node.node import Node
from relto.node.reclassify import reclassify
from relto.node.release import forward, relay_pending
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, all_verify, at, cast, kinds, pact

__all__ = ["cast", "pact"]


def held(node: Node) -> Holding:
    with node.store.read() as reading:
        return reading.holdings()[-1]


def again(node: Node, holding: str) -> Holding:
    with node.store.read() as reading:
        found = reading.holding(holding)
    assert found is not None
    return found


def states(holding: Holding) -> list[str]:
    return [one.state for one in holding.copies]


@pytest.fixture
def name(pact: Cast) -> str:
    """The id of what JPN holds of KOR."""
    pact.release()
    return held(pact.jpn).id


def test_copies_are_numbered_and_each_is_accounted_for(pact: Cast, name: str) -> None:
    copy_holding(pact.jpn, name, "room 3", "jpn-clerk")
    one = copy_holding(pact.jpn, name, "room 4", "jpn-clerk")
    assert [(copy.number, copy.keeper, copy.state) for copy in one.copies] == [
        (0, "", "held"),
        (1, "room 3", "held"),
        (2, "room 4", "held"),
    ]
    one = destroy_holding(pact.jpn, name, "shred", "jpn-witness", "jpn-clerk", (1,))
    assert states(one) == ["held", "destroyed", "held"]
    with pytest.raises(Conflict, match="was destroyed"):
        destroy_holding(pact.jpn, name, "shred", "jpn-witness", "jpn-clerk", (1,))
    with pytest.raises(NotFound, match="no copy 7"):
        destroy_holding(pact.jpn, name, "shred", "jpn-witness", "jpn-clerk", (7,))
    all_verify(pact)


def test_a_destruction_needs_a_method_and_a_second_person_and_changes_nothing_without(pact: Cast, name: str) -> None:
    before = kinds(pact.jpn)
    for method, witness in (("lose", "w"), ("burn", ""), ("burn", "jpn-clerk")):
        with pytest.raises(InputError):
            destroy_holding(pact.jpn, name, method, witness, "jpn-clerk")
    assert kinds(pact.jpn) == before
    all_verify(pact)


def test_what_is_destroyed_is_opened_no_more_and_nothing_of_it_is_left_in_the_store(pact: Cast, name: str) -> None:
    with pact.jpn.store.read() as reading:
        sealed = reading.sealed(name)
    assert sealed is not None
    trace = sealed[-48:]
    assert any(trace in path.read_bytes() for path in stored(pact, "JPN"))
    destroy_holding(pact.jpn, name, "erase", "jpn-witness", "jpn-clerk")
    with pytest.raises(Conflict, match="was destroyed"):
        open_item(pact.jpn, name)
    with pytest.raises(Conflict):
        copy_holding(pact.jpn, name, "room 3", "jpn-clerk")
    assert not any(trace in path.read_bytes() for path in stored(pact, "JPN"))
    all_verify(pact)


def test_who_reads_long_holds_up_nobody_and_what_was_erased_is_gone_once_they_end(pact: Cast, name: str) -> None:
    """A verification of the whole ledger sees one moment for as long as it takes."""
    with pact.jpn.store.read() as reading:
        sealed = reading.sealed(name)
        assert sealed is not None
        with ThreadPoolExecutor(1) as pool:
            destroyed = pool.submit(destroy_holding, pact.jpn, name, "erase", "jpn-witness", "jpn-clerk")
            while not destroyed.done():
                with pact.jpn.store.write() as tx:  # is let in, again and again
                    tx.note("clock", "KOR", "")
            destroyed.result()
        assert any(sealed[-48:] in path.read_bytes() for path in stored(pact, "JPN"))
        assert reading.sealed(name) == sealed
    with pact.jpn.store.write() as tx:
        tx.note("clock", "KOR", "")
    assert not any(sealed[-48:] in path.read_bytes() for path in stored(pact, "JPN"))
    all_verify(pact)


def test_another_process_sees_to_what_one_that_ended_has_left_in_the_log(pact: Cast, name: str) -> None:
    with pact.jpn.store.read() as reading:  # a node that serves, in the midst of a verification
        sealed = reading.sealed(name)
        assert sealed is not None
        other = open_node(pact.folder / "JPN", PASSPHRASE, clock=pact.clock)  # a command that is given beside it
        wire([other, pact.kor, pact.usa])
        destroy_holding(other, name, "erase", "jpn-witness", "jpn-clerk")
        other.store.close()
    assert any(sealed[-48:] in path.read_bytes() for path in stored(pact, "JPN"))
    with pact.jpn.store.write() as tx:
        tx.note("clock", "KOR", "")
    assert not any(sealed[-48:] in path.read_bytes() for path in stored(pact, "JPN"))
    assert not any(path.name.endswith("-erased") for path in stored(pact, "JPN"))
    all_verify(pact)


def stored(cast: Cast, party: str) -> list[Path]:
    return list((cast.folder / party).glob("node.db*"))


def test_the_originator_learns_of_a_destruction_by_a_signed_certificate(pact: Cast, name: str) -> None:
    destroy_holding(pact.jpn, name, "burn", "jpn-witness", "jpn-clerk")
    (told,) = dispatch_pending(pact.jpn)
    assert (told.row.peer, told.row.kind, told.state) == ("KOR", "custody", "done")
    assert "destruction" in kinds(pact.kor)
    with pact.kor.store.read() as reading:
        (certificate,) = [one for one in reading.leaves(name) if one.kind == "destruction"]
    assert certificate.signer == "JPN"
    all_verify(pact)
    message = told.row.message
    assert handle(pact.kor, "custody", message, "JPN") == handle(pact.kor, "custody", message, "JPN")
    with pytest.raises(VerificationFailed):
        handle(pact.kor, "custody", message, "USA")
    with pytest.raises(VerificationFailed, match="not for"):
        handle(pact.usa, "custody", message, "JPN")


def test_once_the_purpose_is_over_it_is_not_used_and_owed_until_nothing_is_held(pact: Cast, name: str) -> None:
    copy_holding(pact.jpn, name, "room 3", "jpn-clerk")
    one = end_purpose(pact.jpn, name, "jpn-desk")
    assert [(duty.article, duty.do, duty.done) for duty in one.duties][-1] == ("6(h)", "return-or-destroy", None)
    with pytest.raises(Conflict, match="is over since"):
        open_item(pact.jpn, name)
    with pytest.raises(Conflict, match="is over since"):
        copy_holding(pact.jpn, name, "room 4", "jpn-clerk")
    with pytest.raises(Conflict, match="over already"):
        end_purpose(pact.jpn, name, "jpn-desk")
    one = destroy_holding(pact.jpn, name, "burn", "w", "b", (1,))
    assert one.duties[-1].done is None
    one = return_holding(pact.jpn, name, "jpn-desk")
    assert states(one) == ["returned", "destroyed"]
    assert one.duties[-1].done is not None
    with pytest.raises(NotFound, match="nothing is held"):
        return_holding(pact.jpn, name, "jpn-desk")
    all_verify(pact)


def test_a_translation_bears_the_mark_and_says_in_its_own_language_whose_information_it_is(
    pact: Cast, name: str
) -> None:
    made = derive(
        pact.jpn, [name], Made("translation", title="二回の発射", language="ja", keeper="room 3", by="jpn-clerk")
    )
    came = made.received
    assert (made.mark, made.origin_mark, made.originators, made.sources) == ("極秘", "군사II급비밀", ("KOR",), (name,))
    assert "大韓民国" in came.note  # type: ignore[union-attr]
    with pytest.raises(Refused, match="cannot bear 秘"):
        derive(pact.jpn, [name], Made("extract", title="t", language="ja", keeper="k", by="b", mark="秘"))
    assert (
        derive(pact.jpn, [name], Made("extract", title="t", language="en", keeper="k", by="b", mark="機密")).mark
        == "機密"
    )
    with pytest.raises(InputError, match="no words in `fr`"):
        derive(pact.jpn, [name], Made("translation", title="t", language="fr", keeper="k", by="b"))
    with pytest.raises(NotFound, match="not kept in this node"):
        open_item(pact.jpn, made.id)
    with pytest.raises(InputError, match="made here"):
        return_holding(pact.jpn, made.id, "b")
    destroy_holding(pact.jpn, made.id, "burn", "w", "b")
    all_verify(pact)


def test_a_product_of_two_bears_the_stricter_mark_and_lists_both_and_its_loss_is_told_to_both(pact: Cast) -> None:
    pact.release()
    first = held(pact.jpn).id
    theirs = replace(pact.item(), id="usa-report", originator="USA", mark="SECRET")
    assert release(pact.usa, theirs, "JPN", payload=b"x").state == "done"
    second = held(pact.jpn).id
    made = derive(pact.jpn, [first, second], Made("product", title="both", language="en", keeper="k", by="b"))
    assert made.originators == ("KOR", "USA")
    assert made.mark == "極秘"
    told = report_compromise(pact.jpn, made.id, "it cannot be found", actual=True)
    assert [(one.row.peer, one.state) for one in told] == [("KOR", "done"), ("USA", "done")]
    report = again(pact.jpn, made.id).compromises[0].report
    lost = write_off(pact.jpn, made.id, 0, report, "jpn-security")
    assert states(lost) == ["lost"]
    all_verify(pact)


def test_a_copy_is_written_off_only_after_its_actual_loss_was_reported(pact: Cast, name: str) -> None:
    copy_holding(pact.jpn, name, "room 3", "jpn-clerk")
    report_compromise(pact.jpn, name, "copy 1 may be gone")
    possible = again(pact.jpn, name).compromises[0].report
    with pytest.raises(Conflict, match="no actual loss"):
        write_off(pact.jpn, name, 1, possible, "b")
    report_compromise(pact.jpn, name, "copy 1 is gone", actual=True)
    actual = again(pact.jpn, name).compromises[1].report
    assert states(write_off(pact.jpn, name, 1, actual, "b")) == ["held", "lost"]
    report_findings(pact.jpn, name, actual, "left in a car", "no car", "jpn-security")
    assert [one.state for one in dispatch_pending(pact.jpn)] == ["done", "done"]
    with pytest.raises(NotFound, match="no compromise"):
        report_findings(pact.jpn, name, "report-none", "a", "b", "c")
    all_verify(pact)


def test_of_what_was_only_disclosed_nothing_is_copied_or_made(pact: Cast) -> None:
    shown = release(pact.kor, pact.item(), "JPN", act="disclose")
    assert shown.state == "done"
    name = shown.row.subject
    assert open_item(pact.jpn, name).payload == b"Two launches from Sunchon."
    with pytest.raises(Refused, match="nothing is kept of it"):
        copy_holding(pact.jpn, name, "safe 3", "jpn-clerk")
    with pytest.raises(Refused, match="nothing is kept of it"):
        derive(pact.jpn, [name], Made("extract", "t", "en", keeper="k", by="b"))
    all_verify(pact)


def test_showing_leaves_nothing_behind_and_is_entered(pact: Cast, name: str) -> None:
    assert states(show_holding(pact.jpn, name, "the minister", "jpn-desk")) == ["held"]
    assert kinds(pact.jpn)[-1] == "custody"
    all_verify(pact)


def test_a_higher_mark_reaches_every_holder_its_copies_and_what_was_made_of_it(pact: Cast) -> None:
    pact.release()
    name = held(pact.jpn).id
    made = derive(pact.jpn, [name], Made("extract", title="t", language="en", keeper="k", by="b"))
    beyond = derive(pact.jpn, [made.id], Made("extract", title="t", language="en", keeper="k", by="b"))
    (told,) = reclassify(pact.kor, "msl-2019-10-31", "군사I급비밀")
    assert told.state == "done"
    for one in (name, made.id, beyond.id):
        assert (again(pact.jpn, one).mark, again(pact.jpn, one).origin_mark) == ("機密", "군사I급비밀")
    with pytest.raises(ReltoError):  # grade I is outside the pact: nobody may use it under it any more
        open_item(pact.jpn, name)
    with pytest.raises(Conflict, match="told to its holders"):
        pact.release()
    with pytest.raises(Conflict, match="already"):
        reclassify(pact.kor, "msl-2019-10-31", "군사I급비밀")
    all_verify(pact)


def test_what_was_made_of_an_item_follows_it_though_the_item_itself_has_gone(pact: Cast, name: str) -> None:
    made = derive(pact.jpn, [name], Made("extract", "t", "en", keeper="k", by="b"))
    beyond = derive(pact.jpn, [made.id], Made("extract", "t", "en", keeper="k", by="b"))
    for gone in (name, made.id):
        destroy_holding(pact.jpn, gone, "burn", "w", "b")
    reclassify(pact.kor, "msl-2019-10-31", "군사I급비밀")
    assert again(pact.jpn, beyond.id).mark == "機密"
    all_verify(pact)


def test_a_lower_mark_is_followed_but_what_was_made_stays_as_high_as_it_was(pact: Cast, name: str) -> None:
    made = derive(pact.jpn, [name], Made("extract", title="t", language="en", keeper="k", by="b"))
    reclassify(pact.kor, "msl-2019-10-31", "군사III급비밀")
    assert again(pact.jpn, name).mark == "秘"
    assert again(pact.jpn, made.id).mark == "極秘"
    assert open_item(pact.jpn, name).item.mark == "군사III급비밀"
    all_verify(pact)


def test_a_mark_that_is_none_of_the_party_or_an_item_released_to_nobody(pact: Cast, name: str) -> None:
    for item, mark, error in (
        ("msl-2019-10-31", "極秘", InputError),
        ("no-such", "군사I급비밀", NotFound),
        ("../x", "군사I급비밀", InputError),
    ):
        with pytest.raises(error):
            reclassify(pact.kor, item, mark)


def test_a_notice_reaches_who_got_the_item_through_the_ally_and_a_stale_label_is_not_passed_on(pact: Cast) -> None:
    pact.release(via=("USA",))
    relay_pending(pact.usa)
    assert held(pact.jpn).intermediary == "USA"
    (told,) = reclassify(pact.kor, "msl-2019-10-31", "군사III급비밀")
    assert (told.row.peer, told.state) == ("USA", "done")
    assert held(pact.jpn).origin_mark == "군사II급비밀"
    assert [one.state for one in dispatch_pending(pact.usa)] == ["done"]
    assert held(pact.jpn).origin_mark == "군사III급비밀"
    with pytest.raises(Conflict, match="marks it"):
        forward(pact.usa, held(pact.usa).id, "JPN")
    all_verify(pact)


def test_only_an_originator_marks_its_item_anew(pact: Cast, name: str) -> None:
    theirs = replace(pact.item(), id="other", originator="USA", mark="SECRET")
    assert release(pact.usa, theirs, "JPN", payload=b"x").state == "done"
    reclassify(pact.usa, "other", "CONFIDENTIAL")
    with pact.usa.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "reclassification"]
    assert again(pact.jpn, name).origin_mark == "군사II급비밀"
    with pytest.raises(VerificationFailed):
        handle(pact.jpn, "reclassification", row.message[:-4] + b"AAAA", "USA")


def test_duties_have_their_article_their_time_and_whose_they_are(pact: Cast, name: str) -> None:
    report_compromise(pact.jpn, name, "perhaps")
    end_purpose(pact.jpn, name, "b")
    with pact.jpn.store.read() as reading:
        found = open_duties(pact.jpn, reading, at("2019-10-31T19:00+09:00"))
    assert [(one.article, one.do, one.owner, one.overdue) for one in found][-1] == (
        "6(h)",
        "return-or-destroy",
        "desk officer",
        False,
    )


def test_a_duty_that_falls_overdue_is_one_event_and_told_to_whom_it_is_owed(pact: Cast, name: str) -> None:
    silent = pact.jpn.link
    pact.jpn.link = InProcessLink()
    report_compromise(pact.jpn, name, "perhaps")
    assert enter_overdue(pact.jpn) == []  # at once is not yet overdue at that very instant
    pact.clock.set(at("2019-10-31T18:00:00.000000001+09:00"))
    ((found, event),) = enter_overdue(pact.jpn)
    assert (event.do, set(found.overdue)) == ("report", {event.number})
    assert enter_overdue(pact.jpn) == []
    pact.jpn.link = silent
    assert {one.state for one in dispatch_pending(pact.jpn)} == {"done"}
    assert again(pact.jpn, name).duties[event.number].done is not None
    all_verify(pact)


def test_duties_run_on_after_the_lapse(pact: Cast, name: str) -> None:
    end_purpose(pact.jpn, name, "b")
    pact.clock.set(LAPSE.plus(86_400_000_000_000))
    with pact.jpn.store.read() as reading:
        assert [one.do for one in open_duties(pact.jpn, reading, LAPSE)] == ["return-or-destroy"]
    destroy_holding(pact.jpn, name, "burn", "w", "b")
    with pact.jpn.store.read() as reading:
        assert open_duties(pact.jpn, reading, LAPSE) == []
    assert [one.state for one in dispatch_pending(pact.jpn)] == ["done"]
    all_verify(pact)


def test_what_is_done_elsewhere_is_entered_but_not_what_acts_show(pact: Cast, name: str) -> None:
    end_purpose(pact.jpn, name, "b")
    with pytest.raises(InputError, match="shown by what is done"):
        discharge(pact.jpn, name, "return-or-destroy")
    with pytest.raises(NotFound, match="no duty"):
        discharge(pact.jpn, name, "confirm-in-writing")


def test_another_process_finds_it_all_and_a_lost_row_is_seen(pact: Cast, name: str) -> None:
    copy_holding(pact.jpn, name, "room 3", "jpn-clerk")
    derive(pact.jpn, [name], Made("extract", title="t", language="en", keeper="k", by="b"))
    node = pact.reopen("JPN")
    assert verify(node).problems == ()
    with sqlite3.connect(pact.folder / "JPN" / "node.db") as raw:
        raw.execute("UPDATE holding SET events = replace(events, 'room 3', 'room 9') WHERE id = ?", (name,))
    assert verify(node).problems != ()


def test_an_old_notice_kept_back_and_shown_late_lowers_nothing(pact: Cast, name: str) -> None:
    (lower,) = reclassify(pact.kor, "msl-2019-10-31", "군사III급비밀")
    pact.clock.advance(1)
    (higher,) = reclassify(pact.kor, "msl-2019-10-31", "군사II급비밀")
    pact.clock.advance(1)
    pact.release("USA")  # labelled as it is marked now; the United States has seen neither notice
    fresh = held(pact.usa).id
    for message in (lower.row.message, higher.row.message):
        handle(pact.usa, "reclassification", message, "JPN")  # good from whoever brings it
    assert (again(pact.usa, fresh).mark, again(pact.usa, fresh).origin_mark) == ("SECRET", "군사II급비밀")
    assert again(pact.jpn, name).mark == "極秘"
    all_verify(pact)


def test_a_third_person_reads_what_became_of_it(pact: Cast, name: str) -> None:
    copy_holding(pact.jpn, name, "safe 3", "jpn-clerk")
    derive(pact.jpn, [name], Made("translation", "t", "ja", "safe 3", "jpn-clerk"))
    report_compromise(pact.jpn, name, "copy 1 is gone", actual=True)
    report = again(pact.jpn, name).compromises[0].report
    report_findings(pact.jpn, name, report, "left in a car", "no car", "jpn-security")
    reclassify(pact.kor, "msl-2019-10-31", "군사III급비밀")
    end_purpose(pact.jpn, name, "jpn-desk")
    destroy_holding(pact.jpn, name, "burn", "jpn-witness", "jpn-clerk")
    for node in pact.nodes.values():
        dispatch_pending(node)
    bundles = [
        export_bundle(node, "msl-2019-10-31", dossier_files(pact.folder / node.party / "dossier"))
        for node in (pact.kor, pact.jpn)
    ]
    report_of = examine(bundles, [node.keys.own for node in (pact.kor, pact.jpn)])
    assert (report_of.problems, report_of.contradictions) == ((), ())
    told = " | ".join(step.says for step in report_of.account)
    for words in (
        "makes copy 1 of msl-2019-10-31",
        "marks msl-2019-10-31 秘, as its originator marks it 군사III급비밀",
        "tells what it found out of report-",
        "destroys copy 0 of msl-2019-10-31: burn, witnessed by jpn-witness",
        "gives msl-2019-10-31 the mark 군사III급비밀",
        "says that what msl-2019-10-31 was given for is over",
    ):
        assert words in told, (words, told)
