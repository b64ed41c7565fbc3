"""Attacks on the people's interface, each refused: forged sessions, forged requests, roles above their own, bombs."""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from relto.node.people import MAY, ROLES, STEP_UP, PersonalAct
from relto.serve.api import ApiSettings
from relto.serve.log import open_log
from tests.office import NOVEMBER, PASSWORD, PEOPLE, Office, office

JSON = {"Content-Type": "application/json"}
RELEASE = {"item": "msl-2019-10-31", "to": "JPN"}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """One office for all attacks that leave nothing behind."""
    with office(tmp_path_factory.mktemp("office")) as made:
        yield made


@pytest.fixture
def kor(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def cookie_of(told: httpx2.Response) -> str:
    """The token in the cookie that an answer sets."""
    found = re.match(r"__Host-relto=([^;]+)", told.headers["set-cookie"])
    assert found
    return found[1]


def operations(office: Office) -> list[tuple[str, str, dict[str, Any]]]:
    """Every operation of the description."""
    described = office.ask("GET", "/v1/openapi.json").json()["paths"]
    return [(method.upper(), path, one) for path, methods in described.items() for method, one in methods.items()]


class TestRolesAboveTheirOwn:
    """The table is enforced at every operation."""

    def test_every_operation_asks_who_it_is(self, shared: Office) -> None:
        anybody = set()
        for method, path, one in operations(shared):
            if one.get("x-relto-anybody"):
                anybody.add((method, path))
                assert one["security"] == []
                continue
            told = shared.ask(method, re.sub(r"\{\w+\}", "x", path))
            assert told.status_code == 401, (method, path)
        assert anybody == {("POST", "/v1/session"), ("GET", "/v1/oidc/start"), ("GET", "/v1/oidc/callback")}

    def test_every_role_gets_no_further_than_its_table(self, shared: Office) -> None:
        for name, (role,) in PEOPLE.items():
            if name == "han-authority":
                continue
            for method, path, one in operations(shared):
                act: PersonalAct | None = one.get("x-relto-act")
                if act is None or act in MAY[role]:
                    continue
                told = shared.as_(name, method, re.sub(r"\{\w+\}", "x", path), {} if method != "GET" else None)
                assert (told.status_code, told.json()["type"]) == (403, "urn:relto:problem:not-allowed"), (name, path)

    def test_acts_of_weight_need_a_step_up(self, shared: Office) -> None:
        for method, path, one in operations(shared):
            act = one.get("x-relto-act")
            if act in STEP_UP:
                name = next(name for name, (role,) in PEOPLE.items() if act in MAY[role])
                told = shared.as_(name, method, re.sub(r"\{\w+\}", "x", path), {})
                assert told.json()["type"] == "urn:relto:problem:step-up-needed", path

    def test_nobody_gives_themselves_a_role(self, kor: Office) -> None:
        told = kor.as_("jung-operator", "PATCH", "/v1/accounts/jung-operator", {"roles": ["analyst"]}, step_up=True)
        assert told.status_code == 403
        new = {"id": "both", "name": "Both", "roles": ["operator", "releasing-authority"], "password": PASSWORD}
        assert kor.as_("jung-operator", "POST", "/v1/accounts", new).status_code == 400
        assert {role for (role,) in PEOPLE.values()} == set(ROLES)


class TestForgedSessions:
    """Tokens that are nobody's, or somebody's no more."""

    @pytest.mark.parametrize(
        "headers",
        [
            {"Authorization": "Bearer forged"},
            {"Authorization": "Bearer " + "A" * 43},
            {"Authorization": "Bearer"},
            {"Authorization": "Basic a2ltLWRlc2s6eA=="},
            {"Authorization": "Bearer " + "x" * 5000},
            {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJsZWUifQ."},
            {"Cookie": "__Host-relto=forged"},
            {"Cookie": "__Host-relto=one; __Host-relto=two"},
        ],
    )
    def test_a_forged_bearer_or_cookie(self, shared: Office, headers: dict[str, str]) -> None:
        assert shared.ask("GET", "/v1/session", headers=headers).status_code == 401

    def test_fixation_a_token_from_before_signing_in_is_worth_nothing(self, kor: Office) -> None:
        planted = cookie_of(kor.login("park-analyst", kind="cookie"))
        told = kor.ask(
            "POST",
            "/v1/session",
            json={"account": "kim-desk", "password": PASSWORD},
            headers={"Cookie": f"__Host-relto={planted}"},
        )
        given = cookie_of(told)
        assert given != planted
        assert kor.ask("GET", "/v1/session", headers={"Cookie": f"__Host-relto={planted}"}).status_code == 401
        assert (
            kor.ask("GET", "/v1/session", headers={"Cookie": f"__Host-relto={given}"}).json()["account"] == "kim-desk"
        )
        chosen = kor.ask(
            "POST",
            "/v1/session",
            json={"account": "kim-desk", "password": PASSWORD},
            headers={"Cookie": "__Host-relto=attacker-chose-this"},
        )
        assert cookie_of(chosen) != "attacker-chose-this"

    def test_fixation_a_token_from_before_the_step_up_is_worth_nothing(self, kor: Office) -> None:
        told = kor.login("lee-authority", kind="cookie")
        before = cookie_of(told)
        headers = {"Cookie": f"__Host-relto={before}", "X-Relto-CSRF": told.json()["csrf"]}
        after = cookie_of(kor.ask("POST", "/v1/session/step-up", json={"password": PASSWORD}, headers=headers))
        assert after != before
        assert kor.ask("POST", "/v1/releases", json=RELEASE, headers=headers).status_code == 401

    def test_an_account_disabled_in_mid_session(self, kor: Office) -> None:
        assert kor.as_("lee-authority", "POST", "/v1/releases", RELEASE, step_up=True).status_code == 200
        assert (
            kor.as_(
                "jung-operator", "PATCH", "/v1/accounts/lee-authority", {"disabled": True}, step_up=True
            ).status_code
            == 200
        )
        assert kor.as_("lee-authority", "POST", "/v1/releases", RELEASE).status_code == 401
        assert kor.login("lee-authority").status_code == 401

    def test_a_step_up_by_a_wrong_password(self, kor: Office) -> None:
        token = kor.login("lee-authority").json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        for _ in range(5):
            told = kor.ask("POST", "/v1/session/step-up", json={"password": "guess"}, headers=headers)
            assert told.status_code == 401
        told = kor.ask("POST", "/v1/session/step-up", json={"password": PASSWORD}, headers=headers)
        assert (told.status_code, told.headers["retry-after"]) == (429, "1")


class TestForgedRequests:
    """What a page of another origin could make a browser send."""

    def cookie(self, kor: Office, account: str = "kim-desk") -> tuple[dict[str, str], str]:
        told = kor.login(account, kind="cookie")
        return {"Cookie": f"__Host-relto={cookie_of(told)}"}, told.json()["csrf"]

    def test_a_cookie_alone_changes_nothing(self, kor: Office) -> None:
        cookie, csrf = self.cookie(kor)
        assert kor.ask("POST", "/v1/approvals", json=RELEASE, headers=cookie).status_code == 403
        wrong = {**cookie, "X-Relto-CSRF": csrf[:-1] + ("A" if csrf[-1] != "A" else "B")}
        assert kor.ask("POST", "/v1/approvals", json=RELEASE, headers=wrong).status_code == 403
        _, others = self.cookie(kor, "park-analyst")
        assert (
            kor.ask("POST", "/v1/approvals", json=RELEASE, headers={**cookie, "X-Relto-CSRF": others}).status_code
            == 403
        )
        assert kor.ask("DELETE", "/v1/session", headers=cookie).status_code == 403
        right = {**cookie, "X-Relto-CSRF": csrf}
        assert kor.ask("POST", "/v1/approvals", json=RELEASE, headers=right).status_code == 201
        assert kor.ask("POST", "/v1/approvals", json=RELEASE, headers={**right, "Origin": kor.url}).status_code == 201

    @pytest.mark.parametrize(
        "origin",
        [
            {"Origin": "https://evil.example"},
            {"Origin": "null"},
            {"Origin": "http://127.0.0.1:1"},
            {"Sec-Fetch-Site": "cross-site"},
            {"Sec-Fetch-Site": "same-site"},
        ],
    )
    def test_another_origin_is_refused_even_with_the_right_token(self, kor: Office, origin: dict[str, str]) -> None:
        cookie, csrf = self.cookie(kor)
        told = kor.ask("POST", "/v1/approvals", json=RELEASE, headers={**cookie, "X-Relto-CSRF": csrf, **origin})
        assert told.status_code == 403
        login = {"account": "kim-desk", "password": PASSWORD}
        assert kor.ask("POST", "/v1/session", json=login, headers=origin).status_code == 403

    def test_origins_are_those_of_the_settings(self, tmp_path: Path) -> None:
        settings = ApiSettings(origins=("https://node.kor.example",))
        with office(tmp_path, settings) as kor:
            login = {"account": "kim-desk", "password": PASSWORD}
            for origin, status in (("https://node.kor.example", 200), (kor.url, 403)):
                assert kor.ask("POST", "/v1/session", json=login, headers={"Origin": origin}).status_code == status

    def test_a_form_is_not_json(self, shared: Office) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""):
            told = shared.ask(
                "POST", "/v1/session", content=b'{"account":"kim-desk","password":"x"}', headers={"Content-Type": kind}
            )
            assert told.status_code == 415


class TestCertificates:
    """A client certificate is an account's by its digest, as long as it is valid and the account enabled."""

    def certificate(self, days: int = 365) -> bytes:
        key = Ed25519PrivateKey.generate()
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "choi")])
        start = datetime.datetime(2019, 11, 1, tzinfo=datetime.UTC)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(7).not_valid_before(start).not_valid_after(start + datetime.timedelta(days=days))
        return made.sign(key, None).public_bytes(Encoding.DER)

    def known(self, kor: Office, der: bytes, account: str = "choi-security") -> None:
        fingerprint = hashlib.sha256(der).hexdigest()
        kor.people.change_account(
            account, lambda one: replace(one, certificate=fingerprint), by="console:test", at=NOVEMBER
        )
        assert kor.port is not None
        kor.port.der = der

    def test_it_signs_its_account_in(self, kor: Office) -> None:
        self.known(kor, self.certificate())
        told = kor.ask("GET", "/v1/session").json()
        assert (told["account"], told["kind"]) == ("choi-security", "certificate")
        assert kor.ask("GET", "/v1/holdings").status_code == 200
        session = kor.ask("POST", "/v1/session", json={"kind": "bearer"}).json()
        assert session["account"] == "choi-security"

    def test_a_request_it_did_not_mean_changes_nothing(self, kor: Office) -> None:
        self.known(kor, self.certificate())
        report = {"says": "lost"}
        assert kor.ask("POST", "/v1/holdings/t-1/compromise", json=report).status_code == 403
        meant = {"X-Relto-CSRF": "certificate"}
        assert kor.ask("POST", "/v1/holdings/t-1/compromise", json=report, headers=meant).status_code == 404

    def test_unknown_expired_disabled_or_somebody_elses(self, kor: Office) -> None:
        assert kor.port is not None
        kor.port.der = self.certificate()
        assert kor.ask("GET", "/v1/session").status_code == 401
        kor.port.der = b"not a certificate"
        assert kor.ask("GET", "/v1/session").status_code == 401
        self.known(kor, self.certificate(days=17))  # until 18 November 2019, 00:00 UTC
        assert kor.ask("GET", "/v1/session").status_code == 401
        kor.cast.clock.advance(-1)
        assert kor.ask("GET", "/v1/session").status_code == 200
        kor.cast.clock.advance(1)
        self.known(kor, self.certificate())
        other = {"Authorization": f"Bearer {kor.login('park-analyst').json()['token']}"}
        assert kor.ask("GET", "/v1/session", headers=other).status_code == 401
        kor.people.change_account(
            "choi-security", lambda one: replace(one, disabled=True), by="console:test", at=NOVEMBER
        )
        assert kor.ask("GET", "/v1/session").status_code == 401

    def test_it_alone_is_no_step_up(self, kor: Office) -> None:
        self.known(kor, self.certificate(), "lee-authority")
        told = kor.ask("POST", "/v1/releases", json=RELEASE, headers={"X-Relto-CSRF": "certificate"})
        assert told.json()["type"] == "urn:relto:problem:step-up-needed"


