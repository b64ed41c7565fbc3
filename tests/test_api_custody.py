"""The life of holdings over the interface: who may do what, and that who does it is who is signed in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.office import Office, office


@pytest.fixture
def jpn(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, party="JPN") as made:
        made.cast.release()
        yield made


def held(jpn: Office) -> str:
    (one,) = jpn.as_("kim-desk", "GET", "/v1/holdings").json()["holdings"]
    return str(one["id"])


def test_a_holding_is_copied_translated_ended_and_destroyed(jpn: Office) -> None:
    name = held(jpn)
    at = f"/v1/holdings/{name}"
    copied = jpn.as_("kim-desk", "POST", f"{at}/copies", {"keeper": "safe 3"}).json()
    assert [(one["number"], one["keeper"], one["state"]) for one in copied["copies"]] == [
        (0, None, "held"),
        (1, "safe 3", "held"),
    ]
    said = {"sources": [name], "how": "translation", "title": "t", "language": "ja", "keeper": "safe 3"}
    made = jpn.as_("kim-desk", "POST", "/v1/products", said).json()
    assert (made["mark"], made["sources"], made["originators"]) == ("極秘", [name], ["KOR"])
    laxer = jpn.as_("kim-desk", "POST", "/v1/products", said | {"mark": "秘"})
    assert (laxer.status_code, "4(3)" in laxer.text) == (403, True)
    assert jpn.as_("kim-desk", "POST", f"{at}/end", {}).json()["purpose_ended"] is not None
    assert jpn.as_("kim-desk", "POST", f"{at}/copies", {"keeper": "safe 4"}).status_code == 409
    (duty,) = jpn.as_("kim-desk", "GET", "/v1/duties").json()["duties"]
    assert (duty["do"], duty["article"], duty["owner"]) == ("return-or-destroy", "6(h)", "desk officer")
    own = jpn.as_("kim-desk", "POST", f"{at}/destroy", {"method": "burn", "witness": "kim-desk"})
    assert own.status_code in (400, 422)
    gone = jpn.as_("kim-desk", "POST", f"{at}/destroy", {"method": "burn", "witness": "choi-security"}).json()
    assert [one["state"] for one in gone["copies"]] == ["destroyed", "destroyed"]
    assert jpn.as_("kim-desk", "GET", "/v1/duties").json()["total"] == 0
    assert jpn.as_("kim-desk", "POST", f"{at}/open", {}).status_code == 409


def test_a_loss_is_reported_written_off_and_found_out_by_the_security_officer(jpn: Office) -> None:
    name = held(jpn)
    at = f"/v1/holdings/{name}"
    jpn.as_("kim-desk", "POST", f"{at}/copies", {"keeper": "safe 3"})
    jpn.as_("choi-security", "POST", f"{at}/compromise", {"says": "copy 1 is gone", "actual": True})
    with jpn.cast.jpn.store.read() as reading:
        report = reading.holdings()[0].compromises[0].report
    body = {"copy": 1, "report": report}
    assert jpn.as_("kim-desk", "POST", f"{at}/write-off", body).status_code == 403
    lost = jpn.as_("choi-security", "POST", f"{at}/write-off", body).json()
    assert [one["state"] for one in lost["copies"]] == ["held", "lost"]
    found = {"report": report, "says": "left in a car", "measures": "no car"}
    assert jpn.as_("choi-security", "POST", f"{at}/findings", found).status_code == 200
    with jpn.cast.jpn.store.read() as reading:
        event = reading.holdings()[0].events[-1]
    assert event.by == "choi-security"  # type: ignore[union-attr]


def test_who_may_not_keep_the_register_does_not(jpn: Office) -> None:
    at = f"/v1/holdings/{held(jpn)}"
    for who in ("lee-authority", "park-analyst", "jung-operator", "yoon-auditor"):
        assert jpn.as_(who, "POST", f"{at}/copies", {"keeper": "safe 3"}).status_code == 403
    assert jpn.as_("kim-desk", "POST", "/v1/items/track/mark", {"mark": "秘"}).status_code == 403
    assert jpn.as_("lee-authority", "POST", "/v1/items/track/mark", {"mark": "秘"}).status_code in (403, 404)


def test_the_witnessing_is_told_to_who_may_see_the_head(jpn: Office) -> None:
    told = jpn.as_("jung-operator", "GET", "/v1/ledger/witness").json()
    assert (told["schema"], told["wrong"], told["waiting"]) == ("relto/witness/1", [], [])
    assert {one["party"] for one in told["witnessed"]} == {"KOR"}
    assert jpn.as_("park-analyst", "GET", "/v1/ledger/witness").status_code == 403
