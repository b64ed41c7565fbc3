"""Desks: the people's ports of the cast's nodes, with the pages, over TLS on the loopback."""

from __future__ import annotations

import datetime
import html
import re
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import lxml.html
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from relto.adapters.keys import write_private
from relto.adapters.verifier import ProcessVerifier
from relto.compose import open_people
from relto.serve.api import create_api
from relto.serve.api.context import Context
from relto.serve.console import add_desk
from tests.office import PASSWORD, QUIET, copied_cast, populate, serving
from tests.test_node_setup import Cast


@cache
def _context() -> ssl.SSLContext:
    """A certificate of nobody, for the loopback."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    begin = datetime.datetime(2019, 1, 1, tzinfo=datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + datetime.timedelta(days=20_000))
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(made.public_bytes(serialization.Encoding.PEM))
        form = serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


@dataclass
class Desks:
    """The desks of KOR and JPN, and one client for each account that looks at them."""

    cast: Cast
    urls: Mapping[str, str]
    contexts: Mapping[str, Context] = field(default_factory=dict)
    clients: dict[tuple[str, str], httpx2.Client] = field(default_factory=dict)

    def client(self, party: str, account: str = "") -> httpx2.Client:
        """A client that keeps its cookies, as a browser does; signed in where an account is named."""
        if (party, account) not in self.clients:
            client = httpx2.Client(base_url=self.urls[party], verify=False, trust_env=False, timeout=30)
            if account:
                answer = client.post("/desk/sign-in", data={"account": account, "password": PASSWORD})
                assert answer.status_code == 303, answer.text
            self.clients[party, account] = client
        return self.clients[party, account]


@contextmanager
def desks(folder: Path) -> Iterator[Desks]:
    """Both desks, with people of the same names at each."""
    cast = copied_cast(folder)
    with ExitStack() as open_now:
        urls, contexts = {}, {}
        for party in ("KOR", "JPN"):
            people = open_people(folder / party)
            open_now.callback(people.close)
            if party != "KOR":
                populate(people)
            app = create_api(cast.nodes[party], people, QUIET)
            context = contexts[party] = app.state.context
            verifier = ProcessVerifier(folder / party, context.now, write_private)
            context.verifier = open_now.enter_context(verifier)
            add_desk(app, context)
            urls[party] = open_now.enter_context(serving(app, _context()))
        made = Desks(cast, urls, contexts)
        yield made
        for client in made.clients.values():
            client.close()
    for node in cast.nodes.values():
        node.store.close()


def csrf(page: httpx2.Response) -> str:
    """What the forms of a page bring along."""
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def _forms(page: httpx2.Response) -> list[Any]:
    whole = lxml.html.fromstring(page.text)
    assert isinstance(whole, lxml.html.HtmlElement)
    return list(whole.forms)


def form(page: httpx2.Response, action: str, button: str = "") -> dict[str, str]:
    """What a browser sends of the form with this action, and this button, as it stands."""
    for one in _forms(page):
        does = {node.get("value", "") for node in one.iter("button") if node.get("name") == "do"}
        if str(one.action).endswith(action) and (not button or button in does):
            fields = {str(key): str(value or "") for key, value in one.form_values()}
            return {**fields, **({"do": button} if button else {})}
    raise AssertionError(f"no form {action} {button}")


def has_form(page: httpx2.Response, action: str) -> bool:
    """Whether a page has a form with this action."""
    return any(str(one.action).endswith(action) for one in _forms(page))


def text_of(page: httpx2.Response) -> str:
    """What the main part of a page says, a space for each tag."""
    main = page.text.partition('<main id="main">')[2].partition("</main>")[0]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main)))


def again(made: Desks, party: str, account: str) -> httpx2.Client:
    """The same account signed in anew: its session has ended meanwhile."""
    if (party, account) in made.clients:
        made.clients.pop((party, account)).close()
    return made.client(party, account)
