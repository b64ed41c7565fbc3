"""Reading a mapping key by key: what is required, what may be there, and that nothing else is."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast

from relto.core.errors import InputError, Position
from relto.core.timeline import Bound, Day, Instant, Stamp, first_instant, parse_instant, parse_stamp
from relto.formats.dossier.nodes import Node

MAX_LINE = 500
MAX_SHOWN = 12

_FIRST = first_instant(Day(2, 1, 1), "UTC")
_LAST = first_instant(Day(9999, 1, 1), "UTC")

T = TypeVar("T")
L = TypeVar("L", bound=str)


def convert(node: Node, how: Callable[[str], T], article: str = "") -> T:
    """The scalar in `node`, turned into a value; what it raises gets the place (and the article)."""
    text = line(node, article)
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
        raise InputError(
            f"a {_kind(node)} where a text is expected",
            where=node.where,
            remedy="write one value, in quotes if need be",
            article=article,
        )
    return node.text


def line(node: Node, article: str = "") -> str:
    """The text of a scalar that stands in one line, so that it can be shown in one: ids, marks, dates, words."""
    text = scalar(node, article)
    if "\n" in text or len(text) > MAX_LINE:
        what = "several lines" if "\n" in text else f"{len(text)} signs"
        raise InputError(
            f"a text of {what} where a short one is expected", where=node.where, remedy="shorten it", article=article
        )
    return text


def listed(node: Node, article: str = "", most: int = 0) -> list[Node]:
    """The items of a list, no more than `most` (0: as many as a file may hold)."""
    if node.kind != "list":
        raise InputError(
            f"a {_kind(node)} where a list is expected", where=node.where, remedy="write `[...]`", article=article
        )
    if most and len(node.items) > most:
        raise InputError(
            f"a list of {len(node.items)}",
            where=node.items[most].where,
            remedy=f"keep at most {most}",
            article=article,
        )
    return node.items


def _kind(node: Node) -> str:
    return {"scalar": "text", "list": "list", "map": "mapping"}[node.kind]


def one_of(node: Node, allowed: Sequence[L], what: str, article: str = "") -> L:
    """The scalar, if it is one of `allowed`; else an error with the closest."""
    text = line(node, article)
    if text in allowed:
        return cast("L", text)
    raise InputError(
        f"`{text[:60]}` is no {what}", where=node.where, remedy=f"use {suggestion(text, allowed)}", article=article
    )


def suggestion(text: str, allowed: Iterable[str]) -> str:
    """The closest of `allowed` in back-ticks; where none is close, all of them or the first twelve."""
    options = list(allowed)
    close = difflib.get_close_matches(text[:60], options, n=1)
    if close:
        return f"`{close[0]}`"
    more = ", ..." if len(options) > MAX_SHOWN else ""
    return "one of " + ", ".join(f"`{option}`" for option in options[:MAX_SHOWN]) + more


class Fields:
    """A mapping being read. Every key must be taken; `close` refuses what is left over."""

    def __init__(self, node: Node, what: str) -> None:
        if node.kind != "map":
            raise InputError(f"a {_kind(node)} where {what} is expected", where=node.where, remedy="write `key: value`")
        self.node = node
        self.what = what
        self.article = ""
        self._known: dict[str, None] = {}

    def find(self, key: str) -> Node | None:
        """The value of `key`, None where it is not there."""
        self._known[key] = None
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

    def line(self, key: str) -> str:
        """The text of `key` in one line, empty where it is not there."""
        found = self.find(key)
        return "" if found is None else line(found, self.article)

    def needed_line(self, key: str) -> str:
        """The text of `key`, which must be there and say something in one line."""
        self.needed_text(key)
        return self.line(key)

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

    def option(self, key: str, allowed: Sequence[L]) -> L | None:
        """One of `allowed`, None where it is not there."""
        found = self.find(key)
        return None if found is None else one_of(found, allowed, key, self.article)

    def values(self, key: str, how: Callable[[str], T], most: int = 0) -> tuple[T, ...]:
        """The converted items of a list of scalars, each once, at most `most`; empty where it is not there."""
        found = self.find(key)
        if found is None:
            return ()
        seen: dict[str, T] = {}
        for item in listed(found, self.article, most):
            value = convert(item, how, self.article)
            if item.text in seen:
                raise InputError(f"`{item.text[:60]}` twice in `{key}`", where=item.where, remedy="keep one of them")
            seen[item.text] = value
        return tuple(seen.values())

    def flag(self, key: str) -> bool:
        """`true` or `false`; false where it is not there."""
        found = self.find(key)
        return found is not None and one_of(found, ("true", "false"), f"value of `{key}`", self.article) == "true"

    def mapping(self, key: str, what: str) -> Fields | None:
        """The mapping under `key`, None where it is not there."""
        found = self.find(key)
        return None if found is None else Fields(found, what)

    def stamp(self, key: str, zone: str, precision: str | None = None) -> Stamp | None:
        """The instant, day, month or year under `key`."""
        return self.value(key, lambda text: _datable(parse_stamp(text, zone, precision)))

    def needed_stamp(self, key: str, zone: str, precision: str | None = None) -> Stamp:
        """The instant, day, month or year under `key`, which must be there."""
        return self.needed(key, lambda text: _datable(parse_stamp(text, zone, precision)))

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
    return parse_day(text) if len(text) == 10 else _calendar(parse_instant(text))


def parse_day(text: str) -> Day:
    """A day that has a first instant in every zone."""
    day = Day.parse(text)
    _calendar(first_instant(day, "UTC"))
    return day


def _datable(stamp: Stamp) -> Stamp:
    _calendar(stamp.instant)
    return stamp


def _calendar(instant: Instant) -> Instant:
    """The instant, if it is on the calendar of every zone: years 2 to 9998."""
    if not _FIRST <= instant < _LAST:
        raise InputError("an instant outside the years 2 to 9998", remedy="check the year")
    return instant


def check_schema(fields: Fields, schema: str) -> None:
    """The document must say that it is of this kind and version."""
    node = fields.need("relto")
    if line(node) != schema:
        raise InputError(
            f"`relto: {node.text[:60]}` where `relto: {schema}` is expected", where=node.where, remedy="correct it"
        )
