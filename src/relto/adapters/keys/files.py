"""Keys in files: private ones encrypted and readable by their owner alone; public cards beside them.

keys/signing.pem, unwrap.pem, tls.pem   PKCS #8, encrypted under a key that scrypt (RFC 7914) makes of the passphrase
keys/scrypt.json                        its salt and cost
keys/card.json                          the public card, to hand to others: with the certificate of the TLS key in it
peers/PARTY.json                        the cards of others, pinned by this node's operator
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from relto.adapters.keys.certificate import make_certificate, make_tls_key
from relto.core.canon import base64url, canonical, count_in, from_base64url, only_keys, parse_object, text_in
from relto.core.envelope import SigningKey, UnwrapKey
from relto.core.errors import Conflict, InputError, NotFound, ReltoError, VerificationFailed
from relto.core.label import check_party_id
from relto.core.timeline import Instant
from relto.node.card import MAX_CARD_BYTES, Card, check_address

FULL_COST: Final = 1 << 15  # 32 MiB and about a tenth of a second for each guess
LIGHT_COST: Final = 1 << 10  # for rehearsal nodes, whose keys guard nothing
_MAX_COST: Final = 1 << 20
_MAX_PASSPHRASE: Final = 1024
_MAX_PEM_BYTES: Final = 4096
_SCHEMA: Final = "relto/scrypt/1"


@dataclass(frozen=True, slots=True)
class _Private:
    """What a passphrase opens: `wrapping` is what encrypts the private keys in their files."""

    signing: SigningKey
    unwrap: UnwrapKey
    wrapping: bytes = field(repr=False)


class FileKeys:
    """The keys of one node. Opened without a passphrase it knows the public ones only."""

    def __init__(self, node: Path, own: Card, peers: Mapping[str, Card], private: _Private | None) -> None:
        self._node = node
        self.own = own
        self._peers = dict(peers)
        self._read_at = _changed(node / "peers")
        self._private = private

    @property
    def peers(self) -> Mapping[str, Card]:
        """The pinned cards, by party; read anew where the folder has changed, for another process may pin one."""
        changed = _changed(self._node / "peers")
        if changed != self._read_at:
            self._peers, self._read_at = _read_peers(self._node / "peers", self.own.party), changed
        return self._peers

    def peers_card(self, party: str) -> Card | None:
        """The card that is pinned for a party."""
        return self.peers.get(party)

    def pin(self, card: Card) -> None:
        """Pin a peer's card, in the file and here: an act of this node's operator. Raises as `pin_card` does."""
        pin_card(self._node, card)
        self._read_at = -1  # two changes of one moment look alike

    def moved(self, node: Path) -> FileKeys:
        """The same keys, in a node's folder that now has this name."""
        return FileKeys(node, self.own, self._peers, self._private)

    def signing(self) -> SigningKey:
        """The key that signs; InputError where no passphrase was given."""
        return self._unlocked().signing

    def unwrap(self) -> UnwrapKey:
        """The key that opens what is sealed to this party; InputError where no passphrase was given."""
        return self._unlocked().unwrap

    def tls_key(self) -> tuple[Path, bytes]:
        """The file of the TLS key and what opens it; InputError where no passphrase was given."""
        return self._node / "keys" / "tls.pem", self._unlocked().wrapping

    def _unlocked(self) -> _Private:
        if self._private is None:
            raise InputError(
                f"the keys of `{self.own.party}` are locked", remedy="give the passphrase, in RELTO_PASSPHRASE"
            )
        return self._private

    def __repr__(self) -> str:
        return f"FileKeys(own={self.own.party!r}, peers={sorted(self._peers)!r})"


