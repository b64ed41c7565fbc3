"""Attacks on nodes that are served by processes of their own, over TLS: each refused, with a line in the log and, where
anybody known has signed something, evidence in the ledger. `docs/attacks.md` lists them all."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from relto.adapters.clock import FolderClock
from relto.adapters.http import PeerContexts
from relto.adapters.keys import FileKeys
from relto.adapters.keys.certificate import make_certificate
from relto.compose import CLOCK
from relto.core.agreement import Instrument
from relto.core.errors import PeerUnreachable, Refused, VerificationFailed
from relto.core.evidence import sign_evidence
from relto.core.timeline import Instant, Stamp, parse_instant
from relto.node import ActRefused, Card, Delivery, Node, dispatch_pending, forward, release, verify
from relto.node.statements import statement
from relto.node.transmittal import ID_BYTES, Terms, new_id, unpack
from tests.authority import Authority
from tests.impostor import impostor
from tests.serving import NOON, Network, bare_context, network, until
from tests.test_node_agree import signed_by

ITEM = "msl-2019-10-31"
LAPSE = parse_instant("2019-11-23T00:00+09:00")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def net(authority: Authority) -> Iterator[Network]:
    """Three nodes on a machine that trusts an authority, as machines do; the notice of 2019 takes its course."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(authority.file)
    try:
        with network(lapses=True) as made:
            yield made
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before


def give(net: Network, to: str = "JPN") -> Delivery:
    """A release by KOR."""
    node = net.nodes["KOR"]
    return release(node, node.base.item(ITEM), to)


def held(node: Node) -> int:
    with node.store.read() as reading:
        return len(reading.holdings())


def leaves(node: Node) -> list[tuple[str, str]]:
    """The evidence in a node's ledger: of what kind, signed by whom."""
    with node.store.read() as reading:
        return [(one.kind, one.signer) for one in reading.leaves()]


def sent(net: Network, sender: str, to: str, kind: str, message: bytes) -> tuple[int, bytes]:
    """What the node of `to` answers to a message over the connection of `sender`."""
    with net.client(sender, to) as client:
        answer = client.post(f"/v1/messages/{kind}", content=message)
    return answer.status_code, answer.content


def refused_unsigned(net: Network, sender: str, to: str, kind: str, message: bytes, says: str) -> None:
    """Not even entered: an error, a line in the log, the ledger as it was."""
    before, log = leaves(net.nodes[to]), len(net.log(to))
    status, answer = sent(net, sender, to, kind, message)
    assert (status, says in answer.decode()) == (422, True), answer
    assert f"kind={kind}" in net.log(to)[log:]
    assert leaves(net.nodes[to]) == before


def refused_by_evidence(net: Network, sender: str, to: str, kind: str, message: bytes, says: str) -> None:
    """Refused by a signed statement, in the ledger beside what was sent; the log names it."""
    before, log = held(net.nodes[to]), len(net.log(to))
    status, answer = sent(net, sender, to, kind, message)
    found = statement(answer.decode())
    assert (status, found.kind, found.party) == (200, "refusal", to)
    assert says in str(found.says)
    assert leaves(net.nodes[to])[-1] == ("refusal", to)
    assert "refused, evidence sha256:" in net.log(to)[log:]
    assert held(net.nodes[to]) == before
    assert verify(net.nodes[to]).holds


class TestConnections:
    """Whoever does not show the pinned certificate gets no connection, whatever else vouches for it."""

    def shown(self, net: Network, to: str, context: ssl.SSLContext, says: str) -> None:
        host, _, port = net.card(to).address.rpartition(":")
        log = len(net.log(to))
        try:
            with (
                socket.create_connection((host, int(port)), timeout=10) as plain,
                context.wrap_socket(plain) as tls,
            ):
                tls.sendall(b"GET /v1/messages/x HTTP/1.1\r\nhost: x\r\n\r\n")
                answer = tls.recv(4096)
        except (ssl.SSLError, ConnectionError):  # in TLS 1.3 a client learns of it when it reads
            answer = b""
        assert answer == b""
        until(lambda: "refused a connection" in net.log(to)[log:])
        assert says in net.log(to)[log:]

    def test_a_wrong_pin_with_a_valid_authority(self, net: Network, authority: Authority) -> None:
        """Both ways: a caller in KOR's name, and a server in JPN's place, with certificates that the machine trusts."""
        context = bare_context()
        context.load_cert_chain(authority.person("relto node of KOR")[0])
        self.shown(net, "JPN", context, "verify")
        net.served["JPN"].close()
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.load_cert_chain(authority.server("relto node of JPN"))
        log = len(net.log("KOR"))
        with impostor(net.card("JPN").address, server, [b"{}"]) as got:
            delivery = give(net)
            assert (delivery.state, isinstance(delivery.error, PeerUnreachable)) == ("queued", True)
            assert "verify failed" in delivery.row.last_error
            until(lambda: "verify failed" in net.log("KOR")[log:])
            assert got == []
        net.start("JPN")
        assert dispatch_until_done(net.nodes["KOR"])

    def test_a_downgrade_to_an_older_tls(self, net: Network) -> None:
        self.shown(net, "JPN", bare_context(version=ssl.TLSVersion.TLSv1_2), "protocol")

    def test_an_expired_certificate(self) -> None:
        """The very certificate that is pinned, of the right key, but over: a client's."""
        with network("KOR", "JPN") as net:
            keys = net.keys("KOR")
            expired = expired_card(keys)
            net.keys("JPN").pin(expired)
            (net.folder / "kor" / "keys" / "card.json").write_bytes(expired.to_bytes())
            keys._read_again()
            net.served["JPN"].close()
            net.start("JPN")  # knows the expired one alone
            log = len(net.log("JPN"))
            delivery = give(net)
            assert (delivery.state, held(net.nodes["JPN"])) == ("queued", 0)
            until(lambda: "certificate has expired" in net.log("JPN")[log:])

    def test_an_expired_certificate_of_a_server(self) -> None:
        """The one that is pinned for it, but over: nothing is sent there."""
        with network("KOR", "JPN") as net:
            expired = expired_card(net.keys("JPN"))
            net.served["JPN"].close()
            (net.folder / "jpn" / "keys" / "card.json").write_bytes(expired.to_bytes())
            net.keys("KOR").pin(expired)
            net.start("JPN")
            log = len(net.log("JPN"))
            delivery = give(net)
            assert (delivery.state, held(net.nodes["JPN"])) == ("queued", 0)
            until(lambda: "alert_certificate_expired" in net.log("JPN")[log:])


