"""On a medium: the same messages, answers and guarantees as over the network; of a bad medium nothing is taken in."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest

from relto.adapters.medium import new_medium, open_medium
from relto.core.canon import digest
from relto.core.errors import Conflict, InputError, NotFound, Refused, ReltoError, VerificationFailed
from relto.node import Node, Offer, dispatch_pending, open_item, release_many, sign_instrument
from relto.node.carrying import TakenIn, export_queued, settle_from, take_in
from relto.node.medium import MAGIC, MESSAGES, Manifest, MediumWriter, Part
from tests.test_cli_node import Call, call, pair, rows
from tests.test_node_setup import LAPSE, Cast, all_verify, cast, pact, standing

__all__ = ["call", "cast", "pact"]


def exported(node: Node, to: str = "JPN") -> bytes:
    file = io.BytesIO()
    export_queued(node, to, file.write)
    return file.getvalue()


def taken_in(node: Node, medium: bytes) -> tuple[TakenIn, bytes]:
    answers = io.BytesIO()
    done = take_in(node, io.BytesIO(medium), answers.write)
    return done, answers.getvalue()


def states(node: Node) -> list[tuple[str, str]]:
    with node.store.read() as reading:
        return [(row.kind, row.state) for row in reading.outbox()]


def held(node: Node) -> int:
    with node.store.read() as reading:
        return len(reading.holdings())


@pytest.fixture
def apart(pact: Cast) -> Cast:
    """KOR and JPN in agreement, and no network between them: one item waits."""
    pact.link.set_down("JPN")
    assert pact.release().state == "queued"
    return pact


def waiting(cast: Cast) -> list[str]:
    return [state for kind, state in states(cast.kor) if kind == "transmittal"]


def test_an_item_and_its_receipt_are_carried_and_once_is_as_good_as_twice(apart: Cast) -> None:
    apart.release(name="japan-only")
    medium = exported(apart.kor)
    assert waiting(apart) == ["queued", "queued"]
    done, answers = taken_in(apart.jpn, medium)
    assert (done.accepted, done.refused, done.problems) == (2, 0, ())
    assert taken_in(apart.jpn, medium)[1] == answers
    for _ in range(2):
        _, settled = settle_from(apart.kor, io.BytesIO(answers))
        assert [one.state for one in settled] == ["done", "done"]
    assert held(apart.jpn) == 2
    apart.link.set_down("JPN", down=False)
    assert dispatch_pending(apart.kor) == []
    all_verify(apart)


def test_by_network_and_by_medium_is_one_effect(apart: Cast) -> None:
    medium = exported(apart.kor)
    apart.link.set_down("JPN", down=False)
    dispatch_pending(apart.kor)
    done, answers = taken_in(apart.jpn, medium)
    _, (settled,) = settle_from(apart.kor, io.BytesIO(answers))
    assert (done.accepted, held(apart.jpn), settled.state) == (1, 1, "done")
    all_verify(apart)


def test_a_lapse_on_the_way_is_refused_by_the_recipient_and_the_refusal_is_carried_back(apart: Cast) -> None:
    medium = exported(apart.kor)
    apart.clock.set(LAPSE)
    done, answers = taken_in(apart.jpn, medium)
    _, (settled,) = settle_from(apart.kor, io.BytesIO(answers))
    assert (done.accepted, done.refused, held(apart.jpn)) == (0, 1, 0)
    assert settled.state == "refused-by-recipient"
    assert "lapsed" in settled.grounds[0].says or settled.grounds[0].check == "standing"
    all_verify(apart)


def test_a_lapse_before_it_leaves_is_refused_and_what_may_have_arrived_is_recalled(apart: Cast) -> None:
    earlier = exported(apart.kor)
    apart.clock.set(LAPSE)
    recall = exported(apart.kor)
    assert waiting(apart) == ["refused"]
    _, answers = taken_in(apart.jpn, recall)
    settle_from(apart.kor, io.BytesIO(answers))
    assert states(apart.kor)[-1] == ("recall", "done")
    assert taken_in(apart.jpn, earlier)[0].accepted == held(apart.jpn) == 0
    all_verify(apart)


def test_instruments_are_carried_in_order_and_both_sides_stand_the_same(cast: Cast) -> None:
    cast.enter_into_force()
    cast.link.set_down("JPN")
    notice = cast.instrument("n001", "termination-notice", "KOR", "2019-08-23T15:30+09:00")
    cast.clock.set(notice.at.instant)
    sign_instrument(cast.kor, "kor-jpn-2016", notice)
    cast.release()
    assert standing(cast.jpn).state == "in-force"
    done, answers = taken_in(cast.jpn, exported(cast.kor))
    assert [one.kind for one in done.manifest.parts] == ["instrument", "transmittal"]
    settle_from(cast.kor, io.BytesIO(answers))
    assert standing(cast.jpn).state == standing(cast.kor).state == "notice-given"
    assert {state for _, state in states(cast.kor)} == {"done"}
    all_verify(cast)


def test_an_import_that_was_cut_off_is_begun_again(cast: Cast) -> None:
    cast.enter_into_force()
    cast.link.set_down("JPN")
    cast.give_notice()
    cast.release()

    def cut(done: int, of: int) -> None:
        raise KeyboardInterrupt(f"after {done} of {of}")

    medium = exported(cast.kor)
    with pytest.raises(KeyboardInterrupt, match="1 of 2"):
        take_in(cast.jpn, io.BytesIO(medium), progress=cut)
    assert (standing(cast.jpn).state, held(cast.jpn)) == ("notice-given", 0)
    done, answers = taken_in(cast.jpn, medium)
    assert (done.accepted, held(cast.jpn)) == (2, 1)
    settle_from(cast.kor, io.BytesIO(answers))
    assert {state for _, state in states(cast.kor)} == {"done"}
    all_verify(cast)


def test_an_item_larger_than_a_batch_is_carried(pact: Cast) -> None:
    content = bytes(range(256)) * (9 << 12)
    (pact.folder / "KOR" / "dossier" / "items" / "report.txt").write_bytes(content)
    pact.link.set_down("JPN")
    pact.release(name="japan-only")
    pact.release()
    done, _ = taken_in(pact.jpn, exported(pact.kor))
    with pact.jpn.store.read() as reading:
        large = next(one.id for one in reading.holdings() if one.received.item == "japan-only")
    assert (done.accepted, open_item(pact.jpn, large).payload) == (2, content)


def test_nothing_to_carry_is_no_medium(pact: Cast) -> None:
    with pytest.raises(NotFound, match="nothing for `JPN`"):
        exported(pact.kor)
    with pytest.raises(NotFound, match="no card"):
        exported(pact.kor, "GBR")


def forged(cast: Cast, parts: list[Part], data: bytes) -> bytes:
    """A medium of KOR's own making whose manifest says what it likes."""
    manifest = Manifest("KOR", "JPN", LAPSE, MESSAGES, tuple(parts)).to_bytes()
    return signed(cast.kor, manifest, data)


