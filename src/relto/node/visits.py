"""Visits: asked of the host's competent authority, approved by it up to a rank and within a time box, told to both
sides; and what the host shows within each (article 8). Nothing is shown above the ceiling or outside the box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, cast

from relto.core.canon import digest
from relto.core.decision import Request
from relto.core.dossier import Dossier, Item
from relto.core.envelope import signed_label, verify_manifest
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, verify_evidence
from relto.core.label import check_id, check_topic
from relto.core.register import (
    VISITS,
    ControlEvent,
    Holding,
    Shown,
    Visit,
    VisitApproved,
    VisitAsked,
    VisitCalledOff,
    VisitDeclined,
    VisitHeld,
    VisitShown,
    apply_control,
    check_usable,
)
from relto.core.timeline import Instant
from relto.node.clocks import check_not_ahead
from relto.node.controls import concerns, control_event_in, enter_control, note_refusal, rank_in, said
from relto.node.deciding import ActRefused, decide_now, refusal
from relto.node.labels import item_under
from relto.node.log import enter, sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Reading, Transaction
from relto.node.reclassify import check_marked
from relto.node.rows import InboxRow
from relto.node.telling import acknowledged, enter_event
from relto.node.together import Answering
from relto.node.transmittal import ID_BYTES
from relto.node.two_persons import check_persons

KIND: Final = "visit"
_MAX_VISITORS: Final = 64
_MAX_NAME: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What is said of a visit that is asked for. `visiting` and `host` are parties, one of them the node's own; the
    rest is as `VisitAsked` has it."""

    visiting: str
    host: str
    facility: str
    agreement: str
    purpose: str
    topics: Sequence[str]
    ceiling: str
    starts: Instant
    ends: Instant
    visitors: Sequence[str]
    assured: bool
    by: str


def ask_visit(node: Node, asked: Asked) -> Visit:
    """Ask the host for a visit, or enter a request that came to it on paper; the other side is told. Raises InputError
    for what is not said, or is in no dossier, NotFound for an agreement that is not there."""
    if node.party not in (asked.visiting, asked.host):
        raise InputError(f"a visit of {asked.visiting} to {asked.host} is none of {node.party}'s", article=VISITS)
    if len(asked.visitors) > _MAX_VISITORS or any(len(one) > _MAX_NAME for one in asked.visitors):
        raise InputError(
            "too many visitors, or a name that is too long",
            remedy=f"name at most {_MAX_VISITORS}, each in {_MAX_NAME} signs",
        )
    with node.store.write() as tx:
        dossier, moment = node.dossier(tx), node.now_or_later(tx)
        _check_known(dossier, asked)
        event = VisitAsked(
            visit=f"v-{node.entropy(ID_BYTES).hex()}",
            at=moment.latest,
            party=node.party,
            visiting=asked.visiting,
            host=asked.host,
            facility=check_id(asked.facility),
            agreement=asked.agreement,
            purpose=said(asked.purpose, "purpose"),
            topics=tuple(check_topic(one) for one in asked.topics),
            ceiling=asked.ceiling,
            starts=asked.starts,
            ends=asked.ends,
            visitors=tuple(one.strip() for one in asked.visitors),
            assured=asked.assured,
            by=said(asked.by, "person who asks"),
        )
        other = asked.host if node.party == asked.visiting else asked.visiting
        return _entered(node, tx, event, tell=other if other in node.keys.peers else "")


def _check_known(dossier: Dossier, asked: Asked) -> None:
    """The agreement is between the two, and has a row for the rank that is asked for."""
    text = dossier.versions(asked.agreement)[-1]
    if asked.visiting not in text.parties or asked.host not in text.parties:
        raise InputError(
            f"`{asked.agreement}` is not between {asked.visiting[:60]} and {asked.host[:60]}",
            remedy="name the agreement under which the visit is",
        )
    ranks_up_to(dossier, asked.agreement, asked.ceiling)


def ranks_up_to(dossier: Dossier, agreement: str, ceiling: str) -> tuple[str, ...]:
    """A rank of an agreement's table and all below it there. Raises InputError for one that the table lacks."""
    text = dossier.versions(agreement)[-1]
    known = [row.rank for row in text.levels.rows] if text.levels is not None else []
    order = dossier.rank_order(text)
    if ceiling not in known:
        raise InputError(
            f"`{ceiling[:60]}` is no rank of `{agreement}`",
            article=text.levels.article if text.levels is not None else "",
            remedy=f"use one of {', '.join(known)}" if known else "it has no table of levels: name a text that has one",
        )
    return tuple(one for one in known if order.at_least(ceiling, one))


