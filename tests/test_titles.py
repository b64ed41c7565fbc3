"""Finding holdings by their titles: the same as looking at each, while more come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from relto.core.errors import VerificationFailed
from relto.node import release
from relto.node.custody import destroy_holding
from relto.node.due import duties_of, open_duties
from relto.node.titles import Titles
from tests.office import copied_cast
from tests.test_node_setup import LAPSE


@pytest.mark.parametrize("wanted", ["launch", "LAUNCH 1", "발사", "i-3", "kor", "nothing of it", "1", "\t", "", "a\nb"])
def test_a_search_finds_what_looking_at_each_finds(tmp_path: Path, wanted: str) -> None:
    cast = copied_cast(tmp_path)
    titles = Titles()
    for n, name in enumerate(("Launch 1", "launch 11", "발사\t체", "ﬁne  \u202e space", "a\nb", "x")):
        release(cast.kor, replace(cast.item(), id=f"i-{n}", title=name), "JPN")
        with cast.jpn.store.read() as reading:
            key = " ".join(wanted.casefold().split())
            each = [
                number
                for number, *said in reading.titles(0)
                if key and any(key in " ".join(one.casefold().split()) for one in said)
            ]
            assert titles.search(reading, wanted, 9) == each[::-1]
            assert titles.search(reading, wanted, 2) == each[::-1][:2]
            held = reading.holdings()
            assert reading.newest_holding() == len(held) == n + 1
            assert reading.holdings_numbered(range(1, n + 2)) == held[::-1]
            assert [one[3] for one in reading.titles(n)] == [held[-1].received.title]
    for node in cast.nodes.values():
        node.store.close()


def test_an_index_catches_up_part_by_part_until_it_is_told_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast, titles, asked = copied_cast(tmp_path), Titles(), list[bool]()
    monkeypatch.setattr("relto.node.titles._AT_ONCE", 2)
    for n in range(5):
        release(cast.kor, replace(cast.item(), id=f"i-{n}"), "JPN")
    titles.catch_up(cast.jpn.store, lambda: asked.append(True) or len(asked) > 1)  # type: ignore[func-returns-value]
    assert titles._numbers == [1, 2]
    titles.catch_up(cast.jpn.store)
    assert titles._numbers == [1, 2, 3, 4, 5]
    with cast.jpn.store.read() as reading:
        assert titles.search(reading, "i-4", 9) == [5]
    for node in cast.nodes.values():
        node.store.close()


def test_what_was_sent_is_listed_by_number_both_ways(tmp_path: Path) -> None:
    cast = copied_cast(tmp_path)
    for n in range(5):
        release(cast.kor, replace(cast.item(), id=f"i-{n}"), "JPN")
    with cast.kor.store.read() as reading:
        rows = [one for one in reading.outbox() if one.kind == "transmittal"]
        numbers = [one.number for one in rows]
        assert [one.number for one in reading.sent_before("transmittal", None, 9)] == numbers[::-1]
        assert [one.number for one in reading.sent_before("transmittal", numbers[3], 2)] == numbers[2:0:-1]
        assert [one.number for one in reading.sent_after("transmittal", numbers[0], 2)] == numbers[2:0:-1]
        assert reading.sent_before("transmittal", numbers[0], 2) == []
        assert reading.sent_after("transmittal", numbers[-1], 2) == []
        assert reading.sent_before("recall", None, 9) == []
        for row in rows:
            found = reading.sent("transmittal", row.subject)
            assert found is not None
            assert (found.number, found.state, found.answer, found.size) == (
                row.number,
                row.state,
                row.answer,
                len(row.message),
            )
        assert reading.sent("transmittal", "none") is None
    with cast.kor.store.write() as tx:
        tx._connection.exec_driver_sql("UPDATE outbox SET attempts = 'x'")  # type: ignore[attr-defined]
    with cast.kor.store.read() as reading, pytest.raises(VerificationFailed, match="was changed"):
        reading.sent_before("transmittal", None, 9)
    for node in cast.nodes.values():
        node.store.close()


def test_duties_are_those_of_every_holding(tmp_path: Path) -> None:
    cast = copied_cast(tmp_path)
    cast.give_notice()
    for n in range(4):
        release(cast.kor, replace(cast.item(), id=f"i-{n}"), "JPN")
    with cast.jpn.store.read() as reading:
        gone = reading.holdings()[0].id
    destroy_holding(cast.jpn, gone, "burn", "w", "b")
    for at in (cast.clock.at, LAPSE, LAPSE.plus(86400 * 400 * 10**9)):
        cast.clock.set(at)
        with cast.jpn.store.read() as reading:
            dossier = cast.jpn.dossier(reading)
            each = [duty for held in reading.holdings() for duty in duties_of(dossier, "JPN", held, at)]
            found = open_duties(cast.jpn, reading, at)
            assert sorted(found, key=repr) == sorted(each, key=repr)
            assert reading.newest_leaves(3) == list(reading.leaves())[:-4:-1]
    for node in cast.nodes.values():
        node.store.close()
