"""The sandbox, put together: a mail server that keeps every mail on this machine, and the pages that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailbot import stationery
from mailbot.edges.sandbox.mailbox import Mailbox
from mailbot.edges.sandbox.pages import routes
from mailbot.edges.sandbox.server import SandboxServer
from mailbot.edges.smtp_out.relay import Relay

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from mailbot.clock import Clock
    from mailbot.config import Settings

CONNECTIONS = 2
"""The sandbox's server answers one by one anyway."""


class Sandbox:
    """A mailbox for everybody, its mail server and its pages."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        mailbox = Mailbox(settings.data_dir / "sandbox")
        zone = next(iter(settings.issuers.values())).time_zone
        self._server = SandboxServer(mailbox, clock)
        self.routes: list[BaseRoute] = [*routes(mailbox, stationery.ours(), ZoneInfo(zone))]

    async def start(self) -> None:
        """Open the mail server."""
        await self._server.start()

    async def stop(self) -> None:
        """Close the mail server."""
        await self._server.stop()

    def relay(self) -> Relay:
        """Return what the courier needs to know; call it after `start`."""
        return Relay(self._server.host, self._server.port, connections=CONNECTIONS)
