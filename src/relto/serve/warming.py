"""Reading the titles of what is held before anybody searches: at the start of a node that serves its people."""

from __future__ import annotations

import threading

from relto.core.errors import ReltoError
from relto.node.ports import Store
from relto.node.titles import Titles
from relto.serve.log import Log


class Warming:
    """A thread that reads them once."""

    def __init__(self, titles: Titles, store: Store, log: Log) -> None:
        self._titles, self._store, self._log = titles, store, log
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relto-titles", daemon=True)

    def __enter__(self) -> Warming:
        """Begin to read."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End after the part that is being read."""
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        try:
            self._titles.catch_up(self._store, self._stop.is_set)
        except ReltoError as error:  # a search will say so too
            self._log("titles not read", state=str(error))
