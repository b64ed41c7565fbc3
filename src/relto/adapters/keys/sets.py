"""Sets of private keys, one after another: what a passphrase opens, and the card of their public halves.

The first lies in `keys/` itself, a later one in `keys/2`, `keys/3` and so on: each whole before it has its name. Which
of them is in use stands in the chain of cards alone; the others still open what was sealed to them.
"""

from __future__ import annotations

import os
import shutil
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from relto.adapters.keys.certificate import make_certificate, make_tls_key
from relto.adapters.keys.disk import MAX_PEM_BYTES, loose, read_file, sync_folder, write_private
from relto.core.canon import base64url, canonical, count_in, from_base64url, only_keys, parse_object, text_in
from relto.core.envelope import MLDSA_REMEDY, MlDsaSigningKey, SigningKey, UnwrapKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.timeline import Instant
from relto.node.card import MAX_CARD_BYTES, Card

FULL_COST: Final = 1 << 15  # 32 MiB and about a tenth of a second for each guess
LIGHT_COST: Final = 1 << 10  # for rehearsal nodes, whose keys guard nothing
_MAX_COST: Final = 1 << 20
_MAX_PASSPHRASE: Final = 1024
_SCHEMA: Final = "relto/scrypt/1"
_FIRST_LATER: Final = 2


@dataclass(frozen=True, slots=True)
class Private:
    """The private keys of one set, in its folder."""

    folder: Path
    card: Card
    signing: SigningKey = field(repr=False)
    unwrap: UnwrapKey = field(repr=False)


def new_secret(keys: Path, passphrase: str, cost: int) -> bytes:
    """What encrypts the private keys under `keys`: made of the passphrase with a new salt, which is written."""
    secret, salt = _passphrase(passphrase), os.urandom(16)
    made = _stretch(secret, salt, cost)
    write_private(keys / "scrypt.json", canonical({"schema": _SCHEMA, "cost": cost, "salt": base64url(salt)}))
    return made


def secret_of(keys: Path, passphrase: str) -> bytes:
    """What encrypts the private keys under `keys`. Raises InputError for files that others may read."""
    given = _passphrase(passphrase)
    if keys.stat().st_mode & 0o077:
        raise loose(keys, "700")
    settings = parse_object(read_file(keys / "scrypt.json", 1024), 1024, name="scrypt.json")
    only_keys(settings, frozenset({"schema", "cost", "salt"}))
    if text_in(settings, "schema") != _SCHEMA:
        raise InputError("`scrypt.json` is of a version not known here", remedy="open it with the relto that made it")
    return _stretch(given, from_base64url(text_in(settings, "salt")), count_in(settings, "cost"))


def make_set(folder: Path, party: str, secret: bytes, made_at: Instant, address: str, mldsa: bool) -> Private:
    """Make keys for signing, wrapping and TLS in `folder`, and their card, which is signed by them; `mldsa`: with one
    for ML-DSA-44 beside the first. Raises InputError where that is asked for and the library has none."""
    beside = MlDsaSigningKey(os.urandom(32)) if mldsa else None
    signing, unwrap, tls = Ed25519PrivateKey.generate(), X25519PrivateKey.generate(), make_tls_key()
    how = (Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(secret))
    written = {
        "signing": signing.private_bytes(*how),
        "unwrap": unwrap.private_bytes(*how),
        "tls": tls.private_bytes(*how),
        **({} if beside is None else {"mldsa": beside.private.private_bytes(*how)}),
    }
    for name, data in written.items():
        write_private(folder / f"{name}.pem", data)
    sign, opens = SigningKey(signing.private_bytes_raw(), beside), UnwrapKey(unwrap.private_bytes_raw())
    certificate = make_certificate(party, tls, made_at)
    card = Card(party, sign.verify_key, opens.wrap_key, address, certificate).signed(sign)
    write_private(folder / "card.json", card.to_bytes())
    return Private(folder, card, sign, opens)


def make_later_set(
    keys: Path, party: str, secret: bytes, made_at: Instant, address: str, known: set[str], *, mldsa: bool
) -> Private:
    """Make a set in a folder of its own under `keys`, as `make_set` does, whole on the disk when this returns. `known`:
    the `keys_id` of those in the chain; what a crash has left of another is removed."""
    for left in keys.glob(".*.part"):
        if left.is_dir():
            shutil.rmtree(left)
    number = _FIRST_LATER
    for folder in later_folders(keys):
        if card_in(folder).keys_id in known:
            number = int(folder.name) + 1
        else:
            shutil.rmtree(folder)
    part, folder = keys / f".{number}.{os.urandom(8).hex()}.part", keys / str(number)
    part.mkdir(mode=0o700)
    made = make_set(part, party, secret, made_at, address, mldsa)
    part.rename(folder)
    sync_folder(keys)
    return Private(folder, made.card, made.signing, made.unwrap)


def later_folders(keys: Path) -> list[Path]:
    """The folders of the later sets, in order."""
    return sorted(
        (one for one in keys.iterdir() if one.name.isdecimal() and one.is_dir()), key=lambda one: int(one.name)
    )


def card_in(folder: Path) -> Card:
    """The card of the set in a folder."""
    return Card.from_bytes(read_file(folder / "card.json", MAX_CARD_BYTES), name=str(folder / "card.json"))


def load_set(folder: Path, card: Card, secret: bytes) -> Private:
    """Open the private keys in `folder`, which are those of `card`.

    Raises InputError for another secret, VerificationFailed for keys that are not those of the card.
    """
    found = []
    for name in ("signing", "unwrap", *(("mldsa",) if card.signing.mldsa is not None else ())):
        try:
            found.append(load_pem_private_key(read_file(folder / f"{name}.pem", MAX_PEM_BYTES, private=True), secret))
        except (ValueError, TypeError):  # what the library says may quote the key
            raise InputError(
                f"the passphrase does not open the keys of `{card.party}`", remedy="try it again"
            ) from None
        except UnsupportedAlgorithm as error:
            raise InputError(
                f"the OpenSSL here has no ML-DSA-44, for which `{card.party}` has a key", remedy=MLDSA_REMEDY
            ) from error
    signing, unwrap, *beside = found
    if not isinstance(signing, Ed25519PrivateKey) or not isinstance(unwrap, X25519PrivateKey):
        raise VerificationFailed(f"the private keys in `{folder}` are of another kind")
    mldsa = [MlDsaSigningKey(one.private_bytes_raw()) for one in beside if isinstance(one, MLDSA44PrivateKey)]
    signs = SigningKey(signing.private_bytes_raw(), mldsa[0] if mldsa else None)
    private = Private(folder, card, signs, UnwrapKey(unwrap.private_bytes_raw()))
    if (private.signing.verify_key, private.unwrap.wrap_key) != (card.signing, card.wrapping):
        raise VerificationFailed(
            f"the private keys in `{folder}` are not those of its card", remedy="restore the folder"
        )
    return private


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
