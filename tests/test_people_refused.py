"""Whatever is refused to a person is in the log, and in the journal where it is known who that was."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import httpx2
import pytest

from tests.office import NOVEMBER, PASSWORD, Office, office
from tests.serving import until
from tests.test_api_attacks import RELEASE, cookie_of


@dataclass
class Watched:
    """An office, and what its log has said."""

    kor: Office
    log: list[dict[str, object]]


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    log: list[dict[str, object]] = []

    def note(event: str, **more: object) -> None:
        log.append(more)

    with office(tmp_path_factory.mktemp("office"), log=note) as kor:
        yield Watched(kor, log)


def above_its_role(kor: Office) -> httpx2.Response:
    return kor.as_("kim-desk", "POST", "/v1/releases", RELEASE)


def without_step_up(kor: Office) -> httpx2.Response:
    return kor.as_("han-authority", "POST", "/v1/releases", RELEASE)


def forged(kor: Office) -> httpx2.Response:
    cookie = cookie_of(kor.login("kim-desk", kind="cookie"))
    return kor.ask("POST", "/v1/approvals", json=RELEASE, headers={"Cookie": f"__Host-relto={cookie}"})


def wrong_password(kor: Office) -> httpx2.Response:
    return kor.login("park-analyst", password="a wrong password")


def own_account(kor: Office) -> httpx2.Response:
    return kor.as_("jung-operator", "PATCH", "/v1/accounts/jung-operator", {"name": "X"}, step_up=True)


def own_submission(kor: Office) -> httpx2.Response:
    waiting = kor.as_("lee-authority", "POST", "/v1/approvals", RELEASE).json()["id"]
    return kor.as_("lee-authority", "POST", f"/v1/approvals/{waiting}/approve", step_up=True)


def anothers_submission(kor: Office) -> httpx2.Response:
    waiting = kor.as_("lee-authority", "POST", "/v1/approvals", RELEASE).json()["id"]
    return kor.as_("kim-desk", "POST", f"/v1/approvals/{waiting}/refuse", {"note": "no"})


def disabled(kor: Office) -> httpx2.Response:
    kor.people.change_account("yoon-auditor", lambda one: replace(one, disabled=True), by="console:test", at=NOVEMBER)
    return kor.login("yoon-auditor")


def disabled_certificate(kor: Office) -> httpx2.Response:
    der, known = b"the certificate that the connection showed", hashlib.sha256
    change = {"disabled": True, "certificate": known(der).hexdigest()}
    kor.people.change_account("choi-security", lambda one: replace(one, **change), by="console:test", at=NOVEMBER)  # type: ignore[arg-type]
    assert kor.port is not None
    kor.port.der = der
    try:
        return kor.ask("GET", "/v1/holdings")
    finally:
        kor.port.der = None


@pytest.mark.parametrize(
    ("attempt", "account", "journal", "kind"),
    [
        (above_its_role, "kim-desk", "release: not-allowed", "not-allowed"),
        (without_step_up, "han-authority", "release: step-up-needed", "step-up-needed"),
        (forged, "kim-desk", "submit: forged-request", "forged-request"),
        (wrong_password, "park-analyst", "sign-in: wrong password", "not-signed-in"),
        (own_account, "jung-operator", "administer-accounts: not-allowed", "not-allowed"),
        (own_submission, "lee-authority", "release: refused", "refused"),
        (anothers_submission, "kim-desk", "submit: not-allowed", "not-allowed"),
        (disabled, "yoon-auditor", "sign-in: disabled", "not-signed-in"),
        (disabled_certificate, "choi-security", "sign-in: disabled", "not-signed-in"),
    ],
)
def test_it_is_in_the_log_and_in_the_journal(
    watched: Watched, attempt: Callable[[Office], httpx2.Response], account: str, journal: str, kind: str
) -> None:
    told = attempt(watched.kor)
    assert told.status_code in (401, 403)
    name = told.headers["x-request-id"]
    until(lambda: any(one.get("request") == name for one in watched.log))
    (line,) = [one for one in watched.log if one.get("request") == name]
    assert (line["refused"], line["status"]) == (kind, told.status_code)
    rows = {(one.by, one.act) for one in watched.kor.people.journal()}
    assert (f"account:{account}", f"refused: {journal}") in rows
    assert PASSWORD not in str(watched.log)


def test_a_refusal_by_an_agreement_names_its_evidence_in_the_log(watched: Watched) -> None:
    told = watched.kor.as_("lee-authority", "POST", "/v1/releases", {"item": "grade-1", "to": "JPN"}, step_up=True)
    name = told.headers["x-request-id"]
    until(lambda: any(one.get("request") == name for one in watched.log))
    (line,) = [one for one in watched.log if one.get("request") == name]
    assert (told.status_code, line["refused"]) == (403, told.json()["evidence"])
    with watched.kor.node.store.read() as reading:
        leaf = reading.leaf(str(line["refused"]))
    assert leaf is not None
    assert leaf.kind == "refusal"


def planted_token(kor: Office) -> httpx2.Response:
    before = cookie_of(kor.login("kim-desk", kind="cookie"))
    kor.ask(
        "POST",
        "/v1/session",
        json={"account": "kim-desk", "password": PASSWORD},
        headers={"Cookie": f"__Host-relto={before}"},
    )
    return kor.ask("GET", "/v1/session", headers={"Cookie": f"__Host-relto={before}"})


def path_elsewhere(kor: Office) -> httpx2.Response:
    return kor.as_("lee-authority", "GET", "/v1/holdings/..%2F..%2Fnode.toml")


def file_as_item(kor: Office) -> httpx2.Response:
    return kor.as_("park-analyst", "POST", "/v1/check", {"item": "../../node.toml", "from": "KOR", "to": "JPN"})


def deep_body(kor: Office) -> httpx2.Response:
    return kor.ask("POST", "/v1/session", content=b"[" * 50_000, headers={"Content-Type": "application/json"})


def large_body(kor: Office) -> httpx2.Response:
    return kor.ask("POST", "/v1/session", content=b" " * (8 << 20), headers={"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("attempt", "status", "kind"),
    [
        (planted_token, 401, "not-signed-in"),
        (path_elsewhere, 404, "not-found"),
        (file_as_item, 404, "not-found"),
        (deep_body, 400, "bad-input"),
        (large_body, 413, "too-large"),
    ],
)
def test_what_is_malformed_or_leads_nowhere_is_in_the_log(
    watched: Watched, attempt: Callable[[Office], httpx2.Response], status: int, kind: str
) -> None:
    told = attempt(watched.kor)
    name = told.headers["x-request-id"]
    until(lambda: any(one.get("request") == name for one in watched.log))
    (line,) = [one for one in watched.log if one.get("request") == name]
    assert (told.status_code, line["status"], line["refused"], "address" in line) == (status, status, kind, True)
