"""Several officials at one facility: each has a task and an end of its own."""

from __future__ import annotations

from dataclasses import replace

from relto.core.register import Office
from tests.test_controls import HOUR, NAMED, NOW, RELIEVED, site


def test_who_is_relieved_leaves_the_others_in_office() -> None:
    other = replace(NAMED, official="jpn-security-2", task="keys")
    assert site(NAMED, other, RELIEVED).offices == (
        Office("jpn-security-1", "documents", NOW, NOW.plus(HOUR)),
        Office("jpn-security-2", "keys", NOW, None),
    )


def test_an_office_that_ended_is_not_ended_again() -> None:
    later = NOW.plus(2 * HOUR)
    again = site(NAMED, RELIEVED, replace(NAMED, at=later), replace(RELIEVED, at=later.plus(HOUR)))
    assert [(one.since, one.until) for one in again.offices] == [
        (NOW, NOW.plus(HOUR)),
        (later, later.plus(HOUR)),
    ]
