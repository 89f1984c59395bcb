"""The listener: its socket, the sessions on it, and what becomes of the mails that they bring.

Owns that a mail is on file before it is answered 250, that nothing that fails here ends more than one answer, and the
order of stopping. What a mail is, and what follows from it, is `flows.hear`'s.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from mailbot.edges.smtp_in import answers
from mailbot.edges.smtp_in.session import LmtpSession, SmtpSession
from mailbot.errors import StoreError, StoreFull
from mailbot.facts import INBOX_TURNED_AWAY, STORE_FULL, TASK_FAILED
from mailbot.flows.hear import Arrival

if TYPE_CHECKING:
    from aiosmtpd import smtp

    from mailbot.edges.smtp_in.recipients import Ours
    from mailbot.facts import Facts
    from mailbot.flows.hear import Taken

SESSIONS: dict[str, type[SmtpSession]] = {"smtp": SmtpSession, "lmtp": LmtpSession}
NULL_SENDER = "<>"
"""How aiosmtpd writes the sender of a bounce."""


class Receive(Protocol):
    """Whoever takes mails in; `flows.hear.Hear` in the daemon."""

    async def take(self, arrival: Arrival) -> Taken:
        """Put a mail on file for good; raises `StoreError` where it could not be kept now."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may ask for."""

    connections: int = 50
    """At once; beyond them 421."""
    size: int = 32 * 1024 * 1024
    """Octets of a mail: our own largest, sent back whole, is smaller."""
    recipients: int = 100
    """Of one mail (RFC 5321 §4.5.3.1.8)."""
    idle: float = 300
    """Seconds between two commands (RFC 5321 §4.5.3.2.7)."""
    content: float = 600
    """Seconds from DATA to our answer."""


class Listener:
    """Takes mails on a socket that is already bound."""

    def __init__(
        self,
        listening: socket.socket,
        receive: Receive,
        *,
        protocol: str,
        ours: Ours,
        hostname: str,
        facts: Facts,
        limits: Limits | None = None,
    ) -> None:
        """`protocol` is `smtp` or `lmtp`; `hostname` our name in the greeting."""
        self.hostname = hostname
        self.limits = limits or Limits()
        self._listening = listening
        self._receive = receive
        self._protocol = protocol
        self._ours = ours
        self._facts = facts
        self._server: asyncio.Server | None = None
        self._sessions: set[SmtpSession] = set()
        self._ended = asyncio.Event()

    async def start(self) -> None:
        """Begin to take connections."""
        # It would print what clients say, word for word, beside the log of facts.
        logging.getLogger("mail.log").setLevel(logging.CRITICAL + 1)
        loop, session = asyncio.get_running_loop(), SESSIONS[self._protocol]
        is_unix = self._listening.family == socket.AF_UNIX
        create = loop.create_unix_server if is_unix else loop.create_server
        self._server = await create(lambda: session(self), sock=self._listening)

    async def stop(self, timeout: float) -> None:  # noqa: ASYNC109 - the bound is on the sessions, not on this call
        """Take no new connections; mails whose content is under way have `timeout` seconds to be answered."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for session in list(self._sessions):
            session.end()
        try:
            async with asyncio.timeout(timeout):
                await self._drained()
        except TimeoutError:
            for session in list(self._sessions):
                session.abort()
            await self._drained()

    async def _drained(self) -> None:
        while self._sessions:
            self._ended.clear()
            await self._ended.wait()

    # What sessions call.

    def opened(self, session: SmtpSession) -> str:
        """Note that a session began; where it may not, return the words to send it away with."""
        if self._server is None:
            return answers.STOPPING
        if len(self._sessions) >= self.limits.connections:
            self._facts(INBOX_TURNED_AWAY, door=self._protocol, to="", why="too many connections")
            return answers.BUSY
        self._sessions.add(session)
        return ""

    def closed(self, session: SmtpSession) -> bool:
        """Note that a session ended; False where it never began."""
        began = session in self._sessions
        self._sessions.discard(session)
        self._ended.set()
        return began

    async def take(self, envelope: smtp.Envelope, content: bytes) -> str:
        """Put a mail on file and return the reply; whatever goes wrong, the client keeps the mail and tries again."""
        try:
            await self._receive.take(self._arrival(envelope, content))
        except StoreFull as full:
            self._facts(STORE_FULL, error=str(full))
            return answers.NO_ROOM
        except StoreError as error:
            self._facts(TASK_FAILED, task="listener", error=str(error))
            return answers.NOT_KEPT
        except Exception as error:  # noqa: BLE001 -- nothing that comes in may stop the daemon
            self._facts(TASK_FAILED, task="listener", error=f"{type(error).__name__}: {error}")
            return answers.BROKEN
        return answers.TAKEN

    def _arrival(self, envelope: smtp.Envelope, content: bytes) -> Arrival:
        sender = envelope.mail_from or NULL_SENDER
        return Arrival(
            raw=content,
            door=self._protocol,
            sender="" if sender == NULL_SENDER else _text(sender),
            recipients=tuple(_text(each) for each in envelope.rcpt_tos),
        )

    # What aiosmtpd calls.

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's
        self, _server: smtp.SMTP, session: smtp.Session, _envelope: smtp.Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Offer what aiosmtpd can do and does not say; RFC 2033 §5 wants both of an LMTP server."""
        session.host_name = hostname
        return ["\r\n".join([*responses[:-1], "250-PIPELINING", "250-ENHANCEDSTATUSCODES", responses[-1]])]

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's
        self, _server: smtp.SMTP, _session: smtp.Session, envelope: smtp.Envelope, address: str, _options: list[str]
    ) -> str:
        """Accept what is ours, and nothing else: there is no way on from here."""
        if address not in self._ours:
            self._facts(INBOX_TURNED_AWAY, door=self._protocol, to=_text(address), why="no mailbox of ours")
            return answers.NOT_OURS
        if len(envelope.rcpt_tos) >= self.limits.recipients:
            return answers.TOO_MANY_RECIPIENTS
        envelope.rcpt_tos.append(address)
        return answers.RECIPIENT

    async def handle_exception(self, error: Exception) -> str:
        """Say that it is our fault; the client tries again."""
        self._facts(TASK_FAILED, task="listener", error=f"{type(error).__name__}: {error}")
        return answers.BROKEN


def _text(mailbox: str) -> str:
    """Make an address fit to be kept: octets that are no UTF-8 reach us as lone surrogates."""
    return mailbox.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
