"""Decisions under other kinds of agreement: holes in tables, nationals of third states, communities, studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relto.adapters.folder import load_dossier
from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier, Item, Person
from relto.core.route import decide
from tests.making import at

VARIANTS = Path(__file__).parent / "fixtures/variants"


def item(originator: str, mark: str, topic: str, purpose: str = "p") -> Item:
    """An item with only what a decision asks."""
    return Item("x", "x", originator, mark, topic, purpose)


def ask(dossier: Dossier, of: Item, sender: str, recipient: str, when: str, **more: Any) -> Verdict:
    """Release `of` then."""
    return decide(dossier, Request(more.pop("act", "release"), of, sender, recipient, at(when), **more))


def failed(verdict: Verdict) -> dict[str, str]:
    """Each failed check and its article."""
    return {ground.check: ground.article for ground in verdict.failed()}


@pytest.mark.parametrize(
    ("mark", "there"),
    [
        ("EU TOP SECRET", "TOP SECRET"),
        ("SECRET UE", "SECRET"),
        ("CONFIDENTIEL UE", "CONFIDENTIAL"),
        ("RESTREINT UE", "CONFIDENTIAL"),  # no American peer: treated as the next higher
    ],
)
def test_the_american_side_has_three_levels_for_the_unions_four(mark: str, there: str) -> None:
    dossier = load_dossier(VARIANTS / "eu-usa-2007")
    assert ask(dossier, item("EU", mark, "justice"), "EU", "USA", "2010-01-01T00:00Z").marks == (there,)


def test_what_comes_from_the_three_never_arrives_as_restricted() -> None:
    dossier = load_dossier(VARIANTS / "eu-usa-2007")
    verdict = ask(dossier, item("USA", "CONFIDENTIAL", "justice"), "USA", "EU", "2010-01-01T00:00Z")
    assert verdict.marks == ("CONFIDENTIEL UE",)


def test_a_level_left_out_of_the_table_is_not_releasable() -> None:
    dossier = load_dossier(VARIANTS / "eu-usa-rowless")
    verdict = ask(dossier, item("EU", "RESTREINT UE", "justice"), "EU", "USA", "2010-01-01T00:00Z")
    assert failed(verdict) == {"level": "3"}


@pytest.mark.parametrize(
    ("mark", "nationality", "clearance", "failing"),
    [
        ("GEHEIM", "FRA", "SECRET", {}),
        ("GEHEIM", "AUT", "SECRET", {}),
        ("STRENG GEHEIM", "FRA", "SECRET", {"clearance": "4"}),
        ("VERTRAULICH", "FRA", None, {"clearance": "4"}),
        ("EINGESCHRÄNKT", "FRA", None, {}),  # a clearance is needed only from CONFIDENTIAL up
        ("VERTRAULICH", "DEU", "TOP SECRET", {"third-party": "4"}),
        ("EINGESCHRÄNKT", "DEU", None, {}),
    ],
)
def test_clearances_and_third_nationals_from_confidential_up(
    mark: str, nationality: str, clearance: str | None, failing: dict[str, str]
) -> None:
    dossier = load_dossier(VARIANTS / "aut-fra-2008")
    topic = dossier.agreements["aut-fra-2008"][0].scope.topics[0]
    person = Person("a", "FRA", nationality, clearance, None, (topic,))
    verdict = ask(dossier, item("AUT", mark, topic), "AUT", "FRA", "2012-01-01T00:00Z", person=person)
    assert failed(verdict) == failing


def test_a_community_shares_among_its_members_and_with_nobody_else() -> None:
    dossier = load_dossier(VARIANTS / "tlp-community")
    text = dossier.agreements["tlp-community"][0]
    first, second, third = text.parties[:3]
    shared = item(first, dossier.parties[first].marks[0].mark, text.scope.topics[0])
    assert ask(dossier, shared, first, second, "2024-01-01T00:00Z").permits
    assert ask(dossier, shared, second, third, "2024-01-01T00:00Z", act="forward").permits
    outside = ask(dossier, shared, second, "FRA", "2024-01-01T00:00Z", act="forward")
    assert failed(outside) == {"standing": "dossier:agreements"}


class TestStudy:
    """A data use agreement: a named purpose, a retention date that binds by itself, destruction after it."""

    DOSSIER = load_dossier(VARIANTS / "health-dua")
    LAPSE = "2025-06-30T00:00[America/New_York]"

    def ask(self, offset: int, **more: Any) -> Verdict:
        """What the agency provides, so many nanoseconds from the retention date."""
        data = item("data-agency", self.DOSSIER.parties["data-agency"].marks[0].mark, self.topic, "study")
        request = Request(
            more.pop("act", "release"), data, "data-agency", "study-group", at(self.LAPSE).plus(offset), **more
        )
        return decide(self.DOSSIER, request)

    @property
    def topic(self) -> str:
        """A topic within the scope."""
        return self.DOSSIER.agreements["health-dua"][0].scope.topics[0]

    def test_only_for_the_study(self) -> None:
        assert self.ask(-1).permits
        assert failed(self.ask(-1, purpose="marketing")) == {"purpose": "4"}

    @pytest.mark.parametrize("act", ["release", "use", "copy"])
    def test_the_date_stops_supply_and_use_alike(self, act: str) -> None:
        assert self.ask(-1, act=act).permits
        assert failed(self.ask(0, act=act)) == {"standing": "6"}


def test_many_parties_are_decided_per_pair() -> None:
    dossier = load_dossier(VARIANTS / "nato-1997")
    text = dossier.agreements["nato-1997"][0]
    bound = {}
    for party in text.parties:
        if party == "USA":
            continue
        history = dossier.history("nato-1997", between=(party, "USA"))
        bound[party] = history.first_in_force()
    assert len({instant for instant in bound.values() if instant}) > 1  # each from its own deposit
    mark = next(one.mark for one in dossier.parties["USA"].marks if one.rank == "SECRET")
    for party, instant in bound.items():
        if instant is None:
            continue
        shared = item("USA", mark, text.scope.topics[0])
        for offset, permit in ((-1, False), (0, True)):
            request = Request("release", shared, "USA", party, instant.plus(offset))
            verdict = decide(dossier, request)
            assert (verdict.permits and verdict.agreement == "nato-1997") is permit, (party, offset, verdict.failed())
