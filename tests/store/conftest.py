"""A store of its own for each test, and a disk small enough to fill."""

from __future__ import annotations

import asyncio
import os
import subprocess
import threading
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from mailbot.clock import SystemClock
from mailbot.store.database import Database

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator
    from pathlib import Path

    from mailbot.store.database import Transaction


@pytest.fixture
def clock() -> SystemClock:
    return SystemClock()


@pytest.fixture
def path(tmp_path: Path, clock: SystemClock) -> Path:
    """Return the path of a new, empty sandbox store."""
    path = tmp_path / "data" / "mailbot.db"
    Database.create(path, mode="sandbox", clock=clock)
    return path


@pytest.fixture
def database(path: Path, clock: SystemClock) -> Iterator[Database]:
    database = Database.open(path, clock=clock, mode="sandbox")
    yield database
    database.close()


@asynccontextmanager
async def hold(database: Database) -> AsyncIterator[None]:
    """Keep the writer busy for the time of the block: what is handed in meanwhile becomes one group."""
    entered, gate = threading.Event(), threading.Event()

    def wait(_: Transaction) -> bool:
        entered.set()
        return gate.wait(10)

    gatekeeper = asyncio.create_task(database.write(wait))
    await asyncio.to_thread(entered.wait, 10)
    try:
        yield
    finally:
        gate.set()
    await gatekeeper


@pytest.fixture
def holding() -> Callable[[Database], AbstractAsyncContextManager[None]]:
    return hold


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return the folder of a file system of 4 MiB."""
    if os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root only")
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(folder)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
