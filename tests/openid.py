"""An OpenID provider in a process of its own on the loopback (`openid_process.py`), as the tests reach it."""

from __future__ import annotations

import ssl
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx2

CLIENT = "relto-node"
SECRET = "a client's secret: 100% & more"
BACK = "https://127.0.0.1:1/v1/oidc/callback"
"""Where the browser is sent back to; the test's browser takes the query to where the node listens."""


class Openid:
    """The process, until it is closed; it ends with us even if we are killed."""

    def __init__(self, certificate: Path, authority: Path, port: int = 0) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.openid_process", str(certificate), str(port), CLIENT, SECRET, BACK],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=Path(__file__).parent.parent,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        self.issuer = f"https://127.0.0.1:{self.port}"
        self.authority = authority

    def amiss(self, **how: Any) -> None:
        """Do this wrong from now on, and nothing else."""
        self._post("amiss", how)

    def rotate(self) -> None:
        """Sign with new keys, and publish these alone."""
        self._post("rotate", {})

    def said(self) -> list[str]:
        """Why it took no code, each time that it took none."""
        return list(self._post("said", {})["said"])

    def client(self) -> httpx2.Client:
        """A client that trusts it."""
        context = ssl.create_default_context(cafile=str(self.authority))
        return httpx2.Client(base_url=self.issuer, verify=context, trust_env=False, timeout=30)

    def _post(self, path: str, value: Any) -> Any:
        with self.client() as client:
            return client.post(f"/{path}", json=value).raise_for_status().json()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        for end in (self._process.stdin, self._process.stdout):
            assert end is not None
            end.close()

    def __enter__(self) -> Openid:
        return self

    def __exit__(self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self.close()
