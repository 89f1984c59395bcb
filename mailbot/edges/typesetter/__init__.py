"""Laying mails out ahead, in a process of its own: a second processor's worth of work while many wait.

Owns the process (`__main__` is its side): it is started by the first order, fed in small lots, and ended after a
while without orders. Nothing hangs on it. A mail's bytes are a pure function of its row and its claim, so whatever it
has not laid out in time is laid out where it is sent; so is all of it where the process cannot be started or dies.

The process lives on its end of a socket and ends with it: a daemon that is killed leaves none behind.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections import deque
from contextlib import asynccontextmanager, contextmanager
from itertools import islice
from operator import attrgetter
from typing import TYPE_CHECKING

from mailbot.facts import TASK_FAILED
from mailbot.mail.envelope import Envelope
from mailbot.store.outbox import Mail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator
    from pathlib import Path

    from mailbot.facts import Facts
    from mailbot.flows.claim import Job
    from mailbot.mail.edition import Edition

LOT = 25
"""Mails that are ordered at once: few enough for the first to come back soon, enough for a lot to cost little."""

IN_FLIGHT = 2
"""Lots ordered and not yet answered: while one is read here, the next is laid out."""

KEPT = 400
"""Mails that wait for an order at most; those that have waited longest have been sent by then."""

IDLE_S = 20.0
"""Without an order for so long, the process ends and gives its memory back."""

PATIENCE_S = 20.0
"""A lot that takes longer never comes; the first one waits for the process to start."""

REST_S = 60.0
"""After a failure, time without a process."""

LENGTH = 4
"""Octets before an answer that say how long it is, the highest first."""

ROW, PARTS = attrgetter(*Mail.__slots__), attrgetter(*Envelope.__slots__)
"""Mails and envelopes travel as tuples, which takes a third of the time of dataclasses."""

_BUFFER = 1 << 20
_FILE = '"file":'
"""Stands in the payload of mails with attachments: in JSON a quotation mark within words has a backslash before it."""


class Typesetter:
    """Has the mails of one edition laid out ahead."""

    def __init__(self, edition: Edition, *, keys: Path, facts: Facts) -> None:
        """`keys` is the folder of the keyring, which the process reads itself, and again when it has changed."""
        self._edition = edition
        self._keys = keys
        self._facts = facts
        self._waiting: deque[Job] = deque(maxlen=KEPT)
        self._arrived = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._rests_until = 0.0

    def order(self, jobs: Iterable[Job]) -> None:
        """Have `jobs` laid out, each into its `envelope`; returns at once.

        Files are read and old editions compiled where the mail is sent: such jobs are passed over.
        """
        if self._task is None and asyncio.get_running_loop().time() >= self._rests_until:
            self._task = asyncio.create_task(self._work(), name="typesetter")
        if self._task is not None:
            self._waiting.extend(job for job in jobs if self._is_plain(job))
            self._arrived.set()

    def _is_plain(self, job: Job) -> bool:
        return job.claim.edition == self._edition.digest and _FILE not in job.mail.payload

    async def stop(self) -> None:
        """End the process, whatever it is doing; may be called where there is none."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _work(self) -> None:
        try:
            async with _process() as (reader, writer):
                writer.write(pickle.dumps((self._edition.text, self._keys)))
                await self._feed(reader, writer)
        except (OSError, EOFError, pickle.UnpicklingError) as error:  # a time-out is an OSError
            self._rests_until = asyncio.get_running_loop().time() + REST_S
            self._facts(TASK_FAILED, task="typesetter", error=f"{type(error).__name__}: {error}")
        finally:
            self._waiting.clear()
            self._task = None

    async def _feed(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Order and take in, until nothing was to be done for a while."""
        lots: deque[list[Job]] = deque()
        try:
            while lots or await self._has_arrived():
                while len(lots) < IN_FLIGHT and (lot := self._next_lot()):
                    # A claim that many mails share is written once: pickle knows it again.
                    writer.write(pickle.dumps([(ROW(job.mail), job.claim) for job in lot]))
                    lots.append(lot)
                if lots:
                    envelopes = await _answer(reader)
                    _fill(lots.popleft(), envelopes)
        finally:
            for lot in lots:
                _fill(lot, [None] * len(lot))

    async def _has_arrived(self) -> bool:
        self._arrived.clear()
        if self._waiting:
            return True
        try:
            async with asyncio.timeout(IDLE_S):
                return await self._arrived.wait()
        except TimeoutError:
            return bool(self._waiting)

    def _next_lot(self) -> list[Job]:
        """Take the next mails that nobody has laid out meanwhile."""
        lot = list(islice((job for job in iter(self._pop, None) if job.envelope is None), LOT))
        for job in lot:
            job.ordered = True
        return lot

    def _pop(self) -> Job | None:
        return self._waiting.popleft() if self._waiting else None


def _fill(lot: Iterable[Job], envelopes: Iterable[Envelope | None]) -> None:
    for job, envelope in zip(lot, envelopes, strict=True):
        job.envelope, job.ordered = job.envelope or envelope, False


async def _answer(reader: asyncio.StreamReader) -> list[Envelope | None]:
    async with asyncio.timeout(PATIENCE_S):
        length = int.from_bytes(await reader.readexactly(LENGTH))
        answer = pickle.loads(await reader.readexactly(length))  # noqa: S301  our own process
    return [values and Envelope(*values) for values in answer]


@asynccontextmanager
async def _process() -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """Run the process for as long as the block lasts."""
    ours, theirs = socket.socketpair()
    with theirs:
        reader, writer = await asyncio.open_unix_connection(sock=ours, limit=_BUFFER)
        try:
            with _spawned(theirs):
                yield reader, writer
        finally:
            writer.transport.abort()


@contextmanager
def _spawned(channel: socket.socket) -> Iterator[None]:
    """Run the process on its end of a socket, with our modules; it has nothing to put in order, so it is killed.

    Signals that ask a whole group to end are for the daemon to obey: the process inherits that they are blocked.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    command = [sys.executable, "-P", "-m", __name__]
    usual = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        process = subprocess.Popen(command, stdin=channel.fileno(), stdout=subprocess.DEVNULL, env=environment)  # noqa: S603  ourselves
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, usual)
    channel.close()
    try:
        yield
    finally:
        process.kill()
        process.wait()
