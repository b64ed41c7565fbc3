"""Content sent with a release at the desk: kept off memory until it is whole, refused before it is kept where no page
of the desk sent it; and how a delivery is seen to go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest

from relto.core.canon import digest
from relto.node import dispatch_pending, open_item, release, verify
from relto.node.pieces import PIECE_BYTES
from relto.serve.api.problem import TooLarge
from relto.serve.console import uploading
from relto.serve.console.page import ROWS
from relto.serve.console.uploading import Upload
from relto.serve.underway import Underway
from tests.desk import Desks, csrf, desks
from tests.office import PASSWORD

CONTENT = b"\x00\xff\r\n--" + bytes(range(256)) * 40


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


def sent(made: Desks, account: str, content: bytes, **change: str) -> httpx2.Response:
    """Send the form of the release page with a file."""
    client = made.client("KOR", account)
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    assert 'enctype="multipart/form-data"' in page.text
    fields = {"csrf": csrf(page), "item": "msl-2019-10-31", "to": "JPN", "via": "", "password": PASSWORD}
    fields |= {"do": "submit" if account == "kim-desk" else "release", **change}
    return client.post("/desk/release", data=fields, files={"content": ("track.bin", content)})


def received(made: Desks) -> bytes:
    with made.cast.jpn.store.read() as reading:
        (held,) = reading.holdings()
    return open_item(made.cast.jpn, held.id).payload


def test_what_was_sent_is_what_is_received(made: Desks) -> None:
    done = sent(made, "lee-authority", CONTENT)
    assert done.status_code == 303
    told = made.client("KOR", "lee-authority").get(done.headers["location"])
    assert "Delivered to JPN; receipt" in told.text
    assert "data-again" not in told.text
    assert "receipt of JPN" in told.text
    assert digest(received(made)) == digest(CONTENT)
    assert verify(made.cast.kor).problems == ()


def test_with_no_file_chosen_it_is_what_the_dossier_gives(made: Desks) -> None:
    """A browser sends an empty file without a name."""
    client = made.client("KOR", "lee-authority")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    fields = {
        "csrf": csrf(page),
        "item": "msl-2019-10-31",
        "to": "JPN",
        "via": "",
        "password": PASSWORD,
        "do": "release",
    }
    lines = [f'--x\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{one}\r\n' for key, one in fields.items()]
    lines.append('--x\r\nContent-Disposition: form-data; name="content"; filename=""\r\n\r\n\r\n--x--\r\n')
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/desk/release", content="".join(lines).encode(), headers=kind).status_code == 303
    assert received(made) == made.cast.kor.read_payload(made.cast.item())


def test_what_is_submitted_with_content_is_approved_to_the_byte(made: Desks) -> None:
    assert sent(made, "kim-desk", CONTENT).status_code == 303
    authority = made.client("KOR", "lee-authority")
    found = re.search(r"/desk/approvals/a-[0-9a-f]+", authority.get("/desk/approvals").text)
    assert found is not None
    page = authority.get(found[0])
    assert authority.post(found[0], data={"csrf": csrf(page), "do": "approve", "password": PASSWORD}).status_code == 303
    assert received(made) == CONTENT


@pytest.mark.parametrize(
    ("account", "change", "status"),
    [
        ("lee-authority", {"csrf": "x"}, 403),
        ("lee-authority", {"password": "not the right one"}, 401),
        ("park-analyst", {}, 403),
        ("kim-desk", {"do": "release"}, 403),
    ],
)
def test_who_may_not_sends_nothing(made: Desks, account: str, change: dict[str, str], status: int) -> None:
    client = made.client("KOR", account)
    fields = {"csrf": csrf(client.get("/desk/")), "item": "msl-2019-10-31", "to": "JPN", "password": PASSWORD}
    fields |= {"do": "release", **change}
    answer = client.post("/desk/release", data=fields, files={"content": ("f", CONTENT)})
    assert answer.status_code == status
    with made.cast.kor.store.read() as reading:
        assert reading.sent_before("transmittal", None, 9) == []


def test_a_file_that_comes_before_its_proof_is_not_kept(made: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[bytes] = []
    monkeypatch.setattr(Upload, "take", lambda _, data: kept.append(data))
    client = made.client("KOR", "lee-authority")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    body = b'--x\r\nContent-Disposition: form-data; name="content"; filename="f"\r\n\r\nsecret\r\n'
    body += f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf(page)}\r\n--x--\r\n'.encode()
    kind = {"content-type": "multipart/form-data; boundary=x"}
    assert client.post("/desk/release", content=body, headers=kind).status_code == 403
    for origin in ("https://evil.example", "null"):
        assert client.post("/desk/release", content=body, headers={**kind, "origin": origin}).status_code == 403
    assert kept == []


def test_what_is_too_large_is_told_once_all_was_sent(made: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "_BATCH", 1 << 14)
    real = Upload.__init__
    monkeypatch.setattr(Upload, "__init__", lambda self, _most, secret: real(self, 100_000, secret))
    assert sent(made, "lee-authority", b"x" * 100_000).status_code == 303
    for size in (100_001, 3_000_000):
        answer = sent(made, "lee-authority", b"x" * size)
        assert answer.status_code == 413
        assert "more than 100000 bytes" in answer.text
        assert re.search(r'<input name="content" [^>]* required>', answer.text)  # to be chosen again
    with made.cast.kor.store.read() as reading:
        assert len(reading.sent_before("transmittal", None, 9)) == 1


def test_a_form_that_breaks_off_or_has_no_end_releases_nothing(made: Desks) -> None:
    client = made.client("KOR", "lee-authority")
    page = client.get("/desk/release?item=msl-2019-10-31&to=JPN")
    body = f'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{csrf(page)}\r\n'.encode()
    kind = {"content-type": "multipart/form-data; boundary=x"}
    for data in (b"", body, body + b'--x\r\nContent-Disposition: form-data; name="content"; filename="f"\r\n\r\nhalf'):
        answer = client.post("/desk/release", content=data, headers=kind)
        assert answer.status_code == 400
        assert "without its end" in answer.text
    assert (
        client.post("/desk/release", content=b"x", headers={"content-type": "multipart/form-data"}).status_code == 400
    )


def test_so_many_are_sent_at_once_and_no_more(made: Desks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploading, "MOST_AT_ONCE", 0)
    assert sent(made, "lee-authority", CONTENT).status_code == 409
    monkeypatch.undo()
    assert sent(made, "lee-authority", CONTENT).status_code == 303


def test_nothing_of_it_can_be_read_on_the_disk(tmp_path: Path) -> None:
    upload = Upload(10_000_000, bytes(48))
    try:
        for part in (b"a secret " * 9, b"", b"x" * 3_000_000):
            upload.take(part)
        upload._file.seek(0)
        assert b"secret" not in upload._file.read()
        assert upload.whole() == b"a secret " * 9 + b"x" * 3_000_000
        with pytest.raises(TooLarge):
            upload.take(b"x" * 8_000_000)
    finally:
        upload.close()


def test_what_waits_says_why_and_how_far_it_is(made: Desks) -> None:
    client = made.client("KOR", "lee-authority")
    made.cast.link.set_down("JPN")
    done = sent(made, "lee-authority", b"\x01" * (2 * PIECE_BYTES))  # sent beside the answer: nobody waits
    assert done.status_code == 303
    page = client.get(done.headers["location"]).text
    assert 'id="delivery" data-again' in page
    assert "decided, sealed and signed" in page
    with made.cast.kor.store.read() as reading:
        (row,) = [one for one in reading.outbox() if one.kind == "transmittal"]
    context = made.contexts["KOR"]
    context.underway.tell("JPN", PIECE_BYTES, len(row.message))
    page = client.get(done.headers["location"]).text
    assert re.search(r'<progress max="\d+" value="1048576"', page)
    assert "1.0 of 2.0 MiB are at JPN" in page
    past = client.get(f"{done.headers['location']}&at=2019-11-18T09:00Z").text
    assert "data-again" not in past


def test_how_far_a_message_is_goes_by_its_peer_and_length() -> None:
    said: list[tuple[str, object]] = []
    underway = Underway(lambda event, **fields: said.append((event, fields["bytes"])))
    for sent_bytes in range(9):
        underway.tell("JPN", sent_bytes << 20, 8 << 20)
    assert underway.sent("JPN", 8 << 20) == 8 << 20
    assert underway.sent("JPN", 9 << 20) == underway.sent("USA", 8 << 20) == 0
    assert ("sending", 8 << 20) in said


def test_the_outbox_is_leafed_through_by_number_and_every_link_stays(made: Desks) -> None:
    many = 2 * ROWS + 3
    for n in range(many):
        release(made.cast.kor, replace(made.cast.item(), id=f"i-{n}"), "JPN")
    client = made.client("KOR", "lee-authority")

    def items(page: str) -> list[int]:
        return [int(one) for one in re.findall(r"<bdi>i-(\d+)</bdi>", page)]

    def link(page: str, rel: str) -> str:
        found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
        return found[1].replace("&amp;", "&") if found else ""

    newest = client.get("/desk/outbox").text
    second = client.get(link(newest, "next")).text
    bookmarked = link(second, "next")
    third = client.get(bookmarked).text
    assert items(newest) + items(second) + items(third) == list(range(many))[::-1]
    assert link(newest, "prev") == link(third, "next") == ""
    assert items(client.get(link(third, "prev")).text) == items(second)
    assert items(client.get(link(second, "prev")).text) == items(newest)
    assert items(client.get("/desk/outbox?after=0").text) == list(range(ROWS))[::-1]
    release(made.cast.kor, replace(made.cast.item(), id="i-999"), "JPN")
    assert items(client.get(bookmarked).text) == items(third)
    for odd in ("before=0", "before=x", "after=99999999999999", "before=-1", "after=" + "9" * 40, "page=2000"):
        assert items(client.get(f"/desk/outbox?{odd}").text)[0] == 999, odd


def test_a_peer_that_does_not_answer_leaves_it_queued(made: Desks) -> None:
    made.cast.link.set_down("JPN")
    done = sent(made, "lee-authority", CONTENT)
    page = made.client("KOR", "lee-authority").get(done.headers["location"]).text
    assert "It waits:" in page
    assert 'class="step dim waits"' in page
    made.cast.link.set_down("JPN", False)
    dispatch_pending(made.cast.kor)
    assert "Delivered to JPN; receipt" in made.client("KOR", "lee-authority").get(done.headers["location"]).text
