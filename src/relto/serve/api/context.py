"""What every request of the interface has at hand: the node, its people, settings, figures; and who is asking."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Annotated, Final

from fastapi import Depends, Request

from relto.core.timeline import Instant
from relto.node import Node
from relto.node.people import Account, Actor, NotSignedIn, Session, TooManyAttempts
from relto.node.people_store import People
from relto.node.titles import Titles
from relto.node.verifying import Verifier
from relto.serve.api.metrics import Metrics
from relto.serve.api.settings import ApiSettings
from relto.serve.log import Log, silent
from relto.serve.sparing import Sparing
from relto.serve.underway import Underway

_MOST_ADDRESSES: Final = 10_000


class Rate:
    """So many a minute from each address. Measured in the machine's own ticks: a rehearsal's clock may stand still."""

    def __init__(self, most: int, ticks: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._ticks = ticks
        self._seen: OrderedDict[str, tuple[float, float]] = OrderedDict()
        self._lock = Lock()

    def count(self, address: str) -> None:
        """Count one. Raises TooManyAttempts where there were as many in the last minute, spread evenly."""
        now = self._ticks()
        with self._lock:
            left, then = self._seen.pop(address, (float(self._most), now))
            left = min(self._most, left + (now - then) * self._most / 60)
            allowed = left >= 1
            self._seen[address] = (left - 1 if allowed else left, now)
            while len(self._seen) > _MOST_ADDRESSES:
                self._seen.popitem(last=False)
        if not allowed:
            raise TooManyAttempts(max(1, round((1 - left) * 60 / self._most)))


@dataclass
class Context:
    """One party's node as its people reach it."""

    node: Node
    people: People
    settings: ApiSettings
    metrics: Metrics
    logins: Rate
    log: Log = silent
    strangers: Sparing = field(default_factory=lambda: Sparing(silent), repr=False)
    titles: Titles = field(default_factory=Titles, repr=False)
    underway: Underway = field(default_factory=Underway, repr=False)
    verifier: Verifier | None = None

    def now(self) -> Instant:
        """Now, as late as it may be: what expires does so rather too soon than too late."""
        return self.node.clock.interval()[1]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is asking, and in which role. `token` and `session` where they have one; else it was their certificate."""

    context: Context
    account: Account
    actor: Actor | None
    session: Session | None = None
    token: str = field(default="", repr=False)

    @property
    def acting(self) -> Actor:
        """Who acts: only where the operation is an act of some role's."""
        if self.actor is None:
            raise NotSignedIn("not signed in: nobody acts", remedy="sign in")
        return self.actor

    @property
    def node(self) -> Node:
        """The node as this caller makes it act."""
        return self.context.node.acting(str(self.acting))


def context_of(request: Request) -> Context:
    """The interface's own context."""
    context = request.app.state.context
    assert isinstance(context, Context)
    return context


def caller_of(request: Request) -> Caller:
    """Who is asking: put there by the guard of the route, which has let the request in."""
    caller = request.state.caller
    assert isinstance(caller, Caller)
    return caller


Calling = Annotated[Caller, Depends(caller_of)]
Having = Annotated[Context, Depends(context_of)]
