"""The whole export: the policies with a heading, the schema and the entities, for one instant and one reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from relto.core.decision import Request
from relto.core.dossier import Dossier
from relto.core.timeline import Instant, format_local
from relto.formats.cedar.asking import CedarRequest, ask
from relto.formats.cedar.domestic import domestic_forbids
from relto.formats.cedar.entities import dossier_entities
from relto.formats.cedar.facts import Edge, Facts
from relto.formats.cedar.forbids import assurance_forbid, caveat_forbids, third_party_forbids
from relto.formats.cedar.permits import permits
from relto.formats.cedar.schema import SCHEMA
from relto.formats.cedar.syntax import Policy, comment


@dataclass(frozen=True)
class CedarExport:
    """`policies` and `schema` are Cedar text, `entities` Cedar's JSON. It answers for its own instant and reading."""

    policies: str
    schema: str
    entities: list[dict[str, Any]]
    facts: Facts = field(repr=False)

    def request(self, request: Request) -> CedarRequest:
        """`request` as Cedar is asked it. Raises InputError for another instant or reading, or an unknown party."""
        return ask(self.facts, request)


def export_cedar(
    dossier: Dossier, at: Instant, *, reading: str | None = None, known_by: Instant | None = None
) -> CedarExport:
    """The rules of `dossier` at `at`: who may provide what to whom, and what its holder may do with it (DESIGN 5).

    `reading` None: each direction as its sender reads the text. `known_by` None: everything on record counts. A permit
    of Cedar is a direct permit; mediated routes, duties and grounds that passed are not expressed.
    """
    facts = Facts(dossier, at, reading, known_by)
    parts = [_heading(facts)]
    for name in sorted(dossier.agreements):
        parts += _agreement(facts, name)
    parts += _chapter(
        "Third parties: the text under which an item was provided goes with it", third_party_forbids(facts)
    )
    parts += _chapter("Caveats: limits that the originator put on the item itself", caveat_forbids(facts))
    parts += _chapter("Assurances: a recipient's word for a person", [assurance_forbid(facts)])
    parts += _chapter("Domestic rules: a party may be stricter than the text", domestic_forbids(facts))
    return CedarExport("\n".join(parts), SCHEMA, dossier_entities(facts), facts)


def _heading(facts: Facts) -> str:
    known = f", as known by {facts.known_by}" if facts.known_by is not None else ""
    reading = f"as {facts.reading} reads the texts" if facts.reading else "each direction as its sender reads the text"
    lines = [
        *comment(f"What may be released to whom at {facts.at}{known}, {reading}."),
        *comment(
            "What no permit allows is refused; a forbid prevails. These policies say nothing of any other instant."
        ),
    ]
    return "\n".join(lines) + "\n"


def _agreement(facts: Facts, name: str) -> list[str]:
    text = facts.dossier.agreements[name][0]
    parts = [_title(f"{name}: {text.title}")]
    if text.mediates:
        return [*parts, "\n".join(comment("opens mediated routes only; permits nothing directly")) + "\n"]
    for edge in facts.edges:
        if edge.agreement == name:
            parts.append("\n".join(comment(_standing(edge))) + "\n")
            parts += [str(policy) for policy in permits(facts, edge)]
    return parts


def _standing(edge: Edge) -> str:
    text, phase = edge.text, edge.phase
    says = f"{edge.sender} to {edge.recipient}: {phase.state}"
    if phase.ends_at is not None:
        says += f", {'ended' if phase.state == 'lapsed' else 'ends'} {format_local(phase.ends_at, text.zone)}"
    if edge.in_force:
        return f"{says} (articles {text.entry.article}, {text.term.article})"
    if edge.survives:
        kept = f"what was provided before may be held on (article {text.survival.article})"
        return f"{says} (article {text.term.article}); {kept}"
    return f"{says}: permits nothing"


def _chapter(title: str, policies: list[Policy]) -> list[str]:
    return [_title(title), *(str(policy) for policy in policies)] if policies else []


def _title(text: str) -> str:
    return "\n".join(["// " + "-" * 72, *comment(text)]) + "\n"
