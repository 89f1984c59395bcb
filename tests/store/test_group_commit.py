"""What writes that wait together owe each other: nothing but the commit."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mailbot.errors import StoreError
from mailbot.store.database import Transaction
from mailbot.store.database_writer import GROUP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from mailbot.store.database import Database, Reading

HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
connection.execute("COMMIT")
"""


def put(tx: Transaction, name: str) -> str:
    tx.execute("INSERT INTO installation (name, value) VALUES (:name, '')", {"name": name})
    return name


def names(reading: Reading) -> set[str]:
    return {row["name"] for row in reading.all("SELECT name FROM installation")}


Together = Callable[[Sequence[Callable[[Transaction], Any]]], Awaitable[list[Any]]]


@pytest.fixture
def together(database: Database, holding: Callable[[Database], AbstractAsyncContextManager[None]]) -> Together:
    """Return what has all functions run as one group and gives what each was answered."""

    async def run(functions: Sequence[Callable[[Transaction], Any]]) -> list[Any]:
        async with holding(database):
            tasks = [asyncio.create_task(database.write(function)) for function in functions]
            await asyncio.sleep(0)
        return await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)

    return run


@contextmanager
def locked(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the store's lock; it lets go when its input ends."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield holder
        holder.communicate(timeout=10)


async def test_a_group_shares_one_moment(together: Together) -> None:
    moments = await together([lambda tx: tx.now] * 100)
    assert len(set(moments)) == 1


async def test_a_group_is_bounded(together: Together) -> None:
    moments = await together([lambda tx: tx.now] * (2 * GROUP + 1))
    assert moments == sorted(moments)
    assert [moments.count(moment) for moment in sorted(set(moments))] == [GROUP, GROUP, 1]


async def test_each_error_reaches_its_own_waiter_and_undoes_its_own_changes(
    database: Database, together: Together
) -> None:
    def fail(tx: Transaction, name: str) -> str:
        put(tx, name)
        raise LookupError(name)

    functions = [partial(put if n % 3 else fail, name=f"w{n}") for n in range(30)]
    answers = await together(functions)
    for n, answer in enumerate(answers):
        assert isinstance(answer, LookupError) if n % 3 == 0 else answer == f"w{n}"
    written = database.read(names)
    assert {f"w{n}" for n in range(30)} & written == {f"w{n}" for n in range(30) if n % 3}


async def test_an_error_amid_the_rows_of_a_statement_harms_nobody_else(database: Database, together: Together) -> None:
    def fail(tx: Transaction) -> None:
        for row in tx.execute("UPDATE installation SET value = value || 'x' RETURNING name"):
            raise LookupError(row["name"])

    before = database.read(lambda r: r.value("SELECT value FROM installation WHERE name = 'mode'"))
    answers = await together([lambda tx: put(tx, "a"), fail, lambda tx: put(tx, "b"), fail])
    assert [type(answer) for answer in answers] == [str, LookupError, str, LookupError]
    assert {"a", "b"} <= database.read(names)
    assert database.read(lambda r: r.value("SELECT value FROM installation WHERE name = 'mode'")) == before


async def test_a_broken_constraint_is_told_as_it_is(together: Together) -> None:
    answers = await together([lambda tx: put(tx, "same"), lambda tx: put(tx, "same"), lambda tx: put(tx, "z")])
    assert answers[0] == "same"
    assert isinstance(answers[1], sqlite3.IntegrityError)
    assert answers[2] == "z"


async def test_a_function_alone_that_raises_leaves_nothing(database: Database) -> None:
    def fail(tx: Transaction) -> None:
        put(tx, "gone")
        raise LookupError

    with pytest.raises(LookupError):
        await database.write(fail)
    with pytest.raises(LookupError):
        database.write_now(fail)
    assert "gone" not in database.read(names)
    assert database.write_now(lambda tx: put(tx, "next")) == "next"


async def test_stop_iteration_and_exit_are_answers_too(together: Together) -> None:
    empty: Iterator[None] = iter(())
    answers = await together([lambda _: next(empty), lambda _: sys.exit(3), lambda tx: put(tx, "kept")])
    assert [type(answer) for answer in answers[:2]] == [RuntimeError, RuntimeError]
    assert "SystemExit(3)" in str(answers[1])
    assert answers[2] == "kept"


async def test_effects_follow_the_commit_in_order_and_precede_the_answers(database: Database) -> None:
    seen: list[str] = []

    def write(tx: Transaction, name: str) -> str:
        put(tx, name)
        tx.after_commit(lambda: seen.append(f"{name} kept: {name in database.read(names)}"))
        tx.after_commit(lambda: seen.append(f"{name} again"))
        if name == "b":
            raise LookupError
        return name

    async def answered(coroutine: Awaitable[str]) -> None:
        try:
            seen.append(f"answer {await coroutine}")
        except LookupError:
            seen.append("failed")

    writes = [answered(database.write(partial(write, name=name))) for name in "abc"]
    await asyncio.gather(*writes)
    for name in "ac":
        own = [entry for entry in seen if name in entry.split()[:2]]
        assert own == [f"{name} kept: True", f"{name} again", f"answer {name}"]
    assert "failed" in seen
    assert not [entry for entry in seen if entry.startswith("b")]


async def test_an_effect_that_raises_costs_no_answer(together: Together) -> None:
    reported: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))

    def write(tx: Transaction) -> str:
        tx.after_commit(lambda: 1 / 0)
        return put(tx, "kept")

    assert await together([write, lambda tx: put(tx, "other")]) == ["kept", "other"]
    assert [type(context["exception"]) for context in reported] == [ZeroDivisionError]


