"""Serving nodes as processes of their own on this machine, for the rehearsal: started, waited for, ended with us."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from relto.core.errors import PeerUnreachable

_PATIENCE: Final = 60.0
_GRACE: Final = 10.0


def free_address() -> str:
    """An address on the loopback that nobody listens on now."""
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{chosen.getsockname()[1]}"


class Served:
    """A process that serves the node in a folder, until it is closed; it ends with us even if we are killed."""

    def __init__(
        self, folder: Path, address: str, passphrase: str, *, people: str = "", more: Sequence[str] = ()
    ) -> None:
        """`people`: where to serve its own people; empty: nowhere. `more`: further flags of `relto node serve`."""
        self._log = folder.with_name(f"{folder.name}.log")
        command = [sys.executable, "-c", "from relto.cli import main; main()", "node", "serve", str(folder)]
        options = ["--peers", address, "--people", people, "--log", "plain", "--while-stdin", *more]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603
                [*command, *options],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, "RELTO_PASSPHRASE": passphrase},
            )

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def wait(self) -> None:
        """Return when it listens. Raises PeerUnreachable where it ended instead, with the last it said."""
        waited_since = time.monotonic()
        while b"serving " not in self._log.read_bytes():
            if self._process.poll() is not None or time.monotonic() - waited_since > _PATIENCE:
                said = self._log.read_text("utf-8", "replace").strip().splitlines()
                raise PeerUnreachable(f"a node did not begin to serve: {said[-1] if said else 'it said nothing'}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, in the middle of whatever it does (SIGKILL)."""
        self._process.kill()
        self.close()

    def close(self) -> None:
        """End it; what it is answering is answered first."""
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def __enter__(self) -> Served:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()
