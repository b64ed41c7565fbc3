"""TLS 1.3 between nodes (RFC 8446): each side trusts the very certificates it has pinned, and no authority."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from relto.core.errors import InputError
from relto.node.card import Card


class TlsKeys(Protocol):
    """Keys that a TLS context can be made of."""

    @property
    def own(self) -> Card:
        """The card, with the certificate."""
        ...

    def tls_key(self) -> tuple[Path, bytes]:
        """The file of the private key and what opens it."""
        ...


def peer_context(keys: TlsKeys, peers: Iterable[Card], refused: Callable[[str], None]) -> ssl.SSLContext:
    """For the port that peers reach: a client must show one of the pinned certificates.

    `refused` is told why a connection was not made, which nobody else learns of.
    """
    context = _context(ssl.PROTOCOL_TLS_SERVER, keys)
    context.sslobject_class = _telling(refused)
    context.verify_mode = ssl.CERT_REQUIRED
    trust(context, peers)
    return context


def client_context(keys: TlsKeys, peer: Card) -> ssl.SSLContext:
    """For speaking to one peer: it must show the certificate that is pinned for it. Names mean nothing here."""
    context = _context(ssl.PROTOCOL_TLS_CLIENT, keys)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    trust(context, (peer,))
    return context


def people_context(keys: TlsKeys, clients: bytes = b"") -> ssl.SSLContext:
    """For the port of the party's own people; `clients`: the PEM of the authorities for their certificates, if any."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, keys)
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


def _context(side: int, keys: TlsKeys) -> ssl.SSLContext:
    if not keys.own.certificate:
        raise InputError(
            f"the node of `{keys.own.party}` has no TLS key yet", remedy="run `relto node card --address HOST:PORT`"
        )
    context = ssl.SSLContext(side)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.options |= ssl.OP_NO_TICKET  # each connection proves its key anew
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | ssl.VERIFY_X509_STRICT
    context.set_alpn_protocols(["http/1.1"])
    path, secret = keys.tls_key()
    with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the library reads certificates from files alone
        file.write(ssl.DER_cert_to_PEM_cert(keys.own.certificate).encode("ascii"))
        file.flush()
        try:
            context.load_cert_chain(file.name, path, password=secret)
        except (ssl.SSLError, OSError):  # what the library says may name the secret
            raise InputError(
                f"`{path}` is not the key of the certificate in the node's card", remedy="restore the folder keys/"
            ) from None
    return context
