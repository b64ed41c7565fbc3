"""Desks furnished with the shipped chronicle, items, an approval that waits, a stream, and hostile text; and a real
browser to look at them with."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.folder import load_dossier
from relto.adapters.verifier import ProcessVerifier
from relto.cli.options import shipped_dossier
from relto.core.dossier import Accredited, Payload
from relto.core.register import CONDITIONS, INSPECTIONS
from relto.core.timeline.day import Day
from relto.node import dispatch_pending, release
from relto.node.contractors import confirm_conditions, enter_inspection, set_checklist, withdraw_conditions
from relto.node.facilities import enrol, name_official
from relto.node.streams import Stream, send_on
from relto.node.verifying import Verifying
from relto.node.visits import Asked, approve_visit, ask_visit, decline_visit, show_in_visit
from tests.desk import Desks, csrf, desks
from tests.office import PASSWORD
from tests.test_node_setup import at
from tests.test_streams import warning

CHROMIUM = Path("/usr/bin/chromium")
PAGES = (
    "/",
    "/agreements/kor-jpn-2016",
    "/flows?from=KOR&to=JPN",
    "/release?item=msl-2019-10-31&to=JPN",
    "/release?item=msl-2019-10-31-grade-1&to=JPN",
    "/inbox",
    "/outbox",
    "/approvals",
    "/warnings",
    "/duties",
    "/parties",
    "/persons",
    "/visits",
    "/visits?state=asked&q=W",
    "/visit-request",
    "/contractors",
    "/settings",
    "/agreements/kor-jpn-2016/difference",
    "/agreements/kor-jpn-2016/difference?to=other:usa-kor-1987",
    "/chronicle",
    "/brief",
    "/search?q=W",
    "/impact?agreement=kor-jpn-2016&lapse=2019-11-20T00:00%2B09:00",
    "/sufficiency?launch=2019-10-31-01",
    "/?at=2019-11-23T00:00%2B09:00",
    "/agreements/none",
)
CONTROL = (
    "/persons",
    "/facilities/ichigaya",
    "/contractors/jpn-maker-1",
    "/contractors/jpn-maker-2",
    "/contractors/jpn-maker-3",
)
FIRMS = tuple(Accredited(f"jpn-maker-{n}", "SECRET", Day(2020, n, 1)) for n in (1, 2, 3))
HOUR = 3_600_000_000_000
LEDGER = ("/ledger", "/ledger?subject=none")
HOSTILE = "<script>document.title='owned'</script><b>b</b>\u202e" + "W" * 600 + ' "><img src=x onerror=alert(1)> עברית'


def why_no_browser() -> str:
    """Why there is no browser to look with; empty where there is one that starts."""
    if not CHROMIUM.exists():
        return f"no browser at {CHROMIUM} (Debian: chromium)"
    try:
        done = subprocess.run([CHROMIUM, "--version"], capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{CHROMIUM} does not start: {error}"
    return "" if done.returncode == 0 else f"{CHROMIUM} does not start: {done.stderr[:200].decode('utf-8', 'replace')}"


NO_BROWSER = why_no_browser()
IN_A_BROWSER = [
    pytest.mark.skipif(bool(NO_BROWSER), reason=NO_BROWSER),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@contextmanager
def furnished(folder: Path) -> Iterator[Desks]:
    """Desks with the shipped chronicle and items, notice given, and an item released whose every text is hostile."""
    full = load_dossier(shipped_dossier())
    soon = {"jpn-analyst-7": replace(full.persons["jpn-analyst-7"], clearance_until=Day(2020, 1, 15))}
    with desks(folder) as found:
        cast = found.cast
        bad = replace(cast.item(), id="hostile", title=HOSTILE, note=HOSTILE, payload=Payload("document", HOSTILE))
        japan = replace(full.parties["JPN"], contractors=FIRMS)
        for node in cast.nodes.values():
            items = {**full.items, **node.base.items, **({bad.id: bad} if node is cast.kor else {})}
            node.base = replace(
                node.base,
                chronicle=full.chronicle,
                items=items,
                parties={**full.parties, "JPN": japan},
                persons={**full.persons, **soon},
            )
        cast.give_notice()
        cast.clock.set(at("2019-11-18T09:00+09:00"))
        release(cast.kor, bad, "JPN", payload=(HOSTILE + "W" * 10_000).encode())
        warn(found, 1)
        control(found)
        officer = found.client("KOR", "kim-desk")
        fields = {"csrf": csrf(officer.get("/desk/release")), "item": "hostile", "to": "JPN", "via": "", "do": "submit"}
        assert officer.post("/desk/release", data=fields).status_code == 303
        verify(found)
        yield found


def control(made: Desks) -> None:
    """Visits of each state, contractors with and without a whole checklist, a facility; whose every text is hostile."""
    korea, japan = made.cast.kor, made.cast.jpn
    now = japan.clock.interval()[1]
    visitors = (HOSTILE[:200], "a colonel")
    for begins, ends, answer in ((-HOUR, 8 * HOUR, "yes"), (HOUR, 2 * HOUR, "no"), (24 * HOUR, 30 * HOUR, "")):
        asked = Asked(
            "KOR", "JPN", "ichigaya", "kor-jpn-2016", HOSTILE, ("defence/dprk",), "SECRET", now.plus(begins),
            now.plus(ends), visitors, True, HOSTILE,
        )  # fmt: skip
        name = ask_visit(korea, asked).id
        dispatch_pending(korea, "JPN")
        if answer == "yes":
            approve_visit(japan, name, HOSTILE)
            with japan.store.read() as reading:
                held = reading.holdings_of("hostile")[0].id
            show_in_visit(japan, name, held, "a colonel", HOSTILE)
        elif answer == "no":
            decline_visit(japan, name, HOSTILE, HOSTILE)
        dispatch_pending(japan, "KOR")
    others = [one for one in CONDITIONS if one != INSPECTIONS]
    for firm, said, by in (("jpn-maker-1", "survey 12", "choi-security"), ("jpn-maker-2", HOSTILE, HOSTILE)):
        set_checklist(japan, firm, "kor-jpn-2016", "P2M", by)
        confirm_conditions(japan, firm, others, said, by)
        enter_inspection(japan, firm, said, by, passed=firm == "jpn-maker-1")
    withdraw_conditions(japan, "jpn-maker-2", ["j"], HOSTILE, HOSTILE)
    name_official(japan, "ichigaya", HOSTILE, HOSTILE, HOSTILE)
    for person in ("jpn-analyst-7", HOSTILE):
        enrol(japan, "ichigaya", person, HOSTILE)


def visits_of(made: Desks, party: str) -> list[str]:
    """The pages of the visits that a party knows: one that runs, one declined, one that waits."""
    with made.cast.nodes[party].store.read() as reading:
        return [f"/visits/{one.id}" for one in reading.controls("visit")]


def verify(made: Desks) -> None:
    """Have JPN verify its ledger from the desk; that of KOR came out badly."""
    japan, korea = (made.contexts[party].verifier for party in ("JPN", "KOR"))
    assert isinstance(japan, ProcessVerifier)
    assert isinstance(korea, ProcessVerifier)
    japan.begin("account:choi-security/security-officer")
    while (found := japan.last()) is None or found.ended is None:
        time.sleep(0.02)
    began = at("2019-11-18T08:58+09:00")
    problems = ("holding t-1: its `mark` is not what its events make it", f"leaf 7: {HOSTILE}")
    korea._last = Verifying("changed", "account:yoon-auditor/auditor", began, ended=began, leaves=9, problems=problems)


def walks(made: Desks) -> list[tuple[str, str, tuple[str, ...]]]:
    """Which pages to look at, at whose desk, as whom: every page, with somebody who may see it."""
    with made.cast.jpn.store.read() as reading:
        leaf = next(reading.leaves()).id
    with made.cast.kor.store.read() as reading:
        sent = reading.sent_before("transmittal", None, 9)[-1].subject
    holding = f"/holdings/{hostile_holding(made)}"
    return [
        ("JPN", "kim-desk", (*PAGES, holding, *visits_of(made, "JPN"))),
        ("JPN", "choi-security", (*LEDGER, f"/ledger/{leaf}", holding, *visits_of(made, "JPN"), *CONTROL)),
        (
            "KOR",
            "lee-authority",
            (f"/outbox?transmittal={sent}", "/release?item=hostile&to=JPN", waiting_approval(made)),
        ),
        ("KOR", "yoon-auditor", (*LEDGER, *visits_of(made, "KOR"), "/facilities/yongsan")),
    ]


def warn(made: Desks, number: int) -> None:
    """Send a warning from KOR to JPN on a stream."""
    send_on(made.cast.kor, Stream("north", made.cast.item(), "missile-warning", "JPN"), [warning(number)])
    dispatch_pending(made.cast.kor, "JPN")


def hostile_holding(made: Desks) -> str:
    """The holding whose every text is hostile."""
    with made.cast.jpn.store.read() as reading:
        return reading.holdings_of("hostile")[0].id


def waiting_approval(made: Desks) -> str:
    """What waits for approval."""
    found = re.search(r"/desk/(approvals/a-[0-9a-f]+)", made.client("KOR", "kim-desk").get("/desk/approvals").text)
    assert found is not None
    return "/" + found[1]


@contextmanager
def chromium() -> Iterator[Any]:
    """The machine's Chromium, headless."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """One for all tests of a module: it may not outlive it, for it keeps the thread's event loop."""
    with chromium() as found:
        yield found


@contextmanager
def page_of(browser: Any, made: Desks, party: str, account: str, **more: Any) -> Iterator[tuple[Any, list[str]]]:
    """A page that is signed in, and what its console complained of."""
    context = browser.new_context(ignore_https_errors=True, **more)
    page, faults = context.new_page(), list[str]()
    page.on("console", lambda one: faults.append(one.text) if one.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    sign_in(page, made.urls[party], account)
    try:
        yield page, faults
    finally:
        context.close()


def sign_in(page: Any, url: str, account: str) -> None:
    """Sign in by the form."""
    page.goto(url + "/desk/sign-in")
    page.fill("[name=account]", account)
    page.fill("[name=password]", PASSWORD)
    follow(page, page.locator("main button"))


def follow(page: Any, way: Any) -> None:
    """Click, and wait until the page it leads to has come: a click alone returns while the old one still stands."""
    with page.expect_navigation():
        way.click()


def closed_or_too_wide(page: Any) -> list[tuple[str, list[str]]]:
    """What on a page is closed to somebody, by the rules of axe, and what is wider than the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']}).then((one) => one.violations)")
    told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
    over = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return told + ([("too wide", [str(over)])] if over > 0 else [])


@cache
def _axe() -> str:
    spec = find_spec("axe_core_python")
    assert spec is not None
    assert spec.origin is not None
    return (Path(spec.origin).parent / "axe.min.js").read_text(encoding="utf-8")
