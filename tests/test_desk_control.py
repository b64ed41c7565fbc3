"""The desk's pages of contractors and facilities; who sees and does what of these and of visits; and where the rest of
the desk tells of them."""

from __future__ import annotations

import re

import httpx2
import lxml.html
import pytest

from relto.core.register import CONDITIONS, Contractor, Site
from relto.core.timeline import Instant
from relto.node import verify
from relto.node.contractors import confirm_conditions, enter_inspection, enter_missed, set_checklist
from relto.node.facilities import enrol
from relto.node.visits import approve_visit, call_off_visit
from relto.serve.console import controls, visits
from relto.serve.console.words import catalogue
from tests.browsing import HOSTILE
from tests.desk import Desks, again, csrf, form, has_form, text_of
from tests.office import NOVEMBER, PASSWORD, PEOPLE
from tests.test_analysis import unfolded
from tests.test_desk_settings import address
from tests.test_desk_visits import HOUR, asked, made

__all__ = ["made"]

FIRM = "jpn-maker-1"
OTHERS = [one for one in CONDITIONS if one != "g"]
HANDLES = {"kim-desk", "lee-authority", "han-authority", "choi-security", "yoon-auditor"}


class TestContractors:
    """The fifteen conditions of each, what shows them, who says so; inspections, and when the next is due."""

    def test_a_checklist_is_begun_confirmed_inspected_and_falls_due(self, made: Desks) -> None:
        officer, at = made.client("JPN", "choi-security"), f"/desk/contractors/{FIRM}"
        assert "no checklist" in text_of(officer.get("/desk/contractors"))

        def act(path: str, button: str = "", **fields: str) -> httpx2.Response:
            return officer.post(f"{at}/{path}", data=form(officer.get(at), f"/{path}", button) | fields)

        assert act("checklist", every="P1Y").status_code == 303
        marked = {f"condition-{one}": "yes" for one in OTHERS}
        assert act("conditions", "confirm", says="survey 12", **marked).status_code == 303
        assert "14 / 15" in text_of(officer.get("/desk/contractors"))
        assert act("inspections", says="as it should be", passed="yes").status_code == 303
        told = text_of(officer.get(at))
        assert "all conditions met" in told
        assert re.search(r"16\(j\) a qualified person is named as responsible met survey 12 choi-security", told)
        assert "The next is due 2020-11-19 00:00 KST" in told
        assert act("conditions", "withdraw", says="she left", **{"condition-j": "yes"}).status_code == 303
        told = text_of(officer.get(at))
        assert re.search(r"16\(j\) [a-z ]+ not met — —", told)
        assert "conditions withdrawn · JPN, choi-security" in told
        assert "(j): she left" in told
        assert verify(made.cast.jpn).problems == ()

    def test_an_overdue_inspection_is_marked_wherever_it_stands(self, made: Desks) -> None:
        japan = made.cast.jpn
        set_checklist(japan, FIRM, "kor-jpn-2016", "P1M", "jpn-security")
        confirm_conditions(japan, FIRM, OTHERS, "survey 12", "jpn-security")
        enter_inspection(japan, FIRM, "well", "jpn-security", passed=True)
        with japan.store.read() as reading:
            firm = reading.control("contractor", FIRM)
        assert isinstance(firm, Contractor)
        due = firm.inspection_due
        assert due is not None
        for moment, late in ((due, False), (due.plus(1), True)):
            made.cast.clock.set(moment)
            officer = again(made, "JPN", "choi-security")
            assert ("inspection overdue" in text_of(officer.get("/desk/contractors"))) == late
            assert ("Duties overdue: 1" in text_of(officer.get("/desk/"))) == late
            page = officer.get("/desk/duties")
            assert f'<a href="/desk/contractors/{FIRM}">' in page.text
            assert ("overdue" in text_of(page).replace("0 overdue", "")) == late
        enter_missed(japan)
        told = text_of(officer.get(f"/desk/contractors/{FIRM}"))
        assert "nothing may come to it" in told
        assert "missed it was due 2019-12-19 00:00 JST" in told

    def test_what_is_not_so_is_refused_and_changes_nothing(self, made: Desks) -> None:
        officer, at = made.client("JPN", "choi-security"), f"/desk/contractors/{FIRM}"
        token = csrf(officer.get(at))
        for path, fields, status, why in (
            ("conditions", {"condition-a": "yes", "says": "x", "do": "confirm"}, 404, "no checklist"),
            ("conditions", {"says": "x", "do": "confirm"}, 400, "no condition was chosen"),
            ("conditions", {"condition-g": "yes", "says": "x", "do": "confirm"}, 404, "no checklist"),
            ("checklist", {"agreement": "kor-jpn-2016", "every": "yearly"}, 400, "yearly"),
            ("checklist", {"agreement": "usa-jpn-2007", "every": "P1Y"}, 400, "says nothing of contractors"),
            ("inspections", {"says": "x", "passed": "yes"}, 404, "no checklist"),
        ):
            answer = officer.post(f"{at}/{path}", data={"csrf": token, **fields})
            assert (answer.status_code, why in text_of(answer)) == (status, True), (path, answer.text)
        assert officer.get("/desk/contractors/none").status_code == 404
        with made.cast.jpn.store.read() as reading:
            assert list(reading.controls()) == []

    def test_nothing_is_said_of_conditions_before_they_were_confirmed(self, made: Desks) -> None:
        officer = made.client("JPN", "choi-security")
        set_checklist(made.cast.jpn, FIRM, "kor-jpn-2016", "P1Y", "jpn-security")
        made.cast.clock.set(NOVEMBER.plus(5))
        confirm_conditions(made.cast.jpn, FIRM, OTHERS, "survey 12", "jpn-security")
        for moment, met in ((NOVEMBER.plus(4), 0), (NOVEMBER.plus(5), 14)):
            page = officer.get(f"/desk/contractors/{FIRM}", params={"at": str(moment)})
            assert f"{met} / 15" in text_of(page)
            assert not has_form(page, "/conditions")


