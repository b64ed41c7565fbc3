"""Cedar, the table and the reference on single cases: several texts, passing on, who left, purposes, designations."""

from __future__ import annotations

import json
from dataclasses import replace

import cedarpy
import pytest

from relto.adapters.folder import load_dossier
from relto.core.agreement import Agreement, Instrument, Record, Scope
from relto.core.decision import Request, evaluate
from relto.core.decision.table import compile_table
from relto.core.dossier import DomesticRule, Dossier
from relto.core.label import Caveats, Levels, RankRow
from relto.formats.cedar import export_cedar
from relto.formats.cedar.entities import unique
from tests.cedar_cases import ROOT
from tests.comparing import asked_of_table
from tests.making import MISSILE, act, at, northeast_asia

WHEN = at("2019-11-18T00:00Z")
ITEM = replace(MISSILE, caveats=Caveats())


def permits(dossier: Dossier, request: Request) -> bool:
    """What all three say."""
    export = export_cedar(dossier, request.at, reading=request.reading, known_by=request.known_by)
    question = export.request(request)
    things = json.dumps(unique([*export.entities, *question.entities]))
    cedar = cedarpy.is_authorized(question.as_json(), export.policies, things, export.schema).allowed
    assert cedarpy.validate_policies(export.policies, export.schema).validation_passed
    table = compile_table(dossier, request.at, request.at.plus(1), request.reading, known_by=request.known_by)
    found = (cedar, asked_of_table(table, request).permits, evaluate(dossier, request).permits)
    assert len(set(found)) == 1, found
    return cedar


def bound_by(dossier: Dossier, party: str, rule: DomesticRule) -> Dossier:
    """The dossier with one domestic rule."""
    bound = replace(dossier.parties[party], domestic=(rule,))
    return replace(dossier, parties={**dossier.parties, party: bound})


class TestSeveralTexts:
    """Two texts between the same parties, which the policies of each must not mistake for one."""

    BASE = northeast_asia()
    TEXT = BASE.agreements["usa-jpn-2007"][0]
    ITEM = replace(ITEM, originator="USA", mark="SECRET")
    ROWS = (
        RankRow("TOP SECRET", {"USA": ("TOP SECRET",), "JPN": ("機密",)}),
        RankRow("SECRET", {"USA": ("SECRET",)}, {"JPN": "TOP SECRET"}),
    )

    def dossier(self, second: Agreement, first: Record | None = None, *more: Instrument) -> Dossier:
        """The base with a second text between the United States and Japan."""
        record = self.BASE.records[self.TEXT.id]
        base = northeast_asia(*more)
        records = {**base.records, self.TEXT.id: first or record, second.id: replace(record, agreement=second.id)}
        return replace(base, agreements={**base.agreements, second.id: (second,)}, records=records)

    @pytest.mark.parametrize(("ranks", "permitted"), [(("SECRET",), True), (("SECRET", "TOP SECRET"), False)])
    @pytest.mark.parametrize("originator", ["USA", "KOR"])
    def test_a_domestic_rule_bars_the_text_that_protects_at_its_rank(
        self, ranks: tuple[str, ...], permitted: bool, originator: str
    ) -> None:
        consent = act("c", "consent", ("KOR",), "2019-01-01T00:00Z", topic="defence", to=("JPN",))
        second = replace(self.TEXT, id="more", levels=Levels("L", self.ROWS))
        rule = DomesticRule("r", "Act", "not at these", ranks=ranks)
        dossier = bound_by(self.dossier(second, None, consent), originator, rule)
        item = self.ITEM if originator == "USA" else ITEM
        assert permits(dossier, Request("release", item, "USA", "JPN", WHEN)) is permitted

    def test_a_lapsed_text_that_survives_permits_beside_one_in_force_that_does_not(self) -> None:
        narrow = replace(self.TEXT, id="narrow", scope=Scope("1", ("trade",)))
        record = self.BASE.records[self.TEXT.id]
        notice = act("n", "termination-notice", ("USA",), "2010-01-01T00:00Z")
        both = self.dossier(narrow, replace(record, instruments=(*record.instruments, notice)))
        assert permits(both, Request("use", self.ITEM, "USA", "JPN", WHEN))
        assert not permits(both, Request("release", self.ITEM, "USA", "JPN", WHEN))


