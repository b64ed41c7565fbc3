"""The SQLite store: what was committed lasts, what was not is gone, and what is there is there once."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from relto.adapters.sqlite import SqliteStore, store, tables
from relto.core.errors import Conflict, InputError, NotFound, ReltoError, VerificationFailed
from relto.core.ledger import Frontier
from relto.core.register import Opened, Received, apply
from relto.core.timeline import parse_instant
from relto.node.ports import Transaction
from relto.node.rows import DecisionRow, InboxRow, InstrumentRow, Leaf, OutboxRow

AT = parse_instant("2019-10-31T18:00:00.000000001+09:00")
LEAF = Leaf(0, "sha256:0", "submission", "KOR", "t-1", "a.b.c", b"\x00" * 32)
EDGE = Frontier().extend_hashes([LEAF.hash])
NEXT = EDGE.extend_hashes([LEAF.hash])
OUT = OutboxRow("transmittal", "t-1", "JPN", b"\x00\xff", "sha256:0", AT, waits_for="tisa-2014/c1")


@pytest.fixture
def opened(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "node.db", create=True)


def signed_head(frontier: Frontier) -> str:
    return f"head of {frontier.size}"


def with_leaf(made: SqliteStore) -> SqliteStore:
    with made.write() as tx:
        tx.append_leaf(LEAF, EDGE, signed_head)
    return made


def test_the_migrations_make_exactly_the_tables_that_the_code_knows(tmp_path: Path, opened: SqliteStore) -> None:
    opened.close()
    engine = create_engine(f"sqlite:///{tmp_path / 'node.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), tables.metadata) == []
        assert MigrationContext.configure(connection).get_current_revision() == tables.REVISION
    engine.dispose()


def test_the_file_is_for_its_owner_alone_and_durable(tmp_path: Path, opened: SqliteStore) -> None:
    assert stat.S_IMODE((tmp_path / "node.db").stat().st_mode) == 0o600
    with opened._engine.connect() as connection:
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
        assert found == ["wal", 2]
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_store_that_is_up_to_date_opens_without_alembic(tmp_path: Path, opened: SqliteStore) -> None:
    opened.close()
    code = f"""