def create_keys(
    node: Path, party: str, passphrase: str, made_at: Instant, *, cost: int = FULL_COST, address: str = ""
) -> FileKeys:
    """Make the keys of `party` under the folder `node`; `made_at` dates the certificate of its TLS key.

    Raises InputError for a passphrase that is none, Conflict where there are keys already."""
    check_party_id(party)
    secret = _passphrase(passphrase)
    keys, peers = node / "keys", node / "peers"
    if keys.exists():
        raise Conflict(f"there are keys in `{keys}` already", remedy="choose another folder")
    for folder in (keys, peers):
        folder.mkdir(mode=0o700, parents=True)
    signing, unwrap, tls = Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), make_tls_key()
    salt = os.urandom(16)
    wrapping = _stretch(secret, salt, cost)
    write_private(keys / "scrypt.json", canonical({"schema": _SCHEMA, "cost": cost, "salt": base64url(salt)}))
    locked = BestAvailableEncryption(wrapping)
    for name, key in (("signing", signing), ("unwrap", unwrap), ("tls", tls)):
        write_private(keys / f"{name}.pem", key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
    private = _Private(SigningKey(signing.private_bytes_raw()), UnwrapKey(unwrap.private_bytes_raw()), wrapping)
    certificate = make_certificate(party, tls, made_at)
    own = Card(party, private.signing.verify_key, private.unwrap.wrap_key, address, certificate).signed(private.signing)
    write_private(keys / "card.json", own.to_bytes())
    return FileKeys(node, own, {}, private)


def open_keys(node: Path, passphrase: str | None) -> FileKeys:
    """Open the keys under the folder `node`; without a passphrase, the public ones only.

    Raises NotFound where there are none, InputError for a wrong passphrase and for files that others may read,
    VerificationFailed for private keys that are not those of the card.
    """
    keys, peers = node / "keys", node / "peers"
    own = Card.from_bytes(_read(keys / "card.json", MAX_CARD_BYTES), name=str(keys / "card.json"))
    private = None if passphrase is None else _unlock(keys, _passphrase(passphrase), own)
    return FileKeys(node, own, _read_peers(peers, own.party), private)


def set_address(node: Path, keys: FileKeys, address: str, made_at: Instant) -> Card:
    """Say where the node answers, in its card, signed anew; with a new TLS key where it has none. The card.

    Raises InputError for what is no address, and where no passphrase was given.
    """
    private = keys._unlocked()
    own = replace(keys.own, address=check_address(address))
    if not own.certificate:
        tls = make_tls_key()
        locked = BestAvailableEncryption(private.wrapping)
        write_private(node / "keys" / "tls.pem", tls.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, locked))
        own = replace(own, certificate=make_certificate(own.party, tls, made_at))
    own = own.signed(private.signing)
    write_private(node / "keys" / "card.json", own.to_bytes())
    keys.own = own
    return own


def pin_card(node: Path, card: Card) -> None:
    """Pin a peer's card: an act of this node's operator, never of anything received.

    Raises Conflict where another card of that party is pinned, InputError for the node's own party.
    """
    own = Card.from_bytes(_read(node / "keys" / "card.json", MAX_CARD_BYTES))
    if card.party == own.party:
        raise InputError(f"`{card.party}` is this node's own party", remedy="pin the cards of the others")
    path = node / "peers" / f"{card.party}.json"
    if path.exists():
        known = Card.from_bytes(_read(path, MAX_CARD_BYTES), name=str(path))
        if known == card:
            return
        same_keys = (known.signing, known.wrapping) == (card.signing, card.wrapping)
        if not same_keys or not card.signature:  # a new address or certificate comes signed by the key that is pinned
            raise Conflict(
                f"another card of `{card.party}` is pinned",
                remedy=f"compare the thumbprints, then remove `{path}` first",
            )
    write_private(path, card.to_bytes())


def read_private(path: Path) -> bytes:
    """The bytes of a file with a secret in it. Raises NotFound, and InputError for one that others may read."""
    return _read(path, _MAX_PEM_BYTES, private=True)


