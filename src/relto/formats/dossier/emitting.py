"""Values as YAML text: what is left out, what is quoted, and how an instant keeps its precision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import yaml

from relto.core.errors import InputError
from relto.core.timeline import Bound, Stamp, first_instant, local_day

if TYPE_CHECKING:
    from yaml import SafeDumper as _SafeDumper
else:
    _SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

Tree: TypeAlias = dict[str, Any]

_WIDTH: Final = 1 << 20
_TIMESTAMP: Final = "tag:yaml.org,2002:timestamp"


class Plain(str):
    """A date, an instant or a number: never quoted, though other readers of YAML would give it a type."""

    __slots__ = ()


class _Dumper(_SafeDumper):
    """No aliases; what other readers of YAML would take for something else than text (`NO`, `010`) is quoted."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_mapping(self, tag: str, mapping: Any, flow_style: bool | None = None) -> yaml.MappingNode:
        """A mapping with a time of day stands in lines of its own: within braces its colons would need quotes."""
        node = super().represent_mapping(tag, mapping, flow_style)
        if any(value.tag == _TIMESTAMP and ":" in value.value for _, value in node.value):
            node.flow_style = False
        return node


def _represent_plain(dumper: _Dumper, text: Plain) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, str(text), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(text))


def _represent_text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(Plain, _represent_plain)
_Dumper.add_representer(str, _represent_text)


def document(tree: Tree) -> bytes:
    """One YAML document in UTF-8: keys in the order given, leaves in braces, lines as long as they are."""
    text: str = yaml.dump(
        tree,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=None,
        sort_keys=False,
        width=_WIDTH,
    )
    return text.encode("utf-8")


def given(tree: Tree) -> Tree:
    """What a reader would not assume anyway."""
    return {
        key: value
        for key, value in tree.items()
        if value is not None and value is not False and value not in ("", [], {})
    }


def bound_text(bound: Bound | None) -> Plain | None:
    """An end as a file says it: the day alone, or the instant in UTC."""
    return None if bound is None else Plain(bound)


def stamp_text(stamp: Stamp) -> tuple[Plain, str | None]:
    """Its shortest form that reads back equal, and the precision to be said beside it."""
    first = first_instant(local_day(stamp.instant, stamp.zone), stamp.zone) == stamp.instant
    if not first or stamp.precision in ("instant", "minute", "hour"):
        return Plain(stamp.instant), None if stamp.precision == "instant" else stamp.precision
    day = str(local_day(stamp.instant, stamp.zone))
    if stamp.precision == "year" and day.endswith("-01-01"):
        return Plain(day[:4]), None
    if stamp.precision == "month" and day.endswith("-01"):
        return Plain(day[:7]), None
    return Plain(day), None if stamp.precision == "day" else stamp.precision


def lone_stamp(key: str, stamp: Stamp | None, zone: str) -> Plain | None:
    """A stamp under a key that has no precision beside it, and no zone of its own."""
    if stamp is None:
        return None
    text, precision = stamp_text(stamp)
    if precision is not None or (stamp.zone != zone and len(text) <= len("2019-11-23")):
        raise InputError(
            f"`{key}` of {stamp.instant}, precise to the {stamp.precision} in {stamp.zone}, has no form in a file",
            remedy="give its instant, or its day in the zone of what it belongs to",
        )
    return text
