"""What must hold for any request: a lapse releases nothing, every refusal cites, consent and clearance only help."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.decision import ACTS, CHECKS, Request, evaluate
from relto.core.dossier import Dossier, Item, Person
from relto.core.label import Caveats, covers_any
from relto.core.route import decide, mediated_routes
from relto.core.timeline import Instant
from tests.making import ANALYST, MISSILE, NOTICE, NOTIFIED, RECORD_2016, SIGNED, act, at, northeast_asia

PARTIES = ("KOR", "JPN", "USA")
MARKS = {
    "KOR": ("군사I급비밀", "군사II급비밀", "군사III급비밀"),
    "JPN": ("機密", "極秘", "特定秘密", "秘"),
    "USA": ("TOP SECRET", "SECRET", "CONFIDENTIAL"),
}
START, HOUR = at("2013-01-01T00:00Z"), 3_600_000_000_000

instants = st.integers(0, 12 * 8766).map(lambda hours: START.plus(hours * HOUR))
subsets = st.lists(st.sampled_from(PARTIES), unique=True).map(tuple)


@st.composite
def items(draw: st.DrawFn) -> Item:
    originator = draw(st.sampled_from(PARTIES))
    return replace(
        MISSILE,
        originator=originator,
        mark=draw(st.sampled_from(MARKS[originator])),
        topic=draw(st.sampled_from(["defence/dprk/missile", "defence/maritime", "trade", "defence"])),
        caveats=Caveats(
            rel_to=draw(st.none() | subsets), orcon=draw(st.booleans()), eyes=draw(st.none() | st.just((ANALYST.id,)))
        ),
    )


@st.composite
def persons(draw: st.DrawFn) -> Person:
    return replace(
        ANALYST,
        clearance=draw(st.sampled_from([None, "CONFIDENTIAL", "SECRET", "TOP SECRET"])),
        facility=draw(st.sampled_from(["", "ichigaya", "annex"])),
        need_to_know=draw(st.sampled_from([(), ("defence",), ("defence/dprk",)])),
    )


@st.composite
def requests(draw: st.DrawFn) -> Request:
    return Request(
        act=draw(st.sampled_from(ACTS)),
        item=draw(items()),
        sender=draw(st.sampled_from(PARTIES)),
        recipient=draw(st.sampled_from([*PARTIES, "FRA", "jpn-firm-1"])),
        at=draw(instants),
        purpose=draw(st.sampled_from([None, "training"])),
        person=draw(st.none() | persons()),
        system=draw(st.sampled_from([None, "ichigaya-net"])),
    )


@st.composite
def dossiers(draw: st.DrawFn) -> Dossier:
    extra = []
    for number in range(draw(st.integers(0, 2))):
        given_at = draw(instants)
        extra.append(
            act(
                f"c{number}",
                "consent",
                (draw(st.sampled_from(PARTIES)),),
                str(given_at),
                item=MISSILE.id,
                to=draw(subsets) or ("USA",),
                purpose=draw(st.sampled_from(["", "training"])),
                recorded=str(given_at.plus(draw(st.integers(0, 9000)) * HOUR)),
            )
        )
    record = draw(st.sampled_from([RECORD_2016, (SIGNED, NOTIFIED, NOTICE), (SIGNED,), ()]))
    return northeast_asia(*extra, record=record)


@given(dossiers(), requests())
@settings(max_examples=400, deadline=None)
def test_a_refusal_cites_and_a_permit_marks(dossier: Dossier, request: Request) -> None:
    verdict = decide(dossier, request)
    assert [ground.check for ground in verdict.grounds] == list(CHECKS)
    if verdict.permits:
        party = dossier.parties["JPN" if verdict.recipient == "jpn-firm-1" else verdict.recipient]
        assert verdict.marks
        assert all(party.mark(mark) for mark in verdict.marks)
        assert verdict.failed() == ()
    else:
        assert verdict.failed()
        assert verdict.marks == ()
        assert all(ground.article for ground in verdict.failed())


@given(dossiers(), requests())
@settings(max_examples=400, deadline=None)
def test_nothing_new_is_released_outside_force(dossier: Dossier, request: Request) -> None:
    verdict = evaluate(dossier, request)
    if verdict.permits and request.act in ("release", "disclose", "forward"):
        between = (request.sender, "JPN" if request.recipient == "jpn-firm-1" else request.recipient)
        assert dossier.history(verdict.agreement, reading=request.sender, between=between).in_force(request.at)


@given(dossiers(), requests())
@settings(max_examples=300, deadline=None)
def test_consent_clearance_and_a_wider_label_never_turn_a_permit_into_a_refusal(
    dossier: Dossier, request: Request
) -> None:
    if not evaluate(dossier, request).permits:
        return
    given_now = act("more", "consent", (request.item.originator,), str(START), item=MISSILE.id, to=(*PARTIES, "FRA"))
    tisa = dossier.record("tisa-2014").instruments
    assert evaluate(dossier.with_instruments("tisa-2014", (*tisa, given_now)), request).permits
    wider = replace(request, item=replace(request.item, caveats=replace(request.item.caveats, rel_to=None)))
    assert evaluate(dossier, wider).permits
    if request.person is not None:
        assert evaluate(dossier, replace(request, person=replace(request.person, clearance="TOP SECRET"))).permits


@given(dossiers(), requests())
@settings(max_examples=400, deadline=None)
def test_a_mediated_route_holds_hop_by_hop(dossier: Dossier, request: Request) -> None:
    for route in mediated_routes(dossier, request):
        arrangement = dossier.agreements[route.arrangement][0]
        assert covers_any(arrangement.scope.topics, request.item.topic)
        assert all(hop.verdict.agreement in arrangement.basis for hop in route.hops)
        assert all(hop.verdict.permits for hop in route.hops)
        assert route.hops[0].sender == request.sender
        assert route.hops[-1].recipient in (request.recipient, "JPN")
        rel_to = request.item.caveats.rel_to
        for hop in route.hops:
            assert rel_to is None or hop.recipient in (*rel_to, request.item.originator)


@given(dossiers(), requests(), instants)
@settings(max_examples=300, deadline=None)
def test_what_is_recorded_after_known_by_changes_nothing(dossier: Dossier, request: Request, known_by: Instant) -> None:
    asked = replace(request, known_by=known_by)
    past = dossier
    for name in dossier.agreements:
        past = past.with_instruments(name, dossier.record(name).known(known_by))
    assert decide(dossier, asked) == decide(past, replace(asked, known_by=None))


@given(dossiers(), requests(), st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_the_order_of_files_means_nothing(dossier: Dossier, request: Request, chance: object) -> None:
    names = list(dossier.agreements)
    chance.shuffle(names)  # type: ignore[attr-defined]
    turned = replace(
        dossier,
        agreements={name: dossier.agreements[name] for name in names},
        records={
            name: replace(r, instruments=r.instruments[::-1]) for name, r in reversed(list(dossier.records.items()))
        },
    )
    assert decide(turned, request) == decide(dossier, request)
