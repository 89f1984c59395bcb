"""A store that was brought up to date is the same as a new one."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from mailbot.errors import StoreError
from mailbot.store import migrations
from mailbot.store.database import Database
from mailbot.store.database_connection import connect
from mailbot.store.migrations import STEPS, Step

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mailbot.clock import SystemClock


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    path = tmp_path / "empty.db"
    path.touch()
    connection = connect(path, read_only=False)
    yield connection
    connection.close()


@pytest.fixture
def raw(path: Path) -> Iterator[sqlite3.Connection]:
    connection = connect(path, read_only=False)
    yield connection
    connection.close()


def shape(connection: sqlite3.Connection) -> dict[str, Any]:
    """Return what a schema means, whatever words it was written in."""
    tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    return {table: table_shape(connection, table) for table in sorted(tables)} | {
        "views and triggers": fetch(connection, "SELECT * FROM sqlite_schema WHERE type IN ('view', 'trigger')")
    }


def table_shape(connection: sqlite3.Connection, table: str) -> dict[str, Any]:
    sql = connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    return {
        "columns": sorted(
            fetch(connection, f"SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{table}')")
        ),
        "references": sorted(
            fetch(connection, f'SELECT "from", "table", "to" FROM pragma_foreign_key_list(\'{table}\')')
        ),
        "kind": fetch(connection, f"SELECT wr, strict FROM pragma_table_list('{table}')"),
        "counts up": "AUTOINCREMENT" in sql,
        "indexes": sorted(index_shapes(connection, table), key=str),
    }


def index_shapes(connection: sqlite3.Connection, table: str) -> Iterator[tuple[object, ...]]:
    for name, unique, origin, partial in fetch(
        connection, f"SELECT name, \"unique\", origin, partial FROM pragma_index_list('{table}')"
    ):
        columns = tuple(fetch(connection, f"SELECT name, \"desc\", coll FROM pragma_index_xinfo('{name}') WHERE key"))
        (sql,) = connection.execute("SELECT max(sql) FROM sqlite_schema WHERE name = ?", (name,)).fetchone()
        condition = " ".join((sql or "").partition("WHERE")[2].split()) if partial else ""
        yield (name if sql else "", unique, origin, columns, condition)


def fetch(connection: sqlite3.Connection, sql: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in connection.execute(sql)]


def test_a_migrated_store_has_the_shape_of_a_new_one(empty: sqlite3.Connection, raw: sqlite3.Connection) -> None:
    migrations.migrate(empty, STEPS)
    assert shape(empty) == shape(raw)
    record = "SELECT name FROM _sqlite_migrations WHERE migration_set = 'mailbot' AND name != 'schema' ORDER BY id"
    assert fetch(empty, record) == fetch(raw, record) == [(step.name,) for step in STEPS]
    for mark in ("PRAGMA application_id", "PRAGMA user_version"):
        assert fetch(empty, mark) == fetch(raw, mark)


def test_migrating_again_changes_nothing(raw: sqlite3.Connection) -> None:
    before = list(raw.iterdump())
    migrations.migrate(raw, STEPS)
    assert list(raw.iterdump()) == before


def test_a_step_is_taken_once_and_keeps_the_rows(raw: sqlite3.Connection) -> None:
    added = Step("second", lambda c: migrations.run_script(c, "ALTER TABLE starts ADD COLUMN note TEXT; -- done;"))
    raw.execute("INSERT INTO starts (started_at, pid, version) VALUES ('', 1, '')")
    for _ in range(2):
        migrations.migrate(raw, [*STEPS, added])
    assert fetch(raw, "SELECT pid, note FROM starts") == [(1, None)]
    assert fetch(raw, "PRAGMA user_version") == [(len(STEPS) + 1,)]
    assert fetch(raw, "PRAGMA foreign_keys") == [(1,)]


@pytest.mark.parametrize(
    ("script", "error"),
    [
        ("DROP TABLE accesses; SELECT * FROM nowhere;", sqlite3.OperationalError),
        (
            "DROP TABLE accesses; INSERT INTO sign_ins (customer_id, address_id, requested_at) VALUES (1, 1, '');",
            StoreError,
        ),
    ],
)
def test_a_step_that_fails_leaves_the_store_as_it_was(
    raw: sqlite3.Connection, script: str, error: type[Exception]
) -> None:
    before = list(raw.iterdump())
    with pytest.raises(error):
        migrations.migrate(raw, [*STEPS, Step("second", lambda c: migrations.run_script(c, script))])
    assert list(raw.iterdump()) == before
    assert not raw.in_transaction


def test_a_script_runs_inside_the_transaction_and_keeps_triggers_whole(empty: sqlite3.Connection) -> None:
    script = """
        CREATE TABLE a (x TEXT DEFAULT ';'); -- a; b
        CREATE TRIGGER t AFTER INSERT ON a BEGIN
            UPDATE a SET x = 1;
            UPDATE a SET x = 2;
        END;
    """
    empty.execute("BEGIN IMMEDIATE")
    migrations.run_script(empty, script)
    empty.execute("ROLLBACK")
    assert fetch(empty, "SELECT * FROM sqlite_schema") == []


def test_a_store_of_a_newer_mailbot_is_refused(path: Path, clock: SystemClock, raw: sqlite3.Connection) -> None:
    raw.execute(f"PRAGMA user_version = {len(STEPS) + 1}")
    with pytest.raises(StoreError, match="written by a newer mailbot"):
        Database.open(path, clock=clock)


def test_an_older_store_is_brought_up_to_date_by_opening_it(
    path: Path, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = (*STEPS, Step("second", lambda c: migrations.run_script(c, "CREATE TABLE second (x);")))
    monkeypatch.setattr(migrations, "STEPS", grown)
    database = Database.open(path, clock=clock, mode="sandbox")
    assert database.read(lambda r: r.value("SELECT count(*) FROM second")) == 0
    assert database.read(lambda r: r.value("PRAGMA user_version")) == len(grown)
    database.close()


def test_two_that_open_an_older_store_at_once_both_get_it(
    path: Path, clock: SystemClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    grown = (*STEPS, Step("second", lambda c: migrations.run_script(c, "CREATE TABLE second (x);")))
    monkeypatch.setattr(migrations, "STEPS", grown)
    with ThreadPoolExecutor(4) as pool:
        opened = [pool.submit(Database.open, path, clock=clock) for _ in range(4)]
        for database in opened:
            database.result(30).close()
