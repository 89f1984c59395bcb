"""A write function on its way to the writer and back.

Owns who waits for it, a coroutine or a thread, and that its effects come before its answer. When it runs and whether
it is kept is `database_writer`'s business.
"""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from mailbot.store.database_transaction import Transaction

T = TypeVar("T")


class Job(Generic[T]):
    """A write function on its way, and what became of it; subclasses know who waits."""

    __slots__ = ("effects", "error", "function", "loop", "value")

    def __init__(self, function: Callable[[Transaction], T], loop: asyncio.AbstractEventLoop | None) -> None:
        self.function = function
        self.loop = loop
        self.value: T | None = None
        self.error: Exception | None = None
        self.effects: list[Callable[[], object]] = []

    def keep(self, value: T, effects: list[Callable[[], object]]) -> None:
        """Note what the function returned and wants done after the commit."""
        self.value, self.error, self.effects = value, None, effects

    def fail(self, error: Exception) -> None:
        """Note why nothing of this function is kept."""
        self.value, self.error, self.effects = None, error, []

    def answer(self) -> None:
        """Let the waiter know; called once, when the outcome is final."""
        raise AssertionError


class BlockingJob(Job[T]):
    """A write function that a thread waits for."""

    __slots__ = ("_done",)

    def __init__(self, function: Callable[[Transaction], T]) -> None:
        super().__init__(function, None)
        self._done = threading.Event()

    def answer(self) -> None:
        """Wake the waiting thread."""
        self._done.set()

    def wait(self) -> T:
        """Block until the outcome is final; do the effects here, then return the value or raise the error."""
        self._done.wait()
        for effect in self.effects:
            effect()
        if self.error:
            raise self.error
        return cast("T", self.value)


class AwaitedJob(Job[T]):
    """A write function that a coroutine waits for."""

    __slots__ = ("future",)

    def __init__(self, function: Callable[[Transaction], T], loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(function, loop)
        self.future: asyncio.Future[T] = loop.create_future()

    def answer(self) -> None:
        """Do the effects and settle the future; runs on the loop. A caller that was cancelled no longer listens."""
        for effect in self.effects:
            _do(effect)
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(cast("T", self.value))
        else:
            self.future.set_exception(self.error)


def _do(effect: Callable[[], object]) -> None:
    try:
        effect()
    except Exception as error:  # noqa: BLE001 - the write is committed and its answer must not be lost
        context = {"message": "an after-commit effect raised", "exception": error}
        asyncio.get_running_loop().call_exception_handler(context)
