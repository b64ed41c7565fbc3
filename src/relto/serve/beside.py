"""What goes on beside the serving, each in a thread of its own that ends with it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Self

from relto.core.errors import ReltoError
from relto.serve.log import Log


class Beside(ABC):
    """A thread that runs between entering and leaving; what it does looks at `stop`, and waits by it."""

    def __init__(self, name: str) -> None:
        self.stop = threading.Event()
        self._thread = threading.Thread(target=self.run, name=f"relto-{name}", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End after what is being done now."""
        self.stop.set()
        self._thread.join(timeout=10)

    @abstractmethod
    def run(self) -> None:
        """All of it, in the thread."""


class Watch(Beside):
    """Looks at something at once, and again after so many seconds each time. What goes wrong in one look is logged, and
    ends no later one: nobody would notice that nothing is looked at any more."""

    def __init__(self, name: str, every: float, log: Log, failed: str) -> None:
        """`failed`: the event that is logged of what goes wrong."""
        self._every, self._tell, self._failed = every, log, failed
        super().__init__(name)

    def run(self) -> None:
        """Go on until the end."""
        while not self.stop.is_set():
            try:
                self.turn()
            except Exception as error:
                self._tell(self._failed, state=said(error))
            self.stop.wait(self._every)

    @abstractmethod
    def turn(self) -> None:
        """One look."""


def said(error: Exception, then: str = "looked at again later") -> str:
    """What went wrong; of what nobody has thought of, only its kind and what becomes of it: what it says may quote
    anything."""
    return str(error) if isinstance(error, ReltoError) else f"{type(error).__name__}: {then}"
