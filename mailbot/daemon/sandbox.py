"""The sandbox, put together: a mail server that keeps every mail on this machine, and the pages that show them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from mailbot import stationery
from mailbot.edges.sandbox.answering import Post, Told
from mailbot.edges.sandbox.mailbox import Mailbox
from mailbot.edges.sandbox.pages import routes
from mailbot.edges.sandbox.server import SandboxServer
from mailbot.edges.smtp_out.relay import Relay
from mailbot.flows.hear import Arrival, Hear

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from mailbot.clock import Clock
    from mailbot.config import Settings

CONNECTIONS = 2
"""The sandbox's server answers one by one anyway."""


class Listening:
    """The sandbox's way in: hands what the visitor answers to the same flow as the doors of production."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear

    async def hear(self, post: Post) -> int | None:
        """Take a mail; None where the very same mail was taken before."""
        arrival = Arrival(raw=post.raw, door="sandbox", sender=post.sender, recipients=(post.recipient,))
        return (await self._hear.take(arrival)).inbox_id

    def told(self, inbox_id: int) -> Told | None:
        """Return what was made of a mail, or None where there is none of that id."""
        mail = self._hear.look(inbox_id)
        if mail is None:
            return None
        return Told(
            state=mail.state,
            kind=mail.kind or "",
            rule=mail.rule or "",
            action=mail.action or "",
            error=mail.error or "",
        )


class Sandbox:
    """A mailbox for everybody, its mail server and its pages."""

    def __init__(self, settings: Settings, clock: Clock, hear: Hear) -> None:
        mailbox = Mailbox(settings.data_dir / "sandbox")
        zone = next(iter(settings.issuers.values())).time_zone
        self._server = SandboxServer(mailbox, clock)
        self.routes: list[BaseRoute] = [
            *routes(mailbox, stationery.ours(), ZoneInfo(zone), ear=Listening(hear), clock=clock)
        ]

    async def start(self) -> None:
        """Open the mail server."""
        await self._server.start()

    async def stop(self) -> None:
        """Close the mail server."""
        await self._server.stop()

    def relay(self) -> Relay:
        """Return what the courier needs to know; call it after `start`."""
        return Relay(self._server.host, self._server.port, connections=CONNECTIONS)
