"""The people's port of a node that is served by a process of its own: TLS, sessions, certificates, what it tells."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2
import pytest

from relto.cli.served import Served, free_address
from relto.compose import card_of, open_people
from relto.core.errors import PeerUnreachable
from tests.authority import Authority
from tests.office import NOVEMBER, PASSWORD, copied_cast
from tests.openid import BACK, CLIENT, SECRET, Openid
from tests.serving import until
from tests.test_node_setup import PASSPHRASE

RELEASE = {"item": "msl-2019-10-31", "to": "JPN"}


@dataclass
class People:
    """The node of KOR in a process of its own, as its people reach it."""

    folder: Path
    url: str
    authority: Authority
    provider: Openid

    def client(self, certificate: Path | None = None) -> httpx2.Client:
        """A client that trusts this node's certificate and no other."""
        der = card_of(self.folder / "KOR").certificate
        context = ssl.create_default_context(cadata=der)
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if certificate is not None:
            context.load_cert_chain(certificate)
        return httpx2.Client(base_url=self.url, verify=context, trust_env=False, timeout=30)

    def log(self) -> str:
        """What the process has said."""
        return (self.folder / "KOR.log").read_text("utf-8")


@pytest.fixture(scope="module")
def kor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[People]:
    folder = tmp_path_factory.mktemp("served")
    for node in copied_cast(folder).nodes.values():
        node.store.close()
    (folder / "KOR" / "clock").write_text(f"{NOVEMBER}\n")
    authority = Authority(folder)
    address = free_address()
    with Openid(authority.server("provider"), authority.file) as provider:
        serve = {
            "client_ca": authority.file,
            "oidc_issuer": provider.issuer,
            "oidc_client_id": CLIENT,
            "oidc_client_secret_file": "secret",
            "oidc_redirect_uri": BACK,
            "oidc_ca_file": authority.file,
        }
        with (folder / "KOR" / "node.toml").open("a") as settings:
            settings.write("[serve]\n" + "".join(f'{name} = "{value}"\n' for name, value in serve.items()))
        (folder / "KOR" / "secret").write_text(SECRET + "\n")
        (folder / "KOR" / "secret").chmod(0o600)
        with Served(folder / "KOR", free_address(), PASSPHRASE, people=address) as served:
            served.wait()
            yield People(folder, f"https://localhost:{address.rpartition(':')[2]}", authority, provider)


def test_it_lives_is_ready_and_tells_its_figures(kor: People) -> None:
    with kor.client() as client:
        assert client.get("/healthz").json() == {"live": True}
        assert client.get("/readyz").json()["ready"] is True
        told = client.get("/metrics")
        assert (told.status_code, "relto_outbox_queued 0.0" in told.text) == (200, True)
        assert client.get("/v1/openapi.json").json()["info"]["title"] == "relto: the node of KOR"
        assert client.get("/v1/holdings").status_code == 401
        assert client.post("/v1/messages/transmittal", content=b"").status_code == 404  # that is the other port


def test_a_browser_signs_in_steps_up_and_releases(kor: People) -> None:
    with kor.client() as client:
        told = client.post("/v1/session", json={"account": "lee-authority", "password": PASSWORD})
        assert told.status_code == 200
        assert "Secure" in told.headers["set-cookie"]
        meant = {"X-Relto-CSRF": told.json()["csrf"]}
        told = client.post("/v1/session/step-up", json={"password": PASSWORD}, headers=meant)
        meant = {"X-Relto-CSRF": told.json()["csrf"]}
        told = client.post("/v1/releases", json=RELEASE, headers=meant)
        assert (told.status_code, told.json()["state"]) == (202, "queued")  # nobody serves JPN
        assert 'relto_releases_total{outcome="queued"} 1.0' in client.get("/metrics").text
    assert "military" not in kor.log()
    for secret in (PASSWORD, "msl-2019-10-31", "군사II급비밀"):
        assert secret not in kor.log()


