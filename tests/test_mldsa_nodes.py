"""Nodes with ML-DSA-44 keys beside their Ed25519 keys: adopted by a replacement, demanded by all, never dropped."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from relto.adapters.folder import dossier_files
from relto.adapters.keys import LIGHT_COST, create_keys, open_keys, pin_card
from relto.cli.main import run
from relto.core.canon import canonical, parse_object
from relto.core.envelope import SigningKey, UnwrapKey
from relto.core.errors import Conflict, InputError, ReltoError, VerificationFailed
from relto.core.ledger import (
    AddCheckpoint,
    Checkpoint,
    Tree,
    parse_note,
    read_proof,
    sign_checkpoint,
    verify_proof,
)
from relto.core.timeline import Instant, parse_instant
from relto.node import Node, handle, verify
from relto.node.bundle import Bundle, examine, seal_bundle
from relto.node.card import MAX_CARD_BYTES, Card
from relto.node.card_chain import MAX_CHANGE_BYTES, CardChain, KeyChange
from relto.node.export import export_bundle
from relto.node.framing import Message
from relto.node.heads import ask_witness, cosignatures
from relto.node.inclusion import proof_of
from relto.node.key_changes import change_keys
from relto.node.log import origin_of
from relto.node.mirroring import mirror
from relto.node.witness import KIND, last_head, witness_of
from tests.making_mldsa import both, lacking
from tests.test_node_setup import PASSPHRASE, Cast, all_verify, cast, kinds, pact

__all__ = ["cast", "pact"]

if lacking():
    pytest.skip(lacking(), allow_module_level=True)

AT = parse_instant("2019-11-18T12:00+09:00")
ED_LINE, MLDSA_LINE = 64, 8 + 2420


def card(key: SigningKey, seed: int = 1, party: str = "KOR") -> Card:
    wrapping = UnwrapKey(bytes([seed + 100]) * 32).wrap_key
    return Card(party, key.verify_key, wrapping, "kor.example:7400", b"certificate %d" % seed * 40).signed(key)


def alone(key: SigningKey) -> SigningKey:
    return SigningKey(key.raw)


def later(ns: int) -> Instant:
    return Instant(AT.ns + ns)


class TestCards:
    def test_a_card_without_one_is_as_it_was(self) -> None:
        old = card(alone(both(1)))
        assert b"mldsa" not in old.to_bytes()
        assert old.mldsa_id == ""
        assert old.keys_id != card(both(1)).keys_id

    def test_a_card_with_one_is_read_back_and_fits_what_may_come(self) -> None:
        new = card(both(1))
        assert Card.from_bytes(new.to_bytes()) == new
        assert len(new.to_bytes()) < MAX_CARD_BYTES
        change = KeyChange("key-replacement", "KOR", AT, new.keys_id, card(both(2), 2)).signed(both(1))
        assert len(change.to_bytes()) < MAX_CHANGE_BYTES
        assert KeyChange.from_bytes(change.to_bytes()) == change

    @pytest.mark.parametrize(
        "change",
        [
            {"mldsa_signature": None},
            {"signature": None},
            {"mldsa": None},
            {"mldsa": None, "mldsa_signature": None},
            {"mldsa_signature": "AAAA"},
        ],
        ids=str,
    )
    def test_each_of_its_keys_has_signed_it(self, change: dict[str, str | None]) -> None:
        value = parse_object(card(both(1)).to_bytes())
        value = {key: what for key, what in {**value, **change}.items() if what is not None}
        with pytest.raises(VerificationFailed):
            Card.from_bytes(canonical(value))

    @pytest.mark.parametrize(
        ("member", "what"), [("kid", "x"), ("alg", "ML-DSA-65"), ("kty", "OKP"), ("pub", "AAAA"), ("use", "sig")]
    )
    def test_the_key_is_written_in_one_form(self, member: str, what: str) -> None:
        value = json.loads(card(both(1)).to_bytes())
        value["mldsa"][member] = what
        with pytest.raises(InputError):
            Card.from_bytes(canonical(value))

    def test_nobody_names_anothers_second_key(self) -> None:
        mixed = SigningKey(both(1).raw, both(2).mldsa)
        stolen = card(mixed).signed(SigningKey(both(1).raw, both(3).mldsa))
        with pytest.raises(VerificationFailed, match="not signed by `KOR`"):
            Card.from_bytes(stolen.to_bytes())

    def test_a_change_is_signed_by_both_and_who_has_broken_one_drops_nothing(self) -> None:
        chain = CardChain.of(card(both(1)))
        dropped = KeyChange("key-replacement", "KOR", AT, card(both(1)).keys_id, card(alone(both(2)), 2))
        for change in (dropped, KeyChange("key-revocation", "KOR", AT, card(both(1)).keys_id)):
            with pytest.raises(VerificationFailed, match="ML-DSA-44"):
                chain.taken(change.signed(alone(both(1))))
            with pytest.raises(VerificationFailed, match="ML-DSA-44"):
                chain.taken(replace(change.signed(both(1)), mldsa_signature=change.signed(both(2)).mldsa_signature))
            assert chain.taken(change.signed(both(1))).changes
        without = CardChain.of(card(alone(both(1))))
        change = KeyChange("key-revocation", "KOR", AT, card(alone(both(1))).keys_id)
        with pytest.raises(VerificationFailed, match="not its card's"):
            without.taken(change.signed(both(1)))

    def test_a_second_key_that_has_stood_there_never_comes_back(self) -> None:
        chain = CardChain.of(card(both(1)))
        again = SigningKey(both(2).raw, both(1).mldsa)
        change = KeyChange("key-replacement", "KOR", AT, card(both(1)).keys_id, card(again, 2)).signed(both(1))
        with pytest.raises(Conflict, match="brings back a key"):
            chain.taken(change)

    def test_heads_that_come_in_are_by_a_card_with_one_once_the_last_has_it(self) -> None:
        first, second, third = card(alone(both(1))), card(both(2), 2), card(alone(both(3)), 3)
        chain = CardChain.of(first)
        assert chain.head_keys() == chain.signing_keys(fresh=True)
        chain = chain.taken(KeyChange("key-replacement", "KOR", AT, first.keys_id, second).signed(alone(both(1))))
        assert [key.raw for key in chain.signing_keys(fresh=True)] == [both(1).verify_key.raw, both(2).verify_key.raw]
        assert [key.raw for key in chain.head_keys()] == [both(2).verify_key.raw]
        assert CardChain.from_bytes(chain.to_bytes()) == chain
        chain = chain.taken(KeyChange("key-replacement", "KOR", later(9), second.keys_id, third).signed(both(2)))
        assert len(chain.head_keys()) == 3
        gone = CardChain.of(first).taken(KeyChange("key-revocation", "KOR", AT, first.keys_id).signed(alone(both(1))))
        assert gone.head_keys() == ()


class TestFiles:
    def test_it_is_encrypted_at_rest_as_the_others_and_opens_with_them(self, tmp_path: Path) -> None:
        made = create_keys(tmp_path / "kor", "KOR", PASSPHRASE, AT, cost=LIGHT_COST, mldsa=True)
        secret = made.signing().mldsa
        assert secret is not None
        assert made.own.signing.mldsa == secret.verify_key
        assert open_keys(tmp_path / "kor", PASSPHRASE).signing() == made.signing()
        assert open_keys(tmp_path / "kor", None).own == made.own
        file = tmp_path / "kor" / "keys" / "mldsa.pem"
        assert file.stat().st_mode & 0o077 == 0
        assert b"BEGIN ENCRYPTED PRIVATE KEY" in file.read_bytes()
        for path in (tmp_path / "kor").rglob("*"):
            assert not path.is_file() or secret.raw not in path.read_bytes()
        with pytest.raises(InputError, match="passphrase"):
            open_keys(tmp_path / "kor", "another")
        file.write_bytes((tmp_path / "kor" / "keys" / "signing.pem").read_bytes())
        with pytest.raises(VerificationFailed, match="not those of its card"):
            open_keys(tmp_path / "kor", PASSPHRASE)
        file.unlink()
        with pytest.raises(ReltoError, match="mldsa"):
            open_keys(tmp_path / "kor", PASSPHRASE)

    def test_the_next_keys_have_one_as_those_before_had_unless_it_is_said(self, tmp_path: Path) -> None:
        made = create_keys(tmp_path / "kor", "KOR", PASSPHRASE, AT, cost=LIGHT_COST)
        for number, (asked, has) in enumerate([(None, False), (True, True), (None, True), (False, False)]):
            made.change("key-replacement", later(number), asked)
            assert (made.own.signing.mldsa is not None, made.signing().mldsa is not None) == (has, has)

    def test_a_card_without_it_is_not_pinned_over_one_with_it(self, tmp_path: Path) -> None:
        create_keys(tmp_path / "jpn", "JPN", PASSPHRASE, AT, cost=LIGHT_COST)
        pin_card(tmp_path / "jpn", card(both(1)))
        pin_card(tmp_path / "jpn", card(both(1)))
        for other in (card(alone(both(1))), card(SigningKey(both(1).raw, both(2).mldsa))):
            with pytest.raises(Conflict, match="another card of `KOR` is pinned"):
                pin_card(tmp_path / "jpn", other)
        assert open_keys(tmp_path / "jpn", None).peers["KOR"].signing == both(1).verify_key


def adopt(pact: Cast, *parties: str) -> None:
    """Each of these replaces its keys by such with ML-DSA-44, which all take."""
    for party in parties:
        pact.clock.advance(10**9)
        _, deliveries = change_keys(pact.nodes[party], "key-replacement", mldsa=True)
        assert {one.state for one in deliveries} == {"done"}
        pact.clock.advance(10**9)


def head(node: Node) -> str:
    with node.store.read() as reading:
        return reading.checkpoint()


def without(note: str, *names: str) -> str:
    """A note without the ML-DSA-44 signatures by these."""
    parsed = parse_note(note)
    kept = [one for one in parsed.signatures if one.name not in names or len(one.signature) != MLDSA_LINE]
    return f"{parsed.text}\n" + "".join(f"{one.line()}\n" for one in kept)


@pytest.fixture
def strong(pact: Cast) -> Cast:
    """All three parties have ML-DSA-44 keys; a release since, each has cosigned the other's ledger, and mirrored it."""
    pact.release()
    for one, other in (("KOR", "JPN"), ("JPN", "KOR")):
        ask_witness(pact.nodes[one], other)
    adopt(pact, "KOR", "JPN", "USA")
    pact.release()
    for one, other in (("KOR", "JPN"), ("KOR", "USA"), ("JPN", "KOR")):
        ask_witness(pact.nodes[one], other)
    for one, other in (("KOR", "JPN"), ("JPN", "KOR")):
        mirror(pact.nodes[one], other)
    return pact


