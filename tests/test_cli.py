"""The command line as its users meet it: answers, exit codes, one-line errors, schemas, help."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from relto.cli.main import COMMANDS, run

BIN = Path(sys.executable).parent / "relto"
SHIPPED = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
NOV_18 = "2019-11-18T09:00+09:00"
PACT = "kor-jpn-2016"


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


STANDING_KEYS = {"schema", "agreement", "at", "reading", "state", "in_force", "term_end", "ends_at", "notice_deadline"}
VERDICT_KEYS = {"schema", "verdict", "act", "from", "to", "at", "agreement", "marks", "duties", "grounds", "routes"}


class TestStanding:
    @pytest.mark.parametrize(
        ("at", "state", "term_end", "deadline"),
        [
            ("2016-11-23T09:59+09:00", "unsigned", None, None),
            ("2016-11-24T00:00+09:00", "in-force", "2017-11-22T15:00:00Z", "2017-08-24T15:00:00Z"),
            ("2019-08-22T18:20+09:00", "in-force", "2019-11-22T15:00:00Z", "2019-08-24T15:00:00Z"),
            (NOV_18, "notice-given", "2019-11-22T15:00:00Z", None),
            ("2019-11-22T18:00+09:00", "notice-suspended", None, None),
            ("2021-06-01T00:00Z", "notice-suspended", None, None),
            ("2023-03-22T00:00+09:00", "in-force", "2023-11-22T15:00:00Z", "2023-08-24T15:00:00Z"),
        ],
    )
    def test_over_the_whole_record(
        self, capsys: pytest.CaptureFixture[str], at: str, state: str, term_end: str | None, deadline: str | None
    ) -> None:
        told = answer(capsys, "agreement", "standing", PACT, "--at", at)
        assert {*STANDING_KEYS, "grounds"} <= told.keys()
        assert (told["schema"], told["agreement"], told["reading"]) == ("relto/standing/1", PACT, "KOR")
        assert (told["state"], told["term_end"], told["notice_deadline"]) == (state, term_end, deadline)
        assert all({"article", "instrument", "says"} <= ground.keys() for ground in told["grounds"])
        assert all(ground["article"] for ground in told["grounds"])

    @pytest.mark.parametrize(
        ("before", "then"),
        [
            ("2019-11-22T23:59:59.999999999+09:00", "2019-11-23T00:00+09:00"),
            ("2019-11-22T09:59:59.999999999-05:00", "2019-11-22T10:00[America/New_York]"),
            ("2019-11-22T14:59:59.999999999Z", "2019-11-22 24:00 Asia/Seoul"),
        ],
    )
    def test_without_the_suspension_it_lapses_at_one_instant_wherever_one_asks(
        self, capsys: pytest.CaptureFixture[str], before: str, then: str
    ) -> None:
        known = ("--known-by", "2019-11-18T00:00Z")
        last = answer(capsys, "agreement", "standing", PACT, "--at", before, *known)
        first = answer(capsys, "agreement", "standing", PACT, "--at", then, *known)
        assert (last["state"], last["in_force"], last["ends_at"]) == ("notice-given", True, "2019-11-22T15:00:00Z")
        assert (first["state"], first["in_force"], first["at"]) == ("lapsed", False, "2019-11-22T15:00:00Z")

    def test_both_readings_are_told(self, capsys: pytest.CaptureFixture[str]) -> None:
        _, out, _ = call(capsys, "agreement", "standing", PACT, "--at", "2021-01-01T00:00Z")
        assert "no date binds" in out
        assert "JPN reads it otherwise (unconfirmed)" in out
        japan = answer(capsys, "agreement", "standing", PACT, "--at", "2021-01-01T00:00Z", "--reading", "JPN")
        assert (japan["reading"], japan["term_end"]) == ("JPN", "2021-11-22T15:00:00Z")

    def test_what_no_source_confirms_is_shown_so(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = answer(capsys, "agreement", "standing", PACT, "--at", "2026-11-24T00:00Z")
        assert told["grounds"][-1]["unconfirmed"] is True


class TestCheck:
    ASK = ("check", "msl-2019-10-31", "--from", "KOR", "--to", "JPN")

    def test_a_permit(self, capsys: pytest.CaptureFixture[str]) -> None:
        told = answer(capsys, *self.ASK, "--at", NOV_18)
        assert {*VERDICT_KEYS} <= told.keys()
        assert (told["schema"], told["verdict"], told["agreement"]) == ("relto/verdict/1", "permit", PACT)
        assert told["marks"] == ["極秘", "特定秘密"]
        assert {"article": "4(2)", "do": "mark-origin"}.items() <= told["duties"][0].items()
        assert all({"check", "passed", "article", "agreement", "says"} <= one.keys() for one in told["grounds"])

    def test_a_refusal_with_the_route_that_remains(self, capsys: pytest.CaptureFixture[str]) -> None:
        lapse = ("--at", "2019-11-23T00:00+09:00", "--known-by", "2019-11-18T00:00Z")
        told = answer(capsys, *self.ASK, *lapse, code=3)
        assert [(one["check"], one["article"]) for one in told["grounds"] if not one["passed"]] == [
            ("standing", "21(3)")
        ]
        assert told["marks"] == []
        assert told["routes"][0] == {
            "kind": "mediated",
            "via": ["USA"],
            "agreements": ["tisa-2014", "usa-kor-1987", "usa-jpn-2007"],
            "marks": ["極秘", "特定秘密"],
        }

    def test_persons_and_systems(self, capsys: pytest.CaptureFixture[str]) -> None:
        cleared, other = (str(SHIPPED / "persons" / f"jpn-analyst-{n}.yaml") for n in (7, 9))
        assert call(capsys, *self.ASK, "--at", NOV_18, "--person", cleared, "--system", "ichigaya-net")[0] == 0
        told = answer(capsys, *self.ASK, "--at", NOV_18, "--person", other, "--system", "none", code=3)
        failed = {one["check"]: one["article"] for one in told["grounds"] if not one["passed"]}
        assert failed == {"clearance": "7", "facility": "6(e)", "system": "12"}

    def test_an_item_in_a_file(self, capsys: pytest.CaptureFixture[str]) -> None:
        Path("mine.yaml").write_text(
            "relto: item/1\nid: mine\noriginator: KOR\nmark: 군사III급비밀\ntopic: defence/maritime\npurpose: drill\n",
            encoding="utf-8",
        )
        told = answer(capsys, "check", "mine.yaml", "--from", "KOR", "--to", "JPN", "--at", NOV_18)
        assert told["marks"] == ["秘"]

    def test_explain_points_to_the_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        code, out, _ = call(capsys, "explain", *self.ASK[1:], "--at", NOV_18)
        assert code == 0
        assert "kor-jpn-2016.yaml:" in out
        told = answer(capsys, "explain", *self.ASK[1:], "--at", NOV_18)
        assert told["grounds"][0]["source"].endswith(".yaml:10:20")


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("agreement", "standing", PACT, "--at", "2019-11-18"), 2, "a date alone"),
        (("agreement", "standing", PACT, "--at", "2019-11-18T09:00"), 2, "naive"),
        (("agreement", "standing", PACT, "--at", NOV_18, "--reading", "USA"), 2, "no reading"),
        (("agreement", "standing", PACT, "--at", NOV_18, "--between", "KOR", "USA"), 2, "no party"),
        (("agreement", "standing", "no-such", "--at", NOV_18), 4, "there are: kor-jpn-2016"),
        (("agreement", "standing", PACT, "--dossier", "nowhere"), 2, "no dossier"),
        (("agreement", "lint", "nowhere.yaml"), 2, "cannot be read"),
        (("check", "msl-2019-10-31", "--from", "KOR", "--to", "XXX", "--at", NOV_18), 2, "unknown party `XXX`"),
        (("check", "msl-2019-10-31", "--from", "XXX", "--to", "JPN", "--at", NOV_18), 2, "unknown party `XXX`"),
        (("check", "no-such-item", "--from", "KOR", "--to", "JPN", "--at", NOV_18), 4, "no item `no-such-item`"),
        (("check", "msl-2019-10-31", "--from", "KOR", "--at", NOV_18), 2, "missing option"),
        (("check", "msl-2019-10-31", "--from", "KOR", "--to", "JPN", "--act", "sell"), 2, "not one of"),
        (("brief", "--reading", "FRA"), 2, "unknown party"),
        (("agreement", "timeline", PACT, "--from", "2020-01-01T00:00Z", "--to", "2020-01-01T00:00Z"), 2, "not after"),
        (("relase",), 2, "did you mean `release`?"),
        (("inbox", "--node", "nowhere"), 4, "no node"),
        (("release", "msl-2019-10-31", "--to", "JPN"), 2, "missing option"),
        (("inbox", "--node", "n" * 300), 2, "File name too long"),
        (("node", "init", "--party", "KOR", "n" * 300), 2, "File name too long"),
        (("node", "init", "--party", "KOR", "/dev/null/kor"), 2, "Not a directory"),
        (("demo", "--exit", "--keep", "/dev/null"), 2, "Not a directory"),
        (("check", "\udcff", "--from", "KOR", "--to", "JPN", "--at", NOV_18), 4, "no item `\\udcff`"),
    ],
)
def test_what_is_wrong_is_one_line_with_its_exit_code(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, says: str
) -> None:
    got, out, err = call(capsys, *arguments)
    assert (got, out) == (code, "")
    assert err.startswith("relto: ")
    assert err.count("\n") == 1
    assert says in err


def test_lint_names_line_column_and_article(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    text = (SHIPPED / "agreements" / f"{PACT}.yaml").read_text(encoding="utf-8")
    file = tmp_path / f"{PACT}.yaml"
    file.write_text(text.replace("anchor: before-term-end", "ancor: before-term-end"), encoding="utf-8")
    code, out, err = call(capsys, "agreement", "lint", str(file))
    assert (code, out) == (2, "")
    assert "without `anchor` (article 21(3))" in err or "unknown key `ancor`" in err
    assert f"{file}:1" in err
    file.write_text(text, encoding="utf-8")
    told = answer(capsys, "agreement", "lint", str(file))
    assert told["ok"] is True


def test_timeline_as_lines_of_json_tiles_time(capsys: pytest.CaptureFixture[str]) -> None:
    window = ("--from", "2019-01-01T00:00Z", "--to", "2020-01-01T00:00Z")
    _, out, _ = call(capsys, "agreement", "timeline", PACT, *window, "--json")
    segments = [json.loads(line) for line in out.splitlines()]
    assert [one["state"] for one in segments] == ["in-force", "notice-given", "notice-suspended"]
    assert segments[0]["start"] == "2019-01-01T00:00:00Z"
    assert segments[-1]["end"] == "2020-01-01T00:00:00Z"
    assert all(one["end"] == two["start"] for one, two in itertools.pairwise(segments))


def test_the_brief_of_18_november_2019(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = call(capsys, "brief", "--at", NOV_18)
    assert "in force, notice given; lapses in 4 d 15 h, at midnight, 2019-11-23 00:00 KST" in out
    for speaker in ("JPN, Suga Yoshihide:", "KOR, Jeong Kyeong-doo:", "USA, Mark Esper:"):
        assert speaker in out
    told = answer(capsys, "brief", "--at", NOV_18)
    assert told["schema"] == "relto/brief/1"
    assert {one["speaker"] for one in told["statements"]} == {"Suga Yoshihide", "Jeong Kyeong-doo", "Mark Esper"}
    assert all(one["at"] <= "2019-11-18T00:00:00Z" for kind in ("statements", "incidents") for one in told[kind])


def test_every_command_has_a_help_with_an_example() -> None:
    import importlib

    import click

    def visit(command: click.Command, path: str) -> list[str]:
        silent = [] if "Example" in (command.help or "") else [path]
        for name, inner in getattr(command, "commands", {}).items():
            silent += visit(inner, f"{path} {name}")
        return silent

    silent: list[str] = []
    for name, (place, _) in COMMANDS.items():
        module, _, attribute = place.partition(":")
        silent += visit(getattr(importlib.import_module(module), attribute), name)
    assert silent == []


def test_whole_processes_keep_stdout_and_stderr_apart(tmp_path: Path) -> None:
    done = subprocess.run([BIN, "agreement", "standing", "nope"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.startswith("relto: no agreement `nope`")
    closed = subprocess.run(f"{BIN} brief --at {NOV_18} >&-", shell=True, capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")
    piped = subprocess.run(
        f"{BIN} brief --at {NOV_18} | head -1", shell=True, capture_output=True, text=True, check=False
    )
    assert piped.stdout.startswith("BRIEF as of 2019-11-18 09:00 KST")
    assert piped.stderr == ""


def test_what_cannot_be_said_on_stderr_does_not_go_to_stdout() -> None:
    closed = subprocess.run(f"{BIN} agreement standing nope 2>&-", shell=True, capture_output=True, check=False)
    assert (closed.returncode, closed.stdout) == (4, b"")


def test_a_full_disk_behind_stdout_is_said_in_words() -> None:
    full = subprocess.run(f"{BIN} brief --at {NOV_18} >/dev/full", shell=True, stderr=subprocess.PIPE, check=False)
    assert full.returncode == 1
    assert full.stderr.decode().startswith("relto: No space left on device; ")
    assert full.stderr.count(b"\n") == 1


def test_an_output_that_is_not_unicode_gets_escapes_and_json_stays_json() -> None:
    narrow = {**os.environ, "PYTHONIOENCODING": "latin-1"}
    asked = [str(BIN), "check", "msl-2019-10-31", "--from", "KOR", "--to", "JPN", "--at", NOV_18]
    plain = subprocess.run(asked, env=narrow, capture_output=True, check=False)
    assert (plain.returncode, b"marked \\u6975\\u79d8" in plain.stdout) == (0, True)
    told = subprocess.run([*asked, "--json"], env=narrow, capture_output=True, check=False)
    assert json.loads(told.stdout)["marks"] == ["極秘", "特定秘密"]


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from relto.cli.main import run; run(['--help']); "
        "print([m for m in ('yaml', 'whenever', 'cryptography', 'sqlalchemy', 'joserfc') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")
