"""Entering what a party keeps beside its holdings: visits, contractors' checklists, facilities. Each event is a signed
statement in the ledger, and the table is the fold over these; an act that was refused leaves its statement too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from relto.core.canon import JSON
from relto.core.dossier import Dossier
from relto.core.errors import InputError, Refused, VerificationFailed
from relto.core.evidence import Evidence
from relto.core.register import (
    CONTROL_KINDS,
    Control,
    ControlEvent,
    ControlKind,
    VisitAsked,
    apply_control,
    control_event_from_json,
    control_event_to_json,
    control_of,
)
from relto.node.log import Entered, sign_and_enter
from relto.node.node import Moment, Node
from relto.node.ports import Transaction
from relto.node.rows import OutboxRow
from relto.node.transmittal import ID_BYTES

STATEMENT: Final = "statement"
REFUSAL: Final = "refusal"
_MAX_WORDS: Final = 2000


def enter_control(
    node: Node,
    tx: Transaction,
    event: ControlEvent,
    *,
    tell: str = "",
    item: str | None = None,
    agreement: str | None = None,
    decision: str = "",
) -> Control:
    """Enter an event of a visit, a checklist or a facility: signed, in the ledger, in its table; told to the party
    `tell` where it concerns one. `item`, `agreement` and `decision` (a digest): what was shown, and decided of it.

    Raises as `apply_control` does, before anything is written.
    """
    kind, name = control_of(event)
    now = apply_control(tx.control(kind, name), event)
    about = f"c-{node.entropy(ID_BYTES).hex()}"
    evidence = Evidence(
        kind=kind,
        party=node.party,
        at=event.at,
        to=tell or None,
        transmittal=name,
        item=item,
        agreement=agreement,
        digests={"decision": decision} if decision else {},
        says={"about": about, "step": STATEMENT, "event": control_event_to_json(event)},
    )
    entered = sign_and_enter(node, tx, evidence)
    tx.put_control(now)
    if tell:
        tx.enqueue(OutboxRow("visit", about, tell, entered.signed.encode("ascii"), entered.id, event.at))
    return now


def note_refusal(
    node: Node, tx: Transaction, kind: ControlKind, name: str, moment: Moment, why: Refused, item: str | None
) -> Entered:
    """Enter that an act was refused by the rules of a visit, a checklist or a facility, and why."""
    about = f"c-{node.entropy(ID_BYTES).hex()}"  # the same again is another refusal
    says: Mapping[str, JSON] = {
        "about": about,
        "step": REFUSAL,
        "says": why.message[:_MAX_WORDS],
        "article": why.article,
    }
    return sign_and_enter(
        node, tx, Evidence(kind=kind, party=node.party, at=moment.latest, transmittal=name, item=item, says=says)
    )


def control_event_in(evidence: Evidence) -> ControlEvent | None:
    """The event that a statement about a visit, a checklist or a facility makes happen; None for any other statement.
    Raises InputError for one that cannot be read, VerificationFailed for one that is not about what it says."""
    if evidence.kind not in CONTROL_KINDS or evidence.says.get("step") != STATEMENT:
        return None
    stated = evidence.says.get("event")
    if not isinstance(stated, dict):
        raise InputError("the event that evidence states is not an object")
    event = control_event_from_json(stated)
    if control_of(event) != (evidence.kind, evidence.transmittal):
        raise VerificationFailed(f"the statement about `{evidence.transmittal}` is of something else")
    if (getattr(event, "party", evidence.party), event.at) != (evidence.party, evidence.at):
        raise VerificationFailed(f"the statement about `{evidence.transmittal}` is another party's, or of another time")
    return event


def is_aside(evidence: Evidence) -> bool:
    """Whether a statement is one of many about a visit, a contractor or a facility: who asks for one item is not told
    what else was shown there, or who else was refused."""
    return evidence.kind in CONTROL_KINDS or (evidence.kind == "refusal" and evidence.says.get("stage") == "visit")


def concerns(event: VisitAsked, one: str, other: str) -> bool:
    """Whether a visit is one of these two parties to the other."""
    return {event.visiting, event.host} == {one, other}


def rank_in(dossier: Dossier, originator: str, mark: str) -> str:
    """The rank of a mark of an item's originator; empty where it has none."""
    maker = dossier.parties.get(originator)
    found = maker.mark(mark) if maker is not None else None
    return found.rank if found is not None else ""


def said(words: str, what: str) -> str:
    """What a person says, short enough to sign. Raises InputError that names `what` it is."""
    words = words.strip()
    if not words or len(words) > _MAX_WORDS:
        raise InputError(f"no {what}, or at too much length", remedy=f"say it in 1 to {_MAX_WORDS} signs")
    return words
