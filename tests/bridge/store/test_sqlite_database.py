"""A store in a file: durable commits, one serving process, and a newer schema is refused."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Connection

from smsbridge.bridge.store.database import Refusal, StoreError
from smsbridge.bridge.store.retention import clear
from smsbridge.bridge.store.sqlite_database import SQLiteDatabase
from smsbridge.bridge.store.stored_message import End, State
from smsbridge.errors import ConfigError

from support.bridges import Clock, open_store, put
from support.carrying import GROWING
from support.each import each
from support.stores import Place


def made(file: Path) -> SQLiteDatabase:
    database = SQLiteDatabase(file)
    database.migrate()
    return database


def test_a_commit_waits_for_the_disk_and_what_is_cleared_leaves_no_trace(tmp_path: Path) -> None:
    database = made(tmp_path / "b.db")
    with database.read() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    database.close()
    full = 2
    assert settings == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "secure_delete": 1,
    }


@each("name", ["b.db", "b.db-wal"])
def test_nothing_is_written_into_a_file_that_was_moved(name: str) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "b.db"
        with open_store(Place(Path(folder), file)) as store:
            put(store)
            moved = (Path(folder) / name).rename(Path(folder) / "moved")
            with pytest.raises(StoreError, match="moved or replaced"):
                put(store, "Lost")
            moved.rename(Path(folder) / name)
            put(store, "Kept")


def test_nothing_is_written_into_a_file_that_came_in_its_place(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        file = tmp_path / "bridge.db"
        shutil.copy(file, tmp_path / "other.db")
        (tmp_path / "other.db").rename(file)
        with store.database.read(), pytest.raises(StoreError, match="moved or replaced"):
            put(store, "By a new connection")


def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    database = made(tmp_path / "b.db")

    def fail() -> None:
        with database.write("test") as connection:
            connection.exec_driver_sql("INSERT INTO tokens VALUES ('h', 'd', 'c', 1)")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tokens").scalar() == 0
    database.close()


def test_each_write_reports_its_points(tmp_path: Path) -> None:
    points: list[str] = []
    database = SQLiteDatabase(tmp_path / "b.db", at=points.append)
    database.migrate()
    del points[:]
    with database.write("put"):
        points.append("inside")
    database.close()
    assert points == ["put: begun", "inside", "put: written", "put: committed"]


def test_a_store_is_migrated_once_and_keeps_what_it_has(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        store.database.migrate()
        store.database.check()
        assert len(store.list_messages()) == 1


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    made(file).close()
    with sqlite3.connect(file) as plain:
        plain.execute("UPDATE alembic_version SET version_num = '999'")
    plain.close()
    database = SQLiteDatabase(file)
    for use in (database.migrate, database.check):
        with pytest.raises(ConfigError, match="from a newer smsbridge"):
            use()
    database.close()


def test_a_file_that_is_not_a_store_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    database = SQLiteDatabase(file)
    with pytest.raises(ConfigError, match=r"there is no store b\.db"):
        database.check()
    file.write_bytes(b"no database at all" * 100)
    for use in (database.migrate, database.check):
        with pytest.raises(ConfigError, match=r"the store b\.db can't be used"):
            use()
    database.close()
    empty = SQLiteDatabase(tmp_path / "empty.db")
    (tmp_path / "empty.db").touch()
    with pytest.raises(ConfigError, match="from an older smsbridge"):
        empty.check()
    empty.close()


def test_a_second_process_is_refused_and_the_lock_ends_with_the_first(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path\n"
        "from smsbridge.bridge.store.open_database import open_database\n"
        "with open_database(Path(sys.argv[1])).lock():\n"
        " print('mine', flush=True); sys.stdin.read()"
    )
    file = tmp_path / "b.db"
    with subprocess.Popen(
        [sys.executable, "-c", script, file], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"mine\n"
        with (
            pytest.raises(ConfigError, match="another process serves"),
            SQLiteDatabase(file).lock(),
        ):
            pass
        other.kill()
        other.wait(20)
    with SQLiteDatabase(file).lock():
        pass


def test_another_process_may_read_while_one_serves(tmp_path: Path) -> None:
    with open_store(tmp_path) as store, store.database.lock():
        put(store)
        other = SQLiteDatabase(tmp_path / "bridge.db")
        with other.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM messages").scalar() == 1
        other.close()


def test_what_was_cleared_leaves_no_trace_in_the_file(tmp_path: Path) -> None:
    with open_store(tmp_path, clock := Clock()) as store:
        stored = put(store, "A secret text")
        store.move(stored, End(state=State.CANCELLED), "person Ann")
        clock.seconds += 100
        assert clear(store.database, clock()) == 1
    assert b"A secret text" not in (tmp_path / "bridge.db").read_bytes()


def test_a_store_that_can_t_be_written_is_an_error_of_its_own(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        put(store)
        with store.database.read() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()

        def fill() -> None:
            with store.database.write("full") as connection:
                connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
                for number in range(200):
                    values = (f"h-{number}" * 200, "d", "c")
                    connection.exec_driver_sql("INSERT INTO tokens VALUES (?, ?, ?, 1)", values)

        with pytest.raises(StoreError):
            fill()


def add(number: int) -> Callable[[Connection], int]:
    def do(connection: Connection) -> int:
        if number == 3:
            raise Refusal("not this one")
        connection.exec_driver_sql("INSERT INTO tokens VALUES (?, 'd', 'c', 1)", (str(number),))
        if number == 9:
            raise RuntimeError("a bug")
        return number

    return do


def write_together(database: SQLiteDatabase, pause: float) -> list[object]:
    """Return what six writes come to that begin while another is made, which then takes so long."""
    gate, busy = threading.Event(), threading.Event()

    def be_busy() -> None:
        with database.write("busy"):
            busy.set()
            gate.wait(20)

    with ThreadPoolExecutor(7) as pool:
        pool.submit(be_busy)
        assert busy.wait(20)
        added = [pool.submit(database.commit, "add", add(number)) for number in range(6)]
        time.sleep(pause)  # until all of them wait
        gate.set()
    return [one.exception() or one.result() for one in added]


def test_concurrent_writes_share_a_commit(tmp_path: Path) -> None:
    together = "bw" * 6 + "c" * 6
    for pause in GROWING:
        points: list[str] = []
        database = SQLiteDatabase(tmp_path / f"{pause}.db", at=points.append)
        database.migrate()
        results = write_together(database, pause)
        assert [one for one in results if not isinstance(one, Refusal)] == [0, 1, 2, 4, 5]
        with database.read() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM tokens").scalar() == 5
        database.close()
        if (order := "".join(one[5] for one in points if one.startswith("add"))) == together:
            break
    assert order == together


def test_a_bug_in_one_write_rolls_back_its_shared_commit_only(tmp_path: Path) -> None:
    database = made(tmp_path / "b.db")
    assert database.commit("add", add(1)) == 1
    with pytest.raises(RuntimeError, match="a bug"):
        database.commit("add", add(9))
    with pytest.raises(Refusal):
        database.commit("add", add(3))
    assert database.commit("add", add(2)) == 2
    with database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM tokens").scalar() == 2
    database.close()


def test_a_store_is_readable_only_by_its_owner(tmp_path: Path) -> None:
    database = SQLiteDatabase(tmp_path / "bridge.db")
    database.migrate()
    files = sorted(tmp_path.glob("bridge.db*"))
    assert files
    assert all(one.stat().st_mode & 0o077 == 0 for one in files)
    database.close()


def test_a_folder_that_can_t_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    database = SQLiteDatabase(tmp_path / "file" / "bridge.db")
    with pytest.raises(ConfigError, match=r"can't write .*bridge\.db: "), database.lock():
        pass
