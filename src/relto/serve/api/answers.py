"""The answers as the description of the interface gives them: models of the JSON that `formats` and `node` write.

Nothing is written with these; the tests hold what is written against them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from relto.core.agreement import InstrumentKind
from relto.core.agreement.standing import State
from relto.core.decision import Act
from relto.node.approval import ApprovalState
from relto.node.rows import MessageKind

Moment = Annotated[str, Field(description="RFC 3339, UTC, with `Z`", examples=["2019-11-22T15:00:00Z"])]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]


class Answer(BaseModel):
    """An answer: it has these members and no others."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Ground(Answer):
    """One check of a verdict and how it came out, with its article."""

    check: str
    passed: bool
    article: str
    agreement: str
    says: str
    unconfirmed: bool = False


class DueDuty(Answer):
    """What a permit obliges the recipient to do."""

    article: str
    do: str
    on: str
    within: str | None
    to: str | None


class Route(Answer):
    """A way an item may go."""

    kind: Literal["direct", "mediated"]
    via: list[str]
    agreements: list[str]
    marks: list[str]


class Verdict(Answer):
    """`relto/verdict/1`."""

    schema_: Literal["relto/verdict/1"] = Field(alias="schema")
    verdict: Literal["permit", "refuse"]
    act: Act
    item: str
    from_: str = Field(alias="from")
    to: str
    at: Moment
    agreement: str | None
    marks: list[str]
    duties: list[DueDuty]
    grounds: list[Ground]
    routes: list[Route]


class StandingGround(Answer):
    """What a standing rests on."""

    article: str
    instrument: str | None
    says: str
    unconfirmed: bool = False


class Standing(Answer):
    """`relto/standing/1`."""

    schema_: Literal["relto/standing/1"] = Field(alias="schema")
    agreement: str
    at: Moment
    reading: str | None
    state: State
    in_force: bool
    term_end: Moment | None
    ends_at: Moment | None
    notice_deadline: Moment | None
    grounds: list[StandingGround]
    version: int
    between: list[str] = []


class Agreement(Answer):
    """An agreement and where it stands."""

    id: str
    title: str
    parties: list[str]
    standing: Standing


class Agreements(Answer):
    """`relto/agreements/1`: every agreement of the node's dossier."""

    schema_: Literal["relto/agreements/1"] = Field(alias="schema")
    at: Moment
    agreements: list[Agreement]


class OwedDuty(Answer):
    """A duty that a holding has started."""

    article: str
    do: str
    due: Moment | None
    done: Moment | None


class HeldCopy(Answer):
    """The original (number 0) or a copy of it: where it is, and what became of it."""

    number: int
    keeper: str | None
    state: Literal["held", "returned", "destroyed", "lost"]
    since: Moment


class Holding(Answer):
    """`relto/holding/1`."""

    schema_: Literal["relto/holding/1", "relto/opened/1"] = Field(alias="schema")
    id: str
    item: str
    title: str
    originator: str
    from_: str = Field(alias="from")
    through: str | None
    received_at: Moment
    agreement: str
    mark: str
    origin_mark: str
    topic: str
    purpose: str
    purpose_ended: Moment | None
    originators: list[str]
    sources: list[str]
    copies: list[HeldCopy]
    opened: int
    compromises: int
    duties: list[OwedDuty]


class Holdings(Answer):
    """`relto/holdings/1`: the register, oldest first."""

    schema_: Literal["relto/holdings/1"] = Field(alias="schema")
    total: int
    holdings: list[Holding]


class RecordDifference(Answer):
    """`relto/record-difference/1`: an agreement of which a peer holds another record than this node."""

    schema_: Literal["relto/record-difference/1"] = Field(alias="schema")
    peer: str
    agreement: str
    found_at: Moment
    own: Digest | None
    theirs: Digest | None
    shown: bool
    only_here: list[str]
    only_there: list[str]
    says: str


class RecordDifferences(Answer):
    """`relto/record-differences/1`: by peer and agreement; empty where all hold the same."""

    schema_: Literal["relto/record-differences/1"] = Field(alias="schema")
    total: int
    differences: list[RecordDifference]


class Opened(Holding):
    """`relto/opened/1`: a holding with its content."""

    payload: str = Field(description="base64")
    evidence: Digest


