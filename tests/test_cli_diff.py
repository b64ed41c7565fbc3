"""`relto agreement diff` and `relto check --all` as their users meet them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relto.adapters.folder import load_dossier
from relto.cli.main import run
from relto.core.decision.table import compile_table
from relto.core.dossier import Dossier
from relto.core.timeline import Instant
from tests.making import ANALYST, NOTICE, NOTIFIED, SIGNED, act, at, northeast_asia

SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
VARIANTS = Path(__file__).parent / "fixtures/variants"
PACT = "kor-jpn-2016"
NOV_18 = "2019-11-18T09:00+09:00"
BEFORE, LAPSE = f"{PACT}@2019-11-22T14:59:59.999999999Z", f"{PACT}@2019-11-22T15:00:00Z"
KNOWN = ("--known-by", "2019-11-18T00:00Z")
DUA = ("--dossier", str(VARIANTS / "health-dua"))
ITEM = "msl-2019-10-31"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in an empty folder, so that the shipped dossier is the default."""
    monkeypatch.chdir(tmp_path)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command."""
    code = run(list(arguments))
    told = capsys.readouterr()
    return code, told.out, told.err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> dict[str, Any]:
    """The one JSON object of a command."""
    got, out, err = call(capsys, *arguments, "--json")
    assert (got, err) == (code, ""), err
    value = json.loads(out)
    assert isinstance(value, dict)
    return value


def amended(*changes: tuple[str, str]) -> str:
    """A file with the pact's text and these changes."""
    text = (SHIPPED / f"agreements/{PACT}.yaml").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    Path("amended.yaml").write_text(text, encoding="utf-8")
    return "amended.yaml"


