"""Reading a mapping key by key: what is required, what may be there, and that nothing else is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

from relto.core.errors import InputError, Position
from relto.core.timeline import Bound, Day, Stamp, parse_instant, parse_stamp
from relto.formats.dossier.nodes import Node

T = TypeVar("T")
L = TypeVar("L", bound=str)


def convert(node: Node, how: Callable[[str], T], article: str = "") -> T:
    """The scalar in `node`, turned into a value; what it raises gets the place (and the article)."""
    text = scalar(node, article)
    try:
        return how(text)
    except InputError as error:
        raise placed(error, node.where, article) from error


def placed(error: InputError, where: Position, article: str = "") -> InputError:
    """The same error, with the place where the value stands."""
    if error.where is not None:
        return error
    return InputError(error.message, where=where, remedy=error.remedy, article=error.article or article)


def scalar(node: Node, article: str = "") -> str:
    """The text of a scalar."""
    if node.kind != "scalar":
        raise InputError(f"a {_kind(node)} where a text is expected", where=node.where, article=article)
    return node.text


def listed(node: Node, article: str = "") -> list[Node]:
    """The items of a list."""
    if node.kind != "list":
        raise InputError(
            f"a {_kind(node)} where a list is expected", where=node.where, remedy="write `[...]`", article=article
        )
    return node.items


def _kind(node: Node) -> str:
    return {"scalar": "text", "list": "list", "map": "mapping"}[node.kind]


def one_of(node: Node, allowed: Sequence[L], what: str, article: str = "") -> L:
    """The scalar, if it is one of `allowed`; else an error with the closest."""
    text = scalar(node, article)
    if text in allowed:
        return cast("L", text)
    raise InputError(
        f"`{text[:60]}` is no {what}", where=node.where, remedy=f"use {suggestion(text, allowed)}", article=article
    )


def suggestion(text: str, allowed: Iterable[str]) -> str:
    """The closest of `allowed` in back-ticks; all of them where none is close."""
    options = list(allowed)
    close = difflib.get_close_matches(text, options, n=1)
    return f"`{close[0]}`" if close else "one of " + ", ".join(f"`{option}`" for option in options)


class Fields:
    """A mapping being read. Every key must be taken; `close` refuses what is left over."""

    def __init__(self, node: Node, what: str) -> None:
        if node.kind != "map":
            raise InputError(f"a {_kind(node)} where {what} is expected", where=node.where, remedy="write `key: value`")
        self.node = node
        self.what = what
        self.article = ""
        self._known: list[str] = []

    def find(self, key: str) -> Node | None:
        """The value of `key`, None where it is not there."""
        self._known.append(key)
        pair = self.node.pairs.get(key)
        return pair[1] if pair else None

    def need(self, key: str) -> Node:
        """The value of `key`, which must be there."""
        found = self.find(key)
        if found is None:
            raise InputError(
                f"{self.what} without `{key}`", where=self.node.where, remedy=f"add `{key}:`", article=self.article
            )
        return found

    def place(self, key: str) -> Position:
        """Where the key stands (the mapping itself where it is not there)."""
        pair = self.node.pairs.get(key)
        return pair[0] if pair else self.node.where

    def text(self, key: str) -> str:
        """The text of `key`, empty where it is not there."""
        found = self.find(key)
        return "" if found is None else scalar(found, self.article)

    def needed_text(self, key: str) -> str:
        """The text of `key`, which must be there and say something."""
        node = self.need(key)
        text = scalar(node, self.article)
        if not text.strip():
            raise InputError(f"`{key}` is empty", where=node.where, remedy="write something", article=self.article)
        return text

    def value(self, key: str, how: Callable[[str], T]) -> T | None:
        """The converted value of `key`, None where it is not there."""
        found = self.find(key)
        return None if found is None else convert(found, how, self.article)

    def needed(self, key: str, how: Callable[[str], T]) -> T:
        """The converted value of `key`, which must be there."""
        return convert(self.need(key), how, self.article)

    def choice(self, key: str, allowed: Sequence[L]) -> L:
        """One of `allowed`, which must be there."""
        return one_of(self.need(key), allowed, key, self.article)

    def values(self, key: str, how: Callable[[str], T]) -> tuple[T, ...]:
        """The converted items of a list of scalars, each once; empty where it is not there."""
        found = self.find(key)
        if found is None:
            return ()
        seen: dict[str, T] = {}
        for item in listed(found, self.article):
            value = convert(item, how, self.article)
            if item.text in seen:
                raise InputError(f"`{item.text[:60]}` twice in `{key}`", where=item.where, remedy="keep one of them")
            seen[item.text] = value
        return tuple(seen.values())

    def flag(self, key: str) -> bool:
        """`true` or `false`; false where it is not there."""
        found = self.find(key)
        return (
            found is not None
            and one_of(found, ("true", "false"), f"`{key}`; it is true or false", self.article) == "true"
        )

    def mapping(self, key: str, what: str) -> Fields | None:
        """The mapping under `key`, None where it is not there."""
        found = self.find(key)
        return None if found is None else Fields(found, what)

    def stamp(self, key: str, zone: str, precision: str | None = None) -> Stamp | None:
        """The instant, day, month or year under `key`."""
        return self.value(key, lambda text: parse_stamp(text, zone, precision))

    def needed_stamp(self, key: str, zone: str, precision: str | None = None) -> Stamp:
        """The instant, day, month or year under `key`, which must be there."""
        return self.needed(key, lambda text: parse_stamp(text, zone, precision))

    def bound(self, key: str) -> Bound | None:
        """The end under `key`: a day, or an instant."""
        return self.value(key, parse_bound)

    def close(self) -> None:
        """Refuse the first key that nobody asked for."""
        for key, (where, _) in self.node.pairs.items():
            if key not in self._known:
                remedy = f"use {suggestion(key, self._known)}, or remove it"
                raise InputError(
                    f"unknown key `{key[:60]}` in {self.what}", where=where, remedy=remedy, article=self.article
                )


def parse_bound(text: str) -> Bound:
    """A day alone, or an exact instant."""
    return Day.parse(text) if len(text) == 10 else parse_instant(text)


def check_schema(fields: Fields, schema: str) -> None:
    """The document must say that it is of this kind and version."""
    node = fields.need("relto")
    if scalar(node) != schema:
        raise InputError(
            f"`relto: {node.text[:60]}` where `relto: {schema}` is expected", where=node.where, remedy="correct it"
        )