class TestBombs:
    """Bodies and names that are made to break something."""

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b'{"item":' + b"[" * 5000 + b"]" * 5000 + b"}", "nested deeper"),
            (b'{"item":' + b'{"a":' * 33 + b"1" + b"}" * 33 + b"}", "nested deeper"),
            (b'{"item":"a","item":"b","from":"KOR","to":"JPN"}', "stands twice"),
            (b'{"item":NaN,"from":"KOR","to":"JPN"}', "is not JSON"),
            (b'{"item":-Infinity,"from":"KOR","to":"JPN"}', "is not JSON"),
            (b'{"item":1e999,"from":"KOR","to":"JPN"}', "whole number"),
            (b'{"item":' + b"9" * 100_000 + b"}", "beyond 2^53"),
            (b'{"item":"\\ud800","from":"KOR","to":"JPN"}', "surrogate"),
            (b"\xff\xfe{}", "not UTF-8"),
            (b"{", "not JSON"),
            (b"[]", "`body`"),
            (b"", "not JSON"),
            (b'{"item":"a","from":"KOR","to":"JPN","extra":1}', "`body.extra`"),
        ],
    )
    def test_a_body_that_is_none(self, shared: Office, body: bytes, says: str) -> None:
        shared.as_("park-analyst", "GET", "/v1/session")
        told = shared.ask("POST", "/v1/check", content=body, headers={**JSON, **shared.bearer("park-analyst")})
        assert (told.status_code, told.json()["exit_code"]) == (400, 2)
        assert says in told.json()["detail"]

    def test_a_body_that_is_too_large_is_not_read(self, shared: Office) -> None:
        shared.as_("park-analyst", "GET", "/v1/session")
        headers = {**JSON, **shared.bearer("park-analyst")}
        body = b'{"item":"' + b"a" * (1 << 20) + b'"}'
        assert shared.ask("POST", "/v1/check", content=body, headers=headers).status_code == 413

        def chunks() -> Iterator[bytes]:  # without a length in advance
            yield from (b"a" * 65536 for _ in range(20))

        assert shared.ask("POST", "/v1/check", content=chunks(), headers=headers).status_code == 413

    def test_nobody_in_particular_has_no_body_read(self, shared: Office) -> None:
        told = shared.ask("POST", "/v1/releases", content=b"x" * (2 << 20), headers=JSON)
        assert told.status_code == 401

    @pytest.mark.parametrize(
        "path",
        [
            "/v1/holdings/..%2f..%2fnode.db",
            "/v1/holdings/%2e%2e%2f%2e%2e%2fkeys%2fsigning.pem",
            "/v1/holdings/....//....//etc/passwd",
            "/v1/holdings/%00",
            "/v1/transmittals/..%5c..%5cnode.toml",
            "/v1/agreements/..%2f..%2fparties%2fKOR/standing",
            "/v1/accounts/..%2fkim-desk",
            "/v1/evidence?subject=../../node.db",
            "/../../../etc/passwd",
            "//etc/passwd",
        ],
    )
    def test_a_path_leads_nowhere_else(self, shared: Office, path: str) -> None:
        for account in ("choi-security", "jung-operator"):
            told = shared.as_(account, "GET", path)
            assert told.status_code in (403, 404)
            assert "root:" not in told.text

    @pytest.mark.parametrize("name", ["../../node.toml", "/etc/passwd", "items.yaml", "items/items.yaml", "\x00", ""])
    def test_an_item_is_never_the_name_of_a_file(self, shared: Office, name: str) -> None:
        told = shared.as_("park-analyst", "POST", "/v1/check", {"item": name, "from": "KOR", "to": "JPN"})
        assert (told.status_code, told.json()["exit_code"]) == (404, 4)

    def test_an_item_that_comes_along_names_no_file(self, shared: Office) -> None:
        item = {
            "id": "x", "originator": "KOR", "mark": "군사II급비밀", "topic": "defence", "purpose": "p",
            "payload": {"type": "document", "file": "../../node.db"},
        }  # fmt: skip
        told = shared.as_("park-analyst", "POST", "/v1/check", {"item": item, "from": "KOR", "to": "JPN"})
        assert told.status_code == 400

    def test_an_answer_repeats_no_password(self, shared: Office) -> None:
        secret = "very secret indeed"
        for body in ({"account": 1, "password": secret}, {"account": "kim-desk", "password": {"a": secret}}):
            told = shared.ask("POST", "/v1/session", json=body)
            assert told.status_code == 400
            assert secret not in told.text


def test_guessing_from_one_address_is_slowed_down(tmp_path: Path) -> None:
    with office(tmp_path, ApiSettings(logins_a_minute=5)) as kor:
        codes = [kor.login(f"guess-{n}", password="guess").status_code for n in range(8)]
        assert codes[:5] == [401] * 5
        assert set(codes[5:]) <= {401, 429}
        assert 429 in codes


def test_the_log_says_who_asked_for_what_and_nothing_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with office(tmp_path, log=open_log("json", "KOR")) as kor:
        told = kor.as_("lee-authority", "POST", "/v1/releases", {**RELEASE, "payload": "cGF5bG9hZA=="}, step_up=True)
        kor.as_("lee-authority", "GET", f"/v1/transmittals/{told.json()['id']}")
        token = kor.tokens["lee-authority"]
    lines = capfd.readouterr().err
    assert '"account": "lee-authority"' in lines
    assert '"route": "/v1/transmittals/{identifier}"' in lines
    for secret in (PASSWORD, token, "cGF5bG9hZA", "군사II급비밀", "msl-2019-10-31", told.json()["id"]):
        assert secret not in lines
