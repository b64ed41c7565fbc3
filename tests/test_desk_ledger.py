"""Verifying from the desk, beside the serving; and who can open a holding now."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.keys import write_private
from relto.adapters.verifier import VERIFIED, ProcessVerifier
from relto.core.dossier.party import Facility
from relto.core.errors import Conflict, InputError
from relto.node import open_item, release
from relto.node.custody import destroy_holding, end_purpose
from relto.node.verifying import Verifier, Verifying
from tests.desk import Desks, csrf, desks
from tests.test_node_setup import LAPSE, at

AT = at("2019-11-18T09:00+09:00")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


def ended(verifier: Verifier | None) -> Verifying:
    """How the verification that runs came out."""
    assert verifier is not None
    while (found := verifier.last()) is None or found.ended is None:
        time.sleep(0.02)
    return found


def begin(made: Desks, account: str, do: str = "begin") -> int:
    client = made.client("JPN", account)
    fields = {"csrf": csrf(client.get("/desk/ledger")), "do": do}
    return client.post("/desk/ledger/verify", data=fields).status_code


@pytest.mark.parametrize("account", ["choi-security", "yoon-auditor"])
def test_what_holds_is_said_to_hold_with_its_figures(made: Desks, account: str) -> None:
    release(made.cast.kor, made.cast.item(), "JPN")
    client = made.client("JPN", account)
    assert "Not verified from here yet" in client.get("/desk/ledger").text
    assert begin(made, account) == 303
    with made.cast.jpn.store.write() as tx:  # nobody waits for it
        tx.note("clock", "KOR", "")
    found = ended(made.contexts["JPN"].verifier)
    assert (found.state, found.problems, found.by) == ("holds", (), f"account:{account}/{found.by.partition('/')[2]}")
    page = client.get("/desk/ledger").text
    assert "everything holds" in page
    assert f"{found.leaves} leaves, {found.receipts} receipts" in page
    assert "data-again" not in page
    release(made.cast.kor, replace(made.cast.item(), id="more"), "JPN")
    assert re.search(r"\d leaves were added since", client.get("/desk/ledger").text)


def test_what_was_changed_is_named_and_still_is_after_a_restart(made: Desks) -> None:
    release(made.cast.kor, made.cast.item(), "JPN")
    with made.cast.jpn.store.write() as tx:
        tx._connection.exec_driver_sql("UPDATE holding SET mark = 'x'")  # type: ignore[attr-defined]
    assert begin(made, "choi-security") == 303
    found = ended(made.contexts["JPN"].verifier)
    assert found.state == "changed"
    page = made.client("JPN", "choi-security").get("/desk/ledger").text
    assert "not everything holds" in page
    assert "mark" in found.problems[0]
    assert f"<bdi>{found.problems[0]}</bdi>".replace("'", "&#39;") in page
    folder = made.cast.folder / "JPN"
    made.contexts["JPN"].verifier.__exit__()  # type: ignore[union-attr]
    assert (folder / VERIFIED).stat().st_mode & 0o777 == 0o600
    assert ProcessVerifier(folder, lambda: AT, write_private).last() == found


def test_only_who_sees_evidence_verifies_and_by_a_form_of_the_desk(made: Desks) -> None:
    for account in ("kim-desk", "jung-operator", "park-analyst"):
        client = made.client("JPN", account)
        page = client.get("/desk/ledger" if account == "jung-operator" else "/desk/")
        assert "/desk/ledger/verify" not in page.text
        assert client.post("/desk/ledger/verify", data={"csrf": csrf(page), "do": "begin"}).status_code == 403
    auditor = made.client("JPN", "yoon-auditor")
    assert auditor.post("/desk/ledger/verify", data={"csrf": "x", "do": "begin"}).status_code == 403
    assert made.contexts["JPN"].verifier.last() is None  # type: ignore[union-attr]


class Stood:
    """A verifier whose process waits for ever, or says what it is told to."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
        real = subprocess.Popen
        monkeypatch.setattr(subprocess, "Popen", lambda command, **more: real([command[0], "-c", script], **more))
        self.verifier = ProcessVerifier(folder, lambda: AT, write_private, longest=60.0)


WAITS = """
import json, time
print(json.dumps({"schema": "relto/progress/1", "what": "signatures", "done": 30000, "total": 40000}), flush=True)
time.sleep(600)
"""


def test_how_far_it_is_is_seen_and_one_at_a_time_can_be_stopped(
    made: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = Stood(monkeypatch, tmp_path, WAITS).verifier
    with verifier:
        made.contexts["JPN"].verifier = verifier
        assert begin(made, "choi-security") == 303
        client = made.client("JPN", "yoon-auditor")
        while "30,000 of 40,000 leaves" not in (page := client.get("/desk/ledger").text):
            time.sleep(0.02)
        assert "data-again><h2>Verification" in page
        assert '<progress max="1" value="0.25"' in page
        assert "step 1 of 3: signatures" in page
        assert begin(made, "yoon-auditor") == 409
        assert begin(made, "yoon-auditor", "stop") == 303
        assert ended(verifier).state == "stopped"
        assert "It was stopped before its end" in client.get("/desk/ledger").text
        assert begin(made, "yoon-auditor", "stop") == 303  # nothing runs, nothing is stopped
        verifier.begin("account:a/auditor")
    assert ended(verifier).state == "stopped"  # it ends with the node


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("print('relto: there is no node'); raise SystemExit(4)", "relto: there is no node"),
        ("import os; os._exit(9)", "it ended with 9"),
        ("print('[1]'); print('{}'); print('null')", "null"),
        ('print(\'{"schema": "relto/progress/1"}\')', '{"schema": "relto/progress/1"}'),
    ],
)
def test_one_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str) -> None:
    verifier = Stood(monkeypatch, tmp_path, script).verifier
    verifier.begin("account:a/auditor")
    found = ended(verifier)
    assert (found.state, found.why) == ("failed", why)


