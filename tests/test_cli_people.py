"""The people of a node by the command line: its first account, accounts and roles, two persons, who did what."""

from __future__ import annotations

import json
import multiprocessing
import stat
from pathlib import Path
from typing import Any

import pytest
import yaml

from relto.cli.main import run
from relto.compose import open_node, open_people
from relto.core.errors import Conflict, NotFound
from relto.core.timeline import parse_instant
from relto.node import delivery_of
from relto.node.approving import approve
from relto.node.people import Actor, NotSignedIn
from relto.node.statements import statement
from tests.office import PASSWORD
from tests.test_cli_node import Call, call, pair, rows

__all__ = ["call"]
AT = ("--at", "2019-11-18T09:00+09:00")
NOVEMBER = parse_instant(AT[1])
REHEARSAL = ("--rehearsal", *AT)
SECRET = "passphrase-of-a-rehearsal"


@pytest.fixture
def secrets(tmp_path: Path, call: Call) -> dict[str, str]:
    """Files with passwords, mode 600."""
    made = {}
    for name in ("op", "kim", "lee", "oh"):
        path = tmp_path / f"{name}.txt"
        path.write_text(f"{PASSWORD} of {name}\n")
        path.chmod(0o600)
        made[name] = str(path)
    return made


def kor(call: Call, secrets: dict[str, str], *more: str) -> None:
    """The node of KOR with its people."""
    code, _, err = call(
        "node", "init", "--party", "KOR", "kor", "--operator", "op", "--password-file", secrets["op"], *more
    )
    assert code == 0, err
    for name, role in (("kim", "desk-officer"), ("lee", "releasing-authority")):
        arguments = ("account", "add", name, "--role", role, "--password-file", secrets[name], "--node", "kor")
        assert call(*arguments)[0] == 0


def by_of(folder: str, kind: str) -> list[Any]:
    """Who did it, as each piece of the node's own evidence of a kind says."""
    node = open_node(folder, None)
    with node.store.read() as reading:
        found = [statement(one.evidence) for one in reading.leaves() if one.kind == kind and one.signer == node.party]
    node.close()
    return [one.says.get("by") for one in found]


class TestFirstAccount:
    """`relto node init` makes it."""

    def test_its_password_is_kept_for_its_owner_alone_where_no_terminal_shows_it(self, call: Call) -> None:
        code, out, err = call("node", "init", "--party", "KOR", "kor", "--json")
        path = Path("kor/operator-password")
        password = path.read_text().strip()
        assert (code, json.loads(out)["operator"]) == (0, "operator")
        assert "its password is in kor/operator-password" in err
        assert password not in out + err
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        people = open_people("kor")
        assert people.check_password("operator", password, NOVEMBER).roles == ("operator",)
        with pytest.raises(NotSignedIn):
            people.check_password("operator", password + "x", NOVEMBER)
        people.close()

    def test_it_may_be_chosen(self, call: Call, secrets: dict[str, str]) -> None:
        kor(call, secrets)
        assert not Path("kor/operator-password").exists()
        people = open_people("kor")
        assert people.check_password("op", f"{PASSWORD} of op", NOVEMBER).id == "op"
        people.close()
        assert [one["by"] for one in rows(call("account", "journal", "--node", "kor", "--json")[1])] == [
            "console", "console:op", "console:op",
        ]  # fmt: skip

    @pytest.mark.parametrize("wrong", ["short", "loose", "missing", "id"])
    def test_nothing_is_made_where_it_would_be_none(self, call: Call, tmp_path: Path, wrong: str) -> None:
        path = tmp_path / "password"
        path.write_text("short" if wrong == "short" else PASSWORD)
        path.chmod(0o644 if wrong == "loose" else 0o600)
        operator = "../op" if wrong == "id" else "op"
        file = str(tmp_path / "nothing") if wrong == "missing" else str(path)
        arguments = ("node", "init", "--party", "KOR", "kor", "--operator", operator, "--password-file", file)
        code, _, err = call(*arguments)
        assert (code, err.count("\n")) == (2, 1)
        assert not Path("kor").exists()