def expired_card(keys: FileKeys) -> Card:
    """The card of these keys with a certificate, of the same TLS key, that is over."""
    path, secret = keys.tls_key()
    key = load_pem_private_key(path.read_bytes(), secret)
    assert isinstance(key, EllipticCurvePrivateKey)
    old = make_certificate(keys.own.party, key, parse_instant("2026-01-01T00:00Z"), timedelta(days=-1))
    return replace(keys.own, certificate=old).signed(keys.signing())


def dispatch_until_done(node: Node) -> bool:
    """Send what is queued, and wait until nothing is."""

    def none_queued() -> bool:
        dispatch_pending(node)
        with node.store.read() as reading:
            return not reading.queued_peers()

    until(none_queued)
    return True


class TestMessages:
    """What a pinned peer sends, and should not."""

    @pytest.mark.parametrize("kind", ["transmittal", "instrument", "recall", "compromise"])
    def test_an_unsigned_message(self, net: Network, kind: str) -> None:
        """`alg=none`, and a signature by a key that nobody has pinned."""
        genuine = give(net).row.message.split(b"\n")[0].decode()
        header, claims, _ = genuine.split(".")[:3]
        none = f"eyJhbGciOiJub25lIn0.{claims}.".encode()
        stranger = sign_evidence(statement(genuine), replace(net.keys("KOR").signing(), raw=bytes(range(32)))).encode()
        for message in (none, stranger, f"{header}.{claims}.".encode()):
            refused_unsigned(net, "KOR", "JPN", kind, message + b"\nx" * (kind == "transmittal"), "")

    def test_a_replayed_transmittal(self, net: Network) -> None:
        """To the same party: the same receipt, no second holding. To another, or by another: not even entered."""
        message = give(net).row.message
        before = (held(net.nodes["JPN"]), leaves(net.nodes["JPN"]))
        first, second = (sent(net, "KOR", "JPN", "transmittal", message) for _ in range(2))
        assert first == second
        assert statement(first[1].decode()).kind == "receipt"
        assert (held(net.nodes["JPN"]), leaves(net.nodes["JPN"])) == before
        refused_unsigned(net, "KOR", "USA", "transmittal", message, "no transmittal to `USA`")
        refused_unsigned(net, "USA", "JPN", "transmittal", message, "not known here")

    def test_an_item_changed_on_its_way(self, net: Network) -> None:
        message = bytearray(unsent(net))
        message[-1] ^= 1
        refused_by_evidence(net, "KOR", "JPN", "transmittal", bytes(message), "")

    def test_an_instrument_by_the_wrong_party(self, net: Network) -> None:
        notice = instrument("n77", "termination-notice", "JPN", NOON)
        refused_by_evidence(
            net, "KOR", "JPN", "instrument", signed_by(net.nodes["KOR"], notice, str(NOON)), "`KOR` signed"
        )

    def test_a_backdated_instrument(self) -> None:
        """A suspension that says it came in time, brought when the pact has lapsed, revives nothing."""
        suspension = instrument("n88", "suspension", "KOR", parse_instant("2019-11-22T17:30+09:00"), "n001")
        with network("KOR", "JPN", lapses=True) as late:
            late.set_clock(LAPSE)
            own = signed_by(late.nodes["KOR"], suspension, "2019-11-22T17:30+09:00")
            refused_by_evidence(late, "KOR", "JPN", "instrument", own, "no longer has that effect")
            dossier = late.nodes["JPN"].read_dossier()
            assert dossier.standing("kor-jpn-2016", LAPSE, reading="JPN").state == "lapsed"

    def test_a_relay_without_consent(self, net: Network) -> None:
        """The hub's own node refuses; and where the hub forges what its node would not make, the recipient does."""
        assert give(net, "USA").state == "done"
        usa = net.nodes["USA"]
        with usa.store.read() as reading:
            holding = reading.holdings()[-1].id
        with pytest.raises(ActRefused, match="KOR has not consented"):
            forward(usa, holding, "JPN")
        assert leaves(usa)[-1] == ("refusal", "USA")
        signed, sealed = unpack(unsent(net))
        genuine = statement(signed)
        terms = Terms("forward", "JPN").to_json()
        claimed = replace(genuine, kind="relay", party="USA", to="JPN", says={**genuine.says, "terms": terms})
        message = sign_evidence(claimed, net.keys("USA").signing()).encode() + b"\n" + sealed
        refused_by_evidence(net, "USA", "JPN", "transmittal", message, "third-party")


