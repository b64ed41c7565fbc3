"""Entering duties that fall overdue while a node serves: each once, as an event, and told where it is owed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from relto.node import Node
from relto.node.contractors import enter_missed
from relto.node.due import enter_overdue
from relto.serve.beside import Watch
from relto.serve.log import Log

EVERY_SECONDS: Final = 30.0
"""How long a duty may be overdue before that is entered."""


class DutyWatch(Watch):
    """A thread that looks for duties whose time has passed."""

    def __init__(self, node: Node, log: Log, wake: Callable[[], None]) -> None:
        """`wake` is called when something was entered: it may be to be told."""
        self._node, self._log, self._wake = node, log, wake
        super().__init__("duties", EVERY_SECONDS, log, "duties not looked at")

    def turn(self) -> None:
        """Enter what is overdue now."""
        found = enter_overdue(self._node)
        for held, event in found:
            self._log("a duty is overdue", subject=held.id, state=event.do)
        if found:
            self._wake()
        for firm, _ in enter_missed(self._node):
            self._log("an inspection is overdue", subject=firm.id)
