"""What the house promises of itself: locks that name no host, files and functions of a size one can read."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCES = sorted((ROOT / "src").rglob("*.py"))


@pytest.mark.parametrize("path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name)
def test_a_lock_pins_every_package_by_hash_and_names_no_host(path: Path) -> None:
    lock = path.read_text(encoding="utf-8")
    assert "://" not in lock
    assert not re.search(r"^-", lock, re.M), "options, such as where packages are to be had"
    pinned = re.findall(r"^[a-z0-9-]+(?:\[[a-z,]+\])?==\S+", lock, re.M)
    assert len(pinned) > 20
    for block in re.split(r"^(?=[a-z0-9-]+(?:\[[a-z,]+\])?==)", lock, flags=re.M)[1:]:
        assert "--hash=sha256:" in block, block[:60]


def test_files_have_about_400_lines_at_most() -> None:
    long = {
        str(path.relative_to(ROOT)): n for path in SOURCES if (n := len(path.read_text("utf-8").splitlines())) > 420
    }
    assert long == {}


def test_functions_have_about_40_lines_at_most() -> None:
    long = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and (length := (node.end_lineno or 0) - node.lineno + 1) > 45:
                long[f"{path.relative_to(ROOT)}:{node.name}"] = length
    assert long == {}


def test_nothing_is_left_half_done() -> None:
    unfinished = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
    found = [str(path.relative_to(ROOT)) for path in SOURCES if unfinished.search(path.read_text("utf-8"))]
    assert found == []


def test_every_module_and_public_name_says_what_it_is() -> None:
    silent = []
    for path in SOURCES:
        tree = ast.parse(path.read_text("utf-8"))
        if ast.get_docstring(tree) is None:
            silent.append(f"{path.relative_to(ROOT)}:module")
        undocumented = [node.name for node in _public(tree.body) if ast.get_docstring(node) is None]
        silent.extend(f"{path.relative_to(ROOT)}:{name}" for name in undocumented)
    assert silent == []


def _public(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.ClassDef]:
    """The public functions and classes of a module, and the public methods of those classes."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from _public(node.body)