def unsent(net: Network) -> bytes:
    """A transmittal of KOR's to JPN, well signed and sealed, that has not been seen before."""
    signed, sealed = unpack(give(net).row.message)
    fresh = replace(statement(signed), transmittal=new_id(statement(signed).at, os.urandom(ID_BYTES)))
    return sign_evidence(fresh, net.keys("KOR").signing()).encode() + b"\n" + sealed


def instrument(name: str, kind: str, by: str, at: Instant, *targets: str) -> Instrument:
    return Instrument(name, kind, (by,), Stamp(at, "instant", "Asia/Seoul"), at, targets=targets)  # type: ignore[arg-type]


class TestReceipts:
    """A dishonest peer, with its own keys and certificate, answers with what is no receipt for this item."""

    def test_a_forged_receipt_and_one_for_another_item(self, net: Network) -> None:
        node, keys = net.nodes["KOR"], net.keys("JPN")
        genuine = give(net).answer
        assert genuine is not None
        answers = [
            sign_evidence(genuine, keys.signing()),  # good, but for the item before
            sign_evidence(genuine, replace(keys.signing(), raw=bytes(range(32)))),
            sign_evidence(replace(genuine, party="USA"), net.keys("USA").signing()),
        ]
        net.served["JPN"].close()
        context = PeerContexts(keys, lambda _: None).context
        receipts = leaves(node).count(("receipt", "JPN"))
        told: list[bytes] = []
        with impostor(net.card("JPN").address, context, told) as got:
            for answer in answers:
                told.append(answer.encode())
                log = len(net.log("KOR"))
                delivery = give(net)
                assert (delivery.state, isinstance(delivery.error, VerificationFailed)) == ("queued", True)
                until(lambda log=log: "subject=t-" in net.log("KOR")[log:])  # type: ignore[misc]
            assert len(got) >= len(answers)
        assert leaves(node).count(("receipt", "JPN")) == receipts
        net.start("JPN")
        assert dispatch_until_done(node)
        assert leaves(node).count(("receipt", "JPN")) == receipts + len(answers)
        assert verify(node).holds


class TestClocks:
    """A clock that was put back, or far ahead, opens nothing."""

    def test_a_clock_put_back_or_far_ahead(self) -> None:
        with network("KOR", "JPN", lapses=True) as net:
            kor, jpn = net.nodes["KOR"], net.nodes["JPN"]
            assert give(net).state == "done"
            net.set_clock(LAPSE.plus(-1))
            assert give(net).state == "done"
            # far ahead: the pact has lapsed there; refused with evidence
            net.set_clock(parse_instant("2031-01-01T00:00Z"))
            with pytest.raises(ActRefused) as caught:
                give(net)
            assert [one.check for one in caught.value.verdict.grounds if not one.passed] == ["standing"]
            assert leaves(kor)[-1] == ("refusal", "KOR")
            # put back before the lapse: nothing is released, and the recipient, put back alone, takes nothing in
            net.set_clock(NOON)
            with pytest.raises(Refused, match="has lived through"):
                give(net)
            assert held(jpn) == 2

    def test_a_recipient_whose_clock_was_put_back(self) -> None:
        with network("KOR", "JPN", lapses=True) as net:
            assert give(net).state == "done"
            FolderClock(net.folder / "jpn" / CLOCK).at = NOON.plus(-1)
            log = len(net.log("JPN"))
            delivery = give(net)
            assert (delivery.state, held(net.nodes["JPN"])) == ("queued", 1)
            assert "lived through" in delivery.row.last_error
            assert "lived through" in net.log("JPN")[log:]


def test_where_there_is_nothing_it_is_logged(net: Network) -> None:
    """Path traversal on the port for peers."""
    log = len(net.log("JPN"))
    with net.client("KOR", "JPN") as client:
        for path in ("/v1/messages/%2e%2e%2fnode.db", "/v1/messages/../../node.toml", "/keys/signing.pem"):
            assert client.post(path).status_code == 404
    assert net.log("JPN")[log:].count("404 not found") == 3