def test_heads_and_cosignatures_bear_both_and_what_was_signed_before_still_verifies(strong: Cast) -> None:
    assert [len(one.signature) for one in parse_note(head(strong.kor)).signatures] == [ED_LINE, MLDSA_LINE]
    with strong.kor.store.read() as reading:
        notes = reading.notes("cosigned")
        found = cosignatures(strong.kor, reading)
    for peer in ("JPN", "USA"):
        names = [one.name for one in parse_note(notes[peer]).signatures]
        assert names == [origin_of("KOR")] * 2 + [witness_of(peer)] * 2
        assert found[peer][0].size == len(kinds(strong.kor))
    assert strong.release().state == "done"
    for party in ("KOR", "JPN", "USA"):
        strong.reopen(party)
    assert strong.release().state == "done"
    all_verify(strong)


def test_a_mixed_set_of_parties_goes_on_as_well(pact: Cast) -> None:
    adopt(pact, "JPN")
    assert pact.release().state == "done"
    for one, other in (("KOR", "JPN"), ("JPN", "KOR"), ("USA", "JPN")):
        ask_witness(pact.nodes[one], other)
        mirror(pact.nodes[one], other)
    all_verify(pact)
    pact.clock.advance(10**9)
    change_keys(pact.jpn, "key-replacement", mldsa=False)  # signed by both, so it may
    assert pact.release().state == "done"
    ask_witness(pact.jpn, "KOR")
    assert len(parse_note(head(pact.jpn)).signatures) == 1
    all_verify(pact)


