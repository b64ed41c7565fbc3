"""What is under way at the desk, in a real browser: content sent with a release, a delivery, a verification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from relto.node import dispatch_pending, open_item
from tests.browsing import IN_A_BROWSER, browser, follow, page_of
from tests.desk import Desks, desks
from tests.office import PASSWORD

__all__ = ["browser"]

pytestmark = IN_A_BROWSER
CONTENT = b"\x00\xff" * 300_000
RELEASE = "/desk/release?item=msl-2019-10-31&to=JPN"
SEEN = """() => { window.seen = []; const bar = document.querySelector('.going progress');
  new MutationObserver(() => seen.push(bar.value / bar.max)).observe(bar, {attributes: true}); }"""


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


def choose(page: Any, made: Desks, content: bytes = CONTENT, password: str = PASSWORD) -> None:
    page.goto(made.urls["KOR"] + RELEASE)
    page.set_input_files("[name=content]", {"name": "a b.bin", "mimeType": "application/x", "buffer": content})
    page.fill("[name=password]", password)


def received(made: Desks) -> bytes:
    with made.cast.jpn.store.read() as reading:
        (held,) = reading.holdings()
    return open_item(made.cast.jpn, held.id).payload


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_content_goes_with_a_release(browser: Any, made: Desks, script: bool) -> None:
    with page_of(browser, made, "KOR", "lee-authority", java_script_enabled=script) as (page, faults):
        choose(page, made)
        page.get_by_role("button", name="Release", exact=True).click()
        page.wait_for_url("**/desk/outbox?transmittal=*")
        assert "Delivered to JPN; receipt" in page.inner_text("#delivery")
        assert faults == []
    assert received(made) == CONTENT


def test_its_progress_is_seen_and_why_it_was_refused(browser: Any, made: Desks) -> None:
    with page_of(browser, made, "KOR", "lee-authority") as (page, faults):
        choose(page, made, password="not the right one")
        page.evaluate(SEEN)
        page.get_by_role("button", name="Release", exact=True).click()
        page.wait_for_selector("main .problem")
        assert page.evaluate("Math.max(...seen)") == 1
        assert page.evaluate("document.activeElement.id") == "refused"
        assert page.url.endswith(RELEASE)
        assert [one for one in faults if "401" not in one] == []
        faults.clear()
        choose(page, made)
        page.evaluate("document.querySelector('[name=content]').dataset.most = 10")
        page.get_by_role("button", name="Release", exact=True).click()
        page.get_by_text("The file is too large").wait_for()
        assert faults == []
    with made.cast.kor.store.read() as reading:
        assert reading.sent_before("transmittal", None, 9) == []


def test_a_delivery_is_followed_until_its_receipt(browser: Any, made: Desks) -> None:
    made.cast.link.set_down("JPN")
    with page_of(browser, made, "KOR", "lee-authority") as (page, faults):
        choose(page, made)
        page.get_by_role("button", name="Release", exact=True).click()
        page.wait_for_selector("#delivery .pill.ending")
        assert "It waits:" in page.inner_text("#delivery")
        made.cast.link.set_down("JPN", False)
        dispatch_pending(made.cast.kor)
        page.wait_for_selector("#delivery .pill.force")
        assert "Delivered to JPN; receipt" in page.inner_text("#delivery")
        assert page.locator("#delivery[data-again]").count() == 0
        assert page.locator("#delivery .waits").count() == 0
        assert faults == []


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_a_verification_is_followed_until_it_has_ended(browser: Any, made: Desks, script: bool) -> None:
    with page_of(browser, made, "JPN", "choi-security", java_script_enabled=script) as (page, faults):
        page.goto(made.urls["JPN"] + "/desk/ledger")
        follow(page, page.get_by_role("button", name="Verify everything"))
        while not script and page.locator("#verified .pill.force").count() == 0:
            follow(page, page.get_by_role("link", name="Look again"))
        page.wait_for_selector("#verified .pill.force")
        assert "everything holds" in page.inner_text("#verified")
        assert page.get_by_role("button", name="Verify everything").is_visible()
        assert faults == []
