"""Releases that two persons make at the desk; and warnings as they come."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import httpx2
import pytest

from relto.core.dossier import Person
from relto.core.errors import Conflict, ReltoError
from relto.core.merkle.proof import root_of
from relto.node import ActRefused, Delivery, Node, OutboxRow, dispatch_pending, release
from relto.node.approving import approve, find_approval
from relto.node.heads import ask_witness
from relto.node.open_item import OpenedItem, open_item
from relto.node.people import Actor
from relto.node.ports import Link
from relto.node.streams import Stream, send_on
from relto.node.watching import Watch
from tests.desk import Desks, csrf, desks
from tests.office import PASSWORD
from tests.serving import until
from tests.test_node_setup import LAPSE
from tests.test_streams import warning


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Desks]:
    with desks(tmp_path) as found:
        yield found


def submitted(made: Desks) -> str:
    """What a desk officer has submitted: the path of its page."""
    officer = made.client("KOR", "kim-desk")
    page = officer.get("/desk/release?item=msl-2019-10-31&to=JPN")
    fields = {"csrf": csrf(page), "item": "msl-2019-10-31", "to": "JPN", "via": "", "do": "submit"}
    assert officer.post("/desk/release", data=fields).status_code == 303
    found = re.search(r"/desk/approvals/a-[0-9a-f]+", officer.get("/desk/approvals").text)
    assert found is not None
    return found[0]


def releases(made: Desks) -> int:
    with made.cast.kor.store.read() as reading:
        return sum(one.kind == "transmittal" for one in reading.outbox())


def test_another_person_approves_it(made: Desks) -> None:
    path = submitted(made)
    officer, authority = made.client("KOR", "kim-desk"), made.client("KOR", "lee-authority")
    own = officer.get(path)
    assert "another person has to approve it" in own.text
    assert "Approve and release" not in own.text
    tried = officer.post(path, data={"csrf": csrf(own), "do": "approve", "password": PASSWORD})
    assert tried.status_code == 403
    assert "wait for approval: 1" in authority.get("/desk/").text
    page = authority.get(path)
    assert "permitted" in page.text
    assert authority.post(path, data={"csrf": csrf(page), "do": "approve", "password": "wrong"}).status_code == 401
    assert releases(made) == 0
    done = authority.post(path, data={"csrf": csrf(page), "do": "approve", "password": PASSWORD})
    assert done.status_code == 303
    assert "Delivered to JPN; receipt" in authority.get(done.headers["location"]).text
    assert authority.post(path, data={"csrf": csrf(page), "do": "approve", "password": PASSWORD}).status_code == 409
    assert releases(made) == 1
    assert "What became of it" in officer.get(path).text


def test_who_approves_a_large_one_does_not_wait_for_its_delivery(made: Desks) -> None:
    officer, authority = made.client("KOR", "kim-desk"), made.client("KOR", "lee-authority")
    content = b"\x01" * (2 << 20)
    fields = {"csrf": csrf(officer.get("/desk/release")), "item": "msl-2019-10-31", "to": "JPN", "do": "submit"}
    sent = officer.post("/desk/release", data=fields, files={"content": ("a.bin", content, "application/x")})
    assert sent.status_code == 303
    path = re.findall(r"/desk/approvals/a-[0-9a-f]+", officer.get("/desk/approvals").text)[0]
    page = authority.get(path)
    answers, link = Event(), made.cast.kor.link
    made.cast.kor.link = slow = Slow(link, answers)
    done = authority.post(path, data={"csrf": csrf(page), "do": "approve", "password": PASSWORD})
    assert done.status_code == 303
    assert not answers.is_set()
    assert "Delivered" not in authority.get(done.headers["location"]).text
    answers.set()
    slow.gone.wait(20)
    until(lambda: "Delivered to JPN; receipt" in authority.get(done.headers["location"]).text)
    made.cast.kor.link = link


def test_a_release_that_was_queued_stays_approved_whatever_befalls_its_sending(made: Desks) -> None:
    name = submitted(made).rpartition("/")[2]
    people, node = made.contexts["KOR"].people, made.cast.kor

    def cut(_node: Node, _row: OutboxRow) -> Delivery:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        approve(node, people, Actor("lee-authority", "releasing-authority"), name, cut)
    assert find_approval(people, name).state == "approved"
    with pytest.raises(Conflict, match="was approved already"):
        approve(node, people, Actor("lee-authority", "releasing-authority"), name)
    assert releases(made) == 1


class Slow:
    """A link that hands nothing over until it may."""

    def __init__(self, link: Link, answers: Event) -> None:
        self._link, self._answers, self.gone = link, answers, Event()

    def close(self) -> None:
        self._link.close()

    def exchange(self, peer: str, kind: str, message: bytes) -> bytes:
        self._answers.wait(20)
        try:
            return self._link.exchange(peer, kind, message)
        finally:
            self.gone.set()

    def exchange_many(self, peer: str, messages: Sequence[tuple[str, bytes]]) -> list[bytes | ReltoError]:
        self._answers.wait(20)
        return self._link.exchange_many(peer, messages)


def test_it_is_refused_or_withdrawn_and_then_waits_no_more(made: Desks) -> None:
    for account, word in (("lee-authority", "Refuse"), ("kim-desk", "Withdraw")):
        path = submitted(made)
        person = made.client("KOR", account)
        page = person.get(path)
        assert f">{word}</button>" in page.text
        no = {"csrf": csrf(page), "do": "refuse", "note": "<b>not \u202enow</b>"}
        assert person.post(path, data=no).status_code == 303
        after = person.get(path)
        assert "&lt;b&gt;not \ufffdnow&lt;/b&gt;" in after.text
        assert "Approve and release" not in after.text
        assert person.post(path, data=no).status_code == 409
    analyst = made.client("KOR", "park-analyst")
    assert analyst.get(path).status_code == 403
    assert releases(made) == 0


def test_an_approval_after_the_lapse_is_refused_with_its_article(made: Desks) -> None:
    made.cast.give_notice()
    made.cast.clock.set(LAPSE.plus(-60_000_000_000))
    path = submitted(made)
    authority = made.client("KOR", "lee-authority")
    page = authority.get(path)
    made.cast.clock.set(LAPSE)
    answer = authority.post(path, data={"csrf": csrf(page), "do": "approve", "password": PASSWORD})
    assert answer.status_code == 403
    assert "21(3)" in answer.text
    assert "21(3)" in authority.get(path).text


def events(client: httpx2.Client, after: str, most: int, **headers: str) -> Iterator[tuple[str, str, Any]]:
    """The first `most` events of the feed: kind, id, data."""
    with client.stream("GET", f"/desk/warnings/feed?after={after}", headers=headers) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        event: dict[str, str] = {}
        for line in answer.iter_lines():
            if line:
                key, _, value = line.partition(": ")
                event[key] = value
            elif "data" in event:
                yield event["event"], event["id"], json.loads(event["data"])
                event, most = {}, most - 1
                if not most:
                    return
            else:
                event = {}


def test_warnings_come_as_they_are_heard_and_go_on_where_it_was_cut(made: Desks) -> None:
    stream = Stream("north", made.cast.item(), "missile-warning", "JPN")
    officer = made.client("JPN", "kim-desk")
    page = officer.get("/desk/warnings")
    after = re.search(r'data-after="(\d+)"', page.text)
    assert after is not None
    for n in (1, 2):
        send_on(made.cast.kor, stream, [warning(n)])
        dispatch_pending(made.cast.kor, "JPN")
    kind, number, told = next(events(officer, after[1], 1))
    rows = told["rows"]
    assert (kind, [one["number"] for one in rows]) == ("messages", [1, 2])
    assert all("ms + " in one["hops"] and "KOR → JPN" in one["way"] for one in rows)
    send_on(made.cast.kor, stream, [warning(3)])
    dispatch_pending(made.cast.kor, "JPN")
    _, _, told = next(events(officer, after[1], 1, **{"last-event-id": number}))
    assert [one["number"] for one in told["rows"]] == [3]
    assert ">3</td>" in officer.get("/desk/warnings").text


def test_a_batch_that_may_not_be_opened_is_told_and_the_rest_is_shown(
    made: Desks, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream("north", made.cast.item(), "missile-warning", "JPN")
    for n in (1, 2):
        send_on(made.cast.kor, stream, [warning(n)])
    dispatch_pending(made.cast.kor, "JPN")
    clerk = Person("jpn-clerk-1", "JPN", "JPN", "CONFIDENTIAL", None, ("trade",), "ichigaya")
    with pytest.raises(ActRefused) as refused:
        list(Watch(made.cast.jpn, person=clerk).look())
    opened = list[str]()

    def open_but_the_first(node: Node, name: str, person: Person | None) -> OpenedItem:
        opened.append(name)
        if len(opened) == 1:
            raise refused.value
        return open_item(node, name, person)

    monkeypatch.setattr("relto.node.watching.open_item", open_but_the_first)
    told = list(events(made.client("JPN", "kim-desk"), "0", 2))
    assert [(kind, number) for kind, number, _ in told] == [("messages", told[0][1]), ("unopened", told[0][1])]
    assert [row["number"] for row in told[0][2]["rows"]] == [2]
    assert "JPN may not use" in told[1][2]["says"]


@pytest.mark.parametrize("after", ["", "-1", "x", "9" * 40, "1e3", "٣"])
def test_a_feed_from_nowhere_is_refused(made: Desks, after: str) -> None:
    assert made.client("JPN", "kim-desk").get(f"/desk/warnings/feed?after={after}").status_code == 400
    assert made.client("JPN", "park-analyst").get("/desk/warnings/feed?after=0").status_code == 403
    for site in ("cross-site", "same-site"):
        page = {"sec-fetch-site": site}
        assert made.client("JPN", "kim-desk").get("/desk/warnings/feed?after=0", headers=page).status_code == 403


def test_a_feed_ends_with_the_session_or_the_role(made: Desks) -> None:
    officer = made.client("JPN", "kim-desk")
    page = officer.get("/desk/warnings")
    with ThreadPoolExecutor() as pool:
        told = pool.submit(lambda: next(events(officer, "0", 1)))
        time.sleep(1)
        officer.post("/desk/sign-out", data={"csrf": csrf(page)})
        kind, _, said = told.result(timeout=20)
    assert kind == "refused"
    assert "sign in" in said["says"]
    assert officer.get("/desk/warnings/feed?after=0").status_code == 303


def test_deadlines_as_a_calendar(made: Desks) -> None:
    made.cast.give_notice()
    answer = made.client("KOR", "park-analyst").get("/desk/deadlines.ics")
    assert answer.headers["content-type"].startswith("text/calendar")
    assert b"DTSTART:20191122T150000Z" in answer.content


def test_any_receipt_is_proved_to_be_in_the_ledger_and_a_changed_one_is_not(made: Desks) -> None:
    for n in range(3):
        release(made.cast.kor, replace(made.cast.item(), id=f"i-{n}"), "JPN")
    officer = made.client("KOR", "choi-security")
    with made.cast.kor.store.read() as reading:
        leaves = list(reading.leaves())
    for leaf in leaves:
        page = officer.get(f"/desk/ledger/{leaf.id}")
        assert f"Leaf {leaf.position} of {len(leaves)}" in page.text
        hashes = re.findall(r"<li><code>([0-9a-f]{64})</code></li>", page.text)
        root = re.search(r"Root <code>([0-9a-f]{64})</code>", page.text)
        assert root is not None
        path = [bytes.fromhex(one) for one in hashes]
        assert root_of(leaf.evidence.encode(), leaf.position, path, len(leaves)) == bytes.fromhex(root[1])
    ask_witness(made.cast.kor, "JPN")
    seen = officer.get(f"/desk/ledger/{leaves[0].id}")
    assert "relto/witness/JPN" in seen.text
    assert officer.get("/desk/ledger/sha256:00").status_code == 404
    assert made.client("KOR", "kim-desk").get(f"/desk/ledger/{leaves[0].id}").status_code == 403
    with made.cast.kor.store.write() as tx:
        tx._connection.exec_driver_sql(  # type: ignore[attr-defined]
            "UPDATE leaf SET evidence = evidence || ' ' WHERE position = 0"
        )
    assert officer.get(f"/desk/ledger/{leaves[0].id}").status_code == 422
