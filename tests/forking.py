"""`relto` as it runs in a process of its own that is forked from one that has read the program: to start Python and to
read the program takes most of what most commands take."""

from __future__ import annotations

import gc
import json
import os
import pkgutil
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import relto
from relto.cli import main

_ASKS = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as asks:
    asks.connect({address!r})
    socket.send_fds(asks, [b"0"], [0, 1, 2])
    asks.sendall(json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode())
    asks.shutdown(socket.SHUT_WR)
    sys.exit(asks.recv(1)[0])
"""


@contextmanager
def forked_relto(folder: Path) -> Iterator[Path]:
    """A folder to put first in PATH: the `relto` in it has its arguments, its files, its folder and its environment
    taken over by a process that is forked for it, and ends as that does."""
    address, program = str(folder / "asked"), folder / "relto"
    program.write_text(_ASKS.format(python=sys.executable, address=address), encoding="utf-8")
    program.chmod(0o755)
    with socket.socket(socket.AF_UNIX) as listens:
        listens.bind(address)
        listens.listen()
        command = [sys.executable, "-m", __name__, str(listens.fileno())]
        serves = subprocess.Popen(command, cwd=Path(__file__).parent.parent, pass_fds=[listens.fileno()])
    try:
        yield folder
    finally:
        serves.terminate()
        serves.wait()


def _serve(listens: socket.socket) -> None:
    for found in pkgutil.walk_packages(relto.__path__, "relto."):
        if not found.name.endswith(".__main__") and ".migrations." not in found.name:  # those run as they are read
            with suppress(ImportError):  # the parts in C may be left out
                import_module(found.name)
    gc.collect()
    gc.freeze()
    while True:
        asked, _ = listens.accept()
        if os.fork() == 0:
            listens.close()
            _answer(asked)
            os._exit(0)
        asked.close()
        while _reaped():
            pass


def _reaped() -> bool:
    try:
        return os.waitpid(-1, os.WNOHANG) != (0, 0)
    except ChildProcessError:
        return False


def _end(does: Callable[[], None]) -> NoReturn:
    """Do it and end, without what Python does for each module that was read."""
    code = 1
    try:
        does()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def _answer(asked: socket.socket) -> None:
    _, files, _, _ = socket.recv_fds(asked, 1, 3)
    with asked.makefile("rb") as said:
        argv, folder, environment = json.load(said)
    runs = os.fork()
    if runs == 0:
        asked.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        sys.stdin, sys.stdout = os.fdopen(0, closefd=False), os.fdopen(1, "w", closefd=False)
        sys.stderr = os.fdopen(2, "w", 1, errors="backslashreplace", closefd=False)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.argv[:] = argv
        _end(main)
    asked.sendall(bytes([os.waitstatus_to_exitcode(os.waitpid(runs, 0)[1])]))


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as found:
        _serve(found)
