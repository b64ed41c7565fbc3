"""Finding holdings by their titles: the same as looking at each, while more come in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

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
            sent, total = reading.outbox_newest("custody", 1, 1)
            rows = [one for one in reading.outbox() if one.kind == "custody"]
            assert total == len(rows)
            assert sent == rows[::-1][1:2]
    for node in cast.nodes.values():
        node.store.close()
