"""One connection to the listener; aiosmtpd knows the commands, and this is where we depart from it.

aiosmtpd 1.4.6 answers the content of an LMTP mail once however many recipients it has, refuses the parameters of
delivery reports, keeps what is left of an endless line in memory, reads addresses with Python's `email`, which raises
what it likes, and shares the limits of commands between all connections.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from typing import TYPE_CHECKING, AnyStr, cast

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from mailbot.edges.smtp_in import answers
from mailbot.edges.smtp_in.content import read_content

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mailbot.edges.smtp_in.listener import Listener

COMMAND = 2048
"""Octets of a command: room for the 500 of an ORCPT and the 100 of an ENVID (RFC 3461 §4.2, §4.4)."""

PIECE = 64 * 1024
"""Octets that are read at once."""

CALLS = 10_000
"""How often a connection may give the same command."""

CLOSING_S = 5.0
"""How long a client may take to read our last words."""

REPORTS = frozenset({"RET", "ENVID", "NOTIFY", "ORCPT"})
"""Parameters of delivery reports (RFC 3461): nothing is sent on from here, so there is nothing to report."""

_PATH = re.compile(r"\s*<(?:@[^:>]*:)?(?P<mailbox>(?:\"(?:[^\"\\]|\\.)*\"|[^\s<>\"]*)(?:@[^\s<>\"@]+)?)>(?P<rest>.*)")
"""RFC 5321 §4.1.2, with the source route that is to be ignored."""

_SIZE = re.compile(r"[0-9]{1,20}")
"""RFC 1870 §4; digits of other scripts, and thousands of ours, raise where aiosmtpd counts with them."""


class SmtpSession(SMTP):
    """A connection that speaks SMTP."""

    command_size_limit = COMMAND
    line_length_limit = PIECE
    each_recipient = False
    """True where a mail's content is answered once for each recipient."""

    def __init__(self, owner: Listener) -> None:
        self.command_size_limits = defaultdict(lambda: COMMAND)
        super().__init__(
            owner,
            hostname=owner.hostname,
            ident="mailbot",
            data_size_limit=owner.limits.size,
            enable_SMTPUTF8=True,
            timeout=owner.limits.idle,
            command_call_limit=CALLS,
            loop=asyncio.get_running_loop(),
        )
        self._owner = owner
        self._receiving = False
        self._ending = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin, or turn the connection away."""
        if words := self._owner.opened(self):
            _last_words(transport, words)
        else:
            super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the listener."""
        if self._owner.closed(self):
            super().connection_lost(error)

    def end(self) -> None:
        """Say goodbye, at once or after the mail whose content is under way."""
        self._ending = True
        if not self._receiving:
            self._hang_up(answers.STOPPING)

    def abort(self) -> None:
        """Break off."""
        if self.transport is not None:
            _writing(self.transport).abort()

    def _hang_up(self, words: str) -> None:
        if self.transport is not None:
            _last_words(self.transport, words)

    def _timeout_cb(self) -> None:
        self._hang_up(answers.IDLE)

    async def push(self, status: AnyStr) -> None:
        """Send a reply, with its enhanced code unless the client speaks plain SMTP."""
        reply = status.decode() if isinstance(status, bytes) else status
        assert self.session is not None  # noqa: S101 -- there is one from the first moment
        await super().push(answers.enhanced(reply) if self.session.extended_smtp else reply)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's
        """Take a mail's content, and say what became of it only when that is certain."""
        if await self._cannot_follow(arg):
            return
        self._receiving = True
        try:
            await self._take()
        finally:
            self._receiving = False
        if self._ending:
            self._hang_up(answers.STOPPING)

    async def _cannot_follow(self, arg: str) -> bool:
        assert self.envelope is not None  # noqa: S101 -- as above
        if self.envelope.rcpt_tos and not arg:
            return False
        await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 Send RCPT first")
        return True

    async def _take(self) -> None:
        envelope, limits = self.envelope, self._owner.limits
        assert envelope is not None  # noqa: S101 -- as above
        await self.push(answers.GO_ON)
        self._reset_timeout(limits.content)
        content = await read_content(self._reader, limit=limits.size)
        reply = answers.TOO_LARGE if content is None else await self._owner.take(envelope, content)
        self.envelope = self._create_envelope()
        self._reset_timeout()
        # RFC 2033 §4.2: one reply for each recipient that was accepted, in their order.
        await self.push("\r\n".join([reply] * (len(envelope.rcpt_tos) if self.each_recipient else 1)))

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        found = _PATH.fullmatch(arg)
        return (found["mailbox"] or "<>", found["rest"]) if found else (None, None)

    def _getparams(self, params: Sequence[str]) -> dict[str, str | bool] | None:
        found = super()._getparams(params)
        if found is None or not _SIZE.fullmatch(str(found.get("SIZE", 0))):
            return None
        return {name: value for name, value in found.items() if name not in REPORTS}


class LmtpSession(SmtpSession, LMTP):
    """A connection that speaks LMTP (RFC 2033)."""

    each_recipient = True


def _last_words(transport: asyncio.BaseTransport, words: str) -> None:
    """Say a last reply and close; a client that does not read it is not waited for."""
    writing = _writing(transport)
    writing.write(words.encode() + b"\r\n")
    writing.close()
    asyncio.get_running_loop().call_later(CLOSING_S, writing.abort)


def _writing(transport: asyncio.BaseTransport) -> asyncio.WriteTransport:
    return cast(
        "asyncio.WriteTransport", transport
    )  # sockets have no other kind; uvloop's are of no class of asyncio's
