"""Events and holdings as JSON values, for signed evidence and for tables. Instants are RFC 3339 in UTC."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache, lru_cache
from operator import attrgetter, itemgetter
from typing import Any, Final, NamedTuple

from relto.core.decision import DueDuty
from relto.core.errors import InputError
from relto.core.memo import Memo
from relto.core.register.events import (
    CompromiseReported,
    Copied,
    Derived,
    Destroyed,
    Discharged,
    Event,
    FellOverdue,
    Forwarded,
    Investigated,
    Opened,
    PurposeEnded,
    Received,
    Reclassified,
    Returned,
    Shown,
    WrittenOff,
)
from relto.core.timeline import Instant, parse_instant

MAX_COPIES: Final = 10_000
"""Beyond any number that official need could explain (article 14)."""
MAX_SOURCES: Final = 64

_KINDS: Final[Mapping[str, type[Event]]] = {
    "received": Received,
    "derived": Derived,
    "opened": Opened,
    "copied": Copied,
    "shown": Shown,
    "forwarded": Forwarded,
    "returned": Returned,
    "destroyed": Destroyed,
    "written-off": WrittenOff,
    "purpose-ended": PurposeEnded,
    "reclassified": Reclassified,
    "compromise-reported": CompromiseReported,
    "investigated": Investigated,
    "discharged": Discharged,
    "fell-overdue": FellOverdue,
}
_TEXT: Final = frozenset({str})
_NAMES: Final = {kind: name for name, kind in _KINDS.items()}


def to_json(value: Any) -> Any:
    """A register value as JSON: dataclasses and named tuples by field name, instants as text, tuples as lists."""
    if isinstance(value, Instant):
        return str(value)
    kind: Any = type(value)
    form = _form(kind)
    if form is not None:
        found = dict(zip(form.names, form.values(value), strict=True))
        for name, one in found.items():
            if type(one) is not str:
                found[name] = to_json(one)
        return found
    if isinstance(value, tuple):
        return _duties_to_json(value) if value and type(value[0]) is DueDuty else [to_json(one) for one in value]
    return value


@lru_cache(maxsize=256)
def _duties_to_json(duties: tuple[DueDuty, ...]) -> list[dict[str, str]]:
    """The same few, again and again; not to be changed."""
    return [one._asdict() for one in duties]


class _Form(NamedTuple):
    """How a class is written: its fields' names in order; all their values of one that there is, and of one as JSON;
    which stand for text, and how each of the others is read, with its place."""

    names: tuple[str, ...]
    keys: frozenset[str]
    values: Callable[[Any], tuple[Any, ...]]
    written: Callable[[Any], tuple[Any, ...]]
    texts: Callable[[Any], tuple[Any, ...]]
    read: tuple[tuple[int, str, Callable[[Any, str], Any]], ...]


@cache
def _form(kind: Any) -> _Form | None:
    """How a dataclass is written; None for any other."""
    if not is_dataclass(kind):
        return None
    names = tuple(one.name for one in fields(kind))
    assert len(names) > 1, "of one name alone these getters give no tuple"
    return _Form(
        names,
        frozenset({"event", *names}),
        attrgetter(*names),
        itemgetter(*names),
        itemgetter("event", *(one for one in names if one not in _READ)),
        tuple((place, name, _READ[name]) for place, name in enumerate(names) if name in _READ),
    )


_WRITTEN: Final[Memo[int, tuple[Event, dict[str, Any]]]] = Memo(256)


def event_to_json(event: Event) -> dict[str, Any]:
    """An event as a JSON object, its kind under `event`; not to be changed: it is stated, and then kept."""
    known = _WRITTEN.get(id(event))
    if known is not None and known[0] is event:
        return known[1]
    written = {"event": _NAMES[type(event)], **to_json(event)}
    _WRITTEN.put(id(event), (event, written))
    return written


def event_from_json(value: Mapping[str, Any]) -> Event:
    """Read an event back. Raises InputError for anything that `event_to_json` does not write."""
    event: Event = read_event(value, _KINDS)
    return event


def read_event(value: Mapping[str, Any], kinds: Mapping[str, type[Any]]) -> Any:
    """An event of one of these `kinds`, by its name under `event`. Raises InputError for any other, and for one with
    other fields than its own."""
    name = _text(value.get("event"), "event")
    kind: Any = kinds.get(name)
    if kind is None:
        raise InputError(f"unknown event `{name[:60]}`", remedy=f"events: {', '.join(sorted(kinds))}")
    form = _form(kind)
    assert form is not None
    if value.keys() != form.keys:
        wanted = ", ".join(form.names)
        raise InputError(f"the event `{name}` has not the fields it should", remedy=f"its fields: {wanted}")
    read = [*form.written(value)]
    for place, field, how in form.read:
        read[place] = how(read[place], field)
    for field in () if _TEXT.issuperset(map(type, form.texts(value))) else form.names:
        if field not in _READ:
            _text(value[field], field)
    return kind(*read)


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise InputError(f"`{name}` of an event is not text")
    return value


def _instant(value: Any, name: str) -> Instant:
    return parse_instant(_text(value, name))


def _flag(value: Any, name: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"`{name}` of an event is neither true nor false")
    return value


def _duties(value: Any, name: str) -> tuple[DueDuty, ...]:
    try:  # the same few, again and again
        return _same_duties(tuple([tuple(one.items()) for one in value]), name)
    except (AttributeError, TypeError):
        return _duties_of(value, name)  # it says what is wrong


@lru_cache(maxsize=256)
def _same_duties(items: tuple[tuple[tuple[str, Any], ...], ...], name: str) -> tuple[DueDuty, ...]:
    return _duties_of([dict(one) for one in items], name)


def _duties_of(value: Any, name: str) -> tuple[DueDuty, ...]:
    wanted = set(DueDuty._fields)
    if not isinstance(value, list) or not all(isinstance(one, dict) and set(one) == wanted for one in value):
        raise InputError(f"`{name}` of an event is not a list of duties")
    return tuple(DueDuty(**{key: _text(part, key) for key, part in one.items()}) for one in value)


def _count(value: Any, name: str) -> int:
    if type(value) is not int or not 0 <= value < MAX_COPIES:
        raise InputError(f"`{name}` of an event is no number from 0 to {MAX_COPIES - 1}")
    return value


def _names(value: Any, name: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_SOURCES:
        raise InputError(f"`{name}` of an event is not a list of at most {MAX_SOURCES}")
    return tuple(_text(one, name) for one in value)


_READ: Final[Mapping[str, Callable[[Any, str], Any]]] = {
    "at": _instant,
    "starts": _instant,
    "ends": _instant,
    "due": _instant,
    "actual": _flag,
    "assured": _flag,
    "passed": _flag,
    "duties": _duties,
    "number": _count,
    "sources": _names,
    "originators": _names,
    "topics": _names,
    "ranks": _names,
    "visitors": _names,
    "came": _names,
    "conditions": _names,
}
