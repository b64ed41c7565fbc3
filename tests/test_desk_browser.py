"""The desk in a real browser: nothing that its policy forbids, accessible in light and dark, wide and narrow, inert to
hostile text, whole without a script; and the way of an item in three languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import httpx2
import pytest

from relto.node import dispatch_pending
from tests.browsing import (
    CONTROL,
    IN_A_BROWSER,
    PAGES,
    browser,
    closed_or_too_wide,
    follow,
    furnished,
    hostile_holding,
    page_of,
    sign_in,
    visits_of,
    walks,
    warn,
)
from tests.desk import Desks, desks
from tests.office import PASSWORD
from tests.test_node_setup import LAPSE, at

__all__ = ["browser"]

pytestmark = IN_A_BROWSER
SHARES = 2
WORDS = {
    "en": ("Release", "Open", "Destroy"),
    "ko": ("제공", "열람", "파기"),
    "ja": ("提供", "開封", "破棄"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with furnished(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.mark.parametrize("share", range(SHARES))
def test_no_page_breaks_its_policy_or_is_closed_to_anybody(browser: Any, made: Desks, share: int) -> None:
    """Light and dark, wide and narrow."""
    for party, account, paths in walks(made):
        with page_of(browser, made, party, account, bypass_csp=True) as (page, _):
            for path in paths[share::SHARES]:
                page.goto(made.urls[party] + "/desk" + path)
                for scheme, width in product(("light", "dark"), (1280, 390)):
                    page.emulate_media(color_scheme=scheme)
                    page.set_viewport_size({"width": width, "height": 900})
                    assert closed_or_too_wide(page) == [], (path, scheme, width)


def test_the_console_stays_silent_under_the_policy(browser: Any, made: Desks) -> None:
    for party, account, paths in [*walks(made), ("KOR", "lee-authority", PAGES)]:
        with page_of(browser, made, party, account) as (page, faults):
            for path in paths:
                answer = page.goto(made.urls[party] + "/desk" + path)
                if answer.status == 200:
                    assert faults == [], path
                faults.clear()  # a page that is refused is said to be, by the browser too


def test_hostile_text_is_only_text(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "JPN", "kim-desk") as (page, faults):
        for path in ("/inbox", f"/holdings/{hostile_holding(made)}", "/duties"):
            page.goto(made.urls["JPN"] + "/desk" + path)
            assert page.title().endswith("relto JPN")
            assert page.locator("main img").count() == 0
            assert "\u202e" not in page.inner_text("main")
        page.goto(made.urls["JPN"] + f"/desk/holdings/{hostile_holding(made)}")
        follow(page, page.locator("form[action$='/open'] button"))
        assert "onerror=alert(1)" in page.inner_text("pre.content")
        assert faults == []


def test_hostile_text_of_visits_contractors_and_facilities_is_only_text(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "JPN", "choi-security") as (page, faults):
        for path in ("/visits", "/contractors", *visits_of(made, "JPN"), *CONTROL):
            page.goto(made.urls["JPN"] + "/desk" + path)
            assert page.title().endswith("relto JPN")
            assert page.locator("main img, main script").count() == 0
            assert "\u202e" not in page.inner_text("main")
        assert faults == []


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_visit_is_asked_for_and_approved_in_a_browser(browser: Any, tmp_path: Path, script: bool) -> None:
    with desks(tmp_path) as made:
        with page_of(browser, made, "KOR", "kim-desk", java_script_enabled=script) as (korea, faults):
            korea.goto(made.urls["KOR"] + "/desk/visits")
            follow(korea, korea.get_by_role("link", name="Ask for a visit"))
            korea.select_option("[name=other]", "JPN")
            korea.fill("[name=facility]", "ichigaya")
            korea.fill("[name=starts]", "2019-11-18T10:00")
            korea.fill("[name=ends]", "2019-11-18T18:00")
            korea.fill("[name=purpose]", "talks on warning")
            korea.fill("[name=topics]", "defence/dprk")
            korea.fill("[name=visitors]", "a colonel\na major")
            korea.check("[name=assured]")
            follow(korea, korea.get_by_role("button", name="Send the request"))
            assert "asked for" in korea.inner_text("main .pill >> nth=0")
            assert "begins in\n1 h" in korea.inner_text(".figure")
            assert faults == []
        dispatch_pending(made.cast.kor)
        with page_of(browser, made, "JPN", "lee-authority", java_script_enabled=script) as (japan, faults):
            follow(japan, japan.get_by_role("link", name="Visits that wait for this party's answer: 1"))
            follow(japan, japan.locator("main td a"))
            form = japan.locator("form", has=japan.get_by_role("button", name="Approve"))
            form.locator("[name=starts]").fill("2019-11-18T11:00")
            form.locator("[name=password]").fill(PASSWORD)
            follow(japan, form.get_by_role("button", name="Approve"))
            assert "approved" in japan.inner_text("main .pill >> nth=0")
            assert "2019-11-18 11:00 JST" in japan.inner_text("main")
            assert faults == []


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
@pytest.mark.parametrize("language", sorted(WORDS))
def test_the_way_of_an_item(browser: Any, tmp_path: Path, language: str, script: bool) -> None:
    release_word, open_word, destroy_word = WORDS[language]
    with desks(tmp_path) as made:
        made.cast.give_notice()
        made.cast.clock.set(at("2019-11-18T09:00+09:00"))
        with page_of(browser, made, "KOR", "lee-authority", java_script_enabled=script) as (korea, faults):
            korea.goto(made.urls["KOR"] + f"/desk/language/{language}?back=/desk/release")
            korea.select_option("[name=item]", "msl-2019-10-31")
            korea.select_option("[name=to]", "JPN")
            follow(korea, korea.locator("main form[method=get] button"))
            korea.fill("form[method=post] [name=password]", PASSWORD)
            follow(korea, korea.get_by_role("button", name=release_word, exact=True))
            assert re.search(r"sha256:[0-9a-f]{64}", korea.inner_text("main"))
            made.cast.clock.set(LAPSE.plus(-60_000_000_000))
            sign_in(korea, made.urls["KOR"], "lee-authority")  # the session has ended meanwhile
            assert "1" in korea.inner_text(".figure b")  # a minute
            korea.goto(made.urls["KOR"] + "/desk/release?item=msl-2019-10-31&to=JPN")
            made.cast.clock.set(LAPSE)
            korea.fill("form[method=post] [name=password]", PASSWORD)
            follow(korea, korea.get_by_role("button", name=release_word, exact=True))
            assert "21(3)" in korea.inner_text("main")
            assert [one for one in faults if "403" not in one] == []
        with page_of(browser, made, "JPN", "kim-desk", java_script_enabled=script) as (japan, _):
            japan.goto(made.urls["JPN"] + f"/desk/language/{language}?back=/desk/inbox")
            follow(japan, japan.locator("main td a").first)
            assert "極秘" in japan.inner_text(".banner")
            follow(japan, japan.get_by_role("button", name=open_word, exact=True))
            assert japan.locator("pre.content").count() == 1
            japan.select_option("[name=method]", "shred")
            japan.fill("[name=witness]", "Sato")
            follow(japan, japan.get_by_role("button", name=destroy_word, exact=True))
            assert japan.locator("[name=witness]").count() == 0


def test_a_warning_stands_on_the_page_as_it_comes(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "JPN", "kim-desk") as (page, faults):
        page.goto(made.urls["JPN"] + "/desk/warnings")
        page.get_by_text("Live", exact=True).wait_for()
        for number in (2, 3):
            warn(made, number)
            page.wait_for_selector(f"#messages tr:nth-child({number - 1})")
        assert "event-3 · actual · 1" in page.inner_text("#messages tr:first-child")
        assert "KOR → JPN" in page.inner_text("#messages tr:first-child")
        assert faults == []


def test_the_verdict_follows_what_is_chosen(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "KOR", "lee-authority") as (page, faults):
        page.goto(made.urls["KOR"] + "/desk/release")
        page.select_option("[name=item]", "msl-2019-10-31")
        page.select_option("[name=to]", "JPN")
        page.wait_for_selector("#verdict .pill.force")
        page.select_option("[name=item]", "msl-2019-10-31-grade-1")
        page.wait_for_selector("#verdict .pill.lapsed")
        assert page.url.endswith("item=msl-2019-10-31-grade-1&to=JPN")
        page.select_option("[name=item]", "hostile")
        page.wait_for_function("() => document.querySelector('#verdict h2').textContent.includes('owned')")
        assert page.locator("#verdict img, #verdict script").count() == 0
        page.select_option("[name=item]", "msl-2019-10-31")
        page.wait_for_function("() => document.querySelector('#verdict h2').textContent.includes('31 Oct')")
        page.fill("#verdict [name=password]", PASSWORD)
        follow(page, page.get_by_role("button", name="Release", exact=True))
        assert "Delivered to JPN; receipt" in page.inner_text("main")
        assert faults == []


def test_all_of_it_goes_by_keyboard(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "KOR", "lee-authority") as (page, _):
        page.goto(made.urls["KOR"] + "/desk/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        page.keyboard.press("g")
        page.keyboard.press("i")
        page.wait_for_url("**/desk/inbox")
        page.keyboard.press("/")
        assert page.evaluate("document.activeElement.id") == "search"
        seen = set()
        for _ in range(60):
            page.keyboard.press("Tab")
            seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 80)"))
        links = page.evaluate("[...document.querySelectorAll('a, button, input:not([type=hidden])')].length")
        assert len(seen) >= links - 2


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_an_edge_is_a_link_to_its_table_which_is_marked_at_arrival(browser: Any, made: Desks, script: bool) -> None:
    with page_of(browser, made, "JPN", "kim-desk", java_script_enabled=script) as (page, faults):
        page.goto(made.urls["JPN"] + "/desk/flows")
        edge = page.get_by_role("link", name=re.compile("^KOR to JPN: "))
        if script:
            edge.focus()
            page.keyboard.press("Enter")
        else:
            box = edge.locator(".hit").bounding_box()
            page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_url("**/desk/flows?from=KOR&to=JPN#edge")
        assert "KOR → JPN" in page.inner_text("#edge:target h2")
        assert faults == []


def test_settings_hold_and_the_address_of_the_calendar_is_read_without_a_session(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "JPN", "kim-desk", color_scheme="light") as (page, faults):
        page.goto(made.urls["JPN"] + "/desk/")
        page.keyboard.press("?")
        page.wait_for_url("**/desk/settings#keys")
        paper = "getComputedStyle(document.body).backgroundColor"
        light = page.evaluate(paper)
        page.select_option("[name=theme]", "dark")
        page.select_option("[name=zone]", "UTC")
        follow(page, page.get_by_role("button", name="Keep"))
        assert page.evaluate(paper) != light
        assert "JST (2019-11-18 00:00 UTC)" in page.inner_text("main")
        page.fill("#calendar [name=password]", PASSWORD)
        follow(page, page.get_by_role("button", name="Make an address"))
        address = page.inner_text("#address")
        page.get_by_role("button", name="Withdraw").wait_for()
        assert faults == []
    with httpx2.Client(verify=False, trust_env=False) as program:
        assert program.get(address).content.startswith(b"BEGIN:VCALENDAR\r\n")


def test_a_browser_that_is_led_astray_from_the_provider_finds_back(browser: Any, made: Desks) -> None:
    context = browser.new_context(ignore_https_errors=True)
    page = context.new_page()
    page.goto(made.urls["KOR"] + "/desk/language/ja")
    page.goto(made.urls["KOR"] + "/v1/oidc/callback?state=%3Cscript%3E&code=x")
    assert "OpenIDプロバイダーが設定されていません。" in page.inner_text("main [role=alert]")
    follow(page, page.locator("main a"))
    assert page.url.endswith("/desk/sign-in")
    context.close()
