"""Chance for the worlds of the tests: draws from a seed alone, instants on boundaries, and what is drawn from."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from relto.core.timeline import Bound, Day, Instant, first_instant, local_day

T = TypeVar("T")
DAY: Final = 86_400_000_000_000
START: Final = Instant(1_420_070_400_000_000_000)  # 2015-01-01T00:00Z
END: Final = Instant(1_735_689_600_000_000_000)  # 2025-01-01T00:00Z

ZONES: Final = ("UTC", "Asia/Seoul", "Asia/Tokyo", "America/New_York", "America/Sao_Paulo", "Europe/Paris")
COUNTRIES: Final = ("KOR", "JPN", "USA", "GBR", "AUS", "FRA", "DEU", "ITA", "CAN", "NZL", "NOR", "POL", "IND", "SGP")
SLUGS: Final = ("jpn-cert", "alpha", "un-ocha", "EU", "n-7", "osce", "beta-2", "who", "gamma")
TOPICS: Final = (
    "defence",
    "defence/dprk",
    "defence/dprk/missile",
    "defence/dprk/nuclear",
    "defence/dprk-x",
    "defence/maritime",
    "defence/maritime/sar",
    "defence-industry",
    "cyber",
    "cyber/incident",
    "cyber/incident/phish",
    "health",
    "health/lab",
    "trade",
)
PURPOSES: Final = ("missile-warning", "training", "planning", "analysis", "response", "exercise")
RANKS: Final = ("TOP SECRET", "SECRET", "CONFIDENTIAL", "RESTRICTED", "UNCLASSIFIED")
OWN_RANKS: Final = ("COSMIC", "PROTECTED", "OFFICIAL", "TLP:AMBER", "LEVEL 2")


class Chance:
    """Draws by `random.Random(seed)` and nothing else; `salt` parts the streams of one seed."""

    __slots__ = ("roll",)

    def __init__(self, seed: int, salt: int) -> None:
        self.roll = random.Random(seed * 1_000_003 + salt).random

    def often(self, share: float) -> bool:
        """True in that share of draws."""
        return self.roll() < share

    def pick(self, of: Sequence[T]) -> T:
        """One of them, all alike."""
        return of[int(self.roll() * len(of))]

    def number(self, low: int, high: int) -> int:
        """From `low` to `high`, both included."""
        return low + int(self.roll() * (high - low + 1))

    def some(self, of: Sequence[T], low: int, high: int) -> tuple[T, ...]:
        """Between `low` and `high` different ones of them, in an order of chance."""
        rest = list(of)
        count = min(self.number(low, high), len(rest))
        return tuple(rest.pop(int(self.roll() * len(rest))) for _ in range(count))

    def shuffled(self, of: Sequence[T]) -> tuple[T, ...]:
        """All of them, in an order of chance."""
        return self.some(of, len(of), len(of))


class Moments:
    """Instants of one record: some of them the first of a day in its zone, some at the very instant of another."""

    __slots__ = ("chance", "used", "zone")

    def __init__(self, chance: Chance, zone: str) -> None:
        self.chance, self.zone = chance, zone
        self.used: list[Instant] = []

    def between(self, low: Instant, high: Instant) -> Instant:
        """An instant with low <= it <= high."""
        chance, kind = self.chance, self.chance.roll()
        if kind < 0.08 and self.used:
            again = chance.pick(self.used)
            if low <= again <= high:
                return again
        found = Instant(low.ns + int(chance.roll() * max(high.ns - low.ns, 1)))
        if kind > 0.65:
            whole = first_instant(local_day(found, self.zone), self.zone)
            found = whole if whole >= low else found
        self.used.append(found)
        return found

    def after(self, low: Instant, days: int) -> Instant:
        """An instant within so many days after `low`, never later than the end of the window (unless `low` is)."""
        return self.between(low, max(low, min(low.plus(days * DAY), END)))


def draw_day(chance: Chance, first: int = 2015, last: int = 2024) -> Day:
    """A day of the calendar within these years."""
    return Day(chance.number(first, last), chance.number(1, 12), chance.number(1, 28))


def draw_bound(chance: Chance, first: int = 2016, last: int = 2024) -> Bound | None:
    """An end: none, a day, or an exact instant."""
    kind = chance.roll()
    if kind < 0.4:
        return None
    day = draw_day(chance, first, last)
    if kind < 0.8:
        return day
    return first_instant(day, "UTC").plus(int(chance.roll() * DAY))


@dataclass(frozen=True, slots=True)
class Pools:
    """What a world is drawn from. `names`: of the parties; `thirds`: countries that no file describes."""

    names: tuple[str, ...]
    thirds: tuple[str, ...]
    topics: tuple[str, ...] = TOPICS
    purposes: tuple[str, ...] = PURPOSES
    authorities: tuple[str, ...] = ("auth-1", "auth-2")


def person_ids(party: str) -> tuple[str, ...]:
    """The persons that registers, labels and consents name, by their party."""
    stem = party.lower()
    return (f"{stem}-p1", f"{stem}-p2", f"{stem}-p3")