class TestFacilities:
    """Who is responsible (article 10), and who stands in the register (article 6(e))."""

    def test_officials_are_named_and_relieved(self, made: Desks) -> None:
        officer, at = made.client("JPN", "choi-security"), "/desk/facilities/ichigaya"
        fields = form(officer.get(at), "/officials", "name") | {"official": "jpn-security-1", "task": "documents"}
        assert officer.post(f"{at}/officials", data=fields).status_code == 303
        assert "1 responsible now" in text_of(officer.get(at))
        again = officer.post(f"{at}/officials", data=fields)
        assert (again.status_code, "(article 10)" in text_of(again)) == (409, True)
        assert officer.post(f"{at}/officials", data=form(officer.get(at), "/officials", "relieve")).status_code == 303
        assert "0 responsible now" in text_of(officer.get(at))
        assert "official relieved · JPN, choi-security" in text_of(officer.get(at))

    def test_who_is_enrolled_and_struck_off_is_admitted_only_by_both_registers(self, made: Desks) -> None:
        officer, at = made.client("JPN", "choi-security"), "/desk/facilities/ichigaya"
        assert "jpn-analyst-7 — yes yes" in text_of(officer.get(at))
        fields = form(officer.get(at), "/register", "enrol") | {"person": "somebody"}
        assert officer.post(f"{at}/register", data=fields).status_code == 303
        told = text_of(officer.get(at))
        assert "somebody yes no no" in told  # in no file
        assert "jpn-analyst-7 no yes no" in told
        assert re.search(
            r"ichigaya (\(unconfirmed\) )?facility \w+ without end —", text_of(officer.get("/desk/persons"))
        )
        enrol(made.cast.jpn, "ichigaya", "jpn-analyst-7", "jpn-security")
        assert "jpn-analyst-7 yes yes yes" in text_of(officer.get(at))
        fields = form(officer.get(at), "/register", "strike") | {"person": "jpn-analyst-7", "says": "transferred"}
        assert officer.post(f"{at}/register", data=fields).status_code == 303
        assert "jpn-analyst-7: transferred" in text_of(officer.get(at))
        with made.cast.jpn.store.read() as reading:
            site = reading.control("facility", "ichigaya")
        assert isinstance(site, Site)
        assert site.register == ("somebody",)

    def test_only_own_facilities_have_a_page(self, made: Desks) -> None:
        officer = made.client("JPN", "choi-security")
        assert officer.get("/desk/facilities/yongsan").status_code == 404
        links = re.findall(r'href="/desk/facilities/(\w+)"', officer.get("/desk/persons").text)
        assert links == ["ichigaya"]


