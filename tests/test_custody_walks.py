"""Random lives of items on real nodes: whatever is done, in whatever order, the tables are at every step what the
leaves make them, nothing destroyed is opened, and no product is marked laxer than its sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from relto.core.errors import ReltoError
from relto.core.register import Holding
from relto.node import custody as acts
from relto.node import dispatch_pending, open_item, report_compromise, verify
from relto.node.deriving import Made, derive, marks_compared
from relto.node.due import enter_overdue
from relto.node.node import Node
from relto.node.reclassify import reclassify
from tests.sharing import in_shares
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]

STEPS = 60
MARKS = ("군사III급비밀", "군사II급비밀", "군사I급비밀")
DAY = 86_400_000_000_000


class Walk:
    """One random life of all that JPN holds."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance = cast, Random(seed)
        self.node = cast.jpn
        self.done: Counter[str] = Counter()

    def held(self) -> list[Holding]:
        with self.node.store.read() as reading:
            return reading.holdings()

    def any(self) -> Holding:
        return self.chance.choice(self.held())

    def number(self, one: Holding) -> int:
        return self.chance.randrange(len(one.copies) + 1)

    def step(self) -> None:
        moves: dict[str, Callable[[], object]] = {
            "release": lambda: self.cast.release(name=self.chance.choice(["msl-2019-10-31", "japan-only"])),
            "copy": lambda: acts.copy_holding(self.node, self.any().id, "safe", "clerk"),
            "derive": self.derive,
            "open": lambda: open_item(self.node, self.any().id),
            "show": lambda: acts.show_holding(self.node, self.any().id, "minister", "desk"),
            "return": lambda: self.gone(lambda one, some: acts.return_holding(self.node, one, "desk", some)),
            "destroy": lambda: self.gone(
                lambda one, some: acts.destroy_holding(self.node, one, "burn", "w", "b", some)
            ),
            "end": lambda: acts.end_purpose(self.node, self.any().id, "desk"),
            "report": lambda: report_compromise(self.node, self.any().id, "gone", actual=self.chance.random() < 0.5),
            "write off": self.write_off,
            "mark anew": lambda: reclassify(self.cast.kor, "msl-2019-10-31", self.chance.choice(MARKS)),
            "send": lambda: dispatch_pending(self.node),
            "time": lambda: self.cast.clock.advance(self.chance.randrange(DAY)),
            "overdue": lambda: enter_overdue(self.node),
        }
        name = self.chance.choice(sorted(moves))
        try:
            moves[name]()
            self.done[name] += 1
        except ReltoError:
            self.done[f"{name} refused"] += 1

    def derive(self) -> object:
        sources = [self.any().id for _ in range(self.chance.randint(1, 3))]
        return derive(self.node, sources, Made("product", "t", "en", "safe", "clerk"))

    def gone(self, act: Callable[[str, tuple[int, ...] | None], object]) -> object:
        one = self.any()
        return act(one.id, (self.number(one),) if self.chance.random() < 0.7 else None)

    def destroyed(self, one: str, some: tuple[int, ...] | None) -> object:
        return acts.destroy_holding(self.node, one, "burn", "witness", "clerk", some)

    def write_off(self) -> object:
        one = self.any()
        report = one.compromises[-1].report if one.compromises else "report-none"
        return acts.write_off(self.node, one.id, self.number(one), report, "security")

    def check(self) -> None:
        found = verify(self.node)
        assert found.problems == ()
        by_id = {one.id: one for one in self.held()}
        for one in by_id.values():
            at_least = marks_compared(self.node.base, "JPN", one.received.agreement)
            assert all(at_least(one.mark, by_id[source].mark) for source in one.sources)
            if not one.original_held:
                assert nothing_opens(self.node, one.id)


def nothing_opens(node: Node, holding: str) -> bool:
    """Whether it is not opened, and leaves nothing that says it was."""
    with pytest.raises(ReltoError):
        open_item(node, holding)
    return True


@pytest.mark.parametrize("seed", range(4))
def test_a_random_life_leaves_tables_that_are_what_the_leaves_make_them(pact: Cast, seed: int) -> None:
    pact.release()
    walk = Walk(pact, seed)
    for step in range(STEPS):
        walk.step()
        walk.check()
        if step % 10 == 0:
            assert in_shares(walk.node, 3).problems == ()
    for node in pact.nodes.values():
        dispatch_pending(node)
        found = verify(node)
        assert found.problems == ()
        assert in_shares(node, 3) == found
    assert sum(count for name, count in walk.done.items() if not name.endswith("refused")) > STEPS // 3, walk.done