class TestDiff:
    def test_two_dates_around_the_lapse(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, err = call(capsys, "agreement", "diff", BEFORE, LAPSE, *KNOWN)
        assert (code, err) == (0, "")
        assert (
            "JPN <-> KOR: defence and below, SECRET and CONFIDENTIAL, for its own purpose, to release, disclose or "
            "forward: no longer releasable, article 21(3) (lapsed since 2019-11-23 00:00 KST: no new release)"
        ) in out
        assert "as known by 2019-11-18 09:00 KST" in out
        assert "of 288 combinations 0 become releasable, 36 cease to be" in out

    def test_the_same_dates_as_it_really_went(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "agreement", "diff", BEFORE, LAPSE)
        assert (code, "no difference in 288 combinations" in out) == (0, True)

    def test_an_amendment_that_came_true(self, capsys: pytest.CaptureFixture[str]) -> None:
        asked = ("agreement", "diff", "health-dua", "health-dua@2", *DUA)
        told = answer(capsys, *asked, "--at", "2024-07-15T00:00-04:00")
        assert told["schema"] == "relto/diff/1"
        assert (told["before"]["version"], told["after"]["version"]) == (1, 2)
        assert (told["as_if_in_force"], told["different"]) == (False, True)
        assert told["ceases_to_be_releasable"] == []
        first = told["becomes_releasable"][0]
        assert first["topics"] == [{"topic": "health/claims", "except": []}]
        assert {one["article"] for one in first["refused_by"]} == {"6"}
        assert told["combinations"]["become_releasable"] == 48
        assert [one["what"] for one in told["requirements"]] == ["term"]
        late = answer(capsys, *asked, "--at", "2026-01-01T00:00Z")
        assert (late["as_if_in_force"], late["becomes_releasable"]) == (True, [])

    def test_an_id_alone_is_the_text_that_governs_then(self, capsys: pytest.CaptureFixture[str]) -> None:
        file = str(VARIANTS / "health-dua/agreements/health-dua@2.yaml")
        told = answer(capsys, "agreement", "diff", "health-dua", file, *DUA, "--at", "2024-07-15T00:00-04:00")
        assert (told["before"]["kind"], told["before"]["version"], told["after"]["kind"]) == ("record", 2, "file")
        assert not told["different"]

    def test_a_text_that_is_only_proposed(self, capsys: pytest.CaptureFixture[str]) -> None:
        top = "ranks:\n    - {rank: TOP SECRET, KOR: [군사I급비밀], JPN: [機密]}\n    #"
        file = amended(("ranks:", top), ("topics: [defence]", "topics: [defence/dprk]"))
        _, out, _ = call(capsys, "agreement", "diff", PACT, file, "--at", NOV_18)
        assert "defence/dprk and below, TOP SECRET, for its own purpose, every act: releasable, article 4" in out
        assert "defence and below but not defence/dprk and below, SECRET and CONFIDENTIAL" in out

    def test_requirements_that_change(self, capsys: pytest.CaptureFixture[str]) -> None:
        file = amended(("rule: originator-consent", "rule: forbidden"))
        told = answer(capsys, "agreement", "diff", PACT, file, "--at", NOV_18)
        assert [one["before"] for one in told["requirements"]] == [
            "originator-consent",
            "with the originator's consent",
            "with the originator's consent",
        ]
        assert told["combinations"]["become_releasable"] == told["combinations"]["cease_to_be_releasable"] == 0

    def test_before_there_was_any_pact_it_is_compared_as_if_in_force(self, capsys: pytest.CaptureFixture[str]) -> None:
        file = amended(("rule: as-provided", "rule: any"))
        _, out, _ = call(capsys, "agreement", "diff", PACT, file, "--at", "2010-01-01T00:00Z")
        assert "compared as if in force" in out
        assert "for another purpose than its own, every act: releasable, article 6(c) (purpose, unconfirmed)" in out

    def test_other_parties_are_compared_as_if_in_force(self, capsys: pytest.CaptureFixture[str]) -> None:
        file = amended(
            ("parties: [KOR, JPN]", "parties: [KOR, JPN, USA]"),
            ("JPN: [極秘, 特定秘密]}", "JPN: [極秘, 特定秘密], USA: [SECRET]}"),
            ("JPN: [秘]}", "JPN: [秘], USA: [CONFIDENTIAL]}"),
        )
        told = answer(capsys, "agreement", "diff", PACT, file, "--at", NOV_18)
        assert told["as_if_in_force"]
        assert {(one["from"], *one["to"]) for one in told["becomes_releasable"]} == {
            ("KOR", "USA"),
            ("USA", "KOR"),
            ("JPN", "USA"),
            ("USA", "JPN"),
        }
        assert all(one["releasable_under"] for one in told["becomes_releasable"])

    def test_nothing_against_itself(self, capsys: pytest.CaptureFixture[str]) -> None:
        for side in (PACT, f"{PACT}@1", LAPSE, str(SHIPPED / f"agreements/{PACT}.yaml"), "tisa-2014"):
            code, out, _ = call(capsys, "agreement", "diff", side, side)
            assert (code, "no difference" in out) == (0, True), side

    def test_a_text_beside_a_date_is_compared_at_that_date(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = answer(capsys, "agreement", "diff", LAPSE, f"{PACT}@1", *KNOWN)
        assert told["before"]["at"] == told["after"]["at"] == "2019-11-22T15:00:00Z"
        told = answer(capsys, "agreement", "diff", LAPSE, f"{PACT}@1", "--at", "2019-11-01T00:00Z", *KNOWN)
        assert told["after"]["at"] == "2019-11-01T00:00:00Z"
        assert told["combinations"]["become_releasable"] == 36

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            ((PACT, "usa-jpn-2007"), 2, "are two agreements"),
            (("nope", PACT), 4, "no agreement `nope`"),
            (("nope@2", PACT), 4, "no agreement `nope`"),
            ((PACT, f"{PACT}@7"), 4, f"there are: {PACT}@1"),
            ((PACT, f"{PACT}@2019-11-22"), 2, "is a date alone"),
            ((PACT, f"{PACT}@"), 2, "is not an instant"),
            ((BEFORE, LAPSE, "--at", NOV_18), 2, "--at beside two dates"),
            ((PACT, "none.yaml"), 2, "cannot be read"),
            ((PACT, "folder/none"), 2, "cannot be read"),
            ((PACT, "broken.yaml"), 2, "broken.yaml:1:8"),
            ((PACT, "foreign.yaml"), 4, "no agreement `foreign`"),
            ((PACT, "marks.yaml"), 2, "`KOR` has no mark `군사V급비밀`"),
            ((PACT, PACT, "--reading", "FRA"), 2, "unknown party `FRA`"),
            ((PACT,), 2, "missing argument 'B'"),
        ],
    )
    def test_bad_input(
        self, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
    ) -> None:
        text = Path(amended()).read_text(encoding="utf-8")
        Path("broken.yaml").write_text("relto: item/1\n", encoding="utf-8")
        Path("foreign.yaml").write_text(text.replace(f"id: {PACT}", "id: foreign"), encoding="utf-8")
        Path("marks.yaml").write_text(text.replace("군사II급비밀", "군사V급비밀"), encoding="utf-8")
        got, out, err = call(capsys, "agreement", "diff", *arguments)
        assert (got, out) == (code, "")
        assert says in err
        assert err.count("\n") == 1

    def test_it_is_listed_with_its_group_and_has_an_example(self, capsys: pytest.CaptureFixture[str]) -> None:
        _, out, _ = call(capsys, "agreement", "--help")
        assert "standing" in out
        assert "diff" in out
        _, out, _ = call(capsys, "agreement", "diff", "--help")
        assert "Example:" in out
        code, _, err = call(capsys, "agreement", "dif")
        assert (code, "did you mean `diff`?" in err) == (2, True)


