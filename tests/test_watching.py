"""Watching streams: what may not be opened is told, and holds up nothing."""

from __future__ import annotations

import pytest

from relto.core.dossier import Person
from relto.node import ActRefused
from relto.node.watching import Watch
from tests.test_node_setup import Cast, all_verify, cast, kinds, pact
from tests.test_streams import feed

__all__ = ["cast", "pact"]


def test_a_batch_that_may_not_be_opened_is_told_once_and_the_watch_goes_on(pact: Cast) -> None:
    feed(pact, [1, 2])
    feed(pact, [3])
    clerk = Person("jpn-clerk-1", "JPN", "JPN", "CONFIDENTIAL", None, ("trade",), "ichigaya")
    with pytest.raises(ActRefused):
        list(Watch(pact.jpn, person=clerk).look())
    pact.clock.advance(1)  # or its refusal would be the same statement
    told = list[str]()
    watch = Watch(pact.jpn, person=clerk, refused=lambda holding, why: told.append(f"{holding} {why.evidence}"))
    before = kinds(pact.jpn).count("refusal")
    assert [*watch.look(), *watch.look()] == []
    assert kinds(pact.jpn).count("refusal") - before == len(told) == len({*told}) == 2
    assert [one.number for one in Watch(pact.jpn).look()] == [1, 2, 3]
    all_verify(pact)
