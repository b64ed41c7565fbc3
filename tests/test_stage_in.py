"""The stage of a decision, read from documents that are alike: none passes that a strict reader would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from relto.core.canon import canonical, parse_canonical
from relto.core.errors import InputError
from relto.node.verdicts import stage_in

FIRST, LAST = "2019-11-22T13:20:00.4Z", "2019-11-22T13:20:00.5Z"


def document(item: str = "msl-1", at: str = LAST, **more: Any) -> str:
    verdict = {"at": at, "item": item, "says": f'it is "{item}"', **more}
    value: dict[str, Any] = {
        "clock": [FIRST, at],
        "item": item,
        "purpose": "jpn",
        "stage": "receipt",
        "verdict": verdict,
    }
    return canonical(value).decode("utf-8")


def test_the_stage_is_the_one_that_a_strict_reader_reads() -> None:
    for one in (document(), document("msl-2"), document(at="2019-11-22T13:20:01Z"), document("jpn"), document("at")):
        for _ in range(2):
            assert stage_in(one) == parse_canonical(one.encode())["stage"] == "receipt"
    assert stage_in(document().replace("receipt", "opening")) == "opening"


@pytest.mark.parametrize(
    ("of", "before", "after"),
    [
        ("msl-1", ',"stage"', ', "stage"'),
        ("msl-1", '"purpose":"jpn",', '"purpose":"jpn","purpose":"jpn",'),
        ("msl-1", '"says":"it', '"says":"\\u0069t'),
        ("at", '{"at":', '{"zz":'),  # a key, and not in its place any more, where the item has its name
        ("msl-1", ':"msl-1","says"', ':\x01,"says"'),
        ("msl-1", f':"{LAST}","item"', ':\x00,"item"'),
    ],
)
def test_what_is_not_canonical_is_refused_after_one_that_is(of: str, before: str, after: str) -> None:
    good = document(of)
    bad = good.replace(before, after)
    assert bad != good
    assert stage_in(good) == "receipt"
    for one in (bad, bad.replace("msl-1", "msl-2")):
        with pytest.raises(InputError):
            stage_in(one)


def test_a_key_that_is_named_as_the_item_stays_where_it_is() -> None:
    """What is put for an item is put for values alone: as a key its order would be another."""
    good = document("b", a=1, b=2)
    bad = good.replace('"item":"b"', '"item":"zz"').replace('"b":2', '"zz":2')
    assert stage_in(good) == "receipt"
    with pytest.raises(InputError):
        stage_in(bad)
