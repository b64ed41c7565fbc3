"""Nodes over HTTP with mutual TLS: what arrives, what survives a process's end, and what is refused at the door."""

from __future__ import annotations

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import NameOID

from relto.adapters.http import HttpLink, client_context
from relto.adapters.keys.certificate import make_certificate, make_tls_key
from relto.core.errors import InputError, PeerUnreachable, ReltoError, VerificationFailed
from relto.core.timeline import parse_instant
from relto.node import Card, Node, dispatch_pending, release, verify
from relto.node.framing import read_answers, write_batch
from relto.node.mirroring import mirror
from tests.serving import Network, bare_context, network, until

ITEM = "msl-2019-10-31"
TODAY = parse_instant("2026-01-01T00:00Z")


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network() as made:
        yield made


def sent(net: Network, item: str = ITEM) -> bytes:
    """The bytes of a transmittal from KOR to JPN that was delivered."""
    node = net.nodes["KOR"]
    delivery = release(node, node.base.item(item), "JPN")
    assert delivery.state == "done", delivery
    return delivery.row.message


def held(node: Node) -> int:
    with node.store.read() as reading:
        return len(reading.holdings())


def test_a_release_arrives_and_its_receipt_comes_back_over_tls(net: Network) -> None:
    before = held(net.nodes["JPN"])
    sent(net)
    assert held(net.nodes["JPN"]) == before + 1
    assert "transmittal" in net.log("JPN")
    for party in ("KOR", "JPN"):
        assert verify(net.nodes[party]).holds


def test_the_hashes_of_a_peers_ledger_come_over_tls_and_lead_to_the_head_it_signs(net: Network) -> None:
    sent(net)
    node = net.nodes["KOR"]
    assert mirror(node, "JPN") > 0
    with node.store.read() as reading, net.nodes["JPN"].store.read() as theirs:
        kept = list(reading.mirrored("JPN"))
        assert kept == list(theirs.leaf_hashes(0))[: len(kept)]
    until(lambda: "hashes" in net.log("JPN"))
    with net.client("KOR", "JPN") as client:
        answer = client.post("/v1/messages/hashes", content=b"from nowhere")
    assert (answer.status_code, "from SIZE" in answer.json()["detail"]) == (400, True)


def test_the_same_transmittal_a_thousand_times_over_the_wire_is_one_holding_and_one_receipt(net: Network) -> None:
    message = sent(net)
    before = held(net.nodes["JPN"])
    with net.client("KOR", "JPN") as client:
        replies = {client.post("/v1/messages/transmittal", content=message).content for _ in range(1000)}
    assert len(replies) == 1
    assert held(net.nodes["JPN"]) == before


def test_a_batch_over_the_wire_is_answered_message_by_message(net: Network) -> None:
    message = sent(net)
    before = held(net.nodes["JPN"])
    batch = write_batch([("transmittal", message), ("gossip", b""), ("transmittal", message)])
    with net.client("KOR", "JPN") as client:
        answer = client.post("/v1/batch", content=batch)
        alone = client.post("/v1/messages/transmittal", content=message)
    first, second, third = read_answers(answer.content, 3)
    assert first == third == (True, alone.content)
    assert (second[0], json.loads(second[1])["code"]) == (False, 2)
    assert held(net.nodes["JPN"]) == before
    assert "kind=gossip" in net.log("JPN")
    with net.client("USA", "JPN") as client:
        answers = read_answers(client.post("/v1/batch", content=batch).content, 3)
    assert [json.loads(data)["code"] for answered, data in answers if not answered] == [5, 2, 5]


@pytest.mark.parametrize("body", [b"", b"relto/batch/1\n", b"relto/batch/2\n", write_batch([("recall", b"x")])[:-1]])
def test_what_is_no_batch_is_refused_in_a_line(net: Network, body: bytes) -> None:
    with net.client("KOR", "JPN") as client:
        answer = client.post("/v1/batch", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, 2)


def test_the_hubs_process_passes_on_what_only_goes_through_it(net: Network) -> None:
    node, before = net.nodes["KOR"], held(net.nodes["JPN"])
    assert release(node, node.base.item(ITEM), "JPN", via=("USA",)).state == "done"
    until(lambda: held(net.nodes["JPN"]) == before + 1)


