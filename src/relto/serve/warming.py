"""Reading the titles of what is held before anybody searches: at the start of a node that serves its people."""

from __future__ import annotations

from typing import Final

from relto.core.errors import ReltoError
from relto.node.ports import Store
from relto.node.titles import Titles
from relto.serve.beside import Beside
from relto.serve.log import Log

_REST: Final = 0.05
"""Seconds between two parts: who asks for a page meanwhile does not share the processor with all of them."""


class Warming(Beside):
    """A thread that reads them once."""

    def __init__(self, titles: Titles, store: Store, log: Log) -> None:
        self._titles, self._store, self._log = titles, store, log
        super().__init__("titles")

    def run(self) -> None:
        """Go on until the end."""
        try:
            self._titles.catch_up(self._store, lambda: self.stop.wait(_REST))
        except ReltoError as error:  # a search will say so too
            self._log("titles not read", state=str(error))
