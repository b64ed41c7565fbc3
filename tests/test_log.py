"""The log of a node that serves: one form for all that it says, and no more of it than can be read."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from relto.cli.served import free_address
from relto.serve.caught import caught
from relto.serve.sparing import MOST_AT_ONCE, MOST_OF_ALL, Sparing
from tests.ports import Ports, answer_of
from tests.serving import PASSPHRASE, until

SECRET = "Bearer very-secret"


class Told:
    """What a log was told."""

    def __init__(self) -> None:
        self.lines: list[dict[str, object]] = []

    def __call__(self, event: str, **fields: object) -> None:
        self.lines.append({"event": event, **fields})


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> Told:
    caplog.set_level(logging.INFO, "uvicorn.error")  # other tests of this process set uvicorn's loggers up otherwise
    for name in ("uvicorn", "uvicorn.error"):
        for what, value in (("propagate", True), ("handlers", []), ("disabled", False)):
            monkeypatch.setattr(logging.getLogger(name), what, value)
    return Told()


def test_what_libraries_say_is_a_line_without_what_was_put_into_it(told: Told) -> None:
    with caught(told):
        logging.getLogger("uvicorn.error").warning("Invalid %s received.\nmore", SECRET)
        logging.getLogger("uvicorn.error").info("nothing that anybody asked for")
    assert told.lines == [{"event": "server", "of": "uvicorn.error", "state": "Invalid %s received."}]


def test_what_fails_is_its_kind_and_its_place(told: Told, recwarn: pytest.WarningsRecorder) -> None:
    def fails() -> None:
        raise ValueError(SECRET)

    async def forgotten() -> None:
        fails()

    async def forgets() -> None:
        task = asyncio.ensure_future(forgotten())
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        del task

    with caught(told):
        try:
            fails()
        except ValueError:
            logging.getLogger("uvicorn.error").exception("Exception in ASGI application\n")
        thread = threading.Thread(target=fails, name="relto-x")
        thread.start()
        thread.join()
        asyncio.run(forgets())
        warnings.showwarning(UserWarning(SECRET), UserWarning, "/a/b/c.py", 7)
    assert [one["event"] for one in told.lines] == ["failed", "failed", "failed", "warning"]
    assert [one.get("of") for one in told.lines] == ["uvicorn.error", "relto-x", "asyncio", None]
    assert all(str(one["where"]).startswith("test_log.py:") for one in told.lines[:3])
    assert told.lines[3]["where"] == "c.py:7"
    assert SECRET not in str(told.lines)


def test_afterwards_all_is_as_it_was(told: Told) -> None:
    before = threading.excepthook, sys.unraisablehook, warnings.showwarning, list(logging.getLogger().handlers)
    with caught(told):
        assert threading.excepthook is not before[0]
    after = threading.excepthook, sys.unraisablehook, warnings.showwarning, list(logging.getLogger().handlers)
    assert after == before


def test_an_address_brings_about_so_many_lines_and_then_one_a_second(told: Told) -> None:
    ticks = [0.0]
    log = Sparing(told, lambda: ticks[0])
    for _ in range(MOST_AT_ONCE + 5):
        log.tell("192.0.2.1", "answered", status=404)
    assert len(told.lines) == MOST_AT_ONCE
    log.tell("192.0.2.2", "answered", status=404)
    assert len(told.lines) == MOST_AT_ONCE + 1  # another one is told of still
    ticks[0] = 1.0
    for _ in range(3):
        log.tell("192.0.2.1", "answered", status=404)
    assert len(told.lines) == MOST_AT_ONCE + 2


def test_all_addresses_together_have_a_limit_too(told: Told) -> None:
    log = Sparing(told, lambda: 0.0)
    for number in range(2 * MOST_OF_ALL):
        log.tell(f"2001:db8::{number:x}", "answered", status=404)
    assert len(told.lines) == MOST_OF_ALL


def test_how_many_were_left_out_is_told_every_ten_seconds_at_most(told: Told) -> None:
    ticks = [0.0]
    log = Sparing(told, lambda: ticks[0])
    for _ in range(MOST_AT_ONCE + 5):
        log("refused a connection")
    told.lines.clear()
    for at, expected in ((9.9, []), (10.0, [{"event": "lines left out", "count": 5}]), (30.0, [])):
        told.lines.clear()
        ticks[0] = at
        log.look()
        assert told.lines == expected


@contextmanager
def in_json(ports: Ports, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """JPN's node, served as an operator serves it: its log in JSON."""
    ports.served.close()
    ports.people = free_address()
    command = [
        sys.executable,
        "-c",
        "from relto.cli import main; main()",
        "node",
        "serve",
        str(ports.net.folder / "jpn"),
    ]
    options = ["--peers", ports.address("peers"), "--people", ports.people]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [*command, *options], stdout=said, stderr=said, env={**os.environ, "RELTO_PASSPHRASE": PASSPHRASE}
        )
        try:
            until(lambda: b'"serving"' in log.read_bytes())
            yield process
        finally:
            process.terminate()
            process.wait(20)


def test_every_line_of_a_serving_process_is_one_of_json_with_no_secret_and_no_flood(tmp_path: Path) -> None:
    ports, log = Ports(tmp_path), tmp_path / "log"
    try:
        with in_json(ports, log):
            secret = (
                b"GET /desk/calendar/very-secret\x00 HTTP/1.1\r\nhost: x\r\nauthorization: Bearer very-secret\r\n\r\n"
            )
            for port in ("peers", "people"):
                ports.first_said(port, secret)
                ports.said(port, b"GET /very-secret HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
                with ports.plain(port) as plain:
                    plain.sendall(secret)
            with ports.talking("people") as tls:
                tls.sendall(b"POST /v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n")
                tls.sendall(b"content-length: 30\r\n\r\n{")  # and hangs up
            with ports.talking("people") as tls:
                for _ in range(2 * MOST_AT_ONCE):
                    tls.sendall(b"GET /very-secret HTTP/1.1\r\nhost: x\r\n\r\n")
                    answer_of(tls)
        said = log.read_text("utf-8")
        lines = [json.loads(line) for line in said.splitlines()]
        assert all({"event", "timestamp", "party"} <= one.keys() for one in lines)
        assert {"serving", "refused a request", "answered", "received"} <= {one["event"] for one in lines}
        assert "very-secret" not in said
        assert sum(one["event"] == "answered" for one in lines) <= MOST_AT_ONCE + 60
    finally:
        ports.close()
