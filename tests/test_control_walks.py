"""Random lives of visits, a contractor and a facility on real nodes: whatever is done, in whatever order, the tables
are at every step what the leaves make them; what was shown in a visit lay within it, and nothing came to a contractor
whose conditions were not met, or was opened for a person who was struck off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

import pytest

from relto.core.errors import ReltoError
from relto.core.register import CONDITIONS, INSPECTIONS, Contractor, Opened, Shown, Site, Visit
from relto.core.timeline import Instant
from relto.node import contractors as firms
from relto.node import dispatch_pending, open_item, verify, visits
from relto.node import facilities as sites
from relto.node.custody import show_holding
from relto.node.due import open_duties
from relto.node.node import Node
from tests.sharing import in_shares
from tests.test_contractors import ANALYST, FIRM
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]

STEPS = 70
HOUR = 3_600_000_000_000
OTHERS = [one for one in CONDITIONS if one != INSPECTIONS]
SITE = "ichigaya"


class Walk:
    """One random life of what JPN keeps beside its holdings. What it enters it also notes by itself, to compare."""

    def __init__(self, cast: Cast, seed: int) -> None:
        self.cast, self.chance = cast, Random(seed)
        self.node: Node = cast.jpn
        self.done: Counter[str] = Counter()
        self.met: set[str] = set()
        self.inspected: Instant | None = None
        self.enrolled: set[str] | None = None

    def now(self) -> Instant:
        return self.cast.clock.interval()[0]

    def visit(self) -> str:
        with self.node.store.read() as reading:
            known = [one.id for one in reading.controls("visit")]
        return self.chance.choice([*known[-2:], *known[-1:]] or ["v-none"])

    def holding(self) -> str:
        with self.node.store.read() as reading:
            return self.chance.choice(reading.holdings()).id

    def step(self) -> None:
        moves: dict[str, Callable[[], object]] = {
            "release": lambda: self.cast.release(name=self.chance.choice(["msl-2019-10-31", "japan-only"])),
            "ask": self.ask,
            "approve": self.approve,
            "decline": lambda: visits.decline_visit(self.node, self.visit(), "closed", "s"),
            "call off": lambda: visits.call_off_visit(self.node, self.visit(), "a storm", "s"),
            "call off there": lambda: visits.call_off_visit(self.cast.kor, self.visit(), "a storm", "s"),
            "took place": lambda: visits.hold_visit(self.node, self.visit(), (), "s"),
            "show there": self.show_there,
            "open there": lambda: open_item(self.node, self.holding(), visit=self.visit()),
            "confirm": self.confirm,
            "withdraw": self.withdraw,
            "inspect": self.inspect,
            "missed": lambda: firms.enter_missed(self.node),
            "to the firm": lambda: show_holding(self.node, self.holding(), FIRM, "desk"),
            "appoint": lambda: sites.name_official(self.node, SITE, self.chance.choice("ab"), "all", "s"),
            "relieve": lambda: sites.relieve_official(self.node, SITE, self.chance.choice("ab"), "s"),
            "enrol": self.enrol,
            "strike": self.strike,
            "open for": lambda: open_item(self.node, self.holding(), ANALYST),
            "send": lambda: [dispatch_pending(one) for one in self.cast.nodes.values()],
            "hours": lambda: self.cast.clock.advance(self.chance.randrange(8 * HOUR)),
            "a day": lambda: self.cast.clock.advance(self.chance.randrange(24 * HOUR)),
        }
        name = self.chance.choice(
            [*sorted(moves), "ask", "ask", "approve", *["show there"] * 4, "open there", "confirm"]
        )
        try:
            moves[name]()
            self.done[name] += 1
        except ReltoError:
            self.done[f"{name} refused"] += 1

    def ask(self) -> object:
        """A visit around now, asked of this node by KOR."""
        rank, starts = (
            self.chance.choice(["SECRET", "CONFIDENTIAL"]),
            self.now().plus(self.chance.randint(-3, 1) * HOUR),
        )
        asked = visits.Asked(
            "KOR", "JPN", SITE, "kor-jpn-2016", "talks", ("defence",), rank, starts, starts.plus(24 * HOUR),
            ("a colonel",), self.chance.random() < 0.9, "d",
        )  # fmt: skip
        one = visits.ask_visit(self.cast.kor, asked)
        dispatch_pending(self.cast.kor)
        return visits.approve_visit(self.node, one.id, "s") if self.chance.random() < 0.6 else None

    def approve(self) -> object:
        return visits.approve_visit(self.node, self.visit(), "s", self.chance.choice(["", "", "CONFIDENTIAL"]))

    def show_there(self) -> object:
        return visits.show_in_visit(
            self.node, self.visit(), self.chance.choice(["track", self.holding()]), "a colonel", "d"
        )

    def confirm(self) -> None:
        letters = self.chance.choice([OTHERS, self.chance.sample(OTHERS, 3)])
        firms.confirm_conditions(self.node, FIRM, letters, "survey", "s")
        self.met |= set(letters)

    def withdraw(self) -> None:
        letter = self.chance.choice(OTHERS)
        firms.withdraw_conditions(self.node, FIRM, [letter], "left", "s")
        self.met.discard(letter)

    def inspect(self) -> None:
        passed = self.chance.random() < 0.8
        firms.enter_inspection(self.node, FIRM, "found", "s", passed=passed)
        self.inspected = self.now() if passed else None

    def enrol(self) -> None:
        person = self.chance.choice([ANALYST.id, "b"])
        sites.enrol(self.node, SITE, person, "s")
        self.enrolled = (self.enrolled or set()) | {person}

    def strike(self) -> None:
        person = self.chance.choice([ANALYST.id, "b"])
        sites.strike(self.node, SITE, person, "left", "s")
        self.enrolled = (self.enrolled or set()) - {person}

    def check(self, before: dict[str, int]) -> None:
        """What holds after every step. `before`: how often each holding was shown or opened before it."""
        found = verify(self.node)
        assert found.problems == ()
        with self.node.store.read() as reading:
            controls, holdings = reading.controls(), reading.holdings()
            duties = [one for one in open_duties(self.node, reading, self.now()) if one.contractor is not None]
        for one in controls:
            if isinstance(one, Visit):
                self.check_visit(one)
            elif isinstance(one, Contractor):
                assert set(OTHERS) - self.met == set(one.unmet(self.now())) - {INSPECTIONS}
                (duty,) = duties
                assert (duty.due is None) == (self.inspected is None)
                assert duty.overdue == (duty.due is not None and self.now() > duty.due)
            else:
                assert isinstance(one, Site)
                assert one.keeps_register == (self.enrolled is not None)
                assert set(one.register) == (self.enrolled or set())
        for held in holdings:
            for event in held.events[before.get(held.id, len(held.events)) :]:
                if isinstance(event, Shown) and event.to == FIRM:
                    (firm,) = [one for one in controls if isinstance(one, Contractor)]
                    assert firm.unmet(event.at) == ()
                if isinstance(event, Opened) and event.person:
                    assert self.enrolled is None or event.person in self.enrolled

    def check_visit(self, one: Visit) -> None:
        for shown in one.shown:
            assert one.approved is not None
            assert one.approved.starts <= shown.at < one.approved.ends
            assert shown.rank in one.approved.ranks
            assert one.asked.assured
            assert one.called_off is None or shown.at <= one.called_off.at

    def counts(self) -> dict[str, int]:
        with self.node.store.read() as reading:
            return {one.id: len(one.events) for one in reading.holdings()}


@pytest.mark.parametrize("seed", range(4))
def test_a_random_life_leaves_tables_that_are_what_the_leaves_make_them(pact: Cast, seed: int) -> None:
    pact.release()
    firms.set_checklist(pact.jpn, FIRM, "kor-jpn-2016", "P3D", "s")
    walk = Walk(pact, seed)
    for step in range(STEPS):
        before = walk.counts()
        walk.step()
        walk.check(before)
        if step % 10 == 0:
            assert in_shares(walk.node, 3).problems == ()
    for _ in range(2):
        for node in pact.nodes.values():
            dispatch_pending(node)
    for node in pact.nodes.values():
        found = verify(node)
        assert found.problems == ()
        assert in_shares(node, 3) == found
    assert sum(count for name, count in walk.done.items() if not name.endswith("refused")) > STEPS // 3, walk.done
