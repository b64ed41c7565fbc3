"""Evidence says one thing in one form, under the key of the party it names, or it is no evidence."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.jwk import OKPKey

from relto.core.canon import MAX_INTEGER, base64url, canonical, digest, from_base64url
from relto.core.envelope import SigningKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.evidence import (
    EVIDENCE_KINDS,
    MAX_JWS_BYTES,
    Evidence,
    EvidenceKind,
    check_receipt,
    sign_evidence,
    verify_evidence,
)
from relto.core.ledger import MAX_LEAF_BYTES
from tests.making import at

KOR, JPN, USA = (SigningKey(bytes([n]) * 32) for n in (1, 2, 3))
KEYS = {"KOR": KOR.verify_key, "JPN": JPN.verify_key, "USA": USA.verify_key}
DIGESTS = {name: digest(name.encode()) for name in ("payload", "label", "sealed", "decision")}
SUBMISSION = Evidence(
    kind="submission",
    party="KOR",
    at=at("2019-11-22T14:59:59.999999999Z"),
    to="JPN",
    transmittal="tr-1",
    item="msl-2019-10-31",
    agreement="kor-jpn-2016",
    digests=DIGESTS,
    says={"articles": ["4", "6(a)"], "hop": 1},
)
RECEIPT = replace(
    SUBMISSION,
    kind="receipt",
    party="JPN",
    to="KOR",
    at=at("2019-11-22T15:00:00Z"),
    digests={**DIGESTS, "evidence": digest(b"the submission")},
    says={"marks": ["極秘", "特定秘密"]},
)
SIGNED = sign_evidence(SUBMISSION, KOR)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


def header_of(signed: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(from_base64url(signed.split(".")[0]))
    return read


def forged(header: Any, payload: bytes, key: SigningKey = KOR) -> str:
    head = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    signing_input = f"{base64url(head)}.{base64url(payload)}"
    return f"{signing_input}.{base64url(key.sign(signing_input.encode()))}"


def test_evidence_is_canonical_json_under_the_algorithm_name_of_rfc_9864() -> None:
    header, payload, signature = (from_base64url(part) for part in SIGNED.split("."))
    assert header == canonical({"alg": "Ed25519", "kid": KOR.verify_key.id, "typ": "relto-evidence+jws"})
    value = json.loads(payload)
    assert payload == canonical(value)
    assert value["schema"] == "relto/evidence/1"
    assert value["at"] == "2019-11-22T14:59:59.999999999Z"
    assert len(signature) == 64
    KOR.verify_key.verify(signature, SIGNED.rpartition(".")[0].encode())


def test_another_implementation_of_jws_takes_the_signature_and_writes_the_same() -> None:
    private = OKPKey.import_key(KOR.private)
    assert jws.deserialize_compact(SIGNED, private, algorithms=["Ed25519"]).payload == SUBMISSION.to_bytes()
    assert jws.serialize_compact(header_of(SIGNED), SUBMISSION.to_bytes(), private, algorithms=["Ed25519"]) == SIGNED


def test_evidence_is_read_back_as_it_was_said() -> None:
    assert verify_evidence(SIGNED, KEYS) == SUBMISSION
    assert verify_evidence(sign_evidence(RECEIPT, JPN), KEYS) == RECEIPT


def test_one_statement_under_one_key_is_one_string() -> None:
    assert sign_evidence(replace(SUBMISSION, digests=dict(reversed(DIGESTS.items()))), KOR) == SIGNED


@settings(max_examples=50)
@given(
    st.sampled_from(EVIDENCE_KINDS),
    st.integers(0, 2 * 10**18),
    st.dictionaries(
        TEXT, TEXT | st.integers(-MAX_INTEGER, MAX_INTEGER) | st.none() | st.lists(TEXT, max_size=3), max_size=4
    ),
)
def test_any_evidence_is_read_back_as_it_was_said(kind: EvidenceKind, ns: int, says: dict[str, Any]) -> None:
    evidence = replace(SUBMISSION, kind=kind, at=at("1990-01-01T00:00Z").plus(ns), says=says)
    assert verify_evidence(sign_evidence(evidence, KOR), KEYS) == evidence


def test_one_changed_sign_anywhere_fails_verification() -> None:
    for place, sign in enumerate(SIGNED):
        for other in {"A" if sign != "A" else "B", chr(ord(sign) ^ 1), ".", "="} - {sign}:
            with pytest.raises(VerificationFailed):
                verify_evidence(SIGNED[:place] + other + SIGNED[place + 1 :], KEYS)


@given(st.text(max_size=80) | st.lists(st.text("AQabz09-_", max_size=20), min_size=3, max_size=3).map(".".join))
def test_text_from_anywhere_fails_verification_and_nothing_else(signed: str) -> None:
    with pytest.raises(VerificationFailed):
        verify_evidence(signed, KEYS)


@pytest.mark.parametrize("change", [f"{SIGNED} ", f"{SIGNED}\n", f" {SIGNED}", f"{SIGNED}=", f"{SIGNED}.", SIGNED[:-1]])
def test_nothing_may_stand_around_the_jws(change: str) -> None:
    with pytest.raises(VerificationFailed):
        verify_evidence(change, KEYS)


@pytest.mark.parametrize("algorithm", ["none", "None", "EdDSA", "ed25519", "HS256", "Ed448", "", 1, None])
def test_the_algorithm_is_pinned(algorithm: Any) -> None:
    with pytest.raises(VerificationFailed, match="header"):
        verify_evidence(forged({**header_of(SIGNED), "alg": algorithm}, SUBMISSION.to_bytes()), KEYS)


def test_no_signature_at_all_is_none() -> None:
    unsigned = base64url(json.dumps({**header_of(SIGNED), "alg": "none"}, separators=(",", ":")).encode())
    with pytest.raises(VerificationFailed):
        verify_evidence(f"{unsigned}.{base64url(SUBMISSION.to_bytes())}.", KEYS)
    with pytest.raises(VerificationFailed):
        verify_evidence(SIGNED.rpartition(".")[0] + ".", KEYS)


def test_the_public_key_is_no_shared_secret() -> None:
    header = base64url(json.dumps({**header_of(SIGNED), "alg": "HS256"}, separators=(",", ":")).encode())
    signing_input = f"{header}.{base64url(SUBMISSION.to_bytes())}"
    mac = hmac.digest(KOR.verify_key.raw, signing_input.encode(), hashlib.sha256)
    with pytest.raises(VerificationFailed):
        verify_evidence(f"{signing_input}.{base64url(mac)}", KEYS)


def test_the_example_of_rfc_8037_appendix_a4_is_no_evidence() -> None:
    example = (
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki"
        "4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    )
    signer = SigningKey(bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"))
    with pytest.raises(VerificationFailed):
        verify_evidence(example, {"KOR": signer.verify_key})


@pytest.mark.parametrize(
    "extra",
    [
        {"crit": ["exp"], "exp": 1},
        {"b64": False, "crit": ["b64"]},
        {"jwk": {"kty": "OKP"}},
        {"jku": "https://example.org/keys"},
        {"cty": "json"},
        {"relto": 1},
        {"typ": "JWT"},
        {"typ": None},
    ],
)
def test_the_header_has_three_members_and_no_more(extra: dict[str, Any]) -> None:
    with pytest.raises(VerificationFailed, match="header"):
        verify_evidence(forged(header_of(SIGNED) | extra, SUBMISSION.to_bytes()), KEYS)


@pytest.mark.parametrize("missing", ["alg", "kid", "typ"])
def test_the_header_has_three_members_and_no_fewer(missing: str) -> None:
    header = {key: value for key, value in header_of(SIGNED).items() if key != missing}
    with pytest.raises(VerificationFailed, match="header"):
        verify_evidence(forged(header, SUBMISSION.to_bytes()), KEYS)


@pytest.mark.parametrize(
    "header",
    [
        json.dumps(header_of(SIGNED)).encode(),
        canonical(dict(reversed(header_of(SIGNED).items())))[:-1] + b',"alg":"Ed25519"}',
        b"[]",
        b"",
        b"{" * 400,
        b"x" * 600,
    ],
)
def test_the_header_has_one_form(header: bytes) -> None:
    with pytest.raises(VerificationFailed, match="header"):
        verify_evidence(forged(header, SUBMISSION.to_bytes()), KEYS)


def test_a_key_speaks_only_for_its_own_party() -> None:
    with pytest.raises(VerificationFailed, match="`KOR` is named"):
        verify_evidence(sign_evidence(SUBMISSION, USA), KEYS)
    with pytest.raises(VerificationFailed, match="not known here"):
        verify_evidence(SIGNED, {"JPN": JPN.verify_key})
    with pytest.raises(VerificationFailed, match="not known here"):
        verify_evidence(SIGNED, {})


def test_naming_anothers_key_does_not_help() -> None:
    with pytest.raises(VerificationFailed, match="not one by key"):
        verify_evidence(forged(header_of(SIGNED), SUBMISSION.to_bytes(), USA), KEYS)


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        (lambda value: value.update(schema="relto/evidence/2"), "schema"),
        (lambda value: value.update(kind="apology"), "no kind"),
        (lambda value: value.update(at="2019-11-22T23:59:59.999999999+09:00"), "canonical"),
        (lambda value: value.update(at="2019-11-22T15:00:00"), "naive"),
        (lambda value: value.update(party="Korea!"), "party id"),
        (lambda value: value.update(to=None), "`to` is not text"),
        (lambda value: value.update(extra=1), "`extra` is not known"),
        (lambda value: value.update(says=[]), "`says` is not an object"),
        (lambda value: value.update(transmittal="../../etc"), "not an id"),
        (lambda value: value["digests"].update(payload="sha256:0"), "not a digest"),
        (lambda value: value["digests"].update(payload=1), "`payload` is not text"),
        (lambda value: value["digests"].pop("sealed"), "digest of its sealed"),
        (lambda value: value.pop("digests"), "`digests` is missing"),
        (lambda value: value.pop("item"), "without transmittal or item"),
        (lambda value: value["digests"].update({f"d{n}": digest(b"") for n in range(13)}), "17 digests"),
    ],
)
def test_a_statement_in_any_other_form_fails_even_if_its_party_signed_it(edit: Any, says: str) -> None:
    value = json.loads(SUBMISSION.to_bytes())
    edit(value)
    with pytest.raises(VerificationFailed, match=f"no evidence.*{says}"):
        verify_evidence(forged(header_of(SIGNED), canonical(value)), KEYS)


@pytest.mark.parametrize("payload", [b"", b"[]", b'{"a":1,"a":1}', SUBMISSION.to_bytes() + b" ", b"[" * 10_000])
def test_what_is_not_canonical_fails_even_if_its_party_signed_it(payload: bytes) -> None:
    with pytest.raises(VerificationFailed):
        verify_evidence(forged(header_of(SIGNED), payload), KEYS)


def test_base64_with_stray_bits_fails_verification() -> None:
    evidence = next(
        e for e in (replace(SUBMISSION, says={"pad": "x" * n}) for n in range(3)) if len(e.to_bytes()) % 3 == 1
    )
    head, payload, _ = sign_evidence(evidence, KOR).split(".")
    stray = payload[:-1] + chr(ord(payload[-1]) + 1)
    assert base64.urlsafe_b64decode(stray + "==") == evidence.to_bytes()
    signature = base64url(KOR.sign(f"{head}.{stray}".encode()))
    with pytest.raises(VerificationFailed):
        verify_evidence(f"{head}.{stray}.{signature}", KEYS)


def test_the_largest_evidence_is_still_one_leaf_of_a_ledger() -> None:
    room = 45_000 - len(replace(SUBMISSION, says={"text": ""}).to_bytes())
    largest = replace(SUBMISSION, says={"text": "x" * room})
    signed = sign_evidence(largest, KOR)
    assert len(signed) <= MAX_JWS_BYTES == MAX_LEAF_BYTES
    assert verify_evidence(signed, KEYS) == largest
    with pytest.raises(InputError, match="say a digest of it"):
        sign_evidence(replace(SUBMISSION, says={"text": "x" * (room + 1)}), KOR)
    with pytest.raises(InputError, match="at most"):
        verify_evidence("A" * (MAX_JWS_BYTES + 1), KEYS)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"kind": "apology"}, "no kind of evidence"),
        ({"party": ""}, "not a party id"),
        ({"to": "Japan!"}, "not a party id"),
        ({"transmittal": ""}, "not an id"),
        ({"transmittal": None}, "without transmittal"),
        ({"item": None}, "without transmittal or item"),
        ({"kind": "handover", "transmittal": None}, "without transmittal"),
        ({"kind": "instrument", "agreement": None}, "without its agreement"),
        ({"digests": {}}, "digest of its payload"),
        ({"kind": "relay", "digests": {"payload": digest(b""), "label": digest(b"")}}, "digest of its sealed"),
        ({"kind": "receipt", "digests": {"payload": digest(b"")}}, "digest of its label"),
        ({"digests": {**DIGESTS, "Bad Name": digest(b"")}}, "cannot name a digest"),
        ({"digests": {**DIGESTS, "payload": "md5:0"}}, "not a digest"),
    ],
)
def test_evidence_that_says_too_little_is_an_input_error(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        replace(SUBMISSION, **changes)


def test_a_refusal_needs_neither_transmittal_nor_digests() -> None:
    refusal = Evidence(
        "refusal", "KOR", at("2019-11-22T15:00:00Z"), says={"grounds": [{"check": "standing", "article": "21(3)"}]}
    )
    assert verify_evidence(sign_evidence(refusal, KOR), KEYS) == refusal


def test_says_that_is_not_json_is_an_input_error() -> None:
    share: Any = 0.5
    with pytest.raises(InputError, match="fraction"):
        sign_evidence(replace(SUBMISSION, says={"share": share}), KOR)


def test_the_kinds_are_those_of_the_design() -> None:
    assert get_args(EvidenceKind) == EVIDENCE_KINDS
    assert len(EVIDENCE_KINDS) == 17  # those nine; records, keys, custody, marks, ledgers, visits, firms, facilities


def test_a_receipt_that_repeats_what_the_sender_signed_holds() -> None:
    check_receipt(RECEIPT, SUBMISSION)
    check_receipt(replace(RECEIPT, to=None), replace(SUBMISSION, to=None))
    check_receipt(RECEIPT, replace(SUBMISSION, kind="relay"))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"transmittal": "tr-2"}, "transmittal"),
        ({"item": "msl-2019-11-28"}, "item"),
        ({"agreement": None}, "agreement"),
        ({"agreement": "tisa-2014"}, "agreement"),
        ({"party": "USA"}, "party"),
        ({"to": "USA"}, "to"),
        ({"kind": "submission"}, "kind"),
        ({"digests": {**DIGESTS, "payload": digest(b"")}}, "digests.payload"),
        ({"digests": {**DIGESTS, "label": digest(b"")}}, "digests.label"),
        ({"digests": {**DIGESTS, "sealed": digest(b"")}}, "digests.sealed"),
        ({"digests": {**DIGESTS, "decision": digest(b"")}}, "digests.decision"),
        ({"digests": {k: v for k, v in DIGESTS.items() if k != "decision"}}, "digests.decision"),
    ],
)
def test_a_receipt_that_repeats_something_else_fails_and_names_it(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(VerificationFailed) as caught:
        check_receipt(replace(RECEIPT, **changes), SUBMISSION)
    assert caught.value.message.startswith(f"`{field}`:")


def test_a_receipt_answers_only_a_submission_or_a_relay() -> None:
    with pytest.raises(VerificationFailed, match="`kind`"):
        check_receipt(RECEIPT, RECEIPT)


def test_what_was_read_before_is_read_again_as_it_was() -> None:
    for one in (SUBMISSION, RECEIPT):
        assert Evidence.read_again(one.to_bytes()) == Evidence.from_bytes(one.to_bytes()) == one


@pytest.mark.parametrize("name", ["kind", "party", "at", "to", "transmittal", "item", "agreement", "digests", "says"])
@pytest.mark.parametrize("other", [1, ["KOR"], "", " ", None])
def test_what_is_no_evidence_any_more_is_said(name: str, other: Any) -> None:
    value = {**json.loads(SUBMISSION.to_bytes()), name: other}
    with pytest.raises(InputError):
        Evidence.from_bytes(canonical(value))
    if other is None:
        del value[name]
    if name in value or name not in ("to", "agreement"):  # which it may lack
        with pytest.raises(InputError):
            Evidence.read_again(canonical(value))