class TestAccounts:
    """`relto account`."""

    def test_made_listed_changed_disabled_enabled(self, call: Call, secrets: dict[str, str]) -> None:
        kor(call, secrets)
        listed = rows(call("account", "list", "--node", "kor", "--json")[1])
        assert [(one["id"], one["roles"]) for one in listed] == [
            ("kim", ["desk-officer"]), ("lee", ["releasing-authority"]), ("op", ["operator"]),
        ]  # fmt: skip
        people = open_people("kor")
        session = people.begin_session("kim", "bearer", NOVEMBER)
        assert call("account", "role", "kim", "desk-officer", "analyst", "--node", "kor")[0] == 0
        with pytest.raises(NotSignedIn):
            people.session(session.token, NOVEMBER)
        session = people.begin_session("kim", "bearer", NOVEMBER)
        code, out, _ = call("account", "disable", "kim", "--node", "kor")
        assert (code, "disabled" in out) == (0, True)
        with pytest.raises(NotSignedIn):  # in a process that was running all the while
            people.session(session.token, NOVEMBER)
        assert call("account", "enable", "kim", "--node", "kor")[0] == 0
        assert call("account", "password", "kim", "--password-file", secrets["oh"], "--node", "kor")[0] == 0
        assert people.check_password("kim", f"{PASSWORD} of oh", NOVEMBER).id == "kim"
        assert call("account", "password", "kim", "--none", "--node", "kor")[0] == 0
        with pytest.raises(NotSignedIn):
            people.check_password("kim", f"{PASSWORD} of oh", NOVEMBER)
        people.close()
        acts = [one["act"] for one in rows(call("account", "journal", "--node", "kor", "--json")[1])][3:]
        assert acts == [
            "made desk-officer, analyst, was desk-officer",
            "disabled",
            "enabled",
            "given a password",
            "left without a password",
            "refused: sign-in: wrong password",
        ]
        assert "refused: sign-in" in call("account", "journal", "--node", "kor")[1]

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (("add", "lee", "--role", "analyst", "--no-password"), 7, "another account has that id"),
            (("add", "x", "--role", "auditor", "--role", "analyst", "--no-password"), 2, "auditor with another role"),
            (("add", "x", "--role", "analyst"), 2, "no password for `x`"),
            (("add", "x", "--role", "king", "--no-password"), 2, "king"),
            (("add", "x", "--role", "analyst", "--no-password", "--certificate", "kor/node.toml"), 2, "no certificate"),
            (
                ("add", "x", "--role", "analyst", "--no-password", "--issuer", "https://id.example"),
                2,
                "without a subject",
            ),
            (("role", "op", "analyst"), 7, "nobody would be left"),
            (("disable", "op"), 7, "nobody would be left"),
            (("disable", "nobody"), 4, "no account `nobody`"),
            (("disable", "../lee"), 2, "not the id of an account"),
        ],
    )
    def test_what_is_refused_says_why(
        self, call: Call, secrets: dict[str, str], arguments: tuple[str, ...], code: int, says: str
    ) -> None:
        kor(call, secrets)
        found, _, err = call("account", *arguments, "--node", "kor")
        assert (found, says in err, err.count("\n")) == (code, True, 1), err

    def test_a_password_is_taken_from_no_argument(self, call: Call) -> None:
        assert call("account", "add", "x", "--role", "analyst", "--password", PASSWORD, "--node", "kor")[0] == 2


class TestWhoDidIt:
    """Every act at the console is its operator's, in the evidence."""

    def test_releases_and_openings_say_so_on_both_sides(self, call: Call) -> None:
        pair(call)
        assert call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")[0] == 0
        held = rows(call("inbox", "--node", "jpn", "--json")[1])[0]["id"]
        assert call("open", held, "--node", "jpn")[0] == 0
        assert by_of("kor", "submission") == by_of("kor", "consignment") == ["console:operator"]
        assert by_of("jpn", "handover") == ["console:operator"]
        assert by_of("jpn", "receipt") == [None]  # that the node did by itself
        for node in ("kor", "jpn"):
            assert call("ledger", "verify", "--node", node)[0] == 0

    def test_refusals_do_too(self, call: Call) -> None:
        pair(call)
        assert call("release", "msl-2019-10-31-grade-1", "--to", "JPN", "--node", "kor")[0] == 3
        assert by_of("kor", "refusal") == ["console:operator"]


