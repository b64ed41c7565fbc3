"""Rego, in regorus (`celine-regorus`): the policy `relto.rego` over the dossier's facts as `data`.

Of the two ways that regorus has, this takes the faster: the policy compiled to a program of its virtual machine
(`Rvm`), measured at less than half the time of `Engine.set_input_json` with `Engine.eval_rule`.

Outside the timing: the policy is compiled and the data loaded once, and each request is written as JSON, the only form
in which the machine takes an input. Timed: setting the input and running the entry point `data.relto.permit`, which
gives JSON back. The input has to be set for each request, for a machine holds one.

regorus has exact 64-bit integers, so instants are whole nanoseconds; `check_numbers` fails where that is not so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from regorus.regorus import Program, Rvm

from bench.peers.facts import COPYING, HOLDERS_ACTS, Edge, Facts, ancestors, facts_of
from relto.core.decision import ACTS, Request
from relto.core.dossier import Dossier

POLICY = Path(__file__).with_name("relto.rego")
ENTRY = "data.relto.permit"


class Rego:
    """One machine with its program and data. A request is the JSON of its input."""

    name = "regorus"

    def __init__(self, dossier: Dossier, requests: Sequence[Request]) -> None:
        facts = self._facts = facts_of(dossier, requests)
        data = json.dumps(_data(facts))
        machine = Rvm()
        machine.load_program(
            Program.compile_from_modules(data, [(POLICY.name, POLICY.read_text(encoding="utf-8"))], [ENTRY])
        )
        machine.set_data_json(data)
        self._set_input, self._execute = machine.set_input_json, machine.execute_entry_point
        check_numbers()

    def prepare(self, request: Request) -> Any:
        """The input document."""
        item, person, caveats = request.item, request.person, request.item.caveats
        asked: dict[str, Any] = {
            "act": request.act,
            "sender": request.sender,
            "recipient": request.recipient,
            "at": request.at.ns,
            "asked": request.asked_purpose,
            "item": item.id,
            "originator": item.originator,
            "mark": item.mark,
            "topics": ancestors(item.topic),
            "purpose": item.purpose,
            "orcon": caveats.orcon,
        }
        if caveats.rel_to is not None:
            asked["rel_to"] = caveats.rel_to
        if caveats.eyes is not None:
            asked["eyes"] = caveats.eyes
        if person is not None:
            asked["person"] = {
                "id": person.id,
                "party": person.party,
                "clearance": person.clearance,
                "until": self._facts.until(person),
                "needs": person.need_to_know,
                "facility": person.facility,
            }
        return json.dumps(asked)

    def decide(self, prepared: Any) -> bool:
        """Set the input, run the rule."""
        self._set_input(prepared)
        answer: bool = self._execute(ENTRY) == "true"
        return answer


def check_numbers() -> None:
    """Raise where two instants a nanosecond apart are the same number to regorus."""
    at = 1_574_434_800_000_000_000
    policy = "package n\nimport rego.v1\nexact if {\ninput.before < input.at\ninput.at < input.after\n}"
    machine = Rvm()
    machine.load_program(Program.compile_from_modules("{}", [("n.rego", policy)], ["data.n.exact"]))
    machine.set_input_json(json.dumps({"before": at - 1, "at": at, "after": at + 1}))
    if machine.execute_entry_point("data.n.exact") != "true":
        raise ValueError("regorus loses nanoseconds")


def _data(facts: Facts) -> dict[str, Any]:
    edges: dict[str, dict[str, Any]] = {}
    consents: dict[str, dict[str, Any]] = {}
    for edge in facts.edges.values():
        edges.setdefault(edge.provider, {})[edge.recipient] = _edge(edge)
        for originator in facts.parties:
            consents.setdefault(originator, {})[edge.recipient] = [
                {
                    "start": one.valid.start.ns,
                    "end": one.valid.end.ns,
                    "item": one.item,
                    "topic": one.topic,
                    "purpose": one.purpose,
                }
                for one in facts.consents_for(edge, originator)
            ]
    return {"edges": edges, "consents": consents, "holders_acts": HOLDERS_ACTS, "copying": COPYING}


def _edge(edge: Edge) -> dict[str, Any]:
    found: dict[str, Any] = {
        "provider": edge.provider,
        "zone": edge.zone,
        "windows": {act: edge.windows(act) for act in ACTS},
        "scope": edge.scope,
        "ranks": edge.ranks,
        "clears": {rank: sorted(ranks) for rank, ranks in edge.clears.items()},
        "asks_clearance": edge.asks_clearance,
        "asks_need": edge.asks_need,
    }
    if edge.sites is not None:
        found["sites"] = {
            name: {"register": sorted(one.register), "ranks": sorted(one.ranks)} for name, one in edge.sites.items()
        }
    return found