PLACES = ("/visits", "/contractors", f"/contractors/{FIRM}", "/facilities/ichigaya")
MAY = {
    "kim-desk": {"call-off"},
    "lee-authority": {"decide"},
    "han-authority": {"decide"},
    "choi-security": {"decide", "call-off", "checklist", "officials", "register"},
    "yoon-auditor": set(),
    "park-analyst": set(),
    "jung-operator": set(),
}


class TestRoles:
    """As the interface for programs has it: who handles what is held sees; each acts in their own role."""

    @pytest.mark.parametrize("account", sorted(PEOPLE))
    def test_each_sees_and_is_offered_what_their_role_may(self, made: Desks, account: str) -> None:
        name = asked(made)
        client = made.client("JPN", account)
        found: set[str] = set()
        for path in (*PLACES, f"/visits/{name}"):
            page = client.get(f"/desk{path}")
            assert page.status_code == (200 if account in HANDLES else 403), path
            found |= {one for one in ("decide", "call-off", "checklist", "officials", "register")
                      if has_form(page, f"/{one}")}  # fmt: skip
        assert found == MAY[account]
        asks = account in ("kim-desk", "lee-authority", "han-authority")
        assert (client.get("/desk/visit-request").status_code == 200) == asks
        assert ("/desk/visit-request" in client.get("/desk/visits").text) == asks
        persons = client.get("/desk/persons").text
        assert ('href="/desk/contractors"' in persons) == (account in HANDLES)

    @pytest.mark.parametrize("account", sorted(PEOPLE))
    def test_what_a_role_may_not_do_is_refused_however_it_is_sent(self, made: Desks, account: str) -> None:
        one, other = asked(made), asked(made)
        client = made.client("JPN", account)
        token = csrf(client.get("/desk/settings"))
        sent = {
            "decide": (f"/visits/{one}/decide", {"do": "decline", "says": "x", "password": PASSWORD}),
            "call-off": (f"/visits/{other}/call-off", {"says": "x"}),
            "checklist": (f"/contractors/{FIRM}/checklist", {"agreement": "kor-jpn-2016", "every": "P1Y"}),
            "officials": ("/facilities/ichigaya/officials", {"official": "x", "task": "y", "do": "name"}),
            "register": ("/facilities/ichigaya/register", {"person": "x", "do": "enrol"}),
        }
        with made.cast.jpn.store.read() as reading:
            before = [leaf.id for leaf in reading.leaves()]
        for act, (path, fields) in sent.items():
            if act not in MAY[account]:
                assert client.post(f"/desk{path}", data={"csrf": token, **fields}).status_code == 403, path
        with made.cast.jpn.store.read() as reading:
            assert [leaf.id for leaf in reading.leaves()] == before
        for act, (path, fields) in sent.items():
            if act in MAY[account]:
                assert client.post(f"/desk{path}", data={"csrf": token, **fields}).status_code == 303, path

    @pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}])
    def test_forged_forms_are_refused(self, made: Desks, headers: dict[str, str]) -> None:
        name = asked(made)
        officer = made.client("JPN", "choi-security")
        token = csrf(officer.get("/desk/visits")) if headers else "x"
        with made.cast.jpn.store.read() as reading:
            before = [leaf.id for leaf in reading.leaves()]
        for path in (
            "/visit-request",
            *(f"/visits/{name}/{act}" for act in ("decide", "call-off", "held", "show")),
            *(f"/contractors/{FIRM}/{act}" for act in ("checklist", "conditions", "inspections")),
            *(f"/facilities/ichigaya/{act}" for act in ("officials", "register")),
        ):
            fields = {"csrf": token, "says": "x", "password": PASSWORD, "official": "x", "task": "x", "person": "x"}
            assert officer.post(f"/desk{path}", data=fields, headers=headers).status_code == 403, path
        with made.cast.jpn.store.read() as reading:
            assert [leaf.id for leaf in reading.leaves()] == before

    def test_who_is_not_signed_in_is_asked_to(self, made: Desks) -> None:
        for path in (*PLACES, "/visit-request", "/visits/none"):
            assert made.client("JPN").get(f"/desk{path}").headers["location"] == "/desk/sign-in"


