"""What is given to be decided, alone or by the column: it is checked before anything is read from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from relto.core.decision.request import ACTS
from relto.core.decision.table.interned import TableItem, TablePerson
from relto.core.decision.table.slices import LEAST, MOST, Ints
from relto.core.errors import InputError
from relto.core.timeline import Instant

GIVEN: Final = ("act", "sender", "recipient", "item", "person", "purpose", "at")
"""The columns that may be given; `person` and `purpose` may be left out."""


def check_ends(act: object, sender: object, recipient: object, at: object) -> None:
    """Raises InputError for an act that is unknown, and for names and an instant that are none."""
    for name, text in (("act", act), ("sender", sender), ("recipient", recipient)):
        if not isinstance(text, str):
            raise _mistaken(name, text, "give its name")
    if act not in ACTS:
        raise InputError(f"unknown act `{str(act)[:60]}`", remedy=f"use one of {', '.join(ACTS)}")
    if not isinstance(at, Instant):
        raise _mistaken("at", at, "give an Instant, for example one of parse_instant")


def check_asked(item: object, person: object, purpose: object, system: object) -> None:
    """Raises InputError for what is of another type than `Table.decide` takes."""
    if not isinstance(item, TableItem):
        raise _mistaken("item", item, "intern it with `table.item(...)`")
    if person is not None and not isinstance(person, TablePerson):
        raise _mistaken("person", person, "intern it with `table.person(...)`, or give None")
    if not (purpose is None or isinstance(purpose, str)):
        raise _mistaken("purpose", purpose, "give its name, or None for the item's own")
    if not (system is None or isinstance(system, str)):
        raise _mistaken("system", system, "give its name, or None")


def _mistaken(name: str, value: object, remedy: str) -> InputError:
    return InputError(f"`{name}` is {type(value).__name__}", remedy=remedy)


def rows_given(given: Mapping[str, Any]) -> int:
    """How many rows: the length of the columns, which must agree; names and single values serve all rows.

    Raises InputError for a column that is none of GIVEN, for columns of several lengths, and where `at` is missing.
    """
    for name in given:
        if name == "system":
            raise InputError("no column `system`", remedy="ask for a system with `Table.decide`, one by one")
        if name not in GIVEN:
            near = get_close_matches(name, GIVEN, 1)
            raise InputError(
                f"no column `{name[:60]}`",
                remedy=f"did you mean `{near[0]}`?" if near else f"use {', '.join(GIVEN)}",
            )
    if given.get("at") is None:
        raise InputError("no `at` is given", remedy="give an instant, or nanoseconds of UTC for each row")
    lengths = {len(one) for name, value in given.items() if (one := _several(name, value)) is not None}
    if len(lengths) > 1:
        raise InputError("columns of different lengths", remedy="give each the same number of rows")
    return lengths.pop() if lengths else 1


def numbers_given(name: str, given: Mapping[str, Any], rows: int, known: Sequence[Any], *, none: bool = False) -> Ints:
    """A column of numbers in `known`, from numbers or one name for all rows; -1 for none where that may be."""
    value = given.get(name)
    if value is None and not none:
        raise InputError(f"no `{name}` is given", remedy=f"give `{name}` as a number for each row, or one name")
    if value is None:
        return np.full(rows, -1, np.int64)
    if isinstance(value, str):
        if value not in known:
            raise InputError(f"`{value[:60]}` is no {name} of this table", remedy="use one that it knows")
        return np.full(rows, list(known).index(value), np.int64)
    found = _integers(name, value)
    if rows and not (-1 if none else 0) <= int(found.min()) <= int(found.max()) < len(known):
        raise InputError(f"`{name}` has a number that this table does not know", remedy="intern it first")
    return np.broadcast_to(found.astype(np.int64, copy=False), (rows,))


def instants_given(value: Any, rows: int) -> Ints:
    """The column `at`, int64 nanoseconds of UTC, from an Instant for all rows or from whole numbers.

    Raises InputError for anything else: a number with a fraction cannot hold a nanosecond of this century exactly.
    """
    found = np.asarray([value.ns], object) if isinstance(value, Instant) else _integers("at", value)
    if rows and not LEAST <= int(found.min()) <= int(found.max()) <= MOST:
        raise InputError(
            "`at` has an instant that no column of nanoseconds holds",
            remedy="ask by the column about 1678 to 2261 only, and with `Table.decide` about all else",
        )
    return np.broadcast_to(found.astype(np.int64), (rows,))


def _several(name: str, value: Any) -> NDArray[Any] | None:
    """The values of a column with a row each; None where one value serves all rows."""
    if value is None or isinstance(value, str | Instant):
        return None
    found = _integers(name, value)
    return found if found.ndim else None


def _integers(name: str, value: Any) -> NDArray[Any]:
    """Whole numbers, one or a row each."""
    try:
        found = np.asarray(value)
    except (ValueError, TypeError, OverflowError):  # lists of several lengths, and whatever else is no array
        found = np.asarray(None)
    if not found.size:  # nothing is a number of whatever type
        found = found.astype(np.int64) if found.ndim == 1 and found.dtype.kind in "iuf" else found
    whole = found.dtype.kind in "iu" or (found.dtype == object and all(type(one) is int for one in found.flat))
    if not whole or found.ndim > 1:
        what = f"{found.dtype} of {found.ndim} dimensions" if found.ndim else type(value).__name__
        raise InputError(
            f"the column `{name}` is {what}",
            remedy="give one dimension of whole numbers" + (", or one name" if name != "at" else ", or an instant"),
        )
    return found