def _unlock(keys: Path, secret: bytes, own: Card) -> _Private:
    folder = keys.stat()
    if folder.st_mode & 0o077:
        raise _loose(keys, "700")
    settings = parse_object(_read(keys / "scrypt.json", 1024), 1024, name="scrypt.json")
    only_keys(settings, frozenset({"schema", "cost", "salt"}))
    if text_in(settings, "schema") != _SCHEMA:
        raise InputError("`scrypt.json` is of a version not known here", remedy="open it with the relto that made it")
    wrapping = _stretch(secret, from_base64url(text_in(settings, "salt")), count_in(settings, "cost"))
    found = []
    for name in ("signing", "unwrap"):
        try:
            found.append(load_pem_private_key(_read(keys / f"{name}.pem", _MAX_PEM_BYTES, private=True), wrapping))
        except (ValueError, TypeError):  # what the library says may quote the key
            raise InputError(f"the passphrase does not open the keys of `{own.party}`", remedy="try it again") from None
    signing, unwrap = found
    if not isinstance(signing, Ed25519PrivateKey) or not isinstance(unwrap, X25519PrivateKey):
        raise VerificationFailed(f"the private keys in `{keys}` are of another kind")
    private = _Private(SigningKey(signing.private_bytes_raw()), UnwrapKey(unwrap.private_bytes_raw()), wrapping)
    if (private.signing.verify_key, private.unwrap.wrap_key) != (own.signing, own.wrapping):
        raise VerificationFailed(f"the private keys in `{keys}` are not those of its card", remedy="restore the folder")
    return private


def _changed(folder: Path) -> int:
    try:
        return folder.stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def _read_peers(folder: Path, own: str) -> dict[str, Card]:
    found: dict[str, Card] = {}
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        card = Card.from_bytes(_read(path, MAX_CARD_BYTES), name=str(path))
        if card.party != path.stem or card.party == own:
            raise InputError(f"`{path}` holds the card of `{card.party}`", remedy="pin each peer by its own card")
        found[card.party] = card
    return found


def _passphrase(text: str) -> bytes:
    """The bytes of a passphrase, in one Unicode form (NFC, as RFC 8265 has it): Hangul may be typed in two."""
    if not 1 <= len(text) <= _MAX_PASSPHRASE:
        raise InputError("an empty or overlong passphrase", remedy=f"give 1 to {_MAX_PASSPHRASE} characters")
    try:
        return unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError:
        raise InputError("a passphrase that is not text", remedy="give whole characters") from None


def _stretch(secret: bytes, salt: bytes, cost: int) -> bytes:
    if not LIGHT_COST <= cost <= _MAX_COST or cost & (cost - 1) or len(salt) != 16:
        raise InputError("`scrypt.json` has a cost or salt that was never written", remedy="restore the folder")
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(secret).hex().encode("ascii")


def _read(path: Path, limit: int, *, private: bool = False) -> bytes:
    """The bytes of a file, not through a symbolic link; a private one only if nobody else may read or write it."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)  # a pipe would wait
    except FileNotFoundError as error:
        raise NotFound(f"there is no `{path}`", remedy="make the node first, with `relto node init`") from error
    except OSError as error:
        raise InputError(f"`{path}` cannot be read: {error.strerror}", remedy="check its owner and mode") from error
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"`{path}` is not a plain file", remedy="restore it")
        if private and status.st_mode & 0o077:
            raise _loose(path, "600")
        with os.fdopen(handle, "rb", closefd=False) as file:
            data = file.read(limit + 1)
    finally:
        os.close(handle)
    if len(data) > limit:
        raise InputError(f"`{path}` is larger than {limit} bytes", remedy="restore it")
    return data


def _loose(path: Path, mode: str) -> ReltoError:
    return InputError(f"others than its owner may use `{path}`", remedy=f"chmod {mode} {path}")


def write_private(path: Path, data: bytes) -> None:
    """Write a file of mode 600 whole or not at all, and have it on the disk when this returns."""
    part = path.with_name(f".{path.name}.{os.urandom(8).hex()}.part")  # a crash may leave one behind
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