def test_a_head_by_one_of_the_two_is_not_cosigned(strong: Cast) -> None:
    strong.release()
    note = head(strong.kor)
    with strong.jpn.store.read() as reading:
        known = last_head(strong.jpn, reading, "KOR")
    with strong.kor.store.read() as reading:
        tree = Tree(one.evidence.encode() for one in reading.leaves())

    def asked(text: str) -> bytes:
        proof = tree.consistency_proof(known.size)
        return handle(strong.jpn, KIND, AddCheckpoint(known.size, proof, text).to_bytes(), "KOR")

    ed, beside = parse_note(note).signatures
    text = parse_note(note).text
    for forged in (
        without(note, origin_of("KOR")),
        f"{text}\n{beside.line()}\n",
        f"{text}\n{ed.line()}\n{replace(beside, signature=beside.signature[:8] + ed.signature).line()}\n",
        f"{text}\n{ed.line()}\n{replace(beside, key_id=ed.key_id).line()}\n",
    ):
        assert asked(forged).startswith(b"403 ")
    assert asked(note).startswith("— ".encode())


def test_the_key_from_before_signs_no_more_heads(pact: Cast) -> None:
    """Who has broken the Ed25519 key that was replaced has nothing to gain by it: no ML-DSA-44 key stood beside it."""
    broken = pact.kor.keys.signing()
    assert broken.mldsa is None
    adopt(pact, "KOR")
    with pact.kor.store.read() as reading:
        tree = Tree(one.evidence.encode() for one in reading.leaves())
    forged = sign_checkpoint(Checkpoint(origin_of("KOR"), tree.head()), broken)
    assert handle(pact.jpn, KIND, AddCheckpoint(0, (), forged).to_bytes(), "KOR").startswith(b"403 ")
    with pytest.raises(VerificationFailed):
        verified_with(pact, "KOR", forged)


