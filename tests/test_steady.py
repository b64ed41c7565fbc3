"""Verdicts that are remembered are those of the reference, at every instant; so are the documents of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from relto.core.canon import canonical
from relto.core.decision import Request, Verdict
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.timeline import Instant
from relto.node.deciding import _verdict
from relto.node.steady import Steady, document
from relto.node.verdicts import decision_to_json
from tests.making import MISSILE, NOTICE, NOTIFIED, SIGNED, northeast_asia
from tests.worlds import END, START, boundaries, random_dossier, random_requests

LAPSE = Instant(1_574_434_800_000_000_000)
TO_JAPAN = Request("release", MISSILE, "KOR", "JPN", LAPSE, reading="KOR")


def told(steady: Steady, request: Request) -> object:
    try:
        found = steady.stretch(_verdict, request, (), request.at)
        return found.verdict._replace(at=request.at, item=request.item.id)
    except InputError as error:
        return str(error)


def reference(dossier: Dossier, request: Request) -> object:
    try:
        return _verdict(dossier, request, ())
    except InputError as error:
        return str(error)


@pytest.mark.parametrize("seed", range(12))
def test_the_verdict_remembered_is_the_reference_s_beside_every_boundary(seed: int) -> None:
    dossier = random_dossier(seed)
    steady, fresh = Steady(dossier), random_dossier(seed)
    instants = [at.plus(by) for at in boundaries(dossier) for by in (-1, 0, 1) if START < at < END]
    for request in random_requests(seed, dossier, 12, start=START, end=END):
        bare = replace(request, person=None, system=None)
        for at in instants[:: 1 + len(instants) // 60]:
            asked = replace(bare, at=at)
            assert told(steady, asked) == reference(fresh, asked)
        assert told(steady, request) == reference(fresh, request)


def test_it_is_asked_once_for_a_stretch_and_again_from_the_instant_of_the_lapse() -> None:
    dossier = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
    steady, asked = Steady(dossier), []

    def counting(dossier: Dossier, request: Request, via: tuple[str, ...]) -> Verdict:
        asked.append(request.at)
        return _verdict(dossier, request, via)

    instants = [LAPSE.plus(by) for by in (-3, -2, -1, 0, 1)]
    permits = [steady.stretch(counting, TO_JAPAN, (), at).verdict.permits for at in instants]
    assert permits == [True, True, True, False, False]
    assert asked == [LAPSE.plus(-3), LAPSE]


def test_another_item_of_the_same_label_bears_its_own_name() -> None:
    steady = Steady(northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
    for item in ('msl "quoted"', "msl-ü", "msl-2"):
        request = replace(TO_JAPAN, item=replace(MISSILE, id=item), at=LAPSE.plus(-1))
        stretch = steady.stretch(_verdict, request, (), request.at)
        verdict, ends = stretch.verdict._replace(at=request.at, item=item), (str(LAPSE.plus(-9)), str(request.at))
        written = canonical(decision_to_json(_verdict(steady.dossier, request, ()), request, "sending", ends))
        assert document(verdict, request, "sending", ends, stretch) == written.decode()


def test_what_looks_like_a_gap_in_a_document_is_none() -> None:
    steady = Steady(northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
    request = replace(TO_JAPAN, item=replace(MISSILE, purpose="\ufdd2"), at=LAPSE.plus(-1))
    stretch = steady.stretch(_verdict, request, (), request.at)
    ends = (str(request.at), str(request.at))
    written = canonical(decision_to_json(_verdict(steady.dossier, request, ()), request, "sending", ends))
    assert document(stretch.verdict, request, "sending", ends, stretch) == written.decode()


def test_a_person_or_an_earlier_record_goes_to_the_reference() -> None:
    steady = Steady(northeast_asia(record=(SIGNED, NOTIFIED, NOTICE)))
    stretch = steady.stretch(_verdict, replace(TO_JAPAN, known_by=LAPSE), (), LAPSE)
    assert stretch.end == stretch.start == LAPSE.ns