class TestEverybody:
    def test_who_may_receive_it_while_the_pact_lives(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "check", ITEM, "--all", "--at", NOV_18)
        assert code == 0
        assert "JPN  direct  under kor-jpn-2016, marked 極秘 or 特定秘密, 3 duties" in out
        assert "USA  direct  under usa-kor-1987, marked SECRET" in out

    def test_after_the_lapse_one_way_is_left(self, capsys: pytest.CaptureFixture[str]) -> None:
        asked = ("check", ITEM, "--all", "--at", "2019-11-23T00:00+09:00", *KNOWN)
        code, out, _ = call(capsys, *asked)
        assert code == 0
        assert "JPN  mediated  through USA under tisa-2014, marked 極秘 or 特定秘密" in out
        told = answer(capsys, *asked)
        assert (told["schema"], told["item"], told["from"]) == ("relto/recipients/1", ITEM, "KOR")
        assert (told["act"], told["at"]) == ("release", "2019-11-22T15:00:00Z")
        japan = next(one for one in told["recipients"] if one["to"] == "JPN")
        assert set(japan) == {"to", "verdict", "agreement", "marks", "duties", "grounds", "routes"}
        assert (japan["verdict"], japan["routes"][0]["via"]) == ("refuse", ["USA"])

    def test_who_holds_it_may_pass_it_to_nobody(self, capsys: pytest.CaptureFixture[str]) -> None:
        asked = ("check", ITEM, "--all", "--from", "JPN", "--act", "forward")
        code, out, _ = call(capsys, *asked, "--at", "2019-11-23T00:00+09:00", *KNOWN)
        assert code == 3
        assert "KOR  refused  standing, kor-jpn-2016 article 21(3)" in out
        assert "USA  refused  third-party, kor-jpn-2016 article 6(a) (unconfirmed)" in out

    def test_a_person_is_checked_for_everybody(self, capsys: pytest.CaptureFixture[str]) -> None:
        person = str(SHIPPED / "persons/jpn-analyst-7.yaml")
        told = answer(capsys, "check", ITEM, "--all", "--at", NOV_18, "--person", person)
        assert {one["to"]: one["verdict"] for one in told["recipients"]} == {"JPN": "permit", "USA": "refuse"}

    def test_nobody_before_any_agreement(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "check", ITEM, "--all", "--at", "1970-01-01T00:00Z")
        assert code == 3
        assert out.count("refused") == 2

    def test_a_purpose_asked_refuses_with_its_article(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "check", ITEM, "--all", "--at", NOV_18, "--purpose", "press")
        assert code == 3
        assert "purpose, kor-jpn-2016 article 6(c)" in out

    @pytest.mark.parametrize(
        ("arguments", "code", "says"),
        [
            (("--all", "--to", "JPN"), 2, "both --to and --all"),
            (("--all", "--from", "FRA"), 2, "unknown party `FRA`"),
            (("--from", "KOR"), 2, "missing option '--to'"),
            (("--to", "JPN"), 2, "missing option '--from'"),
        ],
    )
    def test_bad_input(
        self, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
    ) -> None:
        got, out, err = call(capsys, "check", ITEM, *arguments)
        assert (got, out) == (code, "")
        assert says in err

    def test_an_unknown_item_is_not_found(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert call(capsys, "check", "nope", "--all")[0] == 4


def everybody(dossier: Dossier, item: str, when: Instant, sender: str | None = None) -> dict[str, bool]:
    """Whom the reference permits."""
    from relto.core.decision import Request
    from relto.core.route.recipients import recipients

    of = dossier.item(item)
    request = Request("release", of, sender or of.originator, "", when)
    return {to: verdict.permits for to, verdict in recipients(dossier, request)}


@pytest.mark.parametrize(
    "when",
    [
        "1986-01-01T00:00Z",
        "2016-12-01T00:00Z",
        "2019-11-22T14:59:59.999999999Z",
        "2019-11-22T15:00:00Z",
        "2024-01-01T00:00Z",
    ],
)
@pytest.mark.parametrize("sender", [None, "JPN", "USA"])
def test_the_table_names_the_same_recipients(when: str, sender: str | None) -> None:
    designated = act("d", "designation", ("JPN",), "2017-01-01T00:00Z", authority="jpn-mod")
    made = northeast_asia(record=(SIGNED, NOTIFIED, NOTICE, designated))
    for dossier in (load_dossier(SHIPPED), made):
        table = compile_table(dossier, at(when), at(when).plus(1), persons=(ANALYST,))
        for name in dossier.items:
            told = everybody(dossier, name, at(when), sender)
            assert table.recipients(name, at(when), sender=sender) == {to for to, permit in told.items() if permit}
            assert ("jpn-mod" in told) is (dossier is made and at(when) >= at("2017-01-01T00:00Z"))
            assert ("jpn-firm-1" in told) is (dossier is made)


def test_a_single_check_loads_no_arrays() -> None:
    code = (
        "import sys; from relto.cli.main import run; "
        f"run(['check', '{ITEM}', '--from', 'KOR', '--to', 'JPN', '--at', '{NOV_18}']); "
        f"run(['check', '{ITEM}', '--all', '--at', '{NOV_18}']); "
        "run(['agreement', '--help']); "
        "print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("False\n")
