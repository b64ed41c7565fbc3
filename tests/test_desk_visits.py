"""The desk's pages of visits: asked for at one desk and decided at the other's, through the forms as they stand; what
is refused, and by which article."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from relto.core.dossier import Person
from relto.core.register import Holding, Visit
from relto.core.timeline.day import Day
from relto.node import dispatch_pending, verify
from relto.node.visits import Asked, approve_visit, ask_visit, call_off_visit, decline_visit
from relto.serve.console.page import ROWS
from tests.desk import Desks, again, csrf, desks, form, has_form, text_of
from tests.office import NOVEMBER, PASSWORD

HOUR = 3_600_000_000_000
CONTENT = "Two launches from Sunchon."
PERSONS = {
    "jpn-analyst-7": Person("jpn-analyst-7", "JPN", "JPN", "SECRET", Day(2020, 1, 15), ("defence/dprk",), "ichigaya"),
}


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        for node in found.cast.nodes.values():
            node.base = replace(node.base, persons=PERSONS)
        yield found


def wanted(**change: object) -> Asked:
    """A visit of KOR to JPN, from an hour after `NOVEMBER` for eight hours."""
    one = Asked(
        "KOR", "JPN", "ichigaya", "kor-jpn-2016", "talks on warning", ("defence/dprk",), "SECRET",
        NOVEMBER.plus(HOUR), NOVEMBER.plus(9 * HOUR), ("a colonel", "kor-analyst-2"), True, "kor-desk",
    )  # fmt: skip
    return replace(one, **change)  # type: ignore[arg-type]


def asked(made: Desks, **change: object) -> str:
    """The id of a visit that KOR has asked of JPN, which both know of."""
    name = ask_visit(made.cast.kor, wanted(**change)).id
    dispatch_pending(made.cast.kor)
    return name


def received(made: Desks) -> Holding:
    """What JPN holds: an item that KOR has released to it."""
    made.cast.release()
    with made.cast.jpn.store.read() as reading:
        (held,) = reading.holdings()
    return held


def kept(made: Desks, party: str, name: str) -> Visit:
    with made.cast.nodes[party].store.read() as reading:
        found = reading.control("visit", name)
    assert isinstance(found, Visit)
    return found


class TestVisits:
    """Asked for at one desk, decided at the other's, through the forms of the pages."""

    def test_a_visit_is_asked_for_and_approved_with_the_password_up_to_less(self, made: Desks) -> None:
        desk = made.client("KOR", "kim-desk")
        page = desk.get("/desk/visit-request")
        filled = form(page, "/visit-request") | {
            "facility": "ichigaya", "purpose": "talks on warning", "topics": "defence/dprk\n", "other": "JPN",
            "starts": "2019-11-18T10:00", "ends": "2019-11-18T18:00", "visitors": "a colonel\r\n\r\nkor-analyst-2",
            "assured": "yes", "agreement": "kor-jpn-2016", "ceiling": "SECRET",
        }  # fmt: skip
        sent = desk.post("/desk/visit-request", data=filled)
        assert sent.status_code == 303, sent.text
        at = sent.headers["location"]
        name = at.rpartition("/")[2]
        one = kept(made, "KOR", name).asked
        same = {field.name: getattr(wanted(by="kim-desk"), field.name) for field in fields(Asked)}
        assert {field: getattr(one, field) for field in same} == same
        assert (one.party, one.at) == ("KOR", NOVEMBER)
        dispatch_pending(made.cast.kor)
        assert "It waits for JPN" in text_of(desk.get(at))
        assert not has_form(desk.get(at), "/decide")  # the host's alone
        host = made.client("JPN", "lee-authority")
        page = host.get(at)
        decided = form(page, "/decide", "approve") | {"ceiling": "CONFIDENTIAL", "starts": "2019-11-18T11:00"}
        assert host.post(f"{at}/decide", data={**decided, "password": "not the right one"}).status_code == 401
        assert kept(made, "JPN", name).state == "asked"
        assert host.post(f"{at}/decide", data={**decided, "password": PASSWORD}).status_code == 303
        approved = kept(made, "JPN", name).approved
        assert approved is not None
        assert (approved.ceiling, approved.by) == ("CONFIDENTIAL", "lee-authority")
        assert (approved.starts, approved.ends) == (NOVEMBER.plus(2 * HOUR), NOVEMBER.plus(9 * HOUR))
        dispatch_pending(made.cast.jpn)
        assert "approved CONFIDENTIAL 2019-11-18 11:00 JST 2019-11-18 18:00 JST JPN" in text_of(desk.get(at))
        for node in (made.cast.kor, made.cast.jpn):
            assert verify(node).problems == ()

    def test_it_is_declined_with_a_reason_that_both_read(self, made: Desks) -> None:
        at = f"/desk/visits/{asked(made)}"
        host = made.client("JPN", "choi-security")
        fields = form(host.get(at), "/decide", "decline") | {"says": "the site is closed", "password": PASSWORD}
        assert host.post(f"{at}/decide", data=fields).status_code == 303
        dispatch_pending(made.cast.jpn)
        for party in ("KOR", "JPN"):
            told = text_of(made.client(party, "yoon-auditor").get(at))
            assert re.search(r"declined JPN, choi-security , 2019-11-18 09:00 \w+: the site is closed", told)

    def test_what_is_above_the_facility_s_ceiling_is_refused_with_its_article(self, made: Desks) -> None:
        base = made.cast.jpn.base
        party = base.parties["JPN"]
        low = replace(party, facilities=tuple(replace(one, ceiling="CONFIDENTIAL") for one in party.facilities))
        made.cast.jpn.base = replace(base, parties={**base.parties, "JPN": low})
        name = asked(made)
        at = f"/desk/visits/{name}"
        host = made.client("JPN", "lee-authority")
        fields = form(host.get(at), "/decide", "approve") | {"password": PASSWORD}
        assert fields["ceiling"] == "SECRET"  # as asked for
        refused = host.post(f"{at}/decide", data=fields)
        assert refused.status_code == 403
        assert "may hold: CONFIDENTIAL (article 8)" in text_of(refused)
        assert kept(made, "JPN", name).state == "asked"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"starts": "2019-11-18T18:00"}, "until"),
            ({"starts": ""}, "without a beginning or an end"),
            ({"starts": "soon"}, "not an instant"),
            ({"zone": "Mars/Olympus"}, "zone"),
            ({"topics": "Defence"}, "not a topic"),
            ({"topics": "\n"}, "for nothing, or of nobody"),
            ({"visitors": "x\nx"}, "named twice"),
            ({"visitors": "\n".join(str(n) for n in range(65))}, "65 lines in one field"),
            ({"visitors": "x" * 201}, "a name that is too long"),
            ({"purpose": " "}, "no purpose"),
            ({"ceiling": "TOP SECRET"}, "no rank of"),
            ({"agreement": "none"}, "none"),
            ({"agreement": "usa-kor-1987"}, "not between"),
            ({"other": "../x"}, "not between"),
            ({"facility": "a b"}, "not an id"),
        ],
    )
    def test_what_cannot_be_asked_for_changes_nothing(self, made: Desks, change: dict[str, str], why: str) -> None:
        desk = made.client("KOR", "kim-desk")
        whole = {
            "csrf": csrf(desk.get("/desk/visit-request")), "way": "there", "other": "JPN", "facility": "ichigaya",
            "agreement": "kor-jpn-2016", "starts": "2019-11-18T10:00", "ends": "2019-11-18T18:00", "zone": "Asia/Seoul",
            "ceiling": "SECRET", "purpose": "talks", "topics": "defence", "visitors": "a colonel", "assured": "yes",
        }  # fmt: skip
        answer = desk.post("/desk/visit-request", data={**whole, **change})
        assert answer.status_code in (400, 404), answer.text
        assert why in text_of(answer)
        assert "No visit yet" in text_of(desk.get("/desk/visits"))
        assert desk.post("/desk/visit-request", data=whole).status_code == 303

    def test_an_item_is_shown_within_it_and_refused_beyond_it_with_the_article(self, made: Desks) -> None:
        held = received(made)
        name = asked(made)
        at = f"/desk/visits/{name}"
        approve_visit(made.cast.jpn, name, "jpn-security", "CONFIDENTIAL")
        desk = made.client("JPN", "kim-desk")
        assert not has_form(desk.get(at), "/show")  # it has not begun
        assert not has_form(desk.get(at), "/held")
        made.cast.clock.set(NOVEMBER.plus(HOUR))
        desk = again(made, "JPN", "kim-desk")
        refused = desk.post(f"{at}/show", data=form(desk.get(at), "/show") | {"what": held.id})
        assert refused.status_code == 403
        assert "up to CONFIDENTIAL, not SECRET (article 8)" in text_of(refused)
        page = desk.get(at)
        assert re.search(r"refused · JPN .*up to CONFIDENTIAL, not SECRET — article 8", text_of(page))
        other = asked(made, starts=NOVEMBER, visitors=("a colonel",))
        approve_visit(made.cast.jpn, other, "jpn-security")
        at = f"/desk/visits/{other}"
        assert desk.post(f"{at}/show", data=form(desk.get(at), "/show") | {"what": held.id}).status_code == 303
        told = text_of(desk.get(at))
        assert re.search(r"What was shown .* SECRET a colonel", told)
        assert desk.post(f"{at}/held", data=form(desk.get(at), "/held")).status_code == 303
        assert "Who came: a colonel" in text_of(desk.get(at))
        assert not has_form(desk.get(at), "/held")

    def test_what_is_held_is_opened_within_it_once_and_leaves_evidence_of_both(self, made: Desks) -> None:
        held = received(made)
        name = asked(made, starts=NOVEMBER)
        at = f"/desk/visits/{name}"
        desk = made.client("JPN", "kim-desk")
        assert not has_form(desk.get(at), "/open")  # nobody has approved it
        approve_visit(made.cast.jpn, name, "jpn-security")
        for party, account in (("JPN", "choi-security"), ("JPN", "yoon-auditor"), ("KOR", "kim-desk")):
            assert not has_form(made.client(party, account).get(at), "/open"), account
        fields = form(desk.get(at), "/open") | {"holding": held.id}
        done = desk.post(f"{at}/open", data=fields)
        told = text_of(done)
        assert (done.status_code, f"<bdi>{CONTENT}" in done.text, "Opened; evidence sha256:" in told) == (
            200,
            True,
            True,
        )
        assert re.search(r"What was shown .* SECRET opened here", told)
        assert f"/desk/language/ko?back={at}" in done.text  # the page it is, not the address it was sent to
        assert CONTENT not in desk.get(at).text
        assert [one.item for one in kept(made, "JPN", name).shown] == [held.received.item]
        with made.cast.jpn.store.read() as reading:
            now = reading.holding(held.id)
        assert now is not None
        assert len(now.openings) == 1
        dispatch_pending(made.cast.jpn)
        for node in (made.cast.kor, made.cast.jpn):
            assert verify(node).problems == ()

    def test_nothing_is_opened_beyond_it_and_what_was_typed_stays(self, made: Desks) -> None:
        held = received(made)
        name = asked(made, starts=NOVEMBER)
        at = f"/desk/visits/{name}"
        approve_visit(made.cast.jpn, name, "jpn-security", "CONFIDENTIAL")
        desk = made.client("JPN", "kim-desk")
        fields = form(desk.get(at), "/open") | {"holding": held.id}
        for holding, status, why in (
            (held.id, 403, "up to CONFIDENTIAL, not SECRET (article 8)"),
            ("t-none", 404, "no holding `t-none`"),
            ("msl-2019-10-31", 404, "no holding `msl-2019-10-31`"),  # an own item is shown, not opened
        ):
            refused = desk.post(f"{at}/open", data=fields | {"holding": holding})
            assert (refused.status_code, why in text_of(refused)) == (status, True)
            assert form(refused, "/open")["holding"] == holding
            assert CONTENT not in refused.text
        assert re.search(r"refused · JPN .*up to CONFIDENTIAL, not SECRET — article 8", text_of(desk.get(at)))
        past = desk.post(f"{at}/open?at={NOVEMBER}", data=fields)
        assert (past.status_code, "an act in the past" in text_of(past)) == (400, True)
        for account in ("choi-security", "lee-authority", "yoon-auditor", "park-analyst"):
            other = made.client("JPN", account)
            token = csrf(other.get("/desk/settings"))
            answer = other.post(f"{at}/open", data={"csrf": token, "holding": held.id})
            assert (answer.status_code, "may not open" in text_of(answer) or "may not see" in text_of(answer)) == (
                403,
                True,
            )
        assert desk.post(f"{at}/open", data={"csrf": "guessed", "holding": held.id}).status_code == 403
        made.cast.clock.set(NOVEMBER.plus(9 * HOUR))  # its end is no longer part of it
        desk = again(made, "JPN", "kim-desk")
        assert not has_form(desk.get(at), "/open")
        answer = desk.post(f"{at}/open", data={"csrf": csrf(desk.get(at)), "holding": held.id})
        assert answer.status_code == 403
        with made.cast.jpn.store.read() as reading:
            now = reading.holding(held.id)
        assert now is not None
        assert now.openings == ()
        assert kept(made, "JPN", name).shown == ()

    def test_either_side_calls_it_off(self, made: Desks) -> None:
        name = asked(made)
        at = f"/desk/visits/{name}"
        desk = made.client("KOR", "kim-desk")
        assert desk.post(f"{at}/call-off", data=form(desk.get(at), "/call-off") | {"says": "ill"}).status_code == 303
        dispatch_pending(made.cast.kor)
        host = made.client("JPN", "lee-authority")
        assert not has_form(host.get(at), "/decide")
        assert "called off KOR, kim-desk" in text_of(host.get(at))

    def test_the_list_has_pages_and_is_filtered_on_the_server(self, made: Desks) -> None:
        names = [
            ask_visit(made.cast.jpn, wanted(purpose=f"talk {n}", visitors=(f"visitor {n}",))).id
            for n in range(ROWS + 2)
        ]
        decline_visit(made.cast.jpn, names[0], "no", "jpn-security")
        call_off_visit(made.cast.jpn, names[1], "no", "jpn-security")
        desk = made.client("JPN", "kim-desk")
        first = desk.get("/desk/visits")
        assert re.findall(r">talk (\d+)<", first.text) == [str(n) for n in range(ROWS + 1, 1, -1)]
        assert "1 / 2" in first.text
        assert re.findall(r">talk (\d+)<", desk.get("/desk/visits?page=2").text) == ["1", "0"]
        assert re.findall(r">talk (\d+)<", desk.get("/desk/visits?state=declined").text) == ["0"]
        assert re.findall(r">talk (\d+)<", desk.get("/desk/visits?q=VISITOR+1").text) == [
            *(str(n) for n in range(19, 9, -1)), "1",
        ]  # fmt: skip
        assert re.findall(r">talk (\d+)<", desk.get("/desk/visits?q=visitor+1&state=called-off").text) == ["1"]
        assert "No visit is of that state" in text_of(desk.get("/desk/visits?state=none&page=9"))
        assert f"{ROWS} wait for this party's answer" in text_of(first)

    def test_a_past_instant_shows_it_as_it_stood_and_offers_nothing(self, made: Desks) -> None:
        name = asked(made)
        made.cast.clock.set(NOVEMBER.plus(5))
        approve_visit(made.cast.jpn, name, "jpn-security")
        host = made.client("JPN", "lee-authority")
        at = f"/desk/visits/{name}"
        assert "declined" not in text_of(host.get(at))
        then = host.get(at, params={"at": str(NOVEMBER.plus(4))})
        assert re.search(r"Persons and facilities Visits Contractors asked for Visit of KOR", text_of(then))
        assert not has_form(then, "/decide")
        assert "approved ·" not in text_of(then)
        assert host.get(at, params={"at": str(NOVEMBER.plus(-1))}).status_code == 404
        assert "No visit yet" in text_of(host.get("/desk/visits", params={"at": str(NOVEMBER.plus(-1))}))
        fields = {"csrf": csrf(host.get(at)), "says": "no", "do": "decline", "password": PASSWORD}
        answer = host.post(f"{at}/decide", data=fields, params={"at": str(NOVEMBER)})
        assert answer.status_code == 400
        assert "in the past" in text_of(answer)
