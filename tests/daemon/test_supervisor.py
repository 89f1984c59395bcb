"""The supervisor: a part that raises is logged and goes on, and no other part notices."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from mailbot.daemon import supervisor as subject
from mailbot.daemon.supervisor import Supervisor
from mailbot.errors import StoreFull
from mailbot.facts import STORE_FULL, TASK_FAILED, Fact

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Heard:
    """Facts in the order in which they were stated."""

    def __init__(self) -> None:
        self.facts: list[tuple[Fact, dict[str, object]]] = []

    def __call__(self, fact: Fact, **fields: object) -> None:
        self.facts.append((fact, fields))


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
async def supervisor(heard: Heard, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Supervisor]:
    monkeypatch.setattr(subject, "FIRST_PAUSE_S", 0.001)
    supervisor = Supervisor(heard)
    yield supervisor
    await supervisor.stop("part", "other")


async def test_a_part_that_raises_is_logged_and_runs_again(supervisor: Supervisor, heard: Heard) -> None:
    lost: list[str] = []
    runs, twice = 0, asyncio.Event()

    async def run() -> None:
        nonlocal runs
        runs += 1
        if runs == 1:
            raise ValueError("broken")
        twice.set()
        await asyncio.Event().wait()

    supervisor.keep("part", run, lost=lost.append)
    await asyncio.wait_for(twice.wait(), 5)
    assert heard.facts == [(TASK_FAILED, {"task": "part", "error": "ValueError: broken"})]
    assert lost == ["ValueError: broken"]


async def test_what_a_group_of_tasks_raised_is_said_in_full(supervisor: Supervisor, heard: Heard) -> None:
    again = asyncio.Event()

    async def run() -> None:
        if heard.facts:
            again.set()
            await asyncio.Event().wait()
        raise ExceptionGroup("two", [ValueError("one"), KeyError("other")])

    supervisor.keep("part", run)
    await asyncio.wait_for(again.wait(), 5)
    assert heard.facts[0][1]["error"] == "ValueError: one; KeyError: 'other'"


async def test_a_full_disk_is_a_pause_and_no_failure(supervisor: Supervisor, heard: Heard) -> None:
    again = asyncio.Event()

    async def step() -> bool:
        if heard.facts:
            again.set()
            return False
        raise StoreFull("no room")

    supervisor.work("part", step)
    await asyncio.wait_for(again.wait(), 5)
    assert heard.facts == [(STORE_FULL, {"error": "no room"})]


async def test_a_worker_works_while_there_is_work_and_then_waits_to_be_woken(supervisor: Supervisor) -> None:
    left, steps, idle = 3, 0, asyncio.Event()

    async def step() -> bool:
        nonlocal left, steps
        steps += 1
        if left:
            left -= 1
            return True
        idle.set()
        return False

    supervisor.work("part", step)
    await asyncio.wait_for(idle.wait(), 5)
    assert steps == 4
    idle.clear()
    left = 1
    supervisor.wake()
    await asyncio.wait_for(idle.wait(), 5)
    assert steps == 6


async def test_a_wake_during_a_step_is_not_lost(supervisor: Supervisor) -> None:
    begun, go_on, second = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def step() -> bool:
        if begun.is_set():
            second.set()
            return False
        begun.set()
        await go_on.wait()
        return False

    supervisor.work("part", step)
    await asyncio.wait_for(begun.wait(), 5)
    supervisor.wake()
    go_on.set()
    await asyncio.wait_for(second.wait(), 5)


async def test_one_part_ends_and_the_others_go_on(supervisor: Supervisor) -> None:
    ended, alive = asyncio.Event(), asyncio.Event()

    async def part() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def other() -> None:
        await ended.wait()
        alive.set()
        await asyncio.Event().wait()

    supervisor.keep("part", part)
    supervisor.keep("other", other)
    await asyncio.sleep(0)
    await supervisor.stop("part", "never there")
    assert ended.is_set()
    await asyncio.wait_for(alive.wait(), 5)