import sys
from pathlib import Path
from relto.adapters.sqlite import SqliteStore
SqliteStore(Path({str(tmp_path / "node.db")!r})).close()
print("alembic" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_was_written_reads_back_after_reopening(tmp_path: Path, opened: SqliteStore) -> None:
    with_leaf(opened)
    received = Received("t-1", AT, "i", "", "KOR", "KOR", "a", "UTC", "秘", "III", "defence", "p")
    holding = apply(None, received)
    inbox = InboxRow("transmittal", "t-9", "KOR", "sha256:1", b"reply", True, AT)
    decision = DecisionRow("t-1", "queueing", "{}", "sha256:2")
    instrument = InstrumentRow("tisa-2014", "c1", "{}", ("KOR", "JPN"), (("KOR", "sha256:0"),))
    with opened.write() as tx:
        tx.raise_high_water(AT)
        tx.add_decision(decision)
        number = tx.enqueue(OUT)
        tx.remember(inbox)
        tx.add_holding(holding, b"\x00sealed")
        tx.put_instrument(instrument)
    opened.close()
    with SqliteStore(tmp_path / "node.db").read() as reading:
        assert (reading.high_water(), reading.frontier(), reading.checkpoint()) == (AT, EDGE, "head of 1")
        assert (list(reading.leaves()), list(reading.leaves("t-2"))) == ([LEAF], [])
        assert (reading.leaf("sha256:0"), reading.leaf("sha256:9"), reading.ledger_size()) == (LEAF, None, 1)
        assert (reading.leaf("sha256:0", LEAF.subject), reading.leaf("sha256:0", "t-2")) == (LEAF, None)
        assert reading.decisions("t-1") == reading.decisions() == [decision]
        (row,) = reading.outbox("queued", "t-1")
        assert row == reading.outbox_row(number)
        assert (row.message, row.queued_at, row.waits_for, row.number) == (b"\x00\xff", AT, "tisa-2014/c1", number)
        assert reading.outbox("done") == []
        assert list(reading.inbox_taken(None)) == [inbox]
        assert (reading.answered("transmittal", "t-9"), reading.answered("recall", "t-9")) == (inbox, None)
        assert reading.holdings() == [holding]
        assert (reading.holding("t-1"), reading.sealed("t-1")) == (holding, b"\x00sealed")
        assert (reading.holding("t-2"), reading.sealed("t-2")) == (None, None)
        assert reading.columns_differ(holding) == []
        assert reading.instruments() == [instrument]
        assert (reading.instrument("tisa-2014", "c1"), reading.instrument("tisa-2014", "c2")) == (instrument, None)
        assert reading.record_version() == 0


def test_a_transaction_that_raises_leaves_no_trace(opened: SqliteStore) -> None:
    class Crash(BaseException):
        pass

    def write_and_raise(how: BaseException) -> None:
        with opened.write() as tx:
            tx.append_leaf(LEAF, EDGE, signed_head)
            tx.enqueue(OUT)
            raise how

    for how in (Crash(), InputError("wrong")):
        with pytest.raises((Crash, InputError)):
            write_and_raise(how)
    with opened.read() as reading:
        assert (list(reading.leaves()), reading.outbox(), reading.checkpoint()) == ([], [], "")


def test_tidying_changes_nothing_and_waits_for_nobody(opened: SqliteStore) -> None:
    with_leaf(opened)
    with opened.read() as before:
        assert before.outbox() == []
        with opened.write() as tx:
            tx.enqueue(OUT)
            opened.tidy()  # neither the reader nor the writer is in its way
        opened.tidy()
        assert before.outbox() == []
    opened.tidy()
    with opened.read() as reading:
        assert (len(list(reading.leaves())), len(reading.outbox())) == (1, 1)


def test_a_part_that_raises_is_undone_and_nothing_else(opened: SqliteStore) -> None:
    def fail_after_writing(tx: Transaction) -> None:
        tx.append_leaf(LEAF._replace(position=1, id="sha256:1"), NEXT, signed_head)
        tx.enqueue(OUT)
        tx.put_instrument(InstrumentRow("tisa-2014", "c1", "{}", ("KOR",), ()))
        assert (tx.frontier().size, tx.record_version()) == (2, None)
        raise InputError("wrong")

    with opened.write() as tx:
        with tx.part():
            tx.append_leaf(LEAF, EDGE, signed_head)
        with pytest.raises(InputError), tx.part():
            fail_after_writing(tx)
        with pytest.raises(Conflict), tx.part():
            tx.append_leaf(LEAF._replace(id="sha256:2"), EDGE, signed_head)  # its place is taken
        assert not tx.append_leaf(LEAF._replace(position=7), NEXT, signed_head)  # it is there
        assert (tx.frontier(), tx.record_version()) == (EDGE, 0)
        tx.enqueue(OUT)
    with opened.read() as reading:
        assert (list(reading.leaves()), reading.frontier(), reading.checkpoint()) == ([LEAF], EDGE, "head of 1")
        assert ([row.subject for row in reading.outbox()], reading.instruments()) == (["t-1"], [])


def test_several_leaves_are_appended_at_once_or_none(opened: SqliteStore) -> None:
    with_leaf(opened)
    more = [
        LEAF._replace(position=number, id=f"sha256:{number}", subject=f"t-{number % 3}") for number in range(1, 129)
    ]
    edge = EDGE.extend_hashes([LEAF.hash] * 128)
    for wrong in (LEAF._replace(position=128), more[-1]._replace(position=5), more[0]._replace(position=200)):
        with opened.write() as tx:
            assert not tx.append_leaves([*more[:-1], wrong], edge, signed_head)
            assert (tx.frontier(), len(list(tx.leaves()))) == (EDGE, 1)
    with opened.write() as tx:
        assert tx.append_leaves(more, edge, signed_head)
        assert tx.leaf(more[7].id, more[7].subject) == tx.leaf(more[7].id) == more[7]
    with opened.read() as reading:
        assert ([*reading.leaves()], reading.frontier(), reading.checkpoint()) == ([LEAF, *more], edge, "head of 129")


def test_the_head_is_signed_once_and_a_head_that_cannot_be_signed_undoes_all(opened: SqliteStore) -> None:
    signed: list[int] = []

    def sign(frontier: Frontier) -> str:
        signed.append(frontier.size)
        return "head"

    def fail(_: Frontier) -> str:
        raise InputError("the keys are closed")

    with opened.write() as tx:
        tx.append_leaf(LEAF, EDGE, sign)
        tx.append_leaf(LEAF._replace(position=1, id="sha256:1"), NEXT, sign)
    assert signed == [2]
    with pytest.raises(InputError), opened.write() as tx:
        tx.append_leaf(LEAF._replace(position=2, id="sha256:2"), EDGE.extend_hashes([LEAF.hash] * 2), fail)
    with opened.read() as reading:
        assert (reading.ledger_size(), reading.checkpoint()) == (2, "head")


def test_the_high_water_only_rises(opened: SqliteStore) -> None:
    with opened.write() as tx:
        assert tx.high_water() is None
        for step in (0, 5, 3, 4):
            tx.raise_high_water(AT.plus(step))
        assert tx.high_water() == AT.plus(5)


def test_unique_rows_are_unique(opened: SqliteStore) -> None:
    with_leaf(opened)
    inbox = InboxRow("transmittal", "t-9", "KOR", "sha256:1", b"reply", True, AT)
    holding = apply(None, Received("t-1", AT, "i", "", "KOR", "KOR", "a", "UTC", "秘", "III", "defence", "p"))
    with opened.write() as tx:
        tx.enqueue(OUT)
        tx.remember(inbox)
        tx.add_holding(holding, b"")
    repeats: list[Callable[[Transaction], object]] = [
        lambda tx: tx.append_leaf(LEAF._replace(id="sha256:1"), EDGE, signed_head),
        lambda tx: tx.enqueue(OUT),
        lambda tx: tx.remember(inbox),
        lambda tx: tx.add_holding(holding, b""),
    ]
    for again in repeats:
        with pytest.raises(Conflict), opened.write() as tx:
            again(tx)
    with opened.read() as reading:
        assert (len(reading.outbox()), len(list(reading.inbox_taken(None))), len(reading.holdings())) == (
            1,
            1,
            1,
        )


def test_a_holding_is_kept_with_what_happens_to_it(opened: SqliteStore) -> None:
    holding = apply(None, Received("t-1", AT, "i", "", "KOR", "KOR", "a", "UTC", "秘", "III", "defence", "p"))
    with opened.write() as tx:
        tx.add_holding(holding, b"sealed")
        after = apply(holding, Opened("t-1", AT.plus(1), "jpn-analyst-7", "p"))
        tx.update_holding(after)
    with opened.read() as reading:
        assert reading.holding("t-1") == after
        assert reading.sealed("t-1") == b"sealed"
        assert reading.columns_differ(holding) == ["events"]


def test_an_instrument_gains_signatures_and_loses_none(opened: SqliteStore) -> None:
    with_leaf(opened)
    row = InstrumentRow("a", "sig", "{}", ("KOR", "JPN"), (("KOR", "sha256:0"),))
    with opened.write() as tx:
        tx.put_instrument(row)
        tx.put_instrument(InstrumentRow("a", "sig", "{other}", ("KOR", "JPN"), (("JPN", "sha256:0"),), AT))
    with opened.read() as reading:
        (found,) = reading.instruments()
        assert (found.content, found.signers, found.missing, found.recorded) == ("{}", ("JPN", "KOR"), (), AT)
        assert reading.record_version() == 1


def test_a_row_of_the_outbox_changes_only_in_its_state(opened: SqliteStore) -> None:
    with_leaf(opened)
    with opened.write() as tx:
        number = tx.enqueue(OUT)
        row = OutboxRow("recall", "x", "x", b"", "x", AT, "x", "done", 2, "why", "sha256:0", number)
        tx.update_outbox(row)
    with opened.read() as reading:
        found = reading.outbox_row(number)
    assert found is not None
    assert (found.kind, found.message, found.state, found.attempts) == ("transmittal", b"\x00\xff", "done", 2)
    assert (found.last_error, found.answer) == ("why", "sha256:0")
    with pytest.raises(NotFound), opened.write() as tx:
        tx.update_outbox(OutboxRow("recall", "x", "x", b"", "x", AT, number=99))


def test_a_reader_sees_one_moment_while_others_write(opened: SqliteStore) -> None:
    with opened.read() as reading:
        assert reading.high_water() is None
        with opened.write() as tx:
            tx.raise_high_water(AT)
        assert reading.high_water() is None
    with opened.read() as reading:
        assert reading.high_water() == AT


def test_writers_take_turns_and_one_that_gets_none_says_so(
    tmp_path: Path, opened: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BUSY_SECONDS", 0.05)
    impatient = SqliteStore(tmp_path / "node.db")
    with opened.write() as tx:
        tx.raise_high_water(AT)
        with pytest.raises(Conflict, match="in use"), impatient.write():
            pass
    with impatient.write() as tx:
        assert tx.high_water() == AT


def test_many_threads_append_one_line_of_leaves(opened: SqliteStore) -> None:
    def append(name: int) -> None:
        for step in range(10):
            with opened.write() as tx:
                place = tx.ledger_size()
                leaf = Leaf(place, f"sha256:{name}-{step}", "k", "KOR", "s", "e", bytes(32))
                tx.append_leaf(leaf, tx.frontier().extend_hashes([leaf.hash]), signed_head)

    threads = [threading.Thread(target=append, args=(name,)) for name in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with opened.read() as reading:
        assert [leaf.position for leaf in reading.leaves()] == list(range(40))


def test_no_reader_waits_for_another_and_what_they_used_is_used_again(opened: SqliteStore) -> None:
    counts = []
    for _ in range(3):
        with ExitStack() as some:
            for _ in range(40):
                some.enter_context(opened.read()).high_water()
        counts.append(len(list(Path("/proc/self/fd").iterdir())))
    assert counts[2] <= counts[0]  # SQLite keeps a file open while another connection has it locked


def test_no_store_and_a_second_store_are_refused(tmp_path: Path, opened: SqliteStore) -> None:
    with pytest.raises(NotFound):
        SqliteStore(tmp_path / "none.db")
    with pytest.raises(Conflict):
        SqliteStore(tmp_path / "node.db", create=True)


def test_a_store_from_the_future_is_not_touched(tmp_path: Path, opened: SqliteStore) -> None:
    opened.close()
    with sqlite3.connect(tmp_path / "node.db") as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0099'")
    connection.close()
    with pytest.raises(InputError, match="0099"):
        SqliteStore(tmp_path / "node.db")


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_bytes(b"not a database" * 100)
    with pytest.raises(VerificationFailed, match="damaged"):
        SqliteStore(tmp_path / "text.db")
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(InputError, match="no store of a node"):
        SqliteStore(tmp_path / "other.db")


def test_a_store_that_was_emptied_is_not_taken_for_a_new_one(tmp_path: Path, opened: SqliteStore) -> None:
    opened.close()
    (tmp_path / "node.db").write_bytes(b"")
    for _ in range(2):
        with pytest.raises(VerificationFailed, match="is empty"):
            SqliteStore(tmp_path / "node.db")


def test_a_disk_that_fails_is_an_error_of_ours(tmp_path: Path, opened: SqliteStore) -> None:
    with pytest.raises(ReltoError), opened.write() as tx:
        tx._connection.exec_driver_sql("SELECT * FROM no_such_table")
