"""What a record cannot say: each contradiction is named with the instrument, what is wrong, and what to do about it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from relto.core.agreement import Instrument, NoticeRule, Record, check_record
from relto.core.errors import Contradiction
from relto.core.timeline import Day, Period
from tests.making import NOTICE, NOTIFIED, RECORD_2016, SIGNED, SUSPENSION, WITHDRAWAL, act, text_2016

AMENDED = text_2016(version=2, digest="sha256:" + "2" * 64)
CONSENT = act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item="msl", to=("USA",))
AMENDMENT = act("am", "amendment", ("KOR", "JPN"), "2018-01-01T00:00+09:00", text=AMENDED.digest)


def wrong(*instruments: Instrument, **changes: Any) -> tuple[str, str, str]:
    """The instrument, what it does wrong, and the remedy."""
    with pytest.raises(Contradiction) as caught:
        check_record((text_2016(**changes), replace(AMENDED, **changes)), Record("kor-jpn-2016", instruments))
    return caught.value.subject, caught.value.message, caught.value.remedy


def test_the_record_as_it_was_made_contradicts_nothing() -> None:
    check_record((text_2016(), AMENDED), Record("kor-jpn-2016", (*RECORD_2016, CONSENT, AMENDMENT)))


def test_two_instruments_cannot_go_by_one_id() -> None:
    again = replace(NOTIFIED, id="sig")
    assert wrong(SIGNED, again) == ("sig", "instrument `sig` is there twice", "give each instrument its own id")


@pytest.mark.parametrize(
    ("one", "what", "remedy"),
    [
        (replace(NOTICE, by=()), "names no party that made it", "add `by: [PARTY]`"),
        (replace(NOTICE, by=("KOR", "KOR")), "names a party twice in `by`", "name each party once"),
        (replace(CONSENT, by=()), "names no party that made it", "add `by: [PARTY]`"),
        (replace(NOTICE, by=("USA",)), "is by `USA`, which is no party to it", "name a party of the agreement"),
        (replace(NOTICE, by=("KOR", "USA")), "is by `USA`, which is no party to it", "name a party of the agreement"),
        (
            replace(AMENDMENT, text=""),
            "names no text",
            'add `text: "sha256:..."`, the digest of the amended text',
        ),
        (
            replace(AMENDMENT, text="sha256:" + "3" * 64),
            "names a text whose digest does not match any version of the agreement",
            "restore the text that was signed, or sign the text that is there",
        ),
        (
            replace(SIGNED, text="sha256:" + "3" * 64),
            "names a text whose digest does not match any version of the agreement",
            "restore the text that was signed, or sign the text that is there",
        ),
        (replace(CONSENT, to=()), "does not say what may go to whom", "add `to` and `item` or `topic`"),
        (replace(CONSENT, item=""), "does not say what may go to whom", "add `to` and `item` or `topic`"),
        (replace(CONSENT, until=CONSENT.at.instant), "ends before it begins", "correct `at` or `until`"),
        (replace(CONSENT, until=Day.parse("2019-10-02")), "ends before it begins", "correct `at` or `until`"),
        (
            act("n", "notification", ("KOR",), "2017-01-01T00:00Z", sent="2017-01-01T00:00:00.000000001Z"),
            "was received before it was sent",
            "correct `at` or `sent`",
        ),
        (
            replace(NOTICE, targets=("sig",)),
            "is a termination-notice and can have no targets",
            "drop `targets`",
        ),
        (replace(SUSPENSION, targets=()), "names no target", "add `targets: [ID]`"),
        (replace(SUSPENSION, targets=("n001", "n001")), "names a target twice", "name each target once"),
        (
            replace(SUSPENSION, targets=("n001", "n9")),
            "names the target `n9`, which is not in the record",
            "add it or correct the id",
        ),
        (
            replace(SUSPENSION, targets=("sig",)),
            "cannot act on `sig`, a signature",
            "its targets: termination-notice",
        ),
        (
            act("n002", "suspension", ("KOR",), "2019-08-23T15:29:59.999999999+09:00", targets=["n001"]),
            "names the later instrument `n001` as its target",
            "correct the instants or the id",
        ),
        (
            replace(SUSPENSION, by=("JPN",)),
            "is by JPN, but only KOR, who gave `n001`, may do that",
            "let the giver make it",
        ),
        (
            act("w", "withdrawal", ("KOR",), "2016-11-23T11:00+09:00", targets=["sig"]),
            "is by KOR, but only KOR, JPN, who gave `sig`, may do that",
            "let the giver make it",
        ),
        (
            act("w", "withdrawal", ("KOR", "JPN"), "2018-11-23T11:00+09:00", targets=["am"]),
            "cannot act on `am`, a amendment",
            "its targets: accession, consent, delivery, deposit, designation, law-change, notification, signature, "
            "suspension, termination-notice",
        ),
    ],
)
def test_what_an_instrument_cannot_say(one: Instrument, what: str, remedy: str) -> None:
    others = [other for other in (SIGNED, NOTIFIED, NOTICE, AMENDMENT) if other.id != one.id]
    assert wrong(*others, one) == (one.id, f"instrument `{one.id}` {what}", remedy)


@pytest.mark.parametrize(
    "one",
    [
        replace(CONSENT, by=("USA",)),  # an originator may stand outside the agreement
        replace(CONSENT, item="", topic="defence"),
        replace(CONSENT, until=CONSENT.at.instant.plus(1)),
        replace(CONSENT, until=Day.parse("2019-10-03")),
        replace(SIGNED, text=AMENDED.digest),
        act("n", "notification", ("KOR",), "2017-01-01T00:00Z", sent="2017-01-01T00:00Z"),
        act("n002", "suspension", ("KOR", "JPN"), "2019-08-23T15:30+09:00", targets=["n001"]),
    ],
)
def test_what_an_instrument_may_well_say(one: Instrument) -> None:
    others = [other for other in (SIGNED, NOTIFIED, NOTICE) if other.id != one.id]
    check_record((text_2016(), AMENDED), Record("kor-jpn-2016", (*others, one)))


def test_a_text_that_a_later_version_alone_has_as_party_may_sign() -> None:
    joined = text_2016(version=2, digest=AMENDED.digest, parties=("KOR", "JPN", "USA"))
    signed = act("sig-3", "signature", ("USA",), "2018-01-01T00:00Z")
    check_record((text_2016(), joined), Record("kor-jpn-2016", (SIGNED, signed)))


@pytest.mark.parametrize("office", ["depositary", "hub"])
def test_the_one_who_keeps_the_text_may_act_though_no_party(office: str) -> None:
    declared = act("e", "entry-into-force", ("USA",), "2017-01-01T00:00Z")
    text = text_2016(**{office: "USA"})
    check_record((text,), Record("kor-jpn-2016", (SIGNED, declared)))


def test_a_target_counts_from_its_sending_where_the_text_says_so() -> None:
    rule = NoticeRule(Period(0, 90), "before-term-end", "sending")
    text = text_2016(term=replace(text_2016().term, notice=rule))
    sent = act("n001", "termination-notice", ("KOR",), "2019-08-26T10:00+09:00", sent="2019-08-24T10:00+09:00")
    held = act("n002", "suspension", ("KOR",), "2019-08-25T10:00+09:00", targets=["n001"])
    check_record((text,), Record("kor-jpn-2016", (SIGNED, sent, held)))
    assert wrong(SIGNED, sent, held)[1] == "instrument `n002` names the later instrument `n001` as its target"


def test_a_withdrawal_may_take_back_what_its_giver_gave() -> None:
    law = act("law", "law-change", ("KOR",), "2018-01-01T00:00Z")
    named = act("d1", "designation", ("KOR",), "2018-01-01T00:00Z", authority="kor-mnd")
    back = act("w", "withdrawal", ("KOR",), "2019-01-01T00:00Z", targets=["law", "d1"])
    check_record((text_2016(),), Record("kor-jpn-2016", (SIGNED, law, named, back)))
    check_record((text_2016(),), Record("kor-jpn-2016", (SIGNED, NOTICE, SUSPENSION, WITHDRAWAL)))
