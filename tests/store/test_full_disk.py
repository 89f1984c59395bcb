"""A full disk: what was answered stays, what failed says so, and work goes on once there is room."""

from __future__ import annotations

import asyncio
import resource
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import pytest

from mailbot.errors import StoreError, StoreFull
from mailbot.store.database import Database, Transaction
from mailbot.store.files import Vault

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from mailbot.clock import SystemClock

    Holding = Callable[[Database], AbstractAsyncContextManager[None]]

WRITERS = 64
ROW = "x" * 60_000


@pytest.fixture
def limited() -> Iterator[Callable[[int], None]]:
    """Return what sets how many bytes a file of this process may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


def put(tx: Transaction, name: str, value: str = ROW) -> str:
    tx.execute("INSERT INTO installation (name, value) VALUES (:name, :value)", {"name": name, "value": value})
    return name


def written(path: Path, clock: SystemClock) -> set[str]:
    database = Database.open(path, clock=clock)
    try:
        return database.read(lambda r: {row[0] for row in r.all("SELECT name FROM installation WHERE name LIKE 'w%'")})
    finally:
        database.close()


async def crowd(database: Database, holding: Holding) -> list[str | BaseException]:
    """Let many writers wait in one group and return what each was told."""
    async with holding(database):
        writes = [asyncio.create_task(database.write(partial(put, name=f"w{n}"))) for n in range(WRITERS)]
        await asyncio.sleep(0)
    return await asyncio.wait_for(asyncio.gather(*writes, return_exceptions=True), 60)


async def test_writers_of_one_group_meet_a_full_disk(small_disk: Path, clock: SystemClock, holding: Holding) -> None:
    path = small_disk / "mailbot.db"
    Database.create(path, mode="sandbox", clock=clock)
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(2 << 20))
    database = Database.open(path, clock=clock)

    told = await crowd(database, holding)
    answered = {answer for answer in told if isinstance(answer, str)}
    failed = [answer for answer in told if not isinstance(answer, str)]
    assert answered
    assert failed
    assert {type(error) for error in failed} == {StoreFull}
    assert str(path) in str(failed[0])
    assert "mode" in database.read(lambda r: [row[0] for row in r.all("SELECT name FROM installation")])

    ballast.unlink()
    assert await database.write(lambda tx: put(tx, "w-after", "")) == "w-after"
    database.close()
    assert written(path, clock) == answered | {"w-after"}


async def test_a_limit_on_the_size_of_files_counts_as_full(
    path: Path, clock: SystemClock, holding: Holding, limited: Callable[[int], None]
) -> None:
    database = Database.open(path, clock=clock)
    limited(1_500_000)
    told = await crowd(database, holding)
    limited(resource.RLIM_INFINITY)
    answered = {answer for answer in told if isinstance(answer, str)}
    assert answered
    assert {type(answer) for answer in told} == {str, StoreFull}
    database.close()
    assert written(path, clock) == answered


async def test_a_function_that_hides_a_full_disk_commits_nothing(small_disk: Path, clock: SystemClock) -> None:
    path = small_disk / "mailbot.db"
    Database.create(path, mode="sandbox", clock=clock)
    database = Database.open(path, clock=clock)
    huge = "x" * 1_000_000

    def hide(tx: Transaction) -> str:
        tx.execute("PRAGMA cache_size = 10")  # so that the rows spill to the disk before the commit
        for n in range(10):
            with suppress(Exception):  # a careless function
                put(tx, f"w{n}", huge)
        return put(tx, "w-hidden", "")

    with pytest.raises(StoreError):
        await database.write(hide)
    database.close()
    assert written(path, clock) == set()


def test_a_store_on_a_full_disk_is_not_made_by_halves(small_disk: Path, clock: SystemClock) -> None:
    (small_disk / "ballast").write_bytes(bytes((4 << 20) - 32_768))
    with pytest.raises(StoreFull, match="full"):
        Database.create(small_disk / "data" / "mailbot.db", mode="sandbox", clock=clock)
    assert not list((small_disk / "data").iterdir())
    (small_disk / "ballast").unlink()
    Database.create(small_disk / "data" / "mailbot.db", mode="sandbox", clock=clock)


def test_a_vault_on_a_full_disk_keeps_no_halves(small_disk: Path) -> None:
    vault = Vault(small_disk / "files")
    first = vault.store(b"a" * 1_000_000)
    with pytest.raises(StoreFull, match="full"):
        vault.store(b"b" * 8_000_000)
    assert [file for file in vault.folder.rglob("*") if file.is_file()] == [vault.path(first)]
    second = vault.store(b"b" * 1_000_000)
    assert vault.check(second) == vault.path(second)