@pytest.fixture
def two(call: Call, secrets: dict[str, str]) -> dict[str, str]:
    """Two nodes in November 2019; the law of KOR asks for two persons before anything on missiles goes."""
    kor(call, secrets, *REHEARSAL)
    assert call("node", "init", "--party", "JPN", "jpn", *REHEARSAL)[0] == 0
    assert call("node", "pin", "jpn", "--node", "kor")[0] == 0
    assert call("node", "pin", "kor", "--node", "jpn")[0] == 0
    path = Path("kor/dossier/parties/KOR.yaml")
    law = {"citation": "Military Secrets Protection Act, article 8", "says": "two officers release what is secret"}
    rule = yaml.safe_dump({"two_person": {**law, "topics": ["defence/dprk"]}})
    first, *others = path.read_text("utf-8").split("\n---\n")
    path.write_text("\n---\n".join([f"{first}\n{rule}", *others]), "utf-8")
    return secrets


class TestTwoPersons:
    """Where a party's own law asks for a second person, one alone releases nothing."""

    def submit(self, call: Call, two: dict[str, str], who: str = "kim") -> tuple[int, str, str]:
        arguments = ("--to", "JPN", "--account", who, "--password-file", two[who], "--node", "kor", *AT, "--json")
        return call("approval", "submit", "msl-2019-10-31", *arguments)

    def approve(self, call: Call, two: dict[str, str], identifier: str, who: str = "lee") -> tuple[int, str, str]:
        arguments = ("--account", who, "--password-file", two[who], "--node", "kor", *AT, "--json")
        return call("approval", "approve", identifier, *arguments)

    def test_one_alone_is_refused_with_the_national_citation_and_it_is_journalled(
        self, call: Call, two: dict[str, str]
    ) -> None:
        code, _, err = call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor", *AT)
        assert (code, "article domestic:KOR: Military Secrets Protection Act, article 8" in err) == (3, True)
        assert call("outbox", "--node", "kor", "--json")[1] == ""
        last = rows(call("account", "journal", "--node", "kor", "--json")[1])[-1]
        assert (last["by"], last["act"]) == ("account:op", "refused: release: two-persons-needed")

    def test_two_release_and_both_stand_in_the_evidence(self, call: Call, two: dict[str, str]) -> None:
        code, out, err = self.submit(call, two)
        assert code == 0, err
        waiting = rows(out)[0]
        assert (waiting["state"], waiting["by"]) == ("pending", "account:kim/desk-officer")
        code, out, err = self.approve(call, two, waiting["id"])
        assert (code, rows(out)[0]["state"]) == (0, "done"), err
        both = f"account:lee/releasing-authority approving {waiting['id']} of account:kim/desk-officer"
        assert by_of("kor", "submission") == [both]
        (settled,) = rows(call("approval", "list", "--node", "kor", "--json")[1])
        assert (settled["state"], settled["transmittal"]) == ("approved", rows(out)[0]["id"])
        assert len(rows(call("inbox", "--node", "jpn", "--json")[1])) == 1
        assert self.approve(call, two, waiting["id"])[0] == 7

    def test_what_is_refused(self, call: Call, two: dict[str, str]) -> None:
        assert self.submit(call, two, "op")[0] == 3  # an operator submits nothing
        own = rows(self.submit(call, two, "lee")[1])[0]["id"]
        assert self.approve(call, two, own, "lee")[0] == 3  # nobody approves their own
        assert self.approve(call, two, own, "kim")[0] == 3  # a desk officer approves nothing
        wrong = {**two, "lee": two["kim"]}
        assert self.approve(call, wrong, own, "lee")[0] == 3  # a wrong password
        assert self.approve(call, two, "a-nothing")[0] == 4
        refused = ("approval", "refuse", own, "--account", "lee", "--password-file", two["lee"], "--node", "kor", *AT)
        assert call(*refused, "--note", "not yet")[0] == 0
        assert call(*refused)[0] == 7
        assert call("outbox", "--node", "kor", "--json")[1] == ""
        acts = [one["act"] for one in rows(call("account", "journal", "--node", "kor", "--json")[1])]
        assert {"refused: submit: not-allowed", "refused: release: not-allowed"} <= set(acts)
        assert "refused: sign-in: wrong password" in acts

    def test_a_refusal_by_the_agreements_settles_it(self, call: Call, two: dict[str, str]) -> None:
        arguments = ("--to", "JPN", "--account", "kim", "--password-file", two["kim"], "--node", "kor", *AT, "--json")
        code, out, err = call("approval", "submit", "msl-2019-10-31-grade-1", *arguments)
        assert code == 0, err
        code, told, _ = self.approve(call, two, rows(out)[0]["id"])
        assert (code, rows(told)[0]["verdict"]) == (3, "refuse")
        assert rows(call("approval", "list", "--node", "kor", "--json")[1])[0]["state"] == "refused"

    def test_one_that_was_cut_short_after_its_release_is_not_released_twice(
        self, call: Call, two: dict[str, str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        identifier = rows(self.submit(call, two)[1])[0]["id"]
        child = multiprocessing.get_context("fork").Process(target=_killed_after_release, args=(identifier,))
        child.start()
        child.join()
        assert child.exitcode == -9
        assert rows(call("approval", "list", "--node", "kor", "--json")[1])[0]["state"] == "approving"
        code, out, err = self.approve(call, two, identifier)
        assert code == 0, err
        assert len(rows(call("inbox", "--node", "jpn", "--json")[1])) == 1
        assert len(rows(call("outbox", "--node", "kor", "--json")[1])) == 1
        node = open_node("kor", None)
        assert [one.state for one in delivery_of(node, rows(out)[0]["id"])] == ["done"]
        node.close()

    def test_two_processes_at_once_do_not_release_it_twice(self, call: Call, two: dict[str, str]) -> None:
        identifier = rows(self.submit(call, two)[1])[0]["id"]
        people, other = open_people("kor"), open_people("kor")
        with people.approving(identifier):
            with pytest.raises(Conflict, match="another is at work"), other.approving(identifier):
                pass
            with other.approving("a-another"):
                pass
            assert self.approve(call, two, identifier)[0] == 7
        people.close()
        other.close()
        assert self.approve(call, two, identifier)[0] == 0
        assert list(Path("kor").glob("*.lock")) == []


def _killed_after_release(identifier: str) -> None:
    """In a process of its own: begin to approve, and be killed once the release is queued, the approval not settled."""
    import os
    import signal

    from relto.adapters.people import SqlitePeople
    from relto.cli.opening import opened

    people = open_people("kor")
    keep = SqlitePeople.move_approval

    def move(self: SqlitePeople, moved: Any, *, was: str) -> bool:
        if moved.state == "approved":
            os.kill(os.getpid(), signal.SIGKILL)
        return keep(self, moved, was=was)

    SqlitePeople.move_approval = move  # type: ignore[method-assign]
    with opened(Path("kor"), at=NOVEMBER) as node:
        approve(node, people, Actor("lee", "releasing-authority"), identifier)


def test_a_node_without_accounts_acts_as_its_console(call: Call) -> None:
    pair(call)
    Path("kor/people.db").unlink()
    assert call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")[0] == 0
    assert by_of("kor", "submission") == ["console"]
    assert not Path("kor/people.db").exists()
    with pytest.raises(NotFound):
        open_people("nowhere")


def test_commands_are_those_of_the_help(call: Call) -> None:
    assert run(["account", "--help"]) == 0
    assert run(["approval", "--help"]) == 0