def test_one_that_takes_too_long_or_is_killed_has_found_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = Stood(monkeypatch, tmp_path, WAITS).verifier
    verifier._longest = 0.05
    verifier.begin("account:a/auditor")
    assert ended(verifier).why == "it took more than 0 s"
    verifier._longest = 60.0
    verifier.begin("account:a/auditor")
    with pytest.raises(Conflict, match="runs already"):
        verifier.begin("account:b/auditor")
    assert verifier._process is not None
    os.kill(verifier._process.pid, signal.SIGKILL)
    assert ended(verifier).state == "failed"


def test_one_that_cannot_be_begun_is_not_said_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Stood(monkeypatch, tmp_path, "print('relto: there is no node')").verifier
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))  # no further file can be opened
    try:
        with pytest.raises(OSError, match="open files"):
            verifier.begin("account:a/auditor")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert verifier.last() is None
    verifier.begin("account:a/auditor")
    assert ended(verifier).state == "failed"


HELPED = f"""
import subprocess, sys
helper = subprocess.Popen([sys.executable, "-c", {WAITS!r}])
helper.wait()
"""


def test_what_helps_one_that_is_stopped_ends_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    verifier = Stood(monkeypatch, tmp_path, HELPED).verifier
    verifier.begin("account:a/auditor")
    while (found := verifier.last()) is None or not found.done:  # its helper runs
        time.sleep(0.02)
    verifier.stop()
    assert verifier._watching is not None
    verifier._watching.join(60)
    assert not verifier._watching.is_alive()  # nobody is left who holds its output
    assert ended(verifier).state == "stopped"


CHANGED = """
import json
value = {"schema": "relto/verification/1", "holds": False, "leaves": 1, "receipts": 2, "proofs": 3, "holdings": 4}
print(json.dumps({**value, "problems": ["leaf %d: <b>\u202e" % n for n in range(1500)]}))
raise SystemExit(5)
"""


def test_of_very_many_changes_some_are_named_and_the_others_counted(
    made: Desks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier = made.contexts["JPN"].verifier = Stood(monkeypatch, tmp_path, CHANGED).verifier
    verifier.begin("account:a/auditor")
    found = ended(verifier)
    assert (found.state, len(found.problems), found.more) == ("changed", 1000, 500)
    page = made.client("JPN", "yoon-auditor").get("/desk/ledger").text
    assert "1500 records are not" in page
    assert page.count("leaf 9: &lt;b&gt;\ufffd") == 1
    assert "and 1400 more" in page


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b'{"schema":"relto/verified/1","state":"x"}', b"\xff"])
def test_what_was_kept_and_is_no_outcome_is_as_none(tmp_path: Path, data: bytes) -> None:
    (tmp_path / VERIFIED).write_bytes(data)
    assert ProcessVerifier(tmp_path, lambda: AT, write_private).last() is None
    with pytest.raises(InputError):
        Verifying.from_bytes(data)


def held(made: Desks) -> str:
    release(made.cast.kor, made.cast.item(), "JPN")
    with made.cast.jpn.store.read() as reading:
        return reading.holdings()[0].id


def can_open(made: Desks, name: str, account: str = "kim-desk", when: str = "") -> str:
    page = made.client("JPN", account).get(f"/desk/holdings/{name}{when}").text
    found = re.search(r"<h2>Who can open it now</h2>(.*?)</section>", page, re.S)
    assert found is not None
    return found[1]


def test_who_can_open_it_now_is_who_then_opens_it(made: Desks) -> None:
    made.cast.give_notice()
    made.cast.clock.set(AT)
    name = held(made)
    told = can_open(made, name)
    assert "the party&#39;s competent authority</span> through this desk: Kim-Desk" in told
    assert f"/desk/holdings/{name}/open" in told
    assert "none of your roles opens items" in can_open(made, name, "choi-security")
    made.contexts["JPN"].people.change_account(
        "kim-desk", lambda one: replace(one, disabled=True), by="console:test", at=AT
    )
    assert "no account here has a role that opens" in can_open(made, name, "choi-security")
    made.cast.clock.set(LAPSE)
    assert "competent authority" in can_open(made, name, "lee-authority")  # it outlives the pact (article 21(4))
    assert open_item(made.cast.jpn, name).payload


def test_why_nobody_can_is_said(made: Desks) -> None:
    name = held(made)
    end_purpose(made.cast.jpn, name, "clerk")
    told = can_open(made, name)
    assert "nobody" in told
    assert "is over since" in told
    assert "/open" not in told
    destroy_holding(made.cast.jpn, name, "burn", "w", "clerk")
    told = can_open(made, name)
    assert "nobody" in told
    assert "was destroyed on" in told


def test_persons_and_systems_on_record_each_with_the_reason(made: Desks) -> None:
    name = held(made)
    base, party = made.cast.jpn.base, made.cast.jpn.base.parties["JPN"]
    told = can_open(made, name)
    for site in party.facilities:
        for person in site.register:
            assert person in told
    hut = Facility("hut", "RESTRICTED", ("sato",))
    changed = replace(party, facilities=(*party.facilities, hut))
    made.cast.jpn.base, made.cast.jpn._folded = replace(base, parties={**base.parties, "JPN": changed}), None
    told = can_open(made, name)
    assert re.search(
        r"<bdi>sato</bdi> <span class=\"dim\">at hut</span></td><td[^>]*><span class=\"pill lapsed\">no", told
    )
    assert "hut may hold items up to RESTRICTED" in told
