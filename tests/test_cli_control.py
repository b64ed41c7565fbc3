"""Visits, contractors and facilities on the command line: told for people, for programs, and in the exit code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_cli_node import Call, call, pair, rows
from tests.test_contractors import OTHERS
from tests.test_node_setup import make_dossier

__all__ = ["call"]

BY = ("--by", "jpn-security-1", "--node", "jpn")


@pytest.fixture
def nodes(call: Call, tmp_path: Path) -> Call:
    """Two nodes that know each other, JPN with two contractors."""
    (tmp_path / "dossier").mkdir()
    dossier = make_dossier(tmp_path / "dossier")
    file = dossier / "parties" / "JPN.yaml"
    file.write_text(file.read_text("utf-8").replace("until: 2021-01-01", "until: 2099-01-01"), encoding="utf-8")
    pair(call, "--dossier", str(dossier))
    return call


def asked(call: Call, *more: str) -> str:
    code, out, _ = call(
        "visits", "ask", "--host", "JPN", "--facility", "ichigaya", "--under", "kor-jpn-2016",
        "--purpose", "talks on warning", "--topic", "defence/dprk", "--ceiling", "SECRET",
        "--from", "2020-01-01T00:00Z", "--until", "2099-01-01T00:00Z", "--visitor", "a colonel", "--assured",
        "--by", "kor-desk-1", "--node", "kor", "--json", *more,
    )  # fmt: skip
    assert code == 0
    return str(rows(out)[0]["id"])


def test_a_visit_is_asked_approved_shown_in_and_called_off(nodes: Call) -> None:
    assert nodes("visits", "list", "--node", "jpn")[1] == "no visits\n"
    visit = asked(nodes)
    (seen,) = rows(nodes("visits", "list", "--node", "jpn", "--json")[1])
    assert (seen["schema"], seen["id"], seen["state"]) == ("relto/visit/1", visit, "asked")
    code, _, err = nodes("visits", "show", visit, "track", "--to", "a colonel", *BY)
    assert (code, "was not approved (article 8)" in err) == (3, True)
    code, out, _ = nodes("visits", "approve", visit, "--ceiling", "CONFIDENTIAL", *BY)
    assert code == 0
    assert re.search(r"approved: KOR to ichigaya of JPN\n.*\n  up to +CONFIDENTIAL\n  within +2020-01-01", out)
    code, _, err = nodes("visits", "show", visit, "track", "--to", "a colonel", *BY)
    assert (code, "up to CONFIDENTIAL, not SECRET (article 8)" in err) == (3, True)
    other = asked(nodes)
    assert nodes("visits", "approve", other, *BY)[0] == 0
    code, out, _ = nodes("visits", "show", other, "track", "--to", "a colonel", *BY)
    assert (code, "track (SECRET) to a colonel" in out) == (0, True)
    code, out, _ = nodes("visits", "show", other, "track", "--to", "a colonel", "--purpose", "training", *BY)
    assert (code, "purpose" in out) == (3, True)
    held = rows(nodes("visits", "held", other, "--json", *BY)[1])[0]
    assert (held["state"], held["came"], len(held["shown"])) == ("held", ["a colonel"], 1)
    assert "called-off" in nodes("visits", "call-off", visit, "--says", "a storm", "--by", "k", "--node", "kor")[1]
    third = asked(nodes)
    assert "declined" in nodes("visits", "decline", third, "--says", "closed", *BY)[1]
    assert [one["state"] for one in rows(nodes("visits", "list", "--node", "kor", "--json")[1])] == [
        "called-off",
        "approved",  # that it took place is the host's own record
        "declined",
    ]
    for party in ("kor", "jpn"):
        assert nodes("ledger", "verify", "--node", party)[0] == 0


def test_a_holding_is_opened_within_a_visit_or_not(nodes: Call) -> None:
    assert nodes("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")[0] == 0
    holding = rows(nodes("inbox", "--node", "jpn", "--json")[1])[0]["id"]
    visit = asked(nodes)
    code, _, err = nodes("open", holding, "--visit", visit, "--node", "jpn")
    assert (code, "was not approved (article 8)" in err) == (3, True)
    nodes("visits", "approve", visit, *BY)
    assert nodes("open", holding, "--visit", visit, "--node", "jpn")[0] == 0
    assert "opened" in nodes("visits", "list", "--node", "jpn")[1]


def test_a_contractor_is_confirmed_inspected_and_its_inspection_falls_due(nodes: Call) -> None:
    assert nodes("contractors", "list", "--node", "jpn")[1] == "no checklist of a contractor was begun\n"
    assert nodes("contractors", "set", "no-such", "--under", "kor-jpn-2016", "--inspect-every", "P1Y", *BY)[0] == 4
    firm = "jpn-maker-1"
    code, out, _ = nodes("contractors", "set", firm, "--under", "kor-jpn-2016", "--inspect-every", "P1Y", *BY)
    assert (code, "15 of 15 conditions not met, article 16 of kor-jpn-2016" in out) == (0, True)
    nodes("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")
    holding = rows(nodes("inbox", "--node", "jpn", "--json")[1])[0]["id"]
    code, _, err = nodes("holdings", "show", holding, "--to", firm, *BY)
    assert (code, "conditions of the contractor" in err) == (3, True)
    letters = [part for one in OTHERS for part in ("--condition", one)]
    nodes("contractors", "confirm", firm, *letters, "--evidence", "survey 12", *BY)
    code, out, _ = nodes("contractors", "inspect", firm, "--says", "as it should be", *BY)
    assert (code, "all conditions met" in out, "passed: as it should be" in out) == (0, True, True)
    assert nodes("holdings", "show", holding, "--to", firm, *BY)[0] == 0
    (duty,) = rows(nodes("duties", "--node", "jpn", "--json")[1])
    assert (duty["contractor"], duty["article"], duty["do"], duty["holding"]) == (firm, "16(g)", "inspect", None)
    assert re.search(
        r"due .*  inspect  article 16\(g\)  security officer  jpn-maker-1", nodes("duties", "--node", "jpn")[1]
    )
    assert "OVERDUE since" in nodes("duties", "--overdue", "--at", "2099-01-01T00:00Z", "--node", "jpn")[1]
    assert f"{firm}  contractor" in nodes("holdings", "list", "--due", "--node", "jpn")[1]
    due = rows(nodes("holdings", "list", "--due", "--node", "jpn", "--json")[1])
    assert [(one["schema"], one["id"]) for one in due] == [("relto/contractor/1", firm)]
    out = nodes("contractors", "list", "--at", "2099-01-01T00:00Z", "--node", "jpn")[1]
    assert "not met     (g) the site was inspected at first" in out
    assert "OVERDUE since" in out
    nodes("contractors", "withdraw", firm, "--condition", "j", "--says", "left", *BY)
    told = rows(nodes("contractors", "list", "--node", "jpn", "--json")[1])[0]
    assert [one["id"] for one in told["conditions"] if not one["met"]] == ["j"]
    failed = rows(nodes("contractors", "inspect", firm, "--says", "a door", "--failed", "--json", *BY)[1])[0]
    assert (failed["inspected"]["passed"], failed["inspection_due"]) == (False, None)
    assert nodes("ledger", "verify", "--node", "jpn")[0] == 0


def test_officials_and_a_register_of_a_facility(nodes: Call) -> None:
    assert nodes("facilities", "list", "--node", "jpn")[1] == "ichigaya\n  official  none is named\n"
    appoint = ("facilities", "appoint", "ichigaya", "--official", "sato", "--task", "documents")
    assert "sato, documents, since" in nodes(*appoint, *BY)[1]
    code, _, err = nodes(*appoint, *BY)
    assert (code, "responsible already" in err) == (7, True)
    told = rows(nodes("facilities", "relieve", "ichigaya", "--official", "sato", "--json", *BY)[1])[0]
    assert (told["officials"], told["offices"][0]["official"], told["register"]) == ([], "sato", None)
    assert "register  jpn-analyst-7" in nodes("facilities", "enrol", "ichigaya", "--person", "jpn-analyst-7", *BY)[1]
    out = nodes("facilities", "strike", "ichigaya", "--person", "jpn-analyst-7", "--says", "transferred", *BY)[1]
    assert "register  nobody" in out
    assert "none is named" in nodes("facilities", "list", "--node", "jpn")[1]
    assert nodes("facilities", "enrol", "no-such", "--person", "x", *BY)[0] == 4
    assert nodes("ledger", "verify", "--node", "jpn")[0] == 0
