"""A new instrument recompiles only what it touches, and readers see the old table or the new one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from relto.core.decision import Request, evaluate
from relto.core.decision.table import Table, compile_table, updated
from relto.core.decision.table.compiling import authorities_of
from relto.core.dossier import Dossier
from relto.node.live_table import LiveTable
from tests.comparing import disagreements
from tests.making import ANALYST, MISSILE, NOTICE, NOTIFIED, SIGNED, SUSPENSION, act, at, northeast_asia
from tests.worlds import END, START, random_dossier, random_persons, random_requests, redesignated
from tests.worlds_chance import Chance

WINDOW = at("2015-01-01T00:00Z"), at("2024-01-01T00:00Z")
ON_THE_25TH = at("2019-11-25T00:00Z")


def pact(*extra: object) -> Dossier:
    return northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, *extra))  # type: ignore[arg-type]


def same_lanes(one: Table, other: Table) -> set[tuple[str, str]]:
    return {key for key, lane in one.lanes.items() if other.lanes[key] is lane}


def test_a_suspension_touches_the_lanes_of_its_parties_alone() -> None:
    table = compile_table(pact(), *WINDOW)
    renewed = updated(table, pact(SUSPENSION))
    kept = same_lanes(table, renewed)
    assert kept == {key for key in table.lanes if key[0] == "USA"}
    item = renewed.item(MISSILE)
    assert renewed.decide("release", "KOR", "JPN", item, None, ON_THE_25TH).permits
    assert not table.decide("release", "KOR", "JPN", table.item(MISSILE), None, ON_THE_25TH).permits


def test_a_consent_touches_the_lanes_to_whom_it_names() -> None:
    table = compile_table(pact(), *WINDOW)
    consent = act("c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",))
    dossier = table.dossier.with_instruments(
        "usa-jpn-2007", (*table.dossier.record("usa-jpn-2007").instruments, consent)
    )
    renewed = updated(table, dossier)
    assert not {key for key in table.lanes if key[1] == "USA"} & same_lanes(table, renewed)
    asked = ("forward", "JPN", "USA", renewed.item(MISSILE), None, at("2019-10-03T00:00Z"))
    assert renewed.decide(*asked).permits  # type: ignore[arg-type]
    assert table.decide(*asked).failed_checks == ("third-party",)  # type: ignore[arg-type]


def test_items_and_persons_stay_interned_under_their_numbers() -> None:
    table = compile_table(pact(), *WINDOW, persons=[ANALYST])
    other = replace(MISSILE, id="another")
    number = table.item(other).number
    renewed = updated(table, pact(SUSPENSION))
    assert renewed.item(other).number == number
    assert renewed.person(ANALYST).number == 0
    assert renewed.items == table.items


def test_an_item_of_the_old_table_is_asked_about_in_the_new_one() -> None:
    table = compile_table(pact(), *WINDOW)
    item, person = table.item(MISSILE), table.person(ANALYST)
    assert not table.decide("release", "KOR", "JPN", item, person, ON_THE_25TH).permits
    renewed = updated(table, pact(SUSPENSION))
    assert renewed.decide("release", "KOR", "JPN", item, person, ON_THE_25TH).permits
    assert renewed.decide("release", "KOR", "JPN", renewed.item(MISSILE), person, ON_THE_25TH).permits


def test_other_texts_or_authorities_compile_everything() -> None:
    table = compile_table(pact(), *WINDOW)
    named = act("d1", "designation", ("JPN",), "2017-01-01T00:00+09:00", authority="jpn-mod")
    renewed = updated(table, pact(named))
    assert "jpn-mod" in renewed.addressees
    assert renewed.ground is not table.ground
    dropped = {name: text for name, text in pact().agreements.items() if name != "tisa-2014"}
    assert updated(table, replace(pact(), agreements=dropped)).ground is not table.ground


@pytest.mark.parametrize("seed", range(60))
def test_a_renewed_table_answers_as_one_compiled_anew(seed: int) -> None:
    dossier = random_dossier(seed)
    name = sorted(dossier.agreements)[seed % len(dossier.agreements)]
    instruments = dossier.record(name).instruments
    before = dossier.with_instruments(name, instruments[: len(instruments) // 2])
    table = compile_table(before, START, END, persons=random_persons(seed, dossier)[: seed % 2])
    renewed = updated(table, dossier)
    requests = random_requests(seed, dossier, 100, start=START, end=END)
    assert list(disagreements(renewed, requests)) == []
    assert list(disagreements(updated(renewed, before), random_requests(seed, before, 50, start=START, end=END))) == []
    assert list(disagreements(table, random_requests(seed, before, 50, start=START, end=END))) == []


@pytest.mark.parametrize("seed", range(60))
def test_authorities_that_change_hands(seed: int) -> None:
    before = random_dossier(seed)
    after = redesignated(seed, before)
    table = compile_table(before, START, END)
    renewed = updated(table, after)
    assert list(disagreements(renewed, _to_authorities(seed, after))) == []
    assert list(disagreements(updated(renewed, before), _to_authorities(seed, before))) == []


def _to_authorities(seed: int, dossier: Dossier) -> list[Request]:
    """Requests of which half go to an authority that somebody designated once; it may be nobody's then."""
    chance, names = Chance(seed, 6), authorities_of(dossier)
    found = random_requests(seed, dossier, 150, start=START, end=END)
    return [
        replace(one, recipient=chance.pick(names)) if names and one.person is None and chance.often(0.5) else one
        for one in found
    ]


def test_readers_see_the_old_table_or_the_new_one() -> None:
    live = LiveTable(compile_table(pact(), *WINDOW))
    started, stop = Event(), Event()

    def read() -> set[tuple[bool, ...]]:
        seen = set()
        while not stop.is_set():
            table = live.table
            item = table.item(MISSILE)
            answers = [table.decide("release", "KOR", "JPN", item, None, ON_THE_25TH).permits for _ in range(20)]
            back = [table.decide("release", "JPN", "KOR", item, None, ON_THE_25TH).failed_checks for _ in range(3)]
            seen.add((*answers, *("standing" not in one for one in back)))
            started.set()
        return seen

    with ThreadPoolExecutor(4) as pool:
        readers = [pool.submit(read) for _ in range(4)]
        assert started.wait(20)
        live.enter("kor-jpn-2016", SUSPENSION)
        live.replace(pact())
        live.enter("kor-jpn-2016", SUSPENSION)
        stop.set()
        seen = set().union(*(reader.result() for reader in readers))
    assert seen <= {(True,) * 23, (False,) * 23}
    assert (False,) * 23 in seen
    assert live.table.decide("release", "KOR", "JPN", live.table.item(MISSILE), None, ON_THE_25TH).permits


def test_a_party_that_only_a_text_names_is_judged_by_its_own_column() -> None:
    whole = northeast_asia()
    dossier = replace(whole, parties={name: one for name, one in whole.parties.items() if name != "JPN"})
    table = compile_table(dossier, *WINDOW)
    item = replace(MISSILE, id="x", originator="JPN", mark="極秘", topic="defence")
    request = Request("copy", item, "KOR", "KOR", at("2018-01-01T00:00Z"))
    assert evaluate(dossier, request).permits
    assert list(disagreements(table, [request])) == []
