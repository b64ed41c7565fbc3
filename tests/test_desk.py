"""The desk without a browser: who may see and do what, the whole way of an item, and forms that others forge."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import httpx2
import jinja2
import pytest

from relto.core.decision.verdict import CHECKS
from relto.core.evidence import EVIDENCE_KINDS
from relto.core.register import CONDITIONS
from relto.formats import svg
from relto.formats.analysis import impact_svg, sufficiency_svg
from relto.node import dispatch_pending, release, verify
from relto.node.verify import PHASES
from relto.serve.console import controls, visits
from relto.serve.console.app import CSP
from relto.serve.console.grounds import PATTERNS
from relto.serve.console.problems import ABOUT, TABLES
from relto.serve.console.requirements import CODES, RULES, SUBJECTS, WORDS
from relto.serve.console.words import catalogue, shown, tongue_of
from tests.desk import Desks, csrf, desks
from tests.office import PASSWORD, PEOPLE
from tests.test_node_setup import LAPSE

PAGES = (
    "/",
    "/flows",
    "/release",
    "/inbox",
    "/outbox",
    "/duties",
    "/parties",
    "/persons",
    "/chronicle",
    "/brief",
    "/impact",
    "/sufficiency",
    "/ledger",
)
CONSOLE = Path(__file__).parent.parent / "src/relto/serve/console"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """Desks that only are looked at, with an item released."""
    with desks(tmp_path_factory.mktemp("still")) as found:
        release(found.cast.kor, found.cast.item(), "JPN")
        yield found


def releasing(page: httpx2.Response) -> dict[str, str]:
    """What the form of a page sends to release the item of 31 October to JPN."""
    return {
        "csrf": csrf(page),
        "item": "msl-2019-10-31",
        "to": "JPN",
        "via": "",
        "password": PASSWORD,
        "do": "release",
    }


def test_who_is_not_signed_in_is_asked_to(still: Desks) -> None:
    client = still.client("KOR")
    for path in PAGES:
        answer = client.get(f"/desk{path}")
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in")
    asked = client.get("/desk/sign-in")
    assert asked.status_code == 200
    wrong = client.post("/desk/sign-in", data={"account": "lee-authority", "password": "wrong password it is"})
    assert "__Host-relto" not in wrong.headers.get("set-cookie", "")
    assert 'role="alert"' in wrong.text
    assert client.get("/desk", follow_redirects=False).headers["location"] == "/desk/"


@pytest.mark.parametrize("account", sorted(PEOPLE))
def test_each_sees_what_their_role_may_and_nothing_fails(still: Desks, account: str) -> None:
    client = still.client("KOR", account)
    menu = set(re.findall(r'<a href="/desk(/[a-z]*)"', client.get("/desk/", follow_redirects=True).text))
    for path in PAGES:
        answer = client.get(f"/desk{path}")
        assert answer.status_code in (200, 303, 403), (path, answer.text)
        if account == "jung-operator" and path == "/":
            assert answer.headers["location"] == "/desk/ledger"
            continue
        assert (path in menu) == (answer.status_code == 200), path
        assert answer.headers["content-security-policy"] == CSP
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert len(answer.content) < 60_000


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_every_page_in_every_language(still: Desks, language: str) -> None:
    client = still.client("JPN", "kim-desk")
    client.get(f"/desk/language/{language}?back=/desk/")
    for path in (
        *PAGES[:-1],
        "/agreements/kor-jpn-2016",
        "/agreements/kor-jpn-2016/difference",
        "/settings",
        "/visits",
        "/visit-request",
        "/contractors",
        "/contractors/jpn-maker-1",
        "/facilities/ichigaya",
        "/flows?from=KOR&to=JPN",
        "/sufficiency?launch=2019-10-31-01",
    ):
        answer = client.get(f"/desk{path}")
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
    client.get("/desk/language/en")
    assert client.get("/desk/language/xx?back=https://evil.example/").headers["location"] == "/desk/"


def test_what_is_not_there_is_said(still: Desks) -> None:
    client = still.client("KOR", "lee-authority")
    for path in ("/agreements/none", "/holdings/none", "/outbox?transmittal=none"):
        answer = client.get(f"/desk{path}")
        assert answer.status_code == 404
        assert "no " in answer.text
    assert client.get("/desk/?at=tomorrow").status_code == 400
    assert client.get("/desk/static/../app.py").status_code == 404
    assert client.get("/desk/inbox?page=999").status_code == 200
    assert client.get("/desk/inbox?page=-1&q=%00").status_code == 200


def test_an_item_is_released_received_opened_and_destroyed(made: Desks) -> None:
    korea, japan = made.client("KOR", "lee-authority"), made.client("JPN", "kim-desk")
    page = korea.get("/desk/release?item=msl-2019-10-31&to=JPN")
    assert "極秘" in page.text
    fields = releasing(page)
    wrong = korea.post("/desk/release", data={**fields, "password": "not the right one"})
    assert wrong.status_code == 401
    sent = korea.post("/desk/release", data=fields)
    assert sent.status_code == 303
    told = korea.get(sent.headers["location"])
    assert "Delivered to JPN; receipt" in told.text
    inbox = japan.get("/desk/inbox")
    holding = re.search(r'/desk/holdings/([^"?]+)"', inbox.text)
    assert holding is not None
    at = f"/desk/holdings/{holding[1]}"
    assert '<p class="banner"><b>極秘</b>' in japan.get(at).text
    opened = japan.post(f"{at}/open", data={"csrf": csrf(japan.get(at))})
    assert opened.status_code == 200
    assert '<pre class="content">' in opened.text
    assert "Opened; evidence sha256:" in opened.text
    gone = {"csrf": csrf(japan.get(at)), "method": "shred", "witness": "Sato"}
    assert japan.post(f"{at}/destroy", data=gone).status_code == 303
    after = japan.get(at)
    assert "destroyed" in after.text
    assert f"{at}/open" not in after.text
    assert japan.post(f"{at}/open", data={"csrf": csrf(after)}).status_code in (403, 404, 409)
    dispatch_pending(made.cast.jpn)  # a served node's own process does it
    for node in (made.cast.kor, made.cast.jpn):
        assert verify(node).problems == ()
    with made.cast.kor.store.read() as reading:
        assert any(leaf.kind == "destruction" for leaf in reading.leaves())
        said = [leaf for leaf in reading.leaves() if leaf.kind == "submission"]
    assert len(said) == 1  # the wrong password released nothing


def test_a_compromise_is_told(made: Desks) -> None:
    release(made.cast.kor, made.cast.item(), "JPN")
    officer = made.client("JPN", "choi-security")
    with made.cast.jpn.store.read() as reading:
        (held,) = reading.holdings()
    at = f"/desk/holdings/{held.id}"
    assert f"{at}/compromise" in officer.get(at).text
    fields = {"csrf": csrf(officer.get(at)), "says": "a laptop was left in a train", "actual": "yes"}
    assert officer.post(f"{at}/compromise", data=fields).status_code == 303
    with made.cast.kor.store.read() as reading:
        assert any(leaf.kind == "compromise" for leaf in reading.leaves())


def test_at_the_lapse_the_button_is_gone_and_the_form_refused_with_its_article(made: Desks) -> None:
    made.cast.give_notice()
    made.cast.clock.set(LAPSE.plus(-1))
    korea = made.client("KOR", "lee-authority")
    page = korea.get("/desk/release?item=msl-2019-10-31&to=JPN")
    assert 'name="via" value=""' in page.text
    fields = releasing(page)
    made.cast.clock.set(LAPSE)
    refused = korea.post("/desk/release", data=fields)
    assert refused.status_code == 403
    assert "21(3)" in refused.text
    later = korea.get("/desk/release?item=msl-2019-10-31&to=JPN")
    assert 'name="via" value=""' not in later.text
    assert 'name="via" value="USA"' in later.text  # through the ally it still goes
    assert "lapsed since 2019-11-23 00:00 KST" in later.text


def test_a_desk_officer_submits_and_releases_nothing(made: Desks) -> None:
    officer = made.client("KOR", "kim-desk")
    page = officer.get("/desk/release?item=msl-2019-10-31&to=JPN")
    assert "Submit for release" in page.text
    assert 'name="password"' not in page.text
    fields = {"csrf": csrf(page), "item": "msl-2019-10-31", "to": "JPN", "via": "", "do": "submit"}
    done = officer.post("/desk/release", data=fields)
    assert done.status_code == 303
    assert "Submitted as a-" in officer.get(done.headers["location"]).text
    tried = officer.post("/desk/release", data={**fields, "do": "release", "password": PASSWORD})
    assert tried.status_code == 403
    with made.cast.kor.store.read() as reading:
        assert not [leaf for leaf in reading.leaves() if leaf.kind == "submission"]


@pytest.mark.parametrize(
    ("change", "headers"),
    [
        ({"csrf": "x"}, {}),
        ({"csrf": ""}, {}),
        ({}, {"origin": "https://evil.example"}),
        ({}, {"sec-fetch-site": "cross-site"}),
        ({}, {"origin": "null"}),
    ],
)
def test_forged_forms_are_refused(still: Desks, change: dict[str, str], headers: dict[str, str]) -> None:
    client = still.client("KOR", "lee-authority")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    fields = releasing(page)
    with still.cast.kor.store.read() as reading:
        before = len(reading.outbox())
    answer = client.post("/desk/release", data={**fields, **change}, headers=headers)
    assert answer.status_code == 403
    with still.cast.kor.store.read() as reading:
        assert len(reading.outbox()) == before


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"x" * 70_000, "application/x-www-form-urlencoded"),
        (b"csrf=a&csrf=b", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded"),
        (b"{}", "application/json"),
    ],
)
def test_what_is_no_form_is_refused(still: Desks, content: bytes, kind: str) -> None:
    client = still.client("KOR", "lee-authority")
    answer = client.post("/desk/release", content=content, headers={"content-type": kind})
    assert answer.status_code in (400, 403)


def test_a_past_instant_says_so_and_changes_nothing(still: Desks) -> None:
    client = still.client("KOR", "lee-authority")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN&at=2016-11-01T00:00%2B09:00")
    assert '<body class="past">' in page.text
    assert "As of 2016-11-01 00:00 KST" in page.text
    assert 'name="password"' not in page.text
    now = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    fields = releasing(now)
    assert client.post("/desk/release?at=2019-11-01T00:00Z", data=fields).status_code == 400


def test_signing_out_ends_the_session(made: Desks) -> None:
    client = made.client("KOR", "park-analyst")
    page = client.get("/desk/")
    assert client.post("/desk/sign-out", data={"csrf": "x"}).status_code == 403
    assert client.get("/desk/").status_code == 200
    kept = client.cookies["__Host-relto"]
    assert client.post("/desk/sign-out", data={"csrf": csrf(page)}).status_code == 303
    client.cookies.set("__Host-relto", kept)
    assert client.get("/desk/").status_code == 303


def test_the_picture_of_a_timeline_is_drawn_for_any_instant(still: Desks) -> None:
    client = still.client("KOR", "park-analyst")
    for at in ("0002-01-02T00:00Z", "1900-01-01T00:00Z", "2019-11-18T00:00Z", "9990-01-01T00:00Z"):
        for path in ("/agreements/kor-jpn-2016/timeline.svg", "/agreements/kor-jpn-2016", "/flows", "/brief"):
            answer = client.get(f"/desk{path}?at={at}")
            assert answer.status_code == 200, (path, at)


def test_every_text_of_the_pages_is_in_both_catalogues() -> None:
    used: set[str] = set()
    environment = jinja2.Environment(autoescape=True)
    for file in (CONSOLE / "templates").glob("*.html"):
        for node in environment.parse(file.read_text(encoding="utf-8")).find_all(jinja2.nodes.Call):
            if getattr(node.node, "name", "") == "_" and isinstance(node.args[0], jinja2.nodes.Const):
                used.add(node.args[0].value)
    for file in CONSOLE.glob("*.py"):
        used |= set(re.findall(r'say\(\s*"([^"]+)"', file.read_text(encoding="utf-8")))
    used |= set(re.findall(r'\("/[a-z]*", "(\w+)", "', (CONSOLE / "app.py").read_text(encoding="utf-8")))
    used |= {*controls.WORDS.values(), *(words for words, _ in visits.PHASES.values()), *CONDITIONS.values()}
    used |= {*sufficiency_svg.WORDS, *impact_svg.WORDS, *EVIDENCE_KINDS, *PHASES, *PATTERNS, *CHECKS, *svg.WORDS}
    used |= {*SUBJECTS, *RULES, *CODES.values(), *WORDS.values(), *ABOUT, *TABLES}
    assert len(used) > 150
    for language in ("ko", "ja"):
        found = catalogue(language)
        assert used - found.keys() == set()
        for text, said in found.items():
            assert set(re.findall(r"\{\w+\}", text)) == set(re.findall(r"\{\w+\}", said)), text


def test_the_language_is_that_chosen_or_the_first_accepted() -> None:
    assert tongue_of("ja", "ko").language == "ja"
    assert tongue_of("", "fr;q=0.9, ko-KR;q=0.8, en").language == "ko"
    assert tongue_of("xx", "").language == "en"


def test_text_that_hides_or_turns_is_made_harmless() -> None:
    assert shown("a\u202eb\u2066c\x00d\ud800e\u2028f\tg") == "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf g"


@pytest.mark.parametrize("language", ["en", "ko", "ja"])
def test_the_pictures_of_the_analyses_are_drawn_in_every_language(still: Desks, language: str) -> None:
    client = still.client("KOR", "park-analyst")
    client.get(f"/desk/language/{language}?back=/desk/")
    for path, word in (
        ("/sufficiency.svg", "needed"),
        ("/sufficiency.svg?launch=2019-10-31-01", "not open then"),
        ("/impact.svg?agreement=kor-jpn-2016&lapse=2019-11-20T00:00%2B09:00", "lost"),
    ):
        answer = client.get(f"/desk{path}")
        assert answer.headers["content-type"] == "image/svg+xml"
        said = " ".join(ElementTree.fromstring(answer.content).itertext())
        assert catalogue(tongue_of(language, "").language).get(word, word) in said
    client.get("/desk/language/en")
    assert client.get("/desk/impact.svg").status_code == 400


@pytest.mark.parametrize(
    ("day", "at"),
    [
        ("0", "2013-12-31T15:00:00Z"),
        ("2152", "2019-11-22T15:00:00Z"),
        ("99999", "2019-11-22T15:00:00Z"),
        ("x", "2013-12-31T15:00:00Z"),
    ],
)
def test_the_slider_of_the_flows_leads_to_the_first_instant_of_a_day(made: Desks, day: str, at: str) -> None:
    made.cast.give_notice()
    made.cast.clock.set(LAPSE)
    answer = made.client("KOR", "park-analyst").get(f"/desk/flows?day={day}&from=KOR&to=JPN")
    assert answer.status_code == 303
    there = made.client("KOR", "park-analyst").get(answer.headers["location"])
    assert f"at={at.replace(':', '%3A')}" in answer.headers["location"]
    assert '<body class="past">' in there.text
    assert f'value="{min(int(day) if day.isdigit() else 0, 2152)}"' in there.text


def test_one_search_finds_what_each_may_see(made: Desks) -> None:
    release(made.cast.kor, made.cast.item(), "JPN")
    with made.cast.jpn.store.read() as reading:
        held, leaf = reading.holdings()[0], next(reading.leaves())
    found = {
        account: {
            q: made.client("JPN", account).get("/desk/search", params={"q": q}).text
            for q in ("launches", "kor-jpn", held.id, leaf.id, "nothing like it", " ", "<b>")
        }
        for account in ("kim-desk", "park-analyst", "yoon-auditor", "jung-operator")
    }
    assert f"/desk/holdings/{held.id}" in found["kim-desk"]["launches"]
    assert f"/desk/holdings/{held.id}" not in found["park-analyst"]["launches"]
    assert "/desk/agreements/kor-jpn-2016" in found["park-analyst"]["kor-jpn"]
    assert f"/desk/ledger/sha256%3A{leaf.id[7:]}" in found["yoon-auditor"][leaf.id]
    assert f"/desk/ledger/sha256%3A{leaf.id[7:]}" not in found["kim-desk"][leaf.id]
    for told in found.values():
        assert "Nothing found" in told["nothing like it"]
        assert "<b>" not in told["<b>"].partition("<main")[2]
    assert "/desk/" not in found["jung-operator"]["launches"].partition("<main")[2].partition("</main>")[0]
