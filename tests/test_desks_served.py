"""The desks that `relto demo` ends with: three processes, one visitor, an item that goes from one to the other."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from pathlib import Path

import httpx2

from relto.cli.desks import VISITOR, served_desks
from relto.cli.rehearsal import PARTIES, PASSPHRASE, Rehearsal
from relto.core.timeline import parse_instant
from tests.desk import csrf

AT = parse_instant("2019-11-18T09:00+09:00")


def test_a_visitor_releases_from_one_desk_to_another(tmp_path: Path) -> None:
    Rehearsal(tmp_path, AT, lambda _: None).close()
    said, folders = list[str](), {party: tmp_path / party.lower() for party in PARTIES}
    with served_desks(folders, PASSPHRASE, said.append) as urls, ExitStack() as open_now:
        told = re.search(r"password `([^`]+)`", "\n".join(said))
        assert told is not None
        clients = {
            party: open_now.enter_context(httpx2.Client(base_url=url, verify=False, trust_env=False, timeout=30))
            for party, url in urls.items()
        }
        for party, client in clients.items():
            assert f"{urls[party]}/desk/" in "\n".join(said)
            assert client.get("/").headers["location"] == "/desk/"
            assert client.post("/desk/sign-in", data={"account": VISITOR, "password": told[1]}).status_code == 303
            for name in ("", "flows", "inbox", "duties", "chronicle", "brief", "impact", "sufficiency"):
                assert client.get(f"/desk/{name}").status_code == 200, name
        korea = clients["KOR"]
        page = korea.get("/desk/release?item=msl-2019-10-31&to=USA")
        fields = {"item": "msl-2019-10-31", "to": "USA", "via": "", "password": told[1], "do": "release"}
        sent = korea.post("/desk/release", data={"csrf": csrf(page), **fields})
        assert "Delivered to USA; receipt" in korea.get(sent.headers["location"]).text
        assert "Two short-range launches, 31 Oct 2019" in clients["USA"].get("/desk/inbox").text
        release_large(korea, clients["USA"], told[1])
        korea.post("/desk/ledger/verify", data={"csrf": csrf(page), "do": "begin"})
        while "running" in (ledger := korea.get("/desk/ledger").text):
            time.sleep(0.05)
        assert "everything holds" in ledger


def release_large(korea: httpx2.Client, america: httpx2.Client, password: str) -> None:
    """What takes several pieces is answered at once; the page of it shows how far it is, and then the receipt."""
    fields = {"item": "msl-2019-10-31", "to": "USA", "via": "", "password": password, "do": "release"}
    fields["csrf"] = csrf(korea.get("/desk/release?item=msl-2019-10-31&to=USA"))
    sent = korea.post("/desk/release", data=fields, files={"content": ("large", bytes(5 << 20))})
    assert sent.status_code == 303
    while "data-again" in (page := korea.get(sent.headers["location"]).text):
        time.sleep(0.01)
    assert "Delivered to USA; receipt" in page
    holding = re.search(r'/desk/holdings/([^"?]+)"', america.get("/desk/inbox").text)
    assert holding is not None
    at = f"/desk/holdings/{holding[1]}"
    opened = america.post(f"{at}/open", data={"csrf": csrf(america.get(at))})
    assert "\ufffd" in opened.text  # NUL is shown, and not as itself
