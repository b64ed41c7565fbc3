"""An office: one of the cast's nodes with its people, their interface served by a real uvicorn on loopback."""

from __future__ import annotations

import atexit
import shutil
import ssl
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from relto.adapters.clock import ReplayClock
from relto.adapters.people import LIGHT_COST, Passwords, SqlitePeople
from relto.compose import open_node, open_people, wire
from relto.node import Node
from relto.node.people import Account, Role
from relto.serve.api import ApiSettings, create_api
from relto.serve.log import Log, silent
from tests.test_node_setup import PASSPHRASE, Cast, at

PASSWORD = "correct horse battery staple"
PEOPLE: dict[str, tuple[Role, ...]] = {
    "kim-desk": ("desk-officer",),
    "lee-authority": ("releasing-authority",),
    "han-authority": ("releasing-authority",),
    "choi-security": ("security-officer",),
    "park-analyst": ("analyst",),
    "jung-operator": ("operator",),
    "yoon-auditor": ("auditor",),
}
NOVEMBER = at("2019-11-18T09:00+09:00")
QUIET = ApiSettings(logins_a_minute=1000)


def populate(people: SqlitePeople) -> None:
    """One account for each role, two for the releasing authority."""
    for name, roles in PEOPLE.items():
        people.add_account(Account(name, name.title(), roles), PASSWORD, by="console:test", at=NOVEMBER)


class WithCertificate:
    """What the server does for a connection with a client certificate: its DER is in the scope's state."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.der: bytes | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope.setdefault("state", {})["peer_certificate"] = self.der
        await self.app(scope, receive, send)


@dataclass
class Office:
    """The office of KOR in November 2019, while the pact is in force."""

    cast: Cast
    people: SqlitePeople
    url: str = ""
    port: WithCertificate | None = None
    tokens: dict[str, str] = field(default_factory=dict)
    client: httpx2.Client = field(default_factory=lambda: httpx2.Client(trust_env=False, verify=False, timeout=30))

    @property
    def node(self) -> Node:
        return self.cast.kor

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """Ask as nobody in particular; headers and bodies as given."""
        self.client.cookies.clear()
        return self.client.request(method, f"{self.url}{path}", **more)

    def login(self, account: str, *, kind: str = "bearer", password: str = PASSWORD) -> httpx2.Response:
        return self.ask("POST", "/v1/session", json={"account": account, "password": password, "kind": kind})

    def as_(self, account: str, method: str, path: str, body: Any = None, *, step_up: bool = False) -> httpx2.Response:
        """Ask as a program that `account` has signed in, stepped up first where it says so."""
        if account not in self.tokens:
            self.tokens[account] = self.login(account).json()["token"]
        if step_up:
            told = self.ask(
                "POST", "/v1/session/step-up", json={"password": PASSWORD}, headers=self.bearer(account)
            ).json()
            self.tokens[account] = told["token"]
        more: dict[str, Any] = {} if body is None else {"json": body}
        return self.ask(method, path, headers=self.bearer(account), **more)

    def bearer(self, account: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[account]}"}


@contextmanager
def serving(app: ASGIApp, tls: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve an application on a port of loopback, under TLS where a context is given; its address."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="critical",
        lifespan="off",
        access_log=False,
        ssl_context_factory=None if tls is None else lambda _config, _default: tls,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    try:
        scheme = "http" if tls is None else "https"
        yield f"{scheme}://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@cache
def _made_once() -> Path:
    """The folder of a cast with the pact in force and people at KOR, to be copied: making keys takes long."""
    folder = Path(tempfile.mkdtemp(prefix="relto-office-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cast = Cast(folder)
    cast.enter_into_force()
    people = open_people(folder / "KOR")
    populate(people)
    people.close()
    for node in cast.nodes.values():
        node.store.close()
    return folder


def copied_cast(folder: Path) -> Cast:
    """A cast of its own in `folder`, in November 2019, the pact in force."""
    shutil.copytree(_made_once(), folder, dirs_exist_ok=True)
    cast = object.__new__(Cast)
    cast.folder, cast.clock = folder, ReplayClock(NOVEMBER)
    cast.nodes = {party: open_node(folder / party, PASSPHRASE, clock=cast.clock) for party in ("KOR", "JPN", "USA")}
    cast.link = wire(cast.nodes.values())
    return cast


@contextmanager
def office(
    folder: Path,
    settings: ApiSettings | None = None,
    change: Callable[[Node], None] = lambda node: None,
    log: Log = silent,
    party: str = "KOR",
) -> Iterator[Office]:
    """An office with its people, served: that of the first, or of another `party`, with people of the same names."""
    cast = copied_cast(folder)
    node = cast.nodes[party]
    change(node)
    people = open_people(folder / party)
    if party != "KOR":
        populate(people)
    made = Office(cast, people)
    made.port = WithCertificate(create_api(node, people, settings or QUIET, log))
    with serving(made.port) as made.url:
        yield made
        made.client.close()
    people.close()
    for node in cast.nodes.values():
        node.store.close()


def fresh_people(path: Path) -> SqlitePeople:
    """People of nobody's node, at the light cost."""
    return SqlitePeople(path, Passwords(LIGHT_COST))
