"""Large messages in pieces: what was handed over before the connection broke is not handed over again."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from relto.adapters.arriving import MOST_AT_ONCE, ArrivingFolder
from relto.compose import arriving_at, open_node
from relto.core.errors import Conflict, InputError, NotFound, PeerUnreachable, ReltoError
from relto.node import dispatch_pending, open_item, release, verify
from relto.node.pieces import PIECE_BYTES, is_quarter, name_of
from tests.serving import PASSPHRASE, Network, network

MESSAGE = b"a message of some length"
NAME = name_of(MESSAGE)
CONTENT = bytes(range(256)) * (5 << 12)  # 5 MiB: six pieces, with its evidence and label
ITEM = "msl-2019-10-31"


class TestKept:
    @pytest.fixture
    def kept(self, tmp_path: Path) -> ArrivingFolder:
        return ArrivingFolder(tmp_path / "arriving", 64)

    def test_a_message_grows_piece_by_piece_and_is_forgotten(self, kept: ArrivingFolder, tmp_path: Path) -> None:
        assert kept.have("KOR", NAME) == 0
        assert kept.add("KOR", NAME, 0, MESSAGE[:9]) == kept.have("KOR", NAME) == 9
        assert kept.add("KOR", NAME, 9, MESSAGE[9:]) == len(MESSAGE)
        assert kept.whole("KOR", NAME) == MESSAGE
        assert (tmp_path / "arriving" / "KOR" / NAME).stat().st_mode & 0o777 == 0o600
        again = ArrivingFolder(tmp_path / "arriving", 64)  # the process was begun anew
        assert (again.have("KOR", NAME), again.have("USA", NAME)) == (len(MESSAGE), 0)
        again.forget("KOR", NAME)
        again.forget("KOR", NAME)
        assert kept.have("KOR", NAME) == 0

    @pytest.mark.parametrize("at", [0, 8, 10, 999])
    def test_only_the_next_piece_is_taken(self, kept: ArrivingFolder, at: int) -> None:
        kept.add("KOR", NAME, 0, MESSAGE[:9])
        with pytest.raises(Conflict, match="9 bytes are here"):
            kept.add("KOR", NAME, at, b"x")
        assert kept.have("KOR", NAME) == 9

    def test_no_message_grows_beyond_the_limit(self, kept: ArrivingFolder) -> None:
        kept.add("KOR", NAME, 0, b"x" * 64)
        with pytest.raises(InputError, match="a piece of 1 bytes after 64"):
            kept.add("KOR", NAME, 64, b"x")
        assert kept.have("KOR", NAME) == 0
        with pytest.raises(InputError, match="a piece of 0 bytes"):
            kept.add("KOR", NAME, 0, b"")

    def test_bytes_that_are_not_those_of_the_name_are_forgotten(self, kept: ArrivingFolder) -> None:
        kept.add("KOR", NAME, 0, MESSAGE + b".")
        with pytest.raises(Conflict, match="not those of the message"):
            kept.whole("KOR", NAME)
        with pytest.raises(NotFound, match="nothing of that message"):
            kept.whole("KOR", NAME)

    def test_of_too_many_those_that_waited_longest_are_let_go(self, kept: ArrivingFolder) -> None:
        names = [name_of(bytes([number])) for number in range(MOST_AT_ONCE + 2)]
        for name in names:
            kept.add("KOR", name, 0, b"x")
        kept.add("USA", NAME, 0, b"x")
        assert [kept.have("KOR", name) for name in names] == [0, 0] + [1] * MOST_AT_ONCE

    @pytest.mark.parametrize("name", ["", "../../keys", NAME.upper(), NAME[1:], f"{NAME}0", f"{NAME}\n"])
    def test_a_name_leads_nowhere_else(self, kept: ArrivingFolder, name: str) -> None:
        with pytest.raises(InputError, match="without a digest"):
            kept.add("KOR", name, 0, b"x")
        with pytest.raises(InputError):
            kept.have("../KOR", NAME)

    def test_a_link_is_not_followed(self, kept: ArrivingFolder, tmp_path: Path) -> None:
        kept.add("KOR", name_of(b"another"), 0, b"x")
        (tmp_path / "arriving" / "KOR" / NAME).symlink_to(tmp_path / "elsewhere")
        with pytest.raises(ReltoError):
            kept.add("KOR", NAME, 0, b"x")
        assert not (tmp_path / "elsewhere").exists()

    def test_a_disk_that_does_not_take_it_is_told_to_the_peer(self, tmp_path: Path) -> None:
        (tmp_path / "arriving").write_text("no folder")
        with pytest.raises(PeerUnreachable, match="cannot be kept"):
            ArrivingFolder(tmp_path / "arriving", 64).add("KOR", NAME, 0, b"x")

    def test_of_two_who_bring_the_same_piece_one_is_told_that_it_is_here(self, kept: ArrivingFolder) -> None:
        def add(_: int) -> str:
            try:
                return str(kept.add("KOR", NAME, 0, MESSAGE))
            except Conflict:
                return "here already"

        with ThreadPoolExecutor(8) as pool:
            found = sorted(pool.map(add, range(8)))
        assert found == ["24", *["here already"] * 7]
        assert kept.whole("KOR", NAME) == MESSAGE


@pytest.mark.parametrize("total", [4 * PIECE_BYTES, 64 * PIECE_BYTES + 1, 5 * PIECE_BYTES - 1])
def test_each_quarter_is_told_once(total: int) -> None:
    ends = [min(total, at + PIECE_BYTES) for at in range(0, total, PIECE_BYTES)]
    told = [end for end in ends if is_quarter(end, total)]
    assert len(told) == 4
    assert told[-1] == total


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    with network("KOR", "JPN") as made:
        made.served["KOR"].close()  # else its process might send what is queued here
        yield made


class TestOverTheWire:
    def test_a_transfer_that_breaks_goes_on_where_it_was(self, net: Network) -> None:
        told: list[tuple[str, int, int]] = []

        def progress(peer: str, sent: int, total: int) -> None:
            told.append((peer, sent, total))
            if sent == 3 * PIECE_BYTES and net.served["JPN"] is first:
                first.kill()

        first = net.served["JPN"]
        node = open_node(net.folder / "kor", PASSPHRASE, progress=progress)
        try:
            delivery = release(node, node.base.item(ITEM), "JPN", payload=CONTENT)
            assert isinstance(delivery.error, PeerUnreachable)
            assert [sent // PIECE_BYTES for _, sent, _ in told] == [0, 1, 2, 3]
            assert arriving_at(net.folder / "jpn").have("KOR", name_of(delivery.row.message)) == 3 * PIECE_BYTES
            told.clear()
            net.start("JPN")
            (done,) = dispatch_pending(node)
            total = len(done.row.message)
            assert done.state == "done"
            assert told == [("JPN", sent, total) for sent in (*(n * PIECE_BYTES for n in (3, 4, 5)), total)]
        finally:
            node.close()
        assert not list((net.folder / "jpn" / "arriving" / "KOR").iterdir())
        jpn = net.nodes["JPN"]
        with jpn.store.read() as reading:
            (holding,) = reading.holdings()
        assert open_item(jpn, holding.id).payload == CONTENT
        assert verify(jpn).holds

    def test_pieces_of_no_message_are_refused_as_it_would_be(self, net: Network) -> None:
        with net.client("KOR", "JPN") as client:
            assert client.get(f"/v1/pieces/{NAME}").json() == {"have": 0}
            assert client.post(f"/v1/pieces/{NAME}/0", content=MESSAGE).json() == {"have": len(MESSAGE)}
            answer = client.post(f"/v1/messages/transmittal?of={NAME}")
            assert (answer.status_code, answer.json()["code"]) == (422, 5)
            other = name_of(b"other")
            client.post(f"/v1/pieces/{other}/0", content=MESSAGE)
            answers = [client.post(f"/v1/messages/transmittal?of={other}") for _ in range(2)]
            assert [one.status_code for one in answers] == [409, 404]
            assert "they are named for" in net.log("JPN")

    @pytest.mark.parametrize(
        ("method", "path", "body", "status"),
        [
            ("GET", "pieces/..%2f..%2fkeys", b"", 404),
            ("GET", "pieces/keys", b"", 400),
            ("POST", f"pieces/{NAME}/x", b"x", 400),
            ("POST", f"pieces/{NAME}/-1", b"x", 400),
            ("POST", f"pieces/{NAME}/{1 << 70}", b"x", 400),
            ("POST", f"pieces/{name_of(b'new')}/7", b"x", 409),
            ("POST", f"pieces/{name_of(b'new')}/0", b"x" * (PIECE_BYTES + 1), 400),
            ("POST", f"messages/transmittal?of={NAME}", b"x", 400),
            ("POST", "messages/transmittal?of=..", b"", 400),
        ],
    )
    def test_what_is_no_piece_is_refused_in_a_line(
        self, net: Network, method: str, path: str, body: bytes, status: int
    ) -> None:
        with net.client("KOR", "JPN") as client:
            answer = client.request(method, f"/v1/{path}", content=body)
        assert answer.status_code == status
        assert answer.json()["detail"] in net.log("JPN")
