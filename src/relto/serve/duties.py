"""Entering duties that fall overdue while a node serves: each once, as an event, and told where it is owed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from relto.core.errors import ReltoError
from relto.node import Node
from relto.node.contractors import enter_missed
from relto.node.due import enter_overdue
from relto.serve.beside import Beside
from relto.serve.log import Log

EVERY_SECONDS: Final = 30.0
"""How long a duty may be overdue before that is entered."""


class DutyWatch(Beside):
    """A thread that looks for duties whose time has passed."""

    def __init__(self, node: Node, log: Log, wake: Callable[[], None]) -> None:
        """`wake` is called when something was entered: it may be to be told."""
        self._node, self._log, self._wake = node, log, wake
        super().__init__("duties")

    def run(self) -> None:
        """Go on until the end."""
        while not self.stop.is_set():
            try:
                found = enter_overdue(self._node)
                for held, event in found:
                    self._log("a duty is overdue", subject=held.id, state=event.do)
                if found:
                    self._wake()
                for firm, _ in enter_missed(self._node):
                    self._log("an inspection is overdue", subject=firm.id)
            except ReltoError as error:
                self._log("duties not looked at", state=str(error))
            self.stop.wait(EVERY_SECONDS)
