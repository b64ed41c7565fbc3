"""Cedar's surface: literals, references, sets, conditions, and a policy as its parts (Cedar docs: grammar)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

_WIDTH = 116


@dataclass(frozen=True, slots=True)
class Clause:
    """One `when` or `unless` with the comment that says, in words and by article, what it stands for."""

    kind: Literal["when", "unless"]
    condition: str
    says: str = ""

    def lines(self) -> list[str]:
        """The clause on one line, or where that is too long broken before `&&` and `||`."""
        line = f"{self.kind} {{ {self.condition} }}"
        if len(line) <= _WIDTH:
            return [line]
        return [f"{self.kind} {{", *(f"  {part}" for part in _broken(self.condition)), "}"]


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy: `annotations` in order, `principal` and `action` as in the scope; all clauses must hold."""

    effect: Literal["permit", "forbid"]
    annotations: tuple[tuple[str, str], ...]
    principal: str = "principal"
    action: str = "action"
    clauses: tuple[Clause, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        lines = [f"@{key}({quoted(value)})" for key, value in self.annotations]
        lines.append(f"{self.effect} ({self.principal}, {self.action}, resource)")
        for clause in self.clauses:
            if clause.says:
                lines.extend(comment(clause.says))
            lines.extend(clause.lines())
        return "\n".join(lines) + ";\n"


def quoted(text: str) -> str:
    """`text` as a Cedar string literal; what cannot be printed as `\\u{...}`."""
    signs = {'"': '\\"', "\\": "\\\\"}
    return '"' + "".join(signs.get(c, c if c.isprintable() else f"\\u{{{ord(c):x}}}") for c in text) + '"'


def comment(text: str) -> list[str]:
    """`text` as comment lines, wrapped; whatever could end a comment becomes a blank."""
    words = "".join(c if c.isprintable() else " " for c in text).split()
    lines, line = [], "//"
    for word in words:
        if len(line) + 1 + len(word) > _WIDTH and line != "//":
            lines.append(line)
            line = "//"
        line += f" {word}"
    return [*lines, line]


def entity(kind: str, name: str) -> str:
    """A reference to an entity: `Party::"KOR"`."""
    return f"{kind}::{quoted(name)}"


def entities(kind: str, names: Iterable[str]) -> str:
    """A set of references: `[Party::"JPN", Party::"KOR"]`."""
    return f"[{', '.join(entity(kind, name) for name in names)}]"


def strings(texts: Iterable[str]) -> str:
    """A set of strings."""
    return f"[{', '.join(quoted(text) for text in texts)}]"


def one_of(value: str, kind: str, names: Iterable[str]) -> str:
    """That `value` is one of these entities, not merely below one. Cedar's validator takes no empty set: `false`."""
    listed = sorted(set(names))
    if not listed:
        return "false"
    if len(listed) == 1:
        return f"{value} == {entity(kind, listed[0])}"
    return f"{entities(kind, listed)}.contains({value})"


def within(value: str, kind: str, names: Iterable[str]) -> str:
    """That `value` is one of these entities or below one in the hierarchy."""
    listed = sorted(set(names))
    if not listed:
        return "false"
    return f"{value} in {entity(kind, listed[0]) if len(listed) == 1 else entities(kind, listed)}"


def among(value: str, texts: Iterable[str]) -> str:
    """That the string `value` is one of `texts`."""
    listed = sorted(set(texts))
    return f"{strings(listed)}.contains({value})" if listed else "false"


def both(*conditions: str) -> str:
    """All of them; conditions with `||` are bracketed."""
    return " && ".join(f"({one})" if " || " in one else one for one in conditions if one)


def either(conditions: Iterable[str]) -> str:
    """One of them at least; conditions with `&&` are bracketed. None: `false`."""
    listed = [f"({one})" if " && " in one else one for one in conditions]
    return " || ".join(listed) if listed else "false"


def _broken(condition: str) -> list[str]:
    """`condition` broken before each `&&` and `||` that stands in at most one bracket, the inner ones set in."""
    parts, start, depth, literal = [], 0, 0, False
    indent = 0
    for n, char in enumerate(condition):
        if char == '"' and (not literal or not _escaped(condition, n)):
            literal = not literal
        elif literal:
            continue
        elif char in "([":
            depth += 1
        elif char in ")]":
            depth -= 1
        elif char in "&|" and condition[n + 1] == char and depth <= 1:
            parts.append("  " * indent + condition[start:n].rstrip())
            start, indent = n, depth
    return [*parts, "  " * indent + condition[start:]]


def _escaped(text: str, n: int) -> bool:
    """Whether an odd number of backslashes stands before `n`."""
    before = text[:n]
    return (len(before) - len(before.rstrip("\\"))) % 2 == 1