def test_what_another_party_signed_is_not_taken_from_this_one(net: Network) -> None:
    message = sent(net)
    with net.client("USA", "JPN") as client:
        answer = client.post("/v1/messages/transmittal", content=message)
    assert (answer.status_code, answer.json()["code"]) == (422, 5)
    assert "not known here" in net.log("JPN")


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("gossip", b"", 400),
        ("transmittal", b"", 422),
        ("transmittal", b"eyJhbGciOiJub25lIn0.e30.\nx", 422),
        ("instrument", b"eyJhbGciOiJub25lIn0.e30.", 422),
        ("instrument", "소식".encode(), 422),
        ("recall", b"a.b.c", 422),
        ("compromise", b"\x00" * 70_000, 400),
    ],
)
def test_what_is_no_message_is_refused_in_a_line_and_logged(net: Network, kind: str, body: bytes, status: int) -> None:
    before = len(net.log("JPN"))
    with net.client("KOR", "JPN") as client:
        answer = client.post(f"/v1/messages/{kind}", content=body)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] in (2, 5)
    assert f"kind={kind}" in net.log("JPN")[before:]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/messages/transmittal", 405),
        ("GET", "/v1/messages/../../node.toml", 404),
        ("GET", "/keys/card.json", 404),
        ("POST", "/v1/messages/%2e%2e%2fnode.db", 404),
        ("POST", "/v1/messages/", 404),
    ],
)
def test_there_is_nothing_else_to_find_on_the_peers_port(net: Network, method: str, path: str, status: int) -> None:
    with net.client("KOR", "JPN") as client:
        assert client.request(method, path).status_code == status


def test_more_than_a_node_takes_is_refused_before_it_is_read(net: Network) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * (1 << 16)

    with net.client("KOR", "JPN") as client:
        try:
            answer = client.post("/v1/messages/transmittal", content=endless())
        except httpx2.HTTPError:  # the server hangs up while we still talk
            pass
        else:
            assert answer.status_code == 400
    until(lambda: "too long" in net.log("JPN"))


_CHUNKED = b"POST /v1/batch HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n1"


