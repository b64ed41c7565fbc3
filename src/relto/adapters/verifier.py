"""Verifying in a process of its own: `relto ledger verify`, whose memory and work are not the serving node's, and which
can be stopped. How it came out is kept in the node's folder, in `verified.json`."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, Final

from relto.core.errors import Conflict, InputError, VerificationFailed
from relto.core.timeline import Instant
from relto.node.verifying import MOST_PROBLEMS, PROGRESS, VERIFICATION, Verifying

VERIFIED: Final = "verified.json"
LONGEST_SECONDS: Final = 3600.0
_LINE: Final = 1 << 26
_NICE: Final = 10
_CHANGED: Final = VerificationFailed.exit_code


class ProcessVerifier:
    """Verifies the node in a folder, one time after the other."""

    def __init__(
        self,
        folder: Path,
        now: Callable[[], Instant],
        keep: Callable[[Path, bytes], None],
        longest: float = LONGEST_SECONDS,
    ) -> None:
        """`keep` writes a file that must last; a verification that takes more than `longest` seconds is stopped."""
        self._folder, self._now, self._keep, self._longest = folder, now, keep, longest
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._watching: threading.Thread | None = None
        self._last = self._kept()

    def last(self) -> Verifying | None:
        """The verification that runs, or else how the last one came out; None where there was none."""
        with self._lock:
            return self._last

    def begin(self, by: str) -> None:
        """Begin one. Raises Conflict where one runs."""
        with self._lock:
            if self._process is not None:
                raise Conflict("a verification runs already", remedy="wait until it ends, or stop it")
            began = self._now()
            self._process = process = _started(self._folder)
            self._last = Verifying("running", by, began)
        self._watching = threading.Thread(target=self._watch, args=(process,), name="relto-verifying", daemon=True)
        self._watching.start()

    def stop(self) -> None:
        """Stop the one that runs, if one does."""
        self._stop("stopped", "")

    def __enter__(self) -> ProcessVerifier:
        """Nothing runs until it is begun."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what runs."""
        self.stop()
        if self._watching is not None:
            self._watching.join(timeout=10)

    def _stop(self, state: Any, why: str) -> None:
        with self._lock:
            if self._process is not None and self._last is not None and self._last.state == "running":
                self._last = replace(self._last, state=state, why=why)
                if self._process.poll() is None:
                    with contextlib.suppress(ProcessLookupError):  # it ends this very moment
                        os.killpg(self._process.pid, signal.SIGKILL)  # and those that help it, even one that hangs

    def _watch(self, process: subprocess.Popen[bytes]) -> None:
        """Take in what it says until it ends."""
        late = threading.Timer(self._longest, self._stop, ("failed", f"it took more than {self._longest:.0f} s"))
        late.daemon = True
        late.start()
        assert process.stdout is not None
        with process.stdout as said:
            last = self._hear(said)
        code = process.wait()
        late.cancel()
        with self._lock:
            assert self._last is not None
            found = replace(self._last, ended=self._now())
            if found.state == "running":  # nobody stopped it, and it has not told how it came out
                found = replace(found, state="failed", why=last[:500] or f"it ended with {code}")
            elif found.state == "changed" and code != _CHANGED:
                found = replace(found, state="failed", why=f"it ended with {code}")
            self._last, self._process = found, None
        with contextlib.suppress(OSError):  # what is not kept is still shown until the node ends
            self._keep(self._folder / VERIFIED, found.to_bytes())

    def _hear(self, said: IO[bytes]) -> str:
        """Its lines, one by one; the last that was none of its answers."""
        last = ""
        for line in iter(lambda: said.readline(_LINE), b""):
            try:
                self._take(json.loads(line))
            except (ValueError, AttributeError, LookupError, TypeError):
                last = line.decode("utf-8", "replace").strip()
        return last

    def _take(self, value: dict[str, Any]) -> None:
        with self._lock:
            told = value.get("schema")
            if self._last is None or self._last.state != "running":
                return
            if told == PROGRESS:
                self._last = replace(self._last, what=value["what"], done=value["done"], total=value["total"])
            elif told == VERIFICATION:
                self._last = _ended(self._last, value)

    def _kept(self) -> Verifying | None:
        try:
            return Verifying.from_bytes((self._folder / VERIFIED).read_bytes())
        except (OSError, InputError):  # none, or nothing that says anything: a new one says more
            return None


def _started(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from relto.cli import main; main()", "ledger", "verify", "--json", "--progress"]
    half = max(1, len(os.sched_getaffinity(0)) // 2 if hasattr(os, "sched_getaffinity") else 1)  # the others serve
    process = subprocess.Popen(  # noqa: S603
        [*command, "--processes", str(half), "--node", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
        env={name: value for name, value in os.environ.items() if name != "RELTO_PASSPHRASE"},
    )
    with contextlib.suppress(OSError):  # it has ended already
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICE)
    return process


def _ended(running: Verifying, value: dict[str, Any]) -> Verifying:
    problems = [str(one) for one in value["problems"]]
    return replace(
        running,
        state="holds" if value["holds"] else "changed",
        what="",
        done=0,
        total=0,
        leaves=value["leaves"],
        receipts=value["receipts"],
        proofs=value["proofs"],
        holdings=value["holdings"],
        problems=tuple(one[:500] for one in problems[:MOST_PROBLEMS]),
        more=max(0, len(problems) - MOST_PROBLEMS),
    )
