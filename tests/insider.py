"""An insider at the files: every column of every row of busy nodes, and bytes of published tiles, changed one by one.

`python -m tests.insider [HOW_MANY] [SEED]` prints one JSON line, and exits with 1 if anything went unseen.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest

from relto.adapters.published import fetch_from, publish
from relto.compose import open_node
from relto.core.errors import ReltoError
from relto.core.ledger import CHECKPOINT_PATH, verify_checkpoint, verify_tiles
from relto.node import ActRefused, dispatch_pending, open_item, relay_pending, report_compromise, verify
from relto.node.contractors import confirm_conditions, enter_inspection, set_checklist
from relto.node.custody import copy_holding, destroy_holding, end_purpose, report_findings
from relto.node.deriving import Made, derive
from relto.node.facilities import enrol, name_official
from relto.node.heads import ask_witness
from relto.node.log import origin_of
from relto.node.mirroring import mirror
from relto.node.node import Node
from relto.node.publishing import published
from relto.node.reclassify import reclassify
from relto.node.visits import Asked, approve_visit, ask_visit, show_in_visit
from tests.sharing import in_shares
from tests.test_node_setup import LAPSE, PASSPHRASE, Cast, at

UNSIGNED = {("outbox", "attempts"), ("outbox", "last_error"), ("state", "value", "high_water")}
"""What nobody has signed: how often a message was tried and why in vain, and up to when a node has lived at least."""
NAMED = {
    "leaf": (
        "leaf",
        "checkpoint",
        "frontier",
        "evidence",
        "decision",
        "outbox",
        "inbox",
        "holding",
        "instrument",
        "visit",
    ),
    "decision": ("decision",),
    "outbox": ("outbox",),
    "inbox": ("inbox",),
    "holding": ("holding", "register"),
    "duty": ("holding", "register"),
    "control": ("visit", "contractor", "facility", "control"),
    "instrument": ("instrument", "record"),
    "signature": ("instrument", "record"),
    "mirror": ("mirror",),
    "state": ("checkpoint", "frontier", "high water", "noted", "leaf", "state", "mirror"),
}
"""For each table, the words by one of which a problem names what was changed."""


def populate(folder: Path) -> Cast:
    """Three nodes with everything in their tables: releases, refusals, a route through the ally, lives of holdings."""
    cast = Cast(folder)
    cast.enter_into_force()
    cast.give_notice()
    cast.clock.set(at("2019-10-31T18:00+09:00"))
    cast.release()
    cast.release()
    with cast.jpn.store.read() as reading:
        first, second = [one.id for one in reading.holdings()]
    open_item(cast.jpn, first)
    copy_holding(cast.jpn, first, "safe 3", "jpn-clerk")
    derive(cast.jpn, [first], Made("extract", "t", "en", "safe 3", "jpn-clerk"))
    report_compromise(cast.jpn, first, "left in a train", actual=True)
    with cast.jpn.store.read() as reading:
        held = reading.holding(first)
    assert held is not None
    report_findings(cast.jpn, first, held.compromises[0].report, "found", "no trains", "jpn-security")
    end_purpose(cast.jpn, second, "jpn-desk")
    destroy_holding(cast.jpn, second, "burn", "jpn-witness", "jpn-clerk")
    reclassify(cast.kor, "msl-2019-10-31", "군사III급비밀")
    _control(cast)
    cast.clock.set(LAPSE)
    with pytest.raises(ActRefused):
        cast.release(name="japan-only")
    cast.release(name="grade-1", via=("USA",))
    for node in cast.nodes.values():
        dispatch_pending(node)
        for peer in node.keys.peers:
            ask_witness(node, peer)
            mirror(node, peer)
    relay_pending(cast.usa)
    return cast


def _control(cast: Cast) -> None:
    """A visit, a contractor whose inspection is to come, and a facility with its officials and register."""
    now = cast.clock.interval()[0]
    asked = Asked(
        "KOR", "JPN", "ichigaya", "kor-jpn-2016", "talks", ("defence",), "SECRET", now, now.plus(10**12),
        ("a colonel",), True, "kor-desk",
    )  # fmt: skip
    visit = ask_visit(cast.kor, asked).id
    dispatch_pending(cast.kor)
    approve_visit(cast.jpn, visit, "jpn-security")
    show_in_visit(cast.jpn, visit, "track", "a colonel", "jpn-desk")
    set_checklist(cast.jpn, "jpn-maker-1", "kor-jpn-2016", "P1Y", "jpn-security")
    confirm_conditions(cast.jpn, "jpn-maker-1", ("a", "b"), "survey", "jpn-security")
    enter_inspection(cast.jpn, "jpn-maker-1", "well", "jpn-security", passed=True)
    name_official(cast.jpn, "ichigaya", "jpn-security-1", "documents", "jpn-chief")
    enrol(cast.jpn, "ichigaya", "jpn-analyst-7", "jpn-security")


@dataclass(frozen=True)
class Change:
    """One value of one row, changed."""

    table: str
    column: str
    rowid: int
    value: Any
    name: str

    def key(self) -> tuple[str, ...]:
        """The column; of `state`, the row too."""
        return (self.table, self.column, self.name) if self.table == "state" else (self.table, self.column)


def changes(store: Path, chance: Random) -> Iterator[Change]:
    """Changes without end, of places chosen by chance, every column as often as another."""
    with closing(sqlite3.connect(store)) as raw:
        tables = [name for (name,) in raw.execute("SELECT name FROM sqlite_master WHERE type='table' ORDER BY name")]
        places: dict[tuple[str, str], list[int]] = {}
        for table in tables:
            if table == "alembic_version":
                continue
            rows = [rowid for (rowid,) in raw.execute(f"SELECT rowid FROM {table} ORDER BY rowid")]
            for _, column, *_ in raw.execute(f"PRAGMA table_info({table})"):
                if rows:
                    places[table, column] = rows
    while True:
        table, column = chance.choice(sorted(places))
        rowid = chance.choice(places[table, column])
        with closing(sqlite3.connect(store)) as raw:
            row = raw.execute(f'SELECT "{column}" FROM {table} WHERE rowid = ?', (rowid,)).fetchone()
            name = ""
            if table == "state":
                (name,) = raw.execute("SELECT name FROM state WHERE rowid = ?", (rowid,)).fetchone()
                name = name.partition(":")[0]
        yield Change(table, column, rowid, _another(row[0], chance), name)


def _another(value: Any, chance: Random) -> Any:
    """Another value than this one, of the same sort or of none."""
    if value is None:
        return chance.choice(["2019-01-01T00:00:00Z", "", 1, b"x"])
    if isinstance(value, int):
        return value + chance.choice([-1, 1, 1000])
    ways = ["drop", "add", "change", "empty", "sort"]
    way = chance.choice(ways if value else ["add"])
    text = value if isinstance(value, str) else value.hex()
    if way == "sort":
        return value.encode("utf-8") if isinstance(value, str) else text
    if way == "empty":
        return "" if isinstance(value, str) else b""
    place = chance.randrange(len(text)) if text else 0
    if way == "drop":
        place -= place % 2 if isinstance(value, bytes) else 0
        text = text[:place] + text[place + (2 if isinstance(value, bytes) else 1) :]
    elif way == "add":
        text += "00" if isinstance(value, bytes) else chance.choice("0aZ ")
    else:
        digit = next(one for one in chance.sample("0123456789abcdef", 16) if one != text[place])
        text = text[:place] + digit + text[place + 1 :]
    return text if isinstance(value, str) else bytes.fromhex(text)


def tampered(cast: Cast, count: int, seed: int) -> dict[str, Any]:
    """Change one thing after another, each on a fresh copy; what was found, and what went unseen."""
    chance = Random(seed)
    stores = {party: _saved(cast, party) for party in cast.nodes}
    sources = {party: changes(cast.folder / party / "node.db", chance) for party in cast.nodes}
    found: Counter[str] = Counter()
    unseen: list[str] = []
    while found["seen"] + found["unsigned"] + len(unseen) < count:
        party = chance.choice(sorted(cast.nodes))
        path = cast.folder / party / "node.db"
        _put_back(path, stores[party])
        change = next(sources[party])
        if not _made(path, change):
            found["refused by the store"] += 1
            continue
        problems = _problems(cast, party)
        words = NAMED[change.table]
        if any(word in one for one in problems for word in words):
            found["seen"] += 1
        elif change.key() in UNSIGNED:
            found["unsigned"] += 1
        else:
            place = f"{party}: {change.table}.{change.column} of row {change.rowid} {change.name}"
            unseen.append(f"{place} as {change.value!r:.80}: {problems[:2]}")
    for party, data in stores.items():
        _put_back(cast.folder / party / "node.db", data)
    return {**found, "unseen": unseen}


def _saved(cast: Cast, party: str) -> bytes:
    cast.nodes[party].close()
    path = cast.folder / party / "node.db"
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        raw.execute("PRAGMA journal_mode=DELETE")
    return path.read_bytes()


def _put_back(path: Path, data: bytes) -> None:
    for left in path.parent.glob("node.db-*"):
        left.unlink()
    path.write_bytes(data)


def _made(path: Path, change: Change) -> bool:
    """Whether the store lets the change be made, and it is one."""
    with closing(sqlite3.connect(path)) as raw:
        before = raw.execute(
            f'SELECT "{change.column}" FROM {change.table} WHERE rowid = ?', (change.rowid,)
        ).fetchone()
        try:
            with raw:
                raw.execute(
                    f'UPDATE {change.table} SET "{change.column}" = ? WHERE rowid = ?', (change.value, change.rowid)
                )
        except sqlite3.IntegrityError:
            return False
        after = raw.execute(f'SELECT "{change.column}" FROM {change.table} WHERE rowid = ?', (change.rowid,)).fetchone()
    return bool(before != after)


def _problems(cast: Cast, party: str) -> tuple[str, ...]:
    try:
        node = open_node(cast.folder / party, None, clock=cast.clock)
    except ReltoError as error:
        return (f"state: {error}",)
    try:
        problems = verify(node).problems
        return () if in_shares(node, 2).holds else problems  # several processes must see it too
    except ReltoError as error:
        return (f"state: {error}",)
    finally:
        node.close()


def tiles_tampered(node: Node, folder: Path, count: int, seed: int) -> int:
    """Change one byte after another of a published ledger; how many changes went unseen."""
    with node.store.read() as reading:
        publish(folder, published(node, reading, entries=True), lambda _: None)
    chance, unseen = Random(seed), 0
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    fetch, key = fetch_from(folder), node.keys.own.signing
    for _ in range(count):
        place = chance.choice(files)
        data = bytearray(place.read_bytes())
        position = chance.randrange(len(data))
        kept, data[position] = bytes(data), data[position] ^ (1 << chance.randrange(8))
        place.write_bytes(data)
        try:
            head = verify_checkpoint(fetch(CHECKPOINT_PATH), origin=origin_of(node.party), key=key).head
            verify_tiles(head, fetch, entries=True)
            unseen += 1
        except ReltoError:
            pass
        place.write_bytes(kept)
    return unseen


def main(count: int, seed: int) -> int:
    """Print what was found; 1 if anything went unseen."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        cast = populate(Path(name))
        found = tampered(cast, count, seed)
        node = open_node(cast.folder / "JPN", PASSPHRASE, clock=cast.clock)
        tiles = tiles_tampered(node, Path(name) / "tiles", count // 10, seed)
    told = {"insider": count, "seed": seed, **found, "tiles": count // 10, "tiles_unseen": tiles}
    sys.stdout.write(json.dumps(told | {"seconds": round(time.monotonic() - start)}) + "\n")
    return 1 if found["unseen"] or tiles else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000, int(sys.argv[2]) if len(sys.argv) > 2 else 1))
