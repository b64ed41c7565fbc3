"""Accounts, sessions and attempts, in the store alone: what time it is, is what we say it is."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.people import LIGHT_COST, Passwords, SqlitePeople
from relto.adapters.people.attempts import wait_after
from relto.adapters.people.passwords import Cost
from relto.adapters.people.store import SessionLimits
from relto.core.errors import Conflict, InputError, NotFound, VerificationFailed
from relto.node.people import (
    MAY,
    PERSONAL_ACTS,
    ROLES,
    STEP_UP,
    Account,
    NotAllowed,
    NotSignedIn,
    Role,
    TooManyAttempts,
    check_allowed,
    check_roles,
)
from tests.office import NOVEMBER, PASSWORD, fresh_people, populate

SECOND = 1_000_000_000
CONSOLE = "console:test"


@pytest.fixture
def people(tmp_path: Path) -> Iterator[SqlitePeople]:
    made = fresh_people(tmp_path / "people.db")
    populate(made)
    yield made
    made.close()


class TestRoles:
    """Least privilege: each role has what it needs, and no more."""

    def test_the_whole_table(self) -> None:
        assert {role: sorted(acts) for role, acts in MAY.items()} == {
            "desk-officer": [
                "check", "keep-register", "open", "see-agreements", "see-holdings", "see-outbox", "submit",
            ],
            "releasing-authority": [
                "check", "decide-visit", "forward", "reclassify", "release", "see-agreements", "see-holdings",
                "see-outbox", "sign-instrument", "submit",
            ],
            "security-officer": [
                "decide-visit", "keep-control", "keep-register", "report-compromise", "see-agreements",
                "see-checkpoint", "see-evidence", "see-holdings", "see-outbox",
            ],
            "analyst": ["check", "see-agreements"],
            "operator": ["administer-accounts", "see-accounts", "see-checkpoint", "see-state"],
            "auditor": [
                "see-accounts", "see-agreements", "see-checkpoint", "see-evidence", "see-holdings", "see-journal",
                "see-outbox", "see-state",
            ],
        }  # fmt: skip
        assert set(MAY) == set(ROLES)
        assert set().union(*MAY.values()) == set(PERSONAL_ACTS)

    def test_who_watches_changes_nothing_and_who_gives_accounts_sees_no_item(self) -> None:
        assert all(act.startswith("see-") for act in MAY["auditor"])
        assert not MAY["operator"] & {"see-holdings", "see-outbox", "open", "release", "forward", "see-evidence"}
        assert {"release", "forward", "sign-instrument", "reclassify", "decide-visit", "administer-accounts"} == STEP_UP

    def test_a_role_above_ones_own_is_refused_with_whom_to_ask(self) -> None:
        with pytest.raises(NotAllowed, match="ask one who is releasing-authority"):
            check_allowed(Account("kim", "Kim", ("desk-officer", "analyst")), "release")
        assert str(check_allowed(Account("kim", "Kim", ("analyst", "desk-officer")), "open")) == (
            "account:kim/desk-officer"
        )

    @pytest.mark.parametrize(
        "roles",
        [(), ("king",), ("analyst", "analyst"), ("auditor", "analyst"), ("operator", "releasing-authority")],
    )
    def test_roles_that_no_account_holds(self, roles: tuple[str, ...]) -> None:
        with pytest.raises(InputError):
            check_roles(roles)


class TestAccounts:
    """Made, changed, found; in a file that its owner alone may read."""

    def test_the_file_is_its_owners_alone(self, tmp_path: Path, people: SqlitePeople) -> None:
        for path in tmp_path.glob("people.db*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        (tmp_path / "people.db").chmod(0o640)
        with pytest.raises(InputError, match="chmod 600"):
            fresh_people(tmp_path / "people.db")

    def test_neither_passwords_nor_tokens_are_in_it(self, tmp_path: Path, people: SqlitePeople) -> None:
        token = people.begin_session("kim-desk", "cookie", NOVEMBER).token
        people.close()
        data = b"".join(path.read_bytes() for path in tmp_path.glob("people.db*"))
        assert b"$argon2id$" in data
        assert PASSWORD.encode() not in data
        assert token.encode() not in data

    def test_an_id_certificate_or_subject_is_one_accounts_alone(self, people: SqlitePeople) -> None:
        known = Account("min", "Min", ("analyst",), certificate="a" * 64, issuer="https://id.example", subject="7")
        people.add_account(known, None, by=CONSOLE, at=NOVEMBER)
        for other in (
            replace(known, certificate="", issuer="", subject=""),
            Account("oh", "Oh", ("analyst",), certificate="a" * 64),
            Account("oh", "Oh", ("analyst",), issuer="https://id.example", subject="7"),
        ):
            with pytest.raises(Conflict):
                people.add_account(other, None, by=CONSOLE, at=NOVEMBER)
        for found in (people.account_by_certificate("a" * 64), people.account_by_subject("https://id.example", "7")):
            assert found is not None
            assert found.id == "min"
        assert people.account_by_subject("https://id.example", "8") is None

    @pytest.mark.parametrize(
        "wrong",
        [
            {"id": "Kim"},
            {"id": "../kim"},
            {"id": ""},
            {"id": "k" * 41},
            {"name": ""},
            {"name": "a\nb"},
            {"certificate": "A" * 64},
            {"issuer": "https://id.example"},
        ],
    )
    def test_accounts_that_are_none(self, wrong: dict[str, str]) -> None:
        with pytest.raises(InputError):
            Account(**{"id": "kim", "name": "Kim", "roles": ("analyst",), **wrong})  # type: ignore[arg-type]

    def test_the_last_operator_stays(self, people: SqlitePeople) -> None:
        for change in ({"disabled": True}, {"roles": ("analyst",)}):
            with pytest.raises(Conflict, match="nobody would be left"):
                people.change_account(
                    "jung-operator",
                    lambda one, change=change: replace(one, **change),  # type: ignore[misc]
                    by=CONSOLE,
                    at=NOVEMBER,
                )
        found = people.account("jung-operator")
        assert found is not None
        assert (found.disabled, found.roles) == (False, ("operator",))

    def test_one_that_is_not_there(self, people: SqlitePeople) -> None:
        with pytest.raises(NotFound):
            people.set_password("nobody", PASSWORD, by=CONSOLE, at=NOVEMBER)
        assert people.account("nobody") is None

    def test_a_file_of_something_else_or_from_the_future_is_not_opened(self, tmp_path: Path) -> None:
        for name, statement in (("other", "CREATE TABLE cats (name)"), ("later", "UPDATE version SET number = 3")):
            path = tmp_path / name
            if name == "later":
                fresh_people(path).close()
            with sqlite3.connect(path) as connection:
                connection.execute(statement)
            connection.close()
            path.chmod(0o600)
            with pytest.raises(InputError):
                fresh_people(path)

    def test_a_role_written_into_the_file_by_hand_is_noticed(self, tmp_path: Path, people: SqlitePeople) -> None:
        with sqlite3.connect(tmp_path / "people.db") as connection:
            connection.execute("""UPDATE account SET roles = '["king"]' WHERE id = 'kim-desk'""")
        connection.close()
        with pytest.raises(VerificationFailed):
            people.account("kim-desk")


class TestSessions:
    """A token is good for so long, and not a nanosecond longer."""

    def test_it_ends_at_its_end_and_after_lying_idle(self, people: SqlitePeople) -> None:
        token = people.begin_session("kim-desk", "bearer", NOVEMBER).token
        at = NOVEMBER
        for _ in range(23):
            at = at.plus(1800 * SECOND - 1)
            assert people.session(token, at).account.id == "kim-desk"
        with pytest.raises(NotSignedIn):
            people.session(token, at.plus(1800 * SECOND))
        with pytest.raises(NotSignedIn):
            people.session(token, NOVEMBER.plus(12 * 3600 * SECOND))

    def test_a_clock_that_steps_back_makes_no_session_younger(self, people: SqlitePeople) -> None:
        token = people.begin_session("kim-desk", "bearer", NOVEMBER).token
        assert people.session(token, NOVEMBER.plus(-3600 * SECOND))
        other = people.begin_session("kim-desk", "bearer", NOVEMBER, stepped_up=True)
        assert people.session(other.token, NOVEMBER).is_stepped_up(NOVEMBER)

    def test_a_step_up_gives_a_new_token_and_the_old_one_is_worth_nothing(self, people: SqlitePeople) -> None:
        before = people.begin_session("lee-authority", "cookie", NOVEMBER)
        after = people.step_up(before.token, NOVEMBER.plus(SECOND))
        assert after.token != before.token
        assert (after.kind, after.expires) == (before.kind, before.expires)
        with pytest.raises(NotSignedIn):
            people.session(before.token, NOVEMBER.plus(SECOND))
        assert after.is_stepped_up(NOVEMBER.plus(301 * SECOND - 1))
        assert not after.is_stepped_up(NOVEMBER.plus(301 * SECOND))

    def test_a_disabled_account_has_none_from_that_instant(self, people: SqlitePeople) -> None:
        token = people.begin_session("kim-desk", "bearer", NOVEMBER).token
        people.change_account("kim-desk", lambda one: replace(one, disabled=True), by=CONSOLE, at=NOVEMBER)
        with pytest.raises(NotSignedIn):
            people.session(token, NOVEMBER)
        with pytest.raises(NotSignedIn):
            people.begin_session("kim-desk", "bearer", NOVEMBER)
        people.change_account("kim-desk", lambda one: replace(one, disabled=False), by=CONSOLE, at=NOVEMBER)
        with pytest.raises(NotSignedIn):
            people.session(token, NOVEMBER)

    @pytest.mark.parametrize("forged", ["", "x", "0" * 64, "\ud800", "' OR 1=1 --"])
    def test_a_forged_token_is_nobodys(self, people: SqlitePeople, forged: str) -> None:
        people.begin_session("kim-desk", "bearer", NOVEMBER)
        with pytest.raises(NotSignedIn):
            people.session(forged, NOVEMBER)

    def test_limits_are_an_operators_within_reason(self) -> None:
        with pytest.raises(InputError):
            SessionLimits(longest=0)


class TestPasswords:
    """What is wrong is not said; guessing takes ever longer."""

    def test_right_wrong_unknown_and_disabled(self, people: SqlitePeople) -> None:
        assert people.check_password("kim-desk", PASSWORD, NOVEMBER).id == "kim-desk"
        people.change_account("park-analyst", lambda one: replace(one, disabled=True), by=CONSOLE, at=NOVEMBER)
        said = set()
        for name, password in (("kim-desk", "wrong"), ("nobody", PASSWORD), ("park-analyst", PASSWORD), ("", "")):
            with pytest.raises(NotSignedIn) as caught:
                people.check_password(name, password, NOVEMBER)
            said.add(str(caught.value))
        assert len(said) == 1

    def test_nobody_costs_as_much_as_somebody(self) -> None:
        counted: list[str] = []

        class Counting(Passwords):
            def __init__(self) -> None:
                super().__init__(LIGHT_COST)
                verify = self._hasher.verify

                class Hasher:
                    def __getattr__(_, name: str) -> object:
                        return getattr(type(self)._real, name)

                    def verify(_, kept: str, secret: bytes) -> bool:
                        counted.append(kept.rsplit("$", 2)[0])
                        return verify(kept, secret)

                type(self)._real = self._hasher
                self._hasher = Hasher()  # type: ignore[assignment]

            _real: object = None

        passwords = Counting()
        kept = passwords.hash(PASSWORD)
        assert passwords.matches(kept, PASSWORD)
        assert not passwords.matches(None, PASSWORD)
        assert not passwords.matches(None, "")
        assert len(counted) == 3
        assert set(counted) == {"$argon2id$v=19$m=64,t=1,p=1"}  # at the same cost

    def test_hangul_is_the_same_however_it_is_typed(self, people: SqlitePeople) -> None:
        people.set_password("kim-desk", "대한민국 대한민국 대한민국", by=CONSOLE, at=NOVEMBER)
        import unicodedata

        typed = unicodedata.normalize("NFD", "대한민국 대한민국 대한민국")
        assert people.check_password("kim-desk", typed, NOVEMBER).id == "kim-desk"

    @pytest.mark.parametrize("bad", ["", "eleven sign", "x" * 1025, "\ud800" * 12])
    def test_passwords_that_are_none(self, people: SqlitePeople, bad: str) -> None:
        with pytest.raises(InputError) as caught:
            people.set_password("kim-desk", bad, by=CONSOLE, at=NOVEMBER)
        assert not bad or bad not in str(caught.value)

    def test_an_account_without_a_password_has_none_that_is_right(self, people: SqlitePeople) -> None:
        people.set_password("kim-desk", None, by=CONSOLE, at=NOVEMBER)
        for guess in ("", PASSWORD, "\x00"):
            with pytest.raises(NotSignedIn):
                people.check_password("kim-desk", guess, NOVEMBER)

    def test_a_password_kept_at_another_cost_is_kept_anew(self, tmp_path: Path, people: SqlitePeople) -> None:
        people.close()
        dearer = SqlitePeople(tmp_path / "people.db", Passwords(Cost(2, 64, 1)))
        dearer.check_password("kim-desk", PASSWORD, NOVEMBER)
        with sqlite3.connect(tmp_path / "people.db") as connection:
            (kept,) = connection.execute("SELECT password FROM account WHERE id = 'kim-desk'").fetchone()
        connection.close()
        assert "t=2" in kept
        assert dearer.check_password("kim-desk", PASSWORD, NOVEMBER).id == "kim-desk"
        dearer.close()

    def test_brute_force_waits_longer_and_longer(self, people: SqlitePeople) -> None:
        assert [wait_after(n) for n in (0, 4, 5, 6, 7, 14, 15, 100)] == [0, 0, 1, 2, 4, 512, 900, 900]
        at = NOVEMBER
        for _ in range(5):
            with pytest.raises(NotSignedIn):
                people.check_password("kim-desk", "guess", at)
        with pytest.raises(TooManyAttempts) as caught:  # even the right one is not looked at
            people.check_password("kim-desk", PASSWORD, at.plus(SECOND - 1))
        assert caught.value.after == 1
        with pytest.raises(TooManyAttempts):  # nor with the clock put back
            people.check_password("kim-desk", PASSWORD, at.plus(-3600 * SECOND))
        assert people.check_password("kim-desk", PASSWORD, at.plus(SECOND)).id == "kim-desk"
        with pytest.raises(NotSignedIn):
            people.check_password("kim-desk", "guess", at.plus(SECOND))  # counted from the start again

    def test_names_that_nobody_has_wait_alike(self, people: SqlitePeople) -> None:
        for _ in range(5):
            with pytest.raises(NotSignedIn):
                people.check_password("nobody", "guess", NOVEMBER)
        with pytest.raises(TooManyAttempts):
            people.check_password("nobody", "guess", NOVEMBER)
        assert people.check_password("kim-desk", PASSWORD, NOVEMBER).id == "kim-desk"


def test_roles_are_typed() -> None:
    role: Role = "analyst"
    assert role in ROLES