def verified_with(pact: Cast, party: str, note: str) -> None:
    """Verify a node whose store was given another signed head. Raises VerificationFailed."""
    pact.nodes[party].store.close()
    with sqlite3.connect(pact.folder / party / "node.db") as raw:
        changed = raw.execute("UPDATE state SET value = ? WHERE name = 'checkpoint'", (note,)).rowcount
    raw.close()
    assert changed == 1
    node = pact.reopen(party)
    problems = [one for one in verify(node).problems if one.startswith("checkpoint")]
    if problems:
        raise VerificationFailed(problems[0])


def test_verify_demands_both_under_the_own_head(strong: Cast) -> None:
    note = head(strong.usa)
    verified_with(strong, "USA", note)
    with pytest.raises(VerificationFailed, match="lacks the signature by its ML-DSA-44 key"):
        verified_with(strong, "USA", without(note, origin_of("USA")))


class Between:
    """A link that changes what a witness answers."""

    def __init__(self, node: Node, keep: int) -> None:
        self.link, self.keep = node.link, keep
        node.link = self

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        answer = self.link.exchange(peer, kind, message)
        lines = answer.decode().splitlines(keepends=True)
        return lines[self.keep].encode() if kind == KIND and len(lines) == 2 else answer

    def exchange_many(self, peer: str, messages: Sequence[Message]) -> list[bytes | ReltoError]:
        return self.link.exchange_many(peer, messages)

    def close(self) -> None:
        self.link.close()


@pytest.mark.parametrize("keep", [0, 1])
def test_half_a_cosignature_is_none(strong: Cast, keep: int) -> None:
    strong.release()
    with strong.kor.store.read() as reading:
        before = reading.notes("cosigned")["JPN"]
    Between(strong.kor, keep)
    with pytest.raises(VerificationFailed, match="alike"):
        ask_witness(strong.kor, "JPN")
    with strong.kor.store.read() as reading:
        assert reading.notes("cosigned")["JPN"] == before


def test_a_proof_in_one_file_bears_all_and_demands_all(strong: Cast) -> None:
    with strong.kor.store.read() as reading:
        leaf = next(one for one in reading.leaves() if one.kind == "submission")
        text = proof_of(strong.kor, reading, leaf.id)
    proof, cards = read_proof(text.encode()), {party: node.keys.own for party, node in strong.nodes.items()}
    ring = {witness_of(party): cards[party].signing for party in ("JPN", "USA")}
    assert len(parse_note(proof.note).signatures) == 6

    def proved(note: str) -> int:
        found = verify_proof(
            replace(proof, note=note),
            leaf.evidence.encode(),
            origin=origin_of("KOR"),
            key=cards["KOR"].signing,
            witnesses=ring,
            quorum=2,
        )
        return len(found.witnesses)

    assert proved(proof.note) == 2
    for name in (origin_of("KOR"), witness_of("JPN"), witness_of("USA")):
        with pytest.raises(VerificationFailed):
            proved(without(proof.note, name))


def exported(pact: Cast, party: str) -> Bundle:
    files = dossier_files(pact.folder / party / "dossier")
    return Bundle.from_bytes(export_bundle(pact.nodes[party], "msl-2019-10-31", files).to_bytes())


