"""What the libraries under a serving node say, and what fails where nobody looks: in the log's own form, a line each.

What a library says may quote what it was sent, and a traceback its values: of both only the first line is told, or the
place, and never what was wrong with what value.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from relto.serve.log import Log

_LONGEST: Final = 200


@contextmanager
def caught(log: Log) -> Iterator[None]:
    """Until the end, tell in this log what else would go to stderr: of `logging`, `warnings`, what nobody catches."""
    root, handler = logging.getLogger(), _Telling(log)
    before = threading.excepthook, sys.unraisablehook, warnings.showwarning

    def in_a_thread(failed: Any) -> None:
        _tell_failed(log, getattr(failed.thread, "name", ""), failed.exc_value)

    def unraisable(failed: Any) -> None:
        _tell_failed(log, "none", failed.exc_value)

    def warned(message: object, category: type[Warning], filename: str, lineno: int, *_: object, **__: object) -> None:
        log("warning", error=category.__name__, where=f"{Path(filename).name}:{lineno}")

    threading.excepthook, sys.unraisablehook, warnings.showwarning = in_a_thread, unraisable, warned
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        threading.excepthook, sys.unraisablehook, warnings.showwarning = before


class _Telling(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__(logging.WARNING)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Tell one record; where even that fails, there is nobody left to tell."""
        try:
            failed = record.exc_info[1] if record.exc_info else None
            if failed is not None:
                _tell_failed(self._log, record.name, failed)
            else:  # without what was to be put into it, which may be of a request
                self._log("server", of=record.name, state=str(record.msg).strip().partition("\n")[0][:_LONGEST])
        except Exception:  # noqa: S110
            pass


def _tell_failed(log: Log, of: str, error: BaseException | None) -> None:
    log("failed", of=of, error=type(error).__name__, where=place_of(error.__traceback__ if error is not None else None))


def place_of(trace: TracebackType | None) -> str:
    """Where it failed: the innermost place, without a value."""
    if trace is None:
        return ""
    last = traceback.extract_tb(trace)[-1]
    return f"{Path(last.filename).name}:{last.lineno} {last.name}"