class TestPassingOn:
    """What goes along with an item of somebody else, and to whom it may go."""

    CONSENT = act("c", "consent", ("KOR",), "2019-01-01T00:00Z", topic="defence", to=("USA",))
    ONWARD = Request("forward", ITEM, "JPN", "USA", WHEN)

    @pytest.mark.parametrize(
        ("to", "ranks", "permitted"),
        [
            ((), (), False),
            ((), ("SECRET",), False),
            ((), ("CONFIDENTIAL",), True),
            (("USA",), (), False),
            (("JPN",), (), True),
        ],
    )
    def test_the_domestic_rules_of_its_originator_go_along(
        self, to: tuple[str, ...], ranks: tuple[str, ...], permitted: bool
    ) -> None:
        dossier = northeast_asia(self.CONSENT)
        assert permits(dossier, self.ONWARD)
        ruled = bound_by(dossier, "KOR", DomesticRule("r", "Act", "not this", to=to, ranks=ranks))
        assert permits(ruled, self.ONWARD) is permitted
        assert permits(ruled, replace(self.ONWARD, recipient="KOR"))

    def test_who_has_left_is_a_third_party(self) -> None:
        folder = load_dossier(ROOT / "tests/fixtures/variants/nato-1997")
        name = "nato-1997"
        dossier = replace(folder, agreements={name: folder.versions(name)}, records={name: folder.record(name)})
        before = Request("use", dossier.item("programme-study"), "GBR", "PRT", at("2006-01-01T00:00Z"))
        after = replace(before, at=at("2007-01-01T00:00Z"))
        assert permits(dossier, before)
        assert not permits(dossier, after)
        assert permits(dossier, replace(after, item=replace(before.item, originator="GBR")))
        policies = export_cedar(dossier, after.at).policies
        assert 'unless { principal in [Party::"GBR", Party::"NLD", Party::"POL", Party::"USA"] }' in policies


@pytest.mark.parametrize(
    ("consented", "own", "asked", "permitted"),
    [
        ("", "warning", "", False),
        ("training", "warning", "", False),
        ("training", "warning", "training", True),
        ("training", "", None, True),
        ("training", "", "warning", False),
    ],
)
def test_no_purpose_matches_no_consent(consented: str, own: str, asked: str | None, permitted: bool) -> None:
    consent = act("c", "consent", ("KOR",), "2019-01-01T00:00Z", topic="defence", to=("JPN", "USA"), purpose=consented)
    request = Request("release", replace(ITEM, purpose=own), "KOR", "JPN", WHEN, purpose=asked)
    assert permits(northeast_asia(consent), request) is permitted
    onward = replace(request, sender="JPN", recipient="USA")
    named = consented in ("", request.asked_purpose)  # one without a purpose lifts the third-party clause for any
    assert permits(northeast_asia(consent), onward) is (permitted and named)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(("second", "standing"), [("2019-03-01T00:00Z", "KOR"), ("2019-01-01T00:00Z", "USA")])
def test_of_two_designations_the_first_made_counts(second: str, standing: str, reverse: bool) -> None:
    dossier = northeast_asia(act("z", "designation", ("USA",), second, authority="office"))
    record = dossier.record("usa-kor-1987")
    first = act("a", "designation", ("KOR",), "2019-02-01T00:00Z", authority="office")
    records = {**dossier.records, record.agreement: replace(record, instruments=(*record.instruments, first))}
    dossier = replace(dossier, records=dict(reversed(records.items())) if reverse else records)
    assert export_cedar(dossier, WHEN).facts.authorities == {"office": standing}
    for party in ("KOR", "USA"):
        item = replace(ITEM, originator="JPN", mark="極秘", caveats=Caveats(rel_to=(party,)))
        assert permits(dossier, Request("release", item, "JPN", "office", WHEN)) is (party == standing)
