"""`relto table` and the property file as their users meet them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.decision.proof import Pattern, Property
from relto.core.errors import InputError
from relto.core.route.proof import PROPERTIES
from relto.core.timeline import ETERNITY
from relto.formats.property import read_properties
from tests.making import at

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
HEAD = "relto: property/1\nproperties:\n"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, so that the shipped dossier is the default."""
    monkeypatch.chdir(tmp_path)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = run(["table", *arguments])
    told = capsys.readouterr()
    return code, told.out, told.err


def values(out: str) -> list[dict[str, Any]]:
    """JSON lines."""
    return [json.loads(line) for line in out.splitlines()]


class TestBuild:
    def test_it_says_how_large_the_table_is(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "build", "--json")
        (value,) = values(out)
        assert code == 0
        assert (value["schema"], value["start"], value["end"]) == (
            "relto/table/1",
            "1987-01-01T00:00:00Z",
            "2029-01-01T00:00:00Z",
        )
        assert value["cells"] == 18 * 4 * 4 * 2 * 6
        assert value["axes"] == {"grades": 4, "topics": 4, "purposes": 2, "acts": 6}
        assert value["lanes"] == 9
        assert value["bytes"] == value["stored_cells"] * 8
        assert value["milliseconds"] > 0
        code, out, _ = call(capsys, "build", "--from", "2016-01-01T00:00Z", "--to", "2021-01-01T00:00Z")
        assert code == 0
        assert out.startswith("from 2016-01-01T00:00:00Z until 2021-01-01T00:00:00Z\n")
        assert "ms a million cells" in out

    def test_an_empty_span_and_a_strange_reading_are_bad_input(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, err = call(capsys, "build", "--from", "2030-01-01T00:00Z")
        assert (code, "is empty" in err) == (2, True)
        code, _, err = call(capsys, "build", "--reading", "FRA")
        assert (code, "unknown party `FRA`" in err) == (2, True)

    def test_a_dossier_without_instruments_needs_a_span(self, capsys: pytest.CaptureFixture[str]) -> None:
        shutil.copytree(SHIPPED, "mine")
        shutil.rmtree("mine/records")
        code, _, err = call(capsys, "build", "--dossier", "mine")
        assert (code, "give --from and --to" in err) == (2, True)
        span = ("--from", "2020-01-01T00:00Z", "--to", "2021-01-01T00:00Z")
        assert call(capsys, "prove", "all", "--dossier", "mine", *span)[0] == 0


class TestProve:
    def test_all_hold_for_northeast_asia(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = call(capsys, "prove", "all", "--json")
        assert (code, err) == (0, "")
        proofs = values(out)
        assert [one["property"] for one in proofs] == list(PROPERTIES)
        assert all(one["holds"] and one["schema"] == "relto/proof/1" for one in proofs)
        assert all(one["counterexample"] is None and one["cells"] > 1000 for one in proofs)

    def test_each_is_proved_once_in_the_order_asked(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "prove", "purpose-bound", "lapsed-releases-nothing", "purpose-bound")
        assert code == 0
        lines = [line.split("  ")[1] for line in out.splitlines() if not line.startswith(" ")]
        assert lines == ["purpose-bound", "lapsed-releases-nothing"]

    def test_an_unknown_property_is_refused_with_the_list(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = call(capsys, "prove", "lapsed")
        assert (code, out) == (2, "")
        assert "no property `lapsed`; use one of lapsed-releases-nothing, " in err
        assert "or all" in err

    def test_one_that_fails_is_exit_5_with_a_counterexample(self, capsys: pytest.CaptureFixture[str]) -> None:
        text = HEAD + "  - {id: none, says: nothing goes to Japan, never: {to: [JPN], originator: [USA]}}\n"
        Path("mine.yaml").write_text(text, encoding="utf-8")
        code, out, _ = call(capsys, "prove", "--file", "mine.yaml", "--json")
        (value,) = values(out)
        assert code == 5
        assert value["holds"] is False
        found = value["counterexample"]
        assert (found["from"], found["to"], found["originator"], found["start"]) == (
            "USA",
            "JPN",
            "USA",
            "2007-08-09T15:00:00Z",
        )
        assert (found["table_says"], found["reference"][:33]) == ("permit", "permits: standing (signature clau")
        code, out, _ = call(capsys, "prove", "all", "--file", "mine.yaml")
        assert code == 5
        assert out.count("holds  ") == len(PROPERTIES)
        assert "FAILS  none" in out
        assert "  release from USA to JPN under usa-jpn-2007" in out


class TestShow:
    def test_one_pair_at_one_instant(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "show", "--from", "KOR", "--to", "JPN", "--at", "2016-11-23T10:30+09:00")
        assert code == 0
        assert out.splitlines()[:3] == [
            "KOR to JPN",
            "  from 2016-11-23 10:00 KST (2016-11-23 01:00 UTC) until 2016-11-23 12:00 KST (2016-11-23 03:00 UTC)",
            "    under kor-jpn-2016: signed, not in force",
        ]
        assert out.count("  from ") == 1

    def test_an_instant_outside_the_record_is_answered(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "show", "--from", "KOR", "--to", "JPN", "--at", "2050-01-01T00:00Z", "--json")
        (value,) = values(out)
        assert code == 0
        assert value["agreements"][0]["in_force"] is True

    def test_parties_that_are_none_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, _, err = call(capsys, "show", "--from", "FRA")
        assert (code, "--from: unknown party `FRA`; use one of JPN, KOR, USA" in err) == (2, True)
        code, _, err = call(capsys, "show", "--to", "nobody")
        assert (code, "--to: unknown party `nobody`" in err) == (2, True)


class TestPropertyFile:
    def test_both_forms_are_read(self) -> None:
        text = HEAD + (
            "  - {id: a, says: one, never: {act: [release], from: [KOR], to: [JPN], rank: [SECRET],\n"
            "      topic: [defence/dprk], purpose: [missile-warning], agreement: [kor-jpn-2016], originator: [USA],\n"
            "      during: {from: 2019-01-01T00:00Z}}}\n"
            "  - {id: b, says: two, where: {}, must: {topic: [defence]}}\n"
        )
        first, second = read_properties("f", text.encode(), load_dossier(SHIPPED))
        assert first == Property(
            "a",
            "one",
            Pattern(
                acts=("release",),
                senders=("KOR",),
                recipients=("JPN",),
                agreements=("kor-jpn-2016",),
                ranks=("SECRET",),
                topics=("defence/dprk",),
                purposes=("missile-warning",),
                originators=("USA",),
                start=at("2019-01-01T00:00Z"),
                end=ETERNITY,
            ),
        )
        assert second == Property("b", "two", Pattern(), Pattern(topics=("defence",)))

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("relto: item/1", "f:1:8: `relto: item/1` where `relto: property/1` is expected"),
            ("relto: property/1", "f:1:1: a property file without `properties`"),
            ("relto: property/1\nproperties: []", "f:2:1: no property in the file"),
            (HEAD + "  - {id: a, says: x, nver: {}}", "f:3:22: unknown key `nver` in a property; use `never`"),
            (HEAD + "  - {id: a, says: x, never: {frm: [KOR]}}", "unknown key `frm` in `never`; use `from`"),
            (
                HEAD + "  - {id: a, says: x, never: {from: [KRO]}}",
                "f:3:37: `KRO` is no party of this dossier; use `KOR`",
            ),
            (HEAD + "  - {id: a, says: x, never: {to: [kor]}}", "`kor` is no party, contractor or authority"),
            (HEAD + "  - {id: a, says: x, never: {originator: [FRA]}}", "`FRA` is no party of this dossier"),
            (HEAD + "  - {id: a, says: x, never: {agreement: [kor-jpn-2017]}}", "use `kor-jpn-2016`"),
            (HEAD + "  - {id: a, says: x, never: {rank: [SECRT]}}", "`SECRT` is no rank of this dossier; use `SECRET`"),
            (
                HEAD + "  - {id: a, says: x, never: {act: [releas]}}",
                "`releas` is no act of this dossier; use `release`",
            ),
            (HEAD + "  - {id: a, says: x, never: {topic: [Defence]}}", "f:3:38: `Defence` is not a topic"),
            (HEAD + "  - {id: a, says: x, never: {topic: []}}", "`topic` names nothing"),
            (HEAD + "  - {id: a, says: x, never: {purpose: ['']}}", "an empty purpose"),
            (HEAD + "  - {id: a, says: x, never: {from: KOR}}", "a text where a list is expected"),
            (HEAD + "  - {id: a, says: x, never: {during: {from: 2019-01-01}}}", "is a date alone"),
            (
                HEAD + "  - {id: a, says: x, never: {during: {from: 2020-01-01T00:00Z, until: 2019-01-01T00:00Z}}}",
                "`during` ends before it begins",
            ),
            (HEAD + "  - {id: a, says: x}", "f:3:5: `a` says neither `never` nor `where` and `must`"),
            (HEAD + "  - {id: a, says: x, where: {}}", "`a` says only one of `where` and `must`"),
            (HEAD + "  - {id: a, says: x, never: {to: [JPN]}, must: {}}", "`a` says both `never` and `must`"),
            (HEAD + "  - {id: a, never: {}}", "a property without `says`"),
            (
                HEAD + "  - {id: a, says: x, never: {to: [JPN]}}\n  - {id: a, says: y, never: {to: [USA]}}",
                "f:4:5: the property `a` again",
            ),
            (HEAD + "  - {id: all, says: x, never: {to: [JPN]}}", "the property `all` again"),
        ],
    )
    def test_faults_are_told_with_their_place(self, text: str, says: str) -> None:
        with pytest.raises(InputError) as caught:
            read_properties("f", text.encode(), load_dossier(SHIPPED), taken=("all",))
        assert says in str(caught.value)
        assert str(caught.value).startswith("f:")
