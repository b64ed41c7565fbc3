"""Schemathesis against the interface's own description, on a real server: whatever is sent, no 5xx and no answer that
the description does not give. Every role is sent everything; what needs a step-up is stepped up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from relto.core.register import Visit
from relto.node import release
from relto.node.people import MAY, Account
from relto.node.visits import Asked, ask_visit
from relto.serve.api import ApiSettings
from tests.office import NOVEMBER, PASSWORD, PEOPLE, Office, office

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
EXAMPLES = {GenerationMode.POSITIVE: 12, GenerationMode.NEGATIVE: 8}  # an operation; under a minute in all
UNREACHABLE = 503  # the one 5xx that is documented: a peer, or the OpenID provider, does not answer

SENSIBLE: dict[str, Any] = {
    "/v1/check": {"item": "msl-2019-10-31", "from": "KOR", "to": "JPN"},
    "/v1/releases": {"item": "msl-2019-10-31", "to": "JPN"},
    "/v1/approvals": {"item": "msl-2019-10-31", "to": "JPN"},
    "/v1/session": {"account": "kim-desk", "password": PASSWORD, "kind": "bearer"},
    "/v1/session/step-up": {"password": PASSWORD},
    "/v1/holdings/{holding}/open": {},
    "/v1/holdings/{holding}/compromise": {"says": "a copy cannot be found"},
    "/v1/holdings/{holding}/copies": {"keeper": "safe 3"},
    "/v1/holdings/{holding}/show": {"to": "the minister"},
    "/v1/holdings/{holding}/destroy": {"method": "burn", "witness": "a witness", "copies": [1]},
    "/v1/items/{item}/mark": {"mark": "군사III급비밀"},
    "/v1/visits": {
        "host": "JPN", "facility": "ichigaya", "agreement": "kor-jpn-2016", "purpose": "talks", "topics": ["defence"],
        "ceiling": "SECRET", "from": "2019-11-18T09:00+09:00", "until": "2019-11-19T09:00+09:00",
        "visitors": ["a colonel"], "assured": True,
    },
    "/v1/visits/{visit}/approve": {},
    "/v1/visits/{visit}/held": {},
    "/v1/visits/{visit}/show": {"what": "msl-2019-10-31", "to": "a colonel"},
    "/v1/contractors/{contractor}/checklist": {"agreement": "kor-jpn-2016", "inspect_every": "P1Y"},
    "/v1/contractors/{contractor}/conditions": {"conditions": ["a", "j"], "evidence": "a survey"},
    "/v1/contractors/{contractor}/withdrawals": {"conditions": ["j"], "says": "left"},
    "/v1/contractors/{contractor}/inspections": {"says": "well", "passed": True},
}  # fmt: skip


@dataclass
class Fuzzed:
    """An office, what there is in it to ask about, and what was answered to what."""

    office: Office
    known: dict[str, Any]
    asked: int = 0
    seen: Counter[tuple[str, int]] = field(default_factory=Counter)
    tokens: dict[str, str] = field(default_factory=dict)

    def headers(self, act: str | None, turn: int) -> dict[str, str]:
        """Mostly somebody whose act it is, at times somebody else, at times nobody."""
        able = [name for name, (role,) in PEOPLE.items() if act is None or act in MAY[role]]
        if turn % 8 == 7:
            return {}
        account = list(PEOPLE)[turn % len(PEOPLE)] if turn % 8 == 6 else able[turn % len(able)]
        if account not in self.tokens:
            now = self.office.cast.clock.at
            self.tokens[account] = self.office.people.begin_session(account, "bearer", now, stepped_up=True).token
        return {"Authorization": f"Bearer {self.tokens[account]}"}


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fuzzed]:
    with office(tmp_path_factory.mktemp("fuzzed"), ApiSettings(logins_a_minute=10_000)) as made:
        node = made.cast.jpn
        release(node, node.base.item("track"), "KOR")
        sent = made.cast.release()
        (held,) = made.as_("kim-desk", "GET", "/v1/holdings").json()["holdings"]
        asked = {"item": "msl-2019-10-31", "to": "JPN"}
        waiting = cycle([made.as_("kim-desk", "POST", "/v1/approvals", asked).json()["id"] for _ in range(2)])
        for name in ("min-desk", "oh-desk"):  # to be changed, disabled, left without a password
            made.people.add_account(Account(name, name, ("desk-officer",)), None, by="console:test", at=NOVEMBER)
        known = {
            "/v1/holdings": cycle([held["id"]]),
            "/v1/transmittals": cycle([sent.row.subject]),
            "/v1/approvals": waiting,
            "/v1/agreements": cycle(["kor-jpn-2016", "tisa-2014"]),
            "/v1/instruments": cycle(["kor-jpn-2016"]),
            "/v1/accounts": cycle(["min-desk", "oh-desk"]),
            "/v1/visits": cycle([one.id for one in (_visit(made, True), _visit(made, False))]),
            "/v1/contractors": cycle(["kor-maker-1"]),
            "/v1/facilities": cycle(["yongsan"]),
        }
        yield Fuzzed(made, known)


def _visit(made: Office, ours: bool) -> Visit:
    """A visit of JPN to KOR, or of KOR to JPN, as KOR's own node has it."""
    parties = ("JPN", "KOR", "yongsan") if ours else ("KOR", "JPN", "ichigaya")
    asked = Asked(
        *parties, "kor-jpn-2016", "talks", ("defence",), "SECRET", NOVEMBER, NOVEMBER.plus(10**15), ("a colonel",),
        True, "kim-desk",
    )  # fmt: skip
    return ask_visit(made.cast.kor, asked)


def ask(fuzzed: Fuzzed, case: Any) -> None:
    """Send one request, and hold what is answered against the description."""
    fuzzed.asked += 1
    turn, path = fuzzed.asked, case.path
    ids = next((found for start, found in fuzzed.known.items() if path.startswith(f"{start}/{{")), None)
    if ids is not None and turn % 3 and case.path_parameters:
        case.path_parameters[next(iter(case.path_parameters))] = next(ids)
    if path in SENSIBLE and turn % 4 == 0:
        case.body = SENSIBLE[path]
    headers = fuzzed.headers(case.operation.definition.raw.get("x-relto-act"), turn)
    response = case.call(headers=headers, timeout=30)
    if path.startswith("/v1/session"):
        fuzzed.tokens.clear()  # they may have ended
    fuzzed.seen[f"{case.method} {path}", response.status_code] += 1
    checks = [one for one in CHECKS if one is not not_a_server_error or response.status_code != UNREACHABLE]
    case.validate_response(response, checks=checks)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: str(mode.value))
def test_nothing_that_is_sent_is_answered_otherwise_than_described(fuzzed: Fuzzed, mode: GenerationMode) -> None:
    schema = schemathesis.openapi.from_url(f"{fuzzed.office.url}/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) > 25
    for operation in operations:
        if mode is GenerationMode.NEGATIVE and not (operation.body or operation.query or operation.path_parameters):
            continue  # there is nothing to get wrong

        @settings(
            max_examples=EXAMPLES[mode],
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def each(case: Any) -> None:
            ask(fuzzed, case)

        each()
    answered = {name for name, status in fuzzed.seen if status < 300}
    print(f"{fuzzed.asked} requests so far: {sorted(fuzzed.seen.items())}")  # noqa: T201
    assert len(answered) >= len(operations) // 2, {name for name, _ in fuzzed.seen} - answered
    assert not {status for _, status in fuzzed.seen if status >= 500} - {UNREACHABLE}
