"""One signature over many statements: each verifies alone, and for nothing but itself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.core.canon import base64url, from_base64url
from relto.core.envelope import (
    MAX_JOINT,
    Sealed,
    SigningKey,
    Unsigned,
    UnwrapKey,
    close,
    open_sealed,
    rewrap,
    sign_jointly,
    sign_manifests,
    verify_jointly,
    verify_label,
)
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence, sign_together, verify_evidence
from relto.core.timeline import parse_instant
from relto.node.log import by_recipient

KOR, JPN = SigningKey(b"k" * 32), SigningKey(b"j" * 32)
OPENS = UnwrapKey(b"J" * 32)
KEYS = {"KOR": KOR.verify_key, "JPN": JPN.verify_key}
AT = parse_instant("2019-10-31T09:00:00Z")
MESSAGES = [f"statement {number}".encode() for number in range(7)]


def statement(number: int, party: str = "KOR") -> Evidence:
    return Evidence("consignment", party, AT.plus(number), "JPN", f"t-{number}", "msl-2019-10-31")


def fails(message: bytes, joint: bytes, key: SigningKey = KOR, purpose: bytes = b"evidence") -> None:
    with pytest.raises(VerificationFailed):
        verify_jointly(message, joint, key.verify_key, purpose)


@given(st.integers(2, 70))
def test_each_message_verifies_alone_and_none_in_the_place_of_another(count: int) -> None:
    messages = [f"m{number}".encode() for number in range(count)]
    signed = sign_jointly(messages, KOR, b"evidence")
    for message, joint in zip(messages, signed, strict=True):
        verify_jointly(message, joint, KOR.verify_key, b"evidence")
    fails(messages[0], signed[1])
    fails(b"m", signed[0])


def test_it_is_for_one_key_and_one_purpose() -> None:
    joint = sign_jointly(MESSAGES, KOR, b"evidence")[3]
    fails(MESSAGES[3], joint, JPN)
    fails(MESSAGES[3], joint, purpose=b"label")


def test_no_bit_of_it_can_be_another() -> None:
    joint = sign_jointly(MESSAGES, KOR, b"evidence")[3]
    for bit in range(len(joint) * 8):
        changed = bytearray(joint)
        changed[bit // 8] ^= 1 << bit % 8
        fails(MESSAGES[3], bytes(changed))
    for other in (b"", joint[:68], joint[:-1], joint[:-32], joint + bytes(32), joint + bytes(32 * 20)):
        fails(MESSAGES[3], other)


def test_a_node_of_the_tree_is_no_message() -> None:
    first = sign_jointly(MESSAGES[:4], KOR, b"evidence")[0]
    inner = b"\x01" + first[-32:] + first[-64:-32]
    fails(inner, first[:68] + first[-32:])


def test_it_is_over_two_messages_at_least_and_not_too_many() -> None:
    for messages in ([], [b"one"], [b"m"] * (MAX_JOINT + 1)):
        with pytest.raises(InputError):
            sign_jointly(messages, KOR, b"evidence")
    joint = sign_jointly([b"m"] * MAX_JOINT, KOR, b"evidence")[-1]
    verify_jointly(b"m", joint, KOR.verify_key, b"evidence")
    fails(b"m", joint[:2] + (MAX_JOINT + 1).to_bytes(2, "big") + joint[4:])


def test_statements_signed_together_are_each_a_jws_that_verifies_alone() -> None:
    stated = [statement(number) for number in range(5)]
    signed = sign_together(stated, KOR)
    assert [verify_evidence(one, KEYS) for one in signed] == stated
    assert sign_together(stated[:1], KOR) == [sign_evidence(stated[0], KOR)]
    assert sign_together([], KOR) == []


def test_the_header_says_which_form_it_is_and_neither_passes_for_the_other() -> None:
    single = sign_evidence(statement(1), KOR).split(".")
    joint = sign_together([statement(1), statement(2)], KOR)[0].split(".")
    for header, payload, signature in (
        (single[0], joint[1], joint[2]),
        (joint[0], single[1], single[2]),
        (joint[0], joint[1], base64url(from_base64url(joint[2])[4:68])),
    ):
        with pytest.raises(VerificationFailed):
            verify_evidence(f"{header}.{payload}.{signature}", KEYS)


def test_another_party_s_statement_is_not_taken_among_one_s_own() -> None:
    signed = sign_together([statement(1), statement(2, "JPN"), replace(statement(3), kind="handover")], KOR)
    assert verify_evidence(signed[2], KEYS).kind == "handover"
    with pytest.raises(VerificationFailed, match="another party's key signed"):
        verify_evidence(signed[1], KEYS)


def closed(number: int) -> Unsigned:
    return close(
        f"payload {number}".encode(),
        {"item": f"i-{number}", "originator": "KOR"},
        originator="KOR",
        signer=KOR.verify_key,
        recipient="JPN",
        recipient_key=OPENS.wrap_key,
        content_key=bytes([number]) * 32,
        nonce=b"n" * 16,
    )


def test_sealed_items_whose_labels_share_a_signature_open_each_alone() -> None:
    unsigned = [closed(number) for number in range(3)]
    signatures = sign_manifests([one.manifest for one in unsigned], KOR)
    sealed = [one.signed(signature) for one, signature in zip(unsigned, signatures, strict=True)]
    for number, one in enumerate(sealed):
        read = Sealed.from_bytes(one.to_bytes())
        assert read == one
        assert open_sealed(read, recipient="JPN", key=OPENS, originators=KEYS).payload == f"payload {number}".encode()
    onward = rewrap(sealed[1], holder="JPN", key=OPENS, recipient="USA", recipient_key=OPENS.wrap_key, originators=KEYS)
    assert Sealed.from_bytes(onward.to_bytes()).signature == sealed[1].signature
    with pytest.raises(VerificationFailed):
        verify_label(unsigned[0].signed(signatures[1]), KEYS)


def test_no_bit_of_a_jointly_signed_item_can_be_another() -> None:
    unsigned = [closed(number) for number in range(2)]
    data = unsigned[0].signed(sign_manifests([one.manifest for one in unsigned], KOR)[0]).to_bytes()
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises((VerificationFailed, InputError)):
            open_sealed(Sealed.from_bytes(changed), recipient="JPN", key=OPENS, originators=KEYS)
    single = unsigned[0].signed(bytes(64)).to_bytes()
    with pytest.raises(VerificationFailed):
        Sealed.from_bytes(single.replace(b"relto/envelope/1", b"relto/envelope/2", 1))


def test_only_what_goes_to_one_party_is_signed_together() -> None:
    found = by_recipient("abcd", ["JPN", None, "USA", "JPN"], lambda some: [(one, len(some)) for one in some])
    assert found == [("a", 2), ("b", 1), ("c", 1), ("d", 2)]
    assert by_recipient("", [], lambda some: [(one, len(some)) for one in some]) == []
