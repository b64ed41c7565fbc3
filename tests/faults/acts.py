"""The acts of the driver, in order: the pact is signed, used, denounced, lapses; then the way through the ally.

Each act is done through a Reach, from the state that the ones before it leave.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from relto.core.agreement import Instrument, InstrumentKind
from relto.core.timeline import Instant, Stamp, parse_instant
from tests.faults.reach import Reach
from tests.faults.told import Tell, Told

LAPSE: Final = parse_instant("2019-11-23T00:00+09:00")
START: Final = parse_instant("2016-11-23T09:00+09:00")


@dataclass(frozen=True)
class Act:
    """One act: its name, when it is done, at whose node, and what is done.

    `again`: whether a driver that was told nothing may do it again, with no more effect than once.
    """

    name: str
    at: Instant
    by: str
    do: Callable[[Reach], list[Told]]
    again: bool = False


def _instrument(name: str, kind: InstrumentKind, by: str, when: str) -> Instrument:
    instant = parse_instant(when)
    return Instrument(name, kind, tuple(by.split()), Stamp(instant, "instant", "Asia/Seoul"), instant)


_SIGNATURE: Final = _instrument("sig", "signature", "KOR JPN", "2016-11-23T10:00+09:00")
_NOTIFICATION: Final = _instrument("notif", "notification", "KOR JPN", "2016-11-23T12:00+09:00")
_NOTICE: Final = _instrument("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")


def _muted(reach: Reach) -> list[Told]:
    """A release whose receipt is lost: it has arrived, and its sender does not know."""
    reach.mute("JPN")
    try:
        return reach.release("KOR", "japan-only", "JPN")
    finally:
        reach.mute("JPN", False)


def _plainly(reach: Reach) -> list[Told]:
    return reach.release("KOR", "msl-2019-10-31", "JPN")


def _through_the_ally(reach: Reach) -> list[Told]:
    return reach.release("KOR", "msl-2019-10-31", "JPN", ("USA",))


def _sign(name: str, party: str, one: Instrument) -> Act:
    return Act(name, one.at.instant, party, lambda reach: reach.sign(party, one), again=True)


def _countersign(name: str, party: str, one: Instrument) -> Act:
    return Act(name, one.at.instant, party, lambda reach: reach.countersign(party, one.id), again=True)


SUMMER: Final = parse_instant("2019-07-23T18:00+09:00")
_AUTUMN: Final = parse_instant("2019-10-31T18:00+09:00")
ACTS: Final = (
    _sign("sign the signature", "KOR", _SIGNATURE),
    _countersign("countersign the signature", "JPN", _SIGNATURE),
    _sign("sign the notification", "KOR", _NOTIFICATION),
    _countersign("countersign the notification", "JPN", _NOTIFICATION),
    Act("release", SUMMER, "KOR", _plainly),
    _sign("notice", "KOR", _NOTICE),
    Act("open", _AUTUMN, "JPN", lambda reach: reach.open_item("JPN", reach.holdings("JPN")[0])),
    Act("release from Japan", _AUTUMN, "JPN", lambda reach: reach.release("JPN", "track", "KOR")),
    Act("release, its receipt lost", _AUTUMN, "KOR", _muted),
    Act("refused release", LAPSE, "KOR", _plainly),
    Act("dispatch after the lapse", LAPSE, "KOR", lambda reach: reach.dispatch("KOR"), again=True),
    Act("recall", LAPSE, "KOR", lambda reach: reach.dispatch("KOR"), again=True),
    Act("release by way of the USA", LAPSE, "KOR", _through_the_ally),
    Act("relay", LAPSE, "USA", lambda reach: reach.relay("USA"), again=True),
    Act("report to both", LAPSE.plus(1), "JPN", lambda reach: reach.report("JPN", reach.holdings("JPN")[-1])),
    Act("report", LAPSE.plus(2), "JPN", lambda reach: reach.report("JPN", reach.holdings("JPN")[0])),
)


def play(reach: Reach, act: Act, tell: Tell) -> None:
    """Do one act, noting that it was begun, and then all that the driver was told."""
    tell(Told("begun", act.by, act.name, about=str(act.at)))
    reach.put_clocks(act.at)
    for one in act.do(reach):
        tell(one)


def finish(reach: Reach, told: list[Told]) -> None:
    """What operators do after a fault: start the nodes again, do again what may be, and send what is queued, until
    nothing moves."""
    begun = {one.subject for one in told if one.what == "begun"}
    for act in ACTS:
        if act.name in begun and act.again:
            act.do(reach)
    for _ in range(10):
        moved = [one for party in ("KOR", "JPN", "USA") for one in reach.dispatch(party)]
        moved += reach.relay("USA")
        if not moved:
            return
    raise AssertionError("it never came to rest")
