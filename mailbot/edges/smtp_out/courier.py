"""Carries mails from the post to the relay over several connections at once.

Owns the workers, each a task with one connection: when it is opened, replaced, closed for idleness, and how all of
them stop. The dialogue is `session`'s, failures of the relay as a whole are `health`'s.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from mailbot.edges.smtp_out.health import Health
from mailbot.edges.smtp_out.session import Session
from mailbot.errors import Deferred

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from mailbot.edges.smtp_out.opening import Opened, Opener
    from mailbot.edges.smtp_out.relay import Relay
    from mailbot.facts import Facts
    from mailbot.flows.post import Post
    from mailbot.mail.envelope import Envelope

T = TypeVar("T")

_STALE = 5.0
"""Seconds that opening a connection may take before a mail in hand is asked for anew: still wanted, freshly signed."""


class Courier:
    """Sends what `post` has through `relay`, until it is stopped."""

    def __init__(self, relay: Relay, post: Post, facts: Facts) -> None:
        self._relay = relay
        self._post = post
        self._facts = facts
        self._workers: list[_Worker] = []
        self._stopping = False
        self._ended = asyncio.Event()

    async def run(self) -> None:
        """Send until `stop`; whatever the post raises ends all connections and is raised here."""
        health, openings = Health(self._relay, self._facts), _Openings(self._relay)
        self._ended.clear()
        try:
            async with asyncio.TaskGroup() as group:
                self._workers = [
                    _Worker(self._relay, self._post, health, openings) for _ in range(self._relay.connections)
                ]
                for number, worker in enumerate(self._workers, 1):
                    worker.task = group.create_task(worker.run(), name=f"courier {number}")
                if self._stopping:
                    self._stop_workers()
        finally:
            self._workers = []
            self._ended.set()

    async def stop(self, timeout: float) -> None:  # noqa: ASYNC109 - the bound is on the dialogues, not on this call
        """Take no more mails; those in flight have `timeout` seconds to be answered, then their connections are cut."""
        self._stopping = True
        if not self._workers:
            return
        self._stop_workers()
        try:
            async with asyncio.timeout(timeout):
                await self._ended.wait()
        except TimeoutError:
            for worker in self._workers:
                worker.cut()
            await self._ended.wait()

    def _stop_workers(self) -> None:
        for worker in self._workers:
            worker.stop()


class _Openings:
    """The opener of all workers, loaded with the first mail: aiosmtplib need not delay a start."""

    def __init__(self, relay: Relay) -> None:
        self._relay = relay
        self._opener: Opener | None = None

    def open(self) -> Awaitable[Opened]:
        if self._opener is None:
            from mailbot.edges.smtp_out.opening import Opener  # noqa: PLC0415  see above

            self._opener = Opener(self._relay)
        return self._opener.open()


class _Worker:
    """One connection's task."""

    def __init__(self, relay: Relay, post: Post, health: Health, openings: _Openings) -> None:
        self._relay = relay
        self._post = post
        self._health = health
        self._openings = openings
        self._session: Session | None = None
        self._refusals = 0
        self._stopping = False
        self._parked = False
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        try:
            while not self._stopping:
                try:
                    await self._turn()
                finally:
                    self._health.release()
        finally:
            await self._hang_up()

    def stop(self) -> None:
        """Let the mail in flight end; wake from where no mail is in flight."""
        self._stopping = True
        if self._session is not None:
            self._session.stop()
        if self._parked:
            self.cut()

    def cut(self) -> None:
        """End whatever this worker is doing."""
        if self.task is not None:
            self.task.cancel()

    async def _park(self, waiting: Awaitable[T]) -> T:
        """Await what may be broken off at any time: no mail is in flight meanwhile."""
        self._parked = True
        try:
            return await waiting
        finally:
            self._parked = False

    async def _turn(self) -> None:
        """Take a mail and send it, and all that the post has ready behind it."""
        await self._park(self._health.clearance())
        envelope = await self._take()
        if envelope is None:
            return
        session = await self._connected(envelope)
        if session is None:
            return
        await session.send(envelope)
        await self._look_after(session)

    async def _take(self) -> Envelope | None:
        """Return the next mail; None after idling, when the connection was closed."""
        if self._session is None:
            return await self._park(self._post.next())
        try:
            async with asyncio.timeout(self._relay.idle):
                return await self._park(self._post.next())
        except TimeoutError:
            await self._hang_up()
            return None

    async def _connected(self, envelope: Envelope) -> Session | None:
        """Return a session that works; None where there is none, and the mail in hand is taken care of."""
        if self._session is not None and (self._session.over or self._session.worn):
            await self._hang_up()
        if self._session is not None:
            return self._session
        begun = self._now()
        session = await self._opened(envelope)
        # A stop while the connection was being opened is not always heard as one: `asyncio.wait_for`, which aiosmtplib
        # waits with, keeps a cancellation to itself where the answer came at the same moment (Python 3.11).
        if session is not None and (self._stopping or self._now() - begun > _STALE):
            self._post.put_back(envelope)
            return None
        return session

    async def _opened(self, envelope: Envelope) -> Session | None:
        try:
            opened = await self._park(self._openings.open())
        except Deferred as deferred:
            await self._unopened(envelope, deferred)
            return None
        except BaseException:
            # Stopped meanwhile; the mail was not begun.
            self._post.put_back(envelope)
            raise
        self._session = Session(opened, self._post, self._relay, self._judged)
        self._health.sessions.add(self._session)
        return self._session

    async def _unopened(self, envelope: Envelope, deferred: Deferred) -> None:
        if self._health.failed(deferred.response):
            self._post.settle(envelope, deferred)
        else:
            self._post.put_back(envelope)
            await self._back_off()

    async def _look_after(self, session: Session) -> None:
        """After sending: replace a connection that is worn, let go of one that is over, and wait where it failed."""
        over = session.over
        if over or session.worn:
            await self._hang_up()
        if over and not session.judged and not self._stopping and not self._health.failed(over):
            await self._back_off()

    async def _hang_up(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            self._health.sessions.discard(session)
            await session.quit()

    async def _back_off(self) -> None:
        """Wait alone: the relay works for others, or somebody is already probing it."""
        self._refusals += 1
        await self._park(asyncio.sleep(self._health.pause(self._refusals)))

    def _judged(self) -> None:
        self._refusals = 0
        self._health.worked()

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
