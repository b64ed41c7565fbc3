"""Upgrades: an older store is backed up, then migrated whole or not at all; others are refused."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from relto.adapters.people import PeopleLineage
from relto.adapters.people import tables as people_tables
from relto.adapters.sqlite import SqliteStore, migrate_store, tables
from relto.cli.main import run
from relto.compose import migrate, migrate_people, open_people
from relto.core.errors import Conflict, InputError, ReltoError, VerificationFailed
from relto.core.timeline import parse_instant
from relto.node import verify
from relto.node.people import Account
from tests.test_node_setup import Cast, cast, pact

__all__ = ["cast", "pact"]

AT = parse_instant("2026-11-26T12:47:00Z")
NAME = "node.db-0001-20261126T124700Z"
NEWER = ("alembic_version", "outbox_peer", "control", "mirror", "PRIMARY KEY (party, number)", "duty_open")
CUT = """
import os, signal, sys
from pathlib import Path
from relto.adapters.sqlite import migrate
from relto.core.timeline import parse_instant
inner = getattr(migrate, sys.argv[2])
def cut(*given):
    if sys.argv[3] == "after":
        inner(*given)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(migrate, sys.argv[2], cut)
migrate.migrate_store(Path(sys.argv[1]), parse_instant("2026-11-26T12:47:00Z"))
"""
HOLD = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1])
held.execute("SELECT * FROM leaf").fetchall()
print(flush=True)
input()
"""
FULL = """
import resource, sys
from pathlib import Path
from relto.adapters.sqlite import migrate_store
from relto.core.errors import ReltoError
from relto.core.timeline import parse_instant
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
try:
    migrate_store(Path(sys.argv[1]), parse_instant("2026-11-26T12:47:00Z"))
except ReltoError as error:
    sys.exit(error.exit_code)
"""