def approve_visit(
    node: Node,
    visit: str,
    by: str,
    ceiling: str = "",
    starts: Instant | None = None,
    ends: Instant | None = None,
) -> Visit:
    """Approve a visit to an own facility: as asked for, or up to a lower rank and in a narrower time box.

    Raises NotFound for no such visit or facility, Refused for more than the facility may hold or was asked for,
    InputError for a time box beyond the one asked for, Conflict where it was decided already.
    """

    def approved(tx: Transaction, one: Visit, at: Instant) -> ControlEvent:
        asked, dossier = one.asked, node.dossier(tx)
        wanted = ceiling or asked.ceiling
        ranks = ranks_up_to(dossier, asked.agreement, wanted)
        site = dossier.parties[node.party].facility(asked.facility) if node.party == asked.host else None
        if site is None:
            raise NotFound(f"{node.party} has no facility `{asked.facility}`", remedy="decline the visit")
        order = dossier.rank_order(dossier.versions(asked.agreement)[-1])
        for most, whose in ((site.ceiling, f"`{site.id}` may hold"), (asked.ceiling, "was asked for")):
            if not order.at_least(most, wanted):
                raise Refused(
                    f"{wanted} is above what {whose}: {most}", article=VISITS, remedy=f"approve it up to {most}"
                )
        box = starts or asked.starts, ends or asked.ends
        return VisitApproved(visit, at, node.party, wanted, ranks, *box, said(by, "person who approves"))

    return _act(node, visit, approved)


def decline_visit(node: Node, visit: str, says: str, by: str) -> Visit:
    """Decline a visit to an own facility, and say why. Raises as `approve_visit` does."""
    return _act(
        node,
        visit,
        lambda _tx, _one, at: VisitDeclined(visit, at, node.party, said(says, "reason"), said(by, "person")),
    )


def call_off_visit(node: Node, visit: str, says: str, by: str) -> Visit:
    """End a visit, by either party: nothing is shown from then on. Raises NotFound for no such visit, Conflict for one
    that was declined, or called off before."""

    def off(_tx: Transaction, one: Visit, at: Instant) -> VisitCalledOff:
        if one.called_off is not None or one.declined is not None:
            done = "declined" if one.called_off is None else "called-off"
            raise Conflict(f"the visit `{visit}` was {done} already", remedy="ask for another")
        return VisitCalledOff(visit, at, node.party, said(says, "reason"), said(by, "person"))

    return _act(node, visit, off)


def hold_visit(node: Node, visit: str, came: Sequence[str], by: str) -> Visit:
    """Record that a visit to an own facility took place, and who came: all its visitors where none is named. Raises
    Conflict where it was not approved, was called off, or has not begun."""
    return _act(
        node,
        visit,
        lambda _tx, one, at: VisitHeld(visit, at, node.party, tuple(came) or one.asked.visitors, said(by, "person")),
        told=False,
    )


def _act(
    node: Node, visit: str, event: Callable[[Transaction, Visit, Instant], ControlEvent], *, told: bool = True
) -> Visit:
    with node.store.write() as tx:
        one = visit_of(tx, visit)
        moment = node.now_or_later(tx)
        other = one.asked.visiting if node.party == one.asked.host else one.asked.host
        tell = other if told and other in node.keys.peers else ""
        return _entered(node, tx, event(tx, one, moment.latest), tell=tell)


def _entered(node: Node, tx: Transaction, event: ControlEvent, *, tell: str = "") -> Visit:
    return cast("Visit", enter_control(node, tx, event, tell=tell))


def visit_of(reading: Reading, visit: str) -> Visit:
    """The visit of this id. Raises NotFound."""
    found = reading.control("visit", visit)
    if not isinstance(found, Visit):
        raise NotFound(f"no visit `{visit[:60]}`", remedy="list the visits for their ids")
    return found


def why_not_within(node: Node, visit: Visit, item: Item, dossier: Dossier, moment: Moment) -> Refused | None:
    """Why the host may not show an item within a visit at any instant of `moment`; None where it may."""
    if node.party != visit.asked.host:
        return Refused(f"{node.party} is not the host of the visit `{visit.id}`", article=VISITS)
    try:
        visit.check_within(rank_in(dossier, item.originator, item.mark), item.topic, moment.earliest, moment.latest)
    except Refused as why:
        return why
    return None


