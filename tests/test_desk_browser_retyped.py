"""Forms that are refused, in a real browser: what was typed stands there again, and can be put right and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from relto.node import verify
from tests.browsing import (
    IN_A_BROWSER,
    browser,
    closed_or_too_wide,
    follow,
    furnished,
    hostile_holding,
    page_of,
    visits_of,
)
from tests.desk import desks
from tests.office import PASSWORD

__all__ = ["browser"]

pytestmark = IN_A_BROWSER
NASTY = '"><script>document.title="owned"</script></textarea><img src=x> &amp; \u202e'
REFUSED = "Failed to load resource: the server responded with a status of "


@pytest.mark.parametrize("script", [True, False], ids=["with a script", "without"])
def test_what_was_typed_is_put_right_and_sent(browser: Any, tmp_path: Path, script: bool) -> None:
    with (
        desks(tmp_path) as made,
        page_of(browser, made, "KOR", "kim-desk", java_script_enabled=script) as (page, faults),
    ):
        page.goto(made.urls["KOR"] + "/desk/visit-request")
        typed = {
            "facility": "no such id",
            "purpose": NASTY,
            "topics": "\ndefence/dprk\n",
            "visitors": f"{NASTY}\na major",
        }
        typed |= {"starts": "2019-11-18T10:07", "ends": "2019-11-18T18:00"}
        chosen = {"way": "there", "other": "JPN", "zone": "America/New_York", "ceiling": "CONFIDENTIAL"}
        for name, text in typed.items():
            page.fill(f"[name={name}]", text)
        for name, text in chosen.items():
            page.select_option(f"[name={name}]", text)
        page.check("[name=assured]")
        follow(page, page.get_by_role("button", name="Send the request"))
        assert "`no such id` is not an id" in page.inner_text("form.stack [role=alert]")
        assert page.title() == "Not done · Ask for a visit · relto KOR"
        assert {name: page.input_value(f"[name={name}]") for name in (*typed, *chosen)} == typed | chosen
        assert page.is_checked("[name=assured]")
        assert page.locator("main img, main script").count() == 0
        assert [one for one in faults if not one.startswith(REFUSED + "400")] == []
        page.fill("[name=facility]", "ichigaya")
        follow(page, page.get_by_role("button", name="Send the request"))
        with made.cast.kor.store.read() as reading:
            (call,) = reading.controls("visit")
        assert (call.asked.purpose, call.asked.topics) == (NASTY, ("defence/dprk",))  # type: ignore[union-attr]
        assert call.asked.visitors == (NASTY, "a major")  # type: ignore[union-attr]


def test_why_it_was_refused_is_where_the_reader_is_led(browser: Any, tmp_path: Path) -> None:
    size = {"width": 390, "height": 700}
    with desks(tmp_path) as made, page_of(browser, made, "KOR", "lee-authority", viewport=size) as (page, _):
        page.goto(made.urls["KOR"] + "/desk/settings")
        page.fill("main [name=password]", "not the right one")
        follow(page, page.get_by_role("button", name="Make an address"))
        assert page.evaluate("document.activeElement.id") == "refused"
        box = page.locator("#refused").bounding_box()
        assert 0 <= box["y"] < size["height"]
        assert page.input_value("main [name=password]") == ""


def test_a_file_is_to_be_chosen_again_and_nothing_else_is_sent_in_its_place(browser: Any, tmp_path: Path) -> None:
    with desks(tmp_path) as made, page_of(browser, made, "KOR", "lee-authority") as (page, _):
        page.goto(made.urls["KOR"] + "/desk/release?item=msl-2019-10-31&to=JPN")
        file = {"name": "track.bin", "mimeType": "application/octet-stream", "buffer": b"\x00track"}
        button = page.get_by_role("button", name="Release", exact=True)
        page.set_input_files("[name=content]", file)
        page.fill("[name=password]", "not the right one")
        button.click()
        page.get_by_text("The file that you chose is not kept").wait_for()
        assert page.evaluate("document.activeElement.id") == "refused"
        page.fill("[name=password]", PASSWORD)
        button.click()
        assert page.evaluate("document.querySelector('[name=content]').validity.valueMissing")
        page.select_option("[name=to]", "USA")  # the verdict still follows the choice
        page.get_by_role("heading", name="→ USA").wait_for()
        page.select_option("[name=to]", "JPN")
        page.get_by_role("heading", name="→ JPN").wait_for()
        page.set_input_files("[name=content]", file)
        page.fill("[name=password]", PASSWORD)
        with page.expect_navigation():
            button.click()
        assert "receipt of JPN" in page.inner_text("main")
        assert len(verify(made.cast.kor).problems) == 0
        with made.cast.kor.store.read() as reading:
            assert len(reading.sent_before("transmittal", None, 9)) == 1


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_what_answers_a_form_is_open_to_everybody(browser: Any, tmp_path: Path, scheme: str, width: int) -> None:
    """An item opened within a visit, a refusal in its form, and what was typed where the session has ended."""
    more: dict[str, Any] = {"color_scheme": scheme, "viewport": {"width": width, "height": 900}, "bypass_csp": True}
    with furnished(tmp_path) as made, page_of(browser, made, "JPN", "kim-desk", **more) as (page, _):
        page.goto(made.urls["JPN"] + "/desk" + visits_of(made, "JPN")[0])
        send(page, "/open", "holding", hostile_holding(made))
        assert "onerror=alert(1)" in page.inner_text("#opened pre")
        assert page.evaluate("document.activeElement.id") == "opened"
        assert closed_or_too_wide(page) == []
        send(page, "/show", "what", "none")
        assert page.evaluate("document.activeElement.id") == "refused"
        assert closed_or_too_wide(page) == []
        token = next(one["value"] for one in page.context.cookies() if one["name"] == "__Host-relto")
        made.contexts["JPN"].people.end_session(token)
        send(page, "/call-off", "says", NASTY + "W" * 500)
        assert 'document.title="owned"' in page.inner_text("pre.typed")
        assert page.locator("main img, main script").count() == 0
        assert closed_or_too_wide(page) == []


def send(page: Any, action: str, name: str, text: str) -> None:
    """Send a form with one field filled in."""
    form = page.locator(f"form[action$='{action}']")
    form.locator(f"[name={name}]").fill(text)
    follow(page, form.locator("button"))
