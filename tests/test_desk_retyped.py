"""A form of the desk that is refused comes back with all that was typed in it, and why: every form of every page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx2
import lxml.html
import pytest

from relto.adapters.verifier import ProcessVerifier
from relto.node.verifying import Verifying
from relto.serve.console.app import _DOES
from relto.serve.console.retyped import SECRET, retyped
from tests.browsing import furnished, hostile_holding, visits_of, waiting_approval, walks
from tests.desk import Desks, again, csrf, text_of
from tests.office import NOVEMBER, PASSWORD

NASTY = "\"><script>alert(1)</script>' </textarea></select>&amp; {0} %s"
TYPED_SECRET = "a secret that was typed"
CONTENT = b"the content of a file"
OURS = {"sec-fetch-site": "same-origin"}
MORE = (
    ("JPN", "kim-desk", ("/release?item=track&to=KOR",)),
    ("JPN", "lee-authority", ("/settings",)),
    ("KOR", "lee-authority", ("/release?item=msl-2019-10-31-grade-1&to=JPN",)),
    ("JPN", "choi-security", ("/duties",)),
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with furnished(tmp_path_factory.mktemp("retyped")) as found:
        settings = found.client("JPN", "lee-authority").get("/desk/settings")
        address = found.client("JPN", "lee-authority").post(
            "/desk/settings/calendar", data={"csrf": csrf(settings), "password": PASSWORD}
        )
        assert address.status_code == 200
        signed = {"account": "lee-authority", "password": PASSWORD}  # a second session, to be ended
        assert httpx2.post(f"{found.urls['JPN']}/desk/sign-in", data=signed, verify=False).status_code == 303
        yield found


@dataclass
class Filled:
    """A form as it stands in a page, and what is typed into it."""

    action: str
    hidden: dict[str, str] = field(default_factory=dict)
    typed: dict[str, str] = field(default_factory=dict)
    unchecked: set[str] = field(default_factory=set)
    secret: dict[str, str] = field(default_factory=dict)
    files: dict[str, Any] = field(default_factory=dict)

    def send(self, client: httpx2.Client, **more: str) -> httpx2.Response:
        data = {**self.hidden, **self.typed, **self.secret, **more}
        return client.post(self.action, data=data, files=self.files or None, headers=OURS)


def forms_of(page: httpx2.Response) -> list[Any]:
    """The forms of a page's main part that are sent by POST."""
    main: Any = lxml.html.fromstring(page.text).find(".//main")
    return [one for one in main.iter("form") if one.get("method") == "post"]


def filled(form: Any) -> Filled:
    """A form with something else in each field than it has."""
    made = Filled(form.get("action"))
    for one in form.iter("input", "select", "textarea"):
        name, kind = one.get("name"), one.get("type") or one.tag
        if kind == "hidden":
            made.hidden[name] = one.get("value")
        elif kind == "password":
            assert name in SECRET
            made.secret[name] = TYPED_SECRET
        elif kind == "file":
            made.files[name] = ("a.bin", CONTENT)
        elif kind == "checkbox":
            if one.get("checked") is None:
                made.typed[name] = one.get("value")
            else:
                made.unchecked.add(name)
        elif kind == "select":
            made.typed[name] = list(one.value_options)[-1]
        elif kind == "datetime-local":
            made.typed[name] = "2019-11-18T10:07"
        else:
            assert one.get("maxlength"), (made.action, name)  # what comes back is limited as the form is
            made.typed[name] = f"{name} {NASTY}" + ("\r\n\r\nmore" if kind == "textarea" else "")
            made.typed[name] = made.typed[name][: int(one.get("maxlength"))]
    return made


def buttons(form: Any) -> list[str]:
    return [one.get("value", "") for one in form.iter("button") if one.get("name") == "do"] or [""]


def shown_in(form: Any) -> tuple[dict[str, str], set[str]]:
    """What stands in a form: by name, and the boxes without a mark."""
    found, unchecked = dict[str, str](), set[str]()
    for one in form.iter("input", "select", "textarea"):
        name, kind = one.get("name"), one.get("type") or one.tag
        if kind == "checkbox" and one.get("checked") is None:
            unchecked.add(name)
        elif kind == "textarea":
            found[name] = (one.text or "").replace("\n", "\r\n")
        elif kind == "select":
            found[name] = one.value
        elif kind != "hidden":
            found[name] = one.get("value", "")
    return found, unchecked


