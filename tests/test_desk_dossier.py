"""What the desk shows of the dossier: differences by article, persons and facilities, and the tables of the flows."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.options import shipped_dossier
from relto.core.agreement.text import Duty, EntryWhen, Keep, Purpose, PurposeRule, ThirdParty, ThirdPartyRule
from relto.core.dossier import Accredited, Person
from relto.core.timeline import Period, first_instant
from relto.core.timeline.day import Day
from relto.serve.console.clauses import in_order, rules_of
from relto.serve.console.words import Tongue
from tests.desk import Desks, desks
from tests.making import act, text_2016
from tests.test_node_setup import LAPSE

DIFFERENCE = "/desk/agreements/kor-jpn-2016/difference"
DAY = Day(2019, 11, 18)
FIRMS = {"a": -1, "b": 0, "c": 1, "d": 89, "e": 90, "f": 91}
"""Contractors of USA, each with the day after `DAY` with whose first instant its approval ends."""
PERSONS = {
    "p-soon": Person("p-soon", "KOR", "KOR", "TOP SECRET", Day(2019, 12, 1), ("defence/dprk",), "yongsan"),
    "p-none": Person("p-none", "JPN"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    """Desks on a day of November 2019 as it begins, notice given; a second version of the text, with no row for SECRET;
    contractors and persons on record."""
    full = load_dossier(shipped_dossier())
    with desks(tmp_path_factory.mktemp("dossier")) as found:
        found.cast.give_notice()
        found.cast.clock.set(first_instant(DAY, full.parties["USA"].zone))
        firms = tuple(Accredited(f"firm-{name}", "SECRET", DAY.plus(days=n)) for name, n in FIRMS.items())
        parties = {**full.parties, "USA": replace(full.parties["USA"], contractors=firms)}
        for node in found.cast.nodes.values():
            (first, *_) = node.base.versions("kor-jpn-2016")
            assert first.levels is not None
            rows = tuple(row for row in first.levels.rows if row.rank != "SECRET")
            second = replace(first, version=2, digest="sha256:" + "0" * 64, levels=replace(first.levels, rows=rows))
            others = {name: one for name, one in full.agreements.items() if name != "kor-jpn-2016"}
            texts = {**others, "kor-jpn-2016": (first, second)}
            ally, record = full.agreements["usa-jpn-2007"][0], full.records["usa-jpn-2007"]
            amended = replace(
                ally, version=2, digest="sha256:" + "1" * 64, scope=replace(ally.scope, topics=("defence/dprk",))
            )
            texts["usa-jpn-2007"] = (ally, amended)
            change = act("am", "amendment", ("USA", "JPN"), "2018-01-01T00:00+09:00", text=amended.digest)
            records = {**node.base.records, "usa-jpn-2007": replace(record, instruments=(*record.instruments, change))}
            node.base = replace(node.base, agreements=texts, records=records, parties=parties, persons=PERSONS)
        yield found


def main_of(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text.partition("<main")[2].partition("</main>")[0]))


class TestDifference:
    """Sentences by article, from the same comparison that `relto agreement diff` prints."""

    def test_without_a_choice_the_newest_version_stands_beside_the_record(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "park-analyst").get(DIFFERENCE).text)
        assert re.search(r"article 4 was permitted, is refused JPN ↔ KOR: defence and below; SECRET;", told)
        assert "0 newly permitted" in told

    def test_the_reverse_is_the_reverse(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "park-analyst").get(f"{DIFFERENCE}?from=v2&to=v1").text)
        assert re.search(r"article 4 was refused, is permitted JPN ↔ KOR: defence and below; SECRET;", told)
        assert "0 no longer permitted" in told

    def test_two_dates_around_the_lapse(self, made: Desks) -> None:
        page = made.client("KOR", "park-analyst").get(f"{DIFFERENCE}?to={LAPSE}")
        told = main_of(page.text)
        assert "article 21(3) was permitted, is refused JPN ↔ KOR" in told
        assert "lapsed since 2019-11-23 00:00 KST: no new release" in told
        assert f'<option value="{LAPSE}" selected>2019-11-23 00:00 KST: lapsed, version 1</option>' in page.text

    def test_an_amendment_is_a_turn_of_the_record(self, made: Desks) -> None:
        at = "2017-12-31T15:00:00Z"
        client = made.client("KOR", "park-analyst")
        page = client.get(f"/desk/agreements/usa-jpn-2007/difference?to={at}&at=2017-06-01T00:00Z")
        assert f'<option value="{at}" selected>2018-01-01 00:00 JST: in force, version 2</option>' in page.text
        assert "was permitted, is refused JPN ↔ USA: defence and below but not defence/dprk and below;" in main_of(
            page.text
        )

    def test_another_agreement_in_its_place(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "park-analyst").get(f"{DIFFERENCE}?to=other:usa-kor-1987").text)
        assert "compared as if in force between them all" in told
        assert "was refused, is permitted KOR ↔ USA" in told
        assert "possible all the same under usa-kor-1987" in told
        assert re.search(r"21\(3\) → termination clause term 1 year, then by 1 year without end", told)

    def test_the_same_twice(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "park-analyst").get(f"{DIFFERENCE}?from=v1&to=v1").text)
        assert "no difference" in told
        assert "Both permit the same." in told
        assert "Both ask for the same." in told

    @pytest.mark.parametrize(
        ("asked", "status"),
        [("v9", 400), ("other:none", 404), ("tomorrow", 400), ("v", 400), ("<b>", 400), ("9999-12-31T00:00Z", 200)],
    )
    def test_what_is_no_side_is_said(self, made: Desks, asked: str, status: int) -> None:
        answer = made.client("KOR", "park-analyst").get(DIFFERENCE, params={"to": asked})
        assert answer.status_code == status
        assert status == 200 or "<b>" not in answer.text.partition("<main")[2]

    def test_who_sees_no_agreements_sees_no_difference(self, made: Desks) -> None:
        assert made.client("KOR", "jung-operator").get(DIFFERENCE).status_code == 403

    @pytest.mark.parametrize("language", ["ko", "ja"])
    def test_it_is_said_in_the_page_s_language(self, made: Desks, language: str) -> None:
        client = made.client("KOR", "yoon-auditor")
        client.get(f"/desk/language/{language}")
        told = main_of(client.get(DIFFERENCE).text)
        assert {"ko": "JPN ↔ KOR: defence 및 하위; SECRET; 본래 목적으로", "ja": "JPN ↔ KOR: defence以下"}[
            language
        ] in told
        client.get("/desk/language/en")


class TestText:
    """The text by article, each with the rule that it makes."""

    def test_each_article_is_a_sentence_in_its_order(self, made: Desks) -> None:
        page = made.client("KOR", "park-analyst").get("/desk/agreements/kor-jpn-2016?at=2019-01-01T00:00Z").text
        told = html.unescape(main_of(page))
        for one in (
            "4 level SECRET 군사II급비밀 = 極秘 / 特定秘密",
            "6(a) third parties passed on only with the originator's consent",
            "6(h) duty once its purpose ends: return or destroy it",
            "17 duty on loss or compromise: report it, at once, to the originator",
            "21(1) entry into force on the last party's notification",
            "21(3) term 1 year, renewed by 1 year unless notice is given; notice 90 days",
            "21(4) after its end what was provided stays protected as before",
        ):
            assert one in told
        found = re.findall(r'data-label="Article">([^<]+)<', page)
        assert found == sorted(found, key=in_order)

    def test_every_clause_that_a_text_may_have_is_said(self) -> None:
        """Each of the choices that a text has, one by one: none without words."""
        text, tongue = text_2016(), Tongue("ko")
        day, entry, survival = Period(0, 30), text.entry, text.survival
        others = [replace(text, entry=replace(entry, when=one, month=2, after=day)) for one in get_args(EntryWhen)]
        others += [replace(text, survival=replace(survival, keep=one, destroy_within=day)) for one in get_args(Keep)]
        others += [replace(text, third_party=ThirdParty("6", one, ("FRA",))) for one in get_args(ThirdPartyRule)]
        others += [replace(text, purpose=Purpose("6", one, ("x",))) for one in get_args(PurposeRule)]
        others += [
            replace(text, term=replace(text.term, initial=one)) for one in (None, Day(2030, 1, 1), Period(30, 1))
        ]
        others += [replace(text, duties=(Duty("9", "x", "y", within),)) for within in ("P30D", "PT72H", "P1Y", "")]
        said = {rule for one in others for rule in rules_of(tongue, one)}
        assert all(about and rule for _, about, rule in said)
        assert ("9", "의무", "x: y, 30일 안에") in said
        assert ("9", "의무", "x: y, 72시간 안에") in said
        assert ("21(3)", "존속 기간", "2년 6개월 1일, 통보가 없으면 1년씩 갱신; 통보 기간 90일") in said


class TestPersons:
    """Who is cleared and what is approved, by party; what ends within 90 days first."""

    def test_what_ends_is_first_the_soonest_before_the_others(self, made: Desks) -> None:
        page = made.client("KOR", "choi-security").get("/desk/persons").text
        ending = page.partition("Ends within 90 days")[2].partition("</section>")[0]
        assert re.findall(r"(?:firm-|p-)\w+", ending) == ["firm-c", "p-soon", "firm-d", "firm-e", "firm-a", "firm-b"]
        assert ending.count("run out") == 2  # a day ends what it bounds with its first instant
        assert "ends in 1 d<" in ending
        assert "firm-f" in page

    def test_persons_have_rank_end_need_and_facility(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "choi-security").get("/desk/persons").text)
        assert re.search(r"p-soon TOP SECRET 2019-12-01 00:00 KST ends in 12 d 10 h defence/dprk yongsan KOR", told)
        assert "p-none not cleared — — — —" in told
        assert "No person on record. Each stands in a file of its own, persons/NAME.yaml" in told  # of USA

    def test_who_handles_nothing_held_sees_no_persons(self, made: Desks) -> None:
        page = made.client("KOR", "park-analyst").get("/desk/persons").text
        assert "p-soon" not in page
        assert "kor-analyst-2" not in page  # nor who is on a register
        assert "Persons are shown to those who handle what is held." in page
        assert "firm-c" in page

    def test_the_facilities_register_is_beside_each(self, made: Desks) -> None:
        told = main_of(made.client("KOR", "choi-security").get("/desk/persons").text)
        assert re.search(r"yongsan \(unconfirmed\) facility TOP SECRET without end kor-analyst-2", told)


class TestFlows:
    """Each edge of the picture is a link to its table."""

    def test_every_edge_leads_to_its_table(self, made: Desks) -> None:
        client = made.client("KOR", "park-analyst")
        page = client.get("/desk/flows").text
        picture = page.partition("<svg")[2].partition("</svg>")[0]
        edges = re.findall(r'<a class="edge" href="([^"]+)" aria-label="(\w+) to (\w+): (\d+) straight', picture)
        assert len(edges) == 6
        for href, sender, recipient, direct in edges:
            table = client.get(href.replace("&amp;", "&")).text
            assert href.endswith("#edge")
            there = table.partition('id="edge"')[2]
            assert f"{sender} → {recipient}" in there
            assert there.count(">straight<") == int(direct)
            assert table.count('aria-current="true"><title>' + f"{sender} to {recipient}:") == 1

    def test_a_past_instant_stays(self, made: Desks) -> None:
        page = made.client("KOR", "park-analyst").get("/desk/flows?at=2016-11-01T00:00Z").text
        for href in re.findall(r'class="edge" href="([^"]+)"', page):
            assert "at=2016-11-01T00%3A00%3A00Z" in href

    def test_an_edge_that_nothing_may_take_is_drawn_as_refused(self, made: Desks) -> None:
        page = made.client("KOR", "park-analyst").get("/desk/flows?at=2013-01-01T00:00Z").text
        assert 'class="arrow refused"' in page
