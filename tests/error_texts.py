"""What the errors of a module say, read from its source: each message and remedy, with a mark in each place of it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from relto.core import errors
from relto.node import people
from relto.node.two_persons import TwoPersonsNeeded
from relto.serve.api import problem

SOURCE = Path(errors.__file__).parent.parent
SHOWN = {
    one.__name__
    for module in (errors, people, problem)
    for one in vars(module).values()
    if isinstance(one, type) and issubclass(one, errors.ReltoError)
} - {"ReltoError"} | {TwoPersonsNeeded.__name__}
"""The kinds that a page tells; of another it says only that the node failed."""
PARTS = {"_not_signed_in", "_wrong", "self._refuse"}
"""Functions that put what they are given into an error."""


@dataclass(frozen=True)
class Text:
    """One text of an error as it could be said, and what stands in its places."""

    where: str
    says: str
    places: tuple[str, ...]


def texts_of(path: Path) -> tuple[list[Text], list[str]]:
    """The texts of a module, and what of them cannot be read from the source."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants = {
        target.id: one.value
        for one in tree.body
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None
        for target in ([one.target] if isinstance(one, ast.AnnAssign) else one.targets)
        if isinstance(target, ast.Name)
    }
    found, unread = list[Text](), list[str]()
    for call in (one for one in ast.walk(tree) if isinstance(one, ast.Call)):
        called, name = ast.unparse(call.func), getattr(call.func, "id", getattr(call.func, "attr", ""))
        told: list[ast.expr] = []
        told += [one.value for one in call.keywords if one.arg == "last_error" and isinstance(one.value, ast.JoinedStr)]
        remedies = [one.value for one in call.keywords if one.arg == "remedy"]
        if name in SHOWN or called in PARTS or (remedies and called == "super().__init__"):
            told += remedies
            told += call.args[:1] if name not in ("TooManyAttempts", "ActRefused") else []
        for node in told:
            read = list(_read(node, constants))
            where = f"{path.relative_to(SOURCE)}:{call.lineno}"
            found += [Text(where, says, places) for says, places in read if says]
            unread += [ast.unparse(node)] if not read else []
    return found, unread


def _read(node: ast.expr, constants: dict[str, ast.expr]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The texts that an expression may be."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value, ()
    elif isinstance(node, ast.JoinedStr):
        yield _sample(node, constants)
    elif isinstance(node, ast.IfExp):
        yield from _read(node.body, constants)
        yield from _read(node.orelse, constants)
    elif isinstance(node, ast.BoolOp):
        for one in node.values:
            yield from _read(one, constants)
    elif isinstance(node, ast.Name) and node.id in constants:
        yield from _read(constants[node.id], constants)
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in constants:
        table = constants[node.value.id]
        for value in table.values if isinstance(table, ast.Dict) else []:
            yield from _read(value, constants)


def _sample(node: ast.JoinedStr, constants: dict[str, ast.expr]) -> tuple[str, tuple[str, ...]]:
    """An f-string with a mark for each value; the same value has the same mark."""
    marks, said = dict[str, str](), ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            said += str(part.value)
            continue
        assert isinstance(part, ast.FormattedValue)
        known = constants.get(part.value.id) if isinstance(part.value, ast.Name) else None
        if isinstance(known, ast.Constant) and isinstance(known.value, str) and " " in known.value:
            said += known.value
        else:
            said += marks.setdefault(ast.unparse(part.value), f"q{len(marks)}z")
    return said, tuple(marks.values())


def problems_of(path: Path) -> Iterator[tuple[Text, Text]]:
    """What a module may find in a verification: what it is about, and what is wrong; as far as both can be read."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for one in (one.value for one in ast.walk(tree) if isinstance(one, ast.Return) and one.value is not None):
        for says, places in _read(one, {}):
            if " " in says:  # why, told by a function of its own
                yield Text(str(path), "leaf q0z", ("q0z",)), Text(f"{path}:{one.lineno}", says, places)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) in ("problem", "found.add") and len(call.args) > 1:
            where = f"{path.relative_to(SOURCE)}:{call.lineno}"
            about, what = (list(_read(one, {})) for one in call.args)
            for name, named in about:
                for says, places in what or [("not signed in", ())]:
                    yield Text(where, name, named), Text(where, says, places)


def strings_of(path: Path) -> str:
    """All strings of a module, line by line."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(
        one.value for one in ast.walk(tree) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    )


def imported_by(path: Path) -> set[Path]:
    """The modules of relto that a module imports from, each name where it is defined."""
    found = set[Path]()
    for one in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(one, ast.ImportFrom) and (one.module or "").startswith("relto"):
            for name in one.names:
                found |= _defined(str(one.module), name.name)
    return found


def _defined(module: str, name: str) -> set[Path]:
    place = SOURCE.joinpath(*module.split(".")[1:])
    if (inside := place / f"{name}.py").exists():
        return {inside}
    if place.with_suffix(".py").exists():
        return {place.with_suffix(".py")}
    for one in ast.walk(ast.parse((place / "__init__.py").read_text(encoding="utf-8"))):
        if isinstance(one, ast.ImportFrom) and any((it.asname or it.name) == name for it in one.names):
            return _defined(str(one.module), name)
    return {place / "__init__.py"}
