"""The ledger's tree is RFC 6962's, its proofs prove that and nothing else, its checkpoints are C2SP's."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relto.core.envelope import SigningKey, VerifyKey
from relto.core.errors import InputError, VerificationFailed
from relto.core.ledger import (
    EMPTY_ROOT,
    MAX_LEAF_BYTES,
    Checkpoint,
    Frontier,
    NoteSignature,
    SignedNote,
    Tree,
    TreeHead,
    leaf_hash,
    note_key_id,
    parse_note,
    sign_checkpoint,
    sign_note,
    verify_checkpoint,
    verify_consistency,
    verify_inclusion,
    verify_note,
)

LARGEST = 200
LEAVES = tuple(f"leaf {n}".encode() for n in range(LARGEST))
TREE = Tree(LEAVES)
KEY, WITNESS = SigningKey(b"k" * 32), SigningKey(b"w" * 32)
ORIGIN = "kor.example/ledger"
CHECKPOINT = Checkpoint(ORIGIN, TREE.head())
NOTE = sign_checkpoint(CHECKPOINT, KEY)


def sha256(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def largest_power_below(n: int) -> int:
    k = 1
    while 2 * k < n:
        k *= 2
    return k


@cache
def mth(start: int, end: int) -> bytes:
    """RFC 6962, 2.1, word for word."""
    n = end - start
    if n == 0:
        return sha256(b"")
    if n == 1:
        return sha256(b"\x00", LEAVES[start])
    k = largest_power_below(n)
    return sha256(b"\x01", mth(start, start + k), mth(start + k, end))


def path(m: int, start: int, end: int) -> list[bytes]:
    """RFC 6962, 2.1.1, word for word."""
    n = end - start
    if n == 1:
        return []
    k = largest_power_below(n)
    if m < k:
        return [*path(m, start, start + k), mth(start + k, end)]
    return [*path(m - k, start + k, end), mth(start, start + k)]


def subproof(m: int, start: int, end: int, whole: bool) -> list[bytes]:
    """RFC 6962, 2.1.2, word for word."""
    n = end - start
    if m == n:
        return [] if whole else [mth(start, end)]
    k = largest_power_below(n)
    if m <= k:
        return [*subproof(m, start, start + k, whole), mth(start + k, end)]
    return [*subproof(m - k, start + k, end, False), mth(start, start + k)]


def test_roots_are_those_of_the_certificate_transparency_reference_tree() -> None:
    leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
    roots = """
    6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
    fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
    aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
    d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
    4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
    76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
    ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
    5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
    """.split()
    tree = Tree(bytes.fromhex(leaf) for leaf in leaves)
    assert [tree.head(size).root.hex() for size in range(1, 9)] == roots
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_root_and_frontier_are_right_at_every_size() -> None:
    frontier, growing = Frontier(), Tree()
    for size in range(LARGEST + 1):
        assert TREE.head(size) == growing.head() == frontier.head() == TreeHead(size, mth(0, size))
        assert growing.frontier() == frontier
        if size < LARGEST:
            assert growing.append(LEAVES[size]) == size
            frontier = frontier.extend_hashes([leaf_hash(LEAVES[size])])


def test_a_tree_rebuilt_from_leaf_hashes_is_the_same_tree() -> None:
    rebuilt = Tree()
    for leaf in LEAVES:
        rebuilt.append_hash(leaf_hash(leaf))
    assert rebuilt.head() == TREE.head()


def test_every_leaf_of_every_tree_has_the_path_of_rfc_6962_and_it_verifies() -> None:
    for size in range(1, LARGEST + 1):
        head = TREE.head(size)
        for index in range(size):
            proof = TREE.inclusion_proof(index, size)
            assert list(proof) == path(index, 0, size)
            verify_inclusion(LEAVES[index], index, proof, head)


def test_every_tree_begins_with_every_smaller_one_and_the_proof_verifies() -> None:
    for size in range(LARGEST + 1):
        head = TREE.head(size)
        for old in range(size + 1):
            proof = TREE.consistency_proof(old, size)
            assert list(proof) == (subproof(old, 0, size, True) if old else [])
            verify_consistency(TREE.head(old), head, proof)


@st.composite
def changed_proofs(draw: st.DrawFn, proof: tuple[bytes, ...]) -> list[bytes]:
    """The proof with one hash changed, dropped, added, cut, or moved."""
    nodes = list(proof)
    how = draw(st.sampled_from(["flip", "drop", "cut", "swap"] if nodes else ["add"])) if draw(st.booleans()) else "add"
    place = draw(st.integers(0, max(0, len(nodes) - 1)))
    if how == "add":
        nodes.insert(draw(st.integers(0, len(nodes))), draw(st.sampled_from([bytes(32), EMPTY_ROOT, *proof])))
    elif how == "flip":
        bit = draw(st.integers(0, 255))
        nodes[place] = (int.from_bytes(nodes[place], "big") ^ (1 << bit)).to_bytes(32, "big")
    elif how == "drop":
        del nodes[place]
    elif how == "cut":
        nodes[place] = nodes[place][: draw(st.integers(0, 31))]
    elif len(nodes) > 1:
        other = (place + draw(st.integers(1, len(nodes) - 1))) % len(nodes)
        nodes[place], nodes[other] = nodes[other], nodes[place]
    else:
        nodes.append(bytes(32))
    return nodes


@given(st.data(), st.integers(1, LARGEST))
def test_a_changed_inclusion_proof_fails(data: st.DataObject, size: int) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = data.draw(changed_proofs(TREE.inclusion_proof(index, size)))
    with pytest.raises(VerificationFailed):
        verify_inclusion(LEAVES[index], index, proof, TREE.head(size))


@given(st.data(), st.integers(2, LARGEST))
def test_an_inclusion_proof_of_another_leaf_index_or_root_fails(data: st.DataObject, size: int) -> None:
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof, head = TREE.inclusion_proof(index, size), TREE.head(size)
    for leaf, place, root in (
        (LEAVES[other], index, head),
        (LEAVES[index], other, head),
        (LEAVES[index], index, TreeHead(size, TREE.head(size - 1).root if size > 1 else bytes(32))),
        (LEAVES[index], -1, head),
        (LEAVES[index], size, head),
        (LEAVES[index] + b" ", index, head),
    ):
        with pytest.raises(VerificationFailed):
            verify_inclusion(leaf, place, proof, root)


@given(st.data(), st.integers(1, LARGEST))
def test_a_changed_consistency_proof_fails(data: st.DataObject, size: int) -> None:
    old = data.draw(st.integers(0, size))
    proof = data.draw(changed_proofs(TREE.consistency_proof(old, size)))
    with pytest.raises(VerificationFailed):
        verify_consistency(TREE.head(old), TREE.head(size), proof)


@given(st.integers(1, LARGEST), st.integers(1, LARGEST))
def test_a_tree_that_shrank_or_was_rewritten_fails(one: int, two: int) -> None:
    old, size = sorted((one, two))
    rewritten = Tree([b"rewritten", *LEAVES[1:size]])
    for before, after, proof in (
        (TREE.head(old), rewritten.head(), rewritten.consistency_proof(old)),
        (rewritten.head(old), TREE.head(size), TREE.consistency_proof(old, size)),
        (TREE.head(old), rewritten.head(), TREE.consistency_proof(old, size)),
    ):
        with pytest.raises(VerificationFailed):
            verify_consistency(before, after, proof)
    if old != size:
        with pytest.raises(VerificationFailed, match="shrunk"):
            verify_consistency(TREE.head(size), TREE.head(old), TREE.consistency_proof(old, size))


def test_a_node_cannot_pass_for_a_leaf() -> None:
    two = Tree(LEAVES[:2])
    node = leaf_hash(LEAVES[0]) + leaf_hash(LEAVES[1])
    with pytest.raises(VerificationFailed):
        verify_inclusion(node, 0, (), TreeHead(1, two.head().root))


def test_a_head_that_lies_about_its_size_is_found_out_by_the_length_of_the_proof() -> None:
    one, two, four = (TREE.head(size).root for size in (1, 2, 4))
    with pytest.raises(VerificationFailed, match="inclusion proof is too long"):
        verify_inclusion(LEAVES[1], 0, [one], TreeHead(1, two))
    with pytest.raises(VerificationFailed, match="inclusion proof is too short"):
        verify_inclusion(LEAVES[0], 0, [leaf_hash(LEAVES[1])], TreeHead(3, two))
    with pytest.raises(VerificationFailed, match="consistency proof is too long"):
        verify_consistency(TREE.head(1), TreeHead(2, four), TREE.consistency_proof(1, 4))
    with pytest.raises(VerificationFailed, match="consistency proof is too short"):
        verify_consistency(TREE.head(1), TreeHead(3, two), TREE.consistency_proof(1, 2))
    with pytest.raises(VerificationFailed, match="consistency proof is too short"):
        verify_consistency(TREE.head(3), TREE.head(4), ())


def test_a_proof_is_at_most_64_hashes_of_32_bytes() -> None:
    for proof in ([bytes(32)] * 65, [bytes(31)], [bytes(33)], [b""]):
        with pytest.raises(VerificationFailed, match="not a Merkle proof"):
            verify_inclusion(LEAVES[0], 0, proof, TREE.head())
        with pytest.raises(VerificationFailed, match="not a Merkle proof"):
            verify_consistency(TREE.head(1), TREE.head(), proof)


def test_proofs_of_what_was_never_there_are_input_errors() -> None:
    for ask in (
        lambda: TREE.inclusion_proof(LARGEST),
        lambda: TREE.inclusion_proof(-1),
        lambda: TREE.inclusion_proof(5, 5),
        lambda: TREE.inclusion_proof(0, LARGEST + 1),
        lambda: TREE.consistency_proof(6, 5),
        lambda: TREE.consistency_proof(-1),
        lambda: TREE.consistency_proof(0, LARGEST + 1),
        lambda: TREE.head(-1),
        lambda: TREE.head(LARGEST + 1),
        lambda: Tree().inclusion_proof(0),
        lambda: Tree().append_hash(bytes(31)),
        lambda: Tree().append(bytes(MAX_LEAF_BYTES + 1)),
        lambda: leaf_hash(bytes(MAX_LEAF_BYTES + 1)),
        lambda: Frontier(3, (bytes(32),)),
        lambda: Frontier(1, (bytes(31),)),
        lambda: Frontier(-1, (bytes(32),)),
        lambda: TreeHead(0, bytes(32)),
        lambda: TreeHead(1, bytes(31)),
        lambda: TreeHead(-1, bytes(32)),
        lambda: TreeHead(2**63, bytes(32)),
    ):
        with pytest.raises(InputError):
            ask()
    assert Tree([bytes(MAX_LEAF_BYTES)]).size == 1


def test_the_example_note_of_c2sp_signed_note_verifies() -> None:
    name, key_id, material = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k".split("+", 2)
    key = VerifyKey(base64.b64decode(material)[1:])
    note = (
        "This is an example message.\n\n— example.com/foo "
        "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
    )
    assert note_key_id(name, key).hex() == key_id
    signed, names = verify_note(note.encode(), {name: key})
    assert signed.text == "This is an example message.\n"
    assert names == {name}
    assert str(signed) == note


def test_a_note_is_signed_as_the_go_checksum_database_signs_it() -> None:
    seed = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
    text = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
    line = (
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert str(sign_note(text, {"PeterNeumann": SigningKey(seed)})) == f"{text}\n{line}"


def test_a_checkpoint_is_three_lines_a_blank_one_and_the_ledgers_signature() -> None:
    origin, size, root, blank, signature, end = NOTE.split("\n")
    assert (origin, size, blank, end) == (ORIGIN, "200", "", "")
    assert base64.b64decode(root) == TREE.head().root
    dash, name, raw = signature.split(" ")
    assert (dash, name) == ("—", ORIGIN)
    assert base64.b64decode(raw)[:4] == sha256(ORIGIN.encode(), b"\n\x01", KEY.verify_key.raw)[:4]
    KEY.verify_key.verify(base64.b64decode(raw)[4:], f"{origin}\n{size}\n{root}\n".encode())


def test_a_checkpoint_is_read_back_from_text_or_bytes() -> None:
    for note in (NOTE, NOTE.encode()):
        assert verify_checkpoint(note, origin=ORIGIN, key=KEY.verify_key) == CHECKPOINT
    empty = Checkpoint(ORIGIN, Tree().head())
    assert verify_checkpoint(sign_checkpoint(empty, KEY), origin=ORIGIN, key=KEY.verify_key) == empty
    extended = Checkpoint(ORIGIN, TREE.head(), ("an extension line",))
    assert verify_checkpoint(sign_checkpoint(extended, KEY), origin=ORIGIN, key=KEY.verify_key) == extended


def test_one_flipped_bit_anywhere_in_a_checkpoint_fails_verification() -> None:
    data = NOTE.encode()
    for place in range(len(data)):
        for bit in range(8):
            changed = bytearray(data)
            changed[place] ^= 1 << bit
            with pytest.raises(VerificationFailed):
                verify_checkpoint(bytes(changed), origin=ORIGIN, key=KEY.verify_key)


@given(st.binary(max_size=80) | st.text(max_size=80))
def test_what_comes_from_anywhere_is_no_checkpoint(note: bytes | str) -> None:
    with pytest.raises(VerificationFailed):
        verify_checkpoint(note, origin=ORIGIN, key=KEY.verify_key)


def test_a_checkpoint_counts_only_from_its_own_ledger_and_key() -> None:
    with pytest.raises(VerificationFailed, match="no key known"):
        verify_checkpoint(NOTE, origin=ORIGIN, key=WITNESS.verify_key)
    with pytest.raises(VerificationFailed, match="no key known"):
        verify_checkpoint(NOTE, origin="jpn.example/ledger", key=KEY.verify_key)
    elsewhere = str(sign_note(CHECKPOINT.text, {"jpn.example/ledger": KEY}))
    with pytest.raises(VerificationFailed, match="not of `jpn"):
        verify_checkpoint(elsewhere, origin="jpn.example/ledger", key=KEY.verify_key)


def test_signatures_of_witnesses_are_passed_over_and_a_bad_one_of_a_known_key_is_not() -> None:
    cosigned = sign_note(CHECKPOINT.text, {"usa.example/witness": WITNESS, ORIGIN: KEY})
    assert verify_checkpoint(str(cosigned), origin=ORIGIN, key=KEY.verify_key) == CHECKPOINT
    names = {"usa.example/witness": WITNESS.verify_key, ORIGIN: KEY.verify_key}
    assert verify_note(str(cosigned), names)[1] == set(names)
    own = parse_note(NOTE).signatures[0]
    longer = NoteSignature("pq.example", b"\x01\x02\x03\x04", bytes(2420))
    assert (
        verify_checkpoint(str(SignedNote(CHECKPOINT.text, (longer, own))), origin=ORIGIN, key=KEY.verify_key)
        == CHECKPOINT
    )
    bad = NoteSignature(ORIGIN, own.key_id, bytes(64))
    for both in ((own, bad), (bad, own)):
        with pytest.raises(VerificationFailed, match="not one by key"):
            verify_checkpoint(str(SignedNote(CHECKPOINT.text, both)), origin=ORIGIN, key=KEY.verify_key)


def test_sixteen_signatures_are_read_and_a_flood_is_not() -> None:
    own = parse_note(NOTE).signatures[0]
    others = [NoteSignature(f"w{n}.example", b"abcd", bytes(2420)) for n in range(64)]
    assert (
        verify_checkpoint(str(SignedNote(CHECKPOINT.text, (*others[:15], own))), origin=ORIGIN, key=KEY.verify_key)
        == CHECKPOINT
    )
    with pytest.raises(VerificationFailed, match="signatures"):
        parse_note(str(SignedNote(CHECKPOINT.text, (*others, own))))
    with pytest.raises(InputError, match="256 KiB"):
        parse_note("x" * (1 << 18) + NOTE)


def resigned(text: str) -> str:
    return f"{text}\n— {ORIGIN} {_signature(text)}\n"


def _signature(text: str) -> str:
    return base64.b64encode(note_key_id(ORIGIN, KEY.verify_key) + KEY.sign(text.encode())).decode()


ROOT = base64.b64encode(TREE.head().root).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n0200\n{ROOT}\n",
        f"{ORIGIN}\n+200\n{ROOT}\n",
        f"{ORIGIN}\n200 \n{ROOT}\n",
        f"{ORIGIN}\n２００\n{ROOT}\n",
        f"{ORIGIN}\n-1\n{ROOT}\n",
        f"{ORIGIN}\n9223372036854775808\n{ROOT}\n",
        f"{ORIGIN}\n0\n{ROOT}\n",
        f"{ORIGIN}\n200\n{ROOT[:-1]}\n",
        f"{ORIGIN}\n200\n{ROOT[:-2]}{chr(ord(ROOT[-2]) + 1)}=\n",
        f"{ORIGIN}\n200\n{base64.b64encode(bytes(33)).decode()}\n",
        f"{ORIGIN}\n200\n",
        f"{ORIGIN}\n200\n{ROOT}\n\n",
        f"{ORIGIN}\n200\n{ROOT}\na\ttab\n",
        f"\n200\n{ROOT}\n",
        f"{ORIGIN} \n200\n{ROOT}\n",
        f"{ORIGIN}\n\n{ROOT}\n",
    ],
)
def test_a_checkpoint_in_any_other_form_fails_even_if_its_ledger_signed_it(text: str) -> None:
    with pytest.raises(VerificationFailed):
        verify_checkpoint(resigned(text), origin=ORIGIN, key=KEY.verify_key)


LINE = NOTE.split("\n")[4]


@pytest.mark.parametrize(
    "note",
    [
        NOTE[:-1],
        NOTE + "\n",
        NOTE.replace("\n", "\r\n"),
        CHECKPOINT.text,
        CHECKPOINT.text + "\n",
        CHECKPOINT.text + LINE + "\n",
        NOTE.replace("— ", "- "),
        NOTE.replace("— ", "—  "),
        NOTE + "trailing\n",
        NOTE + "— a+b AAAAAAA=\n",
        NOTE + "— name AAAA\n",
        NOTE + "— name AAAAAB==\n",
        NOTE + "— na\u00a0me AAAAAAA=\n",
        NOTE + "— name AAAAAAA= \n",
        NOTE + "— name é\n",
        NOTE.replace("200", "2\t0"),
        NOTE + "— n\ud800 AAAAAAA=\n",
        "",
        "\n\n",
    ],
)
def test_what_is_not_written_as_a_note_fails(note: str) -> None:
    with pytest.raises(VerificationFailed):
        verify_checkpoint(note, origin=ORIGIN, key=KEY.verify_key)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Checkpoint("", TREE.head()),
        lambda: Checkpoint("two words", TREE.head()),
        lambda: Checkpoint("a+b", TREE.head()),
        lambda: Checkpoint("a\nb", TREE.head()),
        lambda: Checkpoint(ORIGIN, TREE.head(), ("",)),
        lambda: Checkpoint(ORIGIN, TREE.head(), ("two\nlines",)),
        lambda: sign_checkpoint(Checkpoint(ORIGIN, TREE.head(), ("a\ttab",)), KEY),
        lambda: sign_note("no newline", {ORIGIN: KEY}),
        lambda: sign_note("text\n", {}),
        lambda: sign_note("text\n", {"a b": KEY}),
        lambda: sign_note("\ud800\n", {ORIGIN: KEY}),
    ],
)
def test_what_no_note_can_hold_is_an_input_error(make: Any) -> None:
    with pytest.raises(InputError):
        make()


def test_two_ledgers_that_signed_the_same_size_and_other_leaves_are_told_apart() -> None:
    other = Tree([*LEAVES[:-1], b"another leaf"])
    with pytest.raises(VerificationFailed, match="two trees of 200 leaves differ"):
        verify_consistency(TREE.head(), other.head(), ())


@given(st.lists(st.integers(0, 40), max_size=12))
def test_adding_many_at_once_is_adding_each(parts: list[int]) -> None:
    leaves = [str(number).encode() for number in range(sum(parts))]
    each, at_once, by_hash = Tree(), Tree(), Tree()
    done = 0
    for count in parts:
        some = leaves[done : done + count]
        for one in some:
            each.append(one)
        at_once.extend(some)
        by_hash.extend_hashes(leaf_hash(one) for one in some)
        done += count
        assert each.head() == at_once.head() == by_hash.head()
        assert each.frontier() == at_once.frontier()
        if done:
            assert each.inclusion_proof(done // 2) == at_once.inclusion_proof(done // 2)


def test_of_many_with_one_too_long_none_is_added() -> None:
    tree = Tree([b"a"])
    with pytest.raises(InputError, match="65536"):
        tree.extend([b"b", bytes(65_536)])
    with pytest.raises(InputError, match="another length"):
        tree.extend_hashes([bytes(32), bytes(31)])
    assert tree.size == 1


def test_the_edge_of_a_tree_grows_by_hashes_as_by_leaves() -> None:
    tree = Tree(f"leaf {number}".encode() for number in range(40))
    for start in range(41):
        edge = Frontier().extend_hashes(tree.node(0, place) for place in range(start))
        assert (edge.head(), edge.extend_hashes(tree.node(0, place) for place in range(start, 40)).head()) == (
            tree.head(start),
            tree.head(),
        )
    with pytest.raises(InputError, match="another length"):
        Frontier().extend_hashes([bytes(31)])