def signed(node: Node, manifest: bytes, data: bytes) -> bytes:
    signature = node.keys.signing().sign(MAGIC + manifest)
    return MAGIC + data + manifest + signature + len(manifest).to_bytes(4, "big")


def twice_keyed(cast: Cast, whole: bytes) -> bytes:
    manifest = Manifest("KOR", "JPN", LAPSE, MESSAGES, (Part("x", "y", 1, digest(b"x")),)).to_bytes()
    return signed(cast.kor, manifest.replace(b'"to":', b'"to":"USA","to":'), b"x")


def by_another(cast: Cast, whole: bytes) -> bytes:
    manifest = Manifest("KOR", "JPN", LAPSE, MESSAGES, (Part("x", "y", 1, digest(b"x")),)).to_bytes()
    return signed(cast.usa, manifest, b"x")


def swapped(cast: Cast, whole: bytes) -> bytes:
    """Two parts of one size, changed with each other."""
    parts = [Part("transmittal", name, 4, digest(name.encode())) for name in ("aaaa", "bbbb")]
    return forged(cast, parts, b"bbbbaaaa")


BAD: dict[str, tuple[Callable[[Cast, bytes], bytes], str]] = {
    "cut short": (lambda cast, whole: whole[: len(whole) // 2], "cut short|manifest"),
    "without its last byte": (lambda cast, whole: whole[:-1], "cut short|manifest|signature"),
    "with more behind it": (lambda cast, whole: whole + b"\x00", "cut short|manifest|signature"),
    "changed": (lambda cast, whole: whole[:200] + bytes([whole[200] ^ 1]) + whole[201:], "part 1 of the medium"),
    "with more in it": (lambda cast, whole: MAGIC + b"x" + whole[len(MAGIC) :], "the manifest says"),
    "swapped": (swapped, "part 1 of the medium, the transmittal `aaaa`, was changed"),
    "by another": (by_another, "signature"),
    "with a key twice": (twice_keyed, "stands twice"),
    "with a part too large": (lambda cast, whole: forged(cast, [Part("x", "y", 1 << 40, digest(b""))], b""), "bytes"),
    "of nothing": (lambda cast, whole: forged(cast, [], b""), "1 to 20000 parts"),
    "no medium": (lambda cast, whole: b"relto/medium/9\n" + whole, "not a medium"),
    "empty": (lambda cast, whole: b"", "a medium of 0 bytes"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_medium_is_refused_as_a_whole(apart: Cast, name: str) -> None:
    spoil, says = BAD[name]
    medium = spoil(apart, exported(apart.kor))
    with pytest.raises((InputError, VerificationFailed), match=says):
        taken_in(apart.jpn, medium)
    assert held(apart.jpn) == 0


def test_a_medium_for_another_party_or_of_the_other_sort_is_refused(apart: Cast) -> None:
    medium = exported(apart.kor)
    with pytest.raises(VerificationFailed, match="for `JPN`"):
        taken_in(apart.usa, medium)
    _, answers = taken_in(apart.jpn, medium)
    with pytest.raises(InputError, match="carries answers"):
        taken_in(apart.kor, answers)


def test_an_answer_settles_only_what_it_answers(apart: Cast) -> None:
    _, answers = taken_in(apart.jpn, exported(apart.kor))
    apart.release(name="japan-only")
    with apart.kor.store.read() as reading:
        first, second = [row.subject for row in reading.outbox() if row.kind == "transmittal"]
    with apart.jpn.store.read() as reading:
        receipt = reading.answered("transmittal", first)
    assert receipt is not None
    file = io.BytesIO()
    writer = MediumWriter(file.write, "JPN", "KOR", LAPSE, "answers")
    writer.add("transmittal", second, receipt.reply)
    writer.finish(apart.jpn.keys.signing())
    _, (found,) = settle_from(apart.kor, file)
    assert isinstance(found.error, VerificationFailed)
    assert waiting(apart) == ["queued", "queued"]
    settle_from(apart.kor, io.BytesIO(answers))
    assert waiting(apart) == ["done", "queued"]


def test_what_is_no_message_is_told_to_its_sender_and_holds_up_nothing(apart: Cast) -> None:
    whole = io.BytesIO()
    writer = MediumWriter(whole.write, "KOR", "JPN", LAPSE, MESSAGES)
    with apart.kor.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "transmittal"]
    writer.add("transmittal", row.subject, b"nothing signed")
    writer.add("transmittal", row.subject, row.message)
    writer.finish(apart.kor.keys.signing())
    done, answers = taken_in(apart.jpn, whole.getvalue())
    assert ([part.subject for part, _ in done.problems], done.accepted) == ([row.subject], 1)
    _, settled = settle_from(apart.kor, io.BytesIO(answers))
    assert settled[0].error is not None or settled[0].state == "done"
    assert waiting(apart) == ["done"]


def test_a_file_is_written_whole_or_not_at_all_and_over_none(tmp_path: Path) -> None:
    def fail(how: BaseException) -> None:
        with new_medium(tmp_path / "one") as write:
            write(b"half")
            raise how

    for how in (NotFound("nothing"), KeyboardInterrupt(), OSError(28, "No space left on device")):
        with pytest.raises((ReltoError, KeyboardInterrupt)):
            fail(how)
    assert list(tmp_path.iterdir()) == []
    with new_medium(tmp_path / "one") as write:
        write(b"whole")
    with pytest.raises(Conflict), new_medium(tmp_path / "one"):
        pass
    (tmp_path / "link").symlink_to(tmp_path / "one")
    for name in ("link", ".", "none"):
        with pytest.raises(InputError), open_medium(tmp_path / name):
            pass
    assert (tmp_path / "one").read_bytes() == b"whole"


def test_refused_at_export_with_nothing_else_to_carry(pact: Cast) -> None:
    pact.link.set_down("JPN")
    release_many(pact.kor, [Offer(pact.item(), "JPN")])
    pact.clock.set(LAPSE)
    with pytest.raises(Refused, match="refused"):
        exported(pact.kor)
    assert waiting(pact) == ["refused"]


def test_by_the_command_line(call: Call) -> None:
    pair(call)
    Path("kor/neighbours.json").unlink()
    assert call("release", "msl-2019-10-31", "--to", "JPN", "--node", "kor")[0] == 6
    assert call("outbox", "export", "--to", "JPN", "out", "--node", "kor")[1].startswith("out: 1 for JPN, ")
    assert call("outbox", "export", "--to", "JPN", "out", "--node", "kor")[0] == 7
    code, out, _ = call("inbox", "import", "out", "--answers", "back", "--node", "jpn", "--json")
    assert (code, rows(out)[0]["accepted"], rows(out)[0]["from"]) == (0, 1, "KOR")
    code, out, _ = call("outbox", "import", "back", "--node", "kor", "--json")
    assert (code, [row["state"] for row in rows(out)]) == (0, ["done"])
    assert call("outbox", "export", "--to", "JPN", "more", "--node", "kor")[0] == 4
    assert not Path("more").exists()
    assert call("inbox", "import", "back", "--node", "jpn")[0] == 5
    assert call("outbox")[0] == call("inbox")[0] == 2
    for node in ("kor", "jpn"):
        assert call("ledger", "verify", "--node", node)[0] == 0
