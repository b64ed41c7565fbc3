"""The parts of a table in C answer as those in Python do, and neither read nor keep what is not theirs."""

from __future__ import annotations

import enum
import gc
import sys
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from importlib.util import module_from_spec, spec_from_file_location
from itertools import product
from typing import Any

import numpy as np
import pytest

from relto.core.decision import ACTS
from relto.core.decision.table import Table, chosen, compile_table, lookup, rows, slices, tracks
from relto.core.errors import InputError
from relto.core.timeline import Instant
from tests.comparing import disagreements
from tests.making import ANALYST, MISSILE, at, northeast_asia
from tests.pure import PureTable, in_python
from tests.test_table_columns import encoded, world
from tests.worlds import END, START, random_dossier, random_requests

WINDOW = at("2015-01-01T00:00Z"), at("2024-01-01T00:00Z")
IN_2019 = at("2019-06-01T00:00Z")
in_c = pytest.mark.skipif(not chosen.IN_C, reason="nothing compiled the parts in C here")


@pytest.fixture(params=[pytest.param("c", marks=in_c), "python"])
def kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Tables are made with parts in C, then in Python alone."""
    if request.param == "c":
        yield "c"
        return
    with in_python():
        yield "python"


def pair(*args: Any) -> tuple[Table, Table]:
    """The same table with its parts in C, and in Python alone."""
    with in_python():
        pure = compile_table(*args)
    return compile_table(*args), pure


def outcome(ask: Callable[[], object]) -> object:
    """What comes of it: an answer, or the error."""
    try:
        return ask()
    except (InputError, TypeError) as error:
        return type(error), str(error) if isinstance(error, InputError) else ""


def test_which_is_which(kind: str) -> None:
    table = compile_table(northeast_asia(), *WINDOW)
    assert isinstance(table, PureTable) is (kind == "python")
    assert (type(table._kernel.rows) is rows.Rows) is (kind == "python")


@pytest.mark.parametrize("seed", range(6))
def test_both_agree_with_the_reference(seed: int, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_SPREAD", (rows._SPREAD, 0)[seed % 2])
    dossier = random_dossier(seed)
    table = compile_table(dossier, START, END)
    requests = random_requests(seed, dossier, 150, start=START, end=END)
    for _ in range(2):  # looked up, then found again
        assert list(disagreements(table, requests)) == []


class Shouting(enum.StrEnum):
    """A text with a hash of its own."""

    ACT = "release"
    PARTY = "KOR"


class Unwilling:
    """Raises whatever is done with it."""

    def __hash__(self) -> int:
        raise RuntimeError("no hash")

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(f"no {name}")


@in_c
def test_whatever_is_asked_both_say_the_same() -> None:
    tables = pair(northeast_asia(), *WINDOW)
    edges = sorted({cut for lane in tables[0].lanes.values() for cut in lane.starts} | {IN_2019.ns, WINDOW[1].ns})
    whens: list[object] = [Instant(edge + step) for edge in edges for step in (-1, 0, 1)]
    whens += [at("0001-01-01T00:00Z"), at("9999-12-31T00:00Z"), IN_2019.ns, None, Unwilling()]
    bad: tuple[object, ...] = (None, 3, ["x"], {}, Unwilling())
    change: dict[str, list[object]] = {
        "act": [*ACTS, "sell", "".join(["rel", "ease"]), Shouting.ACT, *bad],
        "sender": ["KOR", "JPN", "FRA", Shouting.PARTY, *bad],
        "recipient": ["JPN", "USA", "FRA", "K\u00d6R", "nowhere", *bad],
        "purpose": [None, "press", MISSILE.purpose, *bad[1:]],
        "system": [None, "ichigaya-net", "none", *bad[1:]],
        "at": whens,
    }
    for name, values in change.items():
        for value, when in product(values, whens[:6] if name != "at" else [None]):
            said = []
            for table in tables:
                given: dict[str, Any] = {"act": "release", "sender": "KOR", "recipient": "JPN", "at": when}
                given |= {"item": table.item(MISSILE), "person": table.person(ANALYST), name: value}
                said.append([outcome(lambda table=table, given=given: table.decide(**given)) for _ in range(3)])  # type: ignore[misc]
            assert said[0] == said[1], (name, value, when)


def test_what_is_another_tables_or_nothing_of_the_kind(kind: str) -> None:
    table, other = compile_table(northeast_asia(), *WINDOW), compile_table(northeast_asia(), *WINDOW)
    mine = table.decide("release", "KOR", "JPN", table.item(MISSILE), table.person(ANALYST), IN_2019)
    laid = table._laid()
    for _ in range(3):
        foreign = table.decide("release", "KOR", "JPN", other.item(MISSILE), other.person(ANALYST), IN_2019)
        assert foreign is mine
    assert table._laid() == laid
    nothing: tuple[Any, ...] = (None, 3, [], Unwilling())
    for bad in nothing:
        with pytest.raises(InputError, match="`item` is"):
            table.decide("release", "KOR", "JPN", bad, None, IN_2019)


@pytest.mark.parametrize(
    "call",
    [
        lambda ask, six: ask(),
        lambda ask, six: ask(*six[:5]),
        lambda ask, six: ask(*six, None, None, None),
        lambda ask, six: ask(*six, act="release"),
        lambda ask, six: ask(*six, when=IN_2019),
        lambda ask, six: ask(*six[:5], purpose=None),
    ],
)
def test_a_call_that_does_not_fit_is_a_type_error(call: Callable[..., object], kind: str) -> None:
    table = compile_table(northeast_asia(), *WINDOW)
    six = ("release", "KOR", "JPN", table.item(MISSILE), None, IN_2019)
    with pytest.raises(TypeError):
        call(table.decide, six)
    named = dict(zip(("act", "sender", "recipient", "item", "person", "at"), six, strict=True))
    assert table.decide(**named) is table.decide(*six) is table.decide(*six, None, system=None)  # type: ignore[arg-type]


def test_tracks_are_forgotten_when_there_are_too_many(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "_TRACKS", 300)
    table = compile_table(northeast_asia(), *WINDOW)
    item = table.item(MISSILE)
    for number in range(700):
        asked = ("release", "KOR", "JPN", item, None, IN_2019, f"p{number}")
        assert table.decide(*asked) is table.decide(*asked)  # type: ignore[arg-type]
        assert table._laid() == number % 300 + 1
    assert len(item.asked_for) <= 100


def test_a_table_and_all_that_was_asked_go_when_nobody_holds_them(kind: str) -> None:
    table = compile_table(northeast_asia(), *WINDOW)
    table.decide("release", "KOR", "JPN", table.item(MISSILE), None, IN_2019)
    gone = weakref.ref(table)
    del table
    gc.collect()
    assert gone() is None


def test_many_calls_keep_nothing(kind: str) -> None:
    table = compile_table(northeast_asia(), *WINDOW)
    asked: list[Any] = ["release", "KOR", "JPN", table.item(MISSILE), table.person(ANALYST), IN_2019, "press"]
    watched = [*asked, table.decide(*asked), IN_2019.ns]
    before = [sys.getrefcount(one) for one in watched]
    ask: Any = table.decide
    for _ in range(1000):
        ask(*asked)
        ask(*asked[:5], at=IN_2019, purpose="press")
        outcome(lambda: ask(*asked[:5], 3, "press"))
        outcome(lambda: ask(*asked, act=""))
    assert max(abs(sys.getrefcount(one) - old) for one, old in zip(watched, before, strict=True)) < 20


def test_threads_decide_while_others_lay_and_forget(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracks, "_TRACKS", 100)
    table = compile_table(northeast_asia(), *WINDOW)
    items = [table.item(MISSILE), table.item(replace(MISSILE, id="other", mark="none"))]
    wanted = [table.decide("release", "KOR", "JPN", item, None, IN_2019) for item in items]

    def ask(thread: int) -> bool:
        right = True
        for number in range(2000):
            purpose = None if number % 3 else f"{thread}-{number}"
            found = [table.decide("release", "KOR", "JPN", item, None, IN_2019, purpose) for item in items]
            right &= purpose is not None or all(a is b for a, b in zip(found, wanted, strict=True))
            table.item(replace(MISSILE, id=f"{thread}-{number % 50}"))
        return right

    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(ask, range(4)))
    finally:
        sys.setswitchinterval(before)


@in_c
@pytest.mark.parametrize(("seed", "steps", "few"), [(1, 1 << 14, 6), (5, 1 << 14, 1000), (3, 4, 0)])
def test_columns_however_they_lie(seed: int, steps: int, few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_MOST_STEPS", steps)
    monkeypatch.setattr(slices, "_FEW", few)
    table, requests = world(seed)
    columns = encoded(table, requests)
    kernel = table._kernel
    for spread in (True, False):
        if not spread:
            monkeypatch.setattr(rows, "_SPREAD", 0)
        both = [kind(kernel.rows.words, kernel.slices, kernel.rows.plane) for kind in (chosen.Rows, rows.Rows)]
        for change in (lambda c: c, lambda c: np.repeat(c, 2)[::2], _unaligned, _read_only):
            found = []
            for one in both:
                lane, when, cell, mask = (change(columns[name]) for name in ("lane", "at", "cell", "mask"))
                out = np.empty(len(lane), np.int64), np.empty(len(lane), np.uint64), np.empty(len(lane), np.bool_)
                one.find(lane, when, out[0])
                one.decide(change(out[0]), cell, mask, out[1], out[2])
                found.append([column.tolist() for column in out])
            assert found[0] == found[1]


def _unaligned(column: Any) -> Any:
    memory = np.zeros(column.nbytes + 1, np.uint8)
    found = memory[1:].view(column.dtype)
    found[:] = column
    assert not found.flags.aligned
    return found


def _read_only(column: Any) -> Any:
    found = column.copy()
    found.flags.writeable = False
    return found


@in_c
@pytest.mark.parametrize("spread", [True, False])
@pytest.mark.parametrize("value", [-1, 1 << 40, -(2**63), 2**63 - 1])
@pytest.mark.parametrize("name", ["lane", "at", "slice", "cell"])
def test_numbers_outside_are_refused_alike(
    name: str, value: int, spread: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not spread:
        monkeypatch.setattr(rows, "_SPREAD", 0)
    said = []
    for table in pair(northeast_asia(), *WINDOW):
        table.item(MISSILE)
        given = {"act": "release", "sender": "KOR", "recipient": "JPN", "item": np.zeros(9, np.int64), "at": IN_2019}
        columns = table.columns(**given)
        if name in ("slice", "cell"):
            columns["slice"] = table.slices(columns)
        columns[name] = columns[name].copy()
        columns[name][7] = value
        said.append(outcome(lambda table=table, columns=columns: table.decide_many(columns)))  # type: ignore[misc]
    assert said[0] == said[1]
    assert isinstance(said[0], tuple)


@in_c
def test_the_loops_in_c_read_no_array_that_does_not_fit() -> None:
    from relto.core.decision.table import rows_c

    eight = np.arange(8)
    for lane, when, cuts, first, at_cut, shift, out in (
        (eight[1:], eight, eight, eight, eight, 0, eight.copy()),
        (eight, eight, eight[:0], eight, eight, 0, eight.copy()),
        (eight, eight, eight[:1], eight, eight, 0, eight.copy()),
        (eight, eight, eight, eight[:6], eight, 0, eight.copy()),
        (eight, eight, eight, eight, eight[:6], 0, eight.copy()),
        (eight, eight, eight, eight, eight, 64, eight.copy()),
        (eight, eight, eight, eight, eight, -1, eight.copy()),
        (_unaligned(eight), eight, eight, eight, eight, 0, eight.copy()),
    ):
        with pytest.raises(ValueError, match=r"array|belong"):
            rows_c.slices_of(lane, when, cuts, first, at_cut, shift, 1, out)
    wild = np.full(8, 1 << 50)
    assert rows_c.slices_of(eight * 0, eight % 7, eight, wild, eight, 0, 3, eight.copy()) is None
    words, flags = eight.astype(np.uint64), np.empty(8, np.bool_)
    for base, asks, in_slices, hits in (
        (None, None, eight[1:], words.copy()),
        (None, None, eight, words[1:].copy()),
        (eight, words[1:], eight, words.copy()),
        (eight[:0], words[:0], eight, words.copy()),
    ):
        with pytest.raises(ValueError, match=r"array|without cells"):
            rows_c.decide_rows(words, 1, base, asks, in_slices, eight, words, hits, flags)
    assert rows_c.decide_rows(words, 1, wild, words, eight, eight, words, words.copy(), flags) == "cell"


@in_c
def test_a_track_is_laid_as_one_or_not_at_all() -> None:
    from relto.core.decision.table import lookup_c

    kept: Any = lookup_c.Lookup()
    key = ("release", "KOR", "JPN", None, None, None)
    assert kept._track(key) is None
    for wrong in (key[1:], ("release", "KOR", 3, None, None, None), (*key[:5], Shouting.ACT)):
        with pytest.raises(TypeError):
            kept._track(wrong)
        with pytest.raises(TypeError):
            kept._lay(wrong, ((1, 2), (None, "x", None)))
    for track in (((1, 2), ("x",)), ((1, True), (None, "x", None)), ((1,), [None, "x"]), 3):
        with pytest.raises(TypeError):
            kept._lay(key, track)
    kept._lay(key, ((1, 2), (None, "x", None)))
    assert (kept._track(key), kept._laid()) == (((1, 2), (None, "x", None)), 1)


def test_without_what_a_compiler_makes_python_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "relto.core.decision.table.rows_in_c", None)
    spec = spec_from_file_location("chosen_without_c", chosen.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (module.IN_C, module.Lookup, module.Rows) == (False, lookup.Lookup, rows.Rows)
