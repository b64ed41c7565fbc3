"""An authority that signs certificates, for tests of who is let in by one."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


class Authority:
    """An authority of the party's own, that signs certificates of its people and of its servers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = generate_private_key(SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "people of KOR")])
        self.certificate = self._made(self.name, self.key, None)
        self.file = folder / "clients.pem"
        self.file.write_bytes(self.certificate.public_bytes(Encoding.PEM))

    def _made(
        self, name: x509.Name, key: EllipticCurvePrivateKey, purpose: x509.ObjectIdentifier | None
    ) -> x509.Certificate:
        """A certificate for a purpose; of an authority where there is none."""
        ca = purpose is None
        start = datetime.datetime(2019, 11, 1, tzinfo=datetime.UTC)
        own, authority = key.public_key(), self.key.public_key()
        usage = x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(own)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=20 * 365))
        )
        made = made.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        made = made.add_extension(usage, critical=True)
        made = made.add_extension(x509.SubjectKeyIdentifier.from_public_key(own), critical=False)
        made = made.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority), critical=False)
        if purpose is not None:
            made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        if purpose == ExtendedKeyUsageOID.SERVER_AUTH:
            here = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            made = made.add_extension(x509.SubjectAlternativeName([here]), critical=False)
        return made.sign(self.key, SHA256())

    def person(self, name: str) -> tuple[Path, str]:
        """A person's certificate and key in one file, and its fingerprint."""
        return self._kept(name, ExtendedKeyUsageOID.CLIENT_AUTH)

    def server(self, name: str) -> Path:
        """The certificate and key, in one file, of a server on the loopback."""
        return self._kept(name, ExtendedKeyUsageOID.SERVER_AUTH)[0]

    def _kept(self, name: str, purpose: x509.ObjectIdentifier) -> tuple[Path, str]:
        key = generate_private_key(SECP256R1())
        found = self._made(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]), key, purpose)
        path = self.folder / f"{name}.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(found.public_bytes(Encoding.PEM) + secret)
        return path, hashlib.sha256(found.public_bytes(Encoding.DER)).hexdigest()
