"""The people's interface as its callers see it: signing in, deciding, releasing, opening, proving; on a real server."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from relto.node import release, verify
from tests.office import PASSWORD, Office, office


@pytest.fixture
def kor(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def test_it_lives_is_ready_and_describes_itself(kor: Office) -> None:
    assert kor.ask("GET", "/healthz").json() == {"live": True}
    assert kor.ask("GET", "/readyz").json() == {
        "ready": True,
        "store": True,
        "keys": True,
        "clock": True,
        "ledger": True,
        "clocks_apart": [],
        "records_differ": [],
        "ledgers_forked": [],
    }
    described = kor.ask("GET", "/v1/openapi.json").json()
    assert described["info"]["title"] == "relto: the node of KOR"
    operation = described["paths"]["/v1/releases"]["post"]
    assert operation["x-relto-act"] == "release"
    assert set(operation["responses"]["403"]["content"]) == {"application/problem+json"}


def test_a_clock_that_stepped_back_is_not_ready(kor: Office) -> None:
    kor.cast.release()
    kor.cast.clock.advance(-1)
    told = kor.ask("GET", "/readyz")
    assert (told.status_code, told.json()["clock"], told.json()["store"]) == (503, False, True)


def test_a_releasing_authority_releases_after_stepping_up(kor: Office) -> None:
    asked = {"item": "msl-2019-10-31", "to": "JPN"}
    told = kor.as_("lee-authority", "POST", "/v1/releases", asked)
    assert (told.status_code, told.json()["type"]) == (403, "urn:relto:problem:step-up-needed")
    told = kor.as_("lee-authority", "POST", "/v1/releases", asked, step_up=True)
    assert (told.status_code, told.json()["state"]) == (200, "done")
    seen = kor.as_("lee-authority", "GET", f"/v1/transmittals/{told.json()['id']}")
    assert seen.json() == told.json()
    listed = kor.as_("kim-desk", "GET", "/v1/outbox?state=done&limit=1&offset=2").json()
    assert (listed["total"], [one["id"] for one in listed["transmittals"]]) == (3, [told.json()["id"]])


def test_a_step_up_lasts_a_few_minutes(kor: Office) -> None:
    asked = {"item": "msl-2019-10-31", "to": "JPN"}
    assert kor.as_("lee-authority", "POST", "/v1/releases", asked, step_up=True).status_code == 200
    kor.cast.clock.advance(300 * 1_000_000_000 - 1)
    assert kor.as_("lee-authority", "POST", "/v1/releases", asked).status_code == 200
    kor.cast.clock.advance(1)
    assert kor.as_("lee-authority", "POST", "/v1/releases", asked).status_code == 403


def test_every_act_carries_who_did_it_on_both_sides(kor: Office) -> None:
    told = kor.as_("lee-authority", "POST", "/v1/releases", {"item": "msl-2019-10-31", "to": "JPN"}, step_up=True)
    evidence = kor.as_("choi-security", "GET", f"/v1/evidence?subject={told.json()['id']}").json()["evidence"]
    by = {one["kind"]: one["statement"]["says"].get("by") for one in evidence if one["party"] == "KOR"}
    assert by == dict.fromkeys(("submission", "consignment"), "account:lee-authority/releasing-authority")
    assert [one["kind"] for one in evidence if one["party"] == "JPN"] == ["receipt"]
    for node in kor.cast.nodes.values():
        assert verify(node).problems == ()


def test_a_refusal_tells_its_verdict_and_its_evidence(kor: Office) -> None:
    told = kor.as_("lee-authority", "POST", "/v1/releases", {"item": "grade-1", "to": "JPN"}, step_up=True)
    problem = told.json()
    assert (told.status_code, problem["exit_code"], problem["article"]) == (403, 3, "4")
    assert told.headers["content-type"] == "application/problem+json"
    assert [one["check"] for one in problem["verdict"]["grounds"] if not one["passed"]] == ["level"]
    assert problem["evidence"].startswith("sha256:")
    assert 'relto_refusals_total{check="level"} 1.0' in kor.ask("GET", "/metrics").text


def test_a_peer_that_does_not_answer_leaves_it_queued(kor: Office) -> None:
    kor.cast.link.set_down("JPN")
    told = kor.as_("lee-authority", "POST", "/v1/releases", {"item": "msl-2019-10-31", "to": "JPN"}, step_up=True)
    assert (told.status_code, told.json()["state"]) == (202, "queued")
    assert "relto_outbox_queued 1.0" in kor.ask("GET", "/metrics").text
    assert kor.as_("jung-operator", "GET", "/v1/node").json()["queued"] == 1


def test_an_item_that_the_dossier_does_not_have_comes_with_its_content(kor: Office) -> None:
    item = {
        "id": "warning-1",
        "title": "경보 🚀",
        "originator": "KOR",
        "mark": "군사II급비밀",
        "topic": "defence/dprk/missile",
        "purpose": "missile-warning",
        "caveats": {"rel_to": ["KOR", "JPN"]},
    }
    asked = {"item": item, "to": "JPN", "payload": base64.b64encode(b"\x00one launch").decode()}
    told = kor.as_("lee-authority", "POST", "/v1/releases", asked, step_up=True)
    assert (told.status_code, told.json()["state"]) == (200, "done")
    with kor.cast.jpn.store.read() as reading:
        (held,) = reading.holdings()
    assert (held.received.item, held.received.title) == ("warning-1", "경보 🚀")
    checked = kor.as_("park-analyst", "POST", "/v1/check", {"item": item, "from": "KOR", "to": "JPN"}).json()
    assert checked["verdict"] == "permit"
    told = kor.as_("lee-authority", "POST", "/v1/releases", {**asked, "payload": "not base64!"})
    assert (told.status_code, told.json()["detail"]) == (400, "`payload` is not base64")


def test_a_decision_is_the_one_the_command_line_gives(kor: Office) -> None:
    asked = {"item": "msl-2019-10-31", "from": "KOR", "to": "JPN", "at": "2019-11-18T09:00+09:00"}
    told = kor.as_("park-analyst", "POST", "/v1/check", asked).json()
    assert (told["schema"], told["verdict"], told["marks"]) == ("relto/verdict/1", "permit", ["極秘", "特定秘密"])
    person = {"id": "jpn-analyst-7", "party": "JPN", "clearance": {"rank": "CONFIDENTIAL"}, "need_to_know": ["defence"]}
    told = kor.as_("park-analyst", "POST", "/v1/check", {**asked, "person": person}).json()
    assert "clearance" in [one["check"] for one in told["grounds"] if not one["passed"]]
    assert kor.as_("park-analyst", "POST", "/v1/check", {**asked, "at": "2019-11-18"}).status_code == 400
    assert kor.as_("park-analyst", "POST", "/v1/check", {**asked, "item": "nothing"}).status_code == 404


def test_what_comes_in_is_held_opened_and_reported(kor: Office) -> None:
    node = kor.cast.jpn
    release(node, node.base.item("track"), "KOR")
    (held,) = kor.as_("kim-desk", "GET", "/v1/holdings").json()["holdings"]
    assert (held["item"], held["originator"], held["opened"]) == ("track", "JPN", 0)
    opened = kor.as_("kim-desk", "POST", f"/v1/holdings/{held['id']}/open", {}).json()

    assert base64.b64decode(opened["payload"]) == b"Apogee 910 km."
    assert kor.as_("choi-security", "GET", f"/v1/holdings/{held['id']}").json()["opened"] == 1
    told = kor.as_("choi-security", "POST", f"/v1/holdings/{held['id']}/compromise", {"says": "a copy is missing"})
    assert told.json()["told"] == {"JPN": "done"}
    evidence = kor.as_("yoon-auditor", "GET", f"/v1/evidence?subject={held['id']}").json()["evidence"]
    by = [one["statement"]["says"].get("by") for one in evidence if one["party"] == "KOR"]
    assert by == [None, "account:kim-desk/desk-officer", "account:choi-security/security-officer"]
    told = kor.as_("lee-authority", "POST", f"/v1/holdings/{held['id']}/forward", {"to": "USA"}, step_up=True)
    assert (told.status_code, told.json()["exit_code"]) == (403, 3)


def test_standings_and_the_record(kor: Office) -> None:
    listed = kor.as_("park-analyst", "GET", "/v1/agreements").json()["agreements"]
    assert {"kor-jpn-2016", "tisa-2014"} <= {one["id"] for one in listed}
    told = kor.as_(
        "park-analyst", "GET", "/v1/agreements/kor-jpn-2016/standing?at=2019-11-18T00:00Z&reading=JPN"
    ).json()
    assert (told["state"], told["reading"]) == ("in-force", "JPN")
    assert kor.as_("park-analyst", "GET", "/v1/agreements/nothing/standing").status_code == 404
    record = kor.as_("park-analyst", "GET", "/v1/instruments?agreement=kor-jpn-2016").json()["instruments"]
    assert [one["id"] for one in record] == ["sig", "notif"]


def test_an_instrument_is_signed_delivered_and_countersigned(kor: Office) -> None:
    notice = {
        "agreement": "kor-jpn-2016",
        "id": "n001",
        "kind": "termination-notice",
        "by": ["KOR"],
        "at": "2019-11-18T09:00+09:00",
    }
    told = kor.as_("lee-authority", "POST", "/v1/instruments", notice, step_up=True).json()
    assert (told["complete"], told["deliveries"]) == (True, [{"to": "JPN", "state": "done"}])
    wrong = kor.as_("lee-authority", "POST", "/v1/instruments", {**notice, "id": "n002", "by": ["JPN"]})
    assert (wrong.status_code, wrong.json()["exit_code"]) == (400, 2)
    path = "/v1/instruments/kor-jpn-2016/nothing/countersign"
    assert kor.as_("lee-authority", "POST", path).status_code == 404


def test_the_ledgers_head_and_the_nodes_state(kor: Office) -> None:
    told = kor.as_("yoon-auditor", "GET", "/v1/ledger/checkpoint").json()
    assert told["note"].startswith("relto/ledger/KOR\n")
    state = kor.as_("jung-operator", "GET", "/v1/node").json()
    assert ([one["party"] for one in state["peers"]], state["ledger"]) == (["JPN", "USA"], told["size"])


def test_a_session_is_a_browsers_or_a_programs(kor: Office) -> None:
    told = kor.login("park-analyst", kind="cookie")
    assert "token" not in told.json()
    cookie = told.headers["set-cookie"]
    assert cookie.startswith("__Host-relto=")
    assert {"Path=/", "Secure", "HttpOnly", "SameSite=strict"} <= set(cookie.split("; "))
    token = cookie.split(";")[0].partition("=")[2]
    assert kor.ask("GET", "/v1/session", headers={"Cookie": f"__Host-relto={token}"}).json()["kind"] == "cookie"
    assert kor.ask("GET", "/v1/session", headers={"Authorization": f"Bearer {token}"}).status_code == 401
    bearer = kor.login("park-analyst").json()["token"]
    assert kor.ask("GET", "/v1/session", headers={"Cookie": f"__Host-relto={bearer}"}).status_code == 401


def test_signing_out_ends_the_session(kor: Office) -> None:
    assert kor.as_("park-analyst", "GET", "/v1/session").json()["roles"] == ["analyst"]
    assert kor.as_("park-analyst", "DELETE", "/v1/session").json()["ended"] is True
    told = kor.as_("park-analyst", "GET", "/v1/session")
    assert (told.status_code, told.headers["www-authenticate"]) == (401, "Bearer")


def test_nothing_is_kept_by_what_lies_between(kor: Office) -> None:
    told = kor.as_("park-analyst", "GET", "/v1/session")
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in told.headers["content-security-policy"]
    assert len(told.headers["x-request-id"]) == 16


def test_an_operator_makes_changes_and_disables_accounts(kor: Office) -> None:
    new = {"id": "min-desk", "name": "Min", "roles": ["desk-officer"], "password": PASSWORD}
    told = kor.as_("jung-operator", "POST", "/v1/accounts", new, step_up=True)
    assert (told.status_code, told.json()["password"]) == (201, True)
    assert kor.as_("jung-operator", "POST", "/v1/accounts", new).status_code == 409
    assert kor.as_("min-desk", "GET", "/v1/holdings").status_code == 200
    told = kor.as_("jung-operator", "PATCH", "/v1/accounts/min-desk", {"roles": ["analyst"], "name": "Min Ho"})
    assert told.json()["roles"] == ["analyst"]
    assert kor.as_("min-desk", "GET", "/v1/holdings").status_code == 401  # its sessions have ended
    other = "another horse battery staple"
    assert kor.as_("jung-operator", "PUT", "/v1/accounts/min-desk/password", {"password": other}).status_code == 200
    assert kor.login("min-desk").status_code == 401
    assert kor.login("min-desk", password=other).status_code == 200
    assert kor.as_("jung-operator", "PATCH", "/v1/accounts/min-desk", {"disabled": True}).json()["disabled"] is True
    assert kor.login("min-desk", password=other).status_code == 401
    entries = kor.as_("yoon-auditor", "GET", "/v1/journal").json()["entries"]
    assert [(one["by"], one["act"]) for one in entries if one["act"].startswith("refused")] == [
        ("account:min-desk", "refused: sign-in: disabled"),
        ("account:min-desk", "refused: sign-in: wrong password"),
        ("account:jung-operator", "refused: administer-accounts: step-up-needed"),
    ][:2]
    done = [one["act"] for one in reversed(entries) if one["about"] == "min-desk" and one["by"] != "account:min-desk"]
    assert done == [
        "added as desk-officer",
        "made analyst, was desk-officer",
        "named Min Ho",
        "given a password",
        "disabled",
    ]