@pytest.mark.parametrize(
    ("opening", "more"),
    [
        (b"GET /", b"x"),
        (b"GET / HTTP/1.1\r\n", b"x-y: " + b"z" * 1000 + b"\r\n"),
        (b"GET / HTTP/1.1\r\nx", b"-"),
        (_CHUNKED + b";", b"e"),
        (_CHUNKED + b"\r\nx\r\n0\r\n", b"x-y: " + b"z" * 1000 + b"\r\n"),
    ],
    ids=["address", "headers", "name", "chunk", "trailers"],
)
def test_a_head_without_end_is_hung_up_on(net: Network, opening: bytes, more: bytes) -> None:
    most, sent = 32 << 20, 0  # more than two kernels hold between them
    with talking(net, client_context(net.keys("KOR"), net.card("JPN"))) as tls:
        tls.sendall(opening)
        with suppress(ConnectionError, ssl.SSLError):
            while sent < most:
                sent += tls.send(more * (20_000 // len(more)))
    assert sent < most
    with net.client("KOR", "JPN") as client:
        assert client.get("/v1/messages/x").status_code == 405


@contextmanager
def talking(net: Network, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    """A connection with this context to JPN's node."""
    host, _, port = net.card("JPN").address.rpartition(":")
    with (
        socket.create_connection((host, int(port)), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as tls,
    ):
        yield tls


def connected(net: Network, context: ssl.SSLContext) -> bytes:
    """What JPN's node answers to a message over a connection with this context."""
    with talking(net, context) as tls:
        tls.sendall(b"GET /v1/messages/x HTTP/1.1\r\nhost: x\r\n\r\n")
        return tls.recv(4096)


def issued(net: Network, by: str, party: str, folder: Path) -> ssl.SSLContext:
    """A context that shows a certificate in the name of `party`, signed with the TLS key of `by`'s pinned one."""
    path, secret = net.keys(by).tls_key()
    signer = load_pem_private_key(path.read_bytes(), secret)
    assert isinstance(signer, EllipticCurvePrivateKey)
    issuer = x509.load_der_x509_certificate(net.card(by).certificate)
    key = make_tls_key()
    now = datetime.now(UTC)  # noqa: TID251 -- TLS goes by the machine's clock
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"relto node of {party}")])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(issuer.subject).public_key(key.public_key())
    certificate = (
        builder.serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
        .sign(signer, SHA256())
    )
    return _shown(certificate.public_bytes(Encoding.PEM) + issuer.public_bytes(Encoding.PEM), key, folder)


def self_signed(party: str, folder: Path, at: str = "2026-01-01T00:00Z") -> ssl.SSLContext:
    key = make_tls_key()
    der = make_certificate(party, key, parse_instant(at))
    return _shown(ssl.DER_cert_to_PEM_cert(der).encode("ascii"), key, folder)


def _shown(chain: bytes, key: EllipticCurvePrivateKey, folder: Path) -> ssl.SSLContext:
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    context = bare_context()
    context.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    return context


def test_a_certificate_that_is_not_pinned_is_refused_and_logged(net: Network, tmp_path: Path) -> None:
    attackers = {
        "none at all": bare_context(),
        "self-signed, in a party's name": self_signed("KOR", tmp_path),
        "signed with the key of a pinned one": issued(net, "KOR", "KOR", tmp_path),
    }
    for name, context in attackers.items():
        before = net.log("JPN").count("refused a connection")
        try:
            answer = connected(net, context)
        except (ssl.SSLError, ConnectionError):  # in TLS 1.3 a client learns of it when it reads
            answer = b""
        assert answer == b"", name
        until(lambda before=before: net.log("JPN").count("refused a connection") == before + 1)  # type: ignore[misc]


def test_an_older_tls_or_none_is_refused(net: Network) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        connected(net, bare_context(version=ssl.TLSVersion.TLSv1_2))
    host, _, port = net.card("JPN").address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as plain:
        plain.sendall(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        answer = plain.recv(4096)
    assert not answer.startswith(b"HTTP/")


def test_a_server_that_does_not_show_the_pinned_certificate_gets_nothing(net: Network) -> None:
    """Wrong pin: the address of JPN's card, but USA's node answers there."""
    wrong = replace(net.card("JPN"), address=net.card("USA").address)
    link = HttpLink(net.keys("KOR"), {"JPN": wrong}.get)
    with pytest.raises(PeerUnreachable, match="verify failed"):
        link.exchange("JPN", "transmittal", b"secret")
    link.close()


def test_an_address_comes_from_a_card_that_its_party_signed_alone(net: Network) -> None:
    card = net.card("JPN")
    moved = replace(card, address="169.254.169.254:80")
    with pytest.raises(VerificationFailed, match="not signed by `JPN`"):
        Card.from_bytes(moved.to_bytes())
    for address in ("http://x:80", "x", "x:0", "x:99999", "X:80", "a/b:80", "[::1]", "user@x:80", "x:80/"):
        with pytest.raises(InputError):
            Card.from_bytes(replace(card, address=address).signed(net.keys("JPN").signing()).to_bytes())


def test_a_card_once_pinned_is_not_replaced_by_one_without_its_partys_signature(net: Network) -> None:
    bare = Card("JPN", net.card("JPN").signing, net.card("JPN").wrapping)
    with pytest.raises(ReltoError, match="another card of `JPN` is pinned"):
        net.keys("KOR").pin(bare)


def test_a_peer_that_was_down_gets_what_was_queued_meanwhile_from_the_pump() -> None:
    with network("KOR", "JPN") as net:
        net.served["JPN"].kill()
        node = net.nodes["KOR"]
        delivery = release(node, node.base.item(ITEM), "JPN")
        assert (delivery.state, held(net.nodes["JPN"])) == ("queued", 0)
        net.start("JPN")
        until(lambda: held(net.nodes["JPN"]) == 1)
        until(lambda: not _queued(node))


def test_what_was_queued_in_time_is_not_sent_after_the_lapse() -> None:
    """Decided again at the moment of sending, by the process that serves, and by the one that receives."""
    with network("KOR", "JPN", lapses=True) as net:
        net.served["JPN"].kill()
        node = net.nodes["KOR"]
        assert release(node, node.base.item(ITEM), "JPN").state == "queued"
        net.set_clock(parse_instant("2019-11-22T15:00:00Z"))
        net.start("JPN")
        until(lambda: not _queued(node))
        with node.store.read() as reading:
            rows = [(row.kind, row.state) for row in reading.outbox()]
            leaves = [leaf.kind for leaf in reading.leaves()]
        # the recall tells a recipient who may have it after all, its receipt being lost, that it was not to be had
        assert rows == [("transmittal", "refused"), ("recall", "done")]
        assert leaves[:2] == ["submission", "consignment"]  # what was tried in time
        assert set(leaves[2:]) == {"refusal"}
        assert held(net.nodes["JPN"]) == 0


def test_two_who_send_at_once_send_each_message_once(net: Network) -> None:
    node = net.nodes["KOR"]
    sent(net)
    assert dispatch_pending(node) == []
    with node.store.read() as reading:
        leaves = [leaf for leaf in reading.leaves() if leaf.kind == "consignment"]
        sent_once = {leaf.subject for leaf in leaves}
    assert len(leaves) == len(sent_once)
    assert verify(node).holds


def _queued(node: Node) -> bool:
    with node.store.read() as reading:
        return bool(reading.queued_peers())
