"""YAML as a small tree whose every key and value knows its place; all scalars are text.

Built from the parser's events, so that nothing YAML may do beyond plain data ever happens: no anchors, no aliases (and
so no bombs), no tags, no types (`NO` is Norway, `010` is `010`), no duplicate keys; limits before and during parsing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from relto.core.errors import InputError, Position

MAX_FILE_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 32
MAX_NODES: Final = 200_000
MAX_SCALAR: Final = 1 << 20

# What no treaty needs and a screen would obey: control signs, odd line breaks, marks that turn the direction of text.
_HIDDEN: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufeff\\ufffe\\uffff]"
)

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


@dataclass(slots=True)
class Node:
    """A scalar (`text`), a list (`items`) or a mapping (`pairs`: key -> (place of the key, value))."""

    kind: str
    where: Position
    text: str = ""
    items: list[Node] = field(default_factory=list)
    pairs: dict[str, tuple[Position, Node]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A file that has been read, so that a fault found only beside other files can still be shown at its place.

    `start`: where the document in question begins, if the file has several.
    """

    name: str
    data: bytes
    start: Position | None = None

    def place(self, text: str, key: str = "", under: str = "") -> Position:
        """Where `text` first stands as a key or value, below the top key `key` if given; else where that stands.

        `under`: only below this key, so that a mark is not taken for the rank of the same name.
        """
        documents = parse_documents(self.name, self.data)
        top = next((node for node in documents if self.start in (None, node.where)), documents[0])
        where, node = top.pairs.get(key, (top.where, top))
        return _search(node, text, under) or where


def _search(node: Node, text: str, under: str) -> Position | None:
    if node.kind == "scalar":
        return node.where if node.text == text and not under else None
    for key, (where, value) in node.pairs.items():
        found = where if key == text and not under else _search(value, text, "" if key == under else under)
        if found is not None:
            return found
    return next((found for item in node.items if (found := _search(item, text, under)) is not None), None)


def parse_documents(name: str, data: bytes) -> list[Node]:
    """All documents of a YAML file, each a tree. Raises InputError with the place for anything but plain data."""
    text = _decoded(name, data)
    try:
        return list(_Tree(name, text).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = Position(name, mark.line + 1, mark.column + 1) if mark else Position(name)
        raise InputError(f"not YAML here: {error.problem}", where=where, remedy="correct the line") from error
    except yaml.YAMLError as error:
        raise InputError("not YAML", where=Position(name, 1, 1), remedy="write plain YAML") from error
    except (ValueError, OverflowError) as error:  # the parser in pure Python, on an escape of no sign at all
        raise InputError("not YAML", where=Position(name, 1, 1), remedy="write plain YAML") from error
    except RecursionError as error:
        raise InputError(f"nested deeper than {MAX_DEPTH}", where=Position(name), remedy="flatten it") from error


def parse_document(name: str, data: bytes) -> Node:
    """The one document of a YAML file."""
    documents = parse_documents(name, data)
    if len(documents) != 1:
        what = "no document" if not documents else f"{len(documents)} documents"
        raise InputError(f"{what} where one is expected", where=Position(name, 1, 1), remedy="keep one document")
    return documents[0]


def _decoded(name: str, data: bytes) -> str:
    if len(data) > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES >> 20
        raise InputError(
            f"a file of {len(data)} bytes",
            where=Position(name, 1, 1),
            remedy=f"split it; the limit is {limit} MiB a file",
        )
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")  # counted in signs, as everywhere
        where = Position(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise InputError("not UTF-8 here", where=where, remedy="save the file as UTF-8") from error
    if text.startswith("\ufeff"):
        raise InputError("a byte order mark", where=Position(name, 1, 1), remedy="save the file as UTF-8 without one")
    hidden = _HIDDEN.search(text)
    if hidden is not None:
        line = text.count("\n", 0, hidden.start()) + 1
        where = Position(name, line, hidden.start() - text.rfind("\n", 0, hidden.start()))
        raise InputError(f"a sign that does not show (U+{ord(hidden[0]):04X})", where=where, remedy="remove it")
    return text


class _Tree:
    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.events: Iterator[Any] = iter(yaml.parse(text, Loader=_LOADER))
        self.count = 0

    def documents(self) -> Iterator[Node]:
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if event.tags or (event.version is not None and event.version not in ((1, 1), (1, 2))):
                    raise self._refused(event, "a YAML directive", "remove it")
                yield self._node(next(self.events), 0)

    def _node(self, event: Any, depth: int) -> Node:
        self._check(event, depth)
        where = self._place(event)
        if isinstance(event, yaml.ScalarEvent):
            if len(event.value) > MAX_SCALAR:
                raise self._refused(event, f"a text of {len(event.value)} signs", "put it into a file of its own")
            hidden = _HIDDEN.search(event.value)
            if hidden is not None or "\r" in event.value:
                code = ord(hidden[0]) if hidden else 0x0D
                raise self._refused(event, f"an escape of a sign that does not show (U+{code:04X})", "remove it")
            return Node("scalar", where, text=event.value)
        if isinstance(event, yaml.SequenceStartEvent):
            node = Node("list", where)
            while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
                node.items.append(self._node(event, depth + 1))
            return node
        node = Node("map", where)
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            self._pair(node, event, depth)
        return node

    def _pair(self, node: Node, event: Any, depth: int) -> None:
        if not isinstance(event, yaml.ScalarEvent):
            self._check(event, depth + 1)
            raise self._refused(event, "a key that is not plain text", "write `key: value`")
        key = self._node(event, depth + 1).text
        if "\n" in key:
            raise self._refused(event, "a key of several lines", "write `key: value` in one line")
        if key == "<<":
            raise self._refused(event, "a merge key", "write the keys out")
        if key in node.pairs:
            first = node.pairs[key][0]
            raise self._refused(event, f"the key `{key[:60]}` again (first at line {first.line})", "keep one of them")
        node.pairs[key] = (self._place(event), self._node(next(self.events), depth + 1))

    def _check(self, event: Any, depth: int) -> None:
        self.count += 1
        if isinstance(event, yaml.AliasEvent):
            raise self._refused(event, f"the alias `*{event.anchor}`", "write the value out")
        if event.anchor is not None:
            raise self._refused(event, f"the anchor `&{event.anchor}`", "remove it")
        if event.tag is not None:
            raise self._refused(event, f"the tag `{event.tag[:60]!a}`".replace("'", ""), "remove it")
        if depth > MAX_DEPTH:
            raise self._refused(event, f"nested deeper than {MAX_DEPTH}", "flatten it")
        if self.count > MAX_NODES:
            raise self._refused(event, f"more than {MAX_NODES} values", "split the file")

    def _place(self, event: Any) -> Position:
        return Position(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def _refused(self, event: Any, what: str, remedy: str) -> InputError:
        return InputError(what, where=self._place(event), remedy=remedy)
