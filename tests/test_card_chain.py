"""Cards one after another: which key was good when, and who may change that."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

import pytest

from relto.core.envelope import SigningKey, UnwrapKey
from relto.core.errors import Conflict, InputError, ReltoError, VerificationFailed
from relto.core.evidence import Evidence, sign_evidence, verify_evidence
from relto.core.timeline import Instant, parse_instant
from relto.node.card import Card
from relto.node.card_chain import CardChain, KeyChange

AT = parse_instant("2019-11-18T12:00+09:00")


def later(ns: int, at: Instant = AT) -> Instant:
    return Instant(at.ns + ns)


def key(seed: int) -> SigningKey:
    return SigningKey(bytes([seed]) * 32)


def card(seed: int, party: str = "KOR") -> Card:
    wrapping = UnwrapKey(bytes([seed + 100]) * 32).wrap_key
    return Card(party, key(seed).verify_key, wrapping, "kor.example:7400").signed(key(seed))


def replaced(old: int, new: int, at: Instant = AT, signer: int | None = None) -> KeyChange:
    change = KeyChange("key-replacement", "KOR", at, card(old).keys_id, card(new))
    return change.signed(key(old if signer is None else signer))


def revoked(old: int, at: Instant = AT, signer: int | None = None) -> KeyChange:
    change = KeyChange("key-revocation", "KOR", at, card(old).keys_id)
    return change.signed(key(old if signer is None else signer))


@pytest.mark.parametrize(("ns", "good", "not_good"), [(-1, 1, 2), (0, 2, 1), (1, 2, 1)])
def test_a_replacement_takes_effect_at_its_instant(ns: int, good: int, not_good: int) -> None:
    chain = CardChain.of(card(1)).taken(replaced(1, 2))
    assert chain.card_at(later(ns)) == card(good)
    assert chain.check_signed(card(good).signing.id, later(ns)) == card(good).signing
    with pytest.raises(VerificationFailed, match="was not good"):
        chain.check_signed(card(not_good).signing.id, later(ns))


def test_a_revocation_leaves_nothing_until_people_pin_another() -> None:
    chain = CardChain.of(card(1)).taken(revoked(1))
    assert [chain.card_at(later(ns)) for ns in (-1, 0, 1)] == [card(1), None, None]
    with pytest.raises(Conflict, match="not revoked by then"):
        chain.pinned(card(2), later(-1))
    mended = chain.pinned(card(2), later(5))
    assert [mended.card_at(later(ns)) for ns in (-1, 0, 4, 5)] == [card(1), None, None, card(2)]
    assert mended.check_signed(card(1).signing.id, later(-1)) == card(1).signing
    assert mended.taken(replaced(2, 3, later(9))).card_at(later(9)) == card(3)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda: replaced(2, 9, later(2), signer=7), VerificationFailed),  # a stranger, or another party
        (lambda: replaced(2, 9, later(2), signer=1), VerificationFailed),  # by the key that was replaced
        (lambda: revoked(2, later(2), signer=1), VerificationFailed),
        (lambda: replace(replaced(2, 9, later(2)), at=later(3)), VerificationFailed),  # another instant than was signed
        (lambda: replaced(1, 9, later(2)), Conflict),  # a second one of the card that is replaced already
        (lambda: revoked(1, later(2)), Conflict),
        (lambda: replaced(2, 1, later(2)), Conflict),  # back to the old key
        (lambda: replaced(2, 9, AT), Conflict),  # not after the last change
        (lambda: replaced(2, 9, later(-1)), Conflict),
    ],
)
def test_what_would_change_it_wrongly_is_refused(change: Callable[[], KeyChange], error: type[ReltoError]) -> None:
    chain = CardChain.of(card(1)).taken(replaced(1, 2))
    with pytest.raises(error):
        chain.taken(change())


def test_nothing_follows_a_revocation_but_a_pin() -> None:
    chain = CardChain.of(card(1)).taken(revoked(1))
    with pytest.raises(Conflict, match="not its last"):
        chain.taken(replaced(1, 2, later(1)))


def test_a_change_taken_twice_is_taken_once() -> None:
    chain = CardChain.of(card(1)).taken(replaced(1, 2)).taken(replaced(2, 3, later(1)))
    assert chain.taken(replaced(1, 2)) == chain


def test_the_holder_of_a_new_key_has_signed_its_card() -> None:
    for unsigned in (replace(card(2), signature=b""), Card("KOR", card(2).signing, card(2).wrapping)):
        change = KeyChange("key-replacement", "KOR", AT, card(1).keys_id, unsigned).signed(key(1))
        with pytest.raises(VerificationFailed):
            CardChain.of(card(1)).taken(change)


def test_a_party_changes_its_own_card_alone() -> None:
    previous = card(1).keys_id
    with pytest.raises(InputError, match="one of `JPN`"):
        KeyChange("key-replacement", "KOR", AT, previous, card(2, "JPN"))
    with pytest.raises(Conflict, match="none of `KOR`"):
        CardChain.of(card(1)).taken(KeyChange("key-revocation", "JPN", AT, previous).signed(key(1)))


def test_a_change_has_one_form() -> None:
    for change in (replaced(1, 2), revoked(1)):
        assert KeyChange.from_bytes(change.to_bytes()) == change
        with pytest.raises(ReltoError):
            KeyChange.from_bytes(change.to_bytes() + b" ")


def test_at_each_instant_at_most_one_key_is_good() -> None:
    """Whatever the order of replacements, revocations and pins; after the last one, only the last card can be."""
    for seed in range(40):
        chance, chain, at = random.Random(seed), CardChain.of(card(1)), AT
        for number in range(2, 10):
            at = later(chance.randint(1, 3), at)
            if chance.random() < 0.3:
                chain = chain.taken(revoked(number - 1, at))
                at = later(chance.randint(0, 2), at)
                chain = chain.pinned(card(number), at)
            else:
                chain = chain.taken(replaced(number - 1, number, at))
        for ns in range(-1, at.ns - AT.ns + 2):
            good = [one.card for one in chain.terms if one.holds(later(ns))]
            assert len(good) <= 1
            assert chain.card_at(later(ns)) == (good[0] if good else None)
        assert chain.card_at(at) == card(9)


def test_a_chain_is_read_back_as_it_was() -> None:
    chain = CardChain.of(card(1)).taken(replaced(1, 2)).taken(revoked(2, later(5))).pinned(card(3), later(9))
    chain = chain.taken(replaced(3, 4, later(20)))
    again = CardChain.from_bytes(chain.to_bytes())
    assert again == chain
    assert [one.id for one in chain.signing_keys()] == [card(seed).signing.id for seed in (1, 2, 3, 4)]
    assert [one.id for one in chain.signing_keys(fresh=True)] == [card(seed).signing.id for seed in (1, 3, 4)]
    assert [chain.linked(card(seed)) for seed in (1, 3, 5)] == [(card(1), card(2)), (card(3), card(4)), ()]
    assert chain.current == card(4)
    assert CardChain.of(card(1)).taken(revoked(1)).current is None
    for spoilt in (b"{}", b"[]", chain.to_bytes()[:-2], chain.to_bytes().replace(b'"steps":[', b'"steps":[1,')):
        with pytest.raises(ReltoError):
            CardChain.from_bytes(spoilt)


def test_a_key_of_a_chain_verifies_what_bears_an_instant_of_its_term() -> None:
    chain = CardChain.of(card(1)).taken(replaced(1, 2))
    keys = {"KOR": chain.signing_keys()}

    def signed(seed: int, ns: int) -> str:
        return sign_evidence(Evidence(kind="refusal", party="KOR", at=later(ns)), key(seed))

    for seed, ns, good in ((1, -1, True), (1, 0, True), (1, 1, False), (2, -1, False), (2, 0, True), (2, 1, True)):
        if good:
            assert verify_evidence(signed(seed, ns), keys).at == later(ns)
        else:
            with pytest.raises(VerificationFailed, match="was not good at"):
                verify_evidence(signed(seed, ns), keys)
