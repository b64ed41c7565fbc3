"""TLS 1.3 between nodes (RFC 8446): each side trusts the very certificates it has pinned, and no authority."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from relto.core.errors import InputError
from relto.node.card import Card


class TlsKeys(Protocol):
    """Keys that a TLS context can be made of."""

    @property
    def own(self) -> Card:
        """The card in use, with the certificate."""
        ...

    @property
    def peers(self) -> Mapping[str, Card]:
        """The cards of the others."""
        ...

    def tls_key(self, card: Card | None = None) -> tuple[Path, bytes]:
        """The file of the private key of an own card and what opens it."""
        ...

    def presented(self) -> tuple[Card, ...]:
        """The own cards that are still shown to somebody, the one in use first."""
        ...

    def presented_to(self, peer: str) -> Card:
        """The own card that a peer goes by."""
        ...


class PeerContexts:
    """For the port that peers reach: a client must show one of the pinned certificates, and asks, by a name made of it
    (SNI, RFC 6066), for the one that it has pinned: the own one in use, or one that some peers still go by.

    `refused` is told why a connection was not made, which nobody else learns of. Whose a connection is, is asked at
    each request: a certificate that is pinned no more is nobody's, though its connection may still be made.
    """

    def __init__(self, keys: TlsKeys, refused: Callable[[str], None]) -> None:
        self._keys, self._refused = keys, refused
        self._shown: tuple[Card, ...] = ()
        self._others: dict[str, ssl.SSLContext] = {}
        self.context = self._made(keys.own)
        self.context.sni_callback = self._chosen
        self.refresh()

    def refresh(self) -> None:
        """Go by the keys and pins as they are now; what goes by the same as before goes on."""
        shown = self._keys.presented()
        if shown != self._shown:
            if self._shown:
                _load(self.context, self._keys, shown[0])
            self._others = {name_asked(card): self._made(card) for card in shown[1:]}
            self._shown = shown
        for context in (self.context, *self._others.values()):
            trust(context, self._keys.peers.values())

    def _made(self, card: Card) -> ssl.SSLContext:
        context = _context(ssl.PROTOCOL_TLS_SERVER, self._keys, card)
        context.sslobject_class = _telling(self._refused)
        context.verify_mode = ssl.CERT_REQUIRED
        return context

    def _chosen(self, connection: ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> None:
        other = self._others.get(name or "")
        if other is not None:
            connection.context = other


def name_asked(card: Card) -> str:
    """The name under which a client asks for the certificate of a card; it is no name of a host (RFC 2606)."""
    return f"{card.pin.partition(':')[2][:32]}.invalid"


def client_context(keys: TlsKeys, peer: Card) -> ssl.SSLContext:
    """For speaking to one peer: it must show the certificate that is pinned for it. Names mean nothing here."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, keys, keys.presented_to(peer.party))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    trust(context, (peer,))
    return context


def people_context(keys: TlsKeys, clients: bytes = b"") -> ssl.SSLContext:
    """For the port of the party's own people; `clients`: the PEM of the authorities for their certificates, if any."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, keys, keys.own)
    if clients:
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=clients.decode("ascii"))
    return context


def trust(context: ssl.SSLContext, peers: Iterable[Card]) -> None:
    """Let these certificates, as they are, be what a chain ends in; none of them may sign another (they say so)."""
    for card in peers:
        if card.certificate:
            context.load_verify_locations(cadata=card.certificate)


def _telling(refused: Callable[[str], None]) -> type[ssl.SSLObject]:
    """A TLS connection that tells why its handshake failed."""

    class Telling(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                raise
            except ssl.SSLError as error:
                why = getattr(error, "verify_message", "")
                refused(f"{error.reason or 'no handshake'}: {why}".rstrip(": ").lower())
                raise

    return Telling


def _context(side: int, keys: TlsKeys, card: Card) -> ssl.SSLContext:
    if not card.certificate:
        raise InputError(
            f"the node of `{keys.own.party}` has no TLS key yet", remedy="run `relto node card --address HOST:PORT`"
        )
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_TICKET  # each connection proves its key anew
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    _load(context, keys, card)
    return context


def _load(context: ssl.SSLContext, keys: TlsKeys, card: Card) -> None:
    path, secret = keys.tls_key(card)
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the library reads certificates from files alone
        file.write(ssl.DER_cert_to_PEM_cert(card.certificate).encode("ascii"))
        file.flush()
        try:
            context.load_cert_chain(file.name, path, password=secret)
        except (ssl.SSLError, OSError):  # what the library says may name the secret
            raise InputError(
                f"`{path}` is not the key of the certificate in the node's card", remedy="restore the folder keys/"
            ) from None
