"""One connection to a relay: bytes out, replies in, a time-out on every wait.

Owns the transport after it was opened, secured and authenticated (`opening`). Knows nothing of mails (`session`).
One task uses a connection; it waits for one thing at a time, so that one future and one timer serve every wait.
"""

from __future__ import annotations

import asyncio
from collections import deque

from mailbot.edges.smtp_out.reply import BadReply, Reply, ReplyParser
from mailbot.errors import MailbotError


class Lost(MailbotError):
    """The connection ended, or an answer took too long and the connection was ended for it."""


class Connection(asyncio.Protocol):
    """A connection whose transport was handed over with `adopt`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._parser = ReplyParser()
        self._replies: deque[Reply] = deque()
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = 0.0
        self._fatal = True
        self._timer: asyncio.TimerHandle | None = None
        self._writable = True
        self.ended = ""
        """Why the connection is over, in words; empty while it lives."""

    def adopt(self, transport: asyncio.Transport) -> None:
        """Take over an open transport; whatever arrives on it from now on is ours."""
        self._transport = transport
        transport.set_protocol(self)
        if transport.is_closing():
            self._end("the relay closed the connection")

    # What the transport calls.

    def data_received(self, data: bytes) -> None:
        """Queue the replies in `data` and wake who waits for one."""
        try:
            self._replies.extend(self._parser.feed(data))
        except BadReply as error:
            self.abort(str(error))
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        """Remember why, and wake who waits."""
        self._end(f"the connection was lost: {exc}" if exc else "the relay closed the connection")

    def pause_writing(self) -> None:
        """Stop `drain` from returning: the relay takes no more for now."""
        self._writable = False

    def resume_writing(self) -> None:
        """Let `drain` go on."""
        self._writable = True
        self._wake()

    # What a session calls.

    @property
    def spoken(self) -> bool:
        """Whether a reply lies here that nobody has asked for yet."""
        return bool(self._replies)

    def write(self, data: bytes) -> None:
        """Hand `data` to the transport; raises `Lost` where the connection is over, and then nothing of it was sent."""
        if self._transport is None or self.ended:
            raise Lost(self.ended or "never opened")
        self._transport.write(data)

    async def reply(self, timeout: float) -> Reply:  # noqa: ASYNC109 - one timer serves all waits, see `_wait`
        """Return the next reply; raises `Lost` when the connection ends first or `timeout` seconds have passed."""
        while not self._replies:
            if self.ended:
                raise Lost(self.ended)
            await self._wait(timeout)
        return self._replies.popleft()

    async def drain(self, timeout: float) -> None:  # noqa: ASYNC109 - as above
        """Return when more may be written or the relay has spoken; raises `Lost`."""
        while not self._writable and not self._replies:
            if self.ended:
                raise Lost(self.ended)
            await self._wait(timeout)

    async def hangs_up(self, within: float) -> bool:
        """Watch for `within` seconds whether the relay ends the connection."""
        end = self._loop.time() + within
        while not self.ended and (left := end - self._loop.time()) > 0:
            await self._wait(left, fatal=False)
        return bool(self.ended)

    def close(self) -> None:
        """End the connection in order, after what was written."""
        if self._transport is not None:
            self._transport.close()
        self._end("we closed the connection")

    def abort(self, why: str) -> None:
        """End the connection at once: nothing more is sent, not even what was written. Does nothing after `close`."""
        self._end(why)
        if self._transport is not None and not self._transport.is_closing():
            self._transport.abort()

    # Waiting.

    async def _wait(self, seconds: float, *, fatal: bool = True) -> None:
        """Wait for anything to happen; after `seconds` end the connection, or where not `fatal` just return."""
        self._deadline = self._loop.time() + seconds
        if self._timer is None or self._timer.when() > self._deadline:
            self._arm()
        self._fatal = fatal
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _arm(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._deadline, self._ring)

    def _ring(self) -> None:
        # The timer is set rarely and looked at late: most waits end long before it would ring for them.
        self._timer = None
        if self._waiter is None or self.ended:
            return
        if self._loop.time() < self._deadline:
            self._arm()
        elif self._fatal:
            self.abort("the relay did not answer in time")
        else:
            self._wake()

    def _end(self, why: str) -> None:
        self.ended = self.ended or why
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
