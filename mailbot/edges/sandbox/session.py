"""A session with the sandbox's mail server; aiosmtpd does the talking."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from aiosmtpd.smtp import SMTP

if TYPE_CHECKING:
    from mailbot.edges.sandbox.server import SandboxServer

HOSTNAME = "sandbox.invalid"
LARGEST = 64 * 1024 * 1024
"""Bytes of one mail."""


class Session(SMTP):
    """One connection."""

    def __init__(self, owner: SandboxServer) -> None:
        super().__init__(
            owner, hostname=HOSTNAME, ident="mailbot sandbox", data_size_limit=LARGEST, loop=asyncio.get_running_loop()
        )
        self._owner = owner

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Tell the server."""
        self._owner.opened(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the server."""
        super().connection_lost(error)
        self._owner.closed(self)

    def hang_up(self) -> None:
        """Close the connection as it stands."""
        if self.transport is not None:
            self.transport.close()
