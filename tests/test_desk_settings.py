"""The settings of a desk: how it is shown, sessions elsewhere, and the calendar that a secret address gives."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from relto.adapters.link import InProcessLink
from relto.compose import open_people
from relto.node import release, report_compromise
from relto.serve.api import ApiSettings, create_api
from relto.serve.console import add_desk
from tests.desk import Desks, csrf, desks
from tests.office import NOVEMBER, PASSWORD, PEOPLE, copied_cast, serving
from tests.test_analysis import unfolded

BY = "console:test"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


@pytest.fixture
def korea(made: Desks) -> httpx2.Client:
    return made.client("KOR", "kim-desk")


def stranger(made: Desks) -> httpx2.Client:
    """A program that has no cookie of the desk; it ends with the desks."""
    client = httpx2.Client(base_url=made.urls["KOR"], verify=False, trust_env=False, timeout=30)
    made.clients["KOR", f"stranger {len(made.clients)}"] = client
    return client


def address(client: httpx2.Client, password: str = PASSWORD) -> str:
    """Make a calendar address by the form; its path, which the page tells this once."""
    page = client.get("/desk/settings")
    told = client.post("/desk/settings/calendar", data={"csrf": csrf(page), "password": password})
    assert told.status_code == 200, told.text
    found = re.search(r'<code id="address">https://127\.0\.0\.1:\d+(/desk/calendar/[\w-]{43}\.ics)\?', told.text)
    assert found is not None
    assert found[1] not in client.get("/desk/settings").text
    return found[1]


class TestShown:
    """Language, theme and a second zone: cookies of the browser."""

    def test_what_is_kept_is_shown(self, korea: httpx2.Client) -> None:
        fields = {"csrf": csrf(korea.get("/desk/settings")), "language": "ja", "theme": "dark", "zone": "Asia/Tokyo"}
        done = korea.post("/desk/settings", data=fields)
        assert done.status_code == 303
        page = korea.get(done.headers["location"])
        assert '<html lang="ja" data-theme="dark">' in page.text
        assert "KST (2019年" in page.text
        assert korea.get("/desk/").text.count("data-theme=") == 1
        for cookie in done.headers.get_list("set-cookie"):
            assert "Path=/; SameSite=lax; Secure" in cookie

    def test_what_is_no_choice_leaves_it_to_the_system(self, korea: httpx2.Client) -> None:
        for value in ("dark", "pink\r\nx: y", '"><script>'):
            fields = {"csrf": csrf(korea.get("/desk/settings")), "language": value, "theme": value, "zone": value}
            assert korea.post("/desk/settings", data=fields).status_code == 303
            page = korea.get("/desk/settings").text
            assert ("data-theme" in page) == (value == "dark")
            assert "<script>" not in page
            assert "KST (" not in page

    def test_cookies_that_are_made_up_show_nothing(self, made: Desks, korea: httpx2.Client) -> None:
        own = korea.cookies["__Host-relto"]
        made_up = {"relto-theme": "x onload=y", "relto-zone": "Mars/Olympus", "relto-language": "xx"}
        cookies = "; ".join(f"{name}={value}" for name, value in {"__Host-relto": own, **made_up}.items())
        page = stranger(made).get("/desk/settings", headers={"cookie": cookies})
        assert page.status_code == 200
        assert "onload" not in page.text
        assert "Mars" not in page.text

    @pytest.mark.parametrize("path", ["", "/sessions", "/calendar", "/calendar/end"])
    def test_forged_forms_are_refused(self, korea: httpx2.Client, path: str) -> None:
        fields = {"csrf": "x", "password": PASSWORD, "theme": "dark"}
        assert korea.post(f"/desk/settings{path}", data=fields).status_code == 403
        assert "There is none." in korea.get("/desk/settings").text


def test_sessions_elsewhere_are_ended_and_the_own_goes_on(made: Desks, korea: httpx2.Client) -> None:
    elsewhere, other = stranger(made), made.client("KOR", "lee-authority")
    fields = {"account": "kim-desk", "password": PASSWORD}
    assert elsewhere.post("/desk/sign-in", data=fields).status_code == 303
    page = korea.get("/desk/settings")
    assert page.text.count("this one") == 1
    assert "Open elsewhere: 1" in page.text
    assert korea.post("/desk/settings/sessions", data={"csrf": csrf(page)}).status_code == 303
    assert elsewhere.get("/desk/").status_code == 303
    assert "None is open elsewhere" in korea.get("/desk/settings").text
    assert other.get("/desk/").status_code == 200


class TestCalendar:
    """Who has the address reads the deadlines and duties of its account, and nothing else."""

    def test_it_is_a_calendar_as_rfc_5545_has_it(self, made: Desks, korea: httpx2.Client) -> None:
        made.cast.give_notice()
        found = stranger(made).get(address(korea))
        assert found.status_code == 200
        assert found.headers["content-type"] == "text/calendar; charset=utf-8"
        assert found.headers["cache-control"] == "no-store"
        assert "set-cookie" not in found.headers
        lines = unfolded(found.content)
        assert lines[0] == "BEGIN:VCALENDAR"
        assert lines[-1] == "END:VCALENDAR"
        events = lines.count("BEGIN:VEVENT")
        assert "DTSTART:20191122T150000Z" in lines
        for name in ("UID:", "DTSTAMP:", "DTSTART:", "SUMMARY:"):
            assert sum(line.startswith(name) for line in lines) == events
        assert len({line for line in lines if line.startswith("UID:")}) == events

    def test_duties_are_in_it_without_titles_and_marks(self, made: Desks) -> None:
        release(made.cast.kor, made.cast.item(), "JPN")
        with made.cast.jpn.store.read() as reading:
            (held,) = reading.holdings()
        made.cast.jpn.link = InProcessLink()  # the report does not go out: it is still owed
        report_compromise(made.cast.jpn, held.id, "perhaps")
        japan = made.client("JPN", "kim-desk")
        path = address(japan)
        early = "\n".join(unfolded(japan.get(path).content))
        made.cast.clock.set(NOVEMBER.plus(10**9))
        late = "\n".join(unfolded(japan.get(path).content))
        assert f"SUMMARY:{held.received.agreement}: duty report it ({held.id})" in early
        assert f"SUMMARY:overdue: {held.received.agreement}: duty report it ({held.id})" in late
        assert re.findall("UID:.*", early) == re.findall("UID:.*", late)
        assert f"SUMMARY:기한 지남: {held.received.agreement}" in japan.get(f"{path}?language=ko").text
        for text in (early, late):
            assert held.received.title not in text
            assert held.mark not in text
        analyst = made.client("JPN", "park-analyst")
        assert held.id not in analyst.get(address(analyst)).text

    def test_nothing_else_is_read_with_it(self, made: Desks, korea: httpx2.Client) -> None:
        path = address(korea)
        token = path.rpartition("/")[2].removesuffix(".ics")
        program = stranger(made)
        assert program.post(path, data={}).status_code == 405
        for headers in ({"authorization": f"Bearer {token}"}, {"cookie": f"__Host-relto={token}"}):
            assert program.get("/v1/agreements", headers=headers).status_code == 401
            assert program.get("/desk/", headers=headers).status_code == 303
        for other in (f"{path}x", path.replace(token, token[:-1]), path.replace(token, "x" * 3000)):
            assert program.get(other).status_code == 404

    def test_it_asks_for_the_password_and_is_told_once(self, korea: httpx2.Client) -> None:
        page = korea.get("/desk/settings")
        wrong = korea.post("/desk/settings/calendar", data={"csrf": csrf(page), "password": "not the right one"})
        assert wrong.status_code == 401
        assert "There is none." in korea.get("/desk/settings").text

    def test_another_takes_its_place_and_it_can_be_withdrawn(self, made: Desks, korea: httpx2.Client) -> None:
        first, second, program = address(korea), address(korea), stranger(made)
        assert [program.get(one).status_code for one in (first, second)] == [404, 200]
        page = korea.get("/desk/settings")
        assert korea.post("/desk/settings/calendar/end", data={"csrf": csrf(page)}).status_code == 303
        assert program.get(second).status_code == 404

    def test_it_ends_with_its_account_its_password_and_its_role(self, made: Desks, korea: httpx2.Client) -> None:
        program = stranger(made)
        with closing(open_people(made.cast.folder / "KOR")) as people:
            path = address(korea)
            people.change_account("kim-desk", lambda one: replace(one, roles=("operator",)), by=BY, at=NOVEMBER)
            assert program.get(path).status_code == 404
            people.change_account("kim-desk", lambda one: replace(one, roles=("analyst",)), by=BY, at=NOVEMBER)
            assert program.get(path).status_code == 200
            people.change_account("kim-desk", lambda one: replace(one, disabled=True), by=BY, at=NOVEMBER)
            assert program.get(path).status_code == 404
            people.change_account("kim-desk", lambda one: replace(one, disabled=False), by=BY, at=NOVEMBER)
            assert program.get(path).status_code == 404
            token = people.begin_calendar("kim-desk", at=NOVEMBER)
            assert program.get(f"/desk/calendar/{token}.ics").status_code == 200
            people.set_password("kim-desk", PASSWORD, by=BY, at=NOVEMBER)
            assert program.get(f"/desk/calendar/{token}.ics").status_code == 404
            acts = [row.act for row in people.journal() if row.by == "account:kim-desk"]
        assert acts == ["calendar address made"] * 2

    def test_only_a_digest_of_it_is_kept(self, made: Desks, korea: httpx2.Client) -> None:
        token = address(korea).rpartition("/")[2].removesuffix(".ics")
        folder = made.cast.folder / "KOR"
        with closing(sqlite3.connect(folder / "people.db")) as connection:
            assert connection.execute("SELECT count(*) FROM calendar").fetchone() == (1,)
        assert token.encode() not in b"".join(one.read_bytes() for one in folder.glob("people.db*"))

    def test_guesses_are_slowed_down_as_logins_are(self, tmp_path: Path) -> None:
        cast = copied_cast(tmp_path)
        with closing(open_people(tmp_path / "KOR")) as people:
            app = create_api(cast.kor, people, ApiSettings(logins_a_minute=3))
            add_desk(app, app.state.context)
            with serving(app) as url, httpx2.Client(base_url=url, trust_env=False) as client:
                found = [client.get(f"/desk/calendar/{n}.ics") for n in range(4)]
        assert [one.status_code for one in found] == [404, 404, 404, 429]
        assert int(found[3].headers["retry-after"]) > 0
        for node in cast.nodes.values():
            node.store.close()


@pytest.mark.parametrize("account", sorted(PEOPLE))
def test_each_has_settings_and_a_calendar_only_where_agreements_are_seen(made: Desks, account: str) -> None:
    client = made.client("KOR", account)
    page = client.get("/desk/settings")
    assert page.status_code == 200
    assert len(page.content) < 60_000
    sees = client.get("/desk/flows").status_code == 200
    assert ('id="calendar"' in page.text) == sees
    told = client.post("/desk/settings/calendar", data={"csrf": csrf(page), "password": PASSWORD})
    assert told.status_code == (200 if sees else 403)
