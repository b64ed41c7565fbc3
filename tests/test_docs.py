"""The documents are tests: every console block in README.md and docs/ runs, and prints what it says it prints; every
```python block runs, with SHIPPED as the folder of the shipped dossier.

In a block marked ```console each line `$ command` is run in one fresh folder per document, in order. The lines below it
are its output; a line `...` stands for any lines, and `...` within a line for any text. `# exit 3` after the command
says its exit code where that is not 0. The commands of README.md start as they are installed, those of the others from
a process that has read the program. A block marked ```yaml whose first line is `# NAME.yaml` is that file in
the folder.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.forking import forked_relto

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.M | re.S)
_PROGRAM = re.compile(r"^```python\n(.*?)^```$", re.M | re.S)
_FILE = re.compile(r"^```yaml\n# (\w[\w.-]*\.yaml)\n(.*?)^```$", re.M | re.S)
_EXIT = re.compile(r"\s+# exit (\d)$")


@dataclass(frozen=True)
class Step:
    """One command of a document, the exit code and the output it promises."""

    command: str
    exit_code: int
    output: str


def steps(text: str) -> list[Step]:
    """All commands of a document, in order."""
    found: list[Step] = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            first, _, output = part.partition("\n")
            code = _EXIT.search(first)
            found.append(Step(_EXIT.sub("", first), int(code[1]) if code else 0, output.rstrip()))
    return found


def matches(promised: str, printed: str) -> bool:
    """Whether `printed` is what was promised, `...` standing for anything."""
    if not promised:
        return True
    pattern = ""
    for line in promised.splitlines():
        pattern += r"(?:.*\n)*?" if line.strip() == "..." else r".*".join(map(re.escape, line.split("..."))) + r"\s*\n"
    return re.fullmatch(pattern, printed.rstrip() + "\n") is not None


@pytest.fixture(scope="module")
def forked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    with forked_relto(tmp_path_factory.mktemp("bin")) as folder:
        yield folder


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_the_document_tells_the_truth(document: Path, tmp_path: Path, forked: Path) -> None:
    installed = Path(sys.executable).parent
    first = installed if document.name == "README.md" else forked
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RELTO_")},
        "PATH": f"{first}{os.pathsep}{installed}{os.pathsep}{os.environ['PATH']}",
        "RELTO_PASSPHRASE": "correct horse battery staple",
        "COLUMNS": "120",
    }
    for name, content in _FILE.findall(document.read_text(encoding="utf-8")):
        (tmp_path / name).write_text(content, encoding="utf-8")
    for step in steps(document.read_text(encoding="utf-8")):
        if shlex.split(step.command)[0] != "relto":
            continue
        done = subprocess.run(
            step.command, shell=True, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        printed = done.stdout + done.stderr
        assert done.returncode == step.exit_code, f"{step.command}\n{printed}"
        assert matches(step.output, printed), f"{step.command}\npromised:\n{step.output}\nprinted:\n{printed}"


PROGRAMS = [
    pytest.param(program, id=f"{document.name}-{number}")
    for document in DOCUMENTS
    for number, program in enumerate(_PROGRAM.findall(document.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_program_runs(program: str) -> None:
    exec(compile(program, "document", "exec"), {"SHIPPED": ROOT / "src/relto/dossiers/northeast-asia"})


@pytest.mark.parametrize(
    ("promised", "printed", "same"),
    [
        ("a\n...\nz", "a\nb\nc\nz", True),
        ("a\n...\nz", "a\nb\nc", False),
        ("in ... h", "in 15 h", True),
        ("exact", "exact", True),
        ("exact", "exactly", False),
        ("", "anything", True),
    ],
)
def test_promises_are_compared(promised: str, printed: str, same: bool) -> None:
    assert matches(promised, printed) is same
