"""The store's one door: make it, open it, read, write, close.

Owns what the rest of mailbot sees of the engine. Settings and errors of connections are `database_connection`'s, the
order and grouping of writes `database_writer`'s, tables the other modules'. Another engine is another module beside
this one.
"""

from __future__ import annotations

import asyncio
import os
import secrets
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from mailbot.clock import stamp
from mailbot.errors import StoreError
from mailbot.store import migrations
from mailbot.store.database_connection import connect, explain, fault, full, not_ours
from mailbot.store.database_job import AwaitedJob, BlockingJob
from mailbot.store.database_transaction import Reading, Transaction
from mailbot.store.database_writer import Writer
from mailbot.store.files import NO_ROOM, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from mailbot.clock import Clock

__all__ = ["Database", "Reading", "Transaction"]

T = TypeVar("T")

READERS = 4
"""Threads for `read_aside`: long reads beside the event loop."""


class Database:
    """An open store."""

    def __init__(self, path: Path, writing: sqlite3.Connection, clock: Clock) -> None:
        self.path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._watching: sqlite3.Connection | None = None
        self._readers = ThreadPoolExecutor(READERS, "mailbot-reader")
        self._writer = Writer(writing, path=path, clock=clock)

    @classmethod
    def create(cls, path: Path, *, mode: str, clock: Clock) -> None:
        """Make a new, empty store at `path` (mode 0600, its folder 0700 if it is new) for `sandbox` or `production`.

        Appears whole or not at all. Raises `StoreError` where there is a file already, `StoreFull` on a full disk.
        """
        try:
            _create(path, mode, clock)
        except FileExistsError as error:
            raise StoreError(f"{path} exists already; a store is never made over another") from error
        except OSError as error:
            if error.errno in NO_ROOM:
                raise full(path) from error
            raise StoreError(f"{path} cannot be made: {error.strerror}; create its folder and own it") from error

    @classmethod
    def open(cls, path: Path, *, clock: Clock, mode: str | None = None) -> Database:
        """Open the store at `path`, brought up to date first.

        `mode` is what the caller runs as, `sandbox` or `production`; `None` takes either. Raises `StoreError` where
        there is no store, or one of the other mode, of a newer mailbot, or damaged.
        """
        try:
            there = path.exists()
        except PermissionError:
            raise not_ours(path) from None
        if not there:
            raise StoreError(f"there is no store at {path}; make one with `mailbot init`, or point data_dir at it")
        writing = connect(path, read_only=False)
        try:
            if not migrations.is_current(writing, path):
                migrations.migrate(writing, migrations.STEPS)
            _assert_mode(writing, path, mode)
            return cls(path, writing, clock)
        except sqlite3.Error as error:
            writing.close()
            raise fault(error, path) from error
        except StoreError:
            writing.close()
            raise

    def read(self, function: Callable[[Reading], T]) -> T:
        """Call `function` now, on this thread's own connection; all its statements see one snapshot.

        Point look-ups may be done so on the event loop. The function returns values, never a cursor. Raises
        `StoreError` where the store itself fails.
        """
        reading, connection = self._this_thread()
        if connection.in_transaction:
            return function(reading)
        try:
            connection.execute("BEGIN")
            try:
                return function(reading)
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            if failure := explain(error, self.path):
                raise failure from error
            raise

    def glance(self, function: Callable[[Reading], T]) -> T:
        """Do `read` without a snapshot: each statement sees what is committed when it runs.

        For a single look-up on a hot path, where beginning and ending a transaction would be half of the time.
        """
        reading, _ = self._this_thread()
        try:
            return function(reading)
        except sqlite3.Error as error:
            if failure := explain(error, self.path):
                raise failure from error
            raise

    async def read_aside(self, function: Callable[[Reading], T]) -> T:
        """Do `read` in a thread of its own kind, for lists and exports that would hold up the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, partial(self.read, function))

    async def write(self, function: Callable[[Transaction], T]) -> T:
        """Have the writing thread run `function`, and return its answer once that is durable.

        The function may run twice, so it touches nothing but its transaction and returns values, never a cursor.
        What it raises is raised here, and nothing of it is kept. A caller that is cancelled no longer hears of it;
        the write itself goes on. Raises `StoreFull` on a full disk, `StoreError` where the store fails otherwise.
        """
        job = AwaitedJob(function, asyncio.get_running_loop())
        self._writer.submit(job)
        return await job.future

    def write_now(self, function: Callable[[Transaction], T]) -> T:
        """Do `write` for a caller without an event loop: blocks until the answer is durable."""
        self._writer.assert_foreign_thread()
        job = BlockingJob(function)
        self._writer.submit(job)
        return job.wait()

    def data_version(self) -> int:
        """Return a number that changes when anyone, in this process or another, has committed a write."""
        if self._watching is None:
            self._watching = self._open_reading()
        try:
            (version,) = self._watching.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise fault(error, self.path) from error
        return int(version)

    def close(self) -> None:
        """Commit and answer what waits, end the threads, close every connection. May be called twice."""
        self._readers.shutdown()
        while self._opened:
            self._opened.pop().close()
        # The writer goes last: the last connection to close copies the write-ahead log into the file.
        self._writer.close()

    def _this_thread(self) -> tuple[Reading, sqlite3.Connection]:
        try:
            return self._local.mine  # type: ignore[no-any-return]  # a thread-local has no types
        except AttributeError:
            connection = self._open_reading()
            self._local.mine = (Reading(connection), connection)
            return self._local.mine  # type: ignore[no-any-return]  # as above

    def _open_reading(self) -> sqlite3.Connection:
        connection = connect(self.path, read_only=True)
        self._opened.append(connection)
        return connection


def _create(path: Path, mode: str, clock: Clock) -> None:
    if path.exists():
        raise FileExistsError
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _found(draft, mode, clock)
        os.link(draft, path)  # refuses to replace a file, which a rename would not
    except sqlite3.Error as error:
        raise fault(error, path) from error  # while the draft still takes the room that it took
    finally:
        for leftover in (draft, draft.with_name(f"{draft.name}-wal"), draft.with_name(f"{draft.name}-shm")):
            leftover.unlink(missing_ok=True)
    sync_folder(path.parent)


def _found(draft: Path, mode: str, clock: Clock) -> None:
    connection = connect(draft, read_only=False)
    try:
        migrations.build(connection, migrations.STEPS)
        facts = {
            "mode": mode,
            "created_at": stamp(clock.now()),
            "installation_id": secrets.token_hex(5),
            "clock_offset_ms": "0",
        }
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO installation (name, value) VALUES (?, ?)", facts.items())
        connection.execute("COMMIT")
    finally:
        connection.close()


def _assert_mode(connection: sqlite3.Connection, path: Path, mode: str | None) -> None:
    row = connection.execute("SELECT value FROM installation WHERE name = 'mode'").fetchone()
    if row is None:
        raise StoreError(f"{path} does not say whether it is a sandbox; restore a backup of it")
    if mode is not None and row[0] != mode:
        remedy = "run with --sandbox" if row[0] == "sandbox" else "run without --sandbox"
        raise StoreError(
            f"{path} was made for {row[0]} and is not opened as {mode}; {remedy}, or point data_dir at another folder"
        )