class TestElsewhere:
    """Search, calendar and notices tell of them, to those who may see them."""

    def test_search_finds_them_for_who_may_see_them(self, made: Desks) -> None:
        name = asked(made)
        found = {
            account: {q: made.client("JPN", account).get("/desk/search", params={"q": q}).text.partition("<main")[2]
                      for q in ("TALKS", "analyst-7", "ichigaya", "maker-1", "yongsan", name)}
            for account in ("kim-desk", "park-analyst", "jung-operator")
        }  # fmt: skip
        officer, analyst = found["kim-desk"], found["park-analyst"]
        assert f"/desk/visits/{name}" in officer["TALKS"]
        assert f"/desk/visits/{name}" in officer[name]
        assert "/desk/persons#JPN" in officer["analyst-7"]
        assert "/desk/facilities/ichigaya" in officer["ichigaya"]
        assert f"/desk/contractors/{FIRM}" in officer["maker-1"]
        assert "/desk/persons#KOR" in officer["yongsan"]
        assert "/desk/visits/" not in "".join(analyst.values())
        assert "Nothing found" in analyst["analyst-7"]
        assert "/desk/persons#JPN" in analyst["maker-1"]
        assert f"/desk/contractors/{FIRM}" not in "".join(analyst.values())
        assert all("Nothing found" in told for told in found["jung-operator"].values())

    def test_the_calendar_has_begin_and_end_of_visits_inspections_and_clearances(self, made: Desks) -> None:
        japan = made.cast.jpn
        set_checklist(japan, FIRM, "kor-jpn-2016", "P1M", "jpn-security")
        enter_inspection(japan, FIRM, "well", "jpn-security", passed=True)
        name, off, waits = asked(made, purpose="secret talks"), asked(made), asked(made)
        for one in (name, off):
            approve_visit(japan, one, "jpn-security")
        call_off_visit(japan, off, "ill", "jpn-security")
        client = made.client("JPN", "kim-desk")
        for told in (client.get("/desk/deadlines.ics").content, client.get(address(client)).content):
            lines = unfolded(told)
            ends = f"SUMMARY:kor-jpn-2016: the visit of KOR to ichigaya (JPN) ends ({name})"
            assert lines[lines.index(ends) - 1] == "DTSTART:20191118T090000Z"
            assert f"SUMMARY:kor-jpn-2016: the visit of KOR to ichigaya (JPN) begins ({name})" in lines
            clearance = lines.index("SUMMARY:the clearance of jpn-analyst-7 (JPN) ends")
            assert lines[clearance - 1] == "DTSTART:20200114T150000Z"
            assert f"SUMMARY:kor-jpn-2016: duty inspect it ({FIRM})" in lines
            whole = "\n".join(lines)
            for hidden in (off, waits, "secret talks", "a colonel", "SECRET"):
                assert hidden not in re.sub(r"the accreditation of .*", "", whole)
            uids = [line for line in lines if line.startswith("UID:")]
            assert len(set(uids)) == len(uids)
        analyst = made.client("JPN", "park-analyst")
        for path in ("/desk/deadlines.ics", address(analyst)):
            theirs = analyst.get(path).text
            assert name not in theirs
            assert "jpn-analyst-7" not in theirs
        made.cast.clock.set(NOVEMBER.plus(9 * HOUR))
        assert name not in again(made, "JPN", "kim-desk").get("/desk/deadlines.ics").text

    @pytest.mark.parametrize("account", ["kim-desk", "lee-authority", "choi-security", "park-analyst"])
    def test_notices_stand_above_and_beside_the_agreements(self, made: Desks, account: str) -> None:
        japan = made.cast.jpn
        set_checklist(japan, FIRM, "kor-jpn-2016", "P1M", "jpn-security")
        enter_inspection(japan, FIRM, "well", "jpn-security", passed=True)
        name = asked(made)
        approve_visit(japan, name, "jpn-security")
        asked(made)
        page = made.client("JPN", account).get("/desk/")
        told = text_of(page)
        assert ("Visits that wait for this party's answer: 1" in told) == (
            account in ("lee-authority", "choi-security")
        )
        assert ('id="soon"' in page.text) == (account != "park-analyst")
        if account == "park-analyst":
            assert name not in page.text
            return
        soon = told.partition("Visits, inspections and clearances")[2]
        order = [soon.index(one) for one in ("begins", "(JPN) ends", "the inspection of", "the clearance of")]
        assert order == sorted(order)
        for path in (f"/visits/{name}", f"/contractors/{FIRM}", "/persons#JPN"):
            assert f'href="/desk{path}"' in page.text

    def test_parties_lead_to_the_visits_of_each(self, made: Desks) -> None:
        assert 'href="/desk/visits?q=KOR"' in made.client("JPN", "kim-desk").get("/desk/parties").text
        assert "/desk/visits" not in made.client("JPN", "park-analyst").get("/desk/parties").text


