"""The certificate of a node's TLS key: signed by itself, for it is pinned, and no authority is asked (RFC 5280).

P-256, for every TLS library and browser knows it. It is no authority: nothing signed by its key is trusted.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from relto.core.timeline import Instant

LIFETIME: Final = timedelta(days=5 * 365)
_BEFORE: Final = timedelta(days=2)  # a peer's clock may be behind


def make_tls_key() -> EllipticCurvePrivateKey:
    """A new private key for TLS."""
    return generate_private_key(SECP256R1())


def make_certificate(
    party: str, key: EllipticCurvePrivateKey, made_at: Instant, lifetime: timedelta = LIFETIME
) -> bytes:
    """The certificate of `key`, DER, valid from two days before `made_at` for `lifetime`."""
    start = datetime.fromtimestamp(made_at.ns // 1_000_000_000, UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"relto node of {party}")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    both = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - _BEFORE)
        .not_valid_after(start + lifetime)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(both, critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.DER)
