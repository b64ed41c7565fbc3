"""Columns of every size and kind: long and empty ones, tables too large to spread out, words whose bits are shared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from relto.core.decision import ACTS, Request
from relto.core.decision.table import Table, batch, compile_table, rows, slices
from tests.comparing import disagreements
from tests.worlds import END, START, random_dossier, random_persons, random_requests


def world(seed: int, **more: Any) -> tuple[Table, list[Request]]:
    """A random table with requests about it."""
    dossier = random_dossier(seed)
    table = compile_table(dossier, START, END, persons=random_persons(seed, dossier)[: seed % 3], **more)
    return table, random_requests(seed, dossier, 100, start=START, end=END)


def encoded(table: Table, requests: list[Request]) -> dict[str, Any]:
    """The requests that fit into columns, encoded."""
    rows = [one for one in requests if one.system is None and one.recipient in table.addressees]
    items, persons = [table.item(one.item).number for one in rows], [one.person for one in rows]
    purposes = [-1 if one.purpose is None else table.purpose(one.purpose) for one in rows]
    return table.columns(
        act=np.array([ACTS.index(one.act) for one in rows]),
        sender=np.array([table.senders.index(one.sender) for one in rows]),
        recipient=np.array([table.addressees.index(one.recipient) for one in rows]),
        item=np.array(items),
        person=np.array([-1 if one is None else table.person(one).number for one in persons]),
        purpose=np.array(purposes),
        at=np.array([one.at.ns for one in rows]),
    )


@pytest.mark.parametrize(("seed", "bits"), [(2, 6), (7, 10), (11, 4), (14, 8)])
def test_where_bits_are_shared_every_hit_on_one_is_looked_at_again(seed: int, bits: int) -> None:
    table, requests = world(seed, bits=bits)
    assert table.ground.layout.shared
    assert list(disagreements(table, requests)) == []


@pytest.mark.parametrize("seed", [1, 5])
def test_a_table_too_large_to_spread_out_answers_alike(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "_SPREAD", 0)
    table, requests = world(seed)
    assert list(disagreements(table, requests)) == []
    assert table._kernel.rows.spread is None


@pytest.mark.parametrize("seed", [1, 5])
def test_with_few_steps_each_holds_many_cuts(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slices, "_MOST_STEPS", 4)
    table, requests = world(seed)
    assert list(disagreements(table, requests)) == []
    assert table._kernel.slices.depth > 2


@pytest.mark.parametrize("chunk", [1, 7, 16])
def test_columns_longer_than_what_is_done_at_a_time(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table, requests = world(5)
    columns = encoded(table, requests)
    once, slices_once = table.decide_many(columns), table.slices(columns)
    monkeypatch.setattr(batch, "CHUNK", chunk)
    found = table.decide_many(columns)
    assert np.array_equal(found.permit, once.permit)
    assert np.array_equal(found.hits, once.hits)
    assert np.array_equal(found.slice, once.slice)
    assert np.array_equal(table.slices(columns), slices_once)
    assert list(disagreements(table, requests)) == []


def test_columns_without_rows() -> None:
    table, requests = world(5)
    encoded(table, requests)
    none = table.columns(act="release", sender=0, recipient=0, item=np.zeros(0, np.int64), at=np.zeros(0, np.int64))
    found = table.decide_many(none)
    assert (len(found.permit), len(found.failed), len(found.agreement)) == (0, 0, 0)
    assert len(table.slices(none)) == 0
