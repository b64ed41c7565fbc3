"""What is answered of duties, of another mark, and of the witnessing between ledgers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from relto.serve.api.answers import Answer, Moment


class Reclassification(Answer):
    """`relto/reclassification/1`: who was told."""

    schema_: Literal["relto/reclassification/1"] = Field(alias="schema")
    item: str
    mark: str
    told: dict[str, Literal["queued", "done", "refused", "refused-by-recipient"]]


class Duty(Answer):
    """`relto/duty/1`: what is owed for a holding, or to inspect a contractor; one of the two is null."""

    schema_: Literal["relto/duty/1"] = Field(alias="schema")
    holding: str | None
    item: str | None
    contractor: str | None
    agreement: str
    article: str
    do: str
    to: str | None
    owner: str
    started: Moment
    due: Moment | None
    overdue: bool


class Duties(Answer):
    """`relto/duties/1`: the most urgent first."""

    schema_: Literal["relto/duties/1"] = Field(alias="schema")
    total: int
    duties: list[Duty]


class Cosigned(Answer):
    """How far a peer has cosigned this ledger, when by its clock."""

    by: str
    size: int
    at: Moment


class Witnessed(Answer):
    """How far a peer's ledger was cosigned here, or is mirrored by its hashes."""

    party: str
    size: int


class Witness(Answer):
    """`relto/witness/1`: the witnessing between this node and its peers; what is wrong, and what it waits for."""

    schema_: Literal["relto/witness/1"] = Field(alias="schema")
    size: int
    cosigned: list[Cosigned]
    witnessed: list[Witnessed]
    mirrored: list[Witnessed]
    wrong: list[str]
    waiting: list[str]