def test_effects_of_a_blocking_write_run_on_its_own_thread(database: Database) -> None:
    threads: list[threading.Thread] = []

    def write(tx: Transaction) -> str:
        tx.after_commit(lambda: threads.append(threading.current_thread()))
        return put(tx, "kept")

    assert database.write_now(write) == "kept"
    assert threads == [threading.current_thread()]


async def test_a_cancelled_caller_breaks_nothing(
    database: Database, holding: Callable[[Database], AbstractAsyncContextManager[None]]
) -> None:
    async with holding(database):
        tasks = [asyncio.create_task(database.write(partial(put, name=f"w{n}"))) for n in range(20)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [a for a in answers if isinstance(a, str)] == [f"w{n}" for n in range(1, 20, 2)]
    assert {f"w{n}" for n in range(20)} <= database.read(names)


async def test_a_function_that_ends_the_transaction_harms_only_itself(database: Database, together: Together) -> None:
    def meddle(tx: Transaction) -> str:
        put(tx, "meddler")
        tx.execute("ROLLBACK")
        return put(tx, "outside")

    answers = await together([lambda tx: put(tx, "a"), meddle, lambda tx: put(tx, "b")])
    assert answers[0] == "a"
    assert answers[2] == "b"
    assert isinstance(answers[1], StoreError)
    assert {"meddler", "outside"} & database.read(names) == set()


async def test_functions_of_a_lost_group_run_again_with_fresh_scratch(together: Together) -> None:
    runs: list[int] = []

    def count(tx: Transaction) -> int:
        runs.append(len(tx.memo))
        tx.memo["head"] = 1
        tx.after_commit(lambda: runs.append(99))
        return len(runs)

    def meddle(tx: Transaction) -> None:
        tx.execute("ROLLBACK")

    await together([count, meddle])
    assert runs == [0, 0, 99]


def test_a_write_inside_a_write_is_refused_at_once(database: Database) -> None:
    with pytest.raises(RuntimeError, match="may not hand in another write"):
        database.write_now(lambda _: database.write_now(names))


async def test_several_loops_share_one_store(database: Database) -> None:
    def another_loop() -> list[str]:
        async def writes() -> list[str]:
            return await asyncio.gather(*(database.write(partial(put, name=f"x{n}")) for n in range(50)))

        return asyncio.run(writes())

    ours = asyncio.gather(*(database.write(partial(put, name=f"y{n}")) for n in range(50)))
    theirs = asyncio.to_thread(another_loop)
    assert await ours == [f"y{n}" for n in range(50)]
    assert await theirs == [f"x{n}" for n in range(50)]


def test_a_loop_that_is_gone_stops_nobody(database: Database) -> None:
    gate = threading.Event()

    async def leave() -> None:
        asyncio.get_running_loop().create_task(database.write(lambda tx: (gate.wait(10), put(tx, "left"))[1]))
        await asyncio.sleep(0)

    asyncio.run(leave())
    gate.set()
    assert database.write_now(lambda tx: put(tx, "next")) == "next"
    assert "left" in database.read(names)


async def test_another_process_with_the_lock_is_waited_for_without_freezing_the_loop(database: Database) -> None:
    with locked(database.path):
        writes = [asyncio.create_task(database.write(partial(put, name=f"w{n}"))) for n in range(3)]
        for _ in range(200):
            await asyncio.sleep(0)
            assert "mode" in database.read(names)
        assert not any(write.done() for write in writes)
    assert await asyncio.wait_for(asyncio.gather(*writes), 10) == ["w0", "w1", "w2"]


async def test_a_lock_that_is_never_let_go_is_told_with_its_remedy(database: Database) -> None:
    shorten = "PRAGMA busy_timeout = 50"  # thirty seconds are too long for a test
    await database.write(lambda tx: tx.value(shorten))
    with locked(database.path), pytest.raises(StoreError, match=r"another process held its lock.*fuser"):
        await database.write(lambda tx: put(tx, "w"))
    assert await database.write(lambda tx: put(tx, "w")) == "w"
