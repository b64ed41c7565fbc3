"""The dossier as Cedar: the policies are valid, can be read, and say what the reference says, request by request."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import cedarpy
import pytest

from relto.cli.main import run
from relto.core.agreement import Agreement, Record, Scope
from relto.core.decision import CHECKS, Request, Verdict, evaluate
from relto.core.dossier import DomesticRule, Dossier
from relto.core.errors import InputError
from relto.core.label import Caveats, Levels, RankRow
from relto.core.timeline import Day
from relto.formats.cedar import export_cedar
from relto.formats.cedar.entities import unique
from tests.cedar_cases import World, requests, worlds
from tests.making import KOR, MISSILE, NOTICE, NOTIFIED, SIGNED, act, at, northeast_asia

SEED = 20161123
AT_LEAST = 20_000
THIRD_PARTY = """\
@id("kor-jpn-2016: third party, JPN, KOR")
@agreement("kor-jpn-2016")
@version("1")
@article("6(a)")
@check("third-party")
@rule("originator-consent")
forbid (principal, action, resource)
// 6(a): what one of JPN, KOR provided, JPN, KOR may not pass on
when {
  [Party::"JPN", Party::"KOR"].contains(context.provider)
  && [Party::"JPN", Party::"KOR"].contains(resource.originator)
  && resource.originator != context.provider
}
// home to its originator
unless { principal in resource.originator }
// a party to the text is no third party
unless { principal in [Party::"JPN", Party::"KOR"] }
// consent c1 of KOR in the record of tisa-2014: item msl-2019-10-31 may go to USA, until 2019-12-31
unless { resource.originator == Party::"KOR" && resource.id == "msl-2019-10-31" && principal in Party::"USA" };"""
DIRECTION = """\
@id("kor-jpn-2016: KOR to JPN, SECRET")
@agreement("kor-jpn-2016")
@version("1")
@article("21(1), 2(a), 4, 6(c), 7, 7(2), 6(e)")
@standing("notice-given")
@marks("極秘, 特定秘密")
permit (principal in Party::"JPN", action, resource)
when { context.provider == Party::"KOR" }
// scope, 2(a): defence, and all below
when { resource.topic in Topic::"defence" }
// level, 4: 군사II급비밀 of KOR, and SECRET of anybody else, which JPN protects as 極秘 or 特定秘密
when {
  (resource.originator == context.provider
    && ["군사II급비밀"].contains(resource.mark))
  || (resource.originator != context.provider
    && resource has rank
    && resource.rank == Rank::"SECRET")
}
// purpose, 6(c): the one it is provided for
when { context.purpose == resource.purpose }
// clearance, 7: a person of JPN, cleared for SECRET, still
unless {
  context has person
  && !(context.person.party == Party::"JPN"
    && context.person has clearance
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.person.clearance)
    && !(context.person has until && context.person.until <= 1574035200000000000)
    && !(context.person has until_day && context.person.until_day <= datetime("2019-11-18")))
}
// need to know, 7(2): the topic, or one above it
unless { context has person && !(resource.topic in context.person.need_to_know) }
// facility, 6(e): a site of JPN for SECRET, the person on its register
unless {
  context has person
  && !(context has facility
    && context.facility in Party::"JPN"
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.facility.ceiling)
    && context.facility.register.contains(context.person.id))
}
// system: one of JPN accredited for SECRET, still
unless {
  context has system
  && !(context.system in Party::"JPN"
    && [Rank::"SECRET", Rank::"TOP SECRET"].contains(context.system.ceiling)
    && !(context.system has until && context.system.until <= 1574035200000000000)
    && !(context.system has until_day && context.system.until_day <= datetime("2019-11-18")))
}
// contractor: approved for SECRET, still
unless {
  principal has contractor
  && !([Rank::"SECRET", Rank::"TOP SECRET"].contains(principal.contractor.ceiling)
    && !(principal.contractor has until && principal.contractor.until <= 1574035200000000000)
    && !(principal.contractor has until_day && principal.contractor.until_day <= datetime("2019-11-18")))
};"""
DOMESTIC = """\
@id("domestic: KOR sea, to JPN")
@article("domestic:KOR: Secrets act, 8")
@check("caveat")
forbid (principal in Party::"JPN", action, resource)
// nothing of the sea
when { context.provider == Party::"KOR" }
when { resource.topic in Topic::"defence/maritime" }
// what JPN protects as SECRET
when {
  (resource.originator == context.provider
    && ["군사II급비밀"].contains(resource.mark))
  || (resource.originator != context.provider
    && resource has rank
    && resource.rank == Rank::"SECRET")
};"""


@dataclass(frozen=True)
class Asked:
    """One request with both answers. `under`: the policies that Cedar says decided it."""

    world: World
    request: Request
    verdict: Verdict
    cedar: bool
    under: tuple[str, ...]


@cache
def all_asked() -> tuple[Asked, ...]:
    """Every request, answered by the reference and by Cedar: policies and entities are parsed once a world."""
    chance = Random(SEED)
    return tuple(asked for world in worlds(chance) for asked in _both(world, chance))


def _both(world: World, chance: Random) -> list[Asked]:
    export = export_cedar(world.dossier, world.at, reading=world.reading, known_by=world.known_by)
    checked = cedarpy.validate_policies(export.policies, export.schema)
    assert checked.validation_passed, (world.name, checked.errors)
    put = requests(world, chance)
    questions = [export.request(request) for request in put]
    things = unique([*export.entities, *(one for question in questions for one in question.entities)])
    answers = cedarpy.is_authorized_batch(
        [question.as_json() for question in questions],
        cedarpy.PolicySet.from_str(export.policies),
        cedarpy.Entities.from_json_str(json.dumps(things), export.schema),
    )
    assert [answer.diagnostics.errors for answer in answers if answer.diagnostics.errors] == []
    return [
        Asked(
            world,
            request,
            evaluate(world.dossier, request),
            answer.allowed,
            tuple(answer.diagnostics.id_annotations_by_reason.values()),
        )
        for request, answer in zip(put, answers, strict=True)
    ]


def repro(asked: Asked) -> str:
    """A disagreement, with all one needs to see it again."""
    world, request = asked.world, asked.request
    failed = [f"{ground.check} {ground.agreement} {ground.article}: {ground.says}" for ground in asked.verdict.failed()]
    return "\n".join(
        [
            f"{world.name} at {world.at}, reading {world.reading}, known by {world.known_by}:",
            f"the reference says {asked.verdict.verdict} {failed}, Cedar {'permit' if asked.cedar else 'refuse'}",
            repr(request),
        ]
    )


def test_cedar_agrees_on_twenty_thousand_random_requests() -> None:
    asked = all_asked()
    disagreed = [one for one in asked if one.verdict.permits != one.cedar]
    permits = sum(one.cedar for one in asked)
    print(f"{len(asked)} requests, {len(disagreed)} disagreed, {permits} permitted")  # noqa: T201
    assert len(asked) >= AT_LEAST
    assert not disagreed, f"{len(disagreed)} of {len(asked)} disagreed; the first:\n{repro(disagreed[0])}"


def test_a_permit_stands_under_the_same_agreement() -> None:
    for one in all_asked():
        if one.cedar:
            assert any(policy.startswith(f"{one.verdict.agreement}: ") for policy in one.under), repro(one)


def test_the_mix_is_not_trivial() -> None:
    asked = all_asked()
    refused = [one.verdict for one in asked if not one.verdict.permits]
    by_check = Counter(check for verdict in refused for check in _failed(verdict))
    shares: dict[str, float] = {check: round(by_check[check] / len(refused), 3) for check in CHECKS}
    print({"permit": round(1 - len(refused) / len(asked), 3), **shares})  # noqa: T201
    assert 1 - len(refused) / len(asked) >= 0.1
    assert [check for check, share in shares.items() if share < 0.1] == []
    alone = Counter(next(iter(failed)) for verdict in refused if len(failed := _failed(verdict)) == 1)
    assert [check for check in CHECKS if alone[check] < 30] == []


def _failed(verdict: Verdict) -> set[str]:
    return {ground.check for ground in verdict.failed()}


class TestReading:
    """What a lawyer sees."""

    NOVEMBER = at("2019-11-18T00:00Z")
    CONSENT = act(
        "c1", "consent", ("KOR",), "2019-10-02T09:00+09:00", item=MISSILE.id, to=("USA",), until=Day(2019, 12, 31)
    )

    def policy(self, dossier: Dossier, name: str) -> str:
        """One policy by its id."""
        text = export_cedar(dossier, self.NOVEMBER).policies
        return next(part for part in text.split("\n\n") if f'@id("{name}")' in part)

    def test_a_clause_is_one_policy_with_its_article_and_the_consent_on_record(self) -> None:
        found = self.policy(northeast_asia(self.CONSENT), "kor-jpn-2016: third party, JPN, KOR")
        assert found == THIRD_PARTY

    def test_a_direction_and_row_is_one_policy_clause_by_clause(self) -> None:
        found = self.policy(northeast_asia(), "kor-jpn-2016: KOR to JPN, SECRET")
        assert found == DIRECTION

    def test_a_domestic_rule_is_a_forbid_with_its_citation(self) -> None:
        rule = DomesticRule(
            "sea", "Secrets act, 8", "nothing of the sea", topics=("defence/maritime",), ranks=("SECRET",)
        )
        base = northeast_asia()
        dossier = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))})
        assert self.policy(dossier, "domestic: KOR sea, to JPN") == DOMESTIC

    def test_after_the_lapse_only_what_a_holder_does_is_left(self) -> None:
        lapsed = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE))
        text = export_cedar(lapsed, at("2019-11-23T00:00+09:00")).policies
        assert "KOR to JPN: lapsed, ended 2019-11-23 00:00 KST (article 21(3)); what was provided before may be" in text
        assert 'permit (principal in Party::"JPN", action in Action::"hold", resource)' in text
        assert "lapsed" not in export_cedar(lapsed, at("2019-11-22T14:59:59.999999999Z")).policies

    def test_what_people_typed_stays_within_its_literal(self) -> None:
        rule = DomesticRule("r", 'a "quoted"\\ act\npermit (principal, action, resource);', "line\u2028break\nnext")
        base = northeast_asia()
        dossier = replace(base, parties={**base.parties, "KOR": replace(KOR, domestic=(rule,))})
        export = export_cedar(dossier, self.NOVEMBER)
        assert cedarpy.validate_policies(export.policies, export.schema).validation_passed
        plain = export_cedar(base, self.NOVEMBER)
        assert len(cedarpy.PolicySet.from_str(export.policies)) == len(cedarpy.PolicySet.from_str(plain.policies)) + 1


def answers(dossier: Dossier, request: Request) -> tuple[bool, bool]:
    """What the reference and Cedar say."""
    export = export_cedar(dossier, request.at, reading=request.reading, known_by=request.known_by)
    question = export.request(request)
    things = json.dumps(unique([*export.entities, *question.entities]))
    cedar = cedarpy.is_authorized(question.as_json(), export.policies, things, export.schema)
    return evaluate(dossier, request).permits, cedar.allowed


class TestSeveralTexts:
    """Two texts between the same parties, which the policies of each must not mistake for one."""

    WHEN = at("2019-11-18T00:00Z")
    BASE = northeast_asia()
    TEXT = BASE.agreements["usa-jpn-2007"][0]
    ITEM = replace(MISSILE, originator="USA", mark="SECRET", caveats=Caveats())

    def dossier(self, second: Agreement, record: Record, first: Record | None = None) -> Dossier:
        """The base with a second text between the United States and Japan."""
        records = {**self.BASE.records, second.id: record}
        if first is not None:
            records[self.TEXT.id] = first
        texts = dict(self.BASE.agreements) | {second.id: (second,)}
        return replace(self.BASE, agreements=texts, records=records)

    @pytest.mark.parametrize(("ranks", "permitted"), [(("SECRET",), True), (("SECRET", "TOP SECRET"), False)])
    def test_a_domestic_rule_bars_the_text_that_protects_at_its_rank(
        self, ranks: tuple[str, ...], permitted: bool
    ) -> None:
        rows = (
            RankRow("TOP SECRET", {"USA": ("TOP SECRET",), "JPN": ("機密",)}),
            RankRow("SECRET", {"USA": ("SECRET",)}, {"JPN": "TOP SECRET"}),
        )
        second = replace(self.TEXT, id="more", levels=Levels("L", rows))
        dossier = self.dossier(second, replace(self.BASE.records[self.TEXT.id], agreement="more"))
        party = replace(dossier.parties["USA"], domestic=(DomesticRule("r", "Act", "not at these", ranks=ranks),))
        dossier = replace(dossier, parties={**dossier.parties, "USA": party})
        assert answers(dossier, Request("release", self.ITEM, "USA", "JPN", self.WHEN)) == (permitted, permitted)

    def test_the_text_in_force_governs_what_a_lapsed_one_left(self) -> None:
        narrow = replace(self.TEXT, id="narrow", scope=Scope("1", ("trade",)))
        record = self.BASE.records[self.TEXT.id]
        notice = act("n", "termination-notice", ("USA",), "2010-01-01T00:00Z")
        lapsed = replace(record, instruments=(*record.instruments, notice))
        request = Request("use", self.ITEM, "USA", "JPN", self.WHEN)
        alone = replace(self.BASE, records={**self.BASE.records, self.TEXT.id: lapsed})
        assert answers(alone, request) == (True, True)
        both = self.dossier(narrow, replace(record, agreement="narrow"), lapsed)
        assert answers(both, request) == (False, False)
        assert "governed by narrow, which is in force" in export_cedar(both, self.WHEN).policies


class TestCommand:
    """`relto export cedar`."""

    AT = ("export", "cedar", "--at", "2019-11-18T09:00+09:00")

    def out(self, capsys: pytest.CaptureFixture[str], *more: str) -> str:
        """What it prints."""
        assert run([*self.AT, *more]) == 0
        return capsys.readouterr().out

    def test_the_three_parts_are_the_files_and_the_json(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        policies = self.out(capsys)
        schema, entities = self.out(capsys, "--schema"), self.out(capsys, "--entities")
        assert cedarpy.validate_policies(policies, schema).validation_passed
        assert len(cedarpy.Entities.from_json_str(entities, schema)) == len(json.loads(entities))
        told = json.loads(self.out(capsys, "--json"))
        assert told["schema"] == "relto/cedar/1"
        assert (told["policies"], told["cedar_schema"]) == (policies, schema)
        assert told["entities"] == json.loads(entities)
        folder = tmp_path / "deep" / "down"
        names = [Path(line).name for line in self.out(capsys, "--out", str(folder)).splitlines()]
        assert names == ["policies.cedar", "schema.cedarschema", "entities.json"]
        assert [(folder / name).read_text("utf-8") for name in names] == [policies, schema, entities]
        assert json.loads(self.out(capsys, "--out", str(folder), "--json"))["files"] == [str(folder / n) for n in names]

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            (("--schema", "--json"), "both --json and --schema"),
            (("--entities", "--out", "x"), "both --out and --entities"),
            (("--reading", "FRA"), "unknown party `FRA`"),
            (("--out", "/dev/null/x"), "cannot be made"),
        ],
    )
    def test_bad_input_is_one_line(self, more: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]) -> None:
        assert run([*self.AT, *more]) == 2
        assert says in capsys.readouterr().err


class TestRequests:
    """A request is put only to the policies that speak of its instant and reading, and only by known parties."""

    EXPORT = export_cedar(northeast_asia(), at("2019-11-18T00:00Z"))
    REQUEST = Request("release", MISSILE, "KOR", "JPN", at("2019-11-18T00:00Z"))

    @pytest.mark.parametrize(
        ("change", "says"),
        [
            ({"at": at("2019-11-18T00:00:00.000000001Z")}, "stand at"),
            ({"known_by": at("2019-11-18T00:00Z")}, "with what was known then"),
            ({"reading": "JPN"}, "reading of each sender"),
            ({"recipient": "nobody"}, "unknown party `nobody`"),
            ({"sender": "nobody"}, "unknown party `nobody`"),
        ],
    )
    def test_anything_else_is_an_error(self, change: dict[str, Any], says: str) -> None:
        with pytest.raises(InputError, match=says):
            self.EXPORT.request(replace(self.REQUEST, **change))

    def test_an_instant_beyond_a_long_is_an_error(self) -> None:
        with pytest.raises(InputError, match="beyond Cedar's whole numbers"):
            export_cedar(northeast_asia(), at("2300-01-01T00:00Z"))

    def test_it_is_answered_without_a_schema_too(self) -> None:
        question, export = self.EXPORT.request(self.REQUEST), self.EXPORT
        for schema in (None, export.schema):
            assert cedarpy.is_authorized(
                question.as_json(), export.policies, json.dumps(export.entities), schema
            ).allowed