def refused_form(page: httpx2.Response) -> Any:
    """The one form of a page that says why it was refused."""
    (found,) = [one for one in forms_of(page) if one.find_class("refusal")]
    assert found.find_class("refusal")[0].find_class("problem")[0].get("role") == "alert"
    assert page.text.count('id="refused"') == 1
    return found


def stands_again(answer: httpx2.Response, sent: Filled, do: str) -> None:
    """What was typed stands in the same form, and nothing that is secret anywhere."""
    form = refused_form(answer)
    assert form.get("action") == sent.action
    assert do in buttons(form)
    found, unchecked = shown_in(form)
    assert {name: found[name] for name in sent.typed} == sent.typed
    assert sent.unchecked <= unchecked
    assert all(found[name] == "" for name in (*sent.secret, *sent.files))
    for text in (TYPED_SECRET, CONTENT.decode()):
        assert text not in answer.text
    assert "<script>alert" not in answer.text
    assert len(answer.content) < 64_000
    for one in form.iter("input"):
        assert (one.get("type") == "file" and one.get("name") in sent.files) <= (one.get("required") is not None)


def places(made: Desks) -> Iterator[tuple[httpx2.Client, httpx2.Response]]:
    for party, account, paths in (*walks(made), *MORE):
        client = made.client(party, account)
        for path in paths:
            yield client, client.get(f"/desk{path}")
    nobody = made.client("JPN")
    yield nobody, nobody.get("/desk/sign-in")