def test_a_bundle_holds_offline_by_the_cards_and_not_with_one_signature_less(strong: Cast) -> None:
    bundle, cards = exported(strong, "KOR"), [node.keys.own for node in strong.nodes.values()]
    report = examine([bundle], cards)
    assert report.holds, report.problems
    assert examine([bundle]).holds
    assert report.bundles[0].placed == 2
    assert {mldsa for party, key, mldsa, _ in report.keys for card in cards if card.signing.id == key} == {
        one.mldsa_id for one in cards if one.party in {party for party, *_ in report.keys}
    }
    key = strong.kor.keys.signing()
    weaker = seal_bundle(replace(bundle, checkpoint=without(bundle.checkpoint, origin_of("KOR"))), key)
    assert any("lacks the signature by its ML-DSA-44 key" in one for one in examine([weaker], cards).problems)
    for place, ledger in enumerate(bundle.ledgers):
        for name in (origin_of(ledger.party), witness_of("JPN" if ledger.party == "KOR" else "KOR")):
            notes = tuple(replace(one, note=without(one.note, name)) for one in ledger.cosigned)
            assert notes != ledger.cosigned
            ledgers = (*bundle.ledgers[:place], replace(ledger, cosigned=notes), *bundle.ledgers[place + 1 :])
            assert not examine([seal_bundle(replace(bundle, ledgers=ledgers), key)], cards).holds


def test_a_head_by_a_key_that_ended_before_what_stands_under_it_is_no_head_of_a_bundle(pact: Cast) -> None:
    broken = pact.kor.keys.signing()
    adopt(pact, "KOR")
    pact.release()
    bundle = exported(pact, "KOR")
    with pact.kor.store.read() as reading:
        tree = Tree(one.evidence.encode() for one in reading.leaves())
    forged = sign_checkpoint(Checkpoint(origin_of("KOR"), tree.head()), broken)
    weaker = seal_bundle(replace(bundle, checkpoint=forged, ledgers=()), pact.kor.keys.signing())
    assert examine([bundle]).holds
    assert [one for one in examine([weaker]).problems if "checkpoint" in one]


def test_two_bundles_with_and_without_the_second_key_differ(strong: Cast) -> None:
    kor, jpn = exported(strong, "KOR"), exported(strong, "JPN")
    assert examine([kor, jpn]).holds
    own = strong.kor.keys.own
    plain = Card("KOR", SigningKey(strong.kor.keys.signing().raw).verify_key, own.wrapping)
    problems = examine([kor], [plain]).problems
    assert any("has another card of KOR than the one given" in one for one in problems)
    swapped = tuple(plain if one.party == "KOR" else one for one in jpn.cards)
    chains = tuple(one for one in jpn.chains if one.party != "KOR")
    forged = seal_bundle(replace(jpn, cards=swapped, chains=chains), strong.jpn.keys.signing())
    assert any("another card of KOR" in one for one in examine([kor, forged]).problems)


def test_the_commands_make_show_pin_and_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def relto(*arguments: str) -> str:
        assert run([*arguments]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    for party, more in (("KOR", ["--mldsa"]), ("JPN", [])):
        relto("node", "init", "--party", party, str(tmp_path / party), *more)
    shown = json.loads(relto("node", "card", "--node", str(tmp_path / "KOR"), "--json"))
    assert shown["mldsa_key"]
    assert json.loads(relto("node", "card", "--node", str(tmp_path / "JPN"), "--json"))["mldsa_key"] is None
    pinned = relto("node", "pin", str(tmp_path / "KOR"), "--node", str(tmp_path / "JPN"))
    assert f"ML-DSA-44 key {shown['mldsa_key']}" in pinned
    assert "with ML-DSA-44" in relto("node", "key", "list", "--node", str(tmp_path / "JPN"))
    changed = json.loads(relto("node", "key", "replace", "--node", str(tmp_path / "KOR"), "--json"))
    assert changed["mldsa_key"] not in (None, shown["mldsa_key"])
    relto("ledger", "verify", "--node", str(tmp_path / "KOR"))
    relto("ledger", "export", str(tmp_path / "public"), "--node", str(tmp_path / "KOR"))
    card_file = str(tmp_path / "KOR" / "keys" / "card.json")
    relto("ledger", "verify-export", str(tmp_path / "public"), "--card", card_file)
    note = tmp_path / "public" / "checkpoint"
    note.write_text(without(note.read_text("utf-8"), origin_of("KOR")), encoding="utf-8")
    assert run(["ledger", "verify-export", str(tmp_path / "public"), "--card", card_file]) == 5
    assert "ML-DSA-44" in capsys.readouterr().err
