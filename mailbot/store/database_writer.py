"""Group commit: the one thread that owns the writing connection.

Owns the order in which write functions run, what is committed together, and who hears of it when. Functions that wait
together share one BEGIN IMMEDIATE and one COMMIT; the running commit is the only timer a group needs. Nothing is
answered before COMMIT has returned.

Hardly any function raises, so a group is first run without savepoints, and its functions share their scratch; where
one raises, all is undone and the group is run again with a savepoint each.

A full disk or an I/O error undoes the whole transaction, savepoints and all. Every function of that group is then run
again alone, so that each is answered for its own fate. Hence write functions may run twice.
"""

from __future__ import annotations

import sqlite3
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from mailbot.clock import stamp
from mailbot.errors import StoreError
from mailbot.store.database_connection import explain, fault
from mailbot.store.database_transaction import Transaction

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from mailbot.clock import Clock
    from mailbot.store.database_job import Job

GROUP = 500
"""Functions that are committed together at most: bounds what one lost transaction costs, and the longest wait."""

SWITCH = 50e-6
"""Seconds after which a busy thread is asked for the interpreter's lock."""


class Writer:
    """The writing thread and its queue."""

    def __init__(self, connection: sqlite3.Connection, *, path: Path, clock: Clock) -> None:
        self._connection = connection
        self._path = path
        self._clock = clock
        self._arrival = threading.Condition(threading.Lock())
        self._waiting: list[Job[Any]] = []
        self._closing = False
        # Every statement gives the interpreter's lock away and needs it back. At the usual 5 ms a busy event loop kept
        # the writer from it for seconds; at this it is milliseconds.
        sys.setswitchinterval(min(SWITCH, sys.getswitchinterval()))
        self._thread = threading.Thread(target=self._work, name="mailbot-writer", daemon=True)
        self._thread.start()

    def submit(self, job: Job[Any]) -> None:
        """Queue `job`; raises `StoreError` where the store is closed."""
        with self._arrival:
            if self._closing:
                raise StoreError(f"{self._path}: the store is closed")
            self._waiting.append(job)
            self._arrival.notify()

    def assert_foreign_thread(self) -> None:
        """Raise `RuntimeError` on the writing thread itself, which would wait for itself for ever."""
        if threading.current_thread() is self._thread:
            raise RuntimeError("a write function may not hand in another write and wait for it")

    def close(self) -> None:
        """Commit what waits, answer it, end the thread, and close the connection."""
        with self._arrival:
            self._closing = True
            self._arrival.notify()
        self._thread.join()
        self._connection.close()

    def _work(self) -> None:
        while waiting := self._await_arrival():
            _release(self._commit_next(waiting))

    def _await_arrival(self) -> int:
        """Return how many jobs wait, at least one; 0 once the store is closed and all is done."""
        with self._arrival:
            while not self._waiting and not self._closing:
                self._arrival.wait()
            return len(self._waiting)

    def _take(self, count: int) -> list[Job[Any]]:
        with self._arrival:
            group, self._waiting = self._waiting[:count], self._waiting[count:]
        return group

    def _commit_next(self, waiting: int) -> list[Job[Any]]:
        """Bring the next group to its end, whatever that is, and return it.

        The group is taken after BEGIN has succeeded: whoever arrives while another process has the lock joins it. If
        the lock is not to be had, only those fail who have waited for all of that time.
        """
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            group = self._take(waiting)
            self._fail(group, error)
            return group
        group = self._take(GROUP)
        try:
            self._commit(group)
        except Exception as error:  # noqa: BLE001 - the thread outlives every error; its waiters are told
            self._undo()
            self._retry(group, error)
        return group

    def _commit(self, group: list[Job[Any]]) -> None:
        """Run and commit a group in the transaction that has begun; raises where that is lost as a whole."""
        now = self._clock.now()
        now_text = stamp(now)
        if not self._run_trusting(group, now, now_text):
            still_there = self._connection.in_transaction
            self._undo()
            if len(group) == 1:
                return
            if not still_there:
                raise StoreError("the transaction was lost amid its group")
            self._connection.execute("BEGIN IMMEDIATE")
            self._run_guarded(group, now, now_text)
        self._connection.execute("COMMIT")

    def _run_trusting(self, group: list[Job[Any]], now: datetime, now_text: str) -> bool:
        """Run a group as one, up to the first function that raises; return whether none did."""
        memo: dict[object, object] = {}
        return all(self._run(job, now, now_text, memo) for job in group)

    def _run_guarded(self, group: list[Job[Any]], now: datetime, now_text: str) -> None:
        execute = self._connection.execute
        for job in group:
            execute("SAVEPOINT job")
            if not self._run(job, now, now_text, {}):
                execute("ROLLBACK TO job")
            # Raises where the whole transaction is gone, even if the function hid that from us.
            execute("RELEASE job")

    def _run(self, job: Job[Any], now: datetime, now_text: str, memo: dict[object, object]) -> bool:
        """Call the function; return whether its changes are to be kept."""
        transaction = Transaction(self._connection, now, now_text, memo)
        try:
            value = job.function(transaction)
        except BaseException as error:  # noqa: BLE001 - whatever it is reaches its own waiter, and nobody else
            job.fail(self._told(error))
            return False
        job.keep(value, transaction.effects)
        return True

    def _told(self, error: BaseException) -> Exception:
        """Return what the waiter of a function that raised `error` is told."""
        if isinstance(error, sqlite3.Error):
            return explain(error, self._path) or error
        if isinstance(error, StopIteration) or not isinstance(error, Exception):
            # A future refuses StopIteration (PEP 479), and an exit is for its own thread only.
            return RuntimeError(f"a write function raised {error!r}")
        return error

    def _retry(self, group: list[Job[Any]], error: Exception) -> None:
        """Run every function of a lost group again, each in a transaction of its own."""
        self._reuse_log()
        if len(group) == 1:
            self._fail(group, error)
            return
        for job in group:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                self._commit([job])
            except Exception as again:  # noqa: BLE001 - as above
                self._undo()
                self._fail([job], again)

    def _reuse_log(self) -> None:
        """Let the next commit begin the write-ahead log anew: on a full disk that may be all the room there is."""
        with suppress(sqlite3.Error):  # a full disk may have no room for this either
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def _undo(self) -> None:
        """Roll back, where the error has not already done so."""
        with suppress(sqlite3.Error):  # an error here ends the transaction all the same
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _fail(self, group: Iterable[Job[Any]], error: Exception) -> None:
        for job in group:
            job.fail(fault(error, self._path) if isinstance(error, sqlite3.Error) else error)


def _release(group: list[Job[Any]]) -> None:
    """Answer everyone: a loop hears of all its jobs in one call, however many they are."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Job[Any]]] = {}
    for job in group:
        by_loop.setdefault(job.loop, []).append(job)
    for loop, jobs in by_loop.items():
        if loop is None:
            _answer(jobs)
        else:
            _answer_on(loop, jobs)


def _answer_on(loop: asyncio.AbstractEventLoop, jobs: list[Job[Any]]) -> None:
    try:
        loop.call_soon_threadsafe(_answer, jobs)
    except RuntimeError:
        # The loop is closed: nobody waits there any more. What was committed stays committed.
        return


def _answer(jobs: list[Job[Any]]) -> None:
    for job in jobs:
        job.answer()
