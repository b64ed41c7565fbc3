"""A socket that listens, and lets nobody have all of it: so many connections at a time, and when there are as many, one
on which nothing is being answered goes for the next to come."""

from __future__ import annotations

import resource
import socket
from collections import Counter
from contextlib import suppress
from typing import Any, Final, Protocol
from weakref import WeakValueDictionary

from relto.core.errors import InputError

MOST_CONNECTIONS: Final = 512
"""Of one port, those included that have not shown yet who they are."""
BACKLOG: Final = 512
"""Connections that wait to be accepted."""
_FILES: Final = 4096
"""Files and connections that a process may have open: two ports, and what the stores need."""


class Asking(Protocol):
    """What is spoken on a connection."""

    @property
    def may_go(self) -> bool:
        """Whether nothing has come whole on it that is not answered."""
        ...


class Listening(socket.socket):
    """A socket that listens, and knows its connections."""

    def __init__(self, host: str, port: int, most: int = MOST_CONNECTIONS) -> None:
        """Listen at this address, with `most` connections at a time. Raises InputError where that cannot be."""
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            made = socket.create_server((host, port), family=family, backlog=BACKLOG)
        except OSError as error:
            raise InputError(
                f"cannot listen on {host}:{port}: {error.strerror}",
                remedy="choose an address of this machine and a free port",
            ) from error
        super().__init__(made.family, made.type, made.proto, made.detach())
        self._most = most
        self._open: WeakValueDictionary[int, Connection] = WeakValueDictionary()

    def accept(self) -> tuple[socket.socket, Any]:
        """The next connection. Where there are as many as may be, the oldest that may go does so, of the address that
        has the most of those; where there is none, it is the new one that goes (ConnectionAbortedError)."""
        plain, address = super().accept()
        made = Connection(plain, str(address[0]), self._open)
        if len(self._open) >= self._most:
            idle = [one for one in self._open.values() if one.may_go]
            if not idle:
                made.close()
                raise ConnectionAbortedError("as many are asking as may")
            have = Counter(one.address for one in idle)
            self._let_go(max(idle, key=lambda one: have[one.address]))
        self._open[made.handle] = made
        return made, address

    def speaks(self, handle: int, asking: Asking) -> None:
        """The connection with this handle has shown who it is, and `asking` speaks on it."""
        connection = self._open.get(handle)
        if connection is not None:
            connection.asking = asking

    def let_go_of_strangers(self) -> None:
        """Let go of those that have not shown who they are."""
        for one in [one for one in self._open.values() if one.asking is None]:
            self._let_go(one)

    def _let_go(self, connection: Connection) -> None:
        connection.forget()
        with suppress(OSError):  # it is gone already
            connection.shutdown(socket.SHUT_RDWR)


class Connection(socket.socket):
    """A connection that was accepted, `among` those that are open."""

    def __init__(self, plain: socket.socket, address: str, among: WeakValueDictionary[int, Connection]) -> None:
        super().__init__(plain.family, plain.type, plain.proto, plain.detach())
        self.address, self.handle = address, self.fileno()
        self.asking: Asking | None = None
        self._among = among

    @property
    def may_go(self) -> bool:
        """Whether nothing has come whole on it that is not answered."""
        return self.asking is None or self.asking.may_go

    def forget(self) -> None:
        """It counts no more."""
        if self._among.get(self.handle) is self:
            del self._among[self.handle]

    def close(self) -> None:
        """Close it."""
        self.forget()
        self.asking = None
        super().close()


def allow_files() -> None:
    """Let this process have as many files and connections open as its ports may need, if it may have them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
