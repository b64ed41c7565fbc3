"""A request of the core as a request to Cedar: principal, action, resource and context (Cedar docs: authorization)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from relto.core.decision import Request
from relto.core.errors import InputError
from relto.formats.cedar.entities import (
    Entity,
    distinct,
    item_entity,
    person_entity,
    place,
    reference,
    topic_entities,
    unique,
    value,
)
from relto.formats.cedar.facts import Facts
from relto.formats.cedar.schema import HOLDING


@dataclass(frozen=True, slots=True)
class CedarRequest:
    """What is asked of Cedar. `entities`: what it speaks of beyond the dossier; requests may share theirs."""

    principal: str
    action: str
    resource: str
    context: dict[str, Any]
    entities: tuple[Entity, ...] = field(default=(), repr=False)

    def as_json(self) -> dict[str, Any]:
        """The request as Cedar's implementations take it."""
        return {
            "principal": reference("Party", self.principal),
            "action": reference("Action", self.action),
            "resource": reference("Item", self.resource),
            "context": self.context,
        }


def ask(facts: Facts, request: Request) -> CedarRequest:
    """The recipient does (or is given) the act with the item.

    Raises InputError where the request is about another instant, reading or knowledge than the export, or names a
    sender or recipient that is unknown.
    """
    _check_same(facts, request)
    recipient = facts.party_of(request.recipient)
    if request.sender not in facts.dossier.parties:
        known = ", ".join(sorted(facts.dossier.parties))
        raise InputError(f"unknown party `{request.sender[:60]}`", remedy=f"use one of {known}")
    holds = request.act in HOLDING and request.sender == recipient
    provider = request.item.originator if holds else request.sender
    context: dict[str, Any] = {
        "provider": value("Party", provider),
        "purpose": value("Purpose", request.item.purpose if request.purpose is None else request.purpose),
    }
    item = request.item
    filed = facts.dossier.items.get(item.id) == item
    name = item.id if filed else distinct(item.id, item)
    more = [] if filed else [item_entity(facts, item, name), *topic_entities([item.topic])]
    if request.person is not None:
        named = person_entity(request.person)
        more.append(named)
        context["person"] = {"__entity": named["uid"]}
        if request.person.facility:
            context["facility"] = value("Facility", place(recipient, request.person.facility))
    if request.system is not None:
        context["system"] = value("System", place(recipient, request.system))
    return CedarRequest(request.recipient, request.act, name, context, tuple(unique(more)))


def _check_same(facts: Facts, request: Request) -> None:
    if request.at != facts.at or request.known_by != facts.known_by:
        raise InputError(
            f"the policies stand at {facts.at}, not at {request.at} with what was known then",
            remedy="export them for the instant that is asked about",
        )
    if request.reading != facts.reading:
        raise InputError(
            f"the policies follow the reading of {facts.reading or 'each sender'}, the request another",
            remedy="export them for that reading",
        )
