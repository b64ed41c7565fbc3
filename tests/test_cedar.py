"""The dossier as Cedar: the policies are valid, can be read, and say what the reference says, request by request."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import cedarpy
import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.decision import CHECKS, Request, Verdict, evaluate
from relto.core.errors import InputError
from relto.formats.cedar import export_cedar
from relto.formats.cedar.entities import unique
from tests.cedar_cases import SHIPPED, VARIANTS, World, boundaries_of, requests, worlds
from tests.comparing import asked_of_table
from tests.making import MISSILE, at, northeast_asia

SEED = 20161123
AT_LEAST = 20_000


@dataclass(frozen=True)
class Asked:
    """One request with all three answers. `under`: the policies that Cedar says decided it."""

    world: World
    request: Request
    verdict: Verdict
    cedar: bool
    table: bool
    under: tuple[str, ...]

    @property
    def failed(self) -> set[str]:
        """The checks that failed."""
        return {ground.check for ground in self.verdict.failed()}

    def __str__(self) -> str:
        """All one needs to see it again."""
        world = self.world
        failed = [
            f"{ground.check} {ground.agreement} {ground.article}: {ground.says}" for ground in self.verdict.failed()
        ]
        said = {True: "permit", False: "refuse"}
        return (
            f"{world.name} at {world.at}, reading {world.reading}, known by {world.known_by}: the reference says "
            f"{self.verdict.verdict} under {self.verdict.agreement} {failed}, Cedar {said[self.cedar]} {self.under}, "
            f"the table {said[self.table]}\n{self.request!r}"
        )


def _asked(world: World, chance: Random) -> list[Asked]:
    """Every request to a world, answered by all three: policies and entities are parsed, the table compiled, once."""
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
    table = world.table()
    return [
        Asked(
            world,
            request,
            evaluate(world.dossier, request),
            answer.allowed,
            asked_of_table(table, request).permits,
            tuple(answer.diagnostics.id_annotations_by_reason.values()),
        )
        for request, answer in zip(put, answers, strict=True)
    ]


def test_cedar_agrees_with_table_and_reference_on_twenty_thousand_random_requests() -> None:
    chance = Random(SEED)
    asked = [one for world in worlds(chance) for one in _asked(world, chance)]
    by_table = [one for one in asked if one.cedar != one.table]
    by_reference = [one for one in asked if one.cedar != one.verdict.permits]
    permits = sum(one.cedar for one in asked)
    print(  # noqa: T201
        f"{len(asked)} requests, Cedar disagrees with the table on {len(by_table)}, "
        f"with the reference on {len(by_reference)}; {permits / len(asked):.1%} permitted"
    )
    assert len(asked) >= AT_LEAST
    assert not by_table, f"Cedar and the table differ on {len(by_table)}; the first:\n{by_table[0]}"
    assert not by_reference, f"Cedar and the reference differ on {len(by_reference)}; the first:\n{by_reference[0]}"
    assert [str(one) for one in asked if one.cedar and not _same_agreement(one)] == []
    assert permits >= len(asked) * 0.1
    _assert_every_check_matters([one for one in asked if not one.verdict.permits])


def _same_agreement(one: Asked) -> bool:
    """Whether the agreement that the reference names is one under which Cedar permits it."""
    return any(policy.startswith(f"{one.verdict.agreement}: ") for policy in one.under)


def _assert_every_check_matters(refused: list[Asked]) -> None:
    by_check = Counter(check for one in refused for check in one.failed)
    alone = Counter(next(iter(one.failed)) for one in refused if len(one.failed) == 1)
    print({check: (round(by_check[check] / len(refused), 3), alone[check]) for check in CHECKS})  # noqa: T201
    assert [check for check in CHECKS if by_check[check] < len(refused) * 0.05] == []
    assert [check for check in CHECKS if alone[check] < 30] == []


FOLDERS = [SHIPPED, *(one for one in VARIANTS if not one.name.startswith("invalid-"))]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_policies_and_entities_of_every_dossier_are_valid_by_the_schema(folder: Path) -> None:
    """At every instant at which a standing or consent changes, and just before: Cedar's own validator on both."""
    dossier, instants = load_dossier(folder), [at("2024-03-01T00:00Z")]
    instants += [one for one in boundaries_of(dossier) if one < at("2100-01-01T00:00Z")][
        :: 7 if folder == SHIPPED else 5
    ]
    for reading in (None, *sorted(dossier.parties)[:1]):
        for instant in instants:
            export = export_cedar(dossier, instant, reading=reading)
            checked = cedarpy.validate_policies(export.policies, export.schema)
            assert (checked.validation_passed, checked.errors) == (True, [])
            assert len(cedarpy.Entities.from_json_str(json.dumps(export.entities), export.schema)) == len(
                export.entities
            )
            broken = [{**one, "attrs": {**one["attrs"], "orcon": "no"}} for one in export.entities if one["attrs"]]
            if any(one["uid"]["type"] == "Item" for one in broken):
                with pytest.raises(ValueError, match="entity"):
                    cedarpy.Entities.from_json_str(json.dumps(broken), export.schema)
    wrong = export.policies.replace("resource.topic", "resource.topics")
    assert wrong == export.policies or not cedarpy.validate_policies(wrong, export.schema).validation_passed


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
        ("more", "names", "keys"),
        [
            ((), ["policies.cedar", "schema.cedarschema", "entities.json"], {"policies", "cedar_schema", "entities"}),
            (("--schema",), ["schema.cedarschema"], {"cedar_schema"}),
            (("--entities",), ["entities.json"], {"entities"}),
            (("--entities", "--schema"), ["schema.cedarschema", "entities.json"], {"cedar_schema", "entities"}),
        ],
    )
    def test_what_is_chosen_goes_into_files_and_json(
        self,
        more: tuple[str, ...],
        names: list[str],
        keys: set[str],
        capsys: pytest.CaptureFixture[str],
        tmp_path: Path,
    ) -> None:
        told = json.loads(self.out(capsys, *more, "--json"))
        assert {*told} - {"schema", "at", "reading", "known_by"} == keys
        assert self.out(capsys, *more, "--out", str(tmp_path)).splitlines() == [str(tmp_path / one) for one in names]
        assert sorted(one.name for one in tmp_path.iterdir()) == sorted(names)
        files = json.loads(self.out(capsys, *more, "--json", "--out", str(tmp_path)))["files"]
        assert [Path(one).name for one in files] == names
        if names[-1] == "entities.json":
            assert json.loads((tmp_path / names[-1]).read_text("utf-8")) == told["entities"]
        if len(names) == 2:
            assert len(cedarpy.Entities.from_json_str(*[(tmp_path / one).read_text("utf-8") for one in names[::-1]]))

    @pytest.mark.parametrize(
        ("more", "says"),
        [
            (
                ("--schema", "--entities"),
                "--schema and --entities are two texts; add --out DIR, or --json, or ask for one",
            ),
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
