"""A sealed item opens for its recipient alone, and only as its originator labelled it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relto.core.canon import base64url, canonical, digest
from relto.core.envelope import (
    MAX_MANIFEST_BYTES,
    MAX_PAYLOAD_BYTES,
    MAX_SEALED_BYTES,
    Manifest,
    Sealed,
    SigningKey,
    UnwrapKey,
    VerifyKey,
    WrapKey,
    open_sealed,
    rewrap,
    seal,
    verify_label,
)
from relto.core.envelope.manifest import sign_manifest
from relto.core.envelope.seal import _bound, _info, _wrap  # a dishonest originator has the parts in hand
from relto.core.envelope.segments import derive_keys, encrypt
from relto.core.errors import InputError, VerificationFailed

KOR, USA = SigningKey(b"k" * 32), SigningKey(b"u" * 32)
JPN_UNWRAP, USA_UNWRAP = UnwrapKey(b"J" * 32), UnwrapKey(b"U" * 32)
ORIGINATORS = {"KOR": KOR.verify_key, "USA": USA.verify_key}
LABEL: dict[str, Any] = {
    "item": "msl-2019-10-31",
    "originator": "KOR",
    "mark": "군사II급비밀",
    "rel_to": ["KOR", "JPN", "USA"],
}
PAYLOAD = b"two short-range launches"
MIB = 1 << 20


def sealed_by_kor(payload: bytes = PAYLOAD, **changes: Any) -> Sealed:
    arguments: dict[str, Any] = {
        "label": LABEL,
        "originator": "KOR",
        "signer": KOR,
        "recipient": "JPN",
        "recipient_key": JPN_UNWRAP.wrap_key,
        "content_key": b"c" * 32,
        "nonce": b"n" * 16,
    }
    return seal(payload, **(arguments | changes))


def opened_by_jpn(sealed: Sealed, originators: Mapping[str, VerifyKey] = ORIGINATORS) -> bytes:
    opened = open_sealed(sealed, recipient="JPN", key=JPN_UNWRAP, originators=originators)
    assert opened.originator == "KOR"
    assert opened.label == LABEL
    return opened.payload


ITEM = sealed_by_kor()


def test_the_recipient_finds_the_payload_and_the_label_as_the_originator_signed_it() -> None:
    assert opened_by_jpn(Sealed.from_bytes(ITEM.to_bytes())) == PAYLOAD
    assert Sealed.from_bytes(ITEM.to_bytes()) == ITEM
    assert ITEM.digest == digest(ITEM.to_bytes())
    assert verify_label(ITEM, ORIGINATORS).label_digest == digest(canonical(LABEL))


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 5])
def test_payloads_of_any_size_go_through_their_segments(size: int) -> None:
    payload = (b"0123456789abcde" * (size // 15 + 1))[:size]
    sealed = sealed_by_kor(payload)
    assert len(sealed.ciphertext) == size + 16 * max(1, -(-size // MIB))
    assert opened_by_jpn(Sealed.from_bytes(sealed.to_bytes())) == payload


def test_one_flipped_bit_anywhere_fails_verification() -> None:
    data = ITEM.to_bytes()
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(VerificationFailed):
                opened_by_jpn(Sealed.from_bytes(bytes(changed)))


def test_an_item_cut_short_or_grown_fails_verification() -> None:
    data = ITEM.to_bytes()
    for length in range(len(data)):
        with pytest.raises(VerificationFailed):
            Sealed.from_bytes(data[:length])
    with pytest.raises(VerificationFailed, match="as long as"):
        Sealed.from_bytes(data + b"\x00")


@given(st.binary(max_size=200).map(lambda tail: b"relto/envelope/1\n" + tail) | st.binary(max_size=50))
def test_bytes_from_anywhere_fail_verification_and_nothing_else(data: bytes) -> None:
    with pytest.raises(VerificationFailed):
        Sealed.from_bytes(data)


def test_more_bytes_than_the_limit_are_an_input_error() -> None:
    data = ITEM.to_bytes()
    assert Sealed.from_bytes(data, len(data)) == ITEM
    with pytest.raises(InputError, match="at most"):
        Sealed.from_bytes(data, len(data) - 1)
    assert MAX_SEALED_BYTES > MAX_PAYLOAD_BYTES


def test_segments_cannot_be_swapped_dropped_or_doubled() -> None:
    sealed = sealed_by_kor(b"a" * MIB + b"b" * MIB + b"c" * MIB)
    step = MIB + 16
    first, second, third = (sealed.ciphertext[n * step : (n + 1) * step] for n in range(3))
    for ciphertext in (
        second + first + third,
        first + first + third,
        first + third,
        first + second,
        third + second + first,
    ):
        with pytest.raises(VerificationFailed, match=r"was changed|as long as"):
            opened_by_jpn(replace(sealed, ciphertext=ciphertext))


def test_equal_segments_do_not_look_equal() -> None:
    ciphertext = sealed_by_kor(b"a" * (2 * MIB)).ciphertext
    assert ciphertext[:MIB] != ciphertext[MIB + 16 : 2 * MIB + 16]


def test_nothing_may_follow_the_last_segment() -> None:
    sealed = sealed_by_kor(b"a" * MIB)
    with pytest.raises(VerificationFailed, match="as long as"):
        opened_by_jpn(replace(sealed, ciphertext=sealed.ciphertext + b"more"))


def test_a_longer_payload_cannot_pass_for_the_first_segment_of_it() -> None:
    long, short = sealed_by_kor(b"a" * (MIB + 1)), sealed_by_kor(b"a" * MIB)
    with pytest.raises(VerificationFailed):
        opened_by_jpn(replace(short, ciphertext=long.ciphertext[: MIB + 16]))


def test_no_reader_can_strip_or_change_the_label() -> None:
    for label in (
        {"originator": "KOR"},
        {**LABEL, "mark": "군사III급비밀"},
        {**LABEL, "rel_to": [*LABEL["rel_to"], "PRK"]},
    ):
        manifest = ITEM.manifest.replace(canonical(LABEL), canonical(label))
        assert manifest != ITEM.manifest
        with pytest.raises(VerificationFailed):
            verify_label(replace(ITEM, manifest=manifest), ORIGINATORS)
        forged = replace(ITEM, manifest=manifest, signature=sign_manifest(manifest, USA))
        with pytest.raises(VerificationFailed):
            opened_by_jpn(forged)


def test_another_label_by_the_same_originator_does_not_fit_the_payload() -> None:
    other = sealed_by_kor(label={**LABEL, "mark": "군사III급비밀"})
    with pytest.raises(VerificationFailed):
        opened_by_jpn(replace(ITEM, manifest=other.manifest, signature=other.signature))
    moved = replace(ITEM, manifest=other.manifest, signature=other.signature, wrapped=other.wrapped)
    with pytest.raises(VerificationFailed, match="belongs to another label"):
        opened_by_jpn(moved)


def test_an_originator_cannot_label_one_payload_and_deliver_another() -> None:
    honest = verify_label(ITEM, ORIGINATORS)
    committed = sealed_by_kor(b"another payload, same size"[: len(PAYLOAD)])
    manifest = replace(honest, commitment=verify_label(committed, ORIGINATORS).commitment)
    lying = manifest.to_bytes()
    forged = Sealed(
        lying,
        sign_manifest(lying, KOR),
        "JPN",
        JPN_UNWRAP.wrap_key.id,
        _wrap(b"c" * 32, JPN_UNWRAP.wrap_key, _info(manifest, lying, "JPN", JPN_UNWRAP.wrap_key)),
        encrypt(derive_keys(b"c" * 32, b"n" * 16), PAYLOAD, _bound(lying)),
    )
    with pytest.raises(VerificationFailed, match="committed"):
        opened_by_jpn(forged)


def test_a_hub_wraps_again_and_the_originators_label_stays_untouched() -> None:
    to_hub = sealed_by_kor(recipient="USA", recipient_key=USA_UNWRAP.wrap_key)
    onward = rewrap(
        to_hub,
        holder="USA",
        key=USA_UNWRAP,
        recipient="JPN",
        recipient_key=JPN_UNWRAP.wrap_key,
        originators=ORIGINATORS,
    )
    assert (onward.manifest, onward.signature, onward.ciphertext) == (
        to_hub.manifest,
        to_hub.signature,
        to_hub.ciphertext,
    )
    assert onward.digest != to_hub.digest
    assert opened_by_jpn(Sealed.from_bytes(onward.to_bytes())) == PAYLOAD
    with pytest.raises(VerificationFailed, match="sealed to `JPN`"):
        open_sealed(onward, recipient="USA", key=USA_UNWRAP, originators=ORIGINATORS)
    with pytest.raises(VerificationFailed, match="sealed to `USA`"):
        opened_by_jpn(to_hub)


def test_a_hub_does_not_pass_on_what_it_could_not_open() -> None:
    to_hub = sealed_by_kor(recipient="USA", recipient_key=USA_UNWRAP.wrap_key)
    broken = replace(to_hub, ciphertext=to_hub.ciphertext[:-1] + bytes([to_hub.ciphertext[-1] ^ 1]))
    arguments: dict[str, Any] = {"key": USA_UNWRAP, "recipient": "JPN", "recipient_key": JPN_UNWRAP.wrap_key}
    with pytest.raises(VerificationFailed, match="was changed"):
        rewrap(broken, holder="USA", originators=ORIGINATORS, **arguments)
    with pytest.raises(VerificationFailed, match="sealed to `JPN`"):
        rewrap(ITEM, holder="USA", originators=ORIGINATORS, **arguments)


def test_a_wrap_is_bound_to_its_recipients_name_and_to_its_item() -> None:
    renamed = replace(ITEM, recipient="USA")
    with pytest.raises(VerificationFailed, match="wrapped key"):
        open_sealed(renamed, recipient="USA", key=JPN_UNWRAP, originators=ORIGINATORS)
    other = sealed_by_kor(nonce=b"m" * 16)
    with pytest.raises(VerificationFailed, match="wrapped key"):
        opened_by_jpn(replace(ITEM, wrapped=other.wrapped))
    with pytest.raises(VerificationFailed, match="wrapped key"):
        opened_by_jpn(replace(ITEM, wrapped=b""))


def test_only_a_known_originators_own_key_counts() -> None:
    with pytest.raises(VerificationFailed, match="no signing key is known"):
        opened_by_jpn(ITEM, {"USA": USA.verify_key})
    with pytest.raises(VerificationFailed, match="not signed with the key known"):
        opened_by_jpn(ITEM, {"KOR": USA.verify_key})


def test_another_partys_key_opens_nothing() -> None:
    with pytest.raises(VerificationFailed, match="not to this one"):
        open_sealed(ITEM, recipient="JPN", key=USA_UNWRAP, originators=ORIGINATORS)


def test_a_stranger_learns_neither_the_payload_nor_its_digest() -> None:
    data = ITEM.to_bytes()
    assert PAYLOAD not in data
    assert digest(PAYLOAD)[7:].encode() not in data
    assert (
        verify_label(sealed_by_kor(content_key=b"d" * 32), ORIGINATORS).commitment
        != verify_label(ITEM, ORIGINATORS).commitment
    )


def test_sealing_is_the_same_but_for_the_wrap() -> None:
    again = sealed_by_kor()
    assert replace(again, wrapped=ITEM.wrapped) == ITEM
    assert again.wrapped != ITEM.wrapped


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"content_key": b"c" * 16}, "content key of 16 bytes"),
        ({"nonce": b"n" * 12}, "nonce of 12 bytes"),
        ({"label": {}}, "empty label"),
        ({"label": {**LABEL, "originator": "JPN"}}, "another originator"),
        ({"label": {"text": "x" * MAX_MANIFEST_BYTES}}, "label of"),
        ({"label": {"weight": 1.5}}, "fraction"),
        ({"originator": "Korea!"}, "not a party id"),
        ({"recipient": "Japan!"}, "not a party id"),
        ({"recipient_key": WrapKey(bytes(32))}, "not a real one"),
        ({"recipient_key": WrapKey(b"\x01" + bytes(31))}, "not a real one"),
    ],
)
def test_what_cannot_be_sealed_is_an_input_error(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        sealed_by_kor(**changes)


def test_a_payload_over_the_limit_is_an_input_error() -> None:
    with pytest.raises(InputError, match="at most"):
        sealed_by_kor(bytes(MAX_PAYLOAD_BYTES + 1))


@pytest.mark.parametrize(
    ("part", "other", "says"),
    [
        (b"envelope/1", b"envelope/2", "schema"),
        (b'{"key"', b'{ "key"', "canonical"),
        (b'"size":24', b'"size":-1', "number of things"),
        (b'"size":24', b'"size":true', "number of things"),
        (b'"size":24', b'"extra":1,"size":24', "`extra` is not known"),
        (b'"originator":"KOR","payload"', b'"payload"', "`originator` is missing"),
        (b'{"key"', b'{"another":1,"key"', "`another` is not known"),
        (b'"originator":"KOR"', b'"originator":"JPN"', "another originator"),
        (ITEM.manifest, b"[]", "not a JSON object"),
    ],
)
def test_a_manifest_in_any_other_form_fails_even_if_its_originator_signed_it(
    part: bytes, other: bytes, says: str
) -> None:
    manifest = other.join(ITEM.manifest.rsplit(part, 1))
    assert manifest != ITEM.manifest
    with pytest.raises(VerificationFailed, match=f"manifest is not one.*{says}"):
        verify_label(replace(ITEM, manifest=manifest, signature=sign_manifest(manifest, KOR)), ORIGINATORS)


@pytest.mark.parametrize(
    ("part", "other", "says"),
    [
        (b'{"key"', b'{ "key"', "canonical"),
        (b'{"key"', b'{"extra":1,"key"', "`extra` is not known"),
        (b'"recipient":"JPN"', b'"recipient":"Japan!"', "not a party id"),
        (b'"wrapped":"', b'"wrapped":"AAAA', "canonical"),
    ],
)
def test_a_hop_in_any_other_form_fails_verification(part: bytes, other: bytes, says: str) -> None:
    head, rest = ITEM.to_bytes().split(ITEM.signature)
    length = int.from_bytes(rest[:4], "big")
    hop, tail = rest[4 : 4 + length], rest[4 + length :]
    assert part in hop
    hop = hop.replace(part, other)
    with pytest.raises(VerificationFailed, match=f"names no recipient.*{says}"):
        Sealed.from_bytes(head + ITEM.signature + len(hop).to_bytes(4, "big") + hop + tail)


@settings(max_examples=30)
@given(st.binary(max_size=300), st.dictionaries(st.text("abc", min_size=1), st.text("xyz"), min_size=1, max_size=5))
def test_whatever_is_sealed_is_what_is_opened(payload: bytes, label: dict[str, str]) -> None:
    sealed = Sealed.from_bytes(sealed_by_kor(payload, label=label).to_bytes())
    opened = open_sealed(sealed, recipient="JPN", key=JPN_UNWRAP, originators=ORIGINATORS)
    assert (opened.payload, opened.label) == (payload, label)
    assert isinstance(opened.manifest, Manifest)


def test_a_keys_id_is_its_jwk_thumbprint_as_in_rfc_8037_appendix_a() -> None:
    key = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    assert base64url(key.verify_key.raw) == "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    assert key.verify_key.id == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_a_wrapping_key_has_another_id_than_a_signing_key_of_the_same_bytes() -> None:
    assert WrapKey(KOR.verify_key.raw).id != KOR.verify_key.id


@pytest.mark.parametrize("kind", [SigningKey, VerifyKey, WrapKey, UnwrapKey])
@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_key_has_32_bytes(kind: Any, length: int) -> None:
    with pytest.raises(InputError, match="32 raw bytes"):
        kind(b"\x07" * length)


def test_a_private_key_never_shows() -> None:
    for key in (SigningKey(b"s3cret!!" * 4), UnwrapKey(b"s3cret!!" * 4)):
        assert "s3cret" not in repr(key)


def test_an_opened_payload_does_not_show_in_a_message_or_log() -> None:
    opened = open_sealed(ITEM, recipient="JPN", key=JPN_UNWRAP, originators=ORIGINATORS)
    assert "launches" not in repr(opened)
    assert len(repr(sealed_by_kor(bytes(MIB)))) < 2000


def test_keys_under_which_anything_verifies_are_refused() -> None:
    p, y_of_order_8 = (
        2**255 - 19,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
    )
    d = -121665 * pow(121666, -1, p) % p
    y2 = y_of_order_8**2 % p
    assert (y2 * (d * y2 + 1) + y2 - 1) % p == 0  # twice the point has y = 0, so four times it is (0, -1)
    for y in (0, 1, p - 1, p, p + 1, y_of_order_8, p - y_of_order_8):
        for sign in (0, 1 << 255):
            with pytest.raises(InputError, match="small order"):
                VerifyKey((y | sign).to_bytes(32, "little"))


def test_a_signature_is_checked_over_the_very_message() -> None:
    signature = KOR.sign(b"message")
    KOR.verify_key.verify(signature, b"message")
    for wrong_signature, message in ((signature, b"massage"), (signature[:-1], b"message"), (b"", b"message")):
        with pytest.raises(VerificationFailed):
            KOR.verify_key.verify(wrong_signature, message)
