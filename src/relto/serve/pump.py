"""Sending what is queued while a node serves: for each peer a thread of its own, so that a slow one holds up nobody.

A peer that does not answer is asked again after a while, each time a little longer, with chance in it so that two nodes
that come back together do not stay in step.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from random import Random
from typing import Final

from relto.core.memo import Memo
from relto.node import Delivery, Node, Sending, queue_relays
from relto.serve.beside import said
from relto.serve.tidying import Tidying

FIRST_DELAY: Final = 0.5
LAST_DELAY: Final = 120.0
SOONEST: Final = 0.25
"""Seconds between two tries of it at least, whatever comes in."""
LAST_LEFT: Final = 5.0
"""Seconds after which at the latest what a peer has answered, but not taken, is tried again."""
_TICK: Final = 0.1
_PATIENCE: Final = 10.0
_AT_ONCE: Final = 4096
_THEN: Final = "tried again later"
"""How many are sent in one round; another process of this node waits no longer for its turn."""

Told = Callable[[str, str, str], None]
"""What happened, to be logged: the peer, the message's subject, the state it came to (or an error in a line)."""


class Pump:
    """Sends a node's outbox until it is stopped."""

    def __init__(self, node: Node, told: Told, refresh: Callable[[], None], chance: Random) -> None:
        """`refresh` is called at every turn: a place to take notice of cards pinned meanwhile."""
        self._node = node
        self._told = told
        self._refresh = refresh
        self._chance = chance
        self._stop = threading.Event()
        self._relay = threading.Event()
        self._woken = 0
        self._wrong: Memo[int, str] = Memo(1024)
        self._awake: dict[str, threading.Event] = {}
        self._threads: list[threading.Thread] = []
        self._tidying = Tidying(node.store)

    def start(self) -> None:
        """Begin to send."""
        self._tidying.start()
        self._begin("relay", self._supervise)

    def wake(self) -> None:
        """Something may have come that is to be passed on, or been queued."""
        self._woken += 1  # two at once may count as one: both came before what looks at it
        self._relay.set()

    def stop(self) -> None:
        """End after what is being sent now, or leave off waiting for the peers that do not answer."""
        self._stop.set()
        self._relay.set()
        for event in list(self._awake.values()):  # its own thread may still begin others
            event.set()
        end = time.monotonic() + _PATIENCE
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))
        self._tidying.stop()

    def _begin(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=f"relto-{name}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _supervise(self) -> None:
        """Go on turn by turn, whatever goes wrong in one: else nothing would be sent any more. What goes wrong again
        and again is told once."""
        passing, wrong = _Passing(self._node), ""
        while not self._stop.is_set():
            self._relay.wait(_TICK)
            self._relay.clear()
            before, wrong = wrong, ""
            try:
                wrong = self._turn(passing)
            except Exception as error:
                wrong = said(error, _THEN)
            if wrong and wrong != before:
                self._told("", "", wrong)

    def _turn(self, passing: _Passing) -> str:
        """Queue what only goes through, and see to it that each peer with something queued has its thread, which sends
        it: nobody waits here for a peer. What goes wrong with something that only goes through."""
        self._refresh()
        wrong = passing.queue()
        with self._node.store.read() as reading:
            waiting = reading.queued_peers()
        for peer in waiting:
            if peer not in self._awake:
                self._awake[peer] = threading.Event()
                self._begin(peer, lambda peer=peer: self._send(peer))  # type: ignore[misc]
            self._awake[peer].set()
        return wrong

    def _send(self, peer: str) -> None:
        """Send what is queued for one peer, again and again while it does not answer."""
        delay, awake, left = FIRST_DELAY, self._awake[peer], _Left(self._chance)
        with Sending(self._node, peer, self._say, awake) as sending:
            while not self._stop.is_set():
                awake.wait()
                awake.clear()
                if self._stop.is_set():
                    return
                turn = _Turn(left, self._woken, sending)
                if self._sent(peer, sending, turn):
                    delay = FIRST_DELAY
                    left.note(turn)
                    if turn.enough(self._woken):
                        awake.set()  # more is queued all the time
                    elif left.some:
                        awake.clear()  # its own answers have set it: what stays queued waits for the next turn
                    continue
                self._stop.wait(delay * (0.5 + self._chance.random()))
                delay = min(LAST_DELAY, 2 * delay)

    def _sent(self, peer: str, sending: Sending, turn: _Turn) -> bool:
        """Try all that is queued for one peer in this turn, once; whether it answered."""
        after: int | None = turn.after
        while after is not None and not self._stop.is_set():
            try:
                after = sending.run(_AT_ONCE, after, lambda: turn.enough(self._woken))
            except Exception as error:  # the store's too: it is not asked ten times a second
                self._told(peer, "", said(error, _THEN))
                return False
            if not sending.answers:
                return False
            if turn.enough(self._woken):
                return True
        return True

    def _say(self, delivery: Delivery) -> None:
        row = delivery.row
        if row.state != "queued":
            self._woken += 1  # something may have waited for it, for another peer as well
        elif self._wrong.get(row.number) == row.last_error:
            return
        else:
            self._wrong.put(row.number, row.last_error)
        self._told(row.peer, row.subject, row.last_error if row.state == "queued" else row.state)


class _Left:
    """What stays queued though its peer has answered: it is tried again after a while, each time a little longer, or
    once something has come in or was settled, which it may have waited for. What is queued after it goes at once."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.beyond = 0
        """The number up to which it stands; 0 where there is none."""
        self._woken, self._delay = 0, FIRST_DELAY
        self._soonest = self._again = 0.0

    @property
    def some(self) -> bool:
        """Whether there is any."""
        return self.beyond > 0

    def due(self, woken: int) -> bool:
        """Whether it is to be tried now. `woken`: how often something has come in, or was settled."""
        now = time.monotonic()
        return now >= self._again or (woken != self._woken and now >= self._soonest)

    def note(self, turn: _Turn) -> None:
        """What became of it in a turn that has ended."""
        if turn.after:
            self.beyond = max(turn.after, turn.reached)
        elif not turn.stayed:
            self.beyond, self._delay = 0, FIRST_DELAY
        else:
            self.beyond, self._woken, now = turn.reached, turn.woken, time.monotonic()
            self._soonest, self._again = now + SOONEST, now + self._delay * (0.5 + self._chance.random())
            self._delay = FIRST_DELAY if turn.settled else min(LAST_LEFT, 2 * self._delay)


class _Turn:
    """A turn of sending: of all that is queued, or of what comes beyond what is left."""

    def __init__(self, left: _Left, woken: int, sending: Sending) -> None:
        self._left, self._sending, self._begun = left, sending, time.monotonic()
        self._tried, self._settled = sending.tried, sending.settled
        self.woken = woken
        self.after = left.beyond if left.some and not left.due(woken) else 0

    @property
    def reached(self) -> int:
        """The number of the last message that was looked at."""
        return self._sending.reached

    @property
    def settled(self) -> int:
        """How many were settled."""
        return self._sending.settled - self._settled

    @property
    def stayed(self) -> int:
        """How many were tried, and stay queued."""
        return self._sending.tried - self._tried - self.settled

    def enough(self, woken: int) -> bool:
        """Whether it is to end although more is queued: what is left would else be tried no more while that goes on."""
        if self.after:
            return self._left.due(woken)
        return self.stayed > 0 and time.monotonic() - self._begun >= SOONEST


class _Passing:
    """Queues what only passes through: at each turn what is new, and what could not be queued again after a while, each
    time a little longer: to decide on that ten times a second would leave no time for anything else."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._looked_through = 0
        self._wrong, self._wrong_from = "", 0
        self._again, self._delay = 0.0, FIRST_DELAY

    def queue(self) -> str:
        """What is wrong with something that could not be queued yet; empty where there is nothing such."""
        again = bool(self._wrong) and time.monotonic() >= self._again
        begin = self._wrong_from if again else self._looked_through
        _, self._looked_through, failed = queue_relays(self._node, begin)
        if again:
            self._wrong, self._delay = "", min(LAST_DELAY, 2 * self._delay)
        if failed and not self._wrong:
            self._wrong, self._wrong_from = said(failed[0], _THEN), begin
            self._delay = self._delay if again else FIRST_DELAY
            self._again = time.monotonic() + self._delay
        return self._wrong
