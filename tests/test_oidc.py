"""Signing in at an OpenID provider (a process of its own, over TLS), and every way in which that may go wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from html import escape, unescape
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2
import pytest
from fastapi import FastAPI

from relto.adapters.clock import SystemClock
from relto.node.people import Account
from relto.serve.api import ApiSettings, OidcSettings
from relto.serve.api.provider import Provider
from relto.serve.console import add_desk
from relto.serve.console.app import CSP
from tests.authority import Authority
from tests.desk import csrf
from tests.office import NOVEMBER, Office, office
from tests.openid import BACK, CLIENT, SECRET, Openid
from tests.serving import until

RELEASE = {"item": "msl-2019-10-31", "to": "JPN"}
LEE = "subject-of-lee"


@dataclass
class Browser:
    """What a person's browser does between a node and a provider, and what it keeps of each."""

    kor: Office
    provider: Openid
    person: str = LEE
    cookies: dict[str, str] = field(default_factory=dict)

    def node(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Ask the node, with its cookies."""
        kept = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        told = self.kor.ask(method, path, headers={"Cookie": kept, **more.pop("headers", {})}, **more)
        for name, value in re.findall(r"(__Host-[\w-]+)=([^;]*);", "; ".join(told.headers.get_list("set-cookie"))):
            self.cookies[name] = value
        return told

    def start(self, *, step_up: bool = False) -> httpx2.Response:
        """Begin to sign in."""
        return self.node("GET", f"/v1/oidc/start{'?step_up=true' if step_up else ''}")

    def returned(self, *, step_up: bool = False, start: str = "") -> str:
        """Sign in at the provider; the query with which it sends back. `start`: the address that began it."""
        begun = self.node("GET", start) if start else self.start(step_up=step_up)
        assert begun.status_code == 303, begun.text
        with self.provider.client() as client:
            told = client.get(begun.headers["location"], headers={"Cookie": f"person={self.person}"})
        assert told.status_code == 302, told.text
        assert told.headers["location"].startswith(f"{BACK}?")
        return urlsplit(told.headers["location"]).query

    def finish(self, query: str) -> httpx2.Response:
        """Come back with it."""
        return self.node("GET", f"/v1/oidc/callback?{query}")

    def sign_in(self, *, step_up: bool = False) -> httpx2.Response:
        """There and back again, now."""
        self.kor.cast.clock.set(SystemClock().interval()[0])
        return self.finish(self.returned(step_up=step_up))

    @property
    def session(self) -> str:
        return self.cookies.get("__Host-relto", "")


@dataclass
class Setting:
    """An office with its provider, and what the log of the one has said."""

    kor: Office
    provider: Openid
    ticks: list[float]
    log: list[dict[str, object]]

    def browser(self, person: str = LEE) -> Browser:
        self.provider.amiss()
        return Browser(self.kor, self.provider, person)

    def refused(self, told: httpx2.Response, says: str) -> None:
        """It was refused, for that reason, and the log says so."""
        assert (told.status_code, says in told.json()["detail"]) == (401, True), told.text
        assert "__Host-relto=" not in "".join(told.headers.get_list("set-cookie"))
        name = told.headers["x-request-id"]
        until(lambda: self.log[-1].get("request") == name)  # it is written once the answer is gone
        last = self.log[-1]
        assert (last["status"], last["route"]) == (401, "/v1/oidc/callback")
        assert (last["refused"], says in str(last["why"])) == ("not-signed-in", True), last


@pytest.fixture(scope="module")
def at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Setting]:
    folder = tmp_path_factory.mktemp("oidc")
    authority = Authority(folder)
    log: list[dict[str, object]] = []
    ticks = [0.0]

    def note(event: str, **more: object) -> None:
        log.append(more)

    with ExitStack() as stack:
        provider = stack.enter_context(Openid(authority.server("provider"), authority.file))
        oidc = OidcSettings(provider.issuer, CLIENT, BACK, SECRET, ca_file=authority.file)
        settings = ApiSettings(logins_a_minute=1000, oidc=oidc)
        kor = stack.enter_context(office(folder, settings, log=note))
        assert kor.port is not None
        app = kor.port.app
        assert isinstance(app, FastAPI)
        app.state.oidc = Provider(oidc, lambda: ticks[0])
        add_desk(app, app.state.context)
        for account, subject in (("lee-authority", LEE), ("kim-desk", "subject-of-kim")):
            kor.people.change_account(
                account,
                lambda one, subject=subject: replace(one, issuer=provider.issuer, subject=subject),  # type: ignore[misc]
                by="console:test",
                at=NOVEMBER,
            )
        yield Setting(kor, provider, ticks, log)


class TestSigningIn:
    """Authorization code with PKCE (RFC 7636), a state and a nonce, as OpenID Connect Core 1.0, 3.1, has it."""

    def test_there_and_back_again_and_a_release_after_stepping_up_there(self, at: Setting) -> None:
        browser = at.browser()
        told = browser.sign_in()
        assert (told.status_code, told.headers["content-type"]) == (200, "text/html; charset=utf-8")
        me = browser.node("GET", "/v1/session").json()
        assert (me["account"], me["kind"], me["stepped_up_until"]) == ("lee-authority", "cookie", None)
        meant = {"X-Relto-CSRF": me["csrf"]}
        told = browser.node("POST", "/v1/releases", json=RELEASE, headers=meant)
        assert told.json()["type"] == "urn:relto:problem:step-up-needed"
        before = browser.session
        assert browser.sign_in(step_up=True).status_code == 200
        assert browser.session != before
        meant = {"X-Relto-CSRF": browser.node("GET", "/v1/session").json()["csrf"]}
        told = browser.node("POST", "/v1/releases", json=RELEASE, headers=meant)
        assert (told.status_code, told.json()["state"]) == (200, "done")
        subject = told.json()["id"]
        found = at.kor.as_("yoon-auditor", "GET", f"/v1/evidence?subject={subject}").json()["evidence"]
        assert found[0]["statement"]["says"]["by"] == "account:lee-authority/releasing-authority"

    def test_what_is_asked_of_the_provider(self, at: Setting) -> None:
        asked = parse_qs(urlsplit(at.browser().start().headers["location"]).query)
        assert asked["code_challenge_method"] == ["S256"]
        assert {len(asked[one][0]) for one in ("state", "nonce", "code_challenge")} == {43}
        assert asked["redirect_uri"] == [BACK]

    @pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # as the interface ignores it; pytest forgets that
    @pytest.mark.parametrize("alg", ["RS256", "ES256", "EdDSA"])
    def test_each_algorithm_that_is_taken(self, at: Setting, alg: str) -> None:
        browser = at.browser()
        at.provider.amiss(alg=alg)
        assert browser.sign_in().status_code == 200

    def test_neither_code_nor_token_nor_secret_is_in_the_log(self, at: Setting) -> None:
        browser = at.browser()
        query = browser.returned()
        assert browser.finish(query).status_code == 200
        said = str(at.log)
        for secret in (parse_qs(query)["code"][0], parse_qs(query)["state"][0], browser.session, SECRET):
            assert secret not in said


class TestTheDesk:
    """The pages: signing in, and showing again who one is, for accounts that have no password here."""

    def test_one_without_a_password_releases_once_they_have_shown_again_who_they_are(self, at: Setting) -> None:
        one = Account(
            "oh-authority", "Oh", ("releasing-authority",), issuer=at.provider.issuer, subject="subject-of-oh"
        )
        at.kor.people.add_account(one, None, by="console:test", at=NOVEMBER)
        browser = at.browser("subject-of-oh")
        assert 'href="/v1/oidc/start"' in browser.node("GET", "/desk/sign-in").text
        assert browser.sign_in().status_code == 200
        place = "/desk/release?item=msl-2019-10-31&to=JPN"
        page = browser.node("GET", place)
        assert 'name="password"' not in page.text
        found = re.search(r'href="(/v1/oidc/start[?]step_up=true&amp;back=[^"]+)"', page.text)
        assert found is not None
        fields = {"item": "msl-2019-10-31", "to": "JPN", "via": "", "do": "release"}
        told = browser.node("POST", "/desk/release", data=fields | {"csrf": csrf(page)})
        assert (told.status_code, "show again who you are" in told.text) == (403, True)
        done = browser.finish(browser.returned(start=unescape(found[1])))
        assert f'href="{escape(place)}"' in done.text
        page = browser.node("GET", place)
        assert "counts until" in page.text
        told = browser.node("POST", "/desk/release", data=fields | {"csrf": csrf(page)})
        assert told.status_code == 303, told.text
        assert "Delivered to JPN; receipt" in browser.node("GET", told.headers["location"]).text

    def test_a_password_that_is_given_is_looked_at_all_the_same(self, at: Setting) -> None:
        browser = at.browser()
        browser.sign_in()
        browser.sign_in(step_up=True)
        page = browser.node("GET", "/desk/release?item=msl-2019-10-31&to=JPN")
        fields = {"csrf": csrf(page), "item": "msl-2019-10-31", "to": "JPN", "do": "release", "password": "wrong"}
        assert browser.node("POST", "/desk/release", data=fields).status_code == 401

    @pytest.mark.parametrize(
        "back",
        [
            "https://example.org/desk/",
            "//example.org",
            "/desk",
            "/",
            "/v1/session",
            '/desk/"><script>',
            "/desk/\\x",
            "/desk/\r\nx: y",
            "desk/",
            "javascript:alert(1)",
        ],
    )
    def test_it_goes_on_with_a_page_of_the_desk_and_with_nothing_else(self, at: Setting, back: str) -> None:
        told = at.browser().node("GET", f"/v1/oidc/start?{urlencode({'back': back})}")
        assert (told.status_code, "no page of the desk" in told.text) == (400, True)


class TestTheWayBack:
    """What comes back must be what this browser began, once and in time."""

    def test_a_wrong_state_and_then_the_right_one_too_late(self, at: Setting) -> None:
        browser = at.browser()
        query = browser.returned()
        at.refused(browser.finish(re.sub(r"state=[^&]+", "state=guessed", query)), "began no such sign-in")
        at.refused(browser.finish(query), "began no such sign-in")  # it was taken

    def test_a_sign_in_that_another_began_is_not_finished_here(self, at: Setting) -> None:
        """Forged sign-in: a page of the attacker's sends the victim's browser back with the attacker's code."""
        attacker, victim = at.browser("subject-of-kim"), at.browser()
        query = attacker.returned()
        at.refused(victim.finish(query), "began no such sign-in")
        victim.start()
        at.refused(victim.finish(query), "began no such sign-in")

    def test_fixation_a_session_that_was_planted_before_is_over_after(self, at: Setting) -> None:
        planted = at.browser("subject-of-kim")
        assert planted.sign_in().status_code == 200
        victim = at.browser()
        victim.cookies = dict(planted.cookies)
        assert victim.sign_in().status_code == 200
        assert victim.session != planted.session
        assert planted.node("GET", "/v1/session").status_code == 401
        assert victim.node("GET", "/v1/session").json()["account"] == "lee-authority"

    def test_a_stolen_code_is_of_no_use_without_what_its_browser_knows(self, at: Setting) -> None:
        """PKCE: the attacker puts the victim's code into a sign-in of their own."""
        victim, attacker = at.browser(), at.browser("subject-of-kim")
        stolen, own = victim.returned(), attacker.returned()
        mixed = f"code={parse_qs(stolen)['code'][0]}&state={parse_qs(own)['state'][0]}"
        at.refused(attacker.finish(mixed), "the provider does not take the code")
        assert at.provider.said()[-1] == "Code challenge failed."

    def test_where_the_provider_binds_no_code_the_nonce_does(self, at: Setting) -> None:
        victim, attacker = at.browser(), at.browser("subject-of-kim")
        at.provider.amiss(unbound=True)
        stolen, own = victim.returned(), attacker.returned()
        mixed = f"code={parse_qs(stolen)['code'][0]}&state={parse_qs(own)['state'][0]}"
        at.refused(attacker.finish(mixed), "the ID token does not hold (InvalidClaimError)")

    def test_a_code_is_taken_once(self, at: Setting) -> None:
        browser = at.browser()
        query = browser.returned()
        assert browser.finish(query).status_code == 200
        at.refused(browser.finish(query), "began no such sign-in")
        again = browser.returned()
        replayed = f"code={parse_qs(query)['code'][0]}&state={parse_qs(again)['state'][0]}"
        at.refused(browser.finish(replayed), "the provider does not take the code")
        assert at.provider.said()[-1] == "Invalid 'code' in request."

    @pytest.mark.parametrize(("seconds", "status"), [(599, 200), (600, 401), (-1, 401)])
    def test_it_may_take_ten_minutes(self, at: Setting, seconds: int, status: int) -> None:
        browser = at.browser()
        clock = at.kor.cast.clock
        started = SystemClock().interval()[0]
        clock.set(started)
        query = browser.returned()
        clock.advance(seconds * 1_000_000_000)
        now = clock.at.ns // 1_000_000_000
        at.provider.amiss(claims={"iat": now, "exp": now + 60})
        told = browser.finish(query)
        assert told.status_code == status
        if status != 200:
            at.refused(told, "took too long")
        clock.set(started)

    def test_no_code_at_all(self, at: Setting) -> None:
        browser = at.browser()
        state = parse_qs(browser.returned())["state"][0]
        at.refused(browser.finish(f"state={state}&error=access_denied"), "gave no code")


class TestInABrowser:
    """A browser that is led here and takes HTML is told what went wrong by the desk's page; a program by a document."""

    HTML: ClassVar = {"Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"}
    FORGED = "state=x%22%3E%3Cscript%3E&error=access_denied&error_description=%3Cb%3Ethe+moon%3C%2Fb%3E"

    def told(self, at: Setting, says: str, status: int, path: str, **headers: str) -> str:
        """The page of an error, which is no way in; its main part."""
        page = at.browser().node("GET", path, headers=self.HTML | headers)
        assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8"), page.text
        assert page.headers["content-security-policy"] == CSP
        assert page.headers["cache-control"] == "no-store"
        assert "__Host-relto=" not in "".join(page.headers.get_list("set-cookie"))
        main = page.text.partition("<main")[2].partition("</main>")[0]
        assert says in unescape(main), main
        assert '<a href="/desk/sign-in">' in main
        return main

    @pytest.mark.parametrize(
        ("path", "status", "says"),
        [
            (f"/v1/oidc/callback?{FORGED}", 401, "this browser began no such sign-in"),
            (f"/v1/oidc/callback?state={'x' * 201}", 400, "malformed"),
            ("/v1/oidc/callback?state=%00&code=%E2%80%AE", 401, "this browser began no such sign-in"),
            ("/v1/oidc/start?step_up=true", 401, "not signed in"),
            ("/v1/oidc/start?step_up=%3Cscript%3E", 400, "malformed"),
            ("/v1/oidc/start?back=%22%3E%3Cscript%3E", 400, '`">' + "<script>` is no page of the desk"),
        ],
    )
    def test_what_went_wrong_is_a_page_with_the_way_back(self, at: Setting, path: str, status: int, says: str) -> None:
        main = self.told(at, says, status, path)
        assert "<script>" not in main
        assert "moon" not in main

    def test_what_the_provider_says_wrongly_is_told_in_our_words_alone(self, at: Setting) -> None:
        browser = at.browser()
        query = browser.returned()
        at.provider.amiss(claims={"aud": "<b>another</b>"})
        at.kor.cast.clock.set(SystemClock().interval()[0])
        page = browser.node("GET", f"/v1/oidc/callback?{query}", headers=self.HTML)
        assert (page.status_code, "<b>another" in page.text) == (401, False)
        assert "the ID token does not hold (InvalidClaimError)" in page.text
        name = page.headers["x-request-id"]
        until(lambda: at.log[-1].get("request") == name)
        assert (at.log[-1]["refused"], at.log[-1]["status"]) == ("not-signed-in", 401)

    @pytest.mark.parametrize(
        ("headers", "says"),
        [
            ({"Accept-Language": "ja,en"}, "このブラウザーで始めたサインインではありません。"),
            ({"Accept-Language": "ja,en", "Cookie": "relto-language=ko"}, "이 브라우저에서 시작한 로그인이 아닙니다."),
        ],
    )
    def test_in_the_persons_language(self, at: Setting, headers: dict[str, str], says: str) -> None:
        assert 'lang="en"' not in self.told(at, says, 401, f"/v1/oidc/callback?{self.FORGED}", **headers)

    def test_the_language_that_was_chosen_comes_along_from_the_provider(self, at: Setting) -> None:
        """A browser sends it on the way back from another site, and not under `/desk` alone."""
        told = at.browser().node("GET", "/desk/language/ko")
        assert "Path=/; SameSite=lax; Secure" in told.headers["set-cookie"]

    @pytest.mark.parametrize("accept", ["*/*", "application/json", "application/problem+json", "", "text/htmlx"])
    def test_a_program_keeps_its_document(self, at: Setting, accept: str) -> None:
        told = at.browser().node("GET", f"/v1/oidc/callback?{self.FORGED}", headers={"Accept": accept})
        assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")
        assert told.json()["type"] == "urn:relto:problem:not-signed-in"

    def test_who_is_signed_in_stays_so_and_keeps_the_pages(self, at: Setting) -> None:
        browser = at.browser()
        browser.sign_in()
        page = browser.node("GET", "/v1/oidc/start?back=nowhere", headers=self.HTML)
        assert (page.status_code, "<nav" in page.text) == (400, True)
        assert browser.node("GET", "/desk/").status_code == 200

    def test_another_path_is_told_by_a_document_to_anybody(self, at: Setting) -> None:
        told = at.browser().node("GET", "/v1/session", headers=self.HTML)
        assert (told.status_code, told.headers["content-type"]) == (401, "application/problem+json")


class TestTokens:
    """An ID token is this provider's, for this client, of this sign-in, and in time; or it is none."""

    @pytest.mark.parametrize(
        ("claims", "says"),
        [
            ({"nonce": "another"}, "InvalidClaimError"),
            ({"nonce": None}, "MissingClaimError"),
            ({"iss": "https://127.0.0.1:1"}, "InvalidClaimError"),
            ({"aud": "another-client"}, "InvalidClaimError"),
            ({"aud": [CLIENT, "another-client"]}, "made for another client"),
            ({"azp": "another-client"}, "made for another client"),
            ({"exp": 1}, "ExpiredTokenError"),
            ({"exp": "never"}, "InvalidClaimError"),
            ({"iat": 1 << 40}, "InvalidClaimError"),
            ({"sub": None}, "MissingClaimError"),
            ({"sub": "subject-of-nobody"}, "nobody here is known by that identity"),
        ],
    )
    def test_claims_that_are_not_right(self, at: Setting, claims: dict[str, Any], says: str) -> None:
        browser = at.browser()
        at.provider.amiss(claims=claims)
        at.refused(browser.sign_in(), says)

    @pytest.mark.parametrize("alg", ["none", "None", "HS256"])
    def test_unsigned_or_signed_with_what_everybody_has(self, at: Setting, alg: str) -> None:
        browser = at.browser()
        at.provider.amiss(forge=alg)
        at.refused(browser.sign_in(), f"signed with `{alg}`")

    def test_a_signature_that_is_not_its_own(self, at: Setting) -> None:
        browser = at.browser()
        at.provider.amiss(forge="ES256")
        at.refused(browser.sign_in(), "not one that its provider signed")

    def test_keys_that_were_rotated_are_asked_for_anew_but_not_again_and_again(self, at: Setting) -> None:
        browser = at.browser()
        assert browser.sign_in().status_code == 200
        at.provider.rotate()
        at.refused(browser.sign_in(), "a key that is none of its provider's")
        at.ticks[0] += 61
        assert browser.sign_in().status_code == 200


class TestAccounts:
    """Whoever the provider says it is, the account decides."""

    def test_a_disabled_account_is_out_and_it_is_in_the_journal(self, at: Setting) -> None:
        browser = at.browser("subject-of-kim")
        assert browser.sign_in().status_code == 200
        now = SystemClock().interval()[0]
        for disabled in (True, False):
            at.kor.people.change_account(
                "kim-desk",
                lambda one, disabled=disabled: replace(one, disabled=disabled),  # type: ignore[misc]
                by="console:test",
                at=now,
            )
            if disabled:
                assert browser.node("GET", "/v1/session").status_code == 401
                at.refused(browser.sign_in(), "nobody here is known by that identity")
                last = at.kor.people.journal()[-1]
                assert (last.by, last.act) == ("account:kim-desk", "refused: sign-in: disabled")

    def test_a_step_up_is_of_the_same_person_and_just_now(self, at: Setting) -> None:
        browser = at.browser()
        assert browser.sign_in().status_code == 200
        before = browser.session
        browser.person = "subject-of-kim"
        at.refused(browser.sign_in(step_up=True), "another person")
        browser.person = LEE
        for shown in (SystemClock().interval()[0].ns // 1_000_000_000 - 130, None, True):
            at.provider.amiss(claims={"auth_time": shown})
            at.refused(browser.sign_in(step_up=True), "has not asked again who you are")
        assert browser.session == before
        assert browser.node("GET", "/v1/session").json()["stepped_up_until"] is None

    def test_a_step_up_without_a_session_of_a_browser_is_none(self, at: Setting) -> None:
        assert at.browser().start(step_up=True).status_code == 401
        bearer = at.kor.login("lee-authority").json()["token"]
        told = at.kor.ask("GET", "/v1/oidc/start?step_up=true", headers={"Authorization": f"Bearer {bearer}"})
        assert told.status_code == 401


class TestTheProvider:
    """What it says of itself, and where it does not answer."""

    def fresh(self, at: Setting) -> Browser:
        """A browser of a node that has not yet asked the provider anything."""
        browser = at.browser()
        at.ticks[0] += 3601
        return browser

    @pytest.mark.parametrize(
        "told",
        [
            {"issuer": "https://evil.example"},
            {"token_endpoint": "https://evil.example/token"},
            {"jwks_uri": "http://169.254.169.254/latest/meta-data"},
            {"jwks_uri": "file:///etc/passwd"},
            {"authorization_endpoint": "javascript:alert(1)"},
            {"token_endpoint": None},
        ],
    )
    def test_it_names_no_address_elsewhere(self, at: Setting, told: dict[str, Any]) -> None:
        browser = self.fresh(at)
        at.provider.amiss(discovery=told)
        answer = browser.start()
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:relto:problem:peer-unreachable")
        assert "location" not in answer.headers
        until(lambda: at.log[-1].get("request") == answer.headers["x-request-id"])
        assert at.log[-1]["refused"] == "peer-unreachable"
        assert "OpenID provider" in str(at.log[-1]["why"])
        assert not {part for one in told.values() for part in [str(one)] if one and part in str(at.log[-1])}

    def test_a_provider_that_another_authority_vouches_for_is_not_asked(self, at: Setting, tmp_path: Path) -> None:
        oidc = OidcSettings(at.provider.issuer, CLIENT, BACK, SECRET, ca_file=Authority(tmp_path).file)
        with office(tmp_path / "kor", ApiSettings(oidc=oidc)) as kor:
            assert kor.ask("GET", "/v1/oidc/start").status_code == 503

    def test_down_in_the_middle_and_up_again(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        certificate = authority.server("provider")
        log: list[object] = []

        def note(event: str, **more: object) -> None:
            log.append(more["status"])

        with ExitStack() as stack:
            provider = stack.enter_context(Openid(certificate, authority.file))
            oidc = OidcSettings(provider.issuer, CLIENT, BACK, SECRET, ca_file=authority.file)
            kor = stack.enter_context(office(tmp_path / "kor", ApiSettings(oidc=oidc), log=note))
            people, now = kor.people, SystemClock().interval()[0]
            new = replace(people.accounts()[0], issuer=provider.issuer, subject=LEE)
            people.change_account(new.id, lambda one: new, by="console:test", at=now)
            kor.cast.clock.set(now)
            browser = Browser(kor, provider)
            query = browser.returned()
            provider.close()
            told = browser.finish(query)
            assert (told.status_code, told.json()["exit_code"], browser.session) == (503, 6, "")
            until(lambda: log == [303, 503])
            browser.provider = stack.enter_context(Openid(certificate, authority.file, provider.port))
            assert browser.sign_in().status_code == 200


def test_without_a_provider_there_is_no_such_way_in(tmp_path: Path) -> None:
    with office(tmp_path) as kor:
        for path in ("start", "callback?state=x&code=y"):
            assert kor.ask("GET", f"/v1/oidc/{path}").status_code == 404