def make_older(path: Path) -> None:
    """Make a store what relto at revision 0001 left."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP INDEX outbox_peer")
        connection.execute("DROP TABLE control")
        connection.execute("DROP TABLE mirror")
        connection.execute("DROP INDEX duty_open")
        connection.execute("UPDATE alembic_version SET version_num = '0001'")


def content(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return [line for line in connection.iterdump() if not any(one in line for one in NEWER)]


@pytest.fixture
def older(pact: Cast) -> Path:
    """The folder of a node with a release, its store of the older revision."""
    pact.release()
    for node in pact.nodes.values():
        node.close()
    make_older(pact.folder / "KOR" / "node.db")
    return pact.folder / "KOR"


def names(folder: Path) -> set[str]:
    return {one.name for one in folder.iterdir() if one.name.startswith(("node.db", ".node.db"))}


def test_an_older_store_is_refused_then_migrated_with_the_same_leaves(older: Path, pact: Cast) -> None:
    before = content(older / "node.db")
    with pytest.raises(InputError, match="relto node migrate"):
        SqliteStore(older / "node.db")
    assert content(older / "node.db") == before
    done = migrate_store(older / "node.db", AT)
    assert (done.before, done.after, done.backup) == ("0001", tables.REVISION, older / NAME)
    assert content(older / "node.db") == content(older / NAME) == before
    assert stat.S_IMODE((older / NAME).stat().st_mode) == 0o600
    assert verify(pact.reopen("KOR")).leaves > 0
    pact.release()
    pact.kor.close()
    assert migrate(older).backup is None


def test_a_backup_can_be_put_back_and_no_backup_is_written_over(older: Path) -> None:
    first = migrate_store(older / "node.db", AT).backup
    assert first is not None
    kept = first.read_bytes()
    shutil.copyfile(first, older / "node.db")
    again = migrate_store(older / "node.db", AT).backup
    assert again == older / f"{NAME}-2"
    assert first.read_bytes() == kept


@pytest.mark.parametrize(
    ("step", "when"), [("_back_up", "before"), ("_named", "before"), ("upgrade", "before"), ("upgrade", "after")]
)
def test_a_process_killed_in_the_middle_leaves_the_older_store(older: Path, step: str, when: str) -> None:
    before = content(older / "node.db")
    done = subprocess.run([sys.executable, "-c", CUT, str(older / "node.db"), step, when], check=False)
    assert done.returncode == -9
    assert content(older / "node.db") == before
    migrate_store(older / "node.db", AT)
    assert content(older / "node.db") == before


def test_a_disk_that_is_full_leaves_the_older_store_and_no_part_of_a_backup(older: Path) -> None:
    before = content(older / "node.db")
    size = (older / "node.db").stat().st_size
    done = subprocess.run([sys.executable, "-c", FULL, str(older / "node.db"), str(size // 2)], check=False)
    assert done.returncode == ReltoError.exit_code
    assert content(older / "node.db") == before
    assert not [one for one in names(older) if one.endswith(".part") or one.startswith(NAME)]


def test_a_store_that_another_process_has_open_is_not_migrated(older: Path) -> None:
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(older / "node.db")], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    other.stdout.readline()
    with pytest.raises(Conflict, match="another process"):
        migrate_store(older / "node.db", AT)
    other.communicate(b"\n")
    assert migrate_store(older / "node.db", AT).before == "0001"


def test_a_store_from_the_future_or_damaged_is_not_migrated(older: Path) -> None:
    with closing(sqlite3.connect(older / "node.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    with pytest.raises(InputError, match="newer relto"):
        migrate_store(older / "node.db", AT)
    (older / "node.db").write_bytes(b"")
    with pytest.raises(VerificationFailed, match="is empty"):
        migrate_store(older / "node.db", AT)
    assert not [one for one in names(older) if one.startswith(NAME)]


def test_the_command_says_where_the_backup_is(older: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["outbox", "--node", str(older)]) == 2
    assert "relto node migrate" in capsys.readouterr().err
    assert run(["node", "migrate", str(older)]) == 0
    assert f"migrated from 0001 to {tables.REVISION}; the store as it was is " in capsys.readouterr().out
    assert run(["ledger", "verify", "--node", str(older)]) == 0
    assert run(["node", "migrate", str(older), "--json"]) == 0
    assert '"backup": null' in capsys.readouterr().out


def older_people(path: Path) -> None:
    """Make a file of accounts what relto at version 1 left."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TABLE calendar")
        connection.execute("UPDATE version SET number = 1")


def shape(path: Path) -> list[str]:
    """What tables a file has, each as it was declared but for spaces."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    return sorted(" ".join(sql.replace("(", " ( ").replace(")", " ) ").split()).replace('"', "") for (sql,) in found)


def test_older_accounts_are_refused_then_migrated_to_what_new_ones_are(
    tmp_path: Path, older: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert migrate_people(older) is None
    with closing(open_people(older)) as people:
        people.add_account(Account("kim", "Kim", ("analyst",)), "a password of many words", by="console", at=AT)
    new = shape(older / "people.db")
    older_people(older / "people.db")
    with pytest.raises(InputError, match="relto node migrate"):
        open_people(older)
    assert run(["node", "migrate", str(older)]) == 0
    assert "accounts migrated from 1 to 2; as they were they are in " in capsys.readouterr().out
    assert shape(older / "people.db") == new
    (backup,) = older.glob("people.db-1-*")
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with closing(open_people(older)) as people:
        assert people.check_password("kim", "a password of many words", AT).id == "kim"
        assert people.account_by_calendar(people.begin_calendar("kim", at=AT)).id == "kim"
    done = migrate_people(older)
    assert done is not None
    assert (done.before, done.after, done.backup) == ("2", str(people_tables.VERSION), None)
    with closing(sqlite3.connect(older / "people.db")) as connection, connection:
        connection.execute("UPDATE version SET number = 9")
    with pytest.raises(InputError, match="newer relto"):
        migrate_store(older / "people.db", AT, PeopleLineage())
    with pytest.raises(InputError, match="not one of accounts"):
        migrate_store(older / "node.db", AT, PeopleLineage())
