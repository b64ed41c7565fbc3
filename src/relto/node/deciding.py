"""Deciding in a node: under its own party's reading, at both ends of its clock's interval, the stricter end holding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from relto.core.canon import JSON, canonical, digest
from relto.core.decision import Ground, Request, Verdict, resolve
from relto.core.decision.request import HOLDERS_ACTS
from relto.core.dossier import Dossier, Item
from relto.core.errors import Refused, ReltoError
from relto.core.evidence import Evidence
from relto.core.route import MediatedRoute, decide, mediated_routes
from relto.formats.answers import ground_json
from relto.node.difference import Difference
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.records import as_held
from relto.node.rows import DecisionRow, Stage
from relto.node.steady import document
from relto.node.transmittal import Terms
from relto.node.verdicts import decision_to_json


class ActRefused(Refused):
    """The refusal of an act, with the whole verdict and the id of the evidence that was left."""

    def __init__(self, verdict: Verdict, evidence: str) -> None:
        failed = verdict.failed()
        first = failed[0]
        more = f" and {len(failed) - 1} more" if len(failed) > 1 else ""
        who = f"{verdict.sender} may not {verdict.act} `{verdict.item}` to {verdict.recipient}"
        if verdict.act in HOLDERS_ACTS:
            who = f"{verdict.recipient} may not {verdict.act} `{verdict.item}`"
        ways = [f"through {', '.join(one.via)}" for one in verdict.routes if one.kind == "mediated"]
        super().__init__(
            f"{who}: {first.check}: {first.says}{more}",
            article=first.article,
            remedy=f"a route remains {' or '.join(dict.fromkeys(ways))}" if ways else "",
        )
        self.verdict = verdict
        self.evidence = evidence


@dataclass(frozen=True, slots=True)
class Decision:
    """What a node decided, and the document of it that evidence names by digest."""

    verdict: Verdict
    row: DecisionRow
    record: Mapping[str, JSON] | None = None
    """Whose record refuses what the own one permits, and the evidence by which that party said that it holds it."""
    until: int = 0
    """Nanoseconds: at any instant before it and not before the verdict's own, the same would be decided by the same
    records; 0 where that is not known."""

    @property
    def permits(self) -> bool:
        """Whether the act is permitted."""
        return self.verdict.permits


def decide_now(
    node: Node, tx: Transaction, request: Request, moment: Moment, stage: Stage, subject: str, via: tuple[str, ...] = ()
) -> Decision:
    """Decide `request`; whoever states it keeps the decision with that. `via`: the route its originator chose to the
    request's recipient.

    `request.at` and `request.reading` are set here. Raises InputError for unknown parties.
    """
    asked = request if request.reading == node.party else replace(request, reading=node.party)
    steady = node.steady(node.dossier(tx))
    at, stretch = moment.earliest, steady.stretch(_verdict, asked, via, moment.earliest)
    if stretch.verdict.permits and moment.latest != moment.earliest:
        at, stretch = moment.latest, steady.stretch(_verdict, asked, via, moment.latest)
    verdict, ends = stretch.verdict._replace(at=at, item=request.item.id), (str(moment.earliest), str(moment.latest))
    stricter = _refused_as_held(node, tx, asked, moment, via) if verdict.permits and stage != "opening" else None
    if stricter is None:
        text = document(verdict, asked, stage, ends, stretch)
        until = 0 if as_held(node, tx, node.dossier(tx)) else stretch.end
        return Decision(verdict, DecisionRow(subject, stage, text, digest(text.encode("utf-8"))), until=until)
    verdict, record = stricter[0]._replace(item=request.item.id), stricter[1]
    text = canonical({**decision_to_json(verdict, asked, stage, ends), "record": record}).decode("utf-8")
    return Decision(verdict, DecisionRow(subject, stage, text, digest(text.encode("utf-8"))), record)


def _refused_as_held(
    node: Node, tx: Transaction, request: Request, moment: Moment, via: tuple[str, ...]
) -> tuple[Verdict, Mapping[str, JSON]] | None:
    """The refusal of what the own record permits, where a party to this release is known to hold another record, and
    that one does not permit it; and whose that is. None where there is none. A record not known permits nothing."""
    dossier = node.dossier(tx)
    others = as_held(node, tx, dossier)
    if not others:
        return None
    parties = {request.sender, resolve(dossier, request.recipient, moment.latest, None).party, *via}
    for peer in sorted(others.keys() & parties):
        differ, other = others[peer]
        verdict = _verdict_as_held(dossier, other, differ, request, moment, via)
        if not verdict.permits:
            said: dict[str, JSON] = {
                "of": peer,
                "statements": sorted({one.statement for one in differ if one.statement}),
            }
            return verdict._replace(grounds=tuple(_said_of(peer, differ, one) for one in verdict.grounds)), said
    return None


def _verdict_as_held(
    dossier: Dossier,
    other: Dossier,
    differ: tuple[Difference, ...],
    request: Request,
    moment: Moment,
    via: tuple[str, ...],
) -> Verdict:
    try:
        return verdict_within(other, request, moment, via)
    except ReltoError:  # what a peer says it holds cannot even be read as a record: nothing is in force
        for one in differ:
            if one.mine:
                dossier = dossier.with_instruments(one.agreement, ())
        return verdict_within(dossier, request, moment, via)


def _said_of(peer: str, differ: tuple[Difference, ...], ground: Ground) -> Ground:
    """A ground of a peer's record: that it is."""
    if ground.passed:
        return ground
    known = {one.agreement: one.held is not None for one in differ}
    says = f"{ground.says}, in the record as {peer} holds it"
    if not known.get(ground.agreement, True):
        says = f"{peer} holds another record of it, which it has not shown; until both are the same nothing is released"
    return ground._replace(says=says)