class Transmittal(Answer):
    """`relto/transmittal/1`: a message of the outbox and what became of it."""

    schema_: Literal["relto/transmittal/1"] = Field(alias="schema")
    kind: MessageKind
    id: str
    to: str
    state: Literal["queued", "done", "refused", "refused-by-recipient"]
    queued_at: Moment
    attempts: int
    evidence: Digest
    answer: Digest | None
    grounds: list[Ground] = []
    error: str = ""


class Outbox(Answer):
    """`relto/outbox/1`: what this node has sent, oldest first."""

    schema_: Literal["relto/outbox/1"] = Field(alias="schema")
    total: int
    transmittals: list[Transmittal]


class Told(Answer):
    """To whom a message went, and whether it got there."""

    to: str
    state: Literal["queued", "done", "refused", "refused-by-recipient"]


class Compromise(Answer):
    """`relto/compromise/1`: who was told."""

    schema_: Literal["relto/compromise/1"] = Field(alias="schema")
    holding: str
    actual: bool
    told: dict[str, Literal["queued", "done", "refused", "refused-by-recipient"]]


class SignedInstrument(Answer):
    """`relto/instrument/1` after signing it."""

    schema_: Literal["relto/instrument/1"] = Field(alias="schema")
    agreement: str
    id: str
    kind: InstrumentKind
    complete: bool
    missing: list[str]
    deliveries: list[Told]


class Instrument(Answer):
    """`relto/instrument/1` as it stands in the record."""

    schema_: Literal["relto/instrument/1"] = Field(alias="schema")
    agreement: str
    id: str
    kind: InstrumentKind
    by: list[str]
    at: Moment
    precision: str
    recorded: Moment
    targets: list[str]
    complete: bool
    missing: list[str]
    item: str = ""
    topic: str = ""
    to: list[str] = []
    purpose: str = ""
    text: str = ""
    condition: str = ""
    unconfirmed: bool = False


class Instruments(Answer):
    """`relto/instruments/1`: the record, in the order of its instants."""

    schema_: Literal["relto/instruments/1"] = Field(alias="schema")
    total: int
    instruments: list[Instrument]


class Piece(Answer):
    """One piece of evidence: its place in the ledger, the signed statement, and what it says."""

    id: Digest
    position: int
    kind: str
    party: str
    signed: str
    statement: dict[str, Any]


class Evidence(Answer):
    """`relto/evidence-of/1`: the evidence about one subject, in the order of the ledger."""

    schema_: Literal["relto/evidence-of/1"] = Field(alias="schema")
    subject: str
    evidence: list[Piece]


class Checkpoint(Answer):
    """`relto/checkpoint/1`: the signed head of the ledger."""

    schema_: Literal["relto/checkpoint/1"] = Field(alias="schema")
    size: int
    note: str | None


class Approval(Answer):
    """`relto/approval/1`: a release that waits for a second person, or what became of it."""

    schema_: Literal["relto/approval/1"] = Field(alias="schema")
    id: str
    item: str
    to: str
    act: Act
    purpose: str
    via: list[str]
    by: str
    at: Moment
    state: ApprovalState
    decided_by: str | None
    decided_at: Moment | None
    note: str
    transmittal: str | None


class Approvals(Answer):
    """`relto/approvals/1`: oldest first."""

    schema_: Literal["relto/approvals/1"] = Field(alias="schema")
    approvals: list[Approval]


class WaitingApproval(Approval):
    """`relto/approval/1` with what it would release, as long as it waits."""

    title: str | None
    mark: str | None
    topic: str | None
    payload: str | None = Field(description="base64")


class Peer(Answer):
    """A pinned peer, by the thumbprints of its keys."""

    party: str
    signing_key: str
    wrapping_key: str
    mldsa_key: str | None


class NodeState(Answer):
    """`relto/state/1`: how the node does."""

    schema_: Literal["relto/state/1"] = Field(alias="schema")
    party: str
    at: Moment
    lived_until: Moment | None
    ledger: int
    queued: int
    accounts: int
    peers: list[Peer]


class Problem(Answer):
    """`relto/problem/1`, a problem document (RFC 9457), with the exit code of the command line and what to do."""

    schema_: Literal["relto/problem/1"] = Field(alias="schema")
    type: str
    title: str
    status: int
    detail: str
    exit_code: int
    remedy: str = ""
    article: str = ""
    verdict: Verdict | None = None
    evidence: Digest | None = None
    transmittal: Transmittal | None = None
