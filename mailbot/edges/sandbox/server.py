"""The mail server of the sandbox: takes every mail, sends none on.

Owns the listening socket, on this machine only, and knows the sessions on it. The sending side is the one of
production: only host and port differ.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiosmtpd import smtp

    from mailbot.clock import Clock
    from mailbot.edges.sandbox.mailbox import Mailbox
    from mailbot.edges.sandbox.session import Session


class SandboxServer:
    """Keeps every mail that it is given in `mailbox`, stamped by `clock`."""

    def __init__(self, mailbox: Mailbox, clock: Clock) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._server: asyncio.Server | None = None
        self._sessions: set[Session] = set()
        self._ended = asyncio.Event()
        self.host = "127.0.0.1"
        self.port = 0
        """Known after `start`."""

    async def start(self) -> None:
        """Listen on a free port of the loopback address."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, self.host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self, timeout: float = 2) -> None:  # noqa: ASYNC109 - the bound is on the sessions, not on this call
        """Take no new connections; those that are open have `timeout` seconds to end, then they are closed."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        try:
            async with asyncio.timeout(timeout):
                await self._drained()
        except TimeoutError:
            for session in self._sessions:
                session.hang_up()
            await self._drained()

    async def _drained(self) -> None:
        while self._sessions:
            self._ended.clear()
            await self._ended.wait()

    def _session(self) -> Session:
        from mailbot.edges.sandbox.session import Session  # noqa: PLC0415  aiosmtpd need not delay a start

        return Session(self)

    # What sessions and aiosmtpd call.

    def opened(self, session: Session) -> None:
        """Note that a session began."""
        self._sessions.add(session)

    def closed(self, session: Session) -> None:
        """Note that a session ended."""
        self._sessions.discard(session)
        self._ended.set()

    async def handle_DATA(self, _server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope) -> str:  # noqa: N802 - aiosmtpd's
        """Keep the mail; a disk that is full defers it."""
        try:
            kept = self._mailbox.keep(
                sender=(envelope.mail_from or "").removeprefix("<>"),  # aiosmtpd's spelling of the null sender
                recipients=envelope.rcpt_tos,
                content=envelope.original_content or b"",
                at=self._clock.now(),
            )
        except OSError as error:
            return f"452 4.3.1 Not kept: {error.strerror}"
        return f"250 2.0.0 Ok: kept as {kept.id}"
