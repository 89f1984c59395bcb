"""Making, opening and reading a store."""

from __future__ import annotations

import asyncio
import re
import sqlite3
import stat
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailbot.errors import StoreError
from mailbot.store.database import Database, Reading, Transaction

if TYPE_CHECKING:
    from pathlib import Path

    from mailbot.clock import SystemClock


def put(tx: Transaction, name: str) -> str:
    tx.execute("INSERT INTO installation (name, value) VALUES (:name, :at)", {"name": name, "at": tx.now_text})
    return name


def names(reading: Reading) -> set[str]:
    return {row["name"] for row in reading.all("SELECT name FROM installation")}


def test_a_new_store_says_what_it_is(database: Database) -> None:
    facts = database.read(lambda r: {row["name"]: row["value"] for row in r.all("SELECT * FROM installation")})
    assert facts["mode"] == "sandbox"
    assert facts["clock_offset_ms"] == "0"
    assert re.fullmatch(r"[0-9a-f]{10}", facts["installation_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", facts["created_at"])


def test_a_store_is_for_its_owner_only(database: Database) -> None:
    database.write_now(lambda tx: put(tx, "x"))
    assert stat.S_IMODE(database.path.parent.stat().st_mode) == 0o700
    files = list(database.path.parent.iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_a_store_is_never_made_over_another(path: Path, clock: SystemClock) -> None:
    before = path.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        Database.create(path, mode="production", clock=clock)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_a_missing_store_is_not_made_by_opening_it(tmp_path: Path, clock: SystemClock) -> None:
    with pytest.raises(StoreError, match=r"there is no store at .*none\.db.*mailbot init"):
        Database.open(tmp_path / "none.db", clock=clock)
    assert not list(tmp_path.iterdir())


def test_a_store_that_this_user_may_not_look_at_is_said_to_be_so(
    path: Path, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(_: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(type(path), "exists", denied)
    with pytest.raises(StoreError, match="may not be opened by this user; run this as root"):
        Database.open(path, clock=clock)


@pytest.mark.parametrize(("mode", "remedy"), [("production", "run with --sandbox"), ("sandbox", None), (None, None)])
def test_the_other_mode_is_refused(path: Path, clock: SystemClock, mode: str | None, remedy: str | None) -> None:
    if remedy is None:
        Database.open(path, clock=clock, mode=mode).close()
        return
    with pytest.raises(StoreError, match=remedy):
        Database.open(path, clock=clock, mode=mode)


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 " * 1000])
def test_a_file_that_is_no_store_is_named(tmp_path: Path, clock: SystemClock, content: bytes) -> None:
    path = tmp_path / "mailbot.db"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"mailbot\.db.* is not a mailbot store"):
        Database.open(path, clock=clock)


def test_a_damaged_store_is_named_with_its_remedy(path: Path, clock: SystemClock) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[100:4096] = b"\xff" * 3996
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"mailbot\.db.*damaged.*restore the last backup"):
        Database.open(path, clock=clock)


def test_damage_that_shows_while_reading_is_named(path: Path, clock: SystemClock) -> None:
    damaged = bytearray(path.read_bytes())
    damaged[4096:] = b"\xff" * (len(damaged) - 4096)
    path.write_bytes(damaged)
    with pytest.raises(StoreError, match=r"mailbot\.db.*damaged"):
        Database.open(path, clock=clock)


def test_a_mistake_in_a_statement_is_no_fault_of_the_store(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.read(lambda r: r.all("SELECT * FROM nowhere"))
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        database.write_now(lambda tx: tx.all("SELECT * FROM nowhere"))


def test_a_name_with_odd_characters_is_a_name(tmp_path: Path, clock: SystemClock) -> None:
    path = tmp_path / "会社 100%?#&" / "store?mode=memory.db"
    Database.create(path, mode="production", clock=clock)
    Database.open(path, clock=clock, mode="production").close()
    assert path.exists()


def test_settings_hold_on_every_connection(database: Database) -> None:
    def settings(reading: Reading) -> list[object]:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        return [reading.value(f"PRAGMA {pragma}") for pragma in pragmas]

    assert database.read(settings) == ["wal", 2, 1, 30_000]
    assert database.write_now(settings) == ["wal", 2, 1, 30_000]


def test_a_reading_cannot_write(database: Database) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        database.read(lambda r: r.execute("DELETE FROM installation"))


def test_a_read_function_sees_one_snapshot(database: Database) -> None:
    def read_twice(reading: Reading) -> tuple[set[str], set[str]]:
        before = names(reading)
        database.write_now(lambda tx: put(tx, "meanwhile"))
        return before, names(reading)

    before, after = database.read(read_twice)
    assert before == after
    assert "meanwhile" in database.read(names)


def test_a_read_inside_a_read_sees_the_same(database: Database) -> None:
    assert database.read(lambda _: database.read(names)) == database.read(names)


def test_a_read_that_raised_does_not_keep_its_snapshot(database: Database) -> None:
    def fail(reading: Reading) -> None:
        names(reading)
        raise LookupError

    with pytest.raises(LookupError):
        database.read(fail)
    database.write_now(lambda tx: put(tx, "later"))
    assert "later" in database.read(names)


async def test_read_aside_leaves_the_loop_free(database: Database) -> None:
    entered, leave = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    def slow(reading: Reading) -> set[str]:
        loop.call_soon_threadsafe(entered.set)
        asyncio.run_coroutine_threadsafe(leave.wait(), loop).result(10)
        return names(reading)

    reading = asyncio.create_task(database.read_aside(slow))
    await asyncio.wait_for(entered.wait(), 10)
    leave.set()
    assert "mode" in await asyncio.wait_for(reading, 10)


def test_data_version_changes_with_our_writes_and_with_others(database: Database) -> None:
    first = database.data_version()
    assert database.data_version() == first
    database.write_now(lambda tx: put(tx, "ours"))
    second = database.data_version()
    assert second != first
    other = sqlite3.connect(database.path)
    with other:
        other.execute("INSERT INTO installation VALUES ('theirs', '')")
    other.close()
    assert database.data_version() != second


async def test_closing_commits_and_answers_what_waits(path: Path, clock: SystemClock) -> None:
    database = Database.open(path, clock=clock)
    writes = [asyncio.create_task(database.write(partial(put, name=f"w{n}"))) for n in range(50)]
    await asyncio.sleep(0)
    database.close()
    database.close()
    assert await asyncio.gather(*writes) == [f"w{n}" for n in range(50)]
    with pytest.raises(StoreError, match="closed"):
        await database.write(lambda tx: put(tx, "late"))
    with pytest.raises(StoreError, match="closed"):
        database.write_now(lambda tx: put(tx, "late"))
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_opening_does_not_import_what_migrations_need(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from mailbot.clock import SystemClock;"
        "from mailbot.store.database import Database;"
        "Database.open(Path(sys.argv[1]), clock=SystemClock()).close();"
        "sys.exit('sqlite_utils' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False, timeout=30).returncode == 0
