"""The desk with 100,000 items in the register and the outbox, and 2,000 visits: how long each page takes over TLS on
the loopback, beside the bare `/healthz` of the same run and connection; and what a page transfers.

The rows are copies of one that was released and received: pages read, and do not verify, them.
"""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx2

from relto.adapters.clock import FolderClock, ReplayClock
from relto.cli.desks import VISITOR, served_desks
from relto.cli.served import free_address
from relto.compose import CLOCK, create_node, introduce, wire
from relto.core.register import CONDITIONS, INSPECTIONS, apply_control, fold
from relto.core.timeline import parse_instant
from relto.node import Node, release
from relto.node.contractors import confirm_conditions, enter_inspection, set_checklist
from relto.node.visits import Asked, ask_visit

ITEMS: Final = 100_000
VISITS: Final = 2_000
ROUNDS: Final = 200
_AT = parse_instant("2019-11-18T09:00+09:00")
_DOSSIER = Path(__file__).parent.parent / "src/relto/dossiers/northeast-asia"
_FIRM: Final = "jpn-maker-1"
_PASSPHRASE = "measured, not guarded"
_PAGES: Final = {
    "agreements": "/",
    "agreement": "/agreements/kor-jpn-2016",
    "flows": "/flows?from=KOR&to=JPN",
    "release": "/release?item=msl-2019-10-02-jpn&to=KOR",
    "inbox": "/inbox",
    "inbox, last page": "/inbox?page=2000",
    "inbox, one found": "/inbox?q=number+77777",
    "inbox, all found": "/inbox?q=number",
    "inbox, none found": "/inbox?q=nothing+of+the+kind",
    "outbox": "/outbox",
    "outbox, in the middle": "/outbox?before=50000",
    "outbox, oldest": "/outbox?after=0",
    "holding": "/holdings/{holding}",
    "duties": "/duties",
    "persons": "/persons",
    "visits": "/visits",
    "visits, last page": "/visits?page=40",
    "visits, one found": "/visits?q=number+777",
    "visit": "/visits/{visit}",
    "contractors": "/contractors",
    "contractor": "/contractors/jpn-maker-1",
    "search": "/search?q=number",
    "ledger": "/ledger",
    "chronicle": "/chronicle",
    "brief": "/brief",
    "impact": "/impact?agreement=kor-jpn-2016&lapse=2019-11-20T00:00%2B09:00",
    "sufficiency": "/sufficiency?launch=2019-10-31-01",
}
P50, P99, MOST_BYTES = 15.0, 60.0, 60_000


def desk() -> Iterator[dict[str, Any]]:
    """Each page's median and 99th percentile of ROUNDS, one after the other over one connection."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (holding, visit), said = _filled(folder), list[str]()
        with (
            served_desks({"JPN": folder / "JPN"}, _PASSPHRASE, said.append) as urls,
            httpx2.Client(base_url=urls["JPN"], verify=False, trust_env=False, timeout=60) as client,
        ):
            password = "".join(said).split("password `")[1].split("`")[0]
            client.post("/desk/sign-in", data={"account": VISITOR, "password": password})
            bare = _times(lambda: client.get("/healthz"))
            for page, path in _PAGES.items():
                where = "/desk" + path.format(holding=holding, visit=visit)
                start = time.perf_counter()
                size = len(client.get(where).raise_for_status().content)
                first = (time.perf_counter() - start) * 1e3
                yield _figure(page, size, first, _times(lambda to=where: client.get(to)), bare)  # type: ignore[misc]


def _figure(page: str, size: int, first: float, times: list[float], bare: list[float]) -> dict[str, Any]:
    median, last = statistics.median(times), _p99(times)
    return {
        "schema": "relto/bench/1",
        "figure": f"desk: {page}, {ITEMS} items",
        "p50_ms": round(median, 1),
        "p99_ms": round(last, 1),
        "first_ms": round(first, 1),
        "healthz_p50_ms": round(statistics.median(bare), 1),
        "ratio_to_healthz": round(median / statistics.median(bare), 1),
        "bytes": size,
        "target_p50_ms": P50,
        "target_p99_ms": P99,
        "met": median < P50 and last < P99 and size < MOST_BYTES,
    }


def _p99(times: list[float]) -> float:
    return sorted(times)[-max(1, len(times) // 100) - 1]


def _times(ask: Callable[[], httpx2.Response]) -> list[float]:
    found = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        ask().raise_for_status()
        found.append((time.perf_counter() - start) * 1e3)
    return found


def _filled(folder: Path) -> tuple[str, str]:
    """Nodes of KOR and JPN, an item released, and the rows that it left at JPN many times over; visits, a contractor.
    The names of the holding and of a visit."""
    clock = ReplayClock(_AT)
    dossier = folder / "dossier"
    shutil.copytree(_DOSSIER, dossier)
    with (dossier / "parties/JPN.yaml").open("a", encoding="utf-8") as file:
        file.write(f"contractors: [{{id: {_FIRM}, ceiling: SECRET}}]\n")
    nodes = [
        create_node(folder / party, party, dossier, _PASSPHRASE, clock=clock, replay=True, address=free_address())
        for party in ("KOR", "JPN")
    ]
    introduce(nodes)
    wire(nodes)
    korea, japan = nodes
    release(korea, korea.read_dossier().item("msl-2019-10-31"), "JPN")
    release(japan, japan.read_dossier().item("msl-2019-10-02-jpn"), "KOR")
    holding = _multiply(japan)
    visit = _visited(japan)
    for node in nodes:
        node.close()
        FolderClock(folder / node.party / CLOCK).at = _AT
    return holding, visit


def _multiply(japan: Node) -> str:
    with japan.store.read() as reading:
        (held,) = reading.holdings()
        sealed = reading.sealed(held.id) or b""
        (sent,) = [one for one in reading.outbox() if one.kind == "transmittal"]
    with japan.store.write() as tx:
        for number in range(1, ITEMS):
            name = f"h-{os.urandom(16).hex()}"
            came = replace(held.received, holding=name, item=f"item-{number}", title=f"Notional item number {number}")
            more = [replace(one, holding=name) for one in held.events[1:]]
            (copy,) = fold([came, *more]).values()
            tx.add_holding(copy, sealed)
            tx.enqueue(replace(sent, subject=f"t-{number}"))
    return held.id


def _visited(japan: Node) -> str:
    """A visit a day, and a contractor with its checklist; the newest visit's name."""
    set_checklist(japan, _FIRM, "kor-jpn-2016", "P1Y", "bench")
    confirm_conditions(japan, _FIRM, [one for one in CONDITIONS if one != INSPECTIONS], "survey", "bench")
    enter_inspection(japan, _FIRM, "as it should be", "bench", passed=True)
    topics, until = ("defence/dprk",), _AT.plus(1)
    asked = Asked(
        "KOR", "JPN", "ichigaya", "kor-jpn-2016", "talk", topics, "SECRET", _AT, until, ("a visitor",), True, "bench"
    )  # fmt: skip
    first = ask_visit(japan, asked)
    with japan.store.write() as tx:
        for number in range(1, VISITS):
            begins = _AT.plus(number * 86_400 * 1_000_000_000)
            event = replace(
                first.asked,
                visit=f"v-{number}",
                purpose=f"Notional visit number {number}",
                starts=begins,
                ends=begins.plus(3_600_000_000_000),
            )
            tx.put_control(apply_control(None, event))
    return f"v-{VISITS - 1}"