def test_hostile_text_in_each_field_is_only_text(made: Desks) -> None:
    name = asked(made, purpose=HOSTILE, visitors=(HOSTILE[:200], "a colonel"), by=HOSTILE)
    japan = made.cast.jpn
    approve_visit(japan, name, HOSTILE)
    set_checklist(japan, FIRM, "kor-jpn-2016", "P1Y", HOSTILE)
    confirm_conditions(japan, FIRM, OTHERS, HOSTILE, HOSTILE)
    enter_inspection(japan, FIRM, HOSTILE, HOSTILE, passed=True)
    officer, at = made.client("JPN", "choi-security"), "/desk/facilities/ichigaya"
    for path, fields in (
        (f"{at}/officials", {"official": HOSTILE, "task": HOSTILE, "do": "name"}),
        (f"{at}/register", {"person": HOSTILE, "do": "enrol"}),
        (f"/desk/visits/{name}/call-off", {"says": HOSTILE}),
    ):
        assert officer.post(path, data={"csrf": csrf(officer.get(at)), **fields}).status_code == 303
    for path in ("/", "/search?q=script", f"/visits?q={HOSTILE[:20]}", f"/visits/{name}", *PLACES, "/duties"):
        page = officer.get(f"/desk{path}")
        assert page.status_code == 200, path
        main = next(lxml.html.fromstring(page.text).iter("main"))
        assert [one.tag for one in main.iter("script", "img")] == [], path
        assert [one.tag for one in main.iter() if one.get("onerror") is not None] == [], path
        assert "\u202e" not in text_of(page), path
        assert len(page.content) < 60_000, path


@pytest.mark.parametrize("language", ["ko", "ja"])
def test_each_state_step_and_condition_is_said_in_the_page_s_language(language: str) -> None:
    said = catalogue("ko" if language == "ko" else "ja")
    words = {*controls.WORDS.values(), *(one for one, _ in visits.PHASES.values()), *CONDITIONS.values()}
    assert words - said.keys() == set()
    assert all(not said[one].isascii() for one in words)


@pytest.mark.parametrize(
    ("text", "zone", "at"),
    [
        ("2019-11-18T09:00", "Asia/Seoul", "2019-11-18T00:00:00Z"),
        ("2019-11-18T09:00", "America/New_York", "2019-11-18T14:00:00Z"),
        ("2019-11-18T09:00-05:00", "Asia/Seoul", "2019-11-18T14:00:00Z"),
        ("2019-11-18T09:00Z", "Asia/Seoul", "2019-11-18T09:00:00Z"),
        ("2019-11-18T09:00[UTC]", "Asia/Seoul", "2019-11-18T09:00:00Z"),
        ("  ", "Asia/Seoul", None),
    ],
)
def test_a_time_without_a_zone_is_on_the_clock_that_the_form_names(text: str, zone: str, at: str | None) -> None:
    found: Instant | None = controls.instant_of(text, zone)
    assert (None if found is None else str(found)) == at
