"""Agreements, standings, decisions and instruments."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Response

from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.errors import InputError
from relto.core.route import decide
from relto.formats.answers import instrument_json, standing_json, verdict_json
from relto.formats.dossier import instrument_agreement, read_instrument
from relto.node import Node, countersign, instruments, sign_instrument
from relto.node.answers import difference_json, signed_json
from relto.node.records import differences
from relto.serve.api.answers import Agreements, Instruments, RecordDifferences, SignedInstrument, Standing, Verdict
from relto.serve.api.asked import Check, InstrumentDocument, find_item, instant
from relto.serve.api.context import Calling
from relto.serve.api.operation import Operations, answer
from relto.serve.api.paging import Limit, Offset, page

operations: Final = Operations("agreements")
When = Annotated[str | None, Query(max_length=100)]
Name = Annotated[str | None, Query(max_length=200)]


@operations("GET", "/v1/agreements", act="see-agreements", answers={200: Agreements})
def list_agreements(caller: Calling, at: When = None) -> Response:
    """Every agreement and where it stands, as the node's own party reads it."""
    node, when = caller.node, instant(at, caller.context.now())
    dossier = node.read_dossier()
    told = []
    for name in sorted(dossier.agreements):
        text = dossier.versions(name)[-1]
        standing = dossier.standing(name, when, reading=_own_reading(node, dossier, name))
        told.append(
            {"id": name, "title": text.title, "parties": list(text.parties), "standing": standing_json(standing)}
        )
    return answer({"schema": "relto/agreements/1", "at": str(when), "agreements": told})


@operations("GET", "/v1/agreements/{agreement}/standing", act="see-agreements", answers={200: Standing})
def see_standing(
    agreement: str,
    caller: Calling,
    at: When = None,
    reading: Name = None,
    known_by: When = None,
    between: Annotated[list[str] | None, Query(max_length=2)] = None,
) -> Response:
    """The legal state of an agreement at an instant, with its grounds."""
    node, now = caller.node, caller.context.now()
    dossier = node.read_dossier()
    dossier.versions(agreement)
    if between is not None and len(between) != 2:
        raise InputError("a standing is between two parties", remedy="give `between` twice")
    standing = dossier.standing(
        agreement,
        instant(at, now),
        reading=reading or _own_reading(node, dossier, agreement),
        known_by=None if known_by is None else instant(known_by, now),
        between=(between[0], between[1]) if between else None,
    )
    return answer(standing_json(standing))


@operations("POST", "/v1/check", act="check", answers={200: Verdict})
def check(body: Check, caller: Calling) -> Response:
    """May an item go from one party to another? The verdict, permit or refuse, with every ground."""
    dossier, now = caller.node.read_dossier(), caller.context.now()
    if body.purpose == "":
        raise InputError("`purpose` is empty", remedy="name the purpose, or leave it out for the item's own")
    if body.reading is not None and body.reading not in dossier.parties:
        raise InputError(
            f"unknown party `{body.reading[:60]}`", remedy=f"use one of {', '.join(sorted(dossier.parties))}"
        )
    request = Request(
        body.act,
        find_item(dossier, body.item),
        body.from_,
        body.to,
        instant(body.at, now),
        body.purpose,
        body.person.to_person(dossier) if body.person else None,
        body.system,
        body.reading,
        None if body.known_by is None else instant(body.known_by, now),
    )
    return answer(verdict_json(decide(dossier, request)))


@operations("GET", "/v1/instruments", act="see-agreements", answers={200: Instruments})
def list_instruments(caller: Calling, agreement: Name = None, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The record: every instrument, and those that wait for a signature."""
    node = caller.node
    dossier = node.read_dossier()
    if agreement is not None:
        dossier.versions(agreement)
    names = [agreement] if agreement is not None else sorted(dossier.agreements)
    rows = [(name, one, ()) for name in names for one in dossier.record(name).instruments]
    waiting = [(one.row.agreement, one.instrument, one.row.missing) for one in instruments(node) if not one.complete]
    found = sorted(
        [*rows, *(one for one in waiting if one[0] in names)], key=lambda one: (one[0], one[1].at.instant, one[1].id)
    )
    told = [instrument_json(*one) for one in page(found, limit, offset)]
    return answer({"schema": "relto/instruments/1", "total": len(found), "instruments": told})


@operations("GET", "/v1/records/differences", act="see-agreements", answers={200: RecordDifferences})
def list_differences(caller: Calling, limit: Limit = 200, offset: Offset = 0) -> Response:
    """The agreements of which a peer holds another record than this node, as found at the last contact. Until they are
    the same, the stricter of the two holds for what goes between them."""
    node = caller.node
    with node.store.read() as reading:
        dossier, found = node.dossier(reading), differences(node, reading)
    told = [difference_json(one, dossier) for one in page(found, limit, offset)]
    return answer({"schema": "relto/record-differences/1", "total": len(found), "differences": told})


@operations("POST", "/v1/instruments", act="sign-instrument", answers={200: SignedInstrument}, problems=(409, 422))
def sign(body: InstrumentDocument, caller: Calling) -> Response:
    """Sign an instrument for the node's own party, and deliver it to the others."""
    node, data = caller.node, body.to_bytes()
    agreement = instrument_agreement("instrument", data)
    text = node.read_dossier().versions(agreement)[0]
    return answer(signed_json(sign_instrument(node, agreement, read_instrument("instrument", data, text))))


@operations(
    "POST",
    "/v1/instruments/{agreement}/{identifier}/countersign",
    act="sign-instrument",
    answers={200: SignedInstrument},
    problems=(409, 422),
)
def sign_too(agreement: str, identifier: str, caller: Calling) -> Response:
    """Sign an instrument that another of its makers has signed and delivered."""
    return answer(signed_json(countersign(caller.node, agreement, identifier)))


def _own_reading(node: Node, dossier: Dossier, agreement: str) -> str | None:
    return node.party if node.party in dossier.versions(agreement)[0].parties else None
