"""Visits, contractors and facilities over the interface: who asks, who decides, and whose the rest is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relto.core.dossier import TwoPersonRule
from relto.node.two_persons import TwoPersonsNeeded
from relto.node.visits import approve_visit, show_in_visit
from tests.office import NOVEMBER, Office, office
from tests.test_contractors import OTHERS
from tests.test_node_setup import Cast, cast, pact
from tests.test_visits import STARTS, asked

__all__ = ["cast", "pact"]

VISIT = {
    "visiting": "KOR",
    "host": "JPN",
    "facility": "ichigaya",
    "agreement": "kor-jpn-2016",
    "purpose": "talks on warning",
    "topics": ["defence/dprk"],
    "ceiling": "SECRET",
    "from": str(NOVEMBER),
    "until": str(NOVEMBER.plus(3_600_000_000_000)),
    "visitors": ["a colonel"],
    "assured": True,
}


@pytest.fixture
def jpn(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, party="JPN") as made:
        made.cast.release()
        yield made


def test_a_desk_asks_for_a_visit_and_another_approves_it_with_a_step_up(jpn: Office) -> None:
    visit = jpn.as_("kim-desk", "POST", "/v1/visits", VISIT).json()
    at = f"/v1/visits/{visit['id']}"
    assert (visit["state"], visit["asked"]["by"], visit["approved"]) == ("asked", "kim-desk", None)
    assert jpn.as_("kim-desk", "POST", f"{at}/approve", {}).status_code == 403
    assert jpn.as_("lee-authority", "POST", f"{at}/approve", {}).status_code == 403
    approved = jpn.as_("lee-authority", "POST", f"{at}/approve", {"ceiling": "CONFIDENTIAL"}, step_up=True).json()
    assert (approved["state"], approved["approved"]["ceiling"]) == ("approved", "CONFIDENTIAL")
    (held,) = jpn.as_("kim-desk", "GET", "/v1/holdings").json()["holdings"]
    for path, body in (
        (f"{at}/show", {"what": held["id"], "to": "a colonel"}),
        (f"/v1/holdings/{held['id']}/open", {"visit": visit["id"]}),
    ):
        refused = jpn.as_("kim-desk", "POST", path, body)
        assert (refused.status_code, "up to CONFIDENTIAL, not SECRET" in refused.text) == (403, True)
    took = jpn.as_("kim-desk", "POST", f"{at}/held", {}).json()
    assert (took["state"], took["came"]) == ("held", ["a colonel"])
    off = jpn.as_("kim-desk", "POST", f"{at}/call-off", {"says": "over"}).json()
    assert off["called_off"]["says"] == "over"
    other = jpn.as_("kim-desk", "POST", "/v1/visits", VISIT).json()["id"]
    declined = jpn.as_("choi-security", "POST", f"/v1/visits/{other}/decline", {"says": "closed"}, step_up=True)
    assert declined.json()["declined"] == "closed"
    listed = jpn.as_("yoon-auditor", "GET", "/v1/visits").json()
    assert (listed["total"], [one["state"] for one in listed["visits"]]) == (2, ["held", "declined"])


def test_an_item_is_shown_within_a_visit(jpn: Office) -> None:
    visit = jpn.as_("kim-desk", "POST", "/v1/visits", VISIT).json()["id"]
    jpn.as_("choi-security", "POST", f"/v1/visits/{visit}/approve", {}, step_up=True)
    shown = jpn.as_("kim-desk", "POST", f"/v1/visits/{visit}/show", {"what": "track", "to": "a colonel"}).json()
    assert [(one["item"], one["holding"], one["to"], one["opened"]) for one in shown["shown"]] == [
        ("track", None, "a colonel", False)
    ]


def test_checklists_officials_and_registers_are_the_security_officer_s(jpn: Office) -> None:
    firm, site = "/v1/contractors/jpn-maker-1", "/v1/facilities/ichigaya"
    begun = {"agreement": "kor-jpn-2016", "inspect_every": "P1Y"}
    assert jpn.as_("kim-desk", "POST", f"{firm}/checklist", begun).status_code == 403
    jpn.as_("choi-security", "POST", f"{firm}/checklist", begun)
    jpn.as_("choi-security", "POST", f"{firm}/conditions", {"conditions": OTHERS, "evidence": "survey 12"})
    ready = jpn.as_("choi-security", "POST", f"{firm}/inspections", {"says": "well", "passed": True}).json()
    assert (ready["complete"], ready["inspection_due"]) == (True, "2020-11-18T15:00:00Z")
    less = jpn.as_("choi-security", "POST", f"{firm}/withdrawals", {"conditions": ["j"], "says": "left"}).json()
    assert [one["id"] for one in less["conditions"] if not one["met"]] == ["j"]
    (duty,) = jpn.as_("kim-desk", "GET", "/v1/duties").json()["duties"]
    assert (duty["contractor"], duty["holding"], duty["article"]) == ("jpn-maker-1", None, "16(g)")
    assert jpn.as_("kim-desk", "GET", "/v1/contractors").json()["total"] == 1
    named = {"official": "jpn-security-1", "task": "documents"}
    assert jpn.as_("lee-authority", "POST", f"{site}/officials", named).status_code == 403
    assert jpn.as_("choi-security", "POST", f"{site}/officials", named).json()["officials"] == ["jpn-security-1"]
    again = jpn.as_("choi-security", "POST", f"{site}/officials", named)
    assert again.status_code == 409
    relieved = jpn.as_("choi-security", "POST", f"{site}/officials/relieve", {"person": "jpn-security-1"}).json()
    assert relieved["officials"] == []
    assert relieved["register"] is None
    enrolled = jpn.as_("choi-security", "POST", f"{site}/register", {"person": "jpn-analyst-7"}).json()
    assert enrolled["register"] == ["jpn-analyst-7"]
    body = {"person": "jpn-analyst-7", "says": "transferred"}
    assert jpn.as_("choi-security", "POST", f"{site}/register/strike", body).json()["register"] == []
    assert jpn.as_("kim-desk", "GET", "/v1/facilities").json()["total"] == 1


def test_what_two_persons_release_is_not_shown_by_the_one_who_approved_the_visit(pact: Cast) -> None:
    visit, base = asked(pact), pact.jpn.base
    rule = TwoPersonRule("a directive", "two persons release it")
    party = replace(base.parties["JPN"], two_person=rule)
    pact.jpn.base = replace(base, parties={**base.parties, "JPN": party})
    approve_visit(pact.jpn, visit, "lee-authority")
    pact.clock.set(STARTS)
    with pytest.raises(TwoPersonsNeeded, match="one person alone"):
        show_in_visit(pact.jpn, visit, "track", "a colonel", "lee-authority")
    assert len(show_in_visit(pact.jpn, visit, "track", "a colonel", "kim-desk").shown) == 1