def test_an_officer_is_known_by_certificate_and_the_account_disabled_is_not(kor: People) -> None:
    path, fingerprint = kor.authority.person("choi")
    with kor.client(path) as client:
        assert client.get("/v1/session").status_code == 401  # a good certificate, but nobody's yet
        people = open_people(kor.folder / "KOR")
        change = {"by": "console:test", "at": NOVEMBER}
        people.change_account("choi-security", lambda one: replace(one, certificate=fingerprint), **change)  # type: ignore[arg-type]
        assert client.get("/v1/session").json()["account"] == "choi-security"
        people.change_account("choi-security", lambda one: replace(one, disabled=True), **change)  # type: ignore[arg-type]
        assert client.get("/v1/session").status_code == 401
        people.close()


def test_an_officer_signs_in_at_the_partys_provider(kor: People) -> None:
    people = open_people(kor.folder / "KOR")
    change = {"by": "console:test", "at": NOVEMBER}
    known = {"issuer": kor.provider.issuer, "subject": "subject-of-han"}
    people.change_account("han-authority", lambda one: replace(one, **known), **change)  # type: ignore[arg-type]
    people.close()
    now = NOVEMBER.ns // 1_000_000_000  # the node's clock is a rehearsal's
    kor.provider.amiss(claims={"iat": now, "exp": now + 60, "auth_time": now})
    with kor.client() as client, kor.provider.client() as there:
        begun = client.get("/v1/oidc/start")
        told = there.get(begun.headers["location"], headers={"Cookie": "person=subject-of-han"})
        query = told.headers["location"].partition("?")[2]
        assert client.get(f"/v1/oidc/callback?{query}").status_code == 200
        assert client.get("/v1/session").json()["account"] == "han-authority"
        assert client.get(f"/v1/oidc/callback?{query}").status_code == 401
    until(lambda: "why='not signed in: this browser began no such sign-in'" in kor.log())


def test_a_certificate_of_another_authority_does_not_get_a_connection(kor: People, tmp_path: Path) -> None:
    path, _ = Authority(tmp_path).person("choi")
    with kor.client(path) as client, pytest.raises(httpx2.HTTPError):
        client.get("/v1/session")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, None])
def test_neither_old_tls_nor_none_is_spoken(kor: People, version: ssl.TLSVersion | None) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    url = kor.url
    if version is None:
        url = url.replace("https", "http")
    else:
        context.maximum_version = version
    with httpx2.Client(verify=context, trust_env=False) as client, pytest.raises(httpx2.HTTPError):
        client.get(f"{url}/healthz")


def test_an_account_disabled_at_the_console_is_out_at_once(kor: People) -> None:
    with kor.client() as client:
        told = client.post("/v1/session", json={"account": "park-analyst", "password": PASSWORD, "kind": "bearer"})
        bearer = {"Authorization": f"Bearer {told.json()['token']}"}
        assert client.get("/v1/agreements", headers=bearer).status_code == 200
        people = open_people(kor.folder / "KOR")
        people.change_account("park-analyst", lambda one: replace(one, disabled=True), by="console:test", at=NOVEMBER)
        people.close()
        assert client.get("/v1/agreements", headers=bearer).status_code == 401


def test_without_figures_there_are_none_and_a_port_that_is_taken_is_said_in_a_line(tmp_path: Path, kor: People) -> None:
    for node in copied_cast(tmp_path).nodes.values():
        node.store.close()
    (tmp_path / "KOR" / "clock").write_text(f"{NOVEMBER}\n")
    address = free_address()
    with Served(tmp_path / "KOR", free_address(), PASSPHRASE, people=address, more=["--no-metrics"]) as served:
        served.wait()
        with People(
            tmp_path, f"https://localhost:{address.rpartition(':')[2]}", kor.authority, kor.provider
        ).client() as client:
            assert client.get("/metrics").status_code == 404
            assert client.get("/healthz").status_code == 200
        with (
            Served(tmp_path / "JPN", free_address(), PASSPHRASE, people=address) as second,
            pytest.raises(PeerUnreachable, match="cannot listen on"),
        ):
            second.wait()