def verdict_within(dossier: Dossier, request: Request, moment: Moment, via: tuple[str, ...]) -> Verdict:
    """The verdict on `request` at both ends of a moment, the stricter end holding; a function of its arguments."""
    verdicts = [_verdict(dossier, replace(request, at=end), via) for end in moment.ends()]
    return next((one for one in verdicts if not one.permits), verdicts[-1])


def route_through(dossier: Dossier, request: Request, via: tuple[str, ...]) -> MediatedRoute | None:
    """The route through these allies that carries `request`; None where none does."""
    return next((one for one in mediated_routes(dossier, request) if one.route.via == via), None)


def _verdict(dossier: Dossier, request: Request, via: tuple[str, ...]) -> Verdict:
    """The verdict on a direct release, or on the first hop of the route chosen."""
    if not via:
        return decide(dossier, request)
    route = route_through(dossier, request, via)
    if route is not None:
        return route.hops[0].verdict.with_routes((route.route,))
    verdict = decide(dossier, request)
    says = f"no arrangement opens a route through {', '.join(via)} for this item now"
    none = Ground("standing", False, "dossier:agreements", "", says)
    grounds = tuple(one for one in verdict.grounds if not one.passed) if not verdict.permits else ()
    return verdict._replace(verdict="refuse", marks=(), duties=(), grounds=(none, *grounds))


def ask(
    node: Node, tx: Transaction, item: Item, terms: Terms, moment: Moment, stage: Stage, transmittal: str
) -> Decision:
    """The sender's decision on `terms`: of the direct release, or of the whole route where its originator chose one."""
    request = terms.request(item, node.party, moment.latest, node.party)
    if terms.via:
        request = replace(request, recipient=terms.onward)
    return decide_now(node, tx, request, moment, stage, transmittal, terms.via)


def refusal(
    node: Node,
    decision: Decision,
    *,
    about: str,
    to: str | None,
    answers: str | None = None,
    message: str | None = None,
) -> Evidence:
    """The refusal that a decision makes, to be signed and entered: refusals leave evidence too (DESIGN 6).

    `about` is the transmittal, `answers` the evidence it answers, `message` the digest of the bytes it answers.
    """
    verdict = decision.verdict
    digests = {"decision": decision.row.digest}
    if answers is not None:
        digests["evidence"] = answers
    if message is not None:
        digests["message"] = message
    return Evidence(
        kind="refusal",
        party=node.party,
        at=verdict.at,
        to=to,
        transmittal=about,
        item=verdict.item,
        agreement=verdict.agreement or None,
        digests=digests,
        says={
            "stage": decision.row.stage,
            "act": verdict.act,
            "recipient": verdict.recipient,
            "grounds": [ground_json(one) for one in verdict.failed()],
            **({"record": decision.record} if decision.record is not None else {}),
        },
    )
