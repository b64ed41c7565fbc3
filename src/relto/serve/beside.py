"""What goes on beside the serving, each in a thread of its own that ends with it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import Self


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