def show_in_visit(node: Node, visit: str, what: str, to: str, by: str, purpose: str = "") -> Visit:
    """Show a holding, or an own item of the dossier, to a visitor: nothing is left with them (article 8). It is decided
    as a disclosure to the visiting party, now, after the visit's own ceiling and time box; either refusal leaves
    evidence.

    Raises NotFound for no such visit, holding or item, Conflict where the holding can no longer be used, Refused (or
    ActRefused) where it may not be shown.
    """
    with node.store.write() as tx:
        one, moment = visit_of(tx, visit), node.now(tx)
        item, held = _shown(node, tx, what)
        dossier = node.dossier(tx)
        if held is None:  # the one who approved the visit, and the one who shows it
            check_persons(node, item, approved=one.approved is not None and one.approved.by != by)
        why: Refused | None = why_not_within(node, one, item, dossier, moment)
        if why is None and to not in one.asked.visitors:
            why = Refused(f"`{to[:60]}` is no visitor of `{visit}`", article=VISITS, remedy="show it to one who is")
        if why is not None:
            note_refusal(node, tx, KIND, visit, moment, why, item.id)
        else:
            asked = purpose or (item.purpose if held is None else held.received.purpose)
            request = Request("disclose", item, node.party, one.asked.visiting, moment.latest, asked)
            decision = decide_now(node, tx, request, moment, "visit", visit)
            tx.add_decision(decision.row)
            if decision.permits:
                return _show(node, tx, one, item, held, to, by, moment, decision.row.digest, decision.verdict.agreement)
            left = sign_and_enter(node, tx, refusal(node, decision, about=visit, to=None))
            why = ActRefused(decision.verdict, left.id)
    raise why


def _show(
    node: Node,
    tx: Transaction,
    visit: Visit,
    item: Item,
    held: Holding | None,
    to: str,
    by: str,
    moment: Moment,
    decision: str,
    agreement: str,
) -> Visit:
    rank = rank_in(node.dossier(tx), item.originator, item.mark)
    name = held.id if held is not None else ""
    event = VisitShown(visit.id, moment.latest, node.party, item.id, name, rank, item.topic, to, said(by, "person"))
    if held is not None:
        enter_event(node, tx, held, Shown(held.id, moment.latest, to, by), moment)
    now = enter_control(node, tx, event, item=item.id, agreement=agreement, decision=decision)
    return cast("Visit", now)


def _shown(node: Node, tx: Transaction, what: str) -> tuple[Item, Holding | None]:
    """The item that is to be shown, as its originator marks it now, and the holding of it where it is another's."""
    held = tx.holding(what)
    if held is None:
        item = node.dossier(tx).items.get(what)
        if item is None or item.originator != node.party:
            raise NotFound(f"no holding and no own item `{what[:60]}`", remedy="list the holdings for their ids")
        check_marked(node, tx, [item])
        return item, None
    check_usable(held)
    if held.sources:
        raise InputError(
            f"`{what}` was made here of what others have given, and is not shown in a visit",
            article=VISITS,
            remedy="show what it was made of, each by itself",
        )
    manifest = verify_manifest(*signed_label(tx.sealed(what) or b""), node.all_keys())
    return replace(item_under(manifest), mark=held.origin_mark), held


def receive_visit(node: Node, message: bytes, sender: str | None = None) -> Answering:
    """Verify what the other side of a visit states of it; what is left is to keep and acknowledge it, or to refuse it
    with a signed statement. The same statement gives the same answer.

    Raises VerificationFailed, or InputError, for what no pinned peer signed as such.
    """
    if not message.isascii():
        raise VerificationFailed("not signed evidence: it is not ASCII")
    signed = message.decode("ascii")
    evidence = verify_evidence(signed, node.peer_keys(sender))
    event = control_event_in(evidence)
    if not isinstance(event, VisitAsked | VisitApproved | VisitDeclined | VisitCalledOff):
        raise VerificationFailed("what came as a statement about a visit is something else")
    if evidence.to != node.party:
        raise VerificationFailed(f"the statement is not for `{node.party}`")
    return partial(_take, node, evidence, signed, event, digest(message))


def _take(node: Node, evidence: Evidence, signed: str, event: ControlEvent, name: str, tx: Transaction) -> bytes:
    known = tx.answered(KIND, name)
    if known is not None:
        return known.reply
    moment = node.now_or_later(tx)
    check_not_ahead(evidence, moment)
    theirs = enter(node, tx, evidence, signed)
    try:
        now = cast("Visit", apply_control(tx.control("visit", evidence.transmittal or ""), event))
        if not concerns(now.asked, node.party, evidence.party):
            raise Refused(f"the visit `{now.id}` is none of {node.party} and {evidence.party}", article=VISITS)
    except ReltoError as why:
        return _not_taken(node, tx, evidence, theirs.id, name, moment, why)
    tx.put_control(now)
    return acknowledged(node, tx, KIND, theirs, name, moment)


def _not_taken(
    node: Node, tx: Transaction, evidence: Evidence, theirs: str, name: str, moment: Moment, why: ReltoError
) -> bytes:
    answer = Evidence(
        kind="refusal",
        party=node.party,
        at=moment.latest,
        to=evidence.party,
        transmittal=evidence.transmittal,
        agreement=evidence.agreement,
        digests={"evidence": theirs, "message": name},
        says={"stage": "visit", "says": str(why)[:2000]},
    )
    reply = sign_and_enter(node, tx, answer).signed.encode("ascii")
    tx.remember(InboxRow(KIND, name, evidence.party, name, reply, False, moment.latest))
    return reply
