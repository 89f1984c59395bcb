"""The daemon's tasks: named, started in one place, kept alive, stopped by name.

Owns what happens when a part raises: it is logged and goes on after a pause, and no other part notices. A full disk is
a pause, too: nothing was half done, and the work waits in the store.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from mailbot.errors import StoreFull
from mailbot.facts import STORE_FULL, TASK_FAILED

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from mailbot.facts import Facts

    Step = Callable[[], Awaitable[bool]]

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0


class Supervisor:
    """Runs tasks for as long as the daemon lives."""

    def __init__(self, facts: Facts) -> None:
        self._facts = facts
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}

    def keep(
        self, name: str, run: Callable[[], Awaitable[None]], *, lost: Callable[[str], object] = lambda _: None
    ) -> None:
        """Run a task that is to run always; `lost` hears why it broke off, before it is run again."""
        self._tasks[name] = asyncio.create_task(self._keep(name, run, lost), name=name)

    def work(self, name: str, step: Step, *, wake: asyncio.Event | None = None) -> None:
        """Call `step` while it finds work, then wait until woken."""
        event = self._wakes[name] = wake or asyncio.Event()
        self._tasks[name] = asyncio.create_task(self._keep(name, lambda: _work(step, event), lambda _: None), name=name)

    def wake(self) -> None:
        """Have every worker look for work."""
        for event in self._wakes.values():
            event.set()

    async def stop(self, *names: str) -> None:
        """Cancel tasks and wait until they have ended; names of tasks that never ran are passed over."""
        tasks = [task for name in names if (task := self._tasks.pop(name, None)) is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(self, name: str, run: Callable[[], Awaitable[None]], lost: Callable[[str], object]) -> None:
        pause = FIRST_PAUSE_S
        while True:
            began = asyncio.get_running_loop().time()
            try:
                return await run()
            except StoreFull as full:
                self._facts(STORE_FULL, error=str(full))
                lost(str(full))
            except Exception as error:  # noqa: BLE001 -- a supervisor's one duty: whatever a part raises, the rest goes on
                self._facts(TASK_FAILED, task=name, error=_words(error))
                lost(_words(error))
            if asyncio.get_running_loop().time() - began > LONGEST_PAUSE_S:
                pause = FIRST_PAUSE_S
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)


async def _work(step: Step, wake: asyncio.Event) -> None:
    while True:
        wake.clear()
        if not await step():
            await wake.wait()


def _words(error: BaseException) -> str:
    """Say what was raised, within an exception group too."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(_words(each) for each in error.exceptions)
    return f"{type(error).__name__}: {error}"
