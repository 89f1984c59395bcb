"""How a store gets its tables, and how one made by an older mailbot gets today's.

Owns the list of steps, which only ever grows at its end, and the marks in the file: `application_id` says that it is a
store of mailbot, `user_version` how many steps it has seen. A new store is built from `schema` at once; a test compares
that with what the steps lead to. sqlite-utils keeps the record of each step; it is imported only when there is one to
take, since an ordinary start has none.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

from mailbot.errors import StoreError
from mailbot.store.schema import SCHEMA

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import sqlite_utils

APPLICATION_ID = 0x6D626F74
"""`mbot`, in the file's header."""

_SET = "mailbot"


@dataclass(frozen=True, slots=True)
class Step:
    """One change of the tables; `apply` runs inside a transaction and must not end it."""

    name: str
    apply: Callable[[sqlite3.Connection], None]


def run_script(connection: sqlite3.Connection, sql: str) -> None:
    """Run several statements inside the present transaction, which `executescript` would commit first."""
    for statement in _statements(sql):
        connection.execute(statement)


def _statements(sql: str) -> Iterator[str]:
    statement = ""
    for part in sql.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _first(connection: sqlite3.Connection) -> None:
    # Whoever adds the second step gives this one the tables as they stood until then, as text of its own.
    run_script(connection, SCHEMA)


def _nothing(_connection: sqlite3.Connection) -> None:
    """Leave the tables as they are: a new store has today's already."""


STEPS: tuple[Step, ...] = (Step("first", _first),)
"""Every change since the first version, oldest first. Never edit or remove one that was released."""


def build(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Give an empty file today's tables, and the record of every step as taken."""
    _take([Step("schema", _first)] + [Step(step.name, _nothing) for step in steps], connection, version=len(steps))


def migrate(connection: sqlite3.Connection, steps: Sequence[Step]) -> None:
    """Take the steps that the store has not seen, all in one transaction; harmless where there are none."""
    _take(steps, connection, version=len(steps))


def is_current(connection: sqlite3.Connection, path: Path) -> bool:
    """Tell whether a store has seen every step.

    Raises `StoreError` where `path` is no store of mailbot, or was written by a newer mailbot than this.
    """
    if _header(connection, "application_id") != APPLICATION_ID:
        raise StoreError(
            f"{path} is not a mailbot store; point data_dir at the right folder, or make a store with `mailbot init`"
        )
    version = _header(connection, "user_version")
    if version > len(STEPS):
        raise StoreError(
            f"{path}: this store was written by a newer mailbot (its version is {version}, this program knows"
            f" {len(STEPS)}); install that mailbot again, or restore a backup from before it"
        )
    return version == len(STEPS)


def _header(connection: sqlite3.Connection, name: str) -> int:
    (value,) = connection.execute(f"PRAGMA {name}").fetchone()
    return int(value)


def _take(steps: Sequence[Step], connection: sqlite3.Connection, *, version: int) -> None:
    # Tables that are rebuilt must not take the rows that refer to them along; foreign keys are checked as a whole.
    connection.execute("PRAGMA foreign_keys = OFF")
    try:
        # IMMEDIATE, so that of two processes that start at once the second waits and then finds nothing to do.
        connection.execute("BEGIN IMMEDIATE")
        _record(steps, connection)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {version}")
        _assert_references(connection)
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("PRAGMA foreign_keys = ON")


def _record(steps: Sequence[Step], connection: sqlite3.Connection) -> None:
    # Imported here: it costs a start more than all of the store, and an ordinary start has nothing to migrate.
    from sqlite_utils import Database, Migrations  # noqa: PLC0415

    migrations = Migrations(_SET)
    for step in steps:
        migrations(name=step.name)(_bound(step))
    migrations.apply(Database(connection, execute_plugins=False))


def _bound(step: Step) -> Callable[[sqlite_utils.Database], None]:
    def apply(database: sqlite_utils.Database) -> None:
        step.apply(database.conn)

    return apply


def _assert_references(connection: sqlite3.Connection) -> None:
    broken = connection.execute("PRAGMA foreign_key_check").fetchone()
    if broken:
        raise StoreError(
            f"a migration left rows of table {broken[0]} without the rows that they refer to; nothing was kept"
        )