def of_route(action: str) -> str:
    """The route that a form is sent to."""
    path = action.removeprefix("/desk")
    return next(one for one in _DOES if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", one), path))


def test_every_form_of_every_page_comes_back_as_it_was_sent(made: Desks) -> None:
    """Refused because its page is of a session that has ended meanwhile; signing in, for a wrong password."""
    met = set[tuple[str, str]]()
    for client, page in places(made):
        for form in forms_of(page):
            for do in buttons(form):
                sent = filled(form)
                button = {"do": do} if do else {}
                proof = {"csrf": "of another session"} if "csrf" in sent.hidden else {}
                answer = sent.send(client, **button, **proof)
                assert answer.status_code == (403 if proof else 401), (sent.action, answer.text)
                stands_again(answer, sent, do)
                met.add((of_route(sent.action), do))
    assert {path for path, _ in met} == _DOES.keys() - {"/sign-out"}  # which stands in the frame, and has no field
    assert len(met) > 24


@pytest.mark.parametrize(
    ("party", "account", "place", "to", "do", "change", "why"),
    [
        ("KOR", "kim-desk", "/visit-request", "/visit-request", "", {"facility": "a b"}, (400, "not an id")),
        ("JPN", "lee-authority", "asked", "/decide", "approve", {}, (401, "no account with that password")),
        ("JPN", "choi-security", "asked", "/decide", "decline", {"says": "no room"}, (401, "that password")),
        ("JPN", "kim-desk", "running", "/call-off", "", {"says": "  "}, (400, "no reason")),
        ("JPN", "kim-desk", "running", "/held", "", {"came": "x\r\n" * 65}, (400, "65 lines")),
        ("JPN", "kim-desk", "running", "/show", "", {"what": "t-none"}, (404, "no holding and no own item")),
        ("JPN", "choi-security", "/contractors/jpn-maker-1", "/checklist", "", {"every": "soon"}, (400, "soon")),
        ("JPN", "choi-security", "/contractors/jpn-maker-1", "/conditions", "confirm", {"says": " "}, (400, "no ")),
        ("JPN", "choi-security", "/contractors/jpn-maker-1", "/inspections", "", {"says": " "}, (400, "no ")),
        ("JPN", "choi-security", "/facilities/ichigaya", "/officials", "name", {"task": " "}, (400, "no task")),
        ("JPN", "choi-security", "/facilities/ichigaya", "/register", "strike", {"says": " "}, (400, "no reason")),
        ("JPN", "choi-security", "holding", "/destroy", "", {"witness": "choi-security"}, (400, "witness")),
        ("JPN", "choi-security", "holding", "/compromise", "", {"says": ""}, (400, "says nothing")),
        ("KOR", "lee-authority", "approval", "/approvals/", "approve", {}, (401, "that password")),
        ("KOR", "lee-authority", "/release?item=hostile&to=JPN", "/release", "release", {}, (401, "that password")),
        ("JPN", "lee-authority", "/settings", "/calendar$", "", {}, (401, "that password")),
    ],
)
def test_what_an_act_refuses_is_told_in_its_form(
    made: Desks, party: str, account: str, place: str, to: str, do: str, change: Mapping[str, str], why: tuple[int, str]
) -> None:
    known = {"holding": f"/holdings/{hostile_holding(made)}", "approval": waiting_approval(made)}
    known |= dict(zip(("running", "declined", "asked"), visits_of(made, "JPN"), strict=True))
    client = made.client(party, account)
    page = client.get(f"/desk{known.get(place, place)}")
    form = next(one for one in forms_of(page) if to in f"{one.get('action')}$" and (not do or do in buttons(one)))
    sent = filled(form)
    sent.typed |= change
    answer = sent.send(client, **({"do": do} if do else {}))
    told = " ".join(refused_form(answer).find_class("refusal")[0].text_content().split())
    assert (answer.status_code, why[1] in told) == (why[0], True), told
    stands_again(answer, sent, do)
    title = lxml.html.fromstring(page.text).findtext(".//title")
    assert lxml.html.fromstring(answer.text).findtext(".//title") == f"Not done · {title}"
    # and sent once more as it stands, it is the same form of the same page
    again_sent = filled(refused_form(answer))
    assert (again_sent.action, again_sent.hidden) == (sent.action, sent.hidden)


def test_a_refusal_that_leaves_evidence_shows_it_beside_what_was_typed(made: Desks) -> None:
    client = made.client("JPN", "kim-desk")
    at = f"/desk{visits_of(made, 'JPN')[0]}"
    form = next(one for one in forms_of(client.get(at)) if one.get("action").endswith("/show"))
    sent = filled(form)
    sent.typed |= {"what": hostile_holding(made)}
    answer = sent.send(client, to="a stranger")
    assert answer.status_code == 403
    sent.typed["to"] = form.find(".//select").value
    stands_again(answer, sent, "")
    assert re.search(r"refused · JPN .*`a stranger` is no visitor of", text_of(answer))


def test_a_page_that_says_why_is_not_loaded_again_by_itself(made: Desks) -> None:
    """A browser would send the form again."""
    verifier = made.contexts["KOR"].verifier
    assert isinstance(verifier, ProcessVerifier)
    before = verifier._last
    verifier._last = Verifying("running", "account:yoon-auditor/auditor", NOVEMBER)
    client = made.client("KOR", "yoon-auditor")
    page = client.get("/desk/ledger")
    assert "data-again" in page.text
    sent = filled(forms_of(page)[0])
    answer = sent.send(client, do="stop", csrf="of another session")
    verifier._last = before
    assert "data-again" not in answer.text
    stands_again(answer, sent, "stop")


class TestWithoutTheForm:
    """Where the page has the form no more, what was typed stands beneath the error: to be taken along."""

    def sent(self, made: Desks, account: str, path: str, to: str) -> Filled:
        page = made.client("JPN", account).get(f"/desk{path}")
        return filled(next(one for one in forms_of(page) if one.get("action").endswith(to)))

    def left(self, answer: httpx2.Response) -> list[str]:
        assert forms_of(answer) == []
        assert TYPED_SECRET not in answer.text
        assert "<script>alert" not in answer.text
        whole: Any = lxml.html.fromstring(answer.text)
        return [one.text_content().removesuffix("\n") for one in whole.find_class("typed")]

    def test_a_session_that_has_ended(self, made: Desks) -> None:
        """Nothing of the page, which nobody is signed in to see."""
        sent = self.sent(made, "choi-security", f"/holdings/{hostile_holding(made)}", "/compromise")
        made.contexts["JPN"].people.end_session(made.client("JPN", "choi-security").cookies["__Host-relto"])
        answer = sent.send(made.client("JPN", "choi-security"))
        again(made, "JPN", "choi-security")
        assert answer.status_code == 401
        assert self.left(answer) == [sent.typed["says"].replace("\r\n", "\n"), "yes"]
        assert 'href="/desk/sign-in"' in answer.text
        assert csrf_less(answer)

    def test_what_was_decided_meanwhile(self, made: Desks) -> None:
        _, declined, waits = visits_of(made, "JPN")
        client = made.client("JPN", "choi-security")
        form = next(one for one in forms_of(client.get(f"/desk{waits}")) if "decline" in buttons(one))
        sent = filled(form)
        sent.action, sent.typed = f"/desk{declined}/decide", {"says": "no room"}
        answer = sent.send(client, do="decline", password=PASSWORD)
        assert answer.status_code == 409
        assert self.left(answer) == ["no room"]
        assert PASSWORD not in answer.text

    def test_a_role_that_may_not(self, made: Desks) -> None:
        sent = self.sent(made, "choi-security", "/contractors/jpn-maker-1", "/checklist")
        client = made.client("JPN", "kim-desk")
        sent.hidden["csrf"] = csrf(client.get("/desk/settings"))
        answer = sent.send(client)
        assert answer.status_code == 403
        assert sent.typed["every"] in self.left(answer)

    @pytest.mark.parametrize(
        "headers", [{"origin": "https://elsewhere.example"}, {"sec-fetch-site": "cross-site"}, {}], ids=str
    )
    def test_nothing_is_shown_of_what_another_origin_may_have_sent(
        self, made: Desks, headers: Mapping[str, str]
    ) -> None:
        sent = self.sent(made, "choi-security", "/contractors/jpn-maker-1", "/checklist")
        data = {**sent.hidden, **sent.typed, "csrf": "guessed"}
        answer = made.client("JPN", "choi-security").post(sent.action, data=data, headers=dict(headers))
        assert answer.status_code == 403
        assert self.left(answer) == []
        assert "every" not in text_of(answer)

    def test_a_past_that_is_looked_at(self, made: Desks) -> None:
        sent = self.sent(made, "kim-desk", visits_of(made, "JPN")[0], "/call-off")
        sent.action += "?at=2019-11-18T08:00%2B09:00"
        answer = sent.send(made.client("JPN", "kim-desk"))
        assert answer.status_code == 400
        assert self.left(answer) == [sent.typed["says"]]


def csrf_less(page: httpx2.Response) -> bool:
    """Whether nothing in a page belongs to a session."""
    return "csrf" not in page.text and "<nav" not in page.text


def test_an_instant_that_is_none_is_told_to_who_is_signed_in(made: Desks) -> None:
    page = made.client("JPN", "kim-desk").get('/desk/?at=soon"><b>')
    assert page.status_code == 400
    assert 'name="at" value="soon&#34;&gt;&lt;b&gt;"' in page.text
    assert "<nav" in page.text


FORM = (
    '<!doctype html>\u2028\x0b\n<form method="get" action="/a"><input name="t"></form>'
    '<form method="post" action="/a"><input type="hidden" name="h" value="1"><input name="t" value="old" maxlength="4">'
    '<button name="do" value="x">x</button></form>\n'
    '<form method="post" action="/a"><input type="hidden" name="h" value="2"><input name="t"><input type="radio" '
    'name="r" value="a" checked><input type="radio" name="r" value="b"><input type="checkbox" name="c">'
    '<select name="s"><option>one &amp; <option selected>two</option></select><textarea name="a">\nold</textarea>'
    '<input name="otp" autocomplete="one-time-code"><button name="do" value="x">x</button></form>'
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({"h": "3", "do": "x"}, None),
        ({"h": "1", "do": "y"}, None),
        ({"do": "x"}, None),
        ({"h": "1", "t": "12345"}, ('value="old" maxlength="4"', 'maxlength="4" value="1234"')),
        ({"h": "2", "t": "é&", "do": "x"}, ('<input name="t"><input type="radio"', '<input name="t" value="é&amp;">')),
        ({"h": "2", "r": "b", "do": "x"}, ('value="b"><input type="checkbox"', 'value="b" checked>')),
        ({"h": "2", "c": "on"}, ('<input type="checkbox" name="c">', '<input type="checkbox" name="c" checked>')),
        ({"h": "2", "s": "one &"}, ("<option>one", "<option selected>one")),
        ({"h": "2", "s": "three"}, ("", "<option selected>two")),
        ({"h": "2", "a": "\r\n</textarea>"}, ("\nold</textarea>", ">\n\n&lt;/textarea&gt;</textarea>")),
        ({"h": "2", "otp": "123456"}, ("", 'autocomplete="one-time-code">')),
    ],
)
def test_the_form_that_was_sent_is_filled_and_no_other(
    typed: Mapping[str, str], expected: tuple[str, str] | None
) -> None:
    found = retyped(FORM, "/a", typed, "<i>WHY</i>")
    if expected is None:
        assert found is None
        return
    assert found is not None
    gone, there = expected
    assert there in found
    forms = re.split(r"(?=<form)", FORM)
    changed = re.split(r"(?=<form)", found)
    mine = int(typed["h"]) + 1
    assert [one for i, one in enumerate(changed) if i != mine] == [one for i, one in enumerate(forms) if i != mine]
    assert re.match(r"<form [^>]*><i>WHY</i><input", changed[mine])
    assert not gone or gone not in changed[mine]
    assert "123456" not in found
    assert retyped(FORM, "/b", typed, "") is None
